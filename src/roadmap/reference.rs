//! What roadmap items are called.

use crate::text_type;
use std::str::FromStr;

/// The name of a roadmap item, such as `OPS-42`: counted per product and never given again.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct ItemRef(String);

impl ItemRef {
    /// The ref of a number; 0 stands for one that is not given yet.
    pub(super) fn numbered(prefix: &str, number: i64) -> Self {
        Self(format!("{prefix}-{number}"))
    }

    /// Its number, when it begins with that prefix.
    pub(super) fn number(&self, prefix: &str) -> Option<i64> {
        self.0.strip_prefix(prefix)?.strip_prefix('-')?.parse().ok()
    }

    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl FromStr for ItemRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (prefix, number) = text.split_once('-').unwrap_or_default();
        let letters = prefix.starts_with(|first: char| first.is_ascii_uppercase())
            && prefix.len() <= 10
            && prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let digits = (1..=9).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit());
        match letters && digits {
            true => Ok(Self(text.to_owned())),
            false => Err(format!("'{text}' is not a ref such as OPS-42")),
        }
    }
}

text_type!(
    ItemRef,
    "ItemRef",
    "^[A-Z][A-Z0-9]{0,9}-[1-9][0-9]{0,8}$",
    "OPS-42",
    "The name of a roadmap item: the product's prefix and a number that is never given again."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_are_what_the_schema_says() {
        for good in ["OPS-1", "A-999999999", "P2-42", "ABCDEFGHIJ-10"] {
            assert_eq!(good.parse::<ItemRef>().unwrap().as_text(), good);
        }
        for bad in ["", "OPS", "OPS-", "OPS-0", "OPS-042", "ops-1", "2P-1", "OPS-1x", "OPS--1", "OPS-1234567890", "-1"]
        {
            assert!(bad.parse::<ItemRef>().is_err(), "{bad}");
        }
        let reference: ItemRef = "OPS-42".parse().unwrap();
        assert_eq!((reference.number("OPS"), reference.number("OP")), (Some(42), None));
    }
}
