DROP TABLE report_facts;
DROP TABLE reports;
