//! Report facts: named figures, each with the formula it came from and the rows behind it.

use crate::kernel::{
    figure::Figure,
    money::{Currency, Money, grouped},
    quantity::Ratio,
};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::HashMap;
use utoipa::ToSchema;

/// One of the rows behind a figure: what it is and what it adds.
pub type FactRow = Map<String, Value>;

/// The unit of what is text.
pub const TEXT: &str = "text";
/// The unit of ratios from 0 to 1.
pub const SHARE: &str = "share";
/// The unit of what is counted.
pub const COUNT: &str = "count";
/// The unit of working time.
pub const HOURS: &str = "hours";
/// The unit of how long something lasts.
pub const MINUTES: &str = "minutes";

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FactValue {
    Money(Money),
    /// At most 15 digits, 12 of them after the point: what every JSON reader carries unharmed.
    #[schema(value_type = f64)]
    Number(#[serde(deserialize_with = "number")] Decimal),
    Text(String),
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let text = number.to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).map_err(serde::de::Error::custom)
}

impl Serialize for FactValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Money(money) => money.serialize(serializer),
            Self::Number(value) => match value.to_i64().filter(|_| value.is_integer()) {
                Some(whole) => serializer.serialize_i64(whole),
                None => serializer.serialize_f64(value.to_string().parse().map_err(serde::ser::Error::custom)?),
            },
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl FactValue {
    /// With the digits that people write: where two figures are compared.
    pub fn shown(&self) -> String {
        match self {
            Self::Money(money) => money.shown(),
            Self::Number(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl From<Money> for FactValue {
    fn from(money: Money) -> Self {
        Self::Money(money)
    }
}

impl From<Decimal> for FactValue {
    fn from(value: Decimal) -> Self {
        Self::Number(Ratio(value).kept())
    }
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What a fact was computed from: another fact, or a parameter of the product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Input {
    pub name: String,
    /// Null when it is not known.
    pub value: Option<FactValue>,
    /// Why it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl Input {
    pub fn of(name: impl Into<String>, value: impl Into<FactValue>) -> Self {
        Self { name: name.into(), value: Some(value.into()), unknown: None }
    }
}

/// A named figure with its unit, the formula it came from, its inputs and the rows behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Fact {
    /// Stable from month to month, such as `cost.component.orders-db`.
    #[schema(example = "cost.total")]
    pub name: String,
    /// Null when it is not known.
    pub value: Option<FactValue>,
    /// Why it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// A currency, `hours`, `share` (0 to 1), `count`, `text`, or words.
    pub unit: String,
    /// In words.
    pub formula: String,
    pub inputs: Vec<Input>,
    /// The rows behind it; only where the fact itself is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub rows: Option<Vec<FactRow>>,
}

impl Fact {
    pub fn new<V: Into<FactValue>>(
        name: impl Into<String>,
        unit: impl Into<String>,
        value: Figure<V>,
        formula: impl Into<String>,
    ) -> Self {
        let (value, unknown) = match value {
            Figure::Known(value) => (Some(value.into()), None),
            Figure::Unknown(why) => (None, Some(why)),
        };
        let (name, unit, formula) = (name.into(), unit.into(), formula.into());
        Self { name, value, unknown, unit, formula, inputs: Vec::new(), rows: Some(Vec::new()) }
    }

    pub fn money(
        name: impl Into<String>,
        currency: Currency,
        value: Figure<Money>,
        formula: impl Into<String>,
    ) -> Self {
        Self::new(name, currency.as_text(), value, formula)
    }

    /// How many rows there are.
    pub fn count(name: impl Into<String>, formula: impl Into<String>, rows: Vec<FactRow>) -> Self {
        Self::new(name, COUNT, Figure::Known(Decimal::from(rows.len())), formula).rows(rows)
    }

    pub fn inputs(mut self, inputs: impl IntoIterator<Item = Input>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    pub fn rows(mut self, rows: Vec<FactRow>) -> Self {
        self.rows = Some(rows);
        self
    }

    pub fn figure(&self) -> Figure<&FactValue> {
        match &self.value {
            Some(value) => Figure::Known(value),
            None => Figure::Unknown(self.unknown.clone().unwrap_or_else(|| "it is not known".to_owned())),
        }
    }

    /// As one of the inputs of another.
    pub fn as_input(&self) -> Input {
        Input { name: self.name.clone(), value: self.value.clone(), unknown: self.unknown.clone() }
    }

    /// As a person reads it.
    pub fn shown(&self) -> String {
        self.shown_as(Form::Plain)
    }

    pub fn shown_as(&self, form: Form) -> String {
        match &self.value {
            None => "not known".to_owned(),
            Some(FactValue::Money(money)) => {
                let money = form.of(*money);
                match form {
                    Form::Bare => grouped(money.amount, 0),
                    _ => form.sign(money.amount.round(), money.shown_whole()),
                }
            }
            Some(FactValue::Number(value)) => {
                let value = form.number(*value);
                match (form, self.unit.as_str()) {
                    (Form::Fine, SHARE) => beside_whole(value, 4),
                    (_, unit) => form.sign(value, with_unit(value, unit)),
                }
            }
            Some(FactValue::Text(text)) => text.clone(),
        }
    }
}

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Plain,
    /// With its sign, also when it is more.
    Signed,
    /// Without its sign: for sentences that say "more" or "less".
    Size,
    /// Without its currency: for columns that name it.
    Bare,
    /// A share with the digits by which it misses 100 %: for promises and how they were kept.
    Fine,
}

impl Form {
    fn of(self, money: Money) -> Money {
        Money { amount: self.number(money.amount), ..money }
    }

    fn number(self, value: Decimal) -> Decimal {
        if self == Self::Size { value.abs() } else { value }
    }

    fn sign(self, value: Decimal, text: String) -> String {
        if self == Self::Signed && value > Decimal::ZERO { format!("+{text}") } else { text }
    }
}

fn with_unit(value: Decimal, unit: &str) -> String {
    match unit {
        SHARE => percent(value),
        HOURS => grouped(value, 0),
        MINUTES => duration(value),
        _ if value.is_integer() => grouped(value, 0),
        _ if value.abs() >= Decimal::TEN => grouped(value, 0),
        _ => grouped(value, 1),
    }
}

/// A share in percent, without digits after the point; one that would round to nothing says so,
/// and one that would round to all of it has the digits by which it is not.
pub fn percent(share: Decimal) -> String {
    let hundred = share.saturating_mul(Decimal::ONE_HUNDRED);
    if hundred > Decimal::ZERO && hundred < Decimal::new(5, 1) {
        return "under 1\u{a0}%".to_owned();
    }
    match (hundred - Decimal::ONE_HUNDRED).abs() < Decimal::new(5, 1) {
        true => beside_whole(share, 0),
        false => format!("{}\u{a0}%", grouped(hundred, 0)),
    }
}

/// In percent, with two digits of the difference from 100 %, and so many after the point of the
/// share in any case. The difference is rounded up, so that what fell short never reads as whole, nor
/// as better than it was.
fn beside_whole(share: Decimal, least: u32) -> String {
    let apart = (share - Decimal::ONE).normalize();
    let up = RoundingStrategy::AwayFromZero;
    let two = apart.round_sf_with_strategy(2, up).unwrap_or(apart);
    let apart = apart.round_dp_with_strategy(two.normalize().scale().max(least), up);
    let hundred = (Decimal::ONE + apart).saturating_mul(Decimal::ONE_HUNDRED).normalize();
    format!("{}\u{a0}%", grouped(hundred, hundred.scale()))
}

/// Minutes as people say them: `8.4 min`, `47 min`, `6 h 51 min`, `2 d 4 h`.
fn duration(minutes: Decimal) -> String {
    let (minus, size) = (if minutes < Decimal::ZERO { "−" } else { "" }, minutes.abs());
    if size < Decimal::TEN && !size.is_integer() {
        return match size < Decimal::new(5, 2) {
            true => "under 0.1\u{a0}min".to_owned(),
            false => format!("{minus}{}\u{a0}min", grouped(size, 1)),
        };
    }
    let Some(whole) = size.round().to_i64() else { return format!("{minus}{}\u{a0}min", grouped(size, 0)) };
    let two = |large: i64, of: &str, small: i64, rest: &str| match small {
        0 => format!("{minus}{}\u{a0}{of}", grouped(large.into(), 0)),
        _ => format!("{minus}{}\u{a0}{of} {small}\u{a0}{rest}", grouped(large.into(), 0)),
    };
    let hours = size.checked_div(Decimal::from(60)).map(|hours| hours.round()).and_then(|hours| hours.to_i64());
    match (whole, hours) {
        (..120, _) => two(whole, "min", 0, ""),
        (2880.., Some(hours)) => two(hours / 24, "d", hours % 24, "h"),
        _ => two(whole / 60, "h", whole % 60, "min"),
    }
}

/// The facts of a report, in order, found by name.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    all: Vec<Fact>,
    places: HashMap<String, usize>,
}

impl Facts {
    /// A name is given once: the first stays.
    pub fn add(&mut self, fact: Fact) {
        if !self.places.contains_key(&fact.name) {
            self.places.insert(fact.name.clone(), self.all.len());
            self.all.push(fact);
        }
    }

    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.places.get(name).map(|&at| &self.all[at])
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.all.iter()
    }

    pub fn money(&self, name: &str) -> Figure<Money> {
        match self.figure(name) {
            Figure::Known(FactValue::Money(money)) => Figure::Known(*money),
            Figure::Known(_) => Figure::Unknown(format!("{name} is no amount")),
            Figure::Unknown(why) => Figure::Unknown(why),
        }
    }

    pub fn number(&self, name: &str) -> Figure<Decimal> {
        match self.figure(name) {
            Figure::Known(FactValue::Number(value)) => Figure::Known(*value),
            Figure::Known(_) => Figure::Unknown(format!("{name} is no number")),
            Figure::Unknown(why) => Figure::Unknown(why),
        }
    }

    fn figure(&self, name: &str) -> Figure<&FactValue> {
        self.get(name).map_or_else(|| Figure::Unknown(format!("there is no {name}")), Fact::figure)
    }

    /// Facts as the inputs of another.
    pub fn inputs(&self, names: &[&str]) -> Vec<Input> {
        names.iter().filter_map(|name| self.get(name)).map(Fact::as_input).collect()
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut all = Self::default();
        facts.into_iter().for_each(|fact| all.add(fact));
        all
    }
}

/// One amount as a share of another.
pub fn ratio(part: Figure<Decimal>, whole: Figure<Decimal>, none: &str) -> Figure<Decimal> {
    match part.and(whole, |part, whole| (part, whole)) {
        Figure::Known((_, whole)) if whole.is_zero() => Figure::Unknown(none.to_owned()),
        Figure::Known((part, whole)) => match part.checked_div(whole) {
            Some(ratio) => Figure::Known(ratio),
            None => Figure::Unknown("the ratio is too large to tell".to_owned()),
        },
        Figure::Unknown(why) => Figure::Unknown(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_survives_json_and_money_stays_exact() {
        let third = FactValue::from(Decimal::ONE / Decimal::from(3));
        assert_eq!(serde_json::to_value(&third).unwrap(), json!(0.333333333333));
        for value in [
            third,
            FactValue::from(Decimal::from(3)),
            FactValue::from("plain words"),
            FactValue::from(Money::new("0.000000000001".parse().unwrap(), Currency::EUR)),
        ] {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<FactValue>(&text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn shown_for_people() {
        let euros = |amount: &str| {
            let money = Money::new(amount.parse().unwrap(), Currency::EUR);
            Fact::money("x", Currency::EUR, Figure::Known(money), "")
        };
        assert_eq!(euros("123456.5").shown(), "EUR 123,456");
        assert_eq!(euros("12.5").shown_as(Form::Signed), "+EUR 12");
        assert_eq!(euros("-1234").shown_as(Form::Signed), "EUR −1,234");
        assert_eq!(euros("-1234").shown_as(Form::Size), "EUR 1,234");
        assert_eq!(euros("0.2").shown_as(Form::Signed), "EUR 0");
        let share = |share: &str| Fact::new("x", SHARE, Figure::Known(share.parse::<Decimal>().unwrap()), "").shown();
        assert_eq!(share("0.268"), "27\u{a0}%");
        assert_eq!(share("0.001"), "under 1\u{a0}%");
        assert_eq!((share("0.9951"), share("1")), ("99.51\u{a0}%".to_owned(), "100\u{a0}%".to_owned()));
        assert_eq!((share("1.00001"), share("1.194")), ("100.001\u{a0}%".to_owned(), "119\u{a0}%".to_owned()));
        let fine = |share: &str| {
            Fact::new("x", SHARE, Figure::Known(share.parse::<Decimal>().unwrap()), "").shown_as(Form::Fine)
        };
        for (value, shown) in [
            ("0.998", "99.8\u{a0}%"),
            ("0.997612", "99.76\u{a0}%"),
            ("0.999496", "99.949\u{a0}%"),
            ("0.999999999", "99.9999999\u{a0}%"),
            ("0.84979", "84.97\u{a0}%"),
            ("1", "100\u{a0}%"),
            ("0", "0\u{a0}%"),
        ] {
            assert_eq!(fine(value), shown);
        }
        let minutes =
            |minutes: &str| Fact::new("x", MINUTES, Figure::Known(minutes.parse::<Decimal>().unwrap()), "").shown();
        for (value, shown) in [
            ("0", "0\u{a0}min"),
            ("0.02", "under 0.1\u{a0}min"),
            ("-8.42", "−8.4\u{a0}min"),
            ("47.3", "47\u{a0}min"),
            ("405", "6\u{a0}h 45\u{a0}min"),
            ("120", "2\u{a0}h"),
            ("3100.5", "2\u{a0}d 4\u{a0}h"),
        ] {
            assert_eq!(minutes(value), shown);
        }
        let unknown = Fact::new("x", SHARE, Figure::<Decimal>::Unknown("no data".to_owned()), "");
        assert_eq!(unknown.shown(), "not known");
        assert_eq!(serde_json::to_value(&unknown).unwrap()["unknown"], "no data");
    }
}
