-- A way in for somebody who has none yet: told once, kept as a hash, good for one use. Without a product it makes a
-- user of the instance.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    product_id TEXT REFERENCES products (id),
    product TEXT,
    role TEXT,
    admin BOOLEAN NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    invited_by TEXT REFERENCES users (id),
    expires_at TIMESTAMP NOT NULL,
    accepted_at TIMESTAMP,
    accepted_by TEXT REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL
);
CREATE INDEX invitations_by_product ON invitations (product_id);
CREATE INDEX invitations_by_email ON invitations (email_folded);

-- Who asked that nothing be kept of who they were.
ALTER TABLE users ADD COLUMN erased_at TIMESTAMP;

-- From where a change was made, and with which session.
ALTER TABLE audit_events ADD COLUMN address TEXT;
ALTER TABLE audit_events ADD COLUMN session TEXT;
