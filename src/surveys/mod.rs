//! How content people are: a question to a kind of user in a month or quarter, answered without a login, and what the
//! answers say together.

pub mod api;
pub mod links;
pub mod pages;
mod period;
mod response;
mod score;
pub mod store;

pub use period::SurveyPeriod;
pub use response::{NewSurveyResponse, SurveyResponse, SurveyResponsePage, SurveyResponseRow};
pub use score::{Answers, LEAST, Movement, Score, movement, score};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        quantity::Ratio,
        schema::surveys,
    },
    row, text_enum,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What is asked, and how it is reckoned.
    pub enum SurveyKind {
        /// How likely would you recommend it? 0 to 10 (net promoter score, Reichheld 2003).
        Nps = "nps",
        /// How content are you? 1 to 5 (customer satisfaction).
        Csat = "csat",
    }
}

impl SurveyKind {
    /// The lowest and the highest answer.
    pub fn scale(self) -> (i64, i64) {
        match self {
            Self::Nps => (0, 10),
            Self::Csat => (1, 5),
        }
    }
}

/// A question that is put to people.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = surveys, treat_none_as_null = true)]
pub struct Survey {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub kind: SurveyKind,
    /// The id of the persona, the kind of user, that is asked; null for everybody.
    pub persona: Option<String>,
    /// Of when the answers are: a month such as `2026-10`, or a quarter such as `2026-Q4`.
    #[schema(value_type = String)]
    pub period: SurveyPeriod,
    /// What people are asked, in the words that they read.
    pub question: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Survey, "surveys", product: product_id);

/// A page of a list of them.
pub type SurveyPage = Page<Survey>;
/// Some of its properties, to be changed.
pub type SurveyPatch = Patch<NewSurvey>;

impl Listed for Survey {
    const COLUMNS: &'static [Column] = &[
        Column::choice("kind", "kind", SurveyKind::WORDS),
        Column::text("persona", "persona").or_null(),
        Column::text("period", "period"),
        Column::text("question", "question"),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["question", "period"];
}

/// A survey to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSurvey {
    pub kind: SurveyKind,
    /// By name or id: the persona, the kind of user, that is asked; left out for everybody.
    #[schema(min_length = 1, max_length = 120)]
    pub persona: Option<String>,
    pub period: SurveyPeriod,
    /// What people are asked, in the words that they read. With its kind it stays once somebody answered.
    #[schema(min_length = 1, max_length = 500)]
    pub question: String,
}

impl Patchable for NewSurvey {}

impl NewSurvey {
    /// `persona` is an id by now.
    fn into_row(self, product: &ProductId, head: Head) -> Survey {
        Survey {
            id: head.id,
            product_id: product.as_str().to_owned(),
            kind: self.kind,
            persona: self.persona,
            period: self.period,
            question: self.question,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// What the answers to a survey say together, and how sure that is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SurveyResults {
    /// NPS (Reichheld 2003): the percentage of answers of 9 and 10 − that of answers of 0 to 6; −100 to 100. CSAT: the
    /// share of answers of 4 and 5; 0 to 1. Null below five answers.
    #[schema(value_type = Option<f64>)]
    pub score: Option<Ratio>,
    /// How many answered.
    pub n: u64,
    /// The lower end of the 95 % interval: were everybody asked again and again, it would hold the truth 19 times out of
    /// 20. Of CSAT it is Wilson's (1927), of NPS the adjusted Wald interval (Rocks 2016).
    #[schema(value_type = Option<f64>)]
    pub low: Option<Ratio>,
    /// Its upper end.
    #[schema(value_type = Option<f64>)]
    pub high: Option<Ratio>,
    /// Why there is no score.
    pub unknown: Option<String>,
}

impl SurveyResults {
    pub fn of(kind: SurveyKind, answers: &Answers) -> Self {
        let (found, n) = (score(kind, answers), answers.values().sum());
        let few = || format!("{n} of the {LEAST} answers that there must be before they are told together");
        Self {
            score: found.map(|found| found.score),
            n,
            low: found.map(|found| found.low),
            high: found.map(|found| found.high),
            unknown: found.is_none().then(few),
        }
    }
}
