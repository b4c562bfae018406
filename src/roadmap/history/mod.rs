//! What became of items: every change, field by field, what of it is news, and how everything stood at a moment.
//!
//! A row a change is written with the change itself, by whatever way it came: the audit trail has an import as one event
//! with counts, and could not tell.

pub mod api;
pub(super) mod then;
mod told;

pub use told::{NewsPlace, RoadmapChangeKind, RoadmapChangeView, RoadmapChangeViewPage, WantedNews};

use super::{ItemRef, RoadmapItem};
use crate::{
    kernel::{
        clock::{Instant, parse_day},
        db::AuthorKind,
        failure::Failure,
        http::{Column, Listed, Page},
        month::start_of,
    },
    text_enum,
};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What a text says of a row: its properties by name.
pub(super) type Said = Map<String, Value>;

text_enum! {
    /// What was done with an item.
    pub enum RoadmapAction {
        Create = "create",
        Update = "update",
        /// It was put somewhere else by hand.
        Move = "move",
        /// A file brought or changed it.
        Import = "import",
        Delete = "delete",
        /// Nothing was done with it: ranks were written anew, in the same order. No answer tells of it.
        Spread = "spread",
    }
}

/// What an item said before a change and after it, where that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoadmapFieldChange {
    /// A property of the item; of a move also `after`, the ref of the item right above it.
    pub field: String,
    /// Null also of an item that was not there.
    pub from: Option<Value>,
    /// Null also of an item that is gone.
    pub to: Option<Value>,
}

/// What was done with an item, by whom, and what it changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoadmapEvent {
    pub at: Instant,
    /// The id of the user who did it, or whose token did; null for the machine's own operator.
    pub by: Option<String>,
    /// What kind of someone it was.
    pub actor: AuthorKind,
    pub action: RoadmapAction,
    /// The version that the item has since; of one that was deleted, one more than its last.
    pub version: i64,
    /// In the order of their names; nothing where a change changed nothing.
    pub changes: Vec<RoadmapFieldChange>,
}

/// A page of a list of them.
pub type RoadmapEventPage = Page<RoadmapEvent>;

impl Listed for RoadmapEvent {
    const COLUMNS: &'static [Column] = &[
        Column::time("at", "at"),
        Column::text("by", "person").or_null(),
        Column::choice("actor", "actor_kind", AuthorKind::WORDS),
        Column::choice("action", "action", &["create", "update", "move", "import", "delete"]),
    ];
    const SEARCH: &'static [&'static str] = &[];
    const KEY: Column = Column::integer("version", "version");
    const NEWEST_FIRST: bool = true;
}

/// A change as it is kept.
#[derive(Debug, Clone)]
pub struct KeptChange {
    pub at: Instant,
    pub by: Option<String>,
    pub actor: AuthorKind,
    pub action: RoadmapAction,
    pub reference: ItemRef,
    /// Counts the item's changes, from 1.
    pub sequence: i64,
    pub version: i64,
    /// What the change replaced; of the first that is known, all there was.
    pub(super) before: Option<Said>,
    /// The whole item; none when it is gone.
    pub(super) after: Option<Said>,
}

/// What is no change of an item, whatever it says.
const OWN: &[&str] = &["id", "created_at", "updated_at", "version"];

/// What of `before` is other in `after`.
pub(super) fn replaced(before: &Said, after: &Said) -> Said {
    let differs = |(name, value): &(&String, &Value)| {
        !OWN.contains(&name.as_str()) && *value != after.get(name.as_str()).unwrap_or(&Value::Null)
    };
    before.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl KeptChange {
    /// The properties that differ; of an item that is new or gone, those that say something.
    pub(super) fn changes(&self) -> Vec<RoadmapFieldChange> {
        let said = |value: &Value| !matches!(value, Value::Null) && *value != json!("") && *value != json!([]);
        let change = |field: &String, from: Option<&Value>, to: Option<&Value>| RoadmapFieldChange {
            field: field.clone(),
            from: from.filter(|value| !value.is_null()).cloned(),
            to: to.filter(|value| !value.is_null()).cloned(),
        };
        let own = |field: &String| OWN.contains(&field.as_str());
        let mut changes: Vec<_> = match (&self.before, &self.after) {
            (None, None) => Vec::new(),
            (None, Some(whole)) => {
                whole.iter().filter(|(f, v)| !own(f) && said(v)).map(|(f, v)| change(f, None, Some(v))).collect()
            }
            (Some(whole), None) => {
                whole.iter().filter(|(f, v)| !own(f) && said(v)).map(|(f, v)| change(f, Some(v), None)).collect()
            }
            (Some(before), Some(after)) => {
                replaced(before, after).iter().map(|(f, v)| change(f, Some(v), after.get(f))).collect()
            }
        };
        changes.sort_by(|one, other| one.field.cmp(&other.field));
        changes
    }

    /// What it said before, where that is known and other than after.
    fn was(&self, field: &str) -> Option<&Value> {
        let was = self.before.as_ref()?.get(field)?;
        let is = self.after.as_ref()?.get(field).unwrap_or(&Value::Null);
        (was != is).then_some(was)
    }

    /// The text that it replaced; none where it replaced nothing, and none of that where there was no text.
    pub(super) fn text_before(&self, field: &str) -> Option<Option<String>> {
        self.was(field).map(|value| value.as_str().map(ToOwned::to_owned))
    }

    pub(super) fn is_new(&self) -> bool {
        self.before.is_none()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.after.is_none()
    }

    /// What a property says after it, or said of one that is gone.
    pub(super) fn word(&self, field: &str) -> Option<&str> {
        self.after.as_ref().or(self.before.as_ref())?.get(field)?.as_str()
    }

    pub fn title(&self) -> &str {
        self.word("title").unwrap_or_default()
    }
}

impl From<KeptChange> for RoadmapEvent {
    fn from(kept: KeptChange) -> Self {
        let changes = kept.changes();
        let KeptChange { at, by, actor, action, version, .. } = kept;
        Self { at, by, actor, action, version, changes }
    }
}

/// An item as a text kept it; older texts say nothing of what came later.
pub(super) fn item(mut said: Said, product: &str, rank: String) -> Result<RoadmapItem, Failure> {
    for list in ["objectives", "feedback", "risks", "links"] {
        said.entry(list).or_insert_with(|| json!([]));
    }
    let item: RoadmapItem = serde_json::from_value(Value::Object(said)).map_err(Failure::internal)?;
    Ok(RoadmapItem { product_id: product.to_owned(), rank, ..item })
}

/// A moment as a query gives it: a time, or a day for its first instant in a zone.
///
/// # Errors
/// Why it is neither.
fn moment(text: &str, zone: Tz) -> Result<Instant, String> {
    let day = |_| parse_day(text).map(|day| start_of(day, zone).into());
    text.parse::<Instant>().or_else(day).map_err(|_: String| {
        format!("'{text}' is not a day such as 2026-10-01, nor a time such as 2026-10-01T08:00:00Z")
    })
}
