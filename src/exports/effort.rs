//! `effort`: where the team's weeks went.

use super::{DELETED_AT, Dataset, DatasetColumn as Column, PRODUCT, Selection, Sheet, each_row};
use crate::{
    effort::{EffortShare, WorkKind, hours_per_week},
    kernel::{db::Conn, failure::Failure, money::settle, month::Week, schema::effort_shares},
    products::{self, Product, TeamMember},
};
use diesel::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

pub const DATASET: Dataset = Dataset {
    name: "effort",
    title: "Effort",
    description: "Where the team's weeks went. Owners and editors get a row for each share of a person's week; to \
                  everyone else they are summed over persons: a row for each week, component and kind.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("id", "The week and the row's place in it; empty for a sum over persons.").or_null(),
        Column::text("week", "The ISO 8601 week, such as `2026-W45`."),
        Column::date("monday", "The day the week begins."),
        Column::text("person", "The team member's name; empty for the whole team and for a sum over persons.")
            .or_null(),
        Column::text("component", "What was worked on; empty for work on no component.")
            .or_null()
            .naming("components", "key"),
        Column::text(
            "kind",
            "`patching`, `upgrade`, `recovery_test`, `on_call`, `incident_response`, `support`, `toil`, `security`, \
             `capacity`, `improvement`, `new_capability` or `overhead`.",
        ),
        Column::text("nature", "What the kind is for the business: `run`, `grow` or `transform`."),
        Column::number(
            "share",
            "share",
            "0 to 1: of the person's week, or of the team's where there is no person. Empty when the team has no hours.",
        )
        .or_null(),
        Column::number("hours", "hours", "The share of the hours per week of the person, or of the team."),
        Column::text("roadmap_item", "The change that was worked on; empty for work on none, and for a sum over persons.")
            .or_null()
            .naming("roadmap_items", "ref"),
    ],
    key: &["week", "component", "kind", "id"],
    period: Some("monday"),
    rows,
};

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let team = products::store::team(conn, &product.product_id())?;
    let (from, to) = selection.days();
    let wanted = effort_shares::table
        .filter(effort_shares::product_id.eq(&product.id))
        .filter(effort_shares::monday.ge(from))
        .filter(effort_shares::monday.lt(to))
        .order((effort_shares::monday, effort_shares::position));
    let mut sums = Sums::default();
    each_row!(conn, wanted.select(EffortShare::as_select()), |share: EffortShare| {
        if selection.persons {
            put_share(&share, &team, sheet)?;
        } else {
            if sums.week.is_some_and(|week| week != share.week) {
                sums.put(&team, sheet)?;
            }
            sums.add(share, &team);
        }
    });
    sums.put(&team, sheet)
}

fn put_share(share: &EffortShare, team: &[TeamMember], sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let person = share.person.as_ref().and_then(|id| team.iter().find(|member| member.id == *id));
    let hours = share.share.get() * hours_per_week(share.person.as_deref(), team, share.week);
    sheet.row().put(format!("{}-{}", share.week, share.position).as_str());
    sheet.put(share.week.as_text()).put(share.monday).put(person.map(|member| member.name.as_str()));
    sheet.put(share.component.as_deref()).put(share.kind.as_text()).put(share.kind.nature().as_text());
    sheet.put(share.share).put(settle(hours)).put(share.roadmap_item.as_deref()).end()
}

/// The hours of one week, whoever worked them.
#[derive(Default)]
struct Sums {
    week: Option<Week>,
    hours: BTreeMap<(Option<String>, WorkKind), Decimal>,
}

impl Sums {
    fn add(&mut self, share: EffortShare, team: &[TeamMember]) {
        let hours = share.share.get() * hours_per_week(share.person.as_deref(), team, share.week);
        self.week = Some(share.week);
        *self.hours.entry((share.component, share.kind)).or_default() += hours;
    }

    /// Puts what was summed, if anything was, and begins again.
    fn put(&mut self, team: &[TeamMember], sheet: &mut Sheet<'_>) -> Result<(), Failure> {
        let Some(week) = self.week.take() else { return Ok(()) };
        let whole = hours_per_week(None, team, week);
        for ((component, kind), hours) in std::mem::take(&mut self.hours) {
            sheet.row().null().put(week.as_text()).put(week.monday()).null();
            sheet.put(component.as_deref()).put(kind.as_text()).put(kind.nature().as_text());
            sheet.put((!whole.is_zero()).then(|| settle(hours / whole))).put(settle(hours)).null().end()?;
        }
        Ok(())
    }
}
