//! What the figures rest on, and what is not known.

use super::{Story, capitalised, drivers};
use crate::{
    kernel::month::Month,
    products::LabourFrom,
    reports::{
        document::{Block, Inline, Section, SectionKey, Shown, Table, figures, heading, note, paragraph, words},
        figures::{promised, slo_fact},
    },
};
use std::collections::BTreeMap;

/// Facts whose formula is told; of families, what their names begin with.
const EXPLAINED: &[(&str, &str)] = &[
    ("cost.total", "All cost"),
    ("cost.nature.run", "Maintenance cost"),
    ("cost.change", "Change since the month before"),
    ("cost.full_time_equivalents", "About N engineers"),
    ("cost.allocated", "Shared by allocation rules"),
    ("cost.unallocated", "Belongs to no component"),
    ("slo.met_count", "Promises kept"),
    ("impact.accepted_count", "Claims that are accepted"),
    ("incident.minutes", "Time in which something was wrong"),
    ("effort.hours", "Hours"),
    ("effort.toil_share", "Toil share"),
    ("recovery.overdue", "Overdue recovery tests"),
    ("coverage.effort", "How much of the hours is recorded"),
];

pub fn section(story: &Story<'_>) -> Section {
    let mut blocks = vec![heading("What is missing, and what it would change")];
    blocks.extend(missing(story));
    blocks.push(heading("What the months are"));
    blocks.push(paragraph([format!(
        "Work, tests, activities, promises and incidents count into the months of {}. Cost counts into billing months, which are UTC. \
         A week's hours fall on Monday to Friday, a fifth each.",
        story.material.product.timezone
    )
    .into()]));
    blocks.push(heading("How it was counted"));
    blocks.push(formulas(story));
    blocks.extend(drivers::blocks(story));
    blocks.push(heading("Exchange rates"));
    blocks.extend(rates(story));
    blocks.push(note([
        "No person's name and no hourly rate stands in this report: labour opens to hours and cost by \
                       component."
            .into(),
    ]));
    Section::new(SectionKey::Assumptions, blocks)
}

fn missing(story: &Story<'_>) -> Vec<Block> {
    let mut rows: Vec<Vec<Vec<Inline>>> = unknowns(story);
    if story.material.is_under_way() {
        rows.push(vec![vec!["The month was not over when this was written.".into()], vec!["Every figure.".into()]]);
    }
    rows.extend(effort_gaps(story));
    rows.extend(promise_gaps(story));
    let unallocated = story.facts.money("cost.unallocated").known();
    if unallocated.is_some_and(|money| !money.amount.is_zero()) {
        let mut what = vec![story.fact("cost.unallocated")];
        if story.facts.number("coverage.unallocated_share").known().is_some() {
            what.extend([" (".into(), story.fact("coverage.unallocated_share"), " of the cost)".into()]);
        }
        what.push(" belongs to no component.".into());
        rows.push(vec![what, vec!["Components cost more than shown; the sum is right.".into()]]);
    }
    if !story.is_none("coverage.without_owner") {
        let rows_behind =
            story.facts.get("coverage.without_owner").and_then(|fact| fact.rows.clone()).unwrap_or_default();
        let names = rows_behind.iter().filter_map(|row| Some(story.name_of(row.get("component")?.as_str()?)));
        let noun = if story.is_one("coverage.without_owner") { " component has" } else { " components have" };
        let list = names.collect::<Vec<_>>().join(", ");
        rows.push(vec![
            vec![story.fact("coverage.without_owner"), format!("{noun} no owner: {list}.").into()],
            vec!["No figure; but nobody answers for their cost.".into()],
        ]);
    }
    if rows.is_empty() {
        return vec![paragraph(["Nothing that we know of.".into()])];
    }
    vec![Block::Table(Table {
        caption: "What is not known, or not complete.".to_owned(),
        columns: vec![words("What"), words("What it would change")],
        rows,
        sums: None,
    })]
}

/// Each reason for which figures are not known, and those figures. The twelve months of the chart
/// are told once.
fn unknowns(story: &Story<'_>) -> Vec<Vec<Vec<Inline>>> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fact in story.facts.iter() {
        if let Some(why) = fact.unknown.as_ref().filter(|_| !is_told_elsewhere(&fact.name)) {
            reasons.entry(why).or_default().push(&fact.name);
        }
    }
    let row = |(why, names): (&str, Vec<&str>)| {
        let mut changes: Vec<Inline> = Vec::new();
        for name in names.iter().filter(|name| is_told(name)) {
            if !changes.is_empty() {
                changes.push(", ".into());
            }
            changes.push(Inline::Fact(Shown { name: (*name).to_owned(), shown: (*name).to_owned(), known: false }));
        }
        let others = names.len() - names.iter().filter(|name| is_told(name)).count();
        if others > 0 {
            let more = if changes.is_empty() { "" } else { ", and " };
            let noun = if others == 1 { "figure" } else { "figures" };
            changes.push(format!("{more}{others} {noun} of a component, kind, month or sort of user.").into());
        }
        vec![vec![format!("{}.", capitalised(why)).into()], changes]
    };
    reasons.into_iter().map(row).collect()
}

/// Figures that stand for themselves, rather than one of a family.
fn is_told(name: &str) -> bool {
    !["cost.component.", "cost.month.", "cost.category.", "effort.kind.", "exchange_rate.", "persona."]
        .iter()
        .any(|family| name.starts_with(family))
}

/// What is unknown of one promise, incident, claim, risk or decision is told where they are, and by what is missing.
fn is_told_elsewhere(name: &str) -> bool {
    let one_of = |family: &str| name.strip_prefix(family).is_some_and(|rest| rest.contains('.'));
    one_of("slo.")
        || one_of("incident.")
        || ["impact.claim.", "risk.", "decision."].iter().any(|family| name.starts_with(family))
}

/// The promises that were not measured all the time, each with how much is missing.
fn promise_gaps(story: &Story<'_>) -> Vec<Vec<Vec<Inline>>> {
    let mut rows: Vec<Vec<Vec<Inline>>> = Vec::new();
    for slo in promised(story.material) {
        let missing = slo_fact(slo, "minutes_missing");
        if story.is_none(&missing) {
            continue;
        }
        let nothing = story.facts.number(&slo_fact(slo, "sli")).known().is_none();
        let name = Inline::Words(slo.name.clone());
        let what = match nothing {
            true => vec![name, " was not measured at all (missing: ".into(), story.fact(&missing), ").".into()],
            false => vec![name, " was not measured for ".into(), story.fact(&missing), " of the month.".into()],
        };
        let change: Vec<Inline> = match story.facts.get(&slo_fact(slo, "met")).is_some_and(|fact| fact.value.is_some())
        {
            true => vec![
                "How much of its budget was used; not whether it was ".into(),
                story.fact(&slo_fact(slo, "met")),
                ".".into(),
            ],
            false => vec!["Whether it was kept, and how much of its budget was used.".into()],
        };
        rows.push(vec![what, change]);
    }
    if !story.is_none("slo.unmeasured_before_count") {
        let noun = if story.is_one("slo.unmeasured_before_count") { " promise" } else { " promises" };
        let what = format!("{noun} nothing was measured in {}.", story.month_before());
        rows.push(vec![
            vec!["Of ".into(), story.fact("slo.unmeasured_before_count"), what.into()],
            vec!["How their budgets moved since.".into()],
        ]);
    }
    rows
}

fn effort_gaps(story: &Story<'_>) -> Vec<Vec<Vec<Inline>>> {
    let priced = match story.material.product.labour_from {
        LabourFrom::Effort => "Hours, the toil share, and the cost of people's time, ",
        LabourFrom::CostEntries => "Hours and the toil share, ",
    };
    let row = |missing: &str, month: Month, what: &str| {
        let weeks = if story.is_one(missing) { " week of one person" } else { " weeks of people" };
        let recorded = missing.trim_end_matches(".missing");
        (!story.is_none(missing)).then(|| {
            vec![
                vec![
                    story.fact(missing),
                    format!("{weeks} in {} without record (recorded: ", month.shown()).into(),
                    story.fact(recorded),
                    ").".into(),
                ],
                vec![priced.into(), what.into()],
            ]
        })
    };
    let month = story.material.month;
    [
        row("coverage.effort.missing", month, "which are higher than shown."),
        row("coverage.effort.previous.missing", month.previous(), "of the month before, and so what changed since."),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn formulas(story: &Story<'_>) -> Block {
    let rows = EXPLAINED.iter().filter_map(|(name, label)| {
        let fact = story.facts.get(name)?;
        Some(vec![vec![(*label).into()], vec![story.fact(name)], vec![fact.formula.as_str().into()]])
    });
    Block::Table(Table {
        caption: "Every other figure opens to its own formula.".to_owned(),
        columns: vec![words("Figure"), figures("Value"), words("Formula")],
        rows: rows.collect(),
        sums: None,
    })
}

fn rates(story: &Story<'_>) -> Vec<Block> {
    let (month, before) = (story.material.month.to_string(), story.material.month.previous().to_string());
    let used = |fact: &&crate::reports::facts::Fact| {
        fact.name.starts_with("exchange_rate.") && (fact.name.ends_with(&month) || fact.name.ends_with(&before))
    };
    let rows: Vec<_> = story
        .facts
        .iter()
        .filter(used)
        .map(|fact| {
            let of = fact.name.rsplit('.').next().unwrap_or_default();
            let rate = fact.value.as_ref().map_or_else(|| "not known".to_owned(), |rate| rate.shown());
            let shown = Shown { name: fact.name.clone(), shown: rate, known: fact.value.is_some() };
            vec![vec![of.into()], vec![fact.unit.as_str().into()], vec![Inline::Fact(shown)]]
        })
        .collect();
    if rows.is_empty() {
        return vec![paragraph(["None was needed: everything was paid in one currency.".into()])];
    }
    vec![Block::Table(Table {
        caption: "Rates of this month and the one before, multiplied.".to_owned(),
        columns: vec![words("Month"), words("Unit"), figures("Rate")],
        rows,
        sums: None,
    })]
}
