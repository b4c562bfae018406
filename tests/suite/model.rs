//! A random story of operations against the API, each compared with a model in memory: what is
//! answered, what is there afterwards, and what every list says.
//!
//! `PRODOPS_STORY_OPERATIONS` says how many (300), `PRODOPS_STORY_SEED` which story; the seed of one that fails is
//! printed.

use crate::{
    app::TestApp,
    client::{Answer, Client},
};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

on_both_engines!(what_the_api_says_is_what_was_done);

const OPERATIONS: u64 = 300;
/// Of a kind, before more is deleted than made.
const CROWD: usize = 25;

fn what_the_api_says_is_what_was_done(app: &TestApp) {
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.subsec_nanos());
    let seed = setting("PRODOPS_STORY_SEED").unwrap_or_else(|| u64::from(now));
    let operations = setting("PRODOPS_STORY_OPERATIONS").unwrap_or(OPERATIONS);
    println!("PRODOPS_STORY_SEED={seed}: {operations} operations");
    let mut story =
        Story { app, chance: Chance(seed), rows: Default::default(), now: String::new(), told: String::new() };
    let mut tell = Tell { seed, at: 0 };
    for at in 0..operations {
        tell.at = at;
        story.step();
    }
    for kind in KINDS {
        story.look_over(kind);
    }
}

#[allow(clippy::disallowed_methods)] // Tests have no configuration; this is how they are told.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Says how to have the same story again, when it ended badly.
struct Tell {
    seed: u64,
    at: u64,
}

impl Drop for Tell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("operation {} of the story of PRODOPS_STORY_SEED={}", self.at, self.seed);
        }
    }
}

/// SplitMix64: the same story on every machine.
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).expect("a small number")
    }

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Component,
    Activity,
    Cost,
}

const KINDS: [Kind; 3] = [Kind::Component, Kind::Activity, Kind::Cost];
const WORK: [&str; 4] = ["toil", "patching", "on_call", "improvement"];
const CATEGORIES: [&str; 3] = ["licence", "infrastructure", "other"];
const SORTS: [&[&str]; 3] = [
    &["key", "tier", "owner", "kind", "updated_at"],
    &["on", "kind", "component", "planned", "updated_at"],
    &["month", "category", "component", "external_id", "created_at"],
];

impl Kind {
    fn path(self) -> &'static str {
        ["components", "activities", "cost-entries"][self as usize]
    }

    /// What a row says where nothing else was sent.
    fn defaults(self) -> Value {
        match self {
            Self::Component => json!({
                "key": null, "name": null, "kind": null, "lifecycle": "production", "tier": null, "owner": null,
                "description": "", "system": null, "domain": null, "tags": [], "links": [], "depends_on": [],
                "rto_minutes": null, "rpo_minutes": null, "availability": null,
            }),
            Self::Activity => json!({
                "on": null, "started_at": null, "ended_at": null, "component": null, "incident": null,
                "roadmap_item": null, "kind": null, "planned": false, "summary": null,
            }),
            Self::Cost => json!({
                "component": null, "roadmap_item": null, "month": null, "category": null, "nature": "run",
                "amount": null, "hours": null, "note": "", "source": "", "external_id": null, "billed_amount": null,
                "provider": null, "billing_account": null, "billing_period": null, "service_name": null,
                "sub_account": null, "resource_id": null, "tags": null, "extra": null, "bill": null,
            }),
        }
    }
}

/// A row as it has to be.
#[derive(Debug, Clone)]
struct Row {
    id: String,
    /// What its path ends in.
    name: String,
    version: u64,
    created_at: String,
    updated_at: String,
    said: Map<String, Value>,
}

impl Row {
    fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    fn whole(&self) -> Value {
        let mut whole = self.said.clone();
        for (name, value) in [
            ("id", json!(self.id)),
            ("version", json!(self.version)),
            ("created_at", json!(self.created_at)),
            ("updated_at", json!(self.updated_at)),
        ] {
            whole.insert(name.to_owned(), value);
        }
        Value::Object(whole)
    }
}

struct Story<'a> {
    app: &'a TestApp,
    chance: Chance,
    rows: [Vec<Row>; 3],
    /// The time of this operation.
    now: String,
    /// What is being done, for whoever reads that it went wrong.
    told: String,
}

impl Story<'_> {
    fn editor(&self) -> Client {
        self.app.editor()
    }

    fn of(&self, kind: Kind) -> &[Row] {
        &self.rows[kind as usize]
    }

    fn step(&mut self) {
        self.app.pass(TimeDelta::seconds(1));
        self.now = self.app.clock.now().to_string();
        let kind = self.chance.pick(&KINDS);
        let crowded = self.of(kind).len() > CROWD;
        match self.chance.below(100) {
            0..35 if !crowded => self.create(kind),
            0..60 => self.update(kind),
            60..80 => self.delete(kind),
            80..88 => self.send_what_is_wrong(kind),
            _ => self.find(kind),
        }
        self.look_over(kind);
    }

    /// Something to be sent: all that is needed, and some of the rest.
    fn body(&mut self, kind: Kind) -> Value {
        let chance = &mut self.chance;
        let mut body = match kind {
            Kind::Component => {
                json!({ "name": format!("Part {}", chance.below(60)), "kind": chance.pick(&["tool", "service"]) })
            }
            Kind::Activity => json!({
                "on": format!("2026-{:02}-{:02}", 1 + chance.below(12), 1 + chance.below(28)),
                "kind": chance.pick(&WORK), "summary": format!("Work {} on Ä{}", chance.below(9), chance.below(9)),
            }),
            Kind::Cost => json!({
                "month": format!("2026-{:02}", 1 + chance.below(12)), "category": chance.pick(&CATEGORIES),
                "amount": { "amount": format!("{}.{:02}", chance.below(100_000), chance.below(100)), "currency": "EUR" },
            }),
        };
        let more = self.more(kind);
        for (name, value) in more {
            if self.chance.percent(40) {
                body[name] = value;
            }
        }
        body
    }

    /// Properties that may be sent or left out.
    fn more(&mut self, kind: Kind) -> Vec<(&'static str, Value)> {
        let keys: Vec<String> = self.of(Kind::Component).iter().map(|row| row.name.clone()).collect();
        let chance = &mut self.chance;
        let one = |chance: &mut Chance| if keys.is_empty() { Value::Null } else { json!(chance.pick(&keys)) };
        match kind {
            Kind::Component => {
                let needs: BTreeSet<String> =
                    (0..chance.below(3)).filter_map(|_| one(chance).as_str().map(ToOwned::to_owned)).collect();
                vec![
                    ("tier", [json!(null), json!(1 + chance.below(4))][chance.below(2)].clone()),
                    ("owner", chance.pick(&[json!(null), json!("ops"), json!("web"), json!("Ärzte")])),
                    ("lifecycle", chance.pick(&[json!("experimental"), json!("retired")])),
                    ("tags", chance.pick(&[json!([]), json!(["b", "a"])])),
                    ("depends_on", json!(needs)),
                    ("description", json!("x\u{0301}\n\u{1F600}\"\\")),
                ]
            }
            Kind::Activity => vec![
                ("component", one(chance)),
                ("planned", json!(chance.percent(50))),
                ("started_at", json!(format!("2026-10-01T00:00:{:02}Z", chance.below(60)))),
            ],
            Kind::Cost => vec![
                ("component", one(chance)),
                ("nature", chance.pick(&[json!("run"), json!("grow")])),
                ("source", chance.pick(&[json!("bills"), json!("")])),
                ("external_id", json!(format!("line {}", chance.below(30)))),
                ("note", json!(format!("note {}", chance.below(5)))),
                ("hours", json!(chance.below(8))),
            ],
        }
    }

    /// What a row says once `body` is merged into it; `None` takes nothing with it.
    fn merged(kind: Kind, before: Option<&Map<String, Value>>, body: &Value) -> Map<String, Value> {
        let defaults = kind.defaults();
        let mut said = before.cloned().unwrap_or_else(|| defaults.as_object().expect("an object").clone());
        for (name, value) in body.as_object().expect("an object") {
            let value = if value.is_null() { defaults[name].clone() } else { value.clone() };
            said.insert(name.clone(), value);
        }
        if let Some(amount) = said.get_mut("amount").and_then(|amount| amount.get_mut("amount")) {
            let text = amount.as_str().expect("a decimal").to_owned();
            if text.contains('.') {
                *amount = json!(text.trim_end_matches('0').trim_end_matches('.'));
            }
        }
        said
    }

    /// Which refusal a row meets that would say this.
    fn refusal(&self, kind: Kind, own: Option<&Row>, said: &Map<String, Value>) -> Option<&'static str> {
        let others = || self.of(kind).iter().filter(|row| own.is_none_or(|own| own.id != row.id));
        match kind {
            Kind::Component => {
                let key = said["key"].as_str().expect("a key");
                if self.closes_a_cycle(key, &said["depends_on"]) {
                    return Some("cycle");
                }
                others().any(|row| row.name == key).then_some("exists")
            }
            Kind::Activity => None,
            Kind::Cost => {
                let line = |said: &Map<String, Value>| (said["source"].clone(), said["external_id"].clone());
                let taken = !said["external_id"].is_null() && others().any(|row| line(&row.said) == line(said));
                taken.then_some("exists")
            }
        }
    }

    fn closes_a_cycle(&self, key: &str, needs: &Value) -> bool {
        let (mut seen, mut next) = (BTreeSet::new(), words(needs));
        while let Some(needed) = next.pop() {
            if needed == key {
                return true;
            }
            if seen.insert(needed.clone())
                && let Some(row) = self.of(Kind::Component).iter().find(|row| row.name == needed)
            {
                next.extend(words(&row.said["depends_on"]));
            }
        }
        false
    }

    /// The key that a component without one gets.
    fn key_for(&self, body: &Value) -> String {
        let slug = |text: &str| text.to_lowercase().replace(' ', "-");
        let (name, kind) = (body["name"].as_str().expect("a name"), body["kind"].as_str().expect("a kind"));
        let taken = self.of(Kind::Component).iter().any(|row| row.name == slug(name));
        if taken { slug(&format!("{kind} {name}")) } else { slug(name) }
    }

    fn create(&mut self, kind: Kind) {
        let body = self.body(kind);
        self.told = format!("POST {} {body}", kind.path());
        let mut said = Self::merged(kind, None, &body);
        if kind == Kind::Component {
            said.insert("key".to_owned(), json!(self.key_for(&body)));
        }
        let retried = self.chance.percent(20).then(|| format!("key-{}", self.chance.number()));
        let client = match &retried {
            Some(key) => self.editor().with("Idempotency-Key", key),
            None => self.editor(),
        };
        let answer = client.post(kind.path(), &body);
        if let Some(code) = self.refusal(kind, None, &said) {
            self.is_refused(&answer, 409, code);
            return;
        }
        let made = answer.expect(201);
        if retried.is_some() {
            let again = client.post(kind.path(), &body).expect(201);
            assert_eq!((&again.json, again.etag()), (&made.json, made.etag()), "{}", self.told);
        }
        let id = made.json["id"].as_str().expect("an id").to_owned();
        let name = said.get("key").and_then(Value::as_str).map_or_else(|| id.clone(), ToOwned::to_owned);
        let row = Row { id, name, version: 1, created_at: self.now.clone(), updated_at: self.now.clone(), said };
        self.is_as_told(&made, &row);
        let place = format!("/api/v1/products/platform/{}/{}", kind.path(), row.name);
        assert_eq!(made.header("location"), Some(&*place), "{}", self.told);
        self.rows[kind as usize].push(row);
    }

    fn update(&mut self, kind: Kind) {
        let Some(at) = self.any(kind) else { return };
        let row = self.of(kind)[at].clone();
        let all = self.body(kind);
        let mut patch = json!({});
        for (name, value) in all.as_object().expect("an object") {
            if self.chance.percent(50) {
                let required = Self::is_required(kind, name);
                patch[name] = if !required && self.chance.percent(20) { Value::Null } else { value.clone() };
            }
        }
        let (name, stale) = (self.name_of(&row), self.chance.percent(20));
        let etag = if stale { format!("\"{}\"", row.version.wrapping_sub(1)) } else { row.etag() };
        let path = format!("{}/{name}", kind.path());
        self.told = format!("PATCH {path} {etag} {patch}");
        if self.chance.percent(5) {
            let answer = self.editor().send_json("PATCH", &path, &patch);
            assert_eq!(answer.status, 428, "{}: {answer}", self.told);
            return;
        }
        let answer = self.editor().patch(&path, &etag, &patch);
        if stale {
            assert_eq!(answer.status, 412, "{}: {answer}", self.told);
            return;
        }
        let said = Self::merged(kind, Some(&row.said), &patch);
        if let Some(code) = self.refusal(kind, Some(&row), &said) {
            self.is_refused(&answer, 409, code);
            return;
        }
        let after = Row { said, version: row.version + 1, updated_at: self.now.clone(), ..row };
        self.is_as_told(&answer.expect(200), &after);
        self.rows[kind as usize][at] = after;
    }

    fn is_required(kind: Kind, property: &str) -> bool {
        let required: &[&str] = match kind {
            Kind::Component => &["name", "kind"],
            Kind::Activity => &["on", "kind", "summary"],
            Kind::Cost => &["month", "category", "amount"],
        };
        required.contains(&property)
    }

    fn delete(&mut self, kind: Kind) {
        let Some(at) = self.any(kind) else { return };
        let row = self.of(kind)[at].clone();
        let (name, stale) = (self.name_of(&row), self.chance.percent(20));
        let etag = if stale { format!("\"{}\"", row.version + 1) } else { row.etag() };
        let path = format!("{}/{name}", kind.path());
        self.told = format!("DELETE {path} {etag}");
        let answer = self.editor().delete(&path, &etag);
        if stale {
            assert_eq!(answer.status, 412, "{}: {answer}", self.told);
            return;
        }
        if kind == Kind::Component && self.is_referred_to(&row.name) {
            self.is_refused(&answer, 409, "referenced");
            return;
        }
        assert_eq!(answer.status, 204, "{}: {answer}", self.told);
        self.rows[kind as usize].remove(at);
        assert_eq!(self.editor().get(&path).status, 404, "{}", self.told);
        assert_eq!(self.editor().delete(&path, &etag).status, 404, "{}", self.told);
    }

    fn is_referred_to(&self, key: &str) -> bool {
        let of = |kind| self.of(kind).iter().any(|row| row.said["component"] == key);
        let needed =
            self.of(Kind::Component).iter().any(|row| words(&row.said["depends_on"]).iter().any(|it| it == key));
        needed || of(Kind::Activity) || of(Kind::Cost)
    }

    /// A body with one thing wrong: it is refused at its place, and nothing changes.
    fn send_what_is_wrong(&mut self, kind: Kind) {
        let mut body = self.body(kind);
        let (name, value, fault) = self.chance.pick(&[
            ("colour", json!("red"), "/colour unknown_property"),
            ("kind", json!("boat"), "/kind not_one_of"),
            ("component", json!("nothing-of-that-name"), "/component unknown_reference"),
            ("depends_on", json!(["nothing-of-that-name"]), "/depends_on/0 unknown_reference"),
            ("category", json!("boat"), "/category not_one_of"),
            ("summary", json!(""), "/summary too_short"),
            ("id", json!("x"), "/id unknown_property"),
        ]);
        body[name] = value;
        let known =
            !kind.defaults()[name].is_null() || kind.defaults().as_object().is_some_and(|all| all.contains_key(name));
        let fault = if known { fault.to_owned() } else { format!("/{name} unknown_property") };
        self.told = format!("POST {} {body}", kind.path());
        let answer = self.editor().post(kind.path(), &body);
        assert_eq!((answer.status, answer.faults()), (422, vec![fault]), "{}: {answer}", self.told);
    }

    fn find(&mut self, kind: Kind) {
        let Some(at) = self.any(kind) else { return };
        let row = self.of(kind)[at].clone();
        let path = format!("{}/{}", kind.path(), self.name_of(&row));
        self.told = format!("GET {path}");
        self.is_as_told(&self.editor().get(&path).expect(200), &row);
        assert_eq!(self.editor().with("If-None-Match", &row.etag()).get(&path).status, 304, "{}", self.told);
        assert_eq!(self.editor().with("If-None-Match", "\"0\"").get(&path).status, 200, "{}", self.told);
    }

    fn any(&mut self, kind: Kind) -> Option<usize> {
        let count = self.of(kind).len();
        (count > 0).then(|| self.chance.below(count))
    }

    /// A row may be asked for by its id as well.
    fn name_of(&mut self, row: &Row) -> String {
        if self.chance.percent(30) { row.id.clone() } else { row.name.clone() }
    }

    fn is_as_told(&self, answer: &Answer, row: &Row) {
        assert_eq!(answer.json, row.whole(), "{}", self.told);
        assert_eq!(answer.etag(), row.etag(), "{}", self.told);
    }

    fn is_refused(&self, answer: &Answer, status: u16, code: &str) {
        assert_eq!((answer.status, &answer.json["code"]), (status, &json!(code)), "{}: {answer}", self.told);
    }

    /// Walks a list, in some order and by some filter, and compares every row of every page.
    fn look_over(&mut self, kind: Kind) {
        let (query, fits) = self.filter(kind);
        let property = self.chance.pick(SORTS[kind as usize]);
        let (falling, limit) = (self.chance.percent(50), 1 + self.chance.below(15));
        let sign = if falling { "-" } else { "" };
        let mut expected: Vec<Row> = self.of(kind).iter().filter(|row| fits(row)).cloned().collect();
        expected.sort_by(|a, b| {
            let (one, other) = (&a.whole()[property], &b.whole()[property]);
            let nulls = one.is_null().cmp(&other.is_null());
            let values = if falling { order(other, one) } else { order(one, other) };
            nulls.then(values).then_with(|| a.id.cmp(&b.id))
        });
        let path = format!("{}?sort={sign}{property}&limit={limit}{query}", kind.path());
        let (mut found, mut next) = (Vec::new(), path.clone());
        loop {
            let page = self.editor().get(&next).expect(200);
            let items = page.json["items"].as_array().expect("items").clone();
            assert!(items.len() <= limit, "{path}");
            found.extend(items);
            let Some(cursor) = page.json["next_cursor"].as_str() else { break };
            next = format!("{path}&cursor={cursor}");
        }
        let expected: Vec<Value> = expected.iter().map(Row::whole).collect();
        assert_eq!(found, expected, "{path} after {}", self.told);
    }

    /// A part of a query, and which rows it is to find.
    #[allow(clippy::type_complexity)] // Used once.
    fn filter(&mut self, kind: Kind) -> (String, Box<dyn Fn(&Row) -> bool>) {
        let month = 1 + self.chance.below(12);
        let number = self.chance.below(10);
        match (kind, self.chance.below(4)) {
            (_, 0) => (String::new(), Box::new(|_| true)),
            (Kind::Component, 1) => (
                "&owner=ops,null".to_owned(),
                Box::new(|row| row.said["owner"].is_null() || row.said["owner"] == "ops"),
            ),
            (Kind::Component, 2) => (
                "&tier.gte=2&tier.lt=4".to_owned(),
                Box::new(|row| row.said["tier"].as_i64().is_some_and(|tier| (2..4).contains(&tier))),
            ),
            (Kind::Component, _) => (
                format!("&q=PART%20{number}"),
                Box::new(move |row| {
                    let says = |name: &str| row.said[name].as_str().is_some_and(|it| it.contains(&number.to_string()));
                    says("name") || says("key")
                }),
            ),
            (Kind::Activity, 1) => (
                format!("&on.lt=2026-{month:02}-15"),
                Box::new(move |row| row.said["on"].as_str() < Some(&format!("2026-{month:02}-15"))),
            ),
            (Kind::Activity, 2) => (
                "&planned=true&kind=toil,on_call".to_owned(),
                Box::new(|row| {
                    row.said["planned"] == true && ["toil", "on_call"].iter().any(|kind| row.said["kind"] == *kind)
                }),
            ),
            (Kind::Activity, _) => (
                format!("&q=%C3%A4{number}+work"),
                Box::new(move |row| {
                    row.said["summary"].as_str().is_some_and(|text| text.contains(&format!("Ä{number}")))
                }),
            ),
            (Kind::Cost, 1) => (
                format!("&month=2026-{month:02},2026-01"),
                Box::new(move |row| row.said["month"] == format!("2026-{month:02}") || row.said["month"] == "2026-01"),
            ),
            (Kind::Cost, 2) => ("&component=null".to_owned(), Box::new(|row| row.said["component"].is_null())),
            (Kind::Cost, _) => (
                "&source=&category=other".to_owned(),
                Box::new(|row| row.said["source"] == "" && row.said["category"] == "other"),
            ),
        }
    }
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(ToOwned::to_owned)).collect()
}

/// Numbers as numbers, texts byte by byte, false before true.
fn order(one: &Value, other: &Value) -> std::cmp::Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_i64().cmp(&other.as_i64()),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => one.as_str().cmp(&other.as_str()),
    }
}
