//! Budgets by fiscal year, what moved, and what upkeep comes to.

use crate::{
    app::TestApp,
    client::Answer,
    effort::{person, service},
    exports::cells,
    imports::{counts, fault, faults, import},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

on_both_engines!(
    a_component_has_one_budget_a_year_and_so_has_the_product,
    a_budget_is_in_the_products_currency_and_not_negative,
    a_budget_stands_against_what_was_spent_and_where_the_year_will_end,
    a_year_that_is_over_ends_where_it_ended,
    what_is_not_known_is_said_and_nothing_is_guessed,
    a_fiscal_year_begins_where_the_product_says,
    a_budget_stands_beside_what_a_whole_year_cost,
    budgets_come_in_as_a_file_and_go_out_as_a_dataset,
    movers_are_told_with_the_lines_that_moved_them,
    labour_is_told_by_roadmap_item,
    a_month_is_told_in_engineers_promises_and_people,
    where_there_is_nothing_to_divide_by_there_is_a_reason,
);

const PLATFORM: &str = "/api/v1/products/platform";

fn euros(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn budget(app: &TestApp, component: Option<&str>, year: &str, amount: &str) -> Answer {
    app.editor().post("budgets", &json!({ "component": component, "fiscal_year": year, "amount": euros(amount) }))
}

fn spend(app: &TestApp, component: Option<&str>, month: &str, amount: &str) {
    spend_more(app, component, month, amount, json!({}));
}

fn spend_more(app: &TestApp, component: Option<&str>, month: &str, amount: &str, more: Value) {
    let mut new =
        json!({ "component": component, "month": month, "category": "infrastructure", "amount": euros(amount) });
    for (name, value) in more.as_object().expect("an object") {
        new[name] = value.clone();
    }
    app.editor().post("cost-entries", &new).expect(201);
}

fn status(app: &TestApp, year: &str) -> Value {
    app.viewer().get(&format!("budget-status?fiscal_year={year}")).expect(200).json
}

fn a_component_has_one_budget_a_year_and_so_has_the_product(app: &TestApp) {
    service(app, "Search");
    let id = app.viewer().get("components/search").expect(200).json["id"].clone();
    let made = budget(app, id.as_str(), "FY2026", "1200.50").expect(201);
    assert_eq!((&made.json["component"], &made.json["amount"]), (&json!("search"), &euros("1200.5")));
    budget(app, None, "FY2026", "5000").expect(201);
    for component in [Some("search"), None] {
        assert_eq!(budget(app, component, "FY2026", "1").expect(409).json["code"], "exists");
        budget(app, component, "FY2027", "1").expect(201);
    }
    budget(app, Some("nothing"), "FY2026", "1").expect(422);
    let path = format!("budgets/{}", made.json["id"].as_str().expect("an id"));
    let changed = app.editor().patch(&path, made.etag(), &json!({ "amount": euros("1300") })).expect(200);
    assert_eq!((&changed.json["amount"], &changed.json["component"]), (&euros("1300"), &json!("search")));
    app.editor().patch(&path, made.etag(), &json!({ "amount": euros("1") })).expect(412);
    app.editor().patch(&path, changed.etag(), &json!({ "fiscal_year": "FY2027" })).expect(409);
    app.editor().patch(&path, changed.etag(), &json!({ "component": null })).expect(409);
    let years = app.viewer().get("budgets?component=search&sort=-fiscal_year").expect(200);
    assert_eq!(years.column("fiscal_year"), ["FY2027", "FY2026"]);
    assert_eq!(
        app.viewer().get("budgets?component=null&fiscal_year=FY2026").expect(200).column("version"),
        [1].map(|version: i64| version.to_string())
    );
    let component = app.viewer().get("components/search").expect(200);
    app.editor().delete("components/search", component.etag()).expect(409);
    app.editor().delete(&path, changed.etag()).expect(204);
    app.viewer().get(&path).expect(404);
    let events = app.editor().get("audit-events?resource=budgets&sort=-at").expect(200);
    assert_eq!(events.json["items"].as_array().map(Vec::len), Some(6));
}

fn a_budget_is_in_the_products_currency_and_not_negative(app: &TestApp) {
    let wrong = json!({ "fiscal_year": "FY2026", "amount": { "amount": "-1", "currency": "USD" } });
    assert_eq!(
        app.editor().post("budgets", &wrong).expect(422).faults(),
        ["/amount/amount too_small", "/amount/currency other_currency"]
    );
    for year in ["2026", "FY26", "fy2026", "FY1969", "FY2900"] {
        assert_eq!(budget(app, None, year, "1").status, 422, "{year}");
        assert_eq!(app.viewer().get(&format!("budget-status?fiscal_year={year}")).status, 422, "{year}");
    }
    budget(app, None, "FY2026", "0").expect(201);
    let product = app.owner().get(PLATFORM).expect(200);
    for fixed in [json!({ "currency": "USD" }), json!({ "fiscal_year_start": 4 })] {
        assert_eq!(app.owner().patch(PLATFORM, product.etag(), &fixed).expect(409).json["code"], "fixed");
    }
}

fn a_budget_stands_beside_what_a_whole_year_cost(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    spend(app, Some("search"), "2026-02", "100");
    spend(app, None, "2026-03", "1");
    budget(app, None, "FY2026", "1500").expect(201);
    budget(app, Some("search"), "FY2026", "1200").expect(201);
    budget(app, Some("index"), "FY2026", "7").expect(201);
    budget(app, Some("index"), "FY2027", "8").expect(201);
    let costs = |query: &str| app.viewer().get(&format!("costs?{query}")).expect(200).json;
    let year = costs("from=2026-01&to=2027-01");
    assert_eq!(year["budget"], euros("1500"));
    let rows: Vec<_> = year["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["component"].clone(), row["total"].clone(), row["budget"].clone()))
        .collect();
    assert_eq!(
        rows,
        [
            (Value::Null, euros("1"), Value::Null),
            (json!("index"), euros("0"), euros("7")),
            (json!("search"), euros("100"), euros("1200")),
        ]
    );
    // Over anything else nothing is planned, and by anything else only the whole is.
    for query in ["from=2026-01&to=2026-12", "from=2026-02&to=2027-02", "from=2026-01&to=2028-01"] {
        let told = costs(query);
        assert!(told.get("budget").is_none() && told["items"][0].get("budget").is_none(), "{told}");
    }
    let by_month = costs("from=2026-01&to=2027-01&by=component,month");
    assert_eq!(by_month["budget"], euros("1500"));
    assert!(by_month["items"][0].get("budget").is_none(), "{by_month}");
}

/// The clock of the tests stands in November 2026.
fn a_budget_stands_against_what_was_spent_and_where_the_year_will_end(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    for month in 1..=7 {
        spend(app, Some("search"), &format!("2026-{month:02}"), "100");
    }
    spend(app, Some("search"), "2026-08", "110");
    spend_more(app, Some("search"), "2026-09", "120", json!({ "nature": "grow" }));
    spend(app, Some("search"), "2026-10", "130.03");
    spend(app, Some("index"), "2026-10", "50");
    // The present month is not over, the one before the year is not of it.
    spend(app, Some("search"), "2026-11", "999");
    spend(app, Some("search"), "2025-12", "999");
    budget(app, None, "FY2026", "1500").expect(201);
    budget(app, Some("search"), "FY2026", "1200").expect(201);
    budget(app, Some("index"), "FY2026", "0").expect(201);
    budget(app, Some("index"), "FY2027", "7").expect(201);
    let told = app.viewer().get("budget-status").expect(200).json;
    assert_eq!(told, status(app, "FY2026"), "the year of the last month that is over");
    assert_eq!(
        (&told["from"], &told["to"], &told["through"]),
        (&json!("2026-01"), &json!("2027-01"), &json!("2026-10"))
    );
    assert_eq!((&told["year_elapsed"], &told["months_left"]), (&json!(0.833333333333), &json!(2)));
    assert_eq!(told["basis_months"], json!(["2026-08", "2026-09", "2026-10"]));
    let method = told["method"].as_str().expect("words");
    assert!(
        ["10 of 12", "2 to come", "2026-08, 2026-09, 2026-10"].iter().all(|word| method.contains(word)),
        "{method}"
    );
    let [whole, index, search] = told["items"].as_array().expect("rows").as_slice() else { panic!("{told}") };

    // 7 × 100 + 110 + 120 + 130.03; the last three cost 360.03: 1060.03 + 2 × 120.01.
    assert_eq!((&search["component"], &search["actual"]), (&json!("search"), &euros("1060.03")));
    assert_eq!((&search["remaining"], &search["used"]), (&euros("139.97"), &json!(0.883358333333)));
    let forecast = json!({
        "basis": euros("360.03"), "per_month": euros("120.01"), "amount": euros("1300.05"),
        "variance": euros("100.05"), "outlook": "over",
    });
    assert_eq!(search["forecast"], forecast);
    assert_eq!(search["months"].as_array().map(Vec::len), Some(10));
    assert_eq!(search["months"][9], json!({ "month": "2026-10", "cost": euros("130.03") }));

    // 1060.03 + 50, and two thirds of 410.03 more.
    assert_eq!((&whole["component"], &whole["actual"]), (&Value::Null, &euros("1110.03")));
    let forecast = json!({
        "basis": euros("410.03"), "per_month": euros("136.676666666667"), "amount": euros("1383.383333333333"),
        "variance": euros("-116.616666666667"), "outlook": "under",
    });
    assert_eq!(whole["forecast"], forecast);

    // Months in which others cost something and it did not are nothing, not unknown.
    assert_eq!((&index["actual"], &index["used"]), (&euros("50"), &Value::Null));
    assert_eq!(index["months"][0]["cost"], euros("0"));
    assert_eq!(index["forecast"]["amount"], euros("83.333333333333"));

    let next = status(app, "FY2027");
    assert_eq!((&next["through"], &next["months_left"], &next["year_elapsed"]), (&Value::Null, &json!(12), &json!(0)));
    let only = &next["items"][0];
    assert_eq!((&only["actual"], &only["forecast"]["amount"]), (&euros("0"), &euros("200")), "12 × 50 ÷ 3");
}

fn a_year_that_is_over_ends_where_it_ended(app: &TestApp) {
    for month in 1..=12 {
        spend(app, None, &format!("2025-{month:02}"), &month.to_string());
    }
    budget(app, None, "FY2025", "78").expect(201);
    let told = status(app, "FY2025");
    assert_eq!((&told["through"], &told["months_left"]), (&json!("2025-12"), &json!(0)));
    assert_eq!((&told["year_elapsed"], &told["basis_months"]), (&json!(1), &json!([])));
    let forecast = json!({
        "basis": null, "per_month": null, "amount": euros("78"), "variance": euros("0"), "outlook": "even",
    });
    assert_eq!((&told["items"][0]["actual"], &told["items"][0]["forecast"]), (&euros("78"), &forecast));
    assert_eq!(status(app, "FY2024")["items"], json!([]));
}

fn what_is_not_known_is_said_and_nothing_is_guessed(app: &TestApp) {
    service(app, "Search");
    budget(app, None, "FY2026", "10").expect(201);
    let first = status(app, "FY2026")["items"][0].clone();
    assert_eq!((&first["actual"], &first["unknown"]), (&Value::Null, &json!("no cost is recorded for 2026-01")));
    assert_eq!(first["forecast"]["unknown"], "no cost is recorded for 2026-01");
    for month in 1..=10 {
        spend(app, None, &format!("2026-{month:02}"), "1");
    }
    spend_more(app, Some("search"), "2026-03", "5", json!({ "amount": { "amount": "5", "currency": "USD" } }));
    budget(app, Some("search"), "FY2026", "10").expect(201);
    let rows = status(app, "FY2026")["items"].clone();
    for row in [&rows[0], &rows[1]] {
        let why = "no exchange rate from USD to EUR for 2026-03";
        assert_eq!((&row["actual"], &row["remaining"], &row["used"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!((&row["unknown"], &row["forecast"]["unknown"]), (&json!(why), &json!(why)));
        assert_eq!((&row["forecast"]["amount"], &row["forecast"]["outlook"]), (&Value::Null, &Value::Null));
        assert_eq!((&row["months"][2]["cost"], &row["months"][2]["unknown"]), (&Value::Null, &json!(why)));
        assert_eq!(row["months"][1].get("unknown"), None);
    }
    assert_eq!(rows[0]["forecast"]["per_month"], euros("1"), "what is known stays");
}

fn a_fiscal_year_begins_where_the_product_says(app: &TestApp) {
    let product = app.owner().get(PLATFORM).expect(200);
    app.owner().patch(PLATFORM, product.etag(), &json!({ "fiscal_year_start": 10 })).expect(200);
    for (month, amount) in [("2026-08", "10"), ("2026-09", "20"), ("2026-10", "30")] {
        spend(app, None, month, amount);
    }
    budget(app, None, "FY2026", "300").expect(201);
    let told = app.viewer().get("budget-status").expect(200).json;
    assert_eq!(
        (&told["fiscal_year"], &told["from"], &told["to"]),
        (&json!("FY2026"), &json!("2026-10"), &json!("2027-10"))
    );
    // One month is over; the forecast reaches back into the year before: 30 + 11 × (10 + 20 + 30) ÷ 3.
    assert_eq!(told["items"][0]["actual"], euros("30"));
    assert_eq!(told["items"][0]["forecast"]["amount"], euros("250"));
    assert_eq!(told["basis_months"], json!(["2026-08", "2026-09", "2026-10"]));
}

fn budgets_come_in_as_a_file_and_go_out_as_a_dataset(app: &TestApp) {
    service(app, "Search");
    let file = "component,fiscal_year,amount,currency\n,FY2026,5000,EUR\nsearch,FY2026,1200.25,EUR\n";
    assert_eq!(counts(app, "budgets", file), (2, 0, 0));
    assert_eq!(counts(app, "budgets", file), (0, 0, 2));
    assert_eq!(counts(app, "budgets", &file.replace("5000", "6000")), (0, 1, 1));
    let wrong = "component,fiscal_year,amount,currency\nnothing,FY2026,1,EUR\nsearch,2026,1,EUR\n,FY2027,1,USD\n";
    let expected = [fault(2, "component", "unknown_reference"), fault(3, "fiscal_year", "format")];
    let found = faults(import(app, "budgets", wrong));
    assert_eq!(found[..2], expected);
    assert_eq!((found[2].0, found[2].2.as_str()), (4, "other_currency"));
    let columns = ["component", "fiscal_year", "first_month", "amount", "currency"];
    for client in [app.owner(), app.exporter()] {
        assert_eq!(
            cells(&client, "exports/budgets.csv", &columns),
            [" FY2026 2026-01 6000 EUR", "search FY2026 2026-01 1200.25 EUR"]
        );
    }
    assert_eq!(cells(&app.exporter(), "exports/budgets.csv?from=2026-02", &columns), Vec::<String>::new());
    let rate = json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "0.923100" });
    app.editor().post("exchange-rates", &rate).expect(201);
    let columns = ["from_currency", "to_currency", "month", "rate"];
    assert_eq!(cells(&app.exporter(), "exports/exchange_rates.csv", &columns), ["USD EUR 2026-10 0.9231"]);
    assert_eq!(cells(&app.exporter(), "exports/exchange_rates.csv?from=2026-11", &columns), Vec::<String>::new());
}

fn movers(app: &TestApp, query: &str) -> Value {
    app.viewer().get(&format!("cost-movers?{query}")).expect(200).json
}

/// `component difference movement` of each row.
fn moved(told: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let row = |one: &Value| {
        let difference = text(&one["difference"]["amount"]);
        format!("{} {difference} {}", text(&one["component"]), text(&one["movement"]))
    };
    told["items"].as_array().expect("rows").iter().map(row).collect()
}

fn movers_are_told_with_the_lines_that_moved_them(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let item = app.editor().post("roadmap-items", &json!({ "title": "Renew", "kind": "debt" })).expect(201).json;
    let of_item = json!({ "roadmap_item": item["ref"], "category": "licence" });
    spend(app, Some("search"), "2026-09", "100");
    spend(app, Some("search"), "2026-10", "160");
    spend_more(app, Some("search"), "2026-10", "40.5", of_item);
    spend_more(app, Some("search"), "2026-10", "7000", json!({ "nature": "grow" }));
    spend(app, Some("index"), "2026-09", "300");
    spend(app, None, "2026-09", "5");
    spend(app, None, "2026-10", "5");
    spend(app, Some("search"), "2025-10", "250.5");
    let told = movers(app, "");
    assert_eq!((&told["month"], &told["before_month"]), (&json!("2026-10"), &json!("2026-09")));
    assert_eq!(moved(&told), ["index -300 ended", "search 100.5 more"]);
    let total = &told["total"];
    assert_eq!(
        (&total["before"], &total["after"], &total["difference"]),
        (&euros("405"), &euros("205.5"), &euros("-199.5"))
    );
    let search = &told["items"][1];
    assert_eq!(search["change"], json!(1.005));
    assert_eq!(
        search["lines"],
        json!([
            {
                "category": "infrastructure", "nature": "run", "source": "cost_entries", "roadmap_item": null,
                "before": euros("100"), "after": euros("160"), "difference": euros("60"), "change": 0.6,
                "movement": "more",
            },
            {
                "category": "licence", "nature": "run", "source": "cost_entries", "roadmap_item": item["ref"],
                "before": euros("0"), "after": euros("40.5"), "difference": euros("40.5"), "change": null,
                "movement": "began",
            },
        ])
    );
    assert_eq!(moved(&movers(app, "of=all")), ["search 7100.5 more", "index -300 ended"]);
    let year = movers(app, "month=2026-10&since=last_year");
    assert_eq!(
        (moved(&year), &year["before_month"]),
        (vec!["search -50 less".to_owned(), "null 5 began".to_owned()], &json!("2025-10"))
    );
    let unknown = movers(app, "month=2026-09&since=last_year");
    assert_eq!(unknown["total"]["unknown"], "no cost is recorded for 2025-09");
    assert_eq!(unknown["items"].as_array().map(Vec::len), Some(3), "each is told, and why it is not known");
    let first = app.viewer().get("cost-movers?month=1970-12&since=last_year").expect(422);
    assert_eq!(first.faults(), ["month range"]);
    for (wrong, fault) in [("since=ever", "since"), ("month=2026", "month"), ("of=some", "of"), ("limit=1", "limit")] {
        let answer = app.viewer().get(&format!("cost-movers?{wrong}")).expect(422);
        assert!(answer.faults()[0].starts_with(fault), "{answer}");
    }
}

fn labour_is_told_by_roadmap_item(app: &TestApp) {
    service(app, "Search");
    let refs: Vec<Value> = ["One", "Other"]
        .iter()
        .map(|title| app.editor().post("roadmap-items", &json!({ "title": title, "kind": "debt" })).expect(201).json)
        .map(|item| item["ref"].clone())
        .collect();
    let rate = json!({ "valid_from": "2026-01-01", "amount": euros("82.5") });
    app.editor().post("labour-rates", &rate).expect(201);
    let ann = person(app, "Ann", "2026-01-01", None);
    let share = |item: &Value, share: f64| json!({ "component": "search", "roadmap_item": item, "kind": "patching", "share": share });
    let week = json!({ "entries": [{ "person": ann, "shares": [share(&refs[0], 0.25), share(&refs[1], 0.75)] }] });
    app.editor().with("If-None-Match", "*").put("effort/2026-W42", &week).expect(200);
    spend(app, None, "2026-09", "1");
    let lines = |told: &Value| -> Vec<String> {
        let lines = told["items"][0]["lines"].as_array().expect("lines");
        lines.iter().map(|line| format!("{} {}", line["roadmap_item"], line["difference"]["amount"])).collect()
    };
    let told = movers(app, "");
    assert_eq!(lines(&told), [format!("{} \"2475\"", refs[1]), format!("{} \"825\"", refs[0])]);
    assert!(!told.to_string().contains("82.5") && !told.to_string().contains("Ann"), "{told}");
    assert_eq!(told["items"][0]["lines"][0]["source"], "effort");
}

fn units(app: &TestApp, month: &str) -> Value {
    app.viewer().get(&format!("unit-costs?month={month}")).expect(200).json
}

fn of<'v>(told: &'v Value, component: &Value) -> &'v Value {
    let rows = told["items"].as_array().expect("rows");
    rows.iter().find(|row| row["component"] == *component).expect("a row")
}

/// An SLO of hours, of which one in a thousand may be bad, measured all through October.
fn slo(app: &TestApp, name: &str, component: &str, bad: bool) {
    let new = json!({
        "name": name, "component": component, "target": 0.999, "window": { "kind": "rolling", "days": 28 },
        "indicator": { "good": "g", "total": "t" }, "bucket_seconds": 3600,
    });
    app.editor().post("slos", &new).expect(201);
    let start: DateTime<Utc> = "2026-09-30T22:00:00Z".parse().expect("a time"); // Midnight in Berlin.
    let mut text = "at,good,total\n".to_owned();
    for hour in 0..745 {
        let good = if bad && hour < 2 { 0 } else { 10 };
        text += &format!("{},{good},10\n", (start + TimeDelta::hours(hour)).format("%Y-%m-%dT%H:%M:%SZ"));
    }
    let path = format!("slos/{}/measurements", name.to_lowercase());
    app.editor().with("Content-Type", "text/csv").send("POST", &path, Some(text.as_bytes())).expect(200);
}

fn persona(app: &TestApp, name: &str, people: Option<i64>, uses: &[(&str, &str, i64)]) {
    let made = app.editor().post("personas", &json!({ "name": name })).expect(201).json;
    let path = format!("personas/{}", made["id"].as_str().expect("an id"));
    if let Some(people) = people {
        let new = json!({ "valid_from": "2026-01-01", "people": people });
        app.editor().post(&format!("{path}/populations"), &new).expect(201);
    }
    for (component, on, uses) in uses {
        let new = json!({
            "component": component, "task": "find", "on": on, "uses_per_month": uses, "minutes_per_use": 1,
        });
        app.editor().post(&format!("{path}/journeys"), &new).expect(201);
    }
}

fn a_month_is_told_in_engineers_promises_and_people(app: &TestApp) {
    for name in ["Search", "Index", "Unused"] {
        service(app, name);
    }
    spend(app, Some("search"), "2026-10", "1000");
    spend(app, Some("index"), "2026-10", "200");
    spend(app, None, "2026-10", "50");
    spend_more(app, Some("search"), "2026-10", "9000", json!({ "nature": "transform" }));
    let rate = json!({ "valid_from": "2026-01-01", "amount": euros("82.5") });
    app.editor().post("labour-rates", &rate).expect(201);
    slo(app, "Fast", "search", false);
    slo(app, "Found", "search", true);
    slo(app, "Fresh", "index", false);
    persona(
        app,
        "Developer",
        Some(30),
        &[("search", "2026-09-01", 5), ("unused", "2026-02-01", 9), ("unused", "2026-10-31", 0)],
    );
    persona(app, "Operator", Some(10), &[("search", "2026-10-31", 1), ("index", "2026-01-01", 1)]);
    persona(app, "Later", Some(99), &[("search", "2026-11-01", 1)]);
    let told = app.viewer().get("unit-costs").expect(200).json;
    assert_eq!(told, units(app, "2026-10"), "the last month that is over");

    // A month of an engineer is 82.5 × 40 × 52 ÷ 12 = 14,300: 1250 ÷ 14300 = 0.0874…, 1000 ÷ 14300 = 0.0699…
    let total = &told["total"];
    assert_eq!((&total["cost"], &total["engineers"]), (&euros("1250"), &json!({ "about": 0.087 })));
    let search = of(&told, &json!("search"));
    assert_eq!((&search["cost"], &search["engineers"]["about"]), (&euros("1000"), &json!(0.07)));

    let slos = |row: &Value| ["promised", "kept", "missed"].map(|name| row["slos"][name].as_i64().expect("a count"));
    assert_eq!((slos(total), &total["slos"]["cost_per_kept"]), ([3, 2, 1], &euros("625")));
    assert_eq!((slos(search), &search["slos"]["cost_per_kept"]), ([2, 1, 1], &euros("1000")));

    let names = |row: &Value| -> Vec<String> {
        let served = row["personas"]["served"].as_array().expect("personas");
        served.iter().map(|one| format!("{} {}", one["name"].as_str().expect("a name"), one["people"])).collect()
    };
    assert_eq!(names(search), ["Developer 30", "Operator 10"]);
    let per = |row: &Value| [row["personas"]["cost_per_persona"].clone(), row["personas"]["cost_per_person"].clone()];
    assert_eq!((&search["personas"]["people"], per(search)), (&json!(40), [euros("500"), euros("25")]));
    assert_eq!(per(of(&told, &json!("index"))), [euros("200"), euros("20")]);
    assert_eq!(per(total), [euros("625"), euros("31.25")]);

    let unused = of(&told, &json!("unused"));
    assert_eq!((&unused["cost"], &unused["personas"]["unknown"]), (&euros("0"), &json!("nobody is known to use it")));
    assert_eq!(unused["slos"]["unknown"], "nothing is promised of it");
    assert_eq!(of(&told, &Value::Null)["cost"], euros("50"));
    assert!(!told.to_string().contains("82.5"), "the rate stays inside the team: {told}");
}

fn where_there_is_nothing_to_divide_by_there_is_a_reason(app: &TestApp) {
    service(app, "Search");
    let nothing = units(app, "2026-08")["total"].clone();
    assert_eq!((&nothing["cost"], &nothing["unknown"]), (&Value::Null, &json!("no cost is recorded for 2026-08")));
    spend(app, Some("search"), "2026-10", "10");
    let total = units(app, "2026-10")["total"].clone();
    assert_eq!(
        (&total["engineers"]["about"], &total["engineers"]["unknown"]),
        (&Value::Null, &json!("no labour rate in force on 2026-10-01"))
    );
    let free = json!({ "valid_from": "2026-01-01", "amount": euros("0") });
    app.editor().post("labour-rates", &free).expect(201);
    let total = units(app, "2026-10")["total"].clone();
    assert_eq!(total["engineers"]["unknown"], "the labour rate in force on 2026-10-01 is nothing");
    slo(app, "Found", "search", true);
    assert_eq!(units(app, "2026-10")["total"]["slos"]["unknown"], "no SLO was kept");
    let new = json!({
        "name": "Silent", "component": "search", "target": 0.9, "window": { "kind": "rolling", "days": 28 },
        "indicator": { "good": "g", "total": "t" },
    });
    app.editor().post("slos", &new).expect(201);
    // Made in November, and not measured before: October had no such promise.
    assert_eq!(units(app, "2026-10")["total"]["slos"]["promised"], 1);
    let running = units(app, "2026-11")["total"]["slos"].clone();
    assert_eq!((&running["undecided"], &running["kept"]), (&json!(["found", "silent"]), &json!(0)));
    assert_eq!(running["unknown"], "whether found, silent was kept is not known");
    persona(app, "Guest", None, &[("search", "2026-09-01", 5)]);
    let personas = units(app, "2026-10")["total"]["personas"].clone();
    assert_eq!((&personas["cost_per_persona"], &personas["cost_per_person"]), (&euros("10"), &Value::Null));
    assert_eq!(personas["unknown"], "how many people were Guest in 2026-10 is not written down");
    for wrong in ["month=2026", "months=2026-10"] {
        app.viewer().get(&format!("unit-costs?{wrong}")).expect(422);
    }
}
