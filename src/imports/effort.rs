//! Weeks of effort, one line a share. A week in the file is written whole.

use super::{File, Merged, Place};
use crate::{
    effort::{self, EffortEntry, EffortShare, EffortWeek, NewEffortWeek, NewShare, WorkKind, checked},
    kernel::{
        db::{Head, Row},
        failure::{Failure, Fault},
        http::Patchable,
        merge::{FAULTS, Given, Merge, RowChange, SHOWN},
        money::Quantity,
        month::Week,
        text::nfc,
    },
    products::{self, Product, TeamMember},
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// A share, as a line of the file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EffortRow {
    week: Week,
    /// By name; none is the whole team.
    #[schema(min_length = 1, max_length = 120)]
    person: Option<String>,
    #[schema(min_length = 1, max_length = 63)]
    component: Option<String>,
    #[schema(min_length = 1, max_length = 63)]
    roadmap_item: Option<String>,
    kind: WorkKind,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 1)]
    share: Quantity,
}

impl Patchable for EffortRow {}

/// A file of effort.
pub struct Effort(pub Vec<Given<EffortRow>>);

/// A week as it is put together: the lines of its shares stand as its shares do.
#[derive(Default)]
struct Draft {
    entries: Vec<EffortEntry>,
    lines: Vec<Vec<u64>>,
}

impl File for Effort {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let id = product.product_id();
        let team = products::store::team(place.conn(), &id)?;
        let known = effort::store::named(place.conn(), &id)?;
        let (drafts, mut faults) = self.drafts(&team);
        let mut there = match (drafts.keys().next(), drafts.keys().next_back()) {
            (Some(&first), Some(&last)) => effort::store::weeks(place.conn(), &id, first, last.plus(1))?,
            _ => Vec::new(),
        }
        .into_iter()
        .map(|week| (week.week, week))
        .collect::<HashMap<Week, EffortWeek>>();
        let mut merge = Merge::default();
        let mut shown = Vec::new();
        for (week, draft) in drafts {
            let line = draft.lines.iter().flatten().min().copied().unwrap_or(1);
            let new = NewEffortWeek { entries: draft.entries };
            match checked(&new, id.as_str(), week, &team, &known) {
                Err(Failure::Invalid(found)) => faults.extend(found.into_iter().map(|fault| at(fault, &draft.lines))),
                Err(other) => return Err(other),
                Ok(rows) => match there.remove(&week) {
                    None => {
                        show(&mut shown, line, None, &EffortWeek::new("", week, &rows, Head::trial()))?;
                        merge.created.push((week, rows));
                    }
                    Some(before) if said(&before.entries) == said(&meant(week, &rows)) => merge.unchanged += 1,
                    Some(before) => {
                        show(&mut shown, line, Some(&before), &EffortWeek::new("", week, &rows, Head::trial()))?;
                        merge.changed.push((before, (week, rows)));
                    }
                },
            }
        }
        faults.sort_by_key(|fault| fault.line);
        faults.truncate(FAULTS);
        Failure::unless_empty(faults)?;
        let counts = merge.counts();
        if let Some(tx) = place.change_unless(counts) {
            effort::store::merge_weeks(tx, &id, merge)?;
        }
        Ok(Merged { counts, changes: shown, ..Merged::default() })
    }

    fn may_follow(&self, fault: &Fault) -> bool {
        fault.code == "sum"
    }
}

impl Effort {
    /// The weeks of the file, in order, and who in it is nobody.
    fn drafts(&self, team: &[TeamMember]) -> (BTreeMap<Week, Draft>, Vec<Fault>) {
        let (mut weeks, mut faults) = (BTreeMap::<Week, Draft>::new(), Vec::new());
        for Given { line, new: row, .. } in &self.0 {
            let person = match row.person.as_deref().map(|name| person(name, row.week, team)).transpose() {
                Ok(person) => person,
                Err((code, detail)) => {
                    faults.push(Fault::line(*line, Some("person"), code, detail));
                    continue;
                }
            };
            let draft = weeks.entry(row.week).or_default();
            let share = NewShare {
                component: row.component.clone(),
                roadmap_item: row.roadmap_item.clone(),
                kind: row.kind,
                share: row.share,
            };
            match draft.entries.iter().position(|entry| entry.person == person) {
                Some(nth) => {
                    draft.entries[nth].shares.push(share);
                    draft.lines[nth].push(*line);
                }
                None => {
                    draft.entries.push(EffortEntry { person, shares: vec![share] });
                    draft.lines.push(vec![*line]);
                }
            }
        }
        (weeks, faults)
    }
}

/// The id of who was called that in a week; of two who were, the one who was there on its Monday.
pub(super) fn person(name: &str, week: Week, team: &[TeamMember]) -> Result<String, (&'static str, String)> {
    let name = nfc(name);
    let mut named = team.iter().filter(|member| nfc(&member.name) == name).peekable();
    if named.peek().is_none() {
        return Err(("unknown_reference", "nobody in the team has that name".to_owned()));
    }
    let there = named.filter(|member| member.is_there_in(week));
    let on_monday = |member: &&TeamMember| (member.valid_from <= week.monday(), member.valid_from);
    match there.max_by_key(on_monday) {
        Some(member) => Ok(member.id.clone()),
        None => Err(("not_in_team", format!("they are not in the team in {week}"))),
    }
}

/// A fault of a week as a fault of the line it came from: `/entries/1/shares/2/component`.
pub(super) fn at(fault: Fault, lines: &[Vec<u64>]) -> Fault {
    let pointer = fault.pointer.as_deref().unwrap_or_default();
    let parts: Vec<_> = pointer.split('/').skip(2).collect();
    let index = |part: usize| parts.get(part).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let line = lines.get(index(0)).and_then(|lines| lines.get(index(2))).copied();
    let column = match parts.last() {
        Some(&"shares") => Some("share"),
        other => other.copied(),
    };
    Fault { line, column: column.map(ToOwned::to_owned), pointer: None, ..fault }
}

/// A person, what they worked on, how, and how much of their week.
pub(super) type Said<'e> = (Option<&'e str>, (Option<&'e str>, Option<&'e str>), WorkKind, Quantity);

/// Notes how a week will differ, while there is room.
fn show(shown: &mut Vec<RowChange>, line: u64, before: Option<&EffortWeek>, after: &EffortWeek) -> Result<(), Failure> {
    if shown.len() < SHOWN {
        let told = |week: &EffortWeek| serde_json::to_value(week).map_err(Failure::internal);
        let before = before.map_or(Ok(serde_json::Value::Null), told)?;
        shown.push(RowChange::between(line, EffortWeek::RESOURCE, &before, &told(after)?));
    }
    Ok(())
}

/// What a week means by what it names: keys and refs, whatever it calls them.
pub(super) fn meant(week: Week, rows: &[EffortShare]) -> Vec<EffortEntry> {
    EffortWeek::new("", week, rows, Head::trial()).entries
}

/// What a week says, whatever the order of its lines.
pub(super) fn said(entries: &[EffortEntry]) -> Vec<Said<'_>> {
    let mut said: Vec<_> = entries
        .iter()
        .flat_map(|entry| entry.shares.iter().map(move |share| (entry, share)))
        .map(|(entry, share)| {
            let thing = (share.component.as_deref(), share.roadmap_item.as_deref());
            (entry.person.as_deref(), thing, share.kind, share.share)
        })
        .collect();
    said.sort();
    said
}
