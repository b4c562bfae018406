DROP TABLE risk_assessments;
DROP TABLE risks;
