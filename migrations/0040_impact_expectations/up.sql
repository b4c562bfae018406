-- What a claim was expected to be worth, as it was said when its roadmap item was planned, or when it was first said after
-- that. It outlives the claim: a plan does not change because somebody takes back what did not come.
CREATE TABLE impact_expectations (
    product_id TEXT NOT NULL,
    -- No foreign key: the claim may be deleted.
    impact_claim TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    title TEXT NOT NULL,
    benefit TEXT NOT NULL,
    from_month TEXT NOT NULL,
    to_month TEXT NOT NULL,
    expected_monthly TEXT NOT NULL,
    given_at TIMESTAMP NOT NULL,
    PRIMARY KEY (product_id, impact_claim),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX impact_expectations_by_roadmap_item ON impact_expectations (product_id, roadmap_item);

INSERT INTO impact_expectations
    (product_id, impact_claim, roadmap_item, title, benefit, from_month, to_month, expected_monthly, given_at)
SELECT product_id, id, roadmap_item, title, benefit, from_month, to_month, expected_monthly, created_at
FROM impact_claims
WHERE roadmap_item IS NOT NULL AND expected_monthly IS NOT NULL;
