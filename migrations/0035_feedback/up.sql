-- What people who use the platform ask for, praise and complain about.
CREATE TABLE feedback (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    persona TEXT,
    component TEXT,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    -- What a file knows it by: the text in NFC.
    text_nfc TEXT NOT NULL,
    asked_by TEXT,
    status TEXT NOT NULL,
    created_by TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    FOREIGN KEY (product_id, persona) REFERENCES personas (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX feedback_by_persona ON feedback (product_id, persona);
CREATE INDEX feedback_by_component ON feedback (product_id, component);

-- What says the same as something else. An original is no duplicate itself, so that there are no chains.
CREATE TABLE feedback_duplicates (
    product_id TEXT NOT NULL,
    feedback TEXT NOT NULL,
    original TEXT NOT NULL,
    PRIMARY KEY (product_id, feedback),
    FOREIGN KEY (product_id, feedback) REFERENCES feedback (product_id, id),
    FOREIGN KEY (product_id, original) REFERENCES feedback (product_id, id)
);
CREATE INDEX feedback_duplicates_reversed ON feedback_duplicates (product_id, original);

CREATE TABLE feedback_votes (
    product_id TEXT NOT NULL,
    feedback TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (product_id, feedback, user_id),
    FOREIGN KEY (product_id, feedback) REFERENCES feedback (product_id, id)
);

CREATE TABLE roadmap_feedback (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    feedback TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, feedback),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, feedback) REFERENCES feedback (product_id, id)
);
CREATE INDEX roadmap_feedback_reversed ON roadmap_feedback (product_id, feedback);
