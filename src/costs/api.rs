//! Cost entries, exchange rates and the answers about cost over HTTP.

use super::{
    CostEntry, CostEntryPage, CostEntryPatch, ExchangeRate, ExchangeRatePage, ExchangeRatePatch, NewCostEntry,
    NewExchangeRate, allocation,
    answers::{CostsQuery, CostsView},
    bills::{self, Bill, BillPage},
    budget, last_month_over,
    movers::{CostMoversView, MoversQuery},
    store,
    tie_out::{self, TieOutView},
    unit::{self, UnitCostsQuery, UnitCostsView},
};
use crate::{
    components,
    effort::toil::SpanQuery,
    kernel::{
        auth::{Actor, Edit, View},
        db,
        failure::Failure,
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Versioned},
    },
    path_param, products,
};
use actix_web::{delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_cost_entries)
        .service(create_cost_entry)
        .service(find_cost_entry)
        .service(update_cost_entry)
        .service(delete_cost_entry)
        .service(list_bills)
        .service(find_bill)
        .service(delete_bill)
        .service(list_exchange_rates)
        .service(create_exchange_rate)
        .service(find_exchange_rate)
        .service(update_exchange_rate)
        .service(delete_exchange_rate)
        .service(list_costs)
        .service(list_cost_movers)
        .service(list_unit_costs)
        .service(list_tie_out);
    allocation::api::routes(app);
    budget::api::routes(app);
}

path_param!(
    /// A cost entry's id.
    CostEntryName, "cost_entry"
);
path_param!(
    /// A bill's id.
    BillId, "bill"
);
path_param!(
    /// An exchange rate's id.
    ExchangeRateName, "exchange_rate"
);

/// List cost entries
#[utoipa::path(tag = "Costs", params(List<CostEntry>), responses((status = 200, body = CostEntryPage)))]
#[get("/products/{product}/cost-entries")]
async fn list_cost_entries(actor: Actor<View>, list: List<CostEntry>) -> Result<CostEntryPage, Failure> {
    actor.read(move |conn, product| store::page(conn, product, &list)).await
}

/// Write down a cost
#[utoipa::path(tag = "Costs", responses((status = 201, body = CostEntry)))]
#[post("/products/{product}/cost-entries")]
async fn create_cost_entry(actor: Actor<Edit>, new: Json<NewCostEntry>) -> Result<Created<CostEntry>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, new.0).map(Created)).await
}

/// Find a cost entry
#[utoipa::path(tag = "Costs", responses((status = 200, body = CostEntry)))]
#[get("/products/{product}/cost-entries/{cost_entry}")]
async fn find_cost_entry(actor: Actor<View>, entry: Path<CostEntryName>) -> Result<Versioned<CostEntry>, Failure> {
    actor.read(move |conn, product| store::find_for(conn, product, &entry.0)).await.map(Versioned)
}

/// Correct a cost entry
#[utoipa::path(tag = "Costs", request_body = CostEntryPatch, responses((status = 200, body = CostEntry)))]
#[patch("/products/{product}/cost-entries/{cost_entry}")]
async fn update_cost_entry(
    actor: Actor<Edit>,
    entry: Path<CostEntryName>,
    seen: IfMatch,
    patch: CostEntryPatch,
) -> Result<Versioned<CostEntry>, Failure> {
    actor.change(move |tx, product| store::update(tx, &product.id, &entry.0, seen, &patch).map(Versioned)).await
}

/// Delete a cost entry
#[utoipa::path(tag = "Costs", responses((status = 204)))]
#[delete("/products/{product}/cost-entries/{cost_entry}")]
async fn delete_cost_entry(actor: Actor<Edit>, entry: Path<CostEntryName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &entry.0, seen).map(|()| Deleted)).await
}

/// List bills: what providers delivered
#[utoipa::path(tag = "Costs", params(List<Bill>), responses((status = 200, body = BillPage)))]
#[get("/products/{product}/bills")]
async fn list_bills(actor: Actor<View>, list: List<Bill>) -> Result<BillPage, Failure> {
    actor.read(move |conn, product| bills::store::page(conn, &product.id, &list)).await
}

/// Find a bill
#[utoipa::path(tag = "Costs", responses((status = 200, body = Bill)))]
#[get("/products/{product}/bills/{bill}")]
async fn find_bill(actor: Actor<View>, bill: Path<BillId>) -> Result<Versioned<Bill>, Failure> {
    actor.read(move |conn, product| bills::store::find(conn, &product.id, &bill.0)).await.map(Versioned)
}

/// Take a bill back, with all its lines
#[utoipa::path(tag = "Costs", responses((status = 204)))]
#[delete("/products/{product}/bills/{bill}")]
async fn delete_bill(actor: Actor<Edit>, bill: Path<BillId>, seen: IfMatch) -> Result<Deleted, Failure> {
    let clock = actor.db().clock().clone();
    let done = actor
        .change(move |tx, product| {
            let now = db::now(tx, &clock)?;
            bills::store::withdraw(tx, &product.id, &bill.0, seen, now).map(|()| Deleted)
        })
        .await?;
    bills::sweep(actor.db(), &actor.scope.id).await;
    Ok(done)
}

/// List exchange rates
#[utoipa::path(tag = "Costs", params(List<ExchangeRate>), responses((status = 200, body = ExchangeRatePage)))]
#[get("/products/{product}/exchange-rates")]
async fn list_exchange_rates(actor: Actor<View>, list: List<ExchangeRate>) -> Result<ExchangeRatePage, Failure> {
    actor.read(move |conn, product| store::page_of_exchange_rates(conn, &product.id, &list)).await
}

/// Write down the exchange rate of a month that is not published
#[utoipa::path(tag = "Costs", responses((status = 201, body = ExchangeRate)))]
#[post("/products/{product}/exchange-rates")]
async fn create_exchange_rate(
    actor: Actor<Edit>,
    new: Json<NewExchangeRate>,
) -> Result<Created<ExchangeRate>, Failure> {
    actor.change(move |tx, product| store::insert_exchange_rate(tx, &product.id, new.0).map(Created)).await
}

/// Find an exchange rate
#[utoipa::path(tag = "Costs", responses((status = 200, body = ExchangeRate)))]
#[get("/products/{product}/exchange-rates/{exchange_rate}")]
async fn find_exchange_rate(
    actor: Actor<View>,
    rate: Path<ExchangeRateName>,
) -> Result<Versioned<ExchangeRate>, Failure> {
    actor.read(move |conn, product| store::find_exchange_rate(conn, &product.id, &rate.0)).await.map(Versioned)
}

/// Correct the exchange rate of a month that is not published
#[utoipa::path(tag = "Costs", request_body = ExchangeRatePatch, responses((status = 200, body = ExchangeRate)))]
#[patch("/products/{product}/exchange-rates/{exchange_rate}")]
async fn update_exchange_rate(
    actor: Actor<Edit>,
    rate: Path<ExchangeRateName>,
    seen: IfMatch,
    patch: ExchangeRatePatch,
) -> Result<Versioned<ExchangeRate>, Failure> {
    actor
        .change(move |tx, product| store::update_exchange_rate(tx, &product.id, &rate.0, seen, &patch).map(Versioned))
        .await
}

/// Take back the exchange rate of a month that is not published
#[utoipa::path(tag = "Costs", responses((status = 204)))]
#[delete("/products/{product}/exchange-rates/{exchange_rate}")]
async fn delete_exchange_rate(
    actor: Actor<Edit>,
    rate: Path<ExchangeRateName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete_exchange_rate(tx, &product.id, &rate.0, seen).map(|()| Deleted)).await
}

/// What did it cost, by component, system, owner, tag, roadmap item, month, category or nature?
#[utoipa::path(tag = "Costs", params(CostsQuery), responses((status = 200, body = CostsView)))]
#[get("/products/{product}/costs")]
async fn list_costs(actor: Actor<View>, query: Query<CostsQuery>) -> Result<Plain<CostsView>, Failure> {
    let asked = query.0.checked(actor.now().day_in(actor.scope.zone))?;
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            let ledger = store::ledger(conn, &product, asked.from, asked.to)?;
            let components = match asked.asks_of_components() {
                true => components::store::all(conn, &scope.id)?,
                false => Vec::new(),
            };
            let year = asked.year(product.fiscal_year_start);
            let budgets = year.map(|year| budget::store::of_year(conn, &scope.id, year)).transpose()?;
            Ok(Plain(asked.answer(&ledger, &components, budgets.as_deref())))
        })
        .await
}

/// Do the costs tie out to the bills? A row a month, provider, billing account and currency
#[utoipa::path(tag = "Costs", params(SpanQuery), responses((status = 200, body = TieOutView)))]
#[get("/products/{product}/tie-out")]
async fn list_tie_out(actor: Actor<View>, query: Query<SpanQuery>) -> Result<Plain<TieOutView>, Failure> {
    let span = query.0.checked(actor.now().day_in(actor.scope.zone))?;
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            tie_out::store::read(conn, &product, span).map(Plain)
        })
        .await
}

/// What costs more or less than it did, and which lines made the difference?
#[utoipa::path(tag = "Costs", params(MoversQuery), responses((status = 200, body = CostMoversView)))]
#[get("/products/{product}/cost-movers")]
async fn list_cost_movers(actor: Actor<View>, query: Query<MoversQuery>) -> Result<Plain<CostMoversView>, Failure> {
    let asked = query.0.asked(last_month_over(actor.now()))?;
    actor
        .snapshot(move |conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            let mut ledger = store::ledger(conn, &product, asked.before, asked.before.next())?;
            ledger.lines.extend(store::ledger(conn, &product, asked.month, asked.month.next())?.lines);
            Ok(Plain(asked.answer(&ledger)))
        })
        .await
}

/// What does the upkeep of a month come to in engineers, in promises kept and in people served?
#[utoipa::path(tag = "Costs", params(UnitCostsQuery), responses((status = 200, body = UnitCostsView)))]
#[get("/products/{product}/unit-costs")]
async fn list_unit_costs(actor: Actor<View>, query: Query<UnitCostsQuery>) -> Result<Plain<UnitCostsView>, Failure> {
    let (month, at) = (query.0.month(last_month_over(actor.now())), actor.now());
    actor.snapshot(move |conn, scope| Ok(Plain(unit::store::read(conn, &scope.id, month, at)?.answer()))).await
}
