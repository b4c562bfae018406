CREATE TABLE effort_shares_kept AS SELECT * FROM effort_shares;
DROP TABLE effort_shares;
CREATE TABLE effort_shares (
    product_id TEXT NOT NULL,
    week TEXT NOT NULL,
    position BIGINT NOT NULL,
    monday DATE NOT NULL,
    person TEXT,
    component TEXT,
    kind TEXT NOT NULL,
    share BIGINT NOT NULL,
    PRIMARY KEY (product_id, week, position),
    FOREIGN KEY (product_id, week) REFERENCES effort_weeks (product_id, week),
    FOREIGN KEY (product_id, person) REFERENCES team_members (product_id, id),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX effort_shares_by_component ON effort_shares (product_id, component);
CREATE INDEX effort_shares_by_person ON effort_shares (product_id, person);
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
    kind TEXT NOT NULL,
    planned BOOLEAN NOT NULL,
    summary TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX activities_by_day ON activities (product_id, done_on);
CREATE INDEX activities_by_component ON activities (product_id, component);
INSERT INTO activities (id, product_id, done_on, started_at, ended_at, component, kind, planned, summary, created_at, updated_at, version, change_number)
SELECT id, product_id, done_on, started_at, ended_at, component, kind, planned, summary, created_at, updated_at, version, change_number FROM activities_kept;
DROP TABLE activities_kept;

CREATE TABLE cost_entries_kept AS SELECT * FROM cost_entries;
DROP TABLE cost_entries;
CREATE TABLE cost_entries (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    component TEXT,
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
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX cost_entries_by_month ON cost_entries (product_id, month, component);
CREATE INDEX cost_entries_by_component ON cost_entries (product_id, component);
INSERT INTO cost_entries (id, product_id, component, month, category, nature, amount_units, amount_parts, currency, hours, note, source, external_id, created_at, updated_at, version, change_number)
SELECT id, product_id, component, month, category, nature, amount_units, amount_parts, currency, hours, note, source, external_id, created_at, updated_at, version, change_number FROM cost_entries_kept;
DROP TABLE cost_entries_kept;

DROP TABLE roadmap_incidents;
DROP TABLE roadmap_slos;
DROP TABLE roadmap_components;
DROP TABLE roadmap_personas;
DROP TABLE roadmap_dependencies;
DROP TABLE roadmap_counters;
DROP TABLE roadmap_items;
