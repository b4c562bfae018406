//! How the CSV of another tool becomes rows of a format of ours: saved by name, applied line by line.

pub mod api;
mod check;
mod date;
mod number;
pub mod store;
mod template;
pub mod turn;

use super::{Format, format::TABLES};
use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::Failure,
        http::{Column, Listed, Page, Patch, Patchable},
        schema::mappings,
        text::{JsonText, Key},
    },
    row, text_enum,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, Ref, RefOr, Schema,
        schema::{AdditionalProperties, ArrayBuilder, Object, Type},
    },
};

text_enum! {
    /// What stands between the cells of a file.
    pub enum Delimiter {
        Comma = "comma",
        Semicolon = "semicolon",
        Tab = "tab",
        Pipe = "pipe",
    }
}

impl Delimiter {
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

text_enum! {
    /// What stands before the fraction of a number; the other one may stand between its thousands.
    pub enum DecimalSign {
        Point = "point",
        Comma = "comma",
    }
}

text_enum! {
    /// What is done with a value that a table of values does not have.
    pub enum Unlisted {
        /// It is a fault; in lenient mode it is told, and what is there stays.
        Refuse = "refuse",
        /// It is left out, as if the cell did not have it.
        Skip = "skip",
        /// It is taken as it is.
        Keep = "keep",
    }
}

/// Where the value of a column comes from: one of `from`, `constant` and `template`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// The heading of the other tool's column. Where several columns have it, each of their cells is a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub from: Option<String>,
    /// The same text on every line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4000)]
    pub constant: Option<String>,
    /// Text with headings in braces, such as `PD-{incident_number}`; empty where a cell is. `{{` is a brace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4000)]
    pub template: Option<String>,
    /// What stands between the values of one cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 10)]
    pub separator: Option<String>,
    /// What each value means; a value of no characters is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ValueTable>)]
    pub values: Option<ValueTable>,
    #[serde(default = "refuse")]
    pub unlisted: Unlisted,
    /// What stands for a blank in words that may have none: `good first issue` is `good-first-issue` with `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1, pattern = r"^[^\s]$")]
    pub blanks: Option<String>,
    /// How days and times are written, in the order in which it is tried: `%d/%b/%y %I:%M %p`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = forms)]
    pub dates: Vec<String>,
    /// Only on lines that have these values; on others it is empty.
    #[serde(default, skip_serializing_if = "Selection::is_empty")]
    pub when: Selection,
    /// What is there where the value is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4000)]
    pub default: Option<String>,
    /// The other tool leaves the column out where no line has a value.
    #[serde(default)]
    pub optional: bool,
}

fn refuse() -> Unlisted {
    Unlisted::Refuse
}

fn forms() -> RefOr<Schema> {
    let form = ObjectBuilder::new().schema_type(Type::String).min_length(Some(2)).max_length(Some(100));
    let say = "How days and times are written, in the order in which it is tried: `%d/%b/%y %I:%M %p`.";
    ArrayBuilder::new().items(form).max_items(Some(10)).unique_items(true).description(Some(say)).into()
}

/// Names a map with its own schema: texts of limited length to whatever the schema of a value is.
macro_rules! map {
    ($(#[$meta:meta])* $type:ident: $value:ty, $word:literal, at most $most:literal of $longest:literal, $schema:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $type(pub BTreeMap<String, $value>);

        impl $type {
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let schema: RefOr<Schema> = $schema;
                let name: Object =
                    ObjectBuilder::new().schema_type(Type::String).max_length(Some($longest)).build();
                ObjectBuilder::new()
                    .schema_type(Type::Object)
                    .property_names(Some(name))
                    .additional_properties(Some(AdditionalProperties::from(schema)))
                    .max_properties(Some($most))
                    .description(Some($word))
                    .into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                <$value as Described>::schemas_of(schemas);
            }
        }
    };
}

/// What the values of a map have to be described by.
trait Described {
    fn schemas_of(_: &mut Vec<(String, RefOr<Schema>)>) {}
}

impl Described for String {}
impl Described for Vec<String> {}
impl Described for ColumnRule {
    fn schemas_of(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Self::schemas(schemas);
        schemas.push((Self::name().into_owned(), Self::schema()));
    }
}

map! {
    /// Values of another tool, and what they mean.
    ValueTable: String, "A value of the other tool, and what it means here.", at most 1000 of 200,
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(1000)).into()
}
map! {
    /// Values that a line has under some headings.
    Selection: Vec<String>, "Headings, and the values of which a line has one.", at most 20 of 200,
    ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::String).max_length(Some(200)))
        .min_items(Some(1))
        .max_items(Some(200))
        .unique_items(true)
        .into()
}
map! {
    /// What becomes each of our columns.
    ColumnRules: ColumnRule, "The columns of the format, and where their values come from.", at most 100 of 100,
    Ref::from_schema_name(ColumnRule::name()).into()
}

/// How a file of another tool is read.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = mappings, treat_none_as_null = true)]
pub struct Mapping {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub name: Key,
    #[schema(schema_with = tables)]
    pub format: Format,
    pub description: String,
    pub delimiter: Delimiter,
    pub decimal_sign: DecimalSign,
    /// The zone of times that name none; null is the product's.
    pub timezone: Option<String>,
    #[schema(value_type = ColumnRules)]
    #[diesel(column_name = column_rules)]
    pub columns: JsonText<ColumnRules>,
    /// Only lines that have these values are read.
    #[schema(value_type = Selection)]
    pub only_lines: JsonText<Selection>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Mapping, "mappings", product: product_id, name: name);

/// A page of a list of them.
pub type MappingPage = Page<Mapping>;
/// Some of its properties, to be changed.
pub type MappingPatch = Patch<NewMapping>;

impl Listed for Mapping {
    const COLUMNS: &'static [Column] = &[
        Column::text("name", "name"),
        Column::choice("format", "format", Format::WORDS),
        Column::choice("delimiter", "delimiter", Delimiter::WORDS),
        Column::choice("decimal_sign", "decimal_sign", DecimalSign::WORDS),
        Column::text("timezone", "timezone").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["name", "description", "column_rules"];
}

/// A mapping to be saved.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMapping {
    /// What `?mapping=` calls it.
    pub name: Key,
    #[schema(schema_with = tables)]
    pub format: Format,
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub description: String,
    #[serde(default = "comma")]
    pub delimiter: Delimiter,
    #[serde(default = "point")]
    pub decimal_sign: DecimalSign,
    /// The IANA name of the zone of times that name none; left out, it is the product's.
    #[schema(min_length = 1, max_length = 63, example = "Europe/Vienna")]
    pub timezone: Option<String>,
    pub columns: ColumnRules,
    /// Only lines that have these values are read.
    #[serde(default)]
    pub only_lines: Selection,
}

fn comma() -> Delimiter {
    Delimiter::Comma
}

fn point() -> DecimalSign {
    DecimalSign::Point
}

fn tables() -> Object {
    let words: Vec<_> = TABLES.iter().map(|format| format.as_text()).collect();
    let say = "The format that it feeds: one whose files are tables of rows.";
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).description(Some(say)).build()
}

impl Patchable for NewMapping {
    const FIXED: &'static [&'static str] = &["name"];
}

impl NewMapping {
    /// # Errors
    /// 422 for whatever could never make a row of the format, each with its place.
    pub fn into_row(self, product: &ProductId, head: Head) -> Result<Mapping, Failure> {
        Failure::unless_empty(check::faults(&self))?;
        Ok(Mapping {
            id: head.id,
            product_id: product.as_str().to_owned(),
            name: self.name,
            format: self.format,
            description: self.description,
            delimiter: self.delimiter,
            decimal_sign: self.decimal_sign,
            timezone: self.timezone,
            columns: JsonText::new(self.columns),
            only_lines: JsonText::new(self.only_lines),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        })
    }
}

/// A part of a JSON pointer (RFC 6901).
fn part(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
