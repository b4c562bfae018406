//! The items as they stood at a moment: what a list of that moment shows, and in which order.

use super::moment;
use crate::{
    kernel::{
        clock::{Instant, parse_day},
        failure::{Failure, Fault},
        http::{Listed, Page, Past},
    },
    roadmap::{Horizon, ItemKind, ItemStatus, RoadmapItem},
};
use chrono_tz::Tz;
use serde_json::Value;
use std::cmp::Ordering;

const TEXTS: &[&str] = &["ref", "title", "owner"];
const DAYS: &[&str] = &["start_on", "target_on", "shipped_on", "promised_on"];
const LISTS: &[&str] =
    &["objectives", "personas", "components", "slos", "incidents", "feedback", "risks", "tags", "depends_on"];
const SEARCHED: &[&str] = &["ref", "title", "problem", "outcome", "description", "tags"];
/// How many values a filter may name, and how many fields a sort.
const MAX_VALUES: usize = 100;
const MAX_SORT: usize = 4;

/// What is asked of a property.
#[derive(Debug, Clone)]
enum Wanted {
    AnyOf(Vec<String>),
    From(String),
    Before(String),
}

/// What is asked of a list of some moment.
#[derive(Debug, Clone)]
pub struct Then {
    pub at: Instant,
    wanted: Vec<(String, Wanted)>,
    words: Vec<String>,
    /// The fields, and whether from the least up.
    sort: Vec<(String, bool)>,
    page: Past,
}

impl Then {
    /// Understands a query.
    ///
    /// # Errors
    /// 422 for a moment that is not over, and for what cannot be asked of one: all by name.
    pub fn read(past: Past, zone: Tz, now: Instant) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let at = moment(&past.as_of, zone).unwrap_or_else(|why| {
            faults.push(Fault::parameter("as_of", "value", why));
            now
        });
        if at > now {
            faults.push(Fault::parameter("as_of", "in_future", "nobody knows yet how it will stand then"));
        }
        let (mut wanted, mut words, mut sort) = (Vec::new(), Vec::new(), Vec::new());
        for (name, text) in &past.asked {
            let read = match name.as_str() {
                "q" if text.chars().count() > 200 => Err(("q", "at most 200 characters".to_owned())),
                "q" => {
                    words = text.to_lowercase().split_whitespace().map(ToOwned::to_owned).collect();
                    Ok(())
                }
                "sort" => read_sort(text).map(|fields| sort = fields),
                _ => asked_of(name, text).map(|one| wanted.push(one)),
            };
            if let Err((code, detail)) = read {
                faults.push(Fault::parameter(name, code, detail));
            }
        }
        Failure::unless_empty(faults)?;
        Ok(Self { at, wanted, words, sort, page: past })
    }

    /// The page that was asked for, of all items of that moment.
    ///
    /// # Errors
    /// 400 for a cursor that is none of this list.
    pub fn page(&self, items: Vec<RoadmapItem>) -> Result<Page<RoadmapItem>, Failure> {
        let mut shown = Vec::new();
        for item in items {
            let said = serde_json::to_value(&item).map_err(Failure::internal)?;
            if self.shows(&said) {
                let keys: Vec<_> = self.sort.iter().map(|(field, _)| key(field, &item, &said)).collect();
                shown.push((keys, item));
            }
        }
        shown.sort_by(|(one, item), (other, another)| {
            let fields = one.iter().zip(other).zip(&self.sort);
            let by_field = fields.map(|((one, other), (_, up))| in_order(one.as_ref(), other.as_ref(), *up));
            by_field.fold(Ordering::Equal, Ordering::then).then_with(|| item.id.cmp(&another.id))
        });
        self.page.page(shown.into_iter().map(|(_, item)| item).collect())
    }

    fn shows(&self, said: &Value) -> bool {
        let text = |field: &str| match &said[field] {
            Value::String(text) => text.to_lowercase(),
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ").to_lowercase(),
            _ => String::new(),
        };
        self.wanted.iter().all(|(field, wanted)| meets(&said[field], wanted))
            && self.words.iter().all(|word| SEARCHED.iter().any(|field| text(field).contains(word.as_str())))
    }
}

fn meets(value: &Value, wanted: &Wanted) -> bool {
    match (value, wanted) {
        (Value::Null, Wanted::AnyOf(values)) => values.iter().any(|one| one == "null"),
        (Value::Array(words), Wanted::AnyOf(values)) => {
            words.iter().filter_map(Value::as_str).any(|word| values.iter().any(|one| one == word))
        }
        (Value::String(text), Wanted::AnyOf(values)) => values.contains(text),
        (Value::String(text), Wanted::From(from)) => text >= from,
        (Value::String(text), Wanted::Before(end)) => text < end,
        _ => false,
    }
}

/// What a field is sorted by; none of what is null.
fn key(field: &str, item: &RoadmapItem, said: &Value) -> Option<String> {
    match field {
        "rank" => Some(item.rank.clone()),
        field => said[field].as_str().map(ToOwned::to_owned),
    }
}

/// Nulls come last either way.
fn in_order(one: Option<&String>, other: Option<&String>, up: bool) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) if up => one.cmp(other),
        (Some(one), Some(other)) => other.cmp(one),
        (one, other) => one.is_none().cmp(&other.is_none()),
    }
}

fn read_sort(text: &str) -> Result<Vec<(String, bool)>, (&'static str, String)> {
    let known = || TEXTS.iter().chain(DAYS).chain(&["rank", "kind", "horizon", "status"]).copied();
    let mut fields: Vec<(String, bool)> = Vec::new();
    for field in text.split(',') {
        let name = field.strip_prefix('-').unwrap_or(field);
        if fields.len() == MAX_SORT || fields.iter().any(|(known, _)| known == name) || !known().any(|one| one == name)
        {
            let names: Vec<_> = known().collect();
            return Err(("sort", format!("with as_of, up to {MAX_SORT} of {}, each once", names.join(", "))));
        }
        fields.push((name.to_owned(), name == field));
    }
    Ok(fields)
}

fn asked_of(name: &str, text: &str) -> Result<(String, Wanted), (&'static str, String)> {
    let (field, operator) = name.rsplit_once('.').unwrap_or((name, ""));
    let choices: &[&str] = match field {
        "status" => ItemStatus::WORDS,
        "horizon" => Horizon::WORDS,
        "kind" => ItemKind::WORDS,
        _ => &[],
    };
    let is_day = DAYS.contains(&field);
    let is_known = !choices.is_empty() || is_day || TEXTS.contains(&field) || LISTS.contains(&field);
    let is_operator = operator.is_empty() || is_day && matches!(operator, "gte" | "lt");
    if !is_known || !is_operator {
        // Of what the list of today has, and this one has not, that is said.
        return Err(match RoadmapItem::COLUMNS.iter().any(|column| column.name == field) {
            true => ("not_allowed", "not together with as_of".to_owned()),
            false => ("unknown_parameter", "this list has no such parameter".to_owned()),
        });
    }
    let fits = |text: &str| match () {
        () if text == "null" && (is_day || field == "owner") => Ok(()),
        () if is_day => parse_day(text).map(|_| ()),
        () if !choices.is_empty() && !choices.contains(&text) => Err(format!("one of {}", choices.join(", "))),
        () if text.chars().count() > 200 => Err("at most 200 characters".to_owned()),
        () => Ok(()),
    };
    let value = |text: &str| fits(text).map(|()| text.to_owned()).map_err(|why| ("value", why));
    let wanted = match operator {
        "gte" => Wanted::From(parse_day(text).map(|_| text.to_owned()).map_err(|why| ("value", why))?),
        "lt" => Wanted::Before(parse_day(text).map(|_| text.to_owned()).map_err(|why| ("value", why))?),
        _ => Wanted::AnyOf(text.split(',').map(value).collect::<Result<_, _>>()?),
    };
    match &wanted {
        Wanted::AnyOf(values) if values.len() > MAX_VALUES => Err(("value", format!("at most {MAX_VALUES} values"))),
        _ => Ok((field.to_owned(), wanted)),
    }
}
