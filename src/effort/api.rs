//! Weeks of effort and activities over HTTP.

use super::{
    Activity, ActivityPage, ActivityPatch, EffortWeek, EffortWeekPage, NewActivity, NewEffortWeek,
    answers::{HoursQuery, HoursView},
    mix::WorkMixView,
    store, templates,
    toil::{SpanQuery, ToilView},
};
use crate::{
    kernel::{
        auth::{Actor, Edit, View, ViewPrivate},
        failure::Failure,
        http::{
            Created, Deleted, IfMatch, IfNoneMatch, Json, List, Path, PathParam, Plain, Query, Versioned,
            path_parameter_of,
        },
        month::Week,
    },
    path_param,
};
use actix_web::{delete, get, patch, post, put};
use utoipa::{
    IntoParams, PartialSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_effort)
        .service(find_effort)
        .service(put_effort)
        .service(repeat_effort)
        .service(delete_effort)
        .service(list_activities)
        .service(create_activity)
        .service(find_activity)
        .service(update_activity)
        .service(delete_activity)
        .service(list_hours)
        .service(list_toil)
        .service(list_work_mix);
    templates::api::routes(app);
}

impl PathParam for Week {
    const NAME: &'static str = "week";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl IntoParams for Week {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter_of(Self::NAME, None, Self::schema())]
    }
}

path_param!(
    /// An activity's id.
    ActivityName, "activity"
);

/// List the weeks that are written down
#[utoipa::path(tag = "Effort", params(List<EffortWeek>), responses((status = 200, body = EffortWeekPage)))]
#[get("/products/{product}/effort")]
async fn list_effort(actor: Actor<ViewPrivate>, list: List<EffortWeek>) -> Result<EffortWeekPage, Failure> {
    actor.snapshot(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Where did a week go?
#[utoipa::path(tag = "Effort", params(Week), responses((status = 200, body = EffortWeek)))]
#[get("/products/{product}/effort/{week}")]
async fn find_effort(actor: Actor<ViewPrivate>, week: Path<Week>) -> Result<Versioned<EffortWeek>, Failure> {
    actor.snapshot(move |conn, product| store::find(conn, &product.id, week.0)).await.map(Versioned)
}

/// Write a week whole
#[utoipa::path(tag = "Effort", params(Week), responses((status = 200, body = EffortWeek)))]
#[put("/products/{product}/effort/{week}")]
async fn put_effort(
    actor: Actor<Edit>,
    week: Path<Week>,
    expected: IfNoneMatch,
    new: Json<NewEffortWeek>,
) -> Result<Versioned<EffortWeek>, Failure> {
    actor.change(move |tx, product| store::put(tx, &product.id, week.0, expected, &new.0).map(Versioned)).await
}

/// Write a week like the one before
#[utoipa::path(tag = "Effort", params(Week), responses((status = 200, body = EffortWeek)))]
#[post("/products/{product}/effort/{week}/repeat")]
async fn repeat_effort(actor: Actor<Edit>, week: Path<Week>) -> Result<Versioned<EffortWeek>, Failure> {
    actor.change(move |tx, product| store::repeat(tx, &product.id, week.0).map(Versioned)).await
}

/// Take back a week
#[utoipa::path(tag = "Effort", params(Week), responses((status = 204)))]
#[delete("/products/{product}/effort/{week}")]
async fn delete_effort(actor: Actor<Edit>, week: Path<Week>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, week.0, seen).map(|()| Deleted)).await
}

/// List activities
#[utoipa::path(tag = "Effort", params(List<Activity>), responses((status = 200, body = ActivityPage)))]
#[get("/products/{product}/activities")]
async fn list_activities(actor: Actor<View>, list: List<Activity>) -> Result<ActivityPage, Failure> {
    actor.read(move |conn, product| store::page_of_activities(conn, &product.id, &list)).await
}

/// Record an activity
#[utoipa::path(tag = "Effort", responses((status = 201, body = Activity)))]
#[post("/products/{product}/activities")]
async fn create_activity(actor: Actor<Edit>, new: Json<NewActivity>) -> Result<Created<Activity>, Failure> {
    actor.change(move |tx, product| store::insert_activity(tx, &product.id, new.0).map(Created)).await
}

/// Find an activity
#[utoipa::path(tag = "Effort", responses((status = 200, body = Activity)))]
#[get("/products/{product}/activities/{activity}")]
async fn find_activity(actor: Actor<View>, activity: Path<ActivityName>) -> Result<Versioned<Activity>, Failure> {
    actor.read(move |conn, product| store::find_activity(conn, &product.id, &activity.0)).await.map(Versioned)
}

/// Correct an activity
#[utoipa::path(tag = "Effort", request_body = ActivityPatch, responses((status = 200, body = Activity)))]
#[patch("/products/{product}/activities/{activity}")]
async fn update_activity(
    actor: Actor<Edit>,
    activity: Path<ActivityName>,
    seen: IfMatch,
    patch: ActivityPatch,
) -> Result<Versioned<Activity>, Failure> {
    actor
        .change(move |tx, product| store::update_activity(tx, &product.id, &activity.0, seen, &patch).map(Versioned))
        .await
}

/// Delete an activity
#[utoipa::path(tag = "Effort", responses((status = 204)))]
#[delete("/products/{product}/activities/{activity}")]
async fn delete_activity(actor: Actor<Edit>, activity: Path<ActivityName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete_activity(tx, &product.id, &activity.0, seen).map(|()| Deleted)).await
}

/// How many hours went where, by component, kind, roadmap item, …?
///
/// Members who may not edit sum by component and month.
#[utoipa::path(tag = "Effort", params(HoursQuery), responses((status = 200, body = HoursView)))]
#[get("/products/{product}/hours")]
async fn list_hours(actor: Actor<View>, query: Query<HoursQuery>) -> Result<Plain<HoursView>, Failure> {
    let (today, may_edit) = (actor.now().day_in(actor.scope.zone), actor.scope.role.may_edit());
    let asked = query.0.checked(today, may_edit)?;
    actor
        .snapshot(move |conn, product| {
            let (shares, team) = store::worked(conn, &product.id, asked.span)?;
            Ok(Plain(asked.answer(&shares, &team, today, may_edit)))
        })
        .await
}

/// How much of the time was toil, against the line of a half, and where does it lead?
#[utoipa::path(tag = "Effort", params(SpanQuery), responses((status = 200, body = ToilView)))]
#[get("/products/{product}/toil")]
async fn list_toil(actor: Actor<View>, query: Query<SpanQuery>) -> Result<Plain<ToilView>, Failure> {
    let today = actor.now().day_in(actor.scope.zone);
    let span = query.0.checked(today)?;
    actor
        .snapshot(move |conn, product| {
            let (shares, team) = store::worked(conn, &product.id, span)?;
            Ok(Plain(ToilView::new(&shares, &team, span, today)))
        })
        .await
}

/// How much of the work was planned, in hours and in activities?
#[utoipa::path(tag = "Effort", params(SpanQuery), responses((status = 200, body = WorkMixView)))]
#[get("/products/{product}/work-mix")]
async fn list_work_mix(actor: Actor<View>, query: Query<SpanQuery>) -> Result<Plain<WorkMixView>, Failure> {
    let span = query.0.checked(actor.now().day_in(actor.scope.zone))?;
    actor
        .snapshot(move |conn, product| {
            let (shares, team) = store::worked(conn, &product.id, span)?;
            let activities = store::activities(conn, &product.id, span.from.first_day(), span.to.first_day())?;
            Ok(Plain(WorkMixView::new(&shares, &team, &activities, span)))
        })
        .await
}
