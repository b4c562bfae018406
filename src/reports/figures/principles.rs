//! What users may count on: which component keeps to which principle by the month's end, and how that moved.

use super::row;
use crate::{
    kernel::{figure::Figure, quantity::Ratio},
    principles::{
        AdherenceLevel,
        scorecard::{FORMULA, Levels, NOTHING_ASSESSED, ScorecardCell, ScorecardTally, ScorecardView, quarter_before},
    },
    reports::{
        facts::{Fact, FactRow, Facts, Input, SHARE, TEXT},
        gather::Material,
    },
};
use chrono::Days;
use rust_decimal::Decimal;
use serde_json::json;

/// What share of all that was assessed is followed; `.previous` is of the end of the quarter before.
pub const FOLLOWED: &str = "principles.followed";
/// How many cells nobody assessed.
pub const NOT_ASSESSED: &str = "principles.not_assessed";
/// How many cells break a principle.
pub const VIOLATED: &str = "principles.violated";

/// The fact of a principle's share or count.
pub fn principle_fact(principle: &str, what: &str) -> String {
    format!("principle.{principle}.{what}")
}

/// The fact of what was found of a component.
pub fn cell_fact(cell: &ScorecardCell) -> String {
    format!("principle.{}.component.{}", cell.principle, cell.component)
}

/// The scorecard of the month's last day, compared with the quarter before that day's.
pub fn scorecard(material: &Material) -> ScorecardView {
    let on = material.month.next().first_day() - Days::new(1);
    let before = quarter_before(on, material.product.fiscal_year_start);
    ScorecardView::new((before, on), &material.components, &material.principles, &material.findings)
}

pub fn add(facts: &mut Facts, material: &Material) {
    if material.principles.is_empty() {
        return;
    }
    let card = scorecard(material);
    let told = |is: &dyn Fn(&ScorecardCell) -> bool| -> Vec<FactRow> {
        card.cells.iter().filter(|cell| is(cell)).map(|cell| told(&card, cell)).collect()
    };
    let assessed = |cell: &ScorecardCell| cell.level.height().is_some();
    let assessed_before = |cell: &ScorecardCell| cell.level_before.height().is_some();
    add_share(facts, FOLLOWED, &card.whole, &card, [told(&assessed), told(&assessed_before)]);
    let formula = "components × principles of which nobody knew by the month's end";
    facts.add(Fact::count(NOT_ASSESSED, formula, told(&|cell| !assessed(cell))));
    let violates = |cell: &ScorecardCell| cell.level == AdherenceLevel::Violates;
    facts.add(Fact::count(VIOLATED, "components × principles that were found to be broken", told(&violates)));
    for one in &card.principles {
        let name = |what: &str| principle_fact(&one.principle, what);
        let mine = |cell: &ScorecardCell| cell.principle == one.principle;
        for level in AdherenceLevel::ALL {
            let rows = told(&|cell| mine(cell) && cell.level == *level);
            let formula = format!("components of which '{level}' was found last by the month's end");
            facts.add(Fact::count(name(level.as_text()), formula, rows));
        }
        let rows = [told(&|cell| mine(cell) && assessed(cell)), told(&|cell| mine(cell) && assessed_before(cell))];
        add_share(facts, &name("followed"), &one.tally, &card, rows);
    }
    for cell in card.cells.iter().filter(|cell| assessed(cell)) {
        let level = Figure::Known(cell.level.as_text());
        let fact = Fact::new(cell_fact(cell), TEXT, level, "what was found last by the month's end");
        facts.add(fact.rows(vec![self::told(&card, cell)]));
    }
}

fn add_share(facts: &mut Facts, name: &str, tally: &ScorecardTally, card: &ScorecardView, rows: [Vec<FactRow>; 2]) {
    let unknown = || Figure::Unknown(NOTHING_ASSESSED.to_owned());
    let share = |share: Option<Ratio>| share.map_or_else(unknown, |share| Figure::Known(share.0));
    let inputs = |levels: Levels| {
        let counts = [("follows", levels.follows), ("partly", levels.partly), ("violates", levels.violates)];
        counts.map(|(name, count)| Input::of(name, Decimal::from(count)))
    };
    let [now, then] = rows;
    facts.add(Fact::new(name, SHARE, share(tally.share), FORMULA).inputs(inputs(tally.now)).rows(now));
    let formula = format!("{FORMULA}; as of {}, of the same components and principles", card.compared_with);
    let before = Fact::new(format!("{name}.previous"), SHARE, share(tally.share_before), formula);
    facts.add(before.inputs(inputs(tally.then)).rows(then));
}

fn told(card: &ScorecardView, cell: &ScorecardCell) -> FactRow {
    let principle = card.principles.iter().find(|one| one.principle == cell.principle);
    row([
        ("principle", json!(principle.map(|one| &one.statement))),
        ("component", json!(cell.component)),
        ("level", json!(cell.level)),
        ("level_before", json!(cell.level_before)),
        ("assessed_on", json!(cell.assessed_on)),
        ("evidence", json!(cell.evidence)),
    ])
}
