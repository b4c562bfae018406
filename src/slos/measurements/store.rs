//! The SQL of measurements and of their sums by day.

use super::{Measurement, MeasurementCounts, Sample, file::NOT_ALIGNED};
use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Tx},
        failure::{Failure, Fault},
        merge::FAULTS,
        month::start_of,
        schema::{slo_days, slo_measurements},
    },
    slos::{Slo, Span, Tally, require_within_a_day, store},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Text},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// How many days are merged at a time: of buckets of a minute, 44,640.
const DAYS_AT_ONCE: usize = 31;

/// Good and total of each bucket, by its start.
type Buckets = BTreeMap<i64, (i64, i64)>;

/// Buckets that were sent, met with those that are there.
pub struct Plan {
    slos: Vec<PlanOfSlo>,
    pub counts: MeasurementCounts,
}

struct PlanOfSlo {
    slo: Slo,
    counts: MeasurementCounts,
    from: i64,
    to: i64,
    /// Bucket, good, total: those that are new or changed.
    buckets: Vec<(i64, i64, i64)>,
    days: Vec<(NaiveDate, Tally)>,
}

/// Meets buckets with those that are there; of a bucket that is sent twice the last counts.
/// `fault` tells where a sample stands: of what, property, word and sentence it makes the fault.
///
/// # Errors
/// 422 for SLOs that are unknown, and for buckets that do not start where the SLO's buckets start.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    zone: Tz,
    named: Option<&Slo>,
    samples: &[Sample],
    fault: impl Fn(&Sample, &'static str, &'static str, &str) -> Fault,
) -> Result<Plan, Failure> {
    let mut faults = Vec::new();
    let mut known: HashMap<Option<Arc<str>>, Option<Arc<Slo>>> = HashMap::new();
    let mut sent: BTreeMap<String, (Arc<Slo>, Buckets)> = BTreeMap::new();
    for sample in samples {
        if !known.contains_key(&sample.slo) {
            let slo = match (&sample.slo, named) {
                (Some(name), _) => found(store::find(conn, product, name))?,
                (None, named) => named.cloned(),
            };
            known.insert(sample.slo.clone(), slo.map(Arc::new));
        }
        let Some(slo) = known.get(&sample.slo).cloned().flatten() else {
            faults.push(fault(sample, "slo", "unknown_reference", "there is nothing of that name in this product"));
            continue;
        };
        let bucket = sample.at.utc().timestamp();
        if bucket.rem_euclid(slo.bucket_seconds) != 0 {
            faults.push(fault(sample, "at", "not_aligned", NOT_ALIGNED));
        } else if let Err(detail) = require_within_a_day(bucket, slo.bucket_seconds, zone) {
            faults.push(fault(sample, "at", "midnight", detail));
        } else {
            let buckets = sent.entry(slo.id.clone()).or_insert_with(|| (slo, BTreeMap::new()));
            buckets.1.insert(bucket, (sample.good, sample.total));
        }
        if faults.len() >= FAULTS {
            break;
        }
    }
    Failure::unless_empty(faults)?;
    let mut plan = Plan { slos: Vec::new(), counts: MeasurementCounts::default() };
    for (slo, buckets) in sent.into_values() {
        let of_slo = plan_of_slo(conn, Arc::unwrap_or_clone(slo), zone, buckets)?;
        plan.counts.created += of_slo.counts.created;
        plan.counts.changed += of_slo.counts.changed;
        plan.counts.unchanged += of_slo.counts.unchanged;
        plan.slos.push(of_slo);
    }
    Ok(plan)
}

fn found(slo: Result<Slo, Failure>) -> Result<Option<Slo>, Failure> {
    match slo {
        Err(Failure::NotFound) => Ok(None),
        other => other.map(Some),
    }
}

fn plan_of_slo(conn: &mut Conn, slo: Slo, zone: Tz, sent: BTreeMap<i64, (i64, i64)>) -> Result<PlanOfSlo, Failure> {
    let mut plan = PlanOfSlo {
        from: sent.keys().next().copied().unwrap_or_default(),
        to: sent.keys().next_back().map_or(0, |last| last + slo.bucket_seconds),
        slo,
        counts: MeasurementCounts::default(),
        buckets: Vec::new(),
        days: Vec::new(),
    };
    let mut by_day: BTreeMap<NaiveDate, Vec<(i64, i64, i64)>> = BTreeMap::new();
    for (bucket, (good, total)) in sent {
        let at = DateTime::from_timestamp(bucket, 0).ok_or_else(|| Failure::internal("a time that is none"))?;
        by_day.entry(at.with_timezone(&zone).date_naive()).or_default().push((bucket, good, total));
    }
    let by_day: Vec<_> = by_day.into_iter().collect();
    // Days that follow each other are read together; a stray one far away costs nothing between.
    for run in
        by_day.chunk_by(|(one, _), (next, _)| *one + Days::new(1) == *next).flat_map(|run| run.chunks(DAYS_AT_ONCE))
    {
        plan.meet(conn, zone, run)?;
    }
    Ok(plan)
}

/// A day and the buckets that were sent of it.
type Day = (NaiveDate, Vec<(i64, i64, i64)>);

impl PlanOfSlo {
    fn meet(&mut self, conn: &mut Conn, zone: Tz, run: &[Day]) -> Result<(), Failure> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
        let span = Span { from: start_of(first.0, zone), to: start_of(last.0 + Days::new(1), zone) };
        let there = buckets(conn, &self.slo, span)?;
        let mut there: Buckets = there.into_iter().map(|(at, good, total)| (at, (good, total))).collect();
        for (day, sent) in run {
            let before = self.buckets.len();
            for &(bucket, good, total) in sent {
                match there.insert(bucket, (good, total)) {
                    None => self.counts.created += 1,
                    Some(same) if same == (good, total) => {
                        self.counts.unchanged += 1;
                        continue;
                    }
                    Some(_) => self.counts.changed += 1,
                }
                self.buckets.push((bucket, good, total));
            }
            if self.buckets.len() > before {
                let (from, to) = (start_of(*day, zone), start_of(*day + Days::new(1), zone));
                let of_day = there.range(from.timestamp()..to.timestamp());
                let parts = self.slo.slice_parts();
                self.days.push((*day, of_day.map(|(_, &(good, total))| Tally::bucket(good, total, parts)).sum()));
            }
        }
        Ok(())
    }
}

/// The buckets that start in a span, in order: start, good, total.
fn buckets(conn: &mut Conn, slo: &Slo, span: Span) -> Result<Vec<(i64, i64, i64)>, Failure> {
    Ok(slo_measurements::table
        .filter(slo_measurements::slo_id.eq(&slo.id))
        .filter(slo_measurements::bucket.ge(ceiling(span.from)))
        .filter(slo_measurements::bucket.lt(ceiling(span.to)))
        .order(slo_measurements::bucket)
        .select((slo_measurements::bucket, slo_measurements::good, slo_measurements::total))
        .load(conn)?)
}

/// The first whole second that is not before `at`.
fn ceiling(at: DateTime<Utc>) -> i64 {
    at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0)
}

/// Writes what is new or changed, and the sums of the days that it is in. The caller records it.
pub fn write(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Failure> {
    let change_number = tx.new_head().change_number;
    for of_slo in &plan.slos {
        if !of_slo.buckets.is_empty() {
            write_buckets(tx, &of_slo.slo.id, &of_slo.buckets)?;
        }
        for (day, sum) in &of_slo.days {
            let there = slo_days::table.filter(slo_days::slo_id.eq(&of_slo.slo.id)).filter(slo_days::day.eq(day));
            diesel::delete(there).execute(&mut **tx)?;
            diesel::insert_into(slo_days::table)
                .values((
                    slo_days::slo_id.eq(&of_slo.slo.id),
                    slo_days::product_id.eq(&of_slo.slo.product_id),
                    slo_days::day.eq(day),
                    slo_days::buckets.eq(sum.buckets),
                    slo_days::slices.eq(sum.slices),
                    slo_days::good_slices.eq(sum.good_slices),
                    slo_days::ratios.eq(sum.ratios),
                    slo_days::good.eq(sum.good),
                    slo_days::total.eq(sum.total),
                    slo_days::change_number.eq(change_number),
                ))
                .execute(&mut **tx)?;
        }
    }
    Ok(())
}

/// All buckets in one statement: they are bound as one text of JSON, which both engines take apart.
fn write_buckets(conn: &mut Conn, slo: &str, buckets: &[(i64, i64, i64)]) -> Result<(), Failure> {
    const INSERT: &str = "INSERT INTO slo_measurements (slo_id, bucket, good, total) \
                          SELECT {slo}, CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT) \
                          FROM {rows} WHERE true \
                          ON CONFLICT (slo_id, bucket) DO UPDATE SET good = excluded.good, total = excluded.total";
    let rows = serde_json::to_string(buckets).map_err(Failure::internal)?;
    match conn {
        Conn::Sqlite(c) => {
            let statement = INSERT.replace("{slo}", "?").replace("{rows}", "json_each(?)");
            diesel::sql_query(statement).bind::<Text, _>(slo).bind::<Text, _>(&rows).execute(c)?
        }
        Conn::Pg(c) => {
            let statement =
                INSERT.replace("{slo}", "$1").replace("{rows}", "json_array_elements(CAST($2 AS json)) AS row (value)");
            diesel::sql_query(statement).bind::<Text, _>(slo).bind::<Text, _>(&rows).execute(c)?
        }
    };
    Ok(())
}

/// What the audit trail keeps of buckets that were sent.
#[derive(Serialize)]
struct Recorded {
    from: Option<Instant>,
    to: Option<Instant>,
    created: u64,
    changed: u64,
    /// SHA-256 of what was sent.
    digest: String,
}

/// Takes in what a request sends: one event for each SLO.
///
/// # Errors
/// As [`plan`].
pub fn take_in(
    tx: &mut Tx<'_>,
    product: &ProductId,
    zone: Tz,
    slo: Option<&str>,
    samples: &[Sample],
    digest: &str,
    fault: impl Fn(&Sample, &'static str, &'static str, &str) -> Fault,
) -> Result<MeasurementCounts, Failure> {
    tx.alone_in(product)?;
    let named = slo.map(|name| store::find(tx, product, name)).transpose()?;
    let plan = plan(tx, product, zone, named.as_ref(), samples, fault)?;
    write(tx, &plan)?;
    let time = |seconds| DateTime::from_timestamp(seconds, 0).map(Instant::from);
    let changed = plan.slos.iter().filter(|of_slo| !of_slo.buckets.is_empty()).collect::<Vec<_>>();
    if changed.is_empty() {
        tx.nothing_changed();
    }
    for of_slo in changed {
        let MeasurementCounts { created, changed, .. } = of_slo.counts;
        let (from, to, digest) = (time(of_slo.from), time(of_slo.to), digest.to_owned());
        let recorded = Recorded { from, to, created, changed, digest };
        tx.record("measure", "slos", Some(product.as_str()), &of_slo.slo.id, None::<&Recorded>, Some(&recorded))?;
    }
    Ok(plan.counts)
}

/// Buckets of an SLO from one time up to another, in order, a page at a time.
pub fn page(conn: &mut Conn, slo: &Slo, from: i64, to: i64, limit: i64) -> Result<Vec<Measurement>, Failure> {
    let rows: Vec<(i64, i64, i64)> = slo_measurements::table
        .filter(slo_measurements::slo_id.eq(&slo.id))
        .filter(slo_measurements::bucket.ge(from))
        .filter(slo_measurements::bucket.lt(to))
        .order(slo_measurements::bucket)
        .limit(limit)
        .select((slo_measurements::bucket, slo_measurements::good, slo_measurements::total))
        .load(conn)?;
    let at = |bucket| DateTime::from_timestamp(bucket, 0).unwrap_or_default().into();
    Ok(rows.into_iter().map(|(bucket, good, total)| Measurement { at: at(bucket), good, total }).collect())
}

/// Whether anything was measured.
pub fn any(conn: &mut Conn, slo: &Slo) -> Result<bool, Failure> {
    let mine = slo_measurements::table.filter(slo_measurements::slo_id.eq(&slo.id));
    Ok(diesel::select(diesel::dsl::exists(mine)).get_result(conn)?)
}

/// What was measured in a span: whole days from their sums, what is left at the ends from buckets.
pub fn tally(conn: &mut Conn, slo: &Slo, zone: Tz, span: Span) -> Result<Tally, Failure> {
    let (first, last) = (first_whole_day(span.from, zone), last_whole_day(span.to, zone));
    let (inner_from, inner_to) = (start_of(first, zone), start_of(last, zone));
    if inner_from >= inner_to {
        return raw(conn, slo, span);
    }
    let sums = slo_days::table
        .filter(slo_days::slo_id.eq(&slo.id))
        .filter(slo_days::day.ge(first))
        .filter(slo_days::day.lt(last))
        .select(sums())
        .first::<Sums>(conn)?;
    let before = raw(conn, slo, Span { to: inner_from, ..span })?;
    let after = raw(conn, slo, Span { from: inner_to, ..span })?;
    Ok(before + tally_of(sums) + after)
}

/// Buckets, slices, good slices, ratios, good and total.
type Sums = (i64, i64, i64, i64, i64, i64);

#[allow(clippy::type_complexity)] // Six sums, each the same.
fn sums() -> (
    diesel::expression::SqlLiteral<BigInt>,
    diesel::expression::SqlLiteral<BigInt>,
    diesel::expression::SqlLiteral<BigInt>,
    diesel::expression::SqlLiteral<BigInt>,
    diesel::expression::SqlLiteral<BigInt>,
    diesel::expression::SqlLiteral<BigInt>,
) {
    // PostgreSQL sums a BIGINT as a NUMERIC; what stands here fits a BIGINT for any window.
    let sum = |column: &str| sql::<BigInt>(&format!("CAST(coalesce(sum({column}), 0) AS BIGINT)"));
    (sum("buckets"), sum("slices"), sum("good_slices"), sum("ratios"), sum("good"), sum("total"))
}

fn tally_of((buckets, slices, good_slices, ratios, good, total): Sums) -> Tally {
    Tally { buckets, slices, good_slices, ratios, good, total }
}

fn raw(conn: &mut Conn, slo: &Slo, span: Span) -> Result<Tally, Failure> {
    if span.buckets(slo.bucket_seconds) == 0 {
        return Ok(Tally::default());
    }
    let parts = slo.slice_parts();
    Ok(buckets(conn, slo, span)?.into_iter().map(|(_, good, total)| Tally::bucket(good, total, parts)).sum())
}

/// The first day that begins at `at` or later.
fn first_whole_day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let day = at.with_timezone(&zone).date_naive();
    if start_of(day, zone) < at { day + Days::new(1) } else { day }
}

/// The day that `at` is in, which is the first that is not over by then.
fn last_whole_day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The sums of each day of a span that has any, each with the end of its day or of the span.
pub fn days(conn: &mut Conn, slo: &Slo, zone: Tz, span: Span) -> Result<Vec<(DateTime<Utc>, Tally)>, Failure> {
    let mut days = Vec::new();
    let (first, last) = (first_whole_day(span.from, zone), last_whole_day(span.to, zone));
    let inner = Span { from: start_of(first, zone).min(span.to), to: start_of(last, zone).max(span.from) };
    if span.from < inner.from {
        days.push((inner.from, raw(conn, slo, Span { to: inner.from, ..span })?));
    }
    let sums: BTreeMap<NaiveDate, Tally> = slo_days::table
        .filter(slo_days::slo_id.eq(&slo.id))
        .filter(slo_days::day.ge(first))
        .filter(slo_days::day.lt(last))
        .select((slo_days::day, day_columns()))
        .load::<(NaiveDate, Sums)>(conn)?
        .into_iter()
        .map(|(day, sums)| (day, tally_of(sums)))
        .collect();
    for day in first.iter_days().take_while(|day| *day < last) {
        days.push((start_of(day + Days::new(1), zone), sums.get(&day).copied().unwrap_or_default()));
    }
    if inner.to < span.to && inner.from <= inner.to {
        days.push((span.to, raw(conn, slo, Span { from: inner.to, ..span })?));
    }
    Ok(days)
}

type DayColumns =
    (slo_days::buckets, slo_days::slices, slo_days::good_slices, slo_days::ratios, slo_days::good, slo_days::total);

fn day_columns() -> DayColumns {
    (slo_days::buckets, slo_days::slices, slo_days::good_slices, slo_days::ratios, slo_days::good, slo_days::total)
}

/// The sums of every day of all of a product's SLOs from one day up to another, by SLO id.
pub fn days_of_product(
    conn: &mut Conn,
    product: &ProductId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<HashMap<String, BTreeMap<NaiveDate, Tally>>, Failure> {
    let rows: Vec<(String, NaiveDate, Sums)> = slo_days::table
        .filter(slo_days::product_id.eq(product.as_str()))
        .filter(slo_days::day.ge(from))
        .filter(slo_days::day.lt(to))
        .select((slo_days::slo_id, slo_days::day, day_columns()))
        .load(conn)?;
    let mut by_slo: HashMap<String, BTreeMap<NaiveDate, Tally>> = HashMap::new();
    for (slo, day, sums) in rows {
        by_slo.entry(slo).or_default().insert(day, tally_of(sums));
    }
    Ok(by_slo)
}
