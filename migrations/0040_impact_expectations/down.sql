DROP TABLE impact_expectations;
