//! What is wrong with the roadmap, as whoever answers for it would be asked: late, impossible, idle, or for nobody.

pub mod store;

use crate::{
    components::RecoveryView,
    roadmap::{Horizon, ItemStatus, RoadmapItem},
    text_enum,
};
use chrono::{Days, NaiveDate};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How long work on an item counts.
const WORK_COUNTS_FOR: Days = Days::new(28);

text_enum! {
    /// What is wrong, the gravest first.
    pub enum RoadmapFindingCode {
        /// Its day is over, and it is open.
        Overdue = "overdue",
        /// It is wanted before something that it depends on.
        DueBeforeDependency = "due_before_dependency",
        /// It depends on something that is not to come.
        DependsOnDropped = "depends_on_dropped",
        /// A component of tier 1 was not shown to come back, within 12 months.
        NoRecoveryTest = "no_recovery_test",
        /// It is for now, and nobody worked on it for four weeks.
        NowWithoutWork = "now_without_work",
        /// It is in progress, and for later.
        InProgressLater = "in_progress_later",
        /// It is for nobody.
        NoPersona = "no_persona",
        /// It serves no objective.
        NoObjective = "no_objective",
        /// Nobody says what it is worth.
        NoClaim = "no_claim",
    }
}

/// What is wrong with the roadmap on a day; nothing, one hopes.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoadmapHealth {
    /// The product's present day, by which it is judged.
    pub on: NaiveDate,
    /// The gravest first; of the same kind, as the items stand, and components by key.
    pub items: Vec<RoadmapFinding>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// Something that is wrong with an open item, or with a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoadmapFinding {
    pub code: RoadmapFindingCode,
    /// The item's ref; null for a component.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The component's key; null for an item.
    pub component: Option<String>,
    /// The item's title, or the component's name.
    pub title: String,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub action: String,
}

/// What the roadmap is judged by.
struct Gathered {
    /// Every item, as they stand.
    items: Vec<RoadmapItem>,
    /// The refs of those that somebody worked on in the last four weeks.
    worked: BTreeSet<String>,
    /// The refs of those that a claim speaks of.
    claimed: BTreeSet<String>,
    recoveries: Vec<RecoveryView>,
}

impl RoadmapHealth {
    fn judged(gathered: &Gathered, today: NaiveDate) -> Self {
        let there: BTreeMap<&str, &RoadmapItem> =
            gathered.items.iter().map(|item| (item.reference.as_text(), item)).collect();
        let mut items = Vec::new();
        for item in gathered.items.iter().filter(|item| is_open(item)) {
            let mut put = |code, detail: String, action: &str| {
                items.push(RoadmapFinding {
                    code,
                    reference: Some(item.reference.to_string()),
                    component: None,
                    title: item.title.clone(),
                    detail,
                    action: action.to_owned(),
                });
            };
            judge_days(item, &there, today, &mut put);
            judge_work(item, gathered, &mut put);
            judge_purpose(item, gathered, &mut put);
        }
        items.extend(gathered.recoveries.iter().filter(|one| one.overdue).map(untested));
        // Stable: what is equally grave stays as it stands.
        items.sort_by_key(|finding| finding.code);
        Self { on: today, items, next_cursor: None }
    }
}

fn is_open(item: &RoadmapItem) -> bool {
    ItemStatus::OPEN.contains(&item.status)
}

fn judge_days(
    item: &RoadmapItem,
    there: &BTreeMap<&str, &RoadmapItem>,
    today: NaiveDate,
    put: &mut impl FnMut(RoadmapFindingCode, String, &str),
) {
    use RoadmapFindingCode::{DependsOnDropped, DueBeforeDependency, Overdue};
    let needed = || item.depends_on.iter().filter_map(|name| there.get(name));
    if let Some(day) = item.target_on {
        if day < today {
            let late = counted((today - day).num_days(), "day");
            let detail = format!("It was wanted by {day}, {late} ago, and is {}.", said(item.status));
            put(Overdue, detail, "Ship it, give it a day that can be kept, or drop it.");
        }
        let later = needed().filter(|other| is_open(other) && other.target_on.is_some_and(|theirs| theirs > day));
        let later: Vec<_> =
            later.filter_map(|other| Some(format!("{} by {}", other.reference, other.target_on?))).collect();
        if !later.is_empty() {
            let detail = format!("It is wanted by {day}, and needs first: {}.", later.join(", "));
            put(DueBeforeDependency, detail, "Move its day behind theirs, bring them forward, or cut the dependency.");
        }
    }
    let dropped: Vec<_> = needed()
        .filter(|other| other.status == ItemStatus::Dropped)
        .map(|other| format!("{} ({})", other.reference, other.title))
        .collect();
    if !dropped.is_empty() {
        let detail = format!("It depends on what was dropped: {}.", dropped.join(", "));
        put(DependsOnDropped, detail, "Say how it is to be done without, take that up again, or drop it too.");
    }
}

fn judge_work(item: &RoadmapItem, gathered: &Gathered, put: &mut impl FnMut(RoadmapFindingCode, String, &str)) {
    use RoadmapFindingCode::{InProgressLater, NowWithoutWork};
    if item.horizon == Horizon::Now && !gathered.worked.contains(item.reference.as_text()) {
        let detail =
            format!("It is for now and {}, and no effort or activity of the last 4 weeks names it.", said(item.status));
        put(NowWithoutWork, detail, "Begin it, write down the work on it, or move it to next.");
    }
    if item.horizon == Horizon::Later && item.status == ItemStatus::InProgress {
        let detail = "It is in progress, and stands under later.".to_owned();
        put(InProgressLater, detail, "Move it to now, or put it back to what is planned by dropping and reopening it.");
    }
}

fn judge_purpose(item: &RoadmapItem, gathered: &Gathered, put: &mut impl FnMut(RoadmapFindingCode, String, &str)) {
    use RoadmapFindingCode::{NoClaim, NoObjective, NoPersona};
    if item.personas.iter().next().is_none() {
        put(NoPersona, "It names nobody whose day it makes better.".to_owned(), "Say which persona it is for.");
    }
    if item.objectives.iter().next().is_none() {
        put(
            NoObjective,
            "It serves no objective.".to_owned(),
            "Link the objective that it serves, or ask why it is done.",
        );
    }
    if !gathered.claimed.contains(item.reference.as_text()) {
        let action = "Write an impact claim with what it is expected to be worth, even if only told in words.";
        put(NoClaim, "No impact claim says what it is worth.".to_owned(), action);
    }
}

fn untested(recovery: &RecoveryView) -> RoadmapFinding {
    let detail = match (&recovery.last_test, recovery.due_on) {
        (Some(last), Some(due)) => {
            format!(
                "It is of tier 1; that it can be brought back was last tried on {}, and was due again on {due}.",
                last.on
            )
        }
        _ => "It is of tier 1, and that it can be brought back was never tried.".to_owned(),
    };
    RoadmapFinding {
        code: RoadmapFindingCode::NoRecoveryTest,
        reference: None,
        component: Some(recovery.component.clone()),
        title: recovery.name.clone(),
        detail,
        action: "Try it, and write down the recovery test; or plan an item for it.".to_owned(),
    }
}

/// A status as a sentence says it.
fn said(status: ItemStatus) -> &'static str {
    match status {
        ItemStatus::Idea => "an idea",
        ItemStatus::Planned => "planned",
        ItemStatus::InProgress => "in progress",
        ItemStatus::Shipped => "shipped",
        ItemStatus::Dropped => "dropped",
    }
}

fn counted(count: i64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}
