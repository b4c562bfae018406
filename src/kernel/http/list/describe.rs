//! The parameters of a list, as the contract describes them.

use super::{
    DEFAULT_LIMIT, List, Listed, MAX_LIMIT,
    column::{ColumnKind, MAX_TEXT, sorted_by},
};
use serde_json::json;
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};

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
            let schema = match column.kind {
                ColumnKind::Choice(words) => {
                    let null = if column.nullable { "|null" } else { "" };
                    text().pattern(Some(format!("^({0}{null})(,({0}{null}))*$", words.join("|"))))
                }
                ColumnKind::Integer => text().pattern(Some(r"^(-?[0-9]{1,18}|null)(,(-?[0-9]{1,18}|null))*$")),
                ColumnKind::Bool => text().pattern(Some("^(true|false)(,(true|false))*$")),
                _ => text().max_length(Some(MAX_TEXT)),
            };
            all.push(parameter(column.name, &any, schema));
            if column.is_ranged() {
                let single = || match column.kind {
                    ColumnKind::Date => text()
                        .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Date))),
                    ColumnKind::Time => text().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                        utoipa::openapi::KnownFormat::DateTime,
                    ))),
                    ColumnKind::Integer => ObjectBuilder::new().schema_type(Type::Integer),
                    _ => text().max_length(Some(MAX_TEXT)),
                };
                all.push(parameter(&format!("{}.gte", column.name), "This or later, this or more.", single()));
                all.push(parameter(&format!("{}.lt", column.name), "Before this, less than this.", single()));
            }
        }
        all
    }
}
