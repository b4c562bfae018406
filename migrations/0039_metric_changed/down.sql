ALTER TABLE impact_claims DROP COLUMN input_key_result;
