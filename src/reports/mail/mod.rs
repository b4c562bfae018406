//! Published reports by mail: to each stakeholder with an address, in their own view, once.
//!
//! Publishing writes down who is to get it, in its own transaction; [`sender`] sends what is due.

pub mod api;
pub mod sender;
pub mod store;

use crate::{
    kernel::{
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page},
        schema::report_deliveries,
    },
    row,
    stakeholders::Stakeholder,
    text_enum,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// Where a delivery stands.
    pub enum DeliveryState {
        /// It is tried until the mail server takes it, refuses it, or time is up.
        Waiting = "waiting",
        /// The mail server has taken it over.
        Sent = "sent",
        /// It was given up.
        Failed = "failed",
    }
}

/// A report on its way to a stakeholder.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = report_deliveries, treat_none_as_null = true)]
pub struct ReportDelivery {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    /// The report's id.
    #[diesel(column_name = report_id)]
    pub report: String,
    /// The id of whom it is for.
    pub stakeholder: String,
    /// Where it was sent; while it waits, where it would be.
    pub address: String,
    pub state: DeliveryState,
    /// How often it was tried since it was last asked for.
    pub attempts: i64,
    /// When it is tried next; null when it is not.
    pub next_at: Option<Instant>,
    /// When the mail server took it over.
    pub sent_at: Option<Instant>,
    /// What came in the way the last time, in the mail server's words where it had any.
    pub problem: Option<String>,
    /// The id of the link in the mail, for a stakeholder without a user.
    pub share_link: Option<String>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ReportDelivery, "deliveries", product: product_id);

/// A page of a list of them.
pub type ReportDeliveryPage = Page<ReportDelivery>;

impl Listed for ReportDelivery {
    const COLUMNS: &'static [Column] = &[
        Column::choice("state", "state", DeliveryState::WORDS),
        Column::text("stakeholder", "stakeholder"),
        Column::text("address", "address"),
        Column::integer("attempts", "attempts"),
        Column::time("next_at", "next_at").or_null(),
        Column::time("sent_at", "sent_at").or_null(),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["address", "problem"];
}

/// How long is waited after each attempt but the last, in minutes: nearly two days in all.
const WAITS: [i64; 6] = [5, 15, 60, 4 * 60, 12 * 60, 24 * 60];
/// How long whoever tries has it to themselves: longer than a letter may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long a link in a mail opens its report.
const LINK: TimeDelta = TimeDelta::days(90);

impl ReportDelivery {
    fn new(product: &str, report: &str, stakeholder: &Stakeholder, address: &str, head: Head) -> Self {
        Self {
            id: head.id,
            product_id: product.to_owned(),
            report: report.to_owned(),
            stakeholder: stakeholder.id.clone(),
            address: address.to_owned(),
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at: Some(head.created_at),
            sent_at: None,
            problem: None,
            share_link: None,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.state == DeliveryState::Waiting && self.next_at.is_some_and(|at| at <= now)
    }

    /// How long is waited after the attempts there were; none when they were enough.
    fn wait(&self) -> Option<TimeDelta> {
        let tried = usize::try_from(self.attempts).ok()?;
        WAITS.get(tried.saturating_sub(1)).map(|minutes| TimeDelta::minutes(*minutes))
    }

    fn with(self, head: Head) -> Self {
        Self { updated_at: head.updated_at, version: head.version, change_number: head.change_number, ..self }
    }

    /// In the hands of who tries it now: nobody else does for the length of the lease.
    fn tried(self, now: Instant) -> Self {
        Self { attempts: self.attempts + 1, next_at: Some((now.utc() + LEASE).into()), ..self }
    }

    fn sent(self, now: Instant) -> Self {
        Self { state: DeliveryState::Sent, next_at: None, sent_at: Some(now), problem: None, ..self }
    }

    fn failed(self, problem: String) -> Self {
        Self { state: DeliveryState::Failed, next_at: None, problem: Some(problem), ..self }
    }

    /// To be tried again later, as long as it is not too often.
    fn postponed(self, now: Instant, problem: String) -> Self {
        match self.wait() {
            None => self.failed(problem),
            Some(wait) => Self { next_at: Some((now.utc() + wait).into()), problem: Some(problem), ..self },
        }
    }

    /// To be tried from the beginning.
    fn asked_again(self, now: Instant) -> Self {
        Self { state: DeliveryState::Waiting, attempts: 0, next_at: Some(now), problem: None, ..self }
    }
}
