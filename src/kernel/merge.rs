//! How the rows of a file meet the rows that are there.
//!
//! A [`Merge`] is made twice: aside, to find what is wrong and to count, and again in the change
//! itself, where it is true. Both are the same pure function of the rows there and the rows given.

use super::{
    db::{Head, Row},
    failure::{Failure, Fault},
    http::{Patch, Patchable},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
};
use utoipa::ToSchema;

/// How many faults one answer lists at most.
pub const FAULTS: usize = 1000;

/// A row as a file gives it.
#[derive(Debug, Clone)]
pub struct Given<N> {
    /// Where it starts in the file; the header is line 1.
    pub line: u64,
    /// What it is on its own.
    pub new: N,
    /// The columns that the file has, when it leaves some out: those keep what is there.
    columns: Option<Patch<N>>,
    /// The row that it is about, where the file says so: by id.
    row: Option<String>,
}

impl<N: Patchable + Clone> Given<N> {
    pub fn whole(line: u64, new: N) -> Self {
        Self { line, new, columns: None, row: None }
    }

    /// `columns` holds what the file says of each column that it has; `null` is the default.
    pub fn partly(line: u64, new: N, columns: Map<String, Value>) -> Self {
        Self { line, new, columns: Some(Patch::of(columns)), row: None }
    }

    /// The same about the row of that id, whatever it says of it.
    pub fn about(self, id: String) -> Self {
        Self { row: Some(id), ..self }
    }

    /// What it makes of a row that is there.
    fn over(&self, row: &impl Row) -> Result<N, Failure> {
        match &self.columns {
            None => Ok(self.new.clone()),
            Some(columns) => columns.apply(row),
        }
    }
}

/// How many rows were which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
}

impl Counts {
    pub fn change_nothing(self) -> bool {
        self.created == 0 && self.changed == 0
    }
}

/// How many rows of a difference are shown at most.
pub const SHOWN: usize = 200;
/// How many characters of a text are shown.
const SHOWN_TEXT: usize = 300;

/// A row that a file makes or changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowChange {
    /// Where it starts in the file.
    pub line: u64,
    /// What it is: the word of its path.
    pub resource: String,
    /// What people call it: its ref, key or week, and its title or name.
    pub label: Option<String>,
    /// The row that changes; null for one that is made.
    pub id: Option<String>,
    pub properties: Vec<PropertyChange>,
}

/// A property that is other than it was, or that a new row has. Long texts are cut, with `…` at their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PropertyChange {
    pub property: String,
    /// Null also for a new row.
    pub before: Option<Value>,
    /// Null also where only writing it will tell.
    pub after: Option<Value>,
}

impl RowChange {
    /// From what a row says and what it is to say; `Null` for one that is not there.
    pub fn between(line: u64, resource: &str, before: &Value, after: &Value) -> Self {
        let own = |name: &String| matches!(name.as_str(), "id" | "created_at" | "updated_at" | "version");
        let said = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::Array(items) if items.is_empty() => None,
            other => Some(shortened(other)),
        };
        let names = after.as_object().into_iter().flat_map(Map::keys).filter(|name| !own(name));
        let properties = names.filter(|name| before.get(*name).unwrap_or(&Value::Null) != &after[name.as_str()]);
        let of = |name: &String| PropertyChange {
            property: name.clone(),
            before: before.get(name).and_then(said),
            after: said(&after[name.as_str()]),
        };
        let differs = |one: &PropertyChange| one.before.is_some() || one.after.is_some();
        let id = before["id"].as_str().map(ToOwned::to_owned);
        let label = label(if before.is_null() { after } else { before });
        let properties = properties.map(of).filter(differs).collect();
        Self { line, resource: resource.to_owned(), label, id, properties }
    }
}

fn label(row: &Value) -> Option<String> {
    let first = |names: &[&str]| names.iter().find_map(|name| row[*name].as_str().filter(|text| !text.is_empty()));
    let (short, long) = (
        first(&["ref", "key", "week"]),
        first(&["title", "name", "summary", "question", "statement", "task", "scenario"]),
    );
    let told: Vec<_> = short.into_iter().chain(long).collect();
    match shortened(&Value::String(told.join(" "))) {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > SHOWN_TEXT => {
            Value::String(text.chars().take(SHOWN_TEXT).chain(['…']).collect())
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), shortened(part))).collect(),
        other => other.clone(),
    }
}

/// What is to be written.
#[derive(Debug)]
pub struct Merge<R, N> {
    pub created: Vec<N>,
    /// The row that is there, and what it is to say.
    pub changed: Vec<(R, N)>,
    pub unchanged: u64,
    /// The first of those rows, as they will differ.
    pub shown: Vec<RowChange>,
}

impl<R, N> Default for Merge<R, N> {
    fn default() -> Self {
        Self { created: Vec::new(), changed: Vec::new(), unchanged: 0, shown: Vec::new() }
    }
}

impl<R: Row, N: Patchable + Clone> Merge<R, N> {
    /// Matches rows by what names them.
    ///
    /// `row` says how a row would look, and `allowed` whether it may be written; it is asked only
    /// for rows that are new or changed, so that what is there already is never refused.
    ///
    /// # Errors
    /// Everything that is wrong, by line: also a row that the file names twice.
    pub fn plan<'g, K: Eq + Hash>(
        there: Vec<R>,
        given: impl IntoIterator<Item = &'g Given<N>>,
        name_of_row: impl Fn(&R) -> K,
        name_of_new: impl Fn(&N) -> K,
        row: impl Fn(N, Head) -> Result<R, Failure>,
        allowed: impl Fn(&R) -> Result<(), Failure>,
    ) -> Result<Self, Failure>
    where
        N: 'g,
    {
        let given: Vec<&Given<N>> = given.into_iter().collect();
        let wanted: HashSet<&str> = given.iter().filter_map(|one| one.row.as_deref()).collect();
        let of_row = there.iter().filter(|row| wanted.contains(row.id()));
        let mut by_id: HashMap<String, K> = of_row.map(|row| (row.id().to_owned(), name_of_row(row))).collect();
        let mut known: HashMap<K, R> = there.into_iter().map(|row| (name_of_row(&row), row)).collect();
        let mut lines: HashMap<K, u64> = HashMap::new();
        let mut merge = Self::default();
        let mut faults = Vec::new();
        for one in given {
            let name = match &one.row {
                None => name_of_new(&one.new),
                Some(id) => match by_id.remove(id) {
                    Some(name) => name,
                    None => {
                        let detail = "there is no such row, or another line is about it";
                        faults.push(Fault::line(one.line, Some("id"), "unknown_reference", detail));
                        continue;
                    }
                },
            };
            let there = known.remove(&name);
            match lines.entry(name) {
                Entry::Occupied(first) => {
                    let detail = format!("line {} is about the same", first.get());
                    faults.push(Fault::line(one.line, None, "repeated", detail));
                    continue;
                }
                Entry::Vacant(free) => free.insert(one.line),
            };
            if let Err(failure) = merge.meet(there, one, &row, &allowed) {
                faults.extend(by_line(failure, one.line)?);
            }
            if faults.len() >= FAULTS {
                break;
            }
        }
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        Ok(merge)
    }

    fn meet(
        &mut self,
        there: Option<R>,
        given: &Given<N>,
        row: &impl Fn(N, Head) -> Result<R, Failure>,
        allowed: &impl Fn(&R) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Some(before) = there else {
            let after = row(given.new.clone(), Head::trial())?;
            allowed(&after)?;
            self.show(given.line, None, &after)?;
            self.created.push(given.new.clone());
            return Ok(());
        };
        let new = given.over(&before)?;
        let after = row(new.clone(), Head::of(&before))?;
        if says(&before)? == says(&after)? {
            self.unchanged += 1;
        } else {
            allowed(&after)?;
            self.show(given.line, Some(&before), &after)?;
            self.changed.push((before, new));
        }
        Ok(())
    }

    /// Notes how a row will differ, while there is room.
    ///
    /// # Errors
    /// When a row cannot be told as JSON, which is a defect.
    pub fn show(&mut self, line: u64, before: Option<&R>, after: &R) -> Result<(), Failure> {
        if self.shown.len() < SHOWN {
            let before = before.map_or(Ok(Value::Null), |row| serde_json::to_value(row).map_err(Failure::internal))?;
            let after = serde_json::to_value(after).map_err(Failure::internal)?;
            self.shown.push(RowChange::between(line, R::RESOURCE, &before, &after));
        }
        Ok(())
    }
}

impl<R, N> Merge<R, N> {
    /// Says in what is shown that only writing it will tell a property that is `value` until then.
    pub fn untold(&mut self, property: &str, value: &str) {
        for row in &mut self.shown {
            for one in row.properties.iter_mut().filter(|one| one.property == property) {
                if one.after.as_ref().is_some_and(|after| after == value) {
                    one.after = None;
                    let rest = row.label.as_deref().and_then(|label| label.strip_prefix(value));
                    row.label = rest.map(|rest| rest.trim_start().to_owned()).or_else(|| row.label.clone());
                }
            }
        }
    }

    pub fn counts(&self) -> Counts {
        Counts { created: self.created.len() as u64, changed: self.changed.len() as u64, unchanged: self.unchanged }
    }
}

/// What a row says, apart from when it was said.
fn says(row: &impl Row) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(row).map_err(Failure::internal)?;
    if let Value::Object(properties) = &mut value {
        properties.retain(|name, _| !matches!(name.as_str(), "updated_at" | "version"));
    }
    Ok(value)
}

/// The faults of one row of a file: pointers become columns, conflicts become faults.
///
/// # Errors
/// What is nobody's fault passes through.
pub fn by_line(failure: Failure, line: u64) -> Result<Vec<Fault>, Failure> {
    match failure {
        Failure::Invalid(faults) => Ok(faults.into_iter().map(|fault| at_line(fault, line)).collect()),
        Failure::Conflict { code, detail } => Ok(vec![Fault::line(line, None, code, detail)]),
        other => Err(other),
    }
}

/// A fault of a property as a fault of the column that it came from.
pub fn at_line(fault: Fault, line: u64) -> Fault {
    let pointer = fault.pointer.as_deref().unwrap_or_default();
    let mut names = pointer.split('/').skip(1);
    let (property, part) = (names.next().filter(|name| !name.is_empty()), names.next());
    // An item of a list stands in the list's column.
    let part = part.filter(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    let column = property.map(|property| heading(property, part));
    Fault { line: Some(line), column, pointer: None, ..fault }
}

/// The column of a property, or of a part of one that is an object. Money stands in `amount` and
/// `currency`, or in `loss` and `loss_currency`.
pub fn heading(property: &str, part: Option<&str>) -> String {
    match part {
        Some("currency") if property == "amount" => "currency".to_owned(),
        Some("amount") | None => property.to_owned(),
        Some(part) => format!("{property}_{part}"),
    }
}
