//! The clock's work. Each act is one change together with the note that it is done, so that it happens once, whatever
//! number of instances run or die.

use super::{Act, awaits_publication, store};
use crate::{
    kernel::{
        auth::ProductId,
        db::{Author, Db, Tx, now},
        failure::Failure,
        month::Month,
    },
    products::{self, Product},
    reports::{self, Report},
};
use std::time::Duration;

/// How long the clock sleeps at most: nothing of ours tells it that a product was made, or that the time was set.
const LOOK: Duration = Duration::from_secs(60);
/// And at least, so that it does not look again and again in the last instant before midnight.
const BLINK: Duration = Duration::from_millis(50);

/// Looks at the clock for as long as the process lives.
pub async fn keep(db: Db) {
    loop {
        let pause = look(&db).await.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "what is due for reports is looked up again in a minute");
            LOOK
        });
        tokio::time::sleep(pause).await;
    }
}

/// Does what is due for every product, and tells how long there is nothing to do.
///
/// # Errors
/// When the database cannot be read. What fails for one product is logged, and done at a later look; the others are
/// served all the same.
pub async fn look(db: &Db) -> Result<Duration, Failure> {
    let mut pause = LOOK;
    for product in db.read(store::products).await? {
        match serve(db, &product).await {
            Ok(until) => pause = until.unwrap_or(LOOK).min(pause),
            Err(failure) => complain(&failure, &product),
        }
    }
    Ok(pause.max(BLINK))
}

/// Does what is due for one product, in order: when something fails, its later months wait.
async fn serve(db: &Db, product: &Product) -> Result<Option<Duration>, Failure> {
    let (clock, of) = (db.clock().clone(), product.clone());
    let store::Agenda { due, until } = db.snapshot(move |conn| store::agenda(conn, &of, &clock)).await?;
    for (month, act) in due {
        let done = match act {
            Act::Draft => draft(db, product, month).await?,
            Act::Publish => publish(db, product, month).await?,
        };
        if let Some(report) = done {
            let (key, state) = (&product.key, report.state);
            tracing::info!(product = %key, %month, %state, report = report.id, "the clock has made a report");
        }
    }
    Ok(until.and_then(|until| until.to_std().ok()))
}

fn complain(failure: &Failure, product: &Product) {
    let key = &product.key;
    match failure {
        // Somebody works on that very report.
        Failure::Stale | Failure::Conflict { .. } => {
            tracing::debug!(product = %key, %failure, "the clock's report waits a minute");
        }
        Failure::Internal(what) => tracing::error!(product = %key, what, "the clock's report failed; tried again"),
        failure => tracing::warn!(product = %key, %failure, "the clock's report waits a minute"),
    }
}

/// Builds the draft of a month, unless it has a report.
async fn draft(db: &Db, product: &Product, month: Month) -> Result<Option<Report>, Failure> {
    let (clock, id) = (db.clock().clone(), product.product_id());
    // Read and written apart, so that a long read never holds the writer.
    let draft = db
        .snapshot(move |conn| match reports::store::latest(conn, &id, month)? {
            Some(_) => Ok(None),
            None => {
                let (at, product) = (now(conn, &clock)?, products::store::find(conn, &id)?);
                reports::store::draft(conn, &product, month, at).map(Some)
            }
        })
        .await?;
    once(db, product, month, Act::Draft, move |tx, id| match (reports::store::latest(tx, id, month)?, draft) {
        (Some(_), _) => Ok(None),
        (None, Some(draft)) => Ok(Some(reports::store::save(tx, id, draft)?.into_inner().report)),
        // Somebody has deleted it in this moment.
        (None, None) => Err(Failure::Stale),
    })
    .await
}

/// Publishes the first draft of a month as it is: with the words and figures that people have seen, when anybody has
/// done anything to it; else with the figures of this day.
async fn publish(db: &Db, product: &Product, month: Month) -> Result<Option<Report>, Failure> {
    let (clock, id) = (db.clock().clone(), product.product_id());
    let seen = db
        .snapshot(move |conn| {
            let latest = reports::store::latest(conn, &id, month)?;
            let Some(report) = latest.filter(awaits_publication) else { return Ok(None) };
            let (at, product) = (now(conn, &clock)?, products::store::find(conn, &id)?);
            let half = report.built_at.utc() < month.bounds(product.zone()?).1;
            let anew = match half || store::is_untouched(conn, &report)? {
                true => Some(reports::store::draft(conn, &product, month, at)?),
                false => None,
            };
            Ok(Some((report, anew)))
        })
        .await?;
    once(db, product, month, Act::Publish, move |tx, id| {
        let latest = reports::store::latest(tx, id, month)?.filter(awaits_publication);
        match (latest, seen) {
            (None, _) => Ok(None),
            (Some(report), Some((seen, anew))) if (&report.id, report.version) == (&seen.id, seen.version) => {
                let report = match anew {
                    Some(draft) => reports::store::save(tx, id, draft)?.into_inner().report,
                    None => report,
                };
                Ok(Some(reports::store::publish_unreviewed(tx, id, &report)?.report))
            }
            (Some(_), _) => Err(Failure::Stale),
        }
    })
    .await
}

/// An act in one change with the note that it is done; nothing when it was done already, or there was nothing to do.
async fn once(
    db: &Db,
    product: &Product,
    month: Month,
    act: Act,
    work: impl FnOnce(&mut Tx<'_>, &ProductId) -> Result<Option<Report>, Failure> + Send + 'static,
) -> Result<Option<Report>, Failure> {
    let (clock, id) = (db.clock().clone(), product.product_id());
    db.change(Author::scheduler(), move |tx| {
        let at = now(tx, &clock)?;
        tx.happens_at(at);
        let made = match store::take_on(tx, &id, month, act)? {
            true => work(tx, &id)?,
            false => None,
        };
        match &made {
            Some(report) => store::note(tx, month, act, report)?,
            None => tx.nothing_changed(),
        }
        Ok(made)
    })
    .await
}
