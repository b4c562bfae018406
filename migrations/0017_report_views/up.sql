-- The bytes of a published report, in each form in which somebody asked for it; kept for ever. The
-- audience is empty for everyone's.
CREATE TABLE report_renderings (
    report_id TEXT NOT NULL REFERENCES reports (id),
    audience TEXT NOT NULL,
    format TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (report_id, audience, format)
);
INSERT INTO report_renderings (report_id, audience, format, body, created_at)
SELECT id, '', 'html', html, published_at FROM reports WHERE html IS NOT NULL AND published_at IS NOT NULL;
ALTER TABLE reports DROP COLUMN html;

CREATE TABLE report_commentaries (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    report_id TEXT NOT NULL REFERENCES reports (id),
    section TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT,
    author_name TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (report_id, section)
);

CREATE TABLE share_links (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    report_id TEXT NOT NULL REFERENCES reports (id),
    audience TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at TIMESTAMP NOT NULL,
    reads BIGINT NOT NULL,
    created_by TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL
);
CREATE INDEX share_links_by_report ON share_links (report_id);
