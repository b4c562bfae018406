//! When a template is due, and whose it is then: arithmetic on weeks, whatever their years.

use super::{EffortTemplate, Turn};
use crate::{
    kernel::{month::Week, text::nfc},
    products::TeamMember,
};

/// What a template says of a week.
#[derive(Debug, Clone, Copy)]
pub struct Due<'t> {
    pub template: &'t EffortTemplate,
    pub who: Who<'t>,
}

/// Whose a share is.
#[derive(Debug, Clone, Copy)]
pub enum Who<'t> {
    /// Someone of the team of that week.
    Member(&'t TeamMember),
    /// It is the turn of someone who is not there: nobody is taken for them. Their name.
    Absent(&'t str),
}

impl EffortTemplate {
    /// How often it was due before this week, when it is due in it.
    pub fn due(&self, week: Week) -> Option<usize> {
        let weeks = self.first_week.until(week);
        let over = self.last_week.is_some_and(|last| week > last);
        (!over && weeks >= 0 && weeks % self.every_weeks == 0)
            .then(|| usize::try_from(weeks / self.every_weeks).unwrap_or_default())
    }
}

/// What is due in a week, and whose it is: in the order of the templates, then of their people or the team.
pub fn dues<'t>(templates: &'t [EffortTemplate], team: &'t [TeamMember], week: Week) -> Vec<Due<'t>> {
    let mut found = Vec::new();
    for template in templates {
        let Some(before) = template.due(week) else { continue };
        let people: Vec<&str> = template.people.iter().collect();
        match (template.turn, people.len()) {
            (Turn::Everyone, 0) => {
                let there = team.iter().filter(|member| is_counted(team, member, week));
                found.extend(there.map(|member| Due { template, who: Who::Member(member) }));
            }
            (Turn::Everyone, _) => {
                let there = people.iter().filter_map(|id| present(team, id, week));
                found.extend(there.map(|member| Due { template, who: Who::Member(member) }));
            }
            // The schema wants people for it.
            (Turn::InTurn, 0) => {}
            (Turn::InTurn, count) => {
                let id = people[before % count];
                let name = || team.iter().find(|member| member.id == id).map_or("", |member| member.name.as_str());
                let who = present(team, id, week).map_or_else(|| Who::Absent(name()), Who::Member);
                found.push(Due { template, who });
            }
        }
    }
    found
}

/// The row by which somebody is in the team of a week: the one that was named or, since other hours make another row,
/// one of the same name, first of all the one of its Monday.
fn present<'t>(team: &'t [TeamMember], id: &str, week: Week) -> Option<&'t TeamMember> {
    let named = team.iter().find(|member| member.id == id)?;
    if named.is_there_in(week) {
        return Some(named);
    }
    let name = nfc(&named.name);
    let same = team.iter().filter(|member| member.is_there_in(week) && nfc(&member.name) == name);
    same.max_by_key(|member| (member.valid_from <= week.monday(), member.valid_from))
}

/// Whether it is by this row that somebody is in the team of a week: of rows of one name that follow each other within it,
/// the one of its Monday.
pub fn is_counted(team: &[TeamMember], member: &TeamMember, week: Week) -> bool {
    let follows = |other: &&TeamMember| {
        other.id != member.id
            && other.is_there_in(week)
            && other.valid_from < member.valid_from
            && other.valid_to.is_some_and(|end| end <= member.valid_from)
            && nfc(&other.name) == nfc(&member.name)
    };
    member.is_there_in(week) && !team.iter().any(|other| follows(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{auth::ProductId, db::Head};
    use serde_json::json;

    fn template(body: serde_json::Value) -> EffortTemplate {
        let mut whole = json!({ "name": "x", "kind": "on_call", "share": 0.2, "turn": "in_turn" });
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let new: super::super::NewEffortTemplate = serde_json::from_value(whole).unwrap();
        new.into_row(&ProductId::known("p".to_owned()), Head::trial()).unwrap()
    }

    fn member(id: &str, name: &str, from: &str, to: Option<&str>) -> TeamMember {
        let new = json!({ "name": name, "hours_per_week": 40, "valid_from": from, "valid_to": to });
        let new: crate::products::NewTeamMember = serde_json::from_value(new).unwrap();
        let head = Head { id: id.to_owned(), ..Head::trial() };
        new.into_row(&ProductId::known("p".to_owned()), head).unwrap()
    }

    fn whose(templates: &[EffortTemplate], team: &[TeamMember], week: &str) -> Vec<String> {
        let told = |due: &Due<'_>| match due.who {
            Who::Member(member) => member.id.clone(),
            Who::Absent(name) => format!("no {name}"),
        };
        dues(templates, team, week.parse().unwrap()).iter().map(told).collect()
    }

    #[test]
    fn every_fourth_week_goes_on_across_a_year_of_53_weeks() {
        let patch_day = template(json!({ "turn": "everyone", "first_week": "2026-W45", "every_weeks": 4 }));
        let due = |week: &str| patch_day.due(week.parse().unwrap());
        assert_eq!((due("2026-W41"), due("2026-W45"), due("2026-W46")), (None, Some(0), None));
        assert_eq!((due("2026-W53"), due("2027-W01"), due("2027-W04")), (Some(2), None, Some(3)));
        let ends = template(json!({ "turn": "everyone", "first_week": "2026-W53", "last_week": "2027-W02" }));
        let due = |week: &str| ends.due(week.parse().unwrap());
        assert_eq!((due("2026-W52"), due("2026-W53"), due("2027-W01")), (None, Some(0), Some(1)));
        assert_eq!((due("2027-W02"), due("2027-W03")), (Some(2), None));
    }

    #[test]
    fn a_rota_goes_round_and_nobody_is_taken_for_who_is_away() {
        let team = [
            member("a", "Ann", "2026-01-01", None),
            member("b", "Bob", "2026-01-01", Some("2026-12-28")),
            member("c", "Cy", "2026-01-01", None),
        ];
        let rota = [template(json!({ "first_week": "2026-W51", "people": ["c", "a", "b"] }))];
        for (week, expected) in [
            ("2026-W50", &[][..]),
            ("2026-W51", &["c"]),
            ("2026-W52", &["a"]),
            ("2026-W53", &["no Bob"]),
            ("2027-W01", &["c"]),
            ("2027-W03", &["no Bob"]),
        ] {
            assert_eq!(whose(&rota, &team, week), expected, "{week}");
        }
    }

    #[test]
    fn other_hours_make_another_row_and_not_another_person() {
        let team = [
            member("a1", "Ann", "2026-01-01", Some("2026-11-18")),
            member("a2", "Ann", "2026-11-18", None),
            member("b", "Bob", "2026-12-01", None),
        ];
        let all = [template(json!({ "turn": "everyone", "first_week": "2026-W45" }))];
        assert_eq!(whose(&all, &team, "2026-W46"), ["a1"]);
        assert_eq!(whose(&all, &team, "2026-W47"), ["a1"], "once, by the row of its Monday");
        assert_eq!(whose(&all, &team, "2026-W49"), ["a2", "b"]);
        let rota = [template(json!({ "first_week": "2026-W45", "people": ["a1"] }))];
        assert_eq!(whose(&rota, &team, "2026-W49"), ["a2"]);
        let spelt = [
            member("j1", "J\u{f6}rg", "2026-01-01", Some("2026-11-18")),
            member("j2", "Jo\u{308}rg", "2026-11-18", None),
        ];
        let rota = [template(json!({ "first_week": "2026-W45", "people": ["j1"] }))];
        assert_eq!(whose(&rota, &spelt, "2026-W49"), ["j2"], "two spellings of one name");
        assert_eq!(whose(&all, &spelt, "2026-W47"), ["j1"]);
        let some = [template(json!({ "turn": "everyone", "first_week": "2026-W45", "people": ["b", "a2"] }))];
        assert_eq!(whose(&some, &team, "2026-W46"), ["a1"], "who is not there yet has none of it");
    }
}
