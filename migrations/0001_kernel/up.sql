-- What every chapter stands on. One text for both engines: TEXT compares byte by byte on either
-- (PostgreSQL gets COLLATE "C" when the migration runs), times are UTC, exact numbers are whole
-- units and 10⁻¹² parts.

CREATE TABLE audit_events (
    id TEXT PRIMARY KEY,
    change_number BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    product_id TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    request_id TEXT,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    row_id TEXT NOT NULL,
    before TEXT,
    after TEXT
);
CREATE INDEX audit_events_by_change ON audit_events (change_number);
CREATE INDEX audit_events_by_product ON audit_events (product_id, id);
CREATE INDEX audit_events_by_row ON audit_events (resource, row_id, change_number);

CREATE TABLE tombstones (
    resource TEXT NOT NULL,
    row_id TEXT NOT NULL,
    product_id TEXT,
    deleted_at TIMESTAMP NOT NULL,
    change_number BIGINT NOT NULL,
    PRIMARY KEY (resource, row_id)
);
CREATE INDEX tombstones_by_product ON tombstones (product_id, resource, change_number);

CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (caller, method, path, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
