//! How the worth of a month is computed, free of I/O. Every amount is exact and in the product's
//! currency; a loss is negative, and stays so. None is what has more digits than can be told.

use crate::objectives::Direction;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Hours that something was down, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downtime {
    pub hours: Decimal,
    pub of: Decimal,
}

/// (baseline downtime × hours of the month ÷ hours of the baseline − actual downtime) × revenue per hour.
///
/// Source of the idea: *Site Reliability Engineering* (Google), ch. 3, "Cost": the value of improved
/// availability is the gain in availability × the revenue of the service.
pub fn downtime_avoided(baseline: Downtime, actual: Downtime, revenue_per_hour: Decimal) -> Option<Decimal> {
    let expected = if baseline.of.is_zero() { Decimal::ZERO } else { baseline.hours * actual.of / baseline.of };
    (expected - actual.hours).checked_mul(revenue_per_hour)
}

/// How a person does a task: uses a month, and minutes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    pub uses_per_month: Decimal,
    pub minutes_per_use: Decimal,
}

/// People × min(old, new uses) × (old − new minutes) ÷ 60 × hour of work. Only uses that there were
/// before count: what people do more of because it became easy saved them nothing.
pub fn time_saved(people: i64, old: Habit, new: Habit, hour_of_work: Decimal) -> Option<Decimal> {
    hours_saved(people, old, new).checked_mul(hour_of_work)
}

/// The hours behind [`time_saved`]; negative when a task takes longer than it did.
pub fn hours_saved(people: i64, old: Habit, new: Habit) -> Decimal {
    let uses = old.uses_per_month.min(new.uses_per_month);
    Decimal::from(people) * uses * (old.minutes_per_use - new.minutes_per_use) / Decimal::from(60)
}

/// What a component cost to keep: people's time, and everything else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub labour: Decimal,
    pub other: Decimal,
}

/// Mean monthly baseline cost − actual cost: of labour, which frees capacity, and of the rest,
/// which releases cash.
pub fn cost_reduced(baseline: Cost, actual: Cost) -> Cost {
    Cost { labour: baseline.labour - actual.labour, other: baseline.other - actual.other }
}

/// (ALE before − ALE after) ÷ 12, where ALE, the annualised loss expectancy, is single loss × annual rate.
pub fn risk_reduced(before: Decimal, after: Decimal) -> Decimal {
    (before - after) / Decimal::from(12)
}

/// (value − baseline) × 1, or × −1 where less is better, × what one unit is worth for a month.
///
/// Source of the idea: the tickets that a service desk does not get × the cost of a ticket (MetricNet, "Metrics that
/// matter: tickets prevented"; HDI, "Metric of the month: tickets prevented", 2020).
pub fn metric_changed(
    baseline: Decimal,
    value: Decimal,
    direction: Direction,
    amount_per_unit: Decimal,
) -> Option<Decimal> {
    ((value - baseline) * Decimal::from(direction.sign())).checked_mul(amount_per_unit)
}

/// What an amount counts for at a confidence (0.5, 0.8 or 1); a loss counts in full.
pub fn weighted(amount: Decimal, confidence: Decimal) -> Decimal {
    if amount.is_sign_negative() { amount } else { amount * confidence }
}

/// Something that claims rest on: a row by the path's word and its id or key, or what has no rows of its own, such as
/// the downtime of a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Basis {
    pub kind: String,
    pub id: String,
    /// Of downtime that is priced: by which driver.
    pub value_driver: Option<String>,
}

impl Basis {
    pub fn of(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_owned(), value_driver: None }
    }
}

/// A claim, as far as it shares its evidence with others: how much of it is claimed, and what it rests on.
#[derive(Debug, Clone)]
pub struct Stake<'c> {
    pub claim: &'c str,
    /// Attribution, 0 to 1.
    pub share: Decimal,
    pub rests_on: BTreeSet<Basis>,
}

/// A piece of evidence on which a claim is not alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared<'c> {
    pub on: Basis,
    /// The other claims that rest on it.
    pub others: BTreeSet<&'c str>,
    /// What all of them together claim of it. Above 1 none of them counts; up to 1 each counts its attribution.
    pub share: Decimal,
}

/// What every claim shares with others, by claim.
pub fn shared<'c>(stakes: &[Stake<'c>]) -> BTreeMap<&'c str, Vec<Shared<'c>>> {
    let mut on: BTreeMap<&Basis, Vec<&Stake<'c>>> = BTreeMap::new();
    for stake in stakes {
        for basis in &stake.rests_on {
            on.entry(basis).or_default().push(stake);
        }
    }
    let mut shared: BTreeMap<&str, Vec<Shared<'c>>> = BTreeMap::new();
    for (basis, sharing) in on.into_iter().filter(|(_, sharing)| sharing.len() > 1) {
        let share = sharing.iter().map(|stake| stake.share).sum();
        for stake in &sharing {
            let others = sharing.iter().map(|other| other.claim).filter(|other| *other != stake.claim).collect();
            shared.entry(stake.claim).or_default().push(Shared { on: basis.clone(), others, share });
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// *Site Reliability Engineering*, ch. 3: a service of $1M a year that goes from 99.9 % to
    /// 99.99 % gains 0.09 % × $1M = $900 a year.
    #[test]
    fn from_three_to_four_nines_of_a_million_is_900() {
        let year = dec("8760");
        let revenue_per_hour = dec("1000000") / year;
        let baseline = Downtime { hours: year * dec("0.001"), of: year };
        let months = [744, 672, 744, 720, 744, 720, 744, 744, 720, 744, 720, 744];
        let sum: Decimal = months
            .iter()
            .map(|hours| {
                let of = Decimal::from(*hours);
                downtime_avoided(baseline, Downtime { hours: of * dec("0.0001"), of }, revenue_per_hour).unwrap()
            })
            .sum();
        assert_eq!(sum.round_dp(9), dec("900"));
    }

    /// 6 h in a baseline of 2,160 h are 2 h in a month of 720 h; 30 minutes were, at 4,000 an hour.
    #[test]
    fn downtime_avoided_by_hand() {
        let baseline = Downtime { hours: dec("6"), of: dec("2160") };
        let month = |hours: &str| Downtime { hours: dec(hours), of: dec("720") };
        assert_eq!(downtime_avoided(baseline, month("0.5"), dec("4000")), Some(dec("6000")));
        assert_eq!(downtime_avoided(baseline, month("3"), dec("4000")), Some(dec("-4000")), "a loss is a loss");
        let empty = Downtime { hours: Decimal::ZERO, of: Decimal::ZERO };
        assert_eq!(downtime_avoided(empty, month("1"), dec("1")), Some(dec("-1")));
    }

    /// 40 people × 6 uses × (25 − 10) minutes ÷ 60 = 60 h, at 55 an hour 3,300. They use it 9 times
    /// now; the three more saved nobody anything.
    #[test]
    fn time_saved_by_hand() {
        let old = Habit { uses_per_month: dec("6"), minutes_per_use: dec("25") };
        let new = Habit { uses_per_month: dec("9"), minutes_per_use: dec("10") };
        assert_eq!((hours_saved(40, old, new), time_saved(40, old, new, dec("55"))), (dec("60"), Some(dec("3300"))));
        assert_eq!(time_saved(40, new, old, dec("55")), Some(dec("-3300")), "what takes longer is a loss");
    }

    /// On the mean 900 of labour and 2,100 of bills a month; now 600 and 1,000.
    #[test]
    fn cost_reduced_by_hand() {
        let cost = |labour: &str, other: &str| Cost { labour: dec(labour), other: dec(other) };
        assert_eq!(cost_reduced(cost("900", "2100"), cost("600", "1000")), cost("300", "1100"));
        assert_eq!(cost_reduced(cost("900", "2100"), cost("1000", "2000")), cost("-100", "100"));
    }

    /// Single loss 100,000 × rate 0.25 × 3 sites = ALE 75,000; with backups tried at one site in
    /// three it is 50,000: 25,000 a year, a twelfth of it a month.
    #[test]
    fn risk_reduced_by_hand() {
        let ale = |sites: &str| dec("100000") * dec("0.25") * dec(sites);
        assert_eq!(ale("3"), dec("75000"));
        assert_eq!(risk_reduced(ale("3"), ale("2")) * dec("12"), dec("25000.000000000000000000000000"));
    }

    /// MetricNet, "Metrics that matter: tickets prevented": from 1.25 to 1.06 tickets a user and month, of 8,500 users,
    /// at $22 a ticket. One ticket fewer of each user is worth 8,500 × 22 = 187,000; 0.19 of it, $35,530 a month.
    #[test]
    fn metric_changed_as_published() {
        let a_ticket_of_each = dec("8500") * dec("22");
        let fewer = metric_changed(dec("1.25"), dec("1.06"), Direction::Decrease, a_ticket_of_each);
        assert_eq!(fewer, Some(dec("35530")));
        assert_eq!(
            metric_changed(dec("1.25"), dec("1.06"), Direction::Increase, a_ticket_of_each),
            Some(dec("-35530"))
        );
    }

    #[test]
    fn a_loss_counts_in_full() {
        assert_eq!(weighted(dec("100"), dec("0.5")), dec("50.0"));
        assert_eq!(weighted(dec("-100"), dec("0.5")), dec("-100"));
    }

    fn stake<'c>(claim: &'c str, share: &str, rests_on: &[&str]) -> Stake<'c> {
        Stake { claim, share: dec(share), rests_on: rests_on.iter().map(|on| Basis::of("incidents", on)).collect() }
    }

    /// The claims that do not count, each with those because of which it does not.
    fn over_attributed<'c>(stakes: &[Stake<'c>]) -> BTreeMap<&'c str, BTreeSet<&'c str>> {
        let over = |all: Vec<Shared<'c>>| -> BTreeSet<&'c str> {
            all.into_iter().filter(|one| one.share > Decimal::ONE).flat_map(|one| one.others).collect()
        };
        let all = shared(stakes).into_iter().map(|(claim, all)| (claim, over(all)));
        all.filter(|(_, others)| !others.is_empty()).collect()
    }

    #[test]
    fn evidence_is_counted_once_or_not_at_all() {
        let shared = [stake("a", "0.6", &["i1", "i2"]), stake("b", "0.4", &["i2"]), stake("c", "1", &["i3"])];
        assert!(over_attributed(&shared).is_empty());
        let told = super::shared(&shared);
        assert_eq!(told["a"], [Shared { on: Basis::of("incidents", "i2"), others: ["b"].into(), share: dec("1.0") }]);
        assert!(!told.contains_key("c"), "what nobody else rests on is not shared");
        let over = [stake("a", "0.6", &["i1", "i2"]), stake("b", "0.5", &["i2"]), stake("c", "0.5", &["i1"])];
        let found = over_attributed(&over);
        let expected: BTreeMap<&str, BTreeSet<&str>> =
            [("a", BTreeSet::from(["b", "c"])), ("b", BTreeSet::from(["a"])), ("c", BTreeSet::from(["a"]))].into();
        assert_eq!(found, expected);
    }

    proptest! {
        /// What counts never adds up to more than all of any evidence.
        #[test]
        fn no_evidence_is_counted_twice(
            claims in prop::collection::vec((0..=100_u32, prop::collection::btree_set(0..6_u8, 1..4)), 1..8)
        ) {
            let names: Vec<String> = (0..claims.len()).map(|n| format!("c{n}")).collect();
            let stakes: Vec<Stake> = claims
                .iter()
                .zip(&names)
                .map(|((share, on), claim)| Stake {
                    claim,
                    share: Decimal::new(i64::from(*share), 2),
                    rests_on: on.iter().map(|on| Basis::of("incidents", &format!("r{on}"))).collect(),
                })
                .collect();
            let over = over_attributed(&stakes);
            for evidence in 0..6 {
                let on = Basis::of("incidents", &format!("r{evidence}"));
                let counted = stakes.iter().filter(|stake| !over.contains_key(stake.claim) && stake.rests_on.contains(&on));
                prop_assert!(counted.map(|stake| stake.share).sum::<Decimal>() <= Decimal::ONE);
            }
            for (claim, others) in &over {
                prop_assert!(!others.contains(claim));
            }
            // One claim fewer: whoever counted with it counts without it.
            let fewer = over_attributed(&stakes[1..]);
            for stake in &stakes[1..] {
                prop_assert!(over.contains_key(stake.claim) || !fewer.contains_key(stake.claim));
            }
        }

        /// Months of 28 to 31 days: as much downtime for its length as in the baseline is worth nothing.
        #[test]
        fn months_of_any_length_are_compared_fairly(days in 28..=31_i64, hours in 0..100_i64, revenue in 0..100_000_i64) {
            let baseline = Downtime { hours: Decimal::from(hours), of: Decimal::from(90 * 24) };
            let of = Decimal::from(days * 24);
            let same = Downtime { hours: Decimal::from(hours) * of / Decimal::from(90 * 24), of };
            let worth = downtime_avoided(baseline, same, Decimal::from(revenue)).unwrap();
            prop_assert_eq!(worth.round_dp(9).normalize(), Decimal::ZERO);
        }

        /// Labour and the rest add up to the whole.
        #[test]
        fn the_parts_of_a_cost_add_up(a in -9999..9999_i64, b in -9999..9999_i64, c in -9999..9999_i64, d in -9999..9999_i64) {
            let cost = |labour: i64, other: i64| Cost { labour: labour.into(), other: other.into() };
            let saved = cost_reduced(cost(a, b), cost(c, d));
            prop_assert_eq!(saved.labour + saved.other, Decimal::from(a + b - c - d));
        }
    }
}
