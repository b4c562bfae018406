//! Products, teams and labour rates over HTTP.

use super::{
    LabourRate, LabourRatePage, LabourRatePatch, NewLabourRate, NewProduct, NewTeamMember, Product, ProductPage,
    ProductPatch, TeamMember, TeamMemberPage, TeamMemberPatch, store,
};
use crate::{
    kernel::{
        auth::{Actor, Admin, Edit, Known, Own, View, ViewPrivate},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_products)
        .service(create_product)
        .service(find_product)
        .service(update_product)
        .service(list_team)
        .service(create_team_member)
        .service(find_team_member)
        .service(update_team_member)
        .service(delete_team_member)
        .service(list_labour_rates)
        .service(create_labour_rate)
        .service(find_labour_rate)
        .service(update_labour_rate)
        .service(delete_labour_rate);
}

path_param!(
    /// A team member's id.
    TeamMemberName, "team_member"
);
path_param!(
    /// A labour rate's id.
    LabourRateName, "labour_rate"
);

/// List the products you are a member of
#[utoipa::path(tag = "Products", params(List<Product>), responses((status = 200, body = ProductPage)))]
#[get("/products")]
async fn list_products(actor: Actor<Known>, list: List<Product>) -> Result<ProductPage, Failure> {
    let user = actor.user.id.clone();
    actor.read(move |conn, only| store::page(conn, &user, only.as_ref(), &list)).await
}

/// Create a product and name its first owner
#[utoipa::path(tag = "Products", responses((status = 201, body = Product)))]
#[post("/products")]
async fn create_product(actor: Actor<Admin>, new: Json<NewProduct>) -> Result<Created<Product>, Failure> {
    actor.change(move |tx, ()| store::insert(tx, new.0).map(Created)).await
}

/// Find a product
#[utoipa::path(tag = "Products", responses((status = 200, body = Product)))]
#[get("/products/{product}")]
async fn find_product(actor: Actor<View>) -> Result<Versioned<Product>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id)).await.map(Versioned)
}

/// Change a product
#[utoipa::path(tag = "Products", request_body = ProductPatch, responses((status = 200, body = Product)))]
#[patch("/products/{product}")]
async fn update_product(actor: Actor<Own>, seen: IfMatch, patch: ProductPatch) -> Result<Versioned<Product>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, seen, &patch).map(Versioned)).await
}

/// List the team whose hours the product takes
#[utoipa::path(tag = "Products", params(List<TeamMember>), responses((status = 200, body = TeamMemberPage)))]
#[get("/products/{product}/team")]
async fn list_team(actor: Actor<ViewPrivate>, list: List<TeamMember>) -> Result<TeamMemberPage, Failure> {
    actor.read(move |conn, product| store::page_of_team(conn, &product.id, &list)).await
}

/// Add someone to the team
#[utoipa::path(tag = "Products", responses((status = 201, body = TeamMember)))]
#[post("/products/{product}/team")]
async fn create_team_member(actor: Actor<Edit>, new: Json<NewTeamMember>) -> Result<Created<TeamMember>, Failure> {
    actor.change(move |tx, product| store::insert_team_member(tx, &product.id, new.0).map(Created)).await
}

/// Find a member of the team
#[utoipa::path(tag = "Products", responses((status = 200, body = TeamMember)))]
#[get("/products/{product}/team/{team_member}")]
async fn find_team_member(
    actor: Actor<ViewPrivate>,
    person: Path<TeamMemberName>,
) -> Result<Versioned<TeamMember>, Failure> {
    actor.read(move |conn, product| store::find_team_member(conn, &product.id, &person.0)).await.map(Versioned)
}

/// Change a member of the team
#[utoipa::path(tag = "Products", request_body = TeamMemberPatch, responses((status = 200, body = TeamMember)))]
#[patch("/products/{product}/team/{team_member}")]
async fn update_team_member(
    actor: Actor<Edit>,
    person: Path<TeamMemberName>,
    seen: IfMatch,
    patch: TeamMemberPatch,
) -> Result<Versioned<TeamMember>, Failure> {
    actor
        .change(move |tx, product| store::update_team_member(tx, &product.id, &person.0, seen, &patch).map(Versioned))
        .await
}

/// Take someone out of the team who never worked a week; others get a `valid_to`
#[utoipa::path(tag = "Products", responses((status = 204)))]
#[delete("/products/{product}/team/{team_member}")]
async fn delete_team_member(
    actor: Actor<Edit>,
    person: Path<TeamMemberName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete_team_member(tx, &product.id, &person.0, seen).map(|()| Deleted)).await
}

/// List what an hour of the team costs, and since when
#[utoipa::path(tag = "Products", params(List<LabourRate>), responses((status = 200, body = LabourRatePage)))]
#[get("/products/{product}/labour-rates")]
async fn list_labour_rates(actor: Actor<ViewPrivate>, list: List<LabourRate>) -> Result<LabourRatePage, Failure> {
    actor.read(move |conn, product| store::page_of_rates(conn, &product.id, &list)).await
}

/// Date a labour rate
#[utoipa::path(tag = "Products", responses((status = 201, body = LabourRate)))]
#[post("/products/{product}/labour-rates")]
async fn create_labour_rate(actor: Actor<Edit>, new: Json<NewLabourRate>) -> Result<Created<LabourRate>, Failure> {
    actor.change(move |tx, product| store::insert_rate(tx, product, new.0).map(Created)).await
}

/// Find a labour rate
#[utoipa::path(tag = "Products", responses((status = 200, body = LabourRate)))]
#[get("/products/{product}/labour-rates/{labour_rate}")]
async fn find_labour_rate(
    actor: Actor<ViewPrivate>,
    rate: Path<LabourRateName>,
) -> Result<Versioned<LabourRate>, Failure> {
    actor.read(move |conn, product| store::find_rate(conn, &product.id, &rate.0)).await.map(Versioned)
}

/// Change a labour rate of a month that is not published
#[utoipa::path(tag = "Products", request_body = LabourRatePatch, responses((status = 200, body = LabourRate)))]
#[patch("/products/{product}/labour-rates/{labour_rate}")]
async fn update_labour_rate(
    actor: Actor<Edit>,
    rate: Path<LabourRateName>,
    seen: IfMatch,
    patch: LabourRatePatch,
) -> Result<Versioned<LabourRate>, Failure> {
    actor.change(move |tx, product| store::update_rate(tx, product, &rate.0, seen, &patch).map(Versioned)).await
}

/// Take back a labour rate of a month that is not published
#[utoipa::path(tag = "Products", responses((status = 204)))]
#[delete("/products/{product}/labour-rates/{labour_rate}")]
async fn delete_labour_rate(actor: Actor<Edit>, rate: Path<LabourRateName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete_rate(tx, &product.id, &rate.0, seen).map(|()| Deleted)).await
}
