//! What was done that nobody notices when it is done well: recovery tests, activities.

use super::row;
use crate::{
    components::{Component, RecoveryResult, RecoveryTest, recovery},
    effort::{Activity, WorkKind},
    kernel::month::Month,
    reports::{
        facts::{Fact, FactRow, Facts, Input},
        gather::Material,
    },
};
use chrono::Days;
use serde_json::json;

pub fn add(facts: &mut Facts, material: &Material) {
    let tests: Vec<_> = material.tests.iter().filter(|test| Month::of(test.on) == material.month).collect();
    let those = |wanted: &dyn Fn(&RecoveryTest) -> bool| {
        tests.iter().filter(|test| wanted(test)).map(|test| test_row(material, test)).collect::<Vec<_>>()
    };
    facts.add(Fact::count("recovery.tests", "recovery tests of the month", those(&|_| true)));
    for result in RecoveryResult::ALL {
        let formula = format!("recovery tests of the month with the result '{result}'");
        facts.add(Fact::count(format!("recovery.{result}"), formula, those(&|test| test.result == *result)));
    }
    for earlier in material.recorded() {
        let month = earlier.of(material.month);
        let rows = material.tests.iter().filter(|test| Month::of(test.on) == month);
        let rows = rows.map(|test| test_row(material, test)).collect();
        let formula = format!("recovery tests {}", earlier.words());
        facts.add(Fact::count(earlier.fact("recovery.tests"), formula, rows));
    }
    add_overdue(facts, material);
    let done = |wanted: &dyn Fn(&Activity) -> bool| {
        material.activities.iter().filter(|activity| wanted(activity)).map(activity_row).collect::<Vec<_>>()
    };
    facts.add(Fact::count("activities.count", "activities of the month", done(&|_| true)));
    facts.add(Fact::count("activities.unplanned", "activities that were not planned", done(&|one| !one.planned)));
    for kind in WorkKind::ALL {
        let formula = format!("activities of the kind '{kind}'");
        facts.add(Fact::count(format!("activities.kind.{kind}"), formula, done(&|one| one.kind == *kind)));
    }
}

fn add_overdue(facts: &mut Facts, material: &Material) {
    let on = material.month.next().first_day() - Days::new(1);
    let rows = material.components.iter().filter_map(|component| {
        let last = material.tests.iter().rev().find(|test| test.component == component.key.as_text());
        let standing = recovery(component, last, on);
        standing.overdue.then(|| {
            row([
                ("component", json!(component.key)),
                ("tier", json!(component.tier)),
                ("last_test", json!(standing.last_test.as_ref().map(|test| test.on))),
                ("result", json!(standing.last_test.as_ref().map(|test| test.result))),
            ])
        })
    });
    let formula = "components of tier 1, not retired, without a recovery test in the 12 months up to the day";
    let fact = Fact::count("recovery.overdue", formula, rows.collect());
    facts.add(fact.inputs([Input::of("judged_on", on.to_string().as_str())]));
}

fn test_row(material: &Material, test: &RecoveryTest) -> FactRow {
    let component = material.components.iter().find(|component| component.key.as_text() == test.component);
    let promised = |of: fn(&Component) -> Option<i64>| component.and_then(of);
    row([
        ("recovery_test", json!(test.id)),
        ("on", json!(test.on)),
        ("component", json!(test.component)),
        ("scenario", json!(test.scenario)),
        ("result", json!(test.result)),
        ("achieved_rto_minutes", json!(test.achieved_rto_minutes)),
        ("rto_minutes", json!(promised(|component| component.rto_minutes))),
        ("achieved_rpo_minutes", json!(test.achieved_rpo_minutes)),
        ("rpo_minutes", json!(promised(|component| component.rpo_minutes))),
        ("evidence", json!(test.evidence)),
    ])
}

fn activity_row(activity: &Activity) -> FactRow {
    row([
        ("activity", json!(activity.id)),
        ("on", json!(activity.on)),
        ("component", json!(activity.component)),
        ("kind", json!(activity.kind)),
        ("planned", json!(activity.planned)),
        ("summary", json!(activity.summary)),
    ])
}
