//! The roadmap's lists: every filter, every order, words in any case; risks, and what waits for what.

use crate::{
    app::TestApp,
    contract::contract,
    roadmap::{change, item, new_item, people_and_trouble, shop_with_slo},
};
use serde_json::{Value, json};

on_both_engines!(
    every_column_filters,
    words_are_found_in_any_case_and_everywhere,
    every_column_sorts_with_nulls_last,
    an_item_makes_risks_smaller,
    what_waits_for_what_is_told_both_ways,
);

fn refs(app: &TestApp, query: &str) -> String {
    app.viewer().get(&format!("roadmap-items?sort=ref&{query}")).expect(200).column("ref").join(" ").replace("OPS-", "")
}

fn every_column_filters(app: &TestApp) {
    let (persona, incident) = people_and_trouble(app);
    shop_with_slo(app);
    let id = |path: &str, body: Value| app.editor().post(path, &body).expect(201).json["id"].clone();
    let objective = id("objectives", json!({ "title": "Fewer nights", "period": "2026-Q4" }));
    let risk = id("risks", json!({ "component": "shop", "title": "Lost" }));
    let said = id("feedback", json!({ "kind": "request", "text": "Faster" }));
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    item(
        app,
        "One",
        json!({
            "kind": "debt", "horizon": "now", "status": "planned", "owner": "Ann", "tags": ["db", "core"],
            "start_on": "2026-11-01", "target_on": "2026-12-01", "personas": [persona], "components": ["shop"],
            "slos": ["orders"], "incidents": [incident], "objectives": [objective], "risks": [risk], "feedback": [said],
        }),
    );
    item(
        app,
        "Two",
        json!({ "status": "shipped", "shipped_on": "2026-10-15", "depends_on": ["OPS-1"], "tags": ["core"] }),
    );
    item(app, "Three", json!({ "owner": "Bea", "target_on": "2027-01-15" }));
    let day = app.clock.now().utc().format("%Y-%m-%dT00:00:00Z").to_string();
    for (query, found) in [
        ("ref=OPS-1,OPS-3".to_owned(), "1 3"),
        ("title=Two".to_owned(), "2"),
        ("kind=debt,cost".to_owned(), "1"),
        ("horizon=later,next".to_owned(), "2 3"),
        ("status=planned".to_owned(), "1"),
        ("owner=Ann,Bea".to_owned(), "1 3"),
        ("owner=null".to_owned(), "2"),
        ("owner=Ann,null".to_owned(), "1 2"),
        ("start_on=2026-11-01".to_owned(), "1"),
        ("start_on=null".to_owned(), "2 3"),
        ("target_on.gte=2026-12-01&target_on.lt=2027-01-15".to_owned(), "1"),
        ("target_on.gte=2026-12-02".to_owned(), "3"),
        ("target_on.lt=2026-12-01".to_owned(), ""),
        ("shipped_on.gte=2026-10-15&shipped_on.lt=2026-10-16".to_owned(), "2"),
        ("shipped_on=null".to_owned(), "1 3"),
        ("strategy_version=null".to_owned(), "1 2 3"),
        ("strategy_version=1".to_owned(), ""),
        ("tags=core".to_owned(), "1 2"),
        ("tags=db,none".to_owned(), "1"),
        ("tags=co".to_owned(), ""),
        ("depends_on=OPS-1".to_owned(), "2"),
        ("depends_on=OPS-2".to_owned(), ""),
        (format!("personas={persona}"), "1"),
        ("components=shop,mail".to_owned(), "1"),
        ("slos=orders".to_owned(), "1"),
        (format!("incidents={incident}"), "1"),
        (format!("objectives={}", text(&objective)), "1"),
        (format!("risks={}", text(&risk)), "1"),
        (format!("feedback={}", text(&said)), "1"),
        (format!("created_at.gte={day}"), "1 2 3"),
        (format!("updated_at.lt={day}"), ""),
        ("horizon=now&status=planned&tags=db&owner=Ann&q=one".to_owned(), "1"),
    ] {
        assert_eq!(refs(app, &query), found, "{query}");
    }
    for wrong in ["horizon=soon", "target_on=soon", "tags.gte=a", "risk=x", "rank=1", "strategy_version=x", "limit=201"]
    {
        app.viewer().get(&format!("roadmap-items?{wrong}")).expect(422);
    }
}

fn words_are_found_in_any_case_and_everywhere(app: &TestApp) {
    item(app, "Ähnliche Störungen", json!({ "problem": "NIEMAND weiß es.", "tags": ["Übersicht"] }));
    item(app, "Other", json!({ "outcome": "Мир и покой", "description": "100 % of _all_ \\ paths" }));
    for (words, found) in [
        ("ähnliche", "1"),
        ("ÄHNLICHE%20störUNGEN", "1"),
        ("niemand%20ähnliche%20übersicht", "1"),
        ("niemand%20other", ""),
        ("мир%20ПОКОЙ", "2"),
        ("ops-2", "2"),
        ("100%20%25", "2"),
        ("_all_", "2"),
        ("_ll_", ""),
        ("%5C", "2"),
        ("%20", "1 2"),
    ] {
        let sent: String = words
            .bytes()
            .map(|byte| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        assert_eq!(refs(app, &format!("q={sent}")), found, "{words}");
    }
    app.viewer().get(&format!("roadmap-items?q={}", "x".repeat(201))).expect(422);
    app.viewer().get("roadmap-items?q=%00").expect(400);
}

fn every_column_sorts_with_nulls_last(app: &TestApp) {
    for (at, (owner, target)) in [
        (Some("b"), None),
        (None, Some("2026-12-02")),
        (Some("a"), Some("2026-12-01")),
        (None, None),
        (Some("b"), Some("2026-12-01")),
    ]
    .into_iter()
    .enumerate()
    {
        let horizon = ["later", "now", "next"][at % 3];
        item(app, &format!("t{at}"), json!({ "owner": owner, "target_on": target, "horizon": horizon }));
    }
    let operation = &contract()["paths"]["/api/v1/products/{product}/roadmap-items"]["get"]["parameters"];
    let parameters = operation.as_array().expect("parameters");
    let sort = parameters.iter().find(|one| one["name"] == "sort").expect("sort")["schema"]["pattern"].clone();
    let words =
        sort.as_str().expect("a pattern").trim_start_matches("^-?(").split(')').next().expect("names").to_owned();
    let mut sorted = 0;
    for column in words.split('|') {
        for sort in [
            column.to_owned(),
            format!("-{column}"),
            format!("-{column},owner,-target_on,rank").replace(&format!(",{column}"), ""),
        ] {
            let sort = sort.replace(&format!(",-{column}"), "");
            let walk = |limit: usize| {
                let list = format!("roadmap-items?limit={limit}&sort={sort}");
                let (mut rows, mut path) = (Vec::new(), list.clone());
                loop {
                    let page = app.viewer().get(&path).expect(200);
                    rows.extend(page.json["items"].as_array().expect("rows").clone());
                    match page.json["next_cursor"].as_str() {
                        Some(cursor) => path = format!("{list}&cursor={cursor}"),
                        None => return rows,
                    }
                }
            };
            let (whole, paged) = (walk(200), walk(2));
            assert_eq!((whole.len(), &whole), (5, &paged), "{sort}");
            let values: Vec<&Value> = whole.iter().map(|row| &row[column]).collect();
            let first_null = values.iter().position(|value| value.is_null()).unwrap_or(5);
            assert!(values[first_null..].iter().all(|value| value.is_null()), "{sort}: nulls last");
            if !matches!(column, "rank" | "strategy_version") {
                let ordered = values[..first_null].windows(2).all(|pair| {
                    let (one, other) = (pair[0].to_string(), pair[1].to_string());
                    if sort.starts_with('-') { one >= other } else { one <= other }
                });
                assert!(ordered, "{sort}: {values:?}");
                sorted += 1;
            }
        }
    }
    assert!(sorted > 20, "{words}");
    assert_eq!(refs(app, "").len(), 9);
    let list =
        |sort: &str| app.viewer().get(&format!("roadmap-items?sort={sort}")).expect(200).column("title").join(" ");
    assert_eq!(list("owner,-target_on"), "t2 t4 t0 t1 t3");
    assert_eq!(list("-target_on,rank"), "t1 t4 t2 t0 t3");
    for wrong in ["rank,rank", "tags", "risks", "size", "", "ref,title,kind,horizon,status"] {
        app.viewer().get(&format!("roadmap-items?sort={wrong}")).expect(422);
    }
}

fn an_item_makes_risks_smaller(app: &TestApp) {
    shop_with_slo(app);
    let risk = |title: &str| {
        let made = app.editor().post("risks", &json!({ "component": "shop", "title": title })).expect(201);
        made.json["id"].as_str().expect("an id").to_owned()
    };
    let (lost, twin) = (risk("The shop is lost"), risk("Twin"));
    risk("Twin");
    let made = item(app, "Second site", json!({ "risks": ["The shop is lost", lost, twin] }));
    let mut both = vec![lost.clone(), twin.clone()];
    both.sort();
    assert_eq!(made["risks"], json!(both));
    assert_eq!(new_item(app, "x", json!({ "risks": ["Twin"] })).expect(422).faults(), ["/risks/0 unknown_reference"]);
    let refused = app.editor().delete(&format!("risks/{lost}"), "\"1\"").expect(409);
    assert_eq!(refused.json["code"], "referenced");
    let chain = app.viewer().get("trace/roadmap-items/OPS-1").expect(200).json;
    let below: Vec<_> = chain["down"].as_array().expect("links").iter().map(|one| one["id"].clone()).collect();
    assert!(below.contains(&json!(lost)) && below.contains(&json!("shop")), "{chain}");
    let links = app.exporter().get("exports/roadmap_links.csv").expect(200);
    assert!(links.text().contains(&format!("OPS-1,risk,{lost}")), "{}", links.text());
    let file = "title,kind,risks\nBy file,debt,\"The shop is lost\n \"\nOther,debt,none\n";
    let csv = app.editor().with("Content-Type", "text/csv");
    let refused = csv.send("POST", "imports/roadmap", Some(file.as_bytes())).expect(422);
    assert_eq!(
        (&refused.json["errors"][0]["line"], &refused.json["errors"][0]["code"]),
        (&json!(4), &json!("unknown_reference"))
    );
    csv.send("POST", "imports/roadmap", Some(file.replace(",none", ",").as_bytes())).expect(200);
    assert_eq!(refs(app, &format!("risks={lost}")), "1 2");
    change(app, "OPS-1", json!({ "risks": [] })).expect(200);
    change(app, "OPS-2", json!({ "risks": null })).expect(200);
    app.editor().delete(&format!("risks/{lost}"), "\"1\"").expect(204);
}

fn what_waits_for_what_is_told_both_ways(app: &TestApp) {
    item(app, "ground", json!({ "status": "in_progress", "target_on": "2026-12-01" }));
    item(app, "walls", json!({ "depends_on": ["OPS-1"] }));
    item(app, "roof", json!({ "depends_on": ["OPS-2", "OPS-1"] }));
    item(app, "garden", json!({}));
    let of = |name: &str| app.viewer().get(&format!("roadmap-items/{name}/dependencies")).expect(200).json;
    let row = |name: &str, title: &str, status: &str, target: Value, distance: u64, via: &str| json!({ "ref": name, "title": title, "status": status, "target_on": target, "distance": distance, "via": via });
    let ground = |distance, via| row("OPS-1", "ground", "in_progress", json!("2026-12-01"), distance, via);
    assert_eq!(
        of("OPS-3"),
        json!({
            "ref": "OPS-3", "blocked": true, "blocks": [],
            "depends_on": [ground(1, "OPS-3"), row("OPS-2", "walls", "idea", Value::Null, 1, "OPS-3")],
        })
    );
    let id = app.viewer().get("roadmap-items/OPS-1").json["id"].as_str().expect("an id").to_owned();
    let first = of(&id);
    assert_eq!((&first["blocked"], &first["depends_on"]), (&json!(false), &json!([])));
    let rows =
        [row("OPS-2", "walls", "idea", Value::Null, 1, "OPS-1"), row("OPS-3", "roof", "idea", Value::Null, 1, "OPS-1")];
    assert_eq!(first["blocks"], json!(rows));
    assert_eq!(of("OPS-4"), json!({ "ref": "OPS-4", "blocked": false, "depends_on": [], "blocks": [] }));
    change(app, "OPS-3", json!({ "depends_on": ["OPS-2"] })).expect(200);
    assert_eq!(of("OPS-3")["depends_on"][1], ground(2, "OPS-2"));
    change(app, "OPS-1", json!({ "status": "shipped" })).expect(200);
    assert_eq!((&of("OPS-2")["blocked"], &of("OPS-3")["blocked"]), (&json!(false), &json!(true)));
    app.viewer().get("roadmap-items/OPS-9/dependencies").expect(404);
    app.outsider().get("roadmap-items/OPS-1/dependencies").expect(404);
}
