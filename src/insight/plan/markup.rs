//! The page of the roadmap.

use super::{
    PlanBy, PlannedItem, RoadmapLane, RoadmapPicture,
    drawing::{counted_days, drawing, late},
};
use crate::insight::{
    canvas,
    markup::{Reader, counted, day, roadmap, trace, words},
};
use maud::{Markup, html};

/// The picture, and the same in words by horizon, which is how people order it.
pub fn page(reader: &Reader, picture: &RoadmapPicture, lanes: &[RoadmapLane]) -> Markup {
    let open: usize = lanes.iter().filter(|lane| lane.key != "shipped").map(|lane| lane.items.len()).sum();
    let late = lanes.iter().flat_map(|lane| &lane.items).filter(|item| item.overdue_days.is_some()).count();
    html! {
        main {
            (reader.top())
            header.title {
                h1 { "Roadmap" }
                p.month { (reader.product) }
                p.soft { "As of " (day(picture.on)) }
            }
            p.lead {
                (counted(open, "item is", "items are")) " open"
                @if late > 0 { ", " (late) " of which overdue" } "."
            }
            nav.readers.own { (ways(reader, picture.by)) }
            figure { div.scroll { div.picture { (canvas::inline(&drawing(picture, &reader.product, &reader.key), "roadmap")) } } }
            @for lane in lanes { (section(reader, lane)) }
        }
    }
}

fn ways(reader: &Reader, by: PlanBy) -> Markup {
    let place = roadmap(&reader.key);
    html! {
        @match by {
            PlanBy::Horizon => { strong { "By horizon" } ", " a href={ (place) "?by=quarter" } { "by quarter" } }
            PlanBy::Quarter => { a href=(place) { "By horizon" } ", " strong { "by quarter" } }
        }
        " · " a href={ "/api/v1/products/" (reader.key) "/roadmap/picture.svg?by=" (by) } { "the picture by itself" }
    }
}

fn section(reader: &Reader, lane: &RoadmapLane) -> Markup {
    html! {
        section id=(lane.key) {
            h2 { (lane.title) " " span.soft { (lane.items.len()) } }
            @if lane.items.is_empty() { p { "Nothing." } }
            div.cards { @for item in &lane.items { (told(reader, item)) } }
        }
    }
}

fn told(reader: &Reader, item: &PlannedItem) -> Markup {
    html! {
        article.ask {
            h3 { a href=(trace(&reader.key, "roadmap-items", &item.reference)) { (item.reference) } " " (item.title) }
            @if !item.outcome.is_empty() { p { (item.outcome) } }
            p.soft {
                (words(item.status.as_text()))
                @if !item.personas.is_empty() { " · for " (item.personas.join(", ")) }
                @match (item.shipped_on, item.target_on) {
                    (Some(on), _) => { " · shipped on " (day(on)) }
                    (None, Some(on)) => { " · by " (day(on)) }
                    (None, None) => " · no day named",
                }
                @if let Some(days) = item.overdue_days { " · " strong.bad { (late(days)) } }
                @if let Some(days) = item.slipped_days { " · " strong.bad { "slipped " (counted_days(days)) } }
            }
        }
    }
}
