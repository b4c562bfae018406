//! The SQL of commentaries.

use super::{Commentary, NewCommentary, Speaker};
use crate::{
    kernel::{
        auth::{ProductId, ProductScope},
        db::{Conn, Kept, Row, Tx, require_changed},
        failure::Failure,
        http::{IfMatch, IfNoneMatch},
        schema::{report_commentaries, reports},
    },
    reports::{Report, ReportState, document::SectionKey, store},
};
use diesel::prelude::*;

/// In the order of the sections.
pub fn all(conn: &mut Conn, report: &Report) -> Result<Vec<Commentary>, Failure> {
    let mut all = report_commentaries::table
        .filter(report_commentaries::report_id.eq(&report.id))
        .select(Commentary::as_select())
        .load(conn)?;
    all.sort_by_key(|one| one.section);
    Ok(all)
}

pub fn find(conn: &mut Conn, product: &ProductScope, report: &str, section: SectionKey) -> Result<Commentary, Failure> {
    let report = store::find(conn, product, report)?;
    of_section(conn, &report, section)?.ok_or(Failure::NotFound)
}

fn of_section(conn: &mut Conn, report: &Report, section: SectionKey) -> Result<Option<Commentary>, Failure> {
    Ok(report_commentaries::table
        .filter(report_commentaries::report_id.eq(&report.id))
        .filter(report_commentaries::section.eq(section))
        .select(Commentary::as_select())
        .first(conn)
        .optional()?)
}

/// Says something of a section of a draft, in place of what was said.
///
/// # Errors
/// 409 when the report is published, 412 when somebody else said something meanwhile.
pub fn put(
    tx: &mut Tx<'_>,
    product: &ProductId,
    report: &str,
    section: SectionKey,
    expected: IfNoneMatch,
    new: NewCommentary,
    by: Speaker,
) -> Result<Commentary, Failure> {
    let report = store::draft_to_change(tx, product, report)?;
    let before = of_section(tx, &report, section)?;
    expected.check(before.as_ref())?;
    let head = before.as_ref().map_or_else(|| tx.new_head(), |before| tx.next_head(before));
    let after = new.into_row(product.as_str(), &report.id, section, by, head);
    match &before {
        Some(before) => {
            let same = report_commentaries::table
                .filter(report_commentaries::id.eq(&before.id))
                .filter(report_commentaries::version.eq(before.version));
            require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
            tx.updated(before, &after)?;
        }
        None => {
            diesel::insert_into(report_commentaries::table).values(&after).execute(&mut **tx)?;
            tx.created(&after)?;
        }
    }
    store::touch(tx, &report)?;
    Ok(after)
}

/// Takes back what was said.
///
/// # Errors
/// 409 when the report is published, 412 when it was said anew meanwhile.
pub fn delete(
    tx: &mut Tx<'_>,
    product: &ProductId,
    report: &str,
    section: SectionKey,
    seen: IfMatch,
) -> Result<(), Failure> {
    let report = store::draft_to_change(tx, product, report)?;
    let before = of_section(tx, &report, section)?.ok_or(Failure::NotFound)?;
    seen.check(&before)?;
    let same = report_commentaries::table
        .filter(report_commentaries::id.eq(&before.id))
        .filter(report_commentaries::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)?;
    store::touch(tx, &report)
}

/// Takes what was said of one revision into the next: its words hold until somebody changes them.
pub fn carry_over(tx: &mut Tx<'_>, from: &Report, to: &Report) -> Result<(), Failure> {
    for said in all(tx, from)? {
        let head = tx.new_head();
        let row = Commentary {
            id: head.id,
            report: to.id.clone(),
            created_at: head.created_at,
            version: head.version,
            change_number: head.change_number,
            ..said
        };
        diesel::insert_into(report_commentaries::table).values(&row).execute(&mut **tx)?;
        tx.created(&row)?;
    }
    Ok(())
}

/// Goes with its draft.
pub fn delete_all(tx: &mut Tx<'_>, report: &Report) -> Result<(), Failure> {
    for said in all(tx, report)? {
        diesel::delete(report_commentaries::table.find(&said.id)).execute(&mut **tx)?;
        tx.deleted(&said)?;
    }
    Ok(())
}

/// Empties what a user said of reports that are still drafts of what they are called, and the trail of all they said.
/// What is published stays as it was told.
pub fn erase(tx: &mut Tx<'_>, user: &str, called: &str) -> Result<(), Failure> {
    let drafts = reports::table.filter(reports::state.eq(ReportState::Draft)).select(reports::id);
    let drafts: Vec<String> = drafts.load(&mut **tx)?;
    let theirs = report_commentaries::table
        .filter(report_commentaries::author.eq(user))
        .filter(report_commentaries::report_id.eq_any(drafts));
    let (at, next) = (tx.at(), tx.new_head().change_number);
    diesel::update(theirs)
        .set((
            report_commentaries::author_name.eq(called),
            report_commentaries::version.eq(report_commentaries::version + 1),
            report_commentaries::updated_at.eq(at),
            report_commentaries::change_number.eq(next),
        ))
        .execute(&mut **tx)?;
    let said = |kept: &Kept| kept.get("author").is_some_and(|known| known == user);
    tx.forget(Commentary::RESOURCE, user, said, &["author_name"])
}
