//! Returns worked out by hand.

use super::*;
use crate::{
    costs::{
        Category,
        ledger::{LineSource, Rates},
    },
    effort::Nature,
    impact::totals::tests::{claim, value},
    kernel::{money::Amounts, text::JsonText},
    products::LabourFrom,
};
use proptest::prelude::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn line(of: &str, amount: Option<&str>) -> Line {
    let mut amounts = Amounts::default();
    if let Some(amount) = amount {
        amounts.add(Money::new(dec(amount), Currency::EUR));
    }
    Line {
        month: month(of),
        component: None,
        roadmap_item: Some("OPS-1".to_owned()),
        category: Category::Labour,
        nature: Nature::Grow,
        from: LineSource::Effort,
        allocation: None,
        hours: dec("10"),
        amounts,
        missing: amount.is_none().then(|| "no labour rate".to_owned()),
    }
}

fn expectation(given_at: &str, monthly: &str) -> Expectation {
    Expectation {
        product_id: "p".to_owned(),
        impact_claim: given_at.to_owned(),
        roadmap_item: "OPS-1".to_owned(),
        title: "Quick".to_owned(),
        benefit: Benefit::CashReleased,
        from: month("2026-08"),
        to: month("2027-08"),
        expected_monthly: JsonText::new(Money::new(dec(monthly), Currency::EUR)),
        given_at: given_at.parse().unwrap(),
    }
}

fn rows(lines: Vec<Line>, months: Vec<MonthValue>) -> Vec<ReturnRow> {
    let ledger = Ledger::new(Currency::EUR, Rates::default(), LabourFrom::Effort, Vec::new(), lines);
    let item = Planned {
        reference: "OPS-1".to_owned(),
        title: "Quick".to_owned(),
        status: ItemStatus::Planned,
        planned_at: Some("2026-05-01T00:00:00Z".parse().unwrap()),
        shipped_on: None,
    };
    let values = BTreeMap::from([("a".to_owned(), months)]);
    let expectations = [expectation("2026-04-30T08:00:00Z", "100"), expectation("2026-06-01T08:00:00Z", "7")];
    let returns = Returns {
        items: &[item],
        claims: &[claim("a", "cash_released", Some("OPS-1"))],
        values: &values,
        expectations: &expectations,
        ledger: &ledger,
        zone: Tz::UTC,
        to: month("2026-11"),
    };
    returns.view().items
}

/// Planned were 100 a month for twelve months, 300 of it for August to October. It cost 60 in July and 30 in August;
/// accepted, at half weight, are 40 of August, 80 of September and a loss of 30 of October: 90 of 90, paid back in
/// September (120 of 90) and still by October. Capacity that came of it stands apart, with the same cost.
#[test]
fn what_was_planned_stands_beside_what_came_and_what_it_cost() {
    use Benefit::{CapacityFreed, CashReleased};
    let months = vec![
        value("2026-08", Standing::Accepted, &[(CashReleased, "80"), (CapacityFreed, "5")], Some("100")),
        value("2026-09", Standing::Accepted, &[(CashReleased, "160")], Some("100")),
        value("2026-10", Standing::Accepted, &[(CashReleased, "-30")], Some("100")),
    ];
    let rows = rows(vec![line("2026-07", Some("60")), line("2026-08", Some("30"))], months);
    let amount = |money: Option<Money>| money.map(|money| money.amount.normalize().to_string());
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let sums = [row.planned, row.planned_by_now, Some(row.came.accepted_weighted), row.cost].map(amount);
            (row.benefit, sums.map(|sum| sum.unwrap_or_default()), row.paid_back_in.map(|month| month.to_string()))
        })
        .collect();
    let sums = |sums: [&str; 4]| sums.map(ToOwned::to_owned);
    assert_eq!(
        told,
        [
            (CashReleased, sums(["1200", "300", "90", "90"]), Some("2026-09".to_owned())),
            (CapacityFreed, sums(["", "", "2.5", "90"]), None),
        ]
    );
    assert_eq!((rows[0].ratio, rows[0].hours), (Some(Ratio(Decimal::ONE)), Quantity::rounded(dec("20"))));
    let when: Vec<_> = rows[0].expectations.iter().map(|one| one.when).collect();
    assert_eq!(when, [ExpectedWhen::Planned, ExpectedWhen::Added], "what came later is not the plan");
}

#[test]
fn a_cost_that_is_not_known_has_no_return_and_is_never_nothing() {
    let months = || vec![value("2026-08", Standing::Accepted, &[(Benefit::CashReleased, "80")], None)];
    let unknown = &rows(vec![line("2026-07", None)], months())[0];
    assert_eq!((unknown.cost, unknown.ratio, unknown.paid_back_in), (None, None, None));
    assert_eq!(unknown.unknown.as_deref(), Some("no labour rate"));
    let nothing = &rows(Vec::new(), months())[0];
    assert_eq!((nothing.ratio, nothing.paid_back_in), (None, None), "nothing ÷ nothing is no return");
}

proptest! {
    /// Payback against an oracle that looks at every month: the first from which gains never fall behind cost again.
    #[test]
    fn paid_back_is_the_first_month_from_which_gains_cover_cost_for_good(
        flows in prop::collection::vec((0..50_i64, -20..60_i64), 1..24),
    ) {
        let at = |index: usize| month("2025-01").plus(i32::try_from(index).unwrap());
        let of = |pick: fn(&(i64, i64)) -> i64| -> BTreeMap<Month, Decimal> {
            flows.iter().enumerate().map(|(index, flow)| (at(index), Decimal::from(pick(flow)))).collect()
        };
        let cost = Cost { total: Figure::Unknown(String::new()), hours: Decimal::ZERO, by_month: of(|flow| flow.0) };
        let covered = |until: usize| flows[..=until].iter().map(|(cost, gain)| gain - cost).sum::<i64>() >= 0;
        let for_good = |from: &usize| (*from..flows.len()).all(covered);
        let spent = flows.iter().any(|(cost, _)| *cost > 0);
        let oracle = (0..flows.len()).find(for_good).filter(|_| spent).map(at);
        prop_assert_eq!(cost.paid_back(&of(|flow| flow.1)), oracle);
    }
}
