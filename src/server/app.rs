//! Putting it together and serving it.

use super::{
    fallback::{Paths, fallback},
    health, routes,
    spec::{self, Base},
};
use crate::kernel::{
    auth::Signer,
    db::Db,
    failure::Failure,
    http::{envelope, forget_old_answers},
};
use actix_web::{
    App, HttpServer,
    dev::{Server, ServiceFactory, ServiceRequest},
    middleware::from_fn,
    web::{self, Data},
};
use std::{net::TcpListener, time::Duration};
use utoipa::{OpenApi, openapi::OpenApi as Document};
use utoipa_actix_web::{AppExt, UtoipaApp, scope};
use utoipa_swagger_ui::SwaggerUi;

/// How long headers may take to arrive.
const HEADERS: Duration = Duration::from_secs(15);
/// How long requests that are under way have to end after SIGTERM, in seconds.
const FAREWELL: u64 = 8;

/// The whole contract, as `GET /openapi.json` answers it and `openapi/prodops.json` keeps it.
pub fn contract() -> Document {
    spec::complete(described(App::new().into_utoipa_app()).split_for_parts().1)
}

/// How often [`keep_house`] looks.
const CHORES: Duration = Duration::from_secs(3600);

/// The routes, which describe themselves.
fn described<T>(app: UtoipaApp<T>) -> UtoipaApp<T>
where
    T: ServiceFactory<ServiceRequest, Config = (), Error = actix_web::Error, InitError = ()>,
{
    app.openapi(Base::openapi())
        .service(scope("/api/v1").configure(routes::api))
        .service(health::live)
        .service(health::ready)
        .service(health::jwks)
}

/// Serves on an address until a signal ends it.
///
/// # Errors
/// When the address cannot be had.
pub async fn serve(db: Db, signer: Signer, address: std::net::SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)
        .map_err(|error| Failure::conflict("address", format!("cannot listen on {address}: {error}")))?;
    tracing::info!(%address, "listening");
    let chores = actix_web::rt::spawn(keep_house(db.clone()));
    let ended = serve_on(db, signer, listener, num_cpus())?.await.map_err(Failure::internal);
    chores.abort();
    ended
}

/// What has to be thrown away now and then.
async fn keep_house(db: Db) {
    loop {
        let now = db.clock().now();
        if let Err(failure) = db.note(move |conn| forget_old_answers(conn, now)).await {
            tracing::warn!(%failure, "old idempotency keys stay for another hour");
        }
        tokio::time::sleep(CHORES).await;
    }
}

fn num_cpus() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Serves on a listener that is open already.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_on(db: Db, signer: Signer, listener: TcpListener, workers: usize) -> Result<Server, Failure> {
    let contract = contract();
    let paths = Data::new(Paths(spec::methods(&contract)));
    let (db, signer) = (Data::new(db), Data::new(signer));
    let server = HttpServer::new(move || {
        described(App::new().into_utoipa_app())
            .map(|app| {
                app.app_data(db.clone())
                    .app_data(signer.clone())
                    .app_data(paths.clone())
                    .service(web::redirect("/docs", "/docs/"))
                    .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", contract.clone()))
                    .configure(routes::pages)
                    .default_service(web::to(fallback))
            })
            .into_app()
            .wrap(from_fn(envelope))
    })
    .workers(workers)
    .client_request_timeout(HEADERS)
    .keep_alive(Duration::from_secs(30))
    .shutdown_timeout(FAREWELL)
    .listen(listener)
    .map_err(Failure::internal)?
    .run();
    Ok(server)
}
