//! The command line, as a program: in a pipe, and on a terminal.

use prodops::kernel::auth::{KeyPlace, Signer};
use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};

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

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("prodops.db").display());
    for arguments in [&["migrate", "--init"][..], &["check"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_prodops"));
        program.env("DATABASE_URL", &database).args(arguments).stdout(std::process::Stdio::piped());
        let mut child = program.spawn().expect("it runs");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("its end").code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn the_issuer_in_force_is_shown_and_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("p.db").display());
    assert!(prodops(&database, &["migrate", "--init"]).status.success());
    let file = folder.path().join("prodops.toml");
    let written = "public_url = \"https://prodops.example.com\"\noidc_issuer = \"https://sso.example.com/realms/main\"\n\
                   oidc_client_id = \"prodops\"\noidc_client_secret = \"hush\"\noidc_roles_claim = \"groups\"\n\
                   oidc_roles = \"ops=platform:editor\"\n";
    let check = |text: &str, settings: &[(&str, &str)]| {
        std::fs::write(&file, text).expect("a file");
        let mut command = Command::new(PRODOPS);
        command.env("DATABASE_URL", &database).envs(settings.iter().copied()).arg("--config").arg(&file).arg("check");
        let output = command.output().expect("the program runs");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).expect("UTF-8")).concat();
        assert!(!said.contains("hush"), "{said}");
        (output.status.success(), said)
    };
    let (good, said) = check(written, &[("PRODOPS_OIDC_AUDIENCE", "api")]);
    for line in [
        "issuer       https://sso.example.com/realms/main\n",
        "  at the API   for api\n",
        "  browsers     as prodops, back to https://prodops.example.com/login/oidc/callback\n",
        "  its groups   by `groups` in platform\n",
    ] {
        assert!(good && said.contains(line), "{line}: {said}");
    }
    let (good, said) = check(written, &[("PRODOPS_OIDC_ISSUER", "http://sso.example.com")]);
    assert!(!good && said.contains("https"), "{said}");
    let (good, said) = check(&written.replace("public_url", "#"), &[]);
    assert!(!good && said.contains("public_url"), "{said}");
}

#[test]
fn how_mail_is_sent_is_checked_and_no_password_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("p.db").display());
    assert!(prodops(&database, &["migrate", "--init"]).status.success());
    let check = |settings: &[(&str, &str)]| {
        let mut command = Command::new(PRODOPS);
        let output = command.env("DATABASE_URL", &database).envs(settings.iter().copied()).arg("check").output();
        let output = output.expect("the program runs");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).expect("UTF-8")).concat();
        assert!(!said.contains("hush"), "{said}");
        (output.status.success(), said)
    };
    let server = ("PRODOPS_SMTP_URL", "smtps://me:hush%2Fhush@mail.example.com");
    let from = ("PRODOPS_MAIL_FROM", "prodops <prodops@example.com>");
    let public = ("PRODOPS_PUBLIC_URL", "https://prodops.example.com");
    for off in [&[][..], &[("PRODOPS_SMTP_URL", "")], &[from, public]] {
        let (good, said) = check(off);
        assert!(good && said.contains("mail         off"), "{said}");
    }
    let (good, said) = check(&[server, from, public]);
    assert!(good && said.contains("mail         through mail.example.com, port 465, TLS, as me"), "{said}");
    for (wrong, why) in [
        (&[server, from][..], "public_url"),
        (&[server, public], "mail_from"),
        (&[("PRODOPS_SMTP_URL", "smtp://me:hush@mail.example.com?tls=perhaps"), from, public], "smtp_url"),
        (&[server, ("PRODOPS_MAIL_FROM", "nobody"), public], "mail_from"),
        (&[server, from, ("PRODOPS_PUBLIC_URL", "http://prodops.example.com")], "https"),
    ] {
        let (good, said) = check(wrong);
        assert!(!good && said.contains(why), "{said}");
    }
    // What is wrong in a file is told by its line, not by what stands in it.
    let file = folder.path().join("prodops.toml");
    let config = file.to_str().expect("a name").to_owned();
    for broken in ["\nsmtp_url = \"smtp://me:hush@mail.example.com\n", "\nsmtp_url = [\"hush\"]\n"] {
        std::fs::write(&file, broken).expect("a file");
        let (good, said) = check(&[("PRODOPS_CONFIG", &config)]);
        assert!(!good && said.contains("line 2"), "{said}");
    }
    std::fs::write(&file, "smtp_url = \"smtp://localhost\"\nmail_from = \"a@example.com\"\n").expect("a file");
    let (good, said) = check(&[("PRODOPS_CONFIG", &config), public]);
    assert!(good && said.contains("mail         through localhost, port 25, not encrypted"), "{said}");
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

#[test]
fn keys_are_listed_rotated_and_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("p.db").display());
    let says = |arguments: &[&str]| {
        let output = prodops(&database, arguments);
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
        (output.status.code(), said[0].trim_end().to_owned(), said[1].clone())
    };
    let (code, out, why) = says(&["key", "rotate"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "there is nothing to rotate yet");
    assert!(why.contains("signing-key.pem"), "{why}");
    let place = KeyPlace::Folder(folder.path().to_owned());
    Signer::open(place).expect("a key, as a server makes it");
    let (_, first, _) = says(&["key", "list"]);
    let (kid, state) = first.split_once(' ').expect("a key and its state");
    assert_eq!(state, "signs");
    let (code, made, _) = says(&["key", "rotate"]);
    assert!(code == Some(0) && made.ends_with(" signs") && !made.starts_with(kid), "{made}");
    let (_, both, _) = says(&["key", "list"]);
    assert!(both.starts_with(&format!("{made}\n{kid} verifies, retired at ")), "{both}");
    let (_, last, _) = says(&["key", "rotate", "--drop-old"]);
    assert_eq!(says(&["key", "list"]), (Some(0), last.clone(), String::new()));
    assert!(says(&["migrate", "--init"]).0 == Some(0) && says(&["check"]).0 == Some(0));

    let key = folder.path().join("signing-key.pem");
    let given = folder.path().join("given.pem");
    let pem = std::fs::read(&key).expect("the key");
    std::fs::write(&given, pem).expect("the same key, elsewhere");
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("another mode");
    };
    mode(&key, 0o640);
    let (code, _, why) = says(&["check"]);
    assert!(code == Some(1) && why.contains("signing-key.pem can be read by others"), "{why}");
    let name = given.to_str().expect("a name");
    for (bits, fits) in [(0o440, true), (0o444, false)] {
        mode(&given, bits);
        assert_eq!(says(&["check", "--signing-key", name]).0 == Some(0), fits, "{bits:o}");
    }
    assert_eq!(says(&["key", "list", "--signing-key", name]).1, last);
    let (code, out, why) = says(&["key", "rotate", "--signing-key", name]);
    assert!((code, out.as_str()) == (Some(1), "") && why.contains("put a new one before the others"), "{why}");
    let (code, _, why) = says(&["check", "--signing-key", "no-such.pem"]);
    assert!(code == Some(1) && why.contains("no-such.pem"), "{why}");
}

#[test]
fn an_invitation_is_printed_once_and_a_refused_one_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}", folder.path().join("p.db").display());
    assert!(prodops(&database, &["migrate", "--init"]).status.success());
    let invite = |more: &[&str]| prodops(&database, &[&["user", "invite", "--email", "a@example.com"], more].concat());
    let printed = invite(&["--admin"]);
    let said = String::from_utf8(printed.stdout).expect("UTF-8");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    assert!(said.starts_with("/invitations/") && said.trim_end().len() == "/invitations/".len() + 43, "{said}");
    let again = String::from_utf8(invite(&[]).stdout).expect("UTF-8");
    assert!(again.starts_with("/invitations/") && again != said);
    for wrong in [
        &["--product", "nothing", "--role", "owner"][..],
        &["--product", "nothing"],
        &["--role", "owner"],
        &["--product", "nothing", "--role", "owner", "--admin"],
        &["--product", "nothing", "--role", "king"],
    ] {
        let refused = invite(wrong);
        assert!(!refused.status.success() && refused.stdout.is_empty() && !refused.stderr.is_empty(), "{wrong:?}");
    }
    let refused = prodops(&database, &["user", "invite", "--email", "nobody"]);
    assert_eq!((refused.status.code(), refused.stdout.as_slice()), (Some(1), &b""[..]));
}
