DROP TABLE idempotency_keys;
DROP TABLE tombstones;
DROP TABLE audit_events;
