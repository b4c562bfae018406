-- What is kept of an item for ever: when it was planned, and which day was promised first; why it was dropped, and
-- where its evidence is.
ALTER TABLE roadmap_items ADD COLUMN planned_at TIMESTAMP;
ALTER TABLE roadmap_items ADD COLUMN promised_on DATE;
ALTER TABLE roadmap_items ADD COLUMN dropped_because TEXT;
ALTER TABLE roadmap_items ADD COLUMN links TEXT NOT NULL DEFAULT '[]';

-- Of what the trail saw become something else than an idea, the first time; what came as such, since it came.
UPDATE roadmap_items SET
    planned_at = coalesce(
        (SELECT min(e.at) FROM audit_events e
         WHERE e.resource = 'roadmap-items' AND e.row_id = roadmap_items.id
           AND json(e.after) ->> 'status' <> 'idea'
           AND (e.before IS NULL OR json(e.before) ->> 'status' = 'idea')),
        created_at),
    promised_on = target_on
WHERE status <> 'idea';

-- Every change of an item, whoever made it and by whatever way. `at` never goes back within an item; `before` holds what
-- the change replaced, of the first row that is known all there was; `after` is the whole item, null of one that is gone.
CREATE TABLE roadmap_history (
    product_id TEXT NOT NULL REFERENCES products (id),
    item_ref TEXT NOT NULL,
    -- Counts the item's changes, from 1.
    sequence BIGINT NOT NULL,
    item_id TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    -- The user who answers for it.
    person TEXT,
    action TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- Where it stood then.
    rank TEXT NOT NULL,
    before TEXT,
    after TEXT,
    PRIMARY KEY (product_id, item_ref, sequence)
);
CREATE INDEX roadmap_history_by_item_and_version ON roadmap_history (product_id, item_ref, version);
CREATE INDEX roadmap_history_by_item_and_time ON roadmap_history (product_id, item_ref, at, sequence);
CREATE INDEX roadmap_history_by_time ON roadmap_history (product_id, at);
CREATE INDEX roadmap_history_of_deleted ON roadmap_history (product_id, item_ref) WHERE action = 'delete';

-- What the trail knows. It has an import as one event without rows, so what imports did before this is not told; where
-- items stood is told by where they stand, or last in their horizon.
INSERT INTO roadmap_history
    (product_id, item_ref, sequence, item_id, at, actor_kind, person, action, version, rank, before, after)
SELECT
    e.product_id,
    json(coalesce(e.after, e.before)) ->> 'ref',
    row_number() OVER (PARTITION BY e.row_id ORDER BY e.at, e.id),
    e.row_id,
    e.at,
    e.actor_kind,
    CASE e.actor_kind WHEN 'user' THEN e.actor_id ELSE e.on_behalf_of END,
    e.action,
    CAST(json(coalesce(e.after, e.before)) ->> 'version' AS BIGINT) + CASE e.action WHEN 'delete' THEN 1 ELSE 0 END,
    coalesce(
        (SELECT i.rank FROM roadmap_items i
         WHERE i.id = e.row_id AND i.horizon = json(coalesce(e.after, e.before)) ->> 'horizon'),
        CASE json(coalesce(e.after, e.before)) ->> 'horizon' WHEN 'now' THEN '1~' WHEN 'next' THEN '2~' ELSE '3~' END),
    e.before,
    e.after
FROM audit_events e
WHERE e.resource = 'roadmap-items' AND e.product_id IS NOT NULL AND e.action IN ('create', 'update', 'move', 'delete')
  AND coalesce(e.after, e.before) IS NOT NULL;

-- What is said about an item.
CREATE TABLE roadmap_comments (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    roadmap_item TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX roadmap_comments_by_item ON roadmap_comments (product_id, roadmap_item, id);
