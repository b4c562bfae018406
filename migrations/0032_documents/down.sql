ALTER TABLE roadmap_items DROP COLUMN strategy_version;
DROP TABLE documents;
