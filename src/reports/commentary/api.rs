//! Commentaries over HTTP.

use super::{Commentary, CommentaryList, NewCommentary, Speaker, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Deleted, IfMatch, IfNoneMatch, Json, Path, PathParam, Plain, Versioned, path_parameter_of},
    },
    reports::{self, api::ReportName, document::SectionKey},
};
use actix_web::{delete, get, put};
use utoipa::{
    IntoParams, PartialSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_commentaries).service(find_commentary).service(put_commentary).service(delete_commentary);
}

impl PathParam for SectionKey {
    const NAME: &'static str = "section";

    /// What is said to one reader alone is composed, not written.
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|key| *key != Self::ForYou)
    }
}

impl IntoParams for SectionKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter_of(<Self as PathParam>::NAME, None, Self::schema())]
    }
}

/// List what people say about the sections of a report, all at once
#[utoipa::path(tag = "Reports", responses((status = 200, body = CommentaryList)))]
#[get("/products/{product}/reports/{report}/commentary")]
async fn list_commentaries(actor: Actor<View>, report: Path<ReportName>) -> Result<Plain<CommentaryList>, Failure> {
    actor
        .snapshot(move |conn, product| {
            let report = reports::store::find(conn, product, &report.0)?;
            Ok(Plain(CommentaryList { items: store::all(conn, &report)?, next_cursor: None }))
        })
        .await
}

/// Find what is said about a section
#[utoipa::path(tag = "Reports", params(SectionKey), responses((status = 200, body = Commentary)))]
#[get("/products/{product}/reports/{report}/commentary/{section}")]
async fn find_commentary(
    actor: Actor<View>,
    report: Path<ReportName>,
    section: Path<SectionKey>,
) -> Result<Versioned<Commentary>, Failure> {
    actor.snapshot(move |conn, product| store::find(conn, product, &report.0, section.0)).await.map(Versioned)
}

/// Say something about a section of a draft, in place of what was said
#[utoipa::path(tag = "Reports", params(SectionKey), responses((status = 200, body = Commentary)))]
#[put("/products/{product}/reports/{report}/commentary/{section}")]
async fn put_commentary(
    actor: Actor<Edit>,
    report: Path<ReportName>,
    section: Path<SectionKey>,
    expected: IfNoneMatch,
    new: Json<NewCommentary>,
) -> Result<Versioned<Commentary>, Failure> {
    let by = Speaker { id: Some(actor.user.id.clone()), name: actor.user.name.clone() };
    actor
        .change(move |tx, product| {
            store::put(tx, &product.id, &report.0, section.0, expected, new.0, by).map(Versioned)
        })
        .await
}

/// Take back what was said about a section of a draft
#[utoipa::path(tag = "Reports", params(SectionKey), responses((status = 204)))]
#[delete("/products/{product}/reports/{report}/commentary/{section}")]
async fn delete_commentary(
    actor: Actor<Edit>,
    report: Path<ReportName>,
    section: Path<SectionKey>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &report.0, section.0, seen).map(|()| Deleted)).await
}
