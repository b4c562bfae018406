CREATE TABLE roadmap_items (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    item_ref TEXT NOT NULL,
    title TEXT NOT NULL,
    problem TEXT NOT NULL,
    outcome TEXT NOT NULL,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    horizon TEXT NOT NULL,
    rank TEXT NOT NULL,
    status TEXT NOT NULL,
    owner TEXT,
    start_on DATE,
    target_on DATE,
    shipped_on DATE,
    rice TEXT,
    wsjf TEXT,
    tags TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, item_ref),
    UNIQUE (product_id, rank)
);

-- The last number given; one that was given is never given again.
CREATE TABLE roadmap_counters (
    product_id TEXT PRIMARY KEY REFERENCES products (id),
    last BIGINT NOT NULL
);

CREATE TABLE roadmap_dependencies (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, depends_on),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, depends_on) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX roadmap_dependencies_reversed ON roadmap_dependencies (product_id, depends_on);

CREATE TABLE roadmap_personas (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    persona TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, persona),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, persona) REFERENCES personas (product_id, id)
);
CREATE INDEX roadmap_personas_reversed ON roadmap_personas (product_id, persona);

CREATE TABLE roadmap_components (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    component TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, component),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX roadmap_components_reversed ON roadmap_components (product_id, component);

CREATE TABLE roadmap_slos (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    slo TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, slo),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, slo) REFERENCES slos (product_id, key)
);
CREATE INDEX roadmap_slos_reversed ON roadmap_slos (product_id, slo);

CREATE TABLE roadmap_incidents (
    product_id TEXT NOT NULL,
    roadmap_item TEXT NOT NULL,
    incident TEXT NOT NULL,
    PRIMARY KEY (product_id, roadmap_item, incident),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref),
    FOREIGN KEY (product_id, incident) REFERENCES incidents (product_id, id)
);
CREATE INDEX roadmap_incidents_reversed ON roadmap_incidents (product_id, incident);

-- SQLite cannot add a foreign key of two columns to a table that is there, so the three tables that
-- name an item are made again around their rows.
CREATE TABLE effort_shares_kept AS SELECT * FROM effort_shares;
DROP TABLE effort_shares;
CREATE TABLE effort_shares (
    product_id TEXT NOT NULL,
    week TEXT NOT NULL,
    position BIGINT NOT NULL,
    monday DATE NOT NULL,
    person TEXT,
    component TEXT,
    roadmap_item TEXT,
    kind TEXT NOT NULL,
    share BIGINT NOT NULL,
    PRIMARY KEY (product_id, week, position),
    FOREIGN KEY (product_id, week) REFERENCES effort_weeks (product_id, week),
    FOREIGN KEY (product_id, person) REFERENCES team_members (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX effort_shares_by_component ON effort_shares (product_id, component);
CREATE INDEX effort_shares_by_person ON effort_shares (product_id, person);
CREATE INDEX effort_shares_by_roadmap_item ON effort_shares (product_id, roadmap_item);
INSERT INTO effort_shares (product_id, week, position, monday, person, component, kind, share)
SELECT product_id, week, position, monday, person, component, kind, share FROM effort_shares_kept;
DROP TABLE effort_shares_kept;

CREATE TABLE activities_kept AS SELECT * FROM activities;
DROP TABLE activities;
CREATE TABLE activities (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    done_on DATE NOT NULL,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    component TEXT,
    incident TEXT,
    roadmap_item TEXT,
    kind TEXT NOT NULL,
    planned BOOLEAN NOT NULL,
    summary TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, incident) REFERENCES incidents (product_id, id),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX activities_by_day ON activities (product_id, done_on);
CREATE INDEX activities_by_component ON activities (product_id, component);
CREATE INDEX activities_by_incident ON activities (product_id, incident);
CREATE INDEX activities_by_roadmap_item ON activities (product_id, roadmap_item);
INSERT INTO activities (id, product_id, done_on, started_at, ended_at, component, kind, planned, summary, created_at, updated_at, version, change_number)
SELECT id, product_id, done_on, started_at, ended_at, component, kind, planned, summary, created_at, updated_at, version, change_number FROM activities_kept;
DROP TABLE activities_kept;

CREATE TABLE cost_entries_kept AS SELECT * FROM cost_entries;
DROP TABLE cost_entries;
CREATE TABLE cost_entries (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    component TEXT,
    roadmap_item TEXT,
    month TEXT NOT NULL,
    category TEXT NOT NULL,
    nature TEXT NOT NULL,
    amount_units BIGINT NOT NULL,
    amount_parts BIGINT NOT NULL,
    currency TEXT NOT NULL,
    hours BIGINT,
    note TEXT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, source, external_id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key),
    FOREIGN KEY (product_id, roadmap_item) REFERENCES roadmap_items (product_id, item_ref)
);
CREATE INDEX cost_entries_by_month ON cost_entries (product_id, month, component);
CREATE INDEX cost_entries_by_component ON cost_entries (product_id, component);
CREATE INDEX cost_entries_by_roadmap_item ON cost_entries (product_id, roadmap_item);
INSERT INTO cost_entries (id, product_id, component, month, category, nature, amount_units, amount_parts, currency, hours, note, source, external_id, created_at, updated_at, version, change_number)
SELECT id, product_id, component, month, category, nature, amount_units, amount_parts, currency, hours, note, source, external_id, created_at, updated_at, version, change_number FROM cost_entries_kept;
DROP TABLE cost_entries_kept;
