//! `allocation_rules`: who bears common cost.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row,
    word::{Moment, Word},
};
use crate::{
    kernel::{
        db::Conn,
        failure::Failure,
        money::Quantity,
        schema::{allocation_rules, allocation_targets},
    },
    products::Product,
};
use chrono::NaiveDate;
use diesel::prelude::*;

pub const DATASET: Dataset = Dataset {
    name: "allocation_rules",
    title: "Allocation rules",
    description: "Who bears the cost that no entry says whose it is: a row for each component that a rule names, with its \
                  share. Of the rules in force in a month, the first in `order` that takes a cost entry has it whole. What \
                  a component bears by them stands in `maintenance_cost_monthly`.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID.saying("The rule's id, which never changes; each of its components has it."),
        Column::integer("order", "Rules apply in this order."),
        Column::date("valid_from", "The first of the first month in which it is in force."),
        Column::date(
            "valid_to",
            "The first of the first month in which it is in force no more; empty while none is set.",
        )
        .or_null(),
        Column::text("service_name", "The service that an entry is for; empty where any will do.").or_null(),
        Column::text("sub_account", "The sub-account of an entry; empty where any will do.").or_null(),
        Column::text("resource_id", "The resource that an entry is for; empty where any will do.").or_null(),
        Column::text("tags", "The tags of an entry and their values, as a JSON object."),
        Column::text("component", "Who bears the share.").naming("components", "key"),
        Column::number("share", "share", "How much of what the rule takes; the shares of a rule sum to 1."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id", "component"],
    period: None,
    rows,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = allocation_rules)]
struct RuleRow {
    id: Word,
    rule_order: i64,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    service_name: Option<Word>,
    sub_account: Option<Word>,
    resource_id: Option<Word>,
    tags: Word,
    created_at: Moment,
    updated_at: Moment,
    version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = allocation_targets)]
struct TargetRow {
    component: Word,
    share: Quantity,
}

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let of_rule = allocation_targets::rule
        .eq(allocation_rules::id)
        .and(allocation_targets::product_id.eq(allocation_rules::product_id));
    let mine = allocation_rules::table
        .inner_join(allocation_targets::table.on(of_rule))
        .filter(allocation_rules::product_id.eq(&product.id))
        .order((allocation_rules::rule_order, allocation_rules::valid_from, allocation_targets::position));
    type Row = (RuleRow, TargetRow);
    each_row!(conn, mine.select((RuleRow::as_select(), TargetRow::as_select())), |row: Row| {
        let (rule, target) = row;
        sheet.row().put(&rule.id).put(rule.rule_order).put(rule.valid_from).put(rule.valid_to);
        sheet.put(rule.service_name.as_ref()).put(rule.sub_account.as_ref()).put(rule.resource_id.as_ref());
        sheet.put(&rule.tags).put(&target.component).put(target.share);
        sheet.put(rule.created_at).put(rule.updated_at).put(rule.version).end()?;
    });
    Ok(())
}
