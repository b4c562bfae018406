//! Bills: one billing account's charges of one billing period, as a provider delivered them.
//!
//! The lines of a bill are cost entries. They arrive piece by piece while others write, and none of them counts before the
//! bill is in force, which it is from one moment to the next; then the one that it replaces is not any more, and its lines
//! are removed in small pieces. `docs/DECISIONS.md` says why.

pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::{self, Author, Db, Head},
        http::{Column, Listed, Page},
        money::{Currency, Money, Sum},
        month::Month,
        schema::bills,
        text::JsonText,
    },
    row, text_enum,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

text_enum! {
    /// Whether a bill's lines count.
    pub enum BillState {
        /// Not yet: they are still being written.
        Arriving = "arriving",
        /// They do.
        InForce = "in_force",
        /// Not any more: the bill was delivered again.
        Replaced = "replaced",
        /// Nor ever again: it was taken back, or its delivery broke off. Nobody is shown it.
        Withdrawn = "withdrawn",
    }
}

/// After how long without a sign a bill that arrives is one whose delivery broke off.
pub const GIVEN_UP: TimeDelta = TimeDelta::minutes(15);

/// One billing account's charges of one billing period, as they were delivered.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = bills, treat_none_as_null = true)]
pub struct Bill {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The `source` of its lines.
    pub source: String,
    pub provider: String,
    pub billing_account: String,
    /// The UTC month in which it starts.
    pub billing_period: Month,
    /// Its lines count while it is `in_force`: not yet when it is `arriving`, not any more when it was `replaced`.
    #[schema(schema_with = shown_states)]
    pub state: BillState,
    /// How many there are of them.
    pub lines: i64,
    /// What two deliveries of the same lines have in common, in whatever order the lines are.
    pub digest: String,
    /// What they come to, by currency.
    #[schema(value_type = Vec<BillTotal>)]
    pub totals: JsonText<Vec<BillTotal>>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(Bill, "bills", product: product_id);

fn shown_states() -> RefOr<Schema> {
    let shown = BillState::ALL.iter().filter(|state| **state != BillState::Withdrawn).map(|state| state.as_text());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(shown)).into()
}

/// What the lines of a bill come to in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BillTotal {
    #[schema(value_type = Sum)]
    pub amount: Money,
    /// Null where a line does not say what was billed.
    #[schema(value_type = Option<Sum>)]
    pub billed_amount: Option<Money>,
}

/// A page of a list of them.
pub type BillPage = Page<Bill>;

impl Listed for Bill {
    const COLUMNS: &'static [Column] = &[
        Column::text("source", "source"),
        Column::text("provider", "provider"),
        Column::text("billing_account", "billing_account"),
        Column::text("billing_period", "billing_period"),
        Column::choice("state", "state", &["arriving", "in_force", "replaced"]),
        Column::integer("lines", "lines"),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["provider", "billing_account"];
}

/// What names a bill among those that count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillName {
    pub source: String,
    pub billing_account: String,
    pub billing_period: Month,
}

/// A bill to be delivered.
#[derive(Debug, Clone)]
pub struct NewBill {
    pub name: BillName,
    pub provider: String,
    pub lines: u64,
    pub digest: String,
    pub totals: Vec<BillTotal>,
}

impl NewBill {
    pub fn into_row(self, product: &ProductId, head: Head) -> Bill {
        Bill {
            id: head.id,
            product_id: product.as_str().to_owned(),
            source: self.name.source,
            provider: self.provider,
            billing_account: self.name.billing_account,
            billing_period: self.name.billing_period,
            state: BillState::Arriving,
            lines: i64::try_from(self.lines).unwrap_or(i64::MAX),
            digest: self.digest,
            totals: JsonText::new(self.totals),
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }

    /// Whether this is what is there already.
    pub fn is(&self, there: &Bill) -> bool {
        (there.lines, there.digest.as_str()) == (i64::try_from(self.lines).unwrap_or(i64::MAX), &self.digest)
    }
}

impl Bill {
    pub fn name(&self) -> BillName {
        BillName {
            source: self.source.clone(),
            billing_account: self.billing_account.clone(),
            billing_period: self.billing_period,
        }
    }
}

/// A line of a bill; what it shares with the others is the bill's. All its text is in the form in which it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BilledLine {
    pub amount_units: i64,
    pub amount_parts: i64,
    pub currency: Currency,
    pub billed_units: Option<i64>,
    pub billed_parts: Option<i64>,
    pub service_name: Option<String>,
    pub sub_account: Option<String>,
    pub resource_id: Option<String>,
    pub tags: Option<String>,
    pub extra: Option<String>,
}

impl BilledLine {
    /// All that it says, as one text: what its bill's digest is made of, and what is written.
    ///
    /// # Errors
    /// Never: it is plain data.
    pub fn as_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// Gives up bills that arrive and cannot come into force, and removes their lines. Where that fails they are given up when
/// they have been silent for long enough.
pub async fn give_up(db: &Db, product: &ProductId, ids: Vec<String>) {
    match db.note(move |conn| store::give_up(conn, &ids)).await {
        Ok(()) => sweep(db, product).await,
        Err(failure) => tracing::warn!(?failure, "bills that could not come into force are given up later"),
    }
}

/// Removes the lines of bills that do not count any more, a few at a time, so that nobody waits for it. What is left when
/// it fails is swept with the next bill.
pub async fn sweep(db: &Db, product: &ProductId) {
    loop {
        let (product, clock) = (product.clone(), db.clock().clone());
        // It leaves no event: the change by which they stopped to count has left its own.
        let some = db.change(Author::scheduler(), move |tx| {
            let now = db::now(tx, &clock)?;
            store::sweep(tx, &product, now)
        });
        match some.await {
            Ok(true) => {}
            Ok(false) => break,
            Err(failure) => {
                tracing::warn!(?failure, "lines of bills that do not count any more were not all removed");
                break;
            }
        }
    }
}
