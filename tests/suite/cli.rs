//! The command line, as a program: in a pipe, and on a terminal.

use std::process::{Command, Output};

const PRODOPS: &str = env!("CARGO_BIN_EXE_prodops");

fn prodops(database: &str, arguments: &[&str]) -> Output {
    Command::new(PRODOPS).env("DATABASE_URL", database).args(arguments).output().expect("the program runs")
}

#[test]
fn a_missing_file_is_refused_and_made_when_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("p.db").display());
    for command in [&["migrate"][..], &["check"], &["export", "--product", "p", "components"]] {
        let refused = prodops(&database, command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}");
        assert!(!refused.stderr.is_empty() && !folder.path().join("p.db").exists(), "{command:?}");
    }
    assert!(prodops(&database, &["migrate", "--init"]).status.success());
    assert!(prodops(&database, &["check"]).status.success());
    let unknown = prodops(&database, &["export", "--product", "nothing", "components"]);
    assert_eq!((unknown.status.code(), unknown.stdout.as_slice()), (Some(1), &b""[..]));
}

/// What looks at the terminal must not fail on one: every other test runs in a pipe.
#[test]
fn on_a_terminal_it_does_the_same() {
    let Ok(output) = Command::new("script").args(["-qec", &format!("{PRODOPS} openapi"), "/dev/null"]).output() else {
        println!("skipped: no `script` to make a terminal with");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("\"openapi\": \"3.1.0\""), "{}", &text[..text.len().min(400)]);
}
