//! The chain as JSON and as pictures: from anything both ways, as a whole, where it is broken, and the roadmap.

use crate::{
    app::TestApp,
    direction::published,
    effort::service,
    worth::{claim, told},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_both_engines!(
    the_chain_leads_from_the_vision_to_a_component_and_back,
    a_strategy_hangs_on_the_visions_that_held_while_it_did,
    hours_cost_and_tests_are_on_the_chain_and_nobody_is_named,
    where_the_chain_is_broken_is_told_and_where_it_holds_is_not,
    the_whole_chain_is_on_a_page,
    pictures_are_plain_images_whatever_people_write,
    the_roadmap_is_a_picture_by_horizon_and_by_quarter,
    the_pages_show_what_the_pictures_do,
    nothing_of_another_product_is_on_the_chain,
);

fn made(app: &TestApp, path: &str, body: &Value) -> String {
    let made = app.owner().post(path, body).expect(201).json;
    ["ref", "key", "id"].iter().find_map(|name| made[name].as_str()).expect("a name").to_owned()
}

/// What is on one side of a row, as `kind/id`.
fn side(app: &TestApp, of: &str, way: &str) -> Vec<String> {
    let trace = app.viewer().get(&format!("trace/{of}")).expect(200).json;
    let text = |link: &Value, name: &str| link[name].as_str().expect("text").to_owned();
    let links = trace[way].as_array().expect("links");
    links.iter().map(|link| format!("{}/{}", text(link, "kind"), text(link, "id"))).collect()
}

fn the_chain_leads_from_the_vision_to_a_component_and_back(app: &TestApp) {
    published(app, "vision", &json!({ "statement": "Nobody waits.\n\nAt all." }));
    published(app, "strategy", &json!({ "diagnosis": "slow", "guiding_policy": "Faster" }));
    let told = told(app);
    let claim = claim(app, &told)["id"].as_str().expect("an id").to_owned();
    let (item, persona) = (told.item.as_str().expect("a ref"), told.persona.as_str().expect("an id"));
    let objective =
        made(app, "objectives", &json!({ "title": "Quick deploys", "period": "2026-Q4", "status": "active" }));
    let key_result = made(
        app,
        &format!("objectives/{objective}/key-results"),
        &json!({ "title": "Minutes", "baseline": 9, "target": 1 }),
    );
    let check_in =
        made(app, &format!("key-results/{key_result}/check-ins"), &json!({ "on": "2026-10-05", "value": 4 }));
    let body = json!({ "kind": "request", "text": "Deploy for me", "persona": persona, "component": "shop" });
    let asked = made(app, "feedback", &body);
    let again = made(
        app,
        "feedback",
        &json!({ "kind": "request", "text": "The same", "persona": persona, "duplicate_of": asked }),
    );
    let survey =
        made(app, "surveys", &json!({ "kind": "csat", "period": "2026-Q3", "question": "Well?", "persona": persona }));
    let row = app.owner().get(&format!("roadmap-items/{item}")).expect(200);
    let change = json!({ "objectives": [objective], "feedback": [asked] });
    app.owner().patch(&format!("roadmap-items/{item}"), row.etag(), &change).expect(200);

    let down = side(app, "vision/current", "down");
    for lower in [
        "strategy/1".to_owned(),
        format!("objectives/{objective}"),
        format!("key-results/{key_result}"),
        format!("check-ins/{check_in}"),
        format!("roadmap-items/{item}"),
        format!("impact-claims/{claim}"),
        format!("journeys/{}", told.journey.as_str().expect("an id")),
        "components/shop".to_owned(),
    ] {
        assert_eq!(down.iter().filter(|one| **one == lower).count(), 1, "{lower} in {down:?}");
    }
    assert_eq!(side(app, "vision/1", "down"), down, "current is the latest");
    assert_eq!(app.viewer().get("trace/vision/1").expect(200).json["title"], "Nobody waits.");
    let up = side(app, &format!("impact-claims/{claim}"), "up");
    for upper in ["vision/1", "strategy/1", &format!("objectives/{objective}"), &format!("feedback/{asked}")] {
        assert!(up.iter().any(|one| one == upper), "{upper} in {up:?}");
    }
    assert_eq!(side(app, &format!("check-ins/{check_in}"), "up").last().map(String::as_str), Some("vision/1"));
    assert!(
        side(app, &format!("feedback/{again}"), "down").contains(&format!("roadmap-items/{item}")),
        "by its original"
    );
    assert!(side(app, &format!("personas/{persona}"), "down").contains(&format!("surveys/{survey}")));
    assert_eq!(side(app, &format!("surveys/{survey}"), "up"), [format!("personas/{persona}")]);
    let driver = told.driver.as_str().expect("an id");
    let stakeholder = format!("stakeholders/{}", told.stakeholder.as_str().expect("an id"));
    assert_eq!(side(app, &format!("value-drivers/{driver}"), "up"), [stakeholder]);
    for nothing in
        ["vision/2", "strategy/0", "objectives/none", "effort/none", "cost-entries/none", "costs/none", "x/y"]
    {
        app.viewer().get(&format!("trace/{nothing}")).expect(404);
    }
}

fn a_strategy_hangs_on_the_visions_that_held_while_it_did(app: &TestApp) {
    for path in ["trace/vision/current", "trace/strategy/current"] {
        app.viewer().get(path).expect(404);
    }
    let day = |kind: &str, said: &Value| {
        published(app, kind, said);
        app.pass(TimeDelta::days(1));
    };
    let strategy = |word: &str| json!({ "diagnosis": "x", "guiding_policy": word });
    day("vision", &json!({ "statement": "one" }));
    day("strategy", &strategy("one"));
    day("vision", &json!({ "statement": "two" }));
    day("vision", &json!({ "statement": "three" }));
    day("strategy", &strategy("two"));
    assert_eq!(side(app, "strategy/1", "up"), ["vision/1", "vision/2", "vision/3"]);
    assert_eq!(side(app, "strategy/current", "up"), ["vision/3"]);
    assert_eq!(side(app, "vision/current", "down"), ["strategy/1", "strategy/2"]);
}

fn hours_cost_and_tests_are_on_the_chain_and_nobody_is_named(app: &TestApp) {
    service(app, "Ci");
    let item = made(app, "roadmap-items", &json!({ "title": "Faster", "kind": "feature" }));
    let person =
        made(app, "team", &json!({ "name": "Secret Person", "hours_per_week": 40, "valid_from": "2026-01-01" }));
    let shares = json!([
        { "component": "ci", "roadmap_item": item, "kind": "patching", "share": 0.25 },
        { "component": "ci", "kind": "toil", "share": 0.75 },
    ]);
    let week = json!({ "entries": [{ "person": person, "shares": shares }] });
    app.owner().with("If-None-Match", "*").put("effort/2026-W40", &week).expect(200);
    let amount = json!({ "amount": "100", "currency": "EUR" });
    let entry = |category: &str, more: Value| {
        let mut body = json!({ "month": "2026-09", "category": category, "amount": amount, "component": "ci" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        made(app, "cost-entries", &body)
    };
    let bought = entry("licence", json!({ "roadmap_item": item, "note": "Runners" }));
    let alone = entry("licence", json!({}));
    let labour = entry("labour", json!({ "roadmap_item": item, "note": "Secret Person, overtime" }));
    let test = json!({ "component": "ci", "on": "2026-09-01", "scenario": "Lost", "result": "passed" });
    let test = made(app, "recovery-tests", &test);
    let principle = made(app, "principles", &json!({ "statement": "One way in" }));
    let found = json!({ "component": "ci", "level": "follows", "assessed_on": "2026-09-01" });
    made(app, &format!("principles/{principle}/adherence"), &found);

    let up = side(app, "components/ci", "up");
    for upper in [
        "costs/ci".to_owned(),
        "effort/ci".to_owned(),
        format!("effort/{item}"),
        format!("cost-entries/{bought}"),
        format!("recovery-tests/{test}"),
        format!("principles/{principle}"),
        format!("roadmap-items/{item}"),
    ] {
        assert!(up.contains(&upper), "{upper} in {up:?}");
    }
    assert!(!up.contains(&format!("cost-entries/{alone}")), "what names no item is in the component's cost");
    assert_eq!(side(app, &format!("cost-entries/{alone}"), "down"), ["components/ci"], "and can be asked about");
    assert_eq!(app.viewer().get(&format!("trace/effort/{item}")).expect(200).json["title"], "10 h since November 2025");
    assert_eq!(app.viewer().get("trace/effort/ci").expect(200).json["title"], "40 h since November 2025");
    for reader in [app.viewer(), app.owner()] {
        reader.get(&format!("trace/cost-entries/{labour}")).expect(404);
        for path in [format!("trace/roadmap-items/{item}"), "trace".to_owned()] {
            for format in ["", ".svg"] {
                let said = reader.get(&format!("{path}{format}")).expect(200);
                assert!(!said.text().contains("Secret"), "{path}{format}: {}", said.text());
            }
        }
    }
}

/// `code kind/id` of everything that is broken.
fn broken(app: &TestApp, query: &str) -> Vec<String> {
    let list = app.viewer().get(&format!("trace/orphans{query}")).expect(200).json;
    assert_eq!((&list["on"], &list["next_cursor"]), (&json!("2026-11-02"), &Value::Null));
    let items = list["items"].as_array().expect("items").clone();
    let text = |one: &Value, name: &str| one[name].as_str().filter(|text| !text.is_empty()).expect("text").to_owned();
    items
        .iter()
        .map(|one| {
            app.viewer().get(&format!("trace/{}/{}", text(one, "kind"), text(one, "id"))).expect(200);
            for said in ["title", "detail", "action"] {
                text(one, said);
            }
            format!("{} {}/{}", text(one, "code"), text(one, "kind"), text(one, "id"))
        })
        .collect()
}

fn where_the_chain_is_broken_is_told_and_where_it_holds_is_not(app: &TestApp) {
    assert_eq!(broken(app, ""), Vec::<String>::new());
    let objective = |title: &str, status: &str| {
        made(app, "objectives", &json!({ "title": title, "period": "2026-Q4", "status": status }))
    };
    let (served, alone, thought) = (objective("A", "active"), objective("B", "active"), objective("C", "draft"));
    let missed = objective("D", "missed");
    let key_result = json!({ "title": "Minutes", "baseline": 9, "target": 1 });
    made(app, &format!("objectives/{served}/key-results"), &key_result);
    let item = |title: &str, status: &str, objectives: Value| {
        let body = json!({ "title": title, "kind": "feature", "status": status, "objectives": objectives });
        made(app, "roadmap-items", &body)
    };
    item("serves", "planned", json!([served]));
    item("thinks", "idea", json!([thought]));
    let idle = item("idles", "in_progress", json!([]));
    let late = item("too late", "idea", json!([missed]));
    item("done", "shipped", json!([]));
    item("given up", "dropped", json!([alone]));
    let mut expected = vec![
        format!("work_without_strategy roadmap-items/{idle}"),
        format!("work_without_strategy roadmap-items/{late}"),
        format!("strategy_without_work objectives/{alone}"),
        format!("objective_without_key_results objectives/{alone}"),
    ];
    assert_eq!(broken(app, ""), expected);

    // Claims.
    service(app, "Shop");
    let claimed = |title: &str, evidence: Value| {
        let body = json!({
            "title": title, "component": "shop", "benefit": "qualitative", "from": "2026-09", "evidence": evidence,
            "attribution": { "share": 1, "why": "x" }, "confidence": "low",
        });
        made(app, "impact-claims", &body)
    };
    let bare = claimed("bare", json!([]));
    claimed("shown", json!([{ "kind": "document", "ref": "a letter", "grade": "asserted" }]));
    let driver = made(app, "value-drivers", &json!({ "name": "An hour", "kind": "revenue_per_hour" }));
    expected.push(format!("claim_without_evidence impact-claims/{bare}"));

    // Cost and owners: the shop has none, the other has one, and the third takes nothing.
    made(app, "components", &json!({ "name": "Owned", "kind": "service", "owner": "somebody" }));
    made(app, "components", &json!({ "name": "Idle", "kind": "service" }));
    let amount = json!({ "amount": "100", "currency": "EUR" });
    for component in ["shop", "owned"] {
        let body = json!({ "month": "2026-09", "category": "licence", "amount": amount, "component": component });
        made(app, "cost-entries", &body);
    }
    expected.push("cost_without_owner components/shop".to_owned());

    // Promises: of what a persona uses, of what an item for one touches, and of what nobody has to do with.
    let persona = made(app, "personas", &json!({ "name": "Developer" }));
    let seen =
        json!({ "component": "owned", "task": "x", "on": "2026-09-01", "uses_per_month": 1, "minutes_per_use": 1 });
    made(app, &format!("personas/{persona}/journeys"), &seen);
    let promised = |name: &str, component: &str| {
        let body = json!({
            "name": name, "component": component, "target": 0.9, "indicator": { "good": "g", "total": "t" },
            "window": { "kind": "rolling", "days": 28 },
        });
        made(app, "slos", &body)
    };
    promised("used", "owned");
    let asked_for = promised("asked for", "idle");
    let nobody = promised("nobody", "shop");
    let body = json!({ "title": "helps", "kind": "feature", "personas": [persona], "slos": [asked_for], "objectives": [served] });
    made(app, "roadmap-items", &body);
    expected.push(format!("slo_without_persona slos/{nobody}"));
    expected.push(format!("driver_without_claims value-drivers/{driver}"));
    assert_eq!(broken(app, ""), expected);

    let only = broken(app, "?code=slo_without_persona,claim_without_evidence");
    assert_eq!(only, [expected[4].clone(), expected[6].clone()]);
    for wrong in ["?code=", "?code=x", "?code=claim_without_evidence,", "?codes=x"] {
        app.viewer().get(&format!("trace/orphans{wrong}")).expect(422);
    }
}

/// The items of a group of the whole chain, and how many are not shown.
fn group(chain: &Value, key: &str) -> (Vec<String>, u64) {
    let groups = chain["groups"].as_array().expect("groups");
    let group = groups.iter().find(|group| group["key"] == key).expect("the group");
    let titles = group["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|node| node["title"].as_str().expect("a title").to_owned());
    (titles.collect(), group["more"].as_u64().expect("a number"))
}

fn the_whole_chain_is_on_a_page(app: &TestApp) {
    let empty = app.viewer().get("trace").expect(200).json;
    assert_eq!((group(&empty, "vision"), &empty["edges"]), ((vec![], 0), &json!([])));
    published(app, "vision", &json!({ "statement": "Nobody waits." }));
    published(app, "strategy", &json!({ "diagnosis": "slow", "guiding_policy": "Faster" }));
    let told = told(app);
    let claim = claim(app, &told);
    let path = format!("impact-claims/{}", claim["id"].as_str().expect("an id"));
    let objective = made(app, "objectives", &json!({ "title": "Quick", "period": "2026-Q4", "status": "active" }));
    let item = told.item.as_str().expect("a ref");
    let row = app.owner().get(&format!("roadmap-items/{item}")).expect(200);
    app.owner().patch(&format!("roadmap-items/{item}"), row.etag(), &json!({ "objectives": [objective] })).expect(200);
    for at in 0..12 {
        made(app, "roadmap-items", &json!({ "title": format!("Other {at:02}"), "kind": "debt" }));
    }
    let accepted = |chain: &Value, key: &str| {
        let groups = chain["groups"].as_array().expect("groups").clone();
        groups.into_iter().find(|group| group["key"] == key).expect("the group")["items"][0]["accepted"].clone()
    };
    let before = app.viewer().get("trace").expect(200).json;
    assert_eq!((accepted(&before, "impact_claims"), accepted(&before, "benefits")), (json!([]), json!([])));
    app.viewer().with("If-Match", "\"1\"").post(&format!("{path}/accept"), &json!({})).expect(200);
    let chain = app.viewer().get("trace.json").expect(200).json;
    assert_eq!(group(&chain, "vision").0, ["Nobody waits."]);
    assert_eq!(group(&chain, "objectives").0, ["Quick"]);
    assert_eq!(group(&chain, "impact_claims"), (vec!["Deploying is quick".to_owned()], 0));
    let (items, more) = group(&chain, "roadmap_items");
    assert_eq!((items.len(), items.contains(&"Deploy by itself".to_owned()), more), (8, true, 5));
    assert_eq!(group(&app.viewer().get("trace?limit=1").expect(200).json, "roadmap_items").0, ["Deploy by itself"]);
    // 40 people × 6 uses × 15 minutes × 55 an hour × half of it, of October; September's later half is counted whole.
    let month = |month: &str| {
        let value = app.viewer().get(&format!("{path}/value")).expect(200).json;
        let items = value["items"].as_array().expect("months").clone();
        let parts = items.into_iter().find(|one| one["month"] == month).expect("the month")["parts"].clone();
        parts[0]["amount"]["amount"].as_str().expect("an amount").parse::<f64>().expect("a number")
    };
    let sum = accepted(&chain, "benefits");
    let told_sum: f64 = sum[0]["amount"].as_str().expect("an amount").parse().expect("a number");
    assert!(told_sum > 0.0 && (told_sum - month("2026-09") - month("2026-10")).abs() < 1e-6, "{sum}");
    assert_eq!(accepted(&chain, "impact_claims"), sum);
    let edges = chain["edges"].as_array().expect("edges");
    let has =
        |from: &str, to: &str| edges.iter().any(|edge| edge["from"]["group"] == from && edge["to"]["group"] == to);
    for (from, to) in [
        ("vision", "strategy"),
        ("strategy", "objectives"),
        ("objectives", "roadmap_items"),
        ("for_whom", "roadmap_items"),
        ("roadmap_items", "impact_claims"),
        ("impact_claims", "benefits"),
        ("impact_claims", "value_drivers"),
        ("impact_claims", "stakeholders"),
        ("value_drivers", "stakeholders"),
    ] {
        assert!(has(from, to), "{from} to {to} in {edges:?}");
    }
    let svg = app.viewer().get("trace.svg").expect(200);
    for said in ["+ 5 more", "Capacity freed", "Accepted so far: Capacity freed EUR ", "Deploying is quick", "Vera"] {
        assert!(svg.text().contains(said), "{said} in {}", svg.text());
    }
    assert_eq!(app.viewer().with("Accept", "image/svg+xml").get("trace").expect(200).text(), svg.text());
    for wrong in ["?limit=0", "?limit=41", "?limit=99999999999", "?limit=-1", "?of=x"] {
        let status = app.viewer().get(&format!("trace{wrong}")).status;
        assert!(status == 422 || status == 400, "{wrong}: {status}");
    }
    app.viewer().get("trace.html").expect(406);
    app.viewer().with("Accept", "text/html").get("trace").expect(406);
}

fn pictures_are_plain_images_whatever_people_write(app: &TestApp) {
    let bad = "<script>alert(1)</script>]]>&\"'\u{202e}\u{1} מה קורה 👩‍👩‍👧‍👦 ".to_owned() + &"W".repeat(90);
    let persona = made(app, "personas", &json!({ "name": bad.chars().take(60).collect::<String>() }));
    let body =
        json!({ "title": bad, "kind": "debt", "personas": [persona], "outcome": bad, "target_on": "2026-01-05" });
    let item = made(app, "roadmap-items", &body);
    let paths = [
        "trace.svg".to_owned(),
        format!("trace/roadmap-items/{item}.svg"),
        format!("trace/personas/{persona}.svg"),
        "roadmap/picture.svg".to_owned(),
        "roadmap/picture.svg?by=quarter".to_owned(),
    ];
    for path in paths {
        let answer = app.viewer().get(&path).expect(200);
        assert_eq!(answer.header("content-type"), Some("image/svg+xml"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("sha256-"), "{policy}");
        let text = answer.text();
        assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""), "{path}");
        for told in
            ["<title id=\"picture-t\">", "<desc id=\"picture-d\">", "&lt;script&gt;", "prefers-color-scheme:dark"]
        {
            assert!(text.contains(told), "{told} in {path}: {text}");
        }
        for forbidden in ["<script", "\u{202e}", "\u{1}", "href=", "style=\"", "url(", "@import"] {
            assert!(!text.contains(forbidden), "{forbidden:?} in {path}");
        }
        assert_eq!(app.viewer().get(&path).expect(200).text(), text, "the same twice");
        well_formed(text);
    }
    app.viewer().get(&format!("trace/roadmap-items/{item}.pdf")).expect(404);
    app.viewer().with("Accept", "text/html").get(&format!("trace/roadmap-items/{item}")).expect(406);
    app.viewer().with("Accept", "text/html").get("trace/roadmap-items/OPS-9999").expect(404);
}

/// Every tag is closed in its turn, and no sign stands by itself that would begin one.
fn well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = text.split_once("<style>").map_or_else(String::new, |(before, rest)| {
        format!("{before}{}", rest.split_once("</style>").expect("the style ends").1)
    });
    let mut rest = body.as_str();
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag ends");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "in {text}"),
            None => open.push(tag.split_whitespace().next().expect("a name")),
        }
        rest = after;
    }
    assert_eq!(open, Vec::<&str>::new());
    for (at, _) in body.match_indices('&') {
        assert!(
            ["&lt;", "&gt;", "&amp;", "&quot;"].iter().any(|sign| body[at..].starts_with(sign)),
            "{}",
            &body[at..at + 9]
        );
    }
}

fn the_roadmap_is_a_picture_by_horizon_and_by_quarter(app: &TestApp) {
    let persona = made(app, "personas", &json!({ "name": "Developer" }));
    let item = |title: &str, horizon: &str, status: &str, target: Value| {
        let body = json!({
            "title": title, "kind": "feature", "horizon": horizon, "status": status, "target_on": target,
            "personas": [persona], "owner": "Secret Owner", "outcome": "better",
            "shipped_on": if status == "shipped" { json!("2026-10-20") } else { Value::Null },
        });
        made(app, "roadmap-items", &body)
    };
    let second = item("second", "now", "in_progress", json!("2026-11-10"));
    let first = item("first", "now", "planned", json!("2026-10-30"));
    let row = app.owner().get(&format!("roadmap-items/{first}")).expect(200);
    app.owner()
        .with("If-Match", row.etag())
        .post(&format!("roadmap-items/{first}/move"), &json!({ "before": second }))
        .expect(200);
    item("someday", "later", "idea", Value::Null);
    item("far", "later", "idea", json!("2029-01-01"));
    item("old", "next", "planned", json!("2026-03-01"));
    item("gone", "now", "dropped", json!("2026-11-10"));
    item("done", "now", "shipped", json!("2026-10-01"));
    let row = app.owner().get(&format!("roadmap-items/{second}")).expect(200);
    app.owner()
        .patch(&format!("roadmap-items/{second}"), row.etag(), &json!({ "target_on": "2026-11-24" }))
        .expect(200);

    // What is asked now is told up to now.
    app.pass(TimeDelta::minutes(1));
    let lanes = |by: &str| {
        let picture = app.viewer().get(&format!("roadmap/picture{by}")).expect(200).json;
        assert_eq!((&picture["on"], &picture["shipped_since"]), (&json!("2026-11-02"), &json!("2026-07-01")));
        let told = |lane: &Value| {
            let titles: Vec<String> = lane["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|one| one["title"].as_str().expect("a title").to_owned())
                .collect();
            format!("{}: {}", lane["key"].as_str().expect("a key"), titles.join(", "))
        };
        picture["lanes"].as_array().expect("lanes").iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(lanes(""), ["now: first, second", "next: old", "later: someday, far", "shipped: done"]);
    assert_eq!(lanes("?by=horizon"), lanes(".json"));
    let quarters =
        ["earlier: old", "2026-Q3: ", "2026-Q4: first, second, done", "2027-Q1: ", "further: far", "no_day: someday"];
    assert_eq!(lanes("?by=quarter"), quarters);
    let now = app.viewer().get("roadmap/picture").expect(200).json["lanes"][0]["items"].clone();
    assert_eq!((&now[0]["overdue_days"], &now[0]["slipped_days"]), (&json!(3), &Value::Null));
    assert_eq!((&now[1]["overdue_days"], &now[1]["slipped_days"]), (&Value::Null, &json!(14)));
    assert_eq!(now[0]["personas"], json!(["Developer"]));
    let svg = app.viewer().get("roadmap/picture.svg").expect(200);
    for said in ["overdue by 3 days", "slipped 14 days", "in progress", "for Developer", "shipped 20 October 2026"] {
        assert!(svg.text().contains(said), "{said} in {}", svg.text());
    }
    assert!(!svg.text().contains("Secret Owner") && !svg.text().contains("gone"));
    // A year that begins in April has other quarters.
    let place = "/api/v1/products/platform";
    let product = app.owner().get(place).expect(200);
    app.owner().patch(place, product.etag(), &json!({ "fiscal_year_start": 5 })).expect(200);
    let picture = app.viewer().get("roadmap/picture?by=quarter").expect(200).json;
    assert_eq!(picture["shipped_since"], "2026-08-01");
    assert_eq!(picture["lanes"][1]["title"], "2026-Q2: until October 2026");
    for wrong in ["?by=", "?by=year", "?by=horizon&by=quarter", "?on=2026-01-01"] {
        let status = app.viewer().get(&format!("roadmap/picture{wrong}")).status;
        assert!(status == 422 || status == 400, "{wrong}: {status}");
    }
    app.viewer().get("roadmap/picture.pdf").expect(406);
}

fn the_pages_show_what_the_pictures_do(app: &TestApp) {
    let told = told(app);
    let claim = claim(app, &told)["id"].as_str().expect("an id").to_owned();
    let root = app.viewer().origin();
    let item = told.item.as_str().expect("a ref");
    for (path, said) in [
        ("/products/platform/roadmap".to_owned(), "Deploy by itself"),
        ("/products/platform/roadmap?by=quarter".to_owned(), "No day named"),
        ("/products/platform/chain".to_owned(), "Where it is broken"),
        (format!("/products/platform/trace/impact-claims/{claim}"), "Why it is there"),
        (format!("/products/platform/trace/roadmap-items/{item}"), "What it rests on"),
    ] {
        let page = app.viewer().at(&root).get(&path).expect(200);
        let text = page.text();
        assert!(text.contains(said) && text.contains("<svg ") && !text.contains("<script"), "{path}: {text}");
        assert!(text.contains("size:A4 landscape") && !text.contains("style=\""), "{path}");
        assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")));
        app.exporter().at(&root).get(&path).expect(403);
        app.outsider().at(&root).get(&path).expect(404);
    }
    app.viewer().at(&root).get("/products/platform/trace/impact-claims/none").expect(404);
    app.viewer().at(&root).get("/products/platform/roadmap?by=year").expect(422);
}

fn nothing_of_another_product_is_on_the_chain(app: &TestApp) {
    let theirs = |path: &str, body: &Value| {
        let made = app.outsider().post(&format!("/api/v1/products/other/{path}"), body).expect(201).json;
        made["id"].as_str().expect("an id").to_owned()
    };
    let objective = theirs("objectives", &json!({ "title": "Theirs", "period": "2026-Q4", "status": "active" }));
    let amount = json!({ "amount": "1", "currency": "EUR" });
    let entry = theirs("cost-entries", &json!({ "month": "2026-09", "category": "other", "amount": amount }));
    let item = theirs("roadmap-items", &json!({ "title": "Theirs", "kind": "debt" }));
    for path in [format!("objectives/{objective}"), format!("cost-entries/{entry}"), format!("roadmap-items/{item}")] {
        for suffix in ["", ".svg"] {
            app.viewer().get(&format!("trace/{path}{suffix}")).expect(404);
        }
    }
    for path in ["trace", "trace.svg", "roadmap/picture", "roadmap/picture.svg", "trace/orphans"] {
        let said = app.viewer().get(path).expect(200);
        assert!(!said.text().contains("Theirs"), "{path}: {}", said.text());
    }
}
