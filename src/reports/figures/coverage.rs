//! How much of the month is known at all.

use super::{UNALLOCATED, row};
use crate::{
    components::Lifecycle,
    effort,
    kernel::{
        figure::Figure,
        month::{Month, Week},
    },
    reports::{
        facts::{Fact, Facts, SHARE, ratio},
        gather::Material,
    },
};
use rust_decimal::Decimal;
use serde_json::json;

pub fn add(facts: &mut Facts, material: &Material) {
    add_effort(facts, material, "coverage.effort", material.month);
    add_effort(facts, material, "coverage.effort.previous", material.month.previous());
    let amount = |name| facts.money(name).map(|money| money.amount);
    let share = ratio(amount(UNALLOCATED), amount("cost.total"), "the month cost nothing");
    let fact = Fact::new("coverage.unallocated_share", SHARE, share, format!("{UNALLOCATED} ÷ cost.total"));
    facts.add(fact.inputs(facts.inputs(&[UNALLOCATED, "cost.total"])));
    let orphans = material.components.iter().filter(|one| one.owner.is_none() && one.lifecycle != Lifecycle::Retired);
    let rows = orphans.map(|one| row([("component", json!(one.key)), ("lifecycle", json!(one.lifecycle))]));
    let formula = "components that are not retired and have no owner";
    facts.add(Fact::count("coverage.without_owner", formula, rows.collect()));
}

/// Which part of the team's weeks was written down; week by week behind it, never who.
fn add_effort(facts: &mut Facts, material: &Material, name: &str, month: Month) {
    let gaps = effort::gaps(&material.shares, &material.team, month);
    let (mut expected, mut recorded, mut rows) = (0_usize, 0_usize, Vec::new());
    for week in Week::in_month(month) {
        let there = material.team.iter().filter(|member| member.is_there_in(week)).count();
        let written = there.saturating_sub(gaps.iter().filter(|gap| gap.week == week).count());
        rows.push(row([("week", json!(week)), ("expected", json!(there)), ("recorded", json!(written))]));
        expected += there;
        recorded += written;
    }
    let count = |number: usize| Figure::Known(Decimal::from(number));
    let share = ratio(count(recorded), count(expected), "nobody was in the team");
    let formula = "weeks of people that are recorded ÷ weeks of people in the team";
    facts.add(Fact::new(name, SHARE, share, formula).rows(rows.clone()));
    let missing = Figure::Known(Decimal::from(expected - recorded));
    let formula = "weeks of people in the team − weeks of people that are recorded";
    facts.add(Fact::new(format!("{name}.missing"), "weeks of one person", missing, formula).rows(rows));
}
