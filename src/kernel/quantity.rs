//! Exact numbers that are not money: hours and shares.

use super::money::{PARTS, SCALE, parse_decimal};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// An exact number with at most 12 digits after the point, at most 15 in all, and between
/// −9,000,000 and 9,000,000: hours, shares. A JSON number outside, 10⁻¹² parts in a `BIGINT` inside.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::BigInt)]
pub struct Quantity(i64);

impl Quantity {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(PARTS);

    pub fn get(self) -> Decimal {
        Decimal::new(self.0, SCALE).normalize()
    }

    /// The nearest quantity to a computed number: six digits after the point, half to even.
    pub fn rounded(value: Decimal) -> Self {
        let value = value.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven);
        Self((value * Decimal::from(PARTS)).to_i64().unwrap_or(i64::MAX))
    }

    /// In 10⁻¹² parts.
    pub fn parts(self) -> i64 {
        self.0
    }

    /// From 10⁻¹² parts, as the database adds them up.
    pub fn from_parts(parts: i64) -> Self {
        Self(parts)
    }
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = parse_decimal(text)?;
        // 15 digits are what a float carries unharmed, and floats are how most JSON tools read a number.
        if value.mantissa().unsigned_abs() >= 10_u128.pow(15) || value.abs() >= Decimal::from(9_000_000) {
            return Err("between -9,000,000 and 9,000,000, with at most 15 digits".to_owned());
        }
        (value * Decimal::from(PARTS)).to_i64().map(Self).ok_or_else(|| "out of range".to_owned())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.get())
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % PARTS {
            0 => serializer.serialize_i64(self.0 / PARTS),
            _ => serializer.serialize_f64(self.to_string().parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let text = match number.as_f64() {
            Some(float) if number.is_f64() => float.to_string(),
            _ => number.to_string(),
        };
        text.parse().map_err(de::Error::custom)
    }
}

impl<DB> diesel::serialize::ToSql<diesel::sql_types::BigInt, DB> for Quantity
where
    DB: diesel::backend::Backend,
    i64: diesel::serialize::ToSql<diesel::sql_types::BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB> diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB> for Quantity
where
    DB: diesel::backend::Backend,
    i64: diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

/// A computed number: exact inside, a JSON number with at most 12 digits after the point outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(pub Decimal);

impl Ratio {
    /// As it is shown: 12 digits after the point, half to even.
    pub fn shown(self) -> Decimal {
        self.0.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointNearestEven).normalize()
    }

    /// As it is kept in a report: shown, and at most 15 digits in all, which is what every JSON
    /// reader carries unharmed.
    pub fn kept(self) -> Decimal {
        let shown = self.shown();
        shown.round_sf_with_strategy(15, RoundingStrategy::MidpointNearestEven).unwrap_or(shown).normalize()
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = self.shown();
        match shown.to_i64().filter(|_| shown.scale() == 0) {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(shown.to_string().parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

impl utoipa::PartialSchema for Ratio {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("A computed number, with at most 12 digits after the point."))
            .into()
    }
}

impl utoipa::ToSchema for Ratio {
    fn name() -> std::borrow::Cow<'static, str> {
        "Ratio".into()
    }
}

impl utoipa::PartialSchema for Quantity {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(-9_000_000))
            .maximum(Some(9_000_000))
            .description(Some("An exact number with at most 12 digits after the point, 15 in all."))
            .into()
    }
}

impl utoipa::ToSchema for Quantity {
    fn name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quantity_survives_json(whole in -8_999_999_i64..8_999_999, fraction in 0..100_000_000_i64) {
            let quantity: Quantity = format!("{whole}.{fraction:08}").parse().unwrap();
            let json = serde_json::to_string(&quantity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Quantity>(&json).unwrap(), quantity);
        }
    }
}
