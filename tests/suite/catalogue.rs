//! Catalogues of many styles: they come in, go out, and come in again unchanged.

use crate::{
    app::TestApp,
    imports::{counts, fault, faults, import},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

on_both_engines!(
    catalogues_of_other_styles_come_in_go_out_and_come_in_again_unchanged,
    what_a_file_needs_of_others_waits_for_them,
    what_somebody_takes_away_does_not_come_back_by_itself,
    what_came_in_stays_as_it_was_written_when_another_file_comes,
    one_that_names_very_many_others_is_refused_at_once,
    a_cycle_that_two_files_close_is_told_by_name,
    a_domain_follows_its_system_whichever_file_comes_first,
    what_stands_around_components_is_listed_and_can_be_taken_away,
    estimates_of_saved_time_are_evidence_and_never_more,
);

fn component(app: &TestApp, key: &str) -> Value {
    app.viewer().get(&format!("components/{key}")).expect(200).json
}

fn catalogue(app: &TestApp) -> String {
    app.viewer().get("catalog-info.yaml").expect(200).text().to_owned()
}

/// The documents of a file by what names them.
fn documents(yaml: &str) -> BTreeMap<String, Value> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let read: Vec<Value> =
        serde_saphyr::from_multiple_with_options(yaml, options).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let name = |one: &Value| {
        let of = &one["metadata"];
        format!("{}:{}/{}", one["kind"], of["namespace"].as_str().unwrap_or("default"), of["name"]).to_lowercase()
    };
    read.into_iter().filter(|one| !one.is_null()).map(|one| (name(&one), one)).collect()
}

/// What a dry run, the import, and the same again say.
#[track_caller]
fn thrice(app: &TestApp, content: &str) -> Value {
    let client = app.editor().with("Content-Type", "application/yaml");
    let mut tried = client.send("POST", "imports/backstage?dry_run=true", Some(content.as_bytes())).expect(200).json;
    let done = import(app, "backstage", content).expect(200).json;
    tried["dry_run"] = json!(false);
    tried["changes"] = json!([]);
    assert_eq!(done, tried);
    let again = import(app, "backstage", content).expect(200).json;
    assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{content}");
    done
}

fn catalogues_of_other_styles_come_in_go_out_and_come_in_again_unchanged(app: &TestApp) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/catalogues");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|one| one.expect("a file").path()).collect();
    files.sort();
    let mut sent = BTreeMap::new();
    for file in &files {
        let content = std::fs::read_to_string(file).expect("a file");
        thrice(app, &content);
        sent.extend(documents(content.trim_start_matches('\u{feff}')));
    }
    assert!(files.len() >= 15 && sent.len() >= 40, "{} files, {} documents", files.len(), sent.len());
    let yaml = catalogue(app);
    let back = documents(&yaml);
    assert_eq!(back.keys().collect::<Vec<_>>(), sent.keys().collect::<Vec<_>>());
    for (name, document) in &sent {
        assert_eq!(back[name], *document, "{name}");
    }
    assert_eq!(counts(app, "backstage", &yaml), (0, 0, sent.len() as u64));
    assert_eq!(catalogue(app), yaml);

    let checkout = component(app, "checkout-api");
    assert_eq!((&checkout["owner"], &checkout["system"]), (&json!("user:jane"), &json!("shop")));
    assert_eq!(checkout["domain"], "checkout");
    assert_eq!(checkout["tags"], json!(["Java", "c++", "c#", "lang:kotlin", "spring-boot"]));
    assert_eq!(checkout["links"][0]["title"], "https://example.com/dashboards/checkout");
    let lookup = component(app, "alternative-lookup");
    assert_eq!((&lookup["owner"], &lookup["system"]), (&json!("alternative/team-a"), &json!("alternative/portal")));
    assert_eq!(
        (&lookup["domain"], &lookup["depends_on"]),
        (&json!("alternative/artists"), &json!(["alternative-other", "artists-db"]))
    );
    assert_eq!(component(app, "alternative-other")["owner"], "team-a");
    let odd = component(app, "odd");
    assert_eq!((&odd["tags"], &odd["description"]), (&json!(["2.0", "7", "true"]), &json!("")));
    assert_eq!((&odd["kind"], &odd["lifecycle"], &odd["links"]), (&json!("service"), &json!("production"), &json!([])));
    assert_eq!(component(app, "as-json")["lifecycle"], "retired");
    assert_eq!(component(app, "payment-service")["depends_on"], json!(["notifications", "postgres-payments"]));
    let names = app.viewer().get("components?q=a-b&sort=key").expect(200).column("name");
    assert_eq!(names.len(), 4, "{names:?}");
    let keys: Vec<_> = component(app, "a-b")["depends_on"].as_array().expect("keys").to_vec();
    assert_eq!(keys.len(), 3, "four names that make one key are four components: {keys:?}");
    assert!(
        app.viewer().get("components/resource-0190a3b2-0000-7000-8000-000000000000").expect(200).json["id"].is_string()
    );
    patch(app, "odd", &json!({ "tags": ["new"], "links": [], "owner": "us" }));
    patch(app, "alternative-lookup", &json!({ "owner": "team-b", "system": "a/b" }));
    let yaml = catalogue(app);
    let odd = &documents(&yaml)["\"component\":default/\"odd\""];
    assert_eq!(odd["metadata"]["tags"], json!(["new", "two words", null, { "a": "b" }]));
    assert_eq!(odd["metadata"]["links"].as_array().map(Vec::len), Some(3));
    assert_eq!(odd["metadata"]["labels"]["zip"], documents(ODD_ZIP)["null:default/null"]["zip"]);
    assert_eq!(counts(app, "backstage", &yaml), (0, 0, sent.len() as u64));
    assert_eq!(component(app, "alternative-lookup")["owner"], "team-b");
}

const ODD_ZIP: &str = "zip: 0123\n";

fn patch(app: &TestApp, key: &str, changes: &Value) {
    let path = format!("components/{key}");
    let etag = app.editor().get(&path).expect(200).etag().to_owned();
    app.editor().patch(&path, &etag, changes).expect(200);
}

const SHOP: &str = "kind: Component\nmetadata: {name: shop}\nspec:\n  type: service\n  dependsOn:\n  - component:cart\n  \
                    - resource:db\n";
const CART: &str = "kind: Component\nmetadata: {name: cart}\nspec: {type: service}\n";
const DB: &str =
    "kind: Resource\nmetadata: {name: db}\nspec: {type: database, dependencyOf: [component:cart, component:x]}\n";

fn entity(app: &TestApp, entity: &str) -> Value {
    let found = app.viewer().get(&format!("catalog-entities?entity={entity}")).expect(200).json;
    found["items"][0].clone()
}

fn what_a_file_needs_of_others_waits_for_them(app: &TestApp) {
    let done = thrice(app, SHOP);
    let told: Vec<_> = done["warnings"].as_array().expect("warnings").iter().map(|one| one["line"].clone()).collect();
    assert_eq!(told, [json!(6), json!(7)]);
    assert_eq!(component(app, "shop")["depends_on"], json!([]));
    assert_eq!(entity(app, "component:default/shop")["unresolved"], json!(["component:cart", "resource:db"]));
    assert_eq!(counts(app, "backstage", &catalogue(app)), (0, 0, 1));

    assert_eq!(counts(app, "backstage", DB), (1, 1, 0), "the shop needs it since");
    assert_eq!(component(app, "shop")["depends_on"], json!(["db"]));
    assert_eq!(entity(app, "component:default/shop")["unresolved"], json!(["component:cart"]));
    assert_eq!(entity(app, "resource:default/db")["unresolved"], json!(["component:cart", "component:x"]));
    assert_eq!(counts(app, "backstage", DB), (0, 0, 1));
    assert_eq!(counts(app, "backstage", CART), (1, 1, 0));
    assert_eq!(component(app, "shop")["depends_on"], json!(["cart", "db"]));
    assert_eq!(component(app, "cart")["depends_on"], json!(["db"]));
    assert_eq!(entity(app, "resource:default/db")["unresolved"], json!(["component:x"]));
    for file in [SHOP, CART, DB] {
        assert_eq!(counts(app, "backstage", file), (0, 0, 1));
    }
    let yaml = catalogue(app);
    let mut sent = documents(SHOP);
    sent.extend(documents(CART));
    sent.extend(documents(DB));
    assert_eq!(documents(&yaml), sent);
    assert_eq!(counts(app, "backstage", &yaml), (0, 0, 3));

    // In one file, in any other order, it is the same.
    let path = "/api/v1/products/other/imports/backstage";
    let all = format!("{DB}---\n{SHOP}---\n{CART}");
    app.outsider().with("Content-Type", "text/yaml").send("POST", path, Some(all.as_bytes())).expect(200);
    let mut theirs = documents(app.outsider().get("/api/v1/products/other/catalog-info.yaml").expect(200).text());
    theirs.retain(|name, _| sent.contains_key(name));
    assert_eq!(theirs, sent);
}

fn what_somebody_takes_away_does_not_come_back_by_itself(app: &TestApp) {
    for file in [SHOP, CART, DB] {
        import(app, "backstage", file).expect(200);
    }
    patch(app, "shop", &json!({ "depends_on": ["db"] }));
    patch(app, "cart", &json!({ "depends_on": [] }));
    let without = catalogue(app);
    assert_eq!(documents(&without)["\"component\":default/\"shop\""]["spec"]["dependsOn"], json!(["resource:db"]));
    let etag = app.editor().get("components/cart").expect(200).etag().to_owned();
    app.editor().delete("components/cart", &etag).expect(204);
    assert_eq!(entity(app, "component:default/cart"), Value::Null, "what a file said of it went with it");
    import(app, "backstage", CART).expect(200);
    assert_eq!(component(app, "shop")["depends_on"], json!(["db"]));
    assert_eq!(catalogue(app), without);
    // One that is made by hand is taken up by the next file.
    let other = "kind: Component\nmetadata: {name: y}\nspec: {type: tool, dependsOn: [component:by-hand]}\n";
    import(app, "backstage", other).expect(200);
    app.editor().post("components", &json!({ "name": "by hand", "kind": "tool" })).expect(201);
    assert_eq!(component(app, "y")["depends_on"], json!([]));
    assert_eq!(
        documents(&catalogue(app))["\"component\":default/\"y\""],
        documents(other)["\"component\":default/\"y\""]
    );
    assert_eq!(counts(app, "backstage", CART), (0, 1, 1));
    assert_eq!(component(app, "y")["depends_on"], json!(["by-hand"]));
    assert_eq!(counts(app, "backstage", &catalogue(app)).1, 0);
}

fn what_came_in_stays_as_it_was_written_when_another_file_comes(app: &TestApp) {
    let waits = "kind: Component\nmetadata: {name: y}\n\
                 spec: {type: tool, owner: \"group:default/team-a\", dependsOn: [component:cart]}\n";
    import(app, "backstage", waits).expect(200);
    patch(app, "y", &json!({ "owner": "team-b" }));
    assert_eq!(counts(app, "backstage", CART), (1, 1, 0));
    assert_eq!(component(app, "y")["depends_on"], json!(["cart"]));
    patch(app, "y", &json!({ "owner": "team-a" }));
    let id = "\"component\":default/\"y\"";
    assert_eq!(documents(&catalogue(app))[id], documents(waits)[id]);
}

fn one_that_names_very_many_others_is_refused_at_once(app: &TestApp) {
    let file = |count: usize| {
        let others: String = (0..count).map(|nth| format!("  - component:o{nth}\n")).collect();
        format!("kind: Component\nmetadata: {{name: y}}\nspec:\n  type: tool\n  dependsOn:\n{others}")
    };
    assert_eq!(faults(import(app, "backstage", &file(100_000))), [fault(5, "spec.dependsOn", "too_many")]);
    import(app, "backstage", &file(1000)).expect(200);
    assert_eq!(entity(app, "component:default/y")["unresolved"].as_array().map(Vec::len), Some(1000));
    assert_eq!(counts(app, "backstage", &file(1000)), (0, 0, 1));
}

fn a_cycle_that_two_files_close_is_told_by_name(app: &TestApp) {
    let first = "kind: Component\nmetadata: {name: a}\nspec: {type: tool, dependsOn: [component:b]}\n";
    let second = "kind: Component\nmetadata: {name: b}\nspec: {type: tool, dependsOn: [component:a]}\n";
    import(app, "backstage", first).expect(200);
    let refusal = import(app, "backstage", second).expect(422);
    assert_eq!(refusal.json["detail"], "this would close a cycle: a → b → a");
    assert_eq!(faults(refusal), [fault(3, "spec.dependsOn", "cycle")]);
    assert_eq!(app.viewer().get("components").expect(200).column("key"), ["a"]);
}

fn a_domain_follows_its_system_whichever_file_comes_first(app: &TestApp) {
    let shop = "kind: Component\nmetadata: {name: shop}\nspec: {type: service, system: sales}\n";
    let till = "kind: Component\nmetadata:\n  name: till\n  annotations: {prodops/domain: counters}\n\
                spec: {type: service, system: sales}\n";
    let system = |domain: &str| format!("kind: System\nmetadata: {{name: sales}}\nspec: {{domain: {domain}}}\n");
    import(app, "backstage", shop).expect(200);
    import(app, "backstage", till).expect(200);
    import(app, "components", "key,name,kind,system\nhand,Hand,tool,sales\n").expect(200);
    assert_eq!(counts(app, "backstage", &system("retail")), (1, 1, 0), "the shop has a domain since");
    assert_eq!(component(app, "shop")["domain"], "retail");
    assert_eq!(component(app, "till")["domain"], "counters");
    assert_eq!(component(app, "hand")["domain"], Value::Null, "no file told of it");
    assert_eq!(
        documents(&catalogue(app))["\"component\":default/\"shop\""],
        documents(shop)["\"component\":default/\"shop\""]
    );
    assert_eq!(counts(app, "backstage", shop), (0, 0, 1));
    assert_eq!(counts(app, "backstage", &system("trade")), (0, 2, 0));
    assert_eq!(component(app, "shop")["domain"], "trade");
    patch(app, "shop", &json!({ "domain": "mine" }));
    assert_eq!(counts(app, "backstage", &system("retail")), (0, 1, 0));
    assert_eq!(component(app, "shop")["domain"], "mine", "what a person said stays");
}

fn what_stands_around_components_is_listed_and_can_be_taken_away(app: &TestApp) {
    let file = "kind: Group\nmetadata: {name: Platform}\nspec: {profile: {displayName: The platform team}}\n---\n\
                kind: System\nmetadata: {name: sales}\nspec: {owner: group:platform, domain: retail}\n---\n\
                kind: Domain\nmetadata: {name: retail, title: Retail}\nspec: {owner: platform, subdomainOf: trade}\n---\n\
                kind: API\nmetadata: {name: orders, namespace: Shop}\nspec: {owner: platform, system: sales, definition: {$text: ./a}}\n\
                ---\nkind: Component\nmetadata: {name: shop}\nspec: {type: service, owner: platform}\n";
    import(app, "backstage", file).expect(200);
    let list = |query: &str| app.viewer().get(&format!("catalog-entities?{query}")).expect(200);
    let all = [
        "api:shop/orders",
        "component:default/shop",
        "domain:default/retail",
        "group:default/platform",
        "system:default/sales",
    ];
    assert_eq!(list("sort=entity").column("entity"), all);
    assert_eq!(list("kind=domain,system&sort=-kind").column("domain"), ["retail", "trade"]);
    assert_eq!(list("owner=platform&component=null&sort=kind").column("kind"), ["domain", "system"]);
    assert_eq!(list("namespace=shop").column("owner"), ["shop/platform"]);
    assert_eq!(list("q=platform+team").column("title"), ["The platform team"]);
    let group = list("kind=group").json["items"][0].clone();
    let path = format!("catalog-entities/{}", group["id"].as_str().expect("an id"));
    let found = app.viewer().get(&path).expect(200);
    assert_eq!(found.json["document"]["spec"]["profile"]["displayName"], "The platform team");
    let etag = found.etag().to_owned();
    app.viewer().delete(&path, &etag).expect(403);
    app.editor().delete(&path, "\"9\"").expect(412);
    app.outsider().get(&format!("/api/v1/products/other/{path}")).expect(404);
    app.editor().delete(&path, &etag).expect(204);
    app.viewer().get(&path).expect(404);
    let events = app.owner().get("audit-events?resource=catalog-entities").expect(200);
    assert_eq!(events.json["items"][0]["action"], "delete");
    assert_eq!(events.json["items"][0]["before"]["document"]["kind"], "Group");
    assert!(!catalogue(app).contains("Group"));
    let shop = list("kind=component").json["items"][0].clone();
    let path = format!("catalog-entities/{}", shop["id"].as_str().expect("an id"));
    assert_eq!(app.editor().delete(&path, "\"1\"").expect(409).json["code"], "described");
    assert_eq!(counts(app, "backstage", file), (1, 0, 4), "it comes again with its file");
}

fn estimates_of_saved_time_are_evidence_and_never_more(app: &TestApp) {
    let template = |saves: &str| {
        format!(
            "kind: Template\nmetadata:\n  name: new-service\n  title: New service\n  annotations:\n    \
         backstage.io/time-saved: {saves}\nspec: {{owner: platform, type: service}}\n"
        )
    };
    let component =
        "kind: Component\nmetadata: {name: kit, annotations: {backstage.io/time-saved: PT90M}}\nspec: {type: tool}\n";
    import(app, "backstage", &format!("{}---\n{component}", template("PT4H"))).expect(200);
    let claim = |reference: &str, grade: &str| {
        app.editor().post(
            "impact-claims",
            &json!({
                "title": "Quicker", "component": "kit", "benefit": "qualitative", "from": "2026-09", "confidence": "low",
                "attribution": { "share": 1, "why": "ours" },
                "evidence": [{ "kind": "catalog-entities", "ref": reference, "grade": grade }],
            }),
        )
    };
    assert_eq!(claim("template:new-service", "measured").expect(422).faults(), ["/evidence/0/grade not_suited"]);
    assert_eq!(
        claim("template:other/new-service", "asserted").expect(422).faults(),
        ["/evidence/0/ref unknown_reference"]
    );
    let made = claim("Template:New-Service", "asserted").expect(201).json;
    assert_eq!(made["evidence"][0]["ref"], "template:default/new-service");
    let told = app.viewer().get("time-saved").expect(200);
    assert_eq!(told.column("entity"), ["component:default/kit", "template:default/new-service"]);
    assert_eq!(told.column("minutes_per_use"), ["90", "240"]);
    assert_eq!(told.json["items"][0]["component"], "kit");
    assert_eq!(
        (&told.json["items"][0]["claims"], &told.json["items"][1]["title"]),
        (&json!([]), &json!("New service"))
    );
    let citing = json!([{ "id": made["id"], "title": "Quicker" }]);
    assert_eq!(told.json["items"][1]["claims"], citing);
    let path = format!("trace/impact-claims/{}", made["id"].as_str().expect("an id"));
    let trace = app.viewer().get(&path).expect(200).json;
    let link = trace["down"].as_array().expect("links").iter().find(|link| link["kind"] == "catalog-entities");
    let title = link.map(|link| link["title"].clone());
    assert_eq!(title, Some(json!("New service: 240 minutes saved a use, by its authors' estimate")));

    let csv = "title,component,benefit,from,attribution_share,attribution_why,confidence,evidence\n\
               By file,kit,qualitative,2026-09,1,ours,low,catalog-entities:template:default/new-service:asserted\n";
    assert_eq!(counts(app, "impact-claims", csv), (1, 0, 0));
    assert_eq!(counts(app, "impact-claims", csv), (0, 0, 1));

    // Another estimate is told, and changes no claim; one that cannot be read counts for none.
    let view = import(app, "backstage", &template("4 hours")).expect(200).json;
    assert_eq!((&view["changed"], &view["warnings"][0]["column"]), (&json!(1), &json!("backstage.io/time-saved")));
    assert_eq!(view["warnings"][0]["line"], 6);
    assert_eq!(app.viewer().get("time-saved").expect(200).column("entity"), ["component:default/kit"]);
    let path = format!("impact-claims/{}", made["id"].as_str().expect("an id"));
    assert_eq!(app.viewer().get(&path).expect(200).json, made);
    patch_claim(app, &path, &json!({ "narrative": "What it rested on may go." }));
    assert!(catalogue(app).contains("4 hours"));
}

fn patch_claim(app: &TestApp, path: &str, changes: &Value) {
    let etag = app.editor().get(path).expect(200).etag().to_owned();
    app.editor().patch(path, &etag, changes).expect(200);
}
