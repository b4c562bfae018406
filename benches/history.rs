//! Whether paging an item's history stays as quick when it is long: a page of 50 changes of an item with a thousand of
//! them beside one with a million; microseconds a page, and their ratio.
//!
//!     cargo bench --bench history                                                    # SQLite, in a folder of its own
//!     PRODOPS_BENCH_DATABASE=postgres:///bench cargo bench --bench history           # PostgreSQL, an empty database
//!     PRODOPS_BENCH_EVENTS=10000 cargo bench --bench history

use diesel::{RunQueryDsl, sql_query};
use prodops::{
    kernel::{
        auth::ProductId,
        clock::{Clock, Ids},
        db::{self, Author, DatabaseUrl, Db},
        http::List,
    },
    products,
    roadmap::{NewRoadmapItem, history::RoadmapEvent, store},
};
use std::time::{Duration, Instant};

/// How many pages of each item are read: all that the short history has.
const PAGES: usize = 20;

fn main() {
    #[allow(clippy::disallowed_methods)] // What to measure, and nothing of the program.
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let events = setting("PRODOPS_BENCH_EVENTS").map_or(1_000_000, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sqlite = folder.path().join("prodops.db");
    let url: DatabaseUrl = match setting("PRODOPS_BENCH_DATABASE") {
        Some(url) => url.parse().expect("an address"),
        None => {
            std::fs::File::create(&sqlite).expect("a file");
            format!("sqlite://{}", sqlite.display()).parse().expect("an address")
        }
    };
    db::migrate(&url).expect("a schema");
    let db = Db::open(&url, Clock::System, Ids::Random).expect("a database");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let product = runtime.block_on(made(&db));
    for (item, events) in [("OPS-1", 1_000), ("OPS-2", events)] {
        runtime.block_on(filled(&db, item, events));
    }
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        short.extend(runtime.block_on(paged(&db, &product, "OPS-1")));
        long.extend(runtime.block_on(paged(&db, &product, "OPS-2")));
    }
    let (short, long) = (median(short), median(long));
    println!("a page of 1,000 changes: {} µs, of {events}: {} µs", short.as_micros(), long.as_micros());
    println!("ratio {:.2}", long.as_secs_f64() / short.as_secs_f64());
}

/// A product with two items.
async fn made(db: &Db) -> ProductId {
    let at = "'2026-10-01 08:00:00.123456', '2026-10-01 08:00:00.123456', 1, 1";
    let insert = format!(
        "INSERT INTO products VALUES ('p', 'shop', 'Shop', '', 'OPS', 'UTC', 'EUR', 1, 'effort', 40000000000000, \
         NULL, NULL, {at}, NULL)"
    );
    let made = db.change(Author::operator(), move |tx| {
        sql_query(insert).execute(&mut **tx)?;
        let product = products::store::find_by_key(tx, "shop")?.product_id();
        for title in ["Short", "Long"] {
            let new: NewRoadmapItem =
                serde_json::from_value(serde_json::json!({ "title": title, "kind": "debt" })).expect("an item");
            store::insert(tx, &product, new)?;
        }
        Ok(product)
    });
    made.await.expect("a product")
}

/// Lets an item have so many changes: its first one again and again.
async fn filled(db: &Db, item: &'static str, events: u64) {
    let insert = format!(
        "INSERT INTO roadmap_history (product_id, item_ref, sequence, item_id, at, actor_kind, person, action, version, \
         rank, before, after) WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {}) \
         SELECT h.product_id, h.item_ref, 1 + n, h.item_id, h.at, h.actor_kind, h.person, 'update', 1 + n, h.rank, \
         '{{\"title\": \"As it was\"}}', h.after FROM roadmap_history h CROSS JOIN counted \
         WHERE h.item_ref = '{item}' AND h.sequence = 1",
        events - 1
    );
    let filled = db.change(Author::operator(), move |tx| {
        sql_query(insert).execute(&mut **tx)?;
        tx.nothing_changed();
        Ok(())
    });
    filled.await.expect("its changes");
}

/// How long each of the first pages took.
async fn paged(db: &Db, product: &ProductId, item: &'static str) -> Vec<Duration> {
    let (mut took, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES {
        let query = cursor.map_or_else(String::new, |cursor: String| format!("cursor={cursor}"));
        let list = List::<RoadmapEvent>::parse(&query).expect("a query");
        let (product, start) = (product.clone(), Instant::now());
        let page = db.read(move |conn| store::events(conn, &product, item, &list)).await.expect("a page");
        took.push(start.elapsed());
        assert_eq!(page.items.len(), 50, "of {item}");
        cursor = page.next_cursor;
    }
    took
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took[took.len() / 2]
}
