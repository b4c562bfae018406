//! How a reader writes numbers: which sign groups digits, and which stands before the fraction.

use crate::{kernel::money::grouped, reports::facts::FactValue};
use num_format::{Grouping, Locale};
use rust_decimal::Decimal;

/// The signs of a locale. Ours, where none is named, are those of English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numerals {
    group: &'static str,
    point: &'static str,
    /// Whether digits stand in threes, or in twos after the first three.
    grouping: Grouping,
}

impl Default for Numerals {
    fn default() -> Self {
        Self::from(Locale::en)
    }
}

impl From<Locale> for Numerals {
    fn from(locale: Locale) -> Self {
        Self { group: locale.separator(), point: locale.decimal(), grouping: locale.grouping() }
    }
}

impl Numerals {
    /// Of a BCP 47 tag, such as `de-AT`: of its longest beginning that is known, or else English.
    pub fn of(tag: &str) -> Self {
        let mut known = tag;
        loop {
            if let Ok(locale) = Locale::from_name(known) {
                return Self::from(locale);
            }
            match known.rsplit_once('-') {
                Some((shorter, _)) => known = shorter,
                None => return Self::default(),
            }
        }
    }

    /// An amount without its fraction.
    pub fn whole(&self, amount: Decimal) -> String {
        self.write(&grouped(amount, 0))
    }

    /// A fact's value; what it says in words stays as it is.
    pub fn value(&self, value: &FactValue) -> String {
        match value {
            FactValue::Text(text) => text.clone(),
            figure => self.write(&figure.shown()),
        }
    }

    /// A figure that was written in English, such as `EUR 1,234.5`, with these signs.
    pub fn write(&self, english: &str) -> String {
        let mut out = String::with_capacity(english.len());
        let mut rest = english;
        while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
            out.push_str(&rest[..start]);
            let number = &rest[start..];
            let end = number.find(|sign: char| !sign.is_ascii_digit() && !matches!(sign, ',' | '.'));
            // A sign at the end is the sentence's.
            let end = number[..end.unwrap_or(number.len())].trim_end_matches([',', '.']).len();
            let (number, after) = number.split_at(end);
            out.push_str(&self.number(number));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn number(&self, english: &str) -> String {
        let (whole, fraction) =
            english.split_once('.').map_or((english, None), |(whole, fraction)| (whole, Some(fraction)));
        // What had no groups gets none: a year, say.
        let mut out = if whole.contains(',') { self.grouped(&whole.replace(',', "")) } else { whole.to_owned() };
        if let Some(fraction) = fraction {
            out.push_str(self.point);
            out.push_str(fraction);
        }
        out
    }

    fn grouped(&self, digits: &str) -> String {
        let mut out = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.char_indices() {
            let left = digits.len() - at;
            let here = match self.grouping {
                Grouping::Posix => false,
                Grouping::Standard => left.is_multiple_of(3),
                Grouping::Indian => left == 3 || (left > 3 && !left.is_multiple_of(2)),
            };
            if at > 0 && here {
                out.push_str(self.group);
            }
            out.push(digit);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_their_readers_do() {
        let english = "EUR −1,234,567.89, 99.95\u{a0}%";
        for (tag, written) in [
            ("en", english),
            ("en-GB", english),
            ("de", "EUR −1.234.567,89, 99,95\u{a0}%"),
            ("de-CH", "EUR −1’234’567.89, 99.95\u{a0}%"),
            ("de-Latn-LI-x-house", "EUR −1.234.567,89, 99,95\u{a0}%"),
            ("fr", "EUR −1\u{202f}234\u{202f}567,89, 99,95\u{a0}%"),
            ("hi", "EUR −12,34,567.89, 99.95\u{a0}%"),
            ("tlh", english),
        ] {
            assert_eq!(Numerals::of(tag).write(english), written, "{tag}");
        }
        assert_eq!(Numerals::of("de").write("6\u{a0}h 51\u{a0}min"), "6\u{a0}h 51\u{a0}min");
        assert_eq!(Numerals::of("de").write("12 of 1,234, in 2026."), "12 of 1.234, in 2026.");
        assert_eq!(Numerals::of("de").write("under 0.1\u{a0}min"), "under 0,1\u{a0}min");
    }
}
