//! Who may do what: every operation of the contract, asked by everyone, in their own product, in
//! another's and in none. `permissions.txt` says what each operation requires; `permission_matrix.txt`
//! is what came of asking, and `PRODOPS_BLESS=1 cargo test matrix` writes it.

use crate::{
    access,
    app::{TestApp, session_of},
    client::{Answer, Client},
    contract::{Operation, contract, operations},
    other_issuer::OtherIssuer,
    samples::{self, Names},
    tokens,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

const TABLE: &str = include_str!("permissions.txt");
const REFERENCES: &str = include_str!("references.txt");

on_both_engines!(
    the_matrix_is_what_the_table_says_and_what_is_answered,
    rows_of_another_product_are_nothing_in_paths,
    rows_of_another_product_are_nothing_in_queries,
    rows_of_another_product_are_nothing_in_bodies,
);

/// What the table requires of each operation.
fn table() -> BTreeMap<&'static str, &'static str> {
    let mut table = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(operation), Some(permission), None) = (words.next(), words.next(), words.next()) else {
            panic!("not `operation permission`: {line}");
        };
        assert!(table.insert(operation, permission).is_none(), "`{operation}` is in the table twice");
    }
    table
}

/// The roles that have a permission in a product.
fn roles_with(permission: &str) -> &'static [&'static str] {
    match permission {
        "view" => &["viewer", "editor", "owner", "robot"],
        "view_private" | "edit" => &["editor", "owner", "robot"],
        "own" => &["owner"],
        "judge" => &["viewer"],
        "export" => &["exporter", "viewer", "editor", "owner", "tool", "robot"],
        "sign_exports" => &["exporter", "viewer", "editor", "owner"],
        other => panic!("`{other}` is no permission in a product"),
    }
}

#[test]
fn every_operation_has_a_line_and_every_line_an_operation() {
    let contract = contract();
    let there: BTreeSet<String> = operations(&contract).into_iter().map(|operation| operation.id).collect();
    let listed: BTreeSet<String> = table().keys().map(|id| (*id).to_owned()).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&there).collect();
    assert!(missing.is_empty(), "operations without a line in permissions.txt: {missing:?}");
    assert!(stale.is_empty(), "lines in permissions.txt without an operation: {stale:?}");
}

#[test]
fn what_is_open_to_all_is_said_to_be() {
    for operation in operations(&contract()) {
        let open = table().get(operation.id.as_str()).copied() == Some("open");
        assert_eq!(operation.is_open(), open, "{}: `security` in the contract and the table differ", operation.id);
    }
}

/// Asks for a row that is there, in a version that it never had: whoever may do it is told so, and nothing changes.
fn ask(client: &Client, operation: &Operation, names: &Names) -> Answer {
    ask_with(client, operation, names, "")
}

/// The same with a query.
fn ask_with(client: &Client, operation: &Operation, names: &Names, query: &str) -> Answer {
    let path = names.put_into(&operation.path.replace("imports/{format}", "imports/team")) + query;
    let client = client.with("If-Match", "\"0\"");
    match operation.method.as_str() {
        "GET" => client.get(&path),
        "DELETE" => client.send("DELETE", &path, None),
        method => client.send_json(method, &path, &json!({})),
    }
}

/// A cell of the matrix.
fn cell(answer: &Answer) -> String {
    match answer.status {
        status @ (401 | 403 | 404 | 405) => status.to_string(),
        _ => "yes".to_owned(),
    }
}

const NOBODIES: [&str; 3] = ["anonymous", "broken", "scheme"];
const SOMEBODIES: [&str; 5] = ["exporter", "viewer", "editor", "owner", "admin"];
/// The other ways in, of which each is the owner's: a token of the role exporter as `X-API-Key`; one of the role editor
/// as `Bearer`, as the password of HTTP Basic and in the address; a browser's session; a token of an outside issuer.
const WAYS: [&str; 6] = ["tool", "robot", "basic", "address", "cookie", "issuer"];
const PRODUCTS: [&str; 3] = ["own", "other", "unknown"];

fn everyone() -> impl Iterator<Item = &'static str> {
    NOBODIES.into_iter().chain(SOMEBODIES).chain(WAYS)
}

/// As whom one is known there; nobody where their way in is closed.
fn known_as(permission: &str, who: &'static str, method: &str) -> Option<&'static str> {
    match who {
        "cookie" => (method == "GET").then_some("owner"),
        "issuer" => Some("owner"),
        "basic" | "address" => (method == "GET" && permission == "export").then_some("robot"),
        who => Some(who).filter(|who| !NOBODIES.contains(who)),
    }
}

fn expected(permission: &str, who: &'static str, product: &str, operation: &Operation) -> &'static str {
    if permission == "open" {
        return "yes";
    }
    let Some(who) = known_as(permission, who, &operation.method) else { return "401" };
    match permission {
        "known" => "yes",
        "signed_in" | "admin" | "keeper" | "holder" | "inviter" if WAYS.contains(&who) => "403",
        "signed_in" => "yes",
        "keeper" | "holder" if ["editor", "owner"].contains(&who) => "yes",
        "keeper" => "403",
        "inviter" if who == "owner" => "yes",
        "holder" | "inviter" => "404",
        "admin" if who == "admin" => "yes",
        "admin" => "403",
        _ if !operation.path.contains("{product}") || product != "own" || who == "admin" => "404",
        permission if roles_with(permission).contains(&who) => "yes",
        _ => "403",
    }
}

fn the_matrix_is_what_the_table_says_and_what_is_answered(app: &TestApp) {
    let own = samples::fill(&app.owner(), "platform");
    let other = samples::fill(&app.outsider(), "other");
    let unknown = own.with("product", "unknown");
    let anonymous = app.anonymous();
    let token = |role: &str| tokens::made(&app.owner(), "platform", role);
    let robot = token("editor");
    let issuer = OtherIssuer::start();
    let beside = app.instance_with(&issuer.known());
    let clients: BTreeMap<&str, Client> = [
        ("anonymous", anonymous.clone()),
        ("broken", anonymous.with("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")),
        ("scheme", anonymous.with("Authorization", "Digest x")),
        ("exporter", app.exporter()),
        ("viewer", app.viewer()),
        ("editor", app.editor()),
        ("owner", app.owner()),
        ("admin", app.admin()),
        ("tool", anonymous.with("X-API-Key", &token("exporter"))),
        ("robot", tokens::bearer(&anonymous, &robot)),
        ("basic", tokens::basic(&anonymous, &robot)),
        ("address", anonymous.clone()),
        ("cookie", access::sign_in(app, "owner").0),
        (
            "issuer",
            beside.anonymous().with("Authorization", &format!("Bearer {}", issuer.token(app, "owner@example.com"))),
        ),
    ]
    .into();
    let (table, mut wrong, mut matrix) = (table(), Vec::new(), head());
    for operation in operations(&contract()) {
        let Some(permission) = table.get(operation.id.as_str()).copied() else { continue };
        let in_product = operation.path.contains("{product}");
        let user = own.with("user", &app.people.viewer);
        let _ = write!(matrix, "{:<28}", operation.id);
        for (product, names) in PRODUCTS.iter().zip([&user, &other, &unknown]) {
            matrix += " ";
            for who in everyone() {
                if !in_product && *product != "own" {
                    continue;
                }
                let user = if ["cookie", "issuer"].contains(&who) { "owner" } else { who };
                let mine = names.with("session", &session_of(app.people.named(user).unwrap_or("nobody")));
                let query = if who == "address" { format!("?api_key={robot}") } else { String::new() };
                let answer = ask_with(&clients[who], &operation, &mine, &query);
                let (found, wanted) = (cell(&answer), expected(permission, who, product, &operation));
                if found != wanted {
                    wrong.push(format!("{} by {who} in {product}: {wanted} expected, {answer}", operation.id));
                }
                let _ = write!(matrix, " {found:<4}");
            }
        }
        matrix.truncate(matrix.trim_end().len());
        matrix += "\n";
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    same_as_committed(&matrix);
}

const HEAD: &str = "\
# What each operation answers, to whom, in their own product, another's and none. `yes`: it is done, or refused for
# what was sent; `brok` is a token that nobody signed, `sche` another way to sign in. The last six are other ways in of
# the owner: `tool`, an API token of the role exporter, as X-API-Key; one of the role editor as Bearer (`robo`), as the
# password of HTTP Basic (`basi`) and as ?api_key= (`addr`); a browser's session (`cook`); a token of an outside
# issuer (`issu`). Made from the contract and from what is answered by `PRODOPS_BLESS=1 cargo test matrix`;
# permissions.txt says what it must be.
#
";

fn head() -> String {
    let (mut products, mut people) = (format!("{:<28}", "#"), format!("{:<28}", "# operation"));
    for product in PRODUCTS {
        let _ = write!(products, "  {product:<69}");
        people += " ";
        for who in everyone() {
            let _ = write!(people, " {:<4}", &who[..4]);
        }
    }
    format!("{HEAD}{}\n{}\n", products.trim_end(), people.trim_end())
}

#[allow(clippy::disallowed_methods)] // `PRODOPS_BLESS=1 cargo test matrix` writes it anew.
fn same_as_committed(matrix: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/permission_matrix.txt");
    if std::env::var_os("PRODOPS_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, matrix).expect("a committed matrix");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let lines = |text: &str| text.lines().map(ToOwned::to_owned).collect::<BTreeSet<_>>();
    let (now, before) = (lines(matrix), lines(&committed));
    let differ: Vec<_> = now.symmetric_difference(&before).collect();
    assert!(
        differ.is_empty(),
        "permission_matrix.txt is not what is answered; PRODOPS_BLESS=1 rewrites it: {differ:#?}"
    );
}

/// An id that nothing has.
const NOWHERE: &str = "01900000-0000-7000-8000-00000000dead";

/// What is answered, but for what was asked.
fn without_names(answer: &Answer, name: &str) -> (u16, String) {
    let mut json = answer.json.clone();
    if let Value::Object(problem) = &mut json {
        problem.remove("instance");
        problem.remove("request_id");
    }
    (answer.status, json.to_string().replace(name, "…"))
}

fn rows_of_another_product_are_nothing_in_paths(app: &TestApp) {
    let own = samples::fill(&app.owner(), "platform");
    let other = samples::fill(&app.outsider(), "other");
    let (table, mut asked) = (table(), 0);
    for operation in operations(&contract()) {
        let judges = table.get(operation.id.as_str()).copied() == Some("judge");
        let client = if judges { app.viewer() } else { app.owner() };
        for name in operation.path.split(['{', '}']).skip(1).step_by(2).filter(|name| !samples::is_word(name)) {
            let theirs = other.get(name).unwrap_or_else(|| panic!("no sample for {name}"));
            let answer = |id: &str| without_names(&ask(&client, &operation, &own.with(name, id)), id);
            assert_eq!(answer(theirs), answer(NOWHERE), "{} with another product's {name}", operation.id);
            // What is wrong with a body is told before its row is looked for.
            let told = if matches!(&*operation.method, "POST" | "PUT") { &[404, 422][..] } else { &[404] };
            assert!(told.contains(&answer(theirs).0), "{} with another product's {name}", operation.id);
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}

fn rows_of_another_product_are_nothing_in_queries(app: &TestApp) {
    let own = samples::fill(&app.owner(), "platform");
    let other = samples::fill(&app.outsider(), "other");
    let mut asked = 0;
    for operation in operations(&contract()).iter().filter(|operation| operation.id.starts_with("list_")) {
        if !operation.path.contains("{product}") {
            continue;
        }
        let parameters = operation.said["parameters"].as_array().expect("parameters");
        for name in parameters.iter().filter(|it| it["in"] == "query").filter_map(|it| it["name"].as_str()) {
            let Some(theirs) = other.get(name.trim_end_matches('s')).filter(|_| !samples::is_word(name)) else {
                continue;
            };
            let answer = |id: &str| {
                let path = format!("{}?{name}={id}", own.put_into(&operation.path));
                without_names(&app.owner().get(&path), id)
            };
            assert_eq!(answer(theirs), answer(NOWHERE), "{}?{name}=", operation.id);
            asked += 1;
        }
    }
    assert!(asked > 10, "{asked}");
}

/// A line of `references.txt`: a property of a schema that names a row, and how to send it.
struct Reference {
    property: &'static str,
    row: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
}

/// What names rows of a product in bodies, and the properties that name something else.
fn references() -> (Vec<Reference>, Vec<&'static str>) {
    let (mut of_rows, mut others) = (Vec::new(), Vec::new());
    for line in REFERENCES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.splitn(4, '|').map(str::trim).collect::<Vec<_>>()[..] {
            [property, row, request, body] => {
                let (method, path) = request.split_once(' ').expect("a method and a path");
                of_rows.push(Reference { property, row, method, path, body });
            }
            [property] => others.push(property),
            _ => panic!("not `property | row | request | body`: {line}"),
        }
    }
    (of_rows, others)
}

fn rows_of_another_product_are_nothing_in_bodies(app: &TestApp) {
    let own = samples::fill(&app.owner(), "platform");
    let other = samples::fill(&app.outsider(), "other");
    for Reference { property, row, method, path, body } in references().0 {
        let path = own.put_into(&format!("/api/v1/products/platform/{path}"));
        let owner = app.owner();
        let (client, path) = match method {
            "PUT" => (owner.with("If-None-Match", "*"), path),
            "MOVE" => (owner.with("If-Match", owner.get(&path).etag()), format!("{path}/move")),
            _ => (owner, path),
        };
        let answer = |id: &str| {
            let body: Value = serde_json::from_str(&own.put_into_body(body).replace('?', id)).expect("JSON");
            let method = if method == "PUT" { "PUT" } else { "POST" };
            without_names(&client.send_json(method, &path, &body), id)
        };
        let theirs = other.get(row).unwrap_or(&app.people.outsider);
        let (found, nowhere) = (answer(theirs), answer(NOWHERE));
        assert_eq!(found, nowhere, "{property} with another product's {row}");
        assert_eq!(found.0, 422, "{property} with another product's {row}: {}", found.1);
    }
}

#[test]
fn every_reference_in_a_body_is_asked_for() {
    let contract = contract();
    let mut sent = BTreeSet::new();
    for operation in operations(&contract).iter().filter(|operation| operation.method != "PATCH") {
        reachable(&contract, &operation.said["requestBody"], &mut sent);
    }
    let (of_rows, others) = references();
    let mut missing = Vec::new();
    for name in sent {
        let properties =
            contract["components"]["schemas"][&name]["properties"].as_object().cloned().unwrap_or_default();
        for (property, said) in properties {
            let words = said.to_string().to_lowercase();
            let names_a_row =
                words.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "id" || word == "ids");
            let full = format!("{name}.{property}");
            let known = of_rows.iter().any(|known| known.property == full) || others.contains(&&*full);
            if names_a_row && !known {
                missing.push(full);
            }
        }
    }
    assert!(missing.is_empty(), "no line in references.txt for {missing:?}");
}

/// The names of the schemas that are reached from a value.
fn reachable(contract: &Value, from: &Value, found: &mut BTreeSet<String>) {
    match from {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next())
                && found.insert(name.to_owned())
            {
                reachable(contract, &contract["components"]["schemas"][name], found);
            }
            object.values().for_each(|value| reachable(contract, value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| reachable(contract, value, found)),
        _ => {}
    }
}
