//! What is wrong with a file, or only odd: a million odd cells are one warning.

use super::super::{Mode, Warning};
use crate::kernel::{failure::Fault, merge::FAULTS};
use std::collections::BTreeMap;

/// What may be odd about a file and is read as it is meant when it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    UnknownColumn,
    MissingColumn,
    Null,
    Required,
    Date,
    Period,
    Precision,
    Number,
    Form,
    Choice,
    Tags,
}

impl Oddity {
    fn code(self) -> &'static str {
        match self {
            Self::UnknownColumn => "unknown_column",
            Self::MissingColumn => "missing_column",
            Self::Null => "null_as_text",
            Self::Required => "required",
            Self::Date => "date",
            Self::Period => "range",
            Self::Precision => "precision",
            Self::Number | Self::Form => "format",
            Self::Tags => "json",
            Self::Choice => "not_one_of",
        }
    }

    /// Why it is refused.
    fn refusal(self) -> &'static str {
        match self {
            Self::UnknownColumn => "FOCUS 1.0 to 1.2 has no such column, and one of your own begins with x_",
            Self::MissingColumn => "this column is mandatory",
            Self::Null => "no value is an empty cell, not this word",
            Self::Required => "this is required",
            Self::Date => "not a time such as 2024-09-01T00:00:00Z",
            Self::Period => "the billing period ends before it begins",
            Self::Precision => "at most 12 digits after the point",
            Self::Number | Self::Form => "not a number such as -1234.5 or 1.2E-7",
            Self::Tags => "not an object of JSON whose values are texts, numbers, true, false and null, each name once",
            Self::Choice => "not one of the words that FOCUS has for it",
        }
    }

    /// What is made of it all the same.
    fn meaning(self) -> &'static str {
        match self {
            Self::UnknownColumn => "FOCUS 1.0 to 1.2 has no such column; it is kept in extra",
            Self::MissingColumn => "this column is mandatory, and not there",
            Self::Null => "this word is read as no value",
            Self::Required => "FOCUS wants a value here",
            Self::Date => "a time of another form than 2024-09-01T00:00:00Z, read as UTC where it names no zone",
            Self::Period => "the billing period ends before it begins",
            Self::Precision => "rounded half to even, to 12 digits after the point",
            Self::Number => "not a number; it is kept as it is",
            Self::Form => "a number of another form than -1234.5 or 1.2E-7",
            Self::Tags => {
                "no object of JSON; read where it is one without braces, or a list of keys and values, else kept in extra"
            }
            Self::Choice => "not one of the words that FOCUS has for it; it is kept as it is",
        }
    }
}

/// What there is to say of a file, in the order in which it is found.
#[derive(Debug)]
pub struct Notes {
    mode: Mode,
    pub faults: Vec<Fault>,
    /// By oddity and column: the first line, and how many there are.
    odd: BTreeMap<(Oddity, String), (u64, u64)>,
}

impl Notes {
    pub fn new(mode: Mode) -> Self {
        Self { mode, faults: Vec::new(), odd: BTreeMap::new() }
    }

    /// Whether nothing more need be found.
    pub fn are_full(&self) -> bool {
        self.faults.len() >= FAULTS
    }

    pub fn fault(&mut self, line: u64, column: Option<&str>, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Fault::line(line, column, code, detail));
    }

    /// A fault of a file that is read strictly, and a warning of another.
    pub fn odd(&mut self, oddity: Oddity, line: u64, column: &str) {
        match self.mode {
            Mode::Strict => self.fault(line, Some(column), oddity.code(), oddity.refusal()),
            Mode::Lenient => match self.odd.get_mut(&(oddity, column.to_owned())) {
                Some((_, count)) => *count += 1,
                None => {
                    self.odd.insert((oddity, column.to_owned()), (line, 1));
                }
            },
        }
    }

    /// A fault either way: without it a line means nothing.
    pub fn wrong(&mut self, oddity: Oddity, line: u64, column: &str) {
        self.fault(line, Some(column), oddity.code(), oddity.refusal());
    }

    /// One warning for each oddity and column, by the line on which it is first met.
    pub fn warnings(&self) -> Vec<Warning> {
        let told = |((oddity, column), (line, count)): (&(Oddity, String), &(u64, u64))| {
            let more = if *count > 1 { format!(" (in {count} lines)") } else { String::new() };
            Warning { line: *line, column: Some(column.clone()), detail: format!("{}{more}", oddity.meaning()) }
        };
        let mut warnings: Vec<Warning> = self.odd.iter().map(told).collect();
        warnings.sort_by_key(|warning| warning.line);
        warnings
    }
}
