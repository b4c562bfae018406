//! The file that a person fills in for a week, made from what is known. What is not known is asked for.

use super::{
    effort::{WHOLE_TEAM, last_written, shares_of},
    rows::local,
    window,
    words::{REST, UNSAID, all_told, shown, told},
};
use crate::{
    effort::{
        self, Activity, EffortWeek, NewShare, WorkKind,
        templates::{self, Due, EffortTemplate, Who, dues, is_counted},
    },
    imports::effort::person,
    incidents::{self, Incident},
    kernel::{
        auth::ProductId,
        db::{Conn, Row},
        failure::Failure,
        month::Week,
    },
    products::{self, Product, TeamMember},
    roadmap::{self, Horizon, ItemStatus, RoadmapItem},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::fmt::Write;

/// Up to how many characters the shares of a person stand on one line.
const LINE: usize = 100;

/// Everything that a sheet is made from.
struct Known {
    product: Product,
    zone: Tz,
    week: Week,
    team: Vec<TeamMember>,
    templates: Vec<EffortTemplate>,
    written: Option<EffortWeek>,
    last: Option<EffortWeek>,
    incidents: Vec<Incident>,
    activities: Vec<Activity>,
    items: Vec<RoadmapItem>,
    components: Vec<String>,
}

/// The sheet of a week.
pub fn sheet(conn: &mut Conn, id: &ProductId, week: Week) -> Result<String, Failure> {
    let product = products::store::find(conn, id)?;
    let zone = product.zone()?;
    let written = effort::store::written(conn, id, week)?;
    let items = roadmap::store::of_status(conn, id, &[ItemStatus::Planned, ItemStatus::InProgress])?;
    let at_hand = |item: &RoadmapItem| item.status == ItemStatus::InProgress || item.horizon == Horizon::Now;
    let mut components: Vec<String> =
        crate::components::store::all(conn, id)?.into_iter().map(|row| row.key.to_string()).collect();
    components.sort();
    let known = Known {
        zone,
        week,
        team: products::store::team(conn, id)?,
        templates: templates::store::all(conn, id)?,
        last: last_written(conn, id, week)?,
        incidents: incidents::store::overlapping(conn, id, window(week, zone))?,
        activities: effort::store::activities(conn, id, week.monday(), week.plus(1).monday())?,
        items: items.into_iter().filter(at_hand).collect(),
        components,
        written,
        product,
    };
    let mut out = String::new();
    known.write(&mut out).map_err(Failure::internal)?;
    Ok(out)
}

impl Known {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        self.head(out)?;
        let due = dues(&self.templates, &self.team, self.week);
        writeln!(out, "week: {}", self.week)?;
        if self.written.is_none() {
            self.questions(out, &due)?;
        }
        writeln!(out, "\neffort:")?;
        match &self.written {
            Some(written) => self.as_written(out, written)?,
            None => self.to_be_said(out, &due)?,
        }
        self.incidents(out)?;
        self.activities(out)?;
        self.status(out)?;
        self.seen(out)
    }

    fn head(&self, out: &mut String) -> std::fmt::Result {
        let (first, last) = (self.week.monday(), self.week.monday() + chrono::Days::new(6));
        let from = match first.format("%B %Y").to_string() == last.format("%B %Y").to_string() {
            true => first.format("%-d").to_string(),
            false => first.format("%-d %B").to_string(),
        };
        let to = last.format("%-d %B %Y");
        writeln!(out, "# Week {}, {from} to {to}, of {}.", self.week, comment(&self.product.name))?;
        writeln!(out, "# Replace every {UNSAID}. What this changes is shown before it is sent.\n#")?;
        writeln!(out, "#   Ines Duarte: 20% on_call checkout, rest improvement {}-12", self.product.ref_prefix)?;
        writeln!(out, "#   Tomas Berg: same          # as in the week before; a line taken away stays unsaid")?;
        wrapped(out, "Kinds:", WorkKind::WORDS.iter().map(|word| (*word).to_owned()))?;
        if !self.components.is_empty() {
            wrapped(out, "Components:", self.components.iter().cloned())?;
        }
        Ok(())
    }

    /// What has no place of its own.
    fn questions(&self, out: &mut String, due: &[Due<'_>]) -> std::fmt::Result {
        let absent: Vec<_> = due
            .iter()
            .filter_map(|due| match due.who {
                Who::Absent(name) => Some((due.template, name)),
                Who::Member(_) => None,
            })
            .collect();
        if absent.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nquestions:   # settle each below, then take its line away")?;
        for (template, name) in absent {
            let asked = format!(
                "{}: it is the turn of {name}, who is not in the team this week. Who had it? ({})",
                template.name,
                told(&share_of(template))
            );
            writeln!(out, "  - {}", quoted(&asked))?;
        }
        Ok(())
    }

    fn to_be_said(&self, out: &mut String, due: &[Due<'_>]) -> std::fmt::Result {
        let there: Vec<_> = self.team.iter().filter(|member| is_counted(&self.team, member, self.week)).collect();
        if there.is_empty() {
            writeln!(out, "  # Nobody is in the team this week.")?;
        }
        for member in there {
            let same = |row: &TeamMember| row.id == member.id || self.is_row_of(row, member);
            let mine: Vec<_> = due.iter().filter(|due| matches!(due.who, Who::Member(row) if same(row))).collect();
            let shares: Vec<NewShare> = mine.iter().map(|due| share_of(due.template)).collect();
            let left = Decimal::ONE - shares.iter().map(|share| share.share.get()).sum::<Decimal>();
            let mut notes = Vec::new();
            if !mine.is_empty() {
                let names: Vec<_> = mine.iter().map(|due| comment(&due.template.name)).collect();
                notes.push(format!("{}.", names.join(", ")));
            }
            if left < Decimal::ZERO {
                notes.push(format!("Together {}!", shown(Decimal::ONE - left)));
            }
            if let Some(last) = &self.last
                && let Some(had) = shares_of(last, Some(member), &self.team)
            {
                notes.push(format!("In {}: {}", last.week, all_told(had)));
            }
            if !notes.is_empty() {
                writeln!(out, "  # {}", notes.join(" "))?;
            }
            let mut said: Vec<String> = shares.iter().map(told).collect();
            if left > Decimal::ZERO {
                said.push(format!("{REST} {UNSAID}"));
            }
            line(out, &self.name_of(member), &said)?;
        }
        let last = self.last.as_ref().and_then(|last| Some((last.week, shares_of(last, None, &self.team)?)));
        if let Some((week, had)) = last {
            writeln!(out, "  # {WHOLE_TEAM}: {}   # as in {week}", all_told(had))?;
        }
        Ok(())
    }

    /// Whether two rows of one name are of one person, of whom only one counts in the week.
    fn is_row_of(&self, row: &TeamMember, member: &TeamMember) -> bool {
        row.name == member.name && !is_counted(&self.team, row, self.week)
    }

    fn as_written(&self, out: &mut String, written: &EffortWeek) -> std::fmt::Result {
        for entry in &written.entries {
            let said: Vec<String> = entry.shares.iter().map(told).collect();
            let name = match &entry.person {
                None => WHOLE_TEAM.to_owned(),
                Some(id) => match self.team.iter().find(|member| member.id == *id) {
                    Some(member) => self.name_of(member),
                    None => quoted(id),
                },
            };
            line(out, &name, &said)?;
        }
        if written.entries.is_empty() {
            writeln!(out, "  {{}}")?;
        }
        let whole = shares_of(written, None, &self.team).is_some();
        for member in self.team.iter().filter(|member| !whole && is_counted(&self.team, member, self.week)) {
            if shares_of(written, Some(member), &self.team).is_none() {
                writeln!(out, "  # {}: {REST} {UNSAID}   # unsaid", comment(&self.name_of(member)))?;
            }
        }
        Ok(())
    }

    /// As an import finds them: by name, and by id where the name is another's.
    fn name_of(&self, member: &TeamMember) -> String {
        match person(&member.name, self.week, &self.team) {
            Ok(id) if id == member.id && member.name != WHOLE_TEAM => quoted(&member.name),
            _ => quoted(&member.id),
        }
    }

    fn incidents(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nincidents:   # those of the week, and new ones; times are of {}", self.zone)?;
        for row in &self.incidents {
            let at = |at| quoted(&local(at, self.zone));
            writeln!(out, "  - id: {}", quoted(&row.id))?;
            if let Some(name) = &row.external_id {
                writeln!(out, "    external_id: {}", quoted(name))?;
            }
            writeln!(out, "    title: {}", quoted(&row.title))?;
            writeln!(out, "    severity: {}", row.severity)?;
            writeln!(out, "    components: {}", quoted(row.components.as_text()))?;
            writeln!(out, "    started_at: {}", at(row.started_at))?;
            if let Some(detected) = row.detected_at {
                writeln!(out, "    detected_at: {}", at(detected))?;
            }
            match row.resolved_at {
                Some(resolved) => writeln!(out, "    resolved_at: {}", at(resolved))?,
                None => writeln!(out, "    resolved_at:   # not over yet")?,
            }
            match row.customer_minutes {
                Some(minutes) => writeln!(out, "    customer_minutes: {minutes}")?,
                None => writeln!(out, "    customer_minutes:   # not known")?,
            }
            for (name, text) in [("summary", &row.summary), ("cause", &row.cause)] {
                if !text.is_empty() {
                    writeln!(out, "    {name}: {}", quoted(text))?;
                }
            }
        }
        let day = self.week.monday() + chrono::Days::new(1);
        writeln!(out, "  # - title: Checkout is slow\n  #   severity: 2\n  #   components: checkout")?;
        writeln!(out, "  #   started_at: {day} 14:05\n  #   resolved_at: {day} 15:10\n  #   customer_minutes: 1200")
    }

    fn activities(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nactivities:   # work worth telling")?;
        for row in &self.activities {
            writeln!(out, "  - id: {}", quoted(&row.id))?;
            writeln!(out, "    on: {}\n    kind: {}", row.on, row.kind)?;
            for (name, word) in [("component", &row.component), ("roadmap_item", &row.roadmap_item)] {
                if let Some(word) = word {
                    writeln!(out, "    {name}: {word}")?;
                }
            }
            writeln!(out, "    planned: {}\n    summary: {}", row.planned, quoted(&row.summary))?;
        }
        let day = self.week.monday() + chrono::Days::new(2);
        writeln!(out, "  # - on: {day}\n  #   kind: upgrade\n  #   component: checkout\n  #   planned: true")?;
        writeln!(out, "  #   summary: The database speaks its newest version, without a minute away")
    }

    fn status(&self, out: &mut String) -> std::fmt::Result {
        let words = ItemStatus::WORDS.join(", ");
        writeln!(out, "\nstatus:   # {words}; with its day: shipped {}", self.week.monday())?;
        for item in &self.items {
            writeln!(out, "  {}: {}   # {}", item.reference, item.status, comment(&item.title))?;
        }
        Ok(())
    }

    /// So that nobody writes over what somebody else has changed since.
    fn seen(&self, out: &mut String) -> std::fmt::Result {
        let week = self.written.iter().map(|week| (week.week.to_string(), week.version.to_string()));
        let incidents = self.incidents.iter().map(|row| (quoted(row.id()), row.version.to_string()));
        let activities = self.activities.iter().map(|row| (quoted(row.id()), row.version.to_string()));
        let items = self.items.iter().map(|row| (row.reference.to_string(), row.status.to_string()));
        let all: Vec<_> = week.chain(items).chain(incidents).chain(activities).collect();
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nseen:   # what this sheet was made from; leave it as it is")?;
        all.iter().try_for_each(|(name, seen)| writeln!(out, "  {name}: {seen}"))
    }
}

fn share_of(template: &EffortTemplate) -> NewShare {
    NewShare {
        component: template.component.clone(),
        roadmap_item: template.roadmap_item.clone(),
        kind: template.kind,
        share: template.share,
    }
}

/// A person and their shares, on one line where it is not too long.
fn line(out: &mut String, name: &str, said: &[String]) -> std::fmt::Result {
    let one = said.join(", ");
    if name.chars().count() + one.chars().count() <= LINE {
        return writeln!(out, "  {name}: {one}");
    }
    writeln!(out, "  {name}:")?;
    said.iter().try_for_each(|share| writeln!(out, "    - {share}"))
}

/// Words in comments, some to a line.
fn wrapped(out: &mut String, head: &str, words: impl Iterator<Item = String>) -> std::fmt::Result {
    let mut line = format!("# {head}");
    for word in words {
        if line.chars().count() + word.chars().count() > LINE + 10 {
            writeln!(out, "{line}")?;
            "#  ".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(&word);
    }
    writeln!(out, "{line}")
}

/// Text that ends no comment.
fn comment(text: &str) -> String {
    let ends = |sign: char| sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{feff}');
    text.chars().map(|sign| if ends(sign) { ' ' } else { sign }).collect()
}

/// Text as YAML reads it back: plain where that is sure, in quotes else.
fn quoted(text: &str) -> String {
    let plain = |sign: char| sign.is_alphanumeric() || " .,'()/_+-".contains(sign);
    let begins = text.chars().next().is_some_and(char::is_alphabetic);
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    let reserved = reserved.contains(&text.to_lowercase().as_str());
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").is_ok_and(|at| at.to_string().starts_with(text));
    if begins && text.chars().all(plain) && !text.ends_with(' ') && !reserved || time {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' | '\\' => out.extend(['\\', sign]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            sign if sign.is_control() || ('\u{2028}'..='\u{2029}').contains(&sign) || sign == '\u{feff}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(sign));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::yaml::documents;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_comes_back(text in "(\\PC|[ \n\t:#'\"\\-,]|\u{feff}|\u{85}|\r|\u{2028}){0,40}") {
            let yaml = format!("- {0}\n- x: {0}\n- {0}: y\n", quoted(&text));
            let read = documents(yaml.as_bytes()).unwrap()[0].json();
            prop_assert_eq!(read, serde_json::json!([text, { "x": text }, { text: "y" }]), "{}", yaml);
        }

        #[test]
        fn no_text_ends_a_comment(text in "(\\PC|[ \n\t]|\u{feff}|\u{85}|\r|\u{2028}){0,40}") {
            let yaml = format!("# {}\na: 1   # {0}\n", comment(&text));
            prop_assert_eq!(documents(yaml.as_bytes()).unwrap()[0].json(), serde_json::json!({ "a": 1 }));
        }
    }

    #[test]
    fn a_word_that_yaml_knows_is_quoted() {
        for (text, written) in [
            ("Ines Duarte", "Ines Duarte"),
            ("Tomás O'Neil-Berg (jr.)", "Tomás O'Neil-Berg (jr.)"),
            ("No", "\"No\""),
            ("NULL", "\"NULL\""),
            ("Ann: x", "\"Ann: x\""),
            ("Ann #1", "\"Ann #1\""),
            ("7of9", "\"7of9\""),
            ("2026-11-17 14:05", "2026-11-17 14:05"),
            ("2026-11-7  14:05", "\"2026-11-7  14:05\""),
            ("Pods-crash #1234", "\"Pods-crash #1234\""),
            ("Disk-full: /var2", "\"Disk-full: /var2\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(text), written);
        }
    }
}
