//! What the pictures of this chapter are drawn with: cards in columns, lines between them, and words that fit.
//!
//! A picture is as wide as a sheet of A4 that lies, and its smallest writing is 10.5 of 1120 parts of that: 7 points on
//! paper. Nothing in it is measured by a browser, so it is the same wherever it is drawn.

mod words;

pub use words::{clean, wrapped};

use crate::kernel::http::page::colours;
use maud::{Markup, PreEscaped, html};

const STYLE: &str = include_str!("canvas.css");

const WIDTH: i64 = 1120;
const MARGIN: i64 = 10;
/// Between a card's edge and its words.
const PAD: i64 = 8;
/// Between two cards.
const BETWEEN: i64 = 8;
/// Above the cards of a group: its heading.
const GROUP: i64 = 22;
const LINE: i64 = 15;
const SMALL_LINE: i64 = 13;

/// A picture that is still to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    pub title: String,
    /// What it shows, in words, for whoever does not see it.
    pub description: String,
    pub columns: Vec<Column>,
    /// From the right side of one to the left side of another.
    pub edges: Vec<(Slot, Slot)>,
    /// What is said below it.
    pub foot: Vec<String>,
    /// What the shapes mean.
    pub legend: Vec<(Mark, String)>,
    /// Between two columns.
    pub gap: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Empty for none.
    pub heading: String,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Empty for none.
    pub heading: String,
    pub cards: Vec<Card>,
    /// What stands for those that are not shown; empty for none.
    pub more: String,
}

/// A box with words.
#[derive(Debug, Clone, Default)]
pub struct Card {
    pub mark: Option<Mark>,
    /// What stands small above the title.
    pub over: String,
    pub title: String,
    /// How many lines the title may take.
    pub lines: usize,
    /// What stands small below it, and whether it is bad.
    pub under: Vec<(String, bool)>,
    /// Where it leads to, in a page.
    pub href: Option<String>,
    pub tone: Tone,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Bad,
    Faint,
}

/// A shape that says how far something has come, so that no colour is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A broken ring.
    Thought,
    /// A ring.
    Planned,
    /// A ring that is half full.
    Begun,
    /// A full ring with a tick.
    Done,
    /// A triangle.
    Late,
}

/// A card, or what stands for those of a group that are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub column: usize,
    pub group: usize,
    /// None for those that are not shown.
    pub card: Option<usize>,
}

/// Where something stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    slot: Slot,
    x: i64,
    y: i64,
    height: i64,
}

/// The rules of pages that show a picture, and are printed on a sheet that lies.
pub fn page_style() -> String {
    format!("{STYLE}{PAGE}")
}

/// On paper the cards stand in two columns, none of them torn.
const PAGE: &str = "main{max-width:78rem}.picture{min-width:66rem}@media print{.picture{min-width:0}.picture svg{max-height:136mm}\
div.cards{columns:2;column-gap:1rem}.cards article.ask{margin:0 0 .6rem;padding:.4rem .6rem}body{font-size:10pt}\
footer{margin-top:1rem}}";

/// By itself, as a file: with its own colours and rules.
pub fn file(drawing: &Drawing) -> String {
    draw(drawing, "picture", true).into_string()
}

/// In a page that has [`page_style`]. `id` is unique in the page.
pub fn inline(drawing: &Drawing, id: &str) -> Markup {
    draw(drawing, id, false)
}

fn draw(drawing: &Drawing, id: &str, alone: bool) -> Markup {
    let top = if alone { 44 } else { 8 };
    let count = i64::try_from(drawing.columns.len()).unwrap_or(1).max(1);
    let width = (WIDTH - 2 * MARGIN - drawing.gap * (count - 1)) / count;
    let (places, bottom) = placed(drawing, width, top);
    let foot: Vec<String> = drawing.foot.iter().flat_map(|line| wrapped(line, WIDTH - 2 * MARGIN, 105, 4)).collect();
    let legend = bottom + 22;
    let first = legend + if drawing.legend.is_empty() { 0 } else { 22 };
    let height = first + i64::try_from(foot.len()).unwrap_or(0) * 15 + 2;
    let found = |slot: &Slot| places.iter().find(|place| place.slot == *slot);
    html! {
        // What leads somewhere is no image: its parts are for everyone.
        svg xmlns="http://www.w3.org/2000/svg" role=(if alone { "img" } else { "group" }) viewBox={ "0 0 " (WIDTH) " " (height) }
            width=[alone.then_some(WIDTH)] height=[alone.then_some(height)] aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (clean(&drawing.title)) }
            desc id={ (id) "-d" } { (clean(&drawing.description)) }
            @if alone {
                style { (PreEscaped(colours())) (PreEscaped(STYLE)) (PreEscaped(ALONE)) }
                rect .paper x="0" y="0" width=(WIDTH) height=(height) {}
                text .name x=(MARGIN) y="26" { (wrapped(&drawing.title, WIDTH - 2 * MARGIN, 185, 1).concat()) }
            }
            @for (from, to) in &drawing.edges {
                @if let (Some(one), Some(other)) = (found(from), found(to)) {
                    path .edge .far[from.card.is_none() || to.card.is_none()] d=(line(one, other, width)) {}
                }
            }
            @for (at, column) in drawing.columns.iter().enumerate() {
                @let x = left(at, width, drawing.gap);
                @if !column.heading.is_empty() {
                    text .head x=(x) y=(top + 12) { (wrapped(&column.heading, width, 135, 1).concat()) }
                    line .rule x1=(x) y1=(top + 19) x2=(x + width) y2=(top + 19) {}
                }
            }
            @for place in &places { (shown(drawing, place, width, alone)) }
            (legend_of(&drawing.legend, legend))
            @for (at, line) in foot.iter().enumerate() {
                text .foot x=(MARGIN) y=(first + 4 + i64::try_from(at).unwrap_or(0) * 15) { (line) }
            }
        }
    }
}

/// What a picture needs that is looked at by itself.
const ALONE: &str = "@media print{svg{width:100%;height:100%}}";

fn left(column: usize, width: i64, gap: i64) -> i64 {
    MARGIN + i64::try_from(column).unwrap_or(0) * (width + gap)
}

/// The lines of a card's title.
fn lines(card: &Card, width: i64) -> Vec<String> {
    wrapped(&card.title, width - 2 * PAD, 125, card.lines.max(1))
}

fn tall(card: &Card, width: i64) -> i64 {
    let rows = |count: usize, each: i64| i64::try_from(count).unwrap_or(0) * each;
    let over = usize::from(!card.over.is_empty() || card.mark.is_some());
    rows(over, SMALL_LINE + 2) + rows(lines(card, width).len(), LINE) + rows(card.under.len(), SMALL_LINE) + PAD + 7
}

/// Where every card stands, and how far down they reach. Where lines are drawn, shorter columns are spread, so that fewer
/// of them meet.
fn placed(drawing: &Drawing, width: i64, top: i64) -> (Vec<Place>, i64) {
    let headed = drawing.columns.iter().any(|column| !column.heading.is_empty());
    let start = top + if headed { 28 } else { 0 };
    let stacked = |column: usize, spread: i64| {
        let (mut y, mut places) = (start, Vec::new());
        let x = left(column, width, drawing.gap);
        for (group_at, group) in drawing.columns[column].groups.iter().enumerate() {
            let is_later = !places.is_empty();
            if !group.heading.is_empty() {
                y += GROUP + if is_later { BETWEEN } else { 0 };
            }
            for (at, card) in group.cards.iter().enumerate() {
                let height = tall(card, width);
                places.push(Place { slot: Slot { column, group: group_at, card: Some(at) }, x, y, height });
                y += height + BETWEEN + spread;
            }
            if !group.more.is_empty() {
                places.push(Place { slot: Slot { column, group: group_at, card: None }, x, y, height: 26 });
                y += 26 + BETWEEN + spread;
            }
        }
        let bottom = places.last().map_or(start, |place: &Place| place.y + place.height);
        (places, bottom)
    };
    let columns = 0..drawing.columns.len();
    let bottom = columns.clone().map(|column| stacked(column, 0).1).max().unwrap_or(start);
    let spread = |column: usize| {
        let (places, reached) = stacked(column, 0);
        let gaps = i64::try_from(places.len()).unwrap_or(1) - 1;
        if drawing.edges.is_empty() || gaps < 1 { 0 } else { ((bottom - reached) / gaps).min(28) }
    };
    (columns.flat_map(|column| stacked(column, spread(column)).0).collect(), bottom)
}

/// From the side of one to the side of another; within a column from one down to the other.
fn line(from: &Place, to: &Place, width: i64) -> String {
    let (begin, end) = ((from.x + width, from.y + from.height / 2), (to.x, to.y + to.height / 2));
    if from.x == to.x {
        let x = from.x + width / 2;
        return format!("M{x} {}V{}", from.y + from.height, to.y);
    }
    let bend = ((end.0 - begin.0) / 2).max(8);
    format!("M{} {}C{} {} {} {} {} {}", begin.0, begin.1, begin.0 + bend, begin.1, end.0 - bend, end.1, end.0, end.1)
}

fn shown(drawing: &Drawing, place: &Place, width: i64, alone: bool) -> Markup {
    let Some(group) = drawing.columns.get(place.slot.column).and_then(|column| column.groups.get(place.slot.group))
    else {
        return html! {};
    };
    let is_first = place.slot.card.is_none_or(|at| at == 0) && (place.slot.card.is_some() || group.cards.is_empty());
    let drawn = match place.slot.card.and_then(|at| group.cards.get(at)) {
        Some(card) => card_at(card, place, width),
        None => html! {
            rect .card.faint x=(place.x) y=(place.y) width=(width) height=(place.height) rx="4" {}
            text .under x=(place.x + PAD) y=(place.y + 17) { (wrapped(&group.more, width - 2 * PAD, 110, 1).concat()) }
        },
    };
    let href = place.slot.card.and_then(|at| group.cards.get(at)).and_then(|card| card.href.as_deref());
    html! {
        @if is_first && !group.heading.is_empty() {
            text .group x=(place.x) y=(place.y - 7) { (wrapped(&group.heading, width, 120, 1).concat()) }
        }
        @match href.filter(|_| !alone) {
            Some(href) => a href=(href) { (drawn) },
            None => g { (drawn) },
        }
    }
}

fn card_at(card: &Card, place: &Place, width: i64) -> Markup {
    let tone = match card.tone {
        Tone::Plain => "card",
        Tone::Strong => "card strong",
        Tone::Bad => "card bad",
        Tone::Faint => "card faint",
    };
    let title = lines(card, width);
    let over = !card.over.is_empty() || card.mark.is_some();
    let first = place.y + PAD + if over { SMALL_LINE + 2 } else { 0 };
    let below = first + i64::try_from(title.len()).unwrap_or(0) * LINE;
    let aside = if card.mark.is_some() { 16 } else { 0 };
    html! {
        title { (clean(&format!("{} {}", card.over, card.title))) }
        rect class=(tone) x=(place.x) y=(place.y) width=(width) height=(place.height) rx="4" {}
        @if let Some(mark) = card.mark { (drawn(mark, place.x + PAD + 5, place.y + PAD + 5)) }
        @if over {
            text .over x=(place.x + PAD + aside) y=(place.y + PAD + 9) {
                (wrapped(&card.over, width - 2 * PAD - aside, 110, 1).concat())
            }
        }
        @for (at, line) in title.iter().enumerate() {
            text x=(place.x + PAD) y=(first + 11 + i64::try_from(at).unwrap_or(0) * LINE) { (line) }
        }
        @for (at, (said, bad)) in card.under.iter().enumerate() {
            text .under .bad[*bad] x=(place.x + PAD) y=(below + 10 + i64::try_from(at).unwrap_or(0) * SMALL_LINE) {
                (wrapped(said, width - 2 * PAD, if *bad { 118 } else { 110 }, 1).concat())
            }
        }
    }
}

/// A shape about a point.
fn drawn(mark: Mark, x: i64, y: i64) -> Markup {
    html! {
        @match mark {
            Mark::Thought => circle .mark.thin cx=(x) cy=(y) r="4.5" {},
            Mark::Planned => circle .mark cx=(x) cy=(y) r="4.5" {},
            Mark::Begun => {
                circle .mark cx=(x) cy=(y) r="4.5" {}
                path .mark.full d={ "M" (x) " " (y) "m0 -4.5a4.5 4.5 0 0 1 0 9z" } {}
            }
            Mark::Done => {
                circle .mark.full cx=(x) cy=(y) r="4.8" {}
                path .mark.tick d={ "M" (x) " " (y) "m-2.4 .2l1.8 1.9l3 -3.6" } {}
            }
            Mark::Late => path .mark.late d={ "M" (x) " " (y) "m0 -5l5 9.4h-10z" } {},
        }
    }
}

fn legend_of(legend: &[(Mark, String)], y: i64) -> Markup {
    let width = (WIDTH - 2 * MARGIN) / i64::try_from(legend.len()).unwrap_or(1).max(6);
    html! {
        @for (at, (mark, meaning)) in legend.iter().enumerate() {
            @let x = MARGIN + i64::try_from(at).unwrap_or(0) * width;
            (drawn(*mark, x + 6, y))
            text .foot x=(x + 18) y=(y + 4) { (meaning) }
        }
    }
}
