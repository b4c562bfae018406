DROP TABLE impact_comments;
DROP TABLE impact_acceptances;
DROP TABLE impact_claims;
DROP TABLE value_driver_slos;
DROP TABLE value_driver_components;
DROP TABLE value_driver_amounts;
DROP TABLE value_drivers;
