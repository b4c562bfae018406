DROP TABLE stakeholder_objectives;
DROP TABLE roadmap_objectives;
DROP TABLE check_ins;
DROP TABLE key_results;
DROP TABLE objectives;
