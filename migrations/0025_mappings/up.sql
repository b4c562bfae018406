-- How the CSV of another tool becomes rows of a format of ours.
CREATE TABLE mappings (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    description TEXT NOT NULL,
    delimiter TEXT NOT NULL,
    decimal_sign TEXT NOT NULL,
    timezone TEXT,
    -- What becomes of which column, and which lines are read, as JSON: only an import reads them, never SQL.
    column_rules TEXT NOT NULL,
    only_lines TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, name)
);
