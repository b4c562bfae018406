DROP TABLE activities;
DROP TABLE effort_shares;
DROP TABLE effort_weeks;
