//! The answer to a list: a page, and where the next begins.

use super::MAX_LIMIT;
use crate::kernel::http::RequestContext;
use actix_web::{HttpRequest, HttpResponse, Responder, http::header};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, Ref, RefOr, Schema,
        schema::{ArrayBuilder, Type},
    },
};

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each item made into something else.
    pub fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(item).collect(), next_cursor: self.next_cursor }
    }
}

impl<T: Serialize> Responder for Page<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(cursor) = &self.next_cursor {
            let others = req.query_string().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
            let query: Vec<_> = others.map(ToOwned::to_owned).chain([format!("cursor={cursor}")]).collect();
            let path = &RequestContext::of(req).path;
            response.insert_header((header::LINK, format!("<{path}?{}>; rel=\"next\"", query.join("&"))));
        }
        response.json(self)
    }
}

/// The schema of a page: `ComponentPage` of `Component`.
fn page_schema(item: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .property("items", ArrayBuilder::new().items(Ref::from_schema_name(item)).max_items(Some(MAX_LIMIT)))
        .property(
            "next_cursor",
            ObjectBuilder::new()
                .schema_type(utoipa::openapi::schema::SchemaType::Array(vec![Type::String, Type::Null]))
                .description(Some("Where the next page begins; null on the last.")),
        )
        .required("items")
        .required("next_cursor")
        .into()
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        page_schema(&T::name())
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
