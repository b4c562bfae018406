CREATE TABLE risks (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    component TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    owner TEXT,
    status TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX risks_by_component ON risks (product_id, component);

CREATE TABLE risk_assessments (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    risk TEXT NOT NULL,
    assessed_on DATE NOT NULL,
    loss_units BIGINT NOT NULL,
    loss_parts BIGINT NOT NULL,
    loss_currency TEXT NOT NULL,
    annual_rate BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, risk, assessed_on),
    FOREIGN KEY (product_id, risk) REFERENCES risks (product_id, id)
);
