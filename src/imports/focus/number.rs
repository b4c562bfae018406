//! Numbers as FOCUS writes them: decimals, perhaps with an exponent.

use crate::kernel::money::SCALE;

/// How many digits an amount may have before the point.
const WHOLE: u32 = 12;

/// What an amount is, in 10⁻¹² of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    pub parts: i128,
    /// Whether digits were lost: it is rounded half to even.
    pub rounded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnAmount {
    /// No number at all.
    Format,
    /// More digits before the point than are kept.
    TooLarge,
}

/// Whether a text is a number.
pub fn is_number(text: &str) -> bool {
    split(text).is_some()
}

/// As FOCUS writes a number that is written otherwise: without a plus, and with a digit before and after the point.
pub fn plain(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let or_zero = |digits: &str| if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    let is_some = !whole.is_empty() || !fraction.is_empty();
    let text = format!("{sign}{}.{}{exponent}", or_zero(whole), or_zero(fraction));
    (is_some && is_number(&text)).then_some(text)
}

/// Sign, digits before and after the point, and exponent.
fn split(text: &str) -> Option<(bool, &str, &str, i32)> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, exponent) = match text.find(['e', 'E']) {
        None => (text, 0),
        Some(at) => {
            let written = &text[at + 1..];
            let plain = written.strip_prefix(['+', '-']).unwrap_or(written);
            if !is_digits(plain) || plain.len() > 4 {
                return None;
            }
            (&text[..at], written.parse().ok()?)
        }
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let plain = is_digits(whole) && fraction.is_none_or(is_digits);
    plain.then(|| (negative, whole, fraction.unwrap_or_default(), exponent))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads an amount of money.
///
/// # Errors
/// For what is no number, and for one that is too large to be kept.
pub fn amount(text: &str) -> Result<Amount, NotAnAmount> {
    let (negative, whole, fraction, exponent) = split(text).ok_or(NotAnAmount::Format)?;
    let digits: Vec<u8> =
        whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').skip_while(|digit| *digit == 0).collect();
    if digits.is_empty() {
        return Ok(Amount { parts: 0, rounded: false });
    }
    let after = i64::try_from(fraction.len()).map_err(|_| NotAnAmount::TooLarge)? - i64::from(exponent);
    let length = i64::try_from(digits.len()).map_err(|_| NotAnAmount::TooLarge)?;
    // How many of the digits are kept; fewer than there are when the rest is less than a part.
    let kept = length - (after - i64::from(SCALE));
    if kept > i64::from(WHOLE + SCALE) {
        return Err(NotAnAmount::TooLarge);
    }
    let in_order = |from: i64, to: i64| {
        digits.iter().skip(usize::try_from(from).unwrap_or(0)).take(usize::try_from(to - from).unwrap_or(0))
    };
    let mut parts = in_order(0, kept.min(length)).fold(0_i128, |sum, digit| sum * 10 + i128::from(*digit));
    for _ in length..kept {
        parts *= 10;
    }
    let (first, rest) = match kept {
        0.. => (in_order(kept, kept + 1).next().copied().unwrap_or(0), in_order(kept + 1, length)),
        // Everything stands behind the first digit that is not kept, which is a zero.
        _ => (0, in_order(0, length)),
    };
    let more = rest.clone().any(|digit| *digit != 0);
    if first > 5 || (first == 5 && (more || parts % 2 == 1)) {
        parts += 1;
    }
    if parts >= 10_i128.pow(WHOLE + SCALE) {
        return Err(NotAnAmount::TooLarge);
    }
    Ok(Amount { parts: if negative { -parts } else { parts }, rounded: first != 0 || more })
}

/// The two columns in which an amount is kept.
pub fn columns(parts: i128) -> (i64, i64) {
    let scale = 10_i128.pow(SCALE);
    let (units, rest) = (parts.div_euclid(scale), parts.rem_euclid(scale));
    (i64::try_from(units).unwrap_or(i64::MAX), i64::try_from(rest).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::{from_columns, settle, to_columns};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn exact(text: &str) -> Result<i128, NotAnAmount> {
        amount(text).map(|amount| {
            assert!(!amount.rounded, "{text}");
            amount.parts
        })
    }

    #[test]
    fn a_number_is_read_to_its_last_digit() {
        let one = 1_000_000_000_000;
        for (text, parts) in [
            ("0", 0),
            ("-0.00000", 0),
            ("1", one),
            ("0.00000080000", 800_000),
            ("-12.5", -12 * one - one / 2),
            ("1.2E-7", 120_000),
            ("12e+3", 12_000 * one),
            ("0.000000000001", 1),
            ("1E-12", 1),
            ("0e9999", 0),
            ("999999999999.999999999999", 1_000_000_000_000 * one - 1),
            ("1000000000000e-1", 100_000_000_000 * one),
            ("2.000000000000000", 2 * one),
        ] {
            assert_eq!(exact(text), Ok(parts), "{text}");
        }
    }

    #[test]
    fn what_is_less_than_a_part_is_rounded_half_to_even() {
        for (text, parts) in [
            ("0.0000000000005", 0),
            ("0.0000000000015", 2),
            ("0.0000000000025", 2),
            ("0.00000000000250001", 3),
            ("-0.0000000000015", -2),
            ("1E-13", 0),
            ("6E-13", 1),
            ("9.9E-400", 0),
            ("0.0123456789014999", 12_345_678_901),
        ] {
            assert_eq!(amount(text), Ok(Amount { parts, rounded: true }), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart_from_one_that_is_too_large() {
        for text in
            ["", "-", "+1", ".5", "1.", "1,000", "1e", "e3", "1e1.5", "1e12345", "NaN", "1 ", "0x1", "--1", "１"]
        {
            assert_eq!(amount(text), Err(NotAnAmount::Format), "{text}");
            assert!(!is_number(text), "{text}");
        }
        for text in ["1000000000000", "1e12", "999999999999.9999999999999", "1e9999"] {
            assert_eq!(amount(text), Err(NotAnAmount::TooLarge), "{text}");
            assert!(is_number(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_is_what_a_decimal_says(mantissa in -1_000_000_000_000_000_000_i64..1_000_000_000_000_000_000,
                                            scale in 0..20_u32, exponent in -3..3_i32) {
            let text = format!("{}e{exponent}", Decimal::new(mantissa, scale));
            let expected = Decimal::new(mantissa, scale);
            let shift = Decimal::from(10_i64.pow(exponent.unsigned_abs()));
            let expected = settle(if exponent < 0 { expected / shift } else { expected * shift });
            let read = amount(&text);
            if let Ok(read) = read {
                let (units, parts) = columns(read.parts);
                prop_assert_eq!((units, parts), to_columns(expected));
                prop_assert_eq!(from_columns(units, parts), expected);
            } else {
                prop_assert!(expected.abs() >= Decimal::from(1_000_000_000_000_i64), "{} {:?}", text, read);
            }
        }
    }
}
