//! Configuration: flags over `PRODOPS_*` variables over a TOML file.

use super::{
    auth::{IssuerOptions, IssuerSettings, KeyPlace},
    db::DatabaseUrl,
    failure::Failure,
    http::Proxies,
    mail::{MailSettings, PublicUrl},
};
use clap::{ArgMatches, Args, FromArgMatches, parser::ValueSource};
use ipnet::IpNet;
use serde::Deserialize;
use std::{
    convert::Infallible,
    env, fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    str::FromStr,
};
use ureq::http::HeaderValue;

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_DATABASE: &str = "sqlite://prodops.db";
/// Requests a minute and caller: a hundred a second.
const DEFAULT_RATE: NonZeroU32 = NonZeroU32::new(6_000).unwrap();

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
    /// A PEM file that holds the signing key, and after it others that only verify, for keys that are kept elsewhere.
    #[arg(long, env = "PRODOPS_SIGNING_KEY", global = true, value_name = "FILE")]
    signing_key: Option<PathBuf>,
    /// How log lines look: text or json.
    #[arg(long, env = "PRODOPS_LOG_FORMAT", global = true, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// The server that mail is handed to, `smtp://user:password@host:port?tls=required` or
    /// `smtps://user:password@host`. Without it no mail is sent.
    #[arg(long, env = "PRODOPS_SMTP_URL", global = true, value_name = "URL", hide_env_values = true)]
    smtp_url: Option<Secret>,
    /// Who mail is from: `prodops <prodops@example.com>`.
    #[arg(long, env = "PRODOPS_MAIL_FROM", global = true, value_name = "MAILBOX")]
    mail_from: Option<String>,
    /// Where people reach the server, for links in mail: `https://prodops.example.com`.
    #[arg(long, env = "PRODOPS_PUBLIC_URL", global = true, value_name = "URL")]
    public_url: Option<String>,
    /// How many requests a caller may make a minute, all at once if they like: a number, or off.
    #[arg(long, env = "PRODOPS_RATE_LIMIT", global = true, value_name = "N|off")]
    rate_limit: Option<String>,
    /// The proxies before the server, whose `X-Forwarded-For` is believed: `10.0.0.0/8,192.0.2.7`.
    #[arg(long, env = "PRODOPS_TRUSTED_PROXIES", global = true, value_name = "NETWORKS")]
    trusted_proxies: Option<String>,
    /// Whose pages in a browser may call the API: `https://tool.example.com,https://other.example.com`. None may, unless
    /// they are named.
    #[arg(long, env = "PRODOPS_CORS_ORIGINS", global = true, value_name = "ORIGINS")]
    cors_origins: Option<String>,
    #[command(flatten)]
    issuer: IssuerOptions,
    #[command(flatten)]
    remote: RemoteSources,
}

/// The server that commands go through, and what they show it.
#[derive(Debug, Clone, Default, Args)]
pub struct RemoteOptions {
    /// The server to work on, `https://prodops.example.com`, instead of a database of this machine; empty for that one
    /// all the same.
    #[arg(long, env = "PRODOPS_SERVER", global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Says to the server who asks: an API token or an access token. Others on this machine may see it in the list of
    /// processes: better the variable, or a file.
    #[arg(long, env = "PRODOPS_TOKEN", global = true, value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<Secret>,
    /// A file that holds the token.
    #[arg(long, env = "PRODOPS_TOKEN_FILE", global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl RemoteOptions {
    /// These, and what they leave open as `under` has it. A token of these is not joined by a file of those, and a
    /// token that stands beside a server goes to no other.
    fn over(self, under: Self) -> Self {
        let place = |server: &str| server.trim_end_matches('/').to_owned();
        let beside = under.server.as_deref().filter(|server| !server.is_empty()).map(place);
        let elsewhere = self.server.as_deref().is_some_and(|server| beside.is_some_and(|one| one != place(server)));
        let own = elsewhere || self.token.is_some() || self.token_file.is_some();
        let (token, token_file) = if own { (self.token, self.token_file) } else { (under.token, under.token_file) };
        Self { server: self.server.or(under.server), token, token_file }
    }

    /// Without what is empty: no server means here, and by nobody's token.
    fn said(self) -> Self {
        if self.server.as_ref().is_some_and(String::is_empty) {
            return Self::default();
        }
        let token = self.token.filter(|Secret(token)| !token.is_empty());
        Self { token, token_file: self.token_file.filter(|path| !path.as_os_str().is_empty()), ..self }
    }
}

/// Who names the server, flags and variables apart: they may mean different ones.
#[derive(Debug, Clone, Default)]
struct RemoteSources {
    flags: RemoteOptions,
    variables: RemoteOptions,
}

impl FromArgMatches for RemoteSources {
    #[expect(clippy::disallowed_methods, reason = "this is kernel::config, and a flag hides its variable from clap")]
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flag = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let all = RemoteOptions::from_arg_matches(matches)?;
        let flags = RemoteOptions {
            server: all.server.filter(|_| flag("server")),
            token: all.token.filter(|_| flag("token")),
            token_file: all.token_file.filter(|_| flag("token_file")),
        };
        // Those that a flag stands over are not among the matches.
        let variables = RemoteOptions {
            server: env::var("PRODOPS_SERVER").ok(),
            token: env::var("PRODOPS_TOKEN").ok().map(Secret),
            token_file: env::var_os("PRODOPS_TOKEN_FILE").map(PathBuf::from),
        };
        Ok(Self { flags, variables })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for RemoteSources {
    fn augment_args(command: clap::Command) -> clap::Command {
        RemoteOptions::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        RemoteOptions::augment_args_for_update(command)
    }
}

/// A setting that is shown to nobody.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(in crate::kernel) fn text(&self) -> &str {
        &self.0
    }

    /// As it is sent to say who asks; what logs headers leaves it out. None for what no header can hold.
    pub fn as_bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
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
    signing_key: Option<PathBuf>,
    log_format: Option<LogFormat>,
    smtp_url: Option<Secret>,
    mail_from: Option<String>,
    public_url: Option<String>,
    rate_limit: Option<RateSetting>,
    trusted_proxies: Option<String>,
    cors_origins: Option<String>,
    oidc_issuer: Option<String>,
    oidc_audience: Option<String>,
    oidc_jwks_url: Option<String>,
    oidc_token_url: Option<String>,
    oidc_client_id: Option<String>,
    oidc_client_secret: Option<Secret>,
    oidc_scope: Option<String>,
    oidc_verified_claim: Option<String>,
    oidc_roles_claim: Option<String>,
    oidc_roles: Option<String>,
    server: Option<String>,
    token: Option<Secret>,
    token_file: Option<PathBuf>,
}

/// A number in a file may be written as one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RateSetting {
    Number(u32),
    Text(String),
}

/// Who may ask, from where, and how often.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Requests a minute and caller; none: as many as they like.
    pub rate_limit: Option<NonZeroU32>,
    pub trusted_proxies: Proxies,
    /// As browsers write them in `Origin`.
    pub cors_origins: Vec<String>,
    /// Whose tokens are taken besides our own; nobody's without it.
    pub issuer: Option<IssuerSettings>,
}

/// What is in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: DatabaseUrl,
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    /// A file that the signing keys are given by; they are in the data folder otherwise.
    pub signing_key: Option<PathBuf>,
    pub log_format: LogFormat,
    /// Whether somebody said which database; `demo` makes its own otherwise.
    pub database_was_named: bool,
    /// How mail is sent; none is without it.
    pub mail: Option<MailSettings>,
    pub reach: Reach,
    /// The server that commands go through.
    pub remote: RemoteOptions,
}

impl Options {
    /// # Errors
    /// When the file cannot be read, or a setting says nothing that we know.
    pub fn resolve(&self) -> Result<Config, Failure> {
        let wrong = |what: String| Failure::conflict("configuration", what);
        let file: File = match &self.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
                toml::from_str(&text).map_err(|error| wrong(misread(path, &text, &error)))?
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
        let signing_key = self.signing_key.clone().or(file.signing_key).filter(|path| !path.as_os_str().is_empty());
        let log_format = self.log_format.or(file.log_format).unwrap_or(LogFormat::Text);
        let public_url = public_url(self.public_url.clone().or(file.public_url)).map_err(wrong)?;
        let mail = mail(
            self.smtp_url.clone().or(file.smtp_url),
            self.mail_from.clone().or(file.mail_from),
            public_url.clone(),
        );
        let rate_limit = self.rate_limit.clone().or(file.rate_limit.map(|setting| match setting {
            RateSetting::Number(number) => number.to_string(),
            RateSetting::Text(text) => text,
        }));
        let reach = reach(
            &rate_limit.unwrap_or_default(),
            &self.trusted_proxies.clone().or(file.trusted_proxies).unwrap_or_default(),
            &self.cors_origins.clone().or(file.cors_origins).unwrap_or_default(),
        );
        let (mail, mut reach) = (mail.map_err(wrong)?, reach.map_err(wrong)?);
        let issuer = self.issuer.clone().over(IssuerOptions {
            oidc_issuer: file.oidc_issuer,
            oidc_audience: file.oidc_audience,
            oidc_jwks_url: file.oidc_jwks_url,
            oidc_token_url: file.oidc_token_url,
            oidc_client_id: file.oidc_client_id,
            oidc_client_secret: file.oidc_client_secret,
            oidc_scope: file.oidc_scope,
            oidc_verified_claim: file.oidc_verified_claim,
            oidc_roles_claim: file.oidc_roles_claim,
            oidc_roles: file.oidc_roles,
        });
        reach.issuer = issuer.resolve(public_url.as_ref()).map_err(wrong)?;
        let remote = RemoteOptions { server: file.server, token: file.token, token_file: file.token_file };
        let RemoteSources { flags, variables } = self.remote.clone();
        let remote = flags.over(variables).over(remote).said();
        Ok(Config { database, listen, data_dir, signing_key, log_format, database_was_named, mail, reach, remote })
    }
}

impl Config {
    /// Where the signing keys are.
    #[must_use]
    pub fn keys(&self) -> KeyPlace {
        match &self.signing_key {
            Some(file) => KeyPlace::Given(file.clone()),
            None if self.data_dir.as_os_str().is_empty() => KeyPlace::Folder(".".into()),
            None => KeyPlace::Folder(self.data_dir.clone()),
        }
    }
}

/// Who may ask, from where, and how often. An empty setting is one that is not made.
fn reach(rate_limit: &str, trusted_proxies: &str, cors_origins: &str) -> Result<Reach, String> {
    let rate_limit = match rate_limit {
        "" => Some(DEFAULT_RATE),
        "off" => None,
        number => {
            Some(number.parse().map_err(|_| format!("rate_limit: '{number}' is neither a number from 1 nor off"))?)
        }
    };
    let network = |text: &str| {
        let alone = text.parse::<IpAddr>().map(IpNet::from);
        let wrong = format!("trusted_proxies: '{text}' is not a network such as 10.0.0.0/8");
        alone.or_else(|_| text.parse()).map_err(|_| wrong)
    };
    let origin = |text: &str| match url::Url::parse(text).map(|url| url.origin().ascii_serialization()) {
        Ok(origin) if origin == text && origin.starts_with("http") => Ok(origin),
        _ => Err(format!("cors_origins: '{text}' is not an origin such as https://tool.example.com")),
    };
    Ok(Reach {
        rate_limit,
        trusted_proxies: Proxies(listed(trusted_proxies).map(network).collect::<Result<_, _>>()?),
        cors_origins: listed(cors_origins).map(origin).collect::<Result<_, _>>()?,
        issuer: None,
    })
}

/// The items of a setting that is a list.
fn listed(setting: &str) -> impl Iterator<Item = &str> {
    setting.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// What cannot be understood in a file, and where; without the line itself, which may hold a password.
fn misread(path: &std::path::Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or_else(String::new, |before| format!(", line {}", before.matches('\n').count() + 1));
    format!("{}{line}: {}", path.display(), error.message())
}

/// Where people reach the server.
fn public_url(setting: Option<String>) -> Result<Option<PublicUrl>, String> {
    let url = setting.filter(|url| !url.is_empty()).map(|url| url.parse()).transpose();
    url.map_err(|what| format!("public_url: {what}"))
}

/// How mail is sent. An empty setting is one that is not made, as a variable in a container is often left.
fn mail(
    server: Option<Secret>,
    from: Option<String>,
    public_url: Option<PublicUrl>,
) -> Result<Option<MailSettings>, String> {
    let from = from.filter(|from| !from.is_empty()).map(|from| MailSettings::mailbox(&from)).transpose();
    let from = from.map_err(|what| format!("mail_from: {what}"))?;
    let Some(Secret(server)) = server.filter(|Secret(server)| !server.is_empty()) else { return Ok(None) };
    let server = server.parse().map_err(|what| format!("smtp_url: {what}"))?;
    match (from, public_url) {
        (Some(from), Some(public_url)) => Ok(Some(MailSettings { server, from, public_url })),
        (None, _) => Err("smtp_url wants mail_from: who is the mail from?".to_owned()),
        (_, None) => Err("smtp_url wants public_url: where do links in mail lead to?".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(server: &str, token: &str) -> RemoteOptions {
        let said = |text: &str| (text != "-").then(|| text.to_owned());
        RemoteOptions { server: said(server), token: said(token).map(Secret), token_file: None }
    }

    #[test]
    fn a_token_goes_to_the_server_that_it_stands_beside_and_to_no_other() {
        let cases = [
            // Flags, variables, the file; what is in force.
            [("-", "-"), ("-", "-"), ("prod", "p"), ("prod", "p")],
            [("staging", "-"), ("-", "-"), ("prod", "p"), ("staging", "-")],
            [("-", "-"), ("staging", "-"), ("prod", "p"), ("staging", "-")],
            [("staging", "-"), ("prod", "p"), ("-", "-"), ("staging", "-")],
            [("staging", "-"), ("prod", "p"), ("staging", "s"), ("staging", "s")],
            [("staging", "-"), ("-", "s"), ("prod", "p"), ("staging", "s")],
            [("staging", "s"), ("prod", "p"), ("prod", "p"), ("staging", "s")],
            [("prod/", "-"), ("-", "-"), ("prod", "p"), ("prod/", "p")],
            [("", "-"), ("prod", "p"), ("prod", "p"), ("-", "-")],
        ];
        for case in cases {
            let [flags, variables, file, expected] = case.map(|(server, token)| options(server, token));
            let found = flags.over(variables).over(file).said();
            let told = |one: &RemoteOptions| (one.server.clone(), one.token.as_ref().map(|it| it.text().to_owned()));
            assert_eq!(told(&found), told(&expected), "{case:?}");
        }
    }
}
