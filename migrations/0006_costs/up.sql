CREATE TABLE cost_entries (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    component TEXT,
    month TEXT NOT NULL,
    category TEXT NOT NULL,
    nature TEXT NOT NULL,
    amount_units BIGINT NOT NULL,
    amount_parts BIGINT NOT NULL,
    currency TEXT NOT NULL,
    hours BIGINT,
    note TEXT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, source, external_id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX cost_entries_by_month ON cost_entries (product_id, month, component);
CREATE INDEX cost_entries_by_component ON cost_entries (product_id, component);

CREATE TABLE exchange_rates (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    from_currency TEXT NOT NULL,
    to_currency TEXT NOT NULL,
    month TEXT NOT NULL,
    rate TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, from_currency, to_currency, month)
);
