-- A bill is one billing account's charges of one billing period, as a provider delivered them. Its lines are cost
-- entries: they arrive piece by piece while others write, and count from the moment the bill is in force, when the one
-- it replaces is not any more.
CREATE TABLE bills (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    source TEXT NOT NULL,
    provider TEXT NOT NULL,
    billing_account TEXT NOT NULL,
    billing_period TEXT NOT NULL,
    state TEXT NOT NULL,
    lines BIGINT NOT NULL,
    digest TEXT NOT NULL,
    -- What was delivered, by currency: a JSON list.
    totals TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL
);
CREATE INDEX bills_by_product ON bills (product_id, state);
CREATE UNIQUE INDEX bills_in_force ON bills (product_id, source, billing_account, billing_period)
    WHERE state = 'in_force';

ALTER TABLE cost_entries ADD COLUMN bill_id TEXT REFERENCES bills (id);
ALTER TABLE cost_entries ADD COLUMN billed_units BIGINT;
ALTER TABLE cost_entries ADD COLUMN billed_parts BIGINT;
ALTER TABLE cost_entries ADD COLUMN provider TEXT;
ALTER TABLE cost_entries ADD COLUMN billing_account TEXT;
ALTER TABLE cost_entries ADD COLUMN billing_period TEXT;
ALTER TABLE cost_entries ADD COLUMN service_name TEXT;
ALTER TABLE cost_entries ADD COLUMN sub_account TEXT;
ALTER TABLE cost_entries ADD COLUMN resource_id TEXT;
-- JSON objects.
ALTER TABLE cost_entries ADD COLUMN tags TEXT;
ALTER TABLE cost_entries ADD COLUMN extra TEXT;
CREATE INDEX cost_entries_by_bill ON cost_entries (bill_id) WHERE bill_id IS NOT NULL;
