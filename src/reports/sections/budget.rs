//! What may be spent, what is, and where the year will end.

use super::{Story, month_name};
use crate::{
    costs::Budget,
    reports::{
        document::{Block, Inline, Table, figures, heading, note, paragraph, words},
        facts::Form,
        figures::{YEAR_ELAPSED, budget_course, budget_fact},
    },
};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// Nothing where nobody wrote down a budget of the year.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let (whole, parts): (Vec<&Budget>, Vec<&Budget>) =
        story.material.budgets.iter().partition(|budget| budget.component.is_none());
    if whole.is_empty() && parts.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading("Against the budget")];
    match whole.is_empty() {
        true => blocks.push(only_components(story)),
        false => blocks.extend(everything(story)),
    }
    if !parts.is_empty() {
        blocks.push(table(story, &parts));
    }
    let method = budget_course(story.material).method();
    blocks.push(note([format!("How the end of the year is computed: {method}.").into()]));
    blocks
}

fn only_components(story: &Story<'_>) -> Block {
    let (year, month) = (budget_course(story.material).year, month_name(story.material.month));
    paragraph([
        format!("With the end of {month}, ").into(),
        story.fact(YEAR_ELAPSED),
        format!(" of {year} was over. There is no budget of everything.").into(),
    ])
}

fn everything(story: &Story<'_>) -> Vec<Block> {
    let name = |what: &str| budget_fact(None, what);
    let (year, month) = (budget_course(story.material).year, month_name(story.material.month));
    let planned = story.fact(&name("planned"));
    let is_known = |what: &str| story.facts.money(&name(what)).known().is_some();
    if !is_known("actual") {
        return vec![paragraph([
            format!("For {year}, ").into(),
            planned,
            " may be spent. How much of it is spent is ".into(),
            story.fact(&name("actual")),
            format!(": {}.", story.why(&name("actual"))).into(),
        ])];
    }
    let mut parts = vec![
        format!("For {year}, ").into(),
        planned,
        format!(" may be spent. By the end of {month} ").into(),
        story.fact(&name("actual")),
        " was spent".into(),
    ];
    if story.facts.number(&name("used")).known().is_some() {
        parts.extend([", ".into(), story.fact(&name("used")), " of it".into()]);
    }
    parts.extend([", when ".into(), story.fact(YEAR_ELAPSED), " of the year was over.".into()]);
    let mut blocks = vec![paragraph(parts)];
    match ending(story) {
        Some(parts) => blocks.push(paragraph(parts)),
        None => blocks.push(paragraph([
            "What the whole year will cost is ".into(),
            story.fact(&name("forecast")),
            format!(": {}.", story.why(&name("forecast"))).into(),
        ])),
    }
    blocks
}

/// Where the year will end, against the budget of everything; none where that is not known, or not planned.
pub fn ending(story: &Story<'_>) -> Option<Vec<Inline>> {
    let name = |what: &str| budget_fact(None, what);
    let over = story.facts.money(&name("variance")).known()?;
    let is_over = budget_course(story.material).months_left() == 0;
    let start = if is_over { "The year cost " } else { "If all goes on as it did, the year will cost " };
    let mut parts = vec![start.into(), story.fact(&name("forecast"))];
    let direction = match over.amount.cmp(&Decimal::ZERO) {
        Ordering::Greater => " more than planned.",
        Ordering::Less => " less than planned.",
        Ordering::Equal => {
            parts.push(", as planned.".into());
            return Some(parts);
        }
    };
    parts.extend([", ".into(), story.write.fact_as(&name("variance"), Form::Size), direction.into()]);
    Some(parts)
}

fn table(story: &Story<'_>, budgets: &[&Budget]) -> Block {
    let row = |budget: &&Budget| {
        let key = budget.component.as_deref().unwrap_or_default();
        let cell = |what: &str, form| vec![story.write.fact_as(&budget_fact(Some(key), what), form)];
        vec![
            vec![story.name_of(key).into()],
            cell("planned", Form::Bare),
            cell("actual", Form::Bare),
            cell("used", Form::Plain),
            cell("forecast", Form::Bare),
            cell("variance", Form::Bare),
        ]
    };
    let currency = story.material.product.currency;
    Block::Table(Table {
        caption: format!("Budgets of components, in {currency}, rounded to whole {currency}."),
        columns: vec![
            words("Component"),
            figures("Budget"),
            figures("So far"),
            figures("of it"),
            figures("Whole year"),
            figures("Over budget"),
        ],
        rows: budgets.iter().map(row).collect(),
        sums: None,
    })
}
