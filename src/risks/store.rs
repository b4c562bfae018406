//! The SQL of risks and of their assessments.

use super::{NewRisk, NewRiskAssessment, Risk, RiskAssessment, RiskAssessmentPatch, RiskAssessmentRow, RiskPatch};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        merge::{Given, Merge},
        schema::{risk_assessments, risks},
    },
};
use diesel::prelude::*;
use std::collections::HashMap;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Risk>) -> Result<Page<Risk>, Failure> {
    let rows = risks::table
        .filter(risks::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Risk::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every risk, in the order they were written down.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<Risk>, Failure> {
    Ok(risks::table
        .filter(risks::product_id.eq(product.as_str()))
        .order(risks::id)
        .select(Risk::as_select())
        .load(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Risk, Failure> {
    Ok(risks::table
        .filter(risks::product_id.eq(product.as_str()))
        .filter(risks::id.eq(id))
        .select(Risk::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for an unknown component.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, new: NewRisk) -> Result<Risk, Failure> {
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let row = new.into_row(product, component, tx.new_head());
    diesel::insert_into(risks::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &RiskPatch,
) -> Result<Risk, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let new = patch.apply(&before)?;
    let component = components::store::resolve(tx, product, "/component", &new.component)?;
    let after = new.into_row(product, component, tx.next_head(&before));
    write_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write_over(tx: &mut Tx<'_>, before: &Risk, after: &Risk) -> Result<(), Failure> {
    let same = risks::table.filter(risks::id.eq(&before.id)).filter(risks::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// # Errors
/// 409 while it has assessments, or something else refers to it: close it instead.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let same = risks::table.filter(risks::id.eq(id)).filter(risks::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => {
            Failure::conflict("referenced", "it was assessed, or other rows refer to it: set its status to closed")
        }
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

pub fn page_of_assessments(
    conn: &mut Conn,
    product: &ProductId,
    risk: &str,
    list: &List<RiskAssessment>,
) -> Result<Page<RiskAssessment>, Failure> {
    let risk = find(conn, product, risk)?;
    let rows = risk_assessments::table
        .filter(risk_assessments::product_id.eq(product.as_str()))
        .filter(risk_assessments::risk.eq(risk.id))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(RiskAssessment::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The assessments of every risk, oldest first; those of one risk are for
/// [`in_force`](crate::kernel::dated::in_force).
pub fn assessments(conn: &mut Conn, product: &ProductId) -> Result<Vec<RiskAssessment>, Failure> {
    Ok(risk_assessments::table
        .filter(risk_assessments::product_id.eq(product.as_str()))
        .order((risk_assessments::assessed_on, risk_assessments::id))
        .select(RiskAssessment::as_select())
        .load(conn)?)
}

pub fn find_assessment(conn: &mut Conn, product: &ProductId, risk: &str, id: &str) -> Result<RiskAssessment, Failure> {
    Ok(risk_assessments::table
        .filter(risk_assessments::product_id.eq(product.as_str()))
        .filter(risk_assessments::risk.eq(risk))
        .filter(risk_assessments::id.eq(id))
        .select(RiskAssessment::as_select())
        .first(conn)?)
}

/// # Errors
/// 422 for a negative loss, 409 when the risk was assessed on that day already.
pub fn insert_assessment(
    tx: &mut Tx<'_>,
    product: &ProductId,
    risk: &str,
    new: NewRiskAssessment,
) -> Result<RiskAssessment, Failure> {
    let risk = find(tx, product, risk)?;
    let row = new.into_row(product, risk.id, tx.new_head())?;
    diesel::insert_into(risk_assessments::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update_assessment(
    tx: &mut Tx<'_>,
    product: &ProductId,
    risk: &str,
    id: &str,
    seen: IfMatch,
    patch: &RiskAssessmentPatch,
) -> Result<RiskAssessment, Failure> {
    let before = find_assessment(tx, product, risk, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, before.risk.clone(), tx.next_head(&before))?;
    write_assessment_over(tx, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

fn write_assessment_over(tx: &mut Tx<'_>, before: &RiskAssessment, after: &RiskAssessment) -> Result<(), Failure> {
    let same = risk_assessments::table.filter(risk_assessments::id.eq(&before.id));
    let same = same.filter(risk_assessments::version.eq(before.version));
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

pub fn delete_assessment(
    tx: &mut Tx<'_>,
    product: &ProductId,
    risk: &str,
    id: &str,
    seen: IfMatch,
) -> Result<(), Failure> {
    let before = find_assessment(tx, product, risk, id)?;
    seen.check(&before)?;
    let same = risk_assessments::table.filter(risk_assessments::id.eq(id));
    let same = same.filter(risk_assessments::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// How given risks meet those that are there: named by component and title.
pub fn plan(conn: &mut Conn, product: &ProductId, given: &[Given<NewRisk>]) -> Result<Merge<Risk, NewRisk>, Failure> {
    let known = components::store::names(conn, product)?;
    Merge::plan(
        all(conn, product)?,
        given,
        |row| (row.component.clone(), row.title.clone()),
        |new| (new.component.clone(), new.title.clone()),
        |new, head| {
            let component = new.component.clone();
            Ok(new.into_row(product, component, head))
        },
        |row| components::store::require_known(&known, Some(&row.component)),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge(tx: &mut Tx<'_>, product: &ProductId, merge: Merge<Risk, NewRisk>) -> Result<(), Failure> {
    for new in merge.created {
        let component = new.component.clone();
        let row = new.into_row(product, component, tx.new_head());
        diesel::insert_into(risks::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let component = new.component.clone();
        let row = new.into_row(product, component, tx.next_head(&before));
        write_over(tx, &before, &row)?;
    }
    Ok(())
}

/// The ids of risks by what a file or a request may call them: title or id, which comes first. Titles need not
/// be unique.
#[derive(Debug, Default)]
pub struct RiskNames(HashMap<String, Vec<String>>);

/// What the risks of a product may be called.
pub fn names(conn: &mut Conn, product: &ProductId) -> Result<RiskNames, Failure> {
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    let all = all(conn, product)?;
    for risk in &all {
        names.entry(risk.title.clone()).or_default().push(risk.id.clone());
    }
    names.extend(all.into_iter().map(|risk| (risk.id.clone(), vec![risk.id])));
    Ok(RiskNames(names))
}

impl RiskNames {
    /// The id of the one risk of that name; none where several have the title.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([id]) => Some(id),
            _ => None,
        }
    }

    /// # Errors
    /// 422 for a name that nothing has, or more than one.
    fn id(&self, name: &str) -> Result<String, Failure> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([id]) => Ok(id.clone()),
            Some(_) => Err(Failure::invalid("/risk", "ambiguous", "several risks have that title: name it by its id")),
            None => Err(Failure::Invalid(vec![Fault::unknown_reference("/risk")])),
        }
    }
}

/// How given assessments meet those that are there: named by the risk and the day.
pub fn plan_assessments(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<RiskAssessmentRow>],
) -> Result<Merge<RiskAssessment, RiskAssessmentRow>, Failure> {
    let names = names(conn, product)?;
    Merge::plan(
        assessments(conn, product)?,
        given,
        |row| (row.risk.clone(), row.on),
        |new| (names.id(&new.risk).unwrap_or_else(|_| new.risk.clone()), new.on),
        |new, head| {
            let risk = names.id(&new.risk)?;
            new.into_row(product, risk, head)
        },
        |_| Ok(()),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_assessments(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<RiskAssessment, RiskAssessmentRow>,
) -> Result<(), Failure> {
    let names = names(tx, product)?;
    for new in merge.created {
        let risk = names.id(&new.risk)?;
        let row = new.into_row(product, risk, tx.new_head())?;
        diesel::insert_into(risk_assessments::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, before.risk.clone(), tx.next_head(&before))?;
        write_assessment_over(tx, &before, &row)?;
    }
    Ok(())
}
