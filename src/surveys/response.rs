//! What somebody answered. Nothing says who.

use super::{SurveyKind, SurveyPeriod};
use crate::{
    kernel::{
        clock::Instant,
        db::Head,
        failure::Failure,
        http::{Column, Listed, Page, Patchable},
        schema::survey_responses,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody answered: their word, which nobody changes. Nothing says who they are.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = survey_responses)]
pub struct SurveyResponse {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The survey's id.
    pub survey: String,
    /// From 0 to 10 for `nps`, from 1 to 5 for `csat`; more is better.
    pub score: i64,
    /// What they added, in their own words; may be empty.
    pub comment: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(SurveyResponse, "survey-responses", product: product_id);

/// A page of a list of them.
pub type SurveyResponsePage = Page<SurveyResponse>;

impl Listed for SurveyResponse {
    const COLUMNS: &'static [Column] = &[Column::integer("score", "score"), Column::time("created_at", "created_at")];
    const SEARCH: &'static [&'static str] = &["comment"];
}

/// An answer to be written down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSurveyResponse {
    /// From 0 to 10 for `nps`, from 1 to 5 for `csat`; more is better.
    #[schema(minimum = 0, maximum = 10)]
    pub score: i64,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
}

impl NewSurveyResponse {
    /// # Errors
    /// 422 for a score that is not on the survey's scale.
    pub fn into_row(self, survey: &super::Survey, head: Head) -> Result<SurveyResponse, Failure> {
        let (least, most) = survey.kind.scale();
        if !(least..=most).contains(&self.score) {
            let detail = format!("{} is answered from {least} to {most}", survey.kind);
            return Err(Failure::invalid("/score", "out_of_range", detail));
        }
        Ok(SurveyResponse {
            id: head.id,
            product_id: survey.product_id.clone(),
            survey: survey.id.clone(),
            score: self.score,
            comment: self.comment,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// An answer as a line of a file, with the survey that it is of.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyResponseRow {
    pub kind: SurveyKind,
    /// By name or id, as the survey has it; empty for a survey of everybody.
    #[schema(min_length = 1, max_length = 120)]
    pub persona: Option<String>,
    pub period: SurveyPeriod,
    /// Only where there are several such surveys.
    #[schema(min_length = 1, max_length = 500)]
    pub question: Option<String>,
    #[schema(minimum = 0, maximum = 10)]
    pub score: i64,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
    /// Which of the lines that say the very same it is.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) nth: usize,
}

impl Patchable for SurveyResponseRow {}
