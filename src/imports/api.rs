//! Imports over HTTP.

use super::{Format, Import, ImportView, backstage::catalogue};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Path, Plain, Query, Spool},
    },
    path_param,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, get, http::header, post};
use serde::Deserialize;
use std::future::{Ready, ready};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(create_import).service(find_catalogue);
}

path_param!(
    /// What the file holds: `backstage`, or the word of a resource's path.
    FormatName, "format"
);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Only says what would be done.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// Import a file: all of it, or nothing
#[utoipa::path(
    tag = "Imports",
    params(ImportQuery),
    request_body(content((String = "text/csv"), (String = "application/yaml"))),
    responses((status = 200, body = ImportView))
)]
#[post("/products/{product}/imports/{format}")]
async fn create_import(
    actor: Actor<Edit>,
    format: Path<FormatName>,
    query: Query<ImportQuery>,
    upload: Upload,
) -> Result<Plain<ImportView>, Failure> {
    let format: Format = format.0.parse().map_err(|_| Failure::NotFound)?;
    let spool = upload.receive(format).await?;
    let path = spool.file.path().to_owned();
    let import = Import::prepare(actor.db(), &actor.scope.id, format, path, spool.digest).await?;
    match query.0.dry_run {
        true => Ok(Plain(import.tried())),
        false => actor.change(move |tx, product| import.merge(tx, &product.id).map(Plain)).await,
    }
}

/// The catalogue as Backstage reads it: what came in, with present values
#[utoipa::path(
    tag = "Imports",
    responses((status = 200, body = String, content_type = "application/yaml"))
)]
#[get("/products/{product}/catalog-info.yaml")]
async fn find_catalogue(actor: Actor<View>) -> Result<HttpResponse, Failure> {
    let yaml = actor.snapshot(|conn, product| catalogue(conn, &product.id)).await?;
    Ok(HttpResponse::Ok().content_type("application/yaml").body(yaml))
}

/// A body that is not read before it is known who sends it.
struct Upload(HttpRequest, Payload);

impl FromRequest for Upload {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(req.clone(), payload.take())))
    }
}

impl Upload {
    async fn receive(self, format: Format) -> Result<Spool, Failure> {
        let Self(req, payload) = self;
        let sent = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !format.media_types().contains(&essence.as_str()) {
            return Err(Failure::UnsupportedMediaType { expected: format.media_types()[0] });
        }
        Spool::receive(&req, payload, format.limit()).await
    }
}
