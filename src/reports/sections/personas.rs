//! A card for each kind of user: who they are, in their own words, and how their tasks go.

use super::Story;
use crate::{
    personas::{JourneyChange, Persona},
    reports::{
        document::{Block, Inline, Table, figures, heading, note, paragraph, words},
        figures::{personas, task_fact, tasks_of},
    },
};

/// How many personas, and how many tasks of each, are told one by one.
const TOLD: usize = 20;

/// Nothing where no persona is written down.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let there: Vec<&Persona> = personas(story.material).collect();
    if there.is_empty() {
        return Vec::new();
    }
    let mut blocks: Vec<Block> = there.iter().take(TOLD).flat_map(|persona| card(story, persona)).collect();
    blocks.push(note([
        "Before is when somebody first looked at the task, now is when somebody last did by the month's end; minutes are of \
         one use, and how content they are goes from 1 to 5. Every figure leads to who looked, when and at how many."
            .into(),
    ]));
    blocks
}

fn card(story: &Story<'_>, persona: &Persona) -> Vec<Block> {
    let mut parts = story.people(persona);
    if !persona.role.is_empty() {
        parts.extend([". ".into(), Inline::Words(persona.role.clone())]);
    }
    let mut blocks = vec![heading(persona.name.as_str()), paragraph(parts)];
    if !persona.quote.is_empty() {
        blocks.push(paragraph([Inline::Words(persona.quote.clone())]));
    }
    let tasks = tasks_of(story.material, persona);
    if tasks.is_empty() {
        blocks.push(paragraph(["Nobody has looked at how they do a task yet.".into()]));
        return blocks;
    }
    blocks.push(Block::Table(Table {
        caption: format!("How the tasks of '{}' go.", persona.name),
        columns: vec![
            words("Task"),
            words("With"),
            figures("Times a month"),
            figures("Before"),
            figures("Now"),
            figures("Content before"),
            figures("Content now"),
        ],
        rows: tasks.iter().take(TOLD).map(|task| row(story, task)).collect(),
        sums: None,
    }));
    blocks
}

fn row(story: &Story<'_>, task: &JourneyChange) -> Vec<Vec<Inline>> {
    let cell = |what: &str, none: &str| {
        let fact = task_fact(task, what);
        match story.facts.get(&fact) {
            Some(_) => vec![story.fact(&fact)],
            None => vec![none.into()],
        }
    };
    let asked = if task.change.is_some() { "not asked" } else { "\u{2013}" };
    vec![
        vec![task.task.as_str().into()],
        vec![task.component_name.as_str().into()],
        cell("uses", ""),
        cell("minutes.before", "seen once"),
        cell("minutes", ""),
        cell("satisfaction.before", asked),
        cell("satisfaction", "not asked"),
    ]
}
