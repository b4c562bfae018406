//! The SQL of allocation rules and their targets.

mod choice;
mod file;

pub use choice::{Choice, Chosen};
pub use file::{merge, plan};

use super::{
    AllocationRule, AllocationRulePatch, AllocationTarget, MOST, MatchTags, NewAllocationRule, RuleMatch,
    require_past_kept,
};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        money::Quantity,
        schema::{allocation_rules, allocation_targets},
        text::JsonText,
    },
    products,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::HashMap;

/// A rule without its targets.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = allocation_rules, treat_none_as_null = true)]
struct RuleRow {
    id: String,
    product_id: String,
    rule_order: i64,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    service_name: Option<String>,
    sub_account: Option<String>,
    resource_id: Option<String>,
    tags: JsonText<MatchTags>,
    created_at: Instant,
    updated_at: Instant,
    version: i64,
    change_number: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = allocation_targets)]
struct TargetRow {
    product_id: String,
    rule: String,
    position: i64,
    component: String,
    share: Quantity,
}

impl RuleRow {
    fn of(rule: &AllocationRule) -> Self {
        let asked = rule.r#match.clone();
        Self {
            id: rule.id.clone(),
            product_id: rule.product_id.clone(),
            rule_order: rule.order,
            valid_from: rule.valid_from,
            valid_to: rule.valid_to,
            service_name: asked.service_name,
            sub_account: asked.sub_account,
            resource_id: asked.resource_id,
            tags: JsonText::new(asked.tags),
            created_at: rule.created_at,
            updated_at: rule.updated_at,
            version: rule.version,
            change_number: rule.change_number,
        }
    }

    fn with(self, targets: Vec<AllocationTarget>) -> AllocationRule {
        AllocationRule {
            id: self.id,
            product_id: self.product_id,
            order: self.rule_order,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            r#match: RuleMatch {
                service_name: self.service_name,
                sub_account: self.sub_account,
                resource_id: self.resource_id,
                tags: self.tags.value().clone(),
            },
            targets,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            change_number: self.change_number,
        }
    }
}

/// The rules of those rows, in their order, with their targets.
fn with_targets(conn: &mut Conn, product: &ProductId, rows: Vec<RuleRow>) -> Result<Vec<AllocationRule>, Failure> {
    let mut targets: HashMap<String, Vec<AllocationTarget>> = HashMap::new();
    let all = allocation_targets::table
        .filter(allocation_targets::product_id.eq(product.as_str()))
        .order((allocation_targets::rule, allocation_targets::position))
        .select(TargetRow::as_select())
        .load(conn)?;
    for TargetRow { rule, component, share, .. } in all {
        targets.entry(rule).or_default().push(AllocationTarget { component, share });
    }
    let with = |row: RuleRow| {
        let targets = targets.remove(&row.id).unwrap_or_default();
        row.with(targets)
    };
    Ok(rows.into_iter().map(with).collect())
}

pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<AllocationRule>,
) -> Result<Page<AllocationRule>, Failure> {
    let rows = allocation_rules::table
        .filter(allocation_rules::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(RuleRow::as_select())
        .load(conn)?;
    list.page(with_targets(conn, product, rows)?)
}

/// Every rule, in the order in which they apply.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<AllocationRule>, Failure> {
    let rows = allocation_rules::table
        .filter(allocation_rules::product_id.eq(product.as_str()))
        .order((allocation_rules::rule_order, allocation_rules::valid_from, allocation_rules::id))
        .select(RuleRow::as_select())
        .load(conn)?;
    with_targets(conn, product, rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<AllocationRule, Failure> {
    let row = allocation_rules::table
        .filter(allocation_rules::product_id.eq(product.as_str()))
        .filter(allocation_rules::id.eq(id))
        .select(RuleRow::as_select())
        .first(conn)?;
    with_targets(conn, product, vec![row])?.pop().ok_or(Failure::NotFound)
}

/// # Errors
/// 422 for an unknown component, 409 for a published month and a month in which another of its order is in force.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewAllocationRule) -> Result<AllocationRule, Failure> {
    let rule = resolved(tx, product, new)?.into_row(product, tx.new_head())?;
    require_allowed(tx, product, None, Some(&rule))?;
    write_new(tx, &rule)?;
    tx.created(&rule)?;
    Ok(rule)
}

/// # Errors
/// As [`insert`]; what is in force in a published month stays.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &AllocationRulePatch,
) -> Result<AllocationRule, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let after = resolved(tx, product, patch.apply(&before)?)?.into_row(product, tx.next_head(&before))?;
    require_allowed(tx, product, Some(&before), Some(&after))?;
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when it was in force in a published month.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    require_allowed(tx, product, Some(&before), None)?;
    clear_targets(tx, &before)?;
    let same = allocation_rules::table.filter(allocation_rules::id.eq(id));
    let same = same.filter(allocation_rules::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// The same with its components by key.
fn resolved(tx: &mut Tx<'_>, product: &ProductId, mut new: NewAllocationRule) -> Result<NewAllocationRule, Failure> {
    let (known, mut faults) = (components::store::names(tx, product)?, Vec::new());
    for (at, target) in new.targets.iter_mut().enumerate() {
        match known.get(&target.component) {
            Some(key) => target.component.clone_from(key),
            None => faults.push(Fault::unknown_reference(format!("/targets/{at}/component"))),
        }
    }
    Failure::unless_empty(faults).map(|()| new)
}

/// Asked in the change itself: a report may have been published, or another rule made, since the request began.
fn require_allowed(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: Option<&AllocationRule>,
    after: Option<&AllocationRule>,
) -> Result<(), Failure> {
    tx.alone_in(product)?;
    require_past_kept(before, after, products::store::find(tx, product)?.published_through)?;
    let Some(after) = after else { return Ok(()) };
    require_together(after, &all(tx, product)?)
}

/// # Errors
/// 409 for a rule that cannot be in force beside the others.
fn require_together(rule: &AllocationRule, all: &[AllocationRule]) -> Result<(), Failure> {
    match rule.rival(all) {
        Some(rival) => Err(overlap(rival)),
        None if rule.is_one_too_many(all) => {
            Err(Failure::conflict("too_many", format!("at most {MOST} rules are in force in one month")))
        }
        None => Ok(()),
    }
}

fn overlap(rival: &AllocationRule) -> Failure {
    let end = rival.valid_to.map_or_else(|| "on".to_owned(), |end| format!("to {end}"));
    let detail = format!("another rule of order {} is in force from {} {end}", rival.order, rival.valid_from);
    Failure::conflict("overlaps", detail)
}

fn write_new(tx: &mut Tx<'_>, rule: &AllocationRule) -> Result<(), Failure> {
    diesel::insert_into(allocation_rules::table).values(RuleRow::of(rule)).execute(&mut **tx)?;
    write_targets(tx, rule)
}

fn write_over(tx: &mut Tx<'_>, before: &AllocationRule, after: &AllocationRule) -> Result<(), Failure> {
    let same = allocation_rules::table.filter(allocation_rules::id.eq(&before.id));
    let same = same.filter(allocation_rules::version.eq(before.version));
    require_changed(diesel::update(same).set(RuleRow::of(after)).execute(&mut **tx)?)?;
    if before.targets != after.targets {
        clear_targets(tx, before)?;
        write_targets(tx, after)?;
    }
    Ok(())
}

fn write_targets(tx: &mut Tx<'_>, rule: &AllocationRule) -> Result<(), Failure> {
    for (position, target) in (0_i64..).zip(&rule.targets) {
        let row = TargetRow {
            product_id: rule.product_id.clone(),
            rule: rule.id.clone(),
            position,
            component: target.component.clone(),
            share: target.share,
        };
        diesel::insert_into(allocation_targets::table).values(row).execute(&mut **tx)?;
    }
    Ok(())
}

fn clear_targets(tx: &mut Tx<'_>, rule: &AllocationRule) -> Result<(), Failure> {
    let mine = allocation_targets::table
        .filter(allocation_targets::product_id.eq(&rule.product_id))
        .filter(allocation_targets::rule.eq(&rule.id));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}
