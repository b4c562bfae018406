//! The plain words of what work is worth.

use super::super::Story;
use crate::{
    impact::{Benefit, DriverKind, ImpactClaim, value::Standing},
    kernel::money::Money,
    reports::{document::Inline, earlier::Earlier, facts::Form},
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// A kind of benefit, in plain words: when it is gained, and when it is lost.
pub fn benefit_words(benefit: Benefit) -> (&'static str, &'static str) {
    match benefit {
        Benefit::CashReleased => ("money no longer spent", "more money spent"),
        Benefit::CostAvoided => ("cost that did not arise", "cost that arose"),
        Benefit::RevenueProtected => ("revenue protected", "revenue lost"),
        Benefit::CapacityFreed => ("working time freed", "working time lost"),
        Benefit::RiskReduced => ("risk taken away", "risk added"),
        Benefit::Qualitative => ("told in words", "told in words"),
    }
}

/// An amount of a kind of benefit; a loss is called one.
pub fn amount(story: &Story<'_>, fact: &str, benefit: Benefit) -> Vec<Inline> {
    let (gained, lost) = benefit_words(benefit);
    let money = story.facts.money(fact).known();
    match money.is_some_and(|money| money.amount.is_sign_negative() && !money.amount.is_zero()) {
        true => vec!["a loss of ".into(), story.write.fact_as(fact, Form::Size), format!(" ({lost})").into()],
        false => vec![story.fact(fact), format!(" ({gained})").into()],
    }
}

/// What a sum was in the month before, where that is known.
fn before(story: &Story<'_>, fact: &str) -> Vec<Inline> {
    let told = |(earlier, fact): (Earlier, String)| {
        [" after ".into(), story.fact(&fact), format!(" in {}", story.earlier_month(earlier)).into()]
    };
    story.earlier(fact).into_iter().flat_map(told).collect()
}

/// What is known of a family of sums, kind by kind, as a list in a sentence.
pub fn sums(story: &Story<'_>, family: &str) -> Vec<Inline> {
    let mut parts: Vec<Inline> = Vec::new();
    for benefit in Benefit::ALL {
        let fact = format!("impact.{family}.{benefit}");
        if story.facts.get(&fact).is_some() {
            parts.extend((!parts.is_empty()).then(|| ", ".into()));
            parts.extend(amount(story, &fact, *benefit));
            parts.extend(before(story, &fact));
        }
    }
    parts
}

/// What was accepted and by whom, for a sentence about cost. Kinds are told one by one.
pub fn accepted(story: &Story<'_>) -> Vec<Inline> {
    if story.is_none("impact.claim_count") {
        return vec![
            "; nobody wrote down what work was worth (".into(),
            story.fact("impact.claim_count"),
            " claims)".into(),
        ];
    }
    if story.is_none("impact.accepted_count") {
        let count = story.fact("impact.accepted_count");
        let claims = story.fact("impact.claim_count");
        let parts = ["; of ".into(), claims, " claims of what work was worth then, ".into(), count];
        return parts.into_iter().chain([" are accepted".into()]).collect();
    }
    let worth = &story.material.worth;
    let is_loss = |amount: &Money| amount.amount < Decimal::ZERO;
    let mut accepted = worth.standing(Standing::Accepted).flat_map(|(_, value)| &value.parts);
    let but = if accepted.any(|part| is_loss(&part.amount)) { ", losses taken off," } else { "" };
    let said = format!("; the worth of work that its stakeholders accepted for the month is{but} ");
    let mut parts: Vec<Inline> = vec![said.into()];
    for benefit in Benefit::ALL {
        let fact = format!("impact.accepted.{benefit}");
        let Some(known) = story.facts.get(&fact) else { continue };
        parts.extend((parts.len() > 1).then(|| ", ".into()));
        parts.extend(amount(story, &fact, *benefit));
        let rows = known.rows.as_deref().unwrap_or_default();
        let names: BTreeSet<&str> = rows.iter().filter_map(|row| row.get("stakeholder")?.as_str()).collect();
        if !names.is_empty() {
            parts.push(format!(" by {}", listed(&names.into_iter().collect::<Vec<_>>())).into());
        }
    }
    parts
}

/// Names in a sentence.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What its stakeholder did about a claim.
pub fn judgement(story: &Story<'_>, claim: &ImpactClaim, standing: Standing) -> String {
    use crate::impact::ClaimState::{Accepted, Questioned};
    let Some(name) = story.material.worth.judge(claim) else { return "Nobody is named to judge it".to_owned() };
    match (standing, claim.state) {
        (_, Questioned) => format!("{name} questions it"),
        (Standing::Realised, Accepted) => format!("{name} accepted it before these figures were there"),
        (_, Accepted) => format!("{name} accepted it"),
        _ => format!("{name} has not judged it"),
    }
}

/// A kind of value driver, in plain words.
pub fn driver_name(kind: DriverKind) -> &'static str {
    match kind {
        DriverKind::RevenuePerHour => "an hour of revenue",
        DriverKind::HourOfWork => "an hour of work",
        DriverKind::PerUnit => "one unit",
    }
}
