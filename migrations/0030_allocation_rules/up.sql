-- Whose cost it is that no entry says whose it is. What a rule takes is computed when it is asked for; no copy of it is
-- kept anywhere.
CREATE TABLE allocation_rules (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    rule_order BIGINT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    service_name TEXT,
    sub_account TEXT,
    resource_id TEXT,
    -- A JSON object.
    tags TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    UNIQUE (product_id, rule_order, valid_from)
);

CREATE TABLE allocation_targets (
    product_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    position BIGINT NOT NULL,
    component TEXT NOT NULL,
    share BIGINT NOT NULL,
    PRIMARY KEY (product_id, rule, position),
    UNIQUE (product_id, rule, component),
    FOREIGN KEY (product_id, rule) REFERENCES allocation_rules (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX allocation_targets_by_component ON allocation_targets (product_id, component);
