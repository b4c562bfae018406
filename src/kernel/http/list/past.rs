//! A list as it is, or, with `as_of`, as it was.

use super::{BASE64_URL_SAFE_NO_PAD, DEFAULT_LIMIT, Engine, List, Listed, MAX_LIMIT, Page};
use crate::kernel::{
    db::Row,
    failure::{Failure, Fault},
    http::params::{once_admitted, pairs},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};

/// What a caller asked of a list that can be had of a moment in the past.
#[derive(Debug, Clone)]
pub enum Listing<T> {
    Now(List<T>),
    Then(Past),
}

/// What was asked of a list of some moment: the chapter understands the filters.
#[derive(Debug, Clone)]
pub struct Past {
    /// As it was sent: a time, or a day.
    pub as_of: String,
    /// The other parameters but those of the page.
    pub asked: Vec<(String, String)>,
    limit: usize,
    after: Option<String>,
    /// Ties a cursor to the moment and filters it was made for.
    shape: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    #[serde(rename = "s")]
    shape: String,
    #[serde(rename = "id")]
    id: String,
}

impl Past {
    fn read(pairs: Vec<(String, String)>) -> Result<Self, Failure> {
        let mut past =
            Self { as_of: String::new(), asked: Vec::new(), limit: DEFAULT_LIMIT, after: None, shape: String::new() };
        let (mut cursor, mut hash) = (None, Sha256::new());
        let mut sorted: Vec<_> = pairs.iter().filter(|(name, _)| name != "cursor" && name != "limit").collect();
        sorted.sort();
        hash.update(serde_json::json!(sorted).to_string());
        past.shape = crate::kernel::http::body::hex(&hash.finalize()[..6]);
        for (name, value) in pairs {
            match name.as_str() {
                "as_of" => past.as_of = value,
                "cursor" => cursor = Some(value),
                "limit" => match value.parse() {
                    Ok(limit @ 1..=MAX_LIMIT) => past.limit = limit,
                    _ => {
                        let detail = format!("a whole number from 1 to {MAX_LIMIT}");
                        return Err(Failure::Invalid(vec![Fault::parameter("limit", "range", detail)]));
                    }
                },
                _ => past.asked.push((name, value)),
            }
        }
        if let Some(text) = cursor {
            let read = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
            let read = read.and_then(|bytes| serde_json::from_slice::<Cursor>(&bytes).ok());
            past.after = Some(read.filter(|cursor| cursor.shape == past.shape).ok_or_else(unreadable)?.id);
        }
        Ok(past)
    }

    /// The page that was asked for, of all rows in order. What was does not change any more, so the row that a page ended
    /// with is there again.
    ///
    /// # Errors
    /// 400 for a cursor that is none of this list.
    pub fn page<T: Row>(&self, rows: Vec<T>) -> Result<Page<T>, Failure> {
        let start = match &self.after {
            None => 0,
            Some(id) => 1 + rows.iter().position(|row| row.id() == id).ok_or_else(unreadable)?,
        };
        let more = rows.len() > start + self.limit;
        let items: Vec<T> = rows.into_iter().skip(start).take(self.limit).collect();
        let cursor = |last: &T| {
            let cursor = Cursor { shape: self.shape.clone(), id: last.id().to_owned() };
            serde_json::to_vec(&cursor).map(|text| BASE64_URL_SAFE_NO_PAD.encode(text)).map_err(Failure::internal)
        };
        let next_cursor = items.last().filter(|_| more).map(cursor).transpose()?;
        Ok(Page { items, next_cursor })
    }
}

fn unreadable() -> Failure {
    Failure::Unreadable(vec![Fault::parameter("cursor", "cursor", "not a cursor of this list with these filters")])
}

impl<T: Listed + 'static> FromRequest for Listing<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        once_admitted(req, |req| {
            let sent = pairs(req.query_string())?;
            match sent.iter().any(|(name, _)| name == "as_of") {
                true => Past::read(sent).map(Self::Then),
                false => List::parse(req.query_string()).map(Self::Now),
            }
        })
    }
}

impl<T: Listed> IntoParams for Listing<T> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let form = "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
                    (T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$";
        let mut all = List::<T>::into_params(place);
        all.push(
            ParameterBuilder::new()
                .name("as_of")
                .parameter_in(ParameterIn::Query)
                .description(Some(
                    "As it stood at a time, or at the first instant of a day in the product's zone; not in the future. \
                     Filters that only the present has are refused beside it.",
                ))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String).pattern(Some(form))))
                .build(),
        );
        all
    }
}
