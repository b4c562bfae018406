//! How a caller says in which format they want an answer: by the address's ending, or by `Accept`.

use super::PathParam;
use crate::kernel::failure::Failure;
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use std::{
    future::{Ready, ready},
    marker::PhantomData,
};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};

/// How something can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Json,
    Html,
    Markdown,
    Csv,
    Svg,
}

impl Format {
    /// How an address says it.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Svg => "svg",
        }
    }

    /// What an address ends in says, of what there is.
    pub fn of_suffix(suffix: &str, of: &[Self]) -> Option<Self> {
        of.iter().find(|format| format.suffix() == suffix).copied()
    }

    /// How `Accept` says it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Csv => "text/csv",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// A kind of answer that can be had in several formats.
pub trait Offer: 'static {
    /// What a caller without a preference gets stands first.
    const FORMATS: &'static [Format];
}

/// What an address ends in that offers several formats.
pub struct Suffix<O>(String, PhantomData<O>);

impl<O: Offer> PathParam for Suffix<O> {
    const NAME: &'static str = "format";

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned(), PhantomData))
    }
}

impl<O: Offer> IntoParams for Suffix<O> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let words: Vec<_> = O::FORMATS.iter().map(|format| format.suffix()).collect();
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        let suffix = ParameterBuilder::new().name(Self::NAME).parameter_in(ParameterIn::Path).required(Required::True);
        vec![suffix.schema(Some(schema)).build()]
    }
}

impl<O: Offer> Suffix<O> {
    /// # Errors
    /// 406 for what we do not have.
    pub fn format(&self) -> Result<Format, Failure> {
        Format::of_suffix(&self.0, O::FORMATS).ok_or(Failure::NotAcceptable)
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

/// RFC 9110, section 12.5.1: the most specific range decides what a type is worth.
fn negotiated(accept: &str, of: &[Format]) -> Option<Format> {
    let worth = |format: Format| {
        let (kind, sub) = format.media_type().split_once('/')?;
        let ranges = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let (of_kind, of_sub) = parts.next()?.split_once('/')?;
            let closeness = match (of_kind.eq_ignore_ascii_case(kind), of_sub.eq_ignore_ascii_case(sub)) {
                (true, true) => 2,
                (true, false) if of_sub == "*" => 1,
                _ if of_kind == "*" && of_sub == "*" => 0,
                _ => return None,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some((closeness, thousandths(quality.unwrap_or("1"))))
        });
        ranges.max().map(|(_, quality)| quality).filter(|quality| *quality > 0)
    };
    let wished = of.iter().filter_map(|format| Some((worth(*format)?, format)));
    // Of those worth as much, the one that stands first.
    wished.min_by_key(|(quality, _)| std::cmp::Reverse(*quality)).map(|(_, format)| *format)
}

/// A quality of `0` to `1.000`; one that cannot be read wants nothing.
fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    format!("{whole}{fraction:0<3}").parse().ok().filter(|worth| *worth <= 1000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &[Format] = &[Format::Json, Format::Html, Format::Markdown];

    #[test]
    fn programs_get_json_and_browsers_a_page() {
        for (accept, format) in [
            ("*/*", Some(Format::Json)),
            ("application/json", Some(Format::Json)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Format::Html)),
            ("text/html;q=0.5, application/json;q=0.6", Some(Format::Json)),
            ("text/markdown", Some(Format::Markdown)),
            ("text/markdown, text/html;q=0.9", Some(Format::Markdown)),
            ("text/*", Some(Format::Html)),
            ("text/html;q=0, */*;q=0.1", Some(Format::Json)),
            ("application/pdf", None),
            ("", None),
        ] {
            assert_eq!(negotiated(accept, REPORT), format, "{accept}");
        }
        assert_eq!(negotiated("text/markdown", &[Format::Json, Format::Html]), None);
    }
}
