//! Forms as browsers send them.

use super::RequestContext;
use super::{
    body::{read_bytes, require_type},
    params::pairs,
};
use crate::kernel::failure::{Failure, Fault};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What a form of ours was filled with: fields of text, all of them known, none twice.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            RequestContext::of(&req).admitted().await;
            require_type(&req, &["application/x-www-form-urlencoded"])?;
            let bytes = read_bytes(&req, payload).await?;
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| Failure::Unreadable(vec![Fault::at("", "form", "the form is not text")]))?;
            read(text).map(Self)
        })
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    // A browser ends the lines of a text as the wire does, and not as people's other tools do.
    let fields = pairs(text)?.into_iter().map(|(name, value)| (name, Value::String(value.replace("\r\n", "\n"))));
    serde_json::from_value(Value::Object(fields.collect::<Map<_, _>>()))
        .map_err(|error| Failure::Invalid(vec![Fault::at("", "form", error.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Said {
        text: String,
        option: Option<String>,
    }

    #[test]
    fn a_form_is_fields_of_text() {
        let said = |text: &str, option: Option<&str>| Said { text: text.into(), option: option.map(Into::into) };
        assert_eq!(read::<Said>("text=One%0D%0Atwo+%26+three").unwrap(), said("One\ntwo & three", None));
        assert_eq!(read::<Said>("text=&option=A+third").unwrap(), said("", Some("A third")));
        for (wrong, status) in
            [("text=%00", 400), ("text=%FF", 400), ("text=a&text=b", 400), ("text=a&more=b", 422), ("option=a", 422)]
        {
            assert_eq!(read::<Said>(wrong).unwrap_err().terms().status, status, "{wrong}");
        }
    }
}
