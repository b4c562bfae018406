//! `prodops user`

use super::{answer, block_on, open_database};
use crate::{
    access::{self, NewUser, invitations::NewInvitation},
    kernel::{
        auth::{hash_password, new_secret},
        config::Config,
        db::Author,
        failure::Failure,
        http::validate,
    },
};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
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
    /// Invite somebody, and print the link that lets them in once: this once.
    Invite {
        #[arg(long)]
        email: String,
        /// The key of the product they become a member of.
        #[arg(long, requires = "role")]
        product: Option<String>,
        /// owner, editor, viewer or exporter.
        #[arg(long, requires = "product")]
        role: Option<String>,
        /// May create users and products.
        #[arg(long, conflicts_with = "product")]
        admin: bool,
    },
}

/// # Errors
/// When the user is not what the API would take, or exists already.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        UserCommand::Create { email, name, admin, password_stdin } => {
            let mut password = None;
            if password_stdin {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(Failure::internal)?;
                password = Some(text.trim_end_matches(['\r', '\n']).to_owned());
            }
            create(config, json!({ "email": email, "name": name, "admin": admin, "password": password }))
        }
        UserCommand::Invite { email, product, role, admin } => {
            let sent = [("email", Some(email)), ("product", product), ("role", role)];
            let mut sent: Map<String, Value> =
                sent.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
            sent.insert("admin".to_owned(), admin.into());
            invite(config, sent.into())
        }
    }
}

fn create(config: &Config, sent: Value) -> Result<(), Failure> {
    let mut new: NewUser = validate(sent).map_err(Failure::Invalid)?;
    let db = open_database(config)?;
    let user = block_on(async move {
        let hash = match new.password.take() {
            Some(password) => Some(hash_password(password).await?),
            None => None,
        };
        db.change(Author::operator(), move |tx| access::store::insert_user(tx, new, hash)).await
    })?;
    answer(&format!("{} {}", user.id, user.email))
}

fn invite(config: &Config, sent: Value) -> Result<(), Failure> {
    let new: NewInvitation = validate(sent).map_err(Failure::Invalid)?;
    let (db, token) = (open_database(config)?, new_secret()?);
    let made = db.change(Author::operator(), move |tx| access::invitations::store::insert(tx, None, new, &token));
    let made = block_on(made)?;
    let server = config.mail.as_ref().map_or("", |mail| mail.public_url.as_text());
    answer(&format!("{server}{}", made.url))
}
