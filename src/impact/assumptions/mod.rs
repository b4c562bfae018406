//! The register of assumptions as it stands in a month: what is in force, who agreed to it, what is computed with it, and
//! where two amounts speak of one thing.

pub mod api;
pub mod store;

use super::{DriverKind, ImpactClaim, ValueDriver};
use crate::kernel::{clock::Instant, dated::in_force, money::Money, month::Month};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssumptionsQuery {
    /// The present month when left out.
    #[param(inline)]
    pub month: Option<Month>,
}

/// What a product's worth is computed with in a month.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AssumptionsView {
    #[schema(inline)]
    pub month: Month,
    /// Every value driver, by name.
    pub items: Vec<AssumptionRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// What a thing is taken to be worth.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AssumptionRow {
    /// The driver's id.
    pub value_driver: String,
    pub name: String,
    pub kind: DriverKind,
    /// What is in force at the month's start; null when nothing is.
    #[schema(value_type = Option<Money>)]
    pub amount: Option<Money>,
    pub valid_from: Option<NaiveDate>,
    /// When its stakeholder agreed to this amount; null while they have not.
    pub agreed_at: Option<Instant>,
    /// The id of who agrees to it.
    pub stakeholder: Option<String>,
    pub source: String,
    /// Ids of the claims that are computed with it in the month.
    pub claims: Vec<String>,
    /// Other drivers of its kind that are in force and speak of the same thing: which of them is right?
    pub overlaps: Vec<Overlap>,
}

/// Another driver that speaks of the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overlap {
    /// The other driver's id.
    pub value_driver: String,
    pub name: String,
    #[schema(value_type = Money)]
    pub amount: Money,
    /// Keys of the components of which both speak, by name or through an SLO of theirs.
    pub components: Vec<String>,
    /// Keys of the SLOs of which both speak.
    pub slos: Vec<String>,
}

/// The register in a month. `components_of` says of which component each SLO is, by the SLO's key.
pub fn assumptions(
    month: Month,
    mut drivers: Vec<ValueDriver>,
    claims: &[ImpactClaim],
    components_of: &BTreeMap<String, String>,
) -> AssumptionsView {
    drivers.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    let uses = |claim: &&ImpactClaim, driver: &ValueDriver| {
        claim.value_driver.as_deref() == Some(&driver.id) && claim.from <= month && month < claim.to
    };
    let row = |driver: &ValueDriver| {
        let there = in_force(&driver.amounts, month.first_day());
        AssumptionRow {
            value_driver: driver.id.clone(),
            name: driver.name.clone(),
            kind: driver.kind,
            amount: there.map(|amount| amount.money()),
            valid_from: there.map(|amount| amount.valid_from),
            agreed_at: there.and_then(|amount| amount.agreed_at),
            stakeholder: driver.stakeholder.clone(),
            source: driver.source.clone(),
            claims: claims.iter().filter(|claim| uses(claim, driver)).map(|claim| claim.id.clone()).collect(),
            overlaps: overlaps(driver, &drivers, month, components_of),
        }
    };
    AssumptionsView { month, items: drivers.iter().map(row).collect(), next_cursor: None }
}

/// The other drivers of a kind that are in force in a month and speak of the same component or SLO. A driver that speaks
/// of an SLO speaks of its component; two that speak of different SLOs of one component do not speak of the same.
pub fn overlaps(
    driver: &ValueDriver,
    drivers: &[ValueDriver],
    month: Month,
    components_of: &BTreeMap<String, String>,
) -> Vec<Overlap> {
    let amount = |driver: &ValueDriver| in_force(&driver.amounts, month.first_day()).map(|amount| amount.money());
    if amount(driver).is_none() {
        return Vec::new();
    }
    let others = drivers.iter().filter(|other| other.id != driver.id && other.kind == driver.kind);
    let overlap = |other: &ValueDriver| {
        let said = |one: &ValueDriver| -> BTreeSet<String> { one.components.iter().map(ToOwned::to_owned).collect() };
        let promised = |one: &ValueDriver| -> BTreeSet<String> {
            one.slos.iter().filter_map(|slo| components_of.get(slo).cloned()).collect()
        };
        let (mine, theirs) = (said(driver), said(other));
        let mut components = &mine & &theirs;
        components.extend(&promised(driver) & &theirs);
        components.extend(&mine & &promised(other));
        let their_slos: BTreeSet<&str> = other.slos.iter().collect();
        let slos: BTreeSet<&str> = driver.slos.iter().filter(|slo| their_slos.contains(slo)).collect();
        let amount = amount(other).filter(|_| !components.is_empty() || !slos.is_empty())?;
        Some(Overlap {
            value_driver: other.id.clone(),
            name: other.name.clone(),
            amount,
            components: components.into_iter().collect(),
            slos: slos.into_iter().map(ToOwned::to_owned).collect(),
        })
    };
    others.filter_map(overlap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        impact::NewValueDriver,
        kernel::{auth::ProductId, db::Head},
    };
    use serde_json::{Value, json};

    fn driver(id: &str, kind: &str, components: &[&str], slos: &[&str], from: &str) -> ValueDriver {
        let amounts = json!([{ "valid_from": from, "amount": { "amount": "10", "currency": "EUR" } }]);
        let body = json!({ "name": id, "kind": kind, "components": components, "slos": slos, "amounts": amounts });
        let new: NewValueDriver = serde_json::from_value(body).unwrap();
        let head = Head { id: id.to_owned(), ..Head::trial() };
        new.into_row(&ProductId::known("p".to_owned()), None, head).unwrap()
    }

    fn register(drivers: Vec<ValueDriver>) -> Value {
        let of = BTreeMap::from([("open".to_owned(), "shop".to_owned()), ("quick".to_owned(), "shop".to_owned())]);
        let view = assumptions("2026-10".parse().unwrap(), drivers, &[], &of);
        let rows = view.items.iter().map(|row| {
            let with = row.overlaps.iter().map(|one| json!([one.value_driver, one.components, one.slos]));
            json!([row.name, with.collect::<Vec<_>>()])
        });
        rows.collect()
    }

    #[test]
    fn two_drivers_of_a_kind_for_one_thing_are_flagged_on_both() {
        let found = register(vec![
            driver("a", "revenue_per_hour", &["shop"], &[], "2026-01-01"),
            driver("b", "revenue_per_hour", &["shop", "search"], &[], "2026-01-01"),
        ]);
        assert_eq!(found, json!([["a", [["b", ["shop"], []]]], ["b", [["a", ["shop"], []]]]]));
    }

    #[test]
    fn a_driver_of_an_slo_speaks_of_its_component_but_not_of_another_slo() {
        let found = register(vec![
            driver("component", "revenue_per_hour", &["shop"], &[], "2026-01-01"),
            driver("open", "revenue_per_hour", &[], &["open"], "2026-01-01"),
            driver("quick", "revenue_per_hour", &[], &["quick"], "2026-01-01"),
        ]);
        let with = |name: &str| json!([name, ["shop"], []]);
        let expected = json!([
            ["component", [with("open"), with("quick")]],
            ["open", [with("component")]],
            ["quick", [with("component")]],
        ]);
        assert_eq!(found, expected);
        let same = register(vec![
            driver("a", "per_unit", &[], &["open"], "2026-01-01"),
            driver("b", "per_unit", &[], &["open"], "2026-01-01"),
        ]);
        assert_eq!(same, json!([["a", [["b", [], ["open"]]]], ["b", [["a", [], ["open"]]]]]));
    }

    #[test]
    fn another_kind_another_thing_and_what_is_not_in_force_are_not_flagged() {
        let found = register(vec![
            driver("hour", "hour_of_work", &["shop"], &[], "2026-01-01"),
            driver("later", "revenue_per_hour", &["shop"], &[], "2026-11-01"),
            driver("now", "revenue_per_hour", &["shop"], &[], "2026-01-01"),
            driver("other", "revenue_per_hour", &["search"], &[], "2026-01-01"),
            driver("whole", "revenue_per_hour", &[], &[], "2026-01-01"),
        ]);
        assert_eq!(found, json!([["hour", []], ["later", []], ["now", []], ["other", []], ["whole", []]]));
    }
}
