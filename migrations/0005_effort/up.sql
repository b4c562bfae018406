CREATE TABLE effort_weeks (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    week TEXT NOT NULL,
    monday DATE NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, week)
);

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
