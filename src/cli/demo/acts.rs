//! What the demo company's stakeholders did themselves: agree, accept, question. They are made
//! users and do it by the rules that anybody does it by.

use crate::{
    impact::{act::acting_stakeholder, claims, drivers},
    kernel::{
        auth::{ProductId, ProductScope, Role},
        db::{Author, Db, Tx},
        failure::Failure,
        http::{IfMatch, Patch},
    },
    products, stakeholders,
};
use serde::Deserialize;
use serde_json::{Map, json};
use std::collections::BTreeMap;

const ACTS: &str = include_str!("../../../seed-data/acts.csv");

/// A line of the file.
#[derive(Debug, Clone, Deserialize)]
struct Act {
    act: String,
    of: String,
    by: String,
    text: String,
}

fn acts() -> Result<Vec<Act>, Failure> {
    csv::Reader::from_reader(ACTS.as_bytes()).deserialize().collect::<Result<_, _>>().map_err(Failure::internal)
}

/// The names of those who act.
pub fn names() -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = acts()?.into_iter().map(|act| act.by).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Does what the file says. `users` are the ids of those who act, by name.
pub async fn play(db: &Db, product: &ProductId, users: &BTreeMap<String, String>) -> Result<(), Failure> {
    for (name, user) in users {
        let (product, name, user) = (product.clone(), name.clone(), user.clone());
        db.change(Author::operator(), move |tx| sign_in(tx, &product, &name, &user)).await?;
    }
    for act in acts()? {
        let unknown = || Failure::internal(format!("nobody is called {}", act.by));
        let user = users.get(&act.by).cloned().ok_or_else(unknown)?;
        let author = Author::user(user.clone());
        let product = product.clone();
        db.change(author, move |tx| perform(tx, &product, &user, act)).await?;
    }
    Ok(())
}

/// A product as someone of some role sees it.
fn scope(tx: &mut Tx<'_>, product: &ProductId, role: Role) -> Result<ProductScope, Failure> {
    let row = products::store::find(tx, product)?;
    Ok(ProductScope {
        id: product.clone(),
        key: row.key.to_string(),
        zone: row.zone()?,
        currency: row.currency,
        published_through: row.published_through,
        role,
        member: role,
    })
}

/// Says which user a stakeholder signs in as, which only an owner does.
fn sign_in(tx: &mut Tx<'_>, product: &ProductId, name: &str, user: &str) -> Result<(), Failure> {
    let owner = scope(tx, product, Role::Owner)?;
    let all = stakeholders::store::all(tx, product)?;
    let stakeholder = all.into_iter().find(|stakeholder| stakeholder.name == name).ok_or(Failure::NotFound)?;
    let patch = Patch::of(Map::from_iter([("user".to_owned(), json!(user))]));
    let seen = IfMatch::version(stakeholder.version);
    stakeholders::store::update(tx, &owner, &stakeholder.id, seen, &patch).map(|_| ())
}

fn perform(tx: &mut Tx<'_>, product: &ProductId, user: &str, act: Act) -> Result<(), Failure> {
    let viewer = scope(tx, product, Role::Viewer)?;
    if act.act == "agree" {
        let all = drivers::store::all(tx, product)?;
        let mut driver = all.into_iter().find(|driver| driver.name == act.of).ok_or(Failure::NotFound)?;
        let stakeholder = acting_stakeholder(tx, &viewer, user, driver.stakeholder.as_deref())?;
        let days: Vec<_> = driver.amounts.iter().map(|amount| amount.valid_from).collect();
        for day in days {
            let seen = IfMatch::version(driver.version);
            driver = drivers::store::agree(tx, &driver, seen, &stakeholder, Some(day))?;
        }
        return Ok(());
    }
    let all = claims::store::all(tx, product)?;
    let claim = all.into_iter().find(|claim| claim.title == act.of).ok_or(Failure::NotFound)?;
    let stakeholder = acting_stakeholder(tx, &viewer, user, claim.stakeholder.as_deref())?;
    let seen = IfMatch::version(claim.version);
    match act.act.as_str() {
        "accept" => claims::store::accept(tx, product, &claim, seen, &stakeholder, act.text).map(|_| ()),
        "question" => claims::store::question(tx, &claim, seen, act.text).map(|_| ()),
        other => Err(Failure::internal(format!("nobody knows how to {other}"))),
    }
}
