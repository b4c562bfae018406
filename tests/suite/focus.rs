//! Bills in FOCUS: to the last digit, exactly once, and nobody's before all of them is there.

use crate::{
    app::{TestApp, block_on},
    client::{Answer, Client},
};
use chrono::TimeDelta;
use diesel::{dsl::sql, prelude::*, sql_types::BigInt};
use prodops::{
    costs::bills::{BillName, BilledLine, NewBill, store},
    imports::{self, Format, Mode},
    kernel::{
        clock::Instant,
        db::Author,
        money::{Currency, from_columns},
        schema::{audit_events, bills, cost_entries, tombstones},
    },
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write, path::Path};

on_both_engines!(
    the_official_sample_comes_in_to_the_last_digit,
    the_official_sample_is_refused_where_it_is_not_what_focus_wants,
    the_same_bill_again_changes_nothing_however_its_lines_and_columns_stand,
    a_bill_that_is_delivered_again_replaces_the_one_before_exactly,
    what_is_wrong_is_told_by_line_and_column,
    what_is_odd_is_read_as_it_is_meant_and_told_once,
    a_month_is_that_of_the_bill_wherever_the_product_is,
    a_delivery_that_broke_off_counts_for_nothing_and_is_swept,
    two_deliveries_at_once_leave_one_bill,
    many_lines_add_up_to_the_integer_oracle,
    an_account_that_has_not_billed_yet_is_missed,
    a_bill_is_taken_back_with_all_its_lines,
    the_command_line_brings_bills_as_the_api_does,
);

fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/focus/focus-1.0-sample.csv");
    std::fs::read_to_string(path).expect("the sample")
}

fn send(client: &Client, query: &str, content: &str) -> Answer {
    let path = format!("imports/focus?{query}");
    client.with("Content-Type", "text/csv").send("POST", &path, Some(content.as_bytes()))
}

/// Created, changed, unchanged.
#[track_caller]
fn import(app: &TestApp, content: &str) -> (u64, u64, u64) {
    counts(&send(&app.editor(), "", content).expect(200).json)
}

fn counts(view: &Value) -> (u64, u64, u64) {
    let count = |name: &str| view[name].as_u64().expect("a count");
    (count("created"), count("changed"), count("unchanged"))
}

/// The mandatory columns, and what stands in them when nothing else is said.
const COLUMNS: &[(&str, &str)] = &[
    ("BilledCost", "2"),
    ("BillingAccountId", "main"),
    ("BillingAccountName", "Main"),
    ("BillingCurrency", "EUR"),
    ("BillingPeriodEnd", "2026-10-01T00:00:00Z"),
    ("BillingPeriodStart", "2026-09-01T00:00:00Z"),
    ("ChargeCategory", "Usage"),
    ("ChargeClass", ""),
    ("ChargeDescription", "a queue"),
    ("ChargePeriodEnd", "2026-09-02T00:00:00Z"),
    ("ChargePeriodStart", "2026-09-01T00:00:00Z"),
    ("ContractedCost", "1"),
    ("EffectiveCost", "1"),
    ("InvoiceIssuerName", "AWS"),
    ("ListCost", "3"),
    ("PricingQuantity", "1"),
    ("PricingUnit", "Requests"),
    ("ProviderName", "AWS"),
    ("PublisherName", "AWS"),
    ("ServiceCategory", "Compute"),
    ("ServiceName", "Queue"),
];

/// A line in which some columns say something else.
type Said<'s> = &'s [(&'s str, &'s str)];

/// A file of lines; the columns beyond the mandatory ones are those that a line names.
fn file(lines: &[Said<'_>]) -> String {
    let mut names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    for (name, _) in lines.iter().copied().flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(&names).expect("a header");
    for line in lines {
        let cell = |name: &&str| {
            let said = line.iter().find(|(known, _)| known == name).or(COLUMNS.iter().find(|(known, _)| known == name));
            said.map_or("", |(_, value)| value)
        };
        out.write_record(names.iter().map(cell)).expect("a line");
    }
    String::from_utf8(out.into_inner().expect("a file")).expect("UTF-8")
}

/// Rows, and the exact sums of what counts, as the database has them.
fn sums(app: &TestApp, provider: &str) -> (i64, Decimal, Decimal) {
    let provider = provider.to_owned();
    let (rows, units, parts, billed, of_billed): (i64, i64, i64, i64, i64) = app.read(move |conn| {
        let sum = |column: &str| sql::<BigInt>(&format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"));
        Ok(cost_entries::table
            .filter(cost_entries::provider.eq(provider))
            .filter(prodops::costs::store::counted())
            .select((
                sql::<BigInt>("COUNT(*)"),
                sum("amount_units"),
                sum("amount_parts"),
                sum("billed_units"),
                sum("billed_parts"),
            ))
            .first(conn)?)
    });
    (rows, from_columns(units, parts), from_columns(billed, of_billed))
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// How many lines of bills there are, whether they count or not.
fn kept(app: &TestApp) -> i64 {
    app.read(|conn| Ok(cost_entries::table.filter(cost_entries::bill_id.is_not_null()).count().get_result(conn)?))
}

fn all_bills(app: &TestApp) -> Vec<Value> {
    app.viewer().get("bills?limit=200").expect(200).json["items"].as_array().expect("bills").clone()
}

fn in_force(app: &TestApp) -> Vec<Value> {
    all_bills(app).into_iter().filter(|bill| bill["state"] == "in_force").collect()
}

fn events(app: &TestApp) -> i64 {
    app.read(|conn| Ok(audit_events::table.count().get_result(conn)?))
}

fn the_official_sample_comes_in_to_the_last_digit(app: &TestApp) {
    let view = send(&app.editor(), "mode=lenient", &sample()).expect(200).json;
    assert_eq!((counts(&view), view["unallocated"].as_u64()), ((1000, 0, 0), Some(1000)));
    let all = ["AWS", "Microsoft", "Oracle"].map(|provider| sums(app, provider));
    assert_eq!(all.map(|(rows, _, _)| rows), [942, 51, 7]);
    assert_eq!(all.iter().map(|(_, amount, _)| amount).sum::<Decimal>(), decimal("14.97651418586"));
    assert_eq!(all.iter().map(|(_, _, billed)| billed).sum::<Decimal>(), decimal("20.52022672899"));

    let totals = |name: &str| -> Decimal {
        let of = |bill: &Value| decimal(bill["totals"][0][name]["amount"].as_str().expect("an amount"));
        in_force(app).iter().map(of).sum()
    };
    assert_eq!((totals("amount"), totals("billed_amount")), (decimal("14.97651418586"), decimal("20.52022672899")));

    let export = app.editor().get("exports/cost_entries.csv?columns=amount,billed_amount,category,nature,month,extra");
    let export = export.expect(200);
    let mut rows = csv::Reader::from_reader(export.bytes.as_slice());
    let (mut list, mut negative, mut months) = (Decimal::ZERO, 0, BTreeMap::new());
    for row in rows.records() {
        let row = row.expect("a row");
        negative += usize::from(row[1].starts_with('-'));
        assert_eq!((&row[2], &row[3]), ("infrastructure", "run"));
        *months.entry(row[4].to_owned()).or_insert(0) += 1;
        let extra: Value = serde_json::from_str(&row[5]).expect("JSON");
        list += extra["ListCost"].as_str().map_or(Decimal::ZERO, decimal);
        assert!(extra["Id"].is_string() && extra.get("ChargeClass").is_none() && extra.get("ServiceName").is_none());
    }
    assert_eq!((list, negative), (decimal("20.39090575119"), 13));
    assert_eq!(months.values().sum::<i32>(), 1000);

    let warnings = view["warnings"].as_array().expect("warnings");
    let about = |column: &str, word: &str| {
        let of_it = |one: &&Value| one["column"] == column && one["detail"].as_str().is_some_and(|d| d.contains(word));
        assert_eq!(warnings.iter().filter(of_it).count(), 1, "{column} {word}: {warnings:?}");
    };
    about("Id", "no such column");
    about("AvailabilityZone", "(in 893 lines)");
    about("BillingPeriodStart", "read as UTC where it names no zone (in 1000 lines)");
    about("ContractedCost", "FOCUS wants a value here (in 7 lines)");
    assert!(warnings.len() < 40, "{}", warnings.len());
    assert_eq!(counts(&send(&app.editor(), "mode=lenient", &sample()).expect(200).json), (0, 0, 1000));
}

fn the_official_sample_is_refused_where_it_is_not_what_focus_wants(app: &TestApp) {
    let found = crate::imports::faults(send(&app.editor(), "", &sample()));
    assert_eq!(found, [(1, "Id".to_owned(), "unknown_column".to_owned())], "its lines mean nothing yet");
    // The stray column named as one's own: then everything else is told, up to what one answer holds.
    let found = crate::imports::faults(send(&app.editor(), "", &sample().replacen("\"Id\"", "\"x_Id\"", 1)));
    assert_eq!(found.len(), 1000);
    let fault = |column: &str, code: &str| (2, column.to_owned(), code.to_owned());
    assert_eq!(found[0], fault("AvailabilityZone", "null_as_text"));
    assert!(found.contains(&fault("BillingPeriodStart", "date")), "{found:?}");
    assert_eq!(kept(app), 0);
}

fn the_same_bill_again_changes_nothing_however_its_lines_and_columns_stand(app: &TestApp) {
    let lines: [Said<'_>; 4] = [
        &[("EffectiveCost", "1.2E-7"), ("Tags", "{\"b\": true, \"a\": 1.50, \"n\": null}"), ("x_Note", "two\nlines")],
        &[("EffectiveCost", "-3"), ("ChargeClass", "Correction"), ("ResourceId", "r1"), ("SubAccountId", "s1")],
        &[("ChargeCategory", "Credit"), ("BilledCost", "-0.000000000001"), ("x_Note", "ü, \"x\"")],
        &[("ChargeCategory", "Credit"), ("BilledCost", "-0.000000000001"), ("x_Note", "ü, \"x\"")],
    ];
    assert_eq!(import(app, &file(&lines)), (4, 0, 0));
    let before = (events(app), in_force(app));
    let turned = [lines[3], lines[1], lines[2], lines[0]];
    // The columns the other way round, a byte order mark, and other ends of lines.
    let turned = file(&turned);
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(turned.as_bytes());
    let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    for row in rows.records() {
        out.write_record(row.expect("a row").iter().rev()).expect("a row");
    }
    let turned = String::from_utf8(out.into_inner().expect("a file")).expect("UTF-8");
    assert_eq!(import(app, &turned), (0, 0, 4));
    assert_eq!(import(app, &file(&lines)), (0, 0, 4));
    assert_eq!((events(app), in_force(app)), before, "neither event nor version");
    assert_eq!((kept(app), all_bills(app).len()), (4, 1));

    let found = app.viewer().get("cost-entries?resource_id=r1").expect(200).json["items"][0].clone();
    assert_eq!(found["amount"]["amount"], "-3");
    assert_eq!([&found["sub_account"], &found["provider"], &found["source"]], ["s1", "AWS", "focus:AWS"]);
    assert_eq!([&found["billing_account"], &found["billing_period"], &found["month"]], ["main", "2026-09", "2026-09"]);
    assert_eq!(
        [&found["extra"]["ChargeClass"], &found["extra"]["BillingPeriodStart"]],
        [&json!("Correction"), &Value::Null]
    );
    assert_eq!([&found["component"], &found["bill"]], [&Value::Null, &before.1[0]["id"]]);
    let tagged = app.viewer().get("cost-entries?resource_id=null").expect(200).json;
    let tagged = tagged["items"].as_array().expect("rows").iter().find(|row| !row["tags"].is_null()).expect("tags");
    assert_eq!(tagged["tags"], json!({ "a": "1.5", "b": "true", "n": "" }));
    assert_eq!(tagged["extra"]["x_Note"], "two\nlines");
    assert_eq!(tagged["amount"]["amount"], "0.00000012");

    let path = format!("cost-entries/{}", found["id"].as_str().expect("an id"));
    let refused = app.editor().patch(&path, "\"1\"", &json!({ "note": "x" })).expect(409).json;
    assert_eq!(refused["code"], "billed");
    assert_eq!(app.editor().delete(&path, "\"1\"").expect(409).json["code"], "billed");
}

fn a_bill_that_is_delivered_again_replaces_the_one_before_exactly(app: &TestApp) {
    let own = json!({ "month": "2026-09", "category": "other", "amount": { "amount": "1", "currency": "EUR" },
                      "source": "focus:AWS", "billing_account": "main", "billing_period": "2026-09" });
    app.editor().post("cost-entries", &own).expect(201);
    let other: Said<'_> = &[("BillingAccountId", "other"), ("EffectiveCost", "100")];
    let later: Said<'_> = &[
        ("BillingPeriodStart", "2026-10-01T00:00:00Z"),
        ("BillingPeriodEnd", "2026-11-01T00:00:00Z"),
        ("EffectiveCost", "1000"),
    ];
    let azure: Said<'_> = &[("ProviderName", "Microsoft"), ("EffectiveCost", "10000"), ("BillingCurrency", "USD")];
    let (one, two): (Said<'_>, Said<'_>) = (&[("EffectiveCost", "1")], &[("EffectiveCost", "2")]);
    let first = file(&[one, two, other, later, azure]);
    let tried = send(&app.editor(), "dry_run=true", &first).expect(200).json;
    assert_eq!((counts(&tried), tried["dry_run"].as_bool(), kept(app)), ((5, 0, 0), Some(true), 0));
    assert_eq!(all_bills(app), Vec::<Value>::new());
    assert_eq!(import(app, &first), (5, 0, 0));
    assert_eq!(in_force(app).len(), 4);

    // One bill other than before, one as it was; two of which the file says nothing.
    let again = file(&[two, two, two, other]);
    let tried = send(&app.editor(), "dry_run=true", &again).expect(200).json;
    assert_eq!((counts(&tried), kept(app)), ((0, 3, 1), 5));
    let said = &tried["bills"][0];
    assert_eq!(
        (tried["bills"].as_array().map(Vec::len), &said["id"], &said["lines"]),
        (Some(1), &Value::Null, &json!(3))
    );
    assert_eq!(
        [&said["totals"][0]["amount"]["amount"], &said["replaces"]["totals"][0]["amount"]["amount"]],
        ["6", "3"]
    );
    assert_eq!((&said["replaces"]["lines"], &tried["warnings"]), (&json!(2), &json!([])));
    let before = events(app);
    assert_eq!(import(app, &again), (0, 3, 1));
    assert_eq!(events(app), before + 1, "one event");
    assert_eq!(sums(app, "AWS"), (5, decimal("1106"), decimal("10")));
    assert_eq!(sums(app, "Microsoft"), (1, decimal("10000"), decimal("2")));
    assert_eq!((kept(app), in_force(app).len()), (6, 4), "the lines of the bill before are gone");
    assert_eq!(app.viewer().get("cost-entries").expect(200).column("id").len(), 7, "what was written by hand stays");
    let buried: i64 = app.read(|conn| {
        let lines = tombstones::table.filter(tombstones::resource.eq("cost-entries"));
        Ok(lines.count().get_result(conn)?)
    });
    assert_eq!(buried, 2, "and have left their tombstones");
    let replaced = app.viewer().get("bills?state=replaced&billing_account=main").expect(200);
    assert_eq!(replaced.column("lines"), ["2"]);
    assert_eq!(replaced.json["items"][0]["totals"][0]["amount"], json!({ "amount": "3", "currency": "EUR" }));

    let told = app.owner().get("audit-events?resource=imports").expect(200).json["items"].clone();
    let told = told.as_array().expect("events").iter().map(|event| &event["after"]).find(|told| told["changed"] != 0);
    let told = told.expect("an event");
    assert_eq!([&told["changed"], &told["unchanged"]], [&json!(3), &json!(1)]);
    assert_eq!(told["bills"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["bills"][0]["replaces"]["id"], replaced.json["items"][0]["id"]);
    // Nothing but the first: a bill comes back as it was.
    let back = send(&app.editor(), "", &first).expect(200).json;
    assert_eq!(counts(&back), (0, 2, 3));
    assert!(back["warnings"][0]["detail"].as_str().is_some_and(|text| text.contains("replace all 3")), "{back}");
    assert_eq!(back["bills"][0]["id"], in_force(app).iter().find(|bill| bill["lines"] == 2).expect("the bill")["id"]);
    assert_eq!(sums(app, "AWS"), (4, decimal("1103"), decimal("8")));
}

fn what_is_wrong_is_told_by_line_and_column(app: &TestApp) {
    let faults = |query: &str, content: &str| {
        let found = crate::imports::faults(send(&app.editor(), query, content));
        found.into_iter().map(|(line, column, code)| format!("{line} {column} {code}")).collect::<Vec<_>>()
    };
    let lines: &[Said<'_>] = &[
        &[("EffectiveCost", "1,5"), ("BilledCost", "1000000000000")],
        &[("EffectiveCost", ""), ("ServiceName", ""), ("x_Own", "NULL")],
        &[("BillingPeriodStart", "2026-09-01 00:00:00"), ("ChargePeriodEnd", "2026-09-01T00:00:00+02:00")],
        &[("EffectiveCost", "0.0000000000001"), ("BilledCost", "1e12"), ("ListCost", "x")],
        &[("BillingCurrency", "EURO"), ("ChargeCategory", "usage"), ("ChargeClass", "correction")],
        &[("Tags", "{\"a\": 1"), ("ProviderName", "NULL")],
        &[("Tags", "{\"a\": {}}"), ("BillingPeriodEnd", "2026-09-01T00:00:00Z")],
        &[("Tags", "{\"a\": 1, \"a\": 2}"), ("BillingPeriodStart", "2026-13-01T00:00:00Z")],
        &[("Tags", "[]"), ("BillingAccountId", "\u{fc}")],
    ];
    let expected = [
        "2 BilledCost too_large",
        "2 EffectiveCost format",
        "3 EffectiveCost required",
        "3 ServiceName required",
        "3 x_Own null_as_text",
        "4 BillingPeriodStart date",
        "4 ChargePeriodEnd date",
        "5 BilledCost too_large",
        "5 EffectiveCost precision",
        "5 ListCost format",
        "6 BillingCurrency currency",
        "6 ChargeCategory not_one_of",
        "6 ChargeClass not_one_of",
        "7 ProviderName null_as_text",
        "7 ProviderName required",
        "7 Tags json",
        "8 BillingPeriodEnd range",
        "8 Tags json",
        "9 BillingPeriodStart date",
        "9 Tags json",
        "10 Tags json",
    ];
    let mut found = faults("", &file(lines));
    found.sort_by_key(|fault| fault.split(' ').next().and_then(|line| line.parse::<u32>().ok()));
    let sorted = |list: &[String], line: u32| {
        let mut of: Vec<_> = list.iter().filter(|one| one.starts_with(&format!("{line} "))).cloned().collect();
        of.sort();
        of
    };
    for line in 2..=10 {
        assert_eq!(sorted(&found, line), sorted(&expected.map(ToOwned::to_owned), line), "line {line}");
    }
    assert_eq!(found.len(), expected.len());

    let header = file(&[]).replace("BilledCost", "Cost").replace("EffectiveCost", "ProviderName");
    let expected = [
        "1 Cost unknown_column",
        "1 ProviderName repeated_column",
        "1 BilledCost missing_column",
        "1 EffectiveCost missing_column",
    ];
    assert_eq!(faults("", &header), expected);
    assert_eq!(faults("mode=lenient", &header), [expected[1], expected[3]]);
    assert_eq!(faults("", ""), ["1  no_header"]);
    assert_eq!(faults("", &format!("{}1,2\r\n", file(&[]))), ["2  cells"]);
    let many: Vec<Said<'_>> = vec![&[("EffectiveCost", "x"), ("BilledCost", "x")]; 800];
    assert_eq!(faults("", &file(&many)).len(), 1000);
    // What no reading can make sense of is refused either way.
    let hopeless: &[Said<'_>] = &[
        &[("EffectiveCost", "NULL")],
        &[("BillingPeriodStart", "September")],
        &[("BilledCost", "1e12")],
        &[("BillingCurrency", "XYZ")],
    ];
    let expected = [
        "2 EffectiveCost required",
        "3 BillingPeriodStart date",
        "4 BilledCost too_large",
        "5 BillingCurrency currency",
    ];
    assert_eq!(faults("mode=lenient", &file(hopeless)), expected);
    assert_eq!(faults("mapping=none", &file(&[])), ["0  unknown_reference"]);
    let client = app.viewer().with("Content-Type", "text/csv");
    client.send("POST", "imports/focus", Some(file(&[]).as_bytes())).expect(403);
    assert_eq!((kept(app), all_bills(app).len()), (0, 0));
    assert_eq!(import(app, &file(&[])), (0, 0, 0), "a bill of nothing is no bill");
}

fn what_is_odd_is_read_as_it_is_meant_and_told_once(app: &TestApp) {
    let lines: &[Said<'_>] = &[
        &[("BillingPeriodStart", "2026-09-01 00:00:00"), ("EffectiveCost", "0.0000000000005"), ("Id", "1")],
        &[("BillingPeriodStart", "2026-09-01"), ("EffectiveCost", "0.0000000000015"), ("ServiceName", "NULL")],
        &[("BillingPeriodStart", "2026-08-31T20:00:00-04:00"), ("BilledCost", "NULL"), ("ChargeCategory", "usage")],
        &[("ChargePeriodStart", "2026-09-01 08:30:00.5"), ("ListCost", "much"), ("ChargePeriodEnd", "soon")],
        &[
            ("BillingPeriodStart", "2026-09-01 02:00:00+02"),
            ("EffectiveCost", "+.5"),
            ("BilledCost", "+2"),
            ("Tags", "\"a\": \"1\""),
        ],
        &[("EffectiveCost", "-2."), ("Tags", "[{\"key\": \"a\", \"value\": \"2\"}]"), ("ResourceId", "listed")],
        &[("EffectiveCost", "1.5"), ("Tags", "{a=3}")],
    ];
    let view = send(&app.editor(), "mode=lenient", &file(lines)).expect(200).json;
    assert_eq!(counts(&view), (7, 0, 0));
    let told: Vec<String> = view["warnings"]
        .as_array()
        .expect("warnings")
        .iter()
        .map(|one| format!("{} {} {}", one["line"], one["column"].as_str().expect("a column"), one["detail"]))
        .collect();
    let about = |start: &str, end: &str| {
        assert!(
            told.iter().any(|one| one.starts_with(start) && one.ends_with(&format!("{end}\""))),
            "{start}: {told:#?}"
        );
    };
    about("1 Id", "it is kept in extra");
    about("2 BillingPeriodStart", "(in 4 lines)");
    about("6 EffectiveCost", "a number of another form than -1234.5 or 1.2E-7 (in 2 lines)");
    about("6 BilledCost", "a number of another form than -1234.5 or 1.2E-7");
    about("6 Tags", "else kept in extra (in 3 lines)");
    about("2 EffectiveCost", "12 digits after the point (in 2 lines)");
    about("3 ServiceName", "read as no value");
    about("3 ServiceName", "FOCUS wants a value here");
    about("4 BilledCost", "FOCUS wants a value here");
    about("4 ChargeCategory", "it is kept as it is");
    about("5 ListCost", "it is kept as it is");
    assert_eq!(sums(app, "AWS"), (7, decimal("2.000000000002"), decimal("12")));
    assert_eq!(app.viewer().get("cost-entries?month=2026-09").expect(200).column("id").len(), 7);
    let total = in_force(app)[0]["totals"][0].clone();
    assert_eq!((total["amount"]["amount"].as_str(), &total["billed_amount"]), (Some("2.000000000002"), &Value::Null));
    let listed = app.viewer().get("cost-entries?resource_id=listed").expect(200).json["items"][0]["tags"].clone();
    assert_eq!(listed, json!({ "a": "2" }));
    // One line does not say what was billed: what ties out is the rest.
    let told = app.viewer().get("tie-out?from=2026-09&to=2026-10").expect(200).json["items"].clone();
    let told: Vec<_> = told
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            assert_eq!([&row["provider"], &row["billing_account"]], ["AWS", "main"]);
            (row["lines"].as_i64(), row["billed"]["amount"].as_str(), row["difference"].is_null())
        })
        .collect();
    assert_eq!(told, [(Some(6), Some("12"), false), (Some(1), None, true)]);
    let rows = app.viewer().get("cost-entries").expect(200).json["items"].as_array().expect("rows").clone();
    assert!(rows.iter().any(|row| row["extra"]["Tags"] == "{a=3}" && row["tags"].is_null()), "{rows:?}");
    let odd = rows.iter().find(|row| row["extra"]["ListCost"] == "much").expect("the last");
    assert_eq!(odd["extra"]["ChargePeriodStart"], "2026-09-01T08:30:00.500Z");
    assert_eq!(odd["extra"]["ChargePeriodEnd"], "soon");
    let refused = send(&app.editor(), "", &file(&[&[("EffectiveCost", "1.2E-7")], &[("BilledCost", "+1")]]));
    assert_eq!(crate::imports::faults(refused), [(3, "BilledCost".to_owned(), "format".to_owned())]);
}

fn a_month_is_that_of_the_bill_wherever_the_product_is(app: &TestApp) {
    for (nth, zone) in ["America/New_York", "Pacific/Kiritimati"].into_iter().enumerate() {
        let etag = format!("\"{}\"", nth + 1);
        app.owner().patch("/api/v1/products/platform", &etag, &json!({ "timezone": zone })).expect(200);
        let name = format!("P{nth}");
        let line: Said<'_> = &[("ProviderName", &name), ("BillingPeriodStart", "2026-09-01T00:00:00Z")];
        send(&app.editor(), "", &file(&[line])).expect(200);
        let found = app.viewer().get(&format!("cost-entries?provider={name}")).expect(200);
        assert_eq!(
            (found.column("month"), found.column("billing_period")),
            (vec!["2026-09".into()], vec!["2026-09".into()])
        );
        // Costs may be there: the zone is fixed from then on.
        let bill = in_force(app)[0].clone();
        let path = format!("bills/{}", bill["id"].as_str().expect("an id"));
        app.editor().delete(&path, "\"2\"").expect(204);
    }
    // A period that starts within a month is of that month, and when it starts is kept.
    let line: Said<'_> = &[("BillingPeriodStart", "2026-09-15T12:00:00Z"), ("ResourceId", "mid")];
    assert_eq!(import(app, &file(&[line])), (1, 0, 0));
    let row = app.viewer().get("cost-entries?resource_id=mid").expect(200).json["items"][0].clone();
    assert_eq!([&row["month"], &row["extra"]["BillingPeriodStart"]], ["2026-09", "2026-09-15T12:00:00Z"]);
}

/// Writes lines of a bill as an import does that never comes to its end.
fn break_off(app: &TestApp, amounts: &[i64]) -> String {
    let (product, clock, amounts) = (app.platform(), app.clock.clone(), amounts.to_vec());
    app.change(move |tx| {
        let name = BillName {
            source: "focus:AWS".to_owned(),
            billing_account: "main".to_owned(),
            billing_period: "2026-09".parse().expect("a month"),
        };
        let (digest, provider) = ("x".to_owned(), "AWS".to_owned());
        let bill = NewBill { name, provider, lines: 10, digest, totals: Vec::new() };
        let now: Instant = clock.now();
        let begun = store::begin(tx, &product, vec![bill], now)?;
        let line = |amount: &i64| {
            let line = BilledLine {
                amount_units: *amount,
                amount_parts: 0,
                currency: Currency::EUR,
                billed_units: None,
                billed_parts: None,
                service_name: None,
                sub_account: None,
                resource_id: None,
                tags: None,
                extra: None,
            };
            (begun[0].id.clone(), line.as_json().expect("JSON"))
        };
        store::write_lines(tx, &amounts.iter().map(line).collect::<Vec<_>>())?;
        Ok(begun[0].id.clone())
    })
}

fn a_delivery_that_broke_off_counts_for_nothing_and_is_swept(app: &TestApp) {
    let broken = break_off(app, &[1, 2, 3]);
    assert_eq!(kept(app), 3);
    assert_eq!(app.viewer().get("cost-entries").expect(200).column("id").len(), 0);
    let costs = app.viewer().get("costs?from=2026-09&to=2026-10").expect(200).json;
    assert_eq!(costs["items"][0]["total"]["amount"], "0");
    let export = app.editor().get("exports/cost_entries.csv?columns=id").expect(200);
    assert_eq!(export.text(), "id\r\n");
    let month = app.editor().get("exports/maintenance_cost_monthly.csv?columns=month").expect(200);
    assert_eq!(month.text(), "month\r\n");

    // While it may still be going on it is left alone, and in nobody's way.
    assert_eq!(import(app, &file(&[&[]])), (1, 0, 0));
    assert_eq!((kept(app), sums(app, "AWS").0), (4, 1));
    let path = format!("bills/{broken}");
    assert_eq!(app.viewer().get(&path).expect(200).json["state"], "arriving");
    assert_eq!(app.editor().delete(&path, "\"1\"").expect(409).json["code"], "arriving");

    app.pass(TimeDelta::minutes(16));
    assert_eq!(import(app, &file(&[&[]])), (0, 0, 1));
    assert_eq!(kept(app), 1);
    app.viewer().get(&path).expect(404);
    assert_eq!(all_bills(app).len(), 1);
    // Whoever comes back to it is told so, and writes nothing.
    let (id, clock) = (broken.clone(), app.clock.clone());
    let late = app.db.note(move |conn| store::go_on(conn, &[id], clock.now()));
    assert!(block_on(late).is_err());
    let none: i64 = app.read(move |conn| Ok(bills::table.filter(bills::id.eq(broken)).count().get_result(conn)?));
    assert_eq!(none, 0);
    // Nobody waits for the next import who does not want to; and of what nobody has seen nothing is buried.
    let silent = format!("bills/{}", break_off(app, &[4, 5]));
    app.pass(TimeDelta::minutes(16));
    app.editor().delete(&silent, "\"1\"").expect(204);
    assert_eq!((kept(app), all_bills(app).len()), (1, 1));
    let buried: i64 = app.read(|conn| {
        let lines = tombstones::table.filter(tombstones::resource.eq("cost-entries"));
        Ok(lines.count().get_result(conn)?)
    });
    assert_eq!(buried, 0);
}

fn two_deliveries_at_once_leave_one_bill(app: &TestApp) {
    let bill = |amount: &str, lines: usize| file(&vec![&[("EffectiveCost", amount)] as Said<'_>; lines]);
    let files = [bill("1", 1500), bill("2", 1200), bill("1", 1500), bill("3", 900)];
    std::thread::scope(|scope| {
        for content in &files {
            scope.spawn(|| {
                let answer = send(&app.editor(), "", content);
                assert!([200, 503].contains(&answer.status), "{answer}");
            });
        }
    });
    let there = in_force(app);
    assert_eq!(there.len(), 1);
    // What another was still writing is swept when it comes to its end, or with the next.
    app.pass(TimeDelta::minutes(16));
    assert_eq!(import(app, &file(&[&[("BillingAccountId", "other")]])), (1, 0, 0));
    let lines = there[0]["lines"].as_i64().expect("a count");
    assert_eq!((sums(app, "AWS").0, kept(app)), (lines + 1, lines + 1));
    let amount = sums(app, "AWS").1 - Decimal::ONE;
    assert_eq!(there[0]["totals"][0]["amount"]["amount"], amount.to_string());
}

/// Numbers that look random and are the same in every run.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn many_lines_add_up_to_the_integer_oracle(app: &TestApp) {
    const LINES: usize = 20_000;
    let one = 1_000_000_000_000_i128;
    let written = |parts: i128| {
        let sign = if parts < 0 { "-" } else { "" };
        format!("{sign}{}.{:012}", parts.abs() / one, parts.abs() % one)
    };
    let mut content = file(&[]).into_bytes();
    let (mut state, mut oracle) = (42, [0_i128; 2]);
    for nth in 0..LINES {
        let mut parts = [0; 2];
        for (sum, part) in oracle.iter_mut().zip(&mut parts) {
            let units = i128::from(random(&mut state) % 1_000_000_000_000) >> (random(&mut state) % 40);
            *part =
                (units * one + i128::from(random(&mut state) % 1_000_000_000_000)) * if nth % 7 == 0 { -1 } else { 1 };
            *sum += *part;
        }
        let (amount, billed) = (written(parts[0]), written(parts[1]));
        let account = nth % 3;
        let cell = |(name, value): &(&str, &str)| match *name {
            "EffectiveCost" => amount.clone(),
            "BilledCost" => billed.clone(),
            "BillingAccountId" => format!("a{account}"),
            _ => (*value).to_owned(),
        };
        let line: Vec<String> = COLUMNS.iter().map(cell).collect();
        writeln!(content, "{}", line.join(",")).expect("a line");
    }
    let content = String::from_utf8(content).expect("UTF-8");
    assert_eq!(import(app, &content), (LINES as u64, 0, 0));
    let exact = |parts: i128| Decimal::from_i128_with_scale(parts, 12).normalize();
    assert_eq!(sums(app, "AWS"), (LINES as i64, exact(oracle[0]), exact(oracle[1])));
    let total =
        app.viewer().get("costs?from=2026-09&to=2026-10&by=month").expect(200).json["items"][0]["total"].clone();
    assert_eq!(total["amount"], exact(oracle[0]).to_string());
    assert_eq!(in_force(app).len(), 3);
    let ids =
        app.read(|conn| Ok(cost_entries::table.select(cost_entries::id).distinct().count().get_result::<i64>(conn)?));
    assert_eq!(ids, LINES as i64);
}

fn an_account_that_has_not_billed_yet_is_missed(app: &TestApp) {
    let october: [(&str, &str); 2] =
        [("BillingPeriodStart", "2026-10-01T00:00:00Z"), ("BillingPeriodEnd", "2026-11-01T00:00:00Z")];
    let of = |account: &'static str| [october[0], october[1], ("BillingAccountId", account)];
    assert_eq!(import(app, &file(&[&[], &[("BillingAccountId", "other")], &of("main")])), (3, 0, 0));
    let missed = || {
        let month = app.editor().get("months/2026-10").expect(200).json;
        let gaps = month["gaps"].as_array().expect("gaps").clone();
        gaps.into_iter().filter(|gap| gap["kind"] == "bill").collect::<Vec<_>>()
    };
    let told = missed();
    assert_eq!((told.len(), &told[0]["subject"]), (1, &json!("focus:AWS other")), "{told:?}");
    assert_eq!(import(app, &file(&[&of("other")])), (1, 0, 0));
    assert_eq!(missed(), Vec::<Value>::new());
}

fn a_bill_is_taken_back_with_all_its_lines(app: &TestApp) {
    let lines: Vec<Said<'_>> = vec![&[]; 2500];
    assert_eq!(import(app, &file(&lines)), (2500, 0, 0));
    assert_eq!(import(app, &file(&[&[("BillingAccountId", "other")]])), (1, 0, 0));
    let found = app.viewer().get("bills?billing_account=main&state=in_force&provider=AWS&source=focus:AWS").expect(200);
    let bill = &found.json["items"][0];
    assert_eq!([&bill["lines"], &bill["billing_period"]], [&json!(2500), &json!("2026-09")]);
    assert_eq!(
        bill["totals"],
        json!([{ "amount": { "amount": "2500", "currency": "EUR" },
                                        "billed_amount": { "amount": "5000", "currency": "EUR" } }])
    );
    let path = format!("bills/{}", bill["id"].as_str().expect("an id"));
    let etag = app.viewer().get(&path).expect(200).etag().to_owned();
    app.viewer().delete(&path, &etag).expect(403);
    app.editor().delete(&path, "\"1\"").expect(412);
    app.editor().delete(&path, &etag).expect(204);
    app.editor().get(&path).expect(404);
    assert_eq!((kept(app), sums(app, "AWS").0, all_bills(app).len()), (1, 1, 1));
    let event = app.owner().get("audit-events?resource=bills").expect(200).json["items"][0].clone();
    assert_eq!([&event["action"], &event["before"]["lines"]], [&json!("delete"), &json!(2500)]);
    assert_eq!(import(app, &file(&lines)), (2500, 0, 0), "and can be brought again");
}

fn the_command_line_brings_bills_as_the_api_does(app: &TestApp) {
    let mut content = tempfile::NamedTempFile::new().expect("a file");
    content.write_all(file(&[&[], &[("BillingCurrency", "USD")]]).as_bytes()).expect("a file");
    let run = |dry_run| {
        let (author, path) = (Author::operator(), content.path().to_owned());
        let asked = (Format::Focus, Mode::Strict);
        block_on(imports::run(&app.db, author, &app.platform(), asked, path, dry_run)).expect("an import")
    };
    assert_eq!((run(true).created, kept(app)), (2, 0));
    let done = run(false);
    assert_eq!((done.created, done.unallocated), (2, 2));
    assert_eq!(run(false).unchanged, 2);
    let totals = in_force(app)[0]["totals"].clone();
    assert_eq!(totals.as_array().map(Vec::len), Some(2), "one for each currency: {totals}");

    let client = app.editor().with("Idempotency-Key", "once");
    let content = file(&[&[("ProviderName", "Oracle")]]);
    let first = send(&client, "", &content).expect(200).json;
    assert_eq!((counts(&first), send(&client, "", &content).expect(200).json), ((1, 0, 0), first));
    assert_eq!(kept(app), 3);
}
