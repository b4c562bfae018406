-- The risks that a roadmap item is to make smaller.
CREATE TABLE roadmap_risks (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    risk TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, risk),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, risk) REFERENCES risks (product_id, id)
);
CREATE INDEX roadmap_risks_reversed ON roadmap_risks (product_id, risk);
