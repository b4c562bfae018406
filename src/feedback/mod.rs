//! What people who use the platform ask for, praise and complain about, and how many want the same.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::feedback,
        text::nfc,
    },
    row, text_enum,
};
use diesel::{
    dsl::sql,
    expression::SqlLiteral,
    prelude::*,
    sql_types::{BigInt, Nullable, Text},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What somebody wants to say.
    pub enum FeedbackKind {
        /// Something is wanted that is not there.
        Request = "request",
        /// Something is good as it is.
        Praise = "praise",
        /// Something is there and gets in the way.
        Complaint = "complaint",
    }
}

text_enum! {
    /// What became of it.
    pub enum FeedbackStatus {
        /// Nobody decided yet.
        Open = "open",
        /// It will be done.
        Planned = "planned",
        /// It was done.
        Done = "done",
        /// It will not be done, and whoever asked may know.
        Declined = "declined",
    }
}

const ORIGINAL: &str = "(SELECT d.original FROM feedback_duplicates d \
                        WHERE d.product_id = feedback.product_id AND d.feedback = feedback.id)";
/// Whoever votes for a duplicate as well counts once.
const VOTES: &str = "(SELECT count(DISTINCT v.user_id) FROM feedback_votes v \
                     WHERE v.product_id = feedback.product_id AND (v.feedback = feedback.id OR v.feedback IN \
                     (SELECT d.feedback FROM feedback_duplicates d \
                      WHERE d.product_id = feedback.product_id AND d.original = feedback.id)))";

fn original() -> SqlLiteral<Nullable<Text>> {
    sql(ORIGINAL)
}

fn votes() -> SqlLiteral<BigInt> {
    sql(VOTES)
}

/// What somebody who uses the platform said about it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = feedback, treat_none_as_null = true)]
pub struct Feedback {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The id of the persona, the kind of user, that speaks.
    pub persona: Option<String>,
    /// The key of the component that it is about.
    pub component: Option<String>,
    pub kind: FeedbackKind,
    /// In their own words.
    pub text: String,
    #[serde(skip)]
    pub text_nfc: String,
    /// Who asked, by name, where it was not whoever wrote it down.
    pub asked_by: Option<String>,
    pub status: FeedbackStatus,
    /// The id of the feedback that says the same and counts in its place. That one is never a duplicate itself.
    #[diesel(select_expression = original(), select_expression_type = SqlLiteral<Nullable<Text>>, skip_insertion, skip_update)]
    pub duplicate_of: Option<String>,
    /// How many users want the same: those who voted for it or for a duplicate of it, each once.
    #[diesel(select_expression = votes(), select_expression_type = SqlLiteral<BigInt>, skip_insertion, skip_update)]
    #[schema(value_type = u64)]
    pub votes: i64,
    /// The id of the user who wrote it down; null when it came by a file.
    pub created_by: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Feedback, "feedback", product: product_id);

impl Feedback {
    /// The id of what it counts as: its original's, or its own.
    pub fn root(&self) -> &str {
        self.duplicate_of.as_deref().unwrap_or(&self.id)
    }
}

/// A page of a list of them.
pub type FeedbackPage = Page<Feedback>;
/// Some of its properties, to be changed.
pub type FeedbackPatch = Patch<NewFeedback>;

impl Listed for Feedback {
    const COLUMNS: &'static [Column] = &[
        Column::text("persona", "persona").or_null(),
        Column::text("component", "component").or_null(),
        Column::choice("kind", "kind", FeedbackKind::WORDS),
        Column::choice("status", "status", FeedbackStatus::WORDS),
        Column::text("asked_by", "asked_by").or_null(),
        Column::text("duplicate_of", ORIGINAL).or_null(),
        Column::integer("votes", VOTES),
        Column::text("created_by", "created_by").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["text", "asked_by"];
}

/// Feedback to be given, or written down for somebody else.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeedback {
    /// By name or id: the persona, the kind of user, that speaks.
    #[schema(min_length = 1, max_length = 120)]
    pub persona: Option<String>,
    /// A component's key or id: what it is about.
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    pub kind: FeedbackKind,
    /// In their own words.
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// Who asked, by name; left out when it is whoever writes it down. It stands beside what was done about it.
    #[schema(min_length = 1, max_length = 120)]
    pub asked_by: Option<String>,
    /// What became of it; owners and editors decide.
    #[serde(default = "status")]
    pub status: FeedbackStatus,
    /// The id of feedback that says the same, or in a file its text; owners and editors decide. Votes then count there.
    /// What is a duplicate itself stands for its original.
    #[schema(min_length = 1, max_length = 2000)]
    pub duplicate_of: Option<String>,
}

fn status() -> FeedbackStatus {
    FeedbackStatus::Open
}

impl Patchable for NewFeedback {}

impl NewFeedback {
    /// With what it names resolved. `before` is what it follows; `by` who writes it down.
    fn into_row(self, product: &ProductId, before: Option<&Feedback>, by: Option<String>, head: Head) -> Feedback {
        Feedback {
            id: head.id,
            product_id: product.as_str().to_owned(),
            persona: self.persona,
            component: self.component,
            kind: self.kind,
            text_nfc: nfc(&self.text),
            text: self.text,
            asked_by: self.asked_by,
            status: self.status,
            duplicate_of: self.duplicate_of,
            votes: before.map_or(0, |before| before.votes),
            created_by: before.map_or(by, |before| before.created_by.clone()),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// How many users want something, and whether whoever asks is one of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VotesView {
    /// With the votes for its duplicates, each user once; of a duplicate what its original has.
    #[schema(value_type = u64)]
    pub count: i64,
    /// Whether you voted for it, or for what says the same.
    pub mine: bool,
}
