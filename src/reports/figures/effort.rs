//! Where the time went. Who worked it is summed away before anything is written down.

use super::row;
use crate::{
    effort::{self, WorkKind, Worked},
    kernel::{figure::Figure, month::Month},
    reports::{
        earlier::Earlier,
        facts::{Fact, FactRow, FactValue, Facts, HOURS, Input, SHARE, ratio},
        gather::Material,
    },
};
use rust_decimal::Decimal;
use serde_json::json;

/// Google's line for operational work: *Site Reliability Engineering*, chapter 5.
const LINE: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

pub fn add(facts: &mut Facts, material: &Material) {
    let worked = effort::hours(&material.shares, &material.team, material.month);
    let of = |wanted: &dyn Fn(&Worked) -> bool| {
        let sum: Decimal = worked.iter().filter(|part| wanted(part)).map(|part| part.hours).sum();
        known(&worked, material.month, sum)
    };
    let rows = |wanted: &dyn Fn(&Worked) -> bool| rows(&worked, wanted);
    let share = "share × hours per week, a fifth of it on each of Monday to Friday";
    let total = Fact::new("effort.hours", HOURS, of(&|_| true), format!("all hours of the month: {share}"));
    facts.add(total.rows(rows(&|_| true)));
    for kind in WorkKind::ALL {
        let name = format!("effort.kind.{kind}");
        let mine = |part: &Worked| part.kind == *kind;
        facts.add(Fact::new(&name, HOURS, of(&mine), format!("hours of '{kind}': {share}")).rows(rows(&mine)));
        let formula = format!("{name} ÷ effort.hours");
        let part = ratio(facts.number(&name), facts.number("effort.hours"), "no hours were worked");
        let inputs = facts.inputs(&[&name, "effort.hours"]);
        facts.add(Fact::new(format!("{name}.share"), SHARE, part, formula).inputs(inputs));
    }
    add_toil(facts, "effort.toil_share", &worked, material.month);
    for earlier in material.compared() {
        add_earlier(facts, material, earlier);
    }
}

/// What the hours are compared with: how many there were, how many of a kind, and how much of it was toil.
fn add_earlier(facts: &mut Facts, material: &Material, earlier: Earlier) {
    let month = earlier.of(material.month);
    let worked = effort::hours(&material.shares, &material.team, month);
    let all: Decimal = worked.iter().map(|part| part.hours).sum();
    let hours = earlier.fact("effort.hours");
    let fact = Fact::new(&hours, HOURS, known(&worked, month, all), format!("effort.hours, {}", earlier.words()));
    facts.add(fact.rows(rows(&worked, &|_| true)));
    for kind in WorkKind::ALL {
        let mine = |part: &Worked| part.kind == *kind;
        let sum: Decimal = worked.iter().filter(|part| mine(part)).map(|part| part.hours).sum();
        let share = ratio(known(&worked, month, sum), facts.number(&hours), "no hours were worked");
        let name = earlier.fact(&format!("effort.kind.{kind}.share"));
        let fact = Fact::new(name, SHARE, share, format!("hours of '{kind}' ÷ {hours}"));
        facts.add(fact.inputs(facts.inputs(&[&hours])).rows(rows(&worked, &mine)));
    }
    add_toil(facts, &earlier.fact("effort.toil_share"), &worked, month);
}

fn known(worked: &[Worked], month: Month, hours: Decimal) -> Figure<Decimal> {
    match worked.is_empty() {
        true => Figure::Unknown(format!("no effort is recorded for {month}")),
        false => Figure::Known(hours),
    }
}

fn add_toil(facts: &mut Facts, name: &str, worked: &[Worked], month: Month) {
    let sum = |wanted: fn(&Worked) -> bool| -> Decimal {
        worked.iter().filter(|part| wanted(part)).map(|part| part.hours).sum()
    };
    let all = known(worked, month, sum(|_| true));
    let toil = known(worked, month, sum(|part| part.kind.is_toil()));
    let share = ratio(toil, all, "no hours were worked");
    let formula = "(toil + on_call + incident_response + support) ÷ all hours";
    let fact = Fact::new(name, SHARE, share, formula).inputs([Input::of("line_of_google_sre", LINE)]);
    facts.add(fact.rows(rows(worked, &|_| true)));
}

/// Hours by component, roadmap item and kind.
fn rows(worked: &[Worked], wanted: &dyn Fn(&Worked) -> bool) -> Vec<FactRow> {
    let row = |part: &Worked| {
        let mut made = row([("component", json!(part.component))]);
        if let Some(item) = &part.roadmap_item {
            made.insert("roadmap_item".to_owned(), json!(item));
        }
        made.insert("kind".to_owned(), json!(part.kind));
        made.insert("hours".to_owned(), json!(FactValue::from(part.hours)));
        made
    };
    worked.iter().filter(|part| wanted(part)).map(row).collect()
}
