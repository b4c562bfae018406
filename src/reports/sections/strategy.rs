//! Where it is going: the vision and the strategy under which the report was made, and how far the objectives are.

use super::Story;
use crate::{
    direction::{Strategy, Vision},
    kernel::clock::Instant,
    objectives::{KeyResult, Objective, ObjectiveStatus},
    reports::{
        document::{Block, Inline, Remark, Shown, Table, figures, heading, note, paragraph, words},
        figures::{
            STRATEGY_VERSION, VISION_VERSION, current_fact, has_direction, key_results_of, progress_fact,
            told_objectives,
        },
    },
};

/// How many objectives are told one by one.
const TOLD: usize = 10;

/// Nothing, where nobody wrote down where it is going.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let material = story.material;
    if !has_direction(material) {
        return Vec::new();
    }
    let mut blocks = match &material.vision {
        Some(vision) => self::vision(story, vision),
        None => vec![none(story, "No vision is published (which version is ", VISION_VERSION)],
    };
    match &material.strategy {
        Some(strategy) => blocks.extend(self::strategy(story, strategy)),
        None => blocks.push(none(story, "No strategy is published (which version is ", STRATEGY_VERSION)),
    }
    blocks.extend(objectives(story));
    blocks
}

fn none(story: &Story<'_>, words: &str, fact: &str) -> Block {
    paragraph([words.into(), story.fact(fact), ").".into()])
}

fn vision(story: &Story<'_>, vision: &Vision) -> Vec<Block> {
    let mut parts: Vec<Inline> = vec![Inline::Name("The vision".to_owned()), " (version ".into()];
    parts.extend([story.fact(VISION_VERSION), "): ".into(), Inline::Words(vision.statement.clone())]);
    if let Some(on) = vision.horizon_on {
        parts.push(format!(", by {}", on.format("%-d\u{a0}%B\u{a0}%Y")).into());
    }
    parts.push(".".into());
    vec![paragraph(parts)]
}

fn strategy(story: &Story<'_>, strategy: &Strategy) -> Vec<Block> {
    let at = strategy.published_at.unwrap_or(strategy.updated_at);
    let named = [Inline::Name("The strategy".to_owned()), " (version ".into(), story.fact(STRATEGY_VERSION)];
    let mut blocks = vec![paragraph(named.into_iter().chain([") begins with what is going on:".into()]))];
    blocks.push(said(&strategy.diagnosis, "Strategy, diagnosis", at));
    blocks.push(paragraph(["What follows from that:".into()]));
    blocks.push(said(&strategy.guiding_policy, "Strategy, guiding policy", at));
    for (introduction, items) in
        [("What is done:", &strategy.coherent_actions), ("What is left undone for it:", &strategy.not_doing)]
    {
        if !items.is_empty() {
            let items = items.iter().map(|item| vec![Inline::Words(item.clone())]).collect();
            blocks.extend([paragraph([introduction.into()]), Block::List { items }]);
        }
    }
    blocks
}

/// What people wrote as Markdown stands as every Markdown in a report does.
fn said(text: &str, whose: &str, at: Instant) -> Block {
    Block::Commentary(Remark { text: text.to_owned(), author: whose.to_owned(), at })
}

fn objectives(story: &Story<'_>) -> Vec<Block> {
    let told: Vec<_> = told_objectives(story.material).collect();
    let mut blocks = vec![heading("How far we are")];
    if told.is_empty() {
        blocks.push(paragraph(["Nothing is to be reached in this quarter, as far as anybody wrote down.".into()]));
    }
    for objective in told.iter().take(TOLD) {
        blocks.push(paragraph([
            Inline::Name(objective.title.clone()),
            format!(" ({}): {}.", objective.period, standing(objective)).into(),
        ]));
        let rows: Vec<_> = key_results_of(story.material, objective).map(|one| row(story, one)).collect();
        if rows.is_empty() {
            blocks.push(note(["By which figure one sees that it is reached, nobody said.".into()]));
            continue;
        }
        blocks.push(Block::Table(Table {
            caption:
                "Progress is the share of the way from where it began to the target: above 100 % is more than was \
                      wanted, below 0 is worse than before."
                    .to_owned(),
            columns: vec![words("Key result"), figures("From"), figures("To"), figures("Now"), figures("Progress")],
            rows,
            sums: None,
        }));
    }
    if told.len() > TOLD {
        blocks.push(note([format!("Of {} objectives the first {TOLD} are told.", told.len()).into()]));
    }
    blocks
}

fn standing(objective: &Objective) -> &'static str {
    match objective.status {
        ObjectiveStatus::Draft => "a draft",
        ObjectiveStatus::Active => "worked on",
        ObjectiveStatus::Achieved => "achieved",
        ObjectiveStatus::Missed => "missed",
        ObjectiveStatus::Dropped => "given up",
    }
}

fn row(story: &Story<'_>, key_result: &KeyResult) -> Vec<Vec<Inline>> {
    let unit = if key_result.unit.is_empty() { String::new() } else { format!(" ({})", key_result.unit) };
    let current = current_fact(key_result);
    let now = match story.facts.number(&current).known() {
        // With all its digits: rounded, what is nearly reached would read as reached.
        Some(value) => Inline::Fact(Shown { name: current, shown: value.to_string(), known: true }),
        None => story.fact(&current),
    };
    vec![
        vec![format!("{}{unit}", key_result.title).into()],
        vec![key_result.baseline.to_string().into()],
        vec![key_result.target.to_string().into()],
        vec![now],
        vec![story.fact(&progress_fact(key_result))],
    ]
}
