-- An entity of a catalogue becomes a row like any other: it can be listed and, when it came by mistake, deleted.
CREATE TABLE new_catalog_entities (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    -- `kind:namespace/name`, in lower case, and its parts.
    entity TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    owner TEXT,
    system TEXT,
    domain TEXT,
    component TEXT,
    time_saved_minutes BIGINT,
    -- What it needs, or is needed by, that nobody has told of yet: as it is written in the document, as JSON.
    unresolved TEXT NOT NULL,
    -- As it came in, word for word, so that it can be given back.
    document TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, entity),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);

-- What is kept of each: {"key":…,"document":…}. Its component is the one whose key stands there.
INSERT INTO new_catalog_entities
SELECT
    '01900000-0000-7000-8000-' || substr((1000000000000 + nth) || '', 2),
    product_id,
    entity,
    replace(entity, ':' || place, ''),
    replace(place, ltrim(place, 'abcdefghijklmnopqrstuvwxyz0123456789-_.'), ''),
    substr(ltrim(place, 'abcdefghijklmnopqrstuvwxyz0123456789-_.'), 2),
    NULL, NULL, NULL, NULL,
    component,
    NULL,
    '[]',
    substr(document, length(head) + 1, length(document) - length(head) - 1),
    since, since, 1, 0
FROM (
    SELECT
        kept.product_id, entity, document, nth, since, component,
        substr(ltrim(entity, 'abcdefghijklmnopqrstuvwxyz0123456789-_.'), 2) AS place,
        '{"key":' || coalesce('"' || component || '"', 'null') || ',"document":' AS head
    FROM (
        SELECT
            said.product_id, said.entity, said.document, said.since, c.key AS component,
            row_number() OVER (ORDER BY said.product_id, said.entity) AS nth
        FROM (
            -- The key is cut out, and not compared with all there are, so that the index of components is used.
            SELECT
                e.product_id, e.entity, e.document, p.created_at AS since,
                CASE WHEN substr(e.document, 8, 1) = '"' THEN
                    substr(e.document, 9, length(e.document) - 8
                        - length(ltrim(substr(e.document, 9), 'abcdefghijklmnopqrstuvwxyz0123456789-')))
                END AS told
            FROM catalog_entities e JOIN products p ON p.id = e.product_id
        ) said LEFT JOIN components c ON c.product_id = said.product_id AND c.key = said.told
    ) kept
) parts
-- One whose component was deleted since is not shown any more.
WHERE substr(document, 1, length(head)) = head;

DROP TABLE catalog_entities;
ALTER TABLE new_catalog_entities RENAME TO catalog_entities;
CREATE INDEX catalog_entities_by_component ON catalog_entities (product_id, component);
