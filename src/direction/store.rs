//! The SQL of documents.

use super::{Document, DocumentKind, Edition, difference::DifferenceView};
use crate::kernel::{
    auth::ProductId,
    db::{Conn, Tx, order_by, require_changed},
    failure::{Failure, Fault},
    http::{IfMatch, IfNoneMatch, List, Page},
    schema::documents,
};
use diesel::{dsl::max, prelude::*};

/// The versions that were published.
pub fn page<D: Document>(conn: &mut Conn, product: &ProductId, list: &List<D>) -> Result<Page<D>, Failure> {
    let rows: Vec<Edition> = documents::table
        .filter(documents::product_id.eq(product.as_str()))
        .filter(documents::kind.eq(D::KIND))
        .filter(documents::version_number.is_not_null())
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Edition::as_select())
        .load(conn)?;
    list.page(rows.into_iter().map(told).collect::<Result<_, _>>()?)
}

/// The number of the latest published version; none before the first.
pub fn latest(conn: &mut Conn, product: &ProductId, kind: DocumentKind) -> Result<Option<i64>, Failure> {
    Ok(documents::table
        .filter(documents::product_id.eq(product.as_str()))
        .filter(documents::kind.eq(kind))
        .select(max(documents::version_number))
        .first(conn)?)
}

/// The latest published version.
///
/// # Errors
/// 404 before the first.
pub fn published<D: Document>(conn: &mut Conn, product: &ProductId) -> Result<D, Failure> {
    current(conn, product)?.ok_or(Failure::NotFound)
}

/// The latest published version; none before the first.
pub fn current<D: Document>(conn: &mut Conn, product: &ProductId) -> Result<Option<D>, Failure> {
    last_edition(conn, product, D::KIND)?.map(told).transpose()
}

/// Every published version, the first one first.
pub fn versions<D: Document>(conn: &mut Conn, product: &ProductId) -> Result<Vec<D>, Failure> {
    let rows: Vec<Edition> = documents::table
        .filter(documents::product_id.eq(product.as_str()))
        .filter(documents::kind.eq(D::KIND))
        .filter(documents::version_number.is_not_null())
        .order(documents::version_number)
        .select(Edition::as_select())
        .load(conn)?;
    rows.into_iter().map(told).collect()
}

/// # Errors
/// 404 when nothing is drafted.
pub fn draft<D: Document>(conn: &mut Conn, product: &ProductId) -> Result<D, Failure> {
    told(edition(conn, product, D::KIND, None)?.ok_or(Failure::NotFound)?)
}

/// A version that was published.
///
/// # Errors
/// 404 for a number that was not given yet.
pub fn find<D: Document>(conn: &mut Conn, product: &ProductId, number: i64) -> Result<D, Failure> {
    told(edition(conn, product, D::KIND, Some(number))?.ok_or(Failure::NotFound)?)
}

/// How one published version differs from another, or from the latest.
///
/// # Errors
/// 404 for a number that was not given yet, 422 when it is the other's.
pub fn difference<D: Document>(
    conn: &mut Conn,
    product: &ProductId,
    number: i64,
    other: Option<i64>,
) -> Result<DifferenceView, Failure> {
    let from = edition(conn, product, D::KIND, Some(number))?.ok_or(Failure::NotFound)?;
    let to = match other {
        None => last_edition(conn, product, D::KIND)?,
        Some(other) => edition(conn, product, D::KIND, Some(other))?,
    };
    let unknown = || Fault::parameter("to", "unknown_reference", "there is no such published version");
    let to = to.ok_or_else(|| Failure::Invalid(vec![unknown()]))?;
    let said = |edition: &Edition| serde_json::from_str(&edition.content).map_err(Failure::internal);
    let other = to.version_number.unwrap_or_default();
    Ok(DifferenceView::between((number, &said(&from)?), (other, &said(&to)?)))
}

/// # Errors
/// 422 at `/strategy_version` for a version of the strategy that was not published.
pub fn require_strategy(conn: &mut Conn, product: &ProductId, number: Option<i64>) -> Result<(), Failure> {
    let last = latest(conn, product, DocumentKind::Strategy)?.unwrap_or(0);
    match number {
        Some(number) if !(1..=last).contains(&number) => {
            let detail = "there is no such published version of the strategy";
            Err(Failure::invalid("/strategy_version", "unknown_reference", detail))
        }
        _ => Ok(()),
    }
}

/// Drafts a document anew. Whoever begins a draft expects none, or has seen what is published; its versions run on from
/// there, so that no `ETag` is given twice.
///
/// # Errors
/// 412 when somebody else drafted or published meanwhile.
pub fn put<D: Document>(
    tx: &mut Tx<'_>,
    product: &ProductId,
    expected: IfNoneMatch,
    new: &D::New,
) -> Result<D, Failure> {
    tx.alone_in(product)?;
    let before = edition(tx, product, D::KIND, None)?;
    let content = serde_json::to_string(new).map_err(Failure::internal)?;
    let Some(before) = before else {
        let published = last_edition(tx, product, D::KIND)?;
        let runs_on = published.as_ref().map_or(0, |published| published.version);
        if let (IfNoneMatch::Seen(_), published) = (expected, published) {
            expected.check(published.map(told::<D>).transpose()?.as_ref())?;
        }
        let head = tx.new_head();
        let row = Edition {
            id: head.id,
            product_id: product.as_str().to_owned(),
            kind: D::KIND,
            version_number: None,
            content,
            published_at: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version + runs_on,
            change_number: head.change_number,
        };
        diesel::insert_into(documents::table).values(&row).execute(&mut **tx)?;
        let row: D = told(row)?;
        tx.created(&row)?;
        return Ok(row);
    };
    let was: D = told(before.clone())?;
    expected.check(Some(&was))?;
    let head = tx.next_head(&was);
    let after = Edition {
        content,
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before
    };
    write(tx, was.version(), &after)?;
    let after: D = told(after)?;
    tx.updated(&was, &after)?;
    Ok(after)
}

/// Makes the draft the published version.
///
/// # Errors
/// 404 without a draft, 412 when it was written anew meanwhile, 409 for one that does not say what it must.
pub fn publish<D: Document>(tx: &mut Tx<'_>, product: &ProductId, seen: IfMatch) -> Result<D, Failure> {
    tx.alone_in(product)?;
    let before = edition(tx, product, D::KIND, None)?.ok_or(Failure::NotFound)?;
    let was: D = told(before.clone())?;
    seen.check(&was)?;
    let lacks = was.lacks();
    if !lacks.is_empty() {
        let detail = format!("the draft does not say its {} yet", lacks.join(" and "));
        return Err(Failure::conflict("incomplete", detail));
    }
    let (head, last) = (tx.next_head(&was), latest(tx, product, D::KIND)?.unwrap_or(0));
    let after = Edition {
        version_number: Some(last + 1),
        published_at: Some(tx.at()),
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before
    };
    write(tx, was.version(), &after)?;
    let after: D = told(after)?;
    tx.record("publish", D::RESOURCE, Some(product.as_str()), after.id(), Some(&was), Some(&after))?;
    Ok(after)
}

/// What is published has a number, and is not met by any statement that writes.
fn write(tx: &mut Tx<'_>, version: i64, after: &Edition) -> Result<(), Failure> {
    let same = documents::table
        .filter(documents::id.eq(&after.id))
        .filter(documents::version.eq(version))
        .filter(documents::version_number.is_null());
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// A version by its number, or the draft.
fn edition(
    conn: &mut Conn,
    product: &ProductId,
    kind: DocumentKind,
    number: Option<i64>,
) -> Result<Option<Edition>, Failure> {
    let all = documents::table
        .filter(documents::product_id.eq(product.as_str()))
        .filter(documents::kind.eq(kind))
        .select(Edition::as_select());
    Ok(match number {
        Some(number) => all.filter(documents::version_number.eq(number)).first(conn).optional()?,
        None => all.filter(documents::version_number.is_null()).first(conn).optional()?,
    })
}

fn last_edition(conn: &mut Conn, product: &ProductId, kind: DocumentKind) -> Result<Option<Edition>, Failure> {
    match latest(conn, product, kind)? {
        Some(number) => edition(conn, product, kind, Some(number)),
        None => Ok(None),
    }
}

fn told<D: Document>(edition: Edition) -> Result<D, Failure> {
    let said = serde_json::from_str(&edition.content).map_err(Failure::internal)?;
    Ok(D::of(edition, said))
}
