use super::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SAMPLE: Dataset = Dataset {
    name: "sample",
    title: "Sample",
    description: "For tests.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        DatasetColumn::text("text", "Any text.").or_null(),
        DatasetColumn::integer("number", "Any number.").or_null(),
        DatasetColumn::month("month", "Any month."),
    ],
    key: &["text"],
    period: Some("month"),
    rows: |_, _, _, _| Ok(()),
};

fn now() -> crate::kernel::clock::Instant {
    chrono::DateTime::UNIX_EPOCH.into()
}

fn query(columns: Option<&str>, excel: bool) -> ExportQuery {
    let columns = columns.map(ToOwned::to_owned);
    ExportQuery { columns, for_program: excel.then(|| "excel".to_owned()), ..ExportQuery::default() }
}

/// The text and the number of each row, as CSV.
fn csv(query: &ExportQuery, rows: &[(Option<&str>, Option<i64>)]) -> String {
    let selection = Selection::read(&SAMPLE, query, false, now()).unwrap();
    let mut out = Vec::new();
    let mut sheet = Sheet::begin("shop", &selection, &mut out).unwrap();
    for (text, number) in rows {
        sheet.row().put(*text).put(*number).put("2026-10").end().unwrap();
    }
    sheet.finish().unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn null_is_empty_and_empty_text_is_two_quotes() {
    let rows = [(None, None), (Some(""), Some(0)), (Some("plain text"), Some(-5))];
    assert_eq!(
        csv(&query(None, false), &rows),
        "product,deleted_at,text,number,month\r\n\
         shop,,,,2026-10\r\n\
         shop,,\"\",0,2026-10\r\n\
         shop,,plain text,-5,2026-10\r\n"
    );
}

#[test]
fn what_would_break_a_line_is_quoted_and_reads_back() {
    let texts = ["a,b", "a \"quoted\" word", "\"", "\"\"", "two\nlines", "a\rb", " blank ", "größe", "=1+1"];
    let rows: Vec<_> = texts.iter().map(|text| (Some(*text), None)).collect();
    let written = csv(&query(Some("text,month"), false), &rows);
    assert!(written.contains("\r\n\"a \"\"quoted\"\" word\",2026-10\r\n"), "{written}");
    let mut reader = csv::Reader::from_reader(written.as_bytes());
    let read: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(read, texts);
}

#[test]
fn a_spreadsheet_gets_no_formula_and_numbers_stay_numbers() {
    let texts = ["=1+1", "+1", "-1", "@sum", "\tx", "\r=x", "a=b", ""];
    let rows: Vec<_> = texts.iter().map(|text| (Some(*text), Some(-1))).collect();
    assert_eq!(
        csv(&query(Some("text,number"), true), &rows),
        "\u{feff}text,number\r\n'=1+1,-1\r\n'+1,-1\r\n'-1,-1\r\n'@sum,-1\r\n'\tx,-1\r\n\"'\r=x\",-1\r\na=b,-1\r\n\"\",-1\r\n"
    );
}

#[test]
fn columns_come_in_the_order_that_was_asked_for() {
    let rows = [(Some("x"), Some(1))];
    assert_eq!(csv(&query(Some("number,product,text"), false), &rows), "number,product,text\r\n1,shop,x\r\n");
}

#[test]
fn what_cannot_be_selected_is_refused_with_its_parameter() {
    let refused = |dataset: &'static Dataset, sent: &str| {
        let parameters: serde_json::Map<_, _> = sent
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let query = serde_json::from_value(Value::Object(parameters)).unwrap();
        match Selection::read(dataset, &query, false, now()) {
            Err(Failure::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.parameter.unwrap(), fault.code.into_owned())).collect()
            }
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    };
    let fault = |name: &str, code: &str| vec![(name.to_owned(), code.to_owned())];
    assert_eq!(refused(&SAMPLE, "columns=text,wrong"), fault("columns", "unknown_column"));
    assert_eq!(refused(&SAMPLE, "columns=text,text"), fault("columns", "twice"));
    assert_eq!(refused(&SAMPLE, "for=word"), fault("for", "parameter"));
    assert_eq!(refused(&SAMPLE, "columns="), fault("columns", "unknown_column"));
    assert_eq!(refused(&SAMPLE, "from=2026-10-01"), fault("from", "parameter"));
    assert_eq!(refused(&SAMPLE, "from=2026-10&to=2026-13"), fault("to", "parameter"));
    assert_eq!(refused(&SAMPLE, "from=2026-10&to=2026-10"), vec![]);
    let [components, effort] = ["components", "effort"].map(|name| Dataset::find(name).unwrap());
    assert_eq!(refused(components, "from=2026-10"), fault("from", "parameter"));
    assert_eq!(refused(effort, "to=2026-10"), fault("to", "parameter"));
    assert_eq!(refused(effort, "to=2026-1-1"), fault("to", "parameter"));
    assert_eq!(refused(effort, "to=2026-10-01"), vec![]);
}

#[test]
fn a_row_with_too_few_cells_is_a_failure_not_a_short_line() {
    let selection = Selection::everything(&SAMPLE, now());
    let mut out = Vec::new();
    let mut sheet = Sheet::begin("shop", &selection, &mut out).unwrap();
    assert!(sheet.row().end().is_err());
}

#[test]
fn every_dataset_is_sound() {
    for dataset in DATASETS {
        let names: Vec<_> = dataset.columns.iter().map(|column| column.name).collect();
        assert_eq!(names[..2], ["product", "deleted_at"], "{}", dataset.name);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}", dataset.name);
        assert!(dataset.key.iter().chain(&dataset.period).all(|name| names.contains(name)), "{}", dataset.name);
        for column in dataset.columns {
            let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(column.name.bytes().all(snake), "{}", column.name);
            let known = |to: ColumnReference| {
                Dataset::find(to.dataset).is_some_and(|other| other.columns.iter().any(|other| other.name == to.column))
            };
            assert!(column.references.is_none_or(known), "{}.{}", dataset.name, column.name);
        }
    }
}

/// What readers rely on; the words may get better.
fn promised(dataset: &Dataset) -> Value {
    let columns = dataset.columns.iter().map(
        |column| json!({ "name": column.name, "type": column.kind, "unit": column.unit, "nullable": column.nullable }),
    );
    json!({ "key": dataset.key, "period": dataset.period, "columns": columns.collect::<Vec<_>>() })
}

/// Dashboards read columns by place. A new column goes to the end of the dataset and, in the same
/// commit, to the end of its file; whatever else this test finds breaks somebody's dashboard.
#[test]
fn columns_are_only_ever_added_at_the_end() {
    for dataset in DATASETS {
        let path = format!("{}/src/exports/schemas/{}.json", env!("CARGO_MANIFEST_DIR"), dataset.name);
        let now = promised(dataset);
        if blessed() && !std::path::Path::new(&path).exists() {
            std::fs::write(&path, format!("{now:#}\n")).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}\n{now:#}"));
        let before: Value = serde_json::from_str(&text).unwrap();
        let columns = |schema: &Value| schema["columns"].as_array().unwrap().clone();
        let kept = columns(&before).len();
        assert!(columns(&now).starts_with(&columns(&before)), "{}: a column was changed, moved or taken", dataset.name);
        assert_eq!(before["key"], now["key"], "{}: the key was changed", dataset.name);
        assert_eq!(before["period"], now["period"], "{}: the period was changed", dataset.name);
        assert_eq!(columns(&now).len(), kept, "add the new columns to the end of {path}:\n{now:#}");
    }
}

const DOCUMENTATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/EXPORTS.md");
/// What stands after this line of it is written from the datasets.
const WRITTEN: &str = "<!-- Written by `PRODOPS_BLESS=1 cargo test --lib exports`, from here to the end. -->\n";

/// The datasets in words.
fn described() -> String {
    let mut out = String::new();
    for dataset in DATASETS {
        let key: Vec<_> = dataset.key.iter().map(|name| format!("`{name}`")).collect();
        let period = dataset.period.map_or_else(
            || "It has no `from` and `to`.".to_owned(),
            |period| format!("`from` and `to` apply to `{period}`."),
        );
        out += &format!(
            "\n## `{}`\n\n{}\n\nA row is named by {}. {period}\n\n| column | type | empty | |\n|---|---|---|---|\n",
            dataset.name,
            dataset.description,
            key.join(", "),
        );
        for column in dataset.columns {
            let unit = column.unit.map_or_else(String::new, |unit| format!(", {unit}"));
            let empty = if column.nullable { "yes" } else { "" };
            let names = column.references.map_or_else(String::new, |to| format!(" See `{}`.", to.dataset));
            let (name, kind, words) = (column.name, column.kind, column.description);
            out += &format!("| `{name}` | {kind}{unit} | {empty} | {words}{names} |\n");
        }
    }
    out
}

/// Whether the run is to write what it would otherwise only compare.
#[allow(clippy::disallowed_methods)] // `PRODOPS_BLESS=1 cargo test` writes new schemas and documentation.
fn blessed() -> bool {
    std::env::var_os("PRODOPS_BLESS").is_some()
}

#[test]
fn every_column_stands_in_the_documentation() {
    if blessed() {
        let text = std::fs::read_to_string(DOCUMENTATION).unwrap();
        let (words, _) = text.split_once(WRITTEN).unwrap();
        std::fs::write(DOCUMENTATION, format!("{words}{WRITTEN}{}", described())).unwrap();
    }
    let text = std::fs::read_to_string(DOCUMENTATION).unwrap();
    let (_, written) = text.split_once(WRITTEN).unwrap();
    assert!(written == described(), "docs/EXPORTS.md is not what the datasets say; its last part says how to write it");
}
