//! Links by which people answer a survey without a login: each good for one answer, and for nobody in particular.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        clock::Instant,
        db::{Head, Row},
        http::{Column, Listed, Page},
        schema::survey_link_batches,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Links that were made together. Which of them were used is told to nobody: who sent one to whom could find out who
/// answered.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = survey_link_batches, treat_none_as_null = true)]
pub struct SurveyLinks {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The survey's id.
    pub survey: String,
    /// How many links they are.
    #[diesel(column_name = links)]
    #[schema(value_type = u64)]
    pub count: i64,
    pub expires_at: Instant,
    /// The id of the user who made them; null for the machine's own operator.
    pub created_by: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(SurveyLinks, "survey-links", product: product_id);

/// A page of a list of them.
pub type SurveyLinksPage = Page<SurveyLinks>;

impl Listed for SurveyLinks {
    const COLUMNS: &'static [Column] = &[
        Column::integer("count", "links"),
        Column::time("expires_at", "expires_at"),
        Column::time("created_at", "created_at"),
    ];
    const SEARCH: &'static [&'static str] = &[];
}

/// Links to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSurveyLinks {
    /// How many: one for each who is asked.
    #[schema(minimum = 1, maximum = 500)]
    pub count: i64,
    /// From then on they open nothing; at most 366 days from now.
    #[schema(example = "2099-12-31T00:00:00Z")]
    pub expires_at: Instant,
}

/// Links that were just made, with the addresses that open them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IssuedSurveyLinks {
    #[serde(flatten)]
    pub links: SurveyLinks,
    /// Each is good for one answer, and told only now.
    #[schema(max_items = 500)]
    pub urls: Vec<String>,
}

impl Row for IssuedSurveyLinks {
    const RESOURCE: &'static str = SurveyLinks::RESOURCE;

    fn id(&self) -> &str {
        self.links.id()
    }

    fn version(&self) -> i64 {
        self.links.version()
    }

    fn created_at(&self) -> Instant {
        self.links.created_at()
    }

    fn product(&self) -> Option<&str> {
        self.links.product()
    }
}

impl NewSurveyLinks {
    fn into_row(self, survey: &super::Survey, by: Option<String>, head: Head) -> SurveyLinks {
        SurveyLinks {
            id: head.id,
            product_id: survey.product_id.clone(),
            survey: survey.id.clone(),
            count: self.count,
            expires_at: self.expires_at,
            created_by: by,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
