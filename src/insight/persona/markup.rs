//! The card in HTML, and the page of all personas.

use super::PersonaCard;
use crate::{
    insight::markup::{Reader, component, counted, day, hours, persona, words},
    kernel::quantity::Ratio,
    personas::{ComponentUsage, JourneyChange, JourneySeen, Persona, PersonaUsage, UsageView},
};
use maud::{Markup, html};
use rust_decimal::{Decimal, RoundingStrategy};

pub fn page(reader: &Reader, card: &PersonaCard) -> Markup {
    let one = &card.persona;
    html! {
        main {
            (reader.top())
            header.title {
                h1 { (one.name) }
                p.month { (reader.product) }
                p.soft { (what(card)) }
            }
            @if let Some(on) = one.retired_on.filter(|on| *on <= card.on) {
                p.draft { "There is no such user any more since " (day(on)) "." }
            }
            @if !one.role.is_empty() { p { (one.role) "." } }
            @if !one.quote.is_empty() { blockquote { p { "\u{201c}" (one.quote) "\u{201d}" } } }
            @if !one.context.is_empty() { p { (one.context) } }
            (sentences("What they want", "goals", one.goals.value()))
            (sentences("What is in their way", "pains", one.pains.value()))
            (tasks(reader, card))
            (items(card))
            footer.soft { p { "As of " (day(card.on)) "." } }
        }
    }
}

/// How many, and how skilled, in a line.
fn what(card: &PersonaCard) -> String {
    let mut parts = vec![match (card.people, card.people_since) {
        (Some(1), Some(since)) => format!("1 person since {}", day(since)),
        (Some(people), Some(since)) => format!("{people} people since {}", day(since)),
        _ => "how many they are is not known".to_owned(),
    }];
    parts.extend(card.persona.skill_level.map(|level| words(level.as_text())));
    parts.join(" · ")
}

fn sentences(title: &str, id: &str, those: &[String]) -> Markup {
    html! {
        @if !those.is_empty() {
            section id=(id) {
                h2 { (title) }
                ul { @for one in those { li { (one) } } }
            }
        }
    }
}

fn tasks(reader: &Reader, card: &PersonaCard) -> Markup {
    html! {
        section #tasks {
            h2 { "How their tasks go" }
            @if card.tasks.is_empty() { p { "Nobody has looked at how they do a task yet." } } @else {
                div.scroll { table.wide {
                    caption { span { "What one person does in a month: as it was first seen, and as it was last seen" } }
                    thead { tr {
                        th { "Task" } th { "With" } th.n { "Times a month" } th.n { "Minutes before" } th.n { "Minutes now" }
                        th.n { "Difference" } th.n { "Content before" } th.n { "Content now" } th { "Seen" }
                    } }
                    tbody { @for one in &card.tasks { (task(reader, one)) } }
                } }
                p.soft { "How content they are goes from 1, bad, to 5, good." }
            }
        }
    }
}

fn task(reader: &Reader, one: &JourneyChange) -> Markup {
    // What was seen once has no before.
    let before = one.before.as_ref().filter(|_| one.change.is_some());
    let content = |seen: Option<&JourneySeen>| match seen.map(|seen| seen.satisfaction) {
        Some(Some(score)) => html! { (score) },
        Some(None) => html! { span.unknown { "not asked" } },
        None => html! { "\u{2013}" },
    };
    html! {
        tr {
            td { (one.task) }
            td { a href=(component(&reader.key, &one.component)) { (one.component_name) } }
            td.n { (one.after.uses_per_month) }
            td.n { @match before { Some(seen) => (seen.minutes_per_use), None => "\u{2013}" } }
            td.n { (one.after.minutes_per_use) }
            td.n { @match &one.change {
                Some(change) => (difference(change.minutes_per_use)),
                None => span.unknown title=(one.unknown.as_deref().unwrap_or_default()) { "not known" },
            } }
            td.n { (content(before)) }
            td.n { (content(Some(&one.after))) }
            td.word { @if let Some(seen) = before { (day(seen.on)) " and " } (day(one.after.on)) }
        }
    }
}

/// With its sign, in the writing of the reports.
fn difference(by: Ratio) -> String {
    let shown = short(by.0.abs());
    match by.0.cmp(&Decimal::ZERO) {
        std::cmp::Ordering::Less => format!("\u{2212}{shown}"),
        std::cmp::Ordering::Equal => shown,
        std::cmp::Ordering::Greater => format!("+{shown}"),
    }
}

/// With at most one digit after the point.
fn short(value: Decimal) -> String {
    value.round_dp_with_strategy(1, RoundingStrategy::MidpointNearestEven).normalize().to_string()
}

fn items(card: &PersonaCard) -> Markup {
    html! {
        section #roadmap {
            h2 { "What is changed for them" }
            @if card.roadmap.is_empty() { p { "Nothing on the roadmap is for them." } } @else {
                div.scroll { table {
                    thead { tr { th { "Item" } th { "What" } th { "Status" } th { "When" } } }
                    tbody { @for item in &card.roadmap { tr {
                        td.word { (item.reference) }
                        td { (item.title) }
                        td { (words(item.status.as_text())) }
                        td { @match (item.shipped_on, item.target_on) {
                            (Some(on), _) => (day(on)),
                            (None, Some(on)) => { "by " (day(on)) }
                            (None, None) => "no day named",
                        } }
                    } } }
                } }
            }
        }
    }
}

/// Everybody the platform is for, and who uses what.
pub fn all(reader: &Reader, personas: &[Persona], view: &UsageView) -> Markup {
    let used: Vec<&ComponentUsage> = view.items.iter().filter(|one| !one.users.is_empty()).collect();
    html! {
        main {
            (reader.top())
            header.title {
                h1 { "Who uses it" }
                p.month { (reader.product) }
            }
            p.lead { (counted(personas.len(), "persona", "personas")) "." }
            ul { @for one in personas { li {
                a href=(persona(&reader.key, &one.id)) { (one.name) }
                @if !one.role.is_empty() { span.soft { " · " (one.role) } }
            } } }
            section #usage {
                h2 { "Which of them use what, and how differently" }
                @if used.is_empty() { p { "Nobody has looked at how anything is used yet." } } @else {
                    div.scroll { table.wide {
                        caption { span { "As it was last seen; times and minutes are of one person, hours of all of them" } }
                        thead { tr {
                            th { "Component" } th { "Who" } th.n { "Times a month" } th.n { "Minutes each" } th.n { "Content" }
                            th.n { "Hours a month" }
                        } }
                        tbody { @for one in &used { @for user in &one.users { (row(reader, one, user)) } } }
                    } }
                }
                @let others = view.items.len() - used.len();
                @if others > 0 {
                    p.soft { "Of " (counted(others, "other component", "other components")) " nobody has written down who uses it." }
                }
            }
        }
    }
}

fn row(reader: &Reader, one: &ComponentUsage, user: &PersonaUsage) -> Markup {
    let known = |figure: Option<Ratio>| {
        html! {
            @match figure { Some(figure) => (short(figure.0)), None => span.unknown { "not known" } }
        }
    };
    html! {
        tr {
            td { a href=(component(&reader.key, &one.component)) { (one.name) } }
            td { a href=(persona(&reader.key, &user.persona)) { (user.name) } }
            td.n { (short(user.uses_per_month.0)) }
            td.n { (known(user.minutes_per_use)) }
            td.n { (known(user.satisfaction)) }
            td.n { @match user.hours_per_month { Some(sum) => (hours(sum.0)), None => span.unknown { "not known" } } }
        }
    }
}
