CREATE TABLE value_drivers (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    name TEXT NOT NULL,
    name_nfc TEXT NOT NULL,
    kind TEXT NOT NULL,
    stakeholder TEXT,
    source TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    UNIQUE (product_id, name_nfc),
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id)
);

CREATE TABLE value_driver_amounts (
    product_id TEXT NOT NULL,
    value_driver TEXT NOT NULL,
    valid_from DATE NOT NULL,
    amount_units BIGINT NOT NULL,
    amount_parts BIGINT NOT NULL,
    currency TEXT NOT NULL,
    agreed_at TIMESTAMP,
    agreed_by TEXT,
    PRIMARY KEY (product_id, value_driver, valid_from),
    FOREIGN KEY (product_id, value_driver) REFERENCES value_drivers (product_id, id)
);

CREATE TABLE value_driver_components (
    product_id TEXT NOT NULL,
    value_driver TEXT NOT NULL,
    component TEXT NOT NULL,
    PRIMARY KEY (product_id, value_driver, component),
    FOREIGN KEY (product_id, value_driver) REFERENCES value_drivers (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX value_driver_components_reversed ON value_driver_components (product_id, component);

CREATE TABLE value_driver_slos (
    product_id TEXT NOT NULL,
    value_driver TEXT NOT NULL,
    slo TEXT NOT NULL,
    PRIMARY KEY (product_id, value_driver, slo),
    FOREIGN KEY (product_id, value_driver) REFERENCES value_drivers (product_id, id),
    FOREIGN KEY (product_id, slo) REFERENCES slos (product_id, key)
);
CREATE INDEX value_driver_slos_reversed ON value_driver_slos (product_id, slo);

-- What a method works on stands in columns of its own, so that nothing it rests on can vanish.
CREATE TABLE impact_claims (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    title TEXT NOT NULL,
    roadmap_item TEXT,
    component TEXT,
    method TEXT,
    input_component TEXT,
    input_slo TEXT,
    input_persona TEXT,
    input_task TEXT,
    input_risk TEXT,
    value_driver TEXT,
    benefit TEXT NOT NULL,
    from_month TEXT NOT NULL,
    to_month TEXT NOT NULL,
    baseline TEXT,
    frozen TEXT,
    expected_monthly TEXT,
    attribution TEXT NOT NULL,
    counterfactual TEXT NOT NULL,
    confidence TEXT NOT NULL,
    evidence TEXT NOT NULL,
    reinvested_in TEXT NOT NULL,
    narrative TEXT NOT NULL,
    stakeholder TEXT,
    state TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, id),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, input_component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, input_slo) REFERENCES slos (product_id, key),
    FOREIGN KEY (product_id, input_persona) REFERENCES personas (product_id, id),
    FOREIGN KEY (product_id, input_risk) REFERENCES risks (product_id, id),
    FOREIGN KEY (product_id, value_driver) REFERENCES value_drivers (product_id, id),
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id)
);
CREATE INDEX impact_claims_by_roadmap_item ON impact_claims (product_id, roadmap_item);
CREATE INDEX impact_claims_by_component ON impact_claims (product_id, component);

-- The months that a stakeholder has accepted, each with what was computed then: when that changes,
-- the month is no longer accepted.
CREATE TABLE impact_acceptances (
    product_id TEXT NOT NULL,
    impact_claim TEXT NOT NULL,
    month TEXT NOT NULL,
    digest TEXT NOT NULL,
    stakeholder TEXT NOT NULL,
    accepted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (product_id, impact_claim, month),
    FOREIGN KEY (product_id, impact_claim) REFERENCES impact_claims (product_id, id),
    FOREIGN KEY (product_id, stakeholder) REFERENCES stakeholders (product_id, id)
);

-- The conversation about a claim: comments, and what the stakeholder did.
CREATE TABLE impact_comments (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    impact_claim TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, impact_claim) REFERENCES impact_claims (product_id, id)
);
CREATE INDEX impact_comments_by_claim ON impact_comments (product_id, impact_claim);
