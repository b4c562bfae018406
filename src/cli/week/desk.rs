//! Where a week is written: on the database of this machine.

use crate::{
    cli::{block_on, open_database},
    imports::{self, Format, ImportView, Mode},
    kernel::{
        config::Config,
        db::{Author, Db},
        failure::Failure,
        month::Week,
    },
    products::{self, Product},
};
use chrono_tz::Tz;
use std::path::Path;

/// The three acts of a week, wherever they are done: its sheet, what a file would change, and its sending.
pub enum Desk {
    /// On the database of this machine, as its operator.
    Here { db: Db, product: Box<Product> },
}

impl Desk {
    /// # Errors
    /// When there is no such product, or no database.
    pub fn open(config: &Config, product: &str) -> Result<Self, Failure> {
        let (db, key) = (open_database(config)?, product.to_owned());
        let found = block_on(db.read(move |conn| products::store::find_by_key(conn, &key)))?;
        Ok(Self::Here { db, product: Box::new(found) })
    }

    /// Where the product is.
    ///
    /// # Errors
    /// Never for a product that is there.
    pub fn zone(&self) -> Result<Tz, Failure> {
        match self {
            Self::Here { product, .. } => product.zone(),
        }
    }

    /// # Errors
    /// When the storage fails.
    pub fn sheet(&self, week: Week) -> Result<String, Failure> {
        match self {
            Self::Here { db, product } => {
                let id = product.product_id();
                block_on(db.snapshot(move |conn| imports::week_sheet(conn, &id, week)))
            }
        }
    }

    /// # Errors
    /// Everything that is wrong with the file, by line.
    pub fn bring(&self, file: &Path, dry_run: bool) -> Result<ImportView, Failure> {
        let reading = (Format::Week, Mode::Strict);
        match self {
            Self::Here { db, product } => {
                let (author, id) = (Author::operator(), product.product_id());
                block_on(imports::run(db, author, &id, reading, file.to_owned(), dry_run))
            }
        }
    }
}
