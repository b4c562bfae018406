//! What became of items in some time, as the audit trail tells it. What an import changed stands there as one event
//! without rows, so it is not among these.

use super::RoadmapItem;
use crate::kernel::{
    auth::ProductId,
    clock::Instant,
    db::{Conn, Row},
    failure::Failure,
    schema::audit_events,
};
use diesel::prelude::*;
use serde_json::Value;

/// A step that an item made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoadmapChange {
    pub at: Instant,
    /// An item's ref.
    pub item: String,
    pub title: String,
    pub step: Step,
}

/// What an item did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// With the status that it had then.
    Added(String),
    Status(String, String),
    Horizon(String, String),
    /// The day by which it is wanted.
    Target(Option<String>, Option<String>),
    Deleted,
}

/// The steps that items made from one moment up to, but not including, another; in order.
pub fn changes(
    conn: &mut Conn,
    product: &ProductId,
    from: Instant,
    to: Instant,
) -> Result<Vec<RoadmapChange>, Failure> {
    let events: Vec<(Instant, Option<String>, Option<String>)> = audit_events::table
        .filter(audit_events::product_id.eq(product.as_str()))
        .filter(audit_events::resource.eq(RoadmapItem::RESOURCE))
        .filter(audit_events::at.ge(from))
        .filter(audit_events::at.lt(to))
        .order((audit_events::at, audit_events::id))
        .select((audit_events::at, audit_events::before, audit_events::after))
        .load(conn)?;
    let read = |kept: Option<String>| kept.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    Ok(events.into_iter().flat_map(|(at, before, after)| steps(at, read(before), read(after))).collect())
}

fn steps(at: Instant, before: Option<Value>, after: Option<Value>) -> Vec<RoadmapChange> {
    let text = |row: &Value, name: &str| row[name].as_str().map(ToOwned::to_owned);
    let Some(row) = after.as_ref().or(before.as_ref()) else { return Vec::new() };
    // The event of an import has counts, and no row.
    let (Some(item), Some(title)) = (text(row, "ref"), text(row, "title")) else { return Vec::new() };
    let word = |row: &Value, name: &str| text(row, name).unwrap_or_default();
    let steps = match (&before, &after) {
        (None, Some(after)) => vec![Step::Added(word(after, "status"))],
        (Some(_), None) => vec![Step::Deleted],
        (Some(before), Some(after)) => {
            let changed = |name: &str| before[name] != after[name];
            let both = |name: &str| (word(before, name), word(after, name));
            let mut steps = Vec::new();
            if changed("status") {
                let (was, is) = both("status");
                steps.push(Step::Status(was, is));
            }
            if changed("horizon") {
                let (was, is) = both("horizon");
                steps.push(Step::Horizon(was, is));
            }
            if changed("target_on") {
                steps.push(Step::Target(text(before, "target_on"), text(after, "target_on")));
            }
            steps
        }
        (None, None) => Vec::new(),
    };
    steps.into_iter().map(|step| RoadmapChange { at, item: item.clone(), title: title.clone(), step }).collect()
}
