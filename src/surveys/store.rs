//! The SQL of surveys and what people answered.

use super::{
    Answers, NewSurvey, NewSurveyResponse, Survey, SurveyPatch, SurveyResponse, SurveyResponseRow, SurveyResults,
};
use crate::{
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{survey_responses, surveys},
        text::nfc,
    },
    personas,
};
use diesel::{dsl::count_star, prelude::*};
use std::collections::{BTreeMap, HashMap};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Survey>) -> Result<Page<Survey>, Failure> {
    let rows = surveys::table
        .filter(surveys::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Survey::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every survey, in the order they were made.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Survey>, Failure> {
    Ok(surveys::table
        .filter(surveys::product_id.eq(product.as_str()))
        .order(surveys::id)
        .select(Survey::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Survey, Failure> {
    Ok(surveys::table
        .filter(surveys::product_id.eq(product.as_str()))
        .filter(surveys::id.eq(id))
        .select(Survey::as_select())
        .first(conn)?)
}

fn settle(conn: &mut Conn, product: &ProductId, new: &mut NewSurvey) -> Result<(), Failure> {
    if let Some(name) = &new.persona {
        let names = personas::store::names(conn, product)?;
        let id = names.id_of(name).ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference("/persona")]))?;
        new.persona = Some(id.to_owned());
    }
    Ok(())
}

/// # Errors
/// 422 for a persona that is not there.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewSurvey) -> Result<Survey, Failure> {
    settle(tx, product, &mut new)?;
    let row = new.into_row(product, tx.new_head());
    diesel::insert_into(surveys::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// 409 for another question or kind where somebody answered this one.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &SurveyPatch,
) -> Result<Survey, Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?;
    settle(tx, product, &mut new)?;
    let after = new.into_row(product, tx.next_head(&before));
    require_kept(tx, product, &before, &after)?;
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn require_kept(conn: &mut Conn, product: &ProductId, before: &Survey, after: &Survey) -> Result<(), Failure> {
    let same = before.kind == after.kind && before.question == after.question;
    if same || answers(conn, product, &before.id)?.is_empty() {
        return Ok(());
    }
    Err(Failure::conflict("answered", "somebody answered this question: it stays; make another survey instead"))
}

fn write_over(tx: &mut Tx<'_>, before: &Survey, after: &Survey) -> Result<(), Failure> {
    let same = surveys::table.filter(surveys::id.eq(&after.id)).filter(surveys::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// # Errors
/// 409 when there are answers or links.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = surveys::table.filter(surveys::id.eq(id)).filter(surveys::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => Failure::conflict("referenced", "it has answers or links: take those back first"),
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// How many gave each answer.
pub fn answers(conn: &mut Conn, product: &ProductId, survey: &str) -> Result<Answers, Failure> {
    let rows = survey_responses::table
        .filter(survey_responses::product_id.eq(product.as_str()))
        .filter(survey_responses::survey.eq(survey))
        .group_by(survey_responses::score)
        .select((survey_responses::score, count_star()))
        .load::<(i64, i64)>(conn)?;
    Ok(rows.into_iter().map(|(score, n)| (score, n.unsigned_abs())).collect())
}

/// The same of every survey, by its id.
pub fn all_answers(conn: &mut Conn, product: &ProductId) -> Result<BTreeMap<String, Answers>, Failure> {
    let rows = survey_responses::table
        .filter(survey_responses::product_id.eq(product.as_str()))
        .group_by((survey_responses::survey, survey_responses::score))
        .select((survey_responses::survey, survey_responses::score, count_star()))
        .load::<(String, i64, i64)>(conn)?;
    let mut all: BTreeMap<String, Answers> = BTreeMap::new();
    for (survey, score, n) in rows {
        all.entry(survey).or_default().insert(score, n.unsigned_abs());
    }
    Ok(all)
}

pub fn results(conn: &mut Conn, product: &ProductId, id: &str) -> Result<SurveyResults, Failure> {
    let survey = find(conn, product, id)?;
    Ok(SurveyResults::of(survey.kind, &answers(conn, product, id)?))
}

pub fn page_of_responses(
    conn: &mut Conn,
    product: &ProductId,
    survey: &str,
    list: &List<SurveyResponse>,
) -> Result<Page<SurveyResponse>, Failure> {
    let survey = find(conn, product, survey)?;
    let rows = survey_responses::table
        .filter(survey_responses::product_id.eq(product.as_str()))
        .filter(survey_responses::survey.eq(&survey.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(SurveyResponse::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find_response(conn: &mut Conn, product: &ProductId, survey: &str, id: &str) -> Result<SurveyResponse, Failure> {
    Ok(survey_responses::table
        .filter(survey_responses::product_id.eq(product.as_str()))
        .filter(survey_responses::survey.eq(survey))
        .filter(survey_responses::id.eq(id))
        .select(SurveyResponse::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for a score that is not on the survey's scale.
pub fn insert_response(
    tx: &mut Tx<'_>,
    product: &ProductId,
    survey: &str,
    new: NewSurveyResponse,
) -> Result<SurveyResponse, Failure> {
    // The kind stays from the first answer on: whoever changes it at this moment waits.
    tx.alone_in(product)?;
    let survey = find(tx, product, survey)?;
    let row = new.into_row(&survey, tx.new_head())?;
    write_response(tx, &row)?;
    tx.created(&row)?;
    Ok(row)
}

pub(super) fn write_response(tx: &mut Tx<'_>, row: &SurveyResponse) -> Result<(), Failure> {
    diesel::insert_into(survey_responses::table).values(row).execute(&mut **tx)?;
    Ok(())
}

pub fn delete_response(
    tx: &mut Tx<'_>,
    product: &ProductId,
    survey: &str,
    id: &str,
    seen: IfMatch,
) -> Result<(), Failure> {
    let before = find_response(tx, product, survey, id)?;
    seen.check(&before)?;
    let same = survey_responses::table
        .filter(survey_responses::id.eq(id))
        .filter(survey_responses::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given surveys meet those that are there: named by kind, persona, period and question.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewSurvey>],
) -> Result<Merge<Survey, NewSurvey>, Failure> {
    let names = personas::store::names(conn, product)?;
    // A name that is nobody's stays as it is, to be refused by its line.
    let persona = |new: &NewSurvey| {
        let name = new.persona.as_ref()?;
        Some(names.id_of(name).unwrap_or(name).to_owned())
    };
    Merge::plan(
        all(conn, product)?,
        given,
        |row| (row.kind, row.persona.clone(), row.period, nfc(&row.question)),
        |new| (new.kind, persona(new), new.period, nfc(&new.question)),
        |mut new, head| {
            new.persona = persona(&new);
            Ok(new.into_row(product, head))
        },
        |row| match row.persona.as_deref() {
            Some(id) if names.id_of(id).is_none() => Err(Failure::Invalid(vec![Fault::unknown_reference("/persona")])),
            _ => Ok(()),
        },
    )
}

/// Writes what an import brings; the import records the event.
///
/// # Errors
/// 409 for another question or kind where somebody answered: a line may name its survey by id.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Survey, NewSurvey>) -> Result<(), Failure> {
    for mut new in merge.created {
        settle(tx, product, &mut new)?;
        let row = new.into_row(product, tx.new_head());
        diesel::insert_into(surveys::table).values(&row).execute(&mut **tx)?;
    }
    for (before, mut new) in merge.changed {
        settle(tx, product, &mut new)?;
        let row = new.into_row(product, tx.next_head(&before));
        require_kept(tx, product, &before, &row)?;
        write_over(tx, &before, &row)?;
    }
    Ok(())
}

/// The surveys that a line of a file may mean.
struct Surveys {
    all: Vec<Survey>,
    names: personas::store::PersonaNames,
}

impl Surveys {
    fn read(conn: &mut Conn, product: &ProductId) -> Result<Self, Failure> {
        Ok(Self { all: all(conn, product)?, names: personas::store::names(conn, product)? })
    }

    /// # Errors
    /// 422 where there is none, or several.
    fn of(&self, row: &SurveyResponseRow) -> Result<&Survey, Failure> {
        let persona = match &row.persona {
            Some(name) => Some(
                self.names.id_of(name).ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference("/persona")]))?,
            ),
            None => None,
        };
        let question = row.question.as_deref().map(nfc);
        let mut found = self.all.iter().filter(|survey| {
            survey.kind == row.kind
                && survey.period == row.period
                && survey.persona.as_deref() == persona
                && question.as_ref().is_none_or(|asked| *asked == nfc(&survey.question))
        });
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Failure::invalid("/period", "unknown_reference", "there is no such survey")),
            (Some(_), Some(_)) => {
                Err(Failure::invalid("/question", "ambiguous", "there are several such surveys: give the question"))
            }
        }
    }
}

/// How given answers meet those that are there. Nobody is named in them, so what is compared is how often the very same
/// was answered: a file that says it three times makes it three times, and then changes nothing.
pub fn plan_responses(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<SurveyResponseRow>],
) -> Result<Merge<SurveyResponse, SurveyResponseRow>, Failure> {
    let known = Surveys::read(conn, product)?;
    let there: Vec<SurveyResponse> = survey_responses::table
        .filter(survey_responses::product_id.eq(product.as_str()))
        .order(survey_responses::id)
        .select(SurveyResponse::as_select())
        .load(conn)?;
    type Said = (String, i64, String);
    let mut seen: HashMap<Said, usize> = HashMap::new();
    let mut count = |said: Said| {
        let nth = seen.entry(said).or_default();
        *nth += 1;
        *nth
    };
    let said = |row: &SurveyResponse| (row.survey.clone(), row.score, row.comment.clone());
    let nths: HashMap<String, usize> = there.iter().map(|row| (row.id.clone(), count(said(row)))).collect();
    let survey_of = |row: &SurveyResponseRow| known.of(row).map(|survey| survey.id.clone()).unwrap_or_default();
    let mut seen: HashMap<Said, usize> = HashMap::new();
    let counted: Vec<Given<SurveyResponseRow>> = given
        .iter()
        .map(|one| {
            let mut one = one.clone();
            let nth = seen.entry((survey_of(&one.new), one.new.score, one.new.comment.clone())).or_default();
            *nth += 1;
            one.new.nth = *nth;
            one
        })
        .collect();
    Merge::plan(
        there,
        &counted,
        |row| (said(row), nths.get(&row.id).copied().unwrap_or_default()),
        |new| ((survey_of(new), new.score, new.comment.clone()), new.nth),
        |new, head| response(&known, new, head),
        |_| Ok(()),
    )
}

fn response(known: &Surveys, row: SurveyResponseRow, head: crate::kernel::db::Head) -> Result<SurveyResponse, Failure> {
    let survey = known.of(&row)?;
    NewSurveyResponse { score: row.score, comment: row.comment }.into_row(survey, head)
}

/// Writes what an import brings; the import records the event.
///
/// # Errors
/// 409 for a line that would change an answer, which only one that names it by id could do.
pub fn merge_responses(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<SurveyResponse, SurveyResponseRow>,
) -> Result<(), Failure> {
    let known = Surveys::read(tx, product)?;
    // None is changed: an answer's name is all that it says.
    for new in merge.created {
        let row = response(&known, new, tx.new_head())?;
        write_response(tx, &row)?;
    }
    Ok(())
}
