//! What others are asked to decide, what they answered in the month, and what waiting has cost.

use super::{cost, judged_on, row};
use crate::{
    decisions::{AnsweredBy, Decision},
    kernel::{
        figure::Figure,
        money::{Amounts, Money, settle},
        month::Month,
    },
    reports::{
        facts::{Fact, FactRow, FactValue, Facts, Input},
        gather::Material,
    },
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;
use std::cmp::Reverse;

/// The unit of how long somebody waits.
const DAYS: &str = "days";

/// The name of a fact of a decision.
pub fn decision_fact(decision: &Decision, what: &str) -> String {
    format!("decision.{}.{what}", decision.id)
}

/// The day of an answer, for people in the product's zone.
pub fn answered_on(material: &Material, decision: &Decision) -> Option<NaiveDate> {
    decision.answered_at.map(|at| material.day(at))
}

/// The decisions that were open at the month's end, by the day they were due.
pub fn open_decisions(material: &Material) -> Vec<&Decision> {
    let later = |on: NaiveDate| Month::of(on) > material.month;
    let open = |decision: &&Decision| answered_on(material, decision).is_none_or(later);
    let mut all: Vec<_> = material.decisions.iter().filter(open).collect();
    all.sort_by_key(|decision| (decision.due_on.is_none(), decision.due_on, decision.question.as_str()));
    all
}

/// The decisions that were answered in the month, the latest first.
pub fn answered_decisions(material: &Material) -> Vec<&Decision> {
    let in_month = |on: NaiveDate| Month::of(on) == material.month;
    let answered = |decision: &&Decision| answered_on(material, decision).is_some_and(in_month);
    let mut all: Vec<_> = material.decisions.iter().filter(answered).collect();
    all.sort_by_key(|decision| (Reverse(decision.answered_at), decision.question.as_str()));
    all
}

/// How many days somebody waited beyond the day by which it was needed: until the answer, or until the day that is judged.
fn days_late(material: &Material, decision: &Decision) -> Figure<Decimal> {
    let judged = judged_on(material);
    let until = answered_on(material, decision).map_or(judged, |on| on.min(judged));
    match decision.days_late(until) {
        Some(days) => Figure::Known(days),
        None => Figure::Unknown(format!("nobody said by when \"{}\" is to be decided", decision.question)),
    }
}

/// What that cost, in the currency in which it was said; exact to 12 digits after the point.
fn waiting(material: &Material, decision: &Decision) -> Figure<Money> {
    match days_late(material, decision) {
        Figure::Unknown(why) => Figure::Unknown(why),
        Figure::Known(days) => match decision.waiting(days) {
            Some(cost) => Figure::Known(cost),
            None if days.is_zero() => zero(material),
            None => Figure::Unknown(format!("nobody said what a week of waiting for \"{}\" costs", decision.question)),
        },
    }
}

fn zero(material: &Material) -> Figure<Money> {
    Figure::Known(Money::new(Decimal::ZERO, material.product.currency))
}

/// In the product's currency at the month's rate; amounts of one currency are summed before.
fn converted(material: &Material, sums: &Amounts) -> Figure<Money> {
    let to = material.product.currency;
    let converted = sums.iter().fold(zero(material), |sum, money| {
        let more = material.ledger.rates.convert(money, to, material.month);
        sum.and(more, |sum, more| Money::new(sum.amount + more.amount, to))
    });
    converted.map(|sum| Money::new(settle(sum.amount), to))
}

fn told(material: &Material, decision: &Decision) -> FactRow {
    row([
        ("question", json!(decision.question)),
        ("stakeholder", json!(decision.stakeholder.as_deref().and_then(|id| material.worth.name(id)))),
        ("due_on", json!(decision.due_on)),
        ("answered_on", json!(answered_on(material, decision))),
        ("answered_by", json!(decision.answered_by.map(AnsweredBy::as_text))),
        ("days_late", json!(days_late(material, decision).known().map(FactValue::from))),
        ("cost_of_delay", json!(decision.weekly())),
        ("amount", json!(waiting(material, decision).known())),
    ])
}

pub fn add(facts: &mut Facts, material: &Material) {
    let (open, answered) = (open_decisions(material), answered_decisions(material));
    let rows = |all: &[&Decision]| all.iter().map(|one| told(material, one)).collect();
    let formula = "decisions that were not answered by the month's end, of those known when the report was built";
    facts.add(Fact::count("decisions.open", formula, rows(&open)));
    let judged = judged_on(material);
    let late: Vec<_> = open.iter().copied().filter(|one| one.due_on.is_some_and(|due| due < judged)).collect();
    let formula = "those of decisions.open that were due before the day";
    let judged = Input::of("judged_on", judged.to_string().as_str());
    facts.add(Fact::count("decisions.overdue", formula, rows(&late)).inputs([judged]));
    facts.add(Fact::count("decisions.answered", "decisions that were answered in the month", rows(&answered)));
    for decision in open.iter().chain(&answered) {
        add_one(facts, material, decision);
    }
    add_sum(facts, material, "decisions.waiting_cost", "decisions.open", &open);
    add_sum(facts, material, "decisions.answered_waiting_cost", "decisions.answered", &answered);
}

fn add_one(facts: &mut Facts, material: &Material, decision: &Decision) {
    let [weekly, days, waited] =
        ["cost_of_delay", "days_late", "waiting_cost"].map(|what| decision_fact(decision, what));
    let rows = vec![told(material, decision)];
    if let Some(money) = decision.weekly() {
        let formula = "what a week of waiting costs from the day on which it was due, as it was written down";
        facts.add(Fact::money(&weekly, money.currency, Figure::Known(money), formula).rows(rows.clone()));
    }
    let late = days_late(material, decision);
    let formula = "days from due_on to answered_on, or to judged_on while it is open; none before due_on";
    let judged = Input::of("judged_on", judged_on(material).to_string().as_str());
    facts.add(Fact::new(&days, DAYS, late, formula).inputs([judged]).rows(rows.clone()));
    let mut sums = Amounts::default();
    let cost = match waiting(material, decision) {
        Figure::Known(money) => {
            sums.add(money);
            converted(material, &sums)
        }
        Figure::Unknown(why) => Figure::Unknown(why),
    };
    let rates = rates(facts, material, &sums);
    let formula = "days_late ÷ 7 × cost_of_delay, converted at the month's rate";
    let inputs = facts.inputs(&[&days, &weekly]).into_iter().chain(rates);
    let fact = Fact::money(&waited, material.product.currency, cost, formula).inputs(inputs);
    facts.add(fact.rows(rows));
}

/// What waiting for some decisions cost, and what it cost for those of which that is known.
fn add_sum(facts: &mut Facts, material: &Material, name: &str, which: &str, decisions: &[&Decision]) {
    let (mut sums, mut unknown, mut known) = (Amounts::default(), Vec::new(), Vec::new());
    for decision in decisions {
        match waiting(material, decision) {
            Figure::Known(money) => {
                sums.add(money);
                known.push(told(material, decision));
            }
            Figure::Unknown(why) => unknown.push(why),
        }
    }
    let counted = converted(material, &sums);
    let whole = match unknown.as_slice() {
        [] => counted.clone(),
        [why] => Figure::Unknown(why.clone()),
        [why, ..] => Figure::Unknown(format!("{why}, and of {} more it is not known either", unknown.len() - 1)),
    };
    let rates = rates(facts, material, &sums);
    let currency = material.product.currency;
    let formula = format!(
        "days_late ÷ 7 × cost_of_delay of each of {which}; amounts of one currency are summed, then converted at the \
         month's rate"
    );
    let rows = decisions.iter().map(|one| told(material, one)).collect();
    facts.add(Fact::money(name, currency, whole, formula).inputs(rates.clone()).rows(rows));
    let formula = format!("{name}, of those decisions only for which it is known");
    facts.add(Fact::money(format!("{name}.counted"), currency, counted, formula).inputs(rates).rows(known));
}

/// The exchange rates that a sum takes.
fn rates(facts: &mut Facts, material: &Material, sums: &Amounts) -> Vec<Input> {
    let to = material.product.currency;
    let foreign = sums.iter().filter(|money| money.currency != to && !money.amount.is_zero());
    let names: Vec<_> = foreign.map(|money| cost::add_rate(facts, material, money.currency, material.month)).collect();
    names.iter().filter_map(|name| facts.get(name)).map(Fact::as_input).collect()
}
