//! Common cost, shared by rules: what each rule takes, to the last part, and that it all ties out to the bills.

use crate::{
    app::TestApp,
    client::Answer,
    effort::service,
    imports::{counts, fault, faults, import},
};
use diesel::{ExpressionMethods, RunQueryDsl};
use prodops::{
    costs::allocation::split,
    kernel::{
        clock::Instant,
        money::{Currency, Money, Quantity},
        schema::{bills, cost_entries},
    },
    products::store::publish_through,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both_engines!(
    a_rule_is_made_changed_and_deleted,
    what_is_no_rule_is_refused,
    two_rules_of_one_order_are_never_in_force_together,
    what_was_in_force_in_a_published_month_stays,
    a_component_that_a_rule_names_is_not_deleted,
    rules_come_in_by_file,
    the_first_rule_takes_a_line_whole,
    a_months_rules_are_those_in_force_at_its_start,
    shares_of_a_sum_are_the_sum,
    costs_are_summed_by_system_owner_and_tag,
    as_many_rules_as_are_in_force_are_asked_of_every_line,
    the_database_chooses_as_anybody_would,
    costs_tie_out_to_the_bills,
    a_report_says_which_rule_brought_what,
);

/// A line of a bill, as an import of bills writes it.
#[derive(Debug, Clone)]
struct BillLine {
    month: &'static str,
    component: Option<&'static str>,
    /// In 10⁻¹² parts.
    amount: i128,
    billed: Option<i128>,
    provider: Option<&'static str>,
    account: Option<&'static str>,
    service: Option<&'static str>,
    sub_account: Option<&'static str>,
    resource: Option<&'static str>,
    tags: Option<String>,
    currency: Currency,
}

const ONE: i128 = 1_000_000_000_000;

fn line(service: &'static str, amount: i128) -> BillLine {
    BillLine {
        month: "2026-10",
        component: None,
        amount,
        billed: Some(amount),
        provider: Some("aws"),
        account: Some("1041"),
        service: Some(service),
        sub_account: None,
        resource: None,
        tags: None,
        currency: Currency::EUR,
    }
}

fn tagged(service: &'static str, amount: i128, tags: Value) -> BillLine {
    BillLine { tags: Some(tags.to_string()), ..line(service, amount) }
}

fn columns(parts: i128) -> (i64, i64) {
    (i64::try_from(parts.div_euclid(ONE)).expect("units"), i64::try_from(parts.rem_euclid(ONE)).expect("parts"))
}

/// The lines of a bill of its own that is in force.
fn bill(app: &TestApp, lines: Vec<BillLine>) {
    let product = app.platform();
    app.change(move |tx| {
        let at: Instant = "2026-11-01T00:00:00Z".parse().expect("a time");
        let of = tx.new_id();
        diesel::insert_into(bills::table)
            .values((
                bills::id.eq(&of),
                bills::product_id.eq(product.as_str()),
                bills::source.eq("focus:aws"),
                bills::provider.eq("aws"),
                bills::billing_account.eq("1041"),
                bills::billing_period.eq(&of),
                bills::state.eq("in_force"),
                bills::lines.eq(0_i64),
                bills::digest.eq(""),
                bills::totals.eq("[]"),
                bills::created_at.eq(at),
                bills::updated_at.eq(at),
                bills::version.eq(1_i64),
                bills::change_number.eq(1_i64),
            ))
            .execute(&mut **tx)?;
        for line in lines {
            let ((units, parts), billed) = (columns(line.amount), line.billed.map(columns));
            diesel::insert_into(cost_entries::table)
                .values((
                    (
                        cost_entries::id.eq(tx.new_id()),
                        cost_entries::product_id.eq(product.as_str()),
                        cost_entries::component.eq(line.component),
                        cost_entries::month.eq(line.month),
                        cost_entries::category.eq("infrastructure"),
                        cost_entries::nature.eq("run"),
                        cost_entries::amount_units.eq(units),
                        cost_entries::amount_parts.eq(parts),
                        cost_entries::currency.eq(line.currency),
                        cost_entries::note.eq(""),
                        cost_entries::source.eq("focus:aws"),
                        cost_entries::created_at.eq(at),
                        cost_entries::updated_at.eq(at),
                        cost_entries::version.eq(1_i64),
                        cost_entries::change_number.eq(1_i64),
                    ),
                    (
                        cost_entries::bill_id.eq(&of),
                        cost_entries::billed_units.eq(billed.map(|(units, _)| units)),
                        cost_entries::billed_parts.eq(billed.map(|(_, parts)| parts)),
                        cost_entries::provider.eq(line.provider),
                        cost_entries::billing_account.eq(line.account),
                        cost_entries::service_name.eq(line.service),
                        cost_entries::sub_account.eq(line.sub_account),
                        cost_entries::resource_id.eq(line.resource),
                        cost_entries::tags.eq(line.tags),
                    ),
                ))
                .execute(&mut **tx)?;
        }
        tx.nothing_changed();
        Ok(())
    });
}

fn new_rule(order: i64, matching: Value, targets: &[(&str, f64)]) -> Value {
    let target = |(component, share): &(&str, f64)| {
        let share = if *share == 1.0 { json!(1) } else { json!(share) };
        json!({ "component": component, "share": share })
    };
    let targets: Vec<_> = targets.iter().map(target).collect();
    json!({ "order": order, "valid_from": "2026-01-01", "match": matching, "targets": targets })
}

fn rule(app: &TestApp, order: i64, matching: Value, targets: &[(&str, f64)]) -> Answer {
    app.editor().post("allocation-rules", &new_rule(order, matching, targets))
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

fn path(rule: &Answer) -> String {
    format!("allocation-rules/{}", rule.json["id"].as_str().expect("an id"))
}

fn costs(app: &TestApp, query: &str) -> Vec<Value> {
    app.viewer().get(&format!("costs?{query}")).expect(200).json["items"].as_array().expect("rows").clone()
}

/// `key direct allocated total` of each row.
fn told(app: &TestApp, by: &str, month: &str) -> Vec<String> {
    let next = month.parse::<prodops::kernel::month::Month>().expect("a month").next();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let amounts = |row: &Value| ["direct", "allocated", "total"].map(|name| text(&row[name]["amount"])).join(" ");
    let rows = costs(app, &format!("from={month}&to={next}&by={by}"));
    rows.iter().map(|row| format!("{} {}", text(&row[by]), amounts(row))).collect()
}

fn a_rule_is_made_changed_and_deleted(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let id = app.viewer().get("components/index").expect(200).json["id"].clone();
    let matching = json!({ "service_name": "S3", "tags": { "env": "prod" } });
    let made = rule(app, 10, matching.clone(), &[("search", 0.4), (id.as_str().expect("an id"), 0.6)]).expect(201);
    let path = path(&made);
    assert_eq!(made.header("location"), Some(format!("/api/v1/products/platform/{path}").as_str()));
    assert_eq!(made.json["match"], matching);
    let targets = json!([{ "component": "search", "share": 0.4 }, { "component": "index", "share": 0.6 }]);
    assert_eq!((&made.json["targets"], &made.json["valid_to"]), (&targets, &Value::Null));
    // A merge patch goes into what is matched; what it takes away is gone.
    let changes = json!({ "match": { "service_name": null, "sub_account": "42" }, "valid_to": "2027-01-01" });
    let changed = app.editor().patch(&path, "\"1\"", &changes).expect(200);
    assert_eq!(changed.json["match"], json!({ "sub_account": "42", "tags": { "env": "prod" } }));
    assert_eq!((changed.etag(), &changed.json["targets"]), ("\"2\"", &targets));
    assert_eq!(app.viewer().get(&path).expect(200).json, changed.json);
    let one = json!({ "targets": [{ "component": "index", "share": 1 }] });
    app.editor().patch(&path, "\"1\"", &one).expect(412);
    app.editor().patch(&path, "\"2\"", &one).expect(200);
    rule(app, 2, json!({ "service_name": "EC2" }), &[("search", 1.0)]).expect(201);
    let orders = |query: &str| -> Vec<i64> {
        let rows = app.viewer().get(&format!("allocation-rules?{query}")).expect(200).json["items"].clone();
        rows.as_array().expect("rows").iter().filter_map(|row| row["order"].as_i64()).collect()
    };
    assert_eq!(orders("sort=order"), [2, 10]);
    assert_eq!(orders("component=search"), [2]);
    assert_eq!(orders("q=EC2"), [2]);
    assert_eq!(orders("q=ENV&valid_to=2027-01-01"), [10]);
    app.exporter().get("allocation-rules").expect(403);
    app.viewer().delete(&path, "\"3\"").expect(403);
    app.editor().delete(&path, "\"3\"").expect(204);
    app.editor().get(&path).expect(404);
}

fn what_is_no_rule_is_refused(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let whole = new_rule(1, json!({ "service_name": "S3" }), &[("search", 0.5), ("index", 0.5)]);
    let refused = |more: Value| app.editor().post("allocation-rules", &with(whole.clone(), more)).expect(422).faults();
    let targets = |shares: &[(&str, f64)]| json!({ "targets": new_rule(1, json!({}), shares)["targets"] });
    for (more, expected) in [
        (json!({ "order": -1 }), "/order too_small"),
        (json!({ "valid_from": "2026-01-02" }), "/valid_from not_first_of_month"),
        (json!({ "valid_to": "2026-01-01" }), "/valid_to before_start"),
        (json!({ "match": {} }), "/match invalid"),
        (json!({ "match": { "service_name": null } }), "/match/service_name type"),
        (json!({ "match": { "tags": {} } }), "/match/tags invalid"),
        (json!({ "match": { "tags": { "a": 1 } } }), "/match/tags/a type"),
        (json!({ "match": { "region": "x" } }), "/match/region unknown_property"),
        (targets(&[]), "/targets too_short"),
        (targets(&[("search", 0.5)]), "/targets sum"),
        (targets(&[("search", 0.5), ("index", 0.500000000001)]), "/targets sum"),
        (targets(&[("search", 0.5), ("search", 0.5)]), "/targets/1/component repeated"),
        (targets(&[("search", 0.5), ("nowhere", 0.5)]), "/targets/1/component unknown_reference"),
        (targets(&[("search", 1.5), ("index", -0.5)]), "/targets/0/share too_large"),
        (json!({ "targets": [{ "component": "search", "share": 0 }] }), "/targets/0/share too_small"),
    ] {
        let found = refused(more.clone());
        assert!(found.iter().any(|fault| fault == expected), "{more}: {found:?}, not {expected}");
    }
    app.viewer().post("allocation-rules", &whole).expect(403);
    let made = app.editor().post("allocation-rules", &whole).expect(201);
    let nothing = json!({ "match": { "service_name": null } });
    assert_eq!(app.editor().patch(&path(&made), "\"1\"", &nothing).expect(422).faults(), ["/match invalid"]);
}

fn two_rules_of_one_order_are_never_in_force_together(app: &TestApp) {
    service(app, "Search");
    let first = rule(app, 1, json!({ "service_name": "S3" }), &[("search", 1.0)]).expect(201);
    let next =
        with(new_rule(1, json!({ "service_name": "EC2" }), &[("search", 1.0)]), json!({ "valid_from": "2026-11-01" }));
    let refused = app.editor().post("allocation-rules", &next).expect(409).json;
    assert_eq!(refused["code"], "overlaps", "{refused}");
    app.editor().patch(&path(&first), "\"1\"", &json!({ "valid_to": "2026-11-01" })).expect(200);
    app.editor().post("allocation-rules", &next).expect(201);
    app.editor().patch(&path(&first), "\"2\"", &json!({ "valid_to": null })).expect(409);
    app.editor().patch(&path(&first), "\"2\"", &json!({ "valid_to": null, "order": 2 })).expect(200);
}

fn what_was_in_force_in_a_published_month_stays(app: &TestApp) {
    service(app, "Search");
    let old = rule(app, 1, json!({ "service_name": "S3" }), &[("search", 1.0)]).expect(201);
    let product = app.platform();
    app.change(move |tx| publish_through(tx, &product, "2026-09".parse().expect("a month")));
    let late = rule(app, 2, json!({ "service_name": "EC2" }), &[("search", 1.0)]);
    assert_eq!(late.expect(409).json["code"], "published");
    let change = |etag: &str, body: Value| app.editor().patch(&path(&old), etag, &body);
    for body in
        [json!({ "order": 3 }), json!({ "match": { "service_name": "RDS" } }), json!({ "valid_to": "2026-09-01" })]
    {
        assert_eq!(change("\"1\"", body).expect(409).json["code"], "published");
    }
    app.editor().delete(&path(&old), "\"1\"").expect(409);
    change("\"1\"", json!({ "valid_to": "2026-10-01" })).expect(200);
    change("\"2\"", json!({ "valid_to": "2026-12-01" })).expect(200);
    let open =
        with(new_rule(2, json!({ "service_name": "EC2" }), &[("search", 1.0)]), json!({ "valid_from": "2026-10-01" }));
    let open = app.editor().post("allocation-rules", &open).expect(201);
    app.editor().delete(&path(&open), "\"1\"").expect(204);
}

fn a_component_that_a_rule_names_is_not_deleted(app: &TestApp) {
    service(app, "Search");
    let made = rule(app, 1, json!({ "service_name": "S3" }), &[("search", 1.0)]).expect(201);
    assert_eq!(app.editor().delete("components/search", "\"1\"").expect(409).json["code"], "referenced");
    app.editor().delete(&path(&made), "\"1\"").expect(204);
    app.editor().delete("components/search", "\"1\"").expect(204);
}

fn rules_come_in_by_file(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let file = "order,valid_from,valid_to,match_service_name,match_tags,targets\n\
                1,2026-01-01,,S3,\"{\"\"env\"\": \"\"prod\"\", \"\"a:b\"\": \"\"c d\"\"}\",\"search:0.4\nindex:0.6\"\n\
                2,2026-01-01,2026-06-01,EC2,,search:1\n";
    assert_eq!(counts(app, "allocation-rules", file), (2, 0, 0));
    assert_eq!(counts(app, "allocation-rules", file), (0, 0, 2));
    let rules = app.viewer().get("allocation-rules?sort=order").expect(200).json["items"].clone();
    assert_eq!(rules[0]["match"], json!({ "service_name": "S3", "tags": { "env": "prod", "a:b": "c d" } }));
    assert_eq!(rules[0]["targets"][1], json!({ "component": "index", "share": 0.6 }));
    // A line may make room for the next.
    let follows = "order,valid_from,valid_to,match_service_name,match_tags,targets\n\
                   1,2026-01-01,2026-07-01,S3,\"{\"\"env\"\": \"\"prod\"\", \"\"a:b\"\": \"\"c d\"\"}\",\"search:0.4\nindex:0.6\"\n\
                   1,2026-07-01,,S3,,search:1\n";
    assert_eq!(counts(app, "allocation-rules", follows), (1, 1, 0));
    let wrong = "order,valid_from,match_service_name,match_tags,targets\n\
                 3,2026-01-01,EC2,,\"search:0.4\nindex:0.5\"\n\
                 3,2026-02-01,EC2,,nowhere:1\n\
                 4,2026-01-01,EC2,env=prod,search:1\n\
                 5,2026-01-01,,,search:1\n";
    let expected = [
        fault(2, "targets", "sum"),
        fault(4, "targets", "unknown_reference"),
        fault(5, "match_tags", "type"),
        fault(6, "match", "required"),
    ];
    assert_eq!(faults(import(app, "allocation-rules", wrong)), expected);
    let both = "order,valid_from,match_service_name,targets\n\
                2,2026-05-01,EC2,search:1\n3,2026-01-01,EC2,search:1\n3,2026-02-01,EC2,search:1\n";
    let found = faults(import(app, "allocation-rules", both));
    assert_eq!(found, [fault(2, "", "overlaps"), fault(3, "", "overlaps"), fault(4, "", "overlaps")]);
}

fn the_first_rule_takes_a_line_whole(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    rule(app, 20, json!({ "service_name": "S3" }), &[("index", 1.0)]).expect(201);
    rule(app, 10, json!({ "service_name": "S3", "tags": { "team": "search" } }), &[("search", 0.75), ("index", 0.25)])
        .expect(201);
    rule(app, 30, json!({ "sub_account": "42", "resource_id": "vol-1" }), &[("search", 1.0)]).expect(201);
    let of_account = |resource| BillLine { sub_account: Some("42"), resource: Some(resource), ..line("EC2", 16 * ONE) };
    bill(
        app,
        vec![
            // 100: 75 and 25.
            tagged("S3", 100 * ONE, json!({ "team": "search", "env": "prod" })),
            // Another team's, in the order of 20.
            tagged("S3", 10 * ONE, json!({ "team": "index" })),
            line("S3", ONE),
            // A credit of 4: 3 and 1.
            tagged("S3", -4 * ONE, json!({ "team": "search" })),
            of_account("vol-1"),
            of_account("vol-2"),
            // What names its component is left alone.
            BillLine { component: Some("index"), ..line("S3", 1000 * ONE) },
        ],
    );
    // search: 75 − 3 + 16; index: 25 + 10 + 1 − 1 beside its own 1,000.
    let expected = ["null 16 0 16", "index 1000 35 1035", "search 0 88 88"];
    assert_eq!(told(app, "component", "2026-10"), expected);
    let month = &costs(app, "from=2026-10&to=2026-11&by=month")[0];
    assert_eq!((&month["total"]["amount"], &month["unallocated"]["amount"]), (&json!("1139"), &json!("16")));
}

fn a_months_rules_are_those_in_force_at_its_start(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let first =
        with(new_rule(1, json!({ "service_name": "S3" }), &[("search", 1.0)]), json!({ "valid_to": "2026-10-01" }));
    app.editor().post("allocation-rules", &first).expect(201);
    let then = with(
        new_rule(1, json!({ "service_name": "S3" }), &[("index", 1.0)]),
        json!({ "valid_from": "2026-10-01", "valid_to": "2026-11-01" }),
    );
    app.editor().post("allocation-rules", &then).expect(201);
    let on = |month| BillLine { month, ..line("S3", ONE) };
    bill(app, vec![on("2025-12"), on("2026-09"), on("2026-10"), on("2026-11")]);
    assert_eq!(told(app, "component", "2025-12"), ["null 1 0 1"]);
    assert_eq!(told(app, "component", "2026-09"), ["null 0 0 0", "search 0 1 1"]);
    assert_eq!(told(app, "component", "2026-10"), ["null 0 0 0", "index 0 1 1"]);
    assert_eq!(told(app, "component", "2026-11"), ["null 1 0 1"]);
}

fn shares_of_a_sum_are_the_sum(app: &TestApp) {
    ["A", "B", "C"].iter().for_each(|name| service(app, name));
    let thirds = [("a", 0.333333333333), ("b", 0.333333333333), ("c", 0.333333333334)];
    rule(app, 1, json!({ "service_name": "S3" }), &thirds).expect(201);
    // 0.06 + 0.04 is 0.10, of which thirds are 0.0333333333333, 0.0333333333333 and 0.0333333333334: the digit that is
    // left over goes to the last, whose remainder is the largest.
    bill(app, vec![line("S3", 6 * ONE / 100), line("S3", 4 * ONE / 100)]);
    let expected = [
        "null 0 0 0",
        "a 0 0.033333333333 0.033333333333",
        "b 0 0.033333333333 0.033333333333",
        "c 0 0.033333333334 0.033333333334",
    ];
    assert_eq!(told(app, "component", "2026-10"), expected);
    bill(app, vec![BillLine { currency: Currency::USD, ..line("S3", ONE) }]);
    let row = &costs(app, "from=2026-10&to=2026-11&by=component")[1];
    assert_eq!((&row["direct"]["amount"], &row["allocated"], &row["total"]), (&json!("0"), &Value::Null, &Value::Null));
    assert_eq!(row["unknown"], "no exchange rate from USD to EUR for 2026-10");
    let rate = json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "0.5" });
    app.editor().post("exchange-rates", &rate).expect(201);
    assert_eq!(told(app, "component", "2026-10")[3], "c 0 0.200000000001 0.200000000001");
    assert_eq!(told(app, "month", "2026-10"), ["2026-10 0 0.6 0.6"]);
}

fn costs_are_summed_by_system_owner_and_tag(app: &TestApp) {
    let component = |name: &str, more: Value| {
        let new = with(json!({ "name": name, "kind": "service" }), more);
        app.editor().post("components", &new).expect(201);
    };
    component("Search", json!({ "system": "shop", "owner": "ann", "tags": ["public", "core"] }));
    component("Index", json!({ "system": "shop", "tags": ["core"] }));
    component("Mail", json!({ "owner": "bob" }));
    rule(app, 1, json!({ "service_name": "S3" }), &[("search", 0.5), ("mail", 0.5)]).expect(201);
    let own = |component, amount: i128| BillLine { component: Some(component), ..line("EC2", amount * ONE) };
    bill(app, vec![own("search", 100), own("index", 10), own("mail", 1), line("S3", 8 * ONE), line("EC2", 1000 * ONE)]);
    assert_eq!(told(app, "system", "2026-10"), ["null 1001 4 1005", "shop 110 4 114"]);
    assert_eq!(told(app, "owner", "2026-10"), ["null 1010 0 1010", "ann 100 4 104", "bob 1 4 5"]);
    assert_eq!(told(app, "tag", "2026-10"), ["null 1001 4 1005", "core 110 4 114", "public 100 4 104"]);
    let rows = costs(app, "from=2026-10&to=2026-11&by=system");
    assert_eq!((&rows[0]["unallocated"]["amount"], &rows[1]["unallocated"]["amount"]), (&json!("1000"), &json!("0")));
    let keys = |row: &Value| format!("{} {} {}", row["component"], row["tag"], row["total"]["amount"]);
    let both: Vec<_> = costs(app, "from=2026-10&to=2026-11&by=component,tag").iter().map(keys).collect();
    let expected = [
        r#"null null "1000""#,
        r#""index" "core" "10""#,
        r#""mail" null "5""#,
        r#""search" "core" "104""#,
        r#""search" "public" "104""#,
    ];
    assert_eq!(both, expected);
    let months: Vec<_> =
        costs(app, "from=2026-09&to=2026-11&by=owner,month").iter().map(|r| r["month"].clone()).collect();
    assert_eq!(months, ["2026-09", "2026-10", "2026-10", "2026-10"], "what belongs to nobody, in each month");
    assert_eq!(app.viewer().get("costs?by=tags").expect(422).faults(), ["by value"]);
}

fn as_many_rules_as_are_in_force_are_asked_of_every_line(app: &TestApp) {
    service(app, "A");
    let mut file = "order,valid_from,valid_to,match_service_name,targets\n".to_owned();
    (0..200).for_each(|order| file.push_str(&format!("{order},2026-09-01,2026-10-01,S{order},a:1\n")));
    import(app, "allocation-rules", &file).expect(200);
    let rule = |order: i64, from: &str| {
        let rule = new_rule(order, json!({ "service_name": "one more" }), &[("a", 1.0)]);
        with(rule, json!({ "valid_from": from }))
    };
    assert_eq!(app.editor().post("allocation-rules", &rule(200, "2026-01-01")).expect(409).json["code"], "too_many");
    app.editor().post("allocation-rules", &rule(200, "2026-10-01")).expect(201);
    file.push_str("300,2026-09-01,2026-10-01,S300,a:1\n");
    assert!(faults(import(app, "allocation-rules", &file)).contains(&fault(2, "", "too_many")));
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % below as u64).expect("a number")
    }

    fn of<T: Clone>(&mut self, some: &[T]) -> T {
        some[self.next(some.len())].clone()
    }
}

const SERVICES: [Option<&str>; 3] = [None, Some("S3"), Some("s3")];
const ACCOUNTS: [Option<&str>; 3] = [None, Some("1"), Some("it's \"1\"")];
const NAMES: [&str; 8] = ["env", "a.b", "a\"b", "$.env", "[0]", "0", "back\\slash", "größe"];

/// Values of tags as entries keep them, whatever they were in the bill: texts.
const VALUES: [&str; 5] = ["prod", "true", "4711", "", "false"];

fn tags_of(dice: &mut Dice) -> Option<String> {
    let tags: BTreeMap<&str, &str> = (0..dice.next(4)).map(|_| (dice.of(&NAMES), dice.of(&VALUES))).collect();
    (dice.next(5) > 0).then(|| json!(tags).to_string())
}

/// What a rule says of a line, in plain words.
fn takes(rule: &Value, line: &BillLine) -> bool {
    let matching = &rule["match"];
    let same = |name: &str, value: Option<&str>| matching[name].is_null() || matching[name].as_str() == value;
    let tags: Value = line.tags.as_deref().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"));
    let wanted = matching["tags"].as_object().cloned().unwrap_or_default();
    line.component.is_none()
        && line.month >= &rule["valid_from"].as_str().expect("a day")[..7]
        && rule["valid_to"].as_str().is_none_or(|end| line.month < &end[..7])
        && same("service_name", line.service)
        && same("sub_account", line.sub_account)
        && same("resource_id", line.resource)
        && wanted.iter().all(|(name, value)| tags[name.as_str()].as_str() == value.as_str())
}

fn the_database_chooses_as_anybody_would(app: &TestApp) {
    ["A", "B", "C"].iter().for_each(|name| service(app, name));
    let mut taken = 0;
    for round in 0..6 {
        let mut dice = Dice(round);
        let (mut rules, mut lines) = (Vec::new(), Vec::new());
        for order in 0..9 {
            let mut matching = serde_json::Map::new();
            for (name, values) in [("service_name", &SERVICES), ("sub_account", &ACCOUNTS), ("resource_id", &ACCOUNTS)]
            {
                if let (0, Some(value)) = (dice.next(3), dice.of(values)) {
                    matching.insert(name.to_owned(), json!(value));
                }
            }
            if dice.next(3) > 0 || matching.is_empty() {
                let tags: BTreeMap<&str, &str> =
                    (0..=dice.next(2)).map(|_| (dice.of(&NAMES), dice.of(&VALUES))).collect();
                matching.insert("tags".to_owned(), json!(tags));
            }
            let shares = dice.of(&[vec![("a", 1.0)], vec![("c", 0.125), ("a", 0.875)], vec![("b", 0.3), ("c", 0.7)]]);
            let days = dice.of(&[("2026-01-01", None), ("2026-10-01", None), ("2026-01-01", Some("2026-10-01"))]);
            let days = json!({ "valid_from": days.0, "valid_to": days.1 });
            rules.push(with(new_rule(order, Value::Object(matching), &shares), days));
        }
        for _ in 0..150 {
            lines.push(BillLine {
                month: dice.of(&["2026-09", "2026-10"]),
                component: dice.of(&[None, None, None, None, Some("b")]),
                amount: i128::try_from(dice.next(2_000_000_001)).expect("a number") * 977 - ONE,
                service: dice.of(&SERVICES),
                sub_account: dice.of(&ACCOUNTS),
                resource: dice.of(&ACCOUNTS),
                tags: tags_of(&mut dice),
                ..line("", 0)
            });
        }
        let made: Vec<_> = rules.iter().map(|rule| app.editor().post("allocation-rules", rule).expect(201)).collect();
        bill(app, lines.clone());
        // Summed by month and rule, and only then shared.
        let mut sums: BTreeMap<(&str, usize), i128> = BTreeMap::new();
        let mut expected: BTreeMap<(String, Option<String>), (i128, i128)> = BTreeMap::new();
        for line in &lines {
            match rules.iter().position(|rule| takes(rule, line)) {
                Some(at) => *sums.entry((line.month, at)).or_default() += line.amount,
                None => {
                    let component = line.component.map(ToOwned::to_owned);
                    expected.entry((line.month.to_owned(), component)).or_default().0 += line.amount;
                }
            }
        }
        taken += sums.len();
        for ((month, at), sum) in sums {
            let targets = rules[at]["targets"].as_array().expect("targets");
            let shares: Vec<Quantity> =
                targets.iter().map(|one| serde_json::from_value(one["share"].clone()).expect("a share")).collect();
            for (target, part) in targets.iter().zip(split(sum, &shares)) {
                let component = target["component"].as_str().map(ToOwned::to_owned);
                expected.entry((month.to_owned(), component)).or_default().1 += part;
            }
        }
        let shown = |parts: i128| {
            let (units, parts) = columns(parts);
            Money::from_columns(units, parts, Currency::EUR).amount.to_string()
        };
        for row in costs(app, "from=2026-09&to=2026-11&by=component,month") {
            let month = row["month"].as_str().expect("a month").to_owned();
            let key = (month, row["component"].as_str().map(ToOwned::to_owned));
            let (direct, allocated) = expected.remove(&key).unwrap_or_default();
            let found = (row["direct"]["amount"].as_str(), row["allocated"]["amount"].as_str());
            assert_eq!(found, (Some(&*shown(direct)), Some(&*shown(allocated))), "{key:?} in round {round}");
        }
        assert!(expected.is_empty(), "{expected:?}");
        ties_out(app);
        made.iter().for_each(|rule| {
            app.editor().delete(&path(rule), "\"1\"").expect(204);
        });
        app.change(|tx| {
            diesel::delete(cost_entries::table).execute(&mut **tx)?;
            tx.nothing_changed();
            Ok(())
        });
    }
    assert!(taken > 20, "rules take something: {taken}");
}

/// Every row of the tie-out: `month provider account currency lines billed amortised difference allocated by_rules
/// unallocated`.
fn tie_out(app: &TestApp) -> Vec<String> {
    let rows = app.viewer().get("tie-out?from=2026-09&to=2026-11").expect(200).json["items"].clone();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let told = |row: &Value| {
        let words = ["month", "provider", "billing_account", "currency", "lines"].map(|name| text(&row[name]));
        let money = ["billed", "amortised", "difference", "allocated", "allocated_by_rules", "unallocated"];
        [words.join(" "), money.map(|name| text(&row[name]["amount"])).join(" ")].join(" ")
    };
    rows.as_array().expect("rows").iter().map(told).collect()
}

/// That allocated and unallocated are amortised, in each row, and together all that was spent, in each month.
fn ties_out(app: &TestApp) {
    let exact = |value: &Value| value["amount"].as_str().expect("an amount").parse::<Exact>().expect("a decimal");
    let mut months: BTreeMap<String, (Exact, Exact)> = BTreeMap::new();
    for row in app.viewer().get("tie-out?from=2026-09&to=2026-11").expect(200).json["items"].as_array().expect("rows") {
        let (allocated, unallocated) = (exact(&row["allocated"]), exact(&row["unallocated"]));
        assert_eq!(allocated + unallocated, exact(&row["amortised"]), "{row}");
        assert!(
            row["billed"].is_null() || exact(&row["billed"]) - exact(&row["amortised"]) == exact(&row["difference"])
        );
        let sum = months.entry(row["month"].as_str().expect("a month").to_owned()).or_default();
        *sum = (sum.0 + allocated, sum.1 + unallocated);
    }
    for row in costs(app, "from=2026-09&to=2026-11&by=month") {
        let sum = months.remove(row["month"].as_str().expect("a month")).unwrap_or_default();
        assert_eq!((sum.0 + sum.1, sum.1), (exact(&row["total"]), exact(&row["unallocated"])), "{row}");
    }
    assert!(months.is_empty(), "{months:?}");
}

type Exact = rust_decimal::Decimal;

fn costs_tie_out_to_the_bills(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    rule(app, 1, json!({ "service_name": "S3" }), &[("search", 0.5), ("index", 0.5)]).expect(201);
    bill(
        app,
        vec![
            // A prepayment is billed in September and used in October.
            BillLine { month: "2026-09", billed: Some(120 * ONE), ..line("S3", 0) },
            BillLine { billed: Some(0), ..line("S3", 10 * ONE + 1) },
            line("EC2", 5 * ONE),
            BillLine { component: Some("search"), billed: Some(3 * ONE), ..line("EC2", 2 * ONE) },
            BillLine { currency: Currency::USD, account: Some("2"), ..line("EC2", -ONE) },
            BillLine { provider: Some("azure"), account: None, ..line("VM", 7 * ONE) },
        ],
    );
    let by_hand = |component: Option<&str>, category: &str, amount: &str| {
        let new = json!({ "component": component, "month": "2026-10", "category": category,
                          "amount": { "amount": amount, "currency": "EUR" } });
        app.editor().post("cost-entries", &new).expect(201);
    };
    by_hand(Some("index"), "licence", "40");
    by_hand(None, "licence", "2.5");
    // The labour cost of this product comes from effort: what is written down of it is in no cost.
    by_hand(None, "labour", "900");
    let expected = [
        "2026-09 aws 1041 EUR 1 120 0 120 0 0 0",
        "2026-10 aws 1041 EUR 3 8 17.000000000001 -9.000000000001 12.000000000001 10.000000000001 5",
        "2026-10 aws 2 USD 1 -1 -1 0 0 0 -1",
        "2026-10 azure null EUR 1 7 7 0 0 0 7",
        "2026-10 null null EUR 2 null 42.5 null 40 0 2.5",
    ];
    let mut found = tie_out(app);
    found.sort();
    assert_eq!(found, expected);
    let rate = json!({ "from": "USD", "to": "EUR", "month": "2026-10", "rate": "1" });
    app.editor().post("exchange-rates", &rate).expect(201);
    ties_out(app);
    assert_eq!(app.viewer().get("tie-out?from=2026-10&to=2026-10").expect(422).faults(), ["from range"]);
    app.exporter().get("tie-out").expect(403);
}

fn a_report_says_which_rule_brought_what(app: &TestApp) {
    service(app, "Search");
    service(app, "Index");
    let made = rule(app, 7, json!({ "service_name": "S3" }), &[("search", 0.25), ("index", 0.75)]).expect(201);
    bill(app, vec![line("S3", 90 * ONE), line("S3", 10 * ONE), line("EC2", 5 * ONE)]);
    bill(app, vec![BillLine { component: Some("index"), ..line("EC2", ONE) }]);
    let note = json!({ "component": "index", "month": "2026-10", "category": "licence", "note": "Seats",
                       "amount": { "amount": "2", "currency": "EUR" } });
    app.editor().post("cost-entries", &note).expect(201);
    let report = app.editor().post("reports", &json!({ "month": "2026-10" })).expect(201);
    let report = format!("reports/{}", report.json["id"].as_str().expect("an id"));
    let fact = |name: &str| app.editor().get(&format!("{report}/facts/{name}")).expect(200).json;
    let euros = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let index = fact("cost.component.index");
    // 75 % of 100, beside its own 1 and 2.
    assert_eq!(index["value"], euros("78"));
    let rows = index["rows"].as_array().expect("rows");
    let shared = json!({ "category": "infrastructure", "nature": "run", "source": "cost_entries", "rule_order": 7,
                         "allocation_rule": made.json["id"], "amount": euros("75") });
    assert_eq!(rows.iter().filter(|row| **row == shared).count(), 1, "{index}");
    let said: Vec<_> = rows.iter().map(|row| (row["note"].as_str(), row["service"].as_str())).collect();
    assert_eq!(said, [(Some("Seats"), None), (None, Some("EC2")), (None, None)]);
    let month = fact("cost.component.index.maintenance");
    assert!(month["rows"].as_array().expect("rows").iter().any(|row| row["allocation_rule"] == made.json["id"]));
    let unallocated = fact("cost.unallocated");
    assert_eq!((&unallocated["value"], unallocated["rows"].as_array().map(Vec::len)), (&euros("5"), Some(1)));
    assert_eq!(unallocated["rows"][0]["service"], "EC2");
    assert_eq!(fact("cost.total")["value"], euros("108"));
    assert_eq!(fact("cost.allocated")["value"], euros("100"));
    assert!(index["formula"].as_str().is_some_and(|formula| formula.contains("allocation rules")), "{index}");
    let columns = "component,entries_amount,allocated_amount,amount";
    let csv = app.exporter().get(&format!("exports/maintenance_cost_monthly.csv?from=2026-10&columns={columns}"));
    let csv = csv.expect(200);
    let expected = format!("{columns}\r\n,5,0,5\r\nindex,3,75,78\r\nsearch,0,25,25\r\n");
    assert_eq!(csv.text(), expected);
    let columns = "order,service_name,tags,component,share";
    let csv = app.exporter().get(&format!("exports/allocation_rules.csv?columns={columns}")).expect(200);
    assert_eq!(csv.text(), format!("{columns}\r\n7,S3,{{}},search,0.25\r\n7,S3,{{}},index,0.75\r\n"));
}
