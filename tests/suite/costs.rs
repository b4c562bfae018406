//! What it costs: entries, exchange rates, and the answers about them.

use crate::{
    app::TestApp,
    client::Answer,
    effort::{person, service},
};
use prodops::products::store::publish_through;
use serde_json::{Value, json};

on_both_engines!(
    an_entry_is_exact_to_the_last_digit,
    a_sources_line_is_there_once,
    costs_are_summed_by_what_one_asks_for,
    currencies_are_summed_first_and_converted_once,
    a_missing_rate_is_said_and_stops_nothing,
    labour_is_hours_times_the_rate_in_force,
    what_cannot_be_asked_is_refused,
    the_exchange_rate_of_a_published_month_stays,
    lines_of_labour_are_not_there_for_those_who_may_not_edit,
    more_hours_than_one_number_holds_are_still_summed,
    what_a_bill_says_of_a_line_can_be_written_down_too,
    a_table_has_tags_and_what_else_there_is_as_json,
);

fn entry(app: &TestApp, component: Option<&str>, month: &str, amount: &str, currency: &str) -> Answer {
    let new = json!({
        "component": component, "month": month, "category": "infrastructure",
        "amount": { "amount": amount, "currency": currency },
    });
    app.editor().post("cost-entries", &new)
}

fn costs(app: &TestApp, query: &str) -> Value {
    app.viewer().get(&format!("costs?{query}")).expect(200).json
}

/// `key total` of each row, keyed by the property that was asked for.
fn totals(app: &TestApp, by: &str) -> Vec<String> {
    let answer = costs(app, &format!("from=2026-09&to=2026-11&by={by}"));
    let items = answer["items"].as_array().expect("rows");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    items.iter().map(|row| format!("{} {}", text(&row[by]), text(&row["total"]["amount"]))).collect()
}

fn an_entry_is_exact_to_the_last_digit(app: &TestApp) {
    for amount in ["0.000000000001", "-999999999999.999999999999", "0", "-0.5"] {
        let made = entry(app, None, "2026-10", amount, "EUR").expect(201);
        let path = format!("cost-entries/{}", made.json["id"].as_str().expect("an id"));
        assert_eq!(app.viewer().get(&path).expect(200).json["amount"]["amount"], amount);
    }
    let sum = &costs(app, "from=2026-10&to=2026-11")["items"][0]["total"];
    assert_eq!(sum["amount"], "-1000000000000.499999999998", "a sum may be longer than an entry");
}

fn a_sources_line_is_there_once(app: &TestApp) {
    let new = json!({
        "month": "2026-10", "category": "licence", "amount": { "amount": "1", "currency": "EUR" },
        "source": "invoice", "external_id": "7",
    });
    app.editor().post("cost-entries", &new).expect(201);
    assert_eq!(app.editor().post("cost-entries", &new).expect(409).json["code"], "exists");
    let mut other = new.clone();
    other["source"] = json!("another");
    app.editor().post("cost-entries", &other).expect(201);
    other["external_id"] = Value::Null;
    app.editor().post("cost-entries", &other).expect(201);
    app.editor().post("cost-entries", &other).expect(201);
    assert_eq!(app.viewer().get("cost-entries?external_id=null").column("source"), ["another", "another"]);
}

fn costs_are_summed_by_what_one_asks_for(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    entry(app, Some("search"), "2026-09", "100.10", "EUR").expect(201);
    entry(app, Some("search"), "2026-10", "200.20", "EUR").expect(201);
    entry(app, Some("index"), "2026-10", "50", "EUR").expect(201);
    entry(app, None, "2026-10", "-0.30", "EUR").expect(201);
    entry(app, Some("search"), "2026-11", "999", "EUR").expect(201);
    assert_eq!(totals(app, "month"), ["2026-09 100.1", "2026-10 249.9"]);
    assert_eq!(totals(app, "component"), ["null -0.3", "index 50", "search 300.3"]);
    assert_eq!(totals(app, "category"), ["infrastructure 350"]);
    let both = costs(app, "from=2026-10&to=2026-11&by=component,month");
    assert_eq!(both["items"].as_array().map(Vec::len), Some(3));
    let nothing = costs(app, "from=2020-01&to=2020-02");
    assert_eq!(nothing["items"][0]["component"], Value::Null, "what is not allocated is always a line");
}

fn currencies_are_summed_first_and_converted_once(app: &TestApp) {
    for _ in 0..3 {
        entry(app, None, "2026-10", "0.01", "USD").expect(201);
    }
    entry(app, None, "2026-10", "1", "EUR").expect(201);
    let rate = json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "0.5" });
    app.editor().post("exchange-rates", &rate).expect(201);
    assert_eq!(totals(app, "month"), ["2026-10 1.015"]);
}

fn a_missing_rate_is_said_and_stops_nothing(app: &TestApp) {
    entry(app, None, "2026-10", "10", "USD").expect(201);
    entry(app, None, "2026-09", "10", "EUR").expect(201);
    let rows = costs(app, "from=2026-09&to=2026-11&by=month")["items"].clone();
    assert_eq!(rows[0]["total"]["amount"], "10");
    assert_eq!(rows[1]["total"], Value::Null);
    let why = rows[1]["unknown"].as_str().expect("a reason");
    assert!(["USD", "EUR", "2026-10"].iter().all(|word| why.contains(word)), "{why}");
}

fn labour_is_hours_times_the_rate_in_force(app: &TestApp) {
    service(app, "Search");
    let ann = person(app, "Ann", "2026-01-01", None);
    let shares = json!([
        { "component": "search", "kind": "patching", "share": 0.25 },
        { "component": null, "kind": "overhead", "share": 0.75 },
    ]);
    let week = json!({ "entries": [{ "person": ann, "shares": shares }] });
    // 12 to 18 October 2026, all of it in one month.
    app.editor().with("If-None-Match", "*").put("effort/2026-W42", &week).expect(200);
    let unknown = costs(app, "from=2026-10&to=2026-11&by=component")["items"].clone();
    assert!(unknown[1]["unknown"].is_string(), "no labour rate: {unknown}");
    let rate = json!({ "valid_from": "2026-10-01", "amount": { "amount": "80.50", "currency": "EUR" } });
    app.editor().post("labour-rates", &rate).expect(201);
    assert_eq!(totals(app, "component"), ["null 2415", "search 805"]);
    let text = costs(app, "from=2026-10&to=2026-11&by=component").to_string();
    assert!(!text.contains("80.5") && !text.contains("Ann"), "neither rate nor person: {text}");
    app.editor().get("costs").expect(200);
    app.exporter().get("costs").expect(403);
}

fn what_cannot_be_asked_is_refused(app: &TestApp) {
    let faults = |query: &str| app.viewer().get(&format!("costs?{query}")).expect(422).faults();
    assert_eq!(faults("by=colour"), ["by value"]);
    assert_eq!(faults("by=month,month"), ["by twice"]);
    assert_eq!(faults("from=2026-10&to=2026-10"), ["from range"]);
    assert_eq!(faults("from=2016-09&to=2026-10"), ["from range"]);
    assert_eq!(faults("limit=1"), ["limit parameter"]);
    assert_eq!(faults("to=2026-11&from=2026-13"), ["from parameter"]);
    for bad in ["from=2026-13", "from=2026", "to=x", "from=0000-00", "limit=1"] {
        app.viewer().get(&format!("costs?{bad}")).expect(422);
    }
    let rate = |from: &str, to: &str, rate: &str| {
        app.editor().post("exchange-rates", &json!({ "from": from, "to": to, "month": "2026-10", "rate": rate }))
    };
    assert_eq!(rate("EUR", "EUR", "1").expect(422).faults(), ["/to same_currency"]);
    for wrong in ["0", "-1", "1e3", "", "x"] {
        assert_eq!(rate("USD", "EUR", wrong).status, 422, "{wrong}");
    }
    rate("USD", "EUR", "0.9").expect(201);
    rate("USD", "EUR", "0.8").expect(409);
}

fn the_exchange_rate_of_a_published_month_stays(app: &TestApp) {
    let rate = |month: &str| {
        app.editor().post("exchange-rates", &json!({ "from": "USD", "to": "EUR", "month": month, "rate": "0.9" }))
    };
    let old = rate("2026-09").expect(201).json;
    let product = app.platform();
    app.change(move |tx| publish_through(tx, &product, "2026-09".parse().expect("a month")));
    let path = format!("exchange-rates/{}", old["id"].as_str().expect("an id"));
    assert_eq!(rate("2026-08").expect(409).json["code"], "published");
    app.editor().patch(&path, "\"1\"", &json!({ "rate": "0.8" })).expect(409);
    app.editor().delete(&path, "\"1\"").expect(409);
    rate("2026-10").expect(201);
    // Bills may come late: they enter the next revision.
    entry(app, None, "2026-09", "1", "USD").expect(201);
}

fn lines_of_labour_are_not_there_for_those_who_may_not_edit(app: &TestApp) {
    let new = json!({
        "month": "2026-10", "category": "labour", "amount": { "amount": "1200", "currency": "EUR" }, "hours": 10,
        "note": "Ann, overtime", "source": "payroll", "external_id": "ann-1",
    });
    let line = app.editor().post("cost-entries", &new).expect(201).json;
    let path = format!("cost-entries/{}", line["id"].as_str().expect("an id"));
    app.editor().get(&path).expect(200);
    app.viewer().get(&path).expect(404);
    for query in ["", "?q=ann", "?category=labour&sort=external_id&limit=1", "?external_id=ann-1"] {
        let page = app.viewer().get(&format!("cost-entries{query}")).expect(200).json;
        assert_eq!((&page["items"], &page["next_cursor"]), (&json!([]), &json!(null)), "{query}");
        assert_eq!(app.editor().get(&format!("cost-entries{query}")).expect(200).column("note"), ["Ann, overtime"]);
    }
}

fn more_hours_than_one_number_holds_are_still_summed(app: &TestApp) {
    let new = json!({
        "month": "2026-10", "category": "other", "amount": { "amount": "1", "currency": "EUR" }, "hours": 10_000,
    });
    for _ in 0..4 {
        app.editor().post("cost-entries", &new).expect(201);
    }
    // 10⁴ hours are 10¹⁶ of the parts they are kept in; a thousand such lines would not fit.
    app.change(|tx| {
        use diesel::{ExpressionMethods, RunQueryDsl};
        use prodops::kernel::{money::Quantity, schema::cost_entries};
        let much = Quantity::from_parts(4_000_000_000_000_000_000);
        diesel::update(cost_entries::table).set(cost_entries::hours.eq(much)).execute(&mut **tx)?;
        tx.nothing_changed();
        Ok(())
    });
    costs(app, "from=2026-10&to=2026-11");
}

/// Everything that a line of a bill says.
fn billed() -> Value {
    json!({
        "month": "2026-10", "category": "infrastructure", "amount": { "amount": "1.5", "currency": "USD" },
        "billed_amount": { "amount": "-0.000000000001", "currency": "USD" },
        "provider": "AWS", "billing_account": "0001", "billing_period": "2026-09", "service_name": "Queue Service",
        "sub_account": "dev", "resource_id": "arn:1", "tags": { "team": "ops", "cost centre": "" },
        "extra": { "SkuId": "a", "x_Weight": 1.25, "x_Parts": [1, { "a": null }] },
    })
}

fn what_a_bill_says_of_a_line_can_be_written_down_too(app: &TestApp) {
    let made = app.editor().post("cost-entries", &billed()).expect(201).json;
    for (name, value) in billed().as_object().expect("properties") {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!(made["bill"], Value::Null);
    let plain = entry(app, None, "2026-10", "1", "EUR").expect(201).json;
    for name in ["billed_amount", "provider", "billing_period", "tags", "extra"] {
        assert_eq!(plain[name], Value::Null, "{name}");
    }
    for filter in
        ["provider=AWS", "billing_account=0001", "billing_period=2026-09", "service_name=Queue%20Service", "q=queue"]
    {
        let found = app.viewer().get(&format!("cost-entries?{filter}")).expect(200).column("id");
        assert_eq!(found, [made["id"].as_str().expect("an id")], "{filter}");
    }
    assert_eq!(app.viewer().get("cost-entries?sub_account=null&resource_id=null&bill=null").column("id").len(), 1);

    let path = format!("cost-entries/{}", made["id"].as_str().expect("an id"));
    let changes = json!({ "tags": { "team": null, "env": "dev" }, "extra": null, "billed_amount": null });
    let after = app.editor().patch(&path, "\"1\"", &changes).expect(200).json;
    assert_eq!(after["tags"], json!({ "cost centre": "", "env": "dev" }));
    assert_eq!([&after["extra"], &after["billed_amount"]], [&Value::Null, &Value::Null]);

    let mut wrong = billed();
    wrong["billed_amount"]["currency"] = json!("EUR");
    let refused = app.editor().post("cost-entries", &wrong).expect(422).faults();
    assert_eq!(refused, ["/billed_amount/currency another_currency"]);
    wrong = billed();
    wrong["tags"] = json!({ "a": 1 });
    assert_eq!(app.editor().post("cost-entries", &wrong).expect(422).faults(), ["/tags/a type"]);
}

fn a_table_has_tags_and_what_else_there_is_as_json(app: &TestApp) {
    let file = "month,category,amount,currency,billed_amount,billed_amount_currency,service_name,tags,extra\n\
                2026-10,infrastructure,1,EUR,2,EUR,Queue,\"{\"\"team\"\": \"\"ops\"\"}\",\"{\"\"x_Part\"\": [1]}\"\n";
    let sent = |file: &str| crate::imports::import(app, "costs", file);
    assert_eq!(sent(file).expect(200).json["created"], 1);
    assert_eq!(sent(file).expect(200).json["unchanged"], 1);
    let row = app.viewer().get("cost-entries").expect(200).json["items"][0].clone();
    assert_eq!(row["tags"], json!({ "team": "ops" }));
    assert_eq!(row["extra"], json!({ "x_Part": [1] }));
    assert_eq!(row["billed_amount"], json!({ "amount": "2", "currency": "EUR" }));
    let file = "month,category,amount,currency,billed_amount,billed_amount_currency,tags,extra\n\
                2026-10,infrastructure,1,EUR,2,USD,,\n2026-10,infrastructure,1,EUR,,,team:ops,[]\n";
    let found = crate::imports::faults(sent(file));
    let fault = |line, column: &str, code: &str| (line, column.to_owned(), code.to_owned());
    let expected =
        [fault(2, "billed_amount_currency", "another_currency"), fault(3, "tags", "type"), fault(3, "extra", "type")];
    assert_eq!(found, expected);

    let export = app.exporter().get("exports/cost_entries.csv?columns=billed_amount,service_name,tags,extra,provider");
    let expected = "billed_amount,service_name,tags,extra,provider\r\n\
                    2,Queue,\"{\"\"team\"\":\"\"ops\"\"}\",\"{\"\"x_Part\"\":[1]}\",\r\n";
    assert_eq!(export.expect(200).text(), expected);
}
