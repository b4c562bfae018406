//! Who may do what: every operation of the contract, asked by everyone, in their own product, in
//! another's and in none. `permissions.txt` says what each operation requires.

use crate::{
    app::TestApp,
    client::{Answer, Client},
    contract::{Operation, contract, operations},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("permissions.txt");

on_both_engines!(everyone_may_do_what_the_table_says_and_no_more);

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
        "view" => &["viewer", "editor", "owner"],
        "view_private" | "edit" => &["editor", "owner"],
        "own" => &["owner"],
        "export" => &["exporter", "viewer", "editor", "owner"],
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

fn ask(client: &Client, operation: &Operation, product: &str) -> Answer {
    let path = operation.path_in(product);
    match operation.method.as_str() {
        "GET" => client.get(&path),
        "DELETE" => client.delete(&path, "\"1\""),
        method => client.with("If-Match", "\"1\"").send_json(method, &path, &json!({})),
    }
}

fn everyone_may_do_what_the_table_says_and_no_more(app: &TestApp) {
    let members =
        [("exporter", app.exporter()), ("viewer", app.viewer()), ("editor", app.editor()), ("owner", app.owner())];
    let strangers = [("admin", app.admin()), ("outsider", app.outsider())];
    let nobodies = [
        ("anonymous", app.anonymous()),
        ("a broken token", app.anonymous().with("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")),
        ("another scheme", app.anonymous().with("Authorization", "Digest x")),
    ];
    let table = table();
    let mut wrong = Vec::new();
    for operation in operations(&contract()) {
        let Some(permission) = table.get(operation.id.as_str()).copied() else { continue };
        let in_product = operation.path.contains("{product}");
        let mut judge = |who: &str, product: &str, answer: &Answer, expected: &str| {
            let fits = match expected {
                "allowed" => !matches!(answer.status, 401 | 403 | 405),
                status => answer.status.to_string() == status,
            };
            if !fits {
                wrong.push(format!("{} by {who} in {product}: {expected} expected, {answer}", operation.id));
            }
        };
        for (who, client) in &nobodies {
            for product in ["platform", "other", "unknown"] {
                let expected = if permission == "open" { "allowed" } else { "401" };
                judge(who, product, &ask(client, &operation, product), expected);
                if !in_product {
                    break;
                }
            }
        }
        for (who, client) in members.iter().chain(&strangers) {
            let expected = match permission {
                "open" | "signed_in" => "allowed",
                "admin" if *who == "admin" => "allowed",
                "admin" => "403",
                _ if strangers.iter().any(|(stranger, _)| stranger == who) => "404",
                permission if roles_with(permission).contains(who) => "allowed",
                _ => "403",
            };
            judge(who, "platform", &ask(client, &operation, "platform"), expected);
            if in_product {
                judge(who, "unknown", &ask(client, &operation, "unknown"), "404");
                if *who != "outsider" {
                    judge(who, "other", &ask(client, &operation, "other"), "404");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
