//! How much a caller has left, in the contract: on every answer, whatever it is.

use crate::kernel::http::{HEADER_LIMIT, RATE_LIMIT, RATE_LIMIT_POLICY};
use utoipa::openapi::{
    Components, HeaderBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Response, SchemaFormat, schema::Type,
};

const LEFT: &str = "How many requests the caller has left, and in how many seconds they have all of them again: \
    `\"caller\";r=5999;t=1`. Not there when the server has no limit.";
const POLICY: &str = "How many requests a caller has in how many seconds: `\"caller\";q=6000;w=60`.";

const RETRY_AFTER: &str = "Retry-After";

/// Describes the header fields, once.
pub fn name(components: &mut Components) {
    let text = || ObjectBuilder::new().schema_type(Type::String).max_length(Some(HEADER_LIMIT));
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0));
    let fields = [
        (RATE_LIMIT, text(), LEFT),
        (RATE_LIMIT_POLICY, text(), POLICY),
        (RETRY_AFTER, seconds, "Try again after so many seconds."),
    ];
    for (name, schema, description) in fields {
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build();
        components.headers.insert(name.to_owned(), RefOr::T(header));
    }
}

/// Says that an answer has them, and one that refuses for now, when to come back.
pub fn tell(status: &str, response: &mut Response) {
    let when = matches!(status, "429" | "503").then_some(RETRY_AFTER);
    for name in [RATE_LIMIT, RATE_LIMIT_POLICY].into_iter().chain(when) {
        let header = Ref::new(format!("#/components/headers/{name}"));
        response.headers.insert(name.to_owned(), RefOr::Ref(header));
    }
}
