use super::*;
use crate::{
    costs::{ExchangeRate, NewExchangeRate, ledger::Rates},
    kernel::{auth::ProductId, db::Head, money::Amounts},
    products::LabourFrom,
};
use proptest::prelude::*;

const BEFORE: &str = "2026-09";
const AFTER: &str = "2026-10";

fn line(month: &str, component: &str, category: Category, item: Option<&str>, amounts: &[(&str, Currency)]) -> Line {
    let mut sums = Amounts::default();
    for (amount, currency) in amounts {
        sums.add(Money::new(amount.parse().unwrap(), *currency));
    }
    Line {
        month: month.parse().unwrap(),
        component: Some(component.to_owned()),
        roadmap_item: item.map(ToOwned::to_owned),
        category,
        nature: Nature::Run,
        from: LineSource::Entry,
        allocation: None,
        hours: Decimal::ZERO,
        amounts: sums,
        missing: None,
    }
}

fn rate(month: &str, rate: &str) -> ExchangeRate {
    let new = NewExchangeRate {
        from: Currency::USD,
        to: Currency::EUR,
        month: month.parse().unwrap(),
        rate: rate.parse().unwrap(),
    };
    new.into_row(&ProductId::known("shop".to_owned()), Head::trial()).unwrap()
}

fn ledger(rates: &[ExchangeRate], lines: Vec<Line>) -> Ledger {
    Ledger::new(Currency::EUR, Rates::new(rates), LabourFrom::CostEntries, lines, Vec::new())
}

fn asked(of: MovedCost) -> MoversAsked {
    let query = MoversQuery { month: Some(AFTER.parse().unwrap()), since: None, of: Some(of) };
    query.asked(AFTER.parse().unwrap()).unwrap()
}

fn euros(amount: &str) -> Option<Money> {
    Some(Money::new(amount.parse().unwrap(), Currency::EUR))
}

#[test]
fn the_furthest_comes_first_and_what_is_not_known_last() {
    let eur = |amount| [(amount, Currency::EUR)];
    let infra = Category::Infrastructure;
    let lines = vec![
        line(BEFORE, "ci", infra, None, &eur("100")),
        line(AFTER, "ci", infra, None, &eur("130")),
        line(AFTER, "ci", Category::Licence, None, &eur("5")),
        line(BEFORE, "db", infra, None, &eur("80")),
        line(AFTER, "new", infra, None, &eur("20")),
        line(BEFORE, "same", infra, None, &eur("7")),
        line(AFTER, "same", infra, None, &eur("7")),
        line(BEFORE, "far", infra, None, &eur("1")),
        line(AFTER, "far", infra, None, &[("1", Currency::USD)]),
    ];
    let told = asked(MovedCost::Maintenance).answer(&ledger(&[], lines));
    let names: Vec<_> = told.items.iter().map(|one| (one.component.as_deref().unwrap(), one.moved.movement)).collect();
    let expected =
        [("db", Some(Movement::Ended)), ("ci", Some(Movement::More)), ("new", Some(Movement::Began)), ("far", None)];
    assert_eq!(names, expected);
    let ci = &told.items[1];
    assert_eq!((ci.moved.difference, ci.moved.change), (euros("35"), Some(Ratio(Decimal::new(35, 2)))));
    let lines: Vec<_> = ci.lines.iter().map(|line| (line.category, line.moved.difference)).collect();
    assert_eq!(lines, [(infra, euros("30")), (Category::Licence, euros("5"))]);
    assert_eq!(ci.lines[1].moved.before, euros("0"));
    assert_eq!(told.items[3].moved.unknown.as_deref(), Some("no exchange rate from USD to EUR for 2026-10"));
    assert_eq!((told.total.before, told.total.after), (euros("188"), None));
}

#[test]
fn a_month_of_which_nothing_is_recorded_is_not_free() {
    let lines = vec![line(AFTER, "ci", Category::Other, None, &[("3", Currency::EUR)])];
    let told = asked(MovedCost::All).answer(&ledger(&[], lines));
    assert_eq!(told.total.unknown.as_deref(), Some("no cost is recorded for 2026-09"));
    assert_eq!((told.items[0].moved.before, told.items[0].moved.after), (None, euros("3")));
}

proptest! {
    #[test]
    fn the_lines_add_up_to_the_component_to_the_last_digit(
        parts in prop::collection::vec((0..2_usize, 0..3_usize, 0..4_usize, any::<bool>(), -10_i64.pow(16)..10_i64.pow(16)), 0..60),
        rates in (1..10_i64.pow(13), 1..10_i64.pow(13)),
    ) {
        let lines: Vec<Line> = parts
            .iter()
            .map(|(month, component, item, foreign, amount)| {
                let currency = if *foreign { Currency::USD } else { Currency::EUR };
                let amount = Decimal::new(*amount, 12).to_string();
                let item = [None, Some("A-1"), Some("A-2"), Some("A-3")][*item];
                line([BEFORE, AFTER][*month], ["a", "b", "c"][*component], Category::Other, item, &[(&amount, currency)])
            })
            .collect();
        let text = |rate: i64| Decimal::new(rate, 12).to_string();
        let rates = [rate(BEFORE, &text(rates.0)), rate(AFTER, &text(rates.1))];
        let ledger = ledger(&rates, lines);
        let told = asked(MovedCost::All).answer(&ledger);
        for mover in &told.items {
            let Some(moved) = mover.moved.difference else { continue };
            let sum: Decimal = mover.lines.iter().filter_map(|line| line.moved.difference).map(|one| one.amount).sum();
            prop_assert_eq!(sum, moved.amount);
            let mine = |month: &str| {
                let month = month.parse().unwrap();
                let of = |line: &&Line| line.month == month && line.component == mover.component;
                ledger.total(ledger.lines.iter().filter(of)).known()
            };
            prop_assert_eq!((mover.moved.before, mover.moved.after), (mine(BEFORE), mine(AFTER)));
        }
    }
}
