//! The SQL of links to surveys.

use super::{IssuedSurveyLinks, NewSurveyLinks, SurveyLinks};
use crate::{
    access,
    kernel::{
        auth::{ProductId, secret_hash},
        clock::Instant,
        db::{Conn, Tx, order_by, require_changed},
        failure::Failure,
        http::{ANSWERED, IfMatch, List, Page},
        schema::{products, survey_link_batches, survey_links, surveys},
    },
    surveys::{NewSurveyResponse, Survey, SurveyResponse, store},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a link can be open.
const LONGEST: TimeDelta = TimeDelta::days(366);

pub fn page(
    conn: &mut Conn,
    product: &ProductId,
    survey: &str,
    list: &List<SurveyLinks>,
) -> Result<Page<SurveyLinks>, Failure> {
    let survey = store::find(conn, product, survey)?;
    let rows = survey_link_batches::table
        .filter(survey_link_batches::survey.eq(&survey.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(SurveyLinks::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, survey: &str, id: &str) -> Result<SurveyLinks, Failure> {
    Ok(survey_link_batches::table
        .filter(survey_link_batches::product_id.eq(product.as_str()))
        .filter(survey_link_batches::survey.eq(survey))
        .filter(survey_link_batches::id.eq(id))
        .select(SurveyLinks::as_select())
        .first(conn)?)
}

/// Makes a link of each secret.
///
/// # Errors
/// 422 for a time that is over or too far away.
pub fn insert(
    tx: &mut Tx<'_>,
    product: &ProductId,
    survey: &str,
    new: NewSurveyLinks,
    tokens: &[String],
) -> Result<IssuedSurveyLinks, Failure> {
    let survey = store::find(tx, product, survey)?;
    let now = tx.at().utc();
    if new.expires_at.utc() <= now || new.expires_at.utc() > now + LONGEST {
        return Err(Failure::invalid("/expires_at", "out_of_range", "between now and 366 days from now"));
    }
    let by = tx.author().person().map(ToOwned::to_owned);
    let links = new.into_row(&survey, by, tx.new_head());
    diesel::insert_into(survey_link_batches::table).values(&links).execute(&mut **tx)?;
    for token in tokens {
        let link = (
            survey_links::token_hash.eq(secret_hash(token)),
            survey_links::batch.eq(&links.id),
            survey_links::used.eq(false),
        );
        diesel::insert_into(survey_links::table).values(link).execute(&mut **tx)?;
    }
    tx.created(&links)?;
    Ok(IssuedSurveyLinks { links, urls: tokens.iter().map(|token| format!("{ANSWERED}{token}")).collect() })
}

/// Revokes links: they open nothing from then on.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, survey: &str, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, survey, id)?;
    seen.check(&before)?;
    diesel::delete(survey_links::table.filter(survey_links::batch.eq(id))).execute(&mut **tx)?;
    let same = survey_link_batches::table
        .filter(survey_link_batches::id.eq(id))
        .filter(survey_link_batches::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// What a link asks, and of what product.
#[derive(Debug, Clone)]
pub struct Asked {
    pub survey: Survey,
    /// What the product is called.
    pub product: String,
    pub expires_at: Instant,
}

/// What a secret opens now.
///
/// # Errors
/// [`Failure::NotFound`] for one that is unknown, used, revoked or expired, or was made by a user who is disabled.
pub fn asked(conn: &mut Conn, token: &str, now: Instant) -> Result<Asked, Failure> {
    let (links, survey, product) = survey_links::table
        .inner_join(survey_link_batches::table.on(survey_link_batches::id.eq(survey_links::batch)))
        .inner_join(surveys::table.on(surveys::id.eq(survey_link_batches::survey)))
        .inner_join(products::table.on(products::id.eq(surveys::product_id)))
        .filter(survey_links::token_hash.eq(secret_hash(token)))
        .filter(survey_links::used.eq(false))
        .filter(survey_link_batches::expires_at.gt(now))
        .select((SurveyLinks::as_select(), Survey::as_select(), products::name))
        .first::<(SurveyLinks, Survey, String)>(conn)?;
    if let Some(maker) = &links.created_by
        && !access::store::may_come_in(conn, maker, links.created_at)?
    {
        return Err(Failure::NotFound);
    }
    Ok(Asked { survey, product, expires_at: links.expires_at })
}

/// Takes the one answer that a link is good for.
///
/// The link is marked, and nothing more: when, and with which answer, is written nowhere. Of the answer the day is kept, not
/// the moment, so that no log of requests leads to it; nor do ids that are made of it.
///
/// # Errors
/// [`Failure::NotFound`] when it opens nothing any more, [`Failure::Stale`] when another answer used it this moment.
pub fn answer(tx: &mut Tx<'_>, token: &str, new: NewSurveyResponse) -> Result<(), Failure> {
    let at = tx.at();
    let product = ProductId::known(asked(tx, token, at)?.survey.product_id);
    // Whoever changes the survey at this moment waits, or is waited for: then it may ask something else.
    tx.alone_in(&product)?;
    let asked = asked(tx, token, at)?;
    // Taken first: whoever sends another answer at the same time waits here, and finds it used.
    let open = survey_links::table
        .filter(survey_links::token_hash.eq(secret_hash(token)))
        .filter(survey_links::used.eq(false));
    require_changed(diesel::update(open).set(survey_links::used.eq(true)).execute(&mut **tx)?)?;
    tx.happens_on_its_day();
    let row: SurveyResponse = new.into_row(&asked.survey, tx.new_head())?;
    store::write_response(tx, &row)?;
    tx.created(&row)
}
