//! Gathering a week's page from the chapters' own stores.

use super::{Named, Person, WeekPage, Written};
use crate::{
    components,
    effort::{
        self, EffortShare, EffortWeek, WorkKind, answers::pieces, hours_per_week, templates::is_counted, toil::Toil,
    },
    incidents,
    insight::markup::Reader,
    kernel::{
        db::Conn,
        failure::Failure,
        month::{Month, MonthSpan, Week, start_of},
    },
    products::{self, Product},
    roadmap,
};
use chrono::Days;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Everything about a week. Read it in a snapshot.
pub fn read(conn: &mut Conn, product: &Product, reader: Reader, week: Week) -> Result<WeekPage, Failure> {
    let id = product.product_id();
    let (monday, end) = (week.monday(), week.plus(1).monday());
    let shares = effort::store::shares(conn, &id, week, week.plus(1))?;
    let team = products::store::team(conn, &id)?;
    let span = MonthSpan { from: Month::of(monday), to: Month::of(monday + Days::new(4)).next() };
    let pieces = pieces(&shares, &team, span);
    let mut kinds: BTreeMap<WorkKind, Decimal> = BTreeMap::new();
    let mut by_component: BTreeMap<Option<&str>, Decimal> = BTreeMap::new();
    for piece in &pieces {
        *kinds.entry(piece.share.kind).or_default() += piece.hours;
        *by_component.entry(piece.share.component.as_deref()).or_default() += piece.hours;
    }
    let names: BTreeMap<String, String> =
        components::store::all(conn, &id)?.into_iter().map(|one| (one.key.to_string(), one.name)).collect();
    let named = |key: &str| Named { key: key.to_owned(), name: names.get(key).map_or(key, String::as_str).to_owned() };
    let mut components: Vec<_> = by_component.iter().map(|(key, hours)| (key.map(named), *hours)).collect();
    components.sort_by_key(|one| std::cmp::Reverse(one.1));
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|one| std::cmp::Reverse(one.1));
    let written = |person: Option<&str>| written(&shares, person, hours_per_week(person, &team, week));
    // Of somebody whose hours change within the week, the rows that are written, or one that says that none is.
    let has_line = |name: &str| team.iter().any(|other| other.name == name && written(Some(&other.id)).is_some());
    let there = team.iter().filter(|member| {
        written(Some(&member.id)).is_some() || is_counted(&team, member, week) && !has_line(&member.name)
    });
    let people = there.map(|member| Person { name: member.name.clone(), written: written(Some(&member.id)) }).collect();
    let (from, to) = (start_of(monday, reader.zone), start_of(end, reader.zone));
    let mut shipped = roadmap::store::all(conn, &id)?;
    shipped.retain(|item| item.shipped_on.is_some_and(|on| (monday..end).contains(&on)));
    Ok(WeekPage {
        week,
        is_over: end <= reader.today,
        whole_team: written(None),
        people,
        toil: Toil::of(&pieces, week.as_text()),
        kinds,
        components,
        incidents: incidents::store::overlapping(conn, &id, (from, to))?,
        activities: effort::store::activities(conn, &id, monday, end)?,
        changes: roadmap::store::changes(conn, &id, from.into(), to.into())?,
        shipped,
        reader,
    })
}

fn written(shares: &[EffortShare], person: Option<&str>, hours: Decimal) -> Option<Written> {
    let shares = EffortWeek::entry(shares, person)?.shares;
    Some(Written { hours, shares })
}
