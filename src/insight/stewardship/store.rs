//! Gathering what components are measured by, from the chapters' own stores.

use super::{Counted, Spent, Stewardship, StewardshipFlag, StewardshipView};
use crate::{
    components::{self, Component, Lifecycle},
    costs::{
        self,
        ledger::{Ledger, Line},
    },
    effort::{
        self, Activity,
        answers::{missing_until, pieces},
    },
    incidents,
    kernel::{
        db::Conn,
        failure::Failure,
        month::{MonthSpan, start_of},
    },
    personas,
    products::Product,
    roadmap::{self, ItemStatus, RoadmapItem},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How the components are kept. Read it in a snapshot.
pub fn stewardship(
    conn: &mut Conn,
    product: &Product,
    span: MonthSpan,
    only: &[StewardshipFlag],
    today: NaiveDate,
) -> Result<StewardshipView, Failure> {
    let (id, ledger) = (product.product_id(), costs::store::ledger(conn, product, span.from, span.to)?);
    let (shares, team) = effort::store::worked(conn, &id, span)?;
    let mut hours: HashMap<Option<&str>, Decimal> = HashMap::new();
    let pieces = pieces(&shares, &team, span);
    for piece in &pieces {
        *hours.entry(piece.share.component.as_deref()).or_default() += piece.hours;
    }
    let written = !pieces.is_empty();
    let mut lines: HashMap<Option<&str>, Vec<&Line>> = HashMap::new();
    for line in &ledger.lines {
        lines.entry(line.component.as_deref()).or_default().push(line);
    }
    let spent = |component: Option<&str>| spent(&ledger, written, &hours, &lines, component);
    let components = components::store::all(conn, &id)?;
    let mut counted = counted(conn, product, span, &components)?;
    let mut items: Vec<_> = components
        .into_iter()
        .filter(|component| component.lifecycle != Lifecycle::Retired)
        .map(|component| {
            let spent = spent(Some(component.key.as_text()));
            let counted = counted.remove(component.key.as_text()).unwrap_or_default();
            Stewardship::new(component, spent, counted)
        })
        .filter(|row| only.is_empty() || only.iter().any(|flag| row.has(*flag)))
        .collect();
    items.sort_by(Stewardship::by_cost);
    Ok(StewardshipView {
        from: span.from,
        to: span.to,
        currency: ledger.currency,
        unallocated: spent(None),
        weeks_missing: missing_until(&shares, &team, span.weeks(), today).len(),
        items,
        next_cursor: None,
    })
}

fn spent(
    ledger: &Ledger,
    written: bool,
    hours: &HashMap<Option<&str>, Decimal>,
    lines: &HashMap<Option<&str>, Vec<&Line>>,
    component: Option<&str>,
) -> Spent {
    let hours = written.then(|| hours.get(&component).copied().unwrap_or_default());
    Spent::new(hours, ledger.total(lines.get(&component).into_iter().flatten().copied()))
}

fn counted(
    conn: &mut Conn,
    product: &Product,
    span: MonthSpan,
    components: &[Component],
) -> Result<BTreeMap<String, Counted>, Failure> {
    let (id, zone) = (product.product_id(), product.zone()?);
    let (first, end) = (span.from.first_day(), span.to.first_day());
    let mut counted: BTreeMap<String, Counted> =
        components.iter().map(|component| (component.key.to_string(), Counted::default())).collect();
    let mut count = |key: &str, add: &dyn Fn(&mut Counted)| {
        if let Some(of) = counted.get_mut(key) {
            add(of);
        }
    };
    for component in components.iter().filter(|component| component.lifecycle != Lifecycle::Retired) {
        component.depends_on.iter().for_each(|key| count(key, &|of| of.needed_by += 1));
    }
    for Activity { component, .. } in effort::store::activities(conn, &id, first, end)? {
        component.iter().for_each(|key| count(key, &|of| of.activities += 1));
    }
    for (key, on) in effort::store::last_activities(conn, &id, end)? {
        count(&key, &|of| of.last_activity_on = Some(on));
    }
    let window = (start_of(first, zone), start_of(end, zone));
    for incident in incidents::store::overlapping(conn, &id, window)? {
        if incident.started_at.utc() >= window.0 {
            incident.components.iter().for_each(|key| count(key, &|of| of.incidents += 1));
        }
    }
    let items = roadmap::store::all(conn, &id)?;
    for item in items.iter().filter(|item| is_at_work(item, first, end)) {
        item.components.iter().for_each(|key| count(key, &|of| of.roadmap_items += 1));
    }
    for (key, personas) in users(conn, product, &items, end)? {
        count(&key, &|of| of.personas = personas.len());
    }
    Ok(counted)
}

/// Whether an item is in progress, or shipped from one day up to, but not including, another.
fn is_at_work(item: &RoadmapItem, first: NaiveDate, end: NaiveDate) -> bool {
    item.status == ItemStatus::InProgress || item.shipped_on.is_some_and(|on| (first..end).contains(&on))
}

/// The ids of those who use each component, of personas who are still there on a day.
pub fn users(
    conn: &mut Conn,
    product: &Product,
    items: &[RoadmapItem],
    on: NaiveDate,
) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let id = product.product_id();
    let there: BTreeSet<String> = personas::store::all(conn, &id)?
        .into_iter()
        .filter(|persona| persona.retired_on.is_none_or(|day| day > on))
        .map(|persona| persona.id)
        .collect();
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut uses = |component: &str, persona: &str| {
        if there.contains(persona) {
            users.entry(component.to_owned()).or_default().insert(persona.to_owned());
        }
    };
    for journey in personas::store::journeys::of_product(conn, &id)? {
        uses(&journey.component, &journey.persona);
    }
    for item in items.iter().filter(|item| item.status != ItemStatus::Dropped) {
        for component in item.components.iter() {
            item.personas.iter().for_each(|persona| uses(component, persona));
        }
    }
    Ok(users)
}
