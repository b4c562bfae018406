//! Value drivers over HTTP.

use super::{Agreement, NewValueDriver, ValueDriver, ValueDriverPage, ValueDriverPatch, store};
use crate::{
    impact::act,
    kernel::{
        auth::{Actor, Edit, Judge, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, OptionalJson, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_value_drivers)
        .service(create_value_driver)
        .service(find_value_driver)
        .service(update_value_driver)
        .service(delete_value_driver)
        .service(agree_to_value_driver);
}

path_param!(
    /// A value driver's id.
    ValueDriverName, "driver"
);

/// List value drivers: what the business agreed that a thing is worth
#[utoipa::path(tag = "Impact", params(List<ValueDriver>), responses((status = 200, body = ValueDriverPage)))]
#[get("/products/{product}/value-drivers")]
async fn list_value_drivers(actor: Actor<View>, list: List<ValueDriver>) -> Result<ValueDriverPage, Failure> {
    actor.snapshot(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Write down a value driver
#[utoipa::path(tag = "Impact", responses((status = 201, body = ValueDriver)))]
#[post("/products/{product}/value-drivers")]
async fn create_value_driver(actor: Actor<Edit>, new: Json<NewValueDriver>) -> Result<Created<ValueDriver>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a value driver
#[utoipa::path(tag = "Impact", responses((status = 200, body = ValueDriver)))]
#[get("/products/{product}/value-drivers/{driver}")]
async fn find_value_driver(
    actor: Actor<View>,
    driver: Path<ValueDriverName>,
) -> Result<Versioned<ValueDriver>, Failure> {
    actor.snapshot(move |conn, product| store::find(conn, &product.id, &driver.0)).await.map(Versioned)
}

/// Change a value driver; an amount that changes has to be agreed to again
#[utoipa::path(tag = "Impact", request_body = ValueDriverPatch, responses((status = 200, body = ValueDriver)))]
#[patch("/products/{product}/value-drivers/{driver}")]
async fn update_value_driver(
    actor: Actor<Edit>,
    driver: Path<ValueDriverName>,
    seen: IfMatch,
    patch: ValueDriverPatch,
) -> Result<Versioned<ValueDriver>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &driver.0, seen, &patch).map(Versioned)).await
}

/// Delete a value driver that no claim uses, without an amount in a published month
#[utoipa::path(tag = "Impact", responses((status = 204)))]
#[delete("/products/{product}/value-drivers/{driver}")]
async fn delete_value_driver(
    actor: Actor<Edit>,
    driver: Path<ValueDriverName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &driver.0, seen).map(|()| Deleted)).await
}

/// Agree to an amount: the act of the driver's stakeholder alone
#[utoipa::path(tag = "Impact", request_body = Option<Agreement>, responses((status = 200, body = ValueDriver)))]
#[post("/products/{product}/value-drivers/{driver}/agree")]
async fn agree_to_value_driver(
    actor: Actor<Judge>,
    driver: Path<ValueDriverName>,
    seen: IfMatch,
    what: OptionalJson<Agreement>,
) -> Result<Versioned<ValueDriver>, Failure> {
    let user = actor.user.id.clone();
    actor
        .change(move |tx, product| act::agree(tx, product, &user, &driver.0, seen, what.0.valid_from).map(Versioned))
        .await
}
