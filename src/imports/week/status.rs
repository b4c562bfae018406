//! How far roadmap items have come by the end of a week: a word an item.

use super::{Desk, Found, stale, words::UNSAID};
use crate::{
    imports::yaml::{Content, Entry},
    kernel::{
        db::Conn,
        failure::{Failure, Fault},
        http::Patch,
        merge::{Given, Merge},
        month::Week,
    },
    products::Product,
    roadmap::{self, ItemStatus, NewRoadmapItem, RoadmapItem},
};
use chrono::NaiveDate;
use serde_json::{Map, json};

impl Desk<'_> {
    pub(super) fn status(
        &self,
        conn: &mut Conn,
        product: &Product,
        found: &mut Found,
    ) -> Result<Merge<RoadmapItem, NewRoadmapItem>, Failure> {
        let Some(section) = self.file.section("status") else { return Ok(Merge::default()) };
        let Content::Map(entries) = &section.node.content else {
            found.fault(section.line, "status", "type", "status has a line an item: `OPS-12: in_progress`");
            return Ok(Merge::default());
        };
        let there = roadmap::store::all(conn, &product.product_id())?;
        let mut given = Vec::new();
        for entry in entries {
            match there.iter().find(|row| row.reference.as_text() == entry.name) {
                Some(row) => given.extend(self.step(entry, row, found)?),
                None => {
                    let detail = format!("there is no roadmap item {}", entry.name);
                    found.fault(entry.line, "status", "unknown_reference", detail);
                }
            }
        }
        if given.is_empty() {
            return Ok(Merge::default());
        }
        let plan = roadmap::store::plan(conn, product, &given);
        Ok(found.take(plan, |fault| Fault { column: Some("status".to_owned()), ..fault })?.unwrap_or_default())
    }

    /// What a line says of an item, unless it says what was there when the sheet was made.
    fn step(
        &self,
        entry: &Entry,
        row: &RoadmapItem,
        found: &mut Found,
    ) -> Result<Option<Given<NewRoadmapItem>>, Failure> {
        let line = entry.line;
        let (status, day) = match read(entry.node.text().unwrap_or_default()) {
            Ok(read) => read,
            Err((code, detail)) => {
                found.fault(line, "status", code, detail);
                return Ok(None);
            }
        };
        let seen = self.file.seen(&entry.name).map(|(_, word)| word);
        if let Some(seen) = &seen
            && seen != row.status.as_text()
            && (status != row.status || day.is_some_and(|day| row.shipped_on != Some(day)))
        {
            if day.is_none() && seen == status.as_text() {
                let detail = format!("{} is {} by now: it stays so", entry.name, row.status);
                found.warn(line, "status", detail);
            } else {
                found.faults.push(stale(line, "status", &format!("{} is {} by now: it", entry.name, row.status)));
            }
            return Ok(None);
        }
        let today = self.now.with_timezone(&self.zone).date_naive();
        let ships = status == ItemStatus::Shipped && row.status != ItemStatus::Shipped;
        if ships && day.is_none() && Week::of(today) != self.week {
            let friday = self.week.monday() + chrono::Days::new(4);
            let detail = format!("this is another week: say the day on which it shipped, such as `shipped {friday}`");
            found.fault(line, "status", "unsaid", detail);
            return Ok(None);
        }
        let mut columns = Map::from_iter([("status".to_owned(), json!(status))]);
        columns.extend(day.map(|day| ("shipped_on".to_owned(), json!(day))));
        let new = Patch::of(columns.clone()).apply(row);
        let placed = |fault: Fault| Fault { pointer: None, ..Fault::line(line, Some("status"), "value", fault.detail) };
        Ok(found.take(new, placed)?.map(|new| Given::partly(line, new, columns)))
    }
}

/// `in_progress`, or `shipped 2026-11-19`.
fn read(text: &str) -> Result<(ItemStatus, Option<NaiveDate>), (&'static str, String)> {
    let (word, day) = text.split_once(' ').map_or((text, None), |(word, day)| (word, Some(day.trim())));
    if text.is_empty() || word == UNSAID {
        return Err(("unsaid", "say how far it has come".to_owned()));
    }
    let status = word.parse::<ItemStatus>();
    let status = status.map_err(|_| ("not_one_of", format!("`{word}` is none of {}", ItemStatus::WORDS.join(", "))))?;
    match day.map(str::parse::<NaiveDate>) {
        None => Ok((status, None)),
        Some(Ok(day)) if status == ItemStatus::Shipped => Ok((status, Some(day))),
        Some(Ok(_)) => Err(("not_shipped", "only what has shipped has a day on which it did".to_owned())),
        Some(Err(_)) => Err(("format", format!("`{}` is no day such as 2026-11-19", day.unwrap_or_default()))),
    }
}
