//! What others are asked to decide, and what they answered in the month.

use super::{Story, month_name, next::dated};
use crate::{
    decisions::{AnsweredBy, Decision},
    reports::{
        document::{Block, Inline, Section, SectionKey, heading, note, paragraph},
        figures::{answered_decisions, answered_on, decision_fact, open_decisions},
    },
};

/// How many decisions are told one by one, of each sort.
const TOLD: usize = 20;

pub fn section(story: &Story<'_>) -> Section {
    let (open, answered) = (open_decisions(story.material), answered_decisions(story.material));
    let mut blocks = vec![introduction(story)];
    if !open.is_empty() {
        blocks.push(Block::List { items: open.iter().take(TOLD).map(|one| asked(story, one)).collect() });
    }
    blocks.extend(others(story, open.len(), "decisions.open"));
    if !story.material.decisions.is_empty() {
        blocks.push(heading(format!("Answered in {}", month_name(story.material.month))));
        blocks.push(answers(story));
    }
    if !answered.is_empty() {
        blocks.push(Block::List { items: answered.iter().take(TOLD).map(|one| told(story, one)).collect() });
    }
    blocks.extend(others(story, answered.len(), "decisions.answered"));
    Section::new(SectionKey::Decisions, blocks)
}

/// Where the rest of a long list is.
fn others(story: &Story<'_>, count: usize, fact: &str) -> Option<Block> {
    (count > TOLD).then(|| note(["The others are behind ".into(), story.fact(fact), ".".into()]))
}

fn introduction(story: &Story<'_>) -> Block {
    let mut parts = vec![story.fact("decisions.open")];
    if story.is_none("decisions.open") {
        let known = if story.material.decisions.is_empty() { ": nobody wrote any down." } else { "." };
        parts.extend([" decisions wait for an answer".into(), known.into()]);
        return paragraph(parts);
    }
    let wait = if story.is_one("decisions.open") { " decision waits" } else { " decisions wait" };
    parts.extend([format!("{wait} for an answer; ").into(), story.fact("decisions.overdue")]);
    parts.push(if story.is_one("decisions.overdue") { " is overdue".into() } else { " are overdue".into() });
    if !story.is_none("decisions.overdue") || story.facts.money("decisions.waiting_cost").known().is_none() {
        parts.extend(["; ".into(), "waiting has cost ".into()]);
        parts.extend(cost(story, "decisions.waiting_cost"));
        parts.push(" so far".into());
    }
    parts.push(".".into());
    paragraph(parts)
}

/// A sum, or as much of it as is known and why not more.
fn cost(story: &Story<'_>, sum: &str) -> Vec<Inline> {
    let counted = format!("{sum}.counted");
    let none = story.facts.money(&counted).known().is_none_or(|money| money.amount.is_zero());
    match story.facts.money(sum).why() {
        None => vec![story.fact(sum)],
        Some(why) if none => vec!["an amount that is ".into(), story.fact(sum), format!(" ({why})").into()],
        Some(why) => {
            let whole = [" (in whole it is ".into(), story.fact(sum), format!(": {why})").into()];
            ["at least ".into(), story.fact(&counted)].into_iter().chain(whole).collect()
        }
    }
}

/// What is asked of whom, by when, what there is to choose from, and what waiting costs.
fn asked(story: &Story<'_>, decision: &Decision) -> Vec<Inline> {
    let of = match name(story, decision) {
        Some(name) => format!("Asked of {name}; "),
        None => "Nobody is named to answer; ".to_owned(),
    };
    put(story, decision, of)
}

/// The decisions that wait for one stakeholder, told to them.
pub fn asked_of(story: &Story<'_>, stakeholder: &str) -> Vec<Vec<Inline>> {
    let open = open_decisions(story.material).into_iter();
    let theirs = open.filter(|decision| decision.stakeholder.as_deref() == Some(stakeholder));
    let unanswered = theirs.filter(|decision| decision.answered_at.is_none());
    let yours = |decision: &Decision| match decision.due_on {
        Some(_) => "Your answer is ",
        None => "Your answer is asked for; ",
    };
    unanswered.take(TOLD).map(|decision| put(story, decision, yours(decision).to_owned())).collect()
}

fn put(story: &Story<'_>, decision: &Decision, of: String) -> Vec<Inline> {
    let mut parts = vec![Inline::Name(decision.question.clone()), " ".into(), of.into()];
    parts.extend(due(story, decision));
    for (at, option) in decision.options.value().iter().enumerate() {
        parts.push(if at == 0 { " To choose from: " } else { ", " }.into());
        parts.push(Inline::Words(option.clone()));
    }
    parts.extend((!decision.options.value().is_empty()).then(|| ".".into()));
    parts.extend(price(story, decision));
    if let Some(on) = answered_on(story.material, decision) {
        parts.push(format!(" It was answered since, on {}.", dated(story, on)).into());
    }
    parts
}

fn due(story: &Story<'_>, decision: &Decision) -> Vec<Inline> {
    let Some(due) = decision.due_on else { return vec!["nobody said by when.".into()] };
    let due = dated(story, due);
    let days = decision_fact(decision, "days_late");
    match story.is_none(&days) {
        true => vec![format!("due {due}.").into()],
        false => {
            vec![format!("overdue since {due}, by ").into(), story.fact(&days), days_word(story, &days), ".".into()]
        }
    }
}

fn days_word(story: &Story<'_>, days: &str) -> Inline {
    if story.is_one(days) { " day".into() } else { " days".into() }
}

/// What a week of waiting costs, and what it has cost so far.
fn price(story: &Story<'_>, decision: &Decision) -> Vec<Inline> {
    if decision.weekly().is_none() {
        return vec![" What a week of waiting costs nobody said.".into()];
    }
    let weekly = story.fact(&decision_fact(decision, "cost_of_delay"));
    let mut parts = vec![" A week of waiting costs ".into(), weekly];
    if !story.is_none(&decision_fact(decision, "days_late")) {
        let waited = decision_fact(decision, "waiting_cost");
        parts.extend(["; so far it has cost ".into(), story.fact(&waited)]);
        parts.extend(unless_known(story, &waited));
    }
    parts.push(".".into());
    parts
}

fn unless_known(story: &Story<'_>, fact: &str) -> Option<Inline> {
    story.facts.money(fact).why().map(|why| format!(" ({why})").into())
}

fn answers(story: &Story<'_>) -> Block {
    let decisions = if story.is_one("decisions.answered") { " decision was" } else { " decisions were" };
    let mut parts = vec![story.fact("decisions.answered"), format!("{decisions} taken").into()];
    let cost_nothing =
        story.facts.money("decisions.answered_waiting_cost").known().is_some_and(|all| all.amount.is_zero());
    if !cost_nothing {
        parts.push("; waiting for that cost ".into());
        parts.extend(cost(story, "decisions.answered_waiting_cost"));
    }
    parts.push(".".into());
    paragraph(parts)
}

/// What was answered, by whom, when, and how that was to when it was needed.
fn told(story: &Story<'_>, decision: &Decision) -> Vec<Inline> {
    let mut parts = vec![Inline::Name(decision.question.clone()), " ".into()];
    if let Some(answer) = &decision.answer {
        parts.extend([Inline::Words(answer.clone()), " ".into()]);
    }
    let on = answered_on(story.material, decision).map_or_else(String::new, |on| dated(story, on));
    parts.push(match (name(story, decision), decision.answered_by) {
        (Some(name), Some(AnsweredBy::Stakeholder)) => format!("{name} answered on {on}").into(),
        (Some(name), _) => format!("Asked of {name}; decided on {on}, as the team wrote it down").into(),
        (None, _) => format!("Decided on {on}, as the team wrote it down").into(),
    });
    parts.extend(how_late(story, decision));
    parts
}

fn how_late(story: &Story<'_>, decision: &Decision) -> Vec<Inline> {
    let [days, waited] = ["days_late", "waiting_cost"].map(|what| decision_fact(decision, what));
    if decision.due_on.is_none() {
        return vec![".".into()];
    }
    if story.is_none(&days) {
        return vec!["; in time.".into()];
    }
    let mut parts = vec!["; ".into(), story.fact(&days), days_word(story, &days), " late, which cost ".into()];
    parts.push(story.fact(&waited));
    parts.extend(unless_known(story, &waited));
    parts.push(".".into());
    parts
}

fn name<'s>(story: &'s Story<'_>, decision: &Decision) -> Option<&'s str> {
    story.material.worth.name(decision.stakeholder.as_deref()?)
}
