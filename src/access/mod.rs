//! Who may come in: users, members of products, and their sessions.

pub mod api;
pub mod attempts;
mod audit;
pub mod invitations;
pub mod issuer;
pub mod pages;
pub mod sessions;
pub mod store;
pub mod tokens;

pub use audit::{AuditEvent, AuditEventPage};

use crate::{
    kernel::{
        auth::Role,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::{members, users},
    },
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Someone who can sign in.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub struct User {
    pub id: String,
    pub email: String,
    #[serde(skip)]
    pub email_folded: String,
    pub name: String,
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// Runs the instance; reads no product they are not a member of.
    pub admin: bool,
    /// Nothing of theirs works any more, from the next request on.
    pub disabled: bool,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
    /// When they were last disabled: what they had made for programs before does not come back.
    #[serde(skip)]
    pub disabled_at: Option<Instant>,
    /// When everything about who they were was erased, for good.
    pub erased_at: Option<Instant>,
}

row!(User, "users");

impl User {
    /// The same row without the person: what refers to it still finds it.
    pub fn without_person(&self, at: Instant, head: Head) -> Self {
        // A top-level domain that no mail ever reaches (RFC 2606).
        let email = format!("{}@erased.invalid", self.id);
        let nobody = NewUser { email, name: "Erased user".to_owned(), password: None, admin: false, disabled: true };
        Self { erased_at: Some(at), ..nobody.into_row(None, head) }
    }
}

/// E-mail addresses are compared without regard to case.
pub fn fold(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A user to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    #[schema(max_length = 254, pattern = r"^[^\s@]+@[^\s@]+$", example = "lead@example.com")]
    pub email: String,
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// Kept as an argon2id hash. Left out by those who sign in elsewhere.
    #[schema(min_length = 12, max_length = 200, write_only)]
    pub password: Option<String>,
    #[serde(default)]
    pub admin: bool,
    #[serde(default)]
    pub disabled: bool,
}

/// Some of its properties, to be changed.
pub type UserPatch = Patch<NewUser>;

impl Patchable for NewUser {
    const FIXED: &'static [&'static str] = &["password"];
}

impl NewUser {
    /// The row; the hash is made before, since it takes its time.
    pub fn into_row(self, password_hash: Option<String>, head: Head) -> User {
        User {
            id: head.id,
            email_folded: fold(&self.email),
            email: self.email,
            name: self.name,
            password_hash,
            admin: self.admin,
            disabled: self.disabled,
            disabled_at: self.disabled.then_some(head.updated_at),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
            erased_at: None,
        }
    }
}

/// A page of a list of them.
pub type UserPage = Page<User>;

impl Listed for User {
    const COLUMNS: &'static [Column] = &[
        Column::text("email", "email_folded"),
        Column::text("name", "name"),
        Column::bool("admin", "admin"),
        Column::bool("disabled", "disabled"),
        Column::time("erased_at", "erased_at").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["email", "name"];

    fn hidden(&self, column: &str) -> Option<&str> {
        (column == "email").then_some(&self.email_folded)
    }
}

/// What a user is in a product.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = members)]
pub struct Member {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// A user's id.
    #[diesel(column_name = user_id)]
    pub user: String,
    pub role: Role,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Member, "members", product: product_id);

/// A member to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// A user's id.
    #[schema(min_length = 1, max_length = 63)]
    pub user: String,
    pub role: Role,
}

/// Some of its properties, to be changed.
pub type MemberPatch = Patch<NewMember>;

impl Patchable for NewMember {
    const FIXED: &'static [&'static str] = &["user"];
}

impl NewMember {
    pub fn into_row(self, product: &str, head: Head) -> Member {
        Member {
            id: head.id,
            product_id: product.to_owned(),
            user: self.user,
            role: self.role,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// A page of a list of them.
pub type MemberPage = Page<Member>;

impl Listed for Member {
    const COLUMNS: &'static [Column] = &[Column::text("user", "user_id"), Column::choice("role", "role", Role::WORDS)];
    const SEARCH: &'static [&'static str] = &[];
}

/// Who the caller is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    pub id: String,
    pub email: String,
    pub name: String,
    pub admin: bool,
}
