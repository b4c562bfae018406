//! `prodops user`

use super::{block_on, open_database};
use crate::{
    access::{self, NewUser},
    kernel::{auth::hash_password, config::Config, db::Author, failure::Failure, http::validate},
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Read;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Create a user: the first one, or when nobody can sign in.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// May create users and products.
        #[arg(long)]
        admin: bool,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// # Errors
/// When the user is not what the API would take, or exists already.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let UserCommand::Create { email, name, admin, password_stdin } = arguments.command;
    let mut password = None;
    if password_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(Failure::internal)?;
        password = Some(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    let sent = json!({ "email": email, "name": name, "admin": admin, "password": password });
    let mut new: NewUser = validate(sent).map_err(Failure::Invalid)?;
    let db = open_database(config)?;
    let user = block_on(async move {
        let hash = match new.password.take() {
            Some(password) => Some(hash_password(password).await?),
            None => None,
        };
        db.change(Author::operator(), move |tx| access::store::insert_user(tx, new, hash)).await
    })?;
    println!("{} {}", user.id, user.email);
    Ok(())
}
