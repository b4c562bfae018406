//! Who uses the platform: personas, how many they are, and how they get their tasks done with it.

pub mod api;
mod comparison;
mod journey;
mod population;
pub mod store;
mod usage;

pub use comparison::{
    JourneyChange, JourneyChanges, JourneyChangesQuery, JourneyDifference, JourneySeen, journey_changes,
};
pub use journey::{Journey, JourneyPage, JourneyPatch, JourneyRow, JourneyTask, NewJourney, journey_in_force, tasks};
pub use population::{NewPopulation, Population, PopulationPage, PopulationPatch, PopulationRow, population_in};
pub use usage::{ComponentUsage, PersonaUsage, UsageQuery, UsageRange, UsageTask, UsageView, usage};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::personas,
        text::{JsonText, nfc},
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::ArrayBuilder, schema::Type},
};

text_enum! {
    /// How much of the craft they bring along.
    pub enum SkillLevel {
        Novice = "novice",
        Practitioner = "practitioner",
        Expert = "expert",
    }
}

/// A kind of user of the platform.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = personas, treat_none_as_null = true)]
pub struct Persona {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: String,
    #[serde(skip)]
    pub name_nfc: String,
    /// What they do in the company.
    pub role: String,
    /// The circumstances they work in.
    pub context: String,
    #[schema(schema_with = sentences)]
    pub goals: JsonText<Vec<String>>,
    #[schema(schema_with = sentences)]
    pub pains: JsonText<Vec<String>>,
    pub skill_level: Option<SkillLevel>,
    /// Something one of them really said.
    pub quote: String,
    /// The day from which on there is no such user any more.
    pub retired_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Persona, "personas", product: product_id);

/// A page of a list of them.
pub type PersonaPage = Page<Persona>;
/// Some of its properties, to be changed.
pub type PersonaPatch = Patch<NewPersona>;

impl Listed for Persona {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::text("role", "role"),
        Column::choice("skill_level", "skill_level", SkillLevel::WORDS).or_null(),
        Column::date("retired_on", "retired_on").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["name", "role", "context", "goals", "pains", "quote"];
}

/// A persona to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersona {
    /// Unique in the product.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// What they do in the company.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub role: String,
    /// The circumstances they work in.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub context: String,
    #[serde(default)]
    #[schema(schema_with = sentences)]
    pub goals: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = sentences)]
    pub pains: Vec<String>,
    pub skill_level: Option<SkillLevel>,
    /// Something one of them really said.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub quote: String,
    /// The day from which on there is no such user any more.
    pub retired_on: Option<NaiveDate>,
}

/// A list of short texts; a file has them one a line of the cell.
fn sentences() -> RefOr<Schema> {
    let sentence = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(500));
    ArrayBuilder::new().items(sentence).max_items(Some(50)).into()
}

impl Patchable for NewPersona {}

impl NewPersona {
    pub fn into_row(self, product: &ProductId, head: Head) -> Persona {
        Persona {
            id: head.id,
            product_id: product.as_str().to_owned(),
            name_nfc: nfc(&self.name),
            name: self.name,
            role: self.role,
            context: self.context,
            goals: JsonText::new(self.goals),
            pains: JsonText::new(self.pains),
            skill_level: self.skill_level,
            quote: self.quote,
            retired_on: self.retired_on,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
