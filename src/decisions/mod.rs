//! What others are asked to decide, and what they answered: who waits for whom, and what waiting costs.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Money, settle},
        schema::decisions,
        text::JsonText,
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::ArrayBuilder, schema::Type},
};

text_enum! {
    /// Whose word an answer is.
    pub enum AnsweredBy {
        /// The stakeholder gave it themselves, signed in.
        Stakeholder = "stakeholder",
        /// The team wrote down what was decided elsewhere.
        Team = "team",
    }
}

/// Something that somebody is asked to decide.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = decisions, treat_none_as_null = true)]
pub struct Decision {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub question: String,
    /// What there is to choose from; an answer may be another.
    #[schema(schema_with = options)]
    pub options: JsonText<Vec<String>>,
    /// The day by which it is needed.
    pub due_on: Option<NaiveDate>,
    /// What a week of waiting costs from that day on.
    #[schema(value_type = Option<Money>)]
    pub cost_of_delay: Option<JsonText<Money>>,
    /// The id of who is asked.
    pub stakeholder: Option<String>,
    pub answer: Option<String>,
    pub answered_at: Option<Instant>,
    /// Null while it is open.
    pub answered_by: Option<AnsweredBy>,
    /// The id of the user who wrote the answer down for the team.
    pub recorded_by: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Decision, "decisions", product: product_id);

impl Decision {
    /// What a week of waiting costs, where somebody said so.
    pub fn weekly(&self) -> Option<Money> {
        self.cost_of_delay.as_ref().map(|cost| *cost.value())
    }

    /// How many days somebody had waited on a day beyond that by which it was needed.
    pub fn days_late(&self, on: NaiveDate) -> Option<Decimal> {
        self.due_on.map(|due| Decimal::from((on - due).num_days().max(0)))
    }

    /// What that many days of waiting cost, in the currency in which it was said; exact to 12 digits after the point.
    pub fn waiting(&self, days: Decimal) -> Option<Money> {
        self.weekly().map(|weekly| Money::new(settle(weekly.amount * days / Decimal::from(7)), weekly.currency))
    }

    /// That an answer which its stakeholder gave still answers what they were asked, in their words.
    ///
    /// # Errors
    /// 409 when `after` says otherwise.
    pub fn require_answer_kept(&self, after: &Self) -> Result<(), Failure> {
        let same = self.question == after.question
            && self.options == after.options
            && self.stakeholder == after.stakeholder
            && self.answer == after.answer
            && self.answered_at == after.answered_at;
        if same || self.answered_by != Some(AnsweredBy::Stakeholder) {
            return Ok(());
        }
        let detail = "its stakeholder answered it themselves: what was asked and answered stays; ask anew instead";
        Err(Failure::conflict("answered", detail))
    }
}

/// A page of a list of them.
pub type DecisionPage = Page<Decision>;
/// Some of its properties, to be changed.
pub type DecisionPatch = Patch<NewDecision>;

impl Listed for Decision {
    const COLUMNS: &'static [Column] = &[
        Column::text("question", "question"),
        Column::date("due_on", "due_on").or_null(),
        Column::text("stakeholder", "stakeholder").or_null(),
        Column::time("answered_at", "answered_at").or_null(),
        Column::choice("answered_by", "answered_by", AnsweredBy::WORDS).or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["question", "options", "answer"];
}

/// A question to be put to somebody, or one that they have answered already.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    #[schema(min_length = 1, max_length = 500)]
    pub question: String,
    /// What there is to choose from; an answer may be another.
    #[serde(default)]
    #[schema(schema_with = options)]
    pub options: Vec<String>,
    /// The day by which it is needed.
    pub due_on: Option<NaiveDate>,
    /// What a week of waiting costs from that day on; not negative.
    pub cost_of_delay: Option<Money>,
    /// By name or id: who is asked.
    #[schema(min_length = 1, max_length = 120)]
    pub stakeholder: Option<String>,
    /// What was decided, where the team writes it down.
    #[schema(min_length = 1, max_length = 4000)]
    pub answer: Option<String>,
    /// Not in the future, and not without an answer; left out, an answer is given now.
    pub answered_at: Option<Instant>,
}

/// Up to ten short texts; a file has them one a line of the cell.
fn options() -> RefOr<Schema> {
    let option = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200));
    ArrayBuilder::new().items(option).max_items(Some(10)).unique_items(true).into()
}

impl Patchable for NewDecision {}

/// Who writes a decision down, and when.
#[derive(Debug, Clone)]
pub struct Scribe {
    pub at: Instant,
    /// A user's id; none for the machine's own operator.
    pub user: Option<String>,
}

impl NewDecision {
    /// `stakeholder` is an id by now; `before` is what it follows.
    ///
    /// An answer that stays keeps its time and whose word it is. Taking it back takes its time along.
    ///
    /// # Errors
    /// 422 for a negative cost, and for a time without an answer or in the future.
    pub fn into_row(
        self,
        product: &ProductId,
        before: Option<&Decision>,
        scribe: &Scribe,
        head: Head,
    ) -> Result<Decision, Failure> {
        let mut faults = Vec::new();
        if self.cost_of_delay.is_some_and(|cost| cost.amount.is_sign_negative() && !cost.amount.is_zero()) {
            faults.push(Fault::at("/cost_of_delay/amount", "too_small", "not negative"));
        }
        let was_at = before.and_then(|before| before.answered_at);
        let same = before.filter(|before| before.answer.is_some() && before.answer == self.answer);
        let answered_at = match (&self.answer, self.answered_at) {
            (None, given) if given == was_at => None,
            (None, None) => None,
            (None, Some(_)) => {
                faults.push(Fault::at("/answered_at", "no_answer", "there is no answer that was given then"));
                None
            }
            (Some(_), None) => same.and(was_at).or(Some(scribe.at)),
            (Some(_), Some(at)) => {
                if at > scribe.at && Some(at) != was_at {
                    faults.push(Fault::at("/answered_at", "in_future", "nobody can have answered yet"));
                }
                Some(at)
            }
        };
        Failure::unless_empty(faults)?;
        let kept = same.filter(|_| answered_at == was_at);
        let (answered_by, recorded_by) = match (&self.answer, kept) {
            (None, _) => (None, None),
            (Some(_), Some(before)) => (before.answered_by, before.recorded_by.clone()),
            (Some(_), None) => (Some(AnsweredBy::Team), scribe.user.clone()),
        };
        Ok(Decision {
            id: head.id,
            product_id: product.as_str().to_owned(),
            question: self.question,
            options: JsonText::new(self.options),
            due_on: self.due_on,
            cost_of_delay: self.cost_of_delay.map(JsonText::new),
            stakeholder: self.stakeholder,
            answer: self.answer,
            answered_at,
            answered_by,
            recorded_by,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// What somebody answers who was asked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// One of the options, or something else.
    #[schema(min_length = 1, max_length = 4000)]
    pub answer: String,
}
