-- What a user may count on across every tool of the platform.
CREATE TABLE principles (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    statement TEXT NOT NULL,
    -- What statements are compared by: the statement in NFC.
    statement_nfc TEXT NOT NULL,
    rationale TEXT NOT NULL,
    implications TEXT NOT NULL,
    -- The order the team gave them; where two are alike, the one written down first stands first.
    rank BIGINT NOT NULL,
    retired_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    UNIQUE (product_id, statement_nfc)
);

-- How a component was found to keep to a principle on a day.
CREATE TABLE principle_adherence (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    principle TEXT NOT NULL,
    component TEXT NOT NULL,
    level TEXT NOT NULL,
    evidence TEXT NOT NULL,
    assessed_on DATE NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, principle, component, assessed_on),
    FOREIGN KEY (product_id, principle) REFERENCES principles (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX principle_adherence_by_component ON principle_adherence (product_id, component);
