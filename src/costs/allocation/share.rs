//! An amount in shares, to the last part of it.

use crate::kernel::money::{PARTS, Quantity, from_columns};
use rust_decimal::Decimal;

/// Two sums of the database, of whole units and of parts, as parts.
pub fn in_parts(units: i64, parts: i64) -> i128 {
    i128::from(units) * i128::from(PARTS) + i128::from(parts)
}

/// A whole number of parts as a number.
pub fn of_parts(parts: i128) -> Decimal {
    let one = i128::from(PARTS);
    let (units, rest) = (parts.div_euclid(one), parts.rem_euclid(one));
    // What came of sums of 64 bits fits into them.
    from_columns(i64::try_from(units).unwrap_or(i64::MAX), i64::try_from(rest).unwrap_or_default())
}

/// Splits a whole number of parts by shares that sum to 1, by the largest remainder: each gets what its share of the
/// whole is, rounded down, and what is left over goes one part each to the largest remainders, the earlier first of equal
/// ones. So the parts sum to the whole, and none is a part away from its exact share. A credit splits as the charge would.
pub fn split(whole: i128, shares: &[Quantity]) -> Vec<i128> {
    let (one, sign, whole) = (i128::from(PARTS), whole.signum(), whole.abs());
    // The whole is taken apart first: multiplied at once, it might not fit.
    let (units, rest) = (whole / one, whole % one);
    let exact = shares.iter().map(|share| (units * i128::from(share.parts()), rest * i128::from(share.parts())));
    let mut parts: Vec<(i128, i128)> =
        exact.map(|(of_units, of_rest)| (of_units + of_rest / one, of_rest % one)).collect();
    let left = whole - parts.iter().map(|(part, _)| part).sum::<i128>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(parts[*at].1));
    for at in order.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        parts[at].0 += 1;
    }
    parts.into_iter().map(|(part, _)| sign * part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shares(texts: &[&str]) -> Vec<Quantity> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_remainders() {
        // 100 × 10⁻¹² in thirds: 33.3, 33.3 and 33.4.
        let thirds = shares(&["0.333333333333", "0.333333333333", "0.333333333334"]);
        assert_eq!(split(100, &thirds), [33, 33, 34]);
        // 1 × 10⁻¹² in halves: equal remainders, so the first.
        assert_eq!(split(1, &shares(&["0.5", "0.5"])), [1, 0]);
        assert_eq!(split(-1, &shares(&["0.5", "0.5"])), [-1, 0]);
        // 7 by 0.1, 0.2 and 0.7 is 0.7, 1.4 and 4.9: 0, 1, 4, and the two left over to 0.9 and 0.7.
        assert_eq!(split(7, &shares(&["0.1", "0.2", "0.7"])), [1, 1, 5]);
        assert_eq!(split(-7, &shares(&["0.1", "0.2", "0.7"])), [-1, -1, -5]);
        assert_eq!(split(0, &shares(&["0.1", "0.9"])), [0, 0]);
        assert_eq!(split(5, &shares(&["1"])), [5]);
    }

    /// Shares that sum to 1, of any number of digits.
    fn any_shares() -> impl Strategy<Value = Vec<Quantity>> {
        prop::collection::btree_set(1..PARTS, 0..12).prop_map(|cuts| {
            let ends: Vec<i64> = cuts.into_iter().chain([PARTS]).collect();
            let starts = std::iter::once(0).chain(ends.iter().copied());
            ends.iter().zip(starts).map(|(end, start)| Quantity::from_parts(end - start)).collect()
        })
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole_and_none_is_a_part_away(whole in -10_i128.pow(32)..10_i128.pow(32), shares in any_shares()) {
            let parts = split(whole, &shares);
            prop_assert_eq!(parts.iter().sum::<i128>(), whole);
            for (part, share) in parts.iter().zip(&shares) {
                // |part × 10¹² − whole × share| < 10¹², taken apart so that it fits.
                let (one, share) = (i128::from(PARTS), i128::from(share.parts()));
                let floor = (whole.abs() / one) * share + (whole.abs() % one) * share / one;
                prop_assert!((part.abs() - floor) == 0 || (part.abs() - floor) == 1 && (whole.abs() % one) * share % one > 0);
            }
        }

        #[test]
        fn shares_in_another_order_get_the_same_but_for_equal_remainders(whole in -10_i128.pow(26)..10_i128.pow(26),
                                                                        shares in any_shares()) {
            let of = |share: &Quantity| (whole.abs() % i128::from(PARTS)) * i128::from(share.parts()) % i128::from(PARTS);
            let remainders: std::collections::BTreeSet<_> = shares.iter().map(of).collect();
            prop_assume!(remainders.len() == shares.len());
            let backwards: Vec<_> = shares.iter().rev().copied().collect();
            let mut parts = split(whole, &backwards);
            parts.reverse();
            prop_assert_eq!(parts, split(whole, &shares));
        }

        #[test]
        fn a_credit_undoes_its_charge(whole in 0..10_i128.pow(26), shares in any_shares()) {
            let undone: Vec<i128> = split(-whole, &shares).iter().map(|part| -part).collect();
            prop_assert_eq!(undone, split(whole, &shares));
        }
    }
}
