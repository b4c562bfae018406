-- What the clock has done for a month, so that it is done once: its draft, its publication. A run without
-- a report found nothing to do. The report may be gone: a draft can be deleted.
CREATE TABLE report_runs (
    product_id TEXT NOT NULL REFERENCES products (id),
    month TEXT NOT NULL,
    act TEXT NOT NULL,
    report_id TEXT,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (product_id, month, act)
);

-- Months whose day came before this are published by hand.
ALTER TABLE products ADD COLUMN publishes_since TIMESTAMP;
UPDATE products SET publishes_since = CURRENT_TIMESTAMP WHERE publish_day IS NOT NULL;
