//! The roadmap's picture over HTTP.

use super::{PlanBy, PlanForms, PlanQuery, RoadmapPicture, drawing, store};
use crate::{
    insight::canvas,
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::{
            Path, Plain, Query,
            formats::{Format, Offer, Suffix, Wanted},
            page::picture,
        },
    },
    products,
};
use actix_web::{Either, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(find_roadmap_picture).service(find_roadmap_picture_as);
}

type Pictured = Either<Plain<RoadmapPicture>, HttpResponse>;

/// The roadmap in lanes, by horizon or by quarter: what is open, and what shipped since the last quarter began. As JSON or as
/// a picture, by `Accept`
#[utoipa::path(
    tag = "Roadmap",
    params(PlanQuery),
    responses((status = 200, content((RoadmapPicture = "application/json"), (String = "image/svg+xml"))))
)]
#[get("/products/{product}/roadmap/picture")]
async fn find_roadmap_picture(
    actor: Actor<View>,
    wanted: Wanted,
    query: Query<PlanQuery>,
) -> Result<Pictured, Failure> {
    answer(&actor, wanted.format(PlanForms::FORMATS)?, query.0.by()).await
}

/// The roadmap's picture in the format that its address ends in: `json` or `svg`
#[utoipa::path(
    tag = "Roadmap",
    params(PlanQuery),
    responses((status = 200, content((RoadmapPicture = "application/json"), (String = "image/svg+xml"))))
)]
#[get("/products/{product}/roadmap/picture.{format}")]
async fn find_roadmap_picture_as(
    actor: Actor<View>,
    suffix: Path<Suffix<PlanForms>>,
    query: Query<PlanQuery>,
) -> Result<Pictured, Failure> {
    answer(&actor, suffix.0.format()?, query.0.by()).await
}

async fn answer(actor: &Actor<View>, format: Format, by: PlanBy) -> Result<Pictured, Failure> {
    let (now, today) = (actor.now(), actor.now().day_in(actor.scope.zone));
    let (view, product) = actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            Ok((store::read(conn, &product, (now, today), by)?, product))
        })
        .await?;
    Ok(match format {
        Format::Svg => Either::Right(picture(canvas::file(&drawing(&view, &product.name, product.key.as_text())))),
        _ => Either::Left(Plain(view)),
    })
}
