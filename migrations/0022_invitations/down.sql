ALTER TABLE audit_events DROP COLUMN session;
ALTER TABLE audit_events DROP COLUMN address;
ALTER TABLE users DROP COLUMN erased_at;
DROP TABLE invitations;
