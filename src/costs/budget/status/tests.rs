use super::*;
use crate::{
    costs::{
        Category, NewBudget,
        ledger::{LineSource, Rates},
    },
    effort::Nature,
    kernel::{auth::ProductId, db::Head, money::Amounts},
    products::LabourFrom,
};
use proptest::prelude::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn year(text: &str) -> FiscalYear {
    text.parse().unwrap()
}

fn budget(component: Option<&str>, of: &str, amount: &str) -> Budget {
    let amount = Money::new(amount.parse().unwrap(), Currency::EUR);
    let new = NewBudget { component: None, fiscal_year: year(of), amount };
    let id = ProductId::known("shop".to_owned());
    new.into_row(&id, Currency::EUR, component.map(ToOwned::to_owned), Head::trial()).unwrap()
}

fn line(month: Month, component: Option<&str>, amount: Decimal) -> Line {
    let mut amounts = Amounts::default();
    amounts.add(Money::new(amount, Currency::EUR));
    Line {
        month,
        component: component.map(ToOwned::to_owned),
        roadmap_item: None,
        category: Category::Other,
        nature: Nature::Run,
        from: LineSource::Entry,
        allocation: None,
        hours: Decimal::ZERO,
        amounts,
        missing: None,
    }
}

fn ledger(lines: Vec<Line>) -> Ledger {
    Ledger::new(Currency::EUR, Rates::default(), LabourFrom::Effort, lines, Vec::new())
}

#[test]
fn a_year_is_as_far_as_its_months_are_over() {
    let course = |of: &str, start, last: &str| Course::at(year(of), start, month(last));
    let told = |course: Course| (course.months_closed(), course.months_left(), course.basis.from.to_string());
    assert_eq!(told(course("FY2026", 1, "2026-10")), (10, 2, "2026-08".to_owned()));
    assert_eq!(told(course("FY2026", 4, "2026-04")), (1, 11, "2026-02".to_owned()));
    assert_eq!(told(course("FY2025", 1, "2026-10")), (12, 0, "2025-10".to_owned()));
    assert_eq!(told(course("FY2028", 1, "2026-10")), (0, 12, "2026-08".to_owned()));
    let reads = course("FY2026", 4, "2026-04").reads();
    assert_eq!((reads.from, reads.to), (month("2026-02"), month("2026-05")));
    let reads = course("FY2028", 1, "2026-10").reads();
    assert!(reads.from <= month("2026-08") && reads.to >= month("2026-11"), "{reads:?}");
    let reads = course("FY2899", 1, "2026-10").reads();
    assert_eq!((reads.from, reads.to), (month("2026-08"), month("2026-11")), "no month of the centuries before");
    let reads = course("FY2025", 1, "2026-10").reads();
    assert_eq!((reads.from, reads.to), (month("2025-01"), month("2026-01")));
}

proptest! {
    /// Against integers: 10⁻¹² parts, in which nothing is rounded but the forecast.
    #[test]
    fn sums_equal_the_integer_oracle(
        parts in prop::collection::vec((0..13_i32, any::<bool>(), -10_i64.pow(16)..10_i64.pow(16)), 0..80),
        last in 3..12_i32,
    ) {
        let first = month("2025-12");
        let mut lines: Vec<Line> = parts
            .iter()
            .map(|(at, mine, amount)| line(first.plus(*at), mine.then_some("ci"), Decimal::new(*amount, 12)))
            .collect();
        // Every month is recorded.
        lines.extend((0..13).map(|at| line(first.plus(at), None, Decimal::ZERO)));
        let ledger = ledger(lines);
        let course = Course::at(year("FY2026"), 1, first.plus(last));
        let budgets = [budget(None, "FY2026", "1000000"), budget(Some("ci"), "FY2026", "0")];
        let told = BudgetStatusView::new(course, &budgets, &ledger);
        for row in &told.items {
            let sum = |from: i32, to: i32| -> i128 {
                let meant = |at: i32, mine: bool| (from..=to).contains(&at) && (row.component.is_none() || mine);
                parts.iter().filter(|(at, mine, _)| meant(*at, *mine)).map(|(_, _, amount)| i128::from(*amount)).sum()
            };
            let (actual, basis, left) = (sum(1, last), sum(last - 2, last), i128::from(12 - last));
            let money = |parts: i128| Some(Money::new(Decimal::from_i128_with_scale(parts, 12), Currency::EUR));
            prop_assert_eq!(row.actual, money(actual));
            prop_assert_eq!(row.forecast.basis, money(basis));
            let months: Decimal = row.months.iter().filter_map(|month| month.cost).map(|cost| cost.amount).sum();
            prop_assert_eq!(Some(months), row.actual.map(|actual| actual.amount));
            prop_assert_eq!(row.remaining.map(|rest| rest.amount + months), Some(row.budget.amount));
            // Thirds of a part never lie in the middle.
            let thirds = 3 * actual + left * basis;
            prop_assert_eq!(row.forecast.amount, money((2 * thirds + 3).div_euclid(6)));
            prop_assert_eq!(row.forecast.variance.map(|over| over.amount + row.budget.amount),
                            row.forecast.amount.map(|forecast| forecast.amount));
        }
    }
}
