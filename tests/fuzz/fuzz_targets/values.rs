//! Months, weeks, days, times, keys, money and quantities: what is taken is written as it was meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodops::kernel::{
    clock::{Instant, parse_day},
    http::validate,
    money::{Money, Quantity},
    month::{Month, Week},
    text::Key,
};
use serde_json::{Value, json};

/// What can be read is read again from how it is written, to the same.
fn stays<T: std::str::FromStr + ToString + PartialEq + std::fmt::Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let written = value.to_string();
        assert_eq!(written.parse::<T>().ok(), Some(value), "{text} is written as {written}");
    }
}

fuzz_target!(|text: &str| {
    stays::<Month>(text);
    stays::<Week>(text);
    stays::<Instant>(text);
    stays::<Key>(text);
    stays::<Quantity>(text);
    if let Ok(day) = parse_day(text) {
        assert_eq!(day.to_string(), text);
    }
    if let Ok(month) = text.parse::<Month>() {
        assert_eq!(month.next().previous(), month);
        for zone in [chrono_tz::Europe::Berlin, chrono_tz::Asia::Kathmandu, chrono_tz::America::Sao_Paulo] {
            let (start, end) = month.bounds(zone);
            assert!(start < end, "{month}");
        }
    }
    if let Ok(week) = text.parse::<Week>() {
        assert_eq!(Week::of(week.monday()), week);
    }
    if let Ok(money) = validate::<Money>(json!({ "amount": text, "currency": "EUR" })) {
        let (units, parts) = money.to_columns();
        assert_eq!(Money::from_columns(units, parts, money.currency), money, "{text}");
        assert_eq!(validate::<Money>(json!(money)).ok(), Some(money), "{text}");
    }
    if let Ok(number @ Value::Number(_)) = serde_json::from_str::<Value>(text)
        && let Ok(quantity) = serde_json::from_value::<Quantity>(number)
    {
        assert_eq!(serde_json::from_value::<Quantity>(json!(quantity)).ok(), Some(quantity), "{text}");
    }
});
