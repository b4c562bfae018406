//! A figure by itself: what it is, how it came about, and every row behind it.

use super::{Links, top};
use crate::{
    kernel::{
        http::page::document as frame,
        money::{Money, grouped},
    },
    reports::{
        Report,
        document::Document,
        facts::{COUNT, Fact, FactRow, FactValue, HOURS, Input, MINUTES, SHARE, TEXT},
    },
};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeSet;

/// The page of a fact. `known` are the names of the report's facts, so that inputs can be opened.
pub fn fact(report: &Report, document: &Document, fact: &Fact, known: &BTreeSet<String>) -> String {
    let links = Links::of(report, document);
    let body = html! {
        main {
            (top(&document.product.key))
            p.soft {
                a href={ (links.report) ".html" } { (document.product.name) ", " (document.month.shown()) }
                " · " (super::stamp(report))
            }
            h1.name { (fact.name) }
            p.figure .unknown[fact.value.is_none()] {
                (fact.shown()) @if let Some(unit) = unit(fact) { " " small { (unit) } }
            }
            @match (&fact.value, &fact.unknown) {
                (Some(value), _) => { p.soft { "exactly " (exact(value)) } }
                (None, why) => { p.bad { (why.as_deref().unwrap_or("It is not known.")) } }
            }
            h2 { "How it is computed" }
            p { (fact.formula) }
            @if !fact.inputs.is_empty() {
                h2 { "From" }
                div.scroll { table { tbody { @for input in &fact.inputs { (input_row(input, &links, known)) } } } }
            }
            h2 { "The rows behind it" }
            (rows(fact.rows.as_deref().unwrap_or_default()))
        }
    };
    frame(&format!("{}, {}", fact.name, document.month.shown()), &body)
}

fn unit(fact: &Fact) -> Option<&str> {
    let said = matches!(fact.value, Some(FactValue::Money(_)) | None)
        || [SHARE, COUNT, TEXT, MINUTES].contains(&fact.unit.as_str());
    (!said || fact.unit == HOURS).then_some(fact.unit.as_str()).filter(|_| fact.value.is_some())
}

fn exact(value: &FactValue) -> String {
    match value {
        FactValue::Money(money) => exact_money(*money),
        other => other.shown(),
    }
}

/// With every digit there is.
fn exact_money(money: Money) -> String {
    let digits = money.amount.normalize().scale().max(money.currency.minor_digits());
    format!("{} {}", money.currency, grouped(money.amount, digits))
}

fn input_row(input: &Input, links: &Links, known: &BTreeSet<String>) -> Markup {
    let value = input.value.as_ref().map_or_else(|| input.unknown.clone().unwrap_or_default(), exact);
    html! {
        tr {
            th scope="row" {
                @if known.contains(&input.name) { a href=(links.fact(&input.name)) { (input.name) } }
                @else { (input.name) }
            }
            td.n { (value) }
        }
    }
}

fn rows(rows: &[FactRow]) -> Markup {
    let mut columns: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    // What adds up stands last.
    columns.sort_by_key(|name| *name == "amount");
    let numeric = |column: &str| {
        let is_figure = |value: &Value| value.is_number() || value.is_object();
        rows.iter().filter_map(|row| row.get(column)).any(is_figure)
    };
    html! {
        @if rows.is_empty() { p.soft { "None: it follows from what stands above." } }
        @else {
            div.scroll {
                table {
                    caption { (rows.len()) @if rows.len() == 1 { " row" } @else { " rows" } }
                    thead {
                        tr { @for name in &columns { th .n[numeric(name)] scope="col" { (name.replace('_', " ")) } } }
                    }
                    tbody {
                        @for row in rows {
                            tr {
                                @for name in &columns {
                                    @let said = cell(row.get(*name));
                                    td .n[numeric(name)] .word[is_word(&said)] { (said) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A day, a month, a short key: what is not broken at its hyphens.
fn is_word(text: &str) -> bool {
    text.len() <= 12 && !text.contains(' ')
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        Some(other) => match serde_json::from_value::<Money>(other.clone()) {
            Ok(money) => exact_money(money),
            Err(_) => other.to_string(),
        },
    }
}
