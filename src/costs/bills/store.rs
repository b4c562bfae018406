//! The SQL of bills and their lines.

use super::{Bill, BillName, BillState, GIVEN_UP, NewBill};
use crate::{
    costs::{Category, CostEntry},
    effort::Nature,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{Conn, Tx, alone_with, order_by, require_changed},
        failure::Failure,
        http::{IfMatch, List, Page},
        month::Month,
        schema::{bills, cost_entries},
    },
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text, Timestamp},
};
use std::collections::{BTreeMap, BTreeSet};

/// How many lines are removed at a time.
const PIECE: i64 = 1000;

pub fn page(conn: &mut Conn, product: &ProductId, list: &List<Bill>) -> Result<Page<Bill>, Failure> {
    let rows = bills::table
        .filter(bills::product_id.eq(product.as_str()))
        .filter(bills::state.ne(BillState::Withdrawn))
        .filter(list.clause())
        .order(order_by(&list.order()))
        .limit(list.fetch())
        .select(Bill::as_select())
        .load(conn)?;
    list.page(rows)
}

pub fn find(conn: &mut Conn, product: &ProductId, id: &str) -> Result<Bill, Failure> {
    Ok(bills::table
        .filter(bills::product_id.eq(product.as_str()))
        .filter(bills::state.ne(BillState::Withdrawn))
        .filter(bills::id.eq(id))
        .select(Bill::as_select())
        .first(conn)?)
}

/// The bills that count, by their names.
pub fn in_force(conn: &mut Conn, product: &ProductId) -> Result<BTreeMap<BillName, Bill>, Failure> {
    let rows: Vec<Bill> = bills::table
        .filter(bills::product_id.eq(product.as_str()))
        .filter(bills::state.eq(BillState::InForce))
        .select(Bill::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|bill| (bill.name(), bill)).collect())
}

/// Whose bills of a month are in force: their sources and billing accounts.
pub fn accounts(conn: &mut Conn, product: &ProductId, month: Month) -> Result<BTreeSet<(String, String)>, Failure> {
    let rows: Vec<(String, String)> = bills::table
        .filter(bills::product_id.eq(product.as_str()))
        .filter(bills::state.eq(BillState::InForce))
        .filter(bills::billing_period.eq(month))
        .select((bills::source, bills::billing_account))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Begins to deliver bills: until they are put in force their lines are nobody's. `now` is everybody's time, by which it
/// is seen that they are still being delivered.
pub fn begin(tx: &mut Tx<'_>, product: &ProductId, new: Vec<NewBill>, now: Instant) -> Result<Vec<Bill>, Failure> {
    let mut begun = Vec::new();
    for new in new {
        let bill = Bill { updated_at: now, ..new.into_row(product, tx.new_head()) };
        diesel::insert_into(bills::table).values(&bill).execute(&mut **tx)?;
        begun.push(bill);
    }
    tx.nothing_changed();
    Ok(begun)
}

/// The columns of a line as [`super::BilledLine`] has them, and its own and its bill's id before.
const LINE: [(&str, &str); 12] = [
    ("id", "TEXT"),
    ("bill_id", "TEXT"),
    ("amount_units", "BIGINT"),
    ("amount_parts", "BIGINT"),
    ("currency", "TEXT"),
    ("billed_units", "BIGINT"),
    ("billed_parts", "BIGINT"),
    ("service_name", "TEXT"),
    ("sub_account", "TEXT"),
    ("resource_id", "TEXT"),
    ("tags", "TEXT"),
    ("extra", "TEXT"),
];

/// Writes lines of bills that are arriving, each as its bill's id and its JSON: all of them in one statement, bound as one
/// text that both engines take apart.
///
/// # Errors
/// 409 when a bill is not arriving any more, having been taken for one whose delivery broke off.
pub fn write_lines(tx: &mut Tx<'_>, lines: &[(String, String)]) -> Result<(), Failure> {
    let head = tx.new_head();
    let mut rows = String::with_capacity(lines.iter().map(|(_, line)| line.len() + 128).sum());
    for (bill, line) in lines {
        rows.push_str(if rows.is_empty() { "[" } else { "," });
        rows.push_str(&format!("{{\"id\":\"{}\",\"bill_id\":\"{bill}\",", tx.new_id()));
        rows.push_str(line.strip_prefix('{').unwrap_or(line));
    }
    rows.push(']');
    let names = LINE.map(|(name, _)| name).join(", ");
    let of_line = |form: fn(&str, &str) -> String| LINE.map(|(name, kind)| form(name, kind)).join(", ");
    let statement = |values: String, from: &str, bind: [&str; 6]| {
        let [category, nature, at, again, number, arriving] = bind;
        format!(
            "INSERT INTO cost_entries ({names}, product_id, month, category, nature, note, source, provider, \
             billing_account, billing_period, created_at, updated_at, version, change_number) \
             SELECT {values}, bill.product_id, bill.billing_period, {category}, {nature}, '', bill.source, \
             bill.provider, bill.billing_account, bill.billing_period, {at}, {again}, 1, {number} \
             FROM {from} JOIN bills AS bill ON bill.id = line.bill_id AND bill.state = {arriving}"
        )
    };
    let (category, nature) = (Category::Infrastructure.as_text(), Nature::Run.as_text());
    let (at, number, arriving) = (head.created_at, head.change_number, BillState::Arriving.as_text());
    let written = match &mut **tx {
        Conn::Sqlite(conn) => {
            let taken_apart = of_line(|name, _| format!("value->>'{name}' AS {name}"));
            let from = format!("(SELECT {taken_apart} FROM json_each(?)) AS line");
            let insert = statement(of_line(|name, _| format!("line.{name}")), &from, ["?"; 6]);
            // In the order in which they stand.
            let insert = diesel::sql_query(insert).bind::<Text, _>(category).bind::<Text, _>(nature);
            let insert = insert.bind::<Timestamp, _>(at).bind::<Timestamp, _>(at).bind::<BigInt, _>(number);
            insert.bind::<Text, _>(rows).bind::<Text, _>(arriving).execute(conn)?
        }
        Conn::Pg(conn) => {
            let columns = of_line(|name, kind| format!("{name} {kind}"));
            let from = format!("json_to_recordset(CAST($7 AS json)) AS line ({columns})");
            let values = of_line(|name, _| format!("line.{name}"));
            let insert = statement(values, &from, ["$1", "$2", "$3", "$4", "$5", "$6"]);
            let insert = diesel::sql_query(insert).bind::<Text, _>(category).bind::<Text, _>(nature);
            let insert = insert.bind::<Timestamp, _>(at).bind::<Timestamp, _>(at).bind::<BigInt, _>(number);
            insert.bind::<Text, _>(arriving).bind::<Text, _>(rows).execute(conn)?
        }
    };
    tx.nothing_changed();
    if written == lines.len() { Ok(()) } else { Err(given_up()) }
}

/// Says that bills are still being delivered.
///
/// # Errors
/// As [`write_lines`].
pub fn go_on(conn: &mut Conn, ids: &[String], now: Instant) -> Result<(), Failure> {
    let mine = bills::table.filter(bills::id.eq_any(ids)).filter(bills::state.eq(BillState::Arriving));
    let alive = diesel::update(mine).set(bills::updated_at.eq(now)).execute(conn)?;
    if alive == ids.len() { Ok(()) } else { Err(given_up()) }
}

fn given_up() -> Failure {
    Failure::conflict("given_up", "the bill was given up while it arrived: bring the file again")
}

/// Puts bills in force whose lines have all arrived, in place of those of their names that are. The caller records it,
/// and is alone in the product.
///
/// # Errors
/// 503 when a bill is not arriving any more.
pub fn put_in_force(tx: &mut Tx<'_>, arrived: &[Bill], there: &BTreeMap<BillName, Bill>) -> Result<(), Failure> {
    for bill in arrived {
        if let Some(before) = there.get(&bill.name()) {
            turn(tx, before, BillState::Replaced)?;
        }
        // Its `updated_at` and only that was written since.
        turn(tx, bill, BillState::InForce).map_err(|failure| match failure {
            Failure::Stale => Failure::Unavailable { retry_after: 1 },
            other => other,
        })?;
    }
    Ok(())
}

fn turn(tx: &mut Tx<'_>, before: &Bill, state: BillState) -> Result<(), Failure> {
    let head = tx.next_head(before);
    let same = bills::table
        .filter(bills::id.eq(&before.id))
        .filter(bills::version.eq(before.version))
        .filter(bills::state.eq(before.state));
    let after = (
        bills::state.eq(state),
        bills::updated_at.eq(head.updated_at),
        bills::version.eq(head.version),
        bills::change_number.eq(head.change_number),
    );
    require_changed(diesel::update(same).set(after).execute(&mut **tx)?)
}

/// Takes a bill back. Its lines count no more, and are still to be [swept](sweep). `now` is everybody's time.
///
/// # Errors
/// 409 for one that is arriving.
pub fn withdraw(tx: &mut Tx<'_>, product: &ProductId, id: &str, seen: IfMatch, now: Instant) -> Result<(), Failure> {
    tx.alone_in(product)?;
    let before = find(tx, product, id)?;
    seen.check(&before)?;
    if before.state == BillState::Arriving && before.updated_at > silent_since(now) {
        let detail = "it is being delivered at this moment: wait until it is there, or given up";
        return Err(Failure::conflict("arriving", detail));
    }
    match before.state {
        // Without a new version, by which the sweep knows that its lines never counted.
        BillState::Arriving => give_up(tx, std::slice::from_ref(&before.id))?,
        _ => turn(tx, &before, BillState::Withdrawn)?,
    }
    tx.deleted(&before)
}

/// What has given no sign since is not being delivered any more.
fn silent_since(now: Instant) -> Instant {
    (now.utc() - GIVEN_UP).into()
}

/// Gives up bills that were to be delivered and cannot be.
pub fn give_up(conn: &mut Conn, ids: &[String]) -> Result<(), Failure> {
    let mine = bills::table.filter(bills::id.eq_any(ids)).filter(bills::state.eq(BillState::Arriving));
    diesel::update(mine).set(bills::state.eq(BillState::Withdrawn)).execute(conn)?;
    Ok(())
}

/// Removes some lines of bills that do not count any more, and of such whose delivery broke off; says whether there may be
/// more. What remains of a bill that was taken back or broke off goes with the last of them.
pub fn sweep(tx: &mut Tx<'_>, product: &ProductId, now: Instant) -> Result<bool, Failure> {
    tx.nothing_changed();
    alone_with(tx, &format!("sweep {}", product.as_str()))?;
    let of_product = || bills::table.filter(bills::product_id.eq(product.as_str()));
    let silent = bills::updated_at.lt(silent_since(now));
    let broken = of_product().filter(bills::state.eq(BillState::Arriving)).filter(silent);
    diesel::update(broken).set(bills::state.eq(BillState::Withdrawn)).execute(&mut **tx)?;
    let with_lines = diesel::dsl::exists(cost_entries::table.filter(cost_entries::bill_id.eq(bills::id.nullable())));
    let over: Option<(String, i64)> = of_product()
        .filter(bills::state.eq_any([BillState::Replaced, BillState::Withdrawn]))
        .filter(with_lines)
        .select((bills::id, bills::version))
        .first(&mut **tx)
        .optional()?;
    let Some((bill, version)) = over else {
        diesel::delete(of_product().filter(bills::state.eq(BillState::Withdrawn))).execute(&mut **tx)?;
        return Ok(false);
    };
    let ids: Vec<String> = cost_entries::table
        .filter(cost_entries::bill_id.eq(&bill))
        .limit(PIECE)
        .select(cost_entries::id)
        .load(&mut **tx)?;
    // Of a bill that was never in force nobody has seen a line.
    if version > 1 {
        tx.buried::<CostEntry>(product, &ids)?;
    }
    diesel::delete(cost_entries::table.filter(cost_entries::id.eq_any(&ids))).execute(&mut **tx)?;
    Ok(true)
}
