//! Bills in FOCUS, the FinOps Open Cost and Usage Specification, versions 1.0 to 1.2.
//!
//! A file may hold a million lines, so it is never in memory as a whole. It is read twice: once to find everything that is
//! wrong, and what bills it holds; then to write the lines of those that are new or other than before, in many short
//! changes, under bills that do not count yet. One more short change puts them in force. `docs/IMPORTS.md` tells users.

mod columns;
mod notes;
mod number;
mod reading;
mod tally;

use super::{Mode, Place, Warning};
use crate::{
    costs::bills::{self, Bill, BillName, BillTotal, NewBill, store},
    kernel::{
        auth::ProductId,
        db::{self, Author, Db},
        failure::Failure,
        merge::{Counts, FAULTS},
        month::Month,
    },
    products::Product,
};
use notes::Notes;
use reading::Reader;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tally::Tallies;
use tokio::sync::mpsc::{Sender, channel};
use utoipa::ToSchema;

/// How many lines, and how many bytes of them, one change writes at most.
const PIECE: (usize, usize) = (1000, 4 << 20);
/// How often it is said that the bills are still arriving.
const BEAT: Duration = Duration::from_secs(30);
/// For how long a piece that cannot be written is tried again: the storage may be busy, or away for a moment.
const PATIENCE: Duration = Duration::from_secs(120);
/// After how many lines it is told how far it is.
const TOLD: u64 = 10_000;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many lines were read and checked.
    Checked(u64),
    /// So many lines of so many were written.
    Written(u64, u64),
}

/// Who is told how far it is.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// Some lines, each the id of its bill and its JSON.
type Piece = Vec<(String, String)>;

/// A file that was read once, and is right.
pub struct Delivery {
    path: PathBuf,
    mode: Mode,
    tallies: Tallies,
    bills: Vec<NewBill>,
    warnings: Vec<Warning>,
    /// The bills whose lines were written.
    arrived: BTreeMap<BillName, Bill>,
    watch: Watch,
}

/// A bill that a file brings anew, or other than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveredBill {
    /// Null in a dry run.
    pub id: Option<String>,
    pub source: String,
    pub billing_account: String,
    #[schema(inline)]
    pub billing_period: Month,
    /// How many lines it has.
    pub lines: u64,
    pub digest: String,
    /// What they come to, by currency.
    pub totals: Vec<BillTotal>,
    /// The one before, all of which it replaces.
    pub replaces: Option<ReplacedBill>,
}

/// A bill that counts no more, since it was delivered again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplacedBill {
    pub id: String,
    #[schema(value_type = u64)]
    pub lines: i64,
    pub totals: Vec<BillTotal>,
}

/// What a delivery comes to.
#[derive(Debug, Default)]
pub struct Delivered {
    pub counts: Counts,
    pub unallocated: u64,
    pub warnings: Vec<Warning>,
    pub bills: Vec<DeliveredBill>,
}

impl Delivery {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// 422 with everything that is wrong with it, by line and column.
    pub fn read(path: PathBuf, mode: Mode, watch: Watch) -> Result<Self, Failure> {
        let mut notes = Notes::new(mode);
        let mut reader = Reader::open(&path, &mut notes)?;
        let mut tallies = Tallies::default();
        if notes.faults.is_empty() {
            while let Some(line) = reader.following(&mut notes)? {
                let json = line.billed_line.as_json().map_err(Failure::internal)?;
                if let Err(detail) = tallies.count(&line, &json) {
                    notes.fault(line.line, None, "too_many_bills", detail);
                    break;
                }
                if tallies.lines() % TOLD == 0 {
                    watch(Progress::Checked(tallies.lines()));
                }
            }
        }
        notes.faults.truncate(FAULTS);
        Failure::unless_empty(std::mem::take(&mut notes.faults))?;
        let bills = tallies.bills()?;
        Ok(Self { path, mode, tallies, bills, warnings: notes.warnings(), arrived: BTreeMap::new(), watch })
    }

    /// Writes the lines of the bills that are not there already, where they do not count yet; the ids of these bills.
    ///
    /// # Errors
    /// When the storage fails, or the file is not what it was.
    pub async fn arrive(&mut self, db: &Db, product: &ProductId) -> Result<Vec<String>, Failure> {
        bills::sweep(db, product).await;
        let (new, id, clock) = (self.bills.clone(), product.clone(), db.clock().clone());
        let begin = db.change(Author::scheduler(), move |tx| {
            let there = store::in_force(tx, &id)?;
            let wanted = new.into_iter().filter(|bill| !there.get(&bill.name).is_some_and(|there| bill.is(there)));
            let now = db::now(tx, &clock)?;
            store::begin(tx, &id, wanted.collect(), now)
        });
        let begun = begin.await?;
        let ids: Vec<String> = begun.iter().map(|bill| bill.id.clone()).collect();
        if ids.is_empty() {
            return Ok(ids);
        }
        if let Err(failure) = self.write(db, &begun).await {
            bills::give_up(db, product, ids).await;
            return Err(failure);
        }
        self.arrived = begun.into_iter().map(|bill| (bill.name(), bill)).collect();
        Ok(ids)
    }

    async fn write(&self, db: &Db, begun: &[Bill]) -> Result<(), Failure> {
        let ids: Vec<String> = begun.iter().map(|bill| bill.id.clone()).collect();
        let wanted: HashMap<BillName, String> = begun.iter().map(|bill| (bill.name(), bill.id.clone())).collect();
        let all = begun.iter().map(|bill| u64::try_from(bill.lines).unwrap_or_default()).sum();
        let (sender, mut pieces) = channel(1);
        let (path, mode) = (self.path.clone(), self.mode);
        let again = tokio::task::spawn_blocking(move || read_again(path, mode, &wanted, &sender));
        let (mut written, mut beat) = (0, Instant::now());
        while let Some(piece) = pieces.recv().await {
            written += piece.len() as u64;
            let alive = (beat.elapsed() > BEAT).then(|| ids.clone());
            if alive.is_some() {
                beat = Instant::now();
            }
            write_piece(db, Arc::new(piece), alive).await?;
            (self.watch)(Progress::Written(written, all));
        }
        let tallies = again.await.map_err(Failure::internal)??;
        if tallies == self.tallies {
            return Ok(());
        }
        Err(Failure::conflict("file", "the file changed while it was read: nothing was imported"))
    }

    /// Counts what it would do; in a change, it does it: what arrived is put in force.
    ///
    /// # Errors
    /// 503 when other bills are there than there were when it began to arrive, or it was given up since.
    pub fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Delivered, Failure> {
        let id = product.product_id();
        let there = store::in_force(place.conn(), &id)?;
        let mut done =
            Delivered { warnings: self.warnings.clone(), unallocated: self.tallies.lines(), ..<_>::default() };
        let mut arrived = Vec::new();
        let mut needless = Vec::new();
        for bill in &self.bills {
            let before = there.get(&bill.name);
            let mine = self.arrived.get(&bill.name);
            if before.is_some_and(|before| bill.is(before)) {
                done.counts.unchanged += bill.lines;
                needless.extend(mine.map(|mine| mine.id.clone()));
                continue;
            }
            match before {
                Some(_) => done.counts.changed += bill.lines,
                None => done.counts.created += bill.lines,
            }
            done.warnings.extend(before.and_then(|before| shrinks(bill, before)));
            done.bills.push(delivered(mine, bill, before));
            if let Place::Change(_) = place {
                arrived.push(mine.ok_or(Failure::Unavailable { retry_after: 1 })?.clone());
            }
        }
        if let Place::Change(tx) = place {
            store::put_in_force(tx, &arrived, &there)?;
            store::give_up(tx, &needless)?;
        }
        Ok(done)
    }
}

/// Writes a piece, and says that its bills are still arriving. It leaves no event: what it writes is nobody's before the
/// bill is in force.
async fn write_piece(db: &Db, piece: Arc<Piece>, alive: Option<Vec<String>>) -> Result<(), Failure> {
    let (start, mut pause) = (Instant::now(), Duration::from_millis(100));
    loop {
        let (piece, alive, clock) = (piece.clone(), alive.clone(), db.clock().clone());
        let written = db.change(Author::scheduler(), move |tx| {
            if let Some(ids) = alive {
                let now = db::now(tx, &clock)?;
                store::go_on(tx, &ids, now)?;
            }
            store::write_lines(tx, &piece)
        });
        match written.await {
            // Nothing was done, so that it can be done again.
            Err(Failure::Unavailable { .. }) if start.elapsed() < PATIENCE => tokio::time::sleep(pause).await,
            done => return done,
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

fn delivered(mine: Option<&Bill>, bill: &NewBill, before: Option<&Bill>) -> DeliveredBill {
    let BillName { source, billing_account, billing_period } = bill.name.clone();
    let replaced = |before: &Bill| ReplacedBill {
        id: before.id.clone(),
        lines: before.lines,
        totals: before.totals.value().clone(),
    };
    DeliveredBill {
        id: mine.map(|mine| mine.id.clone()),
        source,
        billing_account,
        billing_period,
        lines: bill.lines,
        digest: bill.digest.clone(),
        totals: bill.totals.clone(),
        replaces: before.map(replaced),
    }
}

/// What to tell of a bill that has fewer lines than the one that it replaces: it may be a part of a month only.
fn shrinks(bill: &NewBill, before: &Bill) -> Option<Warning> {
    let BillName { source, billing_account, billing_period } = &bill.name;
    let detail = format!(
        "{} lines of {source}, account {billing_account}, {billing_period}, replace all {} that are there: a file brings whole \
         months",
        bill.lines, before.lines
    );
    let fewer = u64::try_from(before.lines).is_ok_and(|lines| bill.lines < lines);
    fewer.then_some(Warning { line: 1, column: None, detail })
}

/// Reads a file for the second time, and hands on the lines of the bills that are wanted. It ends early when nobody takes
/// them any more.
fn read_again(
    path: PathBuf,
    mode: Mode,
    wanted: &HashMap<BillName, String>,
    pieces: &Sender<Piece>,
) -> Result<Tallies, Failure> {
    let mut notes = Notes::new(mode);
    let mut reader = Reader::open(&path, &mut notes)?;
    let mut tallies = Tallies::default();
    let (mut piece, mut size) = (Vec::new(), 0);
    while let Some(line) = reader.following(&mut notes)? {
        let json = line.billed_line.as_json().map_err(Failure::internal)?;
        if tallies.count(&line, &json).is_err() {
            break;
        }
        let Some(bill) = wanted.get(&line.name) else { continue };
        size += json.len();
        piece.push((bill.clone(), json));
        if piece.len() >= PIECE.0 || size >= PIECE.1 {
            size = 0;
            if pieces.blocking_send(std::mem::take(&mut piece)).is_err() {
                return Ok(tallies);
            }
        }
    }
    if !piece.is_empty() {
        // Whoever takes no more has failed, and says so.
        let _ = pieces.blocking_send(piece);
    }
    Ok(tallies)
}
