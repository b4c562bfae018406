//! A report's facts as a reader opens them, one by one.

use super::calculator::{Exact, kept, number, settled};
use serde_json::Value;
use std::collections::BTreeMap;

/// Every fact of a report, opened.
pub struct Walk {
    pub facts: BTreeMap<String, Value>,
}

/// What a fact comes to, computed again.
#[derive(Debug, PartialEq)]
pub enum Found {
    Number(Exact),
    Text(String),
    Unknown(String),
}

impl From<Exact> for Found {
    fn from(value: Exact) -> Self {
        Self::Number(value)
    }
}

/// A fact as its own page shows it.
#[derive(Clone, Copy)]
pub struct Opened<'w> {
    pub walk: &'w Walk,
    pub name: &'w str,
    open: &'w Value,
}

impl Walk {
    pub fn fact<'w>(&'w self, name: &str) -> Opened<'w> {
        let (name, open) = self.facts.get_key_value(name).unwrap_or_else(|| panic!("no fact {name}"));
        Opened { walk: self, name, open }
    }

    /// The facts whose names begin so.
    pub fn named<'w>(&'w self, start: &'w str) -> impl Iterator<Item = Opened<'w>> {
        self.facts.keys().filter(move |name| name.starts_with(start)).map(|name| self.fact(name))
    }

    /// What a fact comes to, with all the digits that there are.
    pub fn number(&self, name: &str) -> Exact {
        match super::found(self.fact(name)) {
            Some(Found::Number(value)) => value,
            other => panic!("{name} is {other:?}"),
        }
    }
}

impl<'w> Opened<'w> {
    pub fn shown(self) -> &'w Value {
        &self.open["value"]
    }

    pub fn text(self, property: &str) -> &'w str {
        self.open[property].as_str().unwrap_or_default()
    }

    pub fn rows(self) -> &'w [Value] {
        self.open["rows"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub fn inputs(self) -> &'w [Value] {
        self.open["inputs"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub fn has(self, input: &str) -> bool {
        self.inputs().iter().any(|one| one["name"] == input)
    }

    pub fn input_value(self, input: &str) -> &'w Value {
        let found = self.inputs().iter().find(|one| one["name"] == input);
        &found.unwrap_or_else(|| panic!("{} does not say its {input}", self.name))["value"]
    }

    /// A number that goes in.
    pub fn input(self, input: &str) -> Exact {
        let value = self.input_value(input);
        number(value).unwrap_or_else(|| panic!("{}: {input} is {value}", self.name))
    }

    /// A fact that goes in, with all of its digits.
    pub fn from(self, input: &str) -> Exact {
        assert!(self.has(input), "{} does not say that {input} goes into it", self.name);
        self.walk.number(input)
    }

    /// Facts that go in, by how their names begin.
    pub fn opened(self, start: &str) -> Vec<Opened<'w>> {
        let names = self.inputs().iter().filter_map(|input| input["name"].as_str());
        names.filter(|name| name.starts_with(start)).map(|name| self.walk.fact(name)).collect()
    }

    /// The only one of them.
    pub fn the(self, start: &str) -> Opened<'w> {
        let [one] = self.opened(start)[..] else { panic!("{} does not rest on one {start}", self.name) };
        one
    }

    /// An input is what we find it to be.
    #[track_caller]
    pub fn agrees(self, input: &str, value: &Exact) {
        let shown = self.input_value(input);
        let as_shown = if shown.is_object() { settled(value) } else { kept(value) };
        assert_eq!(number(shown), Some(as_shown), "{}: {input}", self.name);
    }

    /// The sum of a column.
    pub fn sum(self, column: &str) -> Exact {
        sum(self.rows(), column)
    }

    /// Counts the rows, which are those of another fact that are so.
    #[track_caller]
    pub fn counts(self, of: &str, wanted: impl Fn(&Value) -> bool) -> Found {
        let expected: Vec<&Value> = self.walk.fact(of).rows().iter().filter(|row| wanted(row)).collect();
        assert_eq!(self.rows().iter().collect::<Vec<_>>(), expected, "{} of {of}", self.name);
        self.count(wanted)
    }

    /// Counts the rows, all of which are so.
    #[track_caller]
    pub fn count(self, wanted: impl Fn(&Value) -> bool) -> Found {
        let other = self.rows().iter().find(|row| !wanted(row));
        assert_eq!(other, None, "{} counts it", self.name);
        super::calculator::whole(self.rows().len().try_into().expect("few rows")).into()
    }
}

/// A number in a row.
#[track_caller]
pub fn cell(row: &Value, column: &str) -> Exact {
    number(&row[column]).unwrap_or_else(|| panic!("no {column} in {row}"))
}

/// The sum of a column of some rows.
#[track_caller]
pub fn sum<'v>(rows: impl IntoIterator<Item = &'v Value>, column: &str) -> Exact {
    rows.into_iter().map(|row| cell(row, column)).sum()
}
