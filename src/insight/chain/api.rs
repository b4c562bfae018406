//! The chain over HTTP: of one row, as a whole, and where it is broken.

use super::{ChainForms, ChainQuery, ChainView, drawing, store, traced};
use crate::{
    insight::{
        Trace, TraceKind, canvas,
        orphans::{self, OrphanList, OrphansQuery},
        store as traces,
    },
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{
            Path, PathParam, Plain, Query,
            formats::{Format, Offer, Suffix, Wanted},
            page::picture,
            path_parameter_of,
        },
    },
    path_param, products,
};
use actix_web::{Either, HttpResponse, get};
use utoipa::{
    IntoParams, PartialSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_orphans).service(find_chain).service(find_chain_as);
    app.service(find_trace_picture).service(find_trace);
}

impl PathParam for TraceKind {
    const NAME: &'static str = "kind";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl IntoParams for TraceKind {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter_of(Self::NAME, Some("The path's word of what is asked about."), Self::schema())]
    }
}

path_param!(
    /// Its key, ref or id; of the vision and the strategy the number of a version, or `current`.
    TraceName, "id"
);

/// How many rows a step away are drawn of one.
const BESIDE: usize = 9;

type Traced = Either<Plain<Trace>, HttpResponse>;
type Chained = Either<Plain<ChainView>, HttpResponse>;

/// The chain both ways from anything: for whom and why, and on what it rests. As JSON or as a picture, by `Accept`
///
/// The picture has three steps each way and nine rows a step; the JSON has all.
#[utoipa::path(
    tag = "Impact",
    params(TraceKind),
    responses((status = 200, content((Trace = "application/json"), (String = "image/svg+xml"))))
)]
#[get("/products/{product}/trace/{kind}/{id}")]
async fn find_trace(
    actor: Actor<View>,
    kind: Path<TraceKind>,
    name: Path<TraceName>,
    wanted: Wanted,
) -> Result<Traced, Failure> {
    answer_trace(&actor, kind.0, name.0, wanted.format(ChainForms::FORMATS)).await
}

/// The chain both ways from anything, as a picture
#[utoipa::path(tag = "Impact", params(TraceKind), responses((status = 200, content_type = "image/svg+xml", body = String)))]
#[get("/products/{product}/trace/{kind}/{id}.svg")]
async fn find_trace_picture(
    actor: Actor<View>,
    kind: Path<TraceKind>,
    name: Path<TraceName>,
) -> Result<Traced, Failure> {
    answer_trace(&actor, kind.0, name.0, Ok(Format::Svg)).await
}

async fn answer_trace(
    actor: &Actor<View>,
    kind: TraceKind,
    name: TraceName,
    format: Result<Format, Failure>,
) -> Result<Traced, Failure> {
    let (now, key) = (actor.now(), actor.scope.key.clone());
    let trace = actor.snapshot(move |conn, product| traces::trace(conn, &product.id, now, kind, &name)).await?;
    Ok(match format? {
        Format::Svg => Either::Right(picture(canvas::file(&traced(&trace, BESIDE, &key)))),
        _ => Either::Left(Plain(trace)),
    })
}

/// The chain on a page: from the vision over what is worked on to what it was worth, and to whom. As JSON or as a picture, by
/// `Accept`
///
/// Of each column at most `limit` rows: what was accepted first, then what leads to it; the others are counted.
#[utoipa::path(
    tag = "Impact",
    params(ChainQuery),
    responses((status = 200, content((ChainView = "application/json"), (String = "image/svg+xml"))))
)]
#[get("/products/{product}/trace")]
async fn find_chain(actor: Actor<View>, wanted: Wanted, query: Query<ChainQuery>) -> Result<Chained, Failure> {
    answer_chain(&actor, wanted.format(ChainForms::FORMATS)?, query.0.limit()?).await
}

/// The chain on a page in the format that its address ends in: `json` or `svg`
#[utoipa::path(
    tag = "Impact",
    params(ChainQuery),
    responses((status = 200, content((ChainView = "application/json"), (String = "image/svg+xml"))))
)]
#[get("/products/{product}/trace.{format}")]
async fn find_chain_as(
    actor: Actor<View>,
    suffix: Path<Suffix<ChainForms>>,
    query: Query<ChainQuery>,
) -> Result<Chained, Failure> {
    answer_chain(&actor, suffix.0.format()?, query.0.limit()?).await
}

async fn answer_chain(actor: &Actor<View>, format: Format, limit: usize) -> Result<Chained, Failure> {
    let (now, today) = (actor.now(), actor.now().day_in(actor.scope.zone));
    let (view, product) = actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            Ok((store::read(conn, &product, (now, today), limit)?, product))
        })
        .await?;
    Ok(match format {
        Format::Svg => Either::Right(picture(canvas::file(&drawing(&view, &product.name, product.key.as_text())))),
        _ => Either::Left(Plain(view)),
    })
}

/// Where is the chain broken? Work without strategy, strategy without work, claims without evidence, cost without owner,
/// promises to nobody
#[utoipa::path(tag = "Impact", params(OrphansQuery), responses((status = 200, body = OrphanList)))]
#[get("/products/{product}/trace/orphans")]
async fn list_orphans(actor: Actor<View>, query: Query<OrphansQuery>) -> Result<Plain<OrphanList>, Failure> {
    let codes = query.0.codes()?;
    let (now, today) = (actor.now(), actor.now().day_in(actor.scope.zone));
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            orphans::store::list(conn, &product, (now, today), &codes).map(Plain)
        })
        .await
}
