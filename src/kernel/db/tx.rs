//! A change: a transaction that knows who makes it, when, and that it must be audited.

use super::Conn;
use crate::kernel::{
    auth::ProductId,
    clock::{Clock, Ids, Instant},
    failure::Failure,
    schema::{audit_events, tombstones},
};
use chrono::NaiveTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text, Timestamp},
};
use serde::Serialize;

crate::text_enum! {
    /// What kind of someone made a change.
    pub enum AuthorKind {
        /// A person who signed in.
        User = "user",
        /// An API token.
        Token = "token",
        /// Whoever holds a signed link.
        Link = "link",
        /// prodops itself, on its schedule.
        Scheduler = "scheduler",
        /// The outside issuer, by the groups it says somebody is in.
        Issuer = "issuer",
        /// Someone with the machine's own command line.
        Operator = "operator",
    }
}

/// Who makes a change, and in which request.
#[derive(Debug, Clone)]
pub struct Author {
    pub kind: AuthorKind,
    pub id: Option<String>,
    /// The user whose token it is.
    pub on_behalf_of: Option<String>,
    /// The session that a user was signed in with.
    pub session: Option<String>,
    pub request_id: Option<String>,
    /// From where the request came.
    pub address: Option<String>,
}

impl Author {
    pub fn operator() -> Self {
        Self::of(AuthorKind::Operator, None)
    }

    pub fn scheduler() -> Self {
        Self::of(AuthorKind::Scheduler, None)
    }

    pub fn issuer() -> Self {
        Self::of(AuthorKind::Issuer, None)
    }

    pub fn user(id: String) -> Self {
        Self::of(AuthorKind::User, Some(id))
    }

    /// An API token, and whose it is.
    pub fn token(id: String, user: String) -> Self {
        Self { on_behalf_of: Some(user), ..Self::of(AuthorKind::Token, Some(id)) }
    }

    /// Whoever holds the link of that id.
    pub fn link(id: String) -> Self {
        Self::of(AuthorKind::Link, Some(id))
    }

    /// Whoever holds a link of which nothing is to be known but that it was one.
    pub fn some_link() -> Self {
        Self::of(AuthorKind::Link, None)
    }

    fn of(kind: AuthorKind, id: Option<String>) -> Self {
        Self { kind, id, on_behalf_of: None, session: None, request_id: None, address: None }
    }

    /// In the request of that id, from that address.
    pub fn in_request(self, id: &str, address: &str) -> Self {
        Self { request_id: Some(id.to_owned()), address: Some(address.to_owned()), ..self }
    }

    /// Signed in with the session of that id.
    pub fn in_session(self, session: Option<String>) -> Self {
        Self { session, ..self }
    }

    /// The user who answers for it, if it is one's.
    pub fn person(&self) -> Option<&str> {
        match self.kind {
            AuthorKind::User => self.id.as_deref(),
            _ => self.on_behalf_of.as_deref(),
        }
    }
}

/// What every row of a resource has: its names in the audit trail and in tombstones.
pub trait Row: Serialize {
    /// The path's word, such as `cost-entries`.
    const RESOURCE: &'static str;

    fn id(&self) -> &str;

    /// Counts its changes from 1; the `ETag`.
    fn version(&self) -> i64;

    fn created_at(&self) -> Instant;

    /// What its own path ends in: the key where it has one.
    fn name(&self) -> &str {
        self.id()
    }

    /// The product it belongs to; `None` for what belongs to the instance.
    fn product(&self) -> Option<&str>;
}

/// [`Row`] for a struct with the fields `id`, `version`, `created_at` and, in a product, `product_id`.
#[macro_export]
macro_rules! row {
    ($type:ty, $resource:literal $(, product: $product:ident)? $(, name: $name:ident)?) => {
        impl $crate::kernel::db::Row for $type {
            const RESOURCE: &'static str = $resource;

            fn id(&self) -> &str {
                &self.id
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn created_at(&self) -> $crate::kernel::clock::Instant {
                self.created_at
            }

            $(fn name(&self) -> &str {
                self.$name.as_text()
            })?

            fn product(&self) -> Option<&str> {
                None$(.or(Some(self.$product.as_ref())))?
            }
        }
    };
}

/// What every row has beside its properties.
#[derive(Debug, Clone)]
pub struct Head {
    pub id: String,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    pub change_number: i64,
}

impl Head {
    /// For a row that is only tried, not written.
    pub fn trial() -> Self {
        let at = chrono::DateTime::UNIX_EPOCH.into();
        Self { id: String::new(), created_at: at, updated_at: at, version: 1, change_number: 0 }
    }

    /// For a row that is only compared with the one that is there.
    pub fn of(row: &impl Row) -> Self {
        Self { id: row.id().to_owned(), created_at: row.created_at(), version: row.version(), ..Self::trial() }
    }
}

/// A change under way. Dereferences to the connection.
pub struct Tx<'c> {
    conn: &'c mut Conn,
    author: Author,
    at: Instant,
    ids: Ids,
    number: i64,
    mails: bool,
    recorded: bool,
}

impl std::ops::Deref for Tx<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl std::ops::DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

impl<'c> Tx<'c> {
    /// Runs `work` in the transaction that `conn` is in, and sees that it was audited.
    pub(super) fn run<T>(
        conn: &'c mut Conn,
        author: Author,
        (clock, ids, mails): (&Clock, Ids, bool),
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let number = next_change_number(conn)?;
        let mut tx = Tx { conn, author, at: clock.now(), ids, number, mails, recorded: false };
        let value = work(&mut tx)?;
        if tx.recorded { Ok(value) } else { Err(Failure::internal("a change left no audit event")) }
    }

    pub fn at(&self) -> Instant {
        self.at
    }

    /// Says when the change happens, where that is not for this process' own clock to say.
    pub fn happens_at(&mut self, at: Instant) {
        self.at = at;
    }

    /// Says only on which day the change happens, in times and in the ids that are made from now on.
    pub fn happens_on_its_day(&mut self) {
        self.at = self.at.utc().date_naive().and_time(NaiveTime::MIN).and_utc().into();
        if matches!(self.ids, Ids::Random) {
            self.ids = Ids::Of(self.at);
        }
    }

    pub fn author(&self) -> &Author {
        &self.author
    }

    /// Whether this program sends mail, so that what is to be sent is worth writing down.
    pub fn mails(&self) -> bool {
        self.mails
    }

    /// Waits until no other change that called this for the product is under way, and keeps later ones out.
    ///
    /// For rules that look at rows which another change may be writing: the last owner, a cycle, a month that
    /// is being published, a file that is merged. To be called before those rows are read. On SQLite
    /// changes follow each other anyway.
    pub fn alone_in(&mut self, product: &ProductId) -> Result<(), Failure> {
        alone_with(self.conn, product.as_str())
    }

    pub fn new_id(&self) -> String {
        self.ids.next()
    }

    /// For a row that this change creates.
    pub fn new_head(&self) -> Head {
        let at = self.at;
        Head { id: self.new_id(), created_at: at, updated_at: at, version: 1, change_number: self.number }
    }

    /// For a row that this change replaces.
    pub fn next_head(&self, row: &impl Row) -> Head {
        Head {
            id: row.id().to_owned(),
            created_at: row.created_at(),
            updated_at: self.at,
            version: row.version() + 1,
            change_number: self.number,
        }
    }

    pub fn created<R: Row>(&mut self, row: &R) -> Result<(), Failure> {
        self.record("create", R::RESOURCE, row.product(), row.id(), None::<&R>, Some(row))
    }

    pub fn updated<R: Row>(&mut self, before: &R, after: &R) -> Result<(), Failure> {
        self.record("update", R::RESOURCE, after.product(), after.id(), Some(before), Some(after))
    }

    /// Records the deletion and leaves the tombstone.
    pub fn deleted<R: Row>(&mut self, row: &R) -> Result<(), Failure> {
        let (at, number) = (self.at, self.number);
        diesel::insert_into(tombstones::table)
            .values((
                tombstones::resource.eq(R::RESOURCE),
                tombstones::row_id.eq(row.id()),
                tombstones::product_id.eq(row.product()),
                tombstones::deleted_at.eq(at),
                tombstones::change_number.eq(number),
            ))
            .execute(self.conn)?;
        self.record("delete", R::RESOURCE, row.product(), row.id(), Some(row), None::<&R>)
    }

    /// Leaves the tombstones of many rows, of which one event tells.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn buried<R: Row>(&mut self, product: &ProductId, ids: &[String]) -> Result<(), Failure> {
        // More of them than a statement takes parameters: they are bound as one text of JSON.
        const INSERT: &str = "INSERT INTO tombstones (resource, row_id, product_id, deleted_at, change_number) SELECT ";
        let (at, number, ids) = (self.at, self.number, serde_json::to_string(ids).map_err(Failure::internal)?);
        match self.conn {
            Conn::Sqlite(conn) => {
                let rows = "?, value, ?, ?, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING";
                let insert = diesel::sql_query(format!("{INSERT}{rows}")).bind::<Text, _>(R::RESOURCE);
                let insert = insert.bind::<Text, _>(product.as_str()).bind::<Timestamp, _>(at);
                insert.bind::<BigInt, _>(number).bind::<Text, _>(ids).execute(conn)?
            }
            Conn::Pg(conn) => {
                let rows = "$1, value, $2, $3, $4 FROM json_array_elements_text(CAST($5 AS json)) AS row (value) \
                            ON CONFLICT DO NOTHING";
                let insert = diesel::sql_query(format!("{INSERT}{rows}")).bind::<Text, _>(R::RESOURCE);
                let insert = insert.bind::<Text, _>(product.as_str()).bind::<Timestamp, _>(at);
                insert.bind::<BigInt, _>(number).bind::<Text, _>(ids).execute(conn)?
            }
        };
        Ok(())
    }

    /// Any other event, with what was there before and after where that says something.
    pub fn record(
        &mut self,
        action: &str,
        resource: &str,
        product: Option<&str>,
        row: &str,
        before: Option<&impl Serialize>,
        after: Option<&impl Serialize>,
    ) -> Result<(), Failure> {
        diesel::insert_into(audit_events::table)
            .values((
                audit_events::id.eq(self.ids.next()),
                audit_events::change_number.eq(self.number),
                audit_events::at.eq(self.at),
                audit_events::product_id.eq(product),
                audit_events::actor_kind.eq(self.author.kind),
                audit_events::actor_id.eq(self.author.id.as_deref()),
                audit_events::on_behalf_of.eq(self.author.on_behalf_of.as_deref()),
                audit_events::request_id.eq(self.author.request_id.as_deref()),
                audit_events::action.eq(action),
                audit_events::resource.eq(resource),
                audit_events::row_id.eq(row),
                audit_events::before.eq(before.map(json).transpose()?),
                audit_events::after.eq(after.map(json).transpose()?),
                audit_events::address.eq(self.author.address.as_deref()),
                audit_events::session.eq(self.author.session.as_deref()),
            ))
            .execute(self.conn)?;
        self.recorded = true;
        Ok(())
    }

    /// Says that the change turned out to change nothing, which needs no audit event.
    pub fn nothing_changed(&mut self) {
        self.recorded = true;
    }
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::internal)
}

/// The number that rows changed by this transaction carry, for readers that ask what is new.
///
/// On SQLite transactions follow each other, so the next number is one more than the last. On
/// PostgreSQL it is the transaction's own id, and what a restored database is ahead of its cluster: a
/// reader that remembers its snapshot's oldest running transaction misses no late commit.
pub(super) fn next_change_number(conn: &mut Conn) -> Result<i64, Failure> {
    use diesel::dsl::{max, sql};
    Ok(match conn {
        Conn::Sqlite(c) => {
            audit_events::table.select(max(audit_events::change_number)).first::<Option<i64>>(c)?.unwrap_or(0) + 1
        }
        Conn::Pg(c) => diesel::select(sql::<diesel::sql_types::BigInt>(
            "pg_current_xact_id()::text::bigint + coalesce((SELECT ahead FROM change_numbers), 0)",
        ))
        .first(c)?,
    })
}

/// Waits until no other transaction that called this with the word is under way. On SQLite they follow each other anyway.
pub fn alone_with(conn: &mut Conn, word: &str) -> Result<(), Failure> {
    use diesel::{dsl::sql, sql_types::Text};
    if let Conn::Pg(conn) = conn {
        let lock = sql::<Text>("pg_advisory_xact_lock(hashtextextended(").bind::<Text, _>(word).sql(", 0))::text");
        diesel::select(lock).execute(conn)?;
    }
    Ok(())
}
