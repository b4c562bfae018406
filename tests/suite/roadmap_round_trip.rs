//! The roadmap's export, sent back as a file.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    roadmap::{change, item},
    story::{SHOP, company, import},
};
use serde_json::{Value, json};

on_both_engines!(
    the_export_of_a_whole_company_comes_back_and_changes_nothing,
    what_is_edited_changes_and_nothing_else,
    a_row_that_changed_since_is_refused_by_its_line,
    what_contradicts_the_row_is_refused_by_its_line,
);

fn send(client: &Client, query: &str, file: &[u8]) -> Answer {
    client.with("Content-Type", "text/csv").send("POST", &format!("imports/roadmap{query}"), Some(file))
}

fn counts(answer: &Answer) -> (u64, u64, u64) {
    let count = |name: &str| answer.json[name].as_u64().unwrap_or_else(|| panic!("{name}: {answer}"));
    (count("created"), count("changed"), count("unchanged"))
}

#[track_caller]
fn faults(answer: Answer) -> Vec<String> {
    let answer = answer.expect(422);
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let errors = answer.json["errors"].as_array().expect("errors");
    errors.iter().map(|one| format!("{} {} {}", one["line"], text(one, "column"), text(one, "code"))).collect()
}

/// A file with some cells of some row other than they were, as a program that reads and writes CSV leaves it.
fn edited(file: &[u8], reference: &str, cells: &[(&str, &str)]) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|one| one.trim_start_matches('\u{feff}') == name).expect("a column");
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&header).expect("a header");
    for row in reader.records() {
        let row = row.expect("a row");
        let mut row: Vec<String> = row.iter().map(ToOwned::to_owned).collect();
        if row[at("ref")] == reference {
            for (name, text) in cells {
                row[at(name)] = (*text).to_owned();
            }
        }
        out.write_record(&row).expect("a row");
    }
    out.into_inner().expect("a file")
}

fn the_export_of_a_whole_company_comes_back_and_changes_nothing(app: &TestApp) {
    company(app);
    let all = app.viewer().get(&format!("{SHOP}/roadmap-items?sort=rank&limit=200")).expect(200).json;
    let many = all["items"].as_array().expect("items").len() as u64;
    assert!(many > 10);
    for query in ["", "?for=excel"] {
        let file = app.exporter().get(&format!("{SHOP}/exports/roadmap_items.csv{query}")).expect(200).bytes;
        for format in ["roadmap?dry_run=true", "roadmap"] {
            let answer = import(&app.editor(), format, &file).expect(200);
            assert_eq!(counts(&answer), (0, 0, many), "{query} {answer}");
        }
        // A program that quotes and ends lines its own way says the same.
        let answer = import(&app.editor(), "roadmap", &edited(&file, "", &[])).expect(200);
        assert_eq!(counts(&answer), (0, 0, many), "{query} {answer}");
    }
    let after = app.viewer().get(&format!("{SHOP}/roadmap-items?sort=rank&limit=200")).expect(200).json;
    assert_eq!(after, all);
}

/// Items with what is hard on files, and a field that no column tells.
fn items(app: &TestApp) {
    let hard = json!({
        "title": "=1+1", "problem": "one\r\ntwo\nthree", "outcome": "-5 \"quoted\", and more", "description": "'=kept",
        "owner": "@ann", "tags": ["-x", "+y"], "status": "planned", "target_on": "2026-12-01",
        "links": [{ "title": "The paper", "url": "https://example.com/a" }],
        "rice": { "reach": 2000, "impact": 0.5, "confidence": 0.8, "effort": 3 },
    });
    item(app, "=1+1", hard);
    item(app, "Two", json!({ "depends_on": ["OPS-1"], "horizon": "now", "status": "planned" }));
    change(app, "OPS-2", json!({ "status": "dropped", "dropped_because": "=not now" })).expect(200);
}

fn what_is_edited_changes_and_nothing_else(app: &TestApp) {
    items(app);
    for (query, owner) in [("", "Bea"), ("?for=excel", "=Cleo")] {
        let before = app.viewer().get("roadmap-items/OPS-1").expect(200).json;
        let file = app.editor().get(&format!("exports/roadmap_items.csv{query}")).expect(200).bytes;
        assert_eq!(counts(&send(&app.editor(), "", &file).expect(200)), (0, 0, 2), "{query}");
        let written = if query.is_empty() { owner.to_owned() } else { format!("'{owner}") };
        // What is only shown may say anything.
        let file =
            edited(&file, "OPS-1", &[("owner", &written), ("position", "7"), ("rice", "0"), ("planned_at", "x")]);
        let tried = send(&app.editor(), "?dry_run=true", &file).expect(200);
        assert_eq!(counts(&tried), (0, 1, 1), "{tried}");
        let shown = &tried.json["changes"][0]["properties"];
        let expected = json!([{ "property": "owner", "before": before["owner"], "after": owner }]);
        assert_eq!(*shown, expected);
        assert_eq!(counts(&send(&app.editor(), "", &file).expect(200)), (0, 1, 1));
        let mut expected = before.clone();
        let after = app.viewer().get("roadmap-items/OPS-1").expect(200).json;
        expected["owner"] = json!(owner);
        expected["version"] = json!(before["version"].as_i64().expect("a version") + 1);
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected);
    }
    // A new row among them: without what says which row it was.
    let file = app.editor().get("exports/roadmap_items.csv?columns=ref,title,kind,version,id").expect(200);
    let file = format!("{},Three,debt,,\r\n", file.text());
    assert_eq!(counts(&send(&app.editor(), "", file.as_bytes()).expect(200)), (1, 0, 2));
    // By its id alone.
    let id = app.viewer().get("roadmap-items/OPS-1").json["id"].as_str().expect("an id").to_owned();
    let file = format!("id,title,kind\n{id},Uno,feature\n");
    assert_eq!(counts(&send(&app.editor(), "", file.as_bytes()).expect(200)), (0, 1, 0));
    assert_eq!(app.viewer().get("roadmap-items/OPS-1").json["title"], "Uno");
    // What is told to be gone is nothing to write.
    let file = "ref,deleted_at,title,kind\nOPS-1,2026-10-01T00:00:00Z,,\n";
    assert_eq!(counts(&send(&app.editor(), "", file.as_bytes()).expect(200)), (0, 0, 0));
}

fn a_row_that_changed_since_is_refused_by_its_line(app: &TestApp) {
    items(app);
    item(app, "Three", json!({}));
    let file = app.editor().get("exports/roadmap_items.csv").expect(200).bytes;
    // The line on which its record starts: others take several.
    let text = String::from_utf8(file.clone()).expect("UTF-8");
    let line = text.split(",OPS-3,").next().expect("the file before it").lines().count();
    change(app, "OPS-3", json!({ "title": "Changed" })).expect(200);
    assert_eq!(faults(send(&app.editor(), "", &file)), [format!("{line} version stale")], "it would be taken back");
    assert_eq!(app.viewer().get("roadmap-items/OPS-3").json["title"], "Changed");
    let both = edited(&file, "OPS-1", &[("owner", "Bea")]);
    assert_eq!(faults(send(&app.editor(), "?dry_run=true", &both)).len(), 1, "all or nothing");
    // Who says what is there has seen it, whatever the version.
    let same = edited(&file, "OPS-3", &[("title", "Changed")]);
    assert_eq!(counts(&send(&app.editor(), "", &same).expect(200)), (0, 0, 3));
    let by_title = "title,kind,version,owner\nChanged,feature,1,Ann\n";
    assert_eq!(faults(send(&app.editor(), "", by_title.as_bytes())), ["2 version stale"]);
    assert_eq!(counts(&send(&app.editor(), "", by_title.replace(",1,", ",2,").as_bytes()).expect(200)), (0, 1, 0));
}

fn what_contradicts_the_row_is_refused_by_its_line(app: &TestApp) {
    items(app);
    let id = app.viewer().get("roadmap-items/OPS-1").json["id"].as_str().expect("an id").to_owned();
    let refused = |file: String| faults(send(&app.editor(), "", file.as_bytes()));
    assert_eq!(refused("product,title,kind\nother,x,debt\n".to_owned()), ["2 product other_product"]);
    assert_eq!(refused(format!("id,ref,title,kind\n{id},OPS-2,x,debt\n")), ["2 id other_row"]);
    assert_eq!(refused("id,title,kind\nnothing,x,debt\n".to_owned()), ["2 id unknown_reference"]);
    assert_eq!(refused("id,title,id,kind\n".to_owned()), ["1 id repeated_column"]);
    assert_eq!(refused("id,title,rank,kind\n".to_owned()), ["1 rank unknown_column"]);
    assert_eq!(refused("id,title,kind\n,x\n".to_owned()), ["2  cells"]);
    assert_eq!(counts(&send(&app.editor(), "", b"product,title,kind\nplatform,x,debt\n").expect(200)), (1, 0, 0));
}
