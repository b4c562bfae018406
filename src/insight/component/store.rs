//! Gathering a component's page from the chapters' own stores.

use super::{ComponentPage, MonthOf, Neighbour, User};
use crate::{
    components::{self, Lifecycle},
    costs,
    effort::{self, answers::pieces},
    incidents,
    insight::{markup::Reader, stewardship},
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::in_force,
        db::Conn,
        failure::Failure,
        figure::Figure,
        month::{Month, MonthSpan},
    },
    personas::{self, journey_in_force, population_in, tasks},
    products::Product,
    risks,
    roadmap::{self, ItemStatus},
    slos,
};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many recovery tests are shown.
const TESTS: usize = 5;
/// For how many days back incidents are.
const DAYS: i64 = 90;

/// Everything about a component, by its key. Read it in a snapshot.
///
/// # Errors
/// 404 when there is no such component.
pub fn read(
    conn: &mut Conn,
    product: &Product,
    reader: Reader,
    name: &str,
    now: Instant,
) -> Result<ComponentPage, Failure> {
    let id = product.product_id();
    let component = components::store::find(conn, &id, name)?;
    let key = component.key.to_string();
    let all = components::store::all(conn, &id)?;
    let neighbours = |is: &dyn Fn(&components::Component) -> bool| {
        let those = all.iter().filter(|other| is(other));
        those
            .map(|other| Neighbour {
                key: other.key.to_string(),
                name: other.name.clone(),
                retired: other.lifecycle == Lifecycle::Retired,
            })
            .collect::<Vec<_>>()
    };
    let needs = neighbours(&|other| component.depends_on.iter().any(|needed| needed == other.key.as_text()));
    let needed_by = neighbours(&|other| other.depends_on.iter().any(|needed| needed == key));
    let mut promises = Vec::new();
    for slo in slos::store::all(conn, &id)? {
        if slo.component == key && slo.retired_on.is_none_or(|on| on > reader.today) {
            let status = slos::store::status(conn, &id, reader.zone, slo.key.as_text(), now.utc())?;
            promises.push((slo, status));
        }
    }
    let mut tests = components::store::tests_until(conn, &id, reader.today)?;
    tests.retain(|test| test.component == key);
    tests.reverse();
    tests.truncate(TESTS);
    let recovery = components::recovery(&component, tests.first(), reader.today);
    let mut struck = incidents::store::overlapping(
        conn,
        &id,
        (now.utc() - TimeDelta::days(DAYS), now.utc() + TimeDelta::seconds(1)),
    )?;
    struck.retain(|incident| incident.components.iter().any(|one| one == key));
    struck.reverse();
    let mut items = roadmap::store::all(conn, &id)?;
    items.retain(|item| item.status != ItemStatus::Dropped && item.components.iter().any(|one| one == key));
    // What is still to come stands first, then what came last.
    items.sort_by_key(|item| (item.status == ItemStatus::Shipped, std::cmp::Reverse(item.shipped_on)));
    let users = users(conn, product, &reader, &key, &items)?;
    let (months, total) = months(conn, product, &reader, &key)?;
    let risks = risks(conn, &id, &reader, &key)?;
    Ok(ComponentPage {
        reader,
        component,
        needs,
        needed_by,
        promises,
        recovery,
        tests,
        users,
        incidents: struck,
        items,
        months,
        total,
        risks,
    })
}

fn users(
    conn: &mut Conn,
    product: &Product,
    reader: &Reader,
    key: &str,
    items: &[roadmap::RoadmapItem],
) -> Result<Vec<User>, Failure> {
    let id = product.product_id();
    let mut using = stewardship::store::users(conn, product, items, reader.today)?;
    let using = using.remove(key).unwrap_or_default();
    let journeys = personas::store::journeys::of_product(conn, &id)?;
    let populations = personas::store::populations::of_product(conn, &id)?;
    let tasks = tasks(&journeys);
    let month = Month::of(reader.today);
    Ok(personas::store::all(conn, &id)?
        .into_iter()
        .filter(|persona| using.contains(&persona.id))
        .map(|persona| User {
            people: population_in(&populations, &persona.id, month).map(|population| population.people),
            tasks: tasks
                .iter()
                .filter(|task| task.persona == persona.id && task.component == key)
                .filter_map(|task| journey_in_force(&journeys, *task, reader.today))
                .cloned()
                .collect(),
            id: persona.id,
            name: persona.name,
            role: persona.role,
        })
        .collect())
}

type Months = (Vec<MonthOf>, (Option<Decimal>, Figure<crate::kernel::money::Money>));

/// The last twelve months that are over.
fn months(conn: &mut Conn, product: &Product, reader: &Reader, key: &str) -> Result<Months, Failure> {
    let to = Month::of(reader.today);
    let span = MonthSpan { from: to.plus(-12), to };
    let ledger = costs::store::ledger(conn, product, span.from, span.to)?;
    let (shares, team) = effort::store::worked(conn, &product.product_id(), span)?;
    let pieces = pieces(&shares, &team, span);
    // A month is in it once anybody's effort is written down.
    let mut hours: BTreeMap<Month, Decimal> = BTreeMap::new();
    for piece in &pieces {
        let sum = hours.entry(piece.month).or_default();
        if piece.share.component.as_deref() == Some(key) {
            *sum += piece.hours;
        }
    }
    let mine: Vec<_> = ledger.lines.iter().filter(|line| line.component.as_deref() == Some(key)).collect();
    let months = span
        .months()
        .map(|month| MonthOf {
            month,
            hours: hours.get(&month).copied(),
            cost: ledger.total(mine.iter().filter(|line| line.month == month).copied()),
        })
        .collect();
    let all = (!hours.is_empty()).then(|| hours.values().copied().sum());
    Ok((months, (all, ledger.total(mine.iter().copied()))))
}

fn risks(
    conn: &mut Conn,
    product: &ProductId,
    reader: &Reader,
    key: &str,
) -> Result<Vec<(risks::Risk, Option<risks::RiskAssessment>)>, Failure> {
    let assessments = risks::store::assessments(conn, product)?;
    let latest =
        |risk: &risks::Risk| in_force(assessments.iter().filter(|one| one.risk == risk.id), reader.today).cloned();
    let all = risks::store::all(conn, product)?;
    Ok(all
        .into_iter()
        .filter(|risk| risk.component == key && risk.status != risks::RiskStatus::Closed)
        .map(|risk| {
            let latest = latest(&risk);
            (risk, latest)
        })
        .collect())
}
