//! Budget against actual, and where the year will end.
//!
//! Actual is what the months of the year that are over cost, whatever it was for: the total of `…/costs`. The forecast
//! is that, and for each month to come the mean of the last three months that are over, which may reach back into the
//! year before. It answers "and if all goes on as it did?", and whoever doubts it sees the months that it rests on.

use super::Budget;
use crate::{
    costs::ledger::{Ledger, Line},
    kernel::{
        figure::Figure,
        fiscal::FiscalYear,
        money::{Currency, Money, Sum, settle},
        month::{Month, MonthSpan},
        quantity::Ratio,
    },
    text_enum,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};

/// On how many of the latest months a forecast rests: enough that one bill does not make it, few enough that it
/// follows a change.
pub const BASIS: i32 = 3;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BudgetStatusQuery {
    /// The year of the last month that is over, when left out.
    #[param(inline)]
    fiscal_year: Option<FiscalYear>,
}

impl BudgetStatusQuery {
    /// The year that is asked for. `last` is the last month that is over, `start` the one in which years begin.
    pub fn course(&self, last: Month, start: i64) -> Course {
        Course::at(self.fiscal_year.unwrap_or_else(|| FiscalYear::of(last, start)), start, last)
    }
}

/// How far a fiscal year has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    pub year: FiscalYear,
    pub span: MonthSpan,
    /// Its months that are over.
    pub closed: MonthSpan,
    /// The months that a forecast rests on.
    pub basis: MonthSpan,
}

impl Course {
    pub fn at(year: FiscalYear, start: i64, last: Month) -> Self {
        let span = year.months(start);
        let closed = MonthSpan { to: last.next().clamp(span.from, span.to), ..span };
        let end = last.next().min(span.to);
        Self { year, span, closed, basis: MonthSpan { from: end.plus(-BASIS), to: end } }
    }

    /// How many of its months are over.
    pub fn months_closed(self) -> i32 {
        self.closed.from.until(self.closed.to)
    }

    /// How many are to come.
    pub fn months_left(self) -> i32 {
        self.closed.to.until(self.span.to)
    }

    /// What has to be read for it: of a year that has not begun, not the months until then.
    pub fn reads(self) -> MonthSpan {
        MonthSpan { from: self.closed.from.min(self.basis.from), to: self.basis.to }
    }

    /// How the forecast is computed.
    pub fn method(self) -> String {
        let months: Vec<String> = self.basis.months().map(|month| month.to_string()).collect();
        match (self.months_closed(), self.months_left()) {
            (_, 0) => "the year is over: what its twelve months cost".to_owned(),
            (closed, left) => format!(
                "what the months that are over cost ({closed} of 12), and for each of the {left} to come the mean of \
                 the last three that are over ({})",
                months.join(", ")
            ),
        }
    }
}

type Months<'l> = BTreeMap<Month, Vec<&'l Line>>;

/// The ledger's lines by component and month, so that none is looked for among all of them.
pub struct Books<'l> {
    ledger: &'l Ledger,
    all: Months<'l>,
    components: HashMap<&'l str, Months<'l>>,
}

impl<'l> Books<'l> {
    pub fn of(ledger: &'l Ledger) -> Self {
        let mut books = Self { ledger, all: Months::new(), components: HashMap::new() };
        for line in &ledger.lines {
            books.all.entry(line.month).or_default().push(line);
            if let Some(key) = &line.component {
                books.components.entry(key).or_default().entry(line.month).or_default().push(line);
            }
        }
        books
    }

    /// Of a component; without one, of everything.
    pub fn spending(&self, component: Option<&str>) -> Spending<'_> {
        let months = match component {
            None => Some(&self.all),
            Some(key) => self.components.get(key),
        };
        Spending { books: self, months }
    }
}

/// The cost of a component or of everything, month by month.
pub struct Spending<'b> {
    books: &'b Books<'b>,
    /// None when nothing was spent at all.
    months: Option<&'b Months<'b>>,
}

impl<'b> Spending<'b> {
    /// What some months cost: the sum of what each of them did, as it is told.
    pub fn over(&self, span: MonthSpan) -> Figure<Money> {
        let nothing = Figure::Known(Money::new(Decimal::ZERO, self.currency()));
        let add = |sum: Money, month: Money| Money::new(sum.amount + month.amount, sum.currency);
        span.months().fold(nothing, |sum, month| sum.and(self.month(month), add))
    }

    /// A month of which nothing is recorded at all is not known, rather than free.
    pub fn month(&self, month: Month) -> Figure<Money> {
        match self.books.all.contains_key(&month) {
            true => self.books.ledger.total(self.lines(month).iter().copied()),
            false => Figure::Unknown(format!("no cost is recorded for {month}")),
        }
    }

    /// What it is told in.
    pub fn currency(&self) -> Currency {
        self.books.ledger.currency
    }

    /// The lines of a month.
    pub fn lines(&self, month: Month) -> &'b [&'b Line] {
        self.months.and_then(|months| months.get(&month)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The figures of a budget.
pub struct Standing {
    pub actual: Figure<Money>,
    /// What the months cost that the forecast rests on.
    pub basis: Figure<Money>,
    pub forecast: Figure<Money>,
}

impl Standing {
    pub fn of(spending: &Spending<'_>, course: Course) -> Self {
        let actual = spending.over(course.closed);
        let basis = spending.over(course.basis);
        let left = Decimal::from(course.months_left());
        let forecast = match left.is_zero() {
            true => actual.clone(),
            // One rounding, at the end.
            false => actual.clone().and(basis.clone(), |actual, basis| {
                let to_come = left * basis.amount / Decimal::from(BASIS);
                Money::new(settle(actual.amount + to_come), actual.currency)
            }),
        };
        Self { actual, basis, forecast }
    }
}

text_enum! {
    /// Where a year will end, against its budget.
    pub enum BudgetOutlook {
        Over = "over",
        Under = "under",
        Even = "even",
    }
}

/// Budget against actual of a fiscal year, as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetStatusView {
    #[schema(inline)]
    pub fiscal_year: FiscalYear,
    /// The year's first month.
    #[schema(value_type = String)]
    pub from: Month,
    /// The month after its last.
    #[schema(value_type = String)]
    pub to: Month,
    /// What everything is told in.
    pub currency: Currency,
    /// Its last month that is over, up to which actual counts; null when none is.
    #[schema(value_type = Option<String>)]
    pub through: Option<Month>,
    /// Months that are over ÷ 12.
    pub year_elapsed: Ratio,
    pub months_left: i32,
    /// How the forecast is computed.
    pub method: String,
    /// The months that it rests on; empty when the year is over.
    #[schema(value_type = Vec<String>)]
    pub basis_months: Vec<Month>,
    /// The budget of the whole product first, then those of components.
    pub items: Vec<BudgetStatus>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// A budget, what went of it, and where it will end.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetStatus {
    /// A component's key; null is the whole product.
    pub component: Option<String>,
    #[schema(value_type = Sum)]
    pub budget: Money,
    /// What the year's months that are over cost; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub actual: Option<Money>,
    /// `budget` − `actual`; negative when more was spent.
    #[schema(value_type = Option<Sum>)]
    pub remaining: Option<Money>,
    /// `actual` ÷ `budget`, to be held against `year_elapsed`; null also for a budget of nothing.
    pub used: Option<Ratio>,
    /// What is missing, when `actual` is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    pub forecast: BudgetForecast,
    /// Those that are over.
    pub months: Vec<BudgetMonth>,
}

/// Where a budget will end, if all goes on as it did.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetForecast {
    /// What the basis months cost together.
    #[schema(value_type = Option<Sum>)]
    pub basis: Option<Money>,
    /// `basis` ÷ 3: what each month to come is taken to cost.
    #[schema(value_type = Option<Sum>)]
    pub per_month: Option<Money>,
    /// `actual` + `months_left` × `basis` ÷ 3, rounded once: what the whole year will have cost.
    #[schema(value_type = Option<Sum>)]
    pub amount: Option<Money>,
    /// `amount` − the budget: positive when the year will cost more.
    #[schema(value_type = Option<Sum>)]
    pub variance: Option<Money>,
    pub outlook: Option<BudgetOutlook>,
    /// What is missing, when `amount` is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// What a month cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetMonth {
    #[schema(inline)]
    pub month: Month,
    #[schema(value_type = Option<Sum>)]
    pub cost: Option<Money>,
    /// What is missing, when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// How much less one is than another.
pub fn less(from: Money, what: Money) -> Money {
    Money::new(from.amount - what.amount, from.currency)
}

impl BudgetStatusView {
    /// `budgets` are those of the year, the ledger what [`Course::reads`].
    pub fn new(course: Course, budgets: &[Budget], ledger: &Ledger) -> Self {
        let (is_over, books) = (course.months_left() == 0, Books::of(ledger));
        Self {
            fiscal_year: course.year,
            from: course.span.from,
            to: course.span.to,
            currency: ledger.currency,
            through: (course.months_closed() > 0).then(|| course.closed.to.previous()),
            year_elapsed: Ratio(Decimal::from(course.months_closed()) / Decimal::from(12)),
            months_left: course.months_left(),
            method: course.method(),
            basis_months: course.basis.months().filter(|_| !is_over).collect(),
            items: budgets.iter().map(|budget| BudgetStatus::new(course, budget, &books)).collect(),
            next_cursor: None,
        }
    }
}

impl BudgetStatus {
    fn new(course: Course, budget: &Budget, books: &Books<'_>) -> Self {
        let spending = books.spending(budget.component.as_deref());
        let Standing { actual, basis, forecast } = Standing::of(&spending, course);
        let (planned, left) = (budget.money(), course.months_left());
        let basis = basis.known().filter(|_| left > 0);
        let months = course.closed.months().map(|month| {
            let cost = spending.month(month);
            BudgetMonth { month, unknown: cost.why().map(ToOwned::to_owned), cost: cost.known() }
        });
        let unknown = actual.why().map(ToOwned::to_owned);
        let actual = actual.known();
        Self {
            component: budget.component.clone(),
            budget: planned,
            actual,
            remaining: actual.map(|actual| less(planned, actual)),
            used: actual.filter(|_| !planned.amount.is_zero()).map(|actual| Ratio(actual.amount / planned.amount)),
            unknown,
            forecast: BudgetForecast {
                basis,
                per_month: basis.map(|basis| Money::new(settle(basis.amount / Decimal::from(BASIS)), basis.currency)),
                unknown: forecast.why().map(ToOwned::to_owned),
                variance: forecast.as_ref().known().map(|forecast| less(*forecast, planned)),
                outlook: forecast.as_ref().known().map(|forecast| match forecast.amount.cmp(&planned.amount) {
                    std::cmp::Ordering::Less => BudgetOutlook::Under,
                    std::cmp::Ordering::Equal => BudgetOutlook::Even,
                    std::cmp::Ordering::Greater => BudgetOutlook::Over,
                }),
                amount: forecast.known(),
            },
            months: months.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
