DROP TABLE stakeholder_components;
DROP TABLE stakeholders;
