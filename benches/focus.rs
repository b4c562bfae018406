//! What a large bill costs: a file of FOCUS, imported as the command line does it, beside the database's own tool, which only
//! copies the text; the peak of memory; how long another editor waits for a write meanwhile; and what a month's costs take to
//! add up afterwards, beside the tool's sum over its copy. All sums are compared with an oracle of integers.
//!
//!     cargo bench --bench focus                                                # a million lines, SQLite, in a folder of its own
//!     FOCUS_DATABASE=postgres:///bench cargo bench --bench focus                # PostgreSQL, an empty database
//!     FOCUS_ROWS=200000 cargo bench --bench focus                              # or `cargo test`, for a debug build

use diesel::{RunQueryDsl, sql_query};
use prodops::{
    costs::{self, ledger, tie_out},
    imports::{self, Format, ImportView, Mode},
    kernel::{
        auth::ProductId,
        clock::{Clock, Ids},
        db::{self, Author, DatabaseUrl, Db},
        http::validate,
        money::Amounts,
        month::{Month, MonthSpan},
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
    let sums = [generate(&file, rows, 0), generate(&again, rows, 1)];
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
    let tool = match setting("FOCUS_DATABASE") {
        Some(url) => Tool::Psql(url),
        None => Tool::Sqlite3(folder.path().join("theirs.db")),
    };
    let (whose, theirs) = (tool.name(), tool.copy(&file));
    match theirs {
        Some(seconds) => println!("{whose:<34} {seconds:>8.2} s"),
        None => println!("{whose}: the tool is not there"),
    }
    let deliveries = [
        ("the import", &file, sums[0]),
        ("the same again", &file, sums[0]),
        ("other lines in its place", &again, sums[1]),
    ];
    for (name, file, sum) in deliveries {
        // The peak is counted anew from here, where the system can.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let (before, start) = (memory("VmRSS:"), Instant::now());
        let mut seconds = 0.0;
        let meanwhile = writes(&db, &product, || {
            let view = import(&db, &product, Format::Focus, file);
            assert_eq!(view.created + view.changed + view.unchanged, rows);
            seconds = start.elapsed().as_secs_f64();
        });
        let ratio = theirs.map_or_else(String::new, |theirs| format!(", {:.1} times {whose}", seconds / theirs));
        println!("{name:<34} {seconds:>8.2} s{ratio}; {before} MB before, {} MB at most", memory("VmHWM:"));
        told("  another editor meanwhile", &meanwhile);
        assert_eq!(billed(&db, &product), (rows, sum), "what ties out is what the file says, to the last digit");
    }
    let theirs = theirs.and_then(|_| tool.sum());
    if let Some(seconds) = theirs {
        println!("{:<34} {seconds:>8.2} s", format!("{}: the sum by service", tool.program()));
    }
    let asked = |name: &str| {
        let start = Instant::now();
        assert_eq!(spent(&db, &product), sums[1], "whoever bears it, it is as much");
        let seconds = start.elapsed().as_secs_f64();
        let ratio =
            theirs.map_or_else(String::new, |theirs| format!(", {:.1} times {}", seconds / theirs, tool.program()));
        println!("{name:<34} {seconds:>8.2} s{ratio}");
    };
    asked("the month's costs, no rule");
    for (name, column, value) in [
        ("the month's costs, 20 by service", "match_service_name", "Queue Service "),
        ("the month's costs, 20 by tag", "match_tags", "app-"),
    ] {
        allocate(&db, &product, folder.path(), column, value);
        asked(name);
    }
}

fn import(db: &Db, product: &ProductId, format: Format, file: &Path) -> ImportView {
    let asked = (format, Mode::Strict);
    let import = imports::run(db, Author::operator(), product, asked, file.to_owned(), false);
    tokio().block_on(import).expect("an import")
}

fn the_month() -> MonthSpan {
    let month = Month::new(2026, 9).expect("a month");
    MonthSpan { from: month, to: month.next() }
}

/// How many lines the bills have, and what they come to in the twelfth digits.
fn billed(db: &Db, product: &ProductId) -> (u64, i128) {
    let product = product.clone();
    let read = db.read(move |conn| {
        let product = products::store::find(conn, &product)?;
        tie_out::store::read(conn, &product, the_month())
    });
    let rows = tokio().block_on(read).expect("an answer").items;
    let of_bills = rows.iter().filter(|row| row.billed.is_some());
    of_bills.fold((0, 0), |(lines, sum), row| {
        assert_eq!(row.billed, Some(row.amortised), "the file says one amount twice");
        (lines + u64::try_from(row.lines).expect("a count"), sum + parts(row.amortised.amount))
    })
}

/// What the month cost in the bills' currency, in the twelfth digits, by way of the ledger that reports are made of.
fn spent(db: &Db, product: &ProductId) -> i128 {
    let product = product.clone();
    let MonthSpan { from, to } = the_month();
    let read = db.read(move |conn| {
        let product = products::store::find(conn, &product)?;
        ledger::store::ledger(conn, &product, from, to)
    });
    let ledger = tokio().block_on(read).expect("an answer");
    let mut all = Amounts::default();
    ledger.lines.iter().for_each(|line| all.add_all(&line.amounts));
    let usd = all.iter().find(|money| money.currency.as_text() == "USD");
    usd.map_or(0, |money| parts(money.amount))
}

fn parts(amount: rust_decimal::Decimal) -> i128 {
    let mut scaled = amount;
    scaled.rescale(12);
    scaled.mantissa()
}

/// Twenty rules share out what has a service, or a tag, among two components.
fn allocate(db: &Db, product: &ProductId, folder: &Path, column: &str, value: &str) {
    let components = folder.join("components.csv");
    fs::write(&components, "key,name,kind\nqueue,Queue,service\nmail,Mail,service\n").expect("a file");
    import(db, product, Format::Components, &components);
    let rules = folder.join("rules.csv");
    let mut out = csv::Writer::from_path(&rules).expect("a file");
    out.write_record(["order", "valid_from", column, "targets"]).expect("a heading");
    for n in 0..20 {
        let value = format!("{value}{n}");
        let value =
            if column == "match_tags" { serde_json::json!({ "application": value }).to_string() } else { value };
        out.write_record([&n.to_string(), "2026-09-01", &value, "queue:0.7\nmail:0.3"]).expect("a rule");
    }
    out.flush().expect("the file");
    import(db, product, Format::AllocationRules, &rules);
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

/// What a user would pick instead: the database's own tool.
enum Tool {
    Sqlite3(PathBuf),
    Psql(String),
}

impl Tool {
    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite3(_) => "sqlite3 .import",
            Self::Psql(_) => "psql \\copy",
        }
    }

    fn program(&self) -> &'static str {
        match self {
            Self::Sqlite3(_) => "sqlite3",
            Self::Psql(_) => "psql",
        }
    }

    /// How many seconds it takes; nothing where there is no such tool.
    fn run(&self, statement: &str) -> Option<f64> {
        let mut command = Command::new(self.program());
        let command = match self {
            Self::Sqlite3(database) => command.arg(database).arg(statement),
            Self::Psql(url) => command.arg(url).args(["-q", "-c", statement]),
        };
        let start = Instant::now();
        let done = command.stdout(Stdio::null()).status();
        done.is_ok_and(|status| status.success()).then(|| start.elapsed().as_secs_f64())
    }

    /// The text of the file in a table without an index.
    fn copy(&self, file: &Path) -> Option<f64> {
        let file = file.display();
        match self {
            Self::Sqlite3(_) => self.run(&format!(".import --csv {file} theirs")),
            Self::Psql(_) => {
                let columns: Vec<String> = HEADER.split(',').map(|name| format!("\"{name}\" TEXT")).collect();
                self.run(&format!("CREATE TABLE theirs ({})", columns.join(", ")))?;
                self.run(&format!("\\copy theirs FROM '{file}' WITH (FORMAT csv, HEADER)"))
            }
        }
    }

    /// The month's costs by service, from its copy.
    fn sum(&self) -> Option<f64> {
        self.run("SELECT \"ServiceName\", sum(CAST(\"EffectiveCost\" AS NUMERIC)) FROM theirs GROUP BY \"ServiceName\"")
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A month of two accounts of a provider, as providers have them: many small amounts, three tags, credits among them.
/// What they come to, in the twelfth digits.
fn generate(path: &PathBuf, rows: u64, seed: u64) -> i128 {
    let (mut state, mut sum) = (seed, 0);
    let mut out = BufWriter::new(fs::File::create(path).expect("a file"));
    writeln!(out, "{HEADER}").expect("a header");
    for n in 0..rows {
        let (day, hour, account) = (1 + n % 30, n % 24, n % 2);
        let sign = if n % 70 == 0 { "-" } else { "" };
        let (units, parts) = (random(&mut state) % 100 / 97, random(&mut state) % 1_000_000_000_000);
        let cost = format!("{sign}{units}.{parts:012}");
        let amount = i128::from(units) * 1_000_000_000_000 + i128::from(parts);
        sum += if sign.is_empty() { amount } else { -amount };
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
    sum
}
