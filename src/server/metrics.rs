//! What is counted, as Prometheus reads it. Nothing here names a product or a person.

use crate::kernel::{
    db::{Db, latest_schema},
    failure::Failure,
};
use actix_web::{HttpResponse, get, web::Data};
use prometheus::{HistogramOpts, HistogramVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use std::time::Duration;

const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The counters of one server.
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    under_way: IntGauge,
    connections: IntGaugeVec,
    changes_waiting: IntGauge,
}

impl Metrics {
    /// # Errors
    /// Never: the names are ours, and each is given once.
    pub fn new(db: &Db) -> Result<Self, Failure> {
        let build = Opts::new("prodops_build_info", "What is running; always 1.")
            .const_label("version", env!("CARGO_PKG_VERSION"))
            .const_label("engine", db.load().engine)
            .const_label("schema", latest_schema());
        let build = IntGauge::with_opts(build).map_err(Failure::internal)?;
        build.set(1);
        let requests = HistogramOpts::new(
            "prodops_http_request_duration_seconds",
            "From a request's headers to the end of its answer, by operation and status.",
        );
        let requests = HistogramVec::new(requests.buckets(SECONDS.to_vec()), &["operation", "status"]);
        let gauge = |name, help| IntGauge::new(name, help).map_err(Failure::internal);
        let connections = Opts::new("prodops_database_connections", "Connections to the database, by what they do.");
        let metrics = Self {
            registry: Registry::new(),
            requests: requests.map_err(Failure::internal)?,
            under_way: gauge("prodops_http_requests_under_way", "Requests that are not answered to the end.")?,
            connections: IntGaugeVec::new(connections, &["state"]).map_err(Failure::internal)?,
            changes_waiting: gauge("prodops_writer_queue", "Changes that wait for SQLite's writer.")?,
        };
        metrics.register(build)?;
        metrics.register(metrics.requests.clone())?;
        metrics.register(metrics.under_way.clone())?;
        metrics.register(metrics.connections.clone())?;
        metrics.register(metrics.changes_waiting.clone())?;
        Ok(metrics)
    }

    fn register(&self, what: impl prometheus::core::Collector + 'static) -> Result<(), Failure> {
        self.registry.register(Box::new(what)).map_err(Failure::internal)
    }

    pub(super) fn begin(&self) {
        self.under_way.inc();
    }

    pub(super) fn end(&self, operation: &str, status: &str, time: Duration) {
        self.under_way.dec();
        self.requests.with_label_values(&[operation, status]).observe(time.as_secs_f64());
    }

    fn text(&self, db: &Db) -> Result<String, Failure> {
        let load = db.load();
        let busy = load.connections.saturating_sub(load.idle_connections);
        self.connections.with_label_values(&["idle"]).set(load.idle_connections.into());
        self.connections.with_label_values(&["busy"]).set(busy.into());
        self.changes_waiting.set(i64::try_from(load.changes_waiting).unwrap_or(i64::MAX));
        TextEncoder::new().encode_to_string(&self.registry.gather()).map_err(Failure::internal)
    }
}

/// What is counted, for Prometheus
#[utoipa::path(
    tag = "Health",
    responses((status = 200, body = String, content_type = "text/plain")),
    security(())
)]
#[get("/metrics")]
pub async fn find_metrics(metrics: Data<Metrics>, db: Data<Db>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.text(&db)?))
}
