//! The tiny month against what may be spent in its fiscal year, which here begins in September.

use super::{amount, both_rates, head, labour, material, page, paragraphs, product, said};
use crate::{
    costs::{Budget, NewBudget},
    effort::Nature,
    reports::{Draft, document::Block, gather::Material},
    stakeholders::StakeholderGroup,
};
use serde_json::json;

fn budget(component: Option<&str>, amount: &str) -> Budget {
    let sent = json!({ "fiscal_year": "FY2026", "amount": { "amount": amount, "currency": "EUR" } });
    let new: NewBudget = serde_json::from_value(sent).unwrap();
    let (product, id) = (product(), component.unwrap_or("all"));
    new.into_row(&product.product_id(), product.currency, component.map(ToOwned::to_owned), head(id)).unwrap()
}

fn planned(budgets: Vec<Budget>) -> Material {
    let mut material = material(&both_rates());
    material.product.fiscal_year_start = 9;
    material.budgets = budgets;
    material
}

/// With ten hours of August, so that there are three months to go on from.
fn with_august() -> Material {
    let mut material = planned(vec![budget(None, "12000"), budget(Some("db"), "9000")]);
    material.ledger.lines.push(labour("2026-08", Some("db"), Nature::Run, 10));
    material
}

/// The rows of the section's table of budgets.
fn table(draft: &Draft) -> Vec<Vec<String>> {
    let cost = draft.document.sections.iter().find(|section| section.key.as_text() == "cost").unwrap();
    let rows = cost.blocks.iter().find_map(|block| match block {
        Block::Table(table) if table.caption.starts_with("Budgets") => Some(&table.rows),
        _ => None,
    });
    rows.into_iter().flatten().map(|row| row.iter().map(|cell| said(cell)).collect()).collect()
}

#[test]
fn a_budget_is_told_with_what_is_spent_and_where_the_year_will_end() {
    let draft = Draft::of(&with_august());
    for (name, expected) in [
        ("budget.product.planned", "12000"),
        // 961.7 + 1061.7
        ("budget.product.actual", "2023.4"),
        // and 831.7
        ("budget.product.basis", "2855.1"),
        // 2023.4 + 10 × 951.7
        ("budget.product.forecast", "11540.4"),
        ("budget.product.variance", "-459.6"),
        // 911.7 + 845.36
        ("budget.component.db.actual", "1757.06"),
        // 1757.06 + 10 × 862.92
        ("budget.component.db.forecast", "10386.26"),
        ("budget.component.db.variance", "1386.26"),
    ] {
        assert_eq!(amount(&draft.facts, name), expected, "{name}");
    }
    assert_eq!(draft.facts.number("budget.year_elapsed").known().unwrap().to_string(), "0.166666666667");
    let told = paragraphs(&draft, "cost");
    assert_eq!(
        told[told.len() - 2..],
        [
            "For FY2026, EUR 12,000 may be spent. By the end of October EUR 2,023 was spent, 17\u{a0}% of it, when \
             17\u{a0}% of the year was over.",
            "If all goes on as it did, the year will cost EUR 11,540, EUR 460 less than planned.",
        ]
    );
    let Some(Block::List { items }) = draft.document.about.groups[&StakeholderGroup::Finance].first() else {
        panic!("finance is told nothing")
    };
    assert_eq!(said(&items[1]), told[told.len() - 1]);
    assert_eq!(table(&draft), [["Database", "9,000", "1,757", "20\u{a0}%", "10,386", "1,386"]]);
    assert!(page(&draft).contains("the last three that are over (2026-08, 2026-09, 2026-10)"), "how it is computed");
    assert!(!page(&draft).contains("83.17"), "no rate");
}

#[test]
fn what_is_not_known_of_a_budget_is_said() {
    let draft = Draft::of(&planned(vec![budget(None, "12000")]));
    let why = "no cost is recorded for 2026-08";
    assert_eq!(amount(&draft.facts, "budget.product.actual"), "2023.4");
    assert_eq!(draft.facts.get("budget.product.forecast").unwrap().unknown.as_deref(), Some(why));
    let told = paragraphs(&draft, "cost");
    assert_eq!(told[told.len() - 1], format!("What the whole year will cost is not known: {why}."));
    let mut material = planned(vec![budget(None, "12000")]);
    material.product.fiscal_year_start = 8;
    let told = paragraphs(&Draft::of(&material), "cost");
    let expected = format!("For FY2026, EUR 12,000 may be spent. How much of it is spent is not known: {why}.");
    assert_eq!(told[told.len() - 1], expected);
}

#[test]
fn a_year_that_ends_with_the_month_costs_what_it_cost() {
    let mut material = planned(vec![budget(None, "12000"), budget(Some("ci"), "0")]);
    material.product.fiscal_year_start = 11;
    for month in ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07"] {
        material.ledger.lines.push(labour(month, None, Nature::Run, 1));
    }
    material.ledger.lines.push(labour("2026-08", None, Nature::Run, 1));
    let draft = Draft::of(&material);
    // 10 × 83.17 + 961.7 + 1061.7
    assert_eq!(amount(&draft.facts, "budget.product.forecast"), "2855.1");
    assert!(draft.facts.get("budget.product.basis").is_none(), "there is nothing left to forecast");
    assert!(paragraphs(&draft, "cost").last().unwrap().starts_with("The year cost EUR 2,855, EUR 9,145 less"));
    assert_eq!(table(&draft), [["Builds", "0", "100", "not known", "100", "100"]]);
}

#[test]
fn without_a_budget_nothing_is_said_of_one() {
    let draft = Draft::of(&planned(Vec::new()));
    assert!(!draft.facts.iter().any(|fact| fact.name.starts_with("budget.")));
    assert!(!page(&draft).contains("Against the budget"));
    let only = Draft::of(&planned(vec![budget(Some("db"), "9000")]));
    let told = paragraphs(&only, "cost");
    assert!(told[told.len() - 1].ends_with("of FY2026 was over. There is no budget of everything."), "{told:?}");
}
