//! Budgets over HTTP.

use super::{
    Budget, BudgetPage, BudgetPatch, NewBudget,
    status::{BudgetStatusQuery, BudgetStatusView},
    store,
};
use crate::{
    costs,
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Versioned},
    },
    path_param, products,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_budgets)
        .service(create_budget)
        .service(find_budget)
        .service(update_budget)
        .service(delete_budget)
        .service(list_budget_status);
}

path_param!(
    /// A budget's id.
    BudgetName, "budget"
);

/// List budgets
#[utoipa::path(tag = "Costs", params(List<Budget>), responses((status = 200, body = BudgetPage)))]
#[get("/products/{product}/budgets")]
async fn list_budgets(actor: Actor<View>, list: List<Budget>) -> Result<BudgetPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Write down what may be spent in a fiscal year
#[utoipa::path(tag = "Costs", responses((status = 201, body = Budget)))]
#[post("/products/{product}/budgets")]
async fn create_budget(actor: Actor<Edit>, new: Json<NewBudget>) -> Result<Created<Budget>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a budget
#[utoipa::path(tag = "Costs", responses((status = 200, body = Budget)))]
#[get("/products/{product}/budgets/{budget}")]
async fn find_budget(actor: Actor<View>, budget: Path<BudgetName>) -> Result<Versioned<Budget>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &budget.0)).await.map(Versioned)
}

/// Correct a budget
#[utoipa::path(tag = "Costs", request_body = BudgetPatch, responses((status = 200, body = Budget)))]
#[patch("/products/{product}/budgets/{budget}")]
async fn update_budget(
    actor: Actor<Edit>,
    budget: Path<BudgetName>,
    seen: IfMatch,
    patch: BudgetPatch,
) -> Result<Versioned<Budget>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &budget.0, seen, &patch).map(Versioned)).await
}

/// Delete a budget
#[utoipa::path(tag = "Costs", responses((status = 204)))]
#[delete("/products/{product}/budgets/{budget}")]
async fn delete_budget(actor: Actor<Edit>, budget: Path<BudgetName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &budget.0, seen).map(|()| Deleted)).await
}

/// How much of each budget is spent, and where will the year end?
#[utoipa::path(tag = "Costs", params(BudgetStatusQuery), responses((status = 200, body = BudgetStatusView)))]
#[get("/products/{product}/budget-status")]
async fn list_budget_status(
    actor: Actor<View>,
    query: Query<BudgetStatusQuery>,
) -> Result<Plain<BudgetStatusView>, Failure> {
    let last = costs::last_month_over(actor.now());
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            let course = query.0.course(last, product.fiscal_year_start);
            let reads = course.reads();
            let ledger = costs::store::ledger(conn, &product, reads.from, reads.to)?;
            let budgets = store::of_year(conn, &scope.id, course.year)?;
            Ok(Plain(BudgetStatusView::new(course, &budgets, &ledger)))
        })
        .await
}
