//! Planned against unplanned: hours by their kind, activities by what was said of each.

use super::{
    Activity, EffortShare,
    answers::{Piece, pieces, written},
};
use crate::{
    kernel::{
        figure::Figure,
        money::Quantity,
        month::{Month, MonthSpan},
        quantity::Ratio,
    },
    products::TeamMember,
};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// Planned against unplanned, month by month.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkMixView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    /// Of the whole span.
    pub total: WorkMix,
    pub items: Vec<WorkMixMonth>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// A month's planned and unplanned work.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkMixMonth {
    #[schema(inline)]
    pub month: Month,
    #[serde(flatten)]
    pub mix: WorkMix,
}

/// Planned against unplanned work, in hours and in activities.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkMix {
    pub hours: MixedHours,
    pub activities: MixedActivities,
}

/// Hours of `on_call`, `incident_response` and `support` are unplanned: others decide when they come. All is null when
/// no effort is written down.
#[derive(Debug, Serialize, ToSchema)]
pub struct MixedHours {
    #[schema(value_type = Option<f64>)]
    pub planned: Option<Quantity>,
    #[schema(value_type = Option<f64>)]
    pub unplanned: Option<Quantity>,
    /// Unplanned ÷ all.
    pub unplanned_share: Option<Ratio>,
    /// What is missing, when they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// Activities, by their own `planned`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MixedActivities {
    #[schema(value_type = u64)]
    pub planned: usize,
    #[schema(value_type = u64)]
    pub unplanned: usize,
    /// Unplanned ÷ all; null when there are none.
    pub unplanned_share: Option<Ratio>,
}

impl WorkMix {
    fn new(pieces: &[Piece<'_>], activities: &[&Activity], when: &str) -> Self {
        let planned = written(pieces, |piece| piece.share.kind.is_planned(), when);
        let unplanned = written(pieces, |piece| !piece.share.kind.is_planned(), when);
        let share = match (&planned, &unplanned) {
            (Figure::Known(planned), Figure::Known(unplanned)) => part(*unplanned, *planned + *unplanned),
            _ => None,
        };
        let chosen = activities.iter().filter(|one| one.planned).count();
        let came = activities.len() - chosen;
        Self {
            hours: MixedHours {
                unknown: planned.why().map(ToOwned::to_owned),
                planned: planned.known().map(Quantity::rounded),
                unplanned: unplanned.known().map(Quantity::rounded),
                unplanned_share: share,
            },
            activities: MixedActivities {
                planned: chosen,
                unplanned: came,
                unplanned_share: part(Decimal::from(came), Decimal::from(activities.len())),
            },
        }
    }
}

fn part(of: Decimal, all: Decimal) -> Option<Ratio> {
    (!all.is_zero()).then(|| Ratio(of / all))
}

impl WorkMixView {
    pub fn new(shares: &[EffortShare], team: &[TeamMember], activities: &[Activity], span: MonthSpan) -> Self {
        let MonthSpan { from, to } = span;
        let all = pieces(shares, team, span);
        let everything: Vec<_> = activities.iter().collect();
        let total = WorkMix::new(&all, &everything, &format!("the months from {from} to before {to}"));
        let mut by_month: Vec<(Month, Vec<Piece<'_>>, Vec<&Activity>)> =
            span.months().map(|month| (month, Vec::new(), Vec::new())).collect();
        let at = |month: Month| usize::try_from(from.until(month)).unwrap_or(usize::MAX);
        for piece in all {
            if let Some((_, mine, _)) = by_month.get_mut(at(piece.month)) {
                mine.push(piece);
            }
        }
        for activity in activities {
            if let Some((_, _, mine)) = by_month.get_mut(at(Month::of(activity.on))) {
                mine.push(activity);
            }
        }
        let items = by_month.into_iter().map(|(month, pieces, activities)| WorkMixMonth {
            month,
            mix: WorkMix::new(&pieces, &activities, month.as_text()),
        });
        Self { from, to, total, items: items.collect(), next_cursor: None }
    }
}
