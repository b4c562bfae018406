DROP TABLE allocation_targets;
DROP TABLE allocation_rules;
