//! For whom the work is done: who reads the report, says what matters, and accepts what is claimed.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::{ProductId, Role},
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable, Redacted},
        schema::stakeholders,
        text::{Words, nfc, nobody},
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Which side of the business somebody speaks for.
    pub enum StakeholderGroup {
        Executive = "executive",
        Finance = "finance",
        Engineering = "engineering",
        Product = "product",
        Sales = "sales",
        Support = "support",
        Compliance = "compliance",
    }
}

impl StakeholderGroup {
    /// What a report that is told to them says it is for.
    pub fn readers(self) -> &'static str {
        match self {
            Self::Executive => "executives",
            Self::Finance => "finance",
            Self::Engineering => "engineers",
            Self::Product => "product managers",
            Self::Sales => "sales",
            Self::Support => "support",
            Self::Compliance => "compliance",
        }
    }
}

/// What somebody wants to hear about first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = stakeholders)]
pub struct CaresAbout {
    /// Components by key.
    #[diesel(select_expression = components_cared_about(), select_expression_type = SqlLiteral<Text>)]
    pub components: Words,
    /// Objectives by id.
    #[diesel(select_expression = objectives_cared_about(), select_expression_type = SqlLiteral<Text>)]
    pub objectives: Words,
}

/// What somebody is to hear about first.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCaresAbout {
    /// Components by key or id.
    #[serde(default)]
    pub components: Words,
    #[serde(default)]
    #[schema(schema_with = objective_names)]
    pub objectives: Vec<String>,
}

fn objective_names() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::{ObjectBuilder, schema::ArrayBuilder, schema::Type};
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200));
    let names = ArrayBuilder::new().items(name).max_items(Some(100));
    names.description(Some("Objectives by id, or by title where no other has it.")).build()
}

fn objectives_cared_about() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(c.objective, ' ' ORDER BY c.objective), '') FROM stakeholder_objectives c \
         WHERE c.product_id = stakeholders.product_id AND c.stakeholder = stakeholders.id)")
}

/// Read with the row, in one statement, from the table that keeps the references honest.
fn components_cared_about() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(c.component, ' ' ORDER BY c.component), '') FROM stakeholder_components c \
         WHERE c.product_id = stakeholders.product_id AND c.stakeholder = stakeholders.id)")
}

/// Someone for whom the work is done.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = stakeholders, treat_none_as_null = true)]
pub struct Stakeholder {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: String,
    #[serde(skip)]
    pub name_nfc: String,
    #[diesel(column_name = stakeholder_group)]
    pub group: StakeholderGroup,
    /// Left out for viewers.
    pub email: Option<String>,
    /// A user's id, if they sign in; left out for viewers.
    #[diesel(column_name = user_id)]
    pub user: Option<String>,
    #[diesel(embed, skip_insertion, skip_update)]
    pub cares_about: CaresAbout,
    /// The language they read, as BCP 47 has it.
    pub locale: Option<String>,
    /// The day from which on they are none any more.
    pub retired_on: Option<NaiveDate>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Stakeholder, "stakeholders", product: product_id);

impl Stakeholder {
    /// The same row without the person: what refers to it still finds it. They are reached nowhere, and retired.
    pub fn without_person(&self, today: NaiveDate, head: Head) -> Self {
        let name = nobody("Erased stakeholder", &self.id);
        Self {
            name_nfc: nfc(&name),
            name,
            email: None,
            user: None,
            locale: None,
            retired_on: Some(self.retired_on.map_or(today, |on| on.min(today))),
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
            ..self.clone()
        }
    }

    /// As somebody may see them: where to reach them is for those who may edit.
    pub fn seen_by(self, role: Role) -> Redacted<Self> {
        Redacted::without(self, if role.may_edit() { &[] } else { &["email", "user"] })
    }

    /// What of who they are differs from what was there: only an owner decides that.
    pub fn named_anew(&self, before: Option<&Self>) -> Vec<&'static str> {
        let (email, user) = before.map_or((None, None), |before| (before.email.as_ref(), before.user.as_ref()));
        let changed = [("email", self.email.as_ref() != email), ("user", self.user.as_ref() != user)];
        changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
    }
}

/// A page of a list of them.
pub type StakeholderPage = Page<Stakeholder>;
/// Some of its properties, to be changed.
pub type StakeholderPatch = Patch<NewStakeholder>;

/// Nothing by which a viewer could find out what is left out for them.
impl Listed for Stakeholder {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::choice("group", "stakeholder_group", StakeholderGroup::WORDS),
        Column::text("locale", "locale").or_null(),
        Column::date("retired_on", "retired_on").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["name"];
}

/// A stakeholder to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStakeholder {
    /// Unique in the product.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    pub group: StakeholderGroup,
    /// Where the report is sent; only an owner sets it.
    #[schema(max_length = 254, pattern = r"^[^\s@]+@[^\s@]+$", example = "finance@example.com")]
    pub email: Option<String>,
    /// The id of a user who is a member, if they sign in; only an owner sets it.
    #[schema(min_length = 1, max_length = 63)]
    pub user: Option<String>,
    #[serde(default)]
    pub cares_about: NewCaresAbout,
    /// The language they read, as BCP 47 has it.
    // Language, script, region, variants, extensions, private use: RFC 5646, section 2.1.
    #[schema(
        max_length = 35,
        pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?\
                   (-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*\
                   (-[Xx](-[A-Za-z0-9]{1,8})+)?$",
        example = "de-AT"
    )]
    pub locale: Option<String>,
    /// The day from which on they are none any more.
    pub retired_on: Option<NaiveDate>,
}

impl Patchable for NewStakeholder {}

impl NewStakeholder {
    /// `cares_about` holds keys and ids of what they care about.
    pub fn into_row(self, product: &ProductId, cares_about: CaresAbout, head: Head) -> Stakeholder {
        Stakeholder {
            id: head.id,
            product_id: product.as_str().to_owned(),
            name_nfc: nfc(&self.name),
            name: self.name,
            group: self.group,
            email: self.email,
            user: self.user,
            cares_about,
            locale: self.locale,
            retired_on: self.retired_on,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
