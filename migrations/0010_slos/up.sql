CREATE TABLE slos (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    component TEXT NOT NULL,
    description TEXT NOT NULL,
    indicator_good TEXT NOT NULL,
    indicator_total TEXT NOT NULL,
    target BIGINT NOT NULL,
    slo_window TEXT NOT NULL,
    budgeting_method TEXT NOT NULL,
    slice_target BIGINT,
    bucket_seconds BIGINT NOT NULL,
    retired_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, key),
    FOREIGN KEY (product_id, component) REFERENCES components (product_id, key)
);
CREATE INDEX slos_by_component ON slos (product_id, component);

-- Targets after the first, which stands in the SLO itself and holds from the beginning.
CREATE TABLE slo_targets (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    slo TEXT NOT NULL,
    valid_from DATE NOT NULL,
    target BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    UNIQUE (product_id, slo, valid_from),
    FOREIGN KEY (product_id, slo) REFERENCES slos (product_id, key)
);

-- One row a bucket: seconds since 1970 at its start, so that sums over a window stay cheap.
CREATE TABLE slo_measurements (
    slo_id TEXT NOT NULL REFERENCES slos (id),
    bucket BIGINT NOT NULL,
    good BIGINT NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (slo_id, bucket)
);

-- What the buckets of a day of the product's zone add up to, kept as they arrive.
CREATE TABLE slo_days (
    slo_id TEXT NOT NULL REFERENCES slos (id),
    product_id TEXT NOT NULL,
    day DATE NOT NULL,
    buckets BIGINT NOT NULL,
    slices BIGINT NOT NULL,
    good_slices BIGINT NOT NULL,
    ratios BIGINT NOT NULL,
    good BIGINT NOT NULL,
    total BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    PRIMARY KEY (slo_id, day)
);
CREATE INDEX slo_days_by_change ON slo_days (product_id, change_number);

-- What an OpenSLO file says beyond what we model, word for word, so that it can be given back.
CREATE TABLE openslo_objects (
    product_id TEXT NOT NULL REFERENCES products (id),
    object TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (product_id, object)
);
