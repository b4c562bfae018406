-- A key result that a claim is computed from stays. The claim's store sees that both are of one product: SQLite adds no
-- foreign key of two columns to a table that is there.
ALTER TABLE impact_claims ADD COLUMN input_key_result TEXT REFERENCES key_results (id);
