//! Whose cost it is that no entry says whose it is: rules, by what a bill says of a line.
//!
//! Rules apply in their order; the first that takes a line has it whole, and splits it among its targets. What a rule
//! brings is computed whenever it is asked for: no copy of an entry is ever kept.

pub mod api;
mod share;
pub mod store;
mod tags;

pub use share::{in_parts, of_parts, split};
pub use tags::MatchTags;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        money::Quantity,
        month::Month,
    },
    row,
};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// Whose cost it is that no entry says whose it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AllocationRule {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// Rules apply in this order; the first that takes a cost entry has it whole.
    pub order: i64,
    /// The first of the first month in which it is in force.
    pub valid_from: NaiveDate,
    /// The first of the first month in which it is in force no more; null while none is set.
    pub valid_to: Option<NaiveDate>,
    pub r#match: RuleMatch,
    /// Who bears what it takes, and how much of it: in sum all of it.
    pub targets: Vec<AllocationTarget>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(AllocationRule, "allocation-rules", product: product_id);

/// What a cost entry without a component has to say for a rule to take it: all that is given here, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct RuleMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500, nullable = false)]
    pub service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500, nullable = false)]
    pub sub_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2000, nullable = false)]
    pub resource_id: Option<String>,
    #[serde(default, skip_serializing_if = "MatchTags::is_empty")]
    pub tags: MatchTags,
}

/// A component that bears what a rule takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AllocationTarget {
    /// A component's key.
    pub component: String,
    #[schema(value_type = f64)]
    pub share: Quantity,
}

/// A page of a list of them.
pub type AllocationRulePage = Page<AllocationRule>;
/// Some of its properties, to be changed.
pub type AllocationRulePatch = Patch<NewAllocationRule>;

impl Listed for AllocationRule {
    const COLUMNS: &'static [Column] = &[
        Column::integer("order", "rule_order"),
        Column::date("valid_from", "valid_from"),
        Column::date("valid_to", "valid_to").or_null(),
        Column::any_of(
            "component",
            "SELECT l.component FROM allocation_targets l \
             WHERE l.product_id = allocation_rules.product_id AND l.rule = allocation_rules.id",
        ),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] =
        &["coalesce(service_name, '')", "coalesce(sub_account, '')", "coalesce(resource_id, '')", "tags"];
}

/// An allocation rule to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAllocationRule {
    /// Rules apply in this order. Two rules of one order are never in force in the same month.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub order: i64,
    /// The first of a month that is not published yet.
    pub valid_from: NaiveDate,
    /// The first of the month from which on it is in force no more; null: it goes on.
    pub valid_to: Option<NaiveDate>,
    pub r#match: RuleMatch,
    /// Who bears it, and how much of it: the shares sum to 1.
    #[schema(min_items = 1, max_items = 100)]
    pub targets: Vec<NewAllocationTarget>,
}

/// A component to bear what a rule takes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAllocationTarget {
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: String,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 1)]
    pub share: Quantity,
}

impl Patchable for NewAllocationRule {}

impl NewAllocationRule {
    /// `self` names components by key.
    ///
    /// # Errors
    /// 422 for days that begin no month, an end that is not after the beginning, a match of nothing, shares that do not
    /// sum to 1, and a component twice.
    pub fn into_row(self, product: &ProductId, head: Head) -> Result<AllocationRule, Failure> {
        Failure::unless_empty(self.faults())?;
        let target = |new: NewAllocationTarget| AllocationTarget { component: new.component, share: new.share };
        Ok(AllocationRule {
            id: head.id,
            product_id: product.as_str().to_owned(),
            order: self.order,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            r#match: self.r#match,
            targets: self.targets.into_iter().map(target).collect(),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (pointer, day) in [("/valid_from", Some(self.valid_from)), ("/valid_to", self.valid_to)] {
            if day.is_some_and(|day| day.day() != 1) {
                let detail = "rules are in force from the first of a month to the first of another";
                faults.push(Fault::at(pointer, "not_first_of_month", detail));
            }
        }
        if self.valid_to.is_some_and(|end| end <= self.valid_from) {
            faults.push(Fault::at("/valid_to", "before_start", "it ends after it has begun"));
        }
        if self.r#match == RuleMatch::default() {
            let detail = "at least one of service_name, sub_account, resource_id and tags";
            faults.push(Fault::at("/match", "required", detail));
        }
        let mut named = HashSet::new();
        for (at, target) in self.targets.iter().enumerate() {
            if !named.insert(target.component.as_str()) {
                let detail = format!("{} stands twice", target.component);
                faults.push(Fault::at(format!("/targets/{at}/component"), "repeated", detail));
            }
        }
        let sum: rust_decimal::Decimal = self.targets.iter().map(|target| target.share.get()).sum();
        if sum != rust_decimal::Decimal::ONE {
            let detail = format!("the shares sum to 1; these sum to {}", sum.normalize());
            faults.push(Fault::at("/targets", "sum", detail));
        }
        faults
    }
}

/// How many rules are in force in a month at most: each is asked of every line of a bill.
const MOST: usize = 200;

impl AllocationRule {
    /// Whether it is in force in a month: it was at the month's start.
    pub fn is_in_force(&self, month: Month) -> bool {
        self.valid_from <= month.first_day() && self.valid_to.is_none_or(|end| month.first_day() < end)
    }

    /// Whether there is a month in which both are in force.
    fn overlaps(&self, other: &Self) -> bool {
        self.valid_to.is_none_or(|end| other.valid_from < end) && other.valid_to.is_none_or(|end| self.valid_from < end)
    }

    /// When it was in force before a day, half-open.
    fn until(&self, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let end = self.valid_to.map_or(day, |end| end.min(day));
        (self.valid_from < end).then_some((self.valid_from, end))
    }

    /// Whether more rules than there may be are in force in a month in which this one is.
    fn is_one_too_many(&self, rules: &[Self]) -> bool {
        let others: Vec<&Self> = rules.iter().filter(|other| other.id != self.id && self.overlaps(other)).collect();
        // Most are in force in a month in which one of them begins.
        let begins = others.iter().map(|other| other.valid_from.max(self.valid_from)).chain([self.valid_from]);
        let in_force = |day| others.iter().filter(|other| other.is_in_force(Month::of(day))).count();
        others.len() >= MOST && begins.into_iter().any(|day| in_force(day) >= MOST)
    }

    /// The other that is of the same order and in force in the same month as this one.
    fn rival<'r>(&self, rules: &'r [Self]) -> Option<&'r Self> {
        rules.iter().find(|other| other.id != self.id && other.order == self.order && self.overlaps(other))
    }
}

/// That what is in force in published months does not differ: a rule that comes begins later, one that goes never was in
/// force, and one that was can only be ended, from a later month on.
///
/// # Errors
/// 409 for anything else.
fn require_past_kept(
    before: Option<&AllocationRule>,
    after: Option<&AllocationRule>,
    published: Option<Month>,
) -> Result<(), Failure> {
    let Some(published) = published else { return Ok(()) };
    let open = published.next().first_day();
    let past = |rule: Option<&AllocationRule>| {
        let rule = rule?;
        Some((rule.until(open)?, rule.order, rule.r#match.clone(), rule.targets.clone()))
    };
    match past(before) == past(after) {
        true => Ok(()),
        false => dated::require_open_month(published, Some(published)),
    }
}

#[cfg(test)]
mod tests;
