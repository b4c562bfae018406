//! A table of another tool as one of ours, line by line: what each rule of a mapping makes of the cells.

use super::{
    super::{
        Mode, Warning,
        format::columns_of,
        place::{Form, Kind, Place},
        sheet::Line,
    },
    ColumnRule, Mapping, Selection, Unlisted, date,
    number::plain_number,
    part,
    template::{Piece, pieces},
};
use crate::kernel::{
    csv::Record,
    failure::{Failure, Fault},
    merge::FAULTS,
};
use chrono_tz::Tz;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is made of the cells of a line for one of our columns.
type Made = Result<Cell, Vec<Trouble>>;

enum Cell {
    Said(Option<String>),
    /// What is there stays.
    Untold,
}

/// What is wrong with a cell: which part of its rule says so.
struct Trouble {
    part: &'static str,
    code: &'static str,
    detail: String,
}

fn trouble(part: &'static str, code: &'static str, detail: impl Into<String>) -> Vec<Trouble> {
    vec![Trouble { part, code, detail: detail.into() }]
}

/// One of our columns, the parts of its template, and the first heading that its rule reads.
struct Source {
    name: String,
    rule: ColumnRule,
    template: Option<Vec<Piece>>,
    place: Place,
    heading: Option<String>,
}

/// How many characters a filled template may have: no text of ours has more.
const LONGEST: usize = 20_000;

/// How many values one cell of ours may be made of.
const MOST_VALUES: usize = 1000;

/// A mapping at work on a file.
pub struct Turn {
    mapping: Mapping,
    zone: Tz,
    lenient: bool,
    /// Our columns that this file gives, in their order, and what each is.
    columns: Vec<Source>,
    /// Where the other tool's headings stand.
    headings: HashMap<String, Vec<usize>>,
    cells: usize,
    left_out: u64,
    warnings: Vec<Warning>,
}

impl Turn {
    /// `zone` is that of times that name none.
    pub fn new(mapping: Mapping, zone: Tz, mode: Mode) -> Self {
        let lenient = mode == Mode::Lenient;
        let (columns, headings) = (Vec::new(), HashMap::new());
        Self { mapping, zone, lenient, columns, headings, cells: 0, left_out: 0, warnings: Vec::new() }
    }

    pub fn delimiter(&self) -> u8 {
        self.mapping.delimiter.byte()
    }

    /// Our header for theirs.
    ///
    /// # Errors
    /// 422 for headings that the mapping reads and the file has not.
    pub fn header(&mut self, theirs: &Record) -> Result<Record, Failure> {
        self.cells = theirs.cells.len();
        for (nth, heading) in theirs.cells.iter().enumerate() {
            let heading = heading.as_deref().unwrap_or_default().trim().to_owned();
            self.headings.entry(heading).or_default().push(nth);
        }
        let known = columns_of(self.mapping.format).map_or_else(Vec::new, |(known, _)| known);
        let mut faults = Vec::new();
        for heading in self.mapping.only_lines.value().0.keys() {
            let at = format!("/only_lines/{}", part(heading));
            self.require(theirs.line, heading, at, &mut faults);
        }
        for (name, rule) in &self.mapping.columns.value().0 {
            let Some((_, place)) = known.iter().find(|(heading, _)| heading == name) else {
                let at = format!("/columns/{}", part(name));
                faults.push(Fault { mapping: Some(at), ..Fault::line(1, None, "unknown_column", "no such column") });
                continue;
            };
            let read = read_by(rule);
            if rule.optional && read.iter().any(|(_, heading)| !self.headings.contains_key(heading)) {
                continue;
            }
            for (way, heading) in &read {
                let at = format!("/columns/{}/{way}", part(name));
                self.require(theirs.line, heading, at, &mut faults);
            }
            let heading = read.into_iter().next().map(|(_, heading)| heading);
            let template = rule.template.as_deref().and_then(|template| pieces(template).ok());
            let (name, rule, place) = (name.clone(), rule.clone(), place.clone());
            self.columns.push(Source { name, rule, template, place, heading });
        }
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        let cells = self.columns.iter().map(|column| Some(column.name.clone())).collect();
        Ok(Record { line: theirs.line, cells })
    }

    fn require(&self, line: u64, heading: &str, at: String, faults: &mut Vec<Fault>) {
        if !self.headings.contains_key(heading) {
            let detail = "the file has no such column, which the mapping reads";
            let fault = Fault::line(line, Some(heading), "missing_column", detail);
            faults.push(Fault { mapping: Some(at), ..fault });
        }
    }

    /// Our line for theirs; none for one that the mapping does not read.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn line(&mut self, theirs: &Record) -> Result<Option<Line>, Vec<Fault>> {
        if theirs.cells.len() != self.cells {
            let detail = format!("{} cells where the header has {}", theirs.cells.len(), self.cells);
            return Err(vec![Fault::line(theirs.line, None, "cells", detail)]);
        }
        if !self.has(self.mapping.only_lines.value(), theirs) {
            self.left_out += 1;
            return Ok(None);
        }
        let (mut cells, mut untold, mut faults, mut notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (nth, source) in self.columns.iter().enumerate() {
            let Source { name, heading, .. } = source;
            let mut note = |part: &str, detail: String| {
                let detail = format!("{detail} (mapping {})", pointer(name, part));
                notes.push(Warning { line: theirs.line, column: heading.clone(), detail });
            };
            match self.cell(source, theirs, &mut note) {
                Ok(Cell::Said(cell)) => cells.push(cell),
                Ok(Cell::Untold) => {
                    untold.push(nth);
                    cells.push(None);
                }
                Err(troubles) => faults.extend(troubles.into_iter().map(|one| {
                    let fault = Fault::line(theirs.line, heading.as_deref(), one.code, one.detail);
                    Fault { mapping: Some(pointer(name, one.part)), ..fault }
                })),
            }
        }
        self.warnings.extend(notes.into_iter().take(FAULTS.saturating_sub(self.warnings.len())));
        if faults.is_empty() { Ok(Some(Line { line: theirs.line, cells, untold })) } else { Err(faults) }
    }

    fn has(&self, wanted: &Selection, theirs: &Record) -> bool {
        let one = |(heading, values): (&String, &Vec<String>)| {
            let mut there = self.values(heading, theirs).peekable();
            match there.peek() {
                None => values.iter().any(String::is_empty),
                Some(_) => there.any(|cell| values.iter().any(|value| value == cell)),
            }
        };
        wanted.0.iter().all(one)
    }

    /// What stands under a heading, where something does.
    fn values<'r>(&self, heading: &str, theirs: &'r Record) -> impl Iterator<Item = &'r str> {
        let places = self.headings.get(heading).cloned().unwrap_or_default();
        let cells = places.into_iter().filter_map(|nth| theirs.cells.get(nth)?.as_deref());
        cells.map(str::trim).filter(|cell| !cell.is_empty())
    }

    fn cell(&self, source: &Source, theirs: &Record, note: &mut impl FnMut(&str, String)) -> Made {
        let Source { rule, template, place, .. } = source;
        let cell = match (&rule.from, template) {
            _ if !self.has(&rule.when, theirs) => Cell::Said(None),
            (Some(heading), _) => self.from(heading, rule, place, theirs, note)?,
            (None, Some(template)) => Cell::Said(self.filled(template, theirs).map_err(|one| vec![one])?),
            (None, None) => Cell::Said(rule.constant.clone()),
        };
        Ok(match cell {
            Cell::Said(None) => Cell::Said(rule.default.clone()),
            other => other,
        })
    }

    /// A template with its cells; none where one of them is empty.
    fn filled(&self, template: &[Piece], theirs: &Record) -> Result<Option<String>, Trouble> {
        let wrong = |code, detail| Trouble { part: "template", code, detail };
        let (mut filled, mut room) = (String::new(), LONGEST);
        for piece in template {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Heading(heading) => {
                    let mut values = self.values(heading, theirs);
                    match (values.next(), values.next()) {
                        (None, _) => return Ok(None),
                        (Some(value), None) => value,
                        (Some(_), Some(_)) => {
                            return Err(wrong("ambiguous", format!("several columns '{heading}' have a value")));
                        }
                    }
                }
            };
            room = (room.checked_sub(text.chars().count()))
                .ok_or_else(|| wrong("too_long", format!("filled, this has more than {LONGEST} characters")))?;
            filled += text;
        }
        Ok(Some(filled))
    }

    fn from(
        &self,
        heading: &str,
        rule: &ColumnRule,
        place: &Place,
        theirs: &Record,
        note: &mut impl FnMut(&str, String),
    ) -> Made {
        let (mut items, mut troubles, mut unsure) = (Vec::new(), Vec::new(), false);
        let split = |cell| -> Vec<&str> {
            match rule.separator.as_deref() {
                Some(separator) => str::split(cell, separator).map(str::trim).filter(|one| !one.is_empty()).collect(),
                None => vec![cell],
            }
        };
        let mut seen = HashSet::new();
        for (nth, value) in self.values(heading, theirs).flat_map(split).enumerate() {
            if nth >= MOST_VALUES {
                troubles.extend(trouble("from", "too_many", format!("more than {MOST_VALUES} values")));
                break;
            }
            match self.value(value, rule, place, note) {
                Ok(Some(item)) => items.extend(seen.insert(item.clone()).then_some(item)),
                Ok(None) => {}
                Err(one) if one.code == "unlisted" && self.lenient => {
                    note(one.part, one.detail);
                    unsure = true;
                }
                Err(one) => troubles.push(one),
            }
        }
        if !troubles.is_empty() {
            return Err(troubles);
        }
        let joined = match place.kind {
            Kind::Words | Kind::Links => items.join(" "),
            Kind::Lines | Kind::Objects(_) => items.join("\n"),
            _ if items.len() > 1 => {
                let detail = format!("this can mean only one of {}", first_of(&items));
                return Err(trouble("from", "ambiguous", detail));
            }
            _ => items.pop().unwrap_or_default(),
        };
        Ok(match joined.is_empty() {
            true if unsure => Cell::Untold,
            true => Cell::Said(None),
            false => Cell::Said(Some(joined)),
        })
    }

    /// What one value means; nothing where it means nothing.
    fn value(
        &self,
        value: &str,
        rule: &ColumnRule,
        place: &Place,
        note: &mut impl FnMut(&str, String),
    ) -> Result<Option<String>, Trouble> {
        let wrong = |part, code, detail| Trouble { part, code, detail };
        let value = match rule.values.as_ref().map(|table| (table.0.get(value), rule.unlisted)) {
            Some((Some(meant), _)) if meant.is_empty() => return Ok(None),
            // What a table says is said in our form.
            Some((Some(meant), _)) => return Ok(Some(meant.clone())),
            Some((None, Unlisted::Skip)) => return Ok(None),
            Some((None, Unlisted::Refuse)) => {
                let shown: String = value.chars().take(100).collect();
                return Err(wrong("values", "unlisted", format!("the table does not say what '{shown}' means")));
            }
            Some((None, Unlisted::Keep)) | None => value,
        };
        if !rule.dates.is_empty() {
            let read = date::turned(value, &rule.dates, &place.form, self.zone);
            let read = read.map_err(|(code, detail)| wrong("dates", code, detail))?;
            if read.doubtful {
                let detail = format!("this hour came twice in {}: clocks went back", self.zone);
                if !self.lenient {
                    return Err(wrong("dates", "ambiguous_time", detail));
                }
                note("dates", format!("{detail}; the first of the two is taken"));
            }
            return Ok(Some(read.text));
        }
        if place.form == Form::Decimal {
            return match plain_number(value, self.mapping.decimal_sign) {
                Some(number) => Ok(Some(number)),
                None => Err(wrong("from", "number", format!("no number with a decimal {}", self.mapping.decimal_sign))),
            };
        }
        if place.kind == Kind::Words && value.contains(char::is_whitespace) {
            return match &rule.blanks {
                Some(sign) => Ok(Some(value.split_whitespace().collect::<Vec<_>>().join(sign))),
                None => Err(wrong("blanks", "blank", "a word has no blanks: say what stands for one".to_owned())),
            };
        }
        Ok(Some(value.to_owned()))
    }

    /// Where our columns come from.
    pub fn origins(&self) -> Origins {
        Origins::of(&self.mapping)
    }

    /// What is to be told of the file.
    pub fn warnings(mut self) -> Vec<Warning> {
        if self.left_out > 0 {
            let lines =
                if self.left_out == 1 { "1 line was".to_owned() } else { format!("{} lines were", self.left_out) };
            let detail = format!("{lines} left out: not among those that the mapping reads (mapping /only_lines)");
            self.warnings.insert(0, Warning { line: 1, column: None, detail });
        }
        self.warnings
    }
}

/// The first few of several values, each as far as it is short.
fn first_of(items: &[String]) -> String {
    let shown = items.iter().take(3).map(|item| item.chars().take(100).collect::<String>());
    let shown = shown.collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The headings that a rule reads, and which part of it names them.
fn read_by(rule: &ColumnRule) -> Vec<(&'static str, String)> {
    let from = rule.from.iter().map(|heading| ("from", heading.clone()));
    let template = rule.template.iter().filter_map(|template| pieces(template).ok()).flatten();
    let template = template.filter_map(|piece| match piece {
        Piece::Heading(heading) => Some(("template", heading)),
        Piece::Text(_) => None,
    });
    let when = rule.when.0.keys().map(|heading| ("when", heading.clone()));
    from.chain(template).chain(when).collect()
}

fn pointer(name: &str, of_rule: &str) -> String {
    format!("/columns/{}/{of_rule}", part(name))
}

/// Where our columns come from, so that what is wrong with a row is told by the file it came from.
#[derive(Debug, Clone)]
pub struct Origins(BTreeMap<String, (Option<String>, String)>);

impl Origins {
    pub fn of(mapping: &Mapping) -> Self {
        let origin = |(name, rule): (&String, &ColumnRule)| {
            let way = if rule.constant.is_some() { "constant" } else { "from" };
            let (way, heading) = read_by(rule).into_iter().next().map_or((way, None), |(way, of)| (way, Some(of)));
            (name.clone(), (heading, pointer(name, way)))
        };
        Self(mapping.columns.value().0.iter().map(origin).collect())
    }

    /// A fault of one of our columns as one of the file's own.
    pub fn traced(&self, fault: Fault) -> Fault {
        match fault.column.as_ref().and_then(|column| self.0.get(column)) {
            Some((heading, part)) if fault.mapping.is_none() => {
                Fault { column: heading.clone(), mapping: Some(part.clone()), ..fault }
            }
            _ => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        imports::{Format, mappings::NewMapping},
        kernel::{auth::ProductId, db::Head},
    };
    use serde_json::json;

    /// What a mapping makes of one cell `d`, or the code of what is wrong.
    fn turned(column: &str, rule: serde_json::Value, cell: &str) -> Result<Vec<Option<String>>, Vec<String>> {
        let columns = json!({ "key": { "from": "d" }, "name": { "from": "d" }, "kind": { "constant": "tool" } });
        let mut mapping = json!({ "name": "x", "format": Format::Components, "columns": columns });
        mapping["columns"][column] = rule;
        let mapping: NewMapping = serde_json::from_value(mapping).unwrap();
        let mapping = mapping.into_row(&ProductId::known("p".to_owned()), Head::trial()).unwrap();
        let mut turn = Turn::new(mapping, Tz::UTC, Mode::Strict);
        let record = |line, text: &str| Record { line, cells: vec![Some(text.to_owned())] };
        turn.header(&record(1, "d")).unwrap();
        match turn.line(&record(2, cell)) {
            Ok(line) => Ok(line.unwrap().cells),
            Err(faults) => Err(faults.into_iter().map(|fault| fault.code.into_owned()).collect()),
        }
    }

    #[test]
    fn a_filled_template_has_an_end() {
        let rule = json!({ "template": "{d}".repeat(1333) });
        assert!(turned("description", rule.clone(), "0123456789").is_ok());
        assert_eq!(turned("description", rule, &"x".repeat(1 << 20)), Err(vec!["too_long".to_owned()]));
    }

    #[test]
    fn a_cell_has_so_many_values_and_no_more() {
        let words = |count: usize| (0..count).map(|nth| format!("w{nth}")).collect::<Vec<_>>().join(",");
        let rule = json!({ "from": "d", "separator": "," });
        assert!(turned("tags", rule.clone(), &words(1000)).is_ok());
        assert_eq!(turned("tags", rule.clone(), &words(250_000)), Err(vec!["too_many".to_owned()]));
        assert_eq!(turned("owner", rule, &words(1000)), Err(vec!["ambiguous".to_owned()]));
        let items: Vec<String> = words(5).split(',').map(ToOwned::to_owned).collect();
        assert_eq!(first_of(&items), "w0, w1, w2 and 2 more");
    }
}
