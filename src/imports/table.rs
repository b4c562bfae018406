//! A CSV file as rows of a resource: the columns are the properties of its published schema, and
//! each row is checked against that very schema.

use super::{
    place::{Kind, Place, missing, places},
    sheet::{Line, Sheet},
};
use crate::kernel::{
    failure::{Failure, Fault},
    http::{Patchable, parse_json_strictly, validate},
    merge::{FAULTS, Given, at_line},
    money::Quantity,
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, io::Read};
use utoipa::ToSchema;

/// Rows that are right in themselves, and what is wrong with the others.
#[derive(Debug)]
pub struct Table<N> {
    pub rows: Vec<Given<N>>,
    pub faults: Vec<Fault>,
}

/// Reads all rows.
///
/// # Errors
/// 422 for a header that does not fit, which makes the rows mean nothing.
pub fn read<N: Patchable + Clone>(sheet: &mut Sheet<impl Read>) -> Result<Table<N>, Failure> {
    read_returned(sheet, &[]).map(|(table, _)| table)
}

/// What the lines of a file say beside the columns of a resource.
pub type Beside = Vec<(u64, BTreeMap<&'static str, String>)>;

/// Reads all rows of a file that may be an export which comes back: `read_only` are its columns that nobody writes. What
/// each line says in them is given beside; a line that tells of a row that was deleted is none.
///
/// # Errors
/// As [`read`].
pub fn read_returned<N: Patchable + Clone>(
    sheet: &mut Sheet<impl Read>,
    read_only: &[&'static str],
) -> Result<(Table<N>, Beside), Failure> {
    let header = sheet.header()?;
    let aside: Vec<Option<&'static str>> =
        header.cells.iter().map(|cell| read_only.iter().copied().find(|name| cell.as_deref() == Some(*name))).collect();
    let twice = |at: &usize| aside[*at].is_some() && aside[..*at].contains(&aside[*at]);
    if let Some(at) = (0..aside.len()).find(twice) {
        let fault = Fault::line(header.line, aside[at], "repeated_column", "this heading stands twice");
        return Err(Failure::Invalid(vec![fault]));
    }
    let headings: Vec<_> =
        header.cells.into_iter().zip(&aside).filter_map(|(cell, aside)| aside.is_none().then_some(cell)).collect();
    let columns = Columns::of::<N>(header.line, &headings)?;
    let has_aside = headings.len() < aside.len();
    let (mut rows, mut faults, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(line) = sheet.following()? {
        let parted = line.and_then(|line| if has_aside { part(line, &aside) } else { Ok((line, BTreeMap::new())) });
        match parted.map(|(line, told)| (line.line, columns.row(&line), told)) {
            Ok((_, _, told)) if told.contains_key("deleted_at") => {}
            Ok((line, Ok(row), told)) => {
                rows.push(row);
                beside.extend(has_aside.then_some((line, told)));
            }
            Ok((_, Err(more), _)) | Err(more) => faults.extend(more),
        }
        if faults.len() >= FAULTS {
            break;
        }
    }
    Ok((Table { rows, faults }, beside))
}

/// A line without the cells that stand aside, and what those say.
fn part(line: Line, aside: &[Option<&'static str>]) -> Result<(Line, BTreeMap<&'static str, String>), Vec<Fault>> {
    if line.cells.len() != aside.len() {
        let detail = format!("{} cells where the header has {}", line.cells.len(), aside.len());
        return Err(vec![Fault::line(line.line, None, "cells", detail)]);
    }
    let (mut cells, mut told) = (Vec::new(), BTreeMap::new());
    for (cell, name) in line.cells.into_iter().zip(aside) {
        match (name, cell) {
            (None, cell) => cells.push(cell),
            (Some(name), Some(text)) => {
                told.insert(*name, text);
            }
            (Some(_), None) => {}
        }
    }
    Ok((Line { cells, ..line }, told))
}

struct Columns {
    places: Vec<Place>,
    /// Whether the file leaves a column out.
    partial: bool,
}

impl Columns {
    /// # Errors
    /// Headings that are unknown, missing or repeated, as faults of line 1.
    fn of<N: ToSchema>(line: u64, header: &[Option<String>]) -> Result<Self, Failure> {
        let (known, required) = places::<N>();
        let (mut places, mut faults) = (Vec::new(), Vec::new());
        for heading in header {
            let heading = heading.as_deref().unwrap_or_default();
            match known.iter().find(|(name, _)| name == heading) {
                Some((_, place)) if places.contains(place) => {
                    faults.push(Fault::line(line, Some(heading), "repeated_column", "this heading stands twice"));
                }
                Some((_, place)) => places.push(place.clone()),
                None => {
                    let names: Vec<_> = known.iter().map(|(name, _)| name.as_str()).collect();
                    let detail = format!("there is no such column; there are {}", names.join(", "));
                    faults.push(Fault::line(line, Some(heading), "unknown_column", detail));
                }
            }
        }
        for name in missing(&known, &required, |place| places.contains(place)) {
            faults.push(Fault::line(line, Some(name), "missing_column", "this column is required"));
        }
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        Ok(Self { partial: places.len() < known.len(), places })
    }

    /// A fault of a value as one of its column: of a part of an object, the column of that part.
    fn placed(&self, fault: Fault, line: u64) -> Fault {
        let names: Vec<&str> = fault.pointer.as_deref().unwrap_or_default().split('/').skip(1).collect();
        let part = |place: &&Place| place.part.is_some() && place.part.as_deref() == names.get(1).copied();
        let place = self.places.iter().filter(part).find(|place| names.first() == Some(&place.property.as_str()));
        let column = place.map(Place::heading);
        let fault = at_line(fault, line);
        Fault { column: column.or(fault.column.clone()), ..fault }
    }

    /// What a type says of a value beyond the schema (a currency that is none) comes without its
    /// place; the sentence quotes the value, so the cell that holds it is the column.
    fn named(&self, fault: Fault, cells: &[Option<String>]) -> Fault {
        let quoted =
            |cell: &Option<String>| cell.as_ref().is_some_and(|cell| fault.detail.contains(&format!("'{cell}'")));
        match self.places.iter().zip(cells).find(|(_, cell)| quoted(cell)) {
            Some((place, _)) if fault.column.is_none() => Fault { column: Some(place.heading()), ..fault },
            _ => fault,
        }
    }

    fn row<N: Patchable + Clone>(&self, line: &Line) -> Result<Given<N>, Vec<Fault>> {
        let Line { line, cells, untold } = line;
        let line = *line;
        if cells.len() != self.places.len() {
            let detail = format!("{} cells where the header has {}", cells.len(), self.places.len());
            return Err(vec![Fault::line(line, None, "cells", detail)]);
        }
        let mut row = Map::with_capacity(cells.len());
        for (nth, (place, cell)) in self.places.iter().zip(cells).enumerate() {
            if untold.contains(&nth) {
                continue;
            }
            let value = cell.as_deref().map_or(Value::Null, |cell| typed(&place.kind, cell));
            match &place.part {
                None => {
                    row.insert(place.property.clone(), value);
                }
                Some(part) => {
                    let object = row.entry(&place.property).or_insert_with(|| json!({}));
                    object[part] = value;
                }
            }
        }
        let present: Map<String, Value> =
            row.iter().filter_map(|(name, value)| Some((name.clone(), present(value)?))).collect();
        for (name, value) in &mut row {
            if !present.contains_key(name) {
                *value = Value::Null;
            }
        }
        let located = |fault| self.named(self.placed(fault, line), cells);
        let new =
            validate(Value::Object(present)).map_err(|faults| faults.into_iter().map(located).collect::<Vec<_>>())?;
        Ok(if self.partial || !untold.is_empty() { Given::partly(line, new, row) } else { Given::whole(line, new) })
    }
}

/// A value without what is empty in it; none when nothing is left.
fn present(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(parts) => {
            let parts: Map<String, Value> =
                parts.iter().filter(|(_, part)| !part.is_null()).map(|(n, p)| (n.clone(), p.clone())).collect();
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        other => Some(other.clone()),
    }
}

/// The value of a cell; one that is not of its kind stays text, which the schema then refuses.
fn typed(kind: &Kind, cell: &str) -> Value {
    let text = || Value::String(cell.to_owned());
    match kind {
        Kind::Text => text(),
        Kind::Integer => cell.parse::<i64>().map_or_else(|_| text(), Value::from),
        // Only what can be kept exactly goes on as a number.
        Kind::Number => match cell.parse::<Quantity>() {
            Ok(number) => json!(number),
            Err(_) => text(),
        },
        Kind::Boolean => cell.parse::<bool>().map_or_else(|_| text(), Value::from),
        Kind::Words => cell.split_ascii_whitespace().collect(),
        Kind::Lines => cell.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        Kind::Json => parse_json_strictly(cell.as_bytes()).unwrap_or_else(|_| text()),
        Kind::Links => cell
            .split_ascii_whitespace()
            .map(|url| json!({ "title": url.chars().take(200).collect::<String>(), "url": url }))
            .collect(),
        Kind::Objects(of) => {
            cell.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| object(of, line)).collect()
        }
    }
}

/// An object on a line: its last value is what follows the last colon, and only the one before it may
/// hold colons itself. A line with too few stays text, which the schema then refuses.
fn object(of: &[(String, Kind)], line: &str) -> Value {
    let Some((rest, last)) = line.rsplit_once(':') else { return line.into() };
    let values: Vec<&str> = rest.splitn(of.len().saturating_sub(1), ':').chain([last]).map(str::trim).collect();
    match values.len() == of.len() {
        true => of.iter().zip(values).map(|((name, kind), value)| (name.clone(), typed(kind, value))).collect(),
        false => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::NewComponent, costs::NewCostEntry, products::NewTeamMember};

    /// Line, column and code of each fault.
    fn faults<N: Patchable + Clone + std::fmt::Debug>(file: &str) -> Vec<(u64, String, String)> {
        let faults = match read::<N>(&mut Sheet::plain(file.as_bytes())) {
            Ok(table) => table.faults,
            Err(failure) => failure.faults().to_vec(),
        };
        let of = |one: &Fault| (one.line.unwrap(), one.column.clone().unwrap_or_default(), one.code.to_string());
        faults.iter().map(of).collect()
    }

    fn fault(line: u64, column: &str, code: &str) -> (u64, String, String) {
        (line, column.to_owned(), code.to_owned())
    }

    #[test]
    fn cells_are_what_the_schema_says() {
        let file = "key,name,kind,tier,tags,links,depends_on,availability,description\n\
                    a,\"An, a\",service,2,red  blue,https://example.com/a,b c,multi_region,\n\
                    ,B,tool,,,,,,\"\"\n";
        let rows = read::<NewComponent>(&mut Sheet::plain(file.as_bytes())).unwrap().rows;
        let (first, second) = (&rows[0].new, &rows[1].new);
        assert_eq!((first.name.as_str(), first.tier), ("An, a", Some(2)));
        assert_eq!(first.tags.iter().collect::<Vec<_>>(), ["red", "blue"]);
        assert_eq!(first.depends_on.as_text(), "b c");
        assert_eq!(first.links[0].title, "https://example.com/a");
        assert_eq!((second.key.as_ref(), second.tier, second.description.as_str()), (None, None, ""));
        assert_eq!((rows[0].line, rows[1].line), (2, 3));
    }

    #[derive(Debug, Clone, serde::Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Plan {
        name: String,
        #[serde(default)]
        goals: Vec<String>,
        span: Option<Span>,
        #[schema(inline)]
        score: Option<Score>,
    }
    #[derive(Debug, Clone, PartialEq, serde::Deserialize, ToSchema)]
    #[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
    enum Span {
        Rolling { days: i64 },
        Calendar { unit: String },
    }
    #[derive(Debug, Clone, PartialEq, serde::Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Score {
        reach: i64,
        #[schema(max_length = 5)]
        note: Option<String>,
    }
    impl Patchable for Plan {}

    #[test]
    fn the_parts_of_an_object_are_columns_and_sentences_stand_one_a_line() {
        let file = "name,goals,span_kind,span_days,span_unit,score_reach,score_note\n\
                    A,\"sleep well\n go home \",rolling,28,,7,\nB,,calendar,,month,,\nC,,,,,,\n";
        let rows = read::<Plan>(&mut Sheet::plain(file.as_bytes())).unwrap().rows;
        assert_eq!(
            (rows[0].new.name.as_str(), &rows[0].new.goals[..]),
            ("A", ["sleep well", "go home"].map(String::from).as_slice())
        );
        assert_eq!(rows[0].new.span, Some(Span::Rolling { days: 28 }));
        assert_eq!(rows[0].new.score, Some(Score { reach: 7, note: None }));
        assert_eq!(rows[1].new.span, Some(Span::Calendar { unit: "month".to_owned() }));
        assert_eq!((&rows[2].new.span, &rows[2].new.score), (&None, &None));
        assert_eq!(faults::<Plan>("name,score_note\n"), [fault(1, "score_reach", "missing_column")]);
        assert_eq!(faults::<Plan>("name,span_kind,span_days\nA,rolling,x\n")[0].0, 2);
        let long = faults::<Plan>("name,score_reach,score_note\nA,x,too long\n");
        assert_eq!(long, [fault(2, "score_reach", "type"), fault(2, "score_note", "too_long")]);
    }

    #[test]
    fn money_and_quantities_are_exact_or_refused() {
        let file = "month,category,amount,currency,hours\n2026-10,licence,-0.000000000001,EUR,0.1\n";
        let rows = read::<NewCostEntry>(&mut Sheet::plain(file.as_bytes())).unwrap().rows;
        assert_eq!(rows[0].new.amount.amount.to_string(), "-0.000000000001");
        assert_eq!(rows[0].new.hours.unwrap().to_string(), "0.1");
        let file = "month,category,amount,currency,hours\n\
                    2026-13,licence,1e3,EUR,1.00000000000000001\n\
                    2026-10,beer,1,eur,1e400\n\
                    2026-10,licence,,EUR,\n\
                    2026-10,licence,,,\n\
                    2026-10,licence,1,XXQ,\n";
        let found = faults::<NewCostEntry>(file);
        for expected in [
            fault(2, "month", "format"),
            fault(2, "amount", "format"),
            fault(2, "hours", "type"),
            fault(3, "category", "not_one_of"),
            fault(3, "currency", "format"),
            fault(3, "hours", "type"),
            fault(4, "amount", "required"),
            fault(5, "amount", "required"),
        ] {
            assert!(found.contains(&expected), "{expected:?} in {found:?}");
        }
        assert_eq!(found.last(), Some(&fault(6, "currency", "value")), "a currency that is none");
    }

    #[test]
    fn headings_and_rows_that_do_not_fit_are_faults_of_their_line() {
        let found = faults::<NewTeamMember>("name,name,hours,valid_from\nA,A,1,2026-01-01\n");
        let expected = [
            fault(1, "name", "repeated_column"),
            fault(1, "hours", "unknown_column"),
            fault(1, "hours_per_week", "missing_column"),
        ];
        assert_eq!(found, expected);
        let missing = faults::<NewCostEntry>("month,category,amount\n");
        assert_eq!(missing, [fault(1, "currency", "missing_column")]);
        let file =
            "name,hours_per_week,valid_from\nA,40,2026-01-01,\nB,0,2026-02-30\n,,\n\n\"C\nD\",40,2026-01-01\nE,x\n";
        let found = faults::<NewTeamMember>(file);
        let expected = [
            fault(2, "", "cells"),
            fault(3, "hours_per_week", "too_small"),
            fault(3, "valid_from", "format"),
            fault(4, "name", "required"),
            fault(4, "hours_per_week", "required"),
            fault(4, "valid_from", "required"),
            fault(8, "", "cells"),
        ];
        assert_eq!(found, expected);
        assert_eq!(faults::<NewTeamMember>("\u{feff}"), [fault(1, "", "no_header")]);
    }

    #[test]
    fn no_more_than_a_thousand_faults_are_told() {
        let file = format!("name,hours_per_week,valid_from\n{}", "x,,\n".repeat(1_500));
        assert_eq!(faults::<NewTeamMember>(&file).len(), FAULTS);
    }
}
