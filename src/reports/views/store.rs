//! The SQL of what a published report looks like: made once for each audience and form, then kept.

use super::Audience;
use crate::{
    kernel::{
        clock::Instant,
        db::{Conn, Db},
        failure::Failure,
        http::formats::Format,
        schema::report_renderings,
    },
    on_backend,
    reports::{Report, ReportView, document::Document, render, store},
};
use diesel::prelude::*;

/// A report as one audience gets it in one form.
pub enum Rendering {
    View(Box<ReportView>),
    Text(String),
}

/// What is shown, and what of it nobody was shown before.
struct Shown {
    rendering: Rendering,
    /// To be kept, so that everybody sees the same for ever.
    new: Vec<(Format, String)>,
}

/// What was kept of a published report, or what is made of it now and kept; of a draft, what it looks like.
///
/// # Errors
/// Those of `find`, and when the storage fails.
pub async fn rendering(
    db: &Db,
    format: Format,
    find: impl Fn(&mut Conn) -> Result<(Report, Audience), Failure> + Clone + Send + 'static,
) -> Result<(Report, Rendering), Failure> {
    loop {
        let find = find.clone();
        let (report, audience, shown) = db
            .snapshot(move |conn| {
                let (report, audience) = find(conn)?;
                let shown = show(conn, &report, &audience, format)?;
                Ok((report, audience, shown))
            })
            .await?;
        if shown.new.is_empty() {
            return Ok((report, shown.rendering));
        }
        // Of two that are made at once the first is kept; both callers then read that one.
        let (id, at) = (report.id, db.clock().now());
        db.note(move |conn| keep(conn, &id, &audience, &shown.new, at)).await?;
    }
}

fn show(conn: &mut Conn, report: &Report, audience: &Audience, format: Format) -> Result<Shown, Failure> {
    let mut new = Vec::new();
    if let (true, Some(body)) = (format != Format::Json, kept(conn, report, audience, format)?) {
        return Ok(Shown { rendering: Rendering::Text(body), new });
    }
    let facts = store::facts(conn, report)?;
    let document = match (audience, kept(conn, report, audience, Format::Json)?) {
        (Audience::Everyone, _) => store::document(conn, report)?,
        (_, Some(kept)) => store::read(&kept)?,
        (_, None) => {
            let document = audience.view(store::document(conn, report)?, &facts);
            new.push((Format::Json, store::written(&document)?));
            document
        }
    };
    let rendering = match format {
        Format::Json => Rendering::View(Box::new(ReportView::new(report.clone(), document, facts))),
        _ => {
            let body = rendered(report, &document, audience, format);
            new.push((format, body.clone()));
            Rendering::Text(body)
        }
    };
    if !report.state.is_published() {
        new.clear();
    }
    Ok(Shown { rendering, new })
}

/// The document in a form for people.
pub fn rendered(report: &Report, document: &Document, audience: &Audience, format: Format) -> String {
    match format {
        Format::Markdown => render::markdown(report, document, audience),
        Format::Html | Format::Json | Format::Csv | Format::Svg => render::html(report, document, audience),
    }
}

fn kept(conn: &mut Conn, report: &Report, audience: &Audience, format: Format) -> Result<Option<String>, Failure> {
    Ok(report_renderings::table
        .find((&report.id, audience.name(), format.suffix()))
        .select(report_renderings::body)
        .first(conn)
        .optional()?)
}

/// Writes down what is shown from now on, unless something is already.
///
/// # Errors
/// When the storage fails.
pub fn keep(
    conn: &mut Conn,
    report: &str,
    audience: &Audience,
    bodies: &[(Format, String)],
    at: Instant,
) -> Result<(), Failure> {
    for (format, body) in bodies {
        let values = (
            report_renderings::report_id.eq(report),
            report_renderings::audience.eq(audience.name()),
            report_renderings::format.eq(format.suffix()),
            report_renderings::body.eq(body),
            report_renderings::created_at.eq(at),
        );
        on_backend!(conn, |c| diesel::insert_into(report_renderings::table)
            .values(values)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}
