//! Objectives, key results and check-ins over HTTP.

use super::{
    CheckIn, CheckInPage, CheckInPatch, KeyResult, KeyResultPage, KeyResultPatch, NewCheckIn, NewKeyResult,
    NewObjective, Objective, ObjectivePage, ObjectivePatch, ProgressQuery, ProgressView, store,
    store::{check_ins, key_results},
};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_objectives)
        .service(create_objective)
        .service(find_objective)
        .service(update_objective)
        .service(delete_objective)
        .service(find_objective_progress)
        .service(list_key_results)
        .service(create_key_result)
        .service(find_key_result)
        .service(update_key_result)
        .service(delete_key_result)
        .service(list_check_ins)
        .service(create_check_in)
        .service(find_check_in)
        .service(update_check_in)
        .service(delete_check_in);
}

path_param!(
    /// An objective's id.
    ObjectiveName, "objective"
);
path_param!(
    /// A key result's id.
    KeyResultName, "key_result"
);
path_param!(
    /// A check-in's id.
    CheckInName, "check_in"
);

/// List objectives
#[utoipa::path(tag = "Objectives", params(List<Objective>), responses((status = 200, body = ObjectivePage)))]
#[get("/products/{product}/objectives")]
async fn list_objectives(actor: Actor<View>, list: List<Objective>) -> Result<ObjectivePage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Set an objective
#[utoipa::path(tag = "Objectives", responses((status = 201, body = Objective)))]
#[post("/products/{product}/objectives")]
async fn create_objective(actor: Actor<Edit>, new: Json<NewObjective>) -> Result<Created<Objective>, Failure> {
    actor.change(move |tx, product| store::insert(tx, product, new.0).map(Created)).await
}

/// Find an objective
#[utoipa::path(tag = "Objectives", responses((status = 200, body = Objective)))]
#[get("/products/{product}/objectives/{objective}")]
async fn find_objective(actor: Actor<View>, objective: Path<ObjectiveName>) -> Result<Versioned<Objective>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &objective.0)).await.map(Versioned)
}

/// Change an objective; closing it keeps the values of its key results
#[utoipa::path(tag = "Objectives", request_body = ObjectivePatch, responses((status = 200, body = Objective)))]
#[patch("/products/{product}/objectives/{objective}")]
async fn update_objective(
    actor: Actor<Edit>,
    objective: Path<ObjectiveName>,
    seen: IfMatch,
    patch: ObjectivePatch,
) -> Result<Versioned<Objective>, Failure> {
    actor.change(move |tx, product| store::update(tx, product, &objective.0, seen, &patch).map(Versioned)).await
}

/// Delete an objective without key results; others are dropped
#[utoipa::path(tag = "Objectives", responses((status = 204)))]
#[delete("/products/{product}/objectives/{objective}")]
async fn delete_objective(
    actor: Actor<Edit>,
    objective: Path<ObjectiveName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &objective.0, seen).map(|()| Deleted)).await
}

/// How far is an objective?
#[utoipa::path(tag = "Objectives", params(ProgressQuery), responses((status = 200, body = ProgressView)))]
#[get("/products/{product}/objectives/{objective}/progress")]
async fn find_objective_progress(
    actor: Actor<View>,
    objective: Path<ObjectiveName>,
    query: Query<ProgressQuery>,
) -> Result<Plain<ProgressView>, Failure> {
    actor.snapshot(move |conn, product| store::progress(conn, &product.id, &objective.0, query.0.on)).await.map(Plain)
}

/// List the key results of an objective
#[utoipa::path(tag = "Objectives", params(List<KeyResult>), responses((status = 200, body = KeyResultPage)))]
#[get("/products/{product}/objectives/{objective}/key-results")]
async fn list_key_results(
    actor: Actor<View>,
    objective: Path<ObjectiveName>,
    list: List<KeyResult>,
) -> Result<KeyResultPage, Failure> {
    actor.read(move |conn, product| key_results::page(conn, &product.id, &objective.0, &list)).await
}

/// Say by which figure one sees that an objective is reached
#[utoipa::path(tag = "Objectives", responses((status = 201, body = KeyResult)))]
#[post("/products/{product}/objectives/{objective}/key-results")]
async fn create_key_result(
    actor: Actor<Edit>,
    objective: Path<ObjectiveName>,
    new: Json<NewKeyResult>,
) -> Result<Created<KeyResult>, Failure> {
    actor.change(move |tx, product| key_results::insert(tx, &product.id, &objective.0, new.0).map(Created)).await
}

/// Find a key result
#[utoipa::path(tag = "Objectives", responses((status = 200, body = KeyResult)))]
#[get("/products/{product}/objectives/{objective}/key-results/{key_result}")]
async fn find_key_result(
    actor: Actor<View>,
    objective: Path<ObjectiveName>,
    key_result: Path<KeyResultName>,
) -> Result<Versioned<KeyResult>, Failure> {
    actor
        .read(move |conn, product| key_results::find_in(conn, &product.id, &objective.0, &key_result.0))
        .await
        .map(Versioned)
}

/// Change a key result; its direction follows baseline and target
#[utoipa::path(tag = "Objectives", request_body = KeyResultPatch, responses((status = 200, body = KeyResult)))]
#[patch("/products/{product}/objectives/{objective}/key-results/{key_result}")]
async fn update_key_result(
    actor: Actor<Edit>,
    objective: Path<ObjectiveName>,
    key_result: Path<KeyResultName>,
    seen: IfMatch,
    patch: KeyResultPatch,
) -> Result<Versioned<KeyResult>, Failure> {
    actor
        .change(move |tx, product| {
            key_results::update(tx, &product.id, (&objective.0, &key_result.0), seen, &patch).map(Versioned)
        })
        .await
}

/// Delete a key result that was never measured
#[utoipa::path(tag = "Objectives", responses((status = 204)))]
#[delete("/products/{product}/objectives/{objective}/key-results/{key_result}")]
async fn delete_key_result(
    actor: Actor<Edit>,
    objective: Path<ObjectiveName>,
    key_result: Path<KeyResultName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| {
            key_results::delete(tx, &product.id, (&objective.0, &key_result.0), seen).map(|()| Deleted)
        })
        .await
}

/// List what was measured of a key result
#[utoipa::path(tag = "Objectives", params(List<CheckIn>), responses((status = 200, body = CheckInPage)))]
#[get("/products/{product}/key-results/{key_result}/check-ins")]
async fn list_check_ins(
    actor: Actor<View>,
    key_result: Path<KeyResultName>,
    list: List<CheckIn>,
) -> Result<CheckInPage, Failure> {
    actor.read(move |conn, product| check_ins::page(conn, &product.id, &key_result.0, &list)).await
}

/// Check in: say what was measured of a key result on a day
#[utoipa::path(tag = "Objectives", responses((status = 201, body = CheckIn)))]
#[post("/products/{product}/key-results/{key_result}/check-ins")]
async fn create_check_in(
    actor: Actor<Edit>,
    key_result: Path<KeyResultName>,
    new: Json<NewCheckIn>,
) -> Result<Created<CheckIn>, Failure> {
    actor.change(move |tx, product| check_ins::insert(tx, &product.id, &key_result.0, new.0).map(Created)).await
}

/// Find a check-in
#[utoipa::path(tag = "Objectives", responses((status = 200, body = CheckIn)))]
#[get("/products/{product}/key-results/{key_result}/check-ins/{check_in}")]
async fn find_check_in(
    actor: Actor<View>,
    key_result: Path<KeyResultName>,
    check_in: Path<CheckInName>,
) -> Result<Versioned<CheckIn>, Failure> {
    actor.read(move |conn, product| check_ins::find(conn, &product.id, &key_result.0, &check_in.0)).await.map(Versioned)
}

/// Correct a check-in
#[utoipa::path(tag = "Objectives", request_body = CheckInPatch, responses((status = 200, body = CheckIn)))]
#[patch("/products/{product}/key-results/{key_result}/check-ins/{check_in}")]
async fn update_check_in(
    actor: Actor<Edit>,
    key_result: Path<KeyResultName>,
    check_in: Path<CheckInName>,
    seen: IfMatch,
    patch: CheckInPatch,
) -> Result<Versioned<CheckIn>, Failure> {
    actor
        .change(move |tx, product| {
            check_ins::update(tx, &product.id, (&key_result.0, &check_in.0), seen, &patch).map(Versioned)
        })
        .await
}

/// Delete a check-in
#[utoipa::path(tag = "Objectives", responses((status = 204)))]
#[delete("/products/{product}/key-results/{key_result}/check-ins/{check_in}")]
async fn delete_check_in(
    actor: Actor<Edit>,
    key_result: Path<KeyResultName>,
    check_in: Path<CheckInName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| {
            check_ins::delete(tx, &product.id, (&key_result.0, &check_in.0), seen).map(|()| Deleted)
        })
        .await
}
