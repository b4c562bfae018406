CREATE TABLE surveys (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    kind TEXT NOT NULL,
    persona TEXT,
    -- A month or a quarter.
    period TEXT NOT NULL,
    question TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    FOREIGN KEY (product_id, persona) REFERENCES personas (product_id, id)
);
CREATE INDEX surveys_by_persona ON surveys (product_id, persona);

-- Nothing here says with which link an answer came.
CREATE TABLE survey_responses (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    survey TEXT NOT NULL,
    score BIGINT NOT NULL,
    comment TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, survey) REFERENCES surveys (product_id, id)
);
CREATE INDEX survey_responses_by_survey ON survey_responses (product_id, survey, score);

-- Links that were made together.
CREATE TABLE survey_link_batches (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    survey TEXT NOT NULL,
    links BIGINT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    created_by TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, survey) REFERENCES surveys (product_id, id)
);
CREATE INDEX survey_link_batches_by_survey ON survey_link_batches (product_id, survey);

-- A link is used or it is not; when, and for which answer, is written nowhere.
CREATE TABLE survey_links (
    token_hash TEXT PRIMARY KEY,
    batch TEXT NOT NULL REFERENCES survey_link_batches (id),
    used BOOLEAN NOT NULL
);
CREATE INDEX survey_links_by_batch ON survey_links (batch);
