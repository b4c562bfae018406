DROP TABLE openslo_objects;
DROP TABLE slo_days;
DROP TABLE slo_measurements;
DROP TABLE slo_targets;
DROP TABLE slos;
