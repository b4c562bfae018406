//! Three sentences for someone who has three minutes.

use super::{Story, cost::movers, shipped::accepted};
use crate::{
    kernel::money::Money,
    reports::{
        document::{Block, Inline, Section, SectionKey, paragraph},
        earlier::Earlier,
        facts::Form,
    },
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

pub fn section(story: &Story<'_>) -> Section {
    let sentences = [money(story), purpose(story), care(story)].map(paragraph);
    Section::new(SectionKey::Headline, sentences.to_vec())
}

/// What stands before the sentences when no person published the report.
pub fn unreviewed(on: NaiveDate) -> Block {
    let day = on.format("%-d %B %Y");
    let rest = format!(
        " It was published on its day, {day}, as the data stood; what is wrong in it is corrected by a revision."
    );
    paragraph([Inline::Name("Nobody has reviewed this report.".to_owned()), rest.into()])
}

/// What it cost, how that moved, and what its stakeholders accepted that it was worth.
fn money(story: &Story<'_>) -> Vec<Inline> {
    let (product, month) = (&story.material.product.name, story.material.month.shown());
    if let Some(why) = story.facts.money("cost.total").why() {
        let cost = story.fact("cost.total");
        let mut parts = vec![format!("What {product} cost in {month} is ").into(), cost, format!(": {why}").into()];
        parts.extend(gave(story));
        return parts;
    }
    let least = if story.is_incomplete() { "at least " } else { "" };
    let cost = story.fact("cost.total");
    let mut parts = vec![format!("{product} cost {least}").into(), cost, format!(" in {month}").into()];
    match story.facts.money("cost.change").known() {
        None => parts.push(format!(" (how that compares with {} is not known)", story.month_before()).into()),
        Some(change) if change.amount.is_zero() => {
            parts.push(format!(", as much as in {}", story.month_before()).into());
        }
        Some(change) => {
            parts.push(", ".into());
            parts.extend(moved(story, change, "cost.change", Earlier::MonthBefore));
        }
    }
    if let Some(change) = story.facts.money("cost.change_of_year").known().filter(|change| !change.amount.is_zero()) {
        parts.push(" and ".into());
        parts.extend(moved(story, change, "cost.change_of_year", Earlier::YearBefore));
    }
    parts.extend(gave(story));
    parts
}

/// How much more or less than in an earlier month.
fn moved(story: &Story<'_>, change: Money, fact: &str, earlier: Earlier) -> Vec<Inline> {
    let mut parts = vec![story.write.fact_as(fact, Form::Size)];
    let share = format!("{fact}.share");
    if story.facts.number(&share).known().is_some() {
        parts.extend([" (".into(), story.write.fact_as(&share, Form::Size), ")".into()]);
    }
    let direction = if change.amount > Decimal::ZERO { "more" } else { "less" };
    parts.push(format!(" {direction} than in {}", story.earlier_month(earlier)).into());
    parts
}

/// The end of the sentence on cost: what of the month's worth is accepted.
fn gave(story: &Story<'_>) -> Vec<Inline> {
    let mut parts = accepted(story);
    parts.push(".".into());
    parts
}

/// What moved furthest since the month before, for the beginning of a sentence.
fn furthest(story: &Story<'_>) -> Vec<Inline> {
    let moved = story.facts.money("cost.change").known().is_some_and(|change| !change.amount.is_zero());
    match movers(story).into_iter().next().filter(|_| moved) {
        None => vec!["Of the cost, ".into()],
        Some((name, _, fact)) => {
            let moved = story.write.fact_as(&fact, Form::Signed);
            vec![format!("What moved furthest is {name} (").into(), moved, "); of the cost, ".into()]
        }
    }
}

/// What the money was for, and how much work that was.
fn purpose(story: &Story<'_>) -> Vec<Inline> {
    let natures = ["cost.nature.run", "cost.nature.grow", "cost.nature.transform"];
    if natures.iter().any(|name| story.facts.money(name).known().is_none()) {
        return vec![
            "How much of it kept things running, how much made them better and how much built something new is ".into(),
            story.fact("cost.nature.run"),
            " yet.".into(),
        ];
    }
    let mut parts = furthest(story);
    parts.push(story.fact("cost.nature.run"));
    if story.facts.number("cost.nature.run.share").known().is_some() {
        parts.extend([" (".into(), story.fact("cost.nature.run.share"), ")".into()]);
    }
    parts.extend([
        " kept what exists running, ".into(),
        story.fact("cost.nature.grow"),
        " made it better and ".into(),
        story.fact("cost.nature.transform"),
        " built something new; ".into(),
    ]);
    match story.facts.number("cost.full_time_equivalents").known() {
        Some(count) if count.is_zero() => parts.push("no working time is part of the cost.".into()),
        Some(_) => parts.extend([
            "the people's part of it is the work of about ".into(),
            story.fact("cost.full_time_equivalents"),
            if story.is_one("cost.full_time_equivalents") { " engineer.".into() } else { " engineers.".into() },
        ]),
        None => parts.push("how many engineers' work that is cannot be said yet.".into()),
    }
    parts
}

/// How many promises were kept, for the beginning of a sentence; nothing while that is open.
fn promises(story: &Story<'_>) -> Vec<Inline> {
    if story.is_none("slo.count") || story.material.is_under_way() {
        return Vec::new();
    }
    let noun = if story.is_one("slo.count") { "promise" } else { "promises" };
    let were = if story.is_one("slo.met_count") { "was" } else { "were" };
    let noun = format!(" {noun} to users {were} kept").into();
    let mut parts = vec![story.fact("slo.met_count"), " of ".into(), story.fact("slo.count"), noun];
    if !story.is_none("slo.unknown_count") {
        parts.extend([" (of ".into(), story.fact("slo.unknown_count"), " it is not known)".into()]);
    }
    parts.push("; ".into());
    parts
}

/// The components that a count is of, where they are few enough for a sentence.
fn which(story: &Story<'_>, count: &str) -> Option<Inline> {
    let rows = story.facts.get(count)?.rows.as_deref()?;
    let keys = rows.iter().filter_map(|row| row.get("component")?.as_str()).collect::<BTreeSet<_>>();
    let names: Vec<_> = keys.into_iter().map(|key| story.name_of(key)).collect();
    (1..=2).contains(&names.len()).then(|| format!(" ({})", names.join(" and ")).into())
}

/// The care that nobody sees, and what it is for.
fn care(story: &Story<'_>) -> Vec<Inline> {
    let mut parts = promises(story);
    let practised = match parts.is_empty() {
        true => "Bringing something back after a loss was practised ",
        false => "bringing something back after a loss was practised ",
    };
    parts.extend([practised.into(), story.fact("recovery.tests")]);
    match story.is_none("recovery.tests") {
        true => parts.push(" times".into()),
        false => {
            let times = if story.is_one("recovery.tests") { " time, and " } else { " times, of which " };
            parts.extend([times.into(), story.fact("recovery.failed"), " failed".into()]);
            parts.extend(which(story, "recovery.failed"));
        }
    }
    if !story.is_none("recovery.overdue") {
        let many = match story.is_one("recovery.overdue") {
            true => " of the most important systems has not been tested for a year",
            false => " of the most important systems have not been tested for a year",
        };
        parts.extend(["; ".into(), story.fact("recovery.overdue"), many.into()]);
        parts.extend(which(story, "recovery.overdue"));
    }
    match story.facts.number("effort.toil_share").known() {
        Some(_) => parts.extend([
            "; and ".into(),
            story.fact("effort.toil_share"),
            " of the team's hours was toil (firefighting and repeated work by hand), of which half is the line not to \
             cross."
                .into(),
        ]),
        None => parts.push("; where the team's hours went is not known.".into()),
    }
    parts
}
