//! SLOs, their targets, measurements, status and burn-down over HTTP.

use super::{
    Burndown, BurndownWindow, NewSlo, NewSloTarget, Slo, SloPage, SloPatch, SloTarget, SloTargetPage, SloTargetPatch,
    Status,
    measurements::{
        self, FILE_LIMIT, Measurement, MeasurementCounts, MeasurementFormat, MeasurementPage, NewMeasurement,
        NewSloMeasurement, Sample,
    },
    store,
};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        clock::Instant,
        failure::{Failure, Fault},
        http::{Created, Deleted, IfMatch, Json, List, Path, Plain, Query, Upload, Versioned},
    },
    path_param,
};
use actix_web::{delete, get, patch, post};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_slos)
        .service(create_slo)
        .service(find_slo)
        .service(update_slo)
        .service(delete_slo)
        .service(list_slo_targets)
        .service(create_slo_target)
        .service(find_slo_target)
        .service(update_slo_target)
        .service(delete_slo_target)
        .service(list_slo_measurements)
        .service(record_slo_measurements)
        .service(record_measurements)
        .service(find_slo_status)
        .service(find_slo_burndown);
}

path_param!(
    /// An SLO's key or id.
    SloName, "slo"
);
path_param!(
    /// A target's id.
    SloTargetName, "target"
);

/// List SLOs
#[utoipa::path(tag = "SLOs", params(List<Slo>), responses((status = 200, body = SloPage)))]
#[get("/products/{product}/slos")]
async fn list_slos(actor: Actor<View>, list: List<Slo>) -> Result<SloPage, Failure> {
    actor.read(move |conn, product| store::page(conn, &product.id, &list)).await
}

/// Create an SLO
#[utoipa::path(tag = "SLOs", responses((status = 201, body = Slo)))]
#[post("/products/{product}/slos")]
async fn create_slo(actor: Actor<Edit>, new: Json<NewSlo>) -> Result<Created<Slo>, Failure> {
    actor.change(move |tx, product| store::insert(tx, &product.id, product.zone, new.0).map(Created)).await
}

/// Find an SLO
#[utoipa::path(tag = "SLOs", responses((status = 200, body = Slo)))]
#[get("/products/{product}/slos/{slo}")]
async fn find_slo(actor: Actor<View>, slo: Path<SloName>) -> Result<Versioned<Slo>, Failure> {
    actor.read(move |conn, product| store::find(conn, &product.id, &slo.0)).await.map(Versioned)
}

/// Change an SLO
///
/// What measurements are counted by is fixed once there are any: 409.
#[utoipa::path(tag = "SLOs", request_body = SloPatch, responses((status = 200, body = Slo)))]
#[patch("/products/{product}/slos/{slo}")]
async fn update_slo(
    actor: Actor<Edit>,
    slo: Path<SloName>,
    seen: IfMatch,
    patch: SloPatch,
) -> Result<Versioned<Slo>, Failure> {
    actor
        .change(move |tx, product| store::update(tx, &product.id, product.zone, &slo.0, seen, &patch).map(Versioned))
        .await
}

/// Delete an SLO that nothing refers to; others are retired
#[utoipa::path(tag = "SLOs", responses((status = 204)))]
#[delete("/products/{product}/slos/{slo}")]
async fn delete_slo(actor: Actor<Edit>, slo: Path<SloName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &slo.0, seen).map(|()| Deleted)).await
}

/// List the targets that follow an SLO's first one
#[utoipa::path(tag = "SLOs", params(List<SloTarget>), responses((status = 200, body = SloTargetPage)))]
#[get("/products/{product}/slos/{slo}/targets")]
async fn list_slo_targets(
    actor: Actor<View>,
    slo: Path<SloName>,
    list: List<SloTarget>,
) -> Result<SloTargetPage, Failure> {
    actor.read(move |conn, product| store::page_of_targets(conn, &product.id, &slo.0, &list)).await
}

/// Date a new target
#[utoipa::path(tag = "SLOs", responses((status = 201, body = SloTarget)))]
#[post("/products/{product}/slos/{slo}/targets")]
async fn create_slo_target(
    actor: Actor<Edit>,
    slo: Path<SloName>,
    new: Json<NewSloTarget>,
) -> Result<Created<SloTarget>, Failure> {
    actor
        .change(move |tx, product| {
            store::insert_target(tx, &product.id, product.published_through, &slo.0, new.0).map(Created)
        })
        .await
}

/// Find a target
#[utoipa::path(tag = "SLOs", responses((status = 200, body = SloTarget)))]
#[get("/products/{product}/slos/{slo}/targets/{target}")]
async fn find_slo_target(
    actor: Actor<View>,
    slo: Path<SloName>,
    target: Path<SloTargetName>,
) -> Result<Versioned<SloTarget>, Failure> {
    actor.read(move |conn, product| store::find_target(conn, &product.id, &slo.0, &target.0)).await.map(Versioned)
}

/// Change a target that holds in no published month
#[utoipa::path(tag = "SLOs", request_body = SloTargetPatch, responses((status = 200, body = SloTarget)))]
#[patch("/products/{product}/slos/{slo}/targets/{target}")]
async fn update_slo_target(
    actor: Actor<Edit>,
    slo: Path<SloName>,
    target: Path<SloTargetName>,
    seen: IfMatch,
    patch: SloTargetPatch,
) -> Result<Versioned<SloTarget>, Failure> {
    actor
        .change(move |tx, product| {
            let named = (&*slo.0, &*target.0);
            store::update_target(tx, &product.id, product.published_through, named, seen, &patch).map(Versioned)
        })
        .await
}

/// Delete a target that holds in no published month
#[utoipa::path(tag = "SLOs", responses((status = 204)))]
#[delete("/products/{product}/slos/{slo}/targets/{target}")]
async fn delete_slo_target(
    actor: Actor<Edit>,
    slo: Path<SloName>,
    target: Path<SloTargetName>,
    seen: IfMatch,
) -> Result<Deleted, Failure> {
    actor
        .change(move |tx, product| {
            let named = (&*slo.0, &*target.0);
            store::delete_target(tx, &product.id, product.published_through, named, seen).map(|()| Deleted)
        })
        .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MeasurementQuery {
    /// The first moment that is wanted.
    from: Option<Instant>,
    /// The first moment that is not wanted any more.
    to: Option<Instant>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// List measurements, by time
#[utoipa::path(tag = "SLOs", params(MeasurementQuery), responses((status = 200, body = MeasurementPage)))]
#[get("/products/{product}/slos/{slo}/measurements")]
async fn list_slo_measurements(
    actor: Actor<View>,
    slo: Path<SloName>,
    query: Query<MeasurementQuery>,
) -> Result<MeasurementPage, Failure> {
    let (from, to, limit) = query.0.read()?;
    let mut items = actor
        .read(move |conn, product| {
            let slo = store::find(conn, &product.id, &slo.0)?;
            measurements::store::page(conn, &slo, from, to, i64::from(limit) + 1)
        })
        .await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last: &Measurement| BASE64_URL_SAFE_NO_PAD.encode((last.at.utc().timestamp() + 1).to_be_bytes()));
    Ok(MeasurementPage { items, next_cursor })
}

impl MeasurementQuery {
    /// From and to as whole seconds, and the limit.
    fn read(&self) -> Result<(i64, i64, u32), Failure> {
        let limit = self.limit.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(Failure::Invalid(vec![Fault::parameter("limit", "range", "a whole number from 1 to 200")]));
        }
        let seconds = |at: Instant| at.utc().timestamp() + i64::from(at.utc().timestamp_subsec_nanos() > 0);
        let after = match &self.cursor {
            None => i64::MIN,
            Some(cursor) => BASE64_URL_SAFE_NO_PAD
                .decode(cursor)
                .ok()
                .and_then(|bytes| bytes.try_into().ok().map(i64::from_be_bytes))
                .ok_or_else(|| Failure::Unreadable(vec![Fault::parameter("cursor", "cursor", "not a cursor")]))?,
        };
        Ok((self.from.map_or(i64::MIN, seconds).max(after), self.to.map_or(i64::MAX, seconds), limit))
    }
}

/// Record what was measured of an SLO
///
/// A bucket that is there already is replaced. JSON up to 1 MiB; NDJSON and CSV (`at,good,total`) up to a million
/// buckets. All of it, or nothing.
#[utoipa::path(
    tag = "SLOs",
    request_body(content(
        (Vec<NewMeasurement> = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )),
    responses((status = 200, body = MeasurementCounts))
)]
#[post("/products/{product}/slos/{slo}/measurements")]
async fn record_slo_measurements(
    actor: Actor<Edit>,
    slo: Path<SloName>,
    upload: Upload,
) -> Result<Plain<MeasurementCounts>, Failure> {
    let sent = match upload.is(MeasurementFormat::Json.as_text()) {
        true => Sent::json(upload.json::<Vec<NewMeasurement>>().await?.into_iter().map(|one| (None, one)))?,
        false => Sent::file(upload, false).await?,
    };
    take_in(actor, Some(slo.0.0), sent).await
}

/// Record what was measured of several SLOs
///
/// Like the measurements of one SLO; each bucket names its SLO, in CSV as `slo,at,good,total`.
#[utoipa::path(
    tag = "SLOs",
    request_body(content(
        (Vec<NewSloMeasurement> = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )),
    responses((status = 200, body = MeasurementCounts))
)]
#[post("/products/{product}/measurements")]
async fn record_measurements(actor: Actor<Edit>, upload: Upload) -> Result<Plain<MeasurementCounts>, Failure> {
    let sent = match upload.is(MeasurementFormat::Json.as_text()) {
        true => Sent::json(upload.json::<Vec<NewSloMeasurement>>().await?.into_iter().map(|one| {
            let NewSloMeasurement { slo, at, good, total } = one;
            (Some(Arc::from(slo)), NewMeasurement { at, good, total })
        }))?,
        false => Sent::file(upload, true).await?,
    };
    take_in(actor, None, sent).await
}

/// What was sent, read.
struct Sent {
    samples: Vec<Sample>,
    digest: String,
    /// Whether places are those of an array of JSON.
    json: bool,
}

impl Sent {
    fn json(sent: impl Iterator<Item = (Option<Arc<str>>, NewMeasurement)>) -> Result<Self, Failure> {
        let samples: Vec<Sample> = sent
            .zip(0..)
            .map(|((slo, NewMeasurement { at, good, total }), place)| Sample { place, slo, at, good, total })
            .collect();
        let fault = |sample: &Sample| sample.fault().map(|(name, code, detail)| at_index(sample, name, code, detail));
        Failure::unless_empty(samples.iter().filter_map(fault).collect())?;
        Ok(Self { samples, digest: String::new(), json: true })
    }

    async fn file(upload: Upload, with_slo: bool) -> Result<Self, Failure> {
        let csv = upload.is(MeasurementFormat::Csv.as_text());
        let format = if csv { MeasurementFormat::Csv } else { MeasurementFormat::NdJson };
        let spool = upload.receive(MeasurementFormat::WORDS, FILE_LIMIT).await?;
        let digest = spool.digest.clone();
        let read = move || {
            let file = std::fs::File::open(spool.file.path()).map_err(Failure::internal)?;
            measurements::read(format, with_slo, file)
        };
        let samples = tokio::task::spawn_blocking(read).await.map_err(Failure::internal)??;
        Ok(Self { samples, digest, json: false })
    }
}

fn at_index(sample: &Sample, name: &'static str, code: &'static str, detail: &str) -> Fault {
    Fault::at(format!("/{}/{name}", sample.place), code, detail)
}

fn at_line(sample: &Sample, name: &'static str, code: &'static str, detail: &str) -> Fault {
    Fault::line(sample.place, Some(name), code, detail)
}

async fn take_in(actor: Actor<Edit>, slo: Option<String>, sent: Sent) -> Result<Plain<MeasurementCounts>, Failure> {
    let fault = if sent.json { at_index } else { at_line };
    actor
        .change(move |tx, product| {
            let (samples, digest) = (&sent.samples, &sent.digest);
            measurements::store::take_in(tx, &product.id, product.zone, slo.as_deref(), samples, digest, fault)
                .map(Plain)
        })
        .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatusQuery {
    /// The moment at which it is judged; now when left out.
    at: Option<Instant>,
}

/// How an SLO stands: its budget, how fast it burns, who should know
#[utoipa::path(tag = "SLOs", params(StatusQuery), responses((status = 200, body = Status)))]
#[get("/products/{product}/slos/{slo}/status")]
async fn find_slo_status(
    actor: Actor<View>,
    slo: Path<SloName>,
    query: Query<StatusQuery>,
) -> Result<Plain<Status>, Failure> {
    let at = query.0.at.unwrap_or_else(|| actor.now()).utc();
    actor.snapshot(move |conn, product| store::status(conn, &product.id, product.zone, &slo.0, at).map(Plain)).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BurndownQuery {
    /// A day (`2026-10-31`) or month (`2026-10`) in the window that is wanted; the present one when left out.
    /// Of a rolling window a month gives the windows that end on its days.
    #[param(max_length = 10, example = "2026-10")]
    window: Option<String>,
}

/// How an SLO's budget went, day by day
#[utoipa::path(tag = "SLOs", params(BurndownQuery), responses((status = 200, body = Burndown)))]
#[get("/products/{product}/slos/{slo}/burndown")]
async fn find_slo_burndown(
    actor: Actor<View>,
    slo: Path<SloName>,
    query: Query<BurndownQuery>,
) -> Result<Plain<Burndown>, Failure> {
    let wanted: Option<BurndownWindow> = query
        .0
        .window
        .map(|text| text.parse())
        .transpose()
        .map_err(|detail: String| Failure::Invalid(vec![Fault::parameter("window", "parameter", detail)]))?;
    let now = actor.now().utc();
    actor
        .snapshot(move |conn, product| store::burndown(conn, &product.id, product.zone, &slo.0, wanted, now).map(Plain))
        .await
}
