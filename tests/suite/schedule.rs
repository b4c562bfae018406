//! What the clock does for reports: drafts on the 1st, publication on the product's day, each once.

use crate::{
    app::{TestApp, block_on},
    client::Answer,
    reports::path,
};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use prodops::{
    kernel::{
        clock::Ids,
        db::{DatabaseUrl, Db, now},
        schema::{products, report_runs},
    },
    reports::schedule::{Act, act::look},
};
use serde_json::{Value, json};
use std::{sync::Barrier, time::Duration};

on_both_engines!(
    a_draft_comes_with_the_first_of_the_month_and_only_once,
    what_a_person_built_or_deleted_is_left_alone,
    it_publishes_itself_on_its_day_and_says_that_nobody_reviewed_it,
    a_draft_that_people_worked_on_is_published_as_they_saw_it,
    a_draft_of_half_a_month_is_published_whole,
    only_a_first_draft_is_published_by_itself,
    a_day_that_is_set_late_publishes_nothing_of_before,
    what_was_missed_is_caught_up_in_order,
    what_fails_for_one_product_fails_for_no_other,
    of_many_who_look_at_once_one_acts,
    a_month_says_when_its_report_makes_itself,
);

/// The first instant of December 2026 in Berlin, where the products are.
const DECEMBER: &str = "2026-11-30T23:00:00Z";
/// And of its fifth day.
const FIFTH: &str = "2026-12-04T23:00:00Z";
const PRODUCT: &str = "/api/v1/products/platform";

fn look_at(app: &TestApp, time: &str) -> Duration {
    app.clock.set(time.parse().expect("a time"));
    block_on(look(&app.db)).expect("a look at the clock")
}

fn publish_on(app: &TestApp, day: Value) {
    let product = app.owner().get(PRODUCT).expect(200);
    app.owner().patch(PRODUCT, product.etag(), &json!({ "publish_day": day })).expect(200);
}

/// `month revision state version` of each report, in order.
fn reports(app: &TestApp) -> Vec<String> {
    let list = app.editor().get("reports?sort=month,revision").expect(200).json;
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let told = |report: &Value| ["month", "revision", "state", "version"].map(|name| word(&report[name])).join(" ");
    list["items"].as_array().expect("a list").iter().map(told).collect()
}

/// The only report of the product.
fn report(app: &TestApp) -> Answer {
    let list = app.editor().get("reports").expect(200);
    assert_eq!(list.column("id").len(), 1, "{list}");
    app.editor().get(&format!("reports/{}", list.column("id")[0])).expect(200)
}

/// `action actor_kind` of what happened to reports, the oldest first.
fn events(app: &TestApp) -> Vec<String> {
    let list = app.owner().get("audit-events?resource=reports&limit=200").expect(200);
    list.column("action").iter().zip(list.column("actor_kind")).map(|(what, who)| format!("{what} {who}")).collect()
}

/// `month act`, and whether a report came of it.
fn runs(app: &TestApp) -> Vec<String> {
    let product = app.platform();
    let rows: Vec<(String, Act, Option<String>)> = app.read(move |conn| {
        let of = report_runs::table.filter(report_runs::product_id.eq(product.as_str()));
        let columns = (report_runs::month, report_runs::act, report_runs::report_id);
        Ok(of.order((report_runs::month, report_runs::act)).select(columns).load(conn)?)
    });
    rows.into_iter().map(|(month, act, made)| format!("{month} {act} {}", made.is_some())).collect()
}

fn bill(app: &TestApp, amount: &str) {
    let amount = json!({ "amount": amount, "currency": "EUR" });
    let entry = json!({ "month": "2026-11", "category": "infrastructure", "amount": amount });
    app.editor().post("cost-entries", &entry).expect(201);
}

fn total(report: &Answer) -> &Value {
    let facts = report.json["facts"].as_array().expect("facts");
    &facts.iter().find(|fact| fact["name"] == "cost.total").expect("the total")["value"]["amount"]
}

fn build(app: &TestApp) -> Answer {
    app.editor().post("reports", &json!({ "month": "2026-11" }))
}

fn publish(app: &TestApp, report: &Answer, body: &Value) -> Answer {
    app.editor().with("If-Match", report.etag()).post(&format!("{}/publish", path(report)), body)
}

fn a_draft_comes_with_the_first_of_the_month_and_only_once(app: &TestApp) {
    bill(app, "70");
    // An hour before, it looks again in a minute; in the last second, when it is over.
    assert_eq!(look_at(app, "2026-11-30T22:00:00Z"), Duration::from_secs(60));
    assert_eq!(look_at(app, "2026-11-30T22:59:59Z"), Duration::from_secs(1));
    assert_eq!(reports(app), [""; 0]);
    for later in [DECEMBER, DECEMBER, "2026-12-01T08:00:00Z", "2026-12-31T22:59:59Z"] {
        look_at(app, later);
        assert_eq!(reports(app), ["2026-11 1 draft 1"], "{later}");
    }
    let draft = report(app);
    assert_eq!((total(&draft), &draft.json["built_at"]), (&json!("70"), &json!(DECEMBER)));
    assert_eq!(events(app), ["create scheduler"]);
    assert_eq!(runs(app), ["2026-11 draft true"]);
    app.viewer().get(&path(&draft)).expect(404);
    // Nobody edits the other product, and it has its draft too.
    let others = app.outsider().get("/api/v1/products/other/reports").expect(200);
    assert_eq!(others.column("state"), ["draft"]);
}

fn what_a_person_built_or_deleted_is_left_alone(app: &TestApp) {
    let built = build(app).expect(201);
    bill(app, "70");
    look_at(app, DECEMBER);
    assert_eq!(reports(app), ["2026-11 1 draft 1"]);
    assert_eq!(
        (report(app).json["id"].clone(), runs(app)),
        (built.json["id"].clone(), vec!["2026-11 draft false".into()])
    );
    app.editor().delete(&path(&built), built.etag()).expect(204);
    publish_on(app, json!(5));
    for later in ["2026-12-01T08:00:00Z", FIFTH, "2026-12-20T08:00:00Z"] {
        look_at(app, later);
        assert_eq!(reports(app), [""; 0], "{later}");
    }
    // Whoever builds it again publishes it too.
    build(app).expect(201);
    look_at(app, "2026-12-21T08:00:00Z");
    assert_eq!(reports(app), ["2026-11 1 draft 1"]);
    assert_eq!(runs(app), ["2026-11 draft false", "2026-11 publish false"]);
}

fn it_publishes_itself_on_its_day_and_says_that_nobody_reviewed_it(app: &TestApp) {
    publish_on(app, json!(5));
    bill(app, "70");
    look_at(app, DECEMBER);
    // A bill of the first days belongs in it, as nobody has looked at the draft.
    bill(app, "7");
    look_at(app, "2026-12-04T22:59:59.999999Z");
    assert_eq!(reports(app), ["2026-11 1 draft 1"]);
    look_at(app, FIFTH);
    look_at(app, "2026-12-06T00:00:00Z");
    assert_eq!(reports(app), ["2026-11 1 unreviewed 3"]);
    assert_eq!(events(app), ["create scheduler", "update scheduler", "publish scheduler"]);
    let viewer = app.viewer();
    let published = viewer.get(&path(&report(app))).expect(200);
    assert_eq!((total(&published), &published.json["published_at"]), (&json!("77"), &json!(FIFTH)));
    assert_eq!(published.json["hash"].as_str().map(str::len), Some(64));
    assert_eq!(viewer.get("reports?state=unreviewed").expect(200).column("id").len(), 1);
    assert_eq!(viewer.get("reports?state=published").expect(200).column("id").len(), 0);
    assert_eq!(app.owner().get(PRODUCT).expect(200).json["published_through"], "2026-11");
    // Every form says it before the first figure, for every reader.
    let said = "Nobody has reviewed this report.";
    let first = published.json["sections"][0]["blocks"][0].to_string();
    assert!(first.contains(said) && first.contains("5 December 2026"), "{first}");
    for form in [".html", ".md", ".html?for=sales", ".md?for=finance"] {
        let page = viewer.get(&format!("{}{form}", path(&published))).expect(200);
        let (notice, figure) = (page.text().find(said), page.text().find("EUR 77"));
        assert!(notice.is_some() && figure.is_none_or(|figure| notice < Some(figure)), "{form}: {page}");
    }
    assert!(viewer.get("/").expect(200).text().contains("published unreviewed 4 December 2026"));
    let until = json!({ "expires_at": "2027-01-01T00:00:00Z", "for": "" });
    let link = app.editor().post(&format!("{}/share-links", path(&published)), &until).expect(201);
    let shared = app.anonymous().get(link.json["url"].as_str().expect("an address")).expect(200);
    assert!(shared.text().contains(said));
    // It is frozen as any other, and a person corrects it as any other.
    assert_eq!(app.editor().delete(&path(&published), published.etag()).expect(409).json["code"], "published");
    assert_eq!(publish(app, &published, &json!({})).expect(409).json["code"], "published");
    let second = build(app).expect(201);
    assert!(!second.text().contains(said));
    let second = publish(app, &second, &json!({ "reason": "Looked through." })).expect(200);
    assert_eq!((&second.json["revision"], &second.json["state"]), (&json!(2), &json!("published")));
}

fn a_draft_that_people_worked_on_is_published_as_they_saw_it(app: &TestApp) {
    publish_on(app, json!(5));
    bill(app, "70");
    look_at(app, DECEMBER);
    let draft = report(app);
    let words = json!({ "text": "A quiet month." });
    app.editor().with("If-None-Match", "*").put(&format!("{}/commentary/cost", path(&draft)), &words).expect(200);
    bill(app, "7");
    look_at(app, FIFTH);
    assert_eq!(reports(app), ["2026-11 1 unreviewed 3"]);
    let published = report(app);
    assert_eq!((total(&published), &published.json["built_at"]), (&json!("70"), &json!(DECEMBER)));
    assert!(published.text().contains("A quiet month."));
}

fn a_draft_of_half_a_month_is_published_whole(app: &TestApp) {
    publish_on(app, json!(5));
    let half = build(app).expect(201);
    let words = json!({ "text": "A busy month." });
    app.editor().with("If-None-Match", "*").put(&format!("{}/commentary/cost", path(&half)), &words).expect(200);
    bill(app, "70");
    look_at(app, DECEMBER);
    assert_eq!(reports(app), ["2026-11 1 draft 2"]);
    look_at(app, FIFTH);
    let published = report(app);
    assert_eq!((total(&published), &published.json["state"]), (&json!("70"), &json!("unreviewed")));
    assert!(published.text().contains("A busy month."));
}

fn only_a_first_draft_is_published_by_itself(app: &TestApp) {
    publish_on(app, json!(5));
    look_at(app, DECEMBER);
    publish(app, &report(app), &json!({})).expect(200);
    bill(app, "7");
    build(app).expect(201);
    look_at(app, FIFTH);
    assert_eq!(reports(app), ["2026-11 1 published 2", "2026-11 2 draft 1"]);
    assert_eq!(runs(app), ["2026-11 draft true", "2026-11 publish false"]);
}

fn a_day_that_is_set_late_publishes_nothing_of_before(app: &TestApp) {
    look_at(app, DECEMBER);
    look_at(app, "2026-12-05T09:00:00Z");
    publish_on(app, json!(5));
    look_at(app, "2026-12-31T23:00:00Z");
    assert_eq!(reports(app), ["2026-11 1 draft 1", "2026-12 1 draft 1"]);
    // Another day is no new beginning.
    look_at(app, "2027-01-03T09:00:00Z");
    publish_on(app, json!(2));
    look_at(app, "2027-01-03T09:00:00Z");
    assert_eq!(reports(app), ["2026-11 1 draft 1", "2026-12 1 unreviewed 3"]);
    publish_on(app, Value::Null);
    look_at(app, "2027-02-20T09:00:00Z");
    publish_on(app, json!(20));
    look_at(app, "2027-03-20T09:00:00Z");
    let expected = ["2026-11 1 draft 1", "2026-12 1 unreviewed 3", "2027-01 1 draft 1", "2027-02 1 unreviewed 3"];
    assert_eq!(reports(app), expected);
}

fn what_was_missed_is_caught_up_in_order(app: &TestApp) {
    publish_on(app, json!(5));
    look_at(app, "2027-02-04T22:59:59Z");
    assert_eq!(reports(app), ["2026-11 1 unreviewed 3", "2026-12 1 unreviewed 3", "2027-01 1 draft 1"]);
    let (draft, publication) = (["create scheduler"], ["update scheduler", "publish scheduler"]);
    let month = [&draft[..], &publication].concat();
    assert_eq!(events(app), [&month[..], &month, &draft].concat());
    assert_eq!(app.owner().get(PRODUCT).expect(200).json["published_through"], "2026-12");
    // After ten years, two of them.
    look_at(app, "2037-02-01T00:00:00Z");
    let months = reports(app);
    assert_eq!((months.len(), months[3].as_str()), (3 + 24, "2035-02 1 unreviewed 3"));
    assert_eq!(months[26], "2037-01 1 draft 1");
}

fn what_fails_for_one_product_fails_for_no_other(app: &TestApp) {
    let zone = |zone: &'static str| {
        app.change(move |tx| {
            let other = products::table.filter(products::key.eq("other"));
            diesel::update(other).set(products::timezone.eq(zone)).execute(&mut **tx)?;
            tx.nothing_changed();
            Ok(())
        });
    };
    zone("Nowhere/At_All");
    look_at(app, DECEMBER);
    assert_eq!(reports(app), ["2026-11 1 draft 1"]);
    zone("Europe/Berlin");
    let others = || app.outsider().get("/api/v1/products/other/reports").expect(200).column("month");
    assert_eq!(others(), [""; 0]);
    look_at(app, "2026-12-01T00:00:00Z");
    assert_eq!((others(), reports(app)), (vec!["2026-11".to_owned()], vec!["2026-11 1 draft 1".to_owned()]));
}

/// As many instances would, each with a database handle of its own.
fn of_many_who_look_at_once_one_acts(app: &TestApp) {
    publish_on(app, json!(1));
    app.clock.set(DECEMBER.parse().expect("a time"));
    let looking = if matches!(app.url, DatabaseUrl::Sqlite(_)) { 4 } else { 8 };
    let start = Barrier::new(looking);
    std::thread::scope(|scope| {
        for _ in 0..looking {
            scope.spawn(|| {
                let db = Db::open(&app.url, app.clock.clone(), Ids::Random).expect("an open database");
                start.wait();
                block_on(look(&db)).expect("a look at the clock");
            });
        }
    });
    // Whoever was told to come back would do so in a minute.
    look_at(app, DECEMBER);
    assert_eq!(reports(app), ["2026-11 1 unreviewed 3"]);
    assert_eq!(events(app), ["create scheduler", "update scheduler", "publish scheduler"]);
    assert_eq!(runs(app), ["2026-11 draft true", "2026-11 publish true"]);
}

fn a_month_says_when_its_report_makes_itself(app: &TestApp) {
    let coming = |month: &str| {
        let month = app.editor().get(&format!("months/{month}")).expect(200).json;
        ["drafts_at", "publishes_at"].map(|name| month[name].as_str().unwrap_or("never").to_owned())
    };
    assert_eq!(coming("2026-11"), [DECEMBER, "never"]);
    assert_eq!(coming("2026-10"), ["never", "never"]);
    publish_on(app, json!(5));
    assert_eq!(coming("2026-11"), [DECEMBER, FIFTH]);
    assert_eq!(coming("2026-12"), ["2026-12-31T23:00:00Z", "2027-01-04T23:00:00Z"]);
    look_at(app, DECEMBER);
    assert_eq!(coming("2026-11"), ["never", FIFTH]);
    let draft = report(app);
    publish(app, &draft, &json!({})).expect(200);
    assert_eq!(coming("2026-11"), ["never", "never"]);
    look_at(app, "2026-12-31T23:00:00Z");
    let draft = app.editor().get("reports?month=2026-12").expect(200).column("id").remove(0);
    app.editor().delete(&format!("reports/{draft}"), "\"1\"").expect(204);
    assert_eq!(coming("2026-12"), ["never", "never"]);
}

/// With a clock that moves, PostgreSQL's counts.
#[test]
fn the_database_says_what_time_it_is() {
    use prodops::kernel::clock::Clock;
    let Some(app) = TestApp::on_postgres() else { return };
    assert_eq!(
        app.read({
            let clock = app.clock.clone();
            move |conn| now(conn, &clock)
        }),
        app.clock.now()
    );
    let before = Clock::System.now();
    let told = app.read(|conn| now(conn, &Clock::System));
    let after = Clock::System.now();
    // The server of the tests runs on this machine.
    assert!(before <= told && told <= after, "{before} {told} {after}");
}
