-- What may be done only so often, whatever the instance: failed logins by account and by address, imports and minting of
-- tokens by user. What counts is of the last five minutes, so nothing is taken over from the table before.
DROP TABLE login_failures;
CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX attempts_by_subject ON attempts (kind, subject, at);
CREATE INDEX attempts_by_time ON attempts (at);
