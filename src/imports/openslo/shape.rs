//! Which fields the specification of OpenSLO v1 knows, and what stands in them.

use super::object::{Kind, Note};
use crate::{
    imports::yaml::{Content, Entry, Node, Written},
    kernel::merge::FAULTS,
};
use rust_decimal::Decimal;
use serde_json::Value;

/// What stands in a field.
enum Shape {
    Text,
    Bool,
    Number,
    /// A number of which we keep every digit.
    Exact,
    /// A duration, or a number of minutes.
    Slice,
    /// Texts by name; others are kept, with a warning.
    Annotations,
    /// Texts, or lists of them, by name; others are kept, with a warning.
    Labels,
    /// Whatever the source of the metric wants.
    Free,
    FreeMap,
    List(&'static Shape),
    Map(&'static [(&'static str, Shape)]),
    /// A policy, or where one is only named as in early files a text.
    Policy,
}

use Shape::{Annotations, Bool, Exact, Free, FreeMap, Labels, List, Map, Number, Policy, Slice, Text};

const METADATA: Shape = Map(&[("name", Text), ("displayName", Text), ("labels", Labels), ("annotations", Annotations)]);
const METRIC: Shape = Map(&[("metricSource", Map(&[("metricSourceRef", Text), ("type", Text), ("spec", FreeMap)]))]);
const SLI: Shape = Map(&[
    ("description", Text),
    ("thresholdMetric", METRIC),
    (
        "ratioMetric",
        Map(&[
            ("counter", Bool),
            ("good", METRIC),
            ("bad", METRIC),
            ("total", METRIC),
            ("rawType", Text),
            ("raw", METRIC),
        ]),
    ),
]);
const INDICATOR: Shape = Map(&[("metadata", METADATA), ("spec", SLI)]);
const OBJECTIVE: Shape = Map(&[
    ("displayName", Text),
    ("op", Text),
    ("value", Number),
    ("target", Exact),
    ("targetPercent", Exact),
    ("timeSliceTarget", Exact),
    ("timeSliceWindow", Slice),
    // Of composite SLOs, which are refused in words of their own.
    ("indicator", INDICATOR),
    ("indicatorRef", Text),
    ("compositeWeight", Number),
]);
const TIME_WINDOW: Shape =
    Map(&[("duration", Text), ("isRolling", Bool), ("calendar", Map(&[("startTime", Text), ("timeZone", Text)]))]);
const ALERT_CONDITION: Shape = Map(&[
    ("description", Text),
    ("severity", Text),
    (
        "condition",
        Map(&[("kind", Text), ("op", Text), ("threshold", Number), ("lookbackWindow", Text), ("alertAfter", Text)]),
    ),
]);
const ALERT_TARGET: Shape = Map(&[("description", Text), ("target", Text)]);
const CONDITION_IN_POLICY: Shape =
    Map(&[("conditionRef", Text), ("kind", Text), ("metadata", METADATA), ("spec", ALERT_CONDITION)]);
const TARGET_IN_POLICY: Shape =
    Map(&[("targetRef", Text), ("kind", Text), ("metadata", METADATA), ("spec", ALERT_TARGET)]);
const ALERT_POLICY: Shape = Map(&[
    ("description", Text),
    ("alertWhenNoData", Bool),
    ("alertWhenResolved", Bool),
    ("alertWhenBreaching", Bool),
    ("conditions", List(&CONDITION_IN_POLICY)),
    ("notificationTargets", List(&TARGET_IN_POLICY)),
]);
const POLICY_IN_SLO: Shape =
    Map(&[("alertPolicyRef", Text), ("kind", Text), ("metadata", METADATA), ("spec", ALERT_POLICY)]);
const SLO: Shape = Map(&[
    ("description", Text),
    ("service", Text),
    ("indicator", INDICATOR),
    ("indicatorRef", Text),
    ("timeWindow", List(&TIME_WINDOW)),
    ("budgetingMethod", Text),
    ("objectives", List(&OBJECTIVE)),
    ("alertPolicies", List(&Policy)),
]);
const SERVICE: Shape = Map(&[("description", Text)]);
const DATA_SOURCE: Shape = Map(&[("description", Text), ("type", Text), ("connectionDetails", Free)]);

/// How long a description may be by the specification.
const DESCRIPTION: usize = 1050;

/// Everything that is wrong with the fields of an object, or strange.
pub fn check(node: &Node, kind: Kind) -> Vec<Note> {
    let spec = match kind {
        Kind::AlertCondition => &ALERT_CONDITION,
        Kind::AlertNotificationTarget => &ALERT_TARGET,
        Kind::AlertPolicy => &ALERT_POLICY,
        Kind::DataSource => &DATA_SOURCE,
        Kind::Service => &SERVICE,
        Kind::Sli => &SLI,
        Kind::Slo => &SLO,
    };
    let mut checker = Checker { path: Vec::new(), notes: Vec::new(), faults: 0, warnings: 0 };
    let Content::Map(entries) = &node.content else { return Vec::new() };
    for entry in entries {
        match entry.name.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => checker.below(entry, &METADATA),
            "spec" => checker.below(entry, spec),
            _ => checker.unknown(entry, &["apiVersion", "kind", "metadata", "spec"]),
        }
    }
    checker.notes
}

struct Checker {
    path: Vec<String>,
    notes: Vec<Note>,
    faults: usize,
    warnings: usize,
}

impl Checker {
    fn below(&mut self, entry: &Entry, shape: &Shape) {
        self.path.push(entry.name.clone());
        self.check(&entry.node, shape);
        self.path.pop();
    }

    fn fault(&mut self, code: &'static str, detail: impl Into<String>) {
        self.note(Note::fault(&self.path, code, detail));
    }

    /// No more than an answer may list, of either sort.
    fn note(&mut self, note: Note) {
        let told = if note.code.is_some() { &mut self.faults } else { &mut self.warnings };
        if *told < FAULTS {
            *told += 1;
            self.notes.push(note);
        }
    }

    fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        if self.faults >= FAULTS {
            return;
        }
        self.path.push(entry.name.clone());
        self.fault("unknown_field", format!("there is no such field; there are {}", known.join(", ")));
        self.path.pop();
    }

    /// What stands there as null is not there.
    fn check(&mut self, node: &Node, shape: &Shape) {
        match (shape, &node.content) {
            (_, Content::Scalar(Value::Null))
            | (Free, _)
            | (FreeMap, Content::Map(_))
            | (Bool, Content::Scalar(Value::Bool(_)))
            | (Number | Slice, Content::Decimal(..))
            | (Number | Exact | Slice, Content::Scalar(Value::Number(_))) => {}
            (Text | Slice, Content::Scalar(Value::String(text))) => self.text(text),
            (Exact, Content::Decimal(number, written)) => {
                if !is_kept(&number.to_string(), written) {
                    self.fault("not_exact", "a number of at most 12 digits after the point is kept exactly");
                }
            }
            (List(inner), Content::List(items)) => {
                for (nth, item) in items.iter().enumerate() {
                    self.path.push(nth.to_string());
                    self.check(item, inner);
                    self.path.pop();
                }
            }
            (Map(fields), Content::Map(entries)) => {
                for entry in entries {
                    match fields.iter().find(|(name, _)| *name == entry.name) {
                        Some((_, shape)) => self.below(entry, shape),
                        None => self.unknown(entry, &fields.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
                    }
                }
            }
            (Annotations | Labels, Content::Map(entries)) => {
                let lists = matches!(shape, Labels);
                entries.iter().for_each(|entry| self.label(entry, lists));
            }
            (Policy, Content::Map(_)) => self.check(node, &POLICY_IN_SLO),
            (Policy, Content::Scalar(Value::String(_))) => {
                let detail = "the specification has alertPolicyRef here; the text is kept as it is";
                self.note(Note::warning(&self.path, detail));
            }
            (expected, _) => self.fault("type", expected.sentence()),
        }
    }

    fn text(&mut self, text: &str) {
        if self.path.last().is_some_and(|name| name == "description") && text.chars().count() > DESCRIPTION {
            let detail = format!("the specification allows {DESCRIPTION} characters; other programs may refuse this");
            self.note(Note::warning(&self.path, detail));
        }
    }

    fn label(&mut self, entry: &Entry, lists: bool) {
        let is_text = |node: &Node| matches!(node.content, Content::Scalar(Value::String(_) | Value::Null));
        self.path.push(entry.name.clone());
        match &entry.node.content {
            Content::Scalar(Value::String(_) | Value::Null) => {}
            Content::List(items) if lists && items.iter().all(is_text) => {}
            Content::Scalar(_) | Content::Decimal(..) => {
                let detail = "the specification has texts here: put it in quotes, other programs may refuse this";
                self.note(Note::warning(&self.path, detail));
            }
            _ if lists => self.fault("type", "this is a text or a list of texts"),
            _ => self.fault("type", "this is a text"),
        }
        self.path.pop();
    }
}

impl Shape {
    fn sentence(&self) -> &'static str {
        match self {
            Text => "this is a text",
            Bool => "this is true or false",
            Number | Exact => "this is a number",
            Slice => "this is a duration such as 5m, or a number of minutes",
            Free => "this is anything",
            Annotations | Labels | FreeMap | Map(_) => "this is a map of fields",
            List(_) => "this is a list",
            Policy => "this is a policy, or an alertPolicyRef",
        }
    }
}

/// Whether a number that was read is the number that was written.
fn is_kept(read: &str, written: &Written) -> bool {
    let Written::Text(written) = written else { return false };
    decimal(read).is_some_and(|read| decimal(written) == Some(read))
}

/// The number that a text says, when it can be kept exactly.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim_start_matches('+');
    match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(text).ok(),
        false => Decimal::from_str_exact(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_when_no_digit_is_lost() {
        let kept = |read: &str, written: &str| is_kept(read, &Written::Text(written.to_owned()));
        assert!(kept("0.999", "0.9990"));
        assert!(kept("0.5", ".5"));
        assert!(kept("1e-7", "0.0000001"));
        assert!(kept("0.001", "1e-3"));
        assert!(!kept("0.999", "0.9990000000000000001"));
        assert!(!kept("1.0", "0.99999999999999999999999999999999999999"));
    }
}
