DROP TABLE persona_journeys;
DROP TABLE persona_populations;
DROP TABLE personas;
