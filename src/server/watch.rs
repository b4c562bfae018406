//! Sees every request from its headers to the last byte of its answer: its connection is not idle
//! that long, and its time is counted.

use super::{connection::Activity, metrics::Metrics};
use actix_web::{
    Error,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::{Bytes, Data},
};
use std::{
    collections::HashMap,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

/// The names of operations, by method and path.
pub struct Operations(pub HashMap<(&'static str, String), String>);

/// A request that is under way; its end is where this is dropped.
struct Watched {
    activity: Option<Activity>,
    metrics: Data<Metrics>,
    operation: String,
    /// Unknown when whoever asked has gone before there was an answer.
    status: Option<u16>,
    started: Instant,
}

impl Watched {
    fn begin(req: &ServiceRequest) -> Option<Self> {
        let metrics = req.app_data::<Data<Metrics>>()?.clone();
        let activity = req.conn_data::<Activity>().cloned();
        if let Some(activity) = &activity {
            activity.begin();
        }
        metrics.begin();
        Some(Self { activity, metrics, operation: operation(req), status: None, started: Instant::now() })
    }
}

/// Its name in the contract; else its path there, or that there is none.
fn operation(req: &ServiceRequest) -> String {
    let method = match *req.method() {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let Some(pattern) = req.match_pattern() else { return "none".to_owned() };
    let known = req.app_data::<Data<Operations>>();
    let name = |operations: &Data<Operations>| operations.0.get(&(method, pattern.clone())).cloned();
    known.and_then(name).unwrap_or_else(|| format!("{method} {pattern}"))
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(activity) = &self.activity {
            activity.end();
        }
        let status = self.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        self.metrics.end(&self.operation, &status, self.started.elapsed());
    }
}

/// The outermost middleware.
pub async fn watch(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut watched = Watched::begin(&req);
    let answer = next.call(req).await?.map_into_boxed_body();
    if let Some(watched) = &mut watched {
        watched.status = Some(answer.status().as_u16());
    }
    Ok(answer.map_body(|_, body| BoxBody::new(Body { body, _watched: watched })))
}

/// A body that holds on to its request until it is written, or given up.
struct Body {
    body: BoxBody,
    _watched: Option<Watched>,
}

impl MessageBody for Body {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
