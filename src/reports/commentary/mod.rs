//! What a person has to say about a section of a report: beside the figures, and marked as theirs.

pub mod api;
pub mod store;

use super::document::{Block, Document, Remark, Section, SectionKey};
use crate::{
    kernel::{clock::Instant, db::Head, schema::report_commentaries},
    row,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person's words on a section; frozen with the report.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = report_commentaries, treat_none_as_null = true)]
pub struct Commentary {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The report's id.
    #[diesel(column_name = report_id)]
    pub report: String,
    pub section: SectionKey,
    /// Markdown.
    pub text: String,
    /// The id of the user who wrote it last; null for the machine's own operator.
    pub author: Option<String>,
    /// What they are called.
    pub author_name: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Commentary, "report-commentaries", product: product_id);

/// All commentaries of a report, in the order of its sections.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommentaryList {
    pub items: Vec<Commentary>,
    /// Always null: they are answered at once.
    pub next_cursor: Option<String>,
}

/// What is to be said of a section.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommentary {
    /// Markdown. HTML in it is shown as it is written, and pictures are left out.
    #[schema(min_length = 1, max_length = 20000)]
    pub text: String,
}

/// Who says it.
#[derive(Debug, Clone)]
pub struct Speaker {
    pub id: Option<String>,
    pub name: String,
}

impl NewCommentary {
    fn into_row(self, product: &str, report: &str, section: SectionKey, by: Speaker, head: Head) -> Commentary {
        Commentary {
            id: head.id,
            product_id: product.to_owned(),
            report: report.to_owned(),
            section,
            text: self.text,
            author: by.id,
            author_name: by.name,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

/// Puts what people say where it belongs: first in its section, and after the headline's sentences.
/// A section that there is not yet comes to be.
pub fn woven(mut document: Document, said: Vec<Commentary>) -> Document {
    for one in said {
        let at = document.sections.partition_point(|section| section.key < one.section);
        if document.sections.get(at).is_none_or(|section| section.key != one.section) {
            document.sections.insert(at, Section::new(one.section, Vec::new()));
        }
        let blocks = &mut document.sections[at].blocks;
        let place = if one.section == SectionKey::Headline { blocks.len() } else { 0 };
        let said = Remark { text: one.text, author: one.author_name, at: one.updated_at };
        blocks.insert(place, Block::Commentary(said));
    }
    document
}
