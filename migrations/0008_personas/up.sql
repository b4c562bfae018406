CREATE TABLE personas (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    name TEXT NOT NULL,
    -- What names are compared by: the name in NFC.
    name_nfc TEXT NOT NULL,
    role TEXT NOT NULL,
    context TEXT NOT NULL,
    goals TEXT NOT NULL,
    pains TEXT NOT NULL,
    skill_level TEXT,
    quote TEXT NOT NULL,
    retired_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    UNIQUE (product_id, name_nfc)
);

CREATE TABLE persona_populations (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    persona TEXT NOT NULL,
    valid_from DATE NOT NULL,
    people BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, persona, valid_from),
    FOREIGN KEY (product_id, persona) REFERENCES personas (product_id, id)
);

-- One observation of how a persona does one task with one component.
CREATE TABLE persona_journeys (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    persona TEXT NOT NULL,
    component TEXT NOT NULL,
    task TEXT NOT NULL,
    task_nfc TEXT NOT NULL,
    observed_on DATE NOT NULL,
    uses_per_month BIGINT NOT NULL,
    minutes_per_use BIGINT NOT NULL,
    satisfaction BIGINT,
    source TEXT NOT NULL,
    sample_size BIGINT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, persona, component, task_nfc, observed_on),
    FOREIGN KEY (product_id, persona) REFERENCES personas (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX persona_journeys_by_component ON persona_journeys (product_id, component);
