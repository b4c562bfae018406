CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    question TEXT NOT NULL,
    options TEXT NOT NULL,
    due_on DATE,
    -- Money per week, as JSON: it is told and multiplied, never added up by SQL.
    cost_of_delay TEXT,
    stakeholder TEXT,
    answer TEXT,
    answered_at TIMESTAMP,
    -- Whether the stakeholder answered, or the team wrote it down; and then which user did.
    answered_by TEXT,
    recorded_by TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id)
);
CREATE INDEX decisions_by_stakeholder ON decisions (product_id, stakeholder);
