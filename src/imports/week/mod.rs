//! A week of a team in one file: where its time went, what went wrong, what was done, how the roadmap stands.
//!
//! [`sheet`] makes the file a person fills in; what comes back is merged whole or not at all.

mod effort;
mod rows;
mod sheet;
mod status;
mod words;

pub use sheet::sheet;

use super::{
    File, Merged, Place, Warning,
    yaml::{Content, Entry, Node},
};
use crate::{
    effort as chapter, incidents,
    kernel::{
        failure::{Failure, Fault},
        merge::{Counts, FAULTS},
        month::{Month, Week, start_of},
    },
    products::Product,
    roadmap,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;

/// What a file may say, in the order in which a sheet says it.
const SECTIONS: [&str; 7] = ["week", "questions", "effort", "incidents", "activities", "status", "seen"];

/// A file of one week.
pub struct WeekFile {
    /// None where it is wrong, which is a fault of its own.
    week: Option<(Week, u64)>,
    document: Node,
}

/// What a file is merged with: the week, and where and when it is.
struct Desk<'f> {
    week: Week,
    line: u64,
    file: &'f WeekFile,
    zone: Tz,
    now: DateTime<Utc>,
}

/// What was found out of a section beside what is to be written.
#[derive(Default)]
struct Found {
    faults: Vec<Fault>,
    warnings: Vec<Warning>,
}

impl Found {
    fn fault(&mut self, line: u64, column: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Fault::line(line, Some(column), code, detail));
    }

    fn warn(&mut self, line: u64, column: &str, detail: String) {
        self.warnings.push(Warning { line, column: Some(column.to_owned()), detail });
    }

    /// What a chapter answers; its faults are noted.
    fn take<T>(&mut self, answer: Result<T, Failure>, located: impl Fn(Fault) -> Fault) -> Result<Option<T>, Failure> {
        match answer {
            Err(Failure::Invalid(more)) => {
                self.faults.extend(more.into_iter().map(located));
                Ok(None)
            }
            other => other.map(Some),
        }
    }
}

impl WeekFile {
    /// # Errors
    /// When it is not one document.
    pub fn read(documents: Vec<Node>) -> Result<(Self, Vec<Fault>), Failure> {
        let refuse = |line, detail: &str| Failure::Invalid(vec![Fault::line(line, None, "yaml", detail)]);
        let mut documents = documents.into_iter();
        let document = documents.next().ok_or_else(|| refuse(1, "the file is empty"))?;
        if let Some(other) = documents.next() {
            return Err(refuse(other.line, "a file is about one week"));
        }
        let Content::Map(entries) = &document.content else {
            return Err(refuse(document.line, "a week begins with `week: 2026-W47`"));
        };
        let (mut faults, mut week) = (Vec::new(), None);
        for Entry { name, line, node } in entries {
            match name.as_str() {
                "week" => match node.text().map(str::parse::<Week>) {
                    Some(Ok(read)) => week = Some((read, *line)),
                    _ => faults.push(Fault::line(*line, Some("week"), "format", "a week is such as 2026-W47")),
                },
                name if SECTIONS.contains(&name) => {}
                name => {
                    let detail = format!("there is no such section; there are {}", SECTIONS.join(", "));
                    faults.push(Fault::line(*line, Some(name), "unknown_property", detail));
                }
            }
        }
        if !entries.iter().any(|one| one.name == "week") {
            faults.push(Fault::line(document.line, Some("week"), "required", "say which week: `week: 2026-W47`"));
        }
        Ok((Self { week, document }, faults))
    }

    /// A section that says something.
    fn section(&self, name: &str) -> Option<&Entry> {
        let Content::Map(entries) = &self.document.content else { return None };
        entries.iter().find(|one| one.name == name).filter(|one| !one.node.is_null())
    }

    /// What a sheet was made from, of a row: its version, or the word that stood there.
    fn seen(&self, name: &str) -> Option<(u64, String)> {
        let Content::Map(entries) = &self.section("seen")?.node.content else { return None };
        let found = entries.iter().find(|one| one.name == name)?;
        match found.node.json() {
            Value::String(text) => Some((found.line, text)),
            other => Some((found.line, other.to_string())),
        }
    }
}

impl Node {
    fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }
}

/// What was seen of a row that somebody else has changed since.
fn stale(line: u64, column: &str, what: &str) -> Fault {
    let detail = format!("{what} has changed since this sheet was made: take a new one, or say it again as it is now");
    Fault::line(line, Some(column), "stale", detail)
}

/// A week, from its Monday to the next, where the product is.
fn window(week: Week, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
    (start_of(week.monday(), zone), start_of(week.plus(1).monday(), zone))
}

impl File for WeekFile {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let Some((week, line)) = self.week else { return Ok(Merged::default()) };
        let desk = Desk { week, line, file: self, zone: product.zone()?, now: place.now() };
        let (id, mut found) = (product.product_id(), Found::default());
        desk.questions(&mut found);
        let effort = desk.effort(place.conn(), &id, &mut found)?;
        let month = Month::of(week.monday());
        if product.published_through.is_some_and(|through| month <= through) && !effort.shown.is_empty() {
            let detail = format!("the report of {month} is published: these hours enter its next revision");
            found.warn(line, "week", detail);
        }
        let incidents = desk.incidents(place.conn(), &id, &mut found)?;
        let activities = desk.activities(place.conn(), &id, &mut found)?;
        let status = desk.status(place.conn(), product, &mut found)?;
        let Found { mut faults, mut warnings } = found;
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        let all = [effort.merge.counts(), incidents.counts(), activities.counts(), status.counts()];
        let counts = all.into_iter().fold(Counts::default(), |sum, one| Counts {
            created: sum.created + one.created,
            changed: sum.changed + one.changed,
            unchanged: sum.unchanged + one.unchanged,
        });
        let shown = [&effort.shown, &incidents.shown, &activities.shown, &status.shown];
        let changes = shown.into_iter().flatten().cloned().collect();
        if let Some(tx) = place.change_unless(counts) {
            chapter::store::merge_weeks(tx, &id, effort.merge)?;
            incidents::store::merge(tx, &id, incidents)?;
            chapter::store::merge_activities(tx, &id, activities)?;
            roadmap::store::merge(tx, product, status)?;
        }
        warnings.sort_by_key(|warning| warning.line);
        Ok(Merged { counts, warnings, changes, ..Merged::default() })
    }

    fn may_follow(&self, _: &Fault) -> bool {
        false
    }
}

impl Desk<'_> {
    /// What a sheet asks beside what has a place in it: as long as it stands there, nobody has settled it.
    fn questions(&self, found: &mut Found) {
        let Some(section) = self.file.section("questions") else { return };
        let Content::List(items) = &section.node.content else {
            found.fault(section.line, "questions", "type", "questions are a list");
            return;
        };
        for item in items {
            let asked = item.text().unwrap_or("a question").to_owned();
            let detail = format!("settle it, then take its line away: {asked}");
            found.fault(item.line, "questions", "unsaid", detail);
        }
    }
}
