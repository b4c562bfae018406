//! Where an item stands among the others, as text that sorts: between any two ranks there is
//! always another, so that moving one item never rewrites its neighbours.
//!
//! A rank is the digit of its horizon and a fraction in base 62 that never ends in `0`. What is put
//! at an end takes the next whole step, so that a list that only grows has short fractions; what is
//! put between two takes the middle.

use super::Horizon;
use std::cmp::Ordering;

/// How long a fraction may get before its horizon is written anew.
pub const LONGEST: usize = 100;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: usize = DIGITS.len();
/// How many digits a whole step has.
const STEP: usize = 6;
/// The first of a list, with as much room above as below.
const FIRST: &str = "V";

/// The rank of a fraction within a horizon: what is done now comes before what is next.
pub fn rank(horizon: Horizon, fraction: &str) -> String {
    let digit = match horizon {
        Horizon::Now => '1',
        Horizon::Next => '2',
        Horizon::Later => '3',
    };
    format!("{digit}{fraction}")
}

/// The fraction of a rank.
pub fn fraction(rank: &str) -> &str {
    rank.get(1..).unwrap_or_default()
}

/// A fraction between two that follow each other; with none on one side, at that end.
pub fn between(above: Option<&str>, below: Option<&str>) -> String {
    match (above, below) {
        (None, None) => FIRST.to_owned(),
        (Some(last), None) => stepped(last, Ordering::Greater).unwrap_or_else(|| middle(last, None)),
        (None, Some(first)) => stepped(first, Ordering::Less).unwrap_or_else(|| middle("", Some(first))),
        (Some(above), Some(below)) => middle(above, Some(below)),
    }
}

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|known| *known == digit).unwrap_or_default()
}

/// The next whole step beyond a fraction; none where the room for steps ends.
fn stepped(fraction: &str, direction: Ordering) -> Option<String> {
    let digits = fraction.bytes().map(value).chain(std::iter::repeat(0)).take(STEP);
    let whole = digits.fold(0, |sum, digit| sum * BASE + digit);
    let mut rest = match direction {
        Ordering::Less => whole.checked_sub(1).filter(|step| *step > 0)?,
        _ => Some(whole + 1).filter(|step| *step < BASE.pow(STEP as u32))?,
    };
    let mut digits = [DIGITS[0]; STEP];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % BASE];
        rest /= BASE;
    }
    let text: String = digits.iter().copied().map(char::from).collect();
    Some(text.trim_end_matches('0').to_owned())
}

/// A short fraction between two; none below is 1.
fn middle(above: &str, below: Option<&str>) -> String {
    let (mut above, mut below) = (above.bytes(), below.map(str::bytes));
    let mut out = String::new();
    loop {
        let low = above.next().map_or(0, value);
        let high = below.as_mut().map_or(BASE, |below| below.next().map_or(BASE, value));
        let taken = match high.saturating_sub(low) {
            0 => low,
            1 => {
                // The shorter of the two ways: the digit of what is below, when it has more after it.
                if below.as_mut().is_some_and(|below| below.next().is_some()) {
                    out.push(char::from(DIGITS[high]));
                    return out;
                }
                below = None;
                low
            }
            _ => {
                out.push(char::from(DIGITS[low.midpoint(high)]));
                return out;
            }
        };
        out.push(char::from(DIGITS[taken]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put(ranks: &mut Vec<String>, at: usize) {
        let above = at.checked_sub(1).map(|above| ranks[above].as_str());
        let made = between(above, ranks.get(at).map(String::as_str));
        assert!(!made.is_empty() && !made.ends_with('0'), "{made}");
        ranks.insert(at, made);
    }

    fn is_sorted(ranks: &[String]) -> bool {
        ranks.windows(2).all(|pair| pair[0] < pair[1])
    }

    proptest! {
        #[test]
        fn wherever_one_is_put_it_stands_there(places in prop::collection::vec(any::<prop::sample::Index>(), 1..300)) {
            let (mut ranks, mut oracle): (Vec<String>, Vec<usize>) = (Vec::new(), Vec::new());
            let mut named = Vec::new();
            for (item, place) in places.iter().enumerate() {
                let at = place.index(ranks.len() + 1);
                put(&mut ranks, at);
                named.push((ranks[at].clone(), item));
                oracle.insert(at, item);
            }
            prop_assert!(is_sorted(&ranks));
            named.sort();
            let stand: Vec<usize> = named.into_iter().map(|(_, item)| item).collect();
            prop_assert_eq!(stand, oracle);
        }

        #[test]
        fn items_that_are_moved_stand_where_a_list_would_have_them(
            moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..300),
        ) {
            let mut ranks = Vec::new();
            for at in 0..12 {
                put(&mut ranks, at);
            }
            for (from, to) in moves {
                ranks.remove(from.index(12));
                put(&mut ranks, to.index(12));
            }
            prop_assert!(is_sorted(&ranks));
        }
    }

    #[test]
    fn a_list_that_only_grows_at_its_ends_has_short_ranks() {
        let mut ranks = Vec::new();
        for _ in 0..2_000 {
            let end = ranks.len();
            put(&mut ranks, end);
            put(&mut ranks, 0);
        }
        assert!(is_sorted(&ranks) && ranks.iter().all(|rank| rank.len() <= STEP));
    }

    #[test]
    fn the_same_gap_can_be_halved_for_hundreds_of_moves() {
        for side in [0, 1] {
            let mut ranks = vec!["V".to_owned(), "V00001".to_owned()];
            let mut count = 0;
            while ranks.iter().all(|rank| rank.len() <= LONGEST) {
                let at = if side == 0 { 1 } else { ranks.len() - 1 };
                put(&mut ranks, at);
                count += 1;
            }
            assert!(is_sorted(&ranks) && count > 400, "{count}");
        }
    }

    #[test]
    fn where_the_steps_end_there_is_still_room() {
        for (above, below) in
            [(Some("zzzzzz"), None), (None, Some("000001")), (Some("1"), Some("11")), (Some("1"), Some("2"))]
        {
            let made = between(above, below);
            assert!(above.is_none_or(|above| above < made.as_str()), "{made}");
            assert!(below.is_none_or(|below| made.as_str() < below), "{made}");
            assert!(!made.ends_with('0'), "{made}");
        }
        assert!(
            rank(Horizon::Now, "z") < rank(Horizon::Next, "1") && rank(Horizon::Next, "z") < rank(Horizon::Later, "1")
        );
        assert_eq!(fraction(&rank(Horizon::Later, "V1")), "V1");
    }
}
