//! A promise that was missed: why, for whom that mattered, and what is being done about it.

use super::{Story, day, day_of, incidents};
use crate::{
    incidents::Incident,
    personas::{Persona, journey_in_force, tasks},
    reports::{
        document::{Block, Inline, heading, paragraph},
        facts::Form,
        figures::{incident_fact, of_component, personas, shipped, slo_fact},
        sections::next::standing,
    },
    roadmap::{ItemStatus, RoadmapItem},
    slos::Slo,
};
use chrono::Days;

/// How many incidents are told in full.
pub const TOLD: usize = 3;

pub fn blocks(story: &Story<'_>, slo: &Slo) -> Vec<Block> {
    let struck: Vec<_> = of_component(story.material, &slo.component).collect();
    let minutes = slo_fact(slo, "budget_remaining_minutes");
    let by_how_much = paragraph([
        "Promised: ".into(),
        story.write.fact_as(&slo_fact(slo, "target"), Form::Fine),
        "; held: ".into(),
        story.write.fact_as(&slo_fact(slo, "sli"), Form::Fine),
        ". So ".into(),
        story.fact(&slo_fact(slo, "budget_consumed")),
        " of the error budget was used; what is too much is worth ".into(),
        story.write.fact_as(&minutes, Form::Size),
        " of complete failure.".into(),
    ]);
    let items = [why(story, slo, &struck), whom(story, slo, &struck), what_is_done(story, slo, &struck)];
    vec![heading(format!("Missed: {}", slo.name)), by_how_much, Block::List { items: items.into() }]
}

fn why(story: &Story<'_>, slo: &Slo, struck: &[&Incident]) -> Vec<Inline> {
    let mut parts: Vec<Inline> = vec![Inline::Name("Why:".to_owned()), " ".into()];
    let (worst, others) = (slo_fact(slo, "budget_consumed.worst_day"), slo_fact(slo, "budget_consumed.other_days"));
    if let Some(on) = story.facts.get(&worst).and_then(day_of) {
        parts.extend([
            format!("on {} alone ", day(on)).into(),
            story.fact(&worst),
            " of the budget went, on all other days together ".into(),
            story.fact(&others),
            ".".into(),
        ]);
    }
    let component = story.name(&slo.component);
    if struck.is_empty() {
        parts.push(format!(" No incident of {component} was recorded, so nobody wrote down a cause.").into());
    }
    for incident in struck.iter().take(TOLD) {
        parts.push(format!(" {}, ", incidents::when(story, incident)).into());
        parts.extend(lasted(story, incident));
        parts.extend([": ".into(), Inline::Name(incident.title.clone()), ".".into()]);
        parts.extend(incidents::told(incident));
    }
    if struck.len() > TOLD {
        parts.push(format!(" The other incidents of {component} stand below.").into());
    }
    parts
}

fn lasted(story: &Story<'_>, incident: &Incident) -> Vec<Inline> {
    match incident.resolved_at {
        Some(_) => vec!["for ".into(), story.fact(&incident_fact(incident, "minutes"))],
        None => vec!["and not over yet".into()],
    }
}

/// The customers, as far as somebody counted; then the users inside of the company.
fn whom(story: &Story<'_>, slo: &Slo, struck: &[&Incident]) -> Vec<Inline> {
    let mut parts: Vec<Inline> = vec![Inline::Name("For whom it mattered:".to_owned()), " ".into()];
    let name = slo_fact(slo, "customer_minutes");
    match story.facts.number(&name).why() {
        _ if struck.is_empty() => parts.push("how many customers noticed, nobody wrote down".into()),
        None => {
            parts.extend(["customers, for ".into(), story.fact(&name), " minutes (customers × minutes each)".into()])
        }
        Some(why) => parts.extend([
            "customers; for how many minutes is ".into(),
            story.fact(&name),
            format!(" ({why}), at least ").into(),
            story.fact(&format!("{name}.counted")),
        ]),
    }
    let users = users(story, slo);
    if users.is_empty() {
        parts.push(format!("; no kind of user is known to work with {}", story.name(&slo.component)).into());
    }
    for (persona, tasks) in users {
        parts.push("; ".into());
        parts.extend(story.people(persona));
        for (at, task) in tasks.into_iter().enumerate() {
            parts.extend([if at == 0 { ": " } else { ", " }.into(), Inline::Words(task)]);
        }
    }
    parts.push(".".into());
    parts
}

/// Who has a task with the component of the promise, and which; then for whom it is to be mended.
fn users<'a>(story: &Story<'a>, slo: &Slo) -> Vec<(&'a Persona, Vec<String>)> {
    let material = story.material;
    let last = material.month.next().first_day() - Days::new(1);
    let theirs = |persona: &Persona| -> Vec<String> {
        tasks(&material.journeys)
            .into_iter()
            .filter(|task| task.persona == persona.id && task.component == slo.component)
            .filter(|task| journey_in_force(&material.journeys, *task, last).is_some())
            .map(|task| task.task.to_owned())
            .collect()
    };
    let named = |persona: &Persona| {
        let helps = |item: &&RoadmapItem| item.slos.iter().any(|key| key == slo.key.as_text());
        let helps = material.roadmap.iter().filter(helps).filter(|item| matters(story, item));
        helps.flat_map(|item| item.personas.iter()).any(|id| id == persona.id)
    };
    let all = personas(material).map(|persona| (persona, theirs(persona)));
    let (with_tasks, others): (Vec<_>, Vec<_>) = all.partition(|(_, tasks)| !tasks.is_empty());
    with_tasks.into_iter().chain(others.into_iter().filter(|(persona, _)| named(persona))).collect()
}

/// What was finished in an earlier month, or given up, answers nothing now.
fn matters(story: &Story<'_>, item: &RoadmapItem) -> bool {
    match item.status {
        ItemStatus::Shipped => shipped(story.material).iter().any(|done| done.id == item.id),
        ItemStatus::Dropped => false,
        _ => true,
    }
}

/// What is planned or was finished for the promise or its incidents, and what was done at once.
fn what_is_done(story: &Story<'_>, slo: &Slo, struck: &[&Incident]) -> Vec<Inline> {
    let material = story.material;
    let struck = |incident: &str| struck.iter().any(|one| one.id == incident);
    let helps =
        |item: &&RoadmapItem| item.slos.iter().any(|key| key == slo.key.as_text()) || item.incidents.iter().any(struck);
    let mut parts: Vec<Inline> = vec![Inline::Name("What is done about it:".to_owned())];
    let items = material.roadmap.iter().filter(helps).filter(|item| matters(story, item));
    for (at, item) in items.take(TOLD).enumerate() {
        parts.extend([if at == 0 { " on the roadmap stands " } else { " " }.into(), Inline::Name(item.title.clone())]);
        parts.push(format!(" ({}, {})", item.reference, standing(story, item)).into());
        match item.outcome.is_empty() {
            true => parts.push(".".into()),
            false => parts.extend([": ".into(), Inline::Words(item.outcome.clone())]),
        }
    }
    for activity in material.activities.iter().filter(|one| one.incident.as_deref().is_some_and(struck)) {
        parts.extend([format!(" On {}: ", day(activity.on)).into(), Inline::Words(activity.summary.clone())]);
    }
    if parts.len() == 1 {
        parts.push(" nobody wrote down anything.".into());
    }
    parts
}
