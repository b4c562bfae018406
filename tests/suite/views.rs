//! One report in every form and for every reader: the same figures, and a person's words beside them.

use crate::{
    app::TestApp,
    client::Answer,
    reports::{build, october, path, publish},
    story,
};
use serde_json::{Value, json};
use std::collections::HashMap;

on_both_engines!(
    every_form_shows_the_same_figures,
    a_person_says_something_about_a_section,
    a_draft_is_published_as_it_was_seen,
    each_reader_gets_what_concerns_them,
    what_a_stakeholder_was_shown_stays,
);

/// Every figure of a document, in the order of reading: what it is called and how it is written.
fn figures(document: &Value) -> Vec<(String, String)> {
    fn collect(value: &Value, all: &mut Vec<(String, String)>) {
        match value {
            Value::Object(object) => {
                if let (Some(name), Some(shown), Some(_)) =
                    (object.get("name"), object.get("shown"), object.get("known"))
                {
                    all.push((text(name), text(shown)));
                }
                // The order of reading is the order of writing, but for a column's sum, which stands last.
                let last = |key: &String| key == "total";
                object.iter().filter(|(key, _)| !last(key)).for_each(|(_, value)| collect(value, all));
                object.iter().filter(|(key, _)| last(key)).for_each(|(_, value)| collect(value, all));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    collect(&document["sections"], &mut all);
    all
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// The figures of a page: each is a link to its fact.
fn figures_of_page(html: &str) -> Vec<(String, String)> {
    let links = html.split("<a class=\"fact").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("/facts/")?.1.split_once("\">")?;
        Some((name.to_owned(), rest.split_once("</a>")?.0.to_owned()))
    });
    links.collect()
}

fn every_form_shows_the_same_figures(app: &TestApp) {
    story::company(app);
    let draft = app.editor().post(&format!("{}/reports", story::SHOP), &json!({ "month": "2026-10" })).expect(201);
    let place = format!("{}/{}", story::SHOP, path(&draft));
    let seen = draft.etag();
    app.editor().with("If-Match", seen).post(&format!("{place}/publish"), &json!({})).expect(200);
    let csv = app.viewer().get(&format!("{}/exports/report_facts.csv", story::SHOP)).expect(200);
    let csv = csv.text();
    let exported = values_of(csv);
    for reader_of in ["", "?for=executive", "?for=finance", "?for=engineering", "?for=product", "?for=compliance"] {
        let json = app.viewer().get(&format!("{place}.json{reader_of}")).expect(200);
        let html = app.viewer().get(&format!("{place}.html{reader_of}")).expect(200);
        let markdown = app.viewer().get(&format!("{place}.md{reader_of}")).expect(200);
        assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
        let shown = figures(&json.json);
        assert!(shown.len() > 20, "{reader_of}: {} figures", shown.len());
        assert_eq!(figures_of_page(html.text()), shown, "{reader_of}");
        let mut rest = markdown.text();
        for (name, figure) in &shown {
            let written = figure.replace('_', "\\_").replace('~', "\\~");
            let at = rest.find(&written).unwrap_or_else(|| panic!("{reader_of}: {name} is not {written} in Markdown"));
            rest = &rest[at + written.len()..];
        }
        // What is said in JSON and in CSV is the same value.
        for fact in json.json["facts"].as_array().expect("facts") {
            let value = match &fact["value"] {
                Value::Null => String::new(),
                Value::Object(money) => text(&money["amount"]),
                Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            assert_eq!(exported[fact["name"].as_str().expect("a name")], value, "{}", fact["name"]);
        }
    }
}

/// The value of each fact in an export.
fn values_of(csv: &str) -> HashMap<String, String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let columns = reader.headers().expect("a header").clone();
    let place = |name: &str| columns.iter().position(|column| column == name).expect("a column");
    let (name, value) = (place("name"), place("value"));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| (row[name].to_owned(), row[value].to_owned())).collect()
}

fn say(app: &TestApp, report: &Answer, section: &str, text: &str) -> Answer {
    let to = format!("{}/commentary/{section}", path(report));
    app.editor().with("If-None-Match", "*").put(&to, &json!({ "text": text }))
}

fn a_person_says_something_about_a_section(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    let said = say(app, &draft, "cost", "We bought **machines** <script>alert(1)</script> for the sale.").expect(200);
    assert_eq!((&said.json["section"], said.etag()), (&json!("cost"), "\"1\""));
    say(app, &draft, "cost", "Again.").expect(412);
    say(app, &draft, "weather", "Rain.").expect(404);
    say(app, &draft, "for_you", "You!").expect(404);
    assert_eq!(say(app, &draft, "risks", "").expect(422).faults(), ["/text too_short"]);
    let to = format!("{}/commentary/cost", path(&draft));
    app.editor().put(&to, &json!({ "text": "No version." })).expect(428);
    app.viewer().with("If-Match", said.etag()).put(&to, &json!({ "text": "Not mine." })).expect(403);
    app.viewer().get(&to).expect(404);
    // A section that the report has not is made for what is said of it, in its place.
    say(app, &draft, "people", "We asked, and they were kind.").expect(200);
    let seen = app.editor().get(&path(&draft)).expect(200);
    let keys: Vec<_> =
        seen.json["sections"].as_array().expect("sections").iter().map(|one| text(&one["key"])).collect();
    let place = |key: &str| keys.iter().position(|one| one == key).expect("a section");
    assert!(place("invisible_work") < place("people") && place("people") < place("next"), "{keys:?}");
    let cost = &seen.json["sections"][place("cost")]["blocks"][0];
    assert_eq!((&cost["kind"], &cost["text"]), (&json!("commentary"), &said.json["text"]));
    let page = app.editor().get(&format!("{}.html", path(&draft))).expect(200);
    assert!(page.text().contains("We bought <strong>machines</strong> &lt;script&gt;"), "{}", page.text());
    // It stays when the draft is built again, can be put otherwise, and taken back.
    build(app).expect(200);
    let anew =
        app.editor().with("If-Match", said.etag()).put(&to, &json!({ "text": "We bought machines." })).expect(200);
    app.editor().delete(&format!("{}/commentary/people", path(&draft)), "\"1\"").expect(204);
    let all = app.editor().get(&format!("{}/commentary", path(&draft))).expect(200);
    assert_eq!(all.column("text"), ["We bought machines."]);
    let seen = app.editor().get(&path(&draft)).expect(200);
    let published = publish(app, &seen, &json!({})).expect(200);
    let markdown = app.viewer().get(&format!("{}.md", path(&published))).expect(200);
    assert!(markdown.text().contains("\n> We bought machines.\n"), "{}", markdown.text());
    app.viewer().get(&to).expect(200);
    app.editor().with("If-Match", anew.etag()).put(&to, &json!({ "text": "Later." })).expect(409);
    app.editor().delete(&to, anew.etag()).expect(409);
    // Its words hold in the next revision, until somebody says otherwise.
    let second = build(app).expect(201);
    let all = app.editor().get(&format!("{}/commentary", path(&second))).expect(200);
    assert_eq!(all.column("text"), ["We bought machines."]);
    app.editor().delete(&path(&second), second.etag()).expect(204);
}

fn a_draft_is_published_as_it_was_seen(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    say(app, &draft, "headline", "Somebody else's words.").expect(200);
    publish(app, &draft, &json!({})).expect(412);
    let seen = app.editor().get(&path(&draft)).expect(200);
    app.editor().with("If-None-Match", draft.etag()).get(&path(&draft)).expect(200);
    publish(app, &seen, &json!({})).expect(200);
}

fn each_reader_gets_what_concerns_them(app: &TestApp) {
    october(app);
    let draft = build(app).expect(201);
    let keys = |reader: &str| -> Vec<String> {
        let seen = app.editor().get(&format!("{}.json?for={reader}", path(&draft))).expect(200);
        seen.json["sections"].as_array().expect("sections").iter().map(|one| text(&one["key"])).collect()
    };
    assert_eq!(
        keys("finance"),
        ["headline", "for_you", "shipped", "cost", "invisible_work", "risks", "decisions", "assumptions"]
    );
    assert_eq!(keys("product"), ["headline", "for_you", "shipped", "reliability", "next", "decisions"]);
    let refused = app.editor().get(&format!("{}?for=nobody", path(&draft))).expect(422);
    assert_eq!(refused.json["errors"][0]["parameter"], "for");
    app.editor().get(&format!("{}?For=finance", path(&draft))).expect(422);
    app.viewer().get(&format!("{}?for=finance", path(&draft))).expect(404);
    let new = json!({
        "name": "Anneliese", "group": "finance", "locale": "de-DE", "cares_about": { "components": ["db"] },
    });
    let id = app.editor().post("stakeholders", &new).expect(201).json["id"].clone();
    bill(app, "123456.7");
    build(app).expect(200);
    let page = app.editor().get(&format!("{}.html?for={}", path(&draft), text(&id))).expect(200);
    assert!(page.text().contains("123.547") && !page.text().contains("123,547"), "{}", page.text());
    assert!(page.text().contains("What you care about:"));
    assert!(app.editor().get(&format!("{}.html", path(&draft))).expect(200).text().contains("123,547"));
}

fn bill(app: &TestApp, amount: &str) {
    let amount = json!({ "amount": amount, "currency": "EUR" });
    let entry = json!({ "month": "2026-10", "component": "db", "category": "infrastructure", "amount": amount });
    app.editor().post("cost-entries", &entry).expect(201);
}

fn what_a_stakeholder_was_shown_stays(app: &TestApp) {
    october(app);
    let new = json!({ "name": "Anneliese", "group": "finance", "cares_about": { "components": ["db"] } });
    let stakeholder = app.editor().post("stakeholders", &new).expect(201);
    let draft = build(app).expect(201);
    publish(app, &draft, &json!({})).expect(200);
    let of = |form: &str| format!("{}.{form}?for={}", path(&draft), text(&stakeholder.json["id"]));
    let shown = ["html", "json", "md"].map(|form| app.viewer().get(&of(form)).expect(200).bytes);
    let to = format!("stakeholders/{}", text(&stakeholder.json["id"]));
    let change = json!({ "group": "engineering", "locale": "de", "cares_about": { "components": [] } });
    app.editor().patch(&to, stakeholder.etag(), &change).expect(200);
    assert_eq!(["html", "json", "md"].map(|form| app.viewer().get(&of(form)).expect(200).bytes), shown);
    let other = app.viewer().get(&format!("{}.html?for=engineering", path(&draft))).expect(200);
    assert_ne!(other.bytes, shown[0]);
}
