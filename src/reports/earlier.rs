//! The months that a report's own is compared with.

use crate::kernel::month::Month;

/// A month that is looked back at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Earlier {
    MonthBefore,
    /// The same month a year before: what returns every year, such as a big sale, is in both.
    YearBefore,
}

impl Earlier {
    pub const ALL: [Self; 2] = [Self::MonthBefore, Self::YearBefore];

    pub fn of(self, month: Month) -> Month {
        match self {
            Self::MonthBefore => month.previous(),
            Self::YearBefore => month.plus(-12),
        }
    }

    /// The name of the fact that says of the earlier month what `fact` says of the report's own.
    pub fn fact(self, fact: &str) -> String {
        match self {
            Self::MonthBefore => format!("{fact}.previous"),
            Self::YearBefore => format!("{fact}.year_before"),
        }
    }

    /// For formulas.
    pub fn words(self) -> &'static str {
        match self {
            Self::MonthBefore => "in the month before",
            Self::YearBefore => "in the same month a year before",
        }
    }
}
