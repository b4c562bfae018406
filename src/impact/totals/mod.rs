//! What the work was worth, added up: by kind of benefit, and never across kinds.

pub mod api;
pub mod store;

use super::{Benefit, ImpactClaim, value::MonthValue, value::Standing};
use crate::{
    kernel::{
        failure::{Failure, Fault},
        money::{Currency, Money, Sum, settle},
        month::{Month, MonthSpan},
    },
    text_enum,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImpactQuery {
    /// The first month; twelve before `to` when left out.
    #[param(inline)]
    from: Option<Month>,
    /// The month after the last; the present one when left out.
    #[param(inline)]
    to: Option<Month>,
    /// What to sum by, beside the kind of benefit: any of `month`, `claim`, `roadmap_item`, `component`, separated by
    /// commas.
    #[param(pattern = "^(month|claim|roadmap_item|component)(,(month|claim|roadmap_item|component)){0,3}$")]
    by: Option<String>,
}

text_enum! {
    /// What worth can be summed by, beside its kind.
    pub enum WorthBy {
        Month = "month",
        Claim = "claim",
        RoadmapItem = "roadmap_item",
        Component = "component",
    }
}

/// What was asked, understood.
#[derive(Debug, Clone)]
pub struct Asked {
    pub span: MonthSpan,
    pub by: BTreeSet<WorthBy>,
}

impl ImpactQuery {
    /// # Errors
    /// 422 for an empty or endless span, or something that cannot be summed by.
    pub fn checked(self, today: NaiveDate) -> Result<Asked, Failure> {
        let (mut faults, mut by) = (Vec::new(), BTreeSet::new());
        let span = MonthSpan::asked(self.from, self.to, today, &mut faults);
        for word in self.by.iter().flat_map(|words| words.split(',')) {
            match word.parse::<WorthBy>() {
                Ok(one) if by.insert(one) => {}
                Ok(_) => faults.push(Fault::parameter("by", "twice", format!("{word} stands twice"))),
                Err(_) => {
                    faults.push(Fault::parameter("by", "value", format!("any of {}", WorthBy::WORDS.join(", "))));
                }
            }
        }
        Failure::unless_empty(faults)?;
        Ok(Asked { span, by })
    }
}

/// What the work was worth in some months.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImpactView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    /// What the sums are told in.
    pub currency: Currency,
    /// A row for each kind of benefit, and for whatever else was asked. Rows of two kinds are never to be added.
    pub items: Vec<ImpactRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// What came of one kind. It carries the keys that were asked for. Months that are not over are in none of it.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImpactRow {
    pub benefit: Benefit,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub month: Option<Month>,
    /// A claim's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// A roadmap item's ref; null is what no item did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roadmap_item: Option<Option<String>>,
    /// The key of the component that the claim is about, else of the one that its method looks at; null where there is
    /// neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Option<String>>,
    #[serde(flatten)]
    pub sums: WorthSums,
    /// Months of claims that were added up; those that are only questioned, expected, unknown or not counted are not.
    pub counted: u64,
    /// Months of claims whose evidence is claimed by more than all of it: they are in no sum.
    pub not_counted: u64,
    /// Months of claims of which something is missing.
    pub unknown: u64,
}

/// Sums of one kind of benefit, in the product's currency: plain, and weighted by confidence. Losses are taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorthSums {
    /// What stakeholders accepted as it is now.
    #[schema(value_type = Sum)]
    pub accepted: Money,
    /// The same, each amount × the claim's confidence (low 0.5, medium 0.8, high 1); losses in full.
    #[schema(value_type = Sum)]
    pub accepted_weighted: Money,
    /// What is computed, and neither accepted nor questioned.
    #[schema(value_type = Sum)]
    pub realised: Money,
    #[schema(value_type = Sum)]
    pub realised_weighted: Money,
    /// What is computed, and doubted by its stakeholder; in none of the other sums.
    #[schema(value_type = Sum)]
    pub questioned: Money,
    /// What was expected of the claims for the same months.
    #[schema(value_type = Sum)]
    pub expected: Money,
    /// The losses in what is accepted and realised: never above 0.
    #[schema(value_type = Sum)]
    pub losses: Money,
    /// The part of what is accepted and realised that is freed working time of which nobody says where it went.
    #[schema(value_type = Sum)]
    pub unrealised: Money,
}

impl WorthSums {
    pub fn nothing(currency: Currency) -> Self {
        let nothing = Money::new(Decimal::ZERO, currency);
        Self {
            accepted: nothing,
            accepted_weighted: nothing,
            realised: nothing,
            realised_weighted: nothing,
            questioned: nothing,
            expected: nothing,
            losses: nothing,
            unrealised: nothing,
        }
    }

    /// The same amounts without digits that say nothing.
    pub fn settled(mut self) -> Self {
        let sums = [&mut self.accepted, &mut self.accepted_weighted, &mut self.realised, &mut self.realised_weighted];
        let others = [&mut self.questioned, &mut self.expected, &mut self.losses, &mut self.unrealised];
        sums.into_iter().chain(others).for_each(|sum| sum.amount = settle(sum.amount));
        self
    }

    /// Adds what a claim came to in a month, of one kind.
    pub fn add(&mut self, claim: &ImpactClaim, value: &MonthValue, benefit: Benefit) {
        let currency = self.accepted.currency;
        if benefit == claim.benefit
            && let Some(expected) = value.expected
        {
            self.expected.amount += expected.amount;
        }
        for part in value.parts_of(claim, currency).iter().filter(|part| part.benefit == benefit) {
            match value.standing {
                Standing::Accepted => {
                    self.accepted.amount += part.amount.amount;
                    self.accepted_weighted.amount += part.weighted.amount;
                }
                Standing::Realised => {
                    self.realised.amount += part.amount.amount;
                    self.realised_weighted.amount += part.weighted.amount;
                }
                Standing::Questioned => {
                    self.questioned.amount += part.amount.amount;
                    continue;
                }
                Standing::NotCounted | Standing::Unknown | Standing::Told => continue,
            }
            self.losses.amount += part.amount.amount.min(Decimal::ZERO);
            if part.unrealised {
                self.unrealised.amount += part.amount.amount;
            }
        }
    }
}

/// What a row is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    month: Option<Month>,
    claim: Option<String>,
    roadmap_item: Option<Option<String>>,
    component: Option<Option<String>>,
    benefit: Benefit,
}

impl Asked {
    /// Adds up what claims came to. `values` are of months that are over.
    pub fn answer(
        &self,
        claims: &[ImpactClaim],
        values: &BTreeMap<String, Vec<MonthValue>>,
        currency: Currency,
    ) -> ImpactView {
        let mut rows: BTreeMap<Key, ImpactRow> = BTreeMap::new();
        for claim in claims {
            for value in values.get(&claim.id).into_iter().flatten() {
                for benefit in kinds(claim, value, currency) {
                    let row = rows.entry(self.key(claim, value.month, benefit)).or_insert_with_key(|key| ImpactRow {
                        benefit,
                        month: key.month,
                        claim: key.claim.clone(),
                        roadmap_item: key.roadmap_item.clone(),
                        component: key.component.clone(),
                        sums: WorthSums::nothing(currency),
                        counted: 0,
                        not_counted: 0,
                        unknown: 0,
                    });
                    row.sums.add(claim, value, benefit);
                    match value.standing {
                        Standing::Accepted | Standing::Realised => row.counted += 1,
                        Standing::NotCounted => row.not_counted += 1,
                        Standing::Unknown => row.unknown += 1,
                        Standing::Questioned | Standing::Told => {}
                    }
                }
            }
        }
        let MonthSpan { from, to } = self.span;
        let items = rows.into_values().map(|row| ImpactRow { sums: row.sums.settled(), ..row });
        ImpactView { from, to, currency, items: items.collect(), next_cursor: None }
    }

    fn key(&self, claim: &ImpactClaim, month: Month, benefit: Benefit) -> Key {
        let has = |by| self.by.contains(&by);
        let component = claim.component.as_ref().or(claim.inputs.component.as_ref());
        Key {
            month: has(WorthBy::Month).then_some(month),
            claim: has(WorthBy::Claim).then(|| claim.id.clone()),
            roadmap_item: has(WorthBy::RoadmapItem).then(|| claim.roadmap_item.clone()),
            component: has(WorthBy::Component).then(|| component.cloned()),
            benefit,
        }
    }
}

/// The kinds of benefit of which a claim says something in a month: its own, and those that its method found. What is
/// only told has no figure of any kind.
pub fn kinds(claim: &ImpactClaim, value: &MonthValue, currency: Currency) -> BTreeSet<Benefit> {
    let found = value.parts_of(claim, currency).into_iter().map(|part| part.benefit);
    let own = claim.method.is_some() && (value.expected.is_some() || value.unknown.is_some());
    found.chain(own.then_some(claim.benefit)).collect()
}

#[cfg(test)]
pub mod tests;
