//! How a caller says which format they want: by the address's ending, or by `Accept`.

use super::{Format, negotiated};
use crate::kernel::{failure::Failure, http::PathParam};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use std::future::{Ready, ready};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};

/// What a report's address ends in.
#[derive(Debug, Clone)]
pub struct Suffix(String);

impl PathParam for Suffix {
    const NAME: &'static str = "format";

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

impl IntoParams for Suffix {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let words: Vec<_> = Format::ALL.iter().map(|format| format.suffix()).collect();
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        let suffix = ParameterBuilder::new().name(Self::NAME).parameter_in(ParameterIn::Path).required(Required::True);
        vec![suffix.schema(Some(schema)).build()]
    }
}

impl Suffix {
    /// # Errors
    /// 406 for what we do not have.
    pub fn format(&self) -> Result<Format, Failure> {
        Format::of_suffix(&self.0).ok_or(Failure::NotAcceptable)
    }
}

/// What the caller would rather have, from `Accept`; JSON when they have no wish.
#[derive(Debug, Clone)]
pub struct Wanted(String);

impl FromRequest for Wanted {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let accept = req.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        ready(Ok(Self(accept.unwrap_or("*/*").to_owned())))
    }
}

impl Wanted {
    /// # Errors
    /// 406 when the caller takes nothing of what there is.
    pub fn format(&self, of: &[Format]) -> Result<Format, Failure> {
        negotiated(&self.0, of).ok_or(Failure::NotAcceptable)
    }
}
