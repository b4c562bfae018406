//! The SQL of what the clock has done.

use super::{Act, Calendar, Done};
use crate::{
    kernel::{
        auth::ProductId,
        clock::Clock,
        db::{Conn, Tx, now},
        failure::Failure,
        month::Month,
        schema::{products as product_rows, report_runs},
    },
    on_backend,
    products::Product,
    reports::Report,
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// Everyone for whom there may be something to do.
pub fn products(conn: &mut Conn) -> Result<Vec<Product>, Failure> {
    Ok(product_rows::table.order(product_rows::key).select(Product::as_select()).load(conn)?)
}

/// What is to be done for a product.
pub struct Agenda {
    pub due: Vec<(Month, Act)>,
    /// How long there will be nothing more.
    pub until: Option<TimeDelta>,
}

/// At this moment.
pub fn agenda(conn: &mut Conn, product: &Product, clock: &Clock) -> Result<Agenda, Failure> {
    let (now, calendar) = (now(conn, clock)?, Calendar::of(product)?);
    let due = calendar.due(&done(conn, &product.product_id())?, now);
    Ok(Agenda { due, until: calendar.next(now).map(|next| next.utc() - now.utc()) })
}

/// What the clock has done for a product.
pub fn done(conn: &mut Conn, product: &ProductId) -> Result<Done, Failure> {
    let runs = report_runs::table
        .filter(report_runs::product_id.eq(product.as_str()))
        .select((report_runs::month, report_runs::act))
        .load(conn)?;
    Ok(runs.into_iter().collect())
}

/// Takes on an act in this change; false when it was done already, or another instance has just done it. Nobody else
/// publishes, or says anything of a draft, until the change is over.
pub fn take_on(tx: &mut Tx<'_>, product: &ProductId, month: Month, act: Act) -> Result<bool, Failure> {
    tx.alone_in(product)?;
    let run = (
        report_runs::product_id.eq(product.as_str()),
        report_runs::month.eq(month),
        report_runs::act.eq(act),
        report_runs::at.eq(tx.at()),
    );
    let conn = &mut **tx;
    let written =
        on_backend!(conn, |c| diesel::insert_into(report_runs::table).values(run).on_conflict_do_nothing().execute(c))?;
    Ok(written == 1)
}

/// Notes which report came of an act.
pub fn note(tx: &mut Tx<'_>, month: Month, act: Act, report: &Report) -> Result<(), Failure> {
    let run = report_runs::table.find((&report.product_id, month, act));
    diesel::update(run).set(report_runs::report_id.eq(&report.id)).execute(&mut **tx)?;
    Ok(())
}

/// Whether a draft is still the very one that the clock made.
pub fn is_untouched(conn: &mut Conn, report: &Report) -> Result<bool, Failure> {
    let made = report_runs::table
        .find((&report.product_id, report.month, Act::Draft))
        .select(report_runs::report_id)
        .first::<Option<String>>(conn)
        .optional()?;
    Ok(report.version == 1 && made.flatten().as_ref() == Some(&report.id))
}
