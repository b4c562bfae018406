//! How somebody gets in who has no account, or is no member yet: by a link that is good once.

pub mod api;
pub mod pages;
pub mod store;

use super::fold;
use crate::kernel::{
    auth::Role,
    clock::Instant,
    db::{Head, Row},
    failure::{Failure, Fault},
    http::{Column, INVITED, Listed, Page},
    schema::invitations,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long an invitation is good when nobody says, and how long at most.
const USUAL: TimeDelta = TimeDelta::days(7);
const LONGEST: TimeDelta = TimeDelta::days(30);

/// An invitation. What opens it is told once, when it is made, and kept only as a hash.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = invitations, treat_none_as_null = true)]
pub struct Invitation {
    pub id: String,
    #[serde(skip)]
    pub product_id: Option<String>,
    /// The key of the product they become a member of; null where they become a user and nothing more.
    pub product: Option<String>,
    /// What they become there.
    pub role: Option<Role>,
    /// Whether they are to run the instance.
    pub admin: bool,
    /// Whom it is for; nobody can accept it for another address.
    pub email: String,
    #[serde(skip)]
    pub email_folded: String,
    #[serde(skip)]
    pub token_hash: String,
    /// The id of the user who invites; null for the machine's own operator.
    pub invited_by: Option<String>,
    pub expires_at: Instant,
    pub accepted_at: Option<Instant>,
    /// The id of the user who accepted it.
    pub accepted_by: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

impl Row for Invitation {
    const RESOURCE: &'static str = "invitations";

    fn id(&self) -> &str {
        &self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn created_at(&self) -> Instant {
        self.created_at
    }

    fn product(&self) -> Option<&str> {
        self.product_id.as_deref()
    }
}

/// A page of a list of them.
pub type InvitationPage = Page<Invitation>;

impl Listed for Invitation {
    const COLUMNS: &'static [Column] = &[
        Column::text("email", "email_folded"),
        Column::text("product", "product").or_null(),
        Column::choice("role", "role", Role::WORDS).or_null(),
        Column::bool("admin", "admin"),
        Column::text("invited_by", "invited_by").or_null(),
        Column::time("expires_at", "expires_at"),
        Column::time("accepted_at", "accepted_at").or_null(),
        Column::text("accepted_by", "accepted_by").or_null(),
        Column::time("created_at", "created_at"),
    ];
    const SEARCH: &'static [&'static str] = &["email"];

    fn hidden(&self, column: &str) -> Option<&str> {
        (column == "email").then_some(&self.email_folded)
    }
}

/// Somebody to be invited: with `product` and `role` to a product, without either to the instance.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    #[schema(max_length = 254, pattern = r"^[^\s@]+@[^\s@]+$", example = "lead@example.com")]
    pub email: String,
    /// The key or id of a product that you own.
    #[schema(min_length = 1, max_length = 63, example = "platform")]
    pub product: Option<String>,
    /// What they become there.
    pub role: Option<Role>,
    /// Whether they are to run the instance; never together with a product.
    #[serde(default)]
    pub admin: bool,
    /// From then on it opens nothing; at most 30 days from now, and 7 when left out.
    #[schema(example = "2099-12-31T00:00:00Z")]
    pub expires_at: Option<Instant>,
}

/// Where an invitation leads to: a product, and what one becomes there.
#[derive(Debug, Clone)]
struct Place {
    product_id: String,
    product: String,
    role: Role,
}

impl NewInvitation {
    /// The product and role it is for; nothing for the instance.
    ///
    /// # Errors
    /// 422 for one without the other, and for an admin of a product.
    fn place(&self) -> Result<Option<(&str, Role)>, Failure> {
        let fault = |pointer: &str, detail: &str| Err(Failure::Invalid(vec![Fault::at(pointer, "required", detail)]));
        match (self.product.as_deref(), self.role) {
            (Some(_), None) => fault("/role", "what they become in the product"),
            (None, Some(_)) => fault("/product", "where they become that"),
            (Some(_), Some(_)) if self.admin => {
                let detail = "an admin is invited to the instance, not to a product";
                Err(Failure::invalid("/admin", "not_allowed", detail))
            }
            (Some(product), Some(role)) => Ok(Some((product, role))),
            (None, None) => Ok(None),
        }
    }

    /// # Errors
    /// 422 for a time that is over or too far away.
    fn into_row(
        self,
        place: Option<Place>,
        by: Option<String>,
        token_hash: String,
        head: Head,
    ) -> Result<Invitation, Failure> {
        let now = head.created_at.utc();
        let expires_at = self.expires_at.unwrap_or_else(|| (now + USUAL).into());
        if expires_at.utc() <= now || expires_at.utc() > now + LONGEST {
            return Err(Failure::invalid("/expires_at", "out_of_range", "between now and 30 days from now"));
        }
        let (product_id, product, role) =
            place.map_or((None, None, None), |of| (Some(of.product_id), Some(of.product), Some(of.role)));
        Ok(Invitation {
            id: head.id,
            product_id,
            product,
            role,
            admin: self.admin,
            email_folded: fold(&self.email),
            email: self.email,
            token_hash,
            invited_by: by,
            expires_at,
            accepted_at: None,
            accepted_by: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// An invitation that was just made, with the address that opens it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IssuedInvitation {
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The page on which it is accepted: told only now, to be passed on to whom it is for.
    #[schema(example = "/invitations/Zm9yIGV4YW1wbGUgb25seQ")]
    pub url: String,
}

impl IssuedInvitation {
    fn new(invitation: Invitation, token: &str) -> Self {
        Self { invitation, url: format!("{INVITED}{token}") }
    }
}

impl Row for IssuedInvitation {
    const RESOURCE: &'static str = Invitation::RESOURCE;

    fn id(&self) -> &str {
        self.invitation.id()
    }

    fn version(&self) -> i64 {
        self.invitation.version()
    }

    fn created_at(&self) -> Instant {
        self.invitation.created_at()
    }

    fn product(&self) -> Option<&str> {
        self.invitation.product()
    }
}
