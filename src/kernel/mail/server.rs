//! Where letters are handed over: an SMTP server, by its URL.

use super::url::{host, is_loopback};
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use percent_encoding::percent_decode_str;
use std::{fmt, net::IpAddr, time::Duration};
use url::Url;

/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(30);

/// An SMTP server and how it is spoken to. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<(String, String)>,
}

/// How what is said to the server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// Not at all.
    None,
    /// With STARTTLS where the server offers it.
    Opportunistic,
    /// With STARTTLS, or nothing is said.
    Required,
    /// From the first byte.
    Wrapped,
}

impl SmtpServer {
    /// What must not be shown to anybody, in each form in which the server gets it.
    pub(super) fn secrets(&self) -> Vec<String> {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let of = |(user, password): &(String, String)| {
            let encoded = [password.clone(), format!("\0{user}\0{password}")].map(|text| BASE64_STANDARD.encode(text));
            [password.clone()].into_iter().chain(encoded).collect()
        };
        self.credentials.as_ref().map(of).unwrap_or_default()
    }

    /// The way to the server. `hello` is the host that we say we are.
    ///
    /// # Errors
    /// When its name can have no certificate.
    pub(super) fn transport(&self, hello: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let certified = || TlsParameters::new(self.host.clone()).map_err(|error| error.to_string());
        let tls = match self.encryption {
            Encryption::None => Tls::None,
            Encryption::Opportunistic => Tls::Opportunistic(certified()?),
            Encryption::Required => Tls::Required(certified()?),
            Encryption::Wrapped => Tls::Wrapper(certified()?),
        };
        let hello = match hello.parse() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(hello.to_owned()),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .tls(tls)
            .hello_name(hello)
            .timeout(Some(CONNECT));
        if let Some((user, password)) = &self.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(builder.build())
    }
}

impl std::str::FromStr for SmtpServer {
    type Err = String;

    /// `smtp://user:password@host:port?tls=required`, or `smtps://…`. Without `tls`, STARTTLS is required of
    /// every server but one on this machine.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it: there may be a password in it.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "smtp://user:password@host:port?tls=required or smtps://user:password@host";
        let wrong = |what: &str| Err(format!("the mail server {what}; it is written as {form}"));
        let Ok(url) = Url::parse(text) else { return wrong("is not a URL") };
        let Some(host) = host(&url) else { return wrong("has no host") };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        if !host.bytes().all(plain) {
            return wrong("has a host of letters that no host has");
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return wrong("has something after its host");
        }
        let mut asked = None;
        for (name, value) in url.query_pairs() {
            match &*name {
                "tls" if asked.is_none() => asked = Some(value.into_owned()),
                _ => return wrong("has a parameter other than one `tls`"),
            }
        }
        let encryption = match (url.scheme(), asked.as_deref()) {
            ("smtps", None) => Encryption::Wrapped,
            ("smtps", Some(_)) => return wrong("is encrypted by its scheme already"),
            ("smtp", Some("none")) => Encryption::None,
            ("smtp", Some("opportunistic")) => Encryption::Opportunistic,
            ("smtp", Some("required")) => Encryption::Required,
            ("smtp", None) if is_loopback(&host) => Encryption::None,
            ("smtp", None) => Encryption::Required,
            ("smtp", Some(_)) => return wrong("has a `tls` other than none, opportunistic and required"),
            _ => return wrong("has a scheme other than smtp and smtps"),
        };
        let port = match encryption {
            Encryption::None => 25,
            Encryption::Opportunistic | Encryption::Required => 587,
            Encryption::Wrapped => 465,
        };
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return wrong("has a user without a password, or the reverse"),
            (user, Some(password)) => match (decoded(user), decoded(password)) {
                (Some(user), Some(password)) => Some((user, password)),
                _ => return wrong("has a user or password that is not UTF-8"),
            },
        };
        Ok(Self { host, port: url.port().unwrap_or(port), encryption, credentials })
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encryption = match self.encryption {
            Encryption::None => "not encrypted",
            Encryption::Opportunistic => "STARTTLS where offered",
            Encryption::Required => "STARTTLS",
            Encryption::Wrapped => "TLS",
        };
        write!(out, "{}, port {}, {encryption}", self.host, self.port)?;
        match &self.credentials {
            Some((user, _)) => write!(out, ", as {}", super::one_line(user, 120)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_spoken_to_as_its_address_says() {
        for (text, shown) in [
            ("smtp://localhost", "localhost, port 25, not encrypted"),
            ("smtp://127.0.0.1:2525", "127.0.0.1, port 2525, not encrypted"),
            ("smtp://[::1]:2525", "::1, port 2525, not encrypted"),
            ("smtp://127.0.0.1:2525?tls=required", "127.0.0.1, port 2525, STARTTLS"),
            ("smtp://mail.example.com", "mail.example.com, port 587, STARTTLS"),
            ("smtp://mail.example.com:25?tls=opportunistic", "mail.example.com, port 25, STARTTLS where offered"),
            ("smtp://mail.example.com?tls=none", "mail.example.com, port 25, not encrypted"),
            ("smtps://me%40example.com:p%3Aw@mail.example.com", "mail.example.com, port 465, TLS, as me@example.com"),
        ] {
            let server: SmtpServer = text.parse().unwrap();
            assert_eq!((server.to_string(), format!("{server:?}")), (shown.to_owned(), shown.to_owned()));
        }
        let server: SmtpServer = "smtps://me:p%3Aw%2F@mail.example.com".parse().unwrap();
        assert_eq!(server.credentials, Some(("me".to_owned(), "p:w/".to_owned())));
        assert!(server.secrets().contains(&"p:w/".to_owned()));
    }

    #[test]
    fn what_cannot_be_understood_is_refused_without_repeating_it() {
        for text in [
            "mail.example.com secret",
            "http://me:secret@mail.example.com",
            "smtp://me@mail.example.com",
            "smtp://:secret@mail.example.com",
            "smtp://me:secret@mail.example.com/secret",
            "smtp://me:secret@mail.example.com?tls=maybe",
            "smtp://me:secret@mail.example.com?tls=required&tls=none",
            "smtp://me:secret@mail.example.com?timeout=1",
            "smtps://me:secret@mail.example.com?tls=none",
            "smtp://me:secret%ff@mail.example.com",
            "smtp://me:secret@mail%0Aexample.com",
            "smtp://",
            "",
        ] {
            let refusal = text.parse::<SmtpServer>().unwrap_err();
            assert!(!refusal.contains("secret"), "{refusal}");
        }
    }
}
