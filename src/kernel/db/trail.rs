//! What the trail forgets of a person: values, never that something was done.

use super::Tx;
use crate::kernel::{
    failure::Failure,
    schema::{audit_events, idempotency_keys},
};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Bool, Text},
};
use serde_json::{Map, Value};

/// What was there before or after a change, as the trail keeps it.
pub type Kept = Map<String, Value>;

impl Tx<'_> {
    /// Empties properties of a resource's rows wherever the trail keeps them: of those objects that hold the text
    /// `needle`, the ones that `is_theirs` knows.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn forget(
        &mut self,
        resource: &str,
        needle: &str,
        is_theirs: impl Fn(&Kept) -> bool,
        properties: &[&str],
    ) -> Result<(), Failure> {
        let written = serde_json::to_string(needle).map_err(Failure::internal)?.to_ascii_lowercase();
        let escaped = written.trim_matches('"').replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let pattern = format!("%{escaped}%");
        let held = |column: &str| {
            sql::<Bool>(&format!("lower({column}) LIKE ")).bind::<Text, _>(pattern.clone()).sql(" ESCAPE '!'")
        };
        let events: Vec<(String, Option<String>, Option<String>)> = audit_events::table
            .filter(audit_events::resource.eq(resource))
            .filter(held("coalesce(before, '')").or(held("coalesce(after, '')")))
            .select((audit_events::id, audit_events::before, audit_events::after))
            .load(&mut **self)?;
        for (id, before, after) in events {
            let emptied = |kept: Option<String>| kept.map(|kept| emptied(kept, &is_theirs, properties)).transpose();
            let (before, after) = (emptied(before)?, emptied(after)?);
            diesel::update(audit_events::table.find(id))
                .set((audit_events::before.eq(before), audit_events::after.eq(after)))
                .execute(&mut **self)?;
        }
        Ok(())
    }

    /// Empties from where a user did what they did, and drops the answers kept for retries that name them.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn forget_whereabouts(&mut self, user: &str) -> Result<(), Failure> {
        diesel::update(audit_events::table.filter(audit_events::actor_id.eq(user)))
            .set(audit_events::address.eq(None::<String>))
            .execute(&mut **self)?;
        let named = idempotency_keys::caller.eq(user).or(idempotency_keys::answer.like(format!("%{user}%")));
        diesel::delete(idempotency_keys::table.filter(named)).execute(&mut **self)?;
        Ok(())
    }
}

fn emptied(kept: String, is_theirs: &impl Fn(&Kept) -> bool, properties: &[&str]) -> Result<String, Failure> {
    let Value::Object(mut object) = serde_json::from_str(&kept).map_err(Failure::internal)? else { return Ok(kept) };
    if !is_theirs(&object) {
        return Ok(kept);
    }
    for property in properties {
        if let Some(value) = object.get_mut(*property) {
            *value = Value::Null;
        }
    }
    serde_json::to_string(&object).map_err(Failure::internal)
}
