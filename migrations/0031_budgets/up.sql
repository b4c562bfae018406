-- What may be spent in a fiscal year: on a component, or, without one, on everything.
CREATE TABLE budgets (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    component TEXT,
    fiscal_year TEXT NOT NULL,
    amount_units BIGINT NOT NULL,
    amount_parts BIGINT NOT NULL,
    currency TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
-- No component is empty, so the budget of everything is there once as well.
CREATE UNIQUE INDEX budgets_by_year ON budgets (product_id, fiscal_year, COALESCE(component, ''));
CREATE INDEX budgets_by_component ON budgets (product_id, component);
