//! The ledger: every cost of some months in lines that can be summed any way.
//!
//! Maintenance cost of a component in a month = its `run` entries (without category `labour` when
//! the product's labour comes from effort) + its `run` effort hours × the labour rate in force at
//! the month's start (only when it does) + what allocation rules bring to it. Amounts of one currency are summed first, then converted
//! at the month's rate, then rounded once, to 12 digits; nothing is rounded to cents before it is
//! shown.

pub mod store;

use super::{Category, ExchangeRate};
use crate::{
    effort::{Nature, Worked},
    kernel::{
        dated,
        figure::Figure,
        money::{Amounts, Currency, Money, settle},
        month::Month,
    },
    products::{LabourFrom, LabourRate},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineSource {
    /// Cost entries.
    Entry,
    /// Effort, priced with the labour rate.
    Effort,
}

/// The allocation rule that brought a line to its component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allocation {
    pub order: i64,
    /// The rule's id.
    pub rule: String,
}

/// What was spent on one thing in one month, for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub month: Month,
    /// A component's key; none is unallocated.
    pub component: Option<String>,
    /// A roadmap item's ref.
    pub roadmap_item: Option<String>,
    pub category: Category,
    pub nature: Nature,
    pub from: LineSource,
    /// The rule that brought it to the component; none where it was spent on the component itself, or is unallocated.
    pub allocation: Option<Allocation>,
    pub hours: Decimal,
    pub amounts: Amounts,
    /// Why the amount is not known, when it is not.
    pub missing: Option<String>,
}

/// The exchange rates of a product.
#[derive(Debug, Clone, Default)]
pub struct Rates(BTreeMap<(Currency, Currency, Month), Decimal>);

impl Rates {
    pub fn new(rates: &[ExchangeRate]) -> Self {
        Self(rates.iter().map(|rate| ((rate.from, rate.to, rate.month), rate.rate.get())).collect())
    }

    /// An amount in another currency, unrounded. A missing rate is never 1.
    pub fn convert(&self, money: Money, to: Currency, month: Month) -> Figure<Money> {
        if money.currency == to || money.amount.is_zero() {
            return Figure::Known(Money::new(money.amount, to));
        }
        match self.0.get(&(money.currency, to, month)) {
            Some(rate) => match money.amount.checked_mul(*rate) {
                Some(amount) => Figure::Known(Money::new(amount, to)),
                None => Figure::Unknown(format!("the amount in {to} for {month} is too large to tell")),
            },
            None => Figure::Unknown(format!("no exchange rate from {} to {to} for {month}", money.currency)),
        }
    }
}

/// The lines of some months, and how to add them up.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// What sums are told in: the product's.
    pub currency: Currency,
    pub rates: Rates,
    /// What counts.
    pub lines: Vec<Line>,
    /// Labour that stands in the other of the two places (`labour_from`): shown, never added.
    pub uncounted: Vec<Line>,
}

impl Ledger {
    pub fn new(
        currency: Currency,
        rates: Rates,
        labour_from: LabourFrom,
        entries: Vec<Line>,
        effort: Vec<Line>,
    ) -> Self {
        let (labour, others): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|line| line.category == Category::Labour);
        let (counted, uncounted) = match labour_from {
            LabourFrom::Effort => (effort, labour),
            LabourFrom::CostEntries => (labour, effort),
        };
        let lines = others.into_iter().chain(counted).collect();
        Self { currency, rates, lines, uncounted }
    }

    /// The sum in the product's currency, or what is missing for it.
    pub fn total<'a>(&self, lines: impl IntoIterator<Item = &'a Line>) -> Figure<Money> {
        let mut months: BTreeMap<Month, Amounts> = BTreeMap::new();
        for line in lines {
            if let Some(missing) = &line.missing {
                return Figure::Unknown(missing.clone());
            }
            months.entry(line.month).or_default().add_all(&line.amounts);
        }
        let mut sum = Decimal::ZERO;
        for (month, amounts) in months {
            for money in amounts.iter() {
                match self.rates.convert(money, self.currency, month) {
                    Figure::Known(converted) => sum += converted.amount,
                    Figure::Unknown(why) => return Figure::Unknown(why),
                }
            }
        }
        Figure::Known(Money::new(settle(sum), self.currency))
    }
}

/// Prices the hours of a month: one line per component, roadmap item and nature.
pub fn labour_lines(worked: &[Worked], rates: &[LabourRate], month: Month) -> Vec<Line> {
    let rate = dated::in_force(rates, month.first_day());
    let mut hours: BTreeMap<(Option<&str>, Option<&str>, Nature), Decimal> = BTreeMap::new();
    for part in worked {
        let thing = (part.component.as_deref(), part.roadmap_item.as_deref(), part.kind.nature());
        *hours.entry(thing).or_default() += part.hours;
    }
    hours
        .into_iter()
        .map(|((component, roadmap_item, nature), hours)| {
            let mut amounts = Amounts::default();
            if let Some(rate) = rate {
                let rate = Money::from(rate.amount);
                amounts.add(Money::new(settle(hours * rate.amount), rate.currency));
            }
            Line {
                month,
                component: component.map(ToOwned::to_owned),
                roadmap_item: roadmap_item.map(ToOwned::to_owned),
                category: Category::Labour,
                nature,
                from: LineSource::Effort,
                allocation: None,
                hours: hours.normalize(),
                amounts,
                missing: rate.is_none().then(|| format!("no labour rate in force on {}", month.first_day())),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{effort::WorkKind, kernel::clock::Instant};
    use proptest::prelude::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn line(month_text: &str, category: Category, from: LineSource, amounts: &[(&str, Currency)]) -> Line {
        let mut sums = Amounts::default();
        for (amount, currency) in amounts {
            sums.add(Money::new(amount.parse().unwrap(), *currency));
        }
        Line {
            month: month(month_text),
            component: Some("db".to_owned()),
            roadmap_item: None,
            category,
            nature: Nature::Run,
            from,
            allocation: None,
            hours: Decimal::ZERO,
            amounts: sums,
            missing: None,
        }
    }

    fn rates(list: &[(&str, &str)]) -> Rates {
        Rates(list.iter().map(|(m, rate)| ((Currency::USD, Currency::EUR, month(m)), rate.parse().unwrap())).collect())
    }

    fn labour_rate(from: &str, amount: &str) -> LabourRate {
        let at: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
        LabourRate {
            id: from.to_owned(),
            product_id: "p".to_owned(),
            valid_from: from.parse().unwrap(),
            amount: Money::new(amount.parse().unwrap(), Currency::EUR).into(),
            created_at: at,
            updated_at: at,
            version: 1,
            change_number: 1,
        }
    }

    #[test]
    fn each_month_is_converted_at_its_own_rate_and_a_missing_one_is_never_1() {
        let lines = [
            line(
                "2026-09",
                Category::Infrastructure,
                LineSource::Entry,
                &[("100", Currency::USD), ("10", Currency::EUR)],
            ),
            line("2026-10", Category::Infrastructure, LineSource::Entry, &[("100", Currency::USD)]),
        ];
        let ledger = |rates| Ledger::new(Currency::EUR, rates, LabourFrom::Effort, lines.to_vec(), Vec::new());
        let both = ledger(rates(&[("2026-09", "0.9"), ("2026-10", "0.8")]));
        // 100 × 0.9 + 10 + 100 × 0.8
        assert_eq!(both.total(&both.lines), Figure::Known(Money::new(180.into(), Currency::EUR)));
        let one = ledger(rates(&[("2026-09", "0.9")]));
        let why = "no exchange rate from USD to EUR for 2026-10".to_owned();
        assert_eq!(one.total(&one.lines), Figure::Unknown(why));
        assert_eq!(one.total(&one.lines[..1]), Figure::Known(Money::new(100.into(), Currency::EUR)));
    }

    #[test]
    fn labour_counts_from_one_place_only() {
        let entry = line("2026-10", Category::Labour, LineSource::Entry, &[("7", Currency::EUR)]);
        let effort = line("2026-10", Category::Labour, LineSource::Effort, &[("5", Currency::EUR)]);
        let total = |from| {
            let ledger = Ledger::new(Currency::EUR, Rates::default(), from, vec![entry.clone()], vec![effort.clone()]);
            (ledger.total(&ledger.lines), ledger.total(&ledger.uncounted))
        };
        let euros = |amount: i64| Figure::Known(Money::new(amount.into(), Currency::EUR));
        assert_eq!(total(LabourFrom::Effort), (euros(5), euros(7)));
        assert_eq!(total(LabourFrom::CostEntries), (euros(7), euros(5)));
    }

    #[test]
    fn hours_are_priced_with_the_rate_in_force_at_the_start_of_the_month() {
        let worked = |kind, hours: i64| Worked {
            component: Some("db".to_owned()),
            roadmap_item: None,
            kind,
            hours: hours.into(),
        };
        let work = [worked(WorkKind::Patching, 3), worked(WorkKind::Toil, 1), worked(WorkKind::Improvement, 2)];
        let rates = [labour_rate("2026-04-01", "82.5"), labour_rate("2025-08-01", "78")];
        let priced = |on: &str| -> Vec<(Nature, String, Option<String>)> {
            labour_lines(&work, &rates, month(on))
                .into_iter()
                .map(|line| {
                    let amount = line.amounts.iter().next().map_or_else(String::new, |money| money.amount.to_string());
                    (line.nature, amount, line.missing)
                })
                .collect()
        };
        assert_eq!(priced("2026-03"), [(Nature::Run, "312".into(), None), (Nature::Grow, "156".into(), None)]);
        assert_eq!(priced("2026-04"), [(Nature::Run, "330".into(), None), (Nature::Grow, "165".into(), None)]);
        assert_eq!(priced("2025-07")[0].2.as_deref(), Some("no labour rate in force on 2025-07-01"));
    }

    proptest! {
        #[test]
        fn sums_equal_the_integer_oracle(parts in prop::collection::vec(-10_i64.pow(15)..10_i64.pow(15), 0..200)) {
            let lines: Vec<Line> = parts
                .iter()
                .map(|part| {
                    let mut line = line("2026-10", Category::Other, LineSource::Entry, &[]);
                    line.amounts.add(Money::new(Decimal::new(*part, 12), Currency::EUR));
                    line
                })
                .collect();
            let ledger = Ledger::new(Currency::EUR, Rates::default(), LabourFrom::Effort, lines, Vec::new());
            let oracle: i128 = parts.iter().map(|part| i128::from(*part)).sum();
            let sum = Decimal::from_i128_with_scale(oracle, 12).normalize();
            prop_assert_eq!(ledger.total(&ledger.lines), Figure::Known(Money::new(sum, Currency::EUR)));
        }
    }
}
