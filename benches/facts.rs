//! What a report's facts cost beside the sums that they are made of: a product of 1,000 components, 500 SLOs over ten
//! million measurements and a million cost lines, built by `reports::store::draft`, beside the same sums as bare SQL in
//! the same database, in one run; and again with a tenth of the measurements.
//!
//!     cargo bench --bench facts

use diesel::{Connection, RunQueryDsl, connection::SimpleConnection, sql_query};
use prodops::{
    kernel::{
        clock::{Clock, Ids},
        db::{self, Conn, DatabaseUrl, Db},
        failure::Failure,
        month::Month,
    },
    products, reports,
};
use std::{fs, path::Path, time::Instant};

const COMPONENTS: u32 = 1_000;
const SLOS: u32 = 500;
const LINES: u32 = 1_000_000;
const ROUNDS: u32 = 5;
/// The start of 2026-11-01, UTC.
const END: i64 = 1_793_491_200;
const BUCKET: i64 = 300;

/// Whoever has no tool of ours asks for these: cost by what it was for over thirteen months, and good and total by SLO
/// over the month and the two that it is compared with.
const COST: &str = "SELECT count(*) AS n FROM (SELECT month, component, roadmap_item, category, nature, currency, \
    SUM(amount_units), SUM(amount_parts), SUM(hours) FROM cost_entries WHERE product_id = 'p' \
    AND month >= '2025-10' AND month < '2026-11' GROUP BY 1, 2, 3, 4, 5, 6)";
const DAYS: &str = "SELECT count(*) AS n FROM (SELECT slo_id, day, SUM(good), SUM(total) FROM slo_days \
    WHERE product_id = 'p' AND day >= '2026-09-01' GROUP BY 1, 2)";
const RAW: &str = "SELECT count(*) AS n FROM (SELECT slo_id, bucket / 86400, SUM(good), SUM(total) \
    FROM slo_measurements WHERE bucket >= 1788220800 GROUP BY 1, 2)";

fn main() {
    for measurements in [10_000_000, 1_000_000] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("prodops.db");
        fs::File::create(&path).expect("a file");
        let url: DatabaseUrl = format!("sqlite://{}", path.display()).parse().expect("an address");
        db::migrate(&url).expect("a schema");
        fill(&path, measurements);
        let db = Db::open(&url, Clock::System, Ids::Random).expect("a database");
        measure(&db, measurements);
    }
}

fn measure(db: &Db, measurements: u32) {
    let (mut ours, mut gather, mut cost, mut days, mut raw, mut facts) =
        (f64::MAX, f64::MAX, f64::MAX, f64::MAX, f64::MAX, 0);
    let month: Month = "2026-10".parse().expect("a month");
    for _ in 0..ROUNDS {
        ours = ours.min(seconds(|| {
            let draft = db.snapshot_here(|conn| {
                let product = products::store::find_by_key(conn, "shop")?;
                reports::store::draft(conn, &product, month, db.clock().now())
            });
            facts = draft.expect("a draft").facts.iter().count();
        }));
        gather = gather.min(seconds(|| {
            let gathered = db.snapshot_here(|conn| {
                let product = products::store::find_by_key(conn, "shop")?;
                reports::gather::gather(conn, &product, month, db.clock().now()).map(|_| ())
            });
            gathered.expect("material");
        }));
        let bare = |query: &'static str| seconds(|| db.snapshot_here(|conn| run(conn, query)).expect("sums"));
        (cost, days, raw) = (cost.min(bare(COST)), days.min(bare(DAYS)), raw.min(bare(RAW)));
    }
    println!("{COMPONENTS} components, {SLOS} SLOs, {measurements} measurements, {LINES} cost lines; {facts} facts");
    println!("a report with its facts:                {ours:.2} s, of which reading {gather:.2} s");
    println!("bare SQL, of kept days:                 {:.2} s, ratio {:.2}", cost + days, ours / (cost + days));
    println!("bare SQL, of the measurements:          {:.2} s, ratio {:.2}", cost + raw, ours / (cost + raw));
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn run(conn: &mut Conn, query: &str) -> Result<(), Failure> {
    sql_query(query).execute(conn)?;
    Ok(())
}

#[allow(clippy::disallowed_methods)] // A database of its own, filled past the rules.
fn fill(path: &Path, measurements: u32) {
    let mut conn = diesel::SqliteConnection::establish(&path.to_string_lossy()).expect("a database");
    let at = "'2026-10-01 08:00:00.123456', '2026-10-01 08:00:00.123456', 1, 1";
    let buckets = i64::from(measurements / SLOS);
    let first = END - buckets * BUCKET;
    conn.batch_execute(&format!(
        "PRAGMA synchronous = OFF;
         INSERT INTO products VALUES ('p', 'shop', 'Shop', '', 'OPS', 'UTC', 'EUR', 1, 'effort', 40000000000000,
            NULL, NULL, {at}, NULL);
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {COMPONENTS} - 1)
         INSERT INTO components SELECT 'c' || i, 'p', 'c' || i, 'Component ' || i, 'service', 'production', 1, NULL, '',
            NULL, NULL, '', '[]', NULL, NULL, NULL, {at} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {LINES} - 1)
         INSERT INTO cost_entries (id, product_id, component, month, category, nature, amount_units, amount_parts,
            currency, note, source, external_id, created_at, updated_at, version, change_number)
         SELECT printf('01900000-0000-7000-9000-%012x', i), 'p', CASE WHEN i % 10 THEN 'c' || (i / 13 % {COMPONENTS}) END,
            printf('%04d-%02d', 2025 + (9 + i % 13) / 12, 1 + (9 + i % 13) % 12),
            CASE i % 3 WHEN 0 THEN 'licence' ELSE 'infrastructure' END, CASE i % 7 WHEN 0 THEN 'grow' ELSE 'run' END,
            i % 100000, i * 7919 % 1000000 * 1000000, 'EUR', 'virtual machine, size m' || i % 9, 'focus:cloud',
            'line-' || i, {at} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {SLOS} - 1)
         INSERT INTO slos SELECT printf('s%03d', i), 'p', printf('s%03d', i), 'Promise ' || i, 'c' || i, '', '', '',
            999000000000, '{{\"kind\":\"rolling\",\"days\":30}}', 'occurrences', NULL, {BUCKET}, NULL, {at} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {buckets} - 1)
         INSERT INTO slo_measurements SELECT s.id, {first} + i * {BUCKET}, 1000 - (i % 97 = 0), 1000
            FROM slos s CROSS JOIN n;
         INSERT INTO slo_days SELECT slo_id, 'p', date(bucket, 'unixepoch'), count(*), count(*), 0, 0, SUM(good),
            SUM(total), 1 FROM slo_measurements GROUP BY slo_id, date(bucket, 'unixepoch');"
    ))
    .map_err(Failure::internal)
    .expect("its rows");
}
