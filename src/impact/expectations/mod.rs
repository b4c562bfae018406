//! What was expected of claims when the work was planned: written down as long as it is only thought of, and not touched
//! from then on, whatever becomes of the claim.

pub mod store;

use super::Benefit;
use crate::{
    kernel::{clock::Instant, money::Money, month::Month, schema::impact_expectations, text::JsonText},
    text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use rust_decimal::Decimal;

/// What a claim was expected to be worth a month.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = impact_expectations)]
pub struct Expectation {
    pub product_id: String,
    /// The claim's id; it may be gone.
    pub impact_claim: String,
    /// The ref of the roadmap item of which it was expected.
    pub roadmap_item: String,
    pub title: String,
    pub benefit: Benefit,
    #[diesel(column_name = from_month)]
    pub from: Month,
    /// The first month that it did not speak of.
    #[diesel(column_name = to_month)]
    pub to: Month,
    pub expected_monthly: JsonText<Money>,
    pub given_at: Instant,
}

text_enum! {
    /// When an expectation was written down, as seen from its roadmap item.
    pub enum ExpectedWhen {
        /// By the time the item was planned: the plan.
        Planned = "planned",
        /// After it was planned, and before it shipped.
        Added = "added",
        /// On the day it shipped or later: hindsight.
        Afterwards = "afterwards",
        /// The item is an idea; nothing of it is planned yet.
        Open = "open",
    }
}

impl Expectation {
    /// When it was written down. `given_on` is the product's day of `given_at`.
    pub fn when(
        &self,
        planned_at: Option<Instant>,
        shipped_on: Option<NaiveDate>,
        given_on: NaiveDate,
    ) -> ExpectedWhen {
        match (planned_at, shipped_on) {
            (None, _) => ExpectedWhen::Open,
            (Some(planned_at), _) if self.given_at <= planned_at => ExpectedWhen::Planned,
            (_, Some(shipped_on)) if given_on >= shipped_on => ExpectedWhen::Afterwards,
            _ => ExpectedWhen::Added,
        }
    }

    /// What it comes to in all of its months that are before another.
    pub fn before(&self, end: Month) -> Decimal {
        let months = self.from.until(self.to.min(end)).max(0);
        self.expected_monthly.value().amount * Decimal::from(months)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Currency;

    fn expectation() -> Expectation {
        Expectation {
            product_id: "p".to_owned(),
            impact_claim: "c".to_owned(),
            roadmap_item: "OPS-1".to_owned(),
            title: "Quick".to_owned(),
            benefit: Benefit::CapacityFreed,
            from: "2026-09".parse().unwrap(),
            to: "2027-09".parse().unwrap(),
            expected_monthly: JsonText::new(Money::new("1500.50".parse().unwrap(), Currency::EUR)),
            given_at: "2026-08-15T10:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_plan_is_what_was_said_by_the_time_it_was_planned() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (given, at) = (day("2026-08-15"), |text: &str| Some(text.parse::<Instant>().unwrap()));
        let when = |planned, shipped: Option<&str>| expectation().when(planned, shipped.map(day), given);
        assert_eq!(when(None, None), ExpectedWhen::Open);
        assert_eq!(when(at("2026-08-15T10:00:00Z"), Some("2026-01-01")), ExpectedWhen::Planned);
        assert_eq!(when(at("2026-08-15T09:59:59Z"), None), ExpectedWhen::Added);
        assert_eq!(when(at("2026-08-01T00:00:00Z"), Some("2026-08-16")), ExpectedWhen::Added);
        assert_eq!(when(at("2026-08-01T00:00:00Z"), Some("2026-08-15")), ExpectedWhen::Afterwards);
    }

    /// 12 months of 1,500.50 are 18,006; by the end of October two of them are over: 3,001.
    #[test]
    fn it_comes_to_a_month_times_its_months() {
        let before = |month: &str| expectation().before(month.parse().unwrap()).normalize().to_string();
        assert_eq!(
            [before("2099-01"), before("2026-11"), before("2026-09"), before("2020-01")],
            ["18006", "3001", "0", "0"]
        );
    }
}
