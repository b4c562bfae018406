DROP TABLE principle_adherence;
DROP TABLE principles;
