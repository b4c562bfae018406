CREATE TABLE components (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    lifecycle TEXT NOT NULL,
    tier BIGINT,
    owner TEXT,
    description TEXT NOT NULL,
    system TEXT,
    domain TEXT,
    tags TEXT NOT NULL,
    links TEXT NOT NULL,
    rto_minutes BIGINT,
    rpo_minutes BIGINT,
    availability TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, key)
);
CREATE INDEX components_by_change ON components (product_id, change_number);

-- Keys never change, so rows elsewhere name a component by its key: no join to show it, and the
-- foreign key still forbids a name that means nothing or means another product's component.
CREATE TABLE component_dependencies (
    product_id TEXT NOT NULL,
    component TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    PRIMARY KEY (product_id, component, depends_on),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, depends_on) REFERENCES components (product_id, key)
);
CREATE INDEX component_dependencies_reversed ON component_dependencies (product_id, depends_on);

CREATE TABLE recovery_tests (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    component TEXT NOT NULL,
    tested_on DATE NOT NULL,
    scenario TEXT NOT NULL,
    result TEXT NOT NULL,
    achieved_rto_minutes BIGINT,
    achieved_rpo_minutes BIGINT,
    evidence TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX recovery_tests_by_component ON recovery_tests (product_id, component, tested_on);

-- What a catalogue file says beyond what we model, word for word, so that it can be given back.
CREATE TABLE catalog_entities (
    product_id TEXT NOT NULL REFERENCES products (id),
    entity TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (product_id, entity)
);
