//! The register of what things are worth, as far as the month's claims are computed with it.

use super::{Story, shipped::driver_name};
use crate::{
    impact::{ValueDriver, assumptions::overlaps},
    kernel::dated::in_force,
    reports::{
        document::{Block, Inline, Table, figures, heading, paragraph, words},
        figures::{driver_fact, used_drivers},
    },
};
use chrono::NaiveDate;
use std::collections::BTreeSet;

pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let mut blocks = vec![heading("What things are taken to be worth")];
    let rows: Vec<_> = used_drivers(story.material).map(|driver| row(story, driver)).collect();
    if rows.is_empty() {
        blocks.push(paragraph(["No claim of the month is computed with such an amount.".into()]));
        return blocks;
    }
    blocks.push(Block::Table(Table {
        caption: "The value drivers that the month's claims are computed with.".to_owned(),
        columns: vec![words("Value driver"), words("Of what"), figures("Amount"), words("Since"), words("Who agreed")],
        rows,
        sums: None,
    }));
    blocks.extend(doubled(story).into_iter().map(|said| paragraph([said.into()])));
    blocks
}

/// Where two amounts speak of one thing, and the month's worth is computed with at least one of them: each two once.
fn doubled(story: &Story<'_>) -> Vec<String> {
    let material = story.material;
    let components_of = material.slos.iter().map(|slo| (slo.key.to_string(), slo.component.clone())).collect();
    let (mut told, mut said) = (BTreeSet::new(), Vec::new());
    for driver in used_drivers(material) {
        for other in overlaps(driver, &material.worth.drivers, material.month, &components_of) {
            let both = BTreeSet::from([driver.id.clone(), other.value_driver]);
            if told.insert(both) {
                said.push(format!(
                    "“{}” and “{}” put two prices on one thing: {}. Which of them holds is for those to say who agree to them.",
                    driver.name,
                    other.name,
                    other.components.iter().chain(&other.slos).map(String::as_str).collect::<Vec<_>>().join(", "),
                ));
            }
        }
    }
    said
}

fn row(story: &Story<'_>, driver: &ValueDriver) -> Vec<Vec<Inline>> {
    let there = in_force(&driver.amounts, story.material.month.first_day());
    let since = there.map_or_else(|| "–".to_owned(), |amount| dated(amount.valid_from));
    let name = |id: Option<&String>| id.and_then(|id| story.material.worth.name(id)).map(ToOwned::to_owned);
    let agreed = there.and_then(|amount| {
        let who = name(amount.agreed_by.as_ref()).unwrap_or_else(|| "its stakeholder".to_owned());
        Some(format!("{who}, {}", dated(story.material.day(amount.agreed_at?))))
    });
    let agreed = agreed.unwrap_or_else(|| match name(driver.stakeholder.as_ref()) {
        Some(who) => format!("nobody; it is {who}'s to say"),
        None => "nobody".to_owned(),
    });
    vec![
        vec![driver.name.as_str().into()],
        vec![driver_name(driver.kind).into()],
        vec![story.fact(&driver_fact(driver))],
        vec![since.into()],
        vec![agreed.into()],
    ]
}

fn dated(on: NaiveDate) -> String {
    on.format("%-d\u{a0}%B\u{a0}%Y").to_string()
}
