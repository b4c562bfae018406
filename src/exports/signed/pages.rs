//! What a signed address opens: one dataset, as whoever made it may read it.

use super::store;
use crate::{
    exports::{Dataset, Selection, api::answer},
    kernel::{
        auth::ProductId,
        db::Db,
        failure::Failure,
        http::{Path, PathParam, Query, RequestContext},
    },
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, ServiceConfig},
};
use serde::Deserialize;

pub fn routes(app: &mut ServiceConfig) {
    app.service(open_signed_url);
}

/// What opens an address: anything else is none, without asking the database.
#[derive(Debug)]
struct Secret(String);

impl PathParam for Secret {
    const NAME: &'static str = "token";

    fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == 43 && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }
}

/// What is wanted was said when the address was made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[get("/e/{token}")]
async fn open_signed_url(
    db: Data<Db>,
    token: Path<Secret>,
    _: Query<Nothing>,
    req: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let now = db.clock().now();
    let (url, key) = db.snapshot(move |conn| store::opened(conn, &token.0.0, now)).await?;
    let dataset = Dataset::find(&url.dataset).ok_or(Failure::NotFound)?;
    let selection = Selection::read(dataset, url.filters.value(), url.role.may_edit(), now)?;
    if RequestContext::of(&req).method != "HEAD" {
        let id = url.id.clone();
        // Whoever reads is not refused because it cannot be counted.
        if let Err(failure) = db.note(move |conn| store::count(conn, &id)).await {
            tracing::warn!(%failure, "the reading of a signed address is not counted");
        }
    }
    answer(&req, &db, ProductId::known(url.product_id), &key, selection).await
}
