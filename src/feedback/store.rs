//! The SQL of feedback, its duplicates and its votes.

use super::{Feedback, FeedbackPatch, FeedbackStatus, NewFeedback, VotesView};
use crate::{
    components,
    kernel::{
        auth::{ProductId, ProductScope, Role},
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{feedback, feedback_duplicates, feedback_votes},
        text::nfc,
    },
    personas::{self, store::PersonaNames},
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Feedback>) -> Result<Page<Feedback>, Failure> {
    let rows = feedback::table
        .filter(feedback::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Feedback::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Everything that was said, in the order it was written down.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Feedback>, Failure> {
    Ok(feedback::table
        .filter(feedback::product_id.eq(product.as_str()))
        .order(feedback::id)
        .select(Feedback::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Feedback, Failure> {
    Ok(feedback::table
        .filter(feedback::product_id.eq(product.as_str()))
        .filter(feedback::id.eq(id))
        .select(Feedback::as_select())
        .first(conn)?)
}

/// What people say, by what a request or a file may call it: its id, or its text where only one says that.
#[derive(Debug, Default)]
pub struct FeedbackNames(HashMap<String, Option<String>>);

impl FeedbackNames {
    /// The id of what is named; nothing where several say the same.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.0.get(name).or_else(|| self.0.get(&nfc(name)))?.as_deref()
    }
}

pub fn names(conn: &mut Conn, product: &ProductId) -> Result<FeedbackNames, Failure> {
    let rows = feedback::table
        .filter(feedback::product_id.eq(product.as_str()))
        .select((feedback::text_nfc, feedback::id))
        .load::<(String, String)>(conn)?;
    let mut names = HashMap::new();
    for (text, id) in &rows {
        names.entry(text.clone()).and_modify(|known| *known = None).or_insert_with(|| Some(id.clone()));
    }
    names.extend(rows.into_iter().map(|(_, id)| (id.clone(), Some(id))));
    Ok(FeedbackNames(names))
}

/// Puts ids and keys in place of the names that were given.
fn settle(tx: &mut Tx<'_>, product: &ProductId, new: &mut NewFeedback) -> Result<(), Failure> {
    let mut faults = Vec::new();
    if let Some(name) = &new.persona {
        match personas::store::names(tx, product)?.id_of(name) {
            Some(id) => new.persona = Some(id.to_owned()),
            None => faults.push(Fault::unknown_reference("/persona")),
        }
    }
    if let Some(name) = &new.component {
        match components::store::resolve(tx, product, "/component", name) {
            Ok(key) => new.component = Some(key),
            Err(Failure::Invalid(more)) => faults.extend(more),
            Err(other) => return Err(other),
        }
    }
    Failure::unless_empty(faults)
}

/// The original that a request means by what it names: that of a duplicate is where the duplicate counts.
fn original(tx: &mut Tx<'_>, product: &ProductId, own: &str, name: &str) -> Result<Feedback, Failure> {
    let mut named = match find(tx, product, name) {
        Err(Failure::NotFound) => return Err(Failure::Invalid(vec![Fault::unknown_reference("/duplicate_of")])),
        other => other?,
    };
    if let Some(root) = named.duplicate_of.clone() {
        named = find(tx, product, &root)?;
    }
    match named.id == own {
        true => Err(Failure::conflict("cycle", "it would be a duplicate of itself")),
        false => Ok(named),
    }
}

/// # Errors
/// 403 for a viewer who says what becomes of it; 422 for what it names that is not there.
pub fn insert(tx: &mut Tx<'_>, product: &ProductScope, mut new: NewFeedback) -> Result<Feedback, Failure> {
    require_decider(product.role, new.status != FeedbackStatus::Open || new.duplicate_of.is_some())?;
    tx.alone_in(&product.id)?;
    settle(tx, &product.id, &mut new)?;
    let onto = match new.duplicate_of.take() {
        Some(name) => Some(original(tx, &product.id, "", &name)?),
        None => None,
    };
    let by = tx.author().person().map(ToOwned::to_owned);
    let mut row = new.into_row(&product.id, None, by, tx.new_head());
    diesel::insert_into(feedback::table).values(&row).execute(&mut **tx)?;
    if let Some(onto) = &onto {
        put_onto(tx, &row, Some(&onto.id))?;
        row.duplicate_of = Some(onto.id.clone());
    }
    tx.created(&row)?;
    Ok(row)
}

fn require_decider(role: Role, decides: bool) -> Result<(), Failure> {
    if decides && !role.may_edit() {
        return Err(Failure::Forbidden("owners and editors say what becomes of feedback, and what is a duplicate"));
    }
    Ok(())
}

/// # Errors
/// As [`insert`], and 403 for a viewer who changes what is not theirs, or not open any more.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    id: &str,
    seen: IfMatch,
    patch: &FeedbackPatch,
) -> Result<Feedback, Failure> {
    tx.alone_in(&product.id)?;
    let before = find(tx, &product.id, id)?;
    seen.check(&before)?;
    let mut new = patch.apply(&before)?;
    let theirs = before.created_by.is_some() && before.created_by.as_deref() == tx.author().person();
    // Votes are for the words that were there.
    let may_reword = theirs && before.status == FeedbackStatus::Open && before.votes == 0;
    if !product.role.may_edit() && !may_reword {
        return Err(Failure::Forbidden(
            "a viewer changes what they wrote themselves, while it is open and nobody has voted for it",
        ));
    }
    require_decider(product.role, new.status != before.status || new.duplicate_of != before.duplicate_of)?;
    settle(tx, &product.id, &mut new)?;
    if let Some(name) = new.duplicate_of.take() {
        new.duplicate_of = Some(original(tx, &product.id, &before.id, &name)?.id);
    }
    let row = new.into_row(&product.id, Some(&before), None, tx.next_head(&before));
    write_over(tx, &before, &row)?;
    let merged = row.duplicate_of != before.duplicate_of;
    let (was, is) = (before.duplicate_of.clone(), row.duplicate_of.clone());
    let concerned: Vec<Feedback> = match merged {
        true => was.iter().chain(&is).map(|id| find(tx, &product.id, id)).collect::<Result<_, _>>()?,
        false => Vec::new(),
    };
    if merged {
        put_onto(tx, &row, is.as_deref())?;
    }
    // What was a duplicate of this is one of its original from now on: there are no chains.
    if let Some(root) = &is {
        for duplicate in duplicates(tx, &before)? {
            put_onto(tx, &duplicate, Some(root))?;
            refresh(tx, &duplicate)?;
        }
    }
    for other in &concerned {
        refresh(tx, other)?;
    }
    let after = find(tx, &product.id, id)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write_over(tx: &mut Tx<'_>, before: &Feedback, after: &Feedback) -> Result<(), Failure> {
    let same = feedback::table.filter(feedback::id.eq(&after.id)).filter(feedback::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

fn duplicates(conn: &mut Conn, of: &Feedback) -> Result<Vec<Feedback>, Failure> {
    let ids = feedback_duplicates::table
        .filter(feedback_duplicates::product_id.eq(&of.product_id))
        .filter(feedback_duplicates::original.eq(&of.id))
        .select(feedback_duplicates::feedback)
        .load::<String>(conn)?;
    Ok(feedback::table
        .filter(feedback::product_id.eq(&of.product_id))
        .filter(feedback::id.eq_any(ids))
        .order(feedback::id)
        .select(Feedback::as_select())
        .load(conn)?)
}

/// Says of what something is a duplicate, or that it is none.
fn put_onto(tx: &mut Tx<'_>, row: &Feedback, original: Option<&str>) -> Result<(), Failure> {
    let own = feedback_duplicates::table
        .filter(feedback_duplicates::product_id.eq(&row.product_id))
        .filter(feedback_duplicates::feedback.eq(&row.id));
    diesel::delete(own).execute(&mut **tx)?;
    if let Some(original) = original {
        let link = (
            feedback_duplicates::product_id.eq(&row.product_id),
            feedback_duplicates::feedback.eq(&row.id),
            feedback_duplicates::original.eq(original),
        );
        diesel::insert_into(feedback_duplicates::table).values(link).execute(&mut **tx)?;
    }
    Ok(())
}

/// A new version of a row of which something differs that stands in other tables.
fn refresh(tx: &mut Tx<'_>, before: &Feedback) -> Result<(), Failure> {
    bump(tx, before)?;
    let after = find(tx, &ProductId::known(before.product_id.clone()), &before.id)?;
    tx.updated(before, &after)
}

fn bump(tx: &mut Tx<'_>, before: &Feedback) -> Result<(), Failure> {
    let head = tx.next_head(before);
    let same = feedback::table.filter(feedback::id.eq(&before.id)).filter(feedback::version.eq(before.version));
    let next = (
        feedback::updated_at.eq(head.updated_at),
        feedback::version.eq(head.version),
        feedback::change_number.eq(head.change_number),
    );
    require_changed(diesel::update(same).set(next).execute(&mut **tx)?)
}

/// # Errors
/// 409 when a roadmap item answers it, or something is a duplicate of it.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let original = match &before.duplicate_of {
        Some(original) => Some(find(tx, product, original)?),
        None => None,
    };
    put_onto(tx, &before, None)?;
    let its_votes = feedback_votes::table
        .filter(feedback_votes::product_id.eq(product.as_str()))
        .filter(feedback_votes::feedback.eq(&before.id));
    diesel::delete(its_votes).execute(&mut **tx)?;
    let same = feedback::table.filter(feedback::id.eq(id)).filter(feedback::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => Failure::conflict(
            "referenced",
            "a roadmap item answers it, or something is a duplicate of it: decline it instead",
        ),
        other => other,
    })?;
    require_changed(deleted)?;
    if let Some(original) = original {
        refresh(tx, &original)?;
    }
    tx.deleted(&before)
}

/// How many want the same as what is asked about, and whether `user` does.
pub fn votes(conn: &mut Conn, product: &ProductId, id: &str, user: &str) -> Result<VotesView, Failure> {
    let asked = find(conn, product, id)?;
    let original = find(conn, product, asked.root())?;
    let mine = mine(conn, &original, user)?;
    Ok(VotesView { count: original.votes, mine: !mine.is_empty() })
}

/// Which of an original and its duplicates a user voted for.
fn mine(conn: &mut Conn, original: &Feedback, user: &str) -> Result<Vec<String>, Failure> {
    let mut ids: Vec<String> = duplicates(conn, original)?.into_iter().map(|one| one.id).collect();
    ids.push(original.id.clone());
    Ok(feedback_votes::table
        .filter(feedback_votes::product_id.eq(&original.product_id))
        .filter(feedback_votes::feedback.eq_any(ids))
        .filter(feedback_votes::user_id.eq(user))
        .order(feedback_votes::feedback)
        .select(feedback_votes::feedback)
        .load(conn)?)
}

/// Notes that a user wants the same, once for all that says so.
pub fn vote(tx: &mut Tx<'_>, product: &ProductId, id: &str, user: &str) -> Result<VotesView, Failure> {
    tx.alone_in(product)?;
    let asked = find(tx, product, id)?;
    let original = find(tx, product, asked.root())?;
    if !mine(tx, &original, user)?.is_empty() {
        tx.nothing_changed();
        return votes(tx, product, id, user);
    }
    let vote = (
        feedback_votes::product_id.eq(product.as_str()),
        feedback_votes::feedback.eq(&asked.id),
        feedback_votes::user_id.eq(user),
    );
    diesel::insert_into(feedback_votes::table).values(vote).execute(&mut **tx)?;
    refresh(tx, &asked)?;
    if original.id != asked.id {
        refresh(tx, &original)?;
    }
    votes(tx, product, id, user)
}

/// Takes a user's vote back, wherever among what says the same it was given.
pub fn unvote(tx: &mut Tx<'_>, product: &ProductId, id: &str, user: &str) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let asked = find(tx, product, id)?;
    let original = find(tx, product, asked.root())?;
    let given = mine(tx, &original, user)?;
    if given.is_empty() {
        tx.nothing_changed();
        return Ok(());
    }
    let concerned: HashSet<String> = given.iter().cloned().chain([original.id.clone()]).collect();
    let concerned = concerned.iter().map(|id| find(tx, product, id)).collect::<Result<Vec<_>, _>>()?;
    let theirs = feedback_votes::table
        .filter(feedback_votes::product_id.eq(product.as_str()))
        .filter(feedback_votes::feedback.eq_any(&given))
        .filter(feedback_votes::user_id.eq(user));
    diesel::delete(theirs).execute(&mut **tx)?;
    concerned.iter().try_for_each(|one| refresh(tx, one))
}

/// What feedback of a file can name, by what it may be called.
struct Known {
    personas: PersonaNames,
    components: HashMap<String, String>,
    feedback: FeedbackNames,
}

impl Known {
    fn read(conn: &mut Conn, product: &ProductId) -> Result<Self, Failure> {
        Ok(Self {
            personas: personas::store::names(conn, product)?,
            components: components::store::names(conn, product)?,
            feedback: names(conn, product)?,
        })
    }

    /// Names that are nobody's stay as they are, to be refused by their line.
    fn settle(&self, new: &mut NewFeedback) {
        if let Some(id) = new.persona.as_deref().and_then(|name| self.personas.id_of(name)) {
            new.persona = Some(id.to_owned());
        }
        if let Some(key) = new.component.as_deref().and_then(|name| self.components.get(name)) {
            new.component = Some(key.clone());
        }
        if let Some(id) = new.duplicate_of.as_deref().and_then(|name| self.feedback.id_of(name)) {
            new.duplicate_of = Some(id.to_owned());
        }
    }
}

/// How given feedback meets what is there: named by its text and who asked. A duplicate names its original by id or by
/// its text, which may stand anywhere in the same file.
///
/// # Errors
/// 422 by line, also for a duplicate of what is one itself.
pub fn plan(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewFeedback>],
) -> Result<Merge<Feedback, NewFeedback>, Failure> {
    let (known, there) = (Known::read(conn, product)?, all(conn, product)?);
    let before: HashMap<String, Feedback> = there.iter().map(|row| (row.id.clone(), row.clone())).collect();
    let originals: HashSet<String> =
        given.iter().filter(|one| one.new.duplicate_of.is_none()).map(|one| nfc(&one.new.text)).collect();
    let merged: HashSet<String> =
        given.iter().filter(|one| one.new.duplicate_of.is_some()).map(|one| nfc(&one.new.text)).collect();
    let is_original = |name: &str| match before.get(name) {
        Some(row) => row.duplicate_of.is_none() && !merged.contains(&row.text_nfc),
        None => originals.contains(&nfc(name)) && !merged.contains(&nfc(name)),
    };
    let has_duplicates: HashSet<&str> = there.iter().filter_map(|row| row.duplicate_of.as_deref()).collect();
    Merge::plan(
        there.clone(),
        given,
        |row| (row.text_nfc.clone(), row.asked_by.clone()),
        |new| (nfc(&new.text), new.asked_by.clone()),
        |mut new, head| {
            known.settle(&mut new);
            let before = before.get(&head.id);
            Ok(new.into_row(product, before, None, head))
        },
        |row| {
            let mut faults = Vec::new();
            if row.persona.as_deref().is_some_and(|id| known.personas.id_of(id).is_none()) {
                faults.push(Fault::unknown_reference("/persona"));
            }
            if let Err(Failure::Invalid(more)) =
                components::store::require_known(&known.components, row.component.as_deref())
            {
                faults.extend(more);
            }
            match row.duplicate_of.as_deref() {
                None => {}
                Some(name) if name == row.id || nfc(name) == row.text_nfc => {
                    faults.push(Fault::at("/duplicate_of", "cycle", "it would be a duplicate of itself"));
                }
                Some(name) if !is_original(name) => {
                    let detail = "there is no such feedback, or several say so, or it is a duplicate itself";
                    faults.push(Fault::at("/duplicate_of", "unknown_reference", detail));
                }
                Some(_) if has_duplicates.contains(row.id.as_str()) => {
                    let detail = "others are duplicates of this one: merge it by hand";
                    faults.push(Fault::at("/duplicate_of", "has_duplicates", detail));
                }
                Some(_) => {}
            }
            Failure::unless_empty(faults)
        },
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Feedback, NewFeedback>) -> Result<(), Failure> {
    let known = Known::read(tx, product)?;
    let (mut written, mut concerned) = (Vec::new(), HashSet::new());
    for mut new in merge.created {
        known.settle(&mut new);
        let row = new.into_row(product, None, None, tx.new_head());
        diesel::insert_into(feedback::table).values(&row).execute(&mut **tx)?;
        written.push(row);
    }
    for (before, mut new) in merge.changed {
        known.settle(&mut new);
        let row = new.into_row(product, Some(&before), None, tx.next_head(&before));
        write_over(tx, &before, &row)?;
        if row.duplicate_of != before.duplicate_of {
            concerned.extend(before.duplicate_of);
            concerned.extend(row.duplicate_of.clone().filter(|id| known.feedback.id_of(id) == Some(id)));
            written.push(row);
        }
    }
    // Only now: an original may stand further down in the file.
    let names = names(tx, product)?;
    for row in &written {
        let original = match row.duplicate_of.as_deref() {
            Some(name) => Some(names.id_of(name).ok_or(Failure::Stale)?.to_owned()),
            None => None,
        };
        put_onto(tx, row, original.as_deref())?;
    }
    // What others' votes make of an original is in its version.
    for id in concerned {
        let row = find(tx, product, &id)?;
        bump(tx, &row)?;
    }
    Ok(())
}
