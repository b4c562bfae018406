//! What became of what the last report promised, and what is new since.

use super::{super::Story, dated, standing};
use crate::reports::{
    document::{Block, Inline, heading, note, paragraph},
    figures::{Outcome, Promised, added, promised_items},
};

/// How many items are told one by one.
const TOLD: usize = 15;

/// Nothing where no report was published before.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let Some(told) = &story.material.told_before else { return Vec::new() };
    let month = told.month.shown();
    let mut blocks = vec![heading("What became of what we promised")];
    let promised = promised_items(story.material);
    if promised.is_empty() {
        let count = story.fact("roadmap.promised_count");
        let parts = [format!("The report of {month} named ").into(), count, " things that would come now.".into()];
        blocks.push(paragraph(parts));
    } else {
        blocks.push(paragraph(counts(story, &month)));
        let mut moved: Vec<_> = promised.iter().filter(|one| one.outcome != Outcome::OnCourse).collect();
        moved.sort_by_key(|one| one.outcome);
        let items: Vec<_> = moved.iter().take(TOLD).map(|one| item(story, one)).collect();
        blocks.extend((!items.is_empty()).then_some(Block::List { items }));
        if moved.len() > TOLD {
            blocks.push(note(["The others are behind ".into(), story.fact("roadmap.promised_count"), ".".into()]));
        }
    }
    blocks.extend(new(story));
    blocks
}

fn counts(story: &Story<'_>, month: &str) -> Vec<Inline> {
    let all = "roadmap.promised_count";
    let noun = if story.is_one(all) { " thing" } else { " things" };
    let mut parts =
        vec!["Of ".into(), story.fact(all), format!("{noun} that the report of {month} promised for now, ").into()];
    let mut first = true;
    for outcome in Outcome::ALL {
        let fact = format!("{all}.{outcome}");
        if story.is_none(&fact) {
            continue;
        }
        parts.extend((!first).then(|| ", ".into()));
        parts.extend([story.fact(&fact), summary(*outcome, story.is_one(&fact)).into()]);
        first = false;
    }
    parts.push(".".into());
    parts
}

fn summary(outcome: Outcome, one: bool) -> &'static str {
    match (outcome, one) {
        (Outcome::Kept, true) => " was shipped in time",
        (Outcome::Kept, false) => " were shipped in time",
        (Outcome::Late, true) => " was shipped late",
        (Outcome::Late, false) => " were shipped late",
        (Outcome::Slipped, _) => " slipped",
        (Outcome::PutOff, true) => " was put off",
        (Outcome::PutOff, false) => " were put off",
        (Outcome::Dropped, true) => " was given up",
        (Outcome::Dropped, false) => " were given up",
        (Outcome::Removed, true) => " was taken off the roadmap",
        (Outcome::Removed, false) => " were taken off the roadmap",
        (Outcome::OnCourse, true) => " is on course",
        (Outcome::OnCourse, false) => " are on course",
    }
}

/// What was said, and what it came to.
fn item(story: &Story<'_>, one: &Promised<'_>) -> Vec<Inline> {
    let promised = match one.by {
        Some(by) => format!("promised for {}", dated(story, by)),
        None => "promised without a date".to_owned(),
    };
    let became = match (one.outcome, one.item) {
        (Outcome::Removed, _) | (_, None) => "not on the roadmap any more".to_owned(),
        (Outcome::Dropped, Some(_)) => "given up".to_owned(),
        (Outcome::PutOff, Some(item)) => format!("put off to {}, {}", item.horizon, standing(story, item)),
        (_, Some(item)) => standing(story, item),
    };
    vec![Inline::Name(one.title.to_owned()), format!(" ({}): {promised}; {became}.", one.reference).into()]
}

fn new(story: &Story<'_>) -> Option<Block> {
    let items = added(story.material);
    if items.is_empty() {
        return None;
    }
    let are = if story.is_one("roadmap.added_count") { " thing is new since: " } else { " things are new since: " };
    let mut parts = vec![story.fact("roadmap.added_count"), are.into()];
    for (at, item) in items.iter().take(TOLD).enumerate() {
        parts.extend((at > 0).then(|| ", ".into()));
        parts.push(Inline::Words(item.title.clone()));
    }
    parts.push(if items.len() > TOLD { " and others." } else { "." }.into());
    Some(paragraph(parts))
}
