-- The vision and the strategy: of each any number of versions, which never change, and at most one draft, which has no
-- number yet.
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    kind TEXT NOT NULL,
    version_number BIGINT,
    -- What it says: a JSON object.
    content TEXT NOT NULL,
    published_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL
);
CREATE UNIQUE INDEX documents_by_number ON documents (product_id, kind, COALESCE(version_number, 0));

-- The version of the strategy that an item was made under. Versions are never removed, so the number says enough.
ALTER TABLE roadmap_items ADD COLUMN strategy_version BIGINT;
