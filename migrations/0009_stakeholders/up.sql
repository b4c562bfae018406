CREATE TABLE stakeholders (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    name TEXT NOT NULL,
    -- What names are compared by: the name in NFC.
    name_nfc TEXT NOT NULL,
    stakeholder_group TEXT NOT NULL,
    email TEXT,
    user_id TEXT REFERENCES users (id),
    locale TEXT,
    retired_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    UNIQUE (product_id, name_nfc)
);
CREATE INDEX stakeholders_by_user ON stakeholders (user_id);

CREATE TABLE stakeholder_components (
    product_id TEXT NOT NULL,
    stakeholder TEXT NOT NULL,
    component TEXT NOT NULL,
    PRIMARY KEY (product_id, stakeholder, component),
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX stakeholder_components_by_component ON stakeholder_components (product_id, component);
