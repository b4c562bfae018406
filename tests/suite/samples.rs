//! A row of every resource, in whichever product: what the tests of permissions ask for by name.

use crate::client::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The parameter of the path that names the row, where it is made, and of what. `{…}` is the id of a row before it.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("component", "components", r#"{"name": "Sample", "kind": "tool"}"#),
    (
        "recovery_test",
        "recovery-tests",
        r#"{"component": "{component}", "on": "2026-09-01", "scenario": "x", "result": "passed"}"#,
    ),
    ("objective", "objectives", r#"{"title": "Sample objective", "period": "2026-Q4"}"#),
    ("key_result", "objectives/{objective}/key-results", r#"{"title": "Sample", "baseline": 1, "target": 2}"#),
    ("check_in", "key-results/{key_result}/check-ins", r#"{"on": "2026-10-05", "value": 1}"#),
    ("principle", "principles", r#"{"statement": "Sample"}"#),
    (
        "adherence",
        "principles/{principle}/adherence",
        r#"{"component": "{component}", "level": "follows", "assessed_on": "2026-09-01"}"#,
    ),
    ("persona", "personas", r#"{"name": "Sample"}"#),
    ("population", "personas/{persona}/populations", r#"{"valid_from": "2026-10-01", "people": 3}"#),
    (
        "journey",
        "personas/{persona}/journeys",
        r#"{"component": "{component}", "task": "x", "on": "2026-09-01", "uses_per_month": 1, "minutes_per_use": 1}"#,
    ),
    ("stakeholder", "stakeholders", r#"{"name": "Sample", "group": "finance", "email": "sample@example.com"}"#),
    ("feedback", "feedback", r#"{"kind": "request", "text": "Sample"}"#),
    ("survey", "surveys", r#"{"kind": "nps", "period": "2026-Q3", "question": "Sample?"}"#),
    ("response", "surveys/{survey}/responses", r#"{"score": 9}"#),
    ("links", "surveys/{survey}/links", r#"{"count": 1, "expires_at": "2026-12-31T00:00:00Z"}"#),
    (
        "slo",
        "slos",
        r#"{"name": "Sample", "component": "{component}", "indicator": {"good": "g", "total": "t"}, "target": 0.9,
            "window": {"kind": "rolling", "days": 28}}"#,
    ),
    ("target", "slos/{slo}/targets", r#"{"valid_from": "2026-12-01", "target": 0.99}"#),
    (
        "incident",
        "incidents",
        r#"{"title": "Sample", "severity": 2, "components": ["{component}"], "started_at": "2026-09-01T00:00:00Z"}"#,
    ),
    ("risk", "risks", r#"{"component": "{component}", "title": "Sample"}"#),
    (
        "assessment",
        "risks/{risk}/assessments",
        r#"{"on": "2026-09-01", "single_loss": {"amount": "1", "currency": "EUR"}, "annual_rate": 1}"#,
    ),
    ("roadmap_item", "roadmap-items", r#"{"title": "Sample", "kind": "debt"}"#),
    ("roadmap_comment", "roadmap-items/{roadmap_item}/comments", r#"{"text": "x"}"#),
    ("team_member", "team", r#"{"name": "Sample", "hours_per_week": 40, "valid_from": "2026-01-01"}"#),
    ("labour_rate", "labour-rates", r#"{"valid_from": "2026-01-01", "amount": {"amount": "80", "currency": "EUR"}}"#),
    ("activity", "activities", r#"{"on": "2026-09-01", "kind": "toil", "summary": "x"}"#),
    (
        "cost_entry",
        "cost-entries",
        r#"{"month": "2026-09", "category": "other", "amount": {"amount": "1", "currency": "EUR"}}"#,
    ),
    ("exchange_rate", "exchange-rates", r#"{"from": "USD", "to": "EUR", "month": "2026-09", "rate": "0.9"}"#),
    ("budget", "budgets", r#"{"fiscal_year": "FY2026", "amount": {"amount": "1", "currency": "EUR"}}"#),
    (
        "allocation_rule",
        "allocation-rules",
        r#"{"order": 1, "valid_from": "2026-09-01", "match": {"service_name": "x"},
            "targets": [{"component": "{component}", "share": 1}]}"#,
    ),
    ("driver", "value-drivers", r#"{"name": "Sample", "kind": "per_unit"}"#),
    (
        "claim",
        "impact-claims",
        r#"{"title": "Sample", "component": "{component}", "benefit": "qualitative", "from": "2026-09",
            "attribution": {"share": 1, "why": "x"}, "confidence": "low"}"#,
    ),
    ("comment", "impact-claims/{claim}/comments", r#"{"text": "x"}"#),
    ("decision", "decisions", r#"{"question": "Sample?"}"#),
    ("template", "effort-templates", r#"{"name": "Sample", "kind": "toil", "share": 0.1, "first_week": "2026-W40"}"#),
    ("mapping", "mappings", r#"{"name": "sample", "format": "personas", "columns": {"name": {"from": "Who"}}}"#),
    ("report", "reports", r#"{"month": "2026-09"}"#),
];

/// Parameters of paths that are words.
const WORDS: [(&str, &str); 9] = [
    ("number", "1"),
    ("week", "2026-W40"),
    ("month", "2026-09"),
    ("dataset", "components"),
    ("format", "json"),
    ("user", "nobody"),
    ("session", "none"),
    ("kind", "components"),
    ("section", "cost"),
];

/// Whether a parameter names no row of its product alone.
pub fn is_word(name: &str) -> bool {
    matches!(name, "product" | "fact") || WORDS.iter().any(|(word, _)| *word == name)
}

/// What parameters of paths name in a product: ids of rows, and words.
#[derive(Debug, Clone)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// `text` with every `{parameter}` named.
    pub fn put_into(&self, text: &str) -> String {
        let unknown = |name: &str| panic!("no row for `{{{name}}}`: add one to tests/suite/samples.rs");
        let mut named = String::new();
        for (at, piece) in text.split('{').enumerate() {
            match (at, piece.split_once('}')) {
                (0, _) | (_, None) => named += &(if at == 0 { piece.to_owned() } else { format!("{{{piece}") }),
                (_, Some((name, rest))) => {
                    named += self.0.get(name).unwrap_or_else(|| unknown(name));
                    named += rest;
                }
            }
        }
        named
    }

    /// The same of JSON, which has braces of its own: names between quotes only.
    pub fn put_into_body(&self, body: &str) -> String {
        let put = |body: String, (name, value): (&String, &String)| {
            body.replace(&format!("\"{{{name}}}\""), &json!(value).to_string())
        };
        self.0.iter().fold(body.to_owned(), put)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The same, but for one name.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.0.insert(name.to_owned(), value.to_owned());
        other
    }
}

/// Makes a row of everything in a product, as its owner.
pub fn fill(owner: &Client, product: &str) -> Names {
    let mut names = Names(BTreeMap::new());
    for (name, word) in [("product", product)].iter().chain(&WORDS) {
        names.0.insert((*name).to_owned(), (*word).to_owned());
    }
    let root = format!("/api/v1/products/{product}");
    for (name, path, body) in SAMPLES {
        let body: Value = serde_json::from_str(&names.put_into_body(body)).expect("JSON");
        let made = owner.post(&format!("{root}/{}", names.put_into(path)), &body).expect(201);
        names.0.insert((*name).to_owned(), made.json["id"].as_str().expect("an id").to_owned());
    }
    for (kind, said) in
        [("vision", json!({ "statement": "x" })), ("strategy", json!({ "diagnosis": "x", "guiding_policy": "y" }))]
    {
        let draft = format!("{root}/{kind}/draft");
        let drafted = owner.with("If-None-Match", "*").put(&draft, &said).expect(200);
        let published =
            owner.with("If-Match", drafted.etag()).post(&format!("{root}/{kind}/publish"), &json!({})).expect(200);
        owner.with("If-Match", published.etag()).put(&draft, &said).expect(200);
    }
    // `trace/{kind}/{id}` is asked of a component.
    names.0.insert("id".to_owned(), names.0["component"].clone());
    let member = owner.get(&format!("{root}/members")).expect(200).json["items"][0]["id"].clone();
    names.0.insert("member".to_owned(), member.as_str().expect("an id").to_owned());
    let week = json!({ "entries": [{ "person": null, "shares": [{ "kind": "toil", "share": 1 }] }] });
    owner.with("If-None-Match", "*").put(&format!("{root}/effort/2026-W40"), &week).expect(200);
    let report = format!("{root}/{}", names.put_into("reports/{report}"));
    let said = owner.with("If-None-Match", "*");
    said.put(&format!("{report}/commentary/cost"), &json!({ "text": "x" })).expect(200);
    let etag = owner.get(&report).expect(200).etag().to_owned();
    owner.with("If-Match", &etag).post(&format!("{report}/publish"), &json!({})).expect(200);
    let link =
        owner.post(&format!("{report}/share-links"), &json!({ "expires_at": "2026-11-30T00:00:00Z" })).expect(201);
    names.0.insert("share_link".to_owned(), link.json["id"].as_str().expect("an id").to_owned());
    let url = json!({ "dataset": "components", "expires_in": 3600 });
    let url = owner.post(&format!("{root}/exports/signed-urls"), &url).expect(201);
    names.0.insert("signed_url".to_owned(), url.json["id"].as_str().expect("an id").to_owned());
    let token =
        json!({ "name": "Sample", "role": "exporter", "product": product, "expires_at": "2026-12-31T00:00:00Z" });
    let token = owner.post("/api/v1/tokens", &token).expect(201);
    names.0.insert("credential".to_owned(), token.json["id"].as_str().expect("an id").to_owned());
    let deliveries = owner.get(&format!("{report}/deliveries")).expect(200);
    names.0.insert("delivery".to_owned(), deliveries.column("id")[0].clone());
    let invitation = json!({ "email": "sample@example.com", "product": product, "role": "viewer" });
    let invitation = owner.post("/api/v1/invitations", &invitation).expect(201);
    names.0.insert("invitation".to_owned(), invitation.json["id"].as_str().expect("an id").to_owned());
    let group = "kind: Group\nmetadata: {name: sample}\nspec: {type: team}\n";
    let import = format!("{root}/imports/backstage");
    owner.with("Content-Type", "application/yaml").send("POST", &import, Some(group.as_bytes())).expect(200);
    let entities = owner.get(&format!("{root}/catalog-entities")).expect(200);
    names.0.insert("catalog_entity".to_owned(), entities.column("id")[0].clone());
    let bill = "BillingPeriodStart,ProviderName,BillingAccountId,BillingCurrency,EffectiveCost\n\
                2026-09-01T00:00:00Z,AWS,main,EUR,1\n";
    let import = format!("{root}/imports/focus?mode=lenient");
    owner.with("Content-Type", "text/csv").send("POST", &import, Some(bill.as_bytes())).expect(200);
    let bills = owner.get(&format!("{root}/bills")).expect(200);
    names.0.insert("bill".to_owned(), bills.column("id")[0].clone());
    let facts = owner.get(&format!("{report}/facts")).expect(200);
    names.0.insert("fact".to_owned(), facts.column("name")[0].clone());
    names
}
