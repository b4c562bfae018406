//! The golden values of the contract, and properties against a naive recount.

use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 / 3600 * 3600, 0).unwrap()
}

fn window(days: i64) -> Span {
    Span { from: start(), to: start() + TimeDelta::days(days) }
}

fn terms(method: BudgetingMethod, rolling: bool) -> Terms {
    Terms { method, bucket_seconds: 300, rolling }
}

fn tally(buckets: &[(i64, i64)], slice_target: Option<i64>) -> Tally {
    buckets.iter().map(|&(good, total)| Tally::bucket(good, total, slice_target)).sum()
}

#[test]
fn three_nines_with_two_and_a_half_leave_minus_four_hundred_percent() {
    let span = window(30);
    let measured = tally(&vec![(995, 1000); 8640], None);
    let judged = terms(BudgetingMethod::Occurrences, true).judge(measured, dec("0.999"), span, span.to).unwrap();
    assert_eq!((judged.sli, judged.remaining(), judged.met), (dec("0.995"), dec("-4"), Some(false)));
    assert_eq!(judged.coverage, dec("1"));
}

#[test]
fn three_nines_of_thirty_days_are_43_2_minutes() {
    let span = window(30);
    let measured = tally(&vec![(7, 7); 8640], None);
    for method in [BudgetingMethod::Occurrences, BudgetingMethod::Timeslices, BudgetingMethod::RatioTimeslices] {
        let judged = terms(method, true).judge(measured, dec("0.999"), span, span.to).unwrap();
        assert_eq!((judged.minutes(), judged.met), (dec("43.2"), Some(true)), "{method}");
    }
}

#[test]
fn fifty_bad_of_2016_slices() {
    let span = window(7);
    let mut buckets = vec![(10, 10); 1966];
    buckets.resize(2016, (0, 10));
    let timeslices = terms(BudgetingMethod::Timeslices, true);
    let judged = timeslices.judge(tally(&buckets, None), dec("0.98"), span, span.to).unwrap();
    assert_eq!(judged.sli.round_dp(6), dec("0.975198"));
    assert_eq!((judged.bad, judged.allowed, judged.met), (dec("50"), dec("40.32"), Some(false)));
}

/// Of 1 and 3 and 4 events 1, 2 and 3 are good: the mean of 1, ⅔ and ¾, the ⅔ rounded to 10⁻¹².
#[test]
fn ratio_timeslices_take_the_mean_of_rounded_ratios() {
    let measured = tally(&[(1, 1), (2, 3), (3, 4), (0, 0)], None);
    assert_eq!((measured.buckets, measured.slices, measured.ratios), (4, 3, 2_416_666_666_667));
    let sli = terms(BudgetingMethod::RatioTimeslices, true).sli(measured).unwrap();
    assert_eq!(sli.round_dp(12), dec("0.805555555556"));
}

/// A quarter of the window has passed with 100 events in each slice: 4 times as many are expected.
#[test]
fn a_running_calendar_window_expects_events_as_so_far() {
    let span = window(28);
    let now = span.from + TimeDelta::days(7);
    let mut buckets = vec![(100, 100); 2015];
    buckets.push((0, 100));
    let judged =
        terms(BudgetingMethod::Occurrences, false).judge(tally(&buckets, None), dec("0.999"), span, now).unwrap();
    assert!(judged.projected && judged.met.is_none());
    assert_eq!(judged.allowed, dec("806.4"), "0.001 × 100 × 8064");
    assert_eq!(judged.consumed.round_dp(9), dec("0.124007937"), "100 of 806.4");
    assert_eq!(judged.consumed_to_date.round_dp(9), dec("0.496031746"), "100 of 201.6");
}

#[test]
fn what_is_missing_is_not_taken_for_good() {
    let span = window(7);
    let met = |method, have: usize| {
        let measured = tally(&vec![(10, 10); have], None);
        terms(method, true).judge(measured, dec("0.99"), span, span.to).unwrap().met
    };
    for method in [BudgetingMethod::Occurrences, BudgetingMethod::Timeslices, BudgetingMethod::RatioTimeslices] {
        assert_eq!(met(method, 2016), Some(true));
        assert_eq!(met(method, 1996), Some(true), "20 missing of 20.16 allowed");
        assert_eq!(met(method, 1995), None, "21 missing of 20.16 allowed");
    }
    // Nights in which nothing happens are known, when they are said to be so.
    let mut buckets = vec![(10, 10); 1000];
    buckets.resize(2016, (0, 0));
    let judged = |method| terms(method, true).judge(tally(&buckets, None), dec("0.99"), span, span.to).unwrap().met;
    assert_eq!(judged(BudgetingMethod::Occurrences), Some(true));
    assert_eq!(judged(BudgetingMethod::Timeslices), None);
}

#[test]
fn without_data_there_is_no_judgement() {
    let span = window(7);
    let silent = tally(&[(0, 0); 9], None);
    for method in [BudgetingMethod::Occurrences, BudgetingMethod::Timeslices, BudgetingMethod::RatioTimeslices] {
        assert_eq!(terms(method, true).judge(silent, dec("0.9"), span, span.to), None);
        assert_eq!(terms(method, true).burn_rate(silent, dec("0.9")), None);
    }
}

#[test]
fn a_slice_is_good_at_exactly_its_target() {
    let target = Some(950_000_000_000);
    assert_eq!(Tally::bucket(95, 100, target).good_slices, 1);
    assert_eq!(Tally::bucket(949_999, 1_000_000, target).good_slices, 0);
    assert_eq!(Tally::bucket(1, 3, Some(333_333_333_333)).good_slices, 1);
    assert_eq!(Tally::bucket(1, 3, Some(333_333_333_334)).good_slices, 0);
}

/// A bucket of a running window: none when nothing was sent, else good and total.
fn buckets() -> impl Strategy<Value = Vec<Option<(i64, i64)>>> {
    let bucket = (0..1000_i64, 0..1000_i64).prop_map(|(one, other)| (one.min(other), one.max(other)));
    prop::collection::vec(prop::option::weighted(0.8, bucket), 1..200)
}

/// What the first `n` buckets say.
fn first(n: usize, buckets: &[Option<(i64, i64)>], slice_target: i64) -> Tally {
    buckets[..n].iter().flatten().map(|&(good, total)| Tally::bucket(good, total, Some(slice_target))).sum()
}

proptest! {
    /// A naive recount with fractions, in another way than the code's.
    #[test]
    fn it_counts_as_a_naive_recount_does(buckets in buckets(), slice_target in 1..=PARTS as i64) {
        let measured = first(buckets.len(), &buckets, slice_target);
        let with_data: Vec<(i64, i64)> = buckets.iter().flatten().copied().filter(|(_, total)| *total > 0).collect();
        let good: i64 = with_data.iter().map(|(good, _)| good).sum();
        let total: i64 = with_data.iter().map(|(_, total)| total).sum();
        let reaches = |(good, total): &&(i64, i64)| Decimal::from(*good) >= Decimal::new(slice_target, 12) * Decimal::from(*total);
        let good_slices = with_data.iter().filter(reaches).count() as i64;
        prop_assert_eq!((measured.good, measured.total, measured.good_slices), (good, total, good_slices));
        let ratio = |&(good, total): &(i64, i64)| (Decimal::from(good) / Decimal::from(total)).round_dp(12);
        let ratios: Decimal = with_data.iter().map(ratio).sum();
        prop_assert_eq!(Decimal::new(measured.ratios, 12), ratios);
        let slis = [
            (BudgetingMethod::Occurrences, (total > 0).then(|| Decimal::from(good) / Decimal::from(total))),
            (BudgetingMethod::Timeslices, (!with_data.is_empty()).then(|| Decimal::from(good_slices) / Decimal::from(with_data.len()))),
            (BudgetingMethod::RatioTimeslices, (!with_data.is_empty()).then(|| ratios / Decimal::from(with_data.len()))),
        ];
        for (method, sli) in slis {
            prop_assert_eq!(terms(method, false).sli(measured), sli);
        }
    }

    /// Timeslices: while a calendar window runs, what is consumed never falls.
    #[test]
    fn consumed_slices_never_come_back(buckets in buckets(), slice_target in 1..=PARTS as i64) {
        let span = window(1);
        let mut before = Decimal::ZERO;
        for n in 0..=buckets.len() {
            let now = span.from + TimeDelta::seconds(300 * n as i64);
            let measured = first(n, &buckets, slice_target);
            for method in [BudgetingMethod::Timeslices, BudgetingMethod::RatioTimeslices] {
                if let Some(judged) = terms(method, false).judge(measured, dec("0.9"), span, now) {
                    prop_assert!(judged.consumed >= before || method == BudgetingMethod::RatioTimeslices);
                    prop_assert_eq!(judged.remaining() + judged.consumed, Decimal::ONE);
                    if method == BudgetingMethod::Timeslices {
                        before = judged.consumed;
                    }
                }
            }
        }
    }

    /// Occurrences: bad events never fall, and silence adds none.
    #[test]
    fn silence_spends_nothing(buckets in buckets(), silence in 1..80_usize) {
        let span = window(1);
        let occurrences = terms(BudgetingMethod::Occurrences, false);
        let at = |n: usize| span.from + TimeDelta::seconds(300 * n as i64);
        let judge = |n: usize, upto: usize| occurrences.judge(first(upto, &buckets, 1), dec("0.9"), span, at(n));
        let mut bad = Decimal::ZERO;
        for n in 1..=buckets.len() {
            if let Some(judged) = judge(n, n) {
                prop_assert!(judged.bad >= bad);
                bad = judged.bad;
            }
        }
        let n = buckets.len();
        if let (Some(before), Some(after)) = (judge(n, n), judge(n + silence, n)) {
            prop_assert_eq!(before.bad, after.bad);
            prop_assert_eq!(before.consumed_to_date, after.consumed_to_date);
        }
    }

    /// Whatever the parts a window is counted in, the sum is the same.
    #[test]
    fn parts_add_up(buckets in buckets(), cut in 0..200_usize, slice_target in 1..=PARTS as i64) {
        let cut = cut.min(buckets.len());
        let whole = first(buckets.len(), &buckets, slice_target);
        let rest = first(buckets.len() - cut, &buckets[cut..], slice_target);
        prop_assert_eq!(first(cut, &buckets, slice_target) + rest, whole);
    }
}
