//! `prodops token`

use super::{OutputFormat, Place, answer, block_on, remote::Remote};
use crate::{
    access::{
        self, Me,
        tokens::{ApiToken, IssuedApiToken, NewApiToken},
    },
    kernel::{
        auth::new_api_token,
        clock::{Clock, Instant},
        config::Config,
        db::Author,
        failure::Failure,
        http::validate,
    },
};
use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

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
        /// The e-mail address of the user; through a server always oneself.
        #[arg(long)]
        user: Option<String>,
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
    match (arguments.command, Place::open(config)?) {
        (TokenCommand::List { product, format }, place) => {
            let mut all: Vec<ApiToken> = match place {
                Place::Here(db) => block_on(db.read(access::tokens::store::all))?,
                Place::There(remote) => {
                    remote.require_person()?;
                    remote.list(&remote.at(&["tokens"])?)?
                }
            };
            all.sort_by(|one, other| one.id.cmp(&other.id));
            let wanted = |token: &ApiToken| product.as_ref().is_none_or(|key| *key == token.product);
            let tokens: Vec<_> = all.into_iter().filter(wanted).collect();
            match format {
                OutputFormat::Json => answer(&serde_json::to_string_pretty(&tokens).map_err(Failure::internal)?),
                OutputFormat::Text => tokens.iter().try_for_each(|token| answer(&line(token))),
            }
        }
        (TokenCommand::Create { user, product, role, name, days }, place) => {
            let expires_at = Instant::from(Clock::System.now().utc() + TimeDelta::days(days));
            let sent = json!({ "name": name, "role": role, "product": product, "expires_at": expires_at });
            let new: NewApiToken = validate(sent.clone()).map_err(Failure::Invalid)?;
            let made = match place {
                Place::Here(db) => {
                    let whose = || Failure::conflict("user", "say for whom: --user and an e-mail address");
                    let (user, token) = (user.ok_or_else(whose)?, new_api_token()?);
                    block_on(db.change(Author::operator(), move |tx| {
                        let user = access::store::find_user_by_email(tx, &user)?.ok_or(Failure::NotFound)?;
                        access::tokens::store::insert(tx, &user.id, new, token)
                    }))?
                    .token
                }
                Place::There(remote) => made_by_oneself(&remote, user.as_deref(), &sent)?.token,
            };
            answer(&made)
        }
        (TokenCommand::Revoke { id }, Place::Here(db)) => {
            block_on(db.change(Author::operator(), move |tx| access::tokens::store::revoke(tx, &id)))
        }
        (TokenCommand::Revoke { id }, Place::There(remote)) => {
            remote.require_person()?;
            remote.delete(&remote.at(&["tokens", &id])?)
        }
    }
}

fn made_by_oneself(remote: &Remote, user: Option<&str>, sent: &Value) -> Result<IssuedApiToken, Failure> {
    remote.require_person()?;
    if let Some(user) = user {
        let me: Me = remote.get(&remote.at(&["me"])?)?;
        if access::fold(&me.email) != access::fold(user) {
            let what =
                format!("through a server everybody makes their own tokens, and the server knows you as {}", me.email);
            return Err(Failure::conflict("server", what));
        }
    }
    remote.post(&remote.at(&["tokens"])?, sent)
}

fn line(token: &ApiToken) -> String {
    let used = token.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    let ApiToken { id, product, role, name, expires_at, .. } = token;
    format!("{id}  {product}  {role}  {name}  expires {expires_at}  {used}")
}
