//! What went wrong in a week and what was done: rows by the properties of their resources, those that are there by id.

use super::{Desk, Found, stale};
use crate::{
    effort::{self, Activity, NewActivity},
    imports::yaml::{Content, Node},
    incidents::{self, Incident, NewIncident},
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Row},
        failure::{Failure, Fault},
        http::{Patch, Patchable, validate},
        merge::{Given, Merge, at_line},
    },
};
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

/// A time as people write it, where the product is.
const LOCAL: [&str; 4] = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

/// A time as a sheet says it: of the product's own clocks where they say it for sure and whole.
pub fn local(at: Instant, zone: Tz) -> String {
    let local = at.utc().with_timezone(&zone).naive_local();
    let text = local.format("%Y-%m-%d %H:%M").to_string();
    match instant(&text, zone) {
        Some(Ok(read)) if read == at.utc() => text,
        _ => at.to_string(),
    }
}

/// The instant that a text without a zone names; none for a text that is no such.
fn instant(text: &str, zone: Tz) -> Option<Result<DateTime<Utc>, String>> {
    let read = LOCAL.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(match zone.from_local_datetime(&read) {
        LocalResult::Single(at) => Ok(at.to_utc()),
        LocalResult::None => Err(format!("there was no {text} in {zone}: clocks went forward")),
        LocalResult::Ambiguous(..) => Err(format!("{text} was twice in {zone}: give it in UTC, with a Z")),
    })
}

/// A row of the file, where it stands.
struct Item<'f> {
    node: &'f Node,
    section: &'static str,
    /// Which row it is about, where it says so.
    id: Option<String>,
    columns: Map<String, Value>,
}

impl Item<'_> {
    /// A fault of a property, at the line of that property.
    fn placed(&self, fault: Fault) -> Fault {
        let column = fault.column.clone().unwrap_or_default();
        let line = self.node.line_at(&[column.as_str()]);
        let column = if column.is_empty() { self.section.to_owned() } else { format!("{}.{column}", self.section) };
        Fault { line: Some(line), column: Some(column), ..fault }
    }

    fn given<R: Row, N: Patchable + Clone>(&self, there: Option<&R>) -> Result<Given<N>, Failure> {
        let placed = |failure| match failure {
            Failure::Invalid(faults) => {
                Failure::Invalid(faults.into_iter().map(|it| self.placed(at_line(it, self.node.line))).collect())
            }
            other => other,
        };
        let columns = self.columns.clone();
        let Some(row) = there else {
            let said = columns.iter().filter(|(_, value)| !value.is_null());
            let whole = said.map(|(name, value)| (name.clone(), value.clone())).collect();
            let new = validate(Value::Object(whole)).map_err(|faults| placed(Failure::Invalid(faults)))?;
            return Ok(Given::partly(self.node.line, new, columns));
        };
        let new = Patch::<N>::of(columns.clone()).apply(row).map_err(placed)?;
        Ok(Given::partly(self.node.line, new, columns).about(row.id().to_owned()))
    }
}

impl Desk<'_> {
    /// The rows of a section.
    fn items(&self, name: &'static str, found: &mut Found) -> Vec<Item<'_>> {
        let Some(section) = self.file.section(name) else { return Vec::new() };
        let Content::List(nodes) = &section.node.content else {
            found.fault(section.line, name, "type", "this is a list; each begins with `- `");
            return Vec::new();
        };
        nodes.iter().filter_map(|node| self.item(node, name, found)).collect()
    }

    fn item<'n>(&self, node: &'n Node, section: &'static str, found: &mut Found) -> Option<Item<'n>> {
        let Content::Map(entries) = &node.content else {
            found.fault(node.line, section, "type", "each has properties, such as `title: Checkout is down`");
            return None;
        };
        let wrong_before = found.faults.len();
        let (mut id, mut columns) = (None, Map::new());
        for entry in entries {
            let (name, line) = (entry.name.as_str(), entry.line);
            let mut value = entry.node.json();
            if let Some(text) = value.as_str().map(ToOwned::to_owned) {
                let at = format!("{section}.{name}");
                match name {
                    _ if text == super::words::UNSAID => found.fault(line, &at, "unsaid", "this is still to be said"),
                    "id" => {
                        id = Some(text);
                        continue;
                    }
                    // One of them needs no brackets.
                    "components" => value = text.split_whitespace().collect(),
                    name if name.ends_with("_at") => match instant(&text, self.zone) {
                        None => {}
                        Some(Ok(read)) => value = Value::String(Instant::from(read).to_string()),
                        Some(Err(detail)) => found.fault(line, &at, "value", detail),
                    },
                    _ => {}
                }
            }
            columns.insert(name.to_owned(), value);
        }
        (found.faults.len() == wrong_before).then_some(Item { node, section, id, columns })
    }

    /// The rows of a section as their chapter takes them.
    fn given<R: Row, N: Patchable + Clone>(
        &self,
        items: &[Item<'_>],
        there: &[R],
        known_as: impl Fn(&R) -> Option<&str>,
        found: &mut Found,
    ) -> Result<Vec<Given<N>>, Failure> {
        let mut all = Vec::new();
        for item in items {
            let row = match &item.id {
                Some(id) => {
                    let row = there.iter().find(|row| row.id() == id);
                    if row.is_none() {
                        let at = format!("{}.id", item.section);
                        let detail = "there is nothing of that id in this product";
                        found.fault(item.node.line_at(&["id"]), &at, "unknown_reference", detail);
                        continue;
                    }
                    row
                }
                None => {
                    let name = item.columns.get("external_id").and_then(Value::as_str);
                    name.and_then(|name| there.iter().find(|row| known_as(row) == Some(name)))
                }
            };
            all.extend(found.take(item.given::<R, N>(row), |fault| fault)?);
        }
        Ok(all)
    }

    /// That nobody has changed, since the sheet was made, what the file is about to change.
    fn require_seen<R: Row, N>(&self, merge: &Merge<R, N>, called: impl Fn(&R) -> &str, found: &mut Found) {
        for (before, _) in &merge.changed {
            if let Some((line, version)) = self.file.seen(before.id())
                && version != before.version().to_string()
            {
                found.faults.push(stale(line, "seen", &format!("`{}`", called(before))));
            }
        }
    }

    pub(super) fn incidents(
        &self,
        conn: &mut Conn,
        product: &ProductId,
        found: &mut Found,
    ) -> Result<Merge<Incident, NewIncident>, Failure> {
        let items = self.items("incidents", found);
        if items.is_empty() {
            return Ok(Merge::default());
        }
        let there = incidents::store::all(conn, product)?;
        let given = self.given(&items, &there, |row: &Incident| row.external_id.as_deref(), found)?;
        let plan = incidents::store::plan(conn, product, &given);
        let merge = found.take(plan, |fault| located(&items, fault))?.unwrap_or_default();
        self.require_seen(&merge, |row| &row.title, found);
        Ok(merge)
    }

    pub(super) fn activities(
        &self,
        conn: &mut Conn,
        product: &ProductId,
        found: &mut Found,
    ) -> Result<Merge<Activity, NewActivity>, Failure> {
        let items = self.items("activities", found);
        if items.is_empty() {
            return Ok(Merge::default());
        }
        let there = match items.iter().any(|item| item.id.is_some()) {
            true => effort::store::all_activities(conn, product)?,
            false => Vec::new(),
        };
        let given = self.given(&items, &there, |_: &Activity| None, found)?;
        let brought = self.brought();
        let plan = effort::store::plan_activities(conn, product, &given, &brought);
        let merge = found.take(plan, |fault| located(&items, fault))?.unwrap_or_default();
        self.require_seen(&merge, |row| &row.summary, found);
        Ok(merge)
    }

    /// The external ids of the incidents of the file, which its activities may answer.
    fn brought(&self) -> Vec<String> {
        let items = self.items("incidents", &mut Found::default());
        items.iter().filter_map(|item| Some(item.columns.get("external_id")?.as_str()?.to_owned())).collect()
    }
}

/// A fault of a row at the line of the property that it is about.
fn located(items: &[Item<'_>], fault: Fault) -> Fault {
    match items.iter().find(|item| Some(item.node.line) == fault.line) {
        Some(item) => item.placed(fault),
        None => fault,
    }
}
