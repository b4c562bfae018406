//! Erasing people over HTTP.

use crate::{
    access::{self, User},
    kernel::{
        auth::{Actor, Admin, Own},
        failure::Failure,
        http::{IfMatch, Path, Versioned},
    },
    path_param,
    products::{self, TeamMember},
    reports,
    stakeholders::{self, Stakeholder},
};
use actix_web::post;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(erase_user).service(erase_team_member).service(erase_stakeholder);
}

path_param!(
    /// A user's id.
    UserName, "user"
);
path_param!(
    /// The id of a member of the team.
    TeamMemberName, "team_member"
);
path_param!(
    /// A stakeholder's id.
    StakeholderName, "stakeholder"
);

/// Erase who a user was, for good: name, address, password and sessions
///
/// Their id stays, and so does what they did. What products keep of them as a stakeholder or a member of the team, an owner
/// of each erases.
#[utoipa::path(tag = "Access", responses((status = 200, body = User)))]
#[post("/users/{user}/erase")]
async fn erase_user(actor: Actor<Admin>, user: Path<UserName>, seen: IfMatch) -> Result<Versioned<User>, Failure> {
    actor
        .change(move |tx, ()| {
            let erased = access::store::erase_user(tx, &user.0, seen)?;
            reports::commentary::store::erase(tx, &erased.id, &erased.name)?;
            Ok(Versioned(erased))
        })
        .await
}

/// Erase who a member of the team was, for good; their hours stay
#[utoipa::path(tag = "Products", responses((status = 200, body = TeamMember)))]
#[post("/products/{product}/team/{team_member}/erase")]
async fn erase_team_member(
    actor: Actor<Own>,
    person: Path<TeamMemberName>,
    seen: IfMatch,
) -> Result<Versioned<TeamMember>, Failure> {
    actor
        .change(move |tx, product| products::store::erase_team_member(tx, &product.id, &person.0, seen).map(Versioned))
        .await
}

/// Erase who a stakeholder was, for good: they are retired, and reached nowhere; what they accepted stays
#[utoipa::path(tag = "Stakeholders", responses((status = 200, body = Stakeholder)))]
#[post("/products/{product}/stakeholders/{stakeholder}/erase")]
async fn erase_stakeholder(
    actor: Actor<Own>,
    stakeholder: Path<StakeholderName>,
    seen: IfMatch,
) -> Result<Versioned<Stakeholder>, Failure> {
    actor
        .change(move |tx, product| {
            let erased = stakeholders::store::erase(tx, product, &stakeholder.0, seen)?;
            reports::mail::store::erase(tx, &product.id, &erased.id)?;
            Ok(Versioned(erased))
        })
        .await
}
