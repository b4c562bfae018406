//! Gathering the roadmap's picture from the chapters' own stores.

use super::{PlanBy, Planned, RoadmapPicture, last_quarter};
use crate::{
    kernel::{clock::Instant, db::Conn, failure::Failure, month::start_of},
    personas,
    products::Product,
    roadmap::{
        self,
        store::{Step, changes},
    },
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The roadmap as it is on a day. Read it in a snapshot.
pub fn read(
    conn: &mut Conn,
    product: &Product,
    (now, today): (Instant, NaiveDate),
    by: PlanBy,
) -> Result<RoadmapPicture, Failure> {
    let id = product.product_id();
    let mut items = roadmap::store::all(conn, &id)?;
    items.sort_by(|one, other| one.rank.cmp(&other.rank));
    let personas = personas::store::all(conn, &id)?.into_iter().map(|one| (one.id, one.name)).collect();
    let since = last_quarter(today, product.fiscal_year_start);
    let since = Instant::from(start_of(since, product.zone()?));
    // The first step of a target tells what it was before.
    let mut before: BTreeMap<String, NaiveDate> = BTreeMap::new();
    for change in changes(conn, &id, since, now)? {
        if let Step::Target(Some(was), Some(_)) = change.step
            && let Ok(was) = was.parse()
        {
            before.entry(change.item).or_insert(was);
        }
    }
    let year_start = product.fiscal_year_start;
    Ok(Planned { today, year_start, items, personas: &personas, targets_before: &before }.picture(by))
}
