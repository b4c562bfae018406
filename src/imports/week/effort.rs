//! Where the time of a week went, a person a line.

use super::{
    Desk, Found, stale,
    words::{Part, SAME, UNSAID, Wrong, all_told, settled},
};
use crate::{
    effort::{
        self, EffortEntry, EffortShare, EffortWeek, Named, NewEffortWeek, NewShare, checked, templates::is_counted,
    },
    imports::{
        effort::{at, meant, person, said},
        yaml::{Content, Entry, Node},
    },
    kernel::{
        auth::ProductId,
        db::{Conn, Row},
        failure::Failure,
        merge::{Merge, PropertyChange, RowChange},
        month::Week,
    },
    products::{self, TeamMember},
};
use serde_json::Value;

/// How the whole team is called, where a person stands else.
pub const WHOLE_TEAM: &str = "whole team";

/// The week that is to be written, and how it differs: a person a row.
#[derive(Default)]
pub struct Planned {
    pub merge: Merge<EffortWeek, (Week, Vec<EffortShare>)>,
    pub shown: Vec<RowChange>,
}

/// The latest week before another that is written.
pub fn last_written(conn: &mut Conn, product: &ProductId, week: Week) -> Result<Option<EffortWeek>, Failure> {
    let last = effort::store::last_before(conn, product, week)?;
    last.map(|last| effort::store::find(conn, product, last)).transpose()
}

/// What somebody had in a week: by their row, or by the row of that name which was in the team then.
pub fn shares_of<'w>(week: &'w EffortWeek, member: Option<&TeamMember>, team: &[TeamMember]) -> Option<&'w [NewShare]> {
    let of = |id: Option<&str>| week.entries.iter().find(|entry| entry.person.as_deref() == id);
    let entry = match member {
        None => of(None),
        Some(member) => of(Some(&member.id))
            .or_else(|| person(&member.name, week.week, team).ok().and_then(|id| of(Some(id.as_str())))),
    };
    entry.map(|entry| entry.shares.as_slice())
}

/// What is needed to read a person's line.
struct Reader<'r> {
    week: Week,
    team: &'r [TeamMember],
    known: &'r Named,
    last: Option<&'r EffortWeek>,
}

impl Desk<'_> {
    pub(super) fn effort(&self, conn: &mut Conn, product: &ProductId, found: &mut Found) -> Result<Planned, Failure> {
        let Some(section) = self.file.section("effort") else { return Ok(Planned::default()) };
        let Content::Map(people) = &section.node.content else {
            found.fault(section.line, "effort", "type", "effort has a line a person: `Ines Duarte: 100% support`");
            return Ok(Planned::default());
        };
        let team = products::store::team(conn, product)?;
        let known = effort::store::named(conn, product)?;
        let last = last_written(conn, product, self.week)?;
        let reader = Reader { week: self.week, team: &team, known: &known, last: last.as_ref() };
        let wrong_before = found.faults.len();
        let (mut entries, mut lines) = (Vec::new(), Vec::new());
        let mut said_of = Vec::new();
        for entry in people {
            let who = match reader.who(&entry.name) {
                Ok(who) => who,
                Err((code, detail)) => {
                    found.fault(entry.line, "person", code, detail);
                    continue;
                }
            };
            said_of.push(who.map(|member| member.id.clone()));
            if let Some((shares, of)) = reader.shares(entry, who, found) {
                entries.push(EffortEntry { person: who.map(|member| member.id.clone()), shares });
                lines.push(of);
            }
        }
        if said_of.contains(&None) && said_of.len() > 1 {
            let detail = "the whole team is everybody: hours of persons who have lines of their own count twice";
            found.warn(section.line, "effort", detail.to_owned());
        }
        if !said_of.contains(&None) {
            for member in team.iter().filter(|member| is_counted(&team, member, self.week)) {
                let theirs = team.iter().filter(|other| other.name == member.name);
                if !theirs.into_iter().any(|row| said_of.contains(&Some(row.id.clone()))) {
                    let detail = format!("{} has no line: their week stays unsaid", member.name);
                    found.warn(section.line, "effort", detail);
                }
            }
        }
        let new = NewEffortWeek { entries };
        let checked = checked(&new, product.as_str(), self.week, &team, &known);
        let rows = found.take(checked, |fault| at(fault, &lines))?;
        let Some(rows) = rows.filter(|_| found.faults.len() == wrong_before) else { return Ok(Planned::default()) };
        let before = effort::store::written(conn, product, self.week)?;
        self.meet(before, rows, (&team, &lines, section.line), found)
    }

    /// What becomes of the week that is there.
    fn meet(
        &self,
        before: Option<EffortWeek>,
        rows: Vec<EffortShare>,
        (team, lines, line): (&[TeamMember], &[Vec<u64>], u64),
        found: &mut Found,
    ) -> Result<Planned, Failure> {
        let mut planned = Planned::default();
        let after = meant(self.week, &rows);
        let was = before.as_ref().map_or(&[][..], |before| &before.entries);
        if before.is_some() && said(was) == said(&after) {
            planned.merge.unchanged = 1;
            return Ok(planned);
        }
        let seen = self.file.seen(self.week.as_text());
        match (&before, &seen) {
            (None, None) => {}
            (Some(before), Some((_, version))) if before.version().to_string() == *version => {}
            (_, seen) => {
                let line = seen.as_ref().map_or(self.line, |(line, _)| *line);
                found.faults.push(stale(line, "seen", self.week.as_text()));
                return Ok(planned);
            }
        }
        let line_of = |nth: usize| lines.get(nth).and_then(|lines| lines.first()).copied().unwrap_or(line);
        let id = before.as_ref().map(|before| before.id.clone());
        let name = |person: &Option<String>| match person {
            None => WHOLE_TEAM.to_owned(),
            Some(id) => team.iter().find(|member| member.id == *id).map_or_else(|| id.clone(), |it| it.name.clone()),
        };
        let mut show = |line, person: &Option<String>, was: Option<&EffortEntry>, is: Option<&EffortEntry>| {
            let told = |entry: Option<&EffortEntry>| entry.map(|entry| Value::String(all_told(&entry.shares)));
            planned.shown.push(RowChange {
                line,
                resource: EffortWeek::RESOURCE.to_owned(),
                label: Some(name(person)),
                id: id.clone(),
                properties: vec![PropertyChange { property: "shares".to_owned(), before: told(was), after: told(is) }],
            });
        };
        for (nth, is) in after.iter().enumerate() {
            let was = was.iter().find(|was| was.person == is.person);
            if was.is_none_or(|was| said(std::slice::from_ref(was)) != said(std::slice::from_ref(is))) {
                show(line_of(nth), &is.person, was, Some(is));
            }
        }
        for was in was.iter().filter(|was| !after.iter().any(|is| is.person == was.person)) {
            show(line, &was.person, Some(was), None);
        }
        let whole = (self.week, rows);
        match before {
            None => planned.merge.created.push(whole),
            Some(before) => planned.merge.changed.push((before, whole)),
        }
        Ok(planned)
    }
}

impl<'r> Reader<'r> {
    /// Who is meant by name, or by id where two have one name; none is the whole team.
    fn who(&self, name: &str) -> Result<Option<&'r TeamMember>, (&'static str, String)> {
        if name == WHOLE_TEAM {
            return Ok(None);
        }
        let by_id = || self.team.iter().find(|member| member.id == name);
        match person(name, self.week, self.team) {
            Ok(id) => Ok(self.team.iter().find(|member| member.id == id)),
            Err(wrong) => by_id().map(Some).ok_or(wrong),
        }
    }

    /// The shares of a person, and the line of each; none when something is wrong, or still to be said.
    fn shares(&self, entry: &Entry, who: Option<&TeamMember>, found: &mut Found) -> Option<(Vec<NewShare>, Vec<u64>)> {
        let items = match texts(&entry.node, entry.line) {
            Ok(items) => items,
            Err(line) => {
                let detail =
                    "shares are words, with commas between or one a line: `20% on_call checkout, rest support`";
                found.fault(line, "share", "type", detail);
                return None;
            }
        };
        if let [(line, text)] = items.as_slice()
            && *text == SAME
        {
            return match self.last.map(|last| (last.week, shares_of(last, who, self.team))) {
                Some((_, Some(shares))) => Some((shares.to_vec(), vec![*line; shares.len()])),
                Some((last, None)) => {
                    let detail = format!("{} has no line in {last}, the last week that is written", entry.name);
                    found.fault(*line, "share", "nothing_to_repeat", detail);
                    None
                }
                None => {
                    found.fault(
                        *line,
                        "share",
                        "nothing_to_repeat",
                        format!("no week before {} is written", self.week),
                    );
                    None
                }
            };
        }
        let (mut parts, mut lines, mut fine) = (Vec::new(), Vec::new(), true);
        let mut wrong = |line: u64, (column, code, detail): Wrong| {
            found.fault(line, column, code, detail);
            fine = false;
        };
        for (line, text) in &items {
            match Part::read(text, self.known) {
                Ok(Part { amount, what: Some(what) }) => {
                    parts.push((amount, what));
                    lines.push(*line);
                }
                Ok(Part { what: None, .. }) => wrong(*line, unsaid(&entry.name)),
                Err(other) => wrong(*line, other),
            }
        }
        if items.is_empty() {
            wrong(entry.line, unsaid(&entry.name));
        }
        if !fine {
            return None;
        }
        match settled(parts) {
            Ok(shares) => Some((shares, lines)),
            Err((column, code, detail)) => {
                found.fault(entry.line, column, code, detail);
                None
            }
        }
    }
}

fn unsaid(name: &str) -> Wrong {
    let detail = format!(
        "{name}'s week is not written: say what it was, write `same`, or take the line away to leave it unsaid"
    );
    ("share", "unsaid", detail)
}

/// The shares of a person as they stand there, each with its line: with commas between, or one an item of a list.
///
/// # Errors
/// The line of what is no text.
fn texts(node: &Node, line: u64) -> Result<Vec<(u64, &str)>, u64> {
    let cut = |line: u64, text| str::split(text, ',').map(move |part| (line, part.trim()));
    match &node.content {
        Content::Scalar(Value::Null) => Ok(vec![(line, UNSAID)]),
        Content::Scalar(Value::String(text)) => Ok(cut(node.line, text.as_str()).collect()),
        Content::List(items) => {
            let mut all = Vec::new();
            for item in items {
                match &item.content {
                    Content::Scalar(Value::Null) => all.push((item.line, UNSAID)),
                    Content::Scalar(Value::String(text)) => all.extend(cut(item.line, text.as_str())),
                    _ => return Err(item.line),
                }
            }
            Ok(all)
        }
        _ => Err(line),
    }
}
