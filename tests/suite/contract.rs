//! The published contract: what the code says, what holds of every operation of it.

use crate::app::TestApp;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// An operation of the contract.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub id: String,
    pub said: Value,
}

impl Operation {
    /// Its path in a product, everything else in it naming nothing that exists.
    pub fn path_in(&self, product: &str) -> String {
        let named = self.path.replace("{product}", product);
        named.split('{').enumerate().fold(String::new(), |path, (at, piece)| match at {
            0 => piece.to_owned(),
            _ => format!("{path}nothing{}", piece.split_once('}').map_or("", |(_, rest)| rest)),
        })
    }

    pub fn is_open(&self) -> bool {
        self.said["security"] == json!([{}])
    }
}

/// The contract as the code has it.
pub fn contract() -> Value {
    serde_json::to_value(prodops::server::contract()).expect("JSON")
}

pub fn operations(contract: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in contract["paths"].as_object().expect("paths") {
        for (method, said) in item.as_object().expect("a path's operations") {
            if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let id = said["operationId"].as_str().unwrap_or_default().to_owned();
            all.push(Operation { method: method.to_uppercase(), path: path.clone(), id, said: said.clone() });
        }
    }
    all
}

fn schemas(contract: &Value) -> &Map<String, Value> {
    contract["components"]["schemas"].as_object().expect("schemas")
}

fn published() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/prodops.json")
}

#[test]
#[allow(clippy::disallowed_methods)] // `PRODOPS_BLESS=1 cargo test` publishes a new contract.
fn the_published_contract_is_what_the_code_says() {
    let now = prodops::server::contract().to_pretty_json().expect("JSON") + "\n";
    if std::env::var_os("PRODOPS_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(published().parent().expect("a folder")).expect("a folder");
        std::fs::write(published(), &now).expect("a published contract");
    }
    let before = std::fs::read_to_string(published()).unwrap_or_default();
    let difference = before.lines().zip(now.lines()).enumerate().find(|(_, (before, now))| before != now);
    let first = difference.map_or_else(
        || format!("{} and {} lines", before.lines().count(), now.lines().count()),
        |(at, (before, now))| format!("line {}: published `{before}`, the code says `{now}`", at + 1),
    );
    assert!(before == now, "openapi/prodops.json is not what the code says ({first}); PRODOPS_BLESS=1 rewrites it");
}

#[test]
fn every_operation_has_a_name_a_summary_and_a_tag() {
    let contract = contract();
    let tags: BTreeSet<&str> =
        contract["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut seen = BTreeSet::new();
    for Operation { method, path, id, said } in operations(&contract) {
        let place = format!("{method} {path}");
        let words: Vec<&str> = id.split('_').collect();
        let lower = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let single = ["login", "logout", "refresh", "live", "ready", "jwks"].contains(&id.as_str());
        assert!(lower && (words.len() >= 2 || single), "{place}: `{id}` is not <verb>_<resource>");
        assert!(seen.insert(id.clone()), "{place}: `{id}` names another operation too");
        assert!(said["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place} has no summary");
        let own = said["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(own.len() == 1 && tags.contains(own[0].as_str().unwrap_or_default()), "{place}: one tag of the list");
        let verb = words[0];
        let fits = match verb {
            "list" | "find" => method == "GET",
            "create" => method == "POST",
            "update" => method == "PATCH",
            "put" => method == "PUT",
            "delete" => method == "DELETE",
            _ => true,
        };
        assert!(fits, "{place}: `{verb}` is another method's verb");
    }
}

#[test]
fn every_operation_of_a_product_documents_its_refusals() {
    for Operation { method, path, said, .. } in operations(&contract()) {
        let answers = said["responses"].as_object().expect("responses");
        let has = |status: &str| answers.contains_key(status);
        let needs = |statuses: &[&str]| {
            for status in statuses {
                assert!(has(status), "{method} {path} does not document {status}");
            }
        };
        if path.contains("/products/{product}") {
            needs(&["401", "403", "404"]);
        }
        if said.get("requestBody").is_some() {
            needs(&["400", "413", "422"]);
        }
        if method == "PATCH" || method == "DELETE" {
            needs(&["412", "428"]);
        }
        needs(&["500", "503"]);
        for (status, answer) in answers {
            if status.starts_with(['4', '5']) {
                let problem = &answer["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(problem, "#/components/schemas/Problem", "{method} {path} {status}");
            }
        }
        assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{method} {path} never succeeds");
    }
}

#[test]
fn every_parameter_of_a_path_is_described_once() {
    for Operation { method, path, said, .. } in operations(&contract()) {
        let parameters = said["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut seen = BTreeSet::new();
        for parameter in parameters {
            let (name, place) = (&parameter["name"], &parameter["in"]);
            assert!(seen.insert((place.to_string(), name.to_string())), "{method} {path}: {name} is there twice");
            assert!(parameter.get("schema").is_some(), "{method} {path}: {name} has no schema");
        }
        let described: BTreeSet<&str> =
            parameters.iter().filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str()).collect();
        let named: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        assert_eq!(described, named, "{method} {path}");
    }
}

#[test]
fn every_schema_compiles_and_every_reference_leads_somewhere() {
    let contract = contract();
    for name in schemas(&contract).keys() {
        let document = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": { "schemas": contract["components"]["schemas"] },
        });
        let built = jsonschema::draft202012::options().should_validate_formats(true).build(&document);
        assert!(built.is_ok(), "{name}: {}", built.err().map(|error| error.to_string()).unwrap_or_default());
    }
    let mut wanted = BTreeSet::new();
    references(&contract, &mut wanted);
    for reference in wanted {
        let place = reference.strip_prefix('#').unwrap_or_default();
        assert!(contract.pointer(place).is_some(), "{reference} leads nowhere");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Two types of one name would silently be one schema.
#[test]
fn every_schema_is_made_by_one_type() {
    let mut made: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in crate::floors::source_files() {
        for name in schema_types(&text) {
            made.entry(name).or_default().push(path.clone());
        }
    }
    assert!(made.contains_key("Component") && made.contains_key("ComponentKind"), "types are found at all");
    let twice: Vec<_> = made.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(twice.is_empty(), "types of one name: {twice:?}");
}

/// The names of the types of a file that derive `ToSchema`, or are enums of words, which do too.
fn schema_types(text: &str) -> Vec<String> {
    let name_in = |line: &str| {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("(super) ");
        let rest = line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum "))?;
        Some(rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>())
    };
    let (mut names, mut expected) = (Vec::new(), false);
    for line in text.lines() {
        let of_words = line.trim_start().starts_with("text_enum! {") || line.contains("crate::text_enum! {");
        expected |= of_words || (line.contains("derive(") && line.contains("ToSchema"));
        if let Some(name) = name_in(line).filter(|_| expected) {
            names.push(name);
            expected = false;
        }
    }
    names
}

#[test]
fn the_search_for_types_finds_them() {
    let text = "#[derive(Debug, ToSchema)]\n#[serde(x)]\npub struct A {\n}\nstruct B;\ntext_enum! {\n    /// x\n    pub enum C {";
    assert_eq!(schema_types(text), ["A", "C"]);
}

/// Someone who is nobody is told 401 by a route, and 404 where there is none.
#[test]
fn every_operation_of_the_contract_has_a_route() {
    let app = TestApp::on_sqlite();
    for operation in operations(&contract()) {
        let path = operation.path_in("platform");
        let answer = match operation.method.as_str() {
            "GET" | "DELETE" => app.anonymous().send(&operation.method, &path, None),
            method => app.anonymous().send_json(method, &path, &json!({})),
        };
        assert!(![404, 405].contains(&answer.status), "{} {}: {answer}", operation.method, operation.path);
    }
}

#[test]
fn what_is_published_is_what_is_served() {
    let app = TestApp::on_sqlite();
    let served = app.anonymous().get("/openapi.json").expect(200);
    assert_eq!(served.json, contract());
    assert!(app.anonymous().get("/docs/").expect(200).text().contains("swagger"));
}

/// The framework cannot see the parameters of a query that we read ourselves.
#[test]
fn every_query_that_is_read_is_described() {
    let contract = contract();
    let names = |path: &str| -> BTreeSet<String> {
        let parameters = contract["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        let of_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        of_query.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
    };
    let product = "/api/v1/products/{product}";
    for (path, wanted) in [
        ("costs", &["by", "from", "to"][..]),
        ("components/{component}/recovery", &["on"]),
        ("exports/{dataset}.csv", &["columns", "for", "from", "to"]),
    ] {
        let wanted: BTreeSet<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names(&format!("{product}/{path}")), wanted, "{path}");
    }
}
