//! What a large bill costs: a file of FOCUS, imported as the command line does it, beside the database's own tool, which only
//! copies the text; the peak of memory; and how long another editor waits for a write meanwhile.
//!
//!     cargo bench --bench focus                                                # a million lines, SQLite, in a folder of its own
//!     FOCUS_DATABASE=postgres:///bench cargo bench --bench focus                # PostgreSQL, an empty database
//!     FOCUS_ROWS=200000 cargo bench --bench focus                              # or `cargo test`, for a debug build

use diesel::{RunQueryDsl, sql_query};
use prodops::{
    costs,
    imports::{self, Format, Mode},
    kernel::{
        auth::ProductId,
        clock::{Clock, Ids},
        db::{self, Author, DatabaseUrl, Db},
        http::validate,
    },
    products,
};
use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

const HEADER: &str = "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,\
    BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,\
    ConsumedQuantity,ConsumedUnit,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,\
    PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,RegionName,ResourceId,ResourceName,ResourceType,\
    ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags,x_Operation";
/// How long the other editor rests between two writes.
const REST: Duration = Duration::from_millis(20);

fn main() {
    #[allow(clippy::disallowed_methods)] // What to measure, and nothing of the program.
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let rows = setting("FOCUS_ROWS").map_or(1_000_000, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, again) = (folder.path().join("focus.csv"), folder.path().join("again.csv"));
    generate(&file, rows, 0);
    generate(&again, rows, 1);
    println!("{rows} rows, {} MB", fs::metadata(&file).expect("the file").len() / 1_000_000);
    let sqlite = folder.path().join("prodops.db");
    let url: DatabaseUrl = match setting("FOCUS_DATABASE") {
        Some(url) => url.parse().expect("an address"),
        None => {
            fs::File::create(&sqlite).expect("a file");
            format!("sqlite://{}", sqlite.display()).parse().expect("an address")
        }
    };
    db::migrate(&url).expect("a schema");
    let db = Db::open(&url, Clock::System, Ids::Random).expect("a database");
    let product = tokio().block_on(make_product(&db));

    let quiet = writes(&db, &product, || std::thread::sleep(Duration::from_secs(5)));
    told("another editor, nobody else there", &quiet);
    let theirs = match setting("FOCUS_DATABASE") {
        Some(url) => psql(&url, &file),
        None => sqlite3(&folder.path().join("theirs.db"), &file),
    };
    let whose = if url.is_sqlite() { "sqlite3 .import" } else { "psql \\copy" };
    match theirs {
        Some(seconds) => println!("{whose:<34} {seconds:>8.2} s"),
        None => println!("{whose}: the tool is not there"),
    }
    for (name, file) in [("the import", &file), ("the same again", &file), ("other lines in its place", &again)] {
        // The peak is counted anew from here, where the system can.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let (before, start) = (memory("VmRSS:"), Instant::now());
        let mut seconds = 0.0;
        let meanwhile = writes(&db, &product, || {
            let asked = (Format::Focus, Mode::Strict);
            let import = imports::run(&db, Author::operator(), &product, asked, file.clone(), false);
            let view = tokio().block_on(import).expect("an import");
            assert_eq!(view.created + view.changed + view.unchanged, rows);
            seconds = start.elapsed().as_secs_f64();
        });
        let ratio = theirs.map_or_else(String::new, |theirs| format!(", {:.1} times {whose}", seconds / theirs));
        println!("{name:<34} {seconds:>8.2} s{ratio}; {before} MB before, {} MB at most", memory("VmHWM:"));
        told("  another editor meanwhile", &meanwhile);
    }
}

fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn make_product(db: &Db) -> ProductId {
    let at = "'2026-10-01 08:00:00.123456', '2026-10-01 08:00:00.123456', 1, 1";
    let insert = format!(
        "INSERT INTO products VALUES ('p', 'shop', 'Shop', '', 'OPS', 'UTC', 'EUR', 1, 'effort', 40000000000000, \
         NULL, NULL, {at}, NULL)"
    );
    let made = db.change(Author::operator(), move |tx| {
        sql_query(insert).execute(&mut **tx)?;
        tx.nothing_changed();
        products::store::find_by_key(tx, "shop")
    });
    made.await.expect("a product").product_id()
}

/// How long each write of another editor takes while something is done.
fn writes(db: &Db, product: &ProductId, work: impl FnOnce()) -> Vec<Duration> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let editor = scope.spawn(|| {
            let (runtime, mut taken) = (tokio(), Vec::new());
            while !over.load(Ordering::Relaxed) {
                let start = Instant::now();
                let product = product.clone();
                let written = db.change(Author::operator(), move |tx| {
                    let new = serde_json::json!({
                        "month": "2026-09", "category": "other", "amount": { "amount": "1", "currency": "EUR" },
                    });
                    costs::store::insert(tx, &product, validate(new).expect("an entry"))
                });
                runtime.block_on(written).expect("a write");
                taken.push(start.elapsed());
                std::thread::sleep(REST);
            }
            taken
        });
        work();
        over.store(true, Ordering::Relaxed);
        editor.join().expect("the other editor")
    })
}

fn told(who: &str, taken: &[Duration]) {
    let mut taken = taken.to_vec();
    taken.sort();
    let at = |share: usize| taken.get((taken.len() * share / 100).min(taken.len().saturating_sub(1)));
    let shown = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    println!(
        "{who:<34} {} writes: median {:.1} ms, 99 % within {:.1} ms, slowest {:.1} ms",
        taken.len(),
        shown(at(50)),
        shown(at(99)),
        shown(taken.last())
    );
}

/// In MB; 0 where the system does not tell.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// The text of the file in a table without an index: seconds, or nothing where there is no such tool.
fn sqlite3(database: &Path, file: &Path) -> Option<f64> {
    let start = Instant::now();
    let import = format!(".import --csv {} focus", file.display());
    let done = Command::new("sqlite3").arg(database).arg(import).stdout(Stdio::null()).status();
    done.is_ok_and(|status| status.success()).then(|| start.elapsed().as_secs_f64())
}

fn psql(url: &str, file: &Path) -> Option<f64> {
    let columns: Vec<String> = HEADER.split(',').map(|name| format!("\"{name}\" TEXT")).collect();
    let run = |statement: String| {
        let done = Command::new("psql").arg(url).args(["-q", "-c", &statement]).stdout(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    };
    let made = run(format!("CREATE TABLE theirs ({})", columns.join(", ")));
    let start = Instant::now();
    let copied = made && run(format!("\\copy theirs FROM '{}' WITH (FORMAT csv, HEADER)", file.display()));
    let taken = start.elapsed().as_secs_f64();
    run("DROP TABLE IF EXISTS theirs".to_owned());
    copied.then_some(taken)
}

/// A month of two accounts of a provider, as providers have them: many small amounts, three tags, credits among them.
fn generate(path: &PathBuf, rows: u64, other: u64) {
    let mut out = BufWriter::new(fs::File::create(path).expect("a file"));
    writeln!(out, "{HEADER}").expect("a header");
    for n in 0..rows {
        let (day, hour, account) = (1 + n % 30, n % 24, n % 2);
        let sign = if n % 70 == 0 { "-" } else { "" };
        let cost = format!("{sign}0.{:010}", (n * 7919 + other) % 10_000_000_000);
        writeln!(
            out,
            "us-west-2{zone},{cost},{account}23456789012,Sun {account},USD,2026-10-01T00:00:00Z,2026-09-01T00:00:00Z,\
             {category},,\"$0.40 per million requests, in tier {zone}\",Usage-Based,2026-09-{day:02}T{hour:02}:59:59Z,\
             2026-09-{day:02}T{hour:02}:00:00Z,{quantity}.000000000000000,Requests,{cost},{cost},\"Sunbird, Inc.\",{cost},\
             0.0000004,Standard,{quantity}.00000000000,Requests,Sunbird,\"Sunbird, Inc.\",us-west-2,US West (Oregon),\
             arn:sun:queue:us-west-2:{tenant}:queue-{resource},queue-{resource},queue,Integration,Queue Service {service},\
             SKU{service},SKU{service}.JRTCKXETXF,{tenant},Tenant {tenant},\"{{\"\"application\"\": \"\"app-{application}\"\", \
             \"\"environment\"\": \"\"prod\"\", \"\"business_unit\"\": \"\"unit-{account}\"\"}}\",Send-{zone}",
            zone = ["a", "b", "c"][(n % 3) as usize],
            category = if sign.is_empty() { "Usage" } else { "Credit" },
            quantity = n % 1000,
            tenant = 50_000_000_000 + n % 97,
            resource = n % 5003,
            service = n % 41,
            application = n % 211,
        )
        .expect("a line");
    }
    out.flush().expect("the file");
}
