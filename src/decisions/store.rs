//! The SQL of decisions.

use super::{AnsweredBy, Decision, DecisionPatch, NewDecision, Scribe};
use crate::{
    impact::act::acting_stakeholder,
    kernel::{
        auth::{ProductId, ProductScope},
        db::{Conn, Row, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::decisions,
        text::nfc,
    },
    stakeholders,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Decision>) -> Result<Page<Decision>, Failure> {
    let rows = decisions::table
        .filter(decisions::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Decision::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every decision, in the order they were written down.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Decision>, Failure> {
    Ok(decisions::table
        .filter(decisions::product_id.eq(product.as_str()))
        .order(decisions::id)
        .select(Decision::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Decision, Failure> {
    Ok(decisions::table
        .filter(decisions::product_id.eq(product.as_str()))
        .filter(decisions::id.eq(id))
        .select(Decision::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for an unknown stakeholder, and as [`NewDecision::into_row`].
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewDecision) -> Result<Decision, Failure> {
    People::read(tx, product)?.settle(&mut new)?;
    let row = new.into_row(product, None, &scribe(tx), tx.new_head())?;
    diesel::insert_into(decisions::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

/// # Errors
/// As [`insert`], and 409 for what its stakeholder answered.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &DecisionPatch,
) -> Result<Decision, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?;
    People::read(tx, product)?.settle(&mut new)?;
    let after = new.into_row(product, Some(&before), &scribe(tx), tx.next_head(&before))?;
    before.require_answer_kept(&after)?;
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 when its stakeholder answered it.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    if before.answered_by == Some(AnsweredBy::Stakeholder) {
        return Err(Failure::conflict("answered", "what its stakeholder answered is kept, and so is the question"));
    }
    let same = decisions::table.filter(decisions::id.eq(id)).filter(decisions::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// Records what the stakeholder who was asked answers themselves.
///
/// # Errors
/// As [`acting_stakeholder`]; 412 when it has moved on, 409 when there is an answer.
pub fn answer(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    user: &str,
    id: &str,
    seen: IfMatch,
    answer: String,
) -> Result<Decision, Failure> {
    let before = &find(tx, &product.id, id)?;
    acting_stakeholder(tx, product, user, before.stakeholder.as_deref())?;
    seen.check(before)?;
    if before.answer.is_some() {
        return Err(Failure::conflict("answered", "this is answered already"));
    }
    let head = tx.next_head(before);
    let after = Decision {
        answer: Some(answer),
        answered_at: Some(tx.at()),
        answered_by: Some(AnsweredBy::Stakeholder),
        recorded_by: None,
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    write_over(tx, before, &after)?;
    tx.record("answer", Decision::RESOURCE, after.product(), &after.id, Some(before), Some(&after))?;
    Ok(after)
}

fn scribe(tx: &Tx<'_>) -> Scribe {
    Scribe { at: tx.at(), user: tx.author().person().map(ToOwned::to_owned) }
}

fn write_over(tx: &mut Tx<'_>, before: &Decision, after: &Decision) -> Result<(), Failure> {
    let same = decisions::table.filter(decisions::id.eq(&before.id)).filter(decisions::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// The ids of stakeholders, by what they may be called.
struct People(HashMap<String, String>);

impl People {
    fn read(conn: &mut Conn, product: &ProductId) -> Result<Self, Failure> {
        let all = stakeholders::store::all(conn, product)?;
        let by_name = all.iter().map(|one| (one.name_nfc.clone(), one.id.clone()));
        let by_id = all.iter().map(|one| (one.id.clone(), one.id.clone()));
        Ok(Self(by_name.chain(by_id).collect()))
    }

    /// # Errors
    /// 422 for a name that nobody has.
    fn settle(&self, new: &mut NewDecision) -> Result<(), Failure> {
        let Some(name) = &new.stakeholder else { return Ok(()) };
        let id = self.0.get(name).or_else(|| self.0.get(&nfc(name)));
        new.stakeholder =
            Some(id.cloned().ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference("/stakeholder")]))?);
        Ok(())
    }
}

/// What a file that says nothing of an answer leaves as it is: the stakeholder's own.
fn keep_own_answer(new: &mut NewDecision, before: &Decision) {
    if new.answer.is_none() && before.answered_by == Some(AnsweredBy::Stakeholder) {
        new.answer.clone_from(&before.answer);
        new.answered_at = before.answered_at;
    }
}

/// How given decisions meet those that are there: named by their question.
///
/// # Errors
/// 422 by line, also for a question that several decisions have, and for what a stakeholder answered otherwise.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    scribe: &Scribe,
    given: &[Given<NewDecision>],
) -> Result<Merge<Decision, NewDecision>, Failure> {
    let (there, people) = (all(conn, product)?, People::read(conn, product)?);
    let by_id: HashMap<String, Decision> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    let (mut questions, mut several) = (HashSet::new(), HashSet::new());
    for row in &there {
        if !questions.insert(nfc(&row.question)) {
            several.insert(nfc(&row.question));
        }
    }
    Merge::plan(
        there,
        given,
        |row| nfc(&row.question),
        |new| nfc(&new.question),
        |mut new, head| {
            if several.contains(&nfc(&new.question)) {
                return Err(Failure::invalid("/question", "ambiguous", "several decisions have that question"));
            }
            people.settle(&mut new)?;
            let before = by_id.get(&head.id);
            before.into_iter().for_each(|before| keep_own_answer(&mut new, before));
            new.into_row(product, before, scribe, head)
        },
        |row| by_id.get(&row.id).map_or(Ok(()), |before| before.require_answer_kept(row)),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Decision, NewDecision>) -> Result<(), Failure> {
    let (people, scribe) = (People::read(tx, product)?, scribe(tx));
    for mut new in merge.created {
        people.settle(&mut new)?;
        let row = new.into_row(product, None, &scribe, tx.new_head())?;
        diesel::insert_into(decisions::table).values(&row).execute(&mut **tx)?;
    }
    for (before, mut new) in merge.changed {
        people.settle(&mut new)?;
        keep_own_answer(&mut new, &before);
        let row = new.into_row(product, Some(&before), &scribe, tx.next_head(&before))?;
        write_over(tx, &before, &row)?;
    }
    Ok(())
}
