//! What went wrong in the month, for how long, and for how many minutes of customers.

use super::{
    promises::{MISSED, promised, slo_fact},
    row,
};
use crate::{
    incidents::{Incident, downtime_minutes, downtime_seconds},
    kernel::{clock::Instant, figure::Figure, month::Month},
    reports::{
        facts::{Fact, FactRow, FactValue, Facts, Input, MINUTES},
        gather::Material,
    },
};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// The unit of what incidents took from customers.
const CUSTOMER_MINUTES: &str = "customer minutes";

/// The name of a fact of an incident.
pub fn incident_fact(incident: &Incident, what: &str) -> String {
    format!("incident.{}.{what}", incident.id)
}

/// The incidents of the month that struck a component.
pub fn of_component<'a>(material: &'a Material, component: &'a str) -> impl Iterator<Item = &'a Incident> {
    material.incidents.iter().filter(move |incident| incident.components.iter().any(|key| key == component))
}

pub fn add(facts: &mut Facts, material: &Material) {
    add_sums(facts, material, &material.incidents, material.month, &ToOwned::to_owned);
    for earlier in material.recorded() {
        let incidents = material.incidents_of.get(&earlier).map(Vec::as_slice).unwrap_or_default();
        add_sums(facts, material, incidents, earlier.of(material.month), &|name| earlier.fact(name));
    }
    for incident in &material.incidents {
        add_one(facts, incident);
    }
    for slo in promised(material) {
        let missed = facts.get(&slo_fact(slo, "met")).is_some_and(|fact| fact.value == Some(FactValue::from(MISSED)));
        let struck: Vec<_> = of_component(material, &slo.component).collect();
        if missed && !struck.is_empty() {
            add_customers(facts, &slo_fact(slo, "customer_minutes"), &struck);
        }
    }
}

/// An incident as a row.
fn told(incident: &Incident) -> FactRow {
    row([
        ("incident", json!(incident.external_id.as_ref().unwrap_or(&incident.id))),
        ("title", json!(incident.title)),
        ("severity", json!(incident.severity)),
        ("components", json!(incident.components.iter().collect::<Vec<_>>().join(", "))),
        ("started_at", json!(incident.started_at)),
        ("detected_at", json!(incident.detected_at)),
        ("resolved_at", json!(incident.resolved_at)),
    ])
}

fn told_with(incident: &Incident, name: &str, value: serde_json::Value) -> FactRow {
    let mut made = told(incident);
    made.insert(name.to_owned(), value);
    made
}

/// How much went wrong in a month, under the names that its facts have.
fn add_sums(
    facts: &mut Facts,
    material: &Material,
    incidents: &[Incident],
    month: Month,
    name: &dyn Fn(&str) -> String,
) {
    let all: Vec<&Incident> = incidents.iter().collect();
    let formula = "incidents that lasted in the month, also those that began before it or went on after it";
    facts.add(Fact::count(name("incident.count"), formula, all.iter().map(|one| told(one)).collect()));
    let window = month.bounds(material.zone());
    add_union(facts, &name("incident.minutes"), incidents, window, material.at.utc());
    add_customers(facts, &name("incident.customer_minutes"), &all);
}

fn add_union(
    facts: &mut Facts,
    name: &str,
    incidents: &[Incident],
    window: (DateTime<Utc>, DateTime<Utc>),
    until: DateTime<Utc>,
) {
    let minutes = downtime_seconds(incidents, window, until) / Decimal::from(60);
    let rows = incidents.iter().map(|incident| {
        let alone = FactValue::from(downtime_minutes(incident, window, until));
        told_with(incident, "minutes_in_month", json!(alone))
    });
    let formula = "minutes of the month in which at least one incident lasted: where they overlap, time counts once; \
                   what was not over goes on until the report was built";
    let inputs = [("from", window.0), ("to", window.1.min(until).max(window.0))]
        .map(|(name, at)| Input::of(name, Instant::from(at).to_string().as_str()));
    let fact = Fact::new(name, MINUTES, Figure::Known(minutes), formula);
    facts.add(fact.inputs(inputs).rows(rows.collect()));
}

/// The customers' minutes of some incidents, and those of them that somebody counted.
fn add_customers(facts: &mut Facts, name: &str, incidents: &[&Incident]) {
    let counted: Decimal = incidents.iter().filter_map(|one| one.customer_minutes).map(Decimal::from).sum();
    let open = incidents.iter().filter(|one| one.customer_minutes.is_none()).count();
    let whole = match open {
        0 => Figure::Known(counted),
        _ => Figure::Unknown(format!(
            "of {open} of {} incidents nobody counted what they took from customers",
            incidents.len()
        )),
    };
    let rows: Vec<_> =
        incidents.iter().map(|one| told_with(one, "customer_minutes", json!(one.customer_minutes))).collect();
    let formula = "customers struck × minutes each, of each incident in whole; 0 is nobody, empty is not known";
    facts.add(Fact::new(name, CUSTOMER_MINUTES, whole, formula).rows(rows.clone()));
    let formula = format!("{name}, of those incidents only for which it was counted");
    let fact = Fact::new(format!("{name}.counted"), CUSTOMER_MINUTES, Figure::Known(counted), formula);
    facts.add(fact.rows(rows.into_iter().filter(|row| !row["customer_minutes"].is_null()).collect()));
}

fn add_one(facts: &mut Facts, incident: &Incident) {
    let since = |from: Instant, to: Instant| {
        let microseconds = (to.utc() - from.utc()).num_microseconds().unwrap_or(i64::MAX);
        Decimal::new(microseconds, 6) / Decimal::from(60)
    };
    let mut add = |what: &str, unit: &str, value: Figure<Decimal>, formula: &str| {
        facts.add(Fact::new(incident_fact(incident, what), unit, value, formula).rows(vec![told(incident)]));
    };
    let known =
        |value: Option<Decimal>, why: &str| value.map_or_else(|| Figure::Unknown(why.to_owned()), Figure::Known);
    let noticed = incident.detected_at.map(|at| since(incident.started_at, at));
    let noticed = known(noticed, "nobody wrote down when it was noticed");
    add("minutes_to_detect", MINUTES, noticed, "detected_at − started_at");
    let lasted = incident.resolved_at.map(|at| since(incident.started_at, at));
    let lasted = known(lasted, "it was not over when this was written");
    add("minutes", MINUTES, lasted, "resolved_at − started_at, also the part of it outside of the month");
    let customers = known(incident.customer_minutes.map(Decimal::from), "nobody counted what it took from customers");
    let formula = "customers struck × minutes each, as it was written down";
    let fact = Fact::new(incident_fact(incident, "customer_minutes"), CUSTOMER_MINUTES, customers, formula);
    facts.add(fact.rows(vec![told_with(incident, "customer_minutes", json!(incident.customer_minutes))]));
}
