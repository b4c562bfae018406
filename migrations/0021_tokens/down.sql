ALTER TABLE audit_events DROP COLUMN on_behalf_of;
ALTER TABLE users DROP COLUMN disabled_at;
DROP TABLE export_urls;
DROP TABLE api_tokens;
