-- Credentials that programs use. Each belongs to a membership and goes with it: who comes back to a product later
-- brings no old token back.
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    product_id TEXT NOT NULL REFERENCES products (id),
    product TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL
);
CREATE INDEX api_tokens_by_user ON api_tokens (user_id);
CREATE INDEX api_tokens_by_member ON api_tokens (member_id);
CREATE INDEX api_tokens_by_product ON api_tokens (product_id);

CREATE TABLE export_urls (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    dataset TEXT NOT NULL,
    filters TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at TIMESTAMP NOT NULL,
    reads BIGINT NOT NULL,
    created_by TEXT NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL
);
CREATE INDEX export_urls_by_product ON export_urls (product_id);
CREATE INDEX export_urls_by_member ON export_urls (member_id);

-- What was made before a user was last disabled stays dead when they come back.
ALTER TABLE users ADD COLUMN disabled_at TIMESTAMP;
UPDATE users SET disabled_at = updated_at WHERE disabled;

-- The user whose token made a change; the actor is the token.
ALTER TABLE audit_events ADD COLUMN on_behalf_of TEXT;
