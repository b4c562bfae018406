//! How two versions of a document differ, word by word.

use crate::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// How long is spent on finding the shortest difference of a part; what is left then is told as replaced.
const PATIENCE: Duration = Duration::from_millis(250);

/// With which version one is compared.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DifferenceQuery {
    /// The number of the other version; the published one when left out.
    #[param(minimum = 1, maximum = 999_999_999)]
    pub to: Option<i64>,
}

text_enum! {
    /// What became of a part of the document.
    pub enum FieldChange {
        /// It was empty.
        Added = "added",
        /// It is empty.
        Removed = "removed",
        Changed = "changed",
    }
}

text_enum! {
    /// What became of a piece of text.
    pub enum PartChange {
        Same = "same",
        Added = "added",
        Removed = "removed",
    }
}

/// How a version of a document became another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferenceView {
    /// The number of the version that is asked about.
    #[schema(value_type = u64)]
    pub from: i64,
    /// The number of the version that it is compared with.
    #[schema(value_type = u64)]
    pub to: i64,
    /// The difference in a sentence.
    pub summary: String,
    /// The parts that differ, in the order of the document.
    pub fields: Vec<FieldDifference>,
}

/// How a part of a document differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldDifference {
    /// The property's name.
    pub field: String,
    pub change: FieldChange,
    /// How many words came in and went out, in words.
    pub summary: String,
    /// The whole text of both versions, piece by piece: without what was removed it is the one, without what was added
    /// the other. The items of a list stand one a line.
    pub parts: Vec<DifferencePart>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferencePart {
    pub change: PartChange,
    pub text: String,
}

impl DifferenceView {
    /// Of two versions, each with its number and what it says.
    pub fn between((from, before): (i64, &Map<String, Value>), (to, after): (i64, &Map<String, Value>)) -> Self {
        let text = |said: &Map<String, Value>, name: &String| said.get(name).map_or_else(String::new, plain);
        let fields: Vec<_> = after
            .keys()
            .filter_map(|name| FieldDifference::between(name, &text(before, name), &text(after, name)))
            .collect();
        let names: Vec<_> = fields.iter().map(|field| field.field.replace('_', " ")).collect();
        let summary = match names.as_slice() {
            [] => format!("versions {from} and {to} say the same"),
            [one] => format!("from version {from} to {to} the {one} differs"),
            [rest @ .., last] => {
                format!("from version {from} to {to} these differ: {} and {last}", rest.join(", "))
            }
        };
        Self { from, to, summary, fields }
    }
}

/// What a property says, as text.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

impl FieldDifference {
    fn between(field: &str, before: &str, after: &str) -> Option<Self> {
        if before == after {
            return None;
        }
        let mut parts: Vec<DifferencePart> = Vec::new();
        let (mut came, mut went) = (0, 0);
        for piece in TextDiff::configure().timeout(PATIENCE).diff_words(before, after).iter_all_changes() {
            let change = match piece.tag() {
                ChangeTag::Equal => PartChange::Same,
                ChangeTag::Insert => PartChange::Added,
                ChangeTag::Delete => PartChange::Removed,
            };
            let word = usize::from(!piece.value().trim().is_empty());
            match change {
                PartChange::Added => came += word,
                PartChange::Removed => went += word,
                PartChange::Same => {}
            }
            match parts.last_mut().filter(|last| last.change == change) {
                Some(last) => last.text.push_str(piece.value()),
                None => parts.push(DifferencePart { change, text: piece.value().to_owned() }),
            }
        }
        let change = match (before.is_empty(), after.is_empty()) {
            (true, _) => FieldChange::Added,
            (_, true) => FieldChange::Removed,
            _ => FieldChange::Changed,
        };
        let summary = match (came, went) {
            (0, 0) => "only blanks and line breaks differ".to_owned(),
            (came, 0) => format!("{} in", words(came, "came")),
            (0, went) => format!("{} out", words(went, "went")),
            (came, went) => format!("{} in, {} out", words(came, "came"), words(went, "went")),
        };
        Some(Self { field: field.to_owned(), change, summary, parts })
    }
}

fn words(count: usize, verb: &str) -> String {
    format!("{count} {} {verb}", if count == 1 { "word" } else { "words" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn said(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_came_and_went_is_told_word_by_word() {
        let before = said(json!({ "policy": "We build it for them", "steps": ["a", "b"], "on": null, "same": "x" }));
        let after = said(
            json!({ "policy": "They build it with us", "steps": ["a", "c", "b"], "on": "2027-01-01", "same": "x" }),
        );
        let told = DifferenceView::between((1, &before), (2, &after));
        assert_eq!(told.summary, "from version 1 to 2 these differ: policy, steps and on");
        let fields: Vec<_> =
            told.fields.iter().map(|one| (one.field.as_str(), one.change, one.summary.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("policy", FieldChange::Changed, "3 words came in, 3 words went out"),
                ("steps", FieldChange::Changed, "1 word came in"),
                ("on", FieldChange::Added, "1 word came in"),
            ]
        );
        let back = DifferenceView::between((2, &after), (1, &before));
        assert_eq!(back.fields[2].change, FieldChange::Removed);
        assert_eq!(DifferenceView::between((1, &before), (1, &before)).summary, "versions 1 and 1 say the same");
    }

    proptest! {
        /// Both versions stand whole in what is told of them.
        #[test]
        fn nothing_is_lost_or_made_up(before in "[ab \u{e9}\n<*]{0,60}", after in "[ab \u{e9}\n<*]{0,60}") {
            let Some(told) = FieldDifference::between("x", &before, &after) else {
                prop_assert_eq!(before, after);
                return Ok(());
            };
            let without = |change| {
                told.parts.iter().filter(|part| part.change != change).map(|part| part.text.as_str()).collect::<String>()
            };
            prop_assert_eq!(without(PartChange::Added), before);
            prop_assert_eq!(without(PartChange::Removed), after);
        }
    }
}
