//! What a week changes, for people to look at before it is sent.

use crate::{
    cli::{aside, import, plain},
    imports::{Format, ImportView},
    kernel::{
        failure::{Failure, Fault},
        merge::{PropertyChange, RowChange},
    },
};
use serde_json::Value;

/// Before what stands under something else.
const INDENT: &str = "    ";

/// What was left unsaid or stays as it is: to standard error, where it is in nobody's way.
pub fn warnings(view: &ImportView) {
    for warning in &view.warnings {
        aside(&format!("line {}: {}", warning.line, plain(&warning.detail)));
    }
}

/// A fault as people look for it.
pub fn fault(fault: &Fault, below: u64) -> String {
    let line = fault.line.map_or_else(String::new, |line| format!("line {}: ", line + below));
    format!("{line}{}", plain(&fault.detail))
}

/// What is wrong with a file, a line each.
pub fn by_line(failure: Failure) -> Failure {
    let Failure::Invalid(faults) = failure else { return failure };
    let lines: String = faults.iter().map(|one| format!("\n  {}", fault(one, 0))).collect();
    Failure::Elsewhere { title: "It cannot be sent like this".to_owned(), detail: lines }
}

/// What a file would change, or has changed where it was sent.
pub fn difference(tried: &ImportView, sent: Option<&ImportView>) -> String {
    let mut lines = Vec::new();
    for change in &tried.changes {
        match change.resource.as_str() {
            "effort" => person(change, &mut lines),
            _ => row(change, &mut lines),
        }
    }
    let more = import::unshown(tried, Format::Week);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.push(summary(sent.unwrap_or(tried)));
    lines.join("\n")
}

fn summary(view: &ImportView) -> String {
    let ImportView { dry_run, created, changed, unchanged, .. } = view;
    match (dry_run, created + changed) {
        (_, 0) => format!("nothing to send: {unchanged} as they are"),
        (true, _) => format!("{created} new, {changed} changed, {unchanged} as they are; not sent yet"),
        (false, _) => format!("sent: {created} new, {changed} changed, {unchanged} as they are"),
    }
}

/// A person's week: what it was, what it is.
fn person(change: &RowChange, lines: &mut Vec<String>) {
    lines.push(plain(change.label.as_deref().unwrap_or_default()));
    for PropertyChange { before, after, .. } in &change.properties {
        match (before, after) {
            (None, after) => lines.push(format!("{INDENT}  {}", shown(after))),
            (before, after) => {
                lines.push(format!("{INDENT}- {}", shown(before)));
                lines.push(format!("{INDENT}+ {}", shown(after)));
            }
        }
    }
}

/// Any other row, property by property.
fn row(change: &RowChange, lines: &mut Vec<String>) {
    let what = match change.resource.as_str() {
        "incidents" => "incident",
        "activities" => "activity",
        "roadmap-items" => "roadmap",
        other => other,
    };
    let label = change.label.as_deref().unwrap_or_default();
    let new = if change.id.is_none() { "new " } else { "" };
    lines.push(format!("{new}{what} {}", plain(label)));
    for PropertyChange { property, before, after } in &change.properties {
        lines.push(match change.id {
            None => format!("{INDENT}{property}: {}", shown(after)),
            Some(_) => format!("{INDENT}{property}: {} -> {}", shown(before), told(after)),
        });
    }
}

fn shown(value: &Option<Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => plain(text),
        Some(Value::Array(items)) => items.iter().map(|item| shown(&Some(item.clone()))).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}

/// What a property will be: of one that is told only once it is written, there is nothing yet.
fn told(value: &Option<Value>) -> String {
    match value {
        None => "nothing, or what is known once it is sent".to_owned(),
        value => shown(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_one_week_and_nothing_acts_on_a_terminal() {
        let change = |resource: &str, label: &str| RowChange {
            line: 1,
            resource: resource.to_owned(),
            label: Some(label.to_owned()),
            id: None,
            properties: Vec::new(),
        };
        let mut changes = vec![change("effort", "Ann\u{1b}[2J"); 12];
        changes.resize(212, change("incidents", "INC-1"));
        let view = ImportView {
            dry_run: true,
            created: 206,
            changed: 0,
            unchanged: 0,
            unallocated: 0,
            warnings: Vec::new(),
            changes,
            bills: Vec::new(),
        };
        let said = difference(&view, None);
        assert!(said.contains("\nand 5 more\n") && said.starts_with("Ann [2J\n"), "{said}");
    }
}
