//! What goes unnoticed when it is done well.

use super::{Story, day, kind_words};
use crate::{
    components::{RecoveryResult, RecoveryTest},
    effort::WorkKind,
    kernel::month::Month,
    reports::document::{Block, Inline, Section, SectionKey, Table, figures, heading, note, paragraph, words},
};
use chrono::NaiveDate;

/// How many activities are told one by one.
const TOLD: usize = 40;

pub fn section(story: &Story<'_>) -> Section {
    let mut blocks = vec![heading("Could we bring it back?")];
    blocks.extend(recovery(story));
    blocks.push(heading("Where the hours went"));
    blocks.extend(hours(story));
    blocks.push(heading("What was done"));
    blocks.extend(activities(story));
    Section::new(SectionKey::InvisibleWork, blocks)
}

fn recovery(story: &Story<'_>) -> Vec<Block> {
    let material = story.material;
    let tests: Vec<_> = material.tests.iter().filter(|test| Month::of(test.on) == material.month).collect();
    let mut blocks = Vec::new();
    if tests.is_empty() {
        let mut parts: Vec<Inline> = vec![
            "Nothing was lost on purpose this month to see whether it comes back: ".into(),
            story.fact("recovery.tests"),
            " tests".into(),
        ];
        parts.extend(story.beside("recovery.tests"));
        parts.push(".".into());
        blocks.push(paragraph(parts));
    } else {
        let noun = if story.is_one("recovery.tests") { " recovery test" } else { " recovery tests" };
        let mut parts = vec![story.fact("recovery.tests"), noun.into()];
        parts.extend(story.beside("recovery.tests"));
        parts.extend([
            ": ".into(),
            story.fact("recovery.passed"),
            " passed, ".into(),
            story.fact("recovery.partly"),
            " partly, ".into(),
            story.fact("recovery.failed"),
            " failed.".into(),
        ]);
        blocks.push(paragraph(parts));
        blocks.push(Block::Table(Table {
            caption: "What was lost on purpose, and what came of it.".to_owned(),
            columns: vec![words("Day"), words("What"), words("Result"), figures("Back after"), figures("Data lost")],
            rows: tests.into_iter().map(|test| test_row(story, test)).collect(),
            sums: None,
        }));
    }
    blocks.push(overdue(story));
    blocks
}

fn test_row(story: &Story<'_>, test: &RecoveryTest) -> Vec<Vec<Inline>> {
    let component = story.material.components.iter().find(|component| component.key.as_text() == test.component);
    let against = |achieved: Option<i64>, promised: Option<i64>| match (achieved, promised) {
        (Some(achieved), Some(promised)) => format!("{achieved} min (of {promised})"),
        (Some(achieved), None) => format!("{achieved} min"),
        (None, _) => "not measured".to_owned(),
    };
    let result = match test.result {
        RecoveryResult::Passed => "passed",
        RecoveryResult::Partly => "partly",
        RecoveryResult::Failed => "failed",
    };
    let name = component.map_or(test.component.as_str(), |component| component.name.as_str());
    vec![
        vec![day(test.on).into()],
        vec![format!("{name}: ").into(), Inline::Words(test.scenario.clone())],
        vec![result.into()],
        vec![against(test.achieved_rto_minutes, component.and_then(|one| one.rto_minutes)).into()],
        vec![against(test.achieved_rpo_minutes, component.and_then(|one| one.rpo_minutes)).into()],
    ]
}

fn overdue(story: &Story<'_>) -> Block {
    let rows = story.facts.get("recovery.overdue").and_then(|fact| fact.rows.clone()).unwrap_or_default();
    let none_is_vital = !story.material.components.iter().any(|component| component.tier == Some(1));
    if none_is_vital {
        return paragraph(["No component is marked as most important (tier 1), so no test is due.".into()]);
    }
    if rows.is_empty() {
        return paragraph([
            "Each of the most important systems (tier 1) was tested within the last twelve months; ".into(),
            story.fact("recovery.overdue"),
            " are overdue.".into(),
        ]);
    }
    let text = |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).map(ToOwned::to_owned);
    let names = rows.iter().map(|row| {
        let key = text(row.get("component")).unwrap_or_default();
        let last = text(row.get("last_test")).and_then(|on| on.parse::<NaiveDate>().ok());
        let last =
            last.map_or_else(|| "never tested".to_owned(), |on| format!("last tested {}", on.format("%-d %B %Y")));
        format!("{} ({last})", story.name_of(&key))
    });
    let list = names.collect::<Vec<_>>().join(", ");
    let are = if story.is_one("recovery.overdue") { "is overdue for its" } else { "are overdue for their" };
    paragraph([
        story.fact("recovery.overdue"),
        format!(" of the most important systems (tier 1) {are} yearly test: {list}.").into(),
    ])
}

fn hours(story: &Story<'_>) -> Vec<Block> {
    if let Some(why) = story.facts.number("effort.hours").why() {
        return vec![paragraph(["The hours are ".into(), story.fact("effort.hours"), format!(": {why}.").into()])];
    }
    let mut toil: Vec<Inline> = vec![
        "The toil share (incident response, on call, support and repeated work by hand) was ".into(),
        story.fact("effort.toil_share"),
    ];
    toil.extend(story.beside("effort.toil_share"));
    toil.extend([" of ".into(), story.fact("effort.hours"), " hours".into()]);
    toil.push(
        ". Google's engineers draw the line at 50\u{a0}%: beyond it a team only keeps up and makes nothing better."
            .into(),
    );
    let told = story.earlier("effort.hours");
    let row = |kind: &WorkKind| {
        let (label, meaning) = kind_words(*kind);
        let (name, share) = (format!("effort.kind.{kind}"), format!("effort.kind.{kind}.share"));
        let mut cells =
            vec![vec![label.into()], vec![meaning.into()], vec![story.fact(&name)], vec![story.fact(&share)]];
        cells.extend(told.iter().map(|(earlier, _)| vec![story.fact(&earlier.fact(&share))]));
        cells
    };
    let mut kinds: Vec<_> = WorkKind::ALL.to_vec();
    kinds.retain(|kind| !story.is_none(&format!("effort.kind.{kind}")));
    kinds.sort_by_key(|kind| std::cmp::Reverse(story.facts.number(&format!("effort.kind.{kind}")).known()));
    let month = story.material.month;
    let mut columns = vec![words("Kind"), words("Which is"), figures("Hours"), figures("Share")];
    columns.extend(told.iter().map(|(earlier, _)| figures(format!("in {}", earlier.of(month).shown_short()))));
    let mut sums = vec![vec!["All".into()], Vec::new(), vec![story.fact("effort.hours")]];
    sums.resize(columns.len(), Vec::new());
    let table = Table {
        caption: "The team's hours by kind of work.".to_owned(),
        columns,
        rows: kinds.iter().map(row).collect(),
        sums: Some(sums),
    };
    vec![paragraph(toil), Block::Table(table)]
}

fn activities(story: &Story<'_>) -> Vec<Block> {
    let all = &story.material.activities;
    if all.is_empty() {
        return vec![paragraph([
            "Nobody wrote down what was done (".into(),
            story.fact("activities.count"),
            " activities).".into(),
        ])];
    }
    let noun = if story.is_one("activities.count") { " thing worth telling, " } else { " things worth telling, " };
    let intro = paragraph([
        story.fact("activities.count"),
        noun.into(),
        story.fact("activities.unplanned"),
        " of them unplanned, in the words of those who did them:".into(),
    ]);
    let item = |activity: &crate::effort::Activity| {
        let what = activity
            .component
            .as_ref()
            .map_or_else(|| kind_words(activity.kind).0.to_owned(), |key| story.name_of(key));
        let unplanned = if activity.planned { "" } else { ", unplanned" };
        vec![format!("{}, {what}{unplanned}: ", day(activity.on)).into(), Inline::Words(activity.summary.clone())]
    };
    let mut blocks = vec![intro, Block::List { items: all.iter().take(TOLD).map(item).collect() }];
    if all.len() > TOLD {
        blocks.push(note(["The others are behind ".into(), story.fact("activities.count"), ".".into()]));
    }
    blocks
}
