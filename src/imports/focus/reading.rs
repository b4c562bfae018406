//! A file of FOCUS, line by line: what each says, or what is wrong with it.

use super::{
    columns::{COLUMNS, CUSTOM, Column, Kind, Place},
    notes::{Notes, Oddity},
    number::{self, NotAnAmount},
};
use crate::{
    costs::{
        Tags,
        bills::{BillName, BilledLine},
    },
    kernel::{
        clock::Instant,
        csv::{Record, Records},
        failure::{Failure, Fault},
        http::parse_json_strictly,
        money::Currency,
        month::Month,
    },
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::BufReader,
    path::Path,
};

/// A line, and whose it is.
#[derive(Debug)]
pub struct FocusLine {
    /// Where it starts in the file.
    pub line: u64,
    pub name: BillName,
    pub provider: String,
    pub amount: i128,
    /// Nothing where the line does not say it.
    pub billed: Option<i128>,
    pub billed_line: BilledLine,
}

/// A column of the file.
struct Heading {
    name: String,
    /// Nothing for one that FOCUS does not have.
    column: Option<&'static Column>,
}

/// The lines of a file, one after the other.
pub struct Reader {
    records: Records<BufReader<File>>,
    headings: Vec<Heading>,
}

impl Reader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// 422 for a file that has none. What is wrong with it stands in `notes`; with faults among them its lines mean
    /// nothing.
    pub fn open(path: &Path, notes: &mut Notes) -> Result<Self, Failure> {
        let file = File::open(path).map_err(Failure::internal)?;
        let mut records = Records::new(BufReader::with_capacity(1 << 16, file))?;
        let header = match records.following()? {
            Some(header) => header.map_err(|fault| Failure::Invalid(vec![fault]))?,
            None => return Err(Failure::Invalid(vec![Fault::line(1, None, "no_header", "the file has no header")])),
        };
        let line = header.line;
        let (mut headings, mut met): (Vec<Heading>, _) = (Vec::new(), HashSet::new());
        for name in header.cells {
            let name = name.unwrap_or_default();
            let column = Column::named(&name);
            if !met.insert(name.clone()) {
                notes.fault(line, Some(&name), "repeated_column", "this heading stands twice");
            } else if name.is_empty() {
                notes.fault(line, None, "unknown_column", "a column without a heading");
            } else if column.is_none() && !name.starts_with(CUSTOM) {
                notes.odd(Oddity::UnknownColumn, line, &name);
            }
            headings.push(Heading { name, column });
        }
        for column in COLUMNS.iter().filter(|column| column.must_be_there()) {
            match headings.iter().any(|heading| heading.name == column.name) {
                true => {}
                false if column.place.is_vital() => notes.wrong(Oddity::MissingColumn, line, column.name),
                false => notes.odd(Oddity::MissingColumn, line, column.name),
            }
        }
        Ok(Self { records, headings })
    }

    /// The next line that is right; what is wrong with those before it stands in `notes`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn following(&mut self, notes: &mut Notes) -> Result<Option<FocusLine>, Failure> {
        while !notes.are_full() {
            match self.records.following()? {
                None => return Ok(None),
                Some(Err(fault)) => notes.faults.push(fault),
                Some(Ok(record)) => {
                    if let Some(line) = Line::read(&self.headings, record, notes) {
                        return Ok(Some(line));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// What was read of a line so far.
#[derive(Default)]
struct Line {
    amount: Option<i128>,
    billed: Option<i128>,
    currency: Option<Currency>,
    provider: Option<String>,
    billing_account: Option<String>,
    period: Option<Month>,
    starts: Option<DateTime<Utc>>,
    ends: Option<DateTime<Utc>>,
    service_name: Option<String>,
    sub_account: Option<String>,
    resource_id: Option<String>,
    tags: Option<Tags>,
    extra: BTreeMap<String, String>,
}

impl Line {
    fn read(headings: &[Heading], record: Record, notes: &mut Notes) -> Option<FocusLine> {
        let Record { line, cells } = record;
        let faults = notes.faults.len();
        if cells.len() != headings.len() {
            let detail = format!("{} cells where the header has {}", cells.len(), headings.len());
            notes.fault(line, None, "cells", detail);
            return None;
        }
        let mut read = Self::default();
        for (heading, cell) in headings.iter().zip(cells) {
            let cell = cell.filter(|cell| {
                let null = matches!(cell.as_str(), "NULL" | "null");
                if null {
                    notes.odd(Oddity::Null, line, &heading.name);
                }
                !null
            });
            match (cell, heading.column) {
                (Some(cell), Some(column)) => read.take(line, column, cell, notes),
                (Some(cell), None) => {
                    read.extra.insert(heading.name.clone(), cell);
                }
                (None, Some(column)) if column.place.is_vital() => notes.wrong(Oddity::Required, line, column.name),
                (None, Some(column)) if column.must_be_filled() => notes.odd(Oddity::Required, line, column.name),
                (None, _) => {}
            }
        }
        if read.starts.zip(read.ends).is_some_and(|(starts, ends)| ends <= starts) {
            notes.odd(Oddity::Period, line, "BillingPeriodEnd");
        }
        if notes.faults.len() > faults { None } else { read.whole(line) }
    }

    fn take(&mut self, line: u64, column: &Column, cell: String, notes: &mut Notes) {
        if column.place.longest().is_some_and(|longest| cell.len() > longest && cell.chars().count() > longest) {
            let longest = column.place.longest().unwrap_or_default();
            return notes.fault(line, Some(column.name), "too_long", format!("at most {longest} characters"));
        }
        match column.place {
            Place::Amount => self.amount = money(line, column, &cell, notes),
            Place::Billed => self.billed = money(line, column, &cell, notes),
            Place::Currency => match cell.parse() {
                Ok(currency) => self.currency = Some(currency),
                Err(detail) => notes.fault(line, Some(column.name), "currency", detail),
            },
            Place::Provider => self.provider = Some(cell),
            Place::BillingAccount => self.billing_account = Some(cell),
            Place::PeriodStart => match time(line, column, &cell, notes) {
                None => notes.wrong(Oddity::Date, line, column.name),
                Some(starts) => {
                    self.starts = Some(starts);
                    let period = Month::at(starts, chrono_tz::UTC);
                    self.period = Some(period);
                    if starts != period.bounds(chrono_tz::UTC).0 {
                        self.extra.insert(column.name.to_owned(), Instant::from(starts).to_string());
                    }
                }
            },
            Place::ServiceName => self.service_name = Some(cell),
            Place::SubAccount => self.sub_account = Some(cell),
            Place::ResourceId => self.resource_id = Some(cell),
            Place::Tags => match tags(&cell) {
                Ok(tags) => self.tags = Some(tags),
                Err(_) => {
                    notes.odd(Oddity::Tags, line, column.name);
                    self.tags = odd_tags(&cell);
                    if self.tags.is_none() {
                        self.extra.insert(column.name.to_owned(), cell);
                    }
                }
            },
            Place::Extra => {
                let kept = self.extra(line, column, cell, notes);
                self.extra.insert(column.name.to_owned(), kept);
            }
        }
    }

    /// What is kept of a cell that has no column of ours.
    fn extra(&mut self, line: u64, column: &Column, cell: String, notes: &mut Notes) -> String {
        match column.kind {
            Kind::Number if !number::is_number(&cell) => notes.odd(Oddity::Number, line, column.name),
            Kind::Choice(words) if !words.contains(&cell.as_str()) => notes.odd(Oddity::Choice, line, column.name),
            Kind::Time => match time(line, column, &cell, notes) {
                None => notes.odd(Oddity::Date, line, column.name),
                Some(at) => {
                    if column.name == "BillingPeriodEnd" {
                        self.ends = Some(at);
                    }
                    return Instant::from(at).to_string();
                }
            },
            _ => {}
        }
        cell
    }

    fn whole(self, line: u64) -> Option<FocusLine> {
        let (provider, currency, amount) = (self.provider?, self.currency?, self.amount?);
        let (amount_units, amount_parts) = number::columns(amount);
        let billed = self.billed.map(number::columns);
        let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
        Some(FocusLine {
            line,
            name: BillName {
                source: format!("focus:{provider}"),
                billing_account: self.billing_account?,
                billing_period: self.period?,
            },
            provider,
            amount,
            billed: self.billed,
            billed_line: BilledLine {
                amount_units,
                amount_parts,
                currency,
                billed_units: billed.map(|(units, _)| units),
                billed_parts: billed.map(|(_, parts)| parts),
                service_name: self.service_name,
                sub_account: self.sub_account,
                resource_id: self.resource_id,
                tags: self.tags.map(|tags| json(serde_json::to_string(&tags))),
                extra: (!self.extra.is_empty()).then(|| json(serde_json::to_string(&self.extra))),
            },
        })
    }
}

fn money(line: u64, column: &Column, cell: &str, notes: &mut Notes) -> Option<i128> {
    match number::amount(cell) {
        Ok(amount) => {
            if amount.rounded {
                notes.odd(Oddity::Precision, line, column.name);
            }
            Some(amount.parts)
        }
        Err(NotAnAmount::Format) => match number::plain(cell) {
            Some(plain) => {
                notes.odd(Oddity::Form, line, column.name);
                money(line, column, &plain, notes)
            }
            None => {
                notes.wrong(Oddity::Number, line, column.name);
                None
            }
        },
        Err(NotAnAmount::TooLarge) => {
            notes.fault(line, Some(column.name), "too_large", "at most 12 digits before the point");
            None
        }
    }
}

/// A time; one of another form than FOCUS has is noted.
fn time(line: u64, column: &Column, cell: &str, notes: &mut Notes) -> Option<DateTime<Utc>> {
    let instant = |text: &str| text.parse::<Instant>().ok().map(Instant::utc);
    if cell.len() == 20 && cell.ends_with('Z') {
        return instant(cell);
    }
    let at = instant(cell).or_else(|| odd_time(cell).and_then(|at| instant(&Instant::from(at).to_string())))?;
    notes.odd(Oddity::Date, line, column.name);
    Some(at)
}

/// The forms that real files have: a blank for the `T`, no seconds, no zone, no time of day at all.
fn odd_time(cell: &str) -> Option<DateTime<Utc>> {
    let text = cell.strip_suffix('Z').or(cell.strip_suffix(" UTC")).unwrap_or(cell);
    let plain = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let zoned = |form| DateTime::parse_from_str(cell, form).ok().map(|at| at.to_utc());
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(plain)
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .map(|at| at.and_utc())
        .or_else(|| ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z"].into_iter().find_map(zoned))
}

/// Tags as some files have them: an object without its braces, or a list of keys and values.
fn odd_tags(cell: &str) -> Option<Tags> {
    #[derive(Deserialize)]
    struct Tag {
        #[serde(alias = "Key")]
        key: String,
        #[serde(alias = "Value")]
        value: Option<String>,
    }
    let listed = |cell: &str| -> Option<Tags> {
        let list: Vec<Tag> = serde_json::from_str(cell).ok()?;
        let count = list.len();
        let tags: Tags = list.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect();
        (tags.len() == count).then_some(tags)
    };
    tags(&format!("{{{cell}}}")).ok().or_else(|| listed(cell))
}

/// Tags as FOCUS has them: an object of texts, numbers, true, false and null, whatever of which is kept as text.
fn tags(cell: &str) -> Result<Tags, String> {
    let Value::Object(object) = parse_json_strictly(cell.as_bytes())? else {
        return Err("tags are an object of JSON".to_owned());
    };
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Null => Ok((name, String::new())),
        Value::Bool(_) | Value::Number(_) => Ok((name, value.to_string())),
        Value::Array(_) | Value::Object(_) => Err("the value of a tag is no object and no list".to_owned()),
    };
    object.into_iter().map(text).collect()
}
