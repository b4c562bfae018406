//! Allocation rules that come by file.

use super::{all, require_together, write_new, write_over};
use crate::{
    components,
    costs::allocation::{AllocationRule, NewAllocationRule, require_past_kept},
    kernel::{
        auth::ProductId,
        db::{Conn, Head, Tx},
        failure::{Failure, Fault},
        merge::{Given, Merge, by_line},
    },
    products::Product,
};
use std::collections::HashMap;

/// How given rules meet those that are there: named by order and first month.
///
/// # Errors
/// 422 by line, also for two rules of one order that would be in force in the same month.
pub fn plan(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewAllocationRule>],
) -> Result<Merge<AllocationRule, NewAllocationRule>, Failure> {
    let (id, there) = (product.product_id(), all(conn, &product.product_id())?);
    let known = components::store::names(conn, &id)?;
    let mut rules: HashMap<_, _> = there.iter().map(|rule| ((rule.order, rule.valid_from), rule.clone())).collect();
    let merge = Merge::plan(
        there,
        given,
        |row| (row.order, row.valid_from),
        |new| (new.order, new.valid_from),
        |new, head| new.into_row(&id, head),
        |row| {
            let missing = row.targets.iter().filter(|target| known.get(&target.component) != Some(&target.component));
            let fault =
                |key: &String| Fault::at("/targets", "unknown_reference", format!("there is no component {key}"));
            Failure::unless_empty(missing.map(|target| fault(&target.component)).collect())?;
            let before = rules.get(&(row.order, row.valid_from));
            require_past_kept(before, Some(row), product.published_through)
        },
    )?;
    // Only as they will be all together: a line may make room for the next one.
    let news = merge.created.iter().chain(merge.changed.iter().map(|(_, new)| new));
    for (nth, new) in news.enumerate() {
        let rule = new.clone().into_row(&id, Head { id: format!("new {nth}"), ..Head::trial() })?;
        rules.insert((rule.order, rule.valid_from), rule);
    }
    let rules: Vec<_> = rules.into_values().collect();
    let mut faults = Vec::new();
    for one in given {
        let rule = rules.iter().find(|rule| (rule.order, rule.valid_from) == (one.new.order, one.new.valid_from));
        if let Some(Err(failure)) = rule.map(|rule| require_together(rule, &rules)) {
            faults.extend(by_line(failure, one.line)?);
        }
    }
    Failure::unless_empty(faults).map(|()| merge)
}

/// Writes what an import brings; the import records the event.
pub fn merge(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<AllocationRule, NewAllocationRule>,
) -> Result<(), Failure> {
    for new in merge.created {
        let rule = new.into_row(product, tx.new_head())?;
        write_new(tx, &rule)?;
    }
    for (before, new) in merge.changed {
        let rule = new.into_row(product, tx.next_head(&before))?;
        write_over(tx, &before, &rule)?;
    }
    Ok(())
}
