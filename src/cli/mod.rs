//! The command line. Text out, pipes work, exit codes mean something: 0 done, 1 refused or
//! failed, 2 not understood. A failure says why on standard error and nothing on standard output.

mod backup;
mod check;
mod demo;
mod export;
mod import;
mod key;
mod migrate;
mod openapi;
mod remote;
mod report;
mod serve;
mod token;
mod user;
mod week;

use crate::kernel::{
    auth::Signer,
    clock::{Clock, Ids},
    config::{Config, LogFormat, Options},
    db::Db,
    failure::Failure,
    mail::Mail,
};
use clap::{Parser, Subcommand};
use remote::Remote;
use std::{
    io::{self, Write},
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

/// Run an operations platform the way a product team runs a product.
#[derive(Debug, Parser)]
#[command(name = "prodops", version, about)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the pages.
    Serve,
    /// Look at a small company: a database of its own, last month's report, and a login per role.
    Demo,
    /// Bring the database up to this program's schema.
    Migrate(migrate::Arguments),
    /// Manage users.
    User(user::Arguments),
    /// See and rotate the keys that access tokens are signed with.
    Key(key::Arguments),
    /// Manage API tokens.
    Token(token::Arguments),
    /// Bring the rows of a file into a product.
    Import(import::Arguments),
    /// Write down a week: print its sheet, show what a filled one changes, send it.
    Week(week::Arguments),
    /// Print the report of a month, or close the month: what it lacks, its draft, its words, its publication.
    Report(report::Arguments),
    /// Copy the database into one file, while others go on writing.
    Backup(backup::BackupArguments),
    /// Fill a database that is not there yet from a backup.
    Restore(backup::RestoreArguments),
    /// Copy a database into another that is not there yet, whatever their engines.
    Copy(backup::CopyArguments),
    /// Print what is in force, and what is wrong.
    Check,
    /// Write a dataset of a product as CSV to standard output.
    Export(export::Arguments),
    /// Print the API's contract (OpenAPI 3.1).
    Openapi,
}

impl Command {
    /// The name of what is done to a database itself, and never through a server.
    fn of_this_machine(&self) -> Option<&'static str> {
        match self {
            Self::Serve => Some("serve"),
            Self::Demo => Some("demo"),
            Self::Migrate(_) => Some("migrate"),
            Self::Key(_) => Some("key"),
            Self::Backup(_) => Some("backup"),
            Self::Restore(_) => Some("restore"),
            Self::Copy(_) => Some("copy"),
            Self::User(_)
            | Self::Token(_)
            | Self::Import(_)
            | Self::Week(_)
            | Self::Report(_)
            | Self::Check
            | Self::Export(_)
            | Self::Openapi => None,
        }
    }
}

/// Where a command works.
enum Place {
    /// On the database of this machine, as its operator.
    Here(Db),
    /// Through a server, as whom the token stands for.
    There(Remote),
}

impl Place {
    fn open(config: &Config) -> Result<Self, Failure> {
        Ok(match Remote::of(config)? {
            Some(remote) => Self::There(remote),
            None => Self::Here(open_database(config)?),
        })
    }
}

/// How a command answers.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum OutputFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs a command to its exit code.
pub fn run(cli: Cli) -> ExitCode {
    let outcome = cli.options.resolve().and_then(|config| {
        start_logging(config.log_format);
        dispatch(cli.command, &config)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let what = match &failure {
                Failure::Internal(what) => what.clone(),
                failure => failure.to_string(),
            };
            // It may quote a file.
            aside(&format!("prodops: {what}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command, config: &Config) -> Result<(), Failure> {
    if let (Some(name), Some(server)) = (command.of_this_machine(), &config.remote.server) {
        let what = format!("`{name}` works on this machine and not through {server}: say --server= to do it here");
        return Err(Failure::conflict("server", what));
    }
    match command {
        Command::Serve => serve::run(config),
        Command::Demo => demo::run(config),
        Command::Import(arguments) => import::run(config, arguments),
        Command::Week(arguments) => week::run(config, arguments),
        Command::Migrate(arguments) => migrate::run(config, &arguments),
        Command::User(arguments) => user::run(config, arguments),
        Command::Key(arguments) => key::run(config, &arguments),
        Command::Token(arguments) => token::run(config, arguments),
        Command::Report(arguments) => report::run(config, arguments),
        Command::Backup(arguments) => backup::backup(config, &arguments),
        Command::Restore(arguments) => backup::restore(config, &arguments),
        Command::Copy(arguments) => backup::copy(&arguments),
        Command::Check => check::run(config),
        Command::Export(arguments) => export::run(config, arguments),
        Command::Openapi => openapi::run(),
    }
}

/// Logs go to standard error, so that standard output is the answer and nothing else.
fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_env("PRODOPS_LOG").unwrap_or_else(|_| EnvFilter::new("warn,prodops=info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, in tests, keeps the first.
    let _ = match format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Text => log.with_ansi(false).with_target(false).try_init(),
    };
}

/// Writes an answer to standard output. A pipe whose reader has seen enough, such as `head`, is no failure.
fn answer(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::internal(error)),
        _ => Ok(()),
    }
}

/// Writes to standard error what is not the answer, line by line; whether it is read or not.
fn aside(text: &str) {
    let mut out = io::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(out, "{}", plain(line));
    }
}

/// Nothing that acts on a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

/// Runs asynchronous work to its end.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    actix_web::rt::System::new().block_on(work)
}

/// The database named by the configuration, brought up to date.
fn open_database(config: &Config) -> Result<Db, Failure> {
    config.database.require_existing()?;
    for name in crate::kernel::db::migrate(&config.database)? {
        tracing::info!(name, "migrated");
    }
    Db::open(&config.database, Clock::System, Ids::Random)
}

fn open_signer(config: &Config) -> Result<Signer, Failure> {
    Signer::open(config.keys())
}

/// The way that mail goes, if there is one.
fn open_mail(config: &Config) -> Result<Option<Mail>, Failure> {
    config.mail.as_ref().map(Mail::new).transpose()
}
