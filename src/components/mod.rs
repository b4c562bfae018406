//! The catalogue of what is run, and the tests that it can be recovered.

pub mod api;
pub mod catalog;
mod recovery;
pub mod store;

pub use catalog::{CatalogDocument, CatalogEntity};
pub use recovery::{LastTest, RecoveryList, RecoveryView, recovery};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::{components, recovery_tests},
        text::{JsonText, Key, Words},
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

text_enum! {
    /// What kind of thing a component is.
    pub enum ComponentKind {
        Service = "service",
        Tool = "tool",
        Library = "library",
        Pipeline = "pipeline",
        Infrastructure = "infrastructure",
    }
}

text_enum! {
    /// Where it stands in its life.
    pub enum Lifecycle {
        Experimental = "experimental",
        Production = "production",
        Deprecated = "deprecated",
        Retired = "retired",
    }
}

text_enum! {
    /// How it is kept from failing.
    pub enum Availability {
        Single = "single",
        Standby = "standby",
        Redundant = "redundant",
        MultiRegion = "multi_region",
    }
}

/// Where to read more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    #[schema(max_length = 200)]
    pub title: String,
    #[schema(max_length = 2000, pattern = "^https?://")]
    pub url: String,
}

/// Something the team runs.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = components, treat_none_as_null = true)]
pub struct Component {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub key: Key,
    pub name: String,
    pub kind: ComponentKind,
    pub lifecycle: Lifecycle,
    /// 1 is what the business stands still without.
    pub tier: Option<i64>,
    pub owner: Option<String>,
    pub description: String,
    pub system: Option<String>,
    pub domain: Option<String>,
    pub tags: Words,
    #[schema(value_type = Vec<Link>)]
    pub links: JsonText<Vec<Link>>,
    /// Keys of the components it needs.
    #[diesel(select_expression = depends_on(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub depends_on: Words,
    /// How long it may be gone (recovery time objective).
    pub rto_minutes: Option<i64>,
    /// How much of the latest work may be lost (recovery point objective).
    pub rpo_minutes: Option<i64>,
    pub availability: Option<Availability>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

/// Read with the row, in one statement, from the table that keeps dependencies honest.
fn depends_on() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(d.depends_on, ' ' ORDER BY d.depends_on), '') FROM component_dependencies d \
         WHERE d.product_id = components.product_id AND d.component = components.key)")
}

row!(Component, "components", product: product_id, name: key);

/// A page of a list of them.
pub type ComponentPage = Page<Component>;
/// Some of its properties, to be changed.
pub type ComponentPatch = Patch<NewComponent>;

impl Listed for Component {
    const COLUMNS: &'static [Column] = &[
        Column::text("key", "key"),
        Column::text("name", "name"),
        Column::choice("kind", "kind", ComponentKind::WORDS),
        Column::choice("lifecycle", "lifecycle", Lifecycle::WORDS),
        Column::integer("tier", "tier").or_null(),
        Column::text("owner", "owner").or_null(),
        Column::text("system", "system").or_null(),
        Column::text("domain", "domain").or_null(),
        Column::words("tags", "tags"),
        Column::choice("availability", "availability", Availability::WORDS).or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["key", "name", "description", "tags"];
}

/// A component to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComponent {
    /// Left out, it is made from the name; on a collision the kind is put before it.
    pub key: Option<Key>,
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    pub kind: ComponentKind,
    #[serde(default = "lifecycle")]
    pub lifecycle: Lifecycle,
    #[schema(minimum = 1, maximum = 4)]
    pub tier: Option<i64>,
    #[schema(min_length = 1, max_length = 120)]
    pub owner: Option<String>,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub description: String,
    #[schema(min_length = 1, max_length = 120)]
    pub system: Option<String>,
    #[schema(min_length = 1, max_length = 120)]
    pub domain: Option<String>,
    #[serde(default)]
    pub tags: Words,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub links: Vec<Link>,
    /// Keys or ids of the components it needs; no cycles.
    #[serde(default)]
    pub depends_on: Words,
    #[schema(minimum = 0, maximum = 5_256_000)]
    pub rto_minutes: Option<i64>,
    #[schema(minimum = 0, maximum = 5_256_000)]
    pub rpo_minutes: Option<i64>,
    pub availability: Option<Availability>,
}

fn lifecycle() -> Lifecycle {
    Lifecycle::Production
}

impl Patchable for NewComponent {
    const FIXED: &'static [&'static str] = &["key"];
}

impl NewComponent {
    pub fn into_row(self, product: &ProductId, key: Key, head: Head) -> Component {
        Component {
            id: head.id,
            product_id: product.as_str().to_owned(),
            key,
            name: self.name,
            kind: self.kind,
            lifecycle: self.lifecycle,
            tier: self.tier,
            owner: self.owner,
            description: self.description,
            system: self.system,
            domain: self.domain,
            tags: self.tags,
            links: JsonText::new(self.links),
            depends_on: self.depends_on,
            rto_minutes: self.rto_minutes,
            rpo_minutes: self.rpo_minutes,
            availability: self.availability,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// The first cycle that a set of dependencies closes, as the keys on it, the first one again last.
pub fn cycle(needs: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let none = BTreeSet::new();
    let below = |key: &str| needs.get(key).unwrap_or(&none).iter();
    let mut done = BTreeSet::new();
    for start in needs.keys() {
        if !done.insert(start.as_str()) {
            continue;
        }
        // A stack of our own: a file may hold a chain longer than the thread's.
        let (mut path, mut on_path) = (vec![(start.as_str(), below(start))], BTreeSet::from([start.as_str()]));
        while let Some((key, rest)) = path.last_mut() {
            match rest.next() {
                None => {
                    on_path.remove(key);
                    path.pop();
                }
                Some(next) if on_path.contains(next.as_str()) => {
                    let keys = path.iter().map(|(key, _)| *key).skip_while(|key| key != next);
                    return Some(keys.chain([next.as_str()]).map(ToOwned::to_owned).collect());
                }
                Some(next) if done.insert(next) => {
                    on_path.insert(next);
                    path.push((next, below(next)));
                }
                Some(_) => {}
            }
        }
    }
    None
}

text_enum! {
    /// What came of a recovery test.
    pub enum RecoveryResult {
        Passed = "passed",
        Partly = "partly",
        Failed = "failed",
    }
}

/// A test that a component can be brought back.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = recovery_tests, treat_none_as_null = true)]
pub struct RecoveryTest {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A component's key.
    pub component: String,
    #[diesel(column_name = tested_on)]
    pub on: NaiveDate,
    pub scenario: String,
    pub result: RecoveryResult,
    pub achieved_rto_minutes: Option<i64>,
    pub achieved_rpo_minutes: Option<i64>,
    pub evidence: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(RecoveryTest, "recovery-tests", product: product_id);

/// A page of a list of them.
pub type RecoveryTestPage = Page<RecoveryTest>;
/// Some of its properties, to be changed.
pub type RecoveryTestPatch = Patch<NewRecoveryTest>;

impl Listed for RecoveryTest {
    const COLUMNS: &'static [Column] = &[
        Column::text("component", "component"),
        Column::date("on", "tested_on"),
        Column::choice("result", "result", RecoveryResult::WORDS),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["scenario", "evidence"];
}

/// A recovery test to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecoveryTest {
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    pub on: NaiveDate,
    /// What was pretended to be lost.
    #[schema(min_length = 1, max_length = 1000)]
    pub scenario: String,
    pub result: RecoveryResult,
    #[schema(minimum = 0, maximum = 5_256_000)]
    pub achieved_rto_minutes: Option<i64>,
    #[schema(minimum = 0, maximum = 5_256_000)]
    pub achieved_rpo_minutes: Option<i64>,
    /// Where it is written down.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub evidence: String,
}

impl Patchable for NewRecoveryTest {}

impl NewRecoveryTest {
    pub fn into_row(self, product: &ProductId, component: String, head: Head) -> RecoveryTest {
        RecoveryTest {
            id: head.id,
            product_id: product.as_str().to_owned(),
            component,
            on: self.on,
            scenario: self.scenario,
            result: self.result,
            achieved_rto_minutes: self.achieved_rto_minutes,
            achieved_rpo_minutes: self.achieved_rpo_minutes,
            evidence: self.evidence,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(edges: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            needs.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        needs
    }

    #[test]
    fn a_cycle_is_named_and_a_diamond_is_none() {
        assert_eq!(cycle(&needs(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])), None);
        let found = cycle(&needs(&[("a", "b"), ("b", "c"), ("c", "b")])).unwrap();
        assert_eq!(found, ["b", "c", "b"]);
        assert_eq!(cycle(&needs(&[("a", "a")])).unwrap(), ["a", "a"]);
    }

    #[test]
    fn a_chain_may_be_longer_than_a_thread_has_stack() {
        let names: Vec<_> = (0..200_000).map(|n| format!("c{n:06}")).collect();
        let mut chain: BTreeMap<String, BTreeSet<String>> =
            names.windows(2).map(|pair| (pair[0].clone(), BTreeSet::from([pair[1].clone()]))).collect();
        assert_eq!(cycle(&chain), None);
        chain.insert(names[199_999].clone(), BTreeSet::from([names[0].clone()]));
        assert_eq!(cycle(&chain).map(|keys| keys.len()), Some(200_001));
    }
}
