DROP TABLE roadmap_comments;
DROP TABLE roadmap_history;
ALTER TABLE roadmap_items DROP COLUMN links;
ALTER TABLE roadmap_items DROP COLUMN dropped_because;
ALTER TABLE roadmap_items DROP COLUMN promised_on;
ALTER TABLE roadmap_items DROP COLUMN planned_at;
