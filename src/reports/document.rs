//! The report as a tree of words and facts, from which JSON and HTML are both made, so that they
//! cannot differ. Whatever is shown of a figure was written down when the report was built.

use super::facts::{Fact, FactValue, Facts, Form};
use crate::{
    kernel::{clock::Instant, money::Currency, month::Month, text::Key},
    stakeholders::StakeholderGroup,
    text_enum,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A report's words and figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Document {
    pub product: ReportProduct,
    pub month: Month,
    /// Months of activity are this zone's; months of cost are UTC.
    pub zone: String,
    pub currency: Currency,
    /// When the data was read.
    pub built_at: Instant,
    pub sections: Vec<Section>,
    /// What differs from the revision before, figure by figure; empty in the first.
    pub corrections: Vec<Correction>,
    /// What the section `for_you` is made of, when the report is read for somebody.
    #[serde(default)]
    pub about: About,
}

/// Paragraphs for those who read the report as somebody in particular.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// What each side of the business asks first, in its own unit.
    pub groups: BTreeMap<StakeholderGroup, Vec<Block>>,
    /// How each component did, by key: for those who care about it.
    pub components: BTreeMap<Key, Block>,
    /// What waits for a stakeholder, and what became of what they had a say in, by id.
    pub stakeholders: BTreeMap<String, Vec<Block>>,
}

/// The product that a report is about, as it was called then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportProduct {
    pub key: Key,
    pub name: String,
    pub definition: String,
}

text_enum! {
    /// The chapters a report may have, in their order.
    pub enum SectionKey {
        Headline = "headline",
        ForYou = "for_you",
        Shipped = "shipped",
        Reliability = "reliability",
        Cost = "cost",
        InvisibleWork = "invisible_work",
        People = "people",
        Strategy = "strategy",
        Next = "next",
        Risks = "risks",
        Decisions = "decisions",
        Assumptions = "assumptions",
    }
}

impl SectionKey {
    /// What it is called for readers.
    pub fn title(self) -> &'static str {
        match self {
            Self::Headline => "In three sentences",
            Self::ForYou => "For you",
            Self::Shipped => "What was shipped, and what work is worth",
            Self::Reliability => "What was promised, and what went wrong",
            Self::Cost => "What it cost",
            Self::InvisibleWork => "The work nobody sees",
            Self::People => "The people we work for",
            Self::Strategy => "Where we are going",
            Self::Next => "What comes next",
            Self::Risks => "What might go wrong",
            Self::Decisions => "What we need from you",
            Self::Assumptions => "What this rests on",
        }
    }
}

/// A chapter of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Section {
    pub key: SectionKey,
    pub title: String,
    pub blocks: Vec<Block>,
}

impl Section {
    pub fn new(key: SectionKey, blocks: Vec<Block>) -> Self {
        Self { key, title: key.title().to_owned(), blocks }
    }
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Paragraph {
        parts: Vec<Inline>,
    },
    /// A heading within a section.
    Heading {
        text: String,
    },
    List {
        items: Vec<Vec<Inline>>,
    },
    Table(Table),
    Chart(Chart),
    Burndown(BurndownChart),
    Timeline(Timeline),
    Commentary(Remark),
    /// What a careful reader wants to know: in small print.
    Note {
        parts: Vec<Inline>,
    },
}

/// What a person has to say about a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Remark {
    /// Markdown.
    pub text: String,
    /// What they were called then.
    pub author: String,
    pub at: Instant,
}

/// A piece of a sentence. Figures are facts; what a person wrote is marked as theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    Text(String),
    /// What something is called, or what a piece is about: it stands out.
    Name(String),
    /// A person's own words.
    Words(String),
    Fact(Shown),
}

/// A fact and how it is written here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Shown {
    pub name: String,
    pub shown: String,
    pub known: bool,
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<TableColumn>,
    /// Per row a cell a column.
    #[schema(value_type = Vec<Vec<Vec<Inline>>>)]
    pub rows: Vec<Vec<Vec<Inline>>>,
    /// The row of sums, where there is one.
    #[schema(value_type = Option<Vec<Vec<Inline>>>)]
    pub sums: Option<Vec<Vec<Inline>>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TableColumn {
    pub title: String,
    pub numeric: bool,
}

/// Which picture shows the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// A column a month, stacked by series.
    StackedColumns,
    /// One bar, divided by series.
    StackedBar,
}

/// Data for a picture; every point is a fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Chart {
    pub chart: ChartKind,
    pub title: String,
    /// The picture in words.
    pub description: String,
    pub currency: Currency,
    /// What the stacks consist of, from the bottom up.
    pub series: Vec<String>,
    pub columns: Vec<ChartColumn>,
}

/// What stands at one place of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChartColumn {
    pub label: String,
    pub total: Point,
    /// A point a series.
    pub points: Vec<Point>,
}

/// An amount in a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    pub fact: Shown,
    /// In the chart's currency; null when it is not known.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Decimal>,
}

/// What was left of an error budget from day to day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BurndownChart {
    pub title: String,
    /// The picture in words.
    pub description: String,
    pub from: Instant,
    pub to: Instant,
    /// Each at the end of its day; at `from` all of it was left.
    pub points: Vec<BurndownDay>,
    /// What happened meanwhile, in order.
    pub marks: Vec<Mark>,
}

/// What was left at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BurndownDay {
    pub label: String,
    pub at: Instant,
    pub fact: Shown,
    /// 1 is all of it; negative when overspent.
    #[schema(value_type = Option<String>)]
    pub left: Option<Decimal>,
}

/// Something that happened, beside a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub label: String,
    pub from: Instant,
    pub to: Instant,
}

/// When things are to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    pub title: String,
    /// The picture in words.
    pub description: String,
    /// The first day of the picture.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// What was due before this day is overdue.
    pub judged_on: NaiveDate,
    pub items: Vec<TimelineItem>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineItem {
    pub label: String,
    /// When it was begun; null when it is not.
    pub from: Option<NaiveDate>,
    /// When it is due.
    pub to: NaiveDate,
    pub progress: Progress,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    Begun,
    Planned,
    Overdue,
}

/// A figure that an earlier revision gave differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Correction {
    pub name: String,
    /// Null when it was not known, or not there.
    pub was: Option<FactValue>,
    /// Null when it is not known, or not there any more.
    pub now: Option<FactValue>,
    /// What moved it, in words.
    pub why: String,
}

impl From<&str> for Inline {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Inline {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A column of words.
pub fn words(title: impl Into<String>) -> TableColumn {
    TableColumn { title: title.into(), numeric: false }
}

/// A column of figures.
pub fn figures(title: impl Into<String>) -> TableColumn {
    TableColumn { title: title.into(), numeric: true }
}

/// Writes sentences out of words and facts.
pub struct Writer<'a>(pub &'a Facts);

impl Writer<'_> {
    pub fn fact(&self, name: &str) -> Inline {
        self.fact_as(name, Form::Plain)
    }

    pub fn fact_as(&self, name: &str, form: Form) -> Inline {
        Inline::Fact(self.shown(name, form))
    }

    pub fn shown(&self, name: &str, form: Form) -> Shown {
        let fact = self.0.get(name);
        Shown {
            name: name.to_owned(),
            shown: fact.map_or_else(|| "not known".to_owned(), |fact| fact.shown_as(form)),
            known: fact.is_some_and(|fact| fact.value.is_some()),
        }
    }

    pub fn point(&self, name: &str) -> Point {
        let amount = self.0.money(name).known().map(|money| money.amount);
        Point { fact: self.shown(name, Form::Plain), amount }
    }
}

/// A paragraph of the given parts.
pub fn paragraph(parts: impl IntoIterator<Item = Inline>) -> Block {
    Block::Paragraph { parts: parts.into_iter().collect() }
}

pub fn note(parts: impl IntoIterator<Item = Inline>) -> Block {
    Block::Note { parts: parts.into_iter().collect() }
}

pub fn heading(text: impl Into<String>) -> Block {
    Block::Heading { text: text.into() }
}

impl Document {
    /// Every figure that is shown, in the order of reading.
    pub fn each_figure(&mut self, each: &mut impl FnMut(&mut Shown)) {
        self.sections.iter_mut().flat_map(|section| &mut section.blocks).for_each(|block| block.each_figure(each));
    }
}

impl Block {
    fn each_figure(&mut self, each: &mut impl FnMut(&mut Shown)) {
        let mut inline = |parts: &mut Vec<Inline>| {
            for part in parts {
                if let Inline::Fact(shown) = part {
                    each(shown);
                }
            }
        };
        match self {
            Self::Paragraph { parts } | Self::Note { parts } => inline(parts),
            Self::List { items } => items.iter_mut().for_each(inline),
            Self::Table(table) => table.rows.iter_mut().chain(&mut table.sums).flatten().for_each(inline),
            Self::Chart(chart) => {
                for ChartColumn { points, total, .. } in &mut chart.columns {
                    points.iter_mut().chain([total]).for_each(|point| each(&mut point.fact));
                }
            }
            Self::Burndown(chart) => chart.points.iter_mut().for_each(|point| each(&mut point.fact)),
            Self::Heading { .. } | Self::Timeline(_) | Self::Commentary(_) => {}
        }
    }
}

impl Correction {
    /// What a later revision says differently, and what of it moved.
    pub fn between(before: &Facts, after: &Facts) -> Vec<Self> {
        let gone = before.iter().filter(|fact| after.get(&fact.name).is_none()).map(|fact| (Some(fact), None));
        let there = after.iter().map(|fact| (before.get(&fact.name), Some(fact)));
        there.chain(gone).filter_map(|(was, now)| Self::of(was, now)).collect()
    }

    fn of(was: Option<&Fact>, now: Option<&Fact>) -> Option<Self> {
        let (before, after) = (was.and_then(|fact| fact.value.clone()), now.and_then(|fact| fact.value.clone()));
        let name = now.or(was)?.name.clone();
        (before != after).then(|| Self { name, was: before, now: after, why: reason(was, now) })
    }
}

/// Why a figure differs, from what is behind it.
fn reason(was: Option<&Fact>, now: Option<&Fact>) -> String {
    let (Some(was), Some(now)) = (was, now) else {
        return match now {
            Some(_) => "there is data for it since".to_owned(),
            None => "there is no data for it any more".to_owned(),
        };
    };
    let rows = |fact: &Fact| fact.rows.clone().unwrap_or_default();
    let (before, after) = (rows(was), rows(now));
    let came = after.iter().filter(|row| !before.contains(row)).count();
    let went = before.iter().filter(|row| !after.contains(row)).count();
    let moved: Vec<_> = now.inputs.iter().filter(|input| !was.inputs.contains(input)).collect();
    let mut parts = Vec::new();
    match (&was.unknown, &now.unknown) {
        (Some(why), None) => parts.push(format!("it was not known: {why}")),
        (None, Some(why)) => parts.push(format!("it is not known: {why}")),
        _ => {}
    }
    if came > 0 {
        parts.push(format!("{} new or changed", counted(came, "row is", "rows are")));
    }
    if went > 0 {
        parts.push(format!("{} gone or replaced", counted(went, "row is", "rows are")));
    }
    if !moved.is_empty() {
        let names: Vec<_> = moved.iter().map(|input| input.name.as_str()).collect();
        parts.push(format!("it follows from {}", names.join(", ")));
    }
    if parts.is_empty() { "what it is computed with has changed".to_owned() } else { parts.join("; ") }
}

/// A number with its noun.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
