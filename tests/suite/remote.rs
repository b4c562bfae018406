//! The command line through a server: it says and does the same as on the database itself, and the token reaches
//! nobody but the server that was named.

use crate::app::{PASSWORD, TestApp};
use prodops::kernel::db::DatabaseUrl;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
};

on_both_engines!(
    files_come_in_the_same,
    datasets_go_out_the_same,
    a_month_is_closed_the_same,
    people_are_managed_the_same,
    tokens_are_ones_own,
    a_refusal_says_why_and_nothing_else,
);

const COSTS: &str = "month,category,nature,amount,currency,note,source,external_id\n\
                     2020-01,infrastructure,run,12.50,EUR,=a,s,1\n2020-01,infrastructure,grow,7,EUR,b,s,2\n";
const MONTH: [&str; 5] = ["report", "--product", "platform", "--month", "2020-01"];

/// The program, where nothing is said of a server or a database.
fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_prodops"));
    for name in ["DATABASE_URL", "PRODOPS_CONFIG", "PRODOPS_SERVER", "PRODOPS_TOKEN", "PRODOPS_TOKEN_FILE"] {
        program.env_remove(name);
    }
    program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn run(mut program: Command, input: &str) -> Output {
    let mut child = program.spawn().expect("the program starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("what it reads");
    child.wait_with_output().expect("the program ends")
}

/// Someone at the command line: on the database itself, or through a server.
enum Desk<'a> {
    Here(&'a TestApp),
    There(String, String),
}

impl Desk<'_> {
    fn output(&self, arguments: &[&str], input: &str) -> Output {
        let mut program = program(arguments);
        match self {
            Self::Here(app) => program.env("DATABASE_URL", address(app)),
            Self::There(server, token) => program.env("PRODOPS_SERVER", server).env("PRODOPS_TOKEN", token),
        };
        run(program, input)
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], input: &str) -> String {
        let output = self.output(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "{arguments:?}: silence in a pipe");
        text(&output.stdout).to_owned()
    }

    /// Why it is refused, with nothing on standard output.
    #[track_caller]
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments, "");
        let why = text(&output.stderr).to_owned();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{arguments:?}: {why}");
        why
    }
}

fn address(app: &TestApp) -> String {
    match &app.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Someone who signed in.
fn signed_in(app: &TestApp, user: &str) -> Desk<'static> {
    Desk::There(app.anonymous().origin(), app.bearer(user).trim_start_matches("Bearer ").to_owned())
}

/// A program of the owner's, with an API token.
fn with_token(app: &TestApp, role: &str) -> Desk<'static> {
    let new = json!({ "name": "cli", "role": role, "product": "platform", "expires_at": "2099-12-31T00:00:00Z" });
    let made = app.owner().post("/api/v1/tokens", &new).expect(201).json;
    Desk::There(app.anonymous().origin(), made["token"].as_str().expect("a token").to_owned())
}

fn files_come_in_the_same(app: &TestApp) {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a name").to_owned()
    };
    let (file, later) = (put("costs.csv", COSTS), put("later.csv", &COSTS.replace("7,EUR", "8,EUR")));
    let (here, there) = (Desk::Here(app), with_token(app, "editor"));
    let both = |more: &[&str], input: &str| {
        let said = there.says(&[&["import", "--product", "platform", "costs"], more].concat(), input);
        assert_eq!(said, here.says(&[&["import", "--product", "other", "costs"], more].concat(), input), "{more:?}");
        said
    };
    assert!(both(&[&file, "--dry-run"], "").starts_with("would be created 2, changed 0; unchanged 0\n"));
    assert_eq!(both(&[&file], ""), "created 2, changed 0; unchanged 0\n2 without a component\n");
    assert_eq!(both(&["-"], COSTS), "created 0, changed 0; unchanged 2\n2 without a component\n");
    assert!(both(&[&later, "--dry-run"], "").contains("amount: "), "a change is shown");
    let counted: Value = serde_json::from_str(&both(&[&later, "--format", "json"], "")).expect("JSON");
    assert_eq!((&counted["changed"], &counted["dry_run"]), (&json!(1), &json!(false)));
    let rows = |product: &str| {
        here.says(&["export", "--product", product, "cost_entries", "--columns", "month,nature,amount,note"], "")
    };
    assert_eq!(rows("platform"), rows("other"));

    let wrong = put("wrong.csv", &COSTS.replace("12.50", "much").replace("2020-01,infrastructure,grow", "1,x,grow"));
    let mapped = [&file, "--mapping", "none"];
    for more in [&[wrong.as_str()][..], &mapped.map(|part| part as &str), &["no-such-file.csv"]] {
        let why = there.refuses(&[&["import", "--product", "platform", "costs"], more].concat());
        assert_eq!(why, here.refuses(&[&["import", "--product", "other", "costs"], more].concat()));
        assert!(!why.is_empty() && (more.len() > 1 || why.contains("line 2") || why.contains("file")), "{why}");
    }
    let nowhere = ["import", "--product", "nothing", "costs", &file];
    assert_eq!(there.refuses(&nowhere), here.refuses(&nowhere));
}

fn datasets_go_out_the_same(app: &TestApp) {
    let (here, there) = (Desk::Here(app), with_token(app, "editor"));
    here.says(&["import", "--product", "platform", "costs", "-"], COSTS);
    let export = ["export", "--product", "platform", "cost_entries"];
    for more in [
        &[][..],
        &["--for", "excel"],
        &["--columns", "amount,month"],
        &["--from", "2020-01", "--to", "2020-02"],
        &["--from", "2020-02"],
    ] {
        let said = there.says(&[&export[..], more].concat(), "");
        assert_eq!(said, here.says(&[&export[..], more].concat(), ""), "{more:?}");
        assert_eq!(said.lines().count(), if more == ["--from", "2020-02"] { 1 } else { 3 }, "{said}");
    }
    for more in [&["--columns", "nothing"][..], &["--from", "May"]] {
        let why = there.refuses(&[&export[..], more].concat());
        assert_eq!(why, here.refuses(&[&export[..], more].concat()));
    }
    // Of a lower role it may know less.
    there.says(&["export", "--product", "platform", "effort"], "");
    with_token(app, "exporter").says(&export, "");
}

fn a_month_is_closed_the_same(app: &TestApp) {
    let (here, there) = (Desk::Here(app), with_token(app, "editor"));
    here.says(&["import", "--product", "platform", "costs", "-"], COSTS);
    let with = |more: &[&'static str]| [&MONTH[..], more].concat();
    let same = |more: &[&'static str]| {
        let said = there.says(&with(more), "");
        assert_eq!(said, here.says(&with(more), ""), "{more:?}");
        said
    };
    assert!(same(&["--missing"]).starts_with("2020-01: no report yet"));
    assert_eq!(there.refuses(&with(&["--publish"])), here.refuses(&with(&["--publish"])));
    let built = there.says(&with(&["--build"]), "");
    let id = built.split(' ').next().expect("an id").to_owned();
    assert_eq!(built, format!("{id} 2020-01 revision 1 draft\n"));
    same(&["--missing", "--format", "json"]);
    for words in ["Dear.", "Very dear."] {
        let said = there.says(&with(&["--comment", "cost", "--text", "-"]), words);
        assert_eq!(said, format!("{id} 2020-01 cost: owner\n"));
    }
    let why = there.refuses(&with(&["--comment", "cost", "--text", "a", "--by", "owner@example.com"]));
    assert!(why.contains("--by"), "{why}");
    assert_eq!(there.says(&with(&["--publish"]), ""), format!("{id} 2020-01 revision 1 published\n"));
    assert_eq!(there.refuses(&with(&["--publish"])), here.refuses(&with(&["--publish"])));
    assert!(same(&["--format", "md"]).contains("Very dear."));
    for more in [&[][..], &["--format", "html"], &["--format", "json"], &["--format", "md", "--for", "finance"]] {
        same(more);
    }
    assert_eq!(there.refuses(&with(&["--for", "nobody"])), here.refuses(&with(&["--for", "nobody"])));
    assert!(there.says(&with(&["--build", "--format", "json"]), "").contains("\"revision\":2"));
    let why = there.refuses(&with(&["--publish"]));
    assert!(why.contains("say why there is another revision"), "{why}");
    same(&["--missing"]);
    there.says(&with(&["--publish", "--reason", "A bill came late."]), "");
}

fn people_are_managed_the_same(app: &TestApp) {
    let (here, there) = (Desk::Here(app), signed_in(app, &app.people.admin));
    let create = |desk: &Desk<'_>, name: &str| {
        let email = format!("{name}@example.com");
        desk.says(&["user", "create", "--email", &email, "--name", name, "--password-stdin"], PASSWORD)
    };
    for (desk, name) in [(&here, "one"), (&there, "two")] {
        let said = create(desk, name);
        assert!(said.ends_with(&format!(" {name}@example.com\n")), "{said}");
    }
    let taken = ["user", "create", "--email", "ONE@example.com", "--name", "One"];
    assert_eq!(there.refuses(&taken), here.refuses(&taken));
    let list = there.says(&["user", "list"], "");
    assert_eq!(list, here.says(&["user", "list"], ""));
    assert_eq!(list.lines().count(), 8);
    let json = there.says(&["user", "list", "--format", "json"], "");
    assert_eq!(json, here.says(&["user", "list", "--format", "json"], ""));
    assert!(json.contains("two@example.com") && !json.contains("argon2"), "{json}");

    let two = create_token(app);
    two.says(&["export", "--product", "platform", "components"], "");
    assert!(there.says(&["user", "disable", "Viewer@example.com"], "").ends_with("  viewer  disabled\n"));
    let why = two.refuses(&["export", "--product", "platform", "components"]);
    assert!(why.contains("its user is gone"), "{why}");
    assert!(here.says(&["user", "enable", "viewer@example.com"], "").ends_with("  viewer\n"));
    two.refuses(&["export", "--product", "platform", "components"]);
    for desk in [&here, &there] {
        assert!(desk.refuses(&["user", "disable", "nobody@example.com"]).contains("does not exist"));
    }
    let link = there.says(&["user", "invite", "--email", "new@example.com"], "");
    assert!(link.starts_with(&format!("{}/invitations/", app.anonymous().origin())), "{link}");

    let why = signed_in(app, &app.people.editor).refuses(&["user", "list"]);
    assert!(why.contains("admins only"), "{why}");
    let why = with_token(app, "owner").refuses(&["user", "disable", "viewer@example.com"]);
    assert!(why.contains("an API token manages no users"), "{why}");
}

/// A token of the viewer's.
fn create_token(app: &TestApp) -> Desk<'static> {
    let there = signed_in(app, &app.people.viewer);
    let token = ["token", "create", "--product", "platform", "--role", "viewer", "--name", "mine", "--days", "3660"];
    Desk::There(app.anonymous().origin(), there.says(&token, "").trim_end().to_owned())
}

fn tokens_are_ones_own(app: &TestApp) {
    let (here, there) = (Desk::Here(app), signed_in(app, &app.people.owner));
    let create = ["token", "create", "--product", "platform", "--role", "editor", "--name", "a", "--days", "3660"];
    assert!(there.says(&[&create[..], &["--user", "Owner@example.com"]].concat(), "").starts_with("pdo_"));
    let why = there.refuses(&[&create[..], &["--user", "viewer@example.com"]].concat());
    assert!(why.contains("owner@example.com"), "{why}");
    assert!(here.refuses(&create).contains("--user"));
    let list = there.says(&["token", "list", "--product", "platform"], "");
    assert_eq!(list, here.says(&["token", "list", "--product", "platform"], ""));
    let json = ["token", "list", "--format", "json"];
    assert_eq!(there.says(&json, ""), here.says(&json, ""));
    let id = list.split(' ').next().expect("an id");
    assert_eq!(there.says(&["token", "revoke", id], ""), "");
    assert_eq!(there.says(&["token", "list"], ""), "");
    assert_eq!(there.refuses(&["token", "revoke", id]), here.refuses(&["token", "revoke", id]));
    for arguments in [&create[..], &["token", "list"], &["token", "revoke", id]] {
        let why = with_token(app, "owner").refuses(arguments);
        assert!(why.contains("an API token manages no users and no tokens"), "{why}");
    }
}

fn a_refusal_says_why_and_nothing_else(app: &TestApp) {
    let server = app.anonymous().origin();
    let export: &[&str] = &["export", "--product", "platform", "components"];
    let there = with_token(app, "viewer");
    let at = |server: &str, token: &str| Desk::There(server.to_owned(), token.to_owned());
    for (desk, arguments, why) in [
        (&at(&server, "wrong"), export, "the access token is not valid"),
        (&at(&server, "a\nb"), export, "the token holds what no token does"),
        (&at("http://127.0.0.1:1", "wrong"), export, "http://127.0.0.1:1"),
        (&at("http://192.0.2.1", "wrong"), export, "plain http is for this machine alone"),
        (&at("ftp://127.0.0.1", "wrong"), export, "not an address"),
        (&at(&server, ""), export, "no token for it: give --token"),
        (&there, &["import", "--product", "platform", "costs", "-"], "owners and editors only"),
        (&there, &["export", "--product", "other", "components"], "you may not know of it"),
        (&there, &["serve"], "`serve` works on this machine"),
        (&there, &["demo"], "`demo` works on this machine"),
        (&there, &["migrate"], "`migrate` works on this machine"),
        (&there, &["key", "list"], "`key` works on this machine"),
        (&there, &["backup", "no-such-file"], "`backup` works on this machine"),
        (&there, &["restore", "no-such-file"], "`restore` works on this machine"),
        (&there, &["copy", "--from", "sqlite:///a", "--to", "sqlite:///b"], "`copy` works on this machine"),
    ] {
        let said = desk.refuses(arguments);
        assert!(said.contains(why) && said.lines().count() == 1, "{arguments:?}: {said}");
    }
    assert!(there.says(&["openapi"], "").contains("\"openapi\": \"3.1.0\""));
    let checked = there.says(&["check"], "");
    assert_eq!(checked, format!("server       {server}\nworks as     owner <owner@example.com>\n"));

    // A file for the token, a flag over the variable, and a server that is named empty.
    let Desk::There(_, token) = &there else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{token}\n")).expect("a file");
    let named = file.to_str().expect("a name");
    let mut by_file = program(&["check", "--server", &server, "--token-file", named]);
    by_file.env("PRODOPS_SERVER", "http://127.0.0.1:1");
    let refused = run(by_file, "");
    assert!(text(&refused.stderr).contains("can be read by others"), "{}", text(&refused.stderr));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("another mode");
    assert!(run(program(&["check", "--server", &server, "--token-file", named]), "").status.success());
    let written = folder.path().join("prodops.toml");
    std::fs::write(&written, format!("server = \"{server}\"\ntoken = \"{token}\"\n")).expect("a file");
    let config = written.to_str().expect("a name");
    assert!(run(program(&["check", "--config", config]), "").status.success());
    assert!(run(program(&["check", "--config", config, "--token-file", named]), "").status.success());
    let both = there.refuses(&["check", "--token", token, "--token-file", named]);
    assert!(both.contains("give one of them"), "{both}");
    let mut alone = program(&["check", "--token", token]);
    alone.env("DATABASE_URL", address(app));
    assert!(text(&run(alone, "").stderr).contains("a token and no server"));
    let mut local = program(&["export", "--product", "platform", "components", "--server="]);
    local.env("DATABASE_URL", address(app)).env("PRODOPS_TOKEN", "wrong").env("PRODOPS_SERVER", &server);
    assert!(run(local, "").status.success());

    for arguments in [export, &["check"], &["export", "--product", "other", "components"], &["--help"]] {
        let mut traced = program(arguments);
        traced.env("PRODOPS_SERVER", &server).env("PRODOPS_TOKEN", token);
        traced.env("PRODOPS_LOG", "trace").env("RUST_LOG", "trace");
        let said = run(traced, "");
        let said = format!("{}{}", text(&said.stdout), text(&said.stderr));
        assert!(!said.is_empty() && !said.contains(token.as_str()), "{said}");
    }
}

/// A server that answers each connection with the next of some texts, empty ones by hanging up, and keeps what it was
/// asked.
fn stub(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let request = request(&mut stream);
            let _ = (stream.write_all(answer.as_bytes()), sender.send(request));
        }
    });
    (address, asked)
}

/// A request, in small letters, with its body.
fn request(stream: &mut TcpStream) -> String {
    let (mut head, mut reader) = (String::new(), BufReader::new(stream));
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    format!("{head}{}", String::from_utf8_lossy(&body))
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

const COUNTED: &str = r#"{"dry_run":false,"created":2,"changed":0,"unchanged":0,"unallocated":0,"warnings":[],
                          "changes":[]}"#;

#[test]
fn no_token_follows_a_redirect() {
    let (elsewhere, heard) = stub(vec![answer("200 OK", "{}")]);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let redirect = format!("{status}\r\nLocation: {elsewhere}/api/v1/me");
        let (server, asked) = stub(vec![answer(&redirect, "")]);
        let why = Desk::There(server, "secret".to_owned()).refuses(&["user", "list"]);
        assert!(why.contains(&elsewhere) && why.contains("no token is sent"), "{why}");
        assert!(asked.recv().expect("a request").contains("authorization: bearer secret"));
    }
    assert!(heard.try_recv().is_err(), "nobody else is asked");
}

#[test]
fn a_token_goes_to_the_server_it_stands_beside() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let file = put("prodops.toml", "server = \"https://prod.example\"\ntoken = \"pdo_prod\"\n");
    let mut of_the_file = program(&["check", "--server", "http://127.0.0.1:1"]);
    of_the_file.env("PRODOPS_CONFIG", &file);
    let mut of_a_variable = program(&["--server", "http://127.0.0.1:1", "check"]);
    of_a_variable.env("PRODOPS_SERVER", "https://prod.example").env("PRODOPS_TOKEN", "pdo_prod");
    for program in [of_the_file, of_a_variable] {
        let output = run(program, "");
        assert!(text(&output.stderr).contains("no token for it"), "{}", text(&output.stderr));
    }
    // And a flag stands over a variable, also where they say it differently.
    let (server, requests) = stub(vec![answer("404 Not Found", "")]);
    let token = put("token", "pdo_staging\n");
    let mut over = program(&["check", "--token-file", token.to_str().expect("a name")]);
    over.env("PRODOPS_SERVER", &server).env("PRODOPS_TOKEN", "pdo_prod");
    run(over, "");
    assert_eq!(header(&requests.recv().expect("a request"), "authorization"), Some("bearer pdo_staging"));
}

#[test]
fn what_is_sent_again_is_known_again() {
    let import = ["import", "--product", "platform", "costs", "-"];
    let busy = "{\"type\":\"urn:prodops:problem:unavailable\",\"title\":\"t\",\"detail\":\"d\",\"status\":503}";
    let busy = answer("503 Service Unavailable\r\nRetry-After: 1", busy);
    let (server, asked) = stub(vec![busy, String::new(), answer("200 OK", COUNTED)]);
    let said = Desk::There(server, "secret".to_owned()).says(&import, COSTS);
    assert!(said.starts_with("created 2"), "{said}");
    let asked: Vec<_> = asked.iter().collect();
    let key = header(&asked[0], "idempotency-key").expect("a key");
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|one| header(one, "idempotency-key") == Some(key) && one.ends_with(COSTS)));

    // Told to wait long, or again and again, it says so.
    let late = "{\"type\":\"urn:prodops:problem:too-many-requests\",\"title\":\"Too many requests\",\
                \"detail\":\"try again in 900 seconds\",\"status\":429}";
    let (server, asked) = stub(vec![answer("429 Too Many Requests\r\nRetry-After: 900", late)]);
    let why = Desk::There(server, "secret".to_owned()).refuses(&["user", "list"]);
    assert!(why.contains("try again in 900 seconds") && asked.iter().count() == 1, "{why}");
    let (server, asked) = stub(vec![String::new(); 5]);
    let why = Desk::There(server, "secret".to_owned()).refuses(&["user", "list"]);
    assert!(why.contains("answer is lost"), "{why}");
    drop(asked);
}

#[test]
fn a_change_meanwhile_is_told_and_nothing_sent_twice() {
    let ann = r#"{"id":"u1","email":"ann@example.com","name":"Ann","admin":false,"disabled":false,
                  "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","version":7,"erased_at":null}"#;
    let page = answer("200 OK", &format!("{{\"items\":[{ann}],\"next_cursor\":null}}"));
    let stale = "{\"type\":\"urn:prodops:problem:stale\",\"title\":\"This has changed since you read it\",\
                 \"detail\":\"send its ETag\",\"status\":412}";
    for (last, why) in [
        (answer("412 Precondition Failed", stale), "somebody changed it meanwhile"),
        (String::new(), "answer is lost"),
        (answer("502 Bad Gateway", "<html>"), "not as prodops does"),
        (answer("503 Service Unavailable\r\nRetry-After: 1", "<html>"), "answer is lost"),
    ] {
        let row = answer("200 OK\r\nETag: \"7\"", ann);
        let (server, asked) = stub(vec![page.clone(), row, last]);
        let said = Desk::There(server, "secret".to_owned()).refuses(&["user", "disable", "Ann@example.com"]);
        assert!(said.contains(why), "{said}");
        let asked: Vec<_> = asked.iter().collect();
        assert_eq!(asked.len(), 3);
        assert_eq!(header(&asked[2], "if-match"), Some("\"7\""));
        assert!(asked[2].starts_with("patch /api/v1/users/u1 ") && asked[2].ends_with("{\"disabled\":true}"));
    }
}

#[test]
fn a_week_whose_answer_is_lost_is_not_told_as_unsent() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sheet, tried) = (answer("200 OK", "week: 2026-W44\n"), answer("200 OK", COUNTED));
    let (server, _asked) = stub([vec![sheet, tried], vec![String::new(); 3]].concat());
    let mut week = program(&["week", "--product", "platform", "--week", "2026-W44", "--edit"]);
    week.env("PRODOPS_SERVER", server).env("PRODOPS_TOKEN", "secret").env("TMPDIR", folder.path());
    week.env("VISUAL", "").env("EDITOR", "true");
    let output = run(week, "y\n");
    let why = text(&output.stderr);
    assert!(output.status.code() == Some(1) && why.contains("not known whether it was sent"), "{why}");
    assert!(!why.contains("Nothing was sent") && why.contains("what you wrote is in "), "{why}");
}

#[test]
fn half_an_export_is_none() {
    let half = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/csv\r\n\r\n5\r\na,b\n1\r\n";
    let (server, _asked) = stub(vec![half.to_owned()]);
    let why = Desk::There(server, "secret".to_owned()).refuses(&["export", "--product", "platform", "components"]);
    assert!(why.contains("answer is lost"), "{why}");
    // What is no prodops, and what it says to a terminal.
    let (server, _asked) = stub(vec![answer("200 OK", "<html>")]);
    assert!(Desk::There(server, "secret".to_owned()).refuses(&["user", "list"]).contains("not understood"));
    let problem = "{\"type\":\"urn:x\",\"title\":\"\\u001b[2J\",\"detail\":\"d\",\"status\":403}";
    let (server, _asked) = stub(vec![answer("403 Forbidden", problem)]);
    assert!(!Desk::There(server, "secret".to_owned()).refuses(&["user", "list"]).contains('\u{1b}'));
}
