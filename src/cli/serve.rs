//! `prodops serve`

use super::{block_on, open_database, open_mail, open_signer};
use crate::{
    kernel::{config::Config, failure::Failure},
    server,
};

/// # Errors
/// When the database, the key or the address cannot be had.
pub fn run(config: &Config) -> Result<(), Failure> {
    let (db, signer, mail) = (open_database(config)?, open_signer(config)?, open_mail(config)?);
    block_on(server::serve(db, signer, mail, config.listen, &config.reach))
}
