//! The audit trail, as owners and editors read it.

use crate::kernel::{
    clock::Instant,
    db::AuthorKind,
    http::{Column, Listed, Page},
    schema::audit_events,
    text::JsonText,
};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Who changed what, when, and what it was before and after.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = audit_events)]
pub struct AuditEvent {
    pub id: String,
    pub at: Instant,
    pub actor_kind: AuthorKind,
    /// A user's id, when it was a user; a token's, when it was a token.
    pub actor_id: Option<String>,
    /// The id of the user whose token it was.
    pub on_behalf_of: Option<String>,
    pub request_id: Option<String>,
    /// From where: the network address that asked.
    pub address: Option<String>,
    /// The id of the session that they were signed in with.
    pub session: Option<String>,
    /// `create`, `update`, `delete`, `import`, `move`, `publish`, `accept`, `erase` and others; `refuse` where nothing was done.
    pub action: String,
    /// The path's word, such as `cost-entries`.
    pub resource: String,
    /// The row's id. Of a refusal what the path called the row; empty where it named none.
    pub row_id: String,
    #[schema(value_type = Option<Object>)]
    pub before: Option<JsonText<Value>>,
    /// Of a refusal `operation`, `status`, `code` and `detail`.
    #[schema(value_type = Option<Object>)]
    pub after: Option<JsonText<Value>>,
}

/// A page of a list of them.
pub type AuditEventPage = Page<AuditEvent>;

impl Listed for AuditEvent {
    const COLUMNS: &'static [Column] = &[
        Column::time("at", "at"),
        Column::choice("actor_kind", "actor_kind", AuthorKind::WORDS),
        Column::text("actor_id", "actor_id").or_null(),
        Column::text("on_behalf_of", "on_behalf_of").or_null(),
        Column::text("request_id", "request_id").or_null(),
        Column::text("address", "address").or_null(),
        Column::text("session", "session").or_null(),
        Column::text("action", "action"),
        Column::text("resource", "resource"),
        Column::text("row_id", "row_id"),
    ];
    const SEARCH: &'static [&'static str] = &[];
}
