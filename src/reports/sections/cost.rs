//! What it cost, where, what for, and why that moved.

use super::{Story, budget, capitalised, category_words, nature_words};
use crate::{
    costs::{Category, Charge},
    effort::Nature,
    reports::{
        document::{
            Block, Chart, ChartColumn, ChartKind, Inline, Section, SectionKey, Table, figures, heading, note,
            paragraph, words,
        },
        earlier::Earlier,
        facts::{Form, percent},
        figures::{ALL_OTHERS, UNALLOCATED, component_fact, top_components},
    },
};
use rust_decimal::Decimal;
use std::collections::HashSet;

/// How many movements are told one by one.
const TOLD: usize = 5;
/// A movement below this part of the month's cost needs no explanation: one in a hundred.
const SLIGHT: Decimal = Decimal::ONE_HUNDRED;
/// A part of a movement is told when it is more than one in twenty of it.
const TWENTY: Decimal = Decimal::from_parts(20, 0, 0, false, 0);

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
    blocks.extend(budget::blocks(story));
    Section::new(SectionKey::Cost, blocks)
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
        ];
        // A part too small to be drawn is not worth a word.
        let parts_worth_telling =
            drivers(story, fact).into_iter().filter(|(part, _)| part.abs() * TWENTY > change.abs());
        for (at, (_, category)) in parts_worth_telling.enumerate() {
            let before = if at == 0 { " (" } else { ", " };
            parts.push(format!("{before}{} ", category_words(category)).into());
            parts.push(story.write.fact_as(&format!("{fact}.{category}"), Form::Signed));
        }
        parts.push("). ".into());
        let reasons = reasons(story, cost.strip_prefix("cost.component."), fact);
        if reasons.is_empty() {
            parts.push(unexplained(story, fact).into());
        }
        for (at, reason) in reasons.into_iter().enumerate() {
            parts.extend((at > 0).then(|| " ".into()));
            parts.extend(reason);
        }
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

/// Why a component's cost moved, in people's own words: on bills that are new, on bills that are
/// gone, and, where more time went into it, of what was done. Only what moved the same way counts.
fn reasons(story: &Story<'_>, key: Option<&str>, change: &str) -> Vec<Vec<Inline>> {
    let material = story.material;
    let drivers = drivers(story, change);
    let Some((whole, _)) = drivers.first() else { return Vec::new() };
    let along = |category: Category| {
        drivers.iter().any(|(amount, one)| *one == category && (*amount > Decimal::ZERO) == (*whole > Decimal::ZERO))
    };
    // What stands on an entry for labour may name a person.
    let told = |charge: &&&Charge| charge.category != Category::Labour && !charge.note.is_empty();
    let new_in = |these: &[&Charge], those: &[&Charge]| {
        let known: HashSet<&str> = those.iter().filter(told).map(|charge| charge.note.as_str()).collect();
        let mut new = these.iter().filter(told).filter(|charge| !known.contains(charge.note.as_str()));
        new.find(|charge| along(charge.category)).map(|charge| Inline::Words(charge.note.clone()))
    };
    let (now, before) = (story.charges.of(key), story.charges_before.of(key));
    let mut reasons = Vec::new();
    if let Some(words) = new_in(now, before) {
        reasons.push(vec![words]);
    } else if let Some(words) = new_in(before, now) {
        reasons.push(vec!["No longer: ".into(), words]);
    }
    if *whole > Decimal::ZERO && along(Category::Labour) {
        let done = material.activities.iter().find(|activity| key.is_some() && activity.component.as_deref() == key);
        reasons.extend(done.map(|activity| vec![Inline::Words(activity.summary.clone())]));
    }
    reasons
}

/// Where nobody wrote a word: time that went elsewhere needs none.
fn unexplained(story: &Story<'_>, change: &str) -> &'static str {
    match drivers(story, change).first() {
        Some((amount, Category::Labour)) if *amount > Decimal::ZERO => "More of the team's time went there.",
        Some((_, Category::Labour)) => "Less of the team's time went there.",
        _ => "Nobody wrote down why.",
    }
}

/// The categories that moved, furthest first; none where it is not known how the whole moved.
fn drivers(story: &Story<'_>, change: &str) -> Vec<(Decimal, Category)> {
    if story.facts.money(change).known().is_none() {
        return Vec::new();
    }
    let moved = Category::ALL.iter().filter_map(|category| {
        let amount = story.facts.money(&format!("{change}.{category}")).known()?.amount;
        (!amount.is_zero()).then_some((amount, *category))
    });
    let mut moved: Vec<_> = moved.collect();
    moved.sort_by_key(|(amount, _)| std::cmp::Reverse(amount.abs()));
    moved
}

/// For the table: the first reason; without one, what kind of cost it was, if it matters at all.
fn short_reason(story: &Story<'_>, key: Option<&str>, change: &str) -> Vec<Inline> {
    let size = |name: &str| story.facts.money(name).known().map(|money| money.amount.abs());
    let matters = match (size(change), size("cost.total")) {
        (Some(moved), Some(total)) => moved * SLIGHT >= total,
        _ => false,
    };
    match (reasons(story, key, change).into_iter().next(), drivers(story, change).first()) {
        (Some(reason), _) => reason,
        (None, Some((_, category))) if matters => vec![format!("mostly {}", category_words(*category)).into()],
        _ => Vec::new(),
    }
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
    let told: Vec<Earlier> = story.material.compared().collect();
    let bare = |name: &str| vec![story.write.fact_as(name, Form::Bare)];
    let cells = |first: Inline, fact: &str, upkeep: &str, why: Vec<Inline>| {
        let change = if fact == "cost.total" { "cost.change".to_owned() } else { format!("{fact}.change") };
        let earlier = told.iter().map(|earlier| bare(&earlier.fact(fact)));
        let mut cells = vec![vec![first], bare(fact), bare(upkeep)];
        cells.extend(earlier.chain([bare(&change), why]));
        cells
    };
    let row = |key: Option<&str>| {
        let fact = component_fact(key);
        let name = key.map_or("Belongs to no component", |key| story.name(key));
        let change = format!("{fact}.change");
        cells(name.into(), &fact, &format!("{fact}.maintenance"), short_reason(story, key, &change))
    };
    let (currency, month) = (story.material.product.currency, story.material.month);
    let mut columns = vec![words("Component"), figures(month.shown_short()), figures("of it maintenance")];
    columns.extend(told.iter().map(|earlier| figures(earlier.of(month).shown_short())));
    let since = format!("Since {}", month.previous().shown_short());
    columns.extend([figures(since), words("Why")]);
    Block::Table(Table {
        caption: format!("In {currency}, rounded to whole {currency}. Every figure opens down to the rows behind it."),
        columns,
        rows: keys(story).into_iter().filter(|key| is_something(story, *key)).map(row).collect(),
        sums: Some(cells("All".into(), "cost.total", "cost.nature.run", Vec::new())),
    })
}

/// What belongs to no component is left out of the table when there is nothing of it.
fn is_something(story: &Story<'_>, key: Option<&str>) -> bool {
    let known = |name: &str| story.facts.money(name).known().map(|money| money.amount.is_zero());
    key.is_some() || known(UNALLOCATED) != Some(true) || known(&format!("{UNALLOCATED}.previous")) != Some(true)
}
