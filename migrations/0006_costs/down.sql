DROP TABLE exchange_rates;
DROP TABLE cost_entries;
