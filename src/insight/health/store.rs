//! Gathering what the roadmap is judged by, from the chapters' own stores.

use super::{Gathered, RoadmapHealth, WORK_COUNTS_FOR};
use crate::{
    components, effort, impact,
    kernel::{auth::ProductId, db::Conn, failure::Failure, month::Week},
    roadmap,
};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// What is wrong with the roadmap on a day. Read it in a snapshot.
pub fn health(conn: &mut Conn, product: &ProductId, today: NaiveDate) -> Result<RoadmapHealth, Failure> {
    let since = today.checked_sub_days(WORK_COUNTS_FOR).unwrap_or(today);
    let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
    // The week in which the four begin counts whole: shares say nothing of days.
    let shares = effort::store::shares(conn, product, Week::of(since), Week::of(today).plus(1))?;
    let activities = effort::store::activities(conn, product, since, tomorrow)?;
    let worked = shares.into_iter().map(|share| share.roadmap_item);
    let worked = worked.chain(activities.into_iter().map(|activity| activity.roadmap_item));
    let claims = impact::claims::store::all(conn, product)?;
    let gathered = Gathered {
        items: roadmap::store::all(conn, product)?,
        worked: worked.flatten().collect(),
        claimed: claims.into_iter().filter_map(|claim| claim.roadmap_item).collect::<BTreeSet<String>>(),
        recoveries: components::store::recoveries(conn, product, today)?.items,
    };
    Ok(RoadmapHealth::judged(&gathered, today))
}
