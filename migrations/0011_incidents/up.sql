CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    title TEXT NOT NULL,
    severity BIGINT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    detected_at TIMESTAMP,
    resolved_at TIMESTAMP,
    customer_minutes BIGINT,
    summary TEXT NOT NULL,
    cause TEXT NOT NULL,
    external_id TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    UNIQUE (product_id, external_id)
);
CREATE INDEX incidents_by_start ON incidents (product_id, started_at);

CREATE TABLE incident_components (
    product_id TEXT NOT NULL,
    incident TEXT NOT NULL,
    component TEXT NOT NULL,
    PRIMARY KEY (product_id, incident, component),
    FOREIGN KEY (product_id, incident) REFERENCES incidents (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX incident_components_by_component ON incident_components (product_id, component);
