//! What an OpenSLO object of kind SLO says of our SLOs.

use super::{
    indicator,
    object::{Kind, Note, Object},
    shape::decimal,
    window::{self, Duration, Reading},
};
use crate::{
    kernel::{money::Quantity, text::Key},
    slos::BudgetingMethod,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Where an object says what we model beyond OpenSLO's own fields.
pub const BUCKET: &str = "prodops/bucket-seconds";
pub const RETIRED: &str = "prodops/retired-on";

/// How many objectives one object may have.
const OBJECTIVES: usize = 100;

/// The SLIs that can be referred to, by name: their `spec`.
pub type Indicators<'i> = HashMap<String, &'i Value>;

/// What is said of one SLO: properties by our names, as JSON. A property that is not there is one of
/// which nothing is said.
#[derive(Debug)]
pub struct Said {
    pub key: Key,
    /// Which objective says it.
    pub objective: usize,
    pub properties: Map<String, Value>,
}

/// Everything that an SLO object says.
pub fn said(object: &Object, indicators: &Indicators<'_>, reading: Reading) -> (Vec<Said>, Vec<Note>) {
    let mut reader = Reader { object, notes: Vec::new() };
    let shared = reader.shared(reading);
    if object.objectives().len() > OBJECTIVES {
        return (Vec::new(), reader.notes);
    }
    let method = reader.method();
    let indicator = reader.indicator(indicators);
    let annotated = reader.annotated_bucket();
    let several = object.objectives().len() > 1;
    let keys = reader.keys();
    let mut all = Vec::new();
    for (nth, (objective, key)) in object.objectives().iter().zip(keys).enumerate() {
        if !objective.is_object() {
            continue;
        }
        let mut properties = shared.clone();
        if several && let (Some(name), Some(own)) = (shared["name"].as_str(), objective["displayName"].as_str()) {
            properties.insert("name".to_owned(), json!(format!("{name}: {own}")));
        }
        properties.extend(reader.target(nth).map(|target| ("target".to_owned(), target)));
        if let Some(method) = method {
            properties.insert("budgeting_method".to_owned(), json!(method));
            let slice_target = reader.slice_target(nth, method);
            properties.insert("slice_target".to_owned(), slice_target.unwrap_or_default());
            let bucket = reader.bucket(nth, method, annotated);
            properties.extend(bucket.map(|seconds| ("bucket_seconds".to_owned(), json!(seconds))));
        }
        reader.threshold(nth, indicator);
        if let Some(spec) = indicator {
            properties.extend(indicator::words(spec, objective).map(|words| ("indicator".to_owned(), words)));
        }
        all.extend(key.map(|key| Said { key, objective: nth, properties }));
    }
    (all, reader.notes)
}

/// Where an object says a property of ours.
pub fn path_of(object: &Object, property: &str, objective: usize) -> Vec<String> {
    let spec = &object.document["spec"];
    let nth = objective.to_string();
    let of_objective = |name: &'static str| vec!["spec", "objectives", &nth, name];
    let path = match property {
        "key" => vec!["metadata", "name"],
        "name" => vec!["metadata", "displayName"],
        "component" => vec!["spec", "service"],
        "description" => vec!["spec", "description"],
        "indicator" | "indicator_good" | "indicator_total" if spec["indicatorRef"].is_null() => {
            vec!["spec", "indicator"]
        }
        "indicator" | "indicator_good" | "indicator_total" => vec!["spec", "indicatorRef"],
        "window" | "window_kind" | "window_days" | "window_unit" => vec!["spec", "timeWindow"],
        "budgeting_method" => vec!["spec", "budgetingMethod"],
        "target" if spec["objectives"][objective]["targetPercent"].is_null() => of_objective("target"),
        "target" => of_objective("targetPercent"),
        "slice_target" => of_objective("timeSliceTarget"),
        "bucket_seconds" if spec["objectives"][objective]["timeSliceWindow"].is_null() => {
            vec!["metadata", "annotations", BUCKET]
        }
        "bucket_seconds" => of_objective("timeSliceWindow"),
        "retired_on" => vec!["metadata", "annotations", RETIRED],
        _ => Vec::new(),
    };
    path.into_iter().map(ToOwned::to_owned).collect()
}

/// The seconds of a slice, when there is a number of them.
pub fn slice_seconds(window: &Value) -> Option<Decimal> {
    let minutes = match window {
        Value::String(text) => Decimal::from(Duration::parse(text)?.minutes()?),
        Value::Number(number) => decimal(&number.to_string())?,
        _ => return None,
    };
    minutes.checked_mul(Decimal::from(60)).map(|seconds| seconds.normalize())
}

/// Reads one object and notes what is wrong or strange.
struct Reader<'o> {
    object: &'o Object,
    notes: Vec<Note>,
}

impl<'o> Reader<'o> {
    fn fault(&mut self, path: &[&str], code: &'static str, detail: impl Into<String>) {
        self.notes.push(Note::fault(path, code, detail));
    }

    fn at(&self, path: &[&str]) -> &'o Value {
        path.iter().fold(&self.object.document, |value, name| &value[*name])
    }

    /// A text that says something; what is no text is a fault of its shape.
    fn required(&mut self, path: &[&str], detail: &str) -> Option<&'o str> {
        match self.at(path) {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Null | Value::String(_) => {
                self.fault(path, "required", detail);
                None
            }
            _ => None,
        }
    }

    fn annotation(&self, name: &str) -> Option<String> {
        match self.at(&["metadata", "annotations", name]) {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The key of each objective's SLO.
    fn keys(&mut self) -> Vec<Option<Key>> {
        const NAME: [&str; 2] = ["metadata", "name"];
        let keys = self.object.keys();
        let name = &self.object.name;
        if name.parse::<Key>().is_err() {
            let example = Key::slug(name).map(|key| format!(", such as {key}")).unwrap_or_default();
            let detail = format!(
                "'{name}' makes no key of an SLO: write words of a-z and 0-9 joined by hyphens, at most 63 \
                 characters, no UUID{example}"
            );
            self.fault(&NAME, "format", detail);
            return keys;
        }
        for (nth, _) in keys.iter().enumerate().filter(|(_, key)| key.is_none()) {
            let path = ["spec", "objectives", &nth.to_string(), "displayName"];
            let detail = "this makes no key of its own, or too long a one: name the objectives differently";
            self.fault(&path, "format", detail);
        }
        keys
    }

    /// What holds for all objectives.
    fn shared(&mut self, reading: Reading) -> Map<String, Value> {
        let mut said = Map::new();
        let name = self.object.text(&["metadata", "displayName"]).filter(|name| !name.is_empty());
        said.insert("name".to_owned(), json!(name.unwrap_or(&self.object.name)));
        let description = self.object.text(&["spec", "description"]).unwrap_or_default();
        said.insert("description".to_owned(), json!(description));
        let service = ["spec", "service"];
        if let Some(text) = self.required(&service, "this is required: the key of a component") {
            match text.parse::<Key>() {
                Ok(key) => _ = said.insert("component".to_owned(), json!(key)),
                Err(why) => {
                    let example = Key::slug(text).map(|key| format!(", such as {key}")).unwrap_or_default();
                    let detail = format!("'{text}' is no component's key, and none can be made of it: {why}{example}");
                    self.fault(&service, "format", detail);
                }
            }
        }
        let window = window::read(&self.object.document["spec"], reading, &mut self.notes);
        said.extend(window.map(|window| ("window".to_owned(), json!(window))));
        match self.annotation(RETIRED) {
            Some(text) if text.is_empty() => _ = said.insert("retired_on".to_owned(), Value::Null),
            Some(text) => match text.parse::<NaiveDate>() {
                Ok(day) => _ = said.insert("retired_on".to_owned(), json!(day)),
                Err(_) => self.fault(&["metadata", "annotations", RETIRED], "format", "this is a day: 2026-12-31"),
            },
            None => {}
        }
        if self.at(&["spec", "alertPolicies"]).as_array().is_some_and(|policies| !policies.is_empty()) {
            let detail = "alert policies are kept as they are; alerts here follow burn rates";
            self.notes.push(Note::warning(&["spec", "alertPolicies"], detail));
        }
        match self.at(&["spec", "objectives"]) {
            Value::Array(objectives) if objectives.len() > OBJECTIVES => {
                let detail = format!("at most {OBJECTIVES} objectives are read");
                self.fault(&["spec", "objectives"], "too_long", detail);
            }
            Value::Array(objectives) if !objectives.is_empty() => {}
            Value::Array(_) | Value::Null => {
                self.fault(&["spec", "objectives"], "required", "at least one objective is required");
            }
            _ => {}
        }
        said
    }

    fn method(&mut self) -> Option<BudgetingMethod> {
        let path = ["spec", "budgetingMethod"];
        let known = "Occurrences, Timeslices or RatioTimeslices";
        let word = self.required(&path, &format!("this is required: {known}"))?;
        let method = method(word);
        if method.is_none() {
            self.fault(&path, "not_one_of", format!("this is {known}"));
        }
        method
    }

    /// The `spec` of what is measured.
    fn indicator<'i>(&mut self, indicators: &Indicators<'i>) -> Option<&'i Value>
    where
        'o: 'i,
    {
        for (nth, objective) in self.object.objectives().iter().enumerate() {
            let composite = ["indicator", "indicatorRef", "compositeWeight"];
            if let Some(name) = composite.iter().find(|name| !objective[**name].is_null()) {
                let path = ["spec", "objectives", &nth.to_string(), name];
                let detail = "SLOs composed of several indicators are not supported: write one SLO per indicator";
                self.fault(&path, "not_supported", detail);
                return None;
            }
        }
        let (inline, reference) = (self.at(&["spec", "indicator"]), self.at(&["spec", "indicatorRef"]));
        match (inline, reference) {
            (Value::Null, Value::Null) => {
                self.fault(&["spec", "indicator"], "required", "an indicator or an indicatorRef is required");
                None
            }
            (Value::Null, Value::String(name)) => {
                let found = indicators.get(name).copied();
                if found.is_none() {
                    let detail = format!("there is no SLI '{name}', neither in this file nor in one imported before");
                    self.fault(&["spec", "indicatorRef"], "unknown_reference", detail);
                }
                found
            }
            (Value::Object(_), Value::Null) => {
                let spec = &inline["spec"];
                match spec {
                    Value::Null => self.fault(&["spec", "indicator", "spec"], "required", "this is required"),
                    _ => indicator::check(spec, &["spec", "indicator", "spec"], &mut self.notes),
                }
                Some(spec)
            }
            (_, Value::Null) | (Value::Null, _) => None,
            _ => {
                self.fault(&["spec", "indicatorRef"], "not_allowed", "beside an indicator there is no indicatorRef");
                None
            }
        }
    }

    /// A threshold wants something to compare with.
    fn threshold(&mut self, nth: usize, indicator: Option<&Value>) {
        let objective = &self.object.objectives()[nth];
        let at = |name: &'static str| ["spec", "objectives", &nth.to_string(), name].map(ToOwned::to_owned);
        if let Some(op) = objective["op"].as_str()
            && !matches!(op, "lt" | "lte" | "gt" | "gte")
        {
            self.notes.push(Note::fault(&at("op"), "not_one_of", "this is lt, lte, gt or gte"));
        }
        let missing = |name: &&&str| objective[**name].is_null();
        if indicator.is_some_and(|indicator| !indicator["thresholdMetric"].is_null())
            && let Some(name) = ["op", "value"].iter().find(missing)
        {
            let detail = format!("without {name} it is not said which values are good");
            self.notes.push(Note::warning(&at("op"), detail));
        }
    }

    fn target(&mut self, nth: usize) -> Option<Value> {
        let objective = &self.object.objectives()[nth];
        let nth = nth.to_string();
        let at = |name: &'static str| ["spec", "objectives", nth.as_str(), name];
        let (target, percent) = (&objective["target"], &objective["targetPercent"]);
        match (target.as_number(), percent.as_number()) {
            (Some(_), Some(_)) => {
                self.fault(&at("targetPercent"), "not_allowed", "beside target there is no targetPercent");
                None
            }
            (Some(number), None) => self.quantity(&at("target"), &number.to_string(), 0),
            (None, Some(number)) => self.quantity(&at("targetPercent"), &number.to_string(), 2),
            (None, None) => {
                if target.is_null() && percent.is_null() {
                    self.fault(&at("target"), "required", "target or targetPercent is required");
                }
                None
            }
        }
    }

    /// A number with its point moved to the left, digit by digit.
    fn quantity(&mut self, path: &[&str], text: &str, places: u32) -> Option<Value> {
        let moved = decimal(text)
            .and_then(|value| Decimal::try_from_i128_with_scale(value.mantissa(), value.scale() + places).ok());
        let quantity = moved.map_or_else(
            || Err("this is no number that can be kept exactly".to_owned()),
            |value| value.normalize().to_string().parse::<Quantity>(),
        );
        match quantity {
            Ok(quantity) => Some(json!(quantity)),
            Err(why) => {
                self.fault(path, "not_exact", why);
                None
            }
        }
    }

    fn slice_target(&mut self, nth: usize, method: BudgetingMethod) -> Option<Value> {
        let value = &self.object.objectives()[nth]["timeSliceTarget"];
        let nth = nth.to_string();
        let path = ["spec", "objectives", &nth, "timeSliceTarget"];
        match (method, value) {
            (BudgetingMethod::Timeslices, Value::Number(number)) => self.quantity(&path, &number.to_string(), 0),
            (BudgetingMethod::Timeslices, Value::Null) => {
                self.fault(&path, "required", "timeslices need to know when a slice is good");
                None
            }
            (BudgetingMethod::Occurrences | BudgetingMethod::RatioTimeslices, Value::Number(_)) => {
                self.notes.push(Note::warning(&path, "only timeslices have a slice target; it is kept as it is"));
                None
            }
            _ => None,
        }
    }

    fn annotated_bucket(&mut self) -> Option<i64> {
        let text = self.annotation(BUCKET).filter(|text| !text.is_empty())?;
        let seconds = text.parse::<i64>().ok().filter(|seconds| is_bucket(*seconds));
        if seconds.is_none() {
            let path = ["metadata", "annotations", BUCKET];
            self.fault(&path, "not_a_divisor", "60 to 3600 seconds, and an hour is made of whole buckets");
        }
        seconds
    }

    /// The seconds of a bucket. What is no whole minutes stands in the annotation, and the slice's
    /// window says the whole minutes in it.
    fn bucket(&mut self, nth: usize, method: BudgetingMethod, annotated: Option<i64>) -> Option<i64> {
        let window = &self.object.objectives()[nth]["timeSliceWindow"];
        let nth = nth.to_string();
        let path = ["spec", "objectives", &nth, "timeSliceWindow"];
        if method == BudgetingMethod::Occurrences {
            if !window.is_null() {
                self.notes.push(Note::warning(&path, "occurrences have no slices; it is kept as it is"));
            }
            return annotated;
        }
        if window.is_null() {
            self.fault(&path, "required", "this is required, such as 5m");
            return None;
        }
        let Some(seconds) = slice_seconds(window) else {
            self.fault(&path, "format", "this is a duration such as 5m, or a number of minutes");
            return None;
        };
        match annotated {
            Some(bucket) if Decimal::from(bucket) == seconds || seconds == whole_minutes(bucket) => Some(bucket),
            Some(bucket) => {
                let detail = format!("{BUCKET} says {bucket} seconds, and this says {seconds}");
                self.fault(&path, "contradiction", detail);
                None
            }
            None => {
                let whole = seconds.to_string().parse::<i64>().ok().filter(|seconds| is_bucket(*seconds));
                if whole.is_none() {
                    let detail = "a slice is 1 to 60 minutes, and an hour is made of whole slices";
                    self.fault(&path, "not_a_divisor", detail);
                }
                whole
            }
        }
    }
}

fn is_bucket(seconds: i64) -> bool {
    (60..=3600).contains(&seconds) && 3600 % seconds == 0
}

/// The seconds of the whole minutes in a bucket.
fn whole_minutes(bucket: i64) -> Decimal {
    Decimal::from(bucket / 60 * 60)
}

fn method(word: &str) -> Option<BudgetingMethod> {
    BudgetingMethod::ALL.iter().copied().find(|method| method_word(*method) == word)
}

/// A method as the specification writes it.
pub fn method_word(method: BudgetingMethod) -> &'static str {
    match method {
        BudgetingMethod::Occurrences => "Occurrences",
        BudgetingMethod::Timeslices => "Timeslices",
        BudgetingMethod::RatioTimeslices => "RatioTimeslices",
    }
}

/// The `spec` of each SLI.
pub fn indicators<'i>(objects: impl Iterator<Item = &'i Object>) -> Indicators<'i> {
    let slis = objects.filter(|object| object.kind == Kind::Sli);
    slis.map(|object| (object.name.clone(), &object.document["spec"])).collect()
}
