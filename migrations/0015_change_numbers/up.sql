-- On PostgreSQL a change's number is the id of its transaction, and those begin anew in a new
-- cluster. What stands here is added, so that numbers go on where a restored database left off. One
-- row at most; none means 0.
CREATE TABLE change_numbers (
    id BIGINT PRIMARY KEY,
    ahead BIGINT NOT NULL
);
