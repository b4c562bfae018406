//! Letters: where they are handed over, what they are, and what became of them.
//!
//! Nothing but a letter that the program wrote itself is sent, and to no server but the one that the
//! configuration names.

mod letter;
mod server;
mod url;

pub use letter::{Letter, Mail, Outcome};
pub use server::SmtpServer;
pub use url::PublicUrl;
pub(super) use url::{host, is_loopback};

use lettre::message::Mailbox;

/// What is needed to send mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    pub server: SmtpServer,
    /// Who the letters are from.
    pub from: Mailbox,
    /// Where those who get them find us.
    pub public_url: PublicUrl,
}

impl MailSettings {
    /// From a mailbox such as `prodops <prodops@example.com>`.
    ///
    /// # Errors
    /// When it is none.
    pub fn mailbox(text: &str) -> Result<Mailbox, String> {
        let plain = !text.chars().any(char::is_control);
        let wrong = || format!("'{text}' is not a mailbox such as prodops <prodops@example.com>");
        text.parse().ok().filter(|_| plain).ok_or_else(wrong)
    }
}

/// One line of plain text, whatever it was: what controls a terminal or ends a header becomes a blank.
pub fn one_line(text: &str, limit: usize) -> String {
    let plain: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(limit) {
        None => line,
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}
