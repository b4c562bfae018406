//! The SQL of weeks of effort and of activities.

use super::{Activity, ActivityPatch, EffortShare, EffortWeek, Named, NewActivity, NewEffortWeek, checked};
use crate::{
    components, incidents,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Head, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, IfNoneMatch, List, Page},
        merge::{Given, Merge},
        month::{MonthSpan, Week},
        schema::{activities, effort_shares, effort_weeks},
    },
    products::{self, TeamMember},
    roadmap,
};
use chrono::NaiveDate;
use diesel::{dsl::max, prelude::*};
use std::collections::HashMap;

/// A week and its checked rows.
pub type WeekOfShares = (Week, Vec<EffortShare>);

/// A week's own row, without its shares.
type WeekRow = (String, Week, Instant, Instant, i64, i64);

const WEEK_COLUMNS: (
    effort_weeks::id,
    effort_weeks::week,
    effort_weeks::created_at,
    effort_weeks::updated_at,
    effort_weeks::version,
    effort_weeks::change_number,
) = (
    effort_weeks::id,
    effort_weeks::week,
    effort_weeks::created_at,
    effort_weeks::updated_at,
    effort_weeks::version,
    effort_weeks::change_number,
);

fn assembled(product: &ProductId, row: WeekRow, shares: &[EffortShare]) -> EffortWeek {
    let (id, week, created_at, updated_at, version, change_number) = row;
    let mine: Vec<_> = shares.iter().filter(|share| share.week == week).cloned().collect();
    let head = Head { id, created_at, updated_at, version, change_number };
    EffortWeek::new(product.as_str(), week, &mine, head)
}

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<EffortWeek>) -> Result<Page<EffortWeek>, Failure> {
    let rows: Vec<WeekRow> = effort_weeks::table
        .filter(effort_weeks::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(WEEK_COLUMNS)
        .load(conn)?;
    let weeks: Vec<_> = rows.iter().map(|row| row.1).collect();
    let shares = effort_shares::table
        .filter(effort_shares::product_id.eq(product.as_str()))
        .filter(effort_shares::week.eq_any(weeks))
        .order((effort_shares::week, effort_shares::position))
        .select(EffortShare::as_select())
        .load(conn)?;
    list.page(rows.into_iter().map(|row| assembled(product, row, &shares)).collect())
}

pub fn find(conn: &mut Conn, product: &ProductId, week: Week) -> Result<EffortWeek, Failure> {
    let row: WeekRow = effort_weeks::table
        .filter(effort_weeks::product_id.eq(product.as_str()))
        .filter(effort_weeks::week.eq(week))
        .select(WEEK_COLUMNS)
        .first(conn)?;
    let shares = shares(conn, product, week, week.plus(1))?;
    Ok(assembled(product, row, &shares))
}

/// A week, where it is written.
pub fn written(conn: &mut Conn, product: &ProductId, week: Week) -> Result<Option<EffortWeek>, Failure> {
    match find(conn, product, week) {
        Err(Failure::NotFound) => Ok(None),
        found => found.map(Some),
    }
}

/// The shares of the weeks from one up to, but not including, another.
pub fn shares(conn: &mut Conn, product: &ProductId, from: Week, to: Week) -> Result<Vec<EffortShare>, Failure> {
    Ok(effort_shares::table
        .filter(effort_shares::product_id.eq(product.as_str()))
        .filter(effort_shares::monday.ge(from.monday()))
        .filter(effort_shares::monday.lt(to.monday()))
        .order((effort_shares::monday, effort_shares::position))
        .select(EffortShare::as_select())
        .load(conn)?)
}

/// What is written down of the weeks with a working day in some months, and whose hours they are.
pub fn worked(
    conn: &mut Conn,
    product: &ProductId,
    span: MonthSpan,
) -> Result<(Vec<EffortShare>, Vec<TeamMember>), Failure> {
    let (first, last) = (Week::of(span.from.first_day()), Week::of(span.to.first_day()));
    Ok((shares(conn, product, first, last.plus(1))?, products::store::team(conn, product)?))
}

/// The day of each component's last activity before a day.
pub fn last_activities(
    conn: &mut Conn,
    product: &ProductId,
    before: NaiveDate,
) -> Result<HashMap<String, NaiveDate>, Failure> {
    let last: Vec<(Option<String>, Option<NaiveDate>)> = activities::table
        .filter(activities::product_id.eq(product.as_str()))
        .filter(activities::done_on.lt(before))
        .group_by(activities::component)
        .select((activities::component, max(activities::done_on)))
        .load(conn)?;
    Ok(last.into_iter().filter_map(|(component, on)| component.zip(on)).collect())
}

/// Writes a week whole.
///
/// # Errors
/// 412 when what is there is not what the caller expects, 422 for what is wrong with the week.
pub fn put(
    tx: &mut Tx<'_>,
    product: &ProductId,
    week: Week,
    expected: IfNoneMatch,
    new: &NewEffortWeek,
) -> Result<EffortWeek, Failure> {
    let before = written(tx, product, week)?;
    expected.check(before.as_ref())?;
    let team = products::store::team(tx, product)?;
    let known = named(tx, product)?;
    let rows = checked(new, product.as_str(), week, &team, &known)?;
    let after = write(tx, product, week, before.as_ref(), &rows).map_err(|failure| match failure {
        // On PostgreSQL somebody may have written the week since it was looked for.
        Failure::Conflict { code: "exists", .. } => Failure::Stale,
        other => other,
    })?;
    match &before {
        Some(before) => tx.updated(before, &after)?,
        None => tx.created(&after)?,
    }
    Ok(after)
}

/// What shares may name.
pub fn named(conn: &mut Conn, product: &ProductId) -> Result<Named, Failure> {
    let components = components::store::names(conn, product)?;
    Ok(Named { components, roadmap_items: roadmap::store::names(conn, product)? })
}

/// Puts a week's checked rows in place of what is there; the caller records it.
pub fn write(
    tx: &mut Tx<'_>,
    product: &ProductId,
    week: Week,
    before: Option<&EffortWeek>,
    rows: &[EffortShare],
) -> Result<EffortWeek, Failure> {
    let head = before.map_or_else(|| tx.new_head(), |before| tx.next_head(before));
    let after = EffortWeek::new(product.as_str(), week, rows, head);
    match before {
        None => {
            diesel::insert_into(effort_weeks::table)
                .values((
                    effort_weeks::id.eq(&after.id),
                    effort_weeks::product_id.eq(product.as_str()),
                    effort_weeks::week.eq(week),
                    effort_weeks::monday.eq(week.monday()),
                    effort_weeks::created_at.eq(after.created_at),
                    effort_weeks::updated_at.eq(after.updated_at),
                    effort_weeks::version.eq(after.version),
                    effort_weeks::change_number.eq(after.change_number),
                ))
                .execute(&mut **tx)?;
        }
        Some(before) => {
            let same = effort_weeks::table
                .filter(effort_weeks::id.eq(&before.id))
                .filter(effort_weeks::version.eq(before.version));
            let set = (
                effort_weeks::updated_at.eq(after.updated_at),
                effort_weeks::version.eq(after.version),
                effort_weeks::change_number.eq(after.change_number),
            );
            require_changed(diesel::update(same).set(set).execute(&mut **tx)?)?;
            delete_shares(tx, product, week)?;
        }
    }
    for row in rows {
        diesel::insert_into(effort_shares::table).values(row).execute(&mut **tx)?;
    }
    Ok(after)
}

/// The latest week before another that is written.
pub fn last_before(conn: &mut Conn, product: &ProductId, week: Week) -> Result<Option<Week>, Failure> {
    Ok(effort_weeks::table
        .filter(effort_weeks::product_id.eq(product.as_str()))
        .filter(effort_weeks::monday.lt(week.monday()))
        .order(effort_weeks::monday.desc())
        .select(effort_weeks::week)
        .first(conn)
        .optional()?)
}

/// Copies the latest earlier week into one that is not written yet, for those who are still there.
///
/// # Errors
/// 409 when the week is written already, or there is no earlier one.
pub fn repeat(tx: &mut Tx<'_>, product: &ProductId, week: Week) -> Result<EffortWeek, Failure> {
    if written(tx, product, week)?.is_some() {
        return Err(Failure::conflict("exists", format!("{week} is written already")));
    }
    let last = last_before(tx, product, week)?
        .ok_or_else(|| Failure::conflict("nothing_to_repeat", format!("no week before {week} is written")))?;
    let team = products::store::team(tx, product)?;
    let there = |person: &str| team.iter().any(|member| member.id == person && member.is_there_in(week));
    let mut entries = find(tx, product, last)?.entries;
    entries.retain(|entry| entry.person.as_deref().is_none_or(there));
    put(tx, product, week, IfNoneMatch::Nothing, &NewEffortWeek { entries })
}

pub fn delete(tx: &mut Tx<'_>, product: &ProductId, week: Week, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, week)?;
    seen.check(&before)?;
    delete_shares(tx, product, week)?;
    let same =
        effort_weeks::table.filter(effort_weeks::id.eq(&before.id)).filter(effort_weeks::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// The weeks from one up to, but not including, another.
pub fn weeks(conn: &mut Conn, product: &ProductId, from: Week, to: Week) -> Result<Vec<EffortWeek>, Failure> {
    let rows: Vec<WeekRow> = effort_weeks::table
        .filter(effort_weeks::product_id.eq(product.as_str()))
        .filter(effort_weeks::monday.ge(from.monday()))
        .filter(effort_weeks::monday.lt(to.monday()))
        .select(WEEK_COLUMNS)
        .load(conn)?;
    let mut by_week: HashMap<Week, Vec<EffortShare>> = HashMap::new();
    for share in shares(conn, product, from, to)? {
        by_week.entry(share.week).or_default().push(share);
    }
    let of = |week: Week| by_week.get(&week).map_or(&[][..], Vec::as_slice);
    Ok(rows
        .into_iter()
        .map(|row| {
            let shares = of(row.1);
            assembled(product, row, shares)
        })
        .collect())
}

/// Writes the weeks that an import brings, each whole; the import records the event.
pub fn merge_weeks(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<EffortWeek, WeekOfShares>,
) -> Result<(), Failure> {
    for (week, rows) in merge.created {
        write(tx, product, week, None, &rows)?;
    }
    for (before, (week, rows)) in merge.changed {
        write(tx, product, week, Some(&before), &rows)?;
    }
    Ok(())
}

fn delete_shares(tx: &mut Tx<'_>, product: &ProductId, week: Week) -> Result<(), Failure> {
    let mine = effort_shares::table
        .filter(effort_shares::product_id.eq(product.as_str()))
        .filter(effort_shares::week.eq(week));
    diesel::delete(mine).execute(&mut **tx)?;
    Ok(())
}

pub fn page_of_activities(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<Activity>,
) -> Result<Page<Activity>, Failure> {
    let rows = activities::table
        .filter(activities::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Activity::as_select())
        .load(conn)?;
    list.page(rows)
}

/// All activities, in order.
pub fn all_activities(conn: &mut Conn, product: &ProductId) -> Result<Vec<Activity>, Failure> {
    Ok(activities::table
        .filter(activities::product_id.eq(product.as_str()))
        .order((activities::done_on, activities::id))
        .select(Activity::as_select())
        .load(conn)?)
}

/// The activities from a day up to, but not including, another, in order.
pub fn activities(
    conn: &mut Conn,
    product: &ProductId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Activity>, Failure> {
    Ok(activities::table
        .filter(activities::product_id.eq(product.as_str()))
        .filter(activities::done_on.ge(from))
        .filter(activities::done_on.lt(to))
        .order((activities::done_on, activities::id))
        .select(Activity::as_select())
        .load(conn)?)
}

pub fn find_activity(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Activity, Failure> {
    Ok(activities::table
        .filter(activities::product_id.eq(product.as_str()))
        .filter(activities::id.eq(id))
        .select(Activity::as_select())
        .first(conn)?)
}

pub fn insert_activity(tx: &mut Tx<'_>, product: &ProductId, new: NewActivity) -> Result<Activity, Failure> {
    let component = resolve(tx, product, &new)?;
    let mut new = with_incident(tx, product, new)?;
    new.roadmap_item = roadmap::store::resolve(tx, product, new.roadmap_item.as_deref())?;
    let row = new.into_row(product, component, tx.new_head())?;
    diesel::insert_into(activities::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update_activity(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &ActivityPatch,
) -> Result<Activity, Failure> {
    let before = find_activity(tx, product, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = resolve(tx, product, &new)?;
    let mut new = with_incident(tx, product, new)?;
    new.roadmap_item = roadmap::store::resolve(tx, product, new.roadmap_item.as_deref())?;
    let after = new.into_row(product, component, tx.next_head(&before))?;
    let same = activities::table.filter(activities::id.eq(id)).filter(activities::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete_activity(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find_activity(tx, product, id)?;
    seen.check(&before)?;
    let same = activities::table.filter(activities::id.eq(id)).filter(activities::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

fn resolve(tx: &mut Tx<'_>, product: &ProductId, new: &NewActivity) -> Result<Option<String>, Failure> {
    let name = new.component.as_deref();
    name.map(|name| components::store::resolve(tx, product, "/component", name)).transpose()
}

/// The same with its incident by id.
///
/// # Errors
/// 422 for an unknown one.
fn with_incident(tx: &mut Tx<'_>, product: &ProductId, new: NewActivity) -> Result<NewActivity, Failure> {
    let name = new.incident.as_deref();
    let incident = name.map(|name| incidents::store::resolve(tx, product, "/incident", name)).transpose()?;
    Ok(NewActivity { incident, ..new })
}

/// [`with_incident`] for many, of the names that there are.
fn with_known_incident(incidents: &HashMap<String, String>, new: NewActivity) -> Result<NewActivity, Failure> {
    let unknown = || Failure::Invalid(vec![Fault::unknown_reference("/incident")]);
    let id = |name: &String| incidents.get(name).cloned().ok_or_else(unknown);
    let incident = new.incident.as_ref().map(id).transpose()?;
    Ok(NewActivity { incident, ..new })
}

/// How given activities meet those that are there: named by day, component and summary. They may answer incidents that the
/// file itself brings, by their external ids.
pub fn plan_activities(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewActivity>],
    brought: &[String],
) -> Result<Merge<Activity, NewActivity>, Failure> {
    let known = components::store::names(conn, product)?;
    let mut incidents = incidents::store::names(conn, product)?;
    for name in brought {
        incidents.entry(name.clone()).or_insert_with(|| name.clone());
    }
    let items = roadmap::store::names(conn, product)?;
    let there = all_activities(conn, product)?;
    Merge::plan(
        there,
        given,
        |row| (row.on, row.component.clone(), row.summary.clone()),
        |new| (new.on, new.component.clone(), new.summary.clone()),
        |new, head| {
            let component = new.component.clone();
            with_known_incident(&incidents, new)?.into_row(product, component, head)
        },
        |row| {
            components::store::require_known(&known, row.component.as_deref())?;
            roadmap::store::require_known(&items, row.roadmap_item.as_deref())
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_activities(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<Activity, NewActivity>,
) -> Result<(), Failure> {
    let incidents = incidents::store::names(tx, product)?;
    for new in merge.created {
        let component = new.component.clone();
        let row = with_known_incident(&incidents, new)?.into_row(product, component, tx.new_head())?;
        diesel::insert_into(activities::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let component = new.component.clone();
        let row = with_known_incident(&incidents, new)?.into_row(product, component, tx.next_head(&before))?;
        let same = activities::table.filter(activities::id.eq(&row.id));
        let same = same.filter(activities::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
