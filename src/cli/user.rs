//! `prodops user`

use super::{OutputFormat, Place, answer, block_on, remote::Remote};
use crate::{
    access::{
        self, NewUser, User,
        invitations::{IssuedInvitation, NewInvitation},
    },
    kernel::{
        auth::{hash_password, new_secret},
        config::Config,
        db::Author,
        failure::Failure,
        http::{IfMatch, Patch, validate},
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
    /// Print the users there are, by their e-mail addresses.
    List {
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Let somebody in no more, from their next request on: their sessions end, and their tokens open nothing.
    Disable {
        /// Their e-mail address.
        email: String,
    },
    /// Let somebody in again who was disabled. What they had made for programs before stays shut.
    Enable {
        /// Their e-mail address.
        email: String,
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
/// When the user is not what the API would take, exists already, or is none.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        UserCommand::Create { email, name, admin, password_stdin } => {
            let mut password = None;
            if password_stdin {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(Failure::internal)?;
                password = Some(text.trim_end_matches(['\r', '\n']).to_owned());
            }
            let sent = json!({ "email": email, "name": name, "admin": admin, "password": password });
            let user = create(&Place::open(config)?, sent)?;
            answer(&format!("{} {}", user.id, user.email))
        }
        UserCommand::List { format } => {
            let users = all(&Place::open(config)?)?;
            match format {
                OutputFormat::Json => answer(&serde_json::to_string_pretty(&users).map_err(Failure::internal)?),
                OutputFormat::Text => users.iter().try_for_each(|user| answer(&line(user))),
            }
        }
        UserCommand::Disable { email } => answer(&line(&switch(&Place::open(config)?, email, true)?)),
        UserCommand::Enable { email } => answer(&line(&switch(&Place::open(config)?, email, false)?)),
        UserCommand::Invite { email, product, role, admin } => {
            let sent = [("email", Some(email)), ("product", product), ("role", role)];
            let mut sent: Map<String, Value> =
                sent.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
            sent.insert("admin".to_owned(), admin.into());
            invite(config, &sent.into())
        }
    }
}

fn create(place: &Place, sent: Value) -> Result<User, Failure> {
    let mut new: NewUser = validate(sent.clone()).map_err(Failure::Invalid)?;
    match place {
        Place::There(remote) => {
            remote.require_person()?;
            remote.post(&remote.at(&["users"])?, &sent)
        }
        Place::Here(db) => block_on(async move {
            let hash = match new.password.take() {
                Some(password) => Some(hash_password(password).await?),
                None => None,
            };
            db.change(Author::operator(), move |tx| access::store::insert_user(tx, new, hash)).await
        }),
    }
}

fn all(place: &Place) -> Result<Vec<User>, Failure> {
    match place {
        Place::There(remote) => users(remote, "sort", "email"),
        Place::Here(db) => block_on(db.read(access::store::all_users)),
    }
}

fn users(remote: &Remote, parameter: &str, value: &str) -> Result<Vec<User>, Failure> {
    remote.require_person()?;
    let mut url = remote.at(&["users"])?;
    url.query_pairs_mut().append_pair(parameter, value);
    remote.list(&url)
}

/// Disables or enables somebody.
fn switch(place: &Place, email: String, disabled: bool) -> Result<User, Failure> {
    let patch = Map::from_iter([("disabled".to_owned(), disabled.into())]);
    match place {
        Place::There(remote) => {
            let found = users(remote, "email", &access::fold(&email))?.into_iter().next().ok_or(Failure::NotFound)?;
            remote.patch(&remote.at(&["users", &found.id])?, &patch)
        }
        Place::Here(db) => block_on(db.change(Author::operator(), move |tx| {
            let found = access::store::find_user_by_email(tx, &email)?.ok_or(Failure::NotFound)?;
            access::store::update_user(tx, &found.id, IfMatch::version(found.version), &Patch::of(patch))
        })),
    }
}

fn line(user: &User) -> String {
    let words = [user.admin.then_some("admin"), user.disabled.then_some("disabled"), user.erased_at.map(|_| "erased")];
    let words = words.into_iter().flatten();
    [user.id.as_str(), &user.email, &user.name].into_iter().chain(words).collect::<Vec<_>>().join("  ")
}

fn invite(config: &Config, sent: &Value) -> Result<(), Failure> {
    let new: NewInvitation = validate(sent.clone()).map_err(Failure::Invalid)?;
    let (server, made) = match Place::open(config)? {
        Place::There(remote) => {
            remote.require_person()?;
            let made = remote.post::<IssuedInvitation>(&remote.at(&["invitations"])?, sent)?;
            (remote.server().to_owned(), made)
        }
        Place::Here(db) => {
            let token = new_secret()?;
            let made =
                db.change(Author::operator(), move |tx| access::invitations::store::insert(tx, None, new, &token));
            let server = config.mail.as_ref().map_or("", |mail| mail.public_url.as_text());
            (server.to_owned(), block_on(made)?)
        }
    };
    answer(&format!("{server}{}", made.url))
}
