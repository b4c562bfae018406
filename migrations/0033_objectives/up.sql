CREATE TABLE objectives (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    title TEXT NOT NULL,
    rationale TEXT NOT NULL,
    period TEXT NOT NULL,
    status TEXT NOT NULL,
    strategy_version BIGINT,
    -- The day on which it was closed, in the product's zone.
    closed_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id)
);
CREATE INDEX objectives_by_period ON objectives (product_id, period);

CREATE TABLE key_results (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    objective TEXT NOT NULL,
    title TEXT NOT NULL,
    unit TEXT NOT NULL,
    baseline BIGINT NOT NULL,
    target BIGINT NOT NULL,
    direction TEXT NOT NULL,
    -- What was measured last when its objective was closed, and of which day that was.
    closing_value BIGINT,
    closing_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    FOREIGN KEY (product_id, objective) REFERENCES objectives (product_id, id)
);
CREATE INDEX key_results_by_objective ON key_results (product_id, objective);

CREATE TABLE check_ins (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    key_result TEXT NOT NULL,
    checked_on DATE NOT NULL,
    value BIGINT NOT NULL,
    note TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, key_result, checked_on),
    FOREIGN KEY (product_id, key_result) REFERENCES key_results (product_id, id)
);

CREATE TABLE roadmap_objectives (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    objective TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, objective),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, objective) REFERENCES objectives (product_id, id)
);
CREATE INDEX roadmap_objectives_reversed ON roadmap_objectives (product_id, objective);

CREATE TABLE stakeholder_objectives (
    product_id TEXT NOT NULL,
    stakeholder TEXT NOT NULL,
    objective TEXT NOT NULL,
    PRIMARY KEY (product_id, stakeholder, objective),
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id),
    FOREIGN KEY (product_id, objective) REFERENCES objectives (product_id, id)
);
CREATE INDEX stakeholder_objectives_by_objective ON stakeholder_objectives (product_id, objective);
