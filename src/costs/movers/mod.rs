//! What moved: components whose cost is other than it was, and the lines that made the difference.

use super::{
    Category,
    budget::status::less,
    ledger::{Ledger, Line, LineSource},
};
use crate::{
    effort::Nature,
    kernel::{
        failure::{Failure, Fault},
        figure::Figure,
        money::{Currency, Money, Sum},
        month::Month,
        quantity::Ratio,
    },
    text_enum,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// What a month is compared with.
    pub enum MovedSince {
        /// The month before.
        LastMonth = "last_month",
        /// The same month a year before.
        LastYear = "last_year",
    }
}

text_enum! {
    /// Which cost is compared.
    pub enum MovedCost {
        /// Of the nature `run`.
        Maintenance = "maintenance",
        All = "all",
    }
}

text_enum! {
    /// How something moved.
    pub enum Movement {
        /// There was nothing of it before.
        Began = "began",
        /// There is nothing of it any more.
        Ended = "ended",
        More = "more",
        Less = "less",
    }
}

text_enum! {
    /// Where a line of cost comes from.
    pub enum MovedSource {
        /// Of the component itself, or of none.
        CostEntries = "cost_entries",
        /// Common cost, of which rules bring it a share.
        AllocationRules = "allocation_rules",
        Effort = "effort",
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MoversQuery {
    /// The last one that is over, when left out.
    #[param(inline)]
    month: Option<Month>,
    /// `last_month` when left out.
    #[param(inline)]
    since: Option<MovedSince>,
    /// `maintenance` when left out.
    #[param(inline)]
    of: Option<MovedCost>,
}

/// What was asked, understood.
#[derive(Debug, Clone, Copy)]
pub struct MoversAsked {
    pub month: Month,
    pub before: Month,
    of: MovedCost,
}

impl MoversQuery {
    /// `last` is the last month that is over.
    ///
    /// # Errors
    /// 422 for a month that has none before it.
    pub fn asked(&self, last: Month) -> Result<MoversAsked, Failure> {
        let month = self.month.unwrap_or(last);
        let before = match self.since.unwrap_or(MovedSince::LastMonth) {
            MovedSince::LastMonth => month.previous(),
            MovedSince::LastYear => month.plus(-12),
        };
        if before.year() < 1970 {
            let detail = "what it is compared with is before 1970";
            return Err(Failure::Invalid(vec![Fault::parameter("month", "range", detail)]));
        }
        let of = self.of.unwrap_or(MovedCost::Maintenance);
        Ok(MoversAsked { month, before, of })
    }
}

/// What moved between two months.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostMoversView {
    #[schema(inline)]
    pub month: Month,
    /// What it is compared with.
    #[schema(value_type = String)]
    pub before_month: Month,
    pub of: MovedCost,
    /// What everything is told in.
    pub currency: Currency,
    /// Of the whole product.
    pub total: Moved,
    /// Components that moved, furthest first, and after them those of which it is not known, by key.
    pub items: Vec<CostMover>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// How far something moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Moved {
    /// Null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub before: Option<Money>,
    /// Null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub after: Option<Money>,
    /// `after` − `before`.
    #[schema(value_type = Option<Sum>)]
    pub difference: Option<Money>,
    /// `difference` ÷ `before`; null also when it cost nothing before.
    pub change: Option<Ratio>,
    /// Null when it is the same, or not known.
    pub movement: Option<Movement>,
    /// What is missing, when the difference is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A component that moved, and what moved it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CostMover {
    /// A component's key; null is what is not allocated to any.
    pub component: Option<String>,
    #[serde(flatten)]
    pub moved: Moved,
    /// The lines that are other than they were, furthest first. Their differences add up to the component's, to the
    /// last digit.
    pub lines: Vec<CostMoverLine>,
}

/// What was spent on a component for one purpose.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CostMoverLine {
    pub category: Category,
    pub nature: Nature,
    pub source: MovedSource,
    /// A roadmap item's ref; null for what was for none.
    pub roadmap_item: Option<String>,
    #[serde(flatten)]
    pub moved: Moved,
}

type LineKey = (Category, Nature, MovedSource, Option<String>);
type Parts<'l> = BTreeMap<LineKey, Vec<&'l Line>>;

impl Moved {
    /// `was` and `is` say whether there is anything of it at all.
    fn new((before, was): (Figure<Money>, bool), (after, is): (Figure<Money>, bool)) -> Self {
        let difference = after.clone().and(before.clone(), less);
        let known = difference.as_ref().known();
        let movement = known.and_then(|moved| match (was, is, moved.amount.cmp(&Decimal::ZERO)) {
            (_, _, Ordering::Equal) => None,
            (false, true, _) => Some(Movement::Began),
            (true, false, _) => Some(Movement::Ended),
            (_, _, Ordering::Greater) => Some(Movement::More),
            (_, _, Ordering::Less) => Some(Movement::Less),
        });
        let unknown = difference.why().map(ToOwned::to_owned);
        let (before, after, difference) = (before.known(), after.known(), difference.known());
        let change = difference.zip(before.filter(|before| !before.amount.is_zero()));
        let change = change.map(|(moved, before)| Ratio(moved.amount / before.amount));
        Self { before, after, difference, change, movement, unknown }
    }

    /// Whether there is something to tell.
    fn is_told(&self) -> bool {
        self.unknown.is_some() || self.difference.is_some_and(|moved| !moved.amount.is_zero())
    }

    /// Furthest first; what is not known comes last.
    fn far(&self) -> std::cmp::Reverse<Option<Decimal>> {
        std::cmp::Reverse(self.difference.map(|moved| moved.amount.abs()))
    }
}

/// A month of the ledger, by component.
struct Side<'l> {
    ledger: &'l Ledger,
    /// Why nothing is known of it, when nothing is recorded.
    missing: Option<String>,
    components: BTreeMap<Option<&'l str>, Parts<'l>>,
}

impl<'l> Side<'l> {
    fn of(ledger: &'l Ledger, asked: MoversAsked, month: Month) -> Self {
        let mut components: BTreeMap<Option<&str>, Parts<'_>> = BTreeMap::new();
        let is_recorded = ledger.lines.iter().any(|line| line.month == month);
        let meant = |line: &&Line| asked.of == MovedCost::All || line.nature == Nature::Run;
        for line in ledger.lines.iter().filter(|line| line.month == month).filter(meant) {
            let source = match (line.from, &line.allocation) {
                (LineSource::Entry, None) => MovedSource::CostEntries,
                (LineSource::Entry, Some(_)) => MovedSource::AllocationRules,
                (LineSource::Effort, _) => MovedSource::Effort,
            };
            let key = (line.category, line.nature, source, line.roadmap_item.clone());
            components.entry(line.component.as_deref()).or_default().entry(key).or_default().push(line);
        }
        let missing = (!is_recorded).then(|| format!("no cost is recorded for {month}"));
        Self { ledger, missing, components }
    }

    fn total<'a>(&self, lines: impl IntoIterator<Item = &'a Line>) -> Figure<Money> {
        match &self.missing {
            Some(why) => Figure::Unknown(why.clone()),
            None => self.ledger.total(lines),
        }
    }

    /// Of the whole product, and whether there is anything.
    fn whole(&self) -> (Figure<Money>, bool) {
        let lines: Vec<&Line> = self.components.values().flat_map(|parts| parts.values().flatten().copied()).collect();
        (self.total(lines.iter().copied()), !lines.is_empty())
    }

    /// Of a component: the sum, and its parts. Each is rounded by itself; the largest takes what is over, so that the
    /// parts add up to the sum.
    fn component(&self, key: Option<&str>) -> (Figure<Money>, BTreeMap<LineKey, Figure<Money>>) {
        let nothing = Parts::new();
        let parts = self.components.get(&key).unwrap_or(&nothing);
        let sum = self.total(parts.values().flatten().copied());
        let mut told: BTreeMap<LineKey, Figure<Money>> =
            parts.iter().map(|(key, lines)| (key.clone(), self.total(lines.iter().copied()))).collect();
        if let Figure::Known(sum) = &sum {
            let amount = |part: &Figure<Money>| part.as_ref().known().map_or(Decimal::ZERO, |part| part.amount);
            let over = sum.amount - told.values().map(amount).sum::<Decimal>();
            let largest = told.values_mut().max_by_key(|part| amount(part).abs());
            if let Some(Figure::Known(largest)) = largest {
                *largest = Money::new(largest.amount + over, largest.currency);
            }
        }
        (sum, told)
    }
}

impl MoversAsked {
    /// `ledger` holds both months.
    pub fn answer(&self, ledger: &Ledger) -> CostMoversView {
        let (before, after) = (Side::of(ledger, *self, self.before), Side::of(ledger, *self, self.month));
        let keys: BTreeSet<Option<&str>> = before.components.keys().chain(after.components.keys()).copied().collect();
        let mut items: Vec<CostMover> =
            keys.into_iter().map(|key| mover(key, &before, &after)).filter(|mover| mover.moved.is_told()).collect();
        items.sort_by_key(|mover| mover.moved.far());
        CostMoversView {
            month: self.month,
            before_month: self.before,
            of: self.of,
            currency: ledger.currency,
            total: Moved::new(before.whole(), after.whole()),
            items,
            next_cursor: None,
        }
    }
}

fn mover(key: Option<&str>, before: &Side<'_>, after: &Side<'_>) -> CostMover {
    let ((was, mut old), (is, mut new)) = (before.component(key), after.component(key));
    let moved = Moved::new((was, !old.is_empty()), (is, !new.is_empty()));
    let keys: BTreeSet<LineKey> = old.keys().chain(new.keys()).cloned().collect();
    let mut lines: Vec<CostMoverLine> = keys
        .into_iter()
        .map(|key| {
            let side = |part: Option<Figure<Money>>, side: &Side<'_>| match part {
                Some(part) => (part, true),
                None => (side.total([]), false),
            };
            let moved = Moved::new(side(old.remove(&key), before), side(new.remove(&key), after));
            let (category, nature, source, roadmap_item) = key;
            CostMoverLine { category, nature, source, roadmap_item, moved }
        })
        .filter(|line| line.moved.is_told())
        .collect();
    lines.sort_by_key(|line| line.moved.far());
    CostMover { component: key.map(ToOwned::to_owned), moved, lines }
}

#[cfg(test)]
mod tests;
