//! Components and recovery tests over HTTP.

use super::{
    Component, ComponentPage, ComponentPatch, NewComponent, NewRecoveryTest, RecoveryList, RecoveryTest,
    RecoveryTestPage, RecoveryTestPatch, RecoveryView, store,
};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        clock::parse_day,
        failure::{Failure, Fault},
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_components)
        .service(create_component)
        .service(find_component)
        .service(update_component)
        .service(delete_component)
        .service(find_component_recovery)
        .service(list_recovery)
        .service(list_recovery_tests)
        .service(create_recovery_test)
        .service(find_recovery_test)
        .service(update_recovery_test)
        .service(delete_recovery_test);
    super::catalog::api::routes(app);
}

path_param!(
    /// A component's key or id.
    ComponentName, "component"
);
path_param!(
    /// A recovery test's id.
    RecoveryTestName, "recovery_test"
);

/// List components
#[utoipa::path(tag = "Components", params(List<Component>), responses((status = 200, body = ComponentPage)))]
#[get("/products/{product}/components")]
async fn list_components(actor: Actor<View>, list: List<Component>) -> Result<ComponentPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Create a component
#[utoipa::path(tag = "Components", responses((status = 201, body = Component)))]
#[post("/products/{product}/components")]
async fn create_component(actor: Actor<Edit>, new: Json<NewComponent>) -> Result<Created<Component>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a component
#[utoipa::path(tag = "Components", responses((status = 200, body = Component)))]
#[get("/products/{product}/components/{component}")]
async fn find_component(actor: Actor<View>, component: Path<ComponentName>) -> Result<Versioned<Component>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &component.0)).await.map(Versioned)
}

/// Change a component
#[utoipa::path(tag = "Components", request_body = ComponentPatch, responses((status = 200, body = Component)))]
#[patch("/products/{product}/components/{component}")]
async fn update_component(
    actor: Actor<Edit>,
    component: Path<ComponentName>,
    seen: IfMatch,
    patch: ComponentPatch,
) -> Result<Versioned<Component>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &component.0, seen, &patch).map(Versioned)).await
}

/// Delete a component that nothing refers to; others are retired
#[utoipa::path(tag = "Components", responses((status = 204)))]
#[delete("/products/{product}/components/{component}")]
async fn delete_component(
    actor: Actor<Edit>,
    component: Path<ComponentName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &component.0, seen).map(|()| Deleted)).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecoveryQuery {
    /// The day on which it is judged; today in the product's zone when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
}

/// How a component stands with being recovered
#[utoipa::path(tag = "Components", params(RecoveryQuery), responses((status = 200, body = RecoveryView)))]
#[get("/products/{product}/components/{component}/recovery")]
async fn find_component_recovery(
    actor: Actor<View>,
    component: Path<ComponentName>,
    query: Query<RecoveryQuery>,
) -> Result<Plain<RecoveryView>, Failure> {
    let now = actor.now();
    let on = day(query.0.on)?;
    actor
        .read(move |conn, product| {
            let on = on.unwrap_or_else(|| now.day_in(product.zone));
            store::find_recovery(conn, &product.id, &component.0, on).map(Plain)
        })
        .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecoveryListQuery {
    /// The day on which it is judged; today in the product's zone when left out.
    #[param(value_type = Option<NaiveDate>)]
    on: Option<String>,
    /// Only what is overdue, or only what is not.
    overdue: Option<bool>,
}

/// How all components stand with being recovered: what is overdue first
#[utoipa::path(tag = "Components", params(RecoveryListQuery), responses((status = 200, body = RecoveryList)))]
#[get("/products/{product}/recovery")]
async fn list_recovery(actor: Actor<View>, query: Query<RecoveryListQuery>) -> Result<Plain<RecoveryList>, Failure> {
    let now = actor.now();
    let RecoveryListQuery { on, overdue } = query.0;
    let on = day(on)?;
    actor
        .snapshot(move |conn, product| {
            let on = on.unwrap_or_else(|| now.day_in(product.zone));
            let mut list = store::recoveries(conn, &product.id, on)?;
            list.items.retain(|one| overdue.is_none_or(|overdue| one.overdue == overdue));
            Ok(Plain(list))
        })
        .await
}

fn day(on: Option<String>) -> Result<Option<NaiveDate>, Failure> {
    let on = on.as_deref().map(parse_day).transpose();
    on.map_err(|why| Failure::Invalid(vec![Fault::parameter("on", "parameter", why)]))
}

/// List recovery tests
#[utoipa::path(tag = "Components", params(List<RecoveryTest>), responses((status = 200, body = RecoveryTestPage)))]
#[get("/products/{product}/recovery-tests")]
async fn list_recovery_tests(actor: Actor<View>, list: List<RecoveryTest>) -> Result<RecoveryTestPage, Failure> {
    actor.read(move |conn, product| store::page_of_tests(conn, &product.id, &list)).await
}

/// Record a recovery test
#[utoipa::path(tag = "Components", responses((status = 201, body = RecoveryTest)))]
#[post("/products/{product}/recovery-tests")]
async fn create_recovery_test(
    actor: Actor<Edit>,
    new: Json<NewRecoveryTest>,
) -> Result<Created<RecoveryTest>, Failure> {
    actor.change(move |tx, product| store::insert_test(tx, &product.id, new.0).map(Created)).await
}

/// Find a recovery test
#[utoipa::path(tag = "Components", responses((status = 200, body = RecoveryTest)))]
#[get("/products/{product}/recovery-tests/{recovery_test}")]
async fn find_recovery_test(
    actor: Actor<View>,
    test: Path<RecoveryTestName>,
) -> Result<Versioned<RecoveryTest>, Failure> {
    actor.read(move |conn, product| store::find_test(conn, &product.id, &test.0)).await.map(Versioned)
}

/// Correct a recovery test
#[utoipa::path(tag = "Components", request_body = RecoveryTestPatch, responses((status = 200, body = RecoveryTest)))]
#[patch("/products/{product}/recovery-tests/{recovery_test}")]
async fn update_recovery_test(
    actor: Actor<Edit>,
    test: Path<RecoveryTestName>,
    seen: IfMatch,
    patch: RecoveryTestPatch,
) -> Result<Versioned<RecoveryTest>, Failure> {
    actor.change(move |tx, product| store::update_test(tx, &product.id, &test.0, seen, &patch).map(Versioned)).await
}

/// Delete a recovery test
#[utoipa::path(tag = "Components", responses((status = 204)))]
#[delete("/products/{product}/recovery-tests/{recovery_test}")]
async fn delete_recovery_test(
    actor: Actor<Edit>,
    test: Path<RecoveryTestName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete_test(tx, &product.id, &test.0, seen).map(|()| Deleted)).await
}
