//! API tokens, by which programs come in: as their user, in one product, with a role that is not above the user's.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::Role,
        clock::Instant,
        db::{Head, Row},
        http::{Column, Listed, Page},
        schema::api_tokens,
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API token. What is sent is told once, when it is made, and kept only as a hash.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = api_tokens)]
pub struct ApiToken {
    pub id: String,
    /// What it is for, in somebody's words.
    pub name: String,
    /// The id of the user for whom it speaks.
    #[diesel(column_name = user_id)]
    pub user: String,
    #[serde(skip)]
    pub member_id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The key of the one product that it opens.
    pub product: String,
    /// It may do what both this role and its user may do at that moment.
    pub role: Role,
    #[serde(skip)]
    pub token_hash: String,
    /// From then on it opens nothing.
    pub expires_at: Instant,
    /// To the hour; null when it was never used.
    pub last_used_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ApiToken, "tokens", product: product_id);

/// A page of a list of them.
pub type ApiTokenPage = Page<ApiToken>;

impl Listed for ApiToken {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::text("user", "user_id"),
        Column::text("product", "product"),
        Column::choice("role", "role", Role::WORDS),
        Column::time("expires_at", "expires_at"),
        Column::time("last_used_at", "last_used_at").or_null(),
        Column::time("created_at", "created_at"),
    ];
    const SEARCH: &'static [&'static str] = &["name"];
}

/// A token to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    #[schema(min_length = 1, max_length = 120, example = "Power BI")]
    pub name: String,
    /// Not above your own in the product.
    pub role: Role,
    /// The key of a product that you are a member of, or its id.
    #[schema(min_length = 1, max_length = 63, pattern = "^[A-Za-z0-9-]+$", example = "platform")]
    pub product: String,
    #[schema(example = "2099-12-31T00:00:00Z")]
    pub expires_at: Instant,
}

/// A token that was just made, with what is to be sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IssuedApiToken {
    #[serde(flatten)]
    pub kept: ApiToken,
    /// Told only now.
    #[schema(example = "pdo_Zm9yIGV4YW1wbGUgb25seQ")]
    pub token: String,
}

impl Row for IssuedApiToken {
    const RESOURCE: &'static str = ApiToken::RESOURCE;

    fn id(&self) -> &str {
        self.kept.id()
    }

    fn version(&self) -> i64 {
        self.kept.version()
    }

    fn created_at(&self) -> Instant {
        self.kept.created_at()
    }

    fn product(&self) -> Option<&str> {
        self.kept.product()
    }
}

/// The membership that a token rests on.
#[derive(Debug)]
pub struct Standing {
    pub member_id: String,
    pub product_id: String,
    /// Its key.
    pub product: String,
    pub role: Role,
}

impl NewApiToken {
    fn into_row(self, user: &str, of: Standing, token_hash: String, head: Head) -> ApiToken {
        ApiToken {
            id: head.id,
            name: self.name,
            user: user.to_owned(),
            member_id: of.member_id,
            product_id: of.product_id,
            product: of.product,
            role: self.role,
            token_hash,
            expires_at: self.expires_at,
            last_used_at: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}
