//! What became of items in some time, as the week's page tells it.

use super::history::between;
use crate::{
    kernel::{auth::ProductId, clock::Instant, db::Conn, failure::Failure},
    roadmap::history::KeptChange,
};

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

/// The steps that items made from one moment up to, but not including, another, by whatever way; in order.
pub fn changes(
    conn: &mut Conn,
    product: &ProductId,
    from: Instant,
    to: Instant,
) -> Result<Vec<RoadmapChange>, Failure> {
    let kept = between(conn, product, from, to)?;
    Ok(kept.iter().flat_map(|change| steps(change).into_iter().map(|step| told(change, step))).collect())
}

fn told(change: &KeptChange, step: Step) -> RoadmapChange {
    RoadmapChange { at: change.at, item: change.reference.to_string(), title: change.title().to_owned(), step }
}

fn steps(change: &KeptChange) -> Vec<Step> {
    if change.is_new() {
        return vec![Step::Added(change.word("status").unwrap_or_default().to_owned())];
    }
    if change.is_gone() {
        return vec![Step::Deleted];
    }
    let text = |name: &str| change.word(name).map(ToOwned::to_owned);
    let both = |name: &str| Some((change.text_before(name)?.unwrap_or_default(), text(name).unwrap_or_default()));
    let status = both("status").map(|(was, is)| Step::Status(was, is));
    let horizon = both("horizon").map(|(was, is)| Step::Horizon(was, is));
    let target = change.text_before("target_on").map(|was| Step::Target(was, text("target_on")));
    [status, horizon, target].into_iter().flatten().collect()
}
