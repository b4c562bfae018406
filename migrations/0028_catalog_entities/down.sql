CREATE TABLE old_catalog_entities (
    product_id TEXT NOT NULL REFERENCES products (id),
    entity TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (product_id, entity)
);
INSERT INTO old_catalog_entities
SELECT
    product_id,
    entity,
    '{"key":' || coalesce('"' || component || '"', 'null') || ',"document":' || document || '}'
FROM catalog_entities;
DROP TABLE catalog_entities;
ALTER TABLE old_catalog_entities RENAME TO catalog_entities;
