//! A figure that may be *unknown, because*. Unknown is not zero: it is said, and with its reason.

use serde::Serialize;

/// A value, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure<T> {
    Known(T),
    /// The reason, in words for the reader: "no exchange rate from USD to EUR for 2026-10".
    Unknown(String),
}

impl<T> Figure<T> {
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    pub fn as_ref(&self) -> Figure<&T> {
        match self {
            Self::Known(value) => Figure::Known(value),
            Self::Unknown(why) => Figure::Unknown(why.clone()),
        }
    }

    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }

    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Figure<U> {
        match self {
            Self::Known(value) => Figure::Known(with(value)),
            Self::Unknown(why) => Figure::Unknown(why),
        }
    }

    /// What follows from two figures is known when both are.
    pub fn and<U, V>(self, other: Figure<U>, with: impl FnOnce(T, U) -> V) -> Figure<V> {
        match (self, other) {
            (Self::Known(left), Figure::Known(right)) => Figure::Known(with(left, right)),
            (Self::Unknown(why), _) | (_, Figure::Unknown(why)) => Figure::Unknown(why),
        }
    }
}
