//! A week of the team, in shares that sum to 1 for each person, and what follows from it in hours.

use super::{WorkKind, templates::is_counted};
use crate::{
    kernel::{
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page},
        money::Quantity,
        month::{Month, Week},
        schema::effort_shares,
    },
    products::TeamMember,
    row,
};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// A week as it was written, whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EffortWeek {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub week: Week,
    pub entries: Vec<EffortEntry>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(EffortWeek, "effort", product: product_id, name: week);

/// A page of a list of them.
pub type EffortWeekPage = Page<EffortWeek>;

impl Listed for EffortWeek {
    const COLUMNS: &'static [Column] = &[Column::text("week", "week"), Column::time("updated_at", "updated_at")];
    const SEARCH: &'static [&'static str] = &[];
}

/// Where one person's week went, or the whole team's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EffortEntry {
    /// A team member's id; null is the whole team.
    #[schema(max_length = 63)]
    pub person: Option<String>,
    /// Sum to exactly 1.
    #[schema(min_items = 1, max_items = 100)] // `SHARES`
    pub shares: Vec<NewShare>,
}

/// A part of a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// A component's key or id; null for work on none of them.
    #[schema(max_length = 63)]
    pub component: Option<String>,
    /// A roadmap item's ref or id; null for work on none of them.
    #[schema(max_length = 63)]
    pub roadmap_item: Option<String>,
    pub kind: WorkKind,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 1)]
    pub share: Quantity,
}

/// A week to be written whole.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEffortWeek {
    #[schema(max_items = 200)] // `ENTRIES`
    pub entries: Vec<EffortEntry>,
}

/// One share, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = effort_shares)]
pub struct EffortShare {
    pub product_id: String,
    pub week: Week,
    pub position: i64,
    pub monday: chrono::NaiveDate,
    /// A team member's id; none is the whole team.
    pub person: Option<String>,
    /// A component's key.
    pub component: Option<String>,
    /// A roadmap item's ref.
    pub roadmap_item: Option<String>,
    pub kind: WorkKind,
    pub share: Quantity,
}

impl EffortShare {
    /// As it is said in a request, and answered.
    fn as_new(&self) -> NewShare {
        NewShare {
            component: self.component.clone(),
            roadmap_item: self.roadmap_item.clone(),
            kind: self.kind,
            share: self.share,
        }
    }
}

/// What a share may name, by all it may be called.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The keys of components.
    pub components: HashMap<String, String>,
    /// The refs of roadmap items.
    pub roadmap_items: HashMap<String, String>,
}

/// How many entries a week has at most, and shares each of them: of files, too.
const ENTRIES: usize = 200;
const SHARES: usize = 100;

/// The rows of a week whose people, components, roadmap items and sums are right.
///
/// # Errors
/// Everything that is wrong with it.
pub fn checked(
    new: &NewEffortWeek,
    product: &str,
    week: Week,
    team: &[TeamMember],
    known: &Named,
) -> Result<Vec<EffortShare>, Failure> {
    let (mut rows, mut faults, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    if new.entries.len() > ENTRIES {
        faults.push(Fault::at("/entries", "too_many", format!("a week has at most {ENTRIES} entries")));
    }
    for (at, entry) in new.entries.iter().enumerate() {
        if entry.shares.len() > SHARES {
            let detail = format!("a person's week has at most {SHARES} shares");
            faults.push(Fault::at(format!("/entries/{at}/shares"), "too_many", detail));
        }
        if !seen.insert(&entry.person) {
            faults.push(Fault::at(format!("/entries/{at}/person"), "twice", "each person stands once in a week"));
        }
        if let Some(person) = &entry.person {
            match team.iter().find(|member| member.id == *person) {
                None => faults.push(Fault::unknown_reference(format!("/entries/{at}/person"))),
                Some(member) if !member.is_there_in(week) => faults.push(Fault::at(
                    format!("/entries/{at}/person"),
                    "not_in_team",
                    format!("they are not in the team in {week}"),
                )),
                Some(_) => {}
            }
        }
        let sum: Decimal = entry.shares.iter().map(|share| share.share.get()).sum();
        if sum != Decimal::ONE {
            let detail = format!("the shares of a person and week sum to 1; these sum to {}", sum.normalize());
            faults.push(Fault::at(format!("/entries/{at}/shares"), "sum", detail));
        }
        for (nth, share) in entry.shares.iter().enumerate() {
            let component = share.component.as_ref().map(|name| known.components.get(name));
            if component == Some(None) {
                faults.push(Fault::unknown_reference(format!("/entries/{at}/shares/{nth}/component")));
            }
            let item = share.roadmap_item.as_ref().map(|name| known.roadmap_items.get(name));
            if item == Some(None) {
                faults.push(Fault::unknown_reference(format!("/entries/{at}/shares/{nth}/roadmap_item")));
            }
            rows.push(EffortShare {
                product_id: product.to_owned(),
                week,
                position: i64::try_from(rows.len()).unwrap_or(i64::MAX),
                monday: week.monday(),
                person: entry.person.clone(),
                component: component.flatten().cloned(),
                roadmap_item: item.flatten().cloned(),
                kind: share.kind,
                share: share.share,
            });
        }
    }
    Failure::unless_empty(faults)?;
    Ok(rows)
}

impl EffortWeek {
    /// What of some shares is a person's, or the whole team's, when anything is.
    pub fn entry(shares: &[EffortShare], person: Option<&str>) -> Option<EffortEntry> {
        let mine = shares.iter().filter(|share| share.person.as_deref() == person).map(EffortShare::as_new);
        let shares: Vec<_> = mine.collect();
        (!shares.is_empty()).then(|| EffortEntry { person: person.map(ToOwned::to_owned), shares })
    }

    pub fn new(product: &str, week: Week, shares: &[EffortShare], head: Head) -> Self {
        let mut entries: Vec<EffortEntry> = Vec::new();
        for share in shares {
            let new = share.as_new();
            match entries.iter_mut().find(|entry| entry.person == share.person) {
                Some(entry) => entry.shares.push(new),
                None => entries.push(EffortEntry { person: share.person.clone(), shares: vec![new] }),
            }
        }
        Self {
            id: head.id,
            product_id: product.to_owned(),
            week,
            entries,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// Hours that went into one thing in a month, whoever worked them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    pub component: Option<String>,
    pub roadmap_item: Option<String>,
    pub kind: WorkKind,
    pub hours: Decimal,
}

/// The hours of a week that a share is a share of: the person's, or the whole team's, in which somebody whose hours change
/// within the week counts once.
pub fn hours_per_week(person: Option<&str>, team: &[TeamMember], week: Week) -> Decimal {
    let counted = |member: &&TeamMember| match person {
        Some(person) => member.id == person,
        None => is_counted(team, member, week),
    };
    team.iter().filter(counted).map(|member| member.hours_per_week.get()).sum()
}

/// The hours of a share that fall into a month; none when no working day of its week does.
pub fn hours_in(share: &EffortShare, team: &[TeamMember], month: Month) -> Option<Decimal> {
    let days = share.week.working_days_in(month);
    let week = || hours_per_week(share.person.as_deref(), team, share.week);
    (days > 0).then(|| share.share.get() * week() * Decimal::from(days) / Decimal::from(5))
}

/// The hours worked in a month, by component, roadmap item and kind. A week's hours fall on Monday to Friday, a
/// fifth each; hours = share × hours per week.
pub fn hours(shares: &[EffortShare], team: &[TeamMember], month: Month) -> Vec<Worked> {
    let mut sums: BTreeMap<(Option<&str>, Option<&str>, WorkKind), Decimal> = BTreeMap::new();
    for share in shares {
        if let Some(hours) = hours_in(share, team, month) {
            let thing = (share.component.as_deref(), share.roadmap_item.as_deref(), share.kind);
            *sums.entry(thing).or_default() += hours;
        }
    }
    sums.into_iter()
        .map(|((component, roadmap_item, kind), hours)| Worked {
            component: component.map(ToOwned::to_owned),
            roadmap_item: roadmap_item.map(ToOwned::to_owned),
            kind,
            hours: hours.normalize(),
        })
        .collect()
}

/// Someone whose week nobody wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub week: Week,
    /// A team member's id.
    pub id: String,
    /// Their name.
    pub person: String,
}

/// Who has no effort in which week of a month.
pub fn gaps(shares: &[EffortShare], team: &[TeamMember], month: Month) -> Vec<Gap> {
    missing(shares, team, Week::in_month(month))
}

/// Who has no effort in which of some weeks. A share of the whole team covers everyone, and any row of somebody whose hours
/// change within the week covers them.
pub fn missing(shares: &[EffortShare], team: &[TeamMember], weeks: impl Iterator<Item = Week>) -> Vec<Gap> {
    let written: BTreeSet<(Week, Option<&str>)> =
        shares.iter().map(|share| (share.week, share.person.as_deref())).collect();
    weeks
        .filter(|week| !written.contains(&(*week, None)))
        .flat_map(|week| {
            let has_line = |member: &TeamMember| {
                let mut rows = team.iter().filter(|other| other.name == member.name && other.is_there_in(week));
                rows.any(|row| written.contains(&(week, Some(row.id.as_str()))))
            };
            let missing = |member: &&TeamMember| is_counted(team, member, week) && !has_line(member);
            let gap = |member: &TeamMember| Gap { week, id: member.id.clone(), person: member.name.clone() };
            team.iter().filter(missing).map(gap).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Instant {
        "2026-11-01T00:00:00Z".parse().unwrap()
    }

    fn member(id: &str, hours: &str) -> TeamMember {
        TeamMember {
            id: id.to_owned(),
            product_id: "p".to_owned(),
            name: id.to_uppercase(),
            hours_per_week: hours.parse().unwrap(),
            valid_from: "2026-01-01".parse().unwrap(),
            valid_to: None,
            created_at: at(),
            updated_at: at(),
            version: 1,
            change_number: 1,
        }
    }

    fn share(week: &str, person: Option<&str>, component: Option<&str>, kind: WorkKind, share: &str) -> EffortShare {
        let week: Week = week.parse().unwrap();
        EffortShare {
            product_id: "p".to_owned(),
            week,
            position: 0,
            monday: week.monday(),
            person: person.map(ToOwned::to_owned),
            component: component.map(ToOwned::to_owned),
            roadmap_item: None,
            kind,
            share: share.parse().unwrap(),
        }
    }

    #[test]
    fn a_week_across_two_months_is_split_by_working_days() {
        let team = [member("a", "40"), member("b", "20")];
        // 2026-W40 is 28 September to 4 October: three working days in September, two in October.
        let shares = [
            share("2026-W40", Some("a"), Some("db"), WorkKind::Patching, "0.25"),
            share("2026-W40", Some("a"), None, WorkKind::Overhead, "0.75"),
            share("2026-W40", None, Some("db"), WorkKind::Patching, "1"),
        ];
        let of = |month: &str| -> Vec<(Option<String>, String)> {
            hours(&shares, &team, month.parse().unwrap())
                .into_iter()
                .map(|worked| (worked.component, worked.hours.to_string()))
                .collect()
        };
        // a: 0.25 × 40 × 2/5 = 4; the whole team: 60 × 2/5 = 24.
        assert_eq!(of("2026-10"), [(None, "12".to_owned()), (Some("db".to_owned()), "28".to_owned())]);
        assert_eq!(of("2026-09"), [(None, "18".to_owned()), (Some("db".to_owned()), "42".to_owned())]);
        assert_eq!(of("2026-11"), []);
    }

    #[test]
    fn who_is_missing_is_named_week_by_week() {
        let team = [member("a", "40"), member("b", "20")];
        let october = "2026-10".parse().unwrap();
        let mut shares: Vec<EffortShare> = ["2026-W40", "2026-W41", "2026-W43", "2026-W44"]
            .iter()
            .flat_map(|week| ["a", "b"].map(|who| share(week, Some(who), None, WorkKind::Overhead, "1")))
            .collect();
        shares.push(share("2026-W42", Some("b"), None, WorkKind::Overhead, "1"));
        let found = gaps(&shares, &team, october);
        assert_eq!(found, [Gap { week: "2026-W42".parse().unwrap(), id: "a".to_owned(), person: "A".to_owned() }]);
        shares.push(share("2026-W42", None, None, WorkKind::Overhead, "1"));
        assert_eq!(gaps(&shares, &team, october), []);
    }

    #[test]
    fn somebody_whose_hours_change_within_a_week_is_one_person() {
        let [mut before, mut after] = [member("a1", "40"), member("a2", "20")];
        for row in [&mut before, &mut after] {
            row.name = "A".to_owned();
        }
        before.valid_to = Some("2026-11-18".parse().unwrap());
        after.valid_from = "2026-11-18".parse().unwrap();
        let (team, week) = ([before, after], "2026-W47".parse().unwrap());
        let missing = |shares: &[EffortShare]| missing(shares, &team, [week].into_iter()).len();
        assert_eq!(hours_per_week(None, &team, week).to_string(), "40");
        assert_eq!(missing(&[]), 1);
        assert_eq!(missing(&[share("2026-W47", Some("a1"), None, WorkKind::Support, "1")]), 0);
        assert_eq!(missing(&[share("2026-W47", Some("a2"), None, WorkKind::Support, "1")]), 0);
    }

    #[test]
    fn all_faults_of_a_week_are_told_at_once() {
        let entry = |person: &str, component: &str, share: &str| EffortEntry {
            person: Some(person.to_owned()),
            shares: vec![NewShare {
                component: Some(component.to_owned()),
                roadmap_item: None,
                kind: WorkKind::Toil,
                share: share.parse().unwrap(),
            }],
        };
        let new =
            NewEffortWeek { entries: vec![entry("a", "nowhere", "0.9"), entry("a", "db", "1"), entry("x", "db", "1")] };
        let components = HashMap::from([("db".to_owned(), "db".to_owned())]);
        let known = Named { components, ..Named::default() };
        let failure = checked(&new, "p", "2026-W40".parse().unwrap(), &[member("a", "40")], &known).unwrap_err();
        let codes: Vec<_> = failure.faults().iter().map(|fault| fault.code.as_ref()).collect();
        assert_eq!(codes, ["sum", "unknown_reference", "twice", "unknown_reference"]);
    }
}
