//! A month closed from the shell, with `prodops report`.

use crate::app::TestApp;
use prodops::kernel::db::DatabaseUrl;
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

on_both_engines!(
    a_month_is_closed_step_by_step,
    a_report_is_printed_as_ever,
    what_cannot_be_done_is_said_and_nothing_else
);

const PRODOPS: &str = env!("CARGO_BIN_EXE_prodops");
/// Long over, whatever the time is where this runs.
const MONTH: &str = "2020-01";

fn started(app: &TestApp, arguments: &[&str]) -> Child {
    let url = match &app.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(PRODOPS);
    command.env("DATABASE_URL", url).args(["report", "--product", "platform", "--month", MONTH]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program runs")
}

fn report(app: &TestApp, arguments: &[&str], input: &str) -> Output {
    let mut child = started(app, arguments);
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("its input");
    child.wait_with_output().expect("its end")
}

/// What it says when it does what it is asked to.
#[track_caller]
fn said(app: &TestApp, arguments: &[&str], input: &str) -> String {
    let output = report(app, arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[track_caller]
fn json_of(app: &TestApp, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(app, &[arguments, &["--format", "json"]].concat(), "")).expect("JSON")
}

fn bill(app: &TestApp, amount: &str, currency: &str) {
    let amount = json!({ "amount": amount, "currency": currency });
    let entry = json!({ "month": MONTH, "category": "infrastructure", "amount": amount });
    app.editor().post("cost-entries", &entry).expect(201);
}

fn a_month_is_closed_step_by_step(app: &TestApp) {
    bill(app, "100", "USD");
    let table = said(app, &["--missing"], "");
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines[0], "2020-01: no report yet");
    assert!(lines[1].ends_with(" missing") && lines[1] != "nothing is missing", "{table}");
    let rate = lines.iter().position(|line| line.starts_with("rate ")).expect("a gap");
    assert!(
        lines[rate].contains("no exchange rate from USD to EUR") && lines[rate + 1].contains("changes "),
        "{table}"
    );
    let gaps = json_of(app, &["--missing"]);
    assert_eq!(gaps, app.editor().get(&format!("months/{MONTH}")).expect(200).json);
    app.editor()
        .post("exchange-rates", &json!({ "from": "USD", "to": "EUR", "month": MONTH, "rate": "0.9" }))
        .expect(201);
    assert!(!said(app, &["--missing"], "").contains("exchange rate"));

    let built = said(app, &["--build"], "");
    let id = built.split(' ').next().expect("an id").to_owned();
    assert_eq!(built, format!("{id} 2020-01 revision 1 draft\n"));
    assert_eq!(json_of(app, &["--build"])["version"], 2);
    assert!(said(app, &["--missing"], "").starts_with("2020-01: draft, revision 1, built 2"));

    let line = said(app, &["--comment", "cost", "--text", "- Dollars, *again*"], "");
    assert_eq!(line, format!("{id} 2020-01 cost: the operator\n"));
    said(app, &["--comment", "cost", "--text", "-", "--by", "Editor@example.com"], "The dollar\nfell.\n\n");
    let cost = app.editor().get(&format!("reports/{id}/commentary/cost")).expect(200).json;
    assert_eq!((&cost["text"], &cost["author_name"]), (&json!("The dollar\nfell."), &json!("editor")));
    assert_eq!((&cost["author"], &cost["version"]), (&json!(app.people.editor), &json!(2)));

    let published = json_of(app, &["--publish"]);
    assert_eq!((&published["id"], &published["state"]), (&json!(id), &json!("published")));
    assert!(said(app, &["--format", "md"], "").contains("The dollar"));
    bill(app, "7", "EUR");
    assert!(said(app, &["--build"], "").ends_with(" 2020-01 revision 2 draft\n"));
    let refused = report(app, &["--publish"], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("say why there is another revision"));
    let second = said(app, &["--publish", "--reason", "A bill came late."], "");
    assert!(second.ends_with(" 2020-01 revision 2 published\n"), "{second}");
    let events = app.owner().get("audit-events?resource=reports&limit=200").expect(200);
    assert!(events.column("actor_kind").iter().all(|kind| kind == "operator"), "{events}");
}

/// A reader that has seen enough, such as `head`, is no failure.
#[test]
fn a_pipe_that_closes_ends_nothing_badly() {
    let app = TestApp::on_sqlite();
    let mut child = started(&app, &["--format", "json"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("its end");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// Byte for byte as the API answers it.
fn a_report_is_printed_as_ever(app: &TestApp) {
    bill(app, "100", "EUR");
    said(app, &["--build"], "");
    let id = json_of(app, &["--publish"])["id"].as_str().expect("an id").to_owned();
    for (format, suffix) in [(&["--format", "html"][..], "html"), (&[], "html"), (&["--format", "md"], "md")] {
        let shown = app.viewer().get(&format!("reports/{id}.{suffix}")).expect(200);
        assert_eq!(said(app, format, ""), format!("{}\n", shown.text()), "{suffix}");
    }
    let shown = app.viewer().get(&format!("reports/{id}.md?for=finance")).expect(200);
    assert_eq!(said(app, &["--format", "md", "--for", "finance"], ""), format!("{}\n", shown.text()));
    assert_eq!(json_of(app, &[]), app.viewer().get(&format!("reports/{id}")).expect(200).json);
}

fn what_cannot_be_done_is_said_and_nothing_else(app: &TestApp) {
    let refused = |arguments: &[&str], code: i32, why: &str| {
        let output = report(app, arguments, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(code), &b""[..]), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
    };
    // What excludes each other, or says nothing, is not understood.
    refused(&["--build", "--publish"], 2, "cannot be used with");
    refused(&["--missing", "--for", "finance"], 2, "cannot be used with");
    refused(&["--comment", "cost"], 2, "--text");
    refused(&["--text", "words"], 2, "--comment");
    refused(&["--reason", "why"], 2, "--publish");
    refused(&["--build", "--reason", "why"], 2, "cannot be used with");
    refused(&["--build", "--text", "words"], 2, "cannot be used with");
    refused(&["--comment", "weather", "--text", "words"], 2, "headline");
    refused(&["--missing", "--format", "html"], 2, "text or json");
    refused(&["--format", "text"], 2, "html, md or json");
    // What the month is not ready for is refused.
    refused(&["--comment", "cost", "--text", "words"], 1, "--build");
    refused(&["--publish"], 1, "--build");
    said(app, &["--build"], "");
    refused(&["--comment", "cost", "--text", ""], 1, "");
    refused(&["--comment", "cost", "--text", "words", "--by", "outsider@example.com"], 1, "no member");
    said(app, &["--publish"], "");
    refused(&["--publish"], 1, "another revision");
    refused(&["--comment", "cost", "--text", "words"], 1, "another revision");
}
