//! The product itself, its team, and what an hour costs.

use crate::app::TestApp;
use prodops::products::store::publish_through;
use serde_json::{Value, json};

on_both_engines!(
    an_admin_makes_a_product_and_names_its_owner,
    what_is_left_out_of_a_product_has_its_default,
    a_product_is_what_the_schema_allows,
    what_sums_were_made_with_is_fixed_once_there_is_data,
    a_list_shows_the_products_one_is_a_member_of,
    the_team_is_the_teams_own_business,
    money_is_exact_and_a_rate_is_the_products_currency,
    a_rate_starts_on_the_first_of_a_month_and_only_once,
    a_published_month_is_not_rewritten,
);

fn an_admin_makes_a_product_and_names_its_owner(app: &TestApp) {
    let new = json!({ "name": "Data Platform", "currency": "USD", "owner": app.people.viewer });
    let made = app.admin().post("/api/v1/products", &new).expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/products/data-platform"));
    let path = "/api/v1/products/data-platform";
    app.admin().get(path).expect(404);
    assert_eq!(app.viewer().get(path).expect(200).json, made.json);
    app.viewer().patch(path, "\"1\"", &json!({ "definition": "What data goes through." })).expect(200);
    app.admin().post("/api/v1/products", &new).expect(409);
    let without = app.admin().post("/api/v1/products", &json!({ "name": "x", "currency": "USD" })).expect(422);
    assert_eq!(without.faults(), ["/owner required"]);
    let nobody = json!({ "name": "x", "currency": "USD", "owner": "nobody" });
    assert_eq!(app.admin().post("/api/v1/products", &nobody).expect(422).faults(), ["/owner unknown_reference"]);
    app.owner().get("/api/v1/products/x").expect(404);
}

fn what_is_left_out_of_a_product_has_its_default(app: &TestApp) {
    let new = json!({ "name": "New", "currency": "EUR", "owner": app.people.owner });
    let made = app.admin().post("/api/v1/products", &new).expect(201).json;
    let expected = json!({
        "key": "new", "name": "New", "definition": "", "ref_prefix": "OPS", "timezone": "UTC", "currency": "EUR",
        "fiscal_year_start": 1, "labour_from": "effort", "full_time_week_hours": 40, "publish_day": null,
        "published_through": null, "version": 1,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made[name], value, "{name}");
    }
}

fn a_product_is_what_the_schema_allows(app: &TestApp) {
    let faults = |patch: Value| app.owner().patch("/api/v1/products/platform", "\"1\"", &patch).expect(422).faults();
    assert_eq!(faults(json!({ "timezone": "Mars/Olympus" })), ["/timezone unknown_timezone"]);
    assert_eq!(faults(json!({ "currency": "eur" })), ["/currency format"]);
    assert_eq!(faults(json!({ "currency": null })), ["/currency required"]);
    assert_eq!(
        faults(json!({ "publish_day": 29, "fiscal_year_start": 13, "full_time_week_hours": 169, "ref_prefix": "ops" })),
        [
            "/fiscal_year_start too_large",
            "/full_time_week_hours too_large",
            "/publish_day too_large",
            "/ref_prefix format"
        ]
    );
    assert_eq!(faults(json!({ "published_through": "2026-01" })), ["/published_through unknown_property"]);
    assert_eq!(faults(json!({ "key": "x", "owner": "x" })), ["/key fixed", "/owner fixed"]);
    let unknown = app.owner().patch("/api/v1/products/platform", "\"1\"", &json!({ "currency": "XQX" })).status;
    assert_eq!(unknown, 422);
}

fn what_sums_were_made_with_is_fixed_once_there_is_data(app: &TestApp) {
    let owner = app.owner();
    let path = "/api/v1/products/platform";
    let freely = json!({ "currency": "CHF", "timezone": "Asia/Kathmandu", "fiscal_year_start": 7 });
    let changed = owner.patch(path, "\"1\"", &freely).expect(200).json;
    assert_eq!((&changed["currency"], &changed["timezone"]), (&json!("CHF"), &json!("Asia/Kathmandu")));
    rate(app, "2026-10-01", "90", "CHF").expect(201);
    for (name, value) in [
        ("currency", json!("EUR")),
        ("timezone", json!("UTC")),
        ("fiscal_year_start", json!(1)),
        ("labour_from", json!("cost_entries")),
    ] {
        let refused = owner.patch(path, "\"2\"", &json!({ name: value })).expect(409);
        assert_eq!(refused.json["code"], "fixed");
        assert!(refused.json["detail"].as_str().is_some_and(|detail| detail.contains(name)), "{refused}");
    }
    owner.patch(path, "\"2\"", &json!({ "currency": "CHF", "name": "Renamed", "publish_day": 5 })).expect(200);
}

fn a_list_shows_the_products_one_is_a_member_of(app: &TestApp) {
    assert_eq!(app.exporter().get("/api/v1/products").expect(200).column("key"), ["platform"]);
    assert_eq!(app.outsider().get("/api/v1/products").expect(200).column("key"), ["other"]);
    assert_eq!(app.admin().get("/api/v1/products").expect(200).column("key"), [""; 0]);
    let owner = app.outsider();
    owner.post("/api/v1/products/other/members", &json!({ "user": app.people.viewer, "role": "viewer" })).expect(201);
    assert_eq!(app.viewer().get("/api/v1/products?sort=key").column("key"), ["other", "platform"]);
    assert_eq!(app.viewer().get("/api/v1/products?q=PLAT").column("key"), ["platform"]);
}

fn the_team_is_the_teams_own_business(app: &TestApp) {
    let editor = app.editor();
    let new = json!({ "name": "Ann", "hours_per_week": 38.5, "valid_from": "2026-01-01", "valid_to": "2026-07-01" });
    let made = editor.post("team", &new).expect(201);
    assert_eq!(made.json["hours_per_week"], json!(38.5));
    let path = format!("team/{}", made.json["id"].as_str().expect("an id"));
    app.viewer().get("team").expect(403);
    app.viewer().get(&path).expect(403);
    assert_eq!(app.owner().get("team?valid_to.lt=2026-08-01").column("name"), ["Ann"]);
    let backwards = editor.patch(&path, "\"1\"", &json!({ "valid_to": "2026-01-01" })).expect(422);
    assert_eq!(backwards.faults(), ["/valid_to before_start"]);
    assert_eq!(editor.patch(&path, "\"1\"", &json!({ "valid_to": null })).expect(200).json["valid_to"], Value::Null);
    for hours in [json!(0), json!(-1), json!(168.1), json!("40"), json!(1e15)] {
        let faults = editor.patch(&path, "\"2\"", &json!({ "hours_per_week": hours })).expect(422).faults();
        assert!(faults[0].starts_with("/hours_per_week "), "{hours}: {faults:?}");
    }
    editor.delete(&path, "\"2\"").expect(204);
    assert_eq!(editor.get("team").column("name"), [""; 0]);
}

fn rate(app: &TestApp, from: &str, amount: &str, currency: &str) -> crate::client::Answer {
    let new = json!({ "valid_from": from, "amount": { "amount": amount, "currency": currency } });
    app.editor().post("labour-rates", &new)
}

fn money_is_exact_and_a_rate_is_the_products_currency(app: &TestApp) {
    let made = rate(app, "2026-11-01", "123456789012.000000000001", "EUR").expect(201);
    assert_eq!(made.json["amount"], json!({ "amount": "123456789012.000000000001", "currency": "EUR" }));
    let path = format!("labour-rates/{}", made.json["id"].as_str().expect("an id"));
    assert_eq!(app.editor().get(&path).expect(200).json, made.json);
    for amount in ["1234567890123", "1.0000000000001", "1e3", "1,5", "", "NaN", "+1", " 1", "0x1", ".", "--1"] {
        assert_eq!(rate(app, "2026-12-01", amount, "EUR").status, 422, "{amount}");
    }
    assert_eq!(rate(app, "2026-12-01", "-1", "EUR").expect(422).faults(), ["/amount/amount too_small"]);
    assert_eq!(rate(app, "2026-12-01", "1", "USD").expect(422).faults(), ["/amount/currency other_currency"]);
    let number = json!({ "valid_from": "2026-12-01", "amount": { "amount": 85.5, "currency": "EUR" } });
    assert_eq!(app.editor().post("labour-rates", &number).expect(422).faults(), ["/amount/amount type"]);
    app.viewer().get("labour-rates").expect(403);
    app.viewer().get(&path).expect(403);
}

fn a_rate_starts_on_the_first_of_a_month_and_only_once(app: &TestApp) {
    rate(app, "2026-10-01", "85", "EUR").expect(201);
    assert_eq!(rate(app, "2026-10-01", "90", "EUR").expect(409).json["code"], "exists");
    assert_eq!(rate(app, "2026-10-02", "90", "EUR").expect(422).faults(), ["/valid_from not_first_of_month"]);
    rate(app, "2027-01-01", "95", "EUR").expect(201);
    let listed = app.editor().get("labour-rates?sort=-valid_from").expect(200);
    assert_eq!(listed.column("valid_from"), ["2027-01-01", "2026-10-01"]);
}

fn a_published_month_is_not_rewritten(app: &TestApp) {
    let old = rate(app, "2026-09-01", "85", "EUR").expect(201).json;
    let new = rate(app, "2026-10-01", "90", "EUR").expect(201).json;
    let product = app.platform();
    app.change(move |tx| publish_through(tx, &product, "2026-09".parse().expect("a month")));
    let path = |row: &Value| format!("labour-rates/{}", row["id"].as_str().expect("an id"));
    let refused = rate(app, "2026-08-01", "80", "EUR").expect(409);
    assert_eq!(refused.json["code"], "published");
    let dearer = json!({ "amount": { "amount": "99", "currency": "EUR" } });
    app.editor().patch(&path(&old), "\"1\"", &dearer).expect(409);
    app.editor().patch(&path(&new), "\"1\"", &json!({ "valid_from": "2026-09-01" })).expect(409);
    app.editor().delete(&path(&old), "\"1\"").expect(409);
    app.editor().patch(&path(&new), "\"1\"", &dearer).expect(200);
    app.editor().delete(&path(&new), "\"2\"").expect(204);
    assert_eq!(app.viewer().get("/api/v1/products/platform").json["published_through"], "2026-09");
}
