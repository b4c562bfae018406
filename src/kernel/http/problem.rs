//! How a [`Failure`] looks on the wire: `application/problem+json` (RFC 9457).

use super::RequestContext;
use crate::kernel::failure::{Failure, Fault, StoredAnswer};
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A stable address that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "urn:prodops:problem:invalid")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// Names this request in the server's log.
    request_id: String,
    /// A stable word for programs, where a conflict has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Cow<'static, str>>,
    /// Everything that is wrong with the request, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

impl Problem {
    pub fn response(failure: &Failure, context: &RequestContext) -> HttpResponse {
        if let Failure::Replayed(answer) = failure {
            return answer_response(answer);
        }
        let terms = failure.terms();
        let mut response = builder(terms.status);
        response.content_type("application/problem+json");
        match failure {
            Failure::Unauthorized(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"prodops\""));
                if context.offers_basic() {
                    response.append_header((header::WWW_AUTHENTICATE, "Basic realm=\"prodops\", charset=\"UTF-8\""));
                }
            }
            Failure::MethodNotAllowed { allow } => {
                response.insert_header((header::ALLOW, allow.as_str()));
            }
            Failure::TooManyRequests { retry_after } | Failure::Unavailable { retry_after } => {
                response.insert_header((header::RETRY_AFTER, *retry_after));
            }
            Failure::OutcomeUnknown | Failure::NotReady(_) => {
                response.insert_header((header::RETRY_AFTER, 2));
            }
            _ => {}
        }
        response.json(Self {
            kind: format!("urn:prodops:problem:{}", terms.name),
            title: terms.title.to_owned(),
            status: terms.status,
            detail: failure.detail(),
            instance: context.shown_path().to_owned(),
            request_id: context.id.clone(),
            code: match failure {
                Failure::Conflict { code, .. } => Some(Cow::Borrowed(*code)),
                // One word for all of them, where there is one.
                Failure::Conflicts(faults) => {
                    let first = faults.first().map(|fault| fault.code.clone());
                    first.filter(|code| faults.iter().all(|fault| fault.code == *code))
                }
                _ => None,
            },
            errors: failure.faults().to_vec(),
        })
    }
}

pub(super) fn answer_response(answer: &StoredAnswer) -> HttpResponse {
    let mut response = builder(answer.status);
    if let Some(location) = &answer.location {
        response.insert_header((header::LOCATION, location.as_str()));
    }
    if let Some(etag) = &answer.etag {
        response.insert_header((header::ETAG, etag.as_str()));
    }
    match &answer.body {
        Some(body) => response.json(body),
        None => response.finish(),
    }
}

fn builder(status: u16) -> HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

/// Only the status: the envelope writes the body, since it knows the request.
impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.terms().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
