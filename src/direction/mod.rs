//! Where it is going: the vision and the strategy.
//!
//! Both are one thing: a document that is drafted, published, and kept in every version it ever had. What they say
//! differs; how they are kept does not.

pub mod api;
mod difference;
pub mod store;
mod strategy;
mod vision;

pub use difference::{DifferencePart, DifferenceView, FieldChange, FieldDifference, PartChange};
pub use strategy::{NewStrategy, Strategy, StrategyPage};
pub use vision::{NewVision, Vision, VisionPage};

use crate::{
    kernel::{
        clock::Instant,
        db::Row,
        http::{Column, Listed, PathParam, path_parameter_of},
        schema::documents,
    },
    text_enum,
};
use diesel::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, ObjectBuilder, SchemaFormat,
        path::{Parameter, ParameterIn},
        schema::Type,
    },
};

text_enum! {
    /// Which of the two a document is.
    pub enum DocumentKind {
        Vision = "vision",
        Strategy = "strategy",
    }
}

/// A document as it is kept: a draft, or a version that never changes.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = documents, treat_none_as_null = true)]
pub struct Edition {
    pub id: String,
    pub product_id: String,
    pub kind: DocumentKind,
    /// None for the draft.
    pub version_number: Option<i64>,
    /// A JSON object of what was sent.
    pub content: String,
    pub published_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    pub change_number: i64,
}

/// What is drafted, published, and kept in every version.
pub trait Document: Row + Listed + Sized + Send + 'static {
    const KIND: DocumentKind;
    /// What a draft says.
    type New: Serialize + DeserializeOwned + Send + 'static;

    fn of(edition: Edition, said: Self::New) -> Self;

    /// What it must say before it is published, and does not.
    fn lacks(&self) -> Vec<&'static str>;
}

/// What the versions of either can be listed by.
const COLUMNS: &[Column] = &[
    Column::integer("version_number", "version_number"),
    Column::time("published_at", "published_at"),
    Column::time("created_at", "created_at"),
    Column::time("updated_at", "updated_at"),
];

/// The number of a published version, in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionNumber(pub i64);

/// More versions than anybody publishes.
const LAST_NUMBER: i64 = 999_999_999;

impl PathParam for VersionNumber {
    const NAME: &'static str = "number";

    fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|number| plain && (1..=LAST_NUMBER).contains(number)).map(Self)
    }
}

impl IntoParams for VersionNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(1))
            .maximum(Some(LAST_NUMBER));
        vec![path_parameter_of(Self::NAME, Some("The number of a published version; the first is 1."), number)]
    }
}
