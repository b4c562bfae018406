//! How an OpenSLO indicator is told as good events and all events.

use super::object::Note;
use serde_json::{Map, Value, json};

/// What stands before a query of bad events.
const BAD: &str = "all but: ";
const RAW_GOOD: &str = "share of good events: ";
const RAW_BAD: &str = "1 minus the share of bad events: ";
const RAW_TOTAL: &str = "all events";
const VALUES: &str = "every value of: ";

/// What is counted: the query where a source has one, else the whole source as JSON.
pub fn words(indicator: &Value, objective: &Value) -> Option<Value> {
    let (ratio, threshold) = (&indicator["ratioMetric"], &indicator["thresholdMetric"]);
    let (good, total) = if let Some(values) = query(threshold) {
        let limit = match (objective["op"].as_str(), objective["value"].as_number()) {
            (Some(op), Some(value)) => format!(" {} {value}", sign(op)),
            _ => String::new(),
        };
        (format!("{values}{limit}"), format!("{VALUES}{values}"))
    } else if let Some(raw) = query(&ratio["raw"]) {
        let share = if ratio["rawType"] == "failure" { RAW_BAD } else { RAW_GOOD };
        (format!("{share}{raw}"), RAW_TOTAL.to_owned())
    } else {
        let good = query(&ratio["good"]).or_else(|| query(&ratio["bad"]).map(|bad| format!("{BAD}{bad}")));
        (good?, query(&ratio["total"])?)
    };
    Some(json!({ "good": good, "total": total }))
}

fn sign(op: &str) -> &'static str {
    match op {
        "lt" => "<",
        "lte" => "≤",
        "gt" => ">",
        _ => "≥",
    }
}

fn query(metric: &Value) -> Option<String> {
    let source = Some(&metric["metricSource"]).filter(|source| source.is_object())?;
    Some(source["spec"]["query"].as_str().map_or_else(|| source.to_string(), ToOwned::to_owned))
}

/// Everything that is wrong with an indicator that stands at `path`.
pub fn check(indicator: &Value, path: &[&str], notes: &mut Vec<Note>) {
    let at = |names: &[&str]| -> Vec<String> { path.iter().chain(names).map(|name| (*name).to_owned()).collect() };
    let mut fault = |names: &[&str], code, detail: &str| notes.push(Note::fault(&at(names), code, detail));
    let there = |value: &Value| !value.is_null();
    let (ratio, threshold) = (&indicator["ratioMetric"], &indicator["thresholdMetric"]);
    match (there(ratio), there(threshold)) {
        (false, false) => fault(&["ratioMetric"], "required", "a ratioMetric or a thresholdMetric is required"),
        (true, true) => fault(&["thresholdMetric"], "not_allowed", "beside a ratioMetric there is no thresholdMetric"),
        (true, false) if ratio.is_object() => {
            let [good, bad, total, raw] = ["good", "bad", "total", "raw"].map(|name| there(&ratio[name]));
            if raw && (good || bad || total) {
                fault(&["ratioMetric", "raw"], "not_allowed", "raw stands alone, without good, bad and total");
            } else if !raw {
                if good && bad {
                    fault(&["ratioMetric", "bad"], "not_allowed", "beside good there is no bad");
                } else if !good && !bad {
                    fault(&["ratioMetric", "good"], "required", "good or bad is required, or raw");
                }
                if !total {
                    fault(&["ratioMetric", "total"], "required", "this is required beside good or bad");
                }
            }
            match (raw, ratio["rawType"].as_str()) {
                (true, None) => fault(&["ratioMetric", "rawType"], "required", "this is required with raw"),
                (_, Some(word)) if !matches!(word, "success" | "failure") => {
                    fault(&["ratioMetric", "rawType"], "not_one_of", "this is success or failure");
                }
                _ => {}
            }
        }
        _ => {}
    }
    let metrics = ["good", "bad", "total", "raw"].map(|name| (vec!["ratioMetric", name], &ratio[name]));
    for (mut names, metric) in metrics.into_iter().chain([(vec!["thresholdMetric"], threshold)]) {
        if metric.is_object() && metric["metricSource"].is_null() {
            names.push("metricSource");
            fault(&names, "required", "this is required");
        }
    }
}

/// Makes an indicator say other words: in its own queries where it has one for good and one for
/// all events, else in new ones.
pub fn write(indicator: &mut Value, said: Option<&Value>, now: &Value) {
    let ratio = &indicator["ratioMetric"];
    let plain = ratio["good"].is_object() && ratio["total"].is_object();
    if !plain {
        let description = indicator["description"].as_str().map(|text| ("description".to_owned(), json!(text)));
        let mut spec: Map<String, Value> = description.into_iter().collect();
        spec.insert("ratioMetric".to_owned(), json!({ "good": {}, "total": {} }));
        *indicator = Value::Object(spec);
    }
    for part in ["good", "total"] {
        if plain && said.is_some_and(|said| said[part] == now[part]) {
            continue;
        }
        let metric = &mut indicator["ratioMetric"][part];
        match metric["metricSource"]["spec"].get_mut("query").filter(|query| query.is_string()) {
            Some(query) => *query = now[part].clone(),
            None => *metric = json!({ "metricSource": { "type": "Any", "spec": { "query": now[part] } } }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(query: &str) -> Value {
        json!({ "metricSource": { "type": "Any", "spec": { "query": query } } })
    }

    fn told(indicator: &Value, objective: &Value) -> (String, String) {
        let words = words(indicator, objective).unwrap();
        (words["good"].as_str().unwrap().to_owned(), words["total"].as_str().unwrap().to_owned())
    }

    fn said(good: &str, total: &str) -> (String, String) {
        (good.to_owned(), total.to_owned())
    }

    #[test]
    fn every_indicator_is_told_in_words() {
        let ratio = |ratio: Value| json!({ "ratioMetric": ratio });
        let none = json!({});
        assert_eq!(told(&ratio(json!({ "good": metric("g"), "total": metric("t") })), &none), said("g", "t"));
        assert_eq!(told(&ratio(json!({ "bad": metric("b"), "total": metric("t") })), &none), said("all but: b", "t"));
        let raw = |kind: &str| ratio(json!({ "raw": metric("r"), "rawType": kind }));
        assert_eq!(told(&raw("success"), &none), said("share of good events: r", "all events"));
        assert_eq!(told(&raw("failure"), &none), said("1 minus the share of bad events: r", "all events"));
        let threshold = json!({ "thresholdMetric": metric("q") });
        assert_eq!(told(&threshold, &json!({ "op": "lte", "value": 0.5 })), said("q ≤ 0.5", "every value of: q"));
        assert_eq!(told(&threshold, &json!({ "op": "lte" })), said("q", "every value of: q"));
        let source = json!({ "metricSource": { "metricSourceRef": "x", "spec": { "region": "eu", "query": [1] } } });
        let text = r#"{"metricSourceRef":"x","spec":{"region":"eu","query":[1]}}"#;
        assert_eq!(told(&ratio(json!({ "good": source, "total": metric("t") })), &none), said(text, "t"));
    }

    #[test]
    fn other_words_stand_where_the_old_ones_stood() {
        let mut own = json!({ "ratioMetric": { "counter": true, "good": metric("g"), "total": metric("t") } });
        let before = words(&own, &json!({}));
        write(&mut own, before.as_ref(), &json!({ "good": "h", "total": "t" }));
        assert_eq!(own, json!({ "ratioMetric": { "counter": true, "good": metric("h"), "total": metric("t") } }));
        let mut other = json!({ "description": "d", "thresholdMetric": metric("q") });
        write(&mut other, None, &json!({ "good": "h", "total": "t" }));
        let expected = json!({ "description": "d", "ratioMetric": { "good": metric("h"), "total": metric("t") } });
        assert_eq!(other, expected);
    }
}
