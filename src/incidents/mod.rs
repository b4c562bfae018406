//! What went wrong, for whom, and for how long.

pub mod api;
mod downtime;
pub mod store;

pub use downtime::{Window, downtime_minutes, downtime_seconds};

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        schema::incidents,
        text::Words,
    },
    row,
};
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{
        ObjectBuilder,
        schema::{Array, ArrayBuilder, Type},
    },
};

/// Something that went wrong.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = incidents, treat_none_as_null = true)]
pub struct Incident {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub title: String,
    /// 1 is the worst.
    pub severity: i64,
    /// Keys of the components that it struck.
    #[diesel(select_expression = struck(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub components: Words,
    pub started_at: Instant,
    pub detected_at: Option<Instant>,
    /// Null while it goes on.
    pub resolved_at: Option<Instant>,
    /// Customers struck × minutes each; null when nobody knows.
    pub customer_minutes: Option<i64>,
    /// In plain words.
    pub summary: String,
    pub cause: String,
    /// What another tool calls it.
    pub external_id: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

/// Read with the row, in one statement, from the table of links.
fn struck() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(l.component, ' ' ORDER BY l.component), '') FROM incident_components l \
         WHERE l.product_id = incidents.product_id AND l.incident = incidents.id)")
}

row!(Incident, "incidents", product: product_id);

/// A page of a list of them.
pub type IncidentPage = Page<Incident>;
/// Some of its properties, to be changed.
pub type IncidentPatch = Patch<NewIncident>;

impl Listed for Incident {
    const COLUMNS: &'static [Column] = &[
        Column::text("title", "title"),
        Column::integer("severity", "severity"),
        Column::any_of(
            "components",
            "SELECT l.component FROM incident_components l \
             WHERE l.product_id = incidents.product_id AND l.incident = incidents.id",
        ),
        Column::time("started_at", "started_at"),
        Column::time("detected_at", "detected_at").or_null(),
        Column::time("resolved_at", "resolved_at").or_null(),
        Column::integer("customer_minutes", "customer_minutes").or_null(),
        Column::text("external_id", "external_id").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["title", "summary", "cause"];
}

/// An incident to be recorded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// 1 is the worst.
    #[schema(minimum = 1, maximum = 4)]
    pub severity: i64,
    /// Keys or ids of the components that it struck.
    #[schema(schema_with = one_component_or_more)]
    pub components: Words,
    pub started_at: Instant,
    /// Not before it started.
    pub detected_at: Option<Instant>,
    /// Neither before it started nor before it was detected; null while it goes on.
    pub resolved_at: Option<Instant>,
    /// Customers struck × minutes each; null when nobody knows.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub customer_minutes: Option<i64>,
    /// In plain words.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub summary: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub cause: String,
    /// What another tool calls it; unique in the product.
    #[schema(min_length = 1, max_length = 200)]
    pub external_id: Option<String>,
}

fn one_component_or_more() -> Array {
    let word = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\s]{1,63}$"));
    ArrayBuilder::new()
        .items(word)
        .min_items(Some(1))
        .max_items(Some(100))
        .unique_items(true)
        .description(Some("Keys or ids of the components that it struck."))
        .build()
}

impl Patchable for NewIncident {}

impl NewIncident {
    /// `components` are keys.
    ///
    /// # Errors
    /// 422 for times in another order than started, detected, resolved.
    pub fn into_row(self, product: &ProductId, components: Words, head: Head) -> Result<Incident, Failure> {
        let mut faults = Vec::new();
        if self.detected_at.is_some_and(|detected| detected < self.started_at) {
            faults.push(Fault::at("/detected_at", "before_start", "it is not detected before it starts"));
        }
        if self.resolved_at.is_some_and(|resolved| resolved < self.started_at) {
            faults.push(Fault::at("/resolved_at", "before_start", "it is not resolved before it starts"));
        } else if let (Some(detected), Some(resolved)) = (self.detected_at, self.resolved_at)
            && resolved < detected
        {
            faults.push(Fault::at("/resolved_at", "before_detection", "it is not resolved before it is detected"));
        }
        Failure::unless_empty(faults)?;
        Ok(Incident {
            id: head.id,
            product_id: product.as_str().to_owned(),
            title: self.title,
            severity: self.severity,
            components,
            started_at: self.started_at,
            detected_at: self.detected_at,
            resolved_at: self.resolved_at,
            customer_minutes: self.customer_minutes,
            summary: self.summary,
            cause: self.cause,
            external_id: self.external_id,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}
