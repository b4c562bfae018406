//! A new product from nothing: what an ops lead writes down over an afternoon, so that a platform can be run as a product.

use crate::{app::TestApp, direction, exports::cells};
use serde_json::{Value, json};

on_both_engines!(an_afternoon_makes_a_product_of_a_platform);

fn an_afternoon_makes_a_product_of_a_platform(app: &TestApp) {
    let new = json!({
        "key": "tools", "name": "Developer tools", "ref_prefix": "DEV", "currency": "EUR", "owner": app.people.owner,
        "definition": "What our teams build and release with.",
    });
    app.admin().post("/api/v1/products", &new).expect(201);
    let (owner, lead, reader) = (app.owner().of("tools"), app.editor().of("tools"), app.viewer().of("tools"));
    for (user, role) in [(&app.people.editor, "editor"), (&app.people.viewer, "viewer")] {
        owner.post("members", &json!({ "user": user, "role": role })).expect(201);
    }
    let make = |path: &str, new: Value| lead.post(path, &new).expect(201).json;
    for (key, name) in [("ci", "Builds"), ("deploys", "Releases")] {
        make("components", json!({ "key": key, "name": name, "kind": "service", "tier": 2 }));
    }

    // Where it is going: a vision by Pichler's board, a strategy by Rumelt's kernel. Both say more the second time.
    let vision = |statement: &str| {
        json!({
            "statement": statement, "target_group": "Sixty developers", "needs": "To see a change at work the same day",
            "value_proposition": "A build that one waits for, and a release that one does not fear",
            "business_goals": "Changes reach customers sooner", "horizon_on": "2028-12-31",
        })
    };
    direction::published_by(&lead, "vision", &vision("Every change is live on the day it is made"));
    direction::published_by(&lead, "vision", &vision("Every good change is live on the day it is made"));
    let difference = reader.get("vision/versions/1/diff?to=2").expect(200).json;
    assert!(difference.to_string().contains("good"), "{difference}");
    let strategy = json!({
        "diagnosis": "Builds take so long that changes are saved up.", "guiding_policy": "Shorten the wait before all else.",
        "coherent_actions": ["Build only what changed", "Release in small steps"], "not_doing": ["New build systems"],
    });
    direction::published_by(&lead, "strategy", &strategy);

    // What is to be reached this quarter, and how far it is: one thing that falls, one that rises.
    let objective =
        make("objectives", json!({ "title": "Nobody waits for a build", "period": "2026-Q4", "status": "active" }));
    assert_eq!(objective["strategy_version"], 1);
    let results = format!("objectives/{}/key-results", id(&objective));
    for (title, baseline, target, now) in [("Minutes a build", 20, 10, 12), ("Releases a day", 5, 15, 20)] {
        let made = make(&results, json!({ "title": title, "baseline": baseline, "target": target }));
        make(&format!("key-results/{}/check-ins", id(&made)), json!({ "on": "2026-10-20", "value": now }));
    }
    let progress = reader.get(&format!("objectives/{}/progress", id(&objective))).expect(200).json;
    let progress: Vec<_> = rows(&progress).iter().map(|row| row["progress"].clone()).collect();
    assert_eq!(
        progress,
        [json!(0.8), json!(1.5)],
        "a fall counts as well as a rise, and no more is cut off than too little"
    );

    // What users may count on, and where it is not so yet.
    let principle = make("principles", json!({ "statement": "Every change can be taken back", "rank": 1 }));
    for (component, level) in [("ci", "follows"), ("deploys", "violates")] {
        let found = json!({ "component": component, "level": level, "assessed_on": "2026-10-01", "evidence": "tried" });
        make(&format!("principles/{}/adherence", id(&principle)), found);
    }
    let card = reader.get("scorecard?on=2026-10-31").expect(200).json;
    assert_eq!(card["whole"]["share"], 0.5, "{card}");

    // For whom it is, and how their work goes: before and after.
    let persona =
        make("personas", json!({ "name": "App developer", "goals": ["To see it run"], "pains": ["The queue"] }));
    let of = format!("personas/{}", id(&persona));
    make(&format!("{of}/populations"), json!({ "valid_from": "2026-01-01", "people": 60 }));
    for (on, minutes) in [("2026-03-01", 20), ("2026-10-01", 12)] {
        let seen = json!({ "component": "ci", "task": "Wait for a build", "on": on, "uses_per_month": 50,
                           "minutes_per_use": minutes });
        make(&format!("{of}/journeys"), seen);
    }
    let moved = reader.get(&format!("{of}/journey-changes?on=2026-10-31")).expect(200).json;
    assert_eq!(rows(&moved)[0]["change"]["minutes_per_use"], -8);
    reader.get(&format!("{of}/card.html")).expect(200);
    make(
        "stakeholders",
        json!({ "name": "Finance", "group": "finance", "locale": "de",
                "cares_about": { "components": ["ci"], "objectives": [id(&objective)] } }),
    );

    // They ask, twice for the same; it is done, and they are told.
    let ask = |text: &str, who: &str| {
        let said =
            json!({ "kind": "request", "text": text, "asked_by": who, "persona": id(&persona), "component": "ci" });
        reader.post("feedback", &said).expect(201).json
    };
    let (first, same) = (ask("Shorter builds, please", "Ann"), ask("Builds take too long", "Bob"));
    reader.post(&format!("feedback/{}/votes", id(&first)), &json!({})).expect(200);
    lead.patch(&format!("feedback/{}", id(&same)), "\"1\"", &json!({ "duplicate_of": id(&first) })).expect(200);
    let item = json!({ "title": "Build only what changed", "kind": "feature", "status": "in_progress", "horizon": "now",
                       "objectives": [id(&objective)], "personas": [id(&persona)], "feedback": [id(&first)] });
    let item = make("roadmap-items", item);
    assert_eq!(item["strategy_version"], 1);
    let shipped = json!({ "status": "shipped", "shipped_on": "2026-10-15" });
    lead.patch(&format!("roadmap-items/{}", item["ref"].as_str().expect("a ref")), "\"1\"", &shipped).expect(200);
    let told = reader.get("you-asked-we-did?from=2026-10&to=2026-11").expect(200).json;
    assert_eq!((&rows(&told)[0]["roadmap_item"], &rows(&told)[0]["asked_by"]), (&item["ref"], &json!(["Ann", "Bob"])));

    // How content they are: asked by links that need no login.
    let survey = make("surveys", json!({ "kind": "csat", "period": "2026-10", "question": "How are our builds?" }));
    let links = json!({ "count": 6, "expires_at": "2026-12-31T00:00:00Z" });
    let links = make(&format!("surveys/{}/links", id(&survey)), links);
    let urls = links["urls"].as_array().expect("addresses");
    for (url, score) in urls.iter().zip([5, 5, 4, 4, 4, 2]) {
        let anyone = app.anonymous().with("Content-Type", "application/x-www-form-urlencoded");
        let answer = format!("score={score}");
        anyone.send("POST", url.as_str().expect("one"), Some(answer.as_bytes())).expect(200);
    }
    let content = reader.get(&format!("surveys/{}/results", id(&survey))).expect(200).json;
    assert_eq!((&content["n"], &content["score"]), (&json!(6), &json!(0.833333)));

    // All of it goes out as tables, and into the month's report.
    for (dataset, lines) in [
        ("objectives", 1),
        ("key_results", 2),
        ("check_ins", 2),
        ("principles", 1),
        ("adherence", 2),
        ("personas", 1),
        ("journeys", 2),
        ("feedback", 2),
        ("survey_scores", 1),
    ] {
        let found = cells(&lead, &format!("exports/{dataset}.csv"), &["product"]);
        assert_eq!(found, vec!["tools"; lines], "{dataset}");
    }
    let report = lead.post("reports", &json!({ "month": "2026-10" })).expect(201).json;
    let text = lead.get(&format!("reports/{}.md", id(&report))).expect(200).text().to_owned();
    for said in [
        "Every good change is live",
        "Shorten the wait before all else",
        "Nobody waits for a build",
        "Every change can be taken back",
        "App developer",
        "Shorter builds, please",
        "How are our builds?",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap_or_else(|| panic!("no id in {row}"))
}

fn rows(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap_or_else(|| panic!("no items in {page}"))
}
