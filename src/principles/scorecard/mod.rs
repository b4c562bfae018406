//! Components × principles: what keeps to what, and how that moved.
//!
//! The share followed is follows ÷ (follows + partly + violates). A cell that nobody assessed counts neither for nor
//! against, and where none was assessed the share is unknown, which is not 0. The day that it is compared with is looked
//! at with the components and principles of today, so that only what was found moves the share, and not what was added
//! to or taken from the list.

mod csv;

pub use csv::csv;

use super::{Adherence, AdherenceLevel, Principle};
use crate::{
    components::{Component, Lifecycle},
    kernel::{
        clock::parse_day,
        failure::{Failure, Fault},
        figure::Figure,
        fiscal::Quarter,
        month::Month,
        quantity::Ratio,
    },
    text_enum,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, collections::HashMap};
use utoipa::{IntoParams, ToSchema};

/// How the share is computed, for whoever reads it.
pub const FORMULA: &str = "follows ÷ (follows + partly + violates); cells that are not assessed do not count";
/// Why there is no share.
pub const NOTHING_ASSESSED: &str = "nothing was assessed";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScorecardQuery {
    /// The day on which it is looked at; today in the product's zone when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
}

impl ScorecardQuery {
    /// # Errors
    /// 422 for what is no day.
    pub fn day(&self) -> Result<Option<NaiveDate>, Failure> {
        let day = self.on.as_deref().map(parse_day).transpose();
        day.map_err(|why| Failure::Invalid(vec![Fault::parameter("on", "parameter", why)]))
    }
}

text_enum! {
    /// How a cell moved since the day it is compared with: `better`, `worse`, `same`, `newly_assessed` (nobody knew then),
    /// `no_longer_assessed` (it was known then).
    pub enum AdherenceMove {
        Better = "better",
        Worse = "worse",
        Same = "same",
        NewlyAssessed = "newly_assessed",
        NoLongerAssessed = "no_longer_assessed",
    }
}

impl AdherenceMove {
    /// None where nobody knew, then or now.
    pub fn between(before: AdherenceLevel, now: AdherenceLevel) -> Option<Self> {
        Some(match (before.height(), now.height()) {
            (None, None) => return None,
            (None, Some(_)) => Self::NewlyAssessed,
            (Some(_), None) => Self::NoLongerAssessed,
            (Some(before), Some(now)) => match now.cmp(&before) {
                Ordering::Greater => Self::Better,
                Ordering::Less => Self::Worse,
                Ordering::Equal => Self::Same,
            },
        })
    }
}

/// How many cells are on which level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    pub follows: u64,
    pub partly: u64,
    pub violates: u64,
    pub not_assessed: u64,
}

impl Levels {
    pub fn count(&mut self, level: AdherenceLevel) {
        match level {
            AdherenceLevel::Follows => self.follows += 1,
            AdherenceLevel::Partly => self.partly += 1,
            AdherenceLevel::Violates => self.violates += 1,
            AdherenceLevel::NotAssessed => self.not_assessed += 1,
        }
    }

    pub fn assessed(self) -> u64 {
        self.follows + self.partly + self.violates
    }

    /// Follows ÷ assessed.
    pub fn share(self) -> Figure<Decimal> {
        match Decimal::from(self.follows).checked_div(Decimal::from(self.assessed())) {
            Some(share) => Figure::Known(share),
            None => Figure::Unknown(NOTHING_ASSESSED.to_owned()),
        }
    }
}

/// How many cells are on which level, what share of them is followed, and how that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorecardTally {
    #[serde(skip)]
    #[schema(ignore)]
    pub now: Levels,
    #[serde(skip)]
    #[schema(ignore)]
    pub then: Levels,
    pub follows: u64,
    pub partly: u64,
    pub violates: u64,
    /// Of which nobody knows: neither kept nor broken.
    pub not_assessed: u64,
    /// `follows` + `partly` + `violates`.
    pub assessed: u64,
    /// How many of those are assessed without a word of evidence.
    pub without_evidence: u64,
    /// `follows` ÷ `assessed`, from 0 to 1; null when nothing was assessed.
    pub share: Option<Ratio>,
    /// The same of the day that it is compared with.
    pub share_before: Option<Ratio>,
    /// `share` − `share_before`; null when one of them is not known.
    pub movement: Option<Ratio>,
    /// Why the share is not known; null when it is.
    pub unknown: Option<String>,
}

/// What a component was found to keep of a principle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorecardCell {
    /// A component's key.
    pub component: String,
    /// A principle's id.
    pub principle: String,
    /// `not_assessed` also where nobody ever looked.
    pub level: AdherenceLevel,
    /// What shows it; null where nobody ever looked.
    pub evidence: Option<String>,
    /// The day of the finding that counts; null where nobody ever looked.
    pub assessed_on: Option<NaiveDate>,
    /// The finding's id, under `…/principles/{principle}/adherence`.
    pub adherence: Option<String>,
    /// What counted on the day that it is compared with.
    pub level_before: AdherenceLevel,
    /// Null where nobody knew, then or now.
    pub movement: Option<AdherenceMove>,
}

/// A principle, and how the components keep to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorecardPrinciple {
    /// Its id.
    pub principle: String,
    pub statement: String,
    pub rank: i64,
    #[serde(flatten)]
    pub tally: ScorecardTally,
}

/// A component, and how it keeps to the principles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorecardComponent {
    /// Its key.
    pub component: String,
    pub name: String,
    #[serde(flatten)]
    pub tally: ScorecardTally,
}

/// Components × principles: which component keeps to what a user may count on, by which evidence, and how that moved.
///
/// The rows are the components that are not retired, the columns the principles that hold on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorecardView {
    pub on: NaiveDate,
    /// The last day of the quarter before, by the product's fiscal year. It is looked at with the same components and
    /// principles, so that only what was found moves a share.
    pub compared_with: NaiveDate,
    /// How `share` is computed, in words.
    #[schema(value_type = String)]
    pub formula: &'static str,
    /// All cells together.
    pub whole: ScorecardTally,
    /// In the team's own order.
    pub principles: Vec<ScorecardPrinciple>,
    /// By key.
    pub components: Vec<ScorecardComponent>,
    /// Every component with every principle, component by component.
    pub cells: Vec<ScorecardCell>,
}

/// What is counted while the cells are made.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    now: Levels,
    then: Levels,
    without_evidence: u64,
}

impl Count {
    fn add(&mut self, cell: &ScorecardCell) {
        self.now.count(cell.level);
        self.then.count(cell.level_before);
        let bare = cell.level.height().is_some() && cell.evidence.as_deref().is_none_or(|text| text.trim().is_empty());
        self.without_evidence += u64::from(bare);
    }

    fn tally(self) -> ScorecardTally {
        let (share, before) = (self.now.share(), self.then.share());
        let movement = share.as_ref().and(before.as_ref(), |now, then| Ratio(now - then)).known();
        let Levels { follows, partly, violates, not_assessed } = self.now;
        ScorecardTally {
            now: self.now,
            then: self.then,
            follows,
            partly,
            violates,
            not_assessed,
            assessed: self.now.assessed(),
            without_evidence: self.without_evidence,
            unknown: share.why().map(ToOwned::to_owned),
            share: share.known().map(Ratio),
            share_before: before.known().map(Ratio),
            movement,
        }
    }
}

impl ScorecardView {
    /// `before` is the day that it is compared with; `findings` are those made by the day.
    pub fn new(
        (before, on): (NaiveDate, NaiveDate),
        components: &[Component],
        principles: &[Principle],
        findings: &[Adherence],
    ) -> Self {
        let (now, then) = (latest(findings, on), latest(findings, before));
        let rows: Vec<&Component> = components.iter().filter(|one| one.lifecycle != Lifecycle::Retired).collect();
        let columns: Vec<&Principle> = principles.iter().filter(|one| one.holds_on(on)).collect();
        let mut whole = Count::default();
        let mut of_principles = vec![Count::default(); columns.len()];
        let mut of_components = Vec::with_capacity(rows.len());
        let mut cells = Vec::with_capacity(rows.len() * columns.len());
        for component in rows {
            let mut count = Count::default();
            for (principle, of_principle) in columns.iter().zip(&mut of_principles) {
                let key = component.key.as_text();
                let of = (key, principle.id.as_str());
                let cell = cell(key, &principle.id, now.get(&of).copied(), then.get(&of).copied());
                [&mut count, of_principle, &mut whole].into_iter().for_each(|count| count.add(&cell));
                cells.push(cell);
            }
            of_components.push(ScorecardComponent {
                component: component.key.to_string(),
                name: component.name.clone(),
                tally: count.tally(),
            });
        }
        let of_principles = columns.iter().zip(of_principles).map(|(principle, count)| ScorecardPrinciple {
            principle: principle.id.clone(),
            statement: principle.statement.clone(),
            rank: principle.rank,
            tally: count.tally(),
        });
        Self {
            on,
            compared_with: before,
            formula: FORMULA,
            whole: whole.tally(),
            principles: of_principles.collect(),
            components: of_components,
            cells,
        }
    }
}

/// The last day of the quarter before the one that a day is in. `start` is the month in which the fiscal years begin.
pub fn quarter_before(on: NaiveDate, start: i64) -> NaiveDate {
    let began = Quarter::of(Month::of(on), start).months(start).from.first_day();
    began.pred_opt().unwrap_or(began)
}

/// The finding that counts on a day, by component and principle.
fn latest(findings: &[Adherence], on: NaiveDate) -> HashMap<(&str, &str), &Adherence> {
    let mut latest: HashMap<(&str, &str), &Adherence> = HashMap::new();
    for finding in findings.iter().filter(|finding| finding.assessed_on <= on) {
        let there = latest.entry((&finding.component, &finding.principle)).or_insert(finding);
        if there.assessed_on <= finding.assessed_on {
            *there = finding;
        }
    }
    latest
}

fn cell(component: &str, principle: &str, now: Option<&Adherence>, then: Option<&Adherence>) -> ScorecardCell {
    let level = |finding: Option<&Adherence>| finding.map_or(AdherenceLevel::NotAssessed, |one| one.level);
    ScorecardCell {
        component: component.to_owned(),
        principle: principle.to_owned(),
        level: level(now),
        evidence: now.map(|one| one.evidence.clone()),
        assessed_on: now.map(|one| one.assessed_on),
        adherence: now.map(|one| one.id.clone()),
        level_before: level(then),
        movement: AdherenceMove::between(level(then), level(now)),
    }
}

#[cfg(test)]
mod tests;
