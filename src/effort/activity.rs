//! Ops work worth telling, as it was done.

use super::WorkKind;
use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::Failure,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::activities,
    },
    row,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A piece of ops work worth telling.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = activities, treat_none_as_null = true)]
pub struct Activity {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    #[diesel(column_name = done_on)]
    pub on: NaiveDate,
    pub started_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    /// A component's key.
    pub component: Option<String>,
    /// The id of the incident that it answered.
    pub incident: Option<String>,
    /// A roadmap item's ref.
    pub roadmap_item: Option<String>,
    pub kind: WorkKind,
    pub planned: bool,
    /// In plain words.
    pub summary: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Activity, "activities", product: product_id);

/// A page of a list of them.
pub type ActivityPage = Page<Activity>;
/// Some of its properties, to be changed.
pub type ActivityPatch = Patch<NewActivity>;

impl Listed for Activity {
    const COLUMNS: &'static [Column] = &[
        Column::date("on", "done_on"),
        Column::text("component", "component").or_null(),
        Column::text("incident", "incident").or_null(),
        Column::text("roadmap_item", "roadmap_item").or_null(),
        Column::choice("kind", "kind", WorkKind::WORDS),
        Column::bool("planned", "planned"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["summary"];
}

/// An activity to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewActivity {
    pub on: NaiveDate,
    pub started_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    /// The id or `external_id` of the incident that it answered.
    #[schema(min_length = 1, max_length = 200)]
    pub incident: Option<String>,
    /// A roadmap item's ref or id.
    #[schema(min_length = 1, max_length = 63)]
    pub roadmap_item: Option<String>,
    pub kind: WorkKind,
    #[serde(default)]
    pub planned: bool,
    /// In plain words.
    #[schema(min_length = 1, max_length = 1000)]
    pub summary: String,
}

impl Patchable for NewActivity {}

impl NewActivity {
    /// `incident` is an id by now.
    ///
    /// # Errors
    /// 422 when it ends before it starts.
    pub fn into_row(self, product: &ProductId, component: Option<String>, head: Head) -> Result<Activity, Failure> {
        if let (Some(start), Some(end)) = (self.started_at, self.ended_at)
            && end < start
        {
            return Err(Failure::invalid("/ended_at", "before_start", "ends after it starts"));
        }
        Ok(Activity {
            id: head.id,
            product_id: product.as_str().to_owned(),
            on: self.on,
            started_at: self.started_at,
            ended_at: self.ended_at,
            component,
            incident: self.incident,
            roadmap_item: self.roadmap_item,
            kind: self.kind,
            planned: self.planned,
            summary: self.summary,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}
