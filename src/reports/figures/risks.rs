//! What might go wrong, and what it is thought to cost in a year.

use super::row;
use crate::{
    kernel::{
        dated::in_force,
        figure::Figure,
        money::{Amounts, Currency},
    },
    reports::{
        facts::{Fact, FactRow, Facts},
        gather::Material,
    },
    risks::{Risk, RiskAssessment, RiskStatus},
};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::json;
use std::cmp::Reverse;

/// The fact of what a risk costs a year; `.previous` is of the end of the month before.
pub fn loss_fact(risk: &Risk) -> String {
    format!("risk.annual_loss.{}", risk.id)
}

/// The risks that are open as they stand: the largest first, then those that were never assessed.
pub fn open_risks(material: &Material) -> Vec<&Risk> {
    let mut all: Vec<&Risk> = material.risks.iter().filter(|risk| risk.status == RiskStatus::Open).collect();
    let loss = |risk: &Risk| assessed(material, risk, last(material)).map(|one| one.annual_loss().amount);
    all.sort_by_key(|risk| (Reverse(loss(risk)), risk.title.as_str()));
    all
}

/// The facts of what the open risks cost a year together, one a currency.
pub fn total_losses(material: &Material) -> Vec<String> {
    let mut sums = Amounts::default();
    for risk in open_risks(material) {
        if let Some(assessment) = assessed(material, risk, last(material)) {
            sums.add(assessment.annual_loss());
        }
    }
    if sums.is_empty() && !open_risks(material).is_empty() {
        return vec![total_fact(material.product.currency)];
    }
    sums.iter().map(|sum| total_fact(sum.currency)).collect()
}

fn total_fact(currency: Currency) -> String {
    format!("risk.annual_loss.total.{}", currency.as_text().to_lowercase())
}

/// The month's last day.
fn last(material: &Material) -> NaiveDate {
    material.month.next().first_day() - Days::new(1)
}

fn assessed<'a>(material: &'a Material, risk: &'a Risk, on: NaiveDate) -> Option<&'a RiskAssessment> {
    in_force(material.assessments.iter().filter(|one| one.risk == risk.id), on)
}

fn told(risk: &Risk, assessment: &RiskAssessment) -> FactRow {
    row([
        ("risk", json!(risk.title)),
        ("component", json!(risk.component)),
        ("status", json!(risk.status)),
        ("assessed_on", json!(assessment.on)),
        ("single_loss", json!(assessment.single_loss)),
        ("annual_rate", json!(assessment.annual_rate)),
        ("amount", json!(assessment.annual_loss())),
    ])
}

pub fn add(facts: &mut Facts, material: &Material) {
    let open = open_risks(material);
    let listed = |risk: &&Risk| row([("risk", json!(risk.title)), ("component", json!(risk.component))]);
    let formula = "risks whose status is 'open', as they stood when the report was built";
    facts.add(Fact::count("risk.open_count", formula, open.iter().map(listed).collect()));
    let on = last(material);
    let never = open.iter().filter(|risk| assessed(material, risk, on).is_none()).map(listed).collect();
    facts.add(Fact::count("risk.unassessed_count", "open risks that nobody had assessed by the month's end", never));
    let before = material.month.first_day() - Days::new(1);
    for risk in &open {
        for (name, on) in [(loss_fact(risk), on), (format!("{}.previous", loss_fact(risk)), before)] {
            facts.add(of_risk(material, risk, name, on));
        }
    }
    let mut sums: Vec<(Currency, Decimal, Vec<FactRow>)> = Vec::new();
    for (risk, assessment) in open.iter().filter_map(|risk| Some((risk, assessed(material, risk, on)?))) {
        let loss = assessment.annual_loss();
        let at = sums.iter().position(|(currency, ..)| *currency == loss.currency).unwrap_or_else(|| {
            sums.push((loss.currency, Decimal::ZERO, Vec::new()));
            sums.len() - 1
        });
        sums[at].1 += loss.amount;
        sums[at].2.push(told(risk, assessment));
    }
    let formula = "single loss × times a year, of the open risks that are assessed, in this currency";
    if sums.is_empty() && !open.is_empty() {
        let unknown = Figure::Unknown("none of the open risks was ever assessed".to_owned());
        facts.add(Fact::money(total_fact(material.product.currency), material.product.currency, unknown, formula));
    }
    for (currency, sum, rows) in sums {
        let sum = Figure::Known(crate::kernel::money::Money::new(sum, currency));
        facts.add(Fact::money(total_fact(currency), currency, sum, formula).rows(rows));
    }
}

fn of_risk(material: &Material, risk: &Risk, name: String, on: NaiveDate) -> Fact {
    let there = assessed(material, risk, on);
    let (currency, loss) = match there.map(RiskAssessment::annual_loss) {
        Some(loss) => (loss.currency, Figure::Known(loss)),
        None => {
            let why = format!("nobody had assessed the risk \"{}\" by {on}", risk.title);
            (material.product.currency, Figure::Unknown(why))
        }
    };
    let formula = format!("single loss × times a year, by the latest assessment by {on}");
    Fact::money(name, currency, loss, formula).rows(there.map(|one| told(risk, one)).into_iter().collect())
}
