//! Thirty-two leads move items of one roadmap at once: no move is lost, and the order is the one that the audit trail
//! tells.

use crate::{
    client::Client,
    postgres::Postgres,
    program::{Server, cycles, prepare, serving},
    replay::{HORIZONS, Stand, next_move},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

const LEADS: u64 = 32;
const ITEMS: u64 = 60;

#[test]
fn sqlite_of_32_leads() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("prodops.db").display());
    of_leads("SQLite", &database, folder.path());
}

#[test]
fn postgres_of_32_leads() {
    let Some(postgres) = Postgres::start(100) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    of_leads("PostgreSQL", &postgres.database("drill", None), folder.path());
}

fn of_leads(engine: &str, database: &str, folder: &Path) {
    prepare(database);
    let moves = cycles(10);
    let mut command = serving(database, folder);
    command.args(["--rate-limit", "off"]);
    let server = Server::of(command);
    let client = server.sign_in();
    let product = server.product(&client, "order");
    let items = format!("{product}/roadmap-items");
    for at in 0..ITEMS {
        let new = json!({ "title": format!("item {at}"), "kind": "debt", "horizon": HORIZONS[(at % 3) as usize],
            "ref": format!("OPS-{}", at + 1) });
        let made = client.post(&items, &new).expect("an answer");
        assert_eq!(made.status, 201, "{made:?}");
    }
    let (again, started) = (AtomicUsize::new(0), Instant::now());
    let mut versions: BTreeMap<String, i64> = BTreeMap::new();
    thread::scope(|scope| {
        let lead = |who| {
            let (client, items, again) = (client.clone(), &items, &again);
            scope.spawn(move || move_about(&client, items, who, moves, again))
        };
        let leads: Vec<_> = (0..LEADS).map(lead).collect();
        for name in leads.into_iter().flat_map(|lead| lead.join().expect("a lead")) {
            *versions.entry(name).or_insert(1) += 1;
        }
    });
    let took = started.elapsed();
    let total = moves * LEADS as usize;
    let listed = all(&client, &format!("{items}?sort=rank"));
    let column = |name: &str| -> Vec<Value> { listed.iter().map(|item| item[name].clone()).collect() };
    for item in &listed {
        let name = item["ref"].as_str().expect("a ref");
        assert_eq!(item["version"], versions.get(name).copied().unwrap_or(1), "{name}: a move was lost");
    }
    let events = all(&client, &format!("{product}/audit-events?resource=roadmap-items"));
    let mut stand = Stand::default();
    for event in &events {
        stand.replay(event["action"].as_str().expect("a word"), &event["before"], &event["after"]);
    }
    assert_eq!(events.len(), total + ITEMS as usize);
    assert_eq!(column("ref"), stand.whole(), "the order is the one that the audit trail tells");
    println!(
        "{engine}: {total} moves of {LEADS} leads among {ITEMS} items in {took:.1?}: {:.0} moves/s; {} were told that \
         somebody was faster, read again and moved; the order is the one that the audit trail tells",
        total as f64 / took.as_secs_f64(),
        again.load(Ordering::Relaxed),
    );
    let (_, status) = server.stop();
    assert!(status.success(), "{status}");
}

/// Moves items by chance, each until it is done; tells which.
fn move_about(client: &Client, items: &str, who: u64, moves: usize, again: &AtomicUsize) -> Vec<String> {
    let mut seed = who + 1;
    let mut moved = Vec::new();
    while moved.len() < moves {
        let (name, place) = next_move(&mut seed, ITEMS);
        loop {
            let seen = client.get(&format!("{items}/{name}")).expect("an answer");
            let status = match seen.status {
                200 => {
                    let client = client.with("If-Match", seen.header("etag"));
                    let answer = client.post(&format!("{items}/{name}/move"), &place).expect("an answer");
                    assert!([200, 412, 503].contains(&answer.status), "{answer:?}");
                    answer.status
                }
                503 => 503,
                _ => panic!("{seen:?}"),
            };
            if status == 200 {
                break;
            }
            again.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(2));
        }
        moved.push(name);
    }
    moved
}

/// Every row of a list, page by page.
fn all(client: &Client, list: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let joint = if list.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{list}{joint}limit=200{cursor}")).expect("an answer");
        assert_eq!(page.status, 200, "{page:?}");
        rows.extend(page.json["items"].as_array().expect("a list").iter().cloned());
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}
