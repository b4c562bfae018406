//! What the program says of itself: lines of JSON that name their request, and never a secret.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

const PRODOPS: &str = env!("CARGO_BIN_EXE_prodops");
const PASSWORD: &str = "correct horse battery";

/// The program as it is really run, and the lines that it writes.
struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
    base: String,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(filter: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite://{}", folder.path().join("p.db").display());
        let command = |arguments: &[&str]| {
            let mut command = Command::new(PRODOPS);
            command.env("DATABASE_URL", &database).env("PRODOPS_LOG", filter).args(arguments);
            command
        };
        assert!(command(&["migrate", "--init"]).output().expect("it runs").status.success());
        let user = ["user", "create", "--email", "a@example.com", "--name", "A", "--admin", "--password-stdin"];
        let mut create = command(&user).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let create = create.as_mut().expect("it runs");
        std::io::Write::write_all(&mut create.stdin.take().expect("a pipe"), PASSWORD.as_bytes()).expect("a password");
        assert!(create.wait().expect("its end").success());
        let mut child = command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut program = Self { child, lines, base: String::new(), _folder: folder };
        let mut said = program.until(|line| line["message"] == "listening");
        let listening = said.pop().expect("a line");
        let address = serde_json::from_str::<Value>(&listening).expect("JSON")["address"].clone();
        program.base = format!("http://{}", address.as_str().expect("an address"));
        program
    }

    /// The lines up to the one that is waited for.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20));
            let line = line.unwrap_or_else(|error| panic!("{error} after {said:#?}"));
            let read = serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
            said.push(line);
            if wanted(&read) {
                return said;
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The user of an access token.
fn id_of(token: &str) -> String {
    let claims = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok()).expect("claims");
    serde_json::from_slice::<Value>(&claims).expect("JSON")["sub"].as_str().expect("a user").to_owned()
}

fn says_no_secret(filter: &str) -> Vec<Value> {
    let program = Program::start(filter);
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let post =
        |path: &str, body: Value| agent.post(format!("{}{path}", program.base)).send_json(body).expect("an answer");
    let good = json!({ "email": "a@example.com", "password": PASSWORD });
    let mut login = post("/api/v1/auth/login", good);
    let answer: Value = login.body_mut().read_json().expect("JSON");
    let token = answer["access_token"].as_str().expect("a token").to_owned();
    post("/api/v1/auth/login", json!({ "email": "a@example.com", "password": "wrong-and-secret" }));
    post("/api/v1/auth/login", json!({ "email": "a@example.com", "password": ["malformed-and-secret"] }));
    let form = [("email", "a@example.com"), ("password", PASSWORD)];
    let signed_in = agent.post(format!("{}/login", program.base)).send_form(form).expect("an answer");
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    assert!(cookie.len() > 20, "{cookie}");
    let get = |path: &str, name: &str, value: &str| {
        let request = agent.get(format!("{}{path}", program.base)).header(name, value);
        request.header("X-Request-Id", "the-last-one").call().expect("an answer").status().as_u16()
    };
    assert_eq!(get("/api/v1/me", "Authorization", &format!("Bearer {token}")), 200);
    assert_eq!(get("/api/v1/me", "Cookie", &format!("prodops_session={cookie}")), 200);
    get("/api/v1/me?api_key=key-and-secret", "Authorization", "Basic YmFzaWMtYW5kLXNlY3JldA==");
    let (user, product) = (id_of(&token), "platform");
    let bearer = format!("Bearer {token}");
    let make = |path: &str, body: Value| -> Value {
        let request = agent.post(format!("{}{path}", program.base)).header("Authorization", &bearer);
        request.send_json(body).expect("an answer").body_mut().read_json().expect("JSON")
    };
    let new = json!({ "key": product, "name": "x", "timezone": "UTC", "currency": "EUR", "owner": user });
    make("/api/v1/products", new);
    let new = json!({ "name": "x", "role": "exporter", "product": product, "expires_at": "2999-01-01T00:00:00Z" });
    let key = make("/api/v1/tokens", new)["token"].as_str().expect("a token").to_owned();
    let exports = format!("/api/v1/products/{product}/exports");
    let new = json!({ "dataset": "components", "expires_in": 60 });
    let signed = make(&format!("{exports}/signed-urls"), new)["url"].as_str().expect("an address").to_owned();
    let basic = BASE64_STANDARD.encode(format!("tool:{key}"));
    assert_eq!(get(&format!("{exports}/components.csv?api_key={key}"), "Accept", "text/csv"), 200);
    assert_eq!(get(&format!("{exports}/nothing.csv?api_key={key}"), "Accept", "text/csv"), 404);
    assert_eq!(get(&exports, "Authorization", &format!("Basic {basic}")), 200);
    assert_eq!(get("/api/v1/me", "X-API-Key", &key), 200);
    assert_eq!(get(&signed, "Accept", "text/csv"), 200);
    let signed = signed.trim_start_matches("/e/");
    assert_eq!(get("/nothing", "Idempotency-Key", "x"), 404);
    let said = program.until(|line| line["path"] == "/nothing");
    let secrets = [
        &key,
        &basic,
        signed,
        PASSWORD,
        &token,
        &cookie,
        "and-secret",
        "YmFzaWMtYW5kLXNlY3JldA",
        "$argon2",
        "PRIVATE KEY",
    ];
    for secret in secrets {
        let found = said.iter().find(|line| line.contains(secret));
        assert!(found.is_none(), "with the filter {filter}, `{secret}` is said: {found:?}");
    }
    said.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_request_has_a_line_with_its_id() {
    let said = says_no_secret("warn,prodops=info");
    let requests: Vec<_> = said.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), 16);
    for line in requests {
        for name in ["timestamp", "level", "request_id", "method", "path", "status", "millis"] {
            assert!(!line[name].is_null(), "no `{name}`: {line}");
        }
    }
    assert_eq!(said.last().expect("a line")["request_id"], "the-last-one");
}

#[test]
fn not_even_when_asked_for_everything_does_it_say_a_secret() {
    says_no_secret("trace");
}

#[test]
fn what_opens_an_invitation_is_not_said_either() {
    let program = Program::start("trace");
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let get = |path: &str| agent.get(format!("{}{path}", program.base)).call().expect("an answer").status().as_u16();
    assert_eq!(get("/invitations/link-and-secret"), 404);
    let form = [("password", "password-and-secret")];
    let sent = agent.post(format!("{}/invitations/link-and-secret", program.base)).send_form(form);
    assert_eq!(sent.expect("an answer").status().as_u16(), 404);
    assert_eq!(get("/nothing"), 404);
    let said = program.until(|line| line["path"] == "/nothing");
    assert!(said.iter().any(|line| line.contains("/invitations/…")));
    let found = said.iter().find(|line| line.contains("and-secret"));
    assert!(found.is_none(), "{found:?}");
}
