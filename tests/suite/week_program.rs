//! `prodops week`, as a program: the sheet in a pipe, the difference before it is sent, and an editor.

use crate::{
    app::TestApp,
    effort::{person, service},
};
use prodops::kernel::db::DatabaseUrl;
use serde_json::Value;
use std::{
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

on_both_engines!(
    a_sheet_is_printed_filled_in_shown_and_sent,
    what_is_wrong_is_told_by_line_and_nothing_stands_on_standard_output,
    an_editor_fills_it_in_and_nothing_written_is_lost,
    through_a_server_it_does_the_same,
);

const PRODOPS: &str = env!("CARGO_BIN_EXE_prodops");

/// Exit code, standard output, standard error.
type Said = (Option<i32>, String, String);

fn run(app: &TestApp, settings: &[(&str, &Path)], arguments: &[&str], input: &str) -> Said {
    let url = match &app.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(PRODOPS);
    command.env("DATABASE_URL", url).env_remove("VISUAL").env_remove("EDITOR").envs(settings.iter().copied());
    command.args(["week", "--product", "platform"]).args(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // One that is refused at once reads nothing.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("its end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn done(app: &TestApp, arguments: &[&str], input: &str) -> String {
    let (code, out, err) = run(app, &[], arguments, input);
    assert_eq!(code, Some(0), "{err}");
    out
}

fn team(app: &TestApp) {
    service(app, "Checkout");
    for name in ["Ann", "Bob"] {
        person(app, name, "2020-01-01", None);
    }
}

fn a_sheet_is_printed_filled_in_shown_and_sent(app: &TestApp) {
    team(app);
    let sheet = done(app, &["--week", "2026-W44"], "");
    assert_eq!(sheet, app.editor().get("effort/2026-W44/sheet").expect(200).text());
    let told: Value = serde_json::from_str(&done(app, &["--week", "2026-W44", "--format", "json"], "")).expect("JSON");
    assert_eq!((&told["week"], told["sheet"].as_str()), (&Value::from("2026-W44"), Some(sheet.as_str())));
    assert!(done(app, &[], "").contains("\nweek: 20"), "the week that is to be written now");
    let filled = sheet.replace("Ann: rest ?", "Ann: 20% on_call checkout, rest support").replace("rest ?", "rest toil");
    let shown = done(app, &["-"], &filled);
    let changes = "Ann\n      20% on_call checkout, 80% support\nBob\n      100% toil\n";
    assert_eq!(shown, format!("{changes}1 new, 0 changed, 0 as they are; not sent yet\n"));
    app.editor().get("effort/2026-W44").expect(404);
    let sent = done(app, &["-", "--send"], &filled);
    assert_eq!(sent, format!("{changes}sent: 1 new, 0 changed, 0 as they are\n"));
    assert_eq!(done(app, &["-", "--send"], &filled), "nothing to send: 1 as they are\n");
    let other = done(app, &["--week", "2026-W44"], "").replace("100% toil", "100% security");
    let shown = done(app, &["-"], &other);
    assert_eq!(shown, "Bob\n    - 100% toil\n    + 100% security\n0 new, 1 changed, 0 as they are; not sent yet\n");
    let view: Value = serde_json::from_str(&done(app, &["-", "--format", "json"], &other)).expect("JSON");
    assert_eq!((&view["dry_run"], &view["changes"][0]["label"]), (&Value::from(true), &Value::from("Bob")));
}

fn what_is_wrong_is_told_by_line_and_nothing_stands_on_standard_output(app: &TestApp) {
    team(app);
    let sheet = done(app, &["--week", "2026-W44"], "");
    for arguments in [&["-"][..], &["-", "--send"], &["-", "--format", "json"]] {
        let (code, out, err) = run(app, &[], arguments, &sheet);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments:?}");
        for who in ["Ann", "Bob"] {
            let line = sheet.lines().position(|line| line == format!("  {who}: rest ?")).expect("a line") + 1;
            let expected = format!("line {line}, share: {who}'s week is not written");
            assert!(err.contains(&expected) || err.contains(&format!("line {line}")), "{expected}: {err}");
        }
    }
    for arguments in [&["no-such.yaml"][..], &["--edit"], &["--week", "2026-W44", "--product", "nothing"]] {
        let (code, out, err) = run(app, &[], arguments, "");
        assert!(
            code != Some(0) && code != Some(101) && out.is_empty() && !err.is_empty(),
            "{arguments:?}: {code:?} {err}"
        );
    }
    for misunderstood in
        [&["--send"][..], &["x.yaml", "--week", "2026-W44"], &["--week", "now"], &["-", "--send", "--edit"]]
    {
        assert_eq!(run(app, &[], misunderstood, "").0, Some(2), "{misunderstood:?}");
    }
}

/// Where the text is that was not sent.
fn kept(err: &str) -> String {
    let (_, path) = err.trim_end().rsplit_once("what you wrote is in ").unwrap_or_else(|| panic!("{err}"));
    path.to_owned()
}

fn an_editor_fills_it_in_and_nothing_written_is_lost(app: &TestApp) {
    team(app);
    let folder = tempfile::tempdir().expect("a folder");
    let editor = |name: &str, script: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
        path
    };
    // First it forgets Bob; the second time it sees what was told, and says it.
    let forgets = "if grep -q '^#!.*Bob' \"$1\"; then sed -i 's/rest ?/rest toil/' \"$1\"; \
                   else sed -i 's/Ann: rest ?/Ann: rest support/' \"$1\"; fi";
    let forgets = editor("forgets", forgets);
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let with = |editor: &Path, arguments: &[&str], input: &str| {
        run(app, &[("EDITOR", editor), ("TMPDIR", &temporary)], &[&["--edit"], arguments].concat(), input)
    };
    let left = || std::fs::read_dir(&temporary).expect("a folder").count();

    let (code, out, err) = with(&forgets, &["--week", "2026-W44"], "y\ny\n");
    assert_eq!((code, out.as_str()), (Some(0), "sent: 1 new, 0 changed, 0 as they are\n"), "{err}");
    assert!(err.contains("Bob's week is not written") && err.contains("Send? [y/N/e]"), "{err}");
    assert_eq!(
        (left(), app.editor().get("effort/2026-W44").expect(200).json["entries"][1]["shares"][0]["kind"].as_str()),
        (0, Some("toil"))
    );

    let (code, out, err) = with(&forgets, &["--week", "2026-W45"], "");
    assert_eq!((code, out.as_str()), (Some(1), ""), "nobody answers: {err}");
    let path = kept(&err);
    let text = std::fs::read_to_string(&path).expect("the text");
    assert!(text.starts_with("#! line ") && text.contains("  Ann: rest support"), "{text}");
    let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "it says what persons do");

    let (code, _, err) = with(&forgets, &[&path], "n\n");
    assert_eq!((code, kept(&err)), (Some(1), path.clone()), "taken up again, and not sent");
    app.editor().get("effort/2026-W45").expect(404);
    let (code, out, err) = with(&editor("nothing", "true"), &[&path], "e\ny\n");
    assert_eq!((code, out.as_str()), (Some(0), "sent: 1 new, 0 changed, 0 as they are\n"), "{err}");
    assert!(Path::new(&path).exists(), "a file of one's own stays");

    let (code, _, err) =
        with(&editor("breaks", "sed -i 's/rest ?/rest toil/' \"$1\"; exit 3"), &["--week", "2026-W46"], "y\n");
    assert!(
        code == Some(1) && std::fs::read_to_string(kept(&err)).is_ok_and(|text| text.contains("rest toil")),
        "{err}"
    );
    let (code, _, err) = with(&editor("empties", ": > \"$1\""), &["--week", "2026-W46"], "y\n");
    assert!(code == Some(1) && err.contains("the file is empty"), "{err}");
    app.editor().get("effort/2026-W46").expect(404);
}

fn through_a_server_it_does_the_same(app: &TestApp) {
    team(app);
    let token = |role: &str| {
        let new = serde_json::json!({ "name": role, "role": role, "product": "platform", "expires_at": "2026-12-31T00:00:00Z" });
        app.owner().post("/api/v1/tokens", &new).expect(201).json["token"].as_str().expect("a token").to_owned()
    };
    let (editor, viewer) = (token("editor"), token("viewer"));
    let server = app.anonymous().origin();
    let through = |token: &str, arguments: &[&str], input: &str| {
        let settings = [
            ("PRODOPS_SERVER", Path::new(&server)),
            ("PRODOPS_TOKEN", Path::new(token)),
            ("DATABASE_URL", Path::new("sqlite:///nowhere")),
        ];
        run(app, &settings, arguments, input)
    };
    let (code, sheet, err) = through(&editor, &["--week", "2026-W44"], "");
    assert_eq!((code, sheet.as_str()), (Some(0), app.editor().get("effort/2026-W44/sheet").text()), "{err}");
    let (code, out, err) = through(&editor, &["-"], &sheet);
    assert!((code, out.as_str()) == (Some(1), "") && err.contains("Ann's week is not written"), "{err}");
    let filled = sheet.replace("rest ?", "rest toil");
    let (code, out, err) = through(&editor, &["-", "--send"], &filled);
    assert_eq!((code, out.lines().last()), (Some(0), Some("sent: 1 new, 0 changed, 0 as they are")), "{err}");
    app.editor().get("effort/2026-W44").expect(200);
    assert!(through(&editor, &[], "").1.contains("\nweek: 20"), "the zone is asked for");
    for arguments in [&["--week", "2026-W44"][..], &["-"]] {
        let (code, out, err) = through(&viewer, arguments, &filled);
        assert!((code, out.as_str()) == (Some(1), "") && !err.is_empty(), "{err}");
    }
}
