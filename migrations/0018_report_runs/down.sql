ALTER TABLE products DROP COLUMN publishes_since;
DROP TABLE report_runs;
