//! Exact numbers: money and exchange rates (quantities stand beside). No float takes part in any of them.
//!
//! In the program they are decimals; in the database money is two `BIGINT`s, whole units and
//! 10⁻¹² parts, so that SQL can add millions of lines without losing a digit (`docs/DECISIONS.md`).

pub use super::quantity::Quantity;

use arrayvec::ArrayString;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{collections::BTreeMap, str::FromStr};

/// How many digits after the point an amount, a quantity or a rate may have.
pub const SCALE: u32 = 12;
pub const PARTS: i64 = 1_000_000_000_000;

/// Rounds to [`SCALE`] digits, half to even: the only rounding between input and display.
pub fn settle(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointNearestEven).normalize()
}

/// An ISO 4217 currency, by its three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    pub const USD: Self = Self(iso_currency::Currency::USD);

    pub fn as_text(self) -> &'static str {
        self.0.code()
    }

    /// Digits that people write after the point: 2 for EUR, 0 for JPY.
    pub fn minor_digits(self) -> u32 {
        self.0.exponent().unwrap_or(2).into()
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_text().cmp(other.as_text())
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| format!("'{code}' is not an ISO 4217 code"))
    }
}

crate::text_type!(Currency, "Currency", "^[A-Z]{3}$", "EUR", "An ISO 4217 currency code.");

/// An amount of one currency: up to 12 digits before the point and 12 after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub amount: Decimal,
    pub currency: Currency,
}

impl Money {
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount: amount.normalize(), currency }
    }

    /// From the two columns it is kept in.
    pub fn from_columns(units: i64, parts: i64, currency: Currency) -> Self {
        Self::new(from_columns(units, parts), currency)
    }

    /// The two columns: whole units rounded down, and 10⁻¹² parts in 0 ≤ parts < 10¹². Together
    /// they sort as the amount does.
    pub fn to_columns(self) -> (i64, i64) {
        to_columns(self.amount)
    }

    /// As a person reads it: rounded half to even to the currency's own digits, thousands apart.
    pub fn shown(self) -> String {
        format!("{} {}", self.currency, grouped(self.amount, self.currency.minor_digits()))
    }

    /// As [`Money::shown`], without the digits after the point: for headlines.
    pub fn shown_whole(self) -> String {
        format!("{} {}", self.currency, grouped(self.amount, 0))
    }
}

pub fn from_columns(units: i64, parts: i64) -> Decimal {
    (Decimal::from(units) + Decimal::new(parts, SCALE)).normalize()
}

pub fn to_columns(amount: Decimal) -> (i64, i64) {
    let units = amount.floor();
    let parts = settle(amount - units) * Decimal::from(PARTS);
    (units.to_i64().unwrap_or(i64::MAX), parts.to_i64().unwrap_or(0))
}

/// A number for people: thousands apart by a narrow comma, `digits` after the point.
pub fn grouped(value: Decimal, digits: u32) -> String {
    let rounded = value.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven);
    let text = format!("{:.*}", digits as usize, rounded.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(whole, fraction)| (whole, fraction));
    let mut out = String::with_capacity(text.len() + 8);
    if rounded.is_sign_negative() && !rounded.is_zero() {
        out.push('−');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Reads a decimal as it is written, refusing exponents and more digits than we keep.
pub(super) fn parse_decimal(text: &str) -> Result<Decimal, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return Err(format!("'{text}' is not a decimal number such as 1234.5"));
    }
    if whole.trim_start_matches('0').len() > 12 || fraction.trim_end_matches('0').len() > SCALE as usize {
        return Err("at most 12 digits before the point and 12 after it".to_owned());
    }
    let kept = format!("{}{whole}.{}", &text[..text.len() - digits.len()], &fraction[..fraction.len().min(12)]);
    Decimal::from_str(&kept).map(|value| value.normalize()).map_err(|error| error.to_string())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyText {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MoneyText { amount: self.amount.to_string(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // How many digits may be *given* is the schema's to say; a sum that we wrote may have more.
        let text = MoneyText::deserialize(deserializer)?;
        Ok(Self::new(Decimal::from_str_exact(&text.amount).map_err(de::Error::custom)?, text.currency))
    }
}

impl utoipa::PartialSchema for Money {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, schema::AdditionalProperties};
        let amount = crate::kernel::http::text_schema(DECIMAL, "1234.5", "An exact decimal, never a float.");
        ObjectBuilder::new()
            .property("amount", amount)
            .property("currency", <Currency as utoipa::PartialSchema>::schema())
            .required("amount")
            .required("currency")
            .additional_properties(Some(AdditionalProperties::<utoipa::openapi::Schema>::FreeForm(false)))
            .description(Some("An exact amount of one currency, rounded only when it is shown."))
            .into()
    }
}

impl utoipa::ToSchema for Money {
    fn name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
}

/// How a computed amount stands in the contract: it may have more digits than one that is given.
#[derive(Debug)]
pub struct Sum;

impl utoipa::PartialSchema for Sum {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::ObjectBuilder;
        let amount = crate::kernel::http::text_schema(LONG_DECIMAL, "1234.5", "An exact decimal, never a float.");
        ObjectBuilder::new()
            .property("amount", amount)
            .property("currency", <Currency as utoipa::PartialSchema>::schema())
            .required("amount")
            .required("currency")
            .description(Some("An exact amount of one currency that was computed from others."))
            .into()
    }
}

impl utoipa::ToSchema for Sum {
    fn name() -> std::borrow::Cow<'static, str> {
        "Sum".into()
    }
}

const LONG_DECIMAL: &str = r"^-?[0-9]{1,28}(\.[0-9]{1,12})?$";
const DECIMAL: &str = r"^-?[0-9]{1,12}(\.[0-9]{1,12})?$";

/// The three columns of a table that are one [`Money`], for `#[diesel(embed)]`.
#[macro_export]
macro_rules! money_columns {
    ($type:ident, $table:ident, $units:ident, $parts:ident, $currency:ident) => {
        /// Money in this table's columns.
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            diesel::Queryable,
            diesel::Selectable,
            diesel::Insertable,
            diesel::AsChangeset,
        )]
        #[diesel(table_name = $table)]
        pub struct $type {
            $units: i64,
            $parts: i64,
            $currency: $crate::kernel::money::Currency,
        }

        impl From<$crate::kernel::money::Money> for $type {
            fn from(money: $crate::kernel::money::Money) -> Self {
                let ($units, $parts) = money.to_columns();
                Self { $units, $parts, $currency: money.currency }
            }
        }

        impl From<$type> for $crate::kernel::money::Money {
            fn from(columns: $type) -> Self {
                Self::from_columns(columns.$units, columns.$parts, columns.$currency)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::kernel::money::Money::from(*self).serialize(serializer)
            }
        }
    };
}

/// A positive exchange rate: one unit of `from` is worth this many of `to`. A decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Rate {
    value: Decimal,
    text: ArrayString<26>,
}

impl Rate {
    pub fn get(self) -> Decimal {
        self.value
    }

    pub fn as_text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = parse_decimal(text)?;
        if value <= Decimal::ZERO {
            return Err("a rate is greater than zero".to_owned());
        }
        Ok(Self { value, text: ArrayString::from(&value.to_string()).unwrap_or_default() })
    }
}

crate::text_type!(
    Rate,
    "Rate",
    r"^[0-9]{1,12}(\.[0-9]{1,12})?$",
    "0.9231",
    "An exact exchange rate greater than zero, as a decimal string."
);

/// Sums by currency, exact; converted once, at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<Currency, Decimal>);

impl Amounts {
    pub fn add(&mut self, money: Money) {
        *self.0.entry(money.currency).or_default() += money.amount;
    }

    pub fn add_all(&mut self, other: &Self) {
        for (&currency, &amount) in &other.0 {
            self.add(Money::new(amount, currency));
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Money> + '_ {
        self.0.iter().map(|(&currency, &amount)| Money::new(amount, currency))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        parse_decimal(text).unwrap()
    }

    #[test]
    fn what_is_written_is_what_is_kept() {
        for text in ["0", "1234.5", "-0.000000000001", "999999999999.999999999999"] {
            let (units, parts) = to_columns(decimal(text));
            assert_eq!(from_columns(units, parts), decimal(text), "{text}");
            assert!((0..PARTS).contains(&parts), "{text}");
        }
    }

    #[test]
    fn what_we_cannot_keep_is_refused() {
        for text in ["", "1e3", "+1", ".5", "1.", "1,000", "1000000000000", "0.0000000000001", "NaN", "１"] {
            assert!(parse_decimal(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shown_half_to_even_with_thousands_apart() {
        let euros = |text| Money::new(decimal(text), Currency::EUR).shown();
        assert_eq!(euros("1234567.125"), "EUR 1,234,567.12");
        assert_eq!(euros("-0.135"), "EUR −0.14");
        assert_eq!(euros("-0.001"), "EUR 0.00");
        assert_eq!(Money::new(decimal("999.5"), "JPY".parse().unwrap()).shown(), "JPY 1,000");
    }

    #[test]
    fn a_sum_larger_than_what_may_be_given_still_reads_back() {
        let sum = Money::new(decimal("999999999999.5") * Decimal::from(9), Currency::EUR);
        assert_eq!(serde_json::from_str::<Money>(&serde_json::to_string(&sum).unwrap()).unwrap(), sum);
    }

    proptest! {
        #[test]
        fn columns_sort_and_add_as_amounts_do(a in -999_999_999_999_i64..999_999_999_999, b in 0..PARTS,
                                              c in -999_999_999_999_i64..999_999_999_999, d in 0..PARTS) {
            let (left, right) = (from_columns(a, b), from_columns(c, d));
            prop_assert_eq!((a, b).cmp(&(c, d)), left.cmp(&right));
            prop_assert_eq!(from_columns(a + c, b + d), left + right);
        }
    }
}
