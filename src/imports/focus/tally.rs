//! What is known of a bill when all its lines have been read once: it is never held as a whole.

use super::reading::FocusLine;
use crate::{
    costs::bills::{BillName, BillTotal, NewBill},
    kernel::{
        failure::Failure,
        http::hex,
        money::{Currency, Money, SCALE},
    },
};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// How many bills one file may hold.
const MOST: usize = 1000;

/// A sum of SHA-256s, each a number of 256 bits: the same for the same lines, in whatever order they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct SumOfDigests([u64; 4]);

impl SumOfDigests {
    fn add(&mut self, digest: &[u8]) {
        let mut carry = false;
        for (mine, theirs) in self.0.iter_mut().zip(digest.chunks_exact(8)) {
            let theirs = theirs.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            let (sum, over) = mine.overflowing_add(theirs);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            (*mine, carry) = (sum, over || over_again);
        }
    }

    fn as_hex(self) -> String {
        hex(&self.0.map(u64::to_le_bytes).concat())
    }
}

/// A bill as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tally {
    provider: String,
    lines: u64,
    digest: SumOfDigests,
    /// Amount and what was billed, in 10⁻¹²; the latter is not known where a line does not say it.
    totals: BTreeMap<Currency, (i128, Option<i128>)>,
}

/// The bills of a file, in the order in which they are met.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    known: HashMap<BillName, usize>,
    all: Vec<Tally>,
}

impl Tallies {
    /// Counts a line, and says of which bill it is, counted from 0.
    ///
    /// # Errors
    /// A sentence when a file holds too many bills.
    pub fn count(&mut self, line: &FocusLine, json: &str) -> Result<usize, String> {
        let nth = match self.known.get(&line.name) {
            Some(nth) => *nth,
            None if self.all.len() == MOST => return Err(format!("a file holds at most {MOST} bills")),
            None => {
                let nth = self.all.len();
                self.known.insert(line.name.clone(), nth);
                let (provider, totals) = (line.provider.clone(), BTreeMap::new());
                self.all.push(Tally { provider, lines: 0, digest: SumOfDigests::default(), totals });
                nth
            }
        };
        let tally = &mut self.all[nth];
        tally.lines += 1;
        tally.digest.add(&Sha256::digest(json.as_bytes()));
        let (amount, billed) = tally.totals.entry(line.billed_line.currency).or_insert((0, Some(0)));
        *amount += line.amount;
        *billed = billed.zip(line.billed).map(|(sum, billed)| sum + billed);
        Ok(nth)
    }

    /// How many lines there are of all of them.
    pub fn lines(&self) -> u64 {
        self.all.iter().map(|tally| tally.lines).sum()
    }

    /// The bills that they make.
    ///
    /// # Errors
    /// 422 for a bill that comes to more than can be written down.
    pub fn bills(&self) -> Result<Vec<NewBill>, Failure> {
        let mut names: Vec<(&BillName, usize)> = self.known.iter().map(|(name, nth)| (name, *nth)).collect();
        names.sort_by_key(|(_, nth)| *nth);
        let money = |parts: i128, currency| match Decimal::try_from_i128_with_scale(parts, SCALE) {
            Ok(amount) => Ok(Money::new(amount, currency)),
            Err(_) => Err(Failure::invalid("", "too_large", "a bill comes to more than can be written down")),
        };
        let bill = |(name, nth): (&BillName, usize)| {
            let Tally { provider, lines, digest, totals } = &self.all[nth];
            let total = |(&currency, &(amount, billed)): (&Currency, &(i128, Option<i128>))| {
                let billed_amount = billed.map(|billed| money(billed, currency)).transpose()?;
                Ok(BillTotal { amount: money(amount, currency)?, billed_amount })
            };
            let totals = totals.iter().map(total).collect::<Result<_, Failure>>()?;
            let (name, provider) = (name.clone(), provider.clone());
            Ok(NewBill { name, provider, lines: *lines, digest: digest.as_hex(), totals })
        };
        names.into_iter().map(bill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_of_lines_does_not_matter_and_each_of_them_does(lines in prop::collection::vec("[a-c]{0,3}", 1..20),
                                                                    at in any::<prop::sample::Index>()) {
            let sum = |lines: &[String]| {
                let mut sum = SumOfDigests::default();
                lines.iter().for_each(|line| sum.add(&Sha256::digest(line.as_bytes())));
                sum
            };
            let mut other = lines.clone();
            other.rotate_left(at.index(lines.len()));
            prop_assert_eq!(sum(&other), sum(&lines));
            other[0].push('d');
            prop_assert_ne!(sum(&other), sum(&lines));
        }
    }

    #[test]
    fn a_sum_carries_to_the_end_and_wraps() {
        let mut sum = SumOfDigests([u64::MAX; 4]);
        let mut one = [0; 32];
        one[0] = 1;
        sum.add(&one);
        assert_eq!(sum, SumOfDigests::default());
        assert_eq!(sum.as_hex(), "0".repeat(64));
    }
}
