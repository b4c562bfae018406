DROP TABLE catalog_entities;
DROP TABLE recovery_tests;
DROP TABLE component_dependencies;
DROP TABLE components;
