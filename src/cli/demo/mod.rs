//! `prodops demo`: a small company to look at, on a machine that has nothing yet.
//!
//! Its files are the ones in `seed-data/`, and they come in through the same imports and rules that
//! users go through. An existing database is left alone.

mod acts;
mod seed;
mod shift;

use super::{answer, block_on, migrate, open_database, open_mail, open_signer};
use crate::{
    kernel::{
        config::Config,
        db::{DatabaseUrl, Db},
        failure::Failure,
    },
    products, server,
};
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const FOLDER: &str = "prodops-demo";
const LOGINS: &str = "logins.txt";

/// # Errors
/// When the database or the address cannot be had.
pub fn run(config: &Config) -> Result<(), Failure> {
    let config = demo_config(config);
    fs::create_dir_all(&config.data_dir).map_err(Failure::internal)?;
    migrate::init(&config.database)?;
    let db = open_database(&config)?;
    let (signer, mail) = (open_signer(&config)?, open_mail(&config)?);
    let logins = config.data_dir.join(LOGINS);
    block_on(async move {
        if is_empty(&db).await? {
            let made = seed::seed(&db).await?;
            keep(&logins, &made)?;
        }
        announce(&config, &logins)?;
        server::serve(db, signer, mail, config.listen, &config.reach).await
    })
}

/// Unless told otherwise, everything of the demo is in one folder that can be thrown away.
fn demo_config(config: &Config) -> Config {
    let mut config = config.clone();
    if !config.database_was_named {
        config.database = DatabaseUrl::Sqlite(PathBuf::from(FOLDER).join("prodops.db"));
    }
    if config.data_dir.as_os_str().is_empty() {
        config.data_dir = PathBuf::from(FOLDER);
    }
    config
}

async fn is_empty(db: &Db) -> Result<bool, Failure> {
    db.read(|conn| products::store::any(conn).map(|any| !any)).await
}

/// The passwords are made by chance, so they are kept, readable by their owner only.
fn keep(path: &Path, logins: &[seed::Login]) -> Result<(), Failure> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(Failure::internal)?;
    for login in logins {
        writeln!(file, "{:<12} {:<28} {}", login.role, login.email, login.password).map_err(Failure::internal)?;
    }
    Ok(())
}

fn announce(config: &Config, logins: &Path) -> Result<(), Failure> {
    let logins = match fs::read_to_string(logins) {
        Ok(text) => text.lines().map(|line| format!("  {line}\n")).collect(),
        Err(_) => "  this database was there before; its logins are its own\n".to_owned(),
    };
    let (listen, database) = (config.listen, &config.database);
    answer(&format!(
        "\nprodops is ready:\n\n  http://{listen}\n  http://{listen}/docs/        the API\n\n\
         Sign in (role, e-mail, password):\n\n{logins}\nData: {database}. Ctrl-C ends it."
    ))
}
