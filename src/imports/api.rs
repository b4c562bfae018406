//! Imports over HTTP.

use super::{Format, Import, ImportView, Mode, Reading, catalogue, mappings, openslo::openslo, unwatched, week::sheet};
use crate::{
    access::attempts::{self, Attempt},
    kernel::{
        auth::{Actor, Edit, ProductScope, View, ViewPrivate},
        failure::Failure,
        http::{Path, PathParam, Plain, Query, Upload, path_parameter_of},
        month::Week,
    },
};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(create_import).service(find_catalogue).service(find_openslo).service(find_effort_sheet);
    mappings::api::routes(app);
}

impl PathParam for Format {
    const NAME: &'static str = "format";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl IntoParams for Format {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "What the file holds: `backstage`, `focus`, `openslo`, `week`, or the word of a resource's path.";
        vec![path_parameter_of(Self::NAME, Some(description), Self::schema())]
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Only says what would be done.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
    /// `lenient` reads what real files say otherwise than their format wants as it is meant, with a warning; `strict`, which
    /// holds when nothing is said, refuses it.
    #[serde(default = "strict")]
    #[param(inline, required = false)]
    mode: Mode,
    /// The name or id of a mapping that feeds the format: how the file of another tool is read.
    #[param(min_length = 1, max_length = 63)]
    mapping: Option<String>,
}

fn strict() -> Mode {
    Mode::Strict
}

/// Import a file: all of it, or nothing
#[utoipa::path(
    tag = "Imports",
    params(Format, ImportQuery),
    request_body(content((String = "text/csv"), (String = "application/yaml"))),
    responses((status = 200, body = ImportView))
)]
#[post("/products/{product}/imports/{format}")]
async fn create_import(
    actor: Actor<Edit>,
    format: Path<Format>,
    query: Query<ImportQuery>,
    upload: Upload,
) -> Result<Plain<ImportView>, Failure> {
    attempts::spend(actor.db(), Attempt::Import, &actor.user.id).await?;
    let format = format.0;
    let spool = upload.receive(format.media_types(), format.limit()).await?;
    let path = spool.file.path().to_owned();
    let ProductScope { id, role, .. } = &actor.scope;
    let ImportQuery { dry_run, mode, mapping } = query.0;
    let reading = Reading { format, mode, mapping };
    let prepared = Import::prepare(actor.db(), id, *role, reading, (path, spool.digest), unwatched()).await;
    if dry_run {
        return Ok(Plain(prepared?.tried()));
    }
    let mut import = actor.kept(prepared).await?;
    let arrived = import.arrive(actor.db(), id).await?;
    let merged = actor.change(move |tx, product| import.merge(tx, &product.id).map(Plain)).await;
    arrived.clear(actor.db(), id, merged).await
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

/// The SLOs as OpenSLO v1: what came in, with present values
#[utoipa::path(
    tag = "Imports",
    responses((status = 200, body = String, content_type = "application/yaml"))
)]
#[get("/products/{product}/openslo.yaml")]
async fn find_openslo(actor: Actor<View>) -> Result<HttpResponse, Failure> {
    let now = actor.now().utc();
    let yaml = actor.snapshot(move |conn, product| openslo(conn, &product.id, now)).await?;
    Ok(HttpResponse::Ok().content_type("application/yaml").body(yaml))
}

/// The sheet of a week, made from what is known: filled in, it is what `imports/week` reads
#[utoipa::path(
    tag = "Imports",
    params(Week),
    responses((status = 200, body = String, content_type = "application/yaml"))
)]
#[get("/products/{product}/effort/{week}/sheet")]
async fn find_effort_sheet(actor: Actor<ViewPrivate>, week: Path<Week>) -> Result<HttpResponse, Failure> {
    let yaml = actor.snapshot(move |conn, product| sheet(conn, &product.id, week.0)).await?;
    Ok(HttpResponse::Ok().content_type("application/yaml").body(yaml))
}
