//! What recurs: a share of the week that everybody has, or that people have in turn.

pub mod api;
mod due;
pub mod store;

pub use due::{Due, Who, dues, is_counted};

use super::WorkKind;
use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        money::Quantity,
        month::Week,
        schema::effort_templates,
        text::Words,
    },
    row, text_enum,
};
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Who of the people has it in a week that is due.
    pub enum Turn {
        /// All of them.
        Everyone = "everyone",
        /// One after the other, in their order.
        InTurn = "in_turn",
    }
}

/// Work that recurs, as weeks are to begin with it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = effort_templates, treat_none_as_null = true)]
pub struct EffortTemplate {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: String,
    pub kind: WorkKind,
    /// A component's key.
    pub component: Option<String>,
    /// A roadmap item's ref.
    pub roadmap_item: Option<String>,
    /// Of the week of each who has it.
    #[schema(value_type = f64)]
    pub share: Quantity,
    /// Ids of team members, in their order; none is everybody who is in the team.
    #[diesel(select_expression = people(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub people: Words,
    pub turn: Turn,
    /// The first week in which it is due.
    pub first_week: Week,
    /// The last week in which it may be due; null: it goes on.
    pub last_week: Option<Week>,
    /// It is due every so many weeks from the first one on.
    pub every_weeks: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

/// Read with the row, in one statement, from the table of links.
fn people() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(l.person, ' ' ORDER BY l.position), '') FROM effort_template_people l \
         WHERE l.product_id = effort_templates.product_id AND l.template = effort_templates.id)")
}

row!(EffortTemplate, "effort-templates", product: product_id);

/// A page of a list of them.
pub type EffortTemplatePage = Page<EffortTemplate>;
/// Some of its properties, to be changed.
pub type EffortTemplatePatch = Patch<NewEffortTemplate>;

impl Listed for EffortTemplate {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::choice("kind", "kind", WorkKind::WORDS),
        Column::text("component", "component").or_null(),
        Column::text("roadmap_item", "roadmap_item").or_null(),
        Column::any_of(
            "people",
            "SELECT l.person FROM effort_template_people l \
             WHERE l.product_id = effort_templates.product_id AND l.template = effort_templates.id",
        ),
        Column::choice("turn", "turn", Turn::WORDS),
        Column::text("first_week", "first_week"),
        Column::text("last_week", "last_week").or_null(),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["name"];
}

/// A template to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEffortTemplate {
    /// Unique in the product.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    pub kind: WorkKind,
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    /// A roadmap item's ref or id.
    #[schema(min_length = 1, max_length = 63)]
    pub roadmap_item: Option<String>,
    /// Of the week of each who has it.
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 1)]
    pub share: Quantity,
    /// Ids of team members, in their order; none is everybody who is in the team. Turns are somebody's.
    #[serde(default)]
    pub people: Words,
    #[serde(default = "everyone")]
    pub turn: Turn,
    /// The first week in which it is due.
    pub first_week: Week,
    /// The last week in which it may be due; null: it goes on.
    pub last_week: Option<Week>,
    /// It is due every so many weeks from the first one on.
    #[serde(default = "weekly")]
    #[schema(minimum = 1, maximum = 52, default = 1)]
    pub every_weeks: i64,
}

fn everyone() -> Turn {
    Turn::Everyone
}

fn weekly() -> i64 {
    1
}

impl Patchable for NewEffortTemplate {}

impl NewEffortTemplate {
    /// The component is a key, the roadmap item a ref.
    ///
    /// # Errors
    /// 422 for turns of nobody, and for an end before the beginning.
    pub fn into_row(self, product: &ProductId, head: Head) -> Result<EffortTemplate, Failure> {
        let mut faults = Vec::new();
        if self.turn == Turn::InTurn && self.people.iter().next().is_none() {
            faults.push(Fault::at("/people", "required", "turns are taken by people: name them in their order"));
        }
        if self.last_week.is_some_and(|last| last < self.first_week) {
            faults.push(Fault::at("/last_week", "before_start", "the last week is not before the first"));
        }
        Failure::unless_empty(faults)?;
        Ok(EffortTemplate {
            id: head.id,
            product_id: product.as_str().to_owned(),
            name: self.name,
            kind: self.kind,
            component: self.component,
            roadmap_item: self.roadmap_item,
            share: self.share,
            people: self.people,
            turn: self.turn,
            first_week: self.first_week,
            last_week: self.last_week,
            every_weeks: self.every_weeks,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A template as a line of a file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EffortTemplateRow {
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    pub kind: WorkKind,
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    #[schema(min_length = 1, max_length = 63)]
    pub roadmap_item: Option<String>,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 1)]
    pub share: Quantity,
    /// By name or id, in their order.
    #[serde(default)]
    #[schema(schema_with = names)]
    pub people: Vec<String>,
    #[serde(default = "everyone")]
    pub turn: Turn,
    pub first_week: Week,
    pub last_week: Option<Week>,
    #[serde(default = "weekly")]
    #[schema(minimum = 1, maximum = 52)]
    pub every_weeks: i64,
}

fn names() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::{ObjectBuilder, schema::ArrayBuilder, schema::Type};
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(120));
    ArrayBuilder::new().items(name).max_items(Some(100)).unique_items(true).build()
}

impl Patchable for EffortTemplateRow {}

impl EffortTemplateRow {
    /// The same with people by id.
    pub fn of(self, people: Words) -> NewEffortTemplate {
        NewEffortTemplate {
            name: self.name,
            kind: self.kind,
            component: self.component,
            roadmap_item: self.roadmap_item,
            share: self.share,
            people,
            turn: self.turn,
            first_week: self.first_week,
            last_week: self.last_week,
            every_weeks: self.every_weeks,
        }
    }
}
