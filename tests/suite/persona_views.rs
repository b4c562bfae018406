//! Personas as they are looked at: before and after, who uses what, and the card.

use crate::{app::TestApp, effort::service};
use serde_json::{Value, json};

on_both_engines!(
    tasks_are_compared_before_and_after,
    days_that_do_not_follow_each_other_are_refused,
    components_tell_who_uses_them_and_how_differently,
    a_card_says_who_they_are_and_how_it_goes,
    a_card_is_a_page_on_which_nothing_acts,
    nothing_of_another_product_is_there,
);

fn persona(app: &TestApp, body: &Value) -> String {
    app.editor().post("personas", body).expect(201).json["id"].as_str().expect("an id").to_owned()
}

fn seen(app: &TestApp, persona: &str, component: &str, task: &str, on: &str, told: (f64, f64, Option<f64>)) {
    let (uses, minutes, satisfaction) = told;
    let body = json!({
        "component": component, "task": task, "on": on, "uses_per_month": uses, "minutes_per_use": minutes,
        "satisfaction": satisfaction, "source": "survey", "sample_size": 9,
    });
    app.editor().post(&format!("personas/{persona}/journeys"), &body).expect(201);
}

fn tasks_are_compared_before_and_after(app: &TestApp) {
    service(app, "Ci");
    let dev = persona(app, &json!({ "name": "Developer" }));
    seen(app, &dev, "ci", "build", "2026-03-01", (70.0, 20.0, Some(2.0)));
    seen(app, &dev, "ci", "build", "2026-06-01", (70.0, 12.0, None));
    seen(app, &dev, "ci", "build", "2026-10-01", (80.0, 4.5, Some(4.5)));
    seen(app, &dev, "ci", "roll back", "2026-03-01", (1.0, 10.0, Some(3.0)));
    let changes = |query: &str| {
        let path = format!("personas/{dev}/journey-changes{query}");
        app.viewer().get(&path).expect(200).json
    };
    let first = changes("?on=2026-10-31");
    assert_eq!((&first["persona"], &first["before"], &first["on"]), (&json!(dev), &Value::Null, &json!("2026-10-31")));
    let build = &first["items"][0];
    assert_eq!((&build["component_name"], &build["task"]), (&json!("Ci"), &json!("build")));
    assert_eq!((&build["before"]["on"], &build["after"]["on"]), (&json!("2026-03-01"), &json!("2026-10-01")));
    assert_eq!(
        build["change"],
        json!({
            "uses_per_month": 10, "minutes_per_use": -15.5, "minutes_per_use_share": -0.775,
            "minutes_per_month": -1040, "satisfaction": 2.5,
        })
    );
    assert_eq!(build["after"]["minutes_per_month"], 360);
    let once = &first["items"][1];
    assert_eq!((&once["change"], &once["unknown"]), (&Value::Null, &json!("nobody has looked again since 2026-03-01")));
    let since = changes("?before=2026-09-30&on=2026-10-31");
    assert_eq!(since["items"][0]["change"]["minutes_per_use"], -7.5);
    assert_eq!(since["items"][0]["change"]["satisfaction"], Value::Null, "nobody was asked then");
    let early = changes("?before=2026-01-01");
    assert_eq!(early["items"][0]["unknown"], "nobody had looked by 2026-01-01");
    assert_eq!(changes("?on=2026-02-28")["items"], json!([]));
}

fn days_that_do_not_follow_each_other_are_refused(app: &TestApp) {
    let dev = persona(app, &json!({ "name": "Developer" }));
    let path = format!("personas/{dev}/journey-changes");
    for query in ["before=2026-10-31&on=2026-10-31", "before=soon", "on=2026-02-30", "before=2026-01-01&on=1970-01-01"]
    {
        app.viewer().get(&format!("{path}?{query}")).expect(422);
    }
    for path in ["usage?on=soon", "usage?day=2026-10-01"] {
        app.viewer().get(path).expect(422);
    }
    app.viewer().get(&format!("personas/{dev}/card?on=soon")).expect(422);
    for path in ["personas/nobody/journey-changes", "personas/nobody/card", "personas/nobody/card.html"] {
        app.viewer().get(path).expect(404);
    }
    app.viewer().get(&format!("personas/{dev}/card.pdf")).expect(406);
    app.viewer().get("personas/nobody/card.pdf").expect(404);
}

fn components_tell_who_uses_them_and_how_differently(app: &TestApp) {
    for name in ["Ci", "Search", "Wiki"] {
        service(app, name);
    }
    let dev = persona(app, &json!({ "name": "Developer" }));
    let sre = persona(app, &json!({ "name": "Engineer" }));
    let gone = persona(app, &json!({ "name": "Gone", "retired_on": "2026-10-01" }));
    let people = json!({ "valid_from": "2026-10-01", "people": 40 });
    app.editor().post(&format!("personas/{dev}/populations"), &people).expect(201);
    seen(app, &dev, "ci", "build", "2026-03-01", (70.0, 20.0, Some(2.0)));
    seen(app, &dev, "ci", "build", "2026-09-01", (30.0, 10.0, Some(4.0)));
    seen(app, &dev, "ci", "deploy", "2026-09-01", (10.0, 30.0, Some(2.0)));
    seen(app, &sre, "ci", "build", "2026-09-01", (5.0, 6.0, Some(5.0)));
    seen(app, &gone, "ci", "build", "2026-09-01", (5.0, 1.0, Some(1.0)));
    seen(app, &sre, "search", "look", "2026-11-30", (5.0, 1.0, None));
    let view = app.viewer().get("usage?on=2026-10-31").expect(200).json;
    assert_eq!(view["items"].as_array().expect("items").len(), 3);
    let ci = &view["items"][0];
    let users = ci["users"].as_array().expect("users");
    assert_eq!(
        users.iter().map(|user| user["name"].as_str().expect("a name")).collect::<Vec<_>>(),
        ["Developer", "Engineer"]
    );
    let of = |name: &str| users[0][name].clone();
    assert_eq!((of("people"), of("uses_per_month"), of("minutes_per_month")), (json!(40), json!(40), json!(600)));
    assert_eq!((of("minutes_per_use"), of("satisfaction"), of("hours_per_month")), (json!(15), json!(3.5), json!(400)));
    assert_eq!(users[0]["tasks"][1]["task"], "deploy");
    assert_eq!(
        (&users[1]["people"], &users[1]["hours_per_month"]),
        (&Value::Null, &Value::Null),
        "unknown is not zero"
    );
    assert_eq!(ci["hours_per_month"], Value::Null, "of one of them it is not known");
    assert_eq!(
        ci["minutes_per_use"],
        json!({ "lowest": 6, "lowest_persona": sre, "highest": 15, "highest_persona": dev, "difference": 9 })
    );
    assert_eq!((&ci["satisfaction"]["highest_persona"], &ci["satisfaction"]["difference"]), (&json!(sre), &json!(1.5)));
    assert_eq!((&view["items"][1]["users"], &view["items"][1]["minutes_per_use"]), (&json!([]), &Value::Null));
    let before = app.viewer().get("usage?on=2026-09-30").expect(200).json;
    assert_eq!(before["items"][0]["users"].as_array().expect("users").len(), 3, "they were there until the day before");
    let etag = app.viewer().get("components/wiki").expect(200).etag().to_owned();
    app.editor().patch("components/wiki", &etag, &json!({ "lifecycle": "retired" })).expect(200);
    assert_eq!(app.viewer().get("usage").expect(200).column("component"), ["ci", "search"]);
}

fn a_card_says_who_they_are_and_how_it_goes(app: &TestApp) {
    service(app, "Ci");
    let body = json!({ "name": "Developer", "role": "Changes the shop", "goals": ["ship"], "skill_level": "expert" });
    let dev = persona(app, &body);
    let item = json!({ "title": "Faster builds", "kind": "feature", "personas": [dev], "target_on": "2026-12-01" });
    let made = app.editor().post("roadmap-items", &item).expect(201).json;
    let path = format!("personas/{dev}/card");
    let card = app.viewer().get(&path).expect(200).json;
    assert_eq!((&card["people"], &card["tasks"]), (&Value::Null, &json!([])));
    assert_eq!(card["persona"], app.viewer().get(&format!("personas/{dev}")).expect(200).json);
    let people = json!({ "valid_from": "2026-10-01", "people": 40 });
    app.editor().post(&format!("personas/{dev}/populations"), &people).expect(201);
    seen(app, &dev, "ci", "build", "2026-03-01", (70.0, 20.0, Some(2.0)));
    seen(app, &dev, "ci", "build", "2026-09-01", (70.0, 5.0, None));
    let card = app.viewer().get(&format!("{path}.json?on=2026-10-31")).expect(200).json;
    assert_eq!((&card["people"], &card["people_since"]), (&json!(40), &json!("2026-10-01")));
    assert_eq!(card["tasks"][0]["change"]["minutes_per_use"], -15);
    assert_eq!((&card["roadmap"][0]["ref"], &card["roadmap"][0]["title"]), (&made["ref"], &json!("Faster builds")));
    let page = app.viewer().get(&format!("{path}.html?on=2026-10-31")).expect(200);
    for said in
        ["<h1>Developer</h1>", "40 people since 1 October 2026 · expert", "\u{2212}15", "not asked", "Faster builds"]
    {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    let by_accept = app.viewer().with("Accept", "text/html").get(&format!("{path}?on=2026-10-31")).expect(200);
    assert_eq!(by_accept.text(), page.text());
}

fn a_card_is_a_page_on_which_nothing_acts(app: &TestApp) {
    service(app, "Ci");
    let bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}[a](javascript:alert(1))";
    let short = &bad[..58];
    let body = json!({ "name": bad, "role": bad, "context": bad, "goals": [bad], "pains": [bad], "quote": bad });
    let dev = persona(app, &body);
    seen(app, &dev, "ci", short, "2026-03-01", (1.0, 1.0, None));
    let page = app.viewer().get(&format!("personas/{dev}/card.html")).expect(200);
    for forbidden in ["<script", "<img", "href=\"javascript", "style=\""] {
        assert!(!page.text().contains(forbidden), "{forbidden}");
    }
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")));
    assert_eq!(page.header("cache-control"), Some("private, no-cache"));
    let root = app.viewer().origin();
    for path in [format!("/products/platform/personas/{dev}"), "/products/platform/personas".to_owned()] {
        let page = app.viewer().at(&root).get(&path).expect(200);
        assert!(page.text().contains("&lt;script&gt;") && !page.text().contains("<script"), "{path}");
        app.exporter().at(&root).get(&path).expect(403);
        app.outsider().at(&root).get(&path).expect(404);
    }
}

fn nothing_of_another_product_is_there(app: &TestApp) {
    let theirs = app.outsider().post("/api/v1/products/other/personas", &json!({ "name": "Theirs" })).expect(201).json;
    let id = theirs["id"].as_str().expect("an id");
    for path in ["card", "card.html", "journey-changes"] {
        app.viewer().get(&format!("personas/{id}/{path}")).expect(404);
    }
    assert_eq!(app.viewer().get("usage").expect(200).json["items"], json!([]));
}
