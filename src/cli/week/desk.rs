//! Where a week is written: on the database of this machine, or through a server.

use crate::{
    cli::{Place, block_on, import, remote::Remote},
    imports::{self, Format, ImportView, Mode, Reading},
    kernel::{
        config::Config,
        db::{Author, Db},
        failure::Failure,
        month::Week,
    },
    products::{self, Product},
};
use chrono_tz::Tz;
use serde::Deserialize;
use std::path::Path;

/// The three acts of a week, wherever they are done: its sheet, what a file would change, and its sending.
pub enum Desk {
    /// On the database of this machine, as its operator.
    Here { db: Db, product: Box<Product> },
    /// Through a server, as whom the token stands for.
    There { remote: Box<Remote>, product: String },
}

/// What is asked of a product elsewhere.
#[derive(Deserialize)]
struct Located {
    timezone: String,
}

impl Desk {
    /// # Errors
    /// When there is no such product, or no database.
    pub fn open(config: &Config, product: &str) -> Result<Self, Failure> {
        let key = product.to_owned();
        Ok(match Place::open(config)? {
            Place::There(remote) => Self::There { remote: Box::new(remote), product: key },
            Place::Here(db) => {
                let found = block_on(db.read(move |conn| products::store::find_by_key(conn, &key)))?;
                Self::Here { db, product: Box::new(found) }
            }
        })
    }

    /// Where the product is.
    ///
    /// # Errors
    /// When the server does not say, or says what is no zone.
    pub fn zone(&self) -> Result<Tz, Failure> {
        match self {
            Self::Here { product, .. } => product.zone(),
            Self::There { remote, product } => {
                let Located { timezone } = remote.get(&remote.at(&["products", product])?)?;
                let unknown =
                    || Failure::conflict("timezone", "the server's product is in a zone that is not known here");
                timezone.parse().map_err(|_| unknown())
            }
        }
    }

    /// # Errors
    /// When the storage or the server fails.
    pub fn sheet(&self, week: Week) -> Result<String, Failure> {
        match self {
            Self::Here { db, product } => {
                let id = product.product_id();
                block_on(db.snapshot(move |conn| imports::week_sheet(conn, &id, week)))
            }
            Self::There { remote, product } => {
                remote.text(&remote.at(&["products", product, "effort", week.as_text(), "sheet"])?)
            }
        }
    }

    /// # Errors
    /// Everything that is wrong with the file, by line.
    pub fn bring(&self, file: &Path, dry_run: bool) -> Result<ImportView, Failure> {
        let reading = Reading::from((Format::Week, Mode::Strict));
        match self {
            Self::Here { db, product } => {
                let (author, id) = (Author::operator(), product.product_id());
                block_on(imports::run(db, author, &id, reading, file.to_owned(), dry_run))
            }
            Self::There { remote, product } => import::sent(remote, product, &reading, file, dry_run),
        }
    }
}
