//! Exact arithmetic of its own, so that nothing is checked with the code that made it.

use num::{BigInt, BigRational, One, Signed, Zero};
use serde_json::Value;

/// An exact number.
pub type Exact = BigRational;

pub fn whole(number: i64) -> Exact {
    Exact::from(BigInt::from(number))
}

fn ten_to(digits: u32) -> Exact {
    Exact::from(BigInt::from(10).pow(digits))
}

/// A number as it stands in JSON: as a number, as text, or as the amount of money.
pub fn number(value: &Value) -> Option<Exact> {
    match value {
        Value::Number(number) => read(&number.to_string()),
        Value::String(text) => read(text),
        Value::Object(money) => number(money.get("amount")?),
        _ => None,
    }
}

fn read(text: &str) -> Option<Exact> {
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: BigInt = format!("{before}{after}").parse().ok()?;
    let power = power.parse::<i32>().ok()? - i32::try_from(after.len()).ok()?;
    let scale = ten_to(power.unsigned_abs());
    Some(if power < 0 { Exact::from(mantissa) / scale } else { Exact::from(mantissa) * scale })
}

/// To so many digits after the point, half to even.
pub fn rounded(value: &Exact, digits: u32) -> Exact {
    let scaled = value * ten_to(digits);
    let (floor, half) = (scaled.floor(), Exact::new(1.into(), 2.into()));
    let rest = &scaled - &floor;
    let is_odd = !(floor.to_integer() % BigInt::from(2)).is_zero();
    let up = rest > half || (rest == half && is_odd);
    (if up { floor + Exact::one() } else { floor }) / ten_to(digits)
}

/// As money is kept: 12 digits after the point.
pub fn settled(value: &Exact) -> Exact {
    rounded(value, 12)
}

/// As a number is kept: 12 digits after the point, and 15 in all.
pub fn kept(value: &Exact) -> Exact {
    let shown = settled(value);
    let whole = shown.abs().to_integer();
    let digits = if whole.is_zero() { 0 } else { u32::try_from(whole.to_string().len()).expect("few digits") };
    rounded(&shown, 12.min(15_u32.saturating_sub(digits)))
}

#[test]
fn numbers_are_read_and_rounded_exactly() {
    let exact = |text: &str| read(text).expect("a number");
    assert_eq!(exact("-0.5"), Exact::new((-1).into(), 2.into()));
    assert_eq!(exact("1.5e-7"), exact("0.00000015"));
    assert_eq!(exact("2e3"), whole(2000));
    assert_eq!((rounded(&exact("0.125"), 2), rounded(&exact("-0.135"), 2)), (exact("0.12"), exact("-0.14")));
    assert_eq!(kept(&exact("123456.7890123456789")), exact("123456.789012346"));
    assert_eq!(kept(&(whole(1) / whole(3))), exact("0.333333333333"));
}
