-- Who is mailed a published report, and what came of it. `next_at` is when it is tried (again); while
-- somebody is trying it stands so far ahead that nobody else does.
CREATE TABLE report_deliveries (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    report_id TEXT NOT NULL REFERENCES reports (id),
    stakeholder TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at TIMESTAMP,
    sent_at TIMESTAMP,
    problem TEXT,
    -- The link in the mail, for who has no account. It may have been revoked since.
    share_link TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (report_id, stakeholder),
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id)
);
CREATE INDEX report_deliveries_by_stakeholder ON report_deliveries (product_id, stakeholder);
CREATE INDEX report_deliveries_due ON report_deliveries (next_at);
CREATE INDEX report_deliveries_by_link ON report_deliveries (share_link);
