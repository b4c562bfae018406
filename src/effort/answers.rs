//! The answers about hours: the weeks that are written down, summed by whatever one asks for.

use super::{EffortShare, Gap, Nature, WorkKind, hours_in, missing};
use crate::{
    kernel::{
        failure::{Failure, Fault},
        figure::Figure,
        money::Quantity,
        month::{Month, MonthSpan, Week},
        quantity::Ratio,
    },
    products::TeamMember,
};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoursQuery {
    /// The first month; twelve before `to` when left out.
    #[param(inline)]
    from: Option<Month>,
    /// The month after the last; the present one when left out.
    #[param(inline)]
    to: Option<Month>,
    /// What to sum by: any of `component`, `month`, and for owners and editors `roadmap_item`, `kind`, `nature`,
    /// `planned`, `week`, `person`, separated by commas.
    #[param(
        pattern = "^(component|month|roadmap_item|kind|nature|planned|week|person)(,(component|month|roadmap_item|kind|nature|planned|week|person)){0,7}$"
    )]
    by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Component,
    Month,
    RoadmapItem,
    Kind,
    Nature,
    Planned,
    Week,
    Person,
}

/// What was asked, understood.
#[derive(Debug, Clone)]
pub struct HoursAsked {
    pub span: MonthSpan,
    by: Vec<By>,
}

impl HoursQuery {
    /// # Errors
    /// 422 for an empty or endless span, or something that cannot be summed by; 403 for what stays inside the team.
    pub fn checked(self, today: NaiveDate, may_edit: bool) -> Result<HoursAsked, Failure> {
        let (mut faults, mut by) = (Vec::new(), Vec::new());
        let span = MonthSpan::asked(self.from, self.to, today, &mut faults);
        for word in self.by.as_deref().unwrap_or("component").split(',') {
            let one = match word {
                "component" => By::Component,
                "month" => By::Month,
                "roadmap_item" => By::RoadmapItem,
                "kind" => By::Kind,
                "nature" => By::Nature,
                "planned" => By::Planned,
                "week" => By::Week,
                "person" => By::Person,
                _ => {
                    let known = "any of component, month, roadmap_item, kind, nature, planned, week, person";
                    faults.push(Fault::parameter("by", "value", known));
                    continue;
                }
            };
            if by.contains(&one) {
                faults.push(Fault::parameter("by", "twice", format!("{word} stands twice")));
            }
            by.push(one);
        }
        Failure::unless_empty(faults)?;
        if !may_edit && !by.iter().all(|one| matches!(one, By::Component | By::Month)) {
            return Err(Failure::Forbidden("hours open by component and month; more of them owners and editors see"));
        }
        Ok(HoursAsked { span, by })
    }
}

/// Hours, summed.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoursView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    /// All hours of the span, to six digits after the point; null when none are written down.
    #[schema(value_type = Option<f64>)]
    pub hours: Option<Quantity>,
    /// What is missing, when they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// How many weeks of persons, of those that are over, nobody wrote down. Their hours stand nowhere here.
    #[schema(value_type = u64)]
    pub weeks_missing: usize,
    /// Whose they are; for owners and editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<MissingWeeks>>,
    pub items: Vec<HoursRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// Someone, and the weeks of theirs that nobody wrote down.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingWeeks {
    /// A team member's id.
    pub person: String,
    pub name: String,
    #[schema(value_type = Vec<String>)]
    pub weeks: Vec<Week>,
}

/// One sum. It carries the keys that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoursRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub month: Option<Month>,
    /// Of a week that lies in two months, the hours of those in the span.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub week: Option<Week>,
    /// A team member's id; null is what was written for the whole team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Option<String>>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    /// A component's key; null is work on none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Option<String>>,
    /// A roadmap item's ref; null is work on none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roadmap_item: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<WorkKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nature: Option<Nature>,
    /// False for `on_call`, `incident_response` and `support`, which nobody chooses the time of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<bool>,
    /// To six digits after the point.
    #[schema(value_type = f64)]
    pub hours: Quantity,
    /// Of all hours of the same time: of the row's month or week where it carries one, else of the span.
    pub share: Option<Ratio>,
}

/// The hours of one share that fall into one month.
#[derive(Debug)]
pub struct Piece<'s> {
    pub share: &'s EffortShare,
    pub month: Month,
    pub hours: Decimal,
}

/// Every share cut at the months of a span.
pub fn pieces<'s>(shares: &'s [EffortShare], team: &[TeamMember], span: MonthSpan) -> Vec<Piece<'s>> {
    let mut pieces = Vec::with_capacity(shares.len());
    for share in shares {
        let first = Month::of(share.monday);
        let last = Month::of(share.monday + Days::new(4));
        for month in first.up_to(last.next()).filter(|month| span.holds(*month)) {
            if let Some(hours) = hours_in(share, team, month) {
                pieces.push(Piece { share, month, hours });
            }
        }
    }
    pieces
}

/// The weeks of persons that are over and that nobody wrote down.
pub fn missing_until(
    shares: &[EffortShare],
    team: &[TeamMember],
    weeks: impl Iterator<Item = Week>,
    today: NaiveDate,
) -> Vec<Gap> {
    missing(shares, team, weeks.take_while(|week| week.plus(1).monday() <= today))
}

/// A sum of hours, when anything is written down.
pub fn written(pieces: &[Piece<'_>], of: impl Fn(&Piece<'_>) -> bool, when: &str) -> Figure<Decimal> {
    match pieces.is_empty() {
        true => Figure::Unknown(format!("no effort is recorded for {when}")),
        false => Figure::Known(pieces.iter().filter(|piece| of(piece)).map(|piece| piece.hours).sum()),
    }
}

/// By whom: name and id, so that rows are in order of names; none is the whole team.
type Who<'s> = Option<(&'s str, &'s str)>;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'s> {
    month: Option<Month>,
    week: Option<Week>,
    person: Option<Who<'s>>,
    component: Option<Option<&'s str>>,
    roadmap_item: Option<Option<&'s str>>,
    kind: Option<WorkKind>,
    nature: Option<Nature>,
    planned: Option<bool>,
}

impl HoursAsked {
    fn has(&self, by: By) -> bool {
        self.by.contains(&by)
    }

    /// Sums what is written down. Who is missing is told to those who may edit; others learn how much is.
    pub fn answer(&self, shares: &[EffortShare], team: &[TeamMember], today: NaiveDate, may_edit: bool) -> HoursView {
        let MonthSpan { from, to } = self.span;
        let pieces = pieces(shares, team, self.span);
        let name = |id: &'_ str| team.iter().find(|member| member.id == id).map_or("", |member| member.name.as_str());
        let mut times: BTreeMap<(Option<Month>, Option<Week>), Decimal> = BTreeMap::new();
        let mut sums: BTreeMap<Key<'_>, Decimal> = BTreeMap::new();
        for piece in &pieces {
            let share = piece.share;
            let key = Key {
                month: self.has(By::Month).then_some(piece.month),
                week: self.has(By::Week).then_some(share.week),
                person: self.has(By::Person).then(|| share.person.as_deref().map(|id| (name(id), id))),
                component: self.has(By::Component).then_some(share.component.as_deref()),
                roadmap_item: self.has(By::RoadmapItem).then_some(share.roadmap_item.as_deref()),
                kind: self.has(By::Kind).then_some(share.kind),
                nature: self.has(By::Nature).then(|| share.kind.nature()),
                planned: self.has(By::Planned).then(|| share.kind.is_planned()),
            };
            *times.entry((key.month, key.week)).or_default() += piece.hours;
            *sums.entry(key).or_default() += piece.hours;
        }
        let items = sums.into_iter().map(|(key, hours)| {
            let all = times.get(&(key.month, key.week)).copied().unwrap_or_default();
            row(key, hours, all)
        });
        let items = items.collect();
        let all = written(&pieces, |_| true, &format!("the months from {from} to before {to}"));
        let gaps = missing_until(shares, team, self.span.weeks(), today);
        HoursView {
            from,
            to,
            unknown: all.why().map(ToOwned::to_owned),
            hours: all.known().map(Quantity::rounded),
            weeks_missing: gaps.len(),
            missing: may_edit.then(|| by_person(gaps)),
            items,
            next_cursor: None,
        }
    }
}

fn row(key: Key<'_>, hours: Decimal, all: Decimal) -> HoursRow {
    let own = |name: Option<&str>| name.map(ToOwned::to_owned);
    HoursRow {
        month: key.month,
        week: key.week,
        person: key.person.map(|who| own(who.map(|(_, id)| id))),
        person_name: own(key.person.flatten().map(|(name, _)| name)),
        component: key.component.map(own),
        roadmap_item: key.roadmap_item.map(own),
        kind: key.kind,
        nature: key.nature,
        planned: key.planned,
        hours: Quantity::rounded(hours),
        share: (!all.is_zero()).then(|| Ratio(hours / all)),
    }
}

fn by_person(gaps: Vec<Gap>) -> Vec<MissingWeeks> {
    let mut persons: BTreeMap<(String, String), Vec<Week>> = BTreeMap::new();
    for gap in gaps {
        persons.entry((gap.person, gap.id)).or_default().push(gap.week);
    }
    persons.into_iter().map(|((name, person), weeks)| MissingWeeks { person, name, weeks }).collect()
}
