//! What may be spent in the fiscal year, what of it is, and where the year will end.

use super::{
    cost::{line_rows, rates_of},
    row,
};
use crate::{
    costs::{
        Budget,
        budget::status::{BASIS, Books, Course, Spending, Standing, less},
    },
    kernel::{figure::Figure, fiscal::FiscalYear, month::MonthSpan},
    reports::{
        facts::{Fact, FactRow, Facts, Input, SHARE, ratio},
        gather::Material,
    },
};
use rust_decimal::Decimal;
use serde_json::json;

/// The fact that says how much of the year is over.
pub const YEAR_ELAPSED: &str = "budget.year_elapsed";

/// The name of a fact of a budget.
pub fn budget_fact(component: Option<&str>, what: &str) -> String {
    match component {
        None => format!("budget.product.{what}"),
        Some(key) => format!("budget.component.{key}.{what}"),
    }
}

/// How far the fiscal year has come with the month of the report, which counts as over.
pub fn course(material: &Material) -> Course {
    let start = material.product.fiscal_year_start;
    Course::at(FiscalYear::of(material.month, start), start, material.month)
}

pub fn add(facts: &mut Facts, material: &Material) {
    if material.budgets.is_empty() {
        return;
    }
    let course = course(material);
    let closed = Decimal::from(course.months_closed());
    let months = course.closed.months().map(|month| row([("month", json!(month))])).collect();
    let elapsed = Figure::Known(closed / Decimal::from(12));
    let formula = format!("months of {} that are over ÷ 12", course.year);
    facts.add(Fact::new(YEAR_ELAPSED, SHARE, elapsed, formula).inputs([Input::of("months_over", closed)]).rows(months));
    let books = Books::of(&material.ledger);
    for budget in &material.budgets {
        add_budget(facts, &books.spending(budget.component.as_deref()), course, budget);
    }
}

fn add_budget(facts: &mut Facts, spending: &Spending<'_>, course: Course, budget: &Budget) {
    let component = budget.component.as_deref();
    let name = |what: &str| budget_fact(component, what);
    let [planned, actual, used, basis, forecast, variance] =
        ["planned", "actual", "used", "basis", "forecast", "variance"].map(name);
    let (year, currency) = (course.year, spending.currency());
    let standing = Standing::of(spending, course);
    let whose = component.map_or_else(|| "everything".to_owned(), ToOwned::to_owned);

    let formula = format!("the budget of {whose} for {year}, as it was written down");
    let written = row([
        ("budget", json!(budget.id)),
        ("component", json!(budget.component)),
        ("fiscal_year", json!(year)),
        ("amount", json!(budget.money())),
    ]);
    facts.add(Fact::money(&planned, currency, Figure::Known(budget.money()), formula).rows(vec![written]));

    let known = |months| Behind::of(facts, spending, component, months);
    let (so_far, latest) = (known(course.closed), known(course.basis));
    let formula = format!("cost of {whose} in {}, added up month by month", told(course.closed));
    let fact = Fact::money(&actual, currency, standing.actual, formula);
    facts.add(fact.inputs(so_far.inputs).rows(so_far.rows));

    let amount = |name: &str| facts.money(name).map(|money| money.amount);
    let share = ratio(amount(&actual), amount(&planned), "nothing was planned");
    let fact = Fact::new(&used, SHARE, share, format!("{actual} ÷ {planned}"));
    facts.add(fact.inputs(facts.inputs(&[&actual, &planned])));

    let left = course.months_left();
    let (formula, mut inputs) = match left {
        0 => (format!("{actual}: the year is over"), vec![actual.as_str()]),
        _ => {
            let what = format!("cost of {whose} in {}, the last {BASIS} months, added up", told(course.basis));
            let fact = Fact::money(&basis, currency, standing.basis, what);
            facts.add(fact.inputs(latest.inputs).rows(latest.rows));
            (format!("{actual} + months_left × {basis} ÷ {BASIS}"), vec![actual.as_str(), basis.as_str()])
        }
    };
    let fact = Fact::money(&forecast, currency, standing.forecast, formula);
    let months_left = (left > 0).then(|| Input::of("months_left", Decimal::from(left)));
    facts.add(fact.inputs(facts.inputs(&inputs)).inputs(months_left));

    inputs = vec![forecast.as_str(), planned.as_str()];
    let over = facts.money(&forecast).and(facts.money(&planned), less);
    let fact = Fact::money(&variance, currency, over, format!("{forecast} − {planned}"));
    facts.add(fact.inputs(facts.inputs(&inputs)));
}

/// What stands behind the cost of some months.
struct Behind {
    inputs: Vec<Input>,
    rows: Vec<FactRow>,
}

impl Behind {
    /// Of everything, the months are facts of their own; of a component, the lines.
    fn of(facts: &Facts, spending: &Spending<'_>, component: Option<&str>, months: MonthSpan) -> Self {
        match component {
            None => {
                let names: Vec<String> = months.months().map(|month| format!("cost.month.{month}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                Self { inputs: facts.inputs(&names), rows: Vec::new() }
            }
            Some(_) => {
                let rates = |month| rates_of(facts, spending.currency(), month, spending.lines(month));
                let rows = |month| spending.lines(month).iter().flat_map(|line| line_rows(line));
                Self {
                    inputs: months.months().flat_map(rates).collect(),
                    rows: months.months().flat_map(rows).collect(),
                }
            }
        }
    }
}

/// Months, as a reader says them: `2026-01 to 2026-10`.
fn told(months: MonthSpan) -> String {
    match (months.from, months.to.previous()) {
        (only, last) if only == last => only.to_string(),
        (first, last) => format!("{first} to {last}"),
    }
}
