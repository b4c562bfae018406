//! Who may import whom, and what may stand where (the floors of the house), read from the source.
//!
//! The order of the `pub mod` lines in `src/lib.rs` is the law.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Whose table is whose: only that module's code may write it.
const TABLES: &[(&str, &str)] = &[
    ("audit_events", "kernel"),
    ("tombstones", "kernel"),
    ("idempotency_keys", "kernel"),
    ("change_numbers", "kernel"),
    ("users", "access"),
    ("sessions", "access"),
    ("attempts", "access"),
    ("api_tokens", "access"),
    ("export_urls", "exports"),
    ("members", "access"),
    ("invitations", "access"),
    ("products", "products"),
    ("team_members", "products"),
    ("labour_rates", "products"),
    ("components", "components"),
    ("component_dependencies", "components"),
    ("recovery_tests", "components"),
    ("catalog_entities", "components"),
    ("documents", "direction"),
    ("objectives", "objectives"),
    ("key_results", "objectives"),
    ("check_ins", "objectives"),
    ("principles", "principles"),
    ("principle_adherence", "principles"),
    ("personas", "personas"),
    ("persona_populations", "personas"),
    ("persona_journeys", "personas"),
    ("stakeholders", "stakeholders"),
    ("stakeholder_components", "stakeholders"),
    ("stakeholder_objectives", "stakeholders"),
    ("feedback", "feedback"),
    ("feedback_duplicates", "feedback"),
    ("feedback_votes", "feedback"),
    ("surveys", "surveys"),
    ("survey_responses", "surveys"),
    ("survey_link_batches", "surveys"),
    ("survey_links", "surveys"),
    ("slos", "slos"),
    ("slo_targets", "slos"),
    ("slo_measurements", "slos"),
    ("slo_days", "slos"),
    ("openslo_objects", "slos"),
    ("incidents", "incidents"),
    ("incident_components", "incidents"),
    ("risks", "risks"),
    ("risk_assessments", "risks"),
    ("roadmap_items", "roadmap"),
    ("roadmap_counters", "roadmap"),
    ("roadmap_history", "roadmap"),
    ("roadmap_comments", "roadmap"),
    ("roadmap_dependencies", "roadmap"),
    ("roadmap_personas", "roadmap"),
    ("roadmap_components", "roadmap"),
    ("roadmap_slos", "roadmap"),
    ("roadmap_incidents", "roadmap"),
    ("roadmap_objectives", "roadmap"),
    ("roadmap_feedback", "roadmap"),
    ("roadmap_risks", "roadmap"),
    ("effort_weeks", "effort"),
    ("effort_shares", "effort"),
    ("effort_templates", "effort"),
    ("effort_template_people", "effort"),
    ("activities", "effort"),
    ("bills", "costs"),
    ("cost_entries", "costs"),
    ("exchange_rates", "costs"),
    ("budgets", "costs"),
    ("allocation_rules", "costs"),
    ("allocation_targets", "costs"),
    ("value_drivers", "impact"),
    ("value_driver_amounts", "impact"),
    ("value_driver_components", "impact"),
    ("value_driver_slos", "impact"),
    ("impact_claims", "impact"),
    ("impact_acceptances", "impact"),
    ("impact_expectations", "impact"),
    ("impact_comments", "impact"),
    ("decisions", "decisions"),
    ("mappings", "imports"),
    ("reports", "reports"),
    ("report_facts", "reports"),
    ("report_renderings", "reports"),
    ("report_commentaries", "reports"),
    ("share_links", "reports"),
    ("report_runs", "reports"),
    ("report_deliveries", "reports"),
];

/// Who else may write a table: the kernel notes when a token was last used, where it reads it.
const NOTED: (&str, &str) = ("api_tokens", "kernel");

/// Modules that stand side by side and know nothing of each other.
const APART: &[&str] = &["reports", "exports", "imports"];
const FORBIDDEN_NAMES: &[&str] = &["util", "utils", "common", "helpers", "misc", "types"];
/// How SQL is run, whoever built it.
const QUERIES: &[&str] = &[
    ".execute(",
    ".batch_execute(",
    ".load(",
    ".load::<",
    ".load_iter",
    ".first(",
    ".first::<",
    ".get_result(",
    ".get_result::<",
    ".get_results",
    "sql_query(",
];
const WRITES: &[&str] = &["insert_into(", "diesel::update(", "diesel::delete(", "replace_into("];

/// A source file, without comments, text in quotes and unit tests; lines stay where they are.
struct Source {
    path: String,
    code: String,
    /// With text in quotes, for SQL that stands in it.
    raw: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let text = if path.ends_with("/tests.rs") { "" } else { text };
        let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
        Self { path: path.to_owned(), code: code_of(text, false), raw: code_of(text, true) }
    }

    /// `components` of `src/components/store.rs`; nothing for `main.rs` and `lib.rs`.
    fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        let (folder, _) = below.split_once('/')?;
        Some(folder)
    }

    fn is_in(&self, folders: &[&str]) -> bool {
        self.module().is_some_and(|module| folders.contains(&module))
    }

    /// Whether it is `name.rs`, or in a folder of that name.
    fn is_called(&self, name: &str) -> bool {
        self.path.split('/').any(|part| part == name || part.strip_suffix(".rs") == Some(name))
    }

    fn broken(&self, at: usize, rule: &str) -> String {
        let line = self.code[..at].matches('\n').count() + 1;
        format!("{}:{line}: {rule}", self.path)
    }
}

/// Blanks comments, and text in quotes unless it is wanted.
fn code_of(text: &str, keep_quoted: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, keep) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if let Some(length) = quoted(rest) {
            (length, keep_quoted)
        } else if rest.starts_with("'\"'") {
            (3, false)
        } else {
            (first.len_utf8(), true)
        };
        let (piece, after) = rest.split_at(length);
        match keep {
            true => out.push_str(piece),
            false => out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
        }
        rest = after;
    }
    out
}

/// The length of the text in quotes that begins here, if one does.
fn quoted(text: &str) -> Option<usize> {
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = 1 + hashes + 1;
            return Some(text[body..].find(&end).map_or(text.len(), |at| body + at + end.len()));
        }
    }
    if !text.starts_with('"') {
        return None;
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Some(at + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Some(text.len())
}

/// Everything that breaks a rule. `order` is the floors from the ground up.
fn broken_rules(sources: &[Source], order: &[&str]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources {
        names(source, &mut broken);
        imports(source, order, &mut broken);
        queries(source, &mut broken);
        frameworks(source, &mut broken);
        sessions(source, &mut broken);
        writes(source, &mut broken);
        counted(source, &mut broken);
    }
    broken
}

fn names(source: &Source, broken: &mut Vec<String>) {
    for name in FORBIDDEN_NAMES {
        if source.is_called(name) {
            broken.push(source.broken(0, &format!("no module is called `{name}`: name it after what it is for")));
        }
    }
}

fn imports(source: &Source, order: &[&str], broken: &mut Vec<String>) {
    let Some(module) = source.module() else { return };
    let Some(floor) = order.iter().position(|name| *name == module) else {
        broken.push(source.broken(0, &format!("`{module}` is not in src/lib.rs")));
        return;
    };
    for (at, used) in crate_paths(&source.code) {
        let (name, rest) = used.split_once("::").unwrap_or((&used, ""));
        let Some(other) = order.iter().position(|known| *known == name) else { continue };
        if other > floor {
            let rule = format!("`{module}` imports `{name}`, which is declared after it in src/lib.rs");
            broken.push(source.broken(at, &rule));
        }
        if name != module && APART.contains(&name) && APART.contains(&module) {
            broken.push(source.broken(at, &format!("`{module}` imports `{name}`: these stand apart")));
        }
        let door = rest.split("::").next().unwrap_or_default();
        if name != module && module != "server" && name != "kernel" && ["api", "pages"].contains(&door) {
            broken.push(source.broken(at, &format!("`{module}` imports `{name}::{door}`: only the server does")));
        }
    }
}

/// Where a file names `crate::…`, and what: `kernel::db` and `access` of `crate::{kernel::db, access}`.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let after = at + start.len();
        expand("", after, &code[after..], &mut paths);
    }
    paths
}

/// The path that begins here, or each path of the group that it ends in.
fn expand(prefix: &str, at: usize, code: &str, paths: &mut Vec<(usize, String)>) {
    let trimmed = code.trim_start();
    let at = at + code.len() - trimmed.len();
    let word: String = trimmed.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
    let path = format!("{prefix}{word}");
    match trimmed[word.len()..].strip_prefix('{') {
        Some(group) => {
            for (offset, piece) in top_level(group) {
                expand(&path, at + word.len() + 1 + offset, piece, paths);
            }
        }
        None => paths.push((at, path)),
    }
}

/// The pieces between the commas of a group whose opening brace was just read, and where they begin.
fn top_level(group: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut start, mut pieces) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                pieces.push((start, &group[start..at]));
                start = at + 1;
            }
            '}' => {
                pieces.push((start, &group[start..at]));
                break;
            }
            _ => {}
        }
    }
    pieces.retain(|(_, piece)| !piece.trim().is_empty());
    pieces
}

fn queries(source: &Source, broken: &mut Vec<String>) {
    if source.is_in(&["kernel", "reports", "exports"]) || source.is_called("store") {
        return;
    }
    for query in QUERIES {
        for (at, _) in source.code.match_indices(query) {
            let after = source.code[at + query.len()..].trim_start();
            // Slices have a `first()`, atomics a `load(Ordering)`.
            if after.starts_with(')') || after.starts_with("Ordering") || after.starts_with("atomic") {
                continue;
            }
            let rule = format!("`{query}…`: SQL is run in store.rs, the kernel, reports/ and exports/ only");
            broken.push(source.broken(at, &rule));
        }
    }
}

fn frameworks(source: &Source, broken: &mut Vec<String>) {
    let allowed = source.is_in(&["kernel", "server", "cli"]) || source.is_called("api") || source.is_called("pages");
    if allowed || source.module().is_none() {
        return;
    }
    for (at, _) in source.code.match_indices("actix_web") {
        broken.push(source.broken(at, "actix_web is used in api.rs, pages.rs, the kernel, the server and cli/ only"));
    }
}

/// What a browser's session changes, it changes by the forms of pages.
fn sessions(source: &Source, broken: &mut Vec<String>) {
    if source.is_called("pages") || source.is_in(&["kernel"]) {
        return;
    }
    for (at, _) in source.code.match_indices("ByForm") {
        broken.push(
            source.broken(at, "`ByForm` is for pages: no operation of the API takes a session to change something"),
        );
    }
}

fn writes(source: &Source, broken: &mut Vec<String>) {
    let Some(module) = source.module() else { return };
    let mut check = |at: usize, table: Option<&str>| match table {
        None => broken.push(source.broken(at, "cannot see which table this writes: name it in the same function")),
        Some(table) => {
            let strange =
                |(name, owner): &&(&str, &str)| *name == table && *owner != module && NOTED != (table, module);
            if let Some((_, owner)) = TABLES.iter().find(strange) {
                broken
                    .push(source.broken(at, &format!("`{module}` writes `{table}`, which is the table of `{owner}`")));
            }
        }
    };
    for write in WRITES {
        for (at, _) in source.code.match_indices(write) {
            let argument = argument(&source.code[at + write.len()..]);
            check(at, table_in(argument).or_else(|| table_in(definition(&source.code[..at], argument)?)));
        }
    }
    for verb in ["INSERT INTO ", "DELETE FROM ", "UPDATE "] {
        for (at, _) in source.raw.match_indices(verb) {
            let table: String =
                source.raw[at + verb.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if TABLES.iter().any(|(known, _)| *known == table) {
                check(at, Some(&table));
            }
        }
    }
}

/// Who may read cost entries whether they count or not: `costs` itself, and `products`, which asks whether there are any.
const COUNTING: &[&str] = &["kernel", "products", "costs"];

/// Lines of a bill that is arriving, or was replaced, are nobody's: whoever reads entries asks for those that count.
fn counted(source: &Source, broken: &mut Vec<String>) {
    if source.module().is_none() || source.is_in(COUNTING) {
        return;
    }
    for (at, _) in source.code.match_indices("cost_entries::table") {
        let statement = source.code[at..].split(';').next().unwrap_or_default();
        if !statement.contains("counted()") {
            broken.push(source.broken(at, "cost entries are read with `costs::store::counted()`"));
        }
    }
}

/// What stands before the parenthesis that closes a call.
fn argument(code: &str) -> &str {
    let mut depth = 0;
    let end = code.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth < 0
    });
    &code[..end.map_or(code.len(), |(at, _)| at)]
}

/// The nearest `let name = …;` before a use of that name.
fn definition<'a>(before: &'a str, name: &str) -> Option<&'a str> {
    let name = name.split(['.', '(', '&']).find(|word| !word.is_empty())?.trim();
    let start = before.rfind(&format!("let {name} ="))?;
    before[start..].split(';').next()
}

/// The first table that an expression names.
fn table_in(expression: &str) -> Option<&str> {
    expression
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .find(|word| TABLES.iter().any(|(table, _)| table == word))
}

fn modules(lib: &str) -> Vec<&str> {
    lib.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';')).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

pub fn source_files() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    rust_files(&root().join("src"), &mut paths);
    let name = |path: &Path| path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), read(path))).collect()
}

#[test]
fn the_source_keeps_to_its_floors() {
    let lib = read(&root().join("src/lib.rs"));
    let order = modules(&lib);
    assert_eq!(order.first(), Some(&"kernel"), "everything stands on the kernel");
    let sources: Vec<Source> = source_files().iter().map(|(path, text)| Source::new(path, text)).collect();
    assert!(sources.len() > 40, "only {} files were read", sources.len());
    let broken = broken_rules(&sources, &order);
    assert!(broken.is_empty(), "{} rules are broken:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn every_table_has_an_owner_and_every_owner_a_table() {
    let schema = read(&root().join("src/kernel/schema.rs"));
    let made: BTreeSet<&str> = schema
        .split("diesel::table! {")
        .skip(1)
        .filter_map(|entry| entry.trim_start().split([' ', '(']).next())
        .collect();
    let owned: BTreeSet<&str> = TABLES.iter().map(|(table, _)| *table).collect();
    assert_eq!(made, owned, "kernel/schema.rs and the list of owners in floors.rs name the same tables");
    let lib = read(&root().join("src/lib.rs"));
    for (table, owner) in TABLES {
        assert!(modules(&lib).contains(owner), "`{table}` belongs to `{owner}`, which is not in src/lib.rs");
    }
}

/// About four hundred lines, and a little patience.
const LONGEST: usize = 460;

#[test]
fn no_file_is_longer_than_a_reader_can_bear() {
    let long: Vec<String> = source_files()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > LONGEST && !path.ends_with("kernel/schema.rs"))
        .map(|(path, lines)| format!("{path}: {lines} lines; split it by resource"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

mod the_checker {
    use super::{Source, broken_rules};

    const ORDER: &[&str] = &["kernel", "products", "effort", "reports", "exports", "server", "cli"];

    fn check(path: &str, text: &str) -> Vec<String> {
        broken_rules(&[Source::new(path, text)], ORDER)
    }

    #[track_caller]
    fn finds(path: &str, text: &str, line: usize, rule: &str) {
        let broken = check(path, text);
        let place = format!("{path}:{line}: ");
        assert!(broken.iter().any(|said| said.starts_with(&place) && said.contains(rule)), "{broken:?}");
    }

    #[track_caller]
    fn accepts(path: &str, text: &str) {
        assert_eq!(check(path, text), [""; 0]);
    }

    #[test]
    fn finds_an_upward_import_however_it_is_written() {
        finds("src/products/mod.rs", "//! x\n\nuse crate::effort::Share;", 3, "`products` imports `effort`");
        finds("src/kernel/db/mod.rs", "use crate::{kernel::db, products};", 1, "`kernel` imports `products`");
        finds(
            "src/products/mod.rs",
            "use crate::{\n    kernel::{a, b},\n    effort::{self, store},\n};",
            3,
            "`effort`",
        );
        finds("src/products/mod.rs", "fn f() {\n    crate::server::serve();\n}", 2, "`server`");
        accepts("src/effort/mod.rs", "use crate::{kernel::db::Conn, products::{Product, store}, text_enum};");
        accepts("src/products/mod.rs", "// crate::effort\nconst X: &str = \"crate::effort\";");
    }

    #[test]
    fn finds_doors_that_are_not_for_chapters() {
        finds("src/exports/mod.rs", "use crate::reports::Fact;", 1, "stand apart");
        finds("src/reports/mod.rs", "use crate::effort::{api, store};", 1, "only the server does");
        finds("src/reports/mod.rs", "use crate::effort::api::routes;", 1, "only the server does");
        accepts("src/server/routes.rs", "pub fn api() {\n    crate::effort::api::routes(app);\n}");
    }

    #[test]
    fn finds_cost_entries_that_do_not_count() {
        finds("src/exports/a.rs", "let x = cost_entries::table.filter(y);\ncounted();", 1, "counted()");
        accepts("src/exports/a.rs", "let x = cost_entries::table.filter(costs::store::counted()).count();");
        accepts("src/products/store.rs", "cost_entries::table.count()");
    }

    #[test]
    fn finds_sql_outside_the_store() {
        finds("src/effort/api.rs", "\nfn f() { weeks.load(conn)?; }", 2, "SQL is run in store.rs");
        finds("src/effort/mod.rs", "weeks.first::<String>(conn)", 1, "SQL is run in store.rs");
        accepts("src/effort/store.rs", "weeks.load(conn)");
        accepts("src/effort/store/weeks.rs", "weeks.load(conn)");
        accepts("src/reports/gather.rs", "weeks.load(conn)");
        accepts("src/effort/mod.rs", "shares.first(); seen.load(Ordering::Relaxed);");
        accepts("src/effort/tests.rs", "x.load(conn);");
        accepts("src/effort/mod.rs", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() { x.load(conn); }\n}");
    }

    #[test]
    fn finds_the_web_framework_outside_the_doors() {
        finds("src/effort/store.rs", "use actix_web::web;", 1, "actix_web");
        finds("src/effort/mod.rs", "use utoipa_actix_web::scope;", 1, "actix_web");
        accepts("src/effort/api.rs", "use actix_web::get;");
        accepts("src/reports/pages.rs", "use actix_web::get;");
    }

    #[test]
    fn finds_sessions_outside_the_pages() {
        finds("src/effort/api.rs", "async fn f(actor: ByForm<Edit>) {}", 1, "`ByForm` is for pages");
        accepts("src/reports/waiting/pages.rs", "async fn f(actor: ByForm<Judge>) {}");
    }

    #[test]
    fn finds_writes_to_a_table_of_another_chapter() {
        let direct = "\n\ndiesel::insert_into(team_members::table).values(&row).execute(conn)";
        finds("src/effort/store.rs", direct, 3, "`effort` writes `team_members`, which is the table of `products`");
        let named = "let same = products::table.filter(id);\ndiesel::update(same).set(&after).execute(conn)";
        finds("src/effort/store.rs", named, 2, "`products`");
        accepts("src/products/store.rs", named);
        finds("src/effort/store.rs", "diesel::delete(what).execute(conn)", 1, "cannot see which table");
        let text = "sql_query(\"DELETE FROM products WHERE id = $1\").execute(conn)";
        finds("src/effort/store.rs", text, 1, "`products`");
    }

    #[test]
    fn finds_names_that_say_nothing_and_modules_that_are_not_listed() {
        finds("src/effort/utils.rs", "", 1, "no module is called `utils`");
        finds("src/kernel/common/mod.rs", "", 1, "no module is called `common`");
        finds("src/weather/mod.rs", "", 1, "not in src/lib.rs");
    }
}
