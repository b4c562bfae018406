//! Configuration: flags over `PRODOPS_*` variables over a TOML file.

use super::{db::DatabaseUrl, failure::Failure};
use clap::Args;
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_DATABASE: &str = "sqlite://prodops.db";

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// A TOML file with any of the settings below, by their long names.
    #[arg(long, env = "PRODOPS_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// sqlite:///absolute/path, sqlite://relative/path or postgres://user@host:port/name.
    #[arg(long, env = "DATABASE_URL", global = true, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Where the server listens.
    #[arg(long, env = "PRODOPS_LISTEN", global = true, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Where the signing key is kept. Default: beside the SQLite file, else the working folder.
    #[arg(long, env = "PRODOPS_DATA_DIR", global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// How log lines look: text or json.
    #[arg(long, env = "PRODOPS_LOG_FORMAT", global = true, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database_url: Option<String>,
    listen: Option<String>,
    data_dir: Option<PathBuf>,
    log_format: Option<LogFormat>,
}

/// What is in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: DatabaseUrl,
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub log_format: LogFormat,
    /// Whether somebody said which database; `demo` makes its own otherwise.
    pub database_was_named: bool,
}

impl Options {
    /// # Errors
    /// When the file cannot be read, or a setting says nothing that we know.
    pub fn resolve(&self) -> Result<Config, Failure> {
        let wrong = |what: String| Failure::conflict("configuration", what);
        let file: File = match &self.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
                toml::from_str(&text).map_err(|error| wrong(format!("{}: {error}", path.display())))?
            }
            None => File::default(),
        };
        let named = self.database_url.clone().or(file.database_url);
        let database_was_named = named.is_some();
        let database: DatabaseUrl = named.as_deref().unwrap_or(DEFAULT_DATABASE).parse().map_err(wrong)?;
        let listen = self.listen.clone().or(file.listen).unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        let listen =
            listen.parse().map_err(|_| wrong(format!("'{listen}' is not an address such as 127.0.0.1:8080")))?;
        let beside = || database.file().and_then(|file| file.parent()).unwrap_or_else(|| "".as_ref()).to_owned();
        let data_dir = self.data_dir.clone().or(file.data_dir).unwrap_or_else(beside);
        let log_format = self.log_format.or(file.log_format).unwrap_or(LogFormat::Text);
        Ok(Config { database, listen, data_dir, log_format, database_was_named })
    }
}
