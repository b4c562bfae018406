//! `prodops check`: what is in force, and what is wrong.

use super::{answer, plain, remote::Remote};
use crate::{
    access::Me,
    kernel::{
        auth::IssuerSettings,
        clock::{Clock, Ids},
        config::Config,
        db::{self, Db},
        failure::Failure,
        mail::Mail,
    },
};
use std::{fs, os::unix::fs::PermissionsExt};

/// Prints a line per thing that matters.
///
/// # Errors
/// When anything is wrong, after all of it was printed.
pub fn run(config: &Config) -> Result<(), Failure> {
    match Remote::of(config)? {
        Some(remote) => check_server(config, &remote),
        None => check_here(config),
    }
}

/// Where commands go through a server nothing of this machine is in force but the way there.
fn check_server(config: &Config, remote: &Remote) -> Result<(), Failure> {
    answer(&format!("server       {}", remote.server()))?;
    if let Some(file) = &config.remote.token_file {
        answer(&format!("token        in {}", file.display()))?;
    }
    let me: Me = remote.get(&remote.at(&["me"])?)?;
    answer(&format!(
        "works as     {} <{}>{}",
        plain(&me.name),
        plain(&me.email),
        if me.admin { ", admin" } else { "" }
    ))?;
    let file = config.remote.token_file.iter().find(|file| {
        // A token is its user's alone.
        fs::metadata(file).is_ok_and(|known| known.permissions().mode() & 0o077 != 0)
    });
    file.map_or(Ok(()), |file| {
        let what = format!("token: {} can be read by others: `chmod 600` it", file.display());
        Err(Failure::conflict("check", what))
    })
}

fn check_here(config: &Config) -> Result<(), Failure> {
    answer(&format!("database     {}", config.database))?;
    answer(&format!("listen       {}", config.listen))?;
    match config.reach.rate_limit {
        Some(most) => answer(&format!("rate limit   {most} requests a minute and caller"))?,
        None => answer("rate limit   off")?,
    }
    answer(&format!("data folder  {}", shown(&config.data_dir)))?;
    let mut wrong = Vec::new();
    match config.mail.as_ref().map(|settings| (settings, Mail::new(settings))) {
        None => answer("mail         off: there is no smtp_url, and nothing is sent")?,
        Some((settings, Ok(_))) => {
            answer(&format!("mail         through {}", settings.server))?;
            answer(&format!("mail from    {}", settings.from))?;
            answer(&format!("public URL   {}", settings.public_url.as_text()))?;
        }
        Some((_, Err(failure))) => wrong.push(failure.detail()),
    }
    if let Some(issuer) = &config.reach.issuer {
        show_issuer(issuer)?;
    }
    match db::schema_version(&config.database) {
        Ok((version, true)) => answer(&format!("schema       {version}"))?,
        Ok((version, false)) => wrong.push(format!("schema: behind {version}; run `prodops migrate`")),
        Err(failure) => wrong.push(format!("database: {}", failure.detail())),
    }
    if wrong.is_empty() {
        let sound = Db::open(&config.database, Clock::System, Ids::Random)
            .and_then(|db| db.snapshot_here(db::integrity_faults));
        match sound {
            Ok(faults) if faults.is_empty() => answer("integrity    ok")?,
            Ok(faults) => wrong.extend(faults.into_iter().map(|fault| format!("integrity: {fault}"))),
            Err(failure) => wrong.push(format!("integrity: {}", failure.detail())),
        }
    }
    let keys = config.keys();
    match (keys.file(), config.signing_key.is_some()) {
        (None, false) => answer("signing key  none yet; `prodops serve` makes it")?,
        (seen, _) => {
            match seen {
                Some((path, false)) => answer(&format!("signing key  {}", path.display()))?,
                Some((path, true)) => {
                    wrong.push(format!("signing key: {} can be read by others: `chmod 600` it", path.display()));
                }
                None => {}
            }
            wrong.extend(
                keys.list(Clock::System.now()).err().map(|failure| format!("signing key: {}", failure.detail())),
            );
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::conflict("check", wrong.join("\n  "))) }
}

/// What is in force of the outside issuer; nothing is asked of it.
fn show_issuer(issuer: &IssuerSettings) -> Result<(), Failure> {
    answer(&format!("issuer       {}", issuer.issuer))?;
    match &issuer.audience {
        Some(audience) => answer(&format!("  at the API   for {audience}"))?,
        None => answer("  at the API   nothing: there is no oidc_audience")?,
    }
    match &issuer.client {
        Some(client) => answer(&format!("  browsers     as {}, back to {}", client.id, client.callback))?,
        None => answer("  browsers     do not sign in with it: there is no oidc_client_id")?,
    }
    match &issuer.jwks_url {
        Some(url) => answer(&format!("  its keys     {url}"))?,
        None => answer("  its keys     where its own configuration says")?,
    }
    if let Some(groups) = &issuer.groups {
        answer(&format!(
            "  its groups   by `{}` in {}",
            groups.claim,
            groups.products().collect::<Vec<_>>().join(", ")
        ))?;
    }
    Ok(())
}

fn shown(folder: &std::path::Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}
