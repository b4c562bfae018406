//! The page of the roadmap.

use super::{PlanBy, PlanQuery, markup, store};
use crate::{
    insight::pages::{gather, pictured},
    kernel::{
        auth::{Actor, View},
        failure::Failure,
        http::Query,
    },
};
use actix_web::{HttpResponse, get, web::ServiceConfig};

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_roadmap);
}

#[get("/products/{product}/roadmap")]
async fn show_roadmap(actor: Actor<View>, query: Query<PlanQuery>) -> Result<HttpResponse, Failure> {
    let (now, by) = (actor.now(), query.0.by());
    let (reader, picture, lanes) = gather(&actor, move |conn, product, reader| {
        let picture = store::read(conn, product, (now, reader.today), by)?;
        let lanes = match by {
            PlanBy::Horizon => picture.lanes.clone(),
            PlanBy::Quarter => store::read(conn, product, (now, reader.today), PlanBy::Horizon)?.lanes,
        };
        Ok((reader, picture, lanes))
    })
    .await?;
    Ok(pictured("Roadmap", &reader.product, &markup::page(&reader, &picture, &lanes)))
}
