//! Files against a database of their own.

use super::*;
use crate::kernel::{
    clock::{Clock, Ids},
    db::{DatabaseUrl, migrate},
    http::validate,
    schema::audit_events,
};
use diesel::prelude::*;
use serde_json::json;
use std::path::Path;

struct World {
    db: Db,
    product: ProductId,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prodops.db");
        std::fs::File::create(&file).unwrap();
        let url = DatabaseUrl::Sqlite(file);
        migrate(&url).unwrap();
        let db = Db::open(&url, Clock::System, Ids::Random).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let product = runtime.block_on(db.change(Author::operator(), |tx| {
            let user = validate(json!({ "email": "ann@example.com", "name": "Ann", "password": null })).unwrap();
            let owner = crate::access::store::insert_user(tx, user, None)?.id;
            let new = json!({ "name": "Platform", "key": "platform", "currency": "EUR", "owner": owner });
            products::store::insert(tx, validate(new).unwrap()).map(|product| product.product_id())
        }));
        Self { db, product: product.unwrap(), folder, runtime }
    }

    fn run(&self, format: Format, path: &Path, dry_run: bool) -> Result<ImportView, Failure> {
        let work = run(&self.db, Author::operator(), &self.product, format, path.to_owned(), dry_run);
        self.runtime.block_on(work)
    }

    fn import(&self, format: Format, content: &str) -> Result<ImportView, Failure> {
        let path = self.folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        self.run(format, &path, false)
    }

    fn counts(&self, format: Format, content: &str) -> (u64, u64, u64) {
        let view = self.import(format, content).unwrap_or_else(|failure| panic!("{failure}"));
        (view.created, view.changed, view.unchanged)
    }

    fn read<T: Send + 'static>(&self, work: impl FnOnce(&mut Conn, &ProductId) -> T + Send + 'static) -> T {
        let product = self.product.clone();
        self.runtime.block_on(self.db.read(move |conn| Ok(work(conn, &product)))).unwrap()
    }

    fn events(&self) -> i64 {
        self.read(|conn, _| audit_events::table.count().get_result(conn).unwrap())
    }

    fn component(&self, key: &'static str) -> components::Component {
        self.read(move |conn, product| components::store::find(conn, product, key).unwrap())
    }

    fn catalogue(&self) -> String {
        self.read(|conn, product| backstage::catalogue(conn, product).unwrap())
    }

    fn patch(&self, key: &'static str, changes: serde_json::Value) {
        let (product, version) = (self.product.clone(), self.component(key).version);
        let serde_json::Value::Object(changes) = changes else { panic!("an object") };
        let work = self.db.change(Author::operator(), move |tx| {
            let (seen, patch) =
                (crate::kernel::http::IfMatch::version(version), components::ComponentPatch::of(changes));
            components::store::update(tx, &product, key, seen, &patch)
        });
        self.runtime.block_on(work).unwrap();
    }
}

/// Line, column and code of each fault.
fn faults(outcome: Result<ImportView, Failure>) -> Vec<(u64, String, String)> {
    let failure = outcome.unwrap_err();
    assert_eq!(failure.terms().status, 422, "{failure}");
    let of = |fault: &Fault| {
        (fault.line.unwrap_or_default(), fault.column.clone().unwrap_or_default(), fault.code.to_string())
    };
    failure.faults().iter().map(of).collect()
}

fn fault(line: u64, column: &str, code: &str) -> (u64, String, String) {
    (line, column.to_owned(), code.to_owned())
}

#[test]
fn the_demo_companys_files_come_in_and_a_second_time_change_nothing() {
    let world = World::new();
    let files = [
        (Format::Team, "team.csv"),
        (Format::LabourRates, "labour-rates.csv"),
        (Format::ExchangeRates, "exchange-rates.csv"),
        (Format::Backstage, "catalog-info.yaml"),
        (Format::Costs, "costs.csv"),
        (Format::Effort, "effort.csv"),
        (Format::RecoveryTests, "recovery-tests.csv"),
        (Format::Activities, "activities.csv"),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed-data");
    for (format, name) in files {
        let path = folder.join(name);
        let run = |dry_run| world.run(format, &path, dry_run).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let before = world.events();
        let tried = run(true);
        assert_eq!(world.events(), before, "{name}: a trial leaves nothing");
        let first = run(false);
        assert_eq!(ImportView { dry_run: true, ..first.clone() }, tried, "{name}");
        assert!(first.created > 0 && first.changed == 0 && first.unchanged == 0, "{name}: {first:?}");
        assert_eq!(world.events(), before + 1, "{name}: one event for the whole file");
        let second = run(false);
        assert_eq!((second.created, second.changed, second.unchanged), (0, 0, first.created), "{name}");
        assert_eq!(world.events(), before + 1, "{name}: nothing happened");
        assert_eq!(first.warnings, [], "{name}");
        assert_eq!(first.unallocated > 0, format == Format::Costs, "{name}");
    }
    let gateway = world.component("shop-gateway");
    assert_eq!((gateway.tier, gateway.rto_minutes, gateway.version), (Some(1), Some(15), 1));
    assert_eq!((gateway.owner.as_deref(), gateway.system.as_deref()), (Some("platform-core"), Some("runtime")));
    assert_eq!(gateway.domain.as_deref(), Some("running-the-shop"));
    assert_eq!(gateway.depends_on.as_text(), "certificate-manager shop-cluster");
    let again = world.import(Format::Backstage, &world.catalogue()).unwrap();
    assert_eq!((again.created, again.changed), (0, 0));
}

#[test]
fn a_cost_without_an_external_id_is_counted_by_all_it_says() {
    let world = World::new();
    let header = "month,category,amount,currency,source,external_id\n";
    let line = "2026-10,licence,10,EUR,shop,\n";
    let twice = format!("{header}{line}{line}2026-10,licence,5.50,EUR,shop,A-1\n");
    assert_eq!(world.counts(Format::Costs, &twice), (3, 0, 0));
    assert_eq!(world.counts(Format::Costs, &twice), (0, 0, 3));
    assert_eq!(world.counts(Format::Costs, &format!("{header}{line}{line}{line}")), (1, 0, 2));
    let corrected = format!("{header}2026-10,licence,10.0,EUR,shop,\n2026-10,licence,6,EUR,shop,A-1\n");
    assert_eq!(world.counts(Format::Costs, &corrected), (0, 1, 1));
    assert_eq!(world.counts(Format::Costs, &format!("{header}2026-10,licence,10,EUR,other,\n")), (1, 0, 0));
    let repeated = format!("{header}2026-10,licence,6,EUR,shop,A-1\n2026-10,licence,6,EUR,shop,A-1\n");
    assert_eq!(faults(world.import(Format::Costs, &repeated)), [fault(3, "", "repeated")]);
    let unknown =
        "component,month,category,amount,currency,external_id\nx,2026-10,licence,1,EUR,\nx,2026-10,licence,1,EUR,B\n";
    let expected = [fault(2, "component", "unknown_reference"), fault(3, "component", "unknown_reference")];
    assert_eq!(faults(world.import(Format::Costs, unknown)), expected);
}

#[test]
fn a_week_of_effort_is_written_whole_and_refused_by_line() {
    let world = World::new();
    let team = "name,hours_per_week,valid_from,valid_to\nAnn,40,2026-01-01,2026-07-01\nAnn,20,2026-07-01,\nBo,40,2026-10-01,\n";
    assert_eq!(world.counts(Format::Team, team), (3, 0, 0));
    world.import(Format::Components, "key,name,kind\na,A,tool\n").unwrap();
    let first =
        "week,person,component,kind,share\n2026-W41,Ann,a,toil,0.5\n2026-W41,,a,toil,1\n2026-W41,Ann,,support,0.5\n";
    assert_eq!(world.counts(Format::Effort, first), (1, 0, 0));
    let reordered = "week,person,component,roadmap_item,kind,share\n2026-W41,,a,,toil,1.0\n2026-W41,Ann,,,support,0.5\n2026-W41,Ann,a,,toil,0.50\n";
    assert_eq!(world.counts(Format::Effort, reordered), (0, 0, 1));
    let other = "week,person,component,kind,share\n2026-W41,Ann,,overhead,1\n2026-W42,Bo,a,toil,1\n";
    assert_eq!(world.counts(Format::Effort, other), (1, 1, 0));
    let wrong = "week,person,component,roadmap_item,kind,share\n\
                 2026-W41,Ann,a,,toil,0.5\n\
                 2026-W41,Ann,x,,toil,0.4\n\
                 2026-W20,Bo,a,,toil,1\n\
                 2026-W41,Cy,a,,toil,1\n\
                 2026-W43,Bo,a,OPS-1,toil,1\n";
    let expected = [
        fault(2, "share", "sum"),
        fault(3, "component", "unknown_reference"),
        fault(4, "person", "not_in_team"),
        fault(5, "person", "unknown_reference"),
        fault(6, "roadmap_item", "unknown_reference"),
    ];
    assert_eq!(faults(world.import(Format::Effort, wrong)), expected);
}

#[test]
fn a_column_left_out_keeps_what_is_there_and_an_empty_cell_does_not() {
    let world = World::new();
    let all = "key,name,kind,tier,owner,depends_on\na,A,tool,1,us,b\nb,B,tool,,,\n";
    assert_eq!(world.counts(Format::Components, all), (2, 0, 0));
    assert_eq!(world.counts(Format::Components, "key,name,kind\na,A,tool\nb,B,tool\n"), (0, 0, 2));
    assert_eq!(world.counts(Format::Components, "key,name,kind,tier\na,Aa,tool,\n"), (0, 1, 0));
    let a = world.component("a");
    assert_eq!((a.name.as_str(), a.tier, a.owner.as_deref(), a.version), ("Aa", None, Some("us"), 2));
    assert_eq!(a.depends_on.as_text(), "b");
    let wrong = "key,name,kind,depends_on\nb,B,tool,a\nc,C,tool,nobody\n,€,tool,\n";
    assert_eq!(faults(world.import(Format::Components, wrong)).len(), 1, "names come first");
    let wrong = "key,name,kind,depends_on\nb,B,tool,a\n";
    assert_eq!(faults(world.import(Format::Components, wrong)), [fault(2, "depends_on", "cycle")]);
}

#[test]
fn a_published_month_is_not_rewritten() {
    let world = World::new();
    let rates = "valid_from,amount,currency\n2026-08-01,80,EUR\n2026-09-02,81,EUR\n";
    assert_eq!(faults(world.import(Format::LabourRates, rates)), [fault(3, "valid_from", "not_first_of_month")]);
    assert_eq!(world.counts(Format::LabourRates, "valid_from,amount,currency\n2026-08-01,80,EUR\n"), (1, 0, 0));
    let exchange = "from,to,month,rate\nUSD,EUR,2026-09,0.9\n";
    assert_eq!(world.counts(Format::ExchangeRates, exchange), (1, 0, 0));
    let product = world.product.clone();
    let publish = world.db.change(Author::operator(), move |tx| {
        products::store::publish_through(tx, &product, "2026-09".parse().unwrap())
    });
    world.runtime.block_on(publish).unwrap();
    assert_eq!(world.counts(Format::ExchangeRates, exchange), (0, 0, 1), "what is there already is no change");
    let rates = "valid_from,amount,currency\n2026-08-01,90,EUR\n2026-10-01,90,USD\n2026-11-01,91,EUR\n";
    let expected = [fault(2, "", "published"), fault(3, "currency", "other_currency")];
    assert_eq!(faults(world.import(Format::LabourRates, rates)), expected);
    let exchange = "from,to,month,rate\nUSD,EUR,2026-09,0.8\nEUR,EUR,2026-10,1\n";
    let expected = [fault(2, "", "published"), fault(3, "to", "same_currency")];
    assert_eq!(faults(world.import(Format::ExchangeRates, exchange)), expected);
}

const CATALOGUE: &str = r#"apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  annotations:
    backstage.io/techdocs-ref: url:https://github.com/example
    prodops/tier: '2'
  name: Artist-Lookup
  description: Artist Lookup
  tags: [java, data, java]
  links:
    - {url: "https://example.com/user", title: Examples Users, icon: user}
    - url: mailto:us@example.com
spec:
  type: website
  lifecycle: experimental
  owner: Group:default/team-a
  system: artist-engagement-portal
  dependsOn: ['resource:artists-db', 'api:lookup']
---
kind: Resource
metadata: {name: artists-db, description: 'yes'}
spec:
  type: database
  owner: team-a
  system: artist-engagement-portal
  dependencyOf: [component:other/worker]
---
kind: Component
metadata: {name: worker, namespace: other, labels: {version: 1.10}}
spec: {type: magic, lifecycle: beta, owner: user:default/ann}
---
kind: System
metadata: {name: artist-engagement-portal}
spec: {owner: team-a, domain: artists}
---
kind: Template
metadata: {name: t}
"#;

#[test]
fn a_backstage_catalogue_becomes_components() {
    let world = World::new();
    let view = world.import(Format::Backstage, CATALOGUE).unwrap();
    assert_eq!((view.created, view.changed, view.unchanged), (5, 0, 0));
    let warnings: Vec<_> = view.warnings.iter().map(|w| (w.line, w.column.as_deref().unwrap())).collect();
    let expected =
        [(11, "metadata.links"), (18, "spec.dependsOn"), (30, "spec.type"), (30, "spec.lifecycle"), (36, "kind")];
    assert_eq!(warnings, expected);
    let lookup = world.component("artist-lookup");
    assert_eq!((lookup.name.as_str(), lookup.tier), ("Artist-Lookup", Some(2)));
    assert_eq!(lookup.kind, components::ComponentKind::Service);
    assert_eq!((lookup.owner.as_deref(), lookup.domain.as_deref()), (Some("team-a"), Some("artists")));
    assert_eq!((lookup.tags.as_text(), lookup.links.value().len()), ("java data", 1));
    assert_eq!(lookup.depends_on.as_text(), "artists-db");
    let worker = world.component("other-worker");
    assert_eq!(worker.lifecycle, components::Lifecycle::Production);
    assert_eq!((worker.owner.as_deref(), worker.depends_on.as_text()), (Some("user:default/ann"), "artists-db"));
    assert_eq!(world.component("artists-db").kind, components::ComponentKind::Infrastructure);
    assert_eq!(world.counts(Format::Backstage, CATALOGUE), (0, 0, 5));
}

#[test]
fn the_catalogue_comes_back_with_what_we_do_not_model_and_with_present_values() {
    let world = World::new();
    world.import(Format::Backstage, CATALOGUE).unwrap();
    let documents = |yaml: &str| -> Vec<serde_json::Value> {
        yaml::documents(yaml.as_bytes()).unwrap().iter().map(yaml::Node::json).collect()
    };
    let mut sent = documents(CATALOGUE);
    let mut back = documents(&world.catalogue());
    sent.sort_by_key(|one| one["metadata"]["name"].to_string());
    back.sort_by_key(|one| one["metadata"]["name"].to_string());
    assert_eq!(back, sent, "untouched, it is what came in");

    world.import(Format::Components, "key,name,kind\nlog-store,Log store,infrastructure\n").unwrap();
    world.patch(
        "artist-lookup",
        json!({
            "name": "Lookup: \"new\"\nname", "kind": "tool", "lifecycle": "retired", "tier": null, "owner": "group:x",
            "domain": null, "tags": [], "depends_on": ["log-store"], "rto_minutes": 5, "availability": "standby",
            "description": " # \u{e9}\n\n  trailing  \n", "system": "A/B",
            "links": [{ "title": "U", "url": "https://example.com/user" }],
        }),
    );
    world.patch("other-worker", json!({ "depends_on": [] }));
    world.patch("artists-db", json!({ "kind": "service", "depends_on": ["other-worker"], "system": null }));
    let yaml = world.catalogue();
    let again = world.import(Format::Backstage, &yaml).unwrap_or_else(|failure| panic!("{failure}\n{yaml}"));
    assert_eq!((again.created, again.changed, again.unchanged), (0, 0, 6), "{yaml}");
    let lookup = documents(&yaml).into_iter().find(|one| one["metadata"]["name"] == "Artist-Lookup").unwrap();
    assert_eq!(lookup["metadata"]["annotations"]["backstage.io/techdocs-ref"], "url:https://github.com/example");
    assert_eq!(lookup["metadata"]["links"][0]["icon"], "user");
    assert_eq!(lookup["spec"]["dependsOn"], json!(["api:lookup", "resource:log-store"]));

    // Into an empty product the same file brings the same components.
    let other = World::new();
    other.import(Format::Backstage, &yaml).unwrap();
    for key in ["artist-lookup", "artists-db", "other-worker", "log-store"] {
        let said = |world: &World| {
            let mut row = serde_json::to_value(world.component(key)).unwrap();
            for own in ["id", "created_at", "updated_at", "version"] {
                row[own].take();
            }
            row
        };
        assert_eq!(said(&other), said(&world), "{yaml}");
    }
}

#[test]
fn what_is_wrong_with_a_catalogue_is_told_by_line_and_field() {
    let world = World::new();
    world.import(Format::Components, "key,name,kind\nthere,There,tool\n").unwrap();
    let wrong = "kind: Component\nmetadata:\n  name: a\n  annotations:\n    prodops/tier: '9'\n    prodops/rto-minutes: soon\n\
                 spec:\n  type: tool\n  dependsOn: [component:there, resource:nobody]\n---\n\
                 kind: Component\nmetadata: {name: 'ä'}\nspec: {type: tool, dependsOn: there}\n---\nkind: Component\n";
    assert_eq!(faults(world.import(Format::Backstage, wrong)), [fault(15, "metadata.name", "required")]);
    let wrong = wrong.trim_end_matches("---\nkind: Component\n");
    let expected = [
        fault(5, "prodops/tier", "too_large"),
        fault(6, "prodops/rto-minutes", "type"),
        fault(9, "spec.dependsOn", "unknown_reference"),
        fault(12, "metadata.name", "format"),
    ];
    assert_eq!(faults(world.import(Format::Backstage, wrong)), expected);
    let twice = "kind: Component\nmetadata: {name: a}\nspec: {type: tool}\n---\nkind: component\nmetadata: {name: A}\n";
    assert_eq!(faults(world.import(Format::Backstage, twice)), [fault(5, "metadata.name", "repeated")]);
    let cycle = "kind: Component\nmetadata: {name: a}\nspec: {type: tool, dependsOn: [component:b]}\n---\n\
                 kind: Component\nmetadata: {name: b}\nspec:\n  type: tool\n  dependsOn: ['component:default/A']\n";
    let failure = world.import(Format::Backstage, cycle).unwrap_err();
    assert_eq!(failure.detail(), "this would close a cycle: a → b → a");
    assert_eq!(faults(Err(failure)), [fault(3, "spec.dependsOn", "cycle")]);
    assert_eq!(world.read(|conn, product| components::store::all(conn, product).unwrap().len()), 1);
}

#[test]
fn two_entities_of_one_name_are_two_components() {
    let world = World::new();
    let file = "kind: Component\nmetadata: {name: db}\nspec: {type: tool, dependsOn: [resource:db]}\n---\n\
                kind: Resource\nmetadata: {name: db}\nspec: {type: database}\n";
    let view = world.import(Format::Backstage, file).unwrap();
    assert_eq!((view.created, view.warnings.len()), (2, 1));
    assert_eq!(world.component("db").depends_on.as_text(), "resource-db");
    assert_eq!(world.counts(Format::Backstage, file), (0, 0, 2));
    let later = "kind: Resource\nmetadata: {name: db}\nspec: {type: database, dependencyOf: [component:other]}\n---\n\
                 kind: Component\nmetadata: {name: other}\nspec: {type: tool}\n";
    assert_eq!(world.counts(Format::Backstage, later), (1, 1, 0));
    assert_eq!(world.component("db").depends_on.as_text(), "resource-db", "not mentioned, not changed");
    assert_eq!(world.component("other").depends_on.as_text(), "resource-db");
    let alone = "kind: Component\nmetadata: {name: other}\nspec: {type: tool}\n";
    assert_eq!(world.counts(Format::Backstage, alone), (0, 0, 1), "what another file said of it still holds");
}
