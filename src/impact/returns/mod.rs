//! What roadmap items returned: what was expected when they were planned, what came, what they cost, and when that was
//! paid back. One kind of benefit at a time.

pub mod api;
pub mod store;

use super::{
    Benefit, ImpactClaim,
    expectations::{Expectation, ExpectedWhen},
    totals::{WorthSums, kinds},
    value::{MonthValue, Standing},
};
use crate::{
    costs::ledger::{Ledger, Line},
    kernel::{
        clock::Instant,
        figure::Figure,
        money::{Currency, Money, Sum, settle},
        month::Month,
        quantity::{Quantity, Ratio},
    },
    roadmap::{ItemStatus, RoadmapItem},
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReturnsQuery {
    /// A roadmap item's ref or id; all of them when left out.
    #[param(min_length = 1, max_length = 63)]
    pub roadmap_item: Option<String>,
}

/// What roadmap items returned by now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnsView {
    /// The month after the last of which anything is told: the present one. Nothing of more than ten years ago is.
    #[schema(value_type = String)]
    pub to: Month,
    pub currency: Currency,
    /// A row for each item and kind of benefit of which something is claimed, or was expected; items as they
    /// stand by hand.
    pub items: Vec<ReturnRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// What a roadmap item returned of one kind of benefit. Its whole cost stands in each of its rows.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReturnRow {
    /// The item's ref.
    pub roadmap_item: String,
    pub title: String,
    pub status: ItemStatus,
    pub benefit: Benefit,
    /// When it became more than an idea; null while it is one.
    pub planned_at: Option<Instant>,
    /// What it was expected to come to when it was planned, in all months of its claims; null when nothing was.
    #[schema(value_type = Option<Sum>)]
    pub planned: Option<Money>,
    /// The part of `planned` for months that are over: what should have come by now.
    #[schema(value_type = Option<Sum>)]
    pub planned_by_now: Option<Money>,
    /// What was expected of it, as it was written down; not adapted to what came.
    pub expectations: Vec<ExpectationRow>,
    #[serde(flatten)]
    pub came: WorthSums,
    /// What the item cost: its effort and cost entries, of every nature; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub cost: Option<Money>,
    /// The hours among that.
    #[schema(value_type = f64)]
    pub hours: Quantity,
    /// What is missing, when the cost is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// `accepted_weighted` ÷ `cost`; null when the cost is not known, or nothing.
    #[serde(rename = "return")]
    pub ratio: Option<Ratio>,
    /// The month by whose end what is accepted (weighted) covered what it had cost by then, and has ever since; null while
    /// it does not.
    #[schema(value_type = Option<String>)]
    pub paid_back_in: Option<Month>,
}

/// What was expected of a claim of the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpectationRow {
    /// The claim's id. It may have been deleted since: what was planned stays.
    pub claim: String,
    pub title: String,
    #[schema(value_type = Money)]
    pub expected_monthly: Money,
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    pub given_at: Instant,
    pub when: ExpectedWhen,
}

/// What of a roadmap item its return is told by.
pub struct Planned {
    pub reference: String,
    pub title: String,
    pub status: ItemStatus,
    pub planned_at: Option<Instant>,
    pub shipped_on: Option<NaiveDate>,
}

impl From<RoadmapItem> for Planned {
    fn from(item: RoadmapItem) -> Self {
        Self {
            reference: item.reference.to_string(),
            title: item.title,
            status: item.status,
            planned_at: item.plan.planned_at,
            shipped_on: item.shipped_on,
        }
    }
}

/// What returns are computed of.
pub struct Returns<'r> {
    pub items: &'r [Planned],
    pub claims: &'r [ImpactClaim],
    /// What claims came to in the months that are over, by claim's id.
    pub values: &'r BTreeMap<String, Vec<MonthValue>>,
    pub expectations: &'r [Expectation],
    pub ledger: &'r Ledger,
    pub zone: Tz,
    /// The present month.
    pub to: Month,
}

impl Returns<'_> {
    pub fn view(&self) -> ReturnsView {
        let mut lines: HashMap<&str, Vec<&Line>> = HashMap::new();
        for line in &self.ledger.lines {
            if let Some(item) = &line.roadmap_item {
                lines.entry(item).or_default().push(line);
            }
        }
        let rows = self.items.iter().flat_map(|item| {
            let cost = Cost::of(lines.get(item.reference.as_str()).map_or(&[], Vec::as_slice), self.ledger);
            self.kinds(item).into_iter().map(move |benefit| self.row(item, benefit, &cost)).collect::<Vec<_>>()
        });
        ReturnsView { to: self.to, currency: self.ledger.currency, items: rows.collect(), next_cursor: None }
    }

    fn claims_of<'r>(&'r self, item: &'r Planned) -> impl Iterator<Item = (&'r ImpactClaim, &'r MonthValue)> {
        let mine = |claim: &&ImpactClaim| claim.roadmap_item.as_deref() == Some(item.reference.as_str());
        let months = |claim: &'r ImpactClaim| {
            let values = self.values.get(&claim.id).into_iter().flatten();
            values.map(move |value| (claim, value))
        };
        self.claims.iter().filter(mine).flat_map(months)
    }

    fn expected_of<'r>(&'r self, item: &'r Planned) -> impl Iterator<Item = &'r Expectation> {
        self.expectations.iter().filter(|one| one.roadmap_item == item.reference.as_str())
    }

    fn kinds(&self, item: &Planned) -> BTreeSet<Benefit> {
        let came = self.claims_of(item).flat_map(|(claim, value)| kinds(claim, value, self.ledger.currency));
        came.chain(self.expected_of(item).map(|one| one.benefit)).collect()
    }

    fn row(&self, item: &Planned, benefit: Benefit, cost: &Cost) -> ReturnRow {
        let currency = self.ledger.currency;
        let mut came = WorthSums::nothing(currency);
        let mut by_month: BTreeMap<Month, Decimal> = BTreeMap::new();
        for (claim, value) in self.claims_of(item) {
            came.add(claim, value, benefit);
            if value.standing == Standing::Accepted {
                let parts = value.parts_of(claim, currency).into_iter().filter(|part| part.benefit == benefit);
                *by_month.entry(value.month).or_default() += parts.map(|part| part.weighted.amount).sum::<Decimal>();
            }
        }
        let day = |at: Instant| -> NaiveDate { at.day_in(self.zone) };
        let expectations: Vec<(&Expectation, ExpectedWhen)> = self
            .expected_of(item)
            .filter(|one| one.benefit == benefit)
            .map(|one| (one, one.when(item.planned_at, item.shipped_on, day(one.given_at))))
            .collect();
        let planned: Vec<_> = expectations.iter().filter(|(_, when)| *when == ExpectedWhen::Planned).collect();
        let sum = |of: &dyn Fn(&Expectation) -> Decimal| {
            let sum: Decimal = planned.iter().map(|(one, _)| of(one)).sum();
            (!planned.is_empty()).then(|| Money::new(settle(sum), currency))
        };
        ReturnRow {
            roadmap_item: item.reference.clone(),
            title: item.title.clone(),
            status: item.status,
            benefit,
            planned_at: item.planned_at,
            planned: sum(&|one| one.before(one.to)),
            planned_by_now: sum(&|one| one.before(self.to)),
            ratio: cost.total.clone().known().and_then(|cost| {
                let ratio = came.accepted_weighted.amount.checked_div(cost.amount)?;
                cost.amount.is_sign_positive().then_some(Ratio(ratio))
            }),
            paid_back_in: cost.paid_back(&by_month),
            hours: Quantity::rounded(cost.hours),
            unknown: cost.total.why().map(ToOwned::to_owned),
            cost: cost.total.clone().known(),
            came: came.settled(),
            expectations: expectations.into_iter().map(|(one, when)| listed(one, when)).collect(),
        }
    }
}

fn listed(one: &Expectation, when: ExpectedWhen) -> ExpectationRow {
    ExpectationRow {
        claim: one.impact_claim.clone(),
        title: one.title.clone(),
        expected_monthly: *one.expected_monthly.value(),
        from: one.from,
        to: one.to,
        given_at: one.given_at,
        when,
    }
}

/// What an item cost.
struct Cost {
    total: Figure<Money>,
    hours: Decimal,
    /// By month; empty when it is not known.
    by_month: BTreeMap<Month, Decimal>,
}

impl Cost {
    fn of(lines: &[&Line], ledger: &Ledger) -> Self {
        let mut months: BTreeMap<Month, Vec<&Line>> = BTreeMap::new();
        for line in lines {
            months.entry(line.month).or_default().push(line);
        }
        let of_month = |(month, lines): (Month, Vec<&Line>)| Some((month, ledger.total(lines).known()?.amount));
        Self {
            total: ledger.total(lines.iter().copied()),
            hours: lines.iter().map(|line| line.hours).sum(),
            by_month: months.into_iter().map(of_month).collect::<Option<_>>().unwrap_or_default(),
        }
    }

    /// The month by whose end gains covered cost, and have ever since.
    fn paid_back(&self, gains: &BTreeMap<Month, Decimal>) -> Option<Month> {
        let months: BTreeSet<Month> = self.by_month.keys().chain(gains.keys()).copied().collect();
        let (mut cost, mut gained, mut since) = (Decimal::ZERO, Decimal::ZERO, None);
        for month in months {
            cost += self.by_month.get(&month).copied().unwrap_or_default();
            gained += gains.get(&month).copied().unwrap_or_default();
            since = if gained < cost { None } else { since.or(Some(month)) };
        }
        // What cost nothing, as far as anyone knows, is not paid back.
        since.filter(|_| cost > Decimal::ZERO)
    }
}

#[cfg(test)]
mod tests;
