DROP TABLE labour_rates;
DROP TABLE team_members;
DROP TABLE members;
DROP TABLE products;
