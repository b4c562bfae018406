//! The SQL of value drivers, their amounts and what they speak of.

mod lines;

pub use lines::{merge, plan};

use super::{DriverAmount, DriverKind, NewValueDriver, ValueDriver, ValueDriverPatch};
use crate::{
    components,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Row, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page},
        schema::{value_driver_amounts, value_driver_components, value_driver_slos, value_drivers},
        text::{Words, nfc},
    },
    products, slos,
    stakeholders::{self, Stakeholder},
};
use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use std::collections::{BTreeSet, HashMap};

/// A driver without its amounts.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = value_drivers, treat_none_as_null = true)]
struct DriverRow {
    id: String,
    product_id: String,
    name: String,
    name_nfc: String,
    kind: DriverKind,
    #[diesel(select_expression = components_of(), select_expression_type = SqlLiteral<Text>)]
    #[diesel(skip_insertion, skip_update)]
    components: Words,
    #[diesel(select_expression = slos_of(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    slos: Words,
    stakeholder: Option<String>,
    source: String,
    created_at: Instant,
    updated_at: Instant,
    version: i64,
    change_number: i64,
}

fn components_of() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(l.component, ' ' ORDER BY l.component), '') FROM value_driver_components l \
         WHERE l.product_id = value_drivers.product_id AND l.value_driver = value_drivers.id)")
}

fn slos_of() -> SqlLiteral<Text> {
    sql("(SELECT coalesce(string_agg(l.slo, ' ' ORDER BY l.slo), '') FROM value_driver_slos l \
         WHERE l.product_id = value_drivers.product_id AND l.value_driver = value_drivers.id)")
}

impl DriverRow {
    fn of(driver: &ValueDriver) -> Self {
        Self {
            id: driver.id.clone(),
            product_id: driver.product_id.clone(),
            name: driver.name.clone(),
            name_nfc: driver.name_nfc.clone(),
            kind: driver.kind,
            components: driver.components.clone(),
            slos: driver.slos.clone(),
            stakeholder: driver.stakeholder.clone(),
            source: driver.source.clone(),
            created_at: driver.created_at,
            updated_at: driver.updated_at,
            version: driver.version,
            change_number: driver.change_number,
        }
    }

    fn with(self, amounts: Vec<DriverAmount>) -> ValueDriver {
        ValueDriver {
            id: self.id,
            product_id: self.product_id,
            name: self.name,
            name_nfc: self.name_nfc,
            kind: self.kind,
            components: self.components,
            slos: self.slos,
            amounts,
            stakeholder: self.stakeholder,
            source: self.source,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            change_number: self.change_number,
        }
    }
}

/// The drivers of those rows, in their order, with their amounts.
fn with_amounts(conn: &mut Conn, rows: Vec<DriverRow>) -> Result<Vec<ValueDriver>, Failure> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let amounts = value_driver_amounts::table
        .filter(value_driver_amounts::value_driver.eq_any(ids))
        .order((value_driver_amounts::value_driver, value_driver_amounts::valid_from))
        .select(DriverAmount::as_select())
        .load(conn)?;
    let mut by_driver: HashMap<String, Vec<DriverAmount>> = HashMap::new();
    for amount in amounts {
        by_driver.entry(amount.value_driver.clone()).or_default().push(amount);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let amounts = by_driver.remove(&row.id).unwrap_or_default();
            row.with(amounts)
        })
        .collect())
}

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<ValueDriver>) -> Result<Page<ValueDriver>, Failure> {
    let rows = value_drivers::table
        .filter(value_drivers::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(DriverRow::as_select())
        .load(conn)?;
    list.page(with_amounts(conn, rows)?)
}

/// Every driver, by name.
pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Vec<ValueDriver>, Failure> {
    let rows = value_drivers::table
        .filter(value_drivers::product_id.eq(product.as_str()))
        .order(value_drivers::name_nfc)
        .select(DriverRow::as_select())
        .load(conn)?;
    with_amounts(conn, rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<ValueDriver, Failure> {
    let row = value_drivers::table
        .filter(value_drivers::product_id.eq(product.as_str()))
        .filter(value_drivers::id.eq(id))
        .select(DriverRow::as_select())
        .first(conn)?;
    with_amounts(conn, vec![row])?.pop().ok_or(Failure::NotFound)
}

/// # Errors
/// 422 for what it names and there is not, 409 for a name that is taken and an amount in a published month.
pub fn insert(tx: &mut Tx<'_>, product: &ProductId, mut new: NewValueDriver) -> Result<ValueDriver, Failure> {
    Known::read(tx, product)?.settle(&mut new)?;
    let driver = new.into_row(product, None, tx.new_head())?;
    write_new(tx, product, &driver)?;
    tx.created(&driver)?;
    Ok(driver)
}

/// # Errors
/// As [`insert`]; what is there in a published month stays.
pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &ValueDriverPatch,
) -> Result<ValueDriver, Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let mut new = patch.apply(&NewValueDriver::from(&before))?;
    Known::read(tx, product)?.settle(&mut new)?;
    let after = new.into_row(product, Some(&before), tx.next_head(&before))?;
    write_over(tx, product, &before, &after)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// # Errors
/// 409 while a claim uses it, and when it has an amount in a published month.
pub fn delete(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    let gone = ValueDriver { amounts: Vec::new(), ..before.clone() };
    require_past_kept(tx, product, Some(&before), &gone)?;
    clear(tx, &before)?;
    let same = value_drivers::table.filter(value_drivers::id.eq(id)).filter(value_drivers::version.eq(before.version));
    let deleted = diesel::delete(same).execute(&mut **tx).map_err(|error| match Failure::from(error) {
        Failure::Conflict { .. } => Failure::conflict("referenced", "claims are computed with it"),
        other => other,
    })?;
    require_changed(deleted)?;
    tx.deleted(&before)
}

/// Records that a driver's stakeholder agrees to an amount: the latest, or that of a day.
///
/// # Errors
/// 412 when the driver has moved on, 422 for a day without an amount, 409 when there is none at all or it is agreed.
pub fn agree(
    tx: &mut Tx<'_>,
    before: &ValueDriver,
    seen: IfMatch,
    stakeholder: &Stakeholder,
    valid_from: Option<NaiveDate>,
) -> Result<ValueDriver, Failure> {
    seen.check(before)?;
    let head = tx.next_head(before);
    let mut after = ValueDriver {
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    let amount = match valid_from {
        Some(day) => (after.amounts.iter_mut().find(|amount| amount.valid_from == day))
            .ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference("/valid_from")]))?,
        None => (after.amounts.last_mut())
            .ok_or_else(|| Failure::conflict("no_amount", "there is no amount yet that one could agree to"))?,
    };
    if amount.agreed_at.is_some() {
        return Err(Failure::conflict("agreed", "this amount is agreed already"));
    }
    amount.agreed_at = Some(tx.at());
    amount.agreed_by = Some(stakeholder.id.clone());
    update_row(tx, before, &after)?;
    write_amounts(tx, &after)?;
    tx.record("agree", ValueDriver::RESOURCE, after.product(), &after.id, Some(before), Some(&after))?;
    Ok(after)
}

/// That no amount of a published month differs. Asked in the change itself: a report may have been published since
/// the request began.
fn require_past_kept(
    tx: &mut Tx<'_>,
    product: &ProductId,
    before: Option<&ValueDriver>,
    after: &ValueDriver,
) -> Result<(), Failure> {
    tx.alone_in(product)?;
    after.require_past_kept(before, products::store::find(tx, product)?.published_through)
}

fn write_new(tx: &mut Tx<'_>, product: &ProductId, driver: &ValueDriver) -> Result<(), Failure> {
    require_past_kept(tx, product, None, driver)?;
    diesel::insert_into(value_drivers::table).values(&DriverRow::of(driver)).execute(&mut **tx)?;
    write_amounts(tx, driver)?;
    write_links(tx, driver)
}

fn write_over(tx: &mut Tx<'_>, product: &ProductId, before: &ValueDriver, after: &ValueDriver) -> Result<(), Failure> {
    require_past_kept(tx, product, Some(before), after)?;
    update_row(tx, before, after)?;
    clear(tx, before)?;
    write_amounts(tx, after)?;
    write_links(tx, after)
}

fn update_row(tx: &mut Tx<'_>, before: &ValueDriver, after: &ValueDriver) -> Result<(), Failure> {
    let same = value_drivers::table.filter(value_drivers::id.eq(&before.id));
    let same = same.filter(value_drivers::version.eq(before.version));
    require_changed(diesel::update(same).set(&DriverRow::of(after)).execute(&mut **tx)?)
}

fn write_amounts(tx: &mut Tx<'_>, driver: &ValueDriver) -> Result<(), Failure> {
    let mine = value_driver_amounts::table.filter(value_driver_amounts::value_driver.eq(&driver.id));
    diesel::delete(mine).execute(&mut **tx)?;
    for amount in &driver.amounts {
        diesel::insert_into(value_driver_amounts::table).values(amount).execute(&mut **tx)?;
    }
    Ok(())
}

fn write_links(tx: &mut Tx<'_>, driver: &ValueDriver) -> Result<(), Failure> {
    for component in driver.components.iter() {
        diesel::insert_into(value_driver_components::table)
            .values((
                value_driver_components::product_id.eq(&driver.product_id),
                value_driver_components::value_driver.eq(&driver.id),
                value_driver_components::component.eq(component),
            ))
            .execute(&mut **tx)?;
    }
    for slo in driver.slos.iter() {
        diesel::insert_into(value_driver_slos::table)
            .values((
                value_driver_slos::product_id.eq(&driver.product_id),
                value_driver_slos::value_driver.eq(&driver.id),
                value_driver_slos::slo.eq(slo),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Takes away the amounts and links of a driver.
fn clear(tx: &mut Tx<'_>, driver: &ValueDriver) -> Result<(), Failure> {
    let amounts = value_driver_amounts::table.filter(value_driver_amounts::value_driver.eq(&driver.id));
    diesel::delete(amounts).execute(&mut **tx)?;
    let of_components = value_driver_components::table.filter(value_driver_components::value_driver.eq(&driver.id));
    diesel::delete(of_components).execute(&mut **tx)?;
    let of_slos = value_driver_slos::table.filter(value_driver_slos::value_driver.eq(&driver.id));
    diesel::delete(of_slos).execute(&mut **tx)?;
    Ok(())
}

/// What a driver may name, by what it may be called.
struct Known {
    components: HashMap<String, String>,
    slos: HashMap<String, String>,
    stakeholders: HashMap<String, String>,
}

impl Known {
    fn read(conn: &mut Conn, product: &ProductId) -> Result<Self, Failure> {
        let slos = slos::store::all(conn, product)?;
        let stakeholders = stakeholders::store::all(conn, product)?;
        let named = stakeholders.iter().map(|one| (one.name_nfc.clone(), one.id.clone()));
        let by_id = stakeholders.iter().map(|one| (one.id.clone(), one.id.clone()));
        Ok(Self {
            components: components::store::names(conn, product)?,
            slos: slos
                .into_iter()
                .flat_map(|slo| [(slo.id, slo.key.to_string()), (slo.key.to_string(), slo.key.to_string())])
                .collect(),
            stakeholders: named.chain(by_id).collect(),
        })
    }

    /// Puts keys and ids in place of names.
    ///
    /// # Errors
    /// 422 for each that nothing has.
    fn settle(&self, new: &mut NewValueDriver) -> Result<(), Failure> {
        let mut faults = Vec::new();
        new.components = keys(&self.components, &new.components, "/components", &mut faults);
        new.slos = keys(&self.slos, &new.slos, "/slos", &mut faults);
        if let Some(name) = &new.stakeholder {
            let id = self.stakeholders.get(name).or_else(|| self.stakeholders.get(&nfc(name)));
            match id {
                Some(id) => new.stakeholder = Some(id.clone()),
                None => faults.push(Fault::unknown_reference("/stakeholder")),
            }
        }
        Failure::unless_empty(faults)
    }
}

/// The keys of what is named, each once and in order.
fn keys(known: &HashMap<String, String>, named: &Words, pointer: &str, faults: &mut Vec<Fault>) -> Words {
    let mut keys = BTreeSet::new();
    for (at, name) in named.iter().enumerate() {
        match known.get(name) {
            Some(key) => {
                keys.insert(key);
            }
            None => faults.push(Fault::unknown_reference(format!("{pointer}/{at}"))),
        }
    }
    keys.into_iter().collect()
}
