//! The incidents of the month, in the words of those who were there.

use super::{Outcome, Story, outcome};
use crate::{
    incidents::Incident,
    reports::{
        document::{Block, Inline, heading, note, paragraph},
        figures::{incident_fact, of_component, promised},
    },
};

/// How many incidents are told one by one.
const TOLD: usize = 20;

pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let all = &story.material.incidents;
    let mut blocks = vec![heading("What went wrong")];
    if all.is_empty() {
        let month = story.material.month.shown();
        let mut parts: Vec<Inline> = vec![format!("In {month} ").into(), story.fact("incident.count")];
        parts.push(" incidents were recorded".into());
        parts.extend(story.beside("incident.count"));
        parts.push(".".into());
        blocks.push(paragraph(parts));
        return blocks;
    }
    blocks.push(paragraph(sums(story)));
    blocks.push(Block::List { items: all.iter().take(TOLD).map(|incident| item(story, incident)).collect() });
    if all.len() > TOLD {
        blocks.push(note(["The others are behind ".into(), story.fact("incident.count"), ".".into()]));
    }
    blocks
}

fn sums(story: &Story<'_>) -> Vec<Inline> {
    let noun = match story.is_one("incident.count") {
        true => " incident, in which something was wrong for ",
        false => " incidents, in which something was wrong for ",
    };
    let mut parts = vec![story.fact("incident.count"), noun.into(), story.fact("incident.minutes")];
    if !story.is_one("incident.count") {
        parts.push(" in all (where they overlap, time counts once)".into());
    }
    match story.facts.number("incident.customer_minutes").why() {
        None => parts.extend([
            ". Customers lost ".into(),
            story.fact("incident.customer_minutes"),
            " minutes by them (customers × minutes each).".into(),
        ]),
        Some(why) => parts.extend([
            ". How many minutes customers lost is ".into(),
            story.fact("incident.customer_minutes"),
            format!(": {why}. Counted were ").into(),
            story.fact("incident.customer_minutes.counted"),
            " (customers × minutes each).".into(),
        ]),
    }
    parts.extend(before(story));
    parts
}

/// How many there were in the months that this one is compared with, and for how long.
fn before(story: &Story<'_>) -> Vec<Inline> {
    let mut parts: Vec<Inline> = Vec::new();
    for (earlier, count) in story.earlier("incident.count") {
        let month = story.earlier_month(earlier);
        parts.push(if parts.is_empty() { format!(" In {month} ") } else { format!("; in {month} ") }.into());
        let noun = if story.is_one(&count) { " incident, " } else { " incidents, " };
        parts.extend([story.fact(&count), noun.into(), story.fact(&earlier.fact("incident.minutes"))]);
    }
    parts.extend((!parts.is_empty()).then(|| ".".into()));
    parts
}

/// Local time, as people said it.
pub fn when(story: &Story<'_>, incident: &Incident) -> String {
    let at = incident.started_at.utc().with_timezone(&story.material.zone());
    at.format("%-d\u{a0}%B, %H:%M").to_string()
}

/// What happened and why, in people's own words.
pub fn told(incident: &Incident) -> Vec<Inline> {
    let mut parts = Vec::new();
    if !incident.summary.is_empty() {
        parts.extend([" ".into(), Inline::Words(incident.summary.clone())]);
    }
    if !incident.cause.is_empty() {
        parts.extend([" Cause: ".into(), Inline::Words(incident.cause.clone())]);
    }
    parts
}

fn severity_words(severity: i64) -> &'static str {
    match severity {
        1 => "most serious",
        2 => "serious",
        3 => "limited",
        _ => "slight",
    }
}

fn item(story: &Story<'_>, incident: &Incident) -> Vec<Inline> {
    let fact = |what: &str| story.fact(&incident_fact(incident, what));
    let components: Vec<_> = incident.components.iter().map(|key| story.name_of(key)).collect();
    let severity = severity_words(incident.severity);
    let mut parts: Vec<Inline> = vec![
        format!("{}: ", when(story, incident)).into(),
        Inline::Name(incident.title.clone()),
        format!(" ({}; severity {} of 4, {severity}). ", components.join(", "), incident.severity).into(),
        if incident.detected_at.is_some() { "Noticed after " } else { "When it was noticed is " }.into(),
        fact("minutes_to_detect"),
    ];
    match incident.resolved_at {
        Some(_) => parts.extend([", over after ".into(), fact("minutes")]),
        None => parts.push("; it was not over when this was written".into()),
    }
    match incident.customer_minutes {
        Some(_) => parts.extend([", and cost customers ".into(), fact("customer_minutes"), " minutes.".into()]),
        None => parts.extend(["; what it took from customers is ".into(), fact("customer_minutes"), ".".into()]),
    }
    match is_told_above(story, incident) {
        true => parts.push(" It is told above.".into()),
        false => parts.extend(told(incident)),
    }
    parts
}

/// Whether it stands with a promise that was missed.
fn is_told_above(story: &Story<'_>, incident: &Incident) -> bool {
    let mut missed = promised(story.material).filter(|slo| outcome(story, slo) == Outcome::Missed);
    let first = |component: &str| {
        let struck = of_component(story.material, component);
        struck.take(super::missed::TOLD).any(|one| one.id == incident.id)
    };
    missed.any(|slo| first(&slo.component))
}
