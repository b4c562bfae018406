-- What recurs in the weeks of the team: whose it is, how much of a week it takes, and when it is due.
CREATE TABLE effort_templates (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    component TEXT,
    roadmap_item TEXT,
    share BIGINT NOT NULL,
    turn TEXT NOT NULL,
    first_week TEXT NOT NULL,
    last_week TEXT,
    every_weeks BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, name),
    UNIQUE (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX effort_templates_by_component ON effort_templates (product_id, component);
CREATE INDEX effort_templates_by_roadmap_item ON effort_templates (product_id, roadmap_item);

-- In the order in which they take turns.
CREATE TABLE effort_template_people (
    product_id TEXT NOT NULL,
    template TEXT NOT NULL,
    position BIGINT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (product_id, template, position),
    FOREIGN KEY (product_id, template) REFERENCES effort_templates (product_id, id),
    FOREIGN KEY (product_id, person) REFERENCES team_members (product_id, id)
);
CREATE INDEX effort_template_people_by_person ON effort_template_people (product_id, person);
