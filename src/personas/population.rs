//! How many people a persona stands for, from a day on.

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        dated::{Dated, in_force},
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        month::Month,
        schema::persona_populations,
    },
    row,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many people a persona stands for, from a day on.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = persona_populations)]
pub struct Population {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A persona's id.
    pub persona: String,
    pub valid_from: NaiveDate,
    pub people: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Population, "populations", product: product_id);

/// A page of a list of them.
pub type PopulationPage = Page<Population>;
/// Some of its properties, to be changed.
pub type PopulationPatch = Patch<NewPopulation>;

impl Listed for Population {
    const COLUMNS: &'static [Column] = &[
        Column::date("valid_from", "valid_from"),
        Column::integer("people", "people"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &[];
}

impl Dated for Population {
    fn valid_from(&self) -> NaiveDate {
        self.valid_from
    }
}

/// The population of a persona that counts in a month: the one in force at its start. None is unknown, not nobody.
pub fn population_in<'p>(populations: &'p [Population], persona: &str, month: Month) -> Option<&'p Population> {
    in_force(populations.iter().filter(|one| one.persona == persona), month.first_day())
}

/// A population to be dated.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPopulation {
    /// The first of a month that is not published yet.
    pub valid_from: NaiveDate,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub people: i64,
}

impl Patchable for NewPopulation {}

impl NewPopulation {
    pub fn into_row(self, product: &ProductId, persona: &str, head: Head) -> Population {
        Population {
            id: head.id,
            product_id: product.as_str().to_owned(),
            persona: persona.to_owned(),
            valid_from: self.valid_from,
            people: self.people,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// A population as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationRow {
    /// A persona's name or id.
    #[schema(min_length = 1, max_length = 120)]
    pub persona: String,
    pub valid_from: NaiveDate,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub people: i64,
}

impl Patchable for PopulationRow {}

impl PopulationRow {
    pub fn into_row(self, product: &ProductId, persona: &str, head: Head) -> Population {
        NewPopulation { valid_from: self.valid_from, people: self.people }.into_row(product, persona, head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(day: &str, persona: &str, people: i64) -> Population {
        let new = NewPopulation { valid_from: day.parse().unwrap(), people };
        new.into_row(&ProductId::known("shop".to_owned()), persona, Head::trial())
    }

    #[test]
    fn a_month_counts_with_the_population_at_its_start() {
        let there = [since("2026-10-01", "dev", 50), since("2026-08-01", "dev", 40), since("2026-07-01", "sre", 7)];
        let people = |persona: &str, month: &str| {
            population_in(&there, persona, month.parse().unwrap()).map(|population| population.people)
        };
        assert_eq!(people("dev", "2026-07"), None);
        assert_eq!(people("dev", "2026-09"), Some(40));
        assert_eq!(people("dev", "2026-10"), Some(50));
        assert_eq!(people("sre", "2027-01"), Some(7));
        assert_eq!(people("nobody", "2027-01"), None);
    }
}
