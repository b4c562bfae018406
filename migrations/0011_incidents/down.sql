DROP TABLE incident_components;
DROP TABLE incidents;
