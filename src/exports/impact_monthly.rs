//! `impact_monthly`: what each claim was worth, month by month.

use super::{
    CURRENCY, DELETED_AT, Dataset, DatasetColumn as Column, IS_FINAL, PRODUCT, REVISION, Selection, Sheet, published,
};
use crate::{
    impact::{
        ImpactClaim, claims,
        value::{self, MonthValue, store::grounds},
    },
    kernel::{db::Conn, failure::Failure, month::Month},
    products::Product,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

pub const DATASET: Dataset = Dataset {
    name: "impact_monthly",
    title: "Worth of impact claims by month",
    description: "What each claim that has a method was worth in each of its months that are over: a row for each kind \
                  of benefit. Kinds are never to be added to each other, and only rows that are counted are to be \
                  added at all.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("claim", "The claim's id.").naming("impact_claims", "id"),
        Column::text("title", "What is claimed."),
        Column::month("month", "The month, in the product's time zone."),
        Column::text(
            "benefit",
            "`cash_released`, `cost_avoided`, `revenue_protected`, `capacity_freed`, `risk_reduced` or `qualitative`; \
             never added across kinds.",
        ),
        Column::number("amount", "currency", "Method × attribution, exact; negative for a loss, empty when unknown.")
            .or_null(),
        Column::number("weighted", "currency", "The amount × confidence, exact; a loss in full.").or_null(),
        CURRENCY,
        Column::boolean("unrealised", "Whether it is freed working time of which nobody says what it went into."),
        Column::boolean(
            "counted",
            "Whether it may be added up: it is known, and its evidence is not claimed by more than all of it.",
        ),
        Column::boolean("accepted", "Whether the stakeholder has accepted it as it is now, and it counts."),
        Column::text("unknown", "What is missing; empty when it is known.").or_null(),
        IS_FINAL,
        REVISION,
    ],
    key: &["claim", "month", "benefit"],
    period: Some("month"),
    rows,
};

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let id = product.product_id();
    let (zone, now) = (product.zone()?, selection.now.utc());
    let all = claims::store::all(conn, &id)?;
    let first = all.iter().map(|claim| claim.from).min();
    let last = all.iter().map(|claim| claim.to).max();
    let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
    let (from, to) = selection.months();
    let first = from.map_or(first, |from| first.max(from));
    // The month that goes on now is not over, nor is any later one.
    let last = to.map_or(last, |to| last.min(to)).min(Month::at(now, zone));
    if first >= last {
        return Ok(());
    }
    let months: Vec<Month> = first.up_to(last).collect();
    let values = value::values(&all, &grounds(conn, &id, selection.now, &all, first, last)?, &months);
    let revisions = published::revisions(conn, product)?;
    let mut told = BTreeMap::new();
    for month in months {
        told.insert(month, published::told(conn, revisions.get(&month), "impact.claim.%")?);
    }
    for claim in &all {
        for value in values.get(&claim.id).into_iter().flatten() {
            let (revision, facts) = told.get(&value.month).map_or((0, None), |(number, facts)| (*number, Some(facts)));
            put(product, claim, value, revision, facts, sheet)?;
        }
    }
    Ok(())
}

fn put(
    product: &Product,
    claim: &ImpactClaim,
    value: &MonthValue,
    revision: i64,
    facts: Option<&BTreeMap<String, Decimal>>,
    sheet: &mut Sheet<'_>,
) -> Result<(), Failure> {
    for part in value.parts_of(claim, product.currency) {
        let fact = facts.and_then(|facts| facts.get(&format!("impact.claim.{}.{}", claim.id, part.benefit)));
        sheet.row().put(claim.id.as_str()).put(claim.title.as_str()).put(value.month.as_text());
        sheet.put(part.benefit.as_text()).put(part.amount.amount).put(part.weighted.amount);
        sheet.put(part.amount.currency.as_text()).put(part.unrealised).put(value.counted).put(value.accepted);
        sheet.put(None::<&str>).put(fact == Some(&part.amount.amount)).put(revision).end()?;
    }
    if let Some(why) = &value.unknown {
        sheet.row().put(claim.id.as_str()).put(claim.title.as_str()).put(value.month.as_text());
        sheet.put(claim.benefit.as_text()).put(None::<Decimal>).put(None::<Decimal>);
        sheet.put(product.currency.as_text()).put(false).put(false).put(false);
        sheet.put(Some(why.as_str())).put(false).put(revision).end()?;
    }
    Ok(())
}
