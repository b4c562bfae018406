DROP TABLE survey_links;
DROP TABLE survey_link_batches;
DROP TABLE survey_responses;
DROP TABLE surveys;
