//! Exports: what a BI tool reads.

use crate::{app::TestApp, client::Client};
use diesel::prelude::*;
use prodops::kernel::schema::{cost_entries, report_facts, reports};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};

on_both_engines!(
    datasets_are_listed_and_each_has_the_columns_that_the_list_says,
    cost_entries_are_exact_in_both_currencies,
    persons_stand_only_in_what_owners_and_editors_export,
    maintenance_cost_is_unknown_where_a_rate_is_missing,
    facts_are_those_of_published_reports,
    a_selection_is_what_was_asked_for_or_refused,
    what_fails_midway_is_visibly_broken,
);

/// An answer without what differs between runs: its lines, each cell by the name of its column.
fn rows(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(path).expect(200);
    assert!(answer.text().ends_with("\r\n"), "{answer}");
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    let names = reader.headers().unwrap().clone();
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.unwrap();
        names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), json!(cell))).collect()
    };
    reader.records().map(row).collect()
}

/// Those columns of each row, with a blank between.
pub fn cells(client: &Client, path: &str, columns: &[&str]) -> Vec<String> {
    let cell = |row: &Value, name: &&str| row[*name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    let line = |row: &Value| columns.iter().map(|name| cell(row, name)).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<_> = rows(client, path).iter().map(line).collect();
    lines.sort();
    lines
}

fn created(client: &Client, path: &str, body: &Value) -> String {
    client.post(path, body).expect(201).json["id"].as_str().unwrap().to_owned()
}

/// A month of cost and two weeks of effort.
fn fill(app: &TestApp) {
    let editor = app.editor();
    created(
        &editor,
        "components",
        &json!({ "key": "db", "name": "Orders, \"main\"", "kind": "service", "owner": "=1" }),
    );
    created(&editor, "components", &json!({ "key": "ci", "name": "CI", "kind": "tool", "tags": ["a", "b"] }));
    let rate = json!({ "valid_from": "2026-09-01", "amount": { "amount": "80.5", "currency": "EUR" } });
    created(&editor, "labour-rates", &rate);
    created(&editor, "exchange-rates", &json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "0.923" }));
    for (component, month, category, amount, currency) in [
        (json!("db"), "2026-10", "infrastructure", "14.97651418586", "USD"),
        (json!("db"), "2026-11", "infrastructure", "100", "USD"),
        (json!("db"), "2026-10", "labour", "900", "EUR"),
        (json!(null), "2026-10", "licence", "-5.5", "EUR"),
    ] {
        let amount = json!({ "amount": amount, "currency": currency });
        let note = format!("told of {category}");
        let entry =
            json!({ "component": component, "month": month, "category": category, "amount": amount, "note": note });
        created(&editor, "cost-entries", &entry);
    }
    let member = |name: &str, hours: i64| {
        created(&editor, "team", &json!({ "name": name, "hours_per_week": hours, "valid_from": "2026-09-01" }))
    };
    let (ann, bob) = (member("Ann", 40), member("Bob", 30));
    let share =
        |component: Value, kind: &str, share: f64| json!({ "component": component, "kind": kind, "share": share });
    let first = json!({ "entries": [
        { "person": ann, "shares": [share(json!("db"), "patching", 0.6), share(json!(null), "overhead", 0.4)] },
        { "person": bob, "shares": [share(json!("db"), "patching", 0.5), share(json!("ci"), "improvement", 0.5)] },
    ] });
    let second = json!({ "entries": [{ "person": null, "shares": [share(json!("db"), "toil", 1.0)] }] });
    for (week, body) in [("2026-W41", first), ("2026-W42", second)] {
        editor.with("If-None-Match", "*").put(&format!("effort/{week}"), &body).expect(200);
    }
}

fn datasets_are_listed_and_each_has_the_columns_that_the_list_says(app: &TestApp) {
    fill(app);
    let list = app.exporter().get("exports").expect(200);
    let datasets = list.json["items"].as_array().unwrap();
    assert!(datasets.len() >= 5, "{list}");
    for dataset in datasets {
        let name = dataset["name"].as_str().unwrap();
        let columns: Vec<_> = dataset["columns"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
        let header = columns.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join(",");
        for client in [app.owner(), app.editor(), app.viewer(), app.exporter()] {
            let answer = client.get(&format!("exports/{name}.csv")).expect(200);
            assert_eq!(answer.text().split("\r\n").next(), Some(header.as_str()), "{answer}");
            assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
            let file = format!("attachment; filename=\"platform-{name}.csv\"");
            assert_eq!(answer.header("content-disposition"), Some(file.as_str()));
            assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        }
        let head = app.exporter().send("HEAD", &format!("exports/{name}.csv"), None).expect(200);
        assert_eq!(head.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    }
    app.exporter().get("exports/nothing.csv").expect(404);
    let components =
        cells(&app.exporter(), "exports/components.csv", &["product", "deleted_at", "key", "name", "tags"]);
    assert_eq!(components, ["platform  ci CI a b", "platform  db Orders, \"main\" "]);
}

fn cost_entries_are_exact_in_both_currencies(app: &TestApp) {
    fill(app);
    let columns = ["component", "month", "amount", "currency", "reported_amount", "reported_currency", "note"];
    let of_owner = cells(&app.owner(), "exports/cost_entries.csv", &columns);
    assert_eq!(
        of_owner,
        [
            " 2026-10 -5.5 EUR -5.5 EUR told of licence",
            "db 2026-10 14.97651418586 USD 13.82332259354878 EUR told of infrastructure",
            "db 2026-10 900 EUR 900 EUR told of labour",
            "db 2026-11 100 USD  EUR told of infrastructure",
        ]
    );
    // A line of labour may speak of a person: others have labour as sums, in maintenance_cost_monthly.
    let of_exporter = cells(&app.exporter(), "exports/cost_entries.csv", &columns);
    assert_eq!((&of_exporter[..2], &of_exporter[2..]), (&of_owner[..2], &of_owner[3..]));
}

fn persons_stand_only_in_what_owners_and_editors_export(app: &TestApp) {
    fill(app);
    let columns = ["id", "week", "monday", "person", "component", "kind", "nature", "share", "hours"];
    for client in [app.owner(), app.editor()] {
        assert_eq!(
            cells(&client, "exports/effort.csv", &columns),
            [
                "2026-W41-0 2026-W41 2026-10-05 Ann db patching run 0.6 24",
                "2026-W41-1 2026-W41 2026-10-05 Ann  overhead run 0.4 16",
                "2026-W41-2 2026-W41 2026-10-05 Bob db patching run 0.5 15",
                "2026-W41-3 2026-W41 2026-10-05 Bob ci improvement grow 0.5 15",
                "2026-W42-0 2026-W42 2026-10-12  db toil run 1 70",
            ]
        );
    }
    for client in [app.viewer(), app.exporter()] {
        assert_eq!(
            cells(&client, "exports/effort.csv", &columns),
            [
                " 2026-W41 2026-10-05   overhead run 0.228571428571 16",
                " 2026-W41 2026-10-05  ci improvement grow 0.214285714286 15",
                " 2026-W41 2026-10-05  db patching run 0.557142857143 39",
                " 2026-W42 2026-10-12  db toil run 1 70",
            ]
        );
    }
}

fn maintenance_cost_is_unknown_where_a_rate_is_missing(app: &TestApp) {
    fill(app);
    let columns =
        ["component", "month", "labour_hours", "labour_amount", "entries_amount", "allocated_amount", "amount"];
    assert_eq!(
        cells(&app.exporter(), "exports/maintenance_cost_monthly.csv", &columns),
        [
            " 2026-10 16 1288 -5.5 0 1282.5",
            "db 2026-10 109 8774.5 13.823322593549 0 8788.323322593549",
            // No rate for November's dollars.
            "db 2026-11 0 0  0 ",
        ]
    );
    let more = ["currency", "reported_amount", "reported_currency", "is_final", "revision"];
    let october = cells(&app.viewer(), "exports/maintenance_cost_monthly.csv?from=2026-10&to=2026-11", &more);
    assert_eq!(october, ["EUR 1282.5 EUR false 0", "EUR 8788.323322593549 EUR false 0"]);
    assert_eq!(rows(&app.viewer(), "exports/maintenance_cost_monthly.csv?to=2026-10"), [json!(null); 0]);
}

fn facts_are_those_of_published_reports(app: &TestApp) {
    let product = app.platform();
    app.change(move |tx| {
        for (id, revision, state) in [("r1", 1, "published"), ("r2", 2, "unreviewed"), ("r3", 3, "draft")] {
            let at = tx.at();
            diesel::insert_into(reports::table)
                .values((
                    (reports::id.eq(id), reports::product_id.eq(product.as_str()), reports::month.eq("2026-10")),
                    (reports::revision.eq(revision), reports::state.eq(state), reports::built_at.eq(at)),
                    (reports::reason.eq(""), reports::document.eq("{}"), reports::created_at.eq(at)),
                    (reports::updated_at.eq(at), reports::version.eq(1), reports::change_number.eq(1)),
                ))
                .execute(&mut **tx)?;
            diesel::insert_into(report_facts::table)
                .values((
                    (report_facts::report_id.eq(id), report_facts::product_id.eq(product.as_str())),
                    (report_facts::position.eq(0), report_facts::name.eq("cost.run")),
                    (report_facts::unknown.eq("no rate"), report_facts::unit.eq("money")),
                    (report_facts::formula.eq("a + b"), report_facts::inputs.eq("[]"), report_facts::rows.eq("[]")),
                ))
                .execute(&mut **tx)?;
        }
        tx.nothing_changed();
        Ok(())
    });
    assert_eq!(
        app.exporter().get("exports/report_facts.csv").expect(200).text(),
        "product,deleted_at,report,month,revision,name,value,currency,unknown,unit,formula\r\n\
         platform,,r1,2026-10,1,cost.run,,,no rate,money,a + b\r\n\
         platform,,r2,2026-10,2,cost.run,,,no rate,money,a + b\r\n"
    );
}

fn a_selection_is_what_was_asked_for_or_refused(app: &TestApp) {
    fill(app);
    let exporter = app.exporter();
    assert_eq!(exporter.get("exports/components.csv?columns=owner,key").text(), "owner,key\r\n,ci\r\n=1,db\r\n");
    assert_eq!(
        exporter.get("exports/components.csv?columns=owner,key&for=excel").text(),
        "\u{feff}owner,key\r\n,ci\r\n'=1,db\r\n"
    );
    let amounts = |query: &str| cells(&exporter, &format!("exports/cost_entries.csv?{query}"), &["amount"]);
    assert_eq!(amounts("from=2026-11"), ["100"]);
    assert_eq!(amounts("from=2026-10&to=2026-11").len(), 2);
    assert_eq!(amounts("from=2026-12&to=2026-10"), [""; 0]);
    assert_eq!(cells(&exporter, "exports/effort.csv?from=2026-10-06", &["week"]), ["2026-W42"]);
    for (query, fault) in [
        ("cost_entries.csv?since=2026-10", "since parameter"),
        ("cost_entries.csv?from=2026-10-01", "from parameter"),
        ("cost_entries.csv?columns=amount,price", "columns unknown_column"),
        ("cost_entries.csv?columns=amount,amount", "columns twice"),
        ("components.csv?to=2026-10", "to parameter"),
        ("effort.csv?to=2026-10", "to parameter"),
        ("effort.csv?for=word", "for parameter"),
    ] {
        assert_eq!(exporter.get(&format!("exports/{query}")).expect(422).faults(), [fault], "{query}");
    }
}

fn what_fails_midway_is_visibly_broken(app: &TestApp) {
    let product = app.platform();
    app.change(move |tx| {
        // The last month holds what no program of ours ever wrote.
        for at in 0..2000 {
            let (month, currency) = if at == 0 { ("2026-10", "ZZZ") } else { ("2026-09", "EUR") };
            let now = tx.at();
            diesel::insert_into(cost_entries::table)
                .values((
                    (cost_entries::id.eq(format!("entry-{at}")), cost_entries::product_id.eq(product.as_str())),
                    (cost_entries::month.eq(month), cost_entries::category.eq("other"), cost_entries::nature.eq("run")),
                    (cost_entries::amount_units.eq(1), cost_entries::amount_parts.eq(0)),
                    (cost_entries::currency.eq(currency), cost_entries::note.eq("x".repeat(500))),
                    (cost_entries::source.eq(""), cost_entries::created_at.eq(now), cost_entries::updated_at.eq(now)),
                    (cost_entries::version.eq(1), cost_entries::change_number.eq(1)),
                ))
                .execute(&mut **tx)?;
        }
        tx.nothing_changed();
        Ok(())
    });
    let september = app.exporter().get("exports/cost_entries.csv?to=2026-10").expect(200);
    assert_eq!(september.text().lines().count(), 2000);
    // The client panics over an answer that breaks off, and only then without its status.
    let broken = catch_unwind(AssertUnwindSafe(|| app.exporter().get("exports/cost_entries.csv")));
    let said = *broken.expect_err("a short answer looked complete").downcast::<String>().unwrap();
    assert!(said.starts_with("GET ") && !said.contains("answered"), "{said}");
}
