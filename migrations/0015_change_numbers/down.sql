DROP TABLE change_numbers;
