//! The SQL of products, their teams and labour rates.

use super::{LabourRate, NewLabourRate, NewProduct, NewTeamMember, Product, TeamMember};
use crate::{
    access::{self, NewMember},
    kernel::{
        auth::{ProductId, ProductScope, Role},
        dated,
        db::{Conn, Kept, Row, Tx, order_by, require_changed},
        failure::{Failure, Fault},
        http::{IfMatch, List, Page, Patch},
        merge::{Given, Merge},
        month::Month,
        schema::{budgets, cost_entries, effort_weeks, labour_rates, members, products, slo_days, team_members},
        text::Key,
    },
};
use diesel::{
    dsl::{exists, sql},
    prelude::*,
    select,
    sql_types::Bool,
};

/// The products that a user is a member of, or the `only` one of them that their token opens.
pub fn page(
    conn: &mut Conn,
    user: &str,
    only: Option<&ProductId>,
    list: &List<Product>,
) -> Result<Page<Product>, Failure> {
    let mine = members::table.filter(members::user_id.eq(user)).select(members::product_id).load::<String>(conn)?;
    let mine = mine.into_iter().filter(|id| only.is_none_or(|only| only.as_str() == id)).collect::<Vec<_>>();
    let rows = products::table
        .filter(products::id.eq_any(mine))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Product::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Whether there is any product at all.
pub fn any(conn: &mut Conn) -> Result<bool, Failure> {
    Ok(select(exists(products::table.select(products::id))).get_result(conn)?)
}

pub fn find(conn: &mut Conn, product: &ProductId) -> Result<Product, Failure> {
    Ok(products::table.find(product.as_str()).select(Product::as_select()).first(conn)?)
}

/// For the command line, which belongs to no member.
pub fn find_by_key(conn: &mut Conn, key: &str) -> Result<Product, Failure> {
    Ok(products::table.filter(products::key.eq(key)).select(Product::as_select()).first(conn)?)
}

/// Makes a product and its first owner.
///
/// # Errors
/// 422 without an owner, 409 when the key is taken.
pub fn insert(tx: &mut Tx<'_>, new: NewProduct) -> Result<Product, Failure> {
    let missing = || Failure::invalid("/owner", "required", "a product has a first owner");
    let owner = new.owner.clone().ok_or_else(missing)?;
    let no_key = || Failure::invalid("/key", "required", "the name makes no key; give one");
    let key = new.key.clone().or_else(|| Key::slug(&new.name)).ok_or_else(no_key)?;
    let product = new.into_row(key, None, tx.new_head())?;
    diesel::insert_into(products::table).values(&product).execute(&mut **tx)?;
    tx.created(&product)?;
    let first = NewMember { user: owner, role: Role::Owner };
    access::store::insert_member(tx, &product.product_id(), first).map_err(|failure| match failure {
        Failure::Invalid(_) => {
            Failure::Invalid(vec![Fault::at("/owner", "unknown_reference", "there is no such user")])
        }
        other => other,
    })?;
    Ok(product)
}

pub fn update(
    tx: &mut Tx<'_>,
    product: &ProductId,
    seen: IfMatch,
    patch: &Patch<NewProduct>,
) -> Result<Product, Failure> {
    let before = find(tx, product)?;
    seen.check(&before)?;
    let head = tx.next_head(&before);
    let mut after = patch.apply(&before)?.into_row(before.key.clone(), before.published_through, head)?;
    if before.publish_day.is_some() && after.publish_day.is_some() {
        after.publishes_since = before.publishes_since;
    }
    require_unfixed(tx, &before, &after)?;
    let same = products::table.filter(products::id.eq(&before.id)).filter(products::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

/// What months and sums were computed with is fixed once there is data.
fn require_unfixed(tx: &mut Tx<'_>, before: &Product, after: &Product) -> Result<(), Failure> {
    let changed = [
        ("timezone", before.timezone != after.timezone),
        ("currency", before.currency != after.currency),
        ("labour_from", before.labour_from != after.labour_from),
        ("fiscal_year_start", before.fiscal_year_start != after.fiscal_year_start),
    ];
    let names: Vec<_> = changed.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let effort = effort_weeks::table.filter(effort_weeks::product_id.eq(&before.id));
    // As `costs::store::counted`, which is a chapter above: what is left of a bill that broke off is no data.
    let costs = cost_entries::table
        .filter(cost_entries::product_id.eq(&before.id))
        .filter(sql::<Bool>("(bill_id IS NULL OR bill_id IN (SELECT id FROM bills WHERE state = 'in_force'))"));
    let rates = labour_rates::table.filter(labour_rates::product_id.eq(&before.id));
    let measured = slo_days::table.filter(slo_days::product_id.eq(&before.id));
    let budgeted = budgets::table.filter(budgets::product_id.eq(&before.id));
    let has_data = select(exists(effort)).get_result::<bool>(&mut **tx)?
        || select(exists(costs)).get_result::<bool>(&mut **tx)?
        || select(exists(rates)).get_result::<bool>(&mut **tx)?
        || select(exists(measured)).get_result::<bool>(&mut **tx)?
        || select(exists(budgeted)).get_result::<bool>(&mut **tx)?;
    match has_data {
        true => Err(Failure::conflict("fixed", format!("{} is fixed once there is data", names.join(", ")))),
        false => Ok(()),
    }
}

/// Notes that a month's report is published: what is dated may start only after it.
pub fn publish_through(tx: &mut Tx<'_>, product: &ProductId, month: Month) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product)?;
    if before.published_through.is_some_and(|published| published >= month) {
        return Ok(());
    }
    let head = tx.next_head(&before);
    let after = Product {
        published_through: Some(month),
        updated_at: head.updated_at,
        version: head.version,
        change_number: head.change_number,
        ..before.clone()
    };
    let same = products::table.filter(products::id.eq(&before.id)).filter(products::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)
}

pub fn page_of_team(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<TeamMember>,
) -> Result<Page<TeamMember>, Failure> {
    let rows = team_members::table
        .filter(team_members::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(TeamMember::as_select())
        .load(conn)?;
    list.page(rows)
}

/// The whole team, past and present.
pub fn team(conn: &mut Conn, product: &ProductId) -> Result<Vec<TeamMember>, Failure> {
    Ok(team_members::table
        .filter(team_members::product_id.eq(product.as_str()))
        .order((team_members::name, team_members::id))
        .select(TeamMember::as_select())
        .load(conn)?)
}

pub fn find_team_member(conn: &mut Conn, product: &ProductId, id: &str) -> Result<TeamMember, Failure> {
    Ok(team_members::table
        .filter(team_members::product_id.eq(product.as_str()))
        .filter(team_members::id.eq(id))
        .select(TeamMember::as_select())
        .first(conn)?)
}

pub fn insert_team_member(tx: &mut Tx<'_>, product: &ProductId, new: NewTeamMember) -> Result<TeamMember, Failure> {
    let row = new.into_row(product, tx.new_head())?;
    diesel::insert_into(team_members::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update_team_member(
    tx: &mut Tx<'_>,
    product: &ProductId,
    id: &str,
    seen: IfMatch,
    patch: &Patch<NewTeamMember>,
) -> Result<TeamMember, Failure> {
    let before = find_team_member(tx, product, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(product, tx.next_head(&before))?;
    let same = team_members::table.filter(team_members::id.eq(id)).filter(team_members::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete_team_member(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find_team_member(tx, product, id)?;
    seen.check(&before)?;
    let same = team_members::table.filter(team_members::id.eq(id)).filter(team_members::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// Empties a member's row, and what the trail keeps of it, of who they were.
///
/// # Errors
/// When somebody else was faster.
pub fn erase_team_member(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<TeamMember, Failure> {
    let before = find_team_member(tx, product, id)?;
    seen.check(&before)?;
    let after = before.without_person(tx.next_head(&before));
    let same = team_members::table.filter(team_members::id.eq(id)).filter(team_members::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    let theirs = |kept: &Kept| kept.get("id").is_some_and(|known| known == id);
    tx.forget(TeamMember::RESOURCE, id, theirs, &["name"])?;
    tx.record("erase", TeamMember::RESOURCE, after.product(), id, None::<&TeamMember>, Some(&after))?;
    Ok(after)
}

pub fn page_of_rates(
    conn: &mut Conn,
    product: &ProductId,
    list: &List<LabourRate>,
) -> Result<Page<LabourRate>, Failure> {
    let rows = labour_rates::table
        .filter(labour_rates::product_id.eq(product.as_str()))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(LabourRate::as_select())
        .load(conn)?;
    list.page(rows)
}

/// Every labour rate there ever was.
pub fn rates(conn: &mut Conn, product: &ProductId) -> Result<Vec<LabourRate>, Failure> {
    Ok(labour_rates::table
        .filter(labour_rates::product_id.eq(product.as_str()))
        .order(labour_rates::valid_from)
        .select(LabourRate::as_select())
        .load(conn)?)
}

pub fn find_rate(conn: &mut Conn, product: &ProductId, id: &str) -> Result<LabourRate, Failure> {
    Ok(labour_rates::table
        .filter(labour_rates::product_id.eq(product.as_str()))
        .filter(labour_rates::id.eq(id))
        .select(LabourRate::as_select())
        .first(conn)?)
}

pub fn insert_rate(tx: &mut Tx<'_>, product: &ProductScope, new: NewLabourRate) -> Result<LabourRate, Failure> {
    let row = new.into_row(&product.id, product.currency, tx.new_head())?;
    require_open(tx, &product.id, row.valid_from)?;
    diesel::insert_into(labour_rates::table).values(&row).execute(&mut **tx)?;
    tx.created(&row)?;
    Ok(row)
}

pub fn update_rate(
    tx: &mut Tx<'_>,
    product: &ProductScope,
    id: &str,
    seen: IfMatch,
    patch: &Patch<NewLabourRate>,
) -> Result<LabourRate, Failure> {
    let before = find_rate(tx, &product.id, id)?;
    seen.check(&before)?;
    let after = patch.apply(&before)?.into_row(&product.id, product.currency, tx.next_head(&before))?;
    require_open(tx, &product.id, before.valid_from)?;
    require_open(tx, &product.id, after.valid_from)?;
    let same = labour_rates::table.filter(labour_rates::id.eq(id)).filter(labour_rates::version.eq(before.version));
    require_changed(diesel::update(same).set(&after).execute(&mut **tx)?)?;
    tx.updated(&before, &after)?;
    Ok(after)
}

pub fn delete_rate(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch) -> Result<(), Failure> {
    let before = find_rate(tx, product, id)?;
    seen.check(&before)?;
    require_open(tx, product, before.valid_from)?;
    let same = labour_rates::table.filter(labour_rates::id.eq(id)).filter(labour_rates::version.eq(before.version));
    require_changed(diesel::delete(same).execute(&mut **tx)?)?;
    tx.deleted(&before)
}

/// That a dated value may start on a day. Read again in the change itself: a report may have been published since the
/// request began.
///
/// # Errors
/// 422 for another day than the first of a month, 409 for a month that is published.
pub fn require_open(tx: &mut Tx<'_>, product: &ProductId, valid_from: chrono::NaiveDate) -> Result<(), Failure> {
    tx.alone_in(product)?;
    dated::require_open(valid_from, find(tx, product)?.published_through)
}

/// How given members of the team meet those that are there: named by name and first day.
pub fn plan_team(
    conn: &mut Conn,
    product: &ProductId,
    given: &[Given<NewTeamMember>],
) -> Result<Merge<TeamMember, NewTeamMember>, Failure> {
    Merge::plan(
        team(conn, product)?,
        given,
        |row| (row.name.clone(), row.valid_from),
        |new| (new.name.clone(), new.valid_from),
        |new, head| new.into_row(product, head),
        |_| Ok(()),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_team(
    tx: &mut Tx<'_>,
    product: &ProductId,
    merge: Merge<TeamMember, NewTeamMember>,
) -> Result<(), Failure> {
    for new in merge.created {
        let row = new.into_row(product, tx.new_head())?;
        diesel::insert_into(team_members::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(product, tx.next_head(&before))?;
        let same = team_members::table.filter(team_members::id.eq(&row.id));
        let same = same.filter(team_members::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}

/// How given labour rates meet those that are there: named by their first day.
pub fn plan_rates(
    conn: &mut Conn,
    product: &Product,
    given: &[Given<NewLabourRate>],
) -> Result<Merge<LabourRate, NewLabourRate>, Failure> {
    let id = product.product_id();
    Merge::plan(
        rates(conn, &id)?,
        given,
        |row| row.valid_from,
        |new| new.valid_from,
        |new, head| new.into_row(&id, product.currency, head),
        |row| dated::require_open(row.valid_from, product.published_through),
    )
}

/// Writes what an import brings; the import records the event.
pub fn merge_rates(tx: &mut Tx<'_>, product: &Product, merge: Merge<LabourRate, NewLabourRate>) -> Result<(), Failure> {
    let id = product.product_id();
    for new in merge.created {
        let row = new.into_row(&id, product.currency, tx.new_head())?;
        diesel::insert_into(labour_rates::table).values(&row).execute(&mut **tx)?;
    }
    for (before, new) in merge.changed {
        let row = new.into_row(&id, product.currency, tx.next_head(&before))?;
        let same = labour_rates::table.filter(labour_rates::id.eq(&row.id));
        let same = same.filter(labour_rates::version.eq(before.version));
        require_changed(diesel::update(same).set(&row).execute(&mut **tx)?)?;
    }
    Ok(())
}
