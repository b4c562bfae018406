//! What a large Backstage catalogue costs: 11,000 entities of every kind in four namespaces, some 1.5 kB each, tried,
//! imported, given back, and imported again; seconds and the peak of memory of each step.
//!
//!     cargo bench --bench catalogue          # or `cargo test`, for a debug build       # SQLite, in a folder of its own
//!     PRODOPS_BENCH_DATABASE=postgres:///bench cargo bench --bench catalogue         # PostgreSQL, an empty database
//!     PRODOPS_BENCH_ENTITIES=22000 cargo bench --bench catalogue
//!     PRODOPS_BENCH_FILE=catalog.yaml cargo bench --bench catalogue                  # leaves the file there

use diesel::{RunQueryDsl, sql_query};
use prodops::{
    imports::{self, Format, ImportView, Mode, catalogue},
    kernel::{
        auth::ProductId,
        clock::{Clock, Ids},
        db::{self, Author, DatabaseUrl, Db},
    },
    products,
};
use std::{fmt::Write, fs, path::Path, time::Instant};

const NAMESPACES: [&str; 4] = ["default", "payments", "logistics", "data-platform"];

fn main() {
    #[allow(clippy::disallowed_methods)] // What to measure, and nothing of the program.
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let entities = setting("PRODOPS_BENCH_ENTITIES").map_or(11_000, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("catalog-info.yaml");
    let sqlite = folder.path().join("prodops.db");
    let content = generated(entities);
    println!("{entities} entities, {:.1} MB", content.len() as f64 / 1e6);
    fs::write(&file, &content).expect("a file");
    if let Some(path) = setting("PRODOPS_BENCH_FILE") {
        fs::write(path, &content).expect("a file");
    }
    drop(content);
    let url: DatabaseUrl = match setting("PRODOPS_BENCH_DATABASE") {
        Some(url) => url.parse().expect("an address"),
        None => {
            fs::File::create(&sqlite).expect("a file");
            format!("sqlite://{}", sqlite.display()).parse().expect("an address")
        }
    };
    db::migrate(&url).expect("a schema");
    let db = Db::open(&url, Clock::System, Ids::Random).expect("a database");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let product = runtime.block_on(async {
        let at = "'2026-10-01 08:00:00.123456', '2026-10-01 08:00:00.123456', 1, 1";
        let insert = format!(
            "INSERT INTO products VALUES ('p', 'shop', 'Shop', '', 'OPS', 'UTC', 'EUR', 1, 'effort', 40000000000000, \
             NULL, NULL, {at}, NULL)"
        );
        let made = db.change(Author::operator(), move |tx| {
            sql_query(insert).execute(&mut **tx)?;
            tx.nothing_changed();
            products::store::find_by_key(tx, "shop")
        });
        made.await.expect("a product").product_id()
    });
    let run = |dry_run| {
        let import =
            imports::run(&db, Author::operator(), &product, (Format::Backstage, Mode::Strict), file.clone(), dry_run);
        counted(&runtime.block_on(import).expect("an import"))
    };
    step("a dry run", || run(true));
    step("the import", || run(false));
    step("the same again", || run(false));
    let back = folder.path().join("back.yaml");
    step("given back", || given_back(&runtime, &db, &product, &back));
    fs::rename(&back, &file).expect("the file");
    step("what was given back, imported", || run(false));
}

fn counted(view: &ImportView) -> String {
    format!(
        "{} created, {} changed, {} unchanged, {} warnings",
        view.created,
        view.changed,
        view.unchanged,
        view.warnings.len()
    )
}

fn given_back(runtime: &tokio::runtime::Runtime, db: &Db, product: &ProductId, to: &Path) -> String {
    let product = product.clone();
    let yaml = runtime.block_on(db.snapshot(move |conn| catalogue(conn, &product))).expect("the catalogue");
    fs::write(to, &yaml).expect("a file");
    format!("{:.1} MB", yaml.len() as f64 / 1e6)
}

fn step(name: &str, work: impl FnOnce() -> String) {
    // The peak is counted anew from here, where the system can.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (before, start) = (memory("VmRSS:"), Instant::now());
    let said = work();
    let seconds = start.elapsed().as_secs_f64();
    println!("{name:<30} {seconds:>6.2} s, {before:>4} MB before, {:>4} MB at most; {said}", memory("VmHWM:"));
}

/// In MB; 0 where the system does not tell.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// A catalogue as a company of that size has it: of ten entities six are components and two resources, which need up
/// to five of those before them, and the rest is what stands around them.
fn generated(entities: usize) -> String {
    let mut yaml = String::new();
    for n in 0..entities {
        let namespace = NAMESPACES[n / 10 % 4];
        let system = n / 200;
        let (kind, spec) = match n % 20 {
            0 if n % 200 == 0 => {
                ("System", format!("  owner: group:default/team-{}\n  domain: domain-{}\n", n % 50, n % 7))
            }
            0 => (
                "Group",
                format!("  type: team\n  profile: {{displayName: Team {n}}}\n  parent: company\n  children: []\n"),
            ),
            10 => (
                "User",
                format!("  profile: {{displayName: Person {n}, email: p{n}@example.com}}\n  memberOf: [team-{n}]\n"),
            ),
            1 if n % 100 == 1 => ("Domain", "  owner: group:default/team-0\n  subdomainOf: company\n".to_owned()),
            1 | 11 => (
                "API",
                format!(
                    "  type: openapi\n  lifecycle: production\n  owner: team-{n}\n  definition:\n    $text: ./{n}.yaml\n"
                ),
            ),
            k if k % 5 == 4 => (
                "Resource",
                format!("  type: database\n  owner: group:default/team-{}\n  system: s-{system}\n", n % 50),
            ),
            _ => ("Component", component(n, system)),
        };
        let _ = write!(
            yaml,
            "---\napiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: e-{n}\n  namespace: {namespace}\n  \
             title: Entity number {n}\n  description: |\n    What this is for, told in as many words as people take.\n    \
             It was number {n} when it came.\n  annotations:\n"
        );
        for tool in [
            "github.com/project-slug",
            "sonarqube.org/project-key",
            "pagerduty.com/integration-key",
            "backstage.io/techdocs-ref",
            "backstage.io/kubernetes-id",
            "grafana/dashboard-selector",
            "jira/project-key",
            "sentry.io/project-slug",
            "argocd/app-name",
            "vault.io/secrets-path",
            "backstage.io/source-location",
        ] {
            let _ = writeln!(yaml, "    {tool}: https://{tool}.example.com/company/entity-{n}");
        }
        let _ = write!(
            yaml,
            "  tags: [java, spring-boot, team-{n}]\n  links:\n  - url: https://example.com/dashboards/{n}\n    \
             title: Dashboard\n    icon: dashboard\n  - url: https://example.com/runbooks/{n}\n    title: Runbook\n\
             spec:\n{spec}"
        );
    }
    yaml
}

fn component(n: usize, system: usize) -> String {
    let mut spec = format!(
        "  type: service\n  lifecycle: production\n  owner: group:default/team-{}\n  system: s-{system}\n  \
         providesApis: [api-{n}]\n  dependsOn:\n",
        n % 50
    );
    for step in [1, 3, 7, 20, 45] {
        // Only what is run can be needed: components and resources before it.
        let other = n.saturating_sub(step);
        let kind = match other % 20 {
            0 | 1 | 10 | 11 => continue,
            k if k % 5 == 4 => "resource",
            _ => "component",
        };
        if other < n {
            let _ = writeln!(spec, "  - {kind}:{}/e-{other}", NAMESPACES[other / 10 % 4]);
        }
    }
    if spec.ends_with("dependsOn:\n") { spec.replace("dependsOn:\n", "dependsOn: []\n") } else { spec }
}
