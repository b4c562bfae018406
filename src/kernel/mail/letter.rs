//! A letter, and its way to the server.

use super::{MailSettings, PublicUrl, one_line};
use crate::kernel::{clock::Instant, failure::Failure};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::Error,
};
use std::{error::Error as _, time::Duration};

/// How long handing over one letter may take, from looking up the server to its last word.
pub const HANDING_OVER: Duration = Duration::from_secs(120);
/// How much is kept of what a server says.
const PROBLEM: usize = 500;
/// How much of a subject, or of a name, stands in a header.
const HEADER: usize = 200;
/// What a server answers when it does not take our word for who we are (RFC 4954, section 6): the
/// configuration is wrong, not the letter.
const NOT_LET_IN: [&str; 4] = ["530", "534", "535", "538"];

/// To one person, as text and as HTML.
#[derive(Clone)]
pub struct Letter {
    /// Names it for ever, however often it is sent.
    pub id: String,
    pub address: String,
    pub name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub at: Instant,
    /// What stands in it that is for its reader alone, and must not come back in what a server says.
    pub secret: Option<String>,
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken it over.
    Sent,
    /// The server does not take it, and never will.
    Refused(String),
    /// Not now: another time.
    Postponed(String),
    /// There was no server to speak to.
    Unreachable(String),
}

/// Sends letters.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    public_url: PublicUrl,
    secrets: Vec<String>,
}

impl Mail {
    /// # Errors
    /// When the server's name can have no certificate.
    pub fn new(settings: &MailSettings) -> Result<Self, Failure> {
        let transport = settings.server.transport(settings.public_url.host());
        Ok(Self {
            transport: transport
                .map_err(|what| Failure::conflict("configuration", format!("the mail server: {what}")))?,
            from: settings.from.clone(),
            public_url: settings.public_url.clone(),
            secrets: settings.server.secrets(),
        })
    }

    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// Hands a letter over, and says what came of it.
    pub async fn send(&self, letter: Letter) -> Outcome {
        let secrets: Vec<_> = self.secrets.iter().cloned().chain(letter.secret.clone()).collect();
        let outcome = match self.message(letter) {
            Err(what) => Outcome::Refused(what),
            Ok(message) => match tokio::time::timeout(HANDING_OVER, self.transport.send(message)).await {
                Ok(Ok(_)) => Outcome::Sent,
                Ok(Err(error)) => outcome(&error),
                Err(_) => Outcome::Unreachable(format!("no end within {} s", HANDING_OVER.as_secs())),
            },
        };
        outcome.without(&secrets)
    }

    fn message(&self, letter: Letter) -> Result<Message, String> {
        let address: Address =
            letter.address.parse().map_err(|_| "this is no address that mail can be sent to".to_owned())?;
        let name = Some(one_line(&letter.name, HEADER)).filter(|name| !name.is_empty());
        let host = self.public_url.host();
        let host = if host.contains(':') { format!("[IPv6:{host}]") } else { host.to_owned() };
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(one_line(&letter.subject, HEADER))
            .message_id(Some(format!("<{}@{host}>", letter.id)))
            .date(letter.at.utc().into())
            // RFC 3834: nobody's holiday answers it.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
            .map_err(|error| format!("it cannot be written as mail: {error}"))
    }
}

fn outcome(error: &Error) -> Outcome {
    let said = said(error);
    if let Some(code) = error.status() {
        let code = code.to_string();
        let answer = format!("{code} {said}");
        return match error.is_permanent() && !NOT_LET_IN.contains(&code.as_str()) {
            true => Outcome::Refused(answer),
            false => Outcome::Postponed(answer),
        };
    }
    // What we ask for and the server does not have, such as a way to sign in, it may have tomorrow.
    if error.is_client() { Outcome::Postponed(said) } else { Outcome::Unreachable(said) }
}

/// What went wrong, from the cause that is nearest to us to the one behind all others.
fn said(error: &Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(one) = cause {
        let text = one.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        cause = one.source();
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}

impl Outcome {
    /// As it may be kept: one line, not too long, and nothing in it that is secret.
    fn without(self, secrets: &[String]) -> Self {
        let clean = |text: String| {
            let known = secrets.iter().filter(|secret| !secret.is_empty());
            one_line(&known.fold(text, |text, secret| text.replace(secret, "…")), PROBLEM)
        };
        match self {
            Self::Sent => Self::Sent,
            Self::Refused(what) => Self::Refused(clean(what)),
            Self::Postponed(what) => Self::Postponed(clean(what)),
            Self::Unreachable(what) => Self::Unreachable(clean(what)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail::new(&MailSettings {
            server: "smtp://me:hunter2@127.0.0.1:9".parse().unwrap(),
            from: MailSettings::mailbox("prodops <prodops@example.com>").unwrap(),
            public_url: "https://prodops.example.com".parse().unwrap(),
        })
        .unwrap()
    }

    fn letter(name: &str, subject: &str) -> Letter {
        Letter {
            id: "0190".to_owned(),
            address: "ann@example.com".to_owned(),
            name: name.to_owned(),
            subject: subject.to_owned(),
            text: "text".to_owned(),
            html: "<p>html</p>".to_owned(),
            at: "2026-11-02T09:00:00Z".parse().unwrap(),
            secret: None,
        }
    }

    fn headers(name: &str, subject: &str) -> String {
        let message = String::from_utf8(mail().message(letter(name, subject)).unwrap().formatted()).unwrap();
        message.split("\r\n\r\n").next().unwrap().to_owned()
    }

    #[test]
    fn nothing_in_a_name_or_a_subject_becomes_a_header() {
        for hostile in [
            "Ann\r\nBcc: eve@example.com",
            "Ann\nBcc: eve@example.com",
            "Ann\rBcc: eve@example.com",
            "Ann\r\n\r\n<p>body",
            "Ann\u{85}Bcc: eve@example.com\u{2028}Bcc: eve@example.com",
            "Ann\" <eve@example.com>, \"B",
            "Zoë, \"the\" <Boss>\u{0}\u{7f}\u{1b}[31m",
            &"long ".repeat(2000),
            &"ö".repeat(2000),
        ] {
            let headers = headers(hostile, hostile);
            let names: Vec<_> = headers
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap().to_owned())
                .collect();
            let wanted =
                ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version", "Content-Type"];
            assert_eq!(names, wanted, "{headers}");
            assert!(headers.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n')), "{headers}");
            assert!(!headers.replace("\r\n", "").contains(['\r', '\n']), "{headers}");
            assert!(headers.split("\r\n").all(|line| line.len() <= 998), "{headers}");
            let to = headers.split("\r\n").skip_while(|line| !line.starts_with("To:"));
            let to: Vec<_> = to.take_while(|line| !line.starts_with("Subject:")).collect();
            assert!(to.concat().ends_with("<ann@example.com>"), "{to:?}");
        }
        assert!(headers("Ann", "October").contains("Message-ID: <0190@prodops.example.com>\r\n"));
    }

    #[test]
    fn what_is_kept_of_an_answer_is_one_line_without_secrets() {
        let said = "535 no\r\nhunter2 is not \u{1b}[31mme, nor is AG1lAGh1bnRlcjI=, nor aHVudGVyMg==".to_owned();
        let kept = Outcome::Postponed(said).without(&mail().secrets);
        let clean = "535 no … is not [31mme, nor is …, nor …".to_owned();
        assert_eq!(kept, Outcome::Postponed(clean));
        let Outcome::Refused(kept) = Outcome::Refused("é".repeat(9000)).without(&[]) else { panic!() };
        assert_eq!(kept.chars().count(), PROBLEM + 1);
    }

    #[test]
    fn an_address_that_is_none_is_refused_before_it_is_tried() {
        for address in ["a b@example.com", "a@b@c", "x\r\nRCPT TO:<eve@example.com>@example.com", "@example.com", ""] {
            let letter = Letter { address: address.to_owned(), ..letter("Ann", "October") };
            assert!(mail().message(letter).is_err(), "{address}");
        }
    }
}
