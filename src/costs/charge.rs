//! Cost entries as a month is explained by them: those that say the same thing together.

use super::Category;
use crate::{effort::Nature, kernel::money::Money};
use std::collections::HashMap;

/// Entries of a month that say the same thing, summed: of those that were written down, by their note; of the lines of a
/// bill, of which there may be a million, by the service that they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// A component's key.
    pub component: Option<String>,
    pub category: Category,
    pub nature: Nature,
    pub source: String,
    /// Empty for the lines of a bill.
    pub note: String,
    pub service_name: Option<String>,
    pub amount: Money,
    pub entries: i64,
    /// One of them, by its id.
    pub id: String,
    /// Whether an allocation rule takes them.
    pub is_shared: bool,
}

/// Charges by the component that they name, so that none is looked for among all of them; without those that are shared.
pub struct Charges<'a>(HashMap<Option<&'a str>, Vec<&'a Charge>>);

impl<'a> Charges<'a> {
    pub fn sorted(charges: &'a [Charge]) -> Self {
        let mut sorted: HashMap<Option<&str>, Vec<&Charge>> = HashMap::new();
        for charge in charges.iter().filter(|charge| !charge.is_shared) {
            sorted.entry(charge.component.as_deref()).or_default().push(charge);
        }
        Self(sorted)
    }

    /// Those of a component; without one, those that belong to none.
    pub fn of<'s>(&'s self, component: Option<&'s str>) -> &'s [&'a Charge] {
        self.0.get(&component).map(Vec::as_slice).unwrap_or_default()
    }
}
