//! Does an export keep up with the database's own tool? A million cost entries as CSV by
//! `exports::write` beside `sqlite3 -csv -header` of the same query, in one run, and what it takes
//! of memory.
//!
//!     cargo bench --bench export

use diesel::connection::SimpleConnection;
use prodops::{
    exports::{self, Dataset, Selection},
    kernel::{
        clock::{Clock, Ids},
        db::{self, DatabaseUrl, Db},
        failure::Failure,
    },
    products,
};
use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

const LINES: u32 = 1_000_000;
const ROUNDS: u32 = 5;

const SAME_QUERY: &str = "SELECT 'shop' AS product, NULL AS deleted_at, id, component, month, category, nature, \
    amount_units, amount_parts, currency, amount_units, amount_parts, 'EUR', hours, note, source, external_id, \
    created_at, updated_at, version FROM cost_entries WHERE product_id = 'p' ORDER BY month";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prodops.db");
    fs::File::create(&path).expect("a file");
    let url: DatabaseUrl = format!("sqlite://{}", path.display()).parse().expect("an address");
    db::migrate(&url).expect("a schema");
    fill(&path);
    let db = Db::open(&url, Clock::System, Ids::Random).expect("a database");
    let dataset = Dataset::find("cost_entries").expect("a dataset");

    // From here on the kernel counts the highest use of memory afresh.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = highest_memory();
    let (mut ours, mut theirs, mut bytes) = (f64::MAX, f64::MAX, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut out = Counting(0);
        db.snapshot_here(|conn| {
            let product = products::store::find_by_key(conn, "shop")?;
            exports::write(conn, &product, &Selection::everything(dataset, db.clock().now()), &mut out)
        })
        .expect("an export");
        ours = ours.min(start.elapsed().as_secs_f64());
        bytes = out.0;

        let start = Instant::now();
        theirs = if sqlite3(&path) { theirs.min(start.elapsed().as_secs_f64()) } else { f64::NAN };
    }
    println!("{LINES} rows, {} MB", bytes / 1_000_000);
    println!("exports::write:         {ours:.2} s");
    println!("sqlite3 -csv -header:   {theirs:.2} s");
    println!("ratio: {:.2}", ours / theirs);
    println!("highest memory: {before} before, {} after", highest_memory());
}

/// Whether the tool is there and did it.
fn sqlite3(path: &Path) -> bool {
    let done =
        Command::new("sqlite3").args(["-csv", "-header"]).arg(path).arg(SAME_QUERY).stdout(Stdio::piped()).spawn();
    done.is_ok_and(|mut child| {
        let mut out = child.stdout.take().expect("its output");
        io::copy(&mut out, &mut io::sink()).expect("its output read");
        child.wait().expect("its end").success()
    })
}

fn highest_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}

struct Counting(usize);

impl io::Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[allow(clippy::disallowed_methods)] // A database of its own, filled past the rules.
fn fill(path: &Path) {
    use diesel::Connection;
    let mut conn = diesel::SqliteConnection::establish(&path.to_string_lossy()).expect("a database");
    let at = "'2026-10-01 08:00:00.123456', '2026-10-01 08:00:00.123456', 1, 1";
    conn.batch_execute(&format!(
        "INSERT INTO products VALUES ('p', 'shop', 'Shop', '', 'OPS', 'UTC', 'EUR', 1, 'effort', 40000000000000,
            NULL, NULL, {at});
         INSERT INTO components VALUES ('c', 'p', 'db', 'Orders', 'service', 'production', 1, NULL, '', NULL, NULL, '',
            '[]', NULL, NULL, NULL, {at});
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LINES})
         INSERT INTO cost_entries SELECT printf('01900000-0000-7000-9000-%012x', i), 'p', CASE WHEN i % 10 THEN 'db' END,
            printf('%04d-%02d', 2016 + i / 12 % 10, 1 + i % 12), 'infrastructure', 'run', i % 100000,
            i * 7919 % 1000000 * 1000000, 'EUR', CASE WHEN i % 3 = 0 THEN i % 100 * 250000000000 END,
            'virtual machine, size m' || i % 9, 'focus:cloud', 'line-' || i, {at} FROM n;"
    ))
    .map_err(Failure::internal)
    .expect("a million lines");
}
