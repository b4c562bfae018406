//! An export that comes back as a file: what it says beside what can be written, and what a spreadsheet did to it.

use super::{NewRoadmapItem, RoadmapItem};
use crate::{
    kernel::{
        failure::{Failure, Fault},
        merge::Given,
        text::Words,
    },
    products::Product,
};
use std::collections::{BTreeMap, HashMap};

/// The columns of the dataset `roadmap_items` that say what nobody writes.
pub const READ_ONLY: &[&str] = &[
    "product",
    "deleted_at",
    "id",
    "position",
    "rice",
    "wsjf",
    "created_at",
    "updated_at",
    "version",
    "strategy_version",
    "planned_at",
    "promised_on",
];

/// What the lines of a file say in such columns, where it has any.
#[derive(Debug, Default)]
pub struct Returned(HashMap<u64, BTreeMap<&'static str, String>>);

impl FromIterator<(u64, BTreeMap<&'static str, String>)> for Returned {
    fn from_iter<I: IntoIterator<Item = (u64, BTreeMap<&'static str, String>)>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}

impl Returned {
    fn cell(&self, line: u64, name: &str) -> Option<&str> {
        self.0.get(&line)?.get(name).map(String::as_str)
    }

    /// The lines, each about the item whose id it says where it says no ref; and what contradicts the product.
    pub(super) fn meet(
        &self,
        product: &Product,
        there: &[RoadmapItem],
        given: &[Given<NewRoadmapItem>],
    ) -> (Vec<Given<NewRoadmapItem>>, Vec<Fault>) {
        let by_id: HashMap<&str, &RoadmapItem> = match self.0.is_empty() {
            true => HashMap::new(),
            false => there.iter().map(|row| (row.id.as_str(), row)).collect(),
        };
        let (mut lines, mut faults) = (given.to_vec(), Vec::new());
        for one in &mut lines {
            let fault =
                |column: &str, code: &'static str, detail: &str| Fault::line(one.line, Some(column), code, detail);
            let key = self.cell(one.line, "product");
            if key.is_some_and(|key| key != product.key.as_text() && key != product.id) {
                faults.push(fault("product", "other_product", "the row of another product"));
            }
            let Some(id) = self.cell(one.line, "id") else { continue };
            match (by_id.get(id), &one.new.reference) {
                (None, _) => {
                    faults.push(fault("id", "unknown_reference", "there is no such row; leave it out of a new one"))
                }
                (Some(row), Some(named)) if row.reference != *named => {
                    faults.push(fault("id", "other_row", "this is the id of another item than the line's ref"));
                }
                (Some(row), _) => one.new.reference = Some(row.reference.clone()),
            }
        }
        (lines, faults)
    }

    /// The versions that were seen, by the ref of what a line is about.
    pub(super) fn versions(
        &self,
        given: &[Given<NewRoadmapItem>],
        about: impl Fn(&NewRoadmapItem) -> Option<String>,
    ) -> HashMap<String, String> {
        let seen = |one: &Given<NewRoadmapItem>| {
            let seen = self.cell(one.line, "version")?;
            Some((about(&one.new)?, seen.to_owned()))
        };
        given.iter().filter_map(seen).collect()
    }

    /// What a line says, without the `'` that keeps a spreadsheet from running it as a formula, and with the ends of lines
    /// that were there. What is there just so stays.
    pub(super) fn plain(&self, mut new: NewRoadmapItem, before: Option<&RoadmapItem>) -> NewRoadmapItem {
        if self.0.is_empty() {
            return new;
        }
        let none = String::new;
        let tags = plain(new.tags.as_text().to_owned(), before.map(|row| row.tags.as_text()));
        new.tags = tags.split(' ').filter(|word| !word.is_empty()).collect::<Words>();
        for (text, there) in [
            (&mut new.title, before.map(|row| &row.title)),
            (&mut new.problem, before.map(|row| &row.problem)),
            (&mut new.outcome, before.map(|row| &row.outcome)),
            (&mut new.description, before.map(|row| &row.description)),
            (new.owner.as_mut().unwrap_or(&mut none()), before.and_then(|row| row.owner.as_ref())),
            (
                new.dropped_because.as_mut().unwrap_or(&mut none()),
                before.and_then(|row| row.plan.dropped_because.as_ref()),
            ),
        ] {
            *text = plain(std::mem::take(text), there.map(String::as_str));
        }
        new
    }
}

/// # Errors
/// 422 for a row that changed since it was exported.
pub(super) fn require_seen(row: &RoadmapItem, versions: &HashMap<String, String>) -> Result<(), Failure> {
    match versions.get(row.reference.as_text()) {
        Some(seen) if *seen != row.version.to_string() => {
            let detail = format!("it is version {} by now: export it again, and change that", row.version);
            Err(Failure::invalid("/version", "stale", detail))
        }
        _ => Ok(()),
    }
}

fn plain(text: String, before: Option<&str>) -> String {
    if before == Some(text.as_str()) {
        return text;
    }
    let defused = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
    let plain = defused.map_or(text.clone(), ToOwned::to_owned);
    // A spreadsheet ends the lines of a cell its own way.
    let ends = |text: &str| text.replace("\r\n", "\n");
    match before {
        Some(before) if ends(before) == ends(&plain) => before.to_owned(),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_spreadsheet_was_kept_from_running_is_text_again() {
        let of = |text: &str, before: Option<&str>| plain(text.to_owned(), before);
        assert_eq!(of("'=1+1", Some("=1+1")), "=1+1");
        assert_eq!(of("'=1+1", None), "=1+1");
        assert_eq!(of("'=1+1", Some("'=1+1")), "'=1+1", "it was written so");
        assert_eq!(of("'tis", Some("x")), "'tis");
        assert_eq!(of("a\nb", Some("a\r\nb")), "a\r\nb");
        assert_eq!(of("a\nc", Some("a\r\nb")), "a\nc");
    }
}
