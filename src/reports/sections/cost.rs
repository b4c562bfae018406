//! What it cost, where, what for, and why that moved.

use super::{Story, capitalised, category_words, nature_words};
use crate::{
    costs::{Category, CostEntry},
    effort::Nature,
    kernel::money::Money,
    reports::{
        document::{
            Block, Chart, ChartColumn, ChartKind, Inline, Section, Table, figures, heading, note, paragraph, words,
        },
        facts::{Form, percent},
        figures::{ALL_OTHERS, UNALLOCATED, component_fact, top_components},
    },
};
use rust_decimal::Decimal;
use serde_json::Value;

/// How many movements are told one by one.
const TOLD: usize = 5;

pub fn section(story: &Story<'_>) -> Section {
    let mut blocks = vec![introduction(story)];
    if let Some(warning) = incomplete(story) {
        blocks.push(warning);
    }
    blocks.push(heading("What moved, and why"));
    blocks.extend(movements(story));
    blocks.push(heading("What it was for"));
    blocks.push(Block::Chart(natures(story)));
    blocks.push(heading("Twelve months"));
    blocks.push(Block::Chart(months(story)));
    blocks.push(heading("Component by component"));
    blocks.push(table(story));
    super::section("cost", "What it cost", blocks)
}

fn introduction(story: &Story<'_>) -> Block {
    let month = story.material.month.shown();
    if story.facts.money("cost.total").known().is_none() {
        let why = story.why("cost.total");
        return paragraph([
            format!("The cost of {month} is ").into(),
            story.fact("cost.total"),
            format!(": {why}. What is known stands below.").into(),
        ]);
    }
    paragraph([
        format!("In {month} everything together cost ").into(),
        story.fact("cost.total"),
        ", of which ".into(),
        story.fact("cost.category.labour"),
        " is people's time and ".into(),
        story.fact("cost.category.infrastructure"),
        " infrastructure. Keeping it all running, its maintenance cost, was ".into(),
        story.fact("cost.nature.run"),
        ".".into(),
    ])
}

/// Says it where the figures will still grow.
fn incomplete(story: &Story<'_>) -> Option<Block> {
    let mut parts: Vec<Inline> = Vec::new();
    if story.material.is_under_way() {
        parts.push("The month was not over when this was written. ".into());
    }
    let missing = "coverage.effort.missing";
    if !story.is_none(missing) {
        let are = if story.is_one(missing) { " week of one person is" } else { " weeks of people are" };
        parts.extend([
            story.fact(missing),
            format!("{are} not recorded, so hours and the cost of people's time are higher than shown.").into(),
        ]);
    }
    (!parts.is_empty()).then(|| note(parts))
}

/// What moved since the month before, furthest first: name, amount, fact.
pub fn movers<'a>(story: &Story<'a>) -> Vec<(&'a str, Decimal, String)> {
    let mut moved: Vec<_> = keys(story)
        .into_iter()
        .filter_map(|key| {
            let fact = format!("{}.change", component_fact(key));
            let change = story.facts.money(&fact).known()?.amount;
            Some((key.map_or("what belongs to no component", |key| story.name(key)), change, fact))
        })
        .filter(|(_, change, _)| !change.is_zero())
        .collect();
    moved.sort_by(|left, right| right.1.abs().cmp(&left.1.abs()).then_with(|| left.2.cmp(&right.2)));
    moved
}

/// The components that have a figure, largest first, and then what belongs to none.
fn keys<'a>(story: &Story<'a>) -> Vec<Option<&'a str>> {
    let named = story.facts.iter().filter_map(|fact| fact.name.strip_prefix("cost.component."));
    let mut keys: Vec<&str> = named.filter(|rest| !rest.contains('.')).collect();
    let cost = |key: &str| story.facts.money(&component_fact(Some(key))).known().map(|money| money.amount);
    keys.sort_by(|left, right| match (cost(left), cost(right)) {
        (Some(left), Some(right)) => right.cmp(&left),
        (left, right) => left.is_some().cmp(&right.is_some()),
    });
    keys.into_iter().map(Some).chain([None]).collect()
}

fn movements(story: &Story<'_>) -> Vec<Block> {
    let movers = movers(story);
    if movers.is_empty() {
        let why = match story.facts.money("cost.change").why() {
            Some(why) => format!("How the cost moved since {} is not known: {why}.", story.month_before()),
            None => format!("Nothing moved since {}.", story.month_before()),
        };
        return vec![paragraph([why.into()])];
    }
    let item = |(name, change, fact): &(&str, Decimal, String)| {
        let cost = fact.trim_end_matches(".change");
        let direction = if *change > Decimal::ZERO { " more, now " } else { " less, now " };
        let mut parts: Vec<Inline> = vec![
            format!("{}: ", capitalised(name)).into(),
            story.write.fact_as(fact, Form::Size),
            direction.into(),
            story.fact(cost),
            ". ".into(),
        ];
        parts.extend(explanation(story, cost.strip_prefix("cost.component."), fact, true));
        parts
    };
    let unknown = story.facts.iter().filter(|fact| fact.name.ends_with(".change") && fact.value.is_none()).count();
    let mut blocks = vec![Block::List { items: movers.iter().take(TOLD).map(item).collect() }];
    if unknown > 0 {
        let text = format!("Where a figure of either month is not known ({unknown} of them), its change is not told.");
        blocks.push(note([text.into()]));
    }
    blocks
}

/// Why a component's cost moved: what people wrote on the bills that are new, or on those that are
/// gone; where nobody wrote anything, what kind of cost it was.
fn explanation(story: &Story<'_>, key: Option<&str>, change: &str, at_length: bool) -> Vec<Inline> {
    let told = |entry: &&CostEntry| {
        entry.component.as_deref() == key && entry.category != Category::Labour && !entry.note.is_empty()
    };
    let notes = |entries: &'_ [CostEntry]| -> Vec<String> {
        entries.iter().filter(told).map(|entry| entry.note.clone()).collect()
    };
    let (now, before) = (notes(&story.material.entries), notes(&story.material.entries_before));
    let driver = driver(story, change);
    // Labour has no bill: a note on another bill would explain the wrong thing.
    if driver != Some(Category::Labour) {
        if let Some(new) = now.iter().find(|note| !before.contains(note)) {
            return vec![Inline::Words(new.clone())];
        }
        if let Some(gone) = before.iter().find(|note| !now.contains(note)) {
            return vec!["No longer: ".into(), Inline::Words(gone.clone())];
        }
    }
    match driver {
        Some(category) if at_length => {
            vec![format!("Mostly {}; nobody wrote down why.", category_words(category)).into()]
        }
        Some(category) => vec![format!("mostly {}", category_words(category)).into()],
        None => Vec::new(),
    }
}

/// The category that moved furthest, in the direction of the whole.
fn driver(story: &Story<'_>, change: &str) -> Option<Category> {
    let whole = story.facts.money(change).known()?.amount;
    let rows = story.facts.get(change)?.rows.as_ref()?;
    let moved = rows.iter().filter_map(|row| {
        let amount = serde_json::from_value::<Money>(row.get("change")?.clone()).ok()?.amount;
        let category = row.get("category").and_then(Value::as_str)?.parse::<Category>().ok()?;
        Some((amount, category))
    });
    let same_way = moved.filter(|(amount, _)| (*amount * whole) > Decimal::ZERO);
    same_way.max_by_key(|(amount, _)| amount.abs()).map(|(_, category)| category)
}

fn natures(story: &Story<'_>) -> Chart {
    let names: Vec<_> = Nature::ALL.iter().map(|nature| format!("cost.nature.{nature}")).collect();
    let told = Nature::ALL.iter().zip(&names).map(|(nature, name)| {
        let share = story.facts.number(&format!("{name}.share")).known();
        let share = share.map_or_else(|| "not known".to_owned(), percent);
        format!("{}: {share}", nature_words(*nature))
    });
    Chart {
        chart: ChartKind::StackedBar,
        title: "What the money was for".to_owned(),
        description: format!("{}.", told.collect::<Vec<_>>().join(". ")),
        currency: story.material.product.currency,
        series: Nature::ALL.iter().map(|nature| nature_words(*nature).to_owned()).collect(),
        columns: vec![ChartColumn {
            label: story.material.month.shown_short(),
            total: story.write.point("cost.total"),
            points: names.iter().map(|name| story.write.point(name)).collect(),
        }],
    }
}

fn months(story: &Story<'_>) -> Chart {
    let top = top_components(story.material);
    let mut series: Vec<_> = top.iter().map(|key| story.name_of(key)).collect();
    series.push("Everything else".to_owned());
    let columns: Vec<_> = story
        .material
        .months()
        .map(|month| {
            let name = format!("cost.month.{month}");
            let points = top.iter().map(String::as_str).chain([ALL_OTHERS]);
            ChartColumn {
                label: month.shown_short(),
                points: points.map(|key| story.write.point(&format!("{name}.{key}"))).collect(),
                total: story.write.point(&name),
            }
        })
        .collect();
    let known = columns.iter().filter(|column| column.total.fact.known).count();
    let of = |column: Option<&ChartColumn>| {
        column.map_or_else(String::new, |column| format!("{} in {}", column.total.fact.shown, column.label))
    };
    let description = format!(
        "Cost of each month, stacked by component: {}, {}. {known} of {} months are known.",
        of(columns.iter().find(|column| column.total.fact.known)),
        of(columns.last()),
        columns.len(),
    );
    Chart {
        chart: ChartKind::StackedColumns,
        title: "Cost of the last twelve months".to_owned(),
        description,
        currency: story.material.product.currency,
        series,
        columns,
    }
}

fn table(story: &Story<'_>) -> Block {
    let bare = |name: &str| vec![story.write.fact_as(name, Form::Bare)];
    let cells = |first: Inline, fact: &str, upkeep: &str, why: Vec<Inline>| {
        let change = if fact == "cost.total" { "cost.change".to_owned() } else { format!("{fact}.change") };
        vec![vec![first], bare(fact), bare(upkeep), bare(&format!("{fact}.previous")), bare(&change), why]
    };
    let row = |key: Option<&str>| {
        let fact = component_fact(key);
        let name = key.map_or("Belongs to no component", |key| story.name(key));
        let change = format!("{fact}.change");
        let moved = story.facts.money(&change).known().is_some_and(|change| !change.amount.is_zero());
        let why = if moved { explanation(story, key, &change, false) } else { Vec::new() };
        cells(name.into(), &fact, &format!("{fact}.maintenance"), why)
    };
    let currency = story.material.product.currency;
    Block::Table(Table {
        caption: format!("In {currency}, rounded to whole {currency}. Every figure opens down to the rows behind it."),
        columns: vec![
            words("Component"),
            figures(story.material.month.shown_short()),
            figures("of it maintenance"),
            figures(story.material.month.previous().shown_short()),
            figures("Change"),
            words("Why"),
        ],
        rows: keys(story).into_iter().filter(|key| is_something(story, *key)).map(row).collect(),
        sums: Some(cells("All".into(), "cost.total", "cost.nature.run", Vec::new())),
    })
}

/// What belongs to no component is left out of the table when there is nothing of it.
fn is_something(story: &Story<'_>, key: Option<&str>) -> bool {
    let known = |name: &str| story.facts.money(name).known().map(|money| money.amount.is_zero());
    key.is_some() || known(UNALLOCATED) != Some(true) || known(&format!("{UNALLOCATED}.previous")) != Some(true)
}
