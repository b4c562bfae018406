//! What was shipped, for whom, and what work is worth now.

mod claims;
mod words;

pub use words::{accepted, amount, benefit_words, driver_name};

use super::{Story, day};
use crate::{
    reports::{
        document::{Block, Inline, Section, SectionKey, note, paragraph},
        figures::{personas, shipped},
    },
    roadmap::RoadmapItem,
};

/// How many items are told one by one.
const TOLD: usize = 15;

pub fn section(story: &Story<'_>) -> Section {
    let mut blocks = items(story);
    blocks.extend(claims::blocks(story));
    Section::new(SectionKey::Shipped, blocks)
}

fn items(story: &Story<'_>) -> Vec<Block> {
    let (all, month) = (shipped(story.material), story.material.month.shown());
    let count = story.fact("roadmap.shipped_count");
    if all.is_empty() {
        let mut parts = vec![format!("In {month} ").into(), count, " things were shipped".into()];
        parts.extend(story.beside("roadmap.shipped_count"));
        parts.push(".".into());
        return vec![paragraph(parts)];
    }
    let noun = if story.is_one("roadmap.shipped_count") { " thing was shipped" } else { " things were shipped" };
    let mut introduction = vec![format!("In {month} ").into(), count, noun.into()];
    introduction.extend(story.beside("roadmap.shipped_count"));
    introduction.push(":".into());
    let mut blocks = vec![
        paragraph(introduction),
        Block::List { items: all.iter().take(TOLD).map(|one| item(story, one)).collect() },
    ];
    if all.len() > TOLD {
        blocks.push(note(["The others are behind ".into(), story.fact("roadmap.shipped_count"), ".".into()]));
    }
    blocks
}

fn item(story: &Story<'_>, item: &RoadmapItem) -> Vec<Inline> {
    let on = item.shipped_on.map_or_else(String::new, day);
    let mut parts: Vec<Inline> = vec![Inline::Name(item.title.clone()), format!(" ({}, {on}).", item.reference).into()];
    if !item.outcome.is_empty() {
        parts.extend([" ".into(), Inline::Words(item.outcome.clone())]);
    }
    let users = personas(story.material).filter(|persona| item.personas.iter().any(|id| id == persona.id));
    for (at, persona) in users.enumerate() {
        parts.push(if at == 0 { " For: " } else { ", " }.into());
        parts.extend(story.people(persona));
    }
    if item.personas.iter().next().is_none() {
        parts.push(" Nobody wrote down for whom.".into());
    }
    parts
}
