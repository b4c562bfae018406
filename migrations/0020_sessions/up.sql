-- A session is a family of secrets: the browser's cookie, which stays the same, or the refresh token of a program,
-- which is another after each use. Those of before end here: everybody signs in once more.
DROP TABLE sessions;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    -- What the current token came of, and when: it is taken a little longer, for answers that were lost.
    previous_hash TEXT,
    rotated_at TIMESTAMP,
    address TEXT NOT NULL,
    client TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
