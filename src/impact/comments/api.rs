//! Comments on claims over HTTP.

use super::{CommentKind, ImpactComment, ImpactCommentPage, NewImpactComment, store};
use crate::{
    impact::claims::{self, api::ImpactClaimName},
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Created, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_impact_comments).service(create_impact_comment).service(find_impact_comment);
}

path_param!(
    /// A comment's id.
    ImpactCommentName, "comment"
);

/// List what was said about a claim
#[utoipa::path(tag = "Impact", params(List<ImpactComment>), responses((status = 200, body = ImpactCommentPage)))]
#[get("/products/{product}/impact-claims/{claim}/comments")]
async fn list_impact_comments(
    actor: Actor<View>,
    claim: Path<ImpactClaimName>,
    list: List<ImpactComment>,
) -> Result<ImpactCommentPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &claim.0, &list)).await
}

/// Say something about a claim: viewers too
#[utoipa::path(tag = "Impact", responses((status = 201, body = ImpactComment)))]
#[post("/products/{product}/impact-claims/{claim}/comments")]
async fn create_impact_comment(
    actor: Actor<View>,
    claim: Path<ImpactClaimName>,
    new: Json<NewImpactComment>,
) -> Result<Created<ImpactComment>, Failure> {
    actor
        .change(move |tx, product| {
            let claim = claims::store::find(tx, &product.id, &claim.0)?;
            store::insert(tx, &claim, CommentKind::Comment, new.0.text).map(Created)
        })
        .await
}

/// Find what was said
#[utoipa::path(tag = "Impact", responses((status = 200, body = ImpactComment)))]
#[get("/products/{product}/impact-claims/{claim}/comments/{comment}")]
async fn find_impact_comment(
    actor: Actor<View>,
    claim: Path<ImpactClaimName>,
    comment: Path<ImpactCommentName>,
) -> Result<Versioned<ImpactComment>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &claim.0, &comment.0)).await.map(Versioned)
}
