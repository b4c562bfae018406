//! The SQL of reports and their facts.

mod facts;

pub use facts::{all as facts, find as fact};

use super::{
    Draft, Publication, Report, ReportState, ReportView, commentary,
    document::{Correction, Document},
    facts::{Fact, Facts},
    figures::Told,
    gather, mail, render, sections,
    views::{self, Audience},
};
use crate::{
    kernel::{
        auth::{ProductId, ProductScope, Role},
        clock::Instant,
        db::{Author, Conn, Db, Row, Tx, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page, Saved, formats::Format, hex},
        month::Month,
        schema::{members, products as product_rows, report_facts, reports},
        text::Key,
    },
    products::{self, Product},
    roadmap::Horizon,
};
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Viewers know nothing of drafts.
pub fn page(conn: &mut Conn, product: &ProductScope, list: &List<Report>) -> Result<Page<Report>, Failure> {
    let mut query = reports::table.filter(reports::product_id.eq(product.id.as_str())).into_boxed();
    if !product.role.may_edit() {
        query = query.filter(reports::state.ne(ReportState::Draft));
    }
    let rows = query
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Report::as_select())
        .load(conn)?;
    list.page(rows)
}

/// A report that the caller may know of: to viewers a draft is not there.
pub fn find(conn: &mut Conn, product: &ProductScope, id: &str) -> Result<Report, Failure> {
    let report = find_any(conn, &product.id, id)?;
    let visible = report.state.is_published() || product.role.may_edit();
    if visible { Ok(report) } else { Err(Failure::NotFound) }
}

fn find_any(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Report, Failure> {
    Ok(reports::table
        .filter(reports::product_id.eq(product.as_str()))
        .filter(reports::id.eq(id))
        .select(Report::as_select())
        .first(conn)?)
}

/// A published report, for whoever holds a link to it.
pub fn shared(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Report, Failure> {
    find_any(conn, product, id).and_then(|report| match report.state.is_published() {
        true => Ok(report),
        false => Err(Failure::NotFound),
    })
}

/// The address that a report's page was written for.
pub fn place(conn: &mut Conn, report: &Report) -> Result<String, Failure> {
    let key = product_rows::table.find(&report.product_id).select(product_rows::key).first::<Key>(conn)?;
    Ok(render::place(&key, &report.id))
}

/// The last revision of a month, draft or not.
pub fn latest(conn: &mut Conn, product: &ProductId, month: Month) -> Result<Option<Report>, Failure> {
    Ok(reports::table
        .filter(reports::product_id.eq(product.as_str()))
        .filter(reports::month.eq(month))
        .order(reports::revision.desc())
        .select(Report::as_select())
        .first(conn)
        .optional()?)
}

/// What the last published report of the months before one said of the roadmap.
pub fn told_before(conn: &mut Conn, product: &ProductId, month: Month) -> Result<Option<Told>, Failure> {
    let last = reports::table
        .filter(reports::product_id.eq(product.as_str()))
        .filter(reports::month.lt(month))
        .filter(reports::state.ne(ReportState::Draft))
        .order((reports::month.desc(), reports::revision.desc()))
        .select(Report::as_select())
        .first(conn)
        .optional()?;
    let Some(last) = last else { return Ok(None) };
    let mut rows = |horizon: Horizon| match fact(conn, &last, &format!("roadmap.{horizon}_count")) {
        Ok(fact) => Ok(fact.rows.unwrap_or_default()),
        Err(Failure::NotFound) => Ok(Vec::new()),
        Err(failure) => Err(failure),
    };
    let (now, mut others) = (rows(Horizon::Now)?, rows(Horizon::Next)?);
    others.extend(rows(Horizon::Later)?);
    Ok(Some(Told { month: last.month, revision: last.revision, now, others }))
}

/// With its words and figures.
pub fn view(conn: &mut Conn, report: Report) -> Result<ReportView, Failure> {
    let (document, facts) = (document(conn, &report)?, facts(conn, &report)?);
    Ok(ReportView::new(report, document, facts))
}

/// As it was published; of a draft, with what people say of it by now.
pub fn document(conn: &mut Conn, report: &Report) -> Result<Document, Failure> {
    let text: String = reports::table.find(&report.id).select(reports::document).first(conn)?;
    let document = read(&text)?;
    match report.state.is_published() {
        true => Ok(document),
        false => Ok(commentary::woven(document, commentary::store::all(conn, report)?)),
    }
}

/// The page of a fact.
pub fn fact_page(conn: &mut Conn, report: &Report, fact: &Fact) -> Result<String, Failure> {
    let names = report_facts::table.filter(report_facts::report_id.eq(&report.id)).select(report_facts::name);
    let known = names.load(conn)?.into_iter().collect();
    Ok(render::fact(report, &document(conn, report)?, fact, &known))
}

pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(Failure::internal)
}

pub fn written(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::internal)
}

/// What a month looks like in today's data; the caller gives a connection that sees one moment.
pub fn draft(conn: &mut Conn, product: &Product, month: Month, at: Instant) -> Result<Draft, Failure> {
    Ok(Draft::of(&gather::gather(conn, product, month, at)?))
}

/// Builds the draft of a month and keeps it, for callers inside the program.
///
/// # Errors
/// When the database cannot be reached; missing data is told by the report itself.
pub async fn build(db: &Db, author: Author, product: Product, month: Month) -> Result<ReportView, Failure> {
    let (at, id) = (db.clock().now(), product.product_id());
    let draft = db.snapshot(move |conn| draft(conn, &product, month, at)).await?;
    db.change(author, move |tx| save(tx, &id, draft)).await.map(Saved::into_inner)
}

/// Keeps a draft: in place of the month's draft, whose id stays, or as its next revision.
pub fn save(tx: &mut Tx<'_>, product: &ProductId, mut draft: Draft) -> Result<Saved<ReportView>, Failure> {
    let latest = latest(tx, product, draft.document.month)?;
    let (open, published) = match latest {
        Some(report) if !report.state.is_published() => {
            let earlier = revision(tx, product, report.month, report.revision - 1)?;
            (Some(report), earlier)
        }
        published => (None, published),
    };
    if let Some(published) = &published {
        let before: Facts = facts(tx, published)?.into_iter().collect();
        draft.document.corrections = Correction::between(&before, &draft.facts);
    }
    let number = published.as_ref().map_or(1, |published| published.revision + 1);
    let document = written(&draft.document)?;
    let (report, before) = match open {
        None => (Report::draft(&draft, product.as_str(), number, tx.new_head()), None),
        Some(open) => (Report::draft(&draft, product.as_str(), number, tx.next_head(&open)), Some(open)),
    };
    match &before {
        None => {
            let values = (&report, reports::document.eq(&document));
            diesel::insert_into(reports::table).values(values).execute(&mut **tx)?;
            tx.created(&report)?;
            if let Some(published) = &published {
                commentary::store::carry_over(tx, published, &report)?;
            }
        }
        Some(before) => {
            let same = reports::table.filter(reports::id.eq(&before.id)).filter(reports::version.eq(before.version));
            let values = (&report, reports::document.eq(&document));
            require_changed(diesel::update(same).set(values).execute(&mut **tx)?)?;
            facts::delete(tx, before)?;
            tx.updated(before, &report)?;
        }
    }
    facts::write(tx, &report, &draft.facts)?;
    let document = commentary::woven(draft.document, commentary::store::all(tx, &report)?);
    let view = ReportView::new(report, document, draft.facts.iter().cloned().collect());
    Ok(if before.is_some() { Saved::Again(view) } else { Saved::New(view) })
}

fn revision(conn: &mut Conn, product: &ProductId, month: Month, revision: i64) -> Result<Option<Report>, Failure> {
    Ok(reports::table
        .filter(reports::product_id.eq(product.as_str()))
        .filter(reports::month.eq(month))
        .filter(reports::revision.eq(revision))
        .select(Report::as_select())
        .first(conn)
        .optional()?)
}

/// Freezes a draft: document with what people say of it, facts with their rows, and the bytes of its
/// page and of its Markdown, under one hash.
///
/// # Errors
/// 409 when it is published already, 412 when it was rebuilt since, 422 for a revision without reason.
pub fn publish(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    publication: Publication,
) -> Result<ReportView, Failure> {
    let before = find_any(tx, product, id)?;
    require_draft(&before)?;
    seen.check(&before)?;
    let now = Month::at(tx.at().utc(), products::store::find(tx, product)?.zone()?);
    if before.month > now {
        return Err(Failure::conflict("not_begun", format!("{} has not begun yet", before.month)));
    }
    let reason = publication.reason.trim().to_owned();
    if before.revision > 1 && reason.is_empty() {
        return Err(Failure::invalid("/reason", "required", "say why there is another revision"));
    }
    let document = document(tx, &before)?;
    freeze(tx, product, &before, document, ReportState::Published, reason)
}

/// Publishes the first draft of a month as it stands, in the name of the clock: in its own words it says that nobody has
/// reviewed it.
///
/// # Errors
/// 412 when it was changed since.
pub fn publish_unreviewed(tx: &mut Tx<'_>, product: &ProductId, before: &Report) -> Result<ReportView, Failure> {
    let zone = products::store::find(tx, product)?.zone()?;
    let mut document = document(tx, before)?;
    sections::mark_unreviewed(&mut document, tx.at().day_in(zone));
    freeze(tx, product, before, document, ReportState::Unreviewed, String::new())
}

fn freeze(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: &Report,
    document: Document,
    state: ReportState,
    reason: String,
) -> Result<ReportView, Failure> {
    let (facts, head) = (facts(tx, before)?, tx.next_head(before));
    let text = written(&document)?;
    let mut after = Report {
        state,
        published_at: Some(tx.at()),
        reason,
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    let everyone = Audience::Everyone;
    let forms = [Format::Html, Format::Markdown];
    let bodies = forms.map(|format| (format, views::store::rendered(&after, &document, &everyone, format)));
    after.hash = Some(digest(&text, &facts, bodies.iter().map(|(_, body)| body.as_str()))?);
    let same = reports::table.filter(reports::id.eq(&before.id)).filter(reports::version.eq(before.version));
    require_changed(diesel::update(same).set((&after, reports::document.eq(&text))).execute(&mut **tx)?)?;
    let at = tx.at();
    views::store::keep(tx, &after.id, &everyone, &bodies, at)?;
    tx.record("publish", Report::RESOURCE, after.product(), &after.id, Some(before), Some(&after))?;
    products::store::publish_through(tx, product, after.month)?;
    mail::store::queue(tx, &after)?;
    Ok(ReportView::new(after, document, facts))
}

fn require_draft(report: &Report) -> Result<(), Failure> {
    match report.state.is_published() {
        false => Ok(()),
        true => Err(Failure::conflict("published", "a published report stays as it is")),
    }
}

/// The draft of that id, for who changes what belongs to it; it is not published meanwhile.
///
/// # Errors
/// 409 when it is published.
pub fn draft_to_change(tx: &mut Tx<'_>, product: &ProductId, id: &str) -> Result<Report, Failure> {
    tx.alone_in(product)?;
    let report = find_any(tx, product, id)?;
    require_draft(&report)?;
    Ok(report)
}

/// Says that what belongs to a draft has changed, so that nobody publishes what they have not seen.
pub fn touch(tx: &mut Tx<'_>, before: &Report) -> Result<(), Failure> {
    let head = tx.next_head(before);
    let after = Report {
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    let same = reports::table.filter(reports::id.eq(&before.id)).filter(reports::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(before, &after)
}

/// SHA-256 over what is frozen: the document's JSON, each fact's JSON with its rows, the page and the
/// Markdown, each followed by a line feed.
pub fn digest<'a>(
    document: &str,
    facts: &[Fact],
    bodies: impl IntoIterator<Item = &'a str>,
) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    let mut line = |text: &str| {
        hash.update(text);
        hash.update("\n");
    };
    line(document);
    for fact in facts {
        line(&written(fact)?);
    }
    bodies.into_iter().for_each(line);
    Ok(hex(&hash.finalize()))
}

/// # Errors
/// 409 when it is published.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find_any(tx, product, id)?;
    require_draft(&before)?;
    seen.check(&before)?;
    facts::delete(tx, &before)?;
    commentary::store::delete_all(tx, &before)?;
    let same = reports::table.filter(reports::id.eq(id)).filter(reports::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// A product as the archive shows it.
pub struct Shelf {
    pub product: Product,
    pub role: Role,
    /// Newest first; drafts only for those who may edit.
    pub reports: Vec<Report>,
}

/// What a user may read: their products with the reports of each.
pub fn archive(conn: &mut Conn, user: &str) -> Result<Vec<Shelf>, Failure> {
    let mine = product_rows::table
        .inner_join(members::table.on(members::product_id.eq(product_rows::id)))
        .filter(members::user_id.eq(user))
        .filter(members::role.ne(Role::Exporter))
        .order(product_rows::name)
        .select((Product::as_select(), members::role))
        .load::<(Product, Role)>(conn)?;
    mine.into_iter()
        .map(|(product, role)| {
            let mut query = reports::table.filter(reports::product_id.eq(&product.id)).into_boxed();
            if !role.may_edit() {
                query = query.filter(reports::state.ne(ReportState::Draft));
            }
            let order = (reports::month.desc(), reports::revision.desc());
            let reports = query.order(order).select(Report::as_select()).load(conn)?;
            Ok(Shelf { product, role, reports })
        })
        .collect()
}
