CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    month TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    built_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP,
    reason TEXT NOT NULL,
    hash TEXT,
    document TEXT NOT NULL,
    html TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, month, revision)
);

CREATE TABLE report_facts (
    report_id TEXT NOT NULL REFERENCES reports (id),
    product_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    currency TEXT,
    unknown TEXT,
    unit TEXT NOT NULL,
    formula TEXT NOT NULL,
    inputs TEXT NOT NULL,
    rows TEXT NOT NULL,
    PRIMARY KEY (report_id, name)
);
