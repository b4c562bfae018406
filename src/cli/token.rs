//! `prodops token`

use super::{OutputFormat, answer, block_on, open_database};
use crate::{
    access::{
        self,
        tokens::{ApiToken, NewApiToken},
    },
    kernel::{auth::new_api_token, clock::Instant, config::Config, db::Author, failure::Failure, http::validate},
};
use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Print the API tokens there are, without what is sent.
    List {
        /// Those of the product with this key.
        #[arg(long)]
        product: Option<String>,
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Make a token that speaks for a user, and print it: this once.
    Create {
        /// The e-mail address of the user.
        #[arg(long)]
        user: String,
        /// The product's key.
        #[arg(long)]
        product: String,
        /// owner, editor, viewer or exporter: not above the user's own.
        #[arg(long)]
        role: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// How long it is good for.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=3660))]
        days: i64,
    },
    /// Revoke a token, at once.
    Revoke {
        /// As `list` says it.
        id: String,
    },
}

/// # Errors
/// When there is no such user, product or token, or the role is above the user's.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    let db = open_database(config)?;
    match arguments.command {
        TokenCommand::List { product, format } => {
            let all = block_on(db.read(access::tokens::store::all))?;
            let wanted = |token: &ApiToken| product.as_ref().is_none_or(|key| *key == token.product);
            let tokens: Vec<_> = all.into_iter().filter(wanted).collect();
            match format {
                OutputFormat::Json => answer(&serde_json::to_string_pretty(&tokens).map_err(Failure::internal)?),
                OutputFormat::Text => tokens.iter().try_for_each(|token| answer(&line(token))),
            }
        }
        TokenCommand::Create { user, product, role, name, days } => {
            let expires_at = Instant::from(db.clock().now().utc() + TimeDelta::days(days));
            let sent = json!({ "name": name, "role": role, "product": product, "expires_at": expires_at });
            let new: NewApiToken = validate(sent).map_err(Failure::Invalid)?;
            let token = new_api_token()?;
            let made = db.change(Author::operator(), move |tx| {
                let user = access::store::find_user_by_email(tx, &user)?.ok_or(Failure::NotFound)?;
                access::tokens::store::insert(tx, &user.id, new, token)
            });
            answer(&block_on(made)?.token)
        }
        TokenCommand::Revoke { id } => {
            block_on(db.change(Author::operator(), move |tx| access::tokens::store::revoke(tx, &id)))
        }
    }
}

fn line(token: &ApiToken) -> String {
    let used = token.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    let ApiToken { id, product, role, name, expires_at, .. } = token;
    format!("{id}  {product}  {role}  {name}  expires {expires_at}  {used}")
}
