//! A persona on one page: who they are, how their tasks went before and go now, what is changed for them.

pub mod markup;
pub mod store;

use crate::{
    kernel::{
        clock::parse_day,
        failure::{Failure, Fault},
        http::formats::{Format, Offer},
    },
    personas::{JourneyChange, Persona},
    roadmap::ItemStatus,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PersonaCardQuery {
    /// The day that is looked at; today in the product's zone when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
}

impl PersonaCardQuery {
    /// # Errors
    /// 422 for what is no day.
    pub fn on(&self, today: NaiveDate) -> Result<NaiveDate, Failure> {
        let day = self.on.as_deref().map_or(Ok(today), parse_day);
        day.map_err(|why| Failure::Invalid(vec![Fault::parameter("on", "parameter", why)]))
    }
}

/// How a card can be had.
pub struct CardForms;

impl Offer for CardForms {
    const FORMATS: &'static [Format] = &[Format::Json, Format::Html];
}

/// Something on the roadmap that names a persona.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardItem {
    /// Its ref.
    #[serde(rename = "ref")]
    #[schema(rename = "ref")]
    pub reference: String,
    pub title: String,
    pub status: ItemStatus,
    /// Null unless it is shipped.
    pub shipped_on: Option<NaiveDate>,
    /// Null where no day is named.
    pub target_on: Option<NaiveDate>,
}

/// A persona on one page.
///
/// A persona (Alan Cooper, *The Inmates Are Running the Asylum*) is one made-up person who stands for many real users of a
/// kind, so that everyone who decides something decides it for the same one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonaCard {
    /// The day that is looked at.
    pub on: NaiveDate,
    pub persona: Persona,
    /// How many people that is in the month of the day; null when nobody wrote it down.
    pub people: Option<i64>,
    /// Since when they are that many.
    pub people_since: Option<NaiveDate>,
    /// Each task with its first observation, its latest by the day, and what is different.
    pub tasks: Vec<JourneyChange>,
    /// What was or is to be changed for them: what is still to come first, then the latest. Dropped items are left out.
    pub roadmap: Vec<CardItem>,
}
