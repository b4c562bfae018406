//! What a claim was worth, over HTTP.

use super::{ClaimValue, store};
use crate::{
    impact::claims,
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{Path, Plain},
    },
};
use actix_web::get;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_impact_claim_value);
}

/// What a claim was worth, month by month
#[utoipa::path(tag = "Impact", responses((status = 200, body = ClaimValue)))]
#[get("/products/{product}/impact-claims/{claim}/value")]
async fn find_impact_claim_value(
    actor: Actor<View>,
    claim: Path<claims::api::ImpactClaimName>,
) -> Result<Plain<ClaimValue>, Failure> {
    let now = actor.now();
    actor
        .snapshot(move |conn, product| {
            let claim = claims::store::find(conn, &product.id, &claim.0)?;
            store::value(conn, &product.id, now, &claim).map(Plain)
        })
        .await
}
