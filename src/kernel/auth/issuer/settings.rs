//! What an operator says about the outside issuer.

use crate::kernel::{
    auth::Role,
    config::Secret,
    mail::{PublicUrl, host, is_loopback},
    text::Key,
};
use clap::Args;
use std::collections::BTreeMap;
use url::Url;

/// Where the browser comes back to.
pub const CALLBACK: &str = "/login/oidc/callback";
/// Which claim says that the e-mail address is verified, unless another is named.
const VERIFIED: &str = "email_verified";
/// Who they are, and their address.
const SCOPE: &str = "openid email";

/// The settings as they are written.
#[derive(Debug, Clone, Default, Args)]
pub struct IssuerOptions {
    /// An outside issuer (OpenID Connect) whose tokens are taken: `https://sso.example.com/realms/main`, as it writes
    /// itself in `iss`.
    #[arg(long = "oidc-issuer", env = "PRODOPS_OIDC_ISSUER", global = true, value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// For whom its tokens are when they are for the API (`aud`). Without it they open no more than a browser's session.
    #[arg(long = "oidc-audience", env = "PRODOPS_OIDC_AUDIENCE", global = true, value_name = "NAME")]
    pub oidc_audience: Option<String>,
    /// Where its keys are, when that is not to be asked of the issuer itself.
    #[arg(long = "oidc-jwks-url", env = "PRODOPS_OIDC_JWKS_URL", global = true, value_name = "URL")]
    pub oidc_jwks_url: Option<String>,
    /// Where codes are given for tokens, when that is not at the issuer's own host.
    #[arg(long = "oidc-token-url", env = "PRODOPS_OIDC_TOKEN_URL", global = true, value_name = "URL")]
    pub oidc_token_url: Option<String>,
    /// What we are to the issuer; with it people sign in there with a browser.
    #[arg(long = "oidc-client-id", env = "PRODOPS_OIDC_CLIENT_ID", global = true, value_name = "NAME")]
    pub oidc_client_id: Option<String>,
    /// What we show the issuer that it is we.
    #[arg(
        long = "oidc-client-secret",
        env = "PRODOPS_OIDC_CLIENT_SECRET",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub oidc_client_secret: Option<Secret>,
    /// What browsers ask the issuer to tell. Default: `openid email`.
    #[arg(long = "oidc-scope", env = "PRODOPS_OIDC_SCOPE", global = true, value_name = "WORDS")]
    pub oidc_scope: Option<String>,
    /// Which claim is `true` when the e-mail address is verified. Default: `email_verified`.
    #[arg(long = "oidc-verified-claim", env = "PRODOPS_OIDC_VERIFIED_CLAIM", global = true, value_name = "NAME")]
    pub oidc_verified_claim: Option<String>,
    /// Which claim lists the groups that somebody is in, such as `groups`.
    #[arg(long = "oidc-roles-claim", env = "PRODOPS_OIDC_ROLES_CLAIM", global = true, value_name = "NAME")]
    pub oidc_roles_claim: Option<String>,
    /// What groups are in products: `ops=platform:editor,board=platform:viewer`.
    #[arg(long = "oidc-roles", env = "PRODOPS_OIDC_ROLES", global = true, value_name = "GROUP=PRODUCT:ROLE,…")]
    pub oidc_roles: Option<String>,
}

/// An outside issuer, as it is in force.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// As it writes itself in `iss`.
    pub issuer: String,
    /// For whom tokens are that open the API; none does without.
    pub audience: Option<String>,
    /// Where its keys are; else its own configuration says so.
    pub jwks_url: Option<Url>,
    pub token_url: Option<Url>,
    /// What we are to it, when browsers sign in there.
    pub client: Option<Client>,
    pub verified_claim: String,
    pub groups: Option<Groups>,
    pub(super) at: Url,
}

/// What we are to an issuer.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    /// What it is asked to tell.
    pub(super) scope: String,
    pub(super) secret: Option<Secret>,
    /// Where browsers come back to.
    pub callback: String,
}

/// What the groups of a claim are in our products.
#[derive(Debug, Clone)]
pub struct Groups {
    pub claim: String,
    given: Vec<(String, String, Role)>,
}

impl Groups {
    /// What somebody in these groups is, product by product: the highest role, nothing where no group of theirs is
    /// named. Products that no group is mapped to are not spoken of.
    pub fn standing(&self, theirs: &[String]) -> BTreeMap<String, Option<Role>> {
        let mut standing: BTreeMap<String, Option<Role>> = BTreeMap::new();
        for (group, product, role) in &self.given {
            let held = standing.entry(product.clone()).or_default();
            if theirs.contains(group) && held.is_none_or(|held| role.covers(held)) {
                *held = Some(*role);
            }
        }
        standing
    }

    /// From a claim and `group=product:role,…`. A group's name may hold `=`, and no comma.
    fn read(claim: String, text: &str) -> Result<Self, String> {
        let wrong = |item: &str| format!("oidc_roles: '{item}' is not group=product:role");
        let mut given = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (group, place) = item.rsplit_once('=').ok_or_else(|| wrong(item))?;
            let (product, role) = place.split_once(':').ok_or_else(|| wrong(item))?;
            let role = role.trim().parse().map_err(|_| wrong(item))?;
            let product = product.trim();
            if group.trim().is_empty() || product.parse::<Key>().is_err() {
                return Err(wrong(item));
            }
            given.push((group.trim().to_owned(), product.to_owned(), role));
        }
        if given.is_empty() {
            return Err("oidc_roles_claim wants oidc_roles: what is a group in which product?".to_owned());
        }
        Ok(Self { claim, given })
    }

    /// The products that groups are mapped to.
    pub fn products(&self) -> impl Iterator<Item = &str> {
        let products: std::collections::BTreeSet<&str> = self.given.iter().map(|(_, product, _)| &**product).collect();
        products.into_iter()
    }
}

impl IssuerOptions {
    /// These, and where they say nothing the others.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            oidc_issuer: self.oidc_issuer.or(other.oidc_issuer),
            oidc_audience: self.oidc_audience.or(other.oidc_audience),
            oidc_jwks_url: self.oidc_jwks_url.or(other.oidc_jwks_url),
            oidc_token_url: self.oidc_token_url.or(other.oidc_token_url),
            oidc_client_id: self.oidc_client_id.or(other.oidc_client_id),
            oidc_client_secret: self.oidc_client_secret.or(other.oidc_client_secret),
            oidc_scope: self.oidc_scope.or(other.oidc_scope),
            oidc_verified_claim: self.oidc_verified_claim.or(other.oidc_verified_claim),
            oidc_roles_claim: self.oidc_roles_claim.or(other.oidc_roles_claim),
            oidc_roles: self.oidc_roles.or(other.oidc_roles),
        }
    }

    /// What is in force; nothing without an issuer. An empty setting is one that is not made.
    ///
    /// # Errors
    /// A sentence that says which setting is wrong, or missing.
    pub fn resolve(self, public_url: Option<&PublicUrl>) -> Result<Option<IssuerSettings>, String> {
        let said = |setting: Option<String>| setting.filter(|text| !text.trim().is_empty());
        let Some(issuer) = said(self.oidc_issuer) else {
            let alone = [("oidc_audience", said(self.oidc_audience)), ("oidc_client_id", said(self.oidc_client_id))];
            return match alone.iter().find(|(_, set)| set.is_some()) {
                Some((name, _)) => Err(format!("{name} wants oidc_issuer: whose tokens are taken?")),
                None => Ok(None),
            };
        };
        let at = address("oidc_issuer", &issuer)?;
        if at.query().is_some() || at.fragment().is_some() {
            return Err(format!("oidc_issuer: '{issuer}' has more than a path"));
        }
        let url = |name, setting| said(setting).map(|text| address(name, &text)).transpose();
        let audience = said(self.oidc_audience);
        let secret = self.oidc_client_secret.filter(|secret| !secret.text().is_empty());
        let scope = said(self.oidc_scope).unwrap_or_else(|| SCOPE.to_owned());
        if !scope.split(' ').any(|word| word == "openid") {
            return Err("oidc_scope wants openid among its words".to_owned());
        }
        let client = match (said(self.oidc_client_id), public_url) {
            (Some(id), Some(public_url)) => Some(Client { id, scope, secret, callback: public_url.of(CALLBACK) }),
            (Some(_), None) => return Err("oidc_client_id wants public_url: where do browsers come back to?".into()),
            (None, _) if secret.is_some() => return Err("oidc_client_secret wants oidc_client_id".into()),
            (None, _) if audience.is_none() => {
                return Err("oidc_issuer wants oidc_audience, for its tokens at the API, or oidc_client_id, for \
                            browsers, or both"
                    .into());
            }
            (None, _) => None,
        };
        let groups = match (said(self.oidc_roles_claim), said(self.oidc_roles)) {
            (Some(claim), roles) => Some(Groups::read(claim, &roles.unwrap_or_default())?),
            (None, Some(_)) => return Err("oidc_roles wants oidc_roles_claim: where do the groups stand?".into()),
            (None, None) => None,
        };
        Ok(Some(IssuerSettings {
            issuer,
            audience,
            jwks_url: url("oidc_jwks_url", self.oidc_jwks_url)?,
            token_url: url("oidc_token_url", self.oidc_token_url)?,
            client,
            verified_claim: said(self.oidc_verified_claim).unwrap_or_else(|| VERIFIED.to_owned()),
            groups,
            at,
        }))
    }
}

impl IssuerSettings {
    /// Its host, for people.
    pub fn name(&self) -> &str {
        self.at.host_str().unwrap_or_default()
    }

    /// Where it describes itself (OpenID Connect Discovery 1.0, 4): below its path, with one slash between.
    pub(super) fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))
    }
}

/// An address that may be asked, or be sent to: https, or on this machine.
pub(super) fn address(name: &str, text: &str) -> Result<Url, String> {
    let wrong = || format!("{name}: '{text}' is not an address such as https://sso.example.com");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let host = host(&url).ok_or_else(wrong)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{name} holds a user or a password, and must not"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&host) => Ok(url),
        "http" => Err(format!("{name}: '{text}' is not https; plain http is for this machine alone")),
        _ => Err(wrong()),
    }
}
