//! The parameters of a list, as the contract describes them.

use super::{
    DEFAULT_LIMIT, List, Listed, MAX_LIMIT, MAX_VALUES,
    column::{ColumnKind, MAX_INTEGER, MAX_TEXT, sorted_by},
};
use serde_json::json;
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, ObjectBuilder, SchemaFormat,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};

/// How days and times are written in a filter; what no calendar has is told when it is sent.
const DAY: &str = "(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const TIME: &str = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

impl<T: Listed> IntoParams for List<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, description: &str, schema: ObjectBuilder| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        };
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(1))
            .maximum(Some(MAX_LIMIT as i64))
            .default(Some(json!(DEFAULT_LIMIT)));
        let names: Vec<_> = sorted_by::<T>().map(|column| column.name).collect();
        let sort = text().pattern(Some(format!("^-?({0})(,-?({0})){{0,3}}$", names.join("|"))));
        let mut all = vec![
            parameter("limit", "How many items a page holds.", limit),
            parameter("cursor", "The `next_cursor` of the page before.", text().max_length(Some(4096))),
            parameter("sort", "Fields to sort by, `-` for descending. `id` is always last, nulls too.", sort),
        ];
        if !T::SEARCH.is_empty() {
            let description = "Every word must be found somewhere, in whatever case.";
            all.push(parameter("q", description, text().max_length(Some(MAX_TEXT))));
        }
        for column in T::COLUMNS.iter().filter(|column| column.is_filter()) {
            let or_null = if column.nullable { ", or `null`" } else { "" };
            let any = format!("Any of these, separated by commas{or_null}.");
            let one = match column.kind {
                ColumnKind::Choice(words) => words.join("|"),
                ColumnKind::Integer => "-?[0-9]{1,15}".to_owned(),
                ColumnKind::Bool => "true|false".to_owned(),
                ColumnKind::Date => DAY.to_owned(),
                ColumnKind::Time => format!("{DAY}{TIME}"),
                ColumnKind::Text | ColumnKind::AnyOf | ColumnKind::Words | ColumnKind::Order => {
                    format!("[^,]{{0,{MAX_TEXT}}}")
                }
            };
            let null = if column.nullable { "|null" } else { "" };
            let more = MAX_VALUES - 1;
            let schema = text().pattern(Some(format!("^({one}{null})(,({one}{null})){{0,{more}}}$")));
            all.push(parameter(column.name, &any, schema));
            if column.is_ranged() {
                let single = || match column.kind {
                    ColumnKind::Date => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))),
                    ColumnKind::Time => text()
                        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
                        .pattern(Some(format!("^{DAY}{TIME}$"))),
                    ColumnKind::Integer => ObjectBuilder::new()
                        .schema_type(Type::Integer)
                        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                        .minimum(Some(-MAX_INTEGER))
                        .maximum(Some(MAX_INTEGER)),
                    _ => text().max_length(Some(MAX_TEXT)),
                };
                all.push(parameter(&format!("{}.gte", column.name), "This or later, this or more.", single()));
                all.push(parameter(&format!("{}.lt", column.name), "Before this, less than this.", single()));
            }
        }
        all
    }
}
