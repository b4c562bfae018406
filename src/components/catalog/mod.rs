//! What catalogue files say, beyond what we model: their entities, of every kind.

pub mod api;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Head, Row},
        http::{Column, Listed, Page},
        schema::catalog_entities,
        text::{JsonText, Key},
    },
    row,
};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An entity of a catalogue file: a component, or what stands around one (an API, a system, a group).
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = catalog_entities, treat_none_as_null = true)]
pub struct CatalogEntity {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// `kind:namespace/name`, in lower case, as references name it.
    pub entity: String,
    /// In lower case: `component`, `resource`, `api`, `system`, `domain`, `group`, `user`, `template`, or any other.
    pub kind: String,
    pub namespace: String,
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
    pub owner: Option<String>,
    pub system: Option<String>,
    /// The domain that it is in; of a domain the one that it is part of.
    pub domain: Option<String>,
    /// The key of the component that it describes, when it describes one.
    pub component: Option<Key>,
    /// What one use saves, by its authors' estimate (`backstage.io/time-saved`).
    pub time_saved_minutes: Option<i64>,
    /// What it says it needs, or is needed by, that no file has told of yet.
    #[schema(value_type = Vec<String>)]
    pub unresolved: JsonText<Vec<String>>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(CatalogEntity, "catalog-entities", product: product_id);

/// A page of a list of them.
pub type CatalogEntityPage = Page<CatalogEntity>;

impl Listed for CatalogEntity {
    const COLUMNS: &'static [Column] = &[
        Column::text("entity", "entity"),
        Column::text("kind", "kind"),
        Column::text("namespace", "namespace"),
        Column::text("name", "name"),
        Column::text("title", "title").or_null(),
        Column::text("owner", "owner").or_null(),
        Column::text("system", "system").or_null(),
        Column::text("domain", "domain").or_null(),
        Column::text("component", "component").or_null(),
        Column::integer("time_saved_minutes", "time_saved_minutes").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["entity", "title"];
}

/// A reference in full: in lower case, with the default namespace where it names none.
pub fn reference(text: &str) -> String {
    let text = text.trim().to_lowercase();
    match text.split_once(':') {
        Some((kind, name)) if !name.contains('/') => format!("{kind}:default/{name}"),
        _ => text,
    }
}

/// An entity with its document.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CatalogDocument {
    #[serde(flatten)]
    pub entity: CatalogEntity,
    /// As it came in, fields that we do not model included.
    #[schema(value_type = Object)]
    pub document: Value,
}

impl Row for CatalogDocument {
    const RESOURCE: &'static str = CatalogEntity::RESOURCE;

    fn id(&self) -> &str {
        self.entity.id()
    }

    fn version(&self) -> i64 {
        self.entity.version
    }

    fn created_at(&self) -> Instant {
        self.entity.created_at
    }

    fn product(&self) -> Option<&str> {
        self.entity.product()
    }
}

/// An entity as a file gives it.
#[derive(Debug, Clone)]
pub struct NewCatalogDocument {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub title: Option<String>,
    pub owner: Option<String>,
    pub system: Option<String>,
    pub domain: Option<String>,
    pub component: Option<Key>,
    pub time_saved_minutes: Option<i64>,
    pub unresolved: Vec<String>,
    pub document: Value,
}

impl NewCatalogDocument {
    pub fn into_row(self, product: &ProductId, head: Head) -> CatalogDocument {
        let entity = CatalogEntity {
            id: head.id,
            product_id: product.as_str().to_owned(),
            entity: format!("{}:{}/{}", self.kind, self.namespace, self.name),
            kind: self.kind,
            namespace: self.namespace,
            name: self.name,
            title: self.title,
            owner: self.owner,
            system: self.system,
            domain: self.domain,
            component: self.component,
            time_saved_minutes: self.time_saved_minutes,
            unresolved: JsonText::new(self.unresolved),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        };
        CatalogDocument { entity, document: self.document }
    }
}
