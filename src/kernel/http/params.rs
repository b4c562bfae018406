//! Paths and queries that refuse what they do not understand.

use super::RequestContext;
use crate::kernel::failure::{Failure, Fault};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use utoipa::openapi::{
    ObjectBuilder, RefOr, Required, Schema,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::Type,
};

/// Reads something of a request, once its caller may have it read.
pub(super) fn once_admitted<T: 'static>(
    req: &HttpRequest,
    read: impl FnOnce(&HttpRequest) -> Result<T, Failure> + 'static,
) -> LocalBoxFuture<'static, Result<T, Failure>> {
    let req = req.clone();
    Box::pin(async move {
        RequestContext::of(&req).admitted().await;
        read(&req)
    })
}

/// A name in a path, such as the `{component}` of `/components/{component}`.
pub trait PathParam: Sized {
    /// Between the braces.
    const NAME: &'static str;

    /// `None` for what cannot be a name of this kind, which is answered like one that is not there.
    fn parse(text: &str) -> Option<Self>;
}

/// Makes a newtype over `String` a path parameter: a key, a ref or an id.
#[macro_export]
macro_rules! path_param {
    ($(#[$meta:meta])* $type:ident, $name:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $type(pub String);

        impl $crate::kernel::http::PathParam for $type {
            const NAME: &'static str = $name;

            fn parse(text: &str) -> Option<Self> {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                ((1..=63).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
            }
        }

        impl std::ops::Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl utoipa::IntoParams for $type {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![$crate::kernel::http::path_parameter($name)]
            }
        }
    };
}

/// How a parameter that is a key, a ref or an id stands in the contract.
pub fn path_parameter(name: &str) -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(63))
        .pattern(Some("^[A-Za-z0-9-]+$"));
    path_parameter_of(name, None, text)
}

/// How one of another form stands there.
pub fn path_parameter_of(name: &str, description: Option<&str>, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(description)
        .schema(Some(schema))
        .build()
}

/// One parameter of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: PathParam + 'static> FromRequest for Path<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        once_admitted(req, |req| req.match_info().get(T::NAME).and_then(T::parse).map(Self).ok_or(Failure::NotFound))
    }
}

/// The parameters of a query, all of them known.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    #[allow(clippy::disallowed_types)] // Its reading of names and values is right; its refusals are not ours.
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        once_admitted(req, |req| {
            let query = RequestContext::of(req).parameters();
            let sent = pairs(&query)?;
            web::Query::<T>::from_query(&query).map(|query| Self(query.into_inner())).map_err(|error| {
                let said = error.to_string();
                let said = said.strip_prefix("Query deserialize error: ").unwrap_or(&said);
                // It names an unknown parameter between backticks, and of a known one the value.
                let named = |(name, value): &&(String, String)| {
                    said.contains(&format!("`{name}`")) || said.contains(&format!("'{value}'"))
                };
                let name = sent.iter().find(named).or(sent.first()).map_or("", |(name, _)| name);
                Failure::Invalid(vec![Fault::parameter(name, "parameter", said)])
            })
        })
    }
}

/// The decoded parameters, in order.
///
/// # Errors
/// [`Failure::Unreadable`] for broken encoding, U+0000 or a name given twice.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Failure> {
    let unreadable = |name: &str, detail: &str| Failure::Unreadable(vec![Fault::parameter(name, "query", detail)]);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = decoded(name).ok_or_else(|| unreadable("", "a name is not percent-encoded UTF-8"))?;
        let value = decoded(value).ok_or_else(|| unreadable(&name, "not percent-encoded UTF-8"))?;
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(unreadable(&name, "given twice"));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
