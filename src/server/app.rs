//! Putting it together and serving it.

use super::{
    connection::{Connection, HEADERS, IDLE},
    cors::cors,
    fallback::{Paths, fallback},
    health,
    metrics::{self, Metrics},
    routes,
    spec::{self, Base},
    watch::{Operations, watch},
};
use crate::{
    kernel::{
        auth::{Issuer, Signer},
        config::Reach,
        db::Db,
        failure::Failure,
        http::{RateLimit, envelope, forget_old_answers},
        mail::Mail,
    },
    reports::{self, mail::sender::Sender},
};
use actix_http::HttpService;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Server, ServiceFactory, ServiceRequest},
    middleware::{Condition, from_fn},
    rt::net::TcpStream,
    web::{self, Data},
};
use std::{net::TcpListener, time::Duration};
use tokio::sync::watch;
use utoipa::{OpenApi, openapi::OpenApi as Document};
use utoipa_actix_web::{AppExt, UtoipaApp, scope};
use utoipa_swagger_ui::SwaggerUi;

/// How long a client has to close its side after we have closed ours.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long requests that are under way have to end after SIGTERM, in seconds.
const FAREWELL: u64 = 8;

/// The whole contract, as `GET /openapi.json` answers it and `openapi/prodops.json` keeps it.
pub fn contract() -> Document {
    spec::complete(described(App::new().into_utoipa_app()).split_for_parts().1)
}

/// How long a letter that is being handed over then has; one that is cut off is sent again at the next start.
const LAST_LETTER: Duration = Duration::from_secs(1);

/// How often [`keep_house`] looks.
const CHORES: Duration = Duration::from_secs(3600);

/// How often [`forget_idle_callers`] does.
const IDLE_CALLERS: Duration = Duration::from_secs(60);

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
        .service(metrics::find_metrics)
}

/// Serves on an address until a signal ends it, and sends mail, if there is a way to.
///
/// # Errors
/// When the address cannot be had.
pub async fn serve(
    db: Db,
    signer: Signer,
    mail: Option<Mail>,
    address: std::net::SocketAddr,
    reach: &Reach,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)
        .map_err(|error| Failure::conflict("address", format!("cannot listen on {address}: {error}")))?;
    // What was asked for may leave the port open to chance.
    let address = listener.local_addr().map_err(Failure::internal)?;
    tracing::info!(%address, "listening");
    let chores = actix_web::rt::spawn(keep_house(db.clone()));
    let clock = actix_web::rt::spawn(reports::schedule::act::keep(db.clone()));
    let (running, until) = watch::channel(());
    let sender = mail.map(|mail| actix_web::rt::spawn(Sender::new(db.clone(), signer.clone(), mail).run(until)));
    let ended = serve_on(db, signer, listener, num_cpus(), reach)?.await.map_err(Failure::internal);
    chores.abort();
    clock.abort();
    drop(running);
    if let Some(mut sender) = sender
        && tokio::time::timeout(LAST_LETTER, &mut sender).await.is_err()
    {
        sender.abort();
    }
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

/// Forgets callers who have made no request for a while.
async fn forget_idle_callers(rates: Data<RateLimit>) {
    loop {
        tokio::time::sleep(IDLE_CALLERS).await;
        rates.forget_idle();
    }
}

fn num_cpus() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Serves on a listener that is open already.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_on(
    db: Db,
    signer: Signer,
    listener: TcpListener,
    workers: usize,
    reach: &Reach,
) -> Result<Server, Failure> {
    let contract = contract();
    let paths = Data::new(Paths(spec::methods(&contract)));
    let operations = Data::new(Operations(spec::operation_names(&contract)));
    let metrics = Data::new(Metrics::new(&db)?);
    let (db, signer) = (Data::new(db), Data::new(signer));
    let (rates, proxies) = (Data::new(RateLimit::of(reach.rate_limit)), Data::new(reach.trusted_proxies.clone()));
    let origins = reach.cors_origins.clone();
    let issuer = reach.issuer.clone().map(|settings| Data::new(Issuer::new(settings)));
    actix_web::rt::spawn(forget_idle_callers(rates.clone()));
    let app = move || {
        described(App::new().into_utoipa_app())
            .map(|app| match issuer.clone() {
                Some(issuer) => app.app_data(issuer),
                None => app,
            })
            .map(|app| {
                app.app_data(db.clone())
                    .app_data(signer.clone())
                    .app_data(rates.clone())
                    .app_data(proxies.clone())
                    .app_data(paths.clone())
                    .app_data(operations.clone())
                    .app_data(metrics.clone())
                    .service(web::redirect("/docs", "/docs/"))
                    .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", contract.clone()))
                    .configure(routes::pages)
                    .default_service(web::to(fallback))
            })
            .into_app()
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(envelope))
            .wrap(from_fn(watch))
    };
    // As `HttpServer` does it, but for connections that have deadlines of their own.
    let builder = Server::build().workers(workers).shutdown_timeout(FAREWELL);
    let farewell = builder.graceful_shutdown_signal();
    let connections = move || {
        let (app, farewell) = (app.clone(), farewell.clone());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let farewell = farewell.clone();
                async move { farewell.notified().await }
            })
            .keep_alive(IDLE)
            .client_request_timeout(HEADERS)
            .client_disconnect_timeout(GOODBYE)
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.activity.clone());
            })
            .h1(map_config(app(), |_| AppConfig::default()));
        fn_service(|socket: TcpStream| async {
            let peer = socket.peer_addr().ok();
            Ok((Connection::new(socket), peer))
        })
        .and_then(http)
    };
    Ok(builder.listen("prodops", listener, connections).map_err(Failure::internal)?.run())
}
