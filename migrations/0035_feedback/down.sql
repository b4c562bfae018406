DROP TABLE roadmap_feedback;
DROP TABLE feedback_votes;
DROP TABLE feedback_duplicates;
DROP TABLE feedback;
