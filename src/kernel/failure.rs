//! Everything that can be refused or go wrong, as one table.
//!
//! A [`Failure`] is what every fallible function of prodops answers. How it looks over HTTP (an
//! RFC 9457 problem) is decided once, in [`Failure::terms`]; nothing internal is in it: the text
//! of [`Failure::Internal`] goes to the log and never to a caller.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One thing that is wrong with what was sent, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Fault {
    /// Where in the body (RFC 6901), for bodies of JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The query parameter or header, when the fault is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The line of an imported file on which the record starts; the header is line 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column of an imported file, by its heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The part of a mapping (RFC 6901) that led there, for a file that came with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// A stable word for programs.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub detail: String,
}

impl Fault {
    pub fn at(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::bare(code, detail) }
    }

    pub fn parameter(name: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), ..Self::bare(code, detail) }
    }

    pub fn line(line: u64, column: Option<&str>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { line: Some(line), column: column.map(Into::into), ..Self::bare(code, detail) }
    }

    /// Something that has a name but no place.
    pub fn named(code: &'static str, detail: impl Into<String>) -> Self {
        Self::bare(code, detail)
    }

    /// The same in a larger body, in which what was judged stands at a pointer.
    pub fn within(self, pointer: &str) -> Self {
        let own = self.pointer.unwrap_or_default();
        Self { pointer: Some(format!("{pointer}{own}")), ..self }
    }

    /// A reference to nothing and one to another product's row are answered alike.
    pub fn unknown_reference(pointer: impl Into<String>) -> Self {
        Self::at(pointer, "unknown_reference", "there is nothing of that name in this product")
    }

    fn bare(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: None,
            parameter: None,
            line: None,
            column: None,
            mapping: None,
            code: code.into(),
            detail: detail.into(),
        }
    }
}

/// A successful answer as it was first given, kept for a retry with the same `Idempotency-Key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredAnswer {
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Option<serde_json::Value>,
}

#[derive(Debug)]
pub enum Failure {
    /// The request cannot be read: broken JSON, query or cursor.
    Unreadable(Vec<Fault>),
    /// It can be read, but is not what the published schema allows.
    Invalid(Vec<Fault>),
    /// Nobody is signed in, or not validly.
    Unauthorized(&'static str),
    /// The caller may see it but not do this.
    Forbidden(&'static str),
    /// It is not there, or the caller may not know that it is.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed {
        allow: String,
    },
    /// None of the formats asked for can be given.
    NotAcceptable,
    /// The state of things forbids it.
    Conflict {
        code: &'static str,
        detail: String,
    },
    /// The state of things forbids several parts of a request, each told with its place.
    Conflicts(Vec<Fault>),
    /// The row has changed since the caller saw it.
    Stale,
    /// Some of the rows have, each told with its place.
    StaleRows(Vec<Fault>),
    TooLarge {
        limit: u64,
    },
    UnsupportedMediaType {
        expected: &'static str,
    },
    /// `If-Match` is missing.
    PreconditionRequired(&'static str),
    TooManyRequests {
        retry_after: u64,
    },
    /// The storage cannot be reached; nothing was done.
    Unavailable {
        retry_after: u64,
    },
    /// The process cannot do its work at present: what is wrong, by name.
    NotReady(Vec<Fault>),
    /// The connection broke while the change was being committed: it may or may not have happened.
    OutcomeUnknown,
    StorageFull,
    /// A defect of ours. The text is for the log.
    Internal(String),
    /// What is told on terminals only, in words of its own: what another server answered, or why it answered nothing, and
    /// what became of a file.
    Elsewhere {
        title: String,
        detail: String,
    },
    /// Not a failure: the stored answer to an earlier request with the same `Idempotency-Key`. It
    /// leaves a transaction the way failures do, so that the effect does not happen twice.
    Replayed(Box<StoredAnswer>),
}

/// How a failure is told: HTTP status, stable name (the last part of the problem's `type`), title.
pub struct Terms {
    pub status: u16,
    pub name: &'static str,
    pub title: &'static str,
}

impl Failure {
    /// The table.
    pub fn terms(&self) -> Terms {
        let (status, name, title) = match self {
            Self::Unreadable(_) => (400, "unreadable", "The request cannot be read"),
            Self::Invalid(_) => (422, "invalid", "The request is not allowed by the schema"),
            Self::Unauthorized(_) => (401, "unauthorized", "Sign in first"),
            Self::Forbidden(_) => (403, "forbidden", "You may not do this"),
            Self::NotFound => (404, "not-found", "There is nothing here"),
            Self::MethodNotAllowed { .. } => (405, "method-not-allowed", "This path has no such method"),
            Self::NotAcceptable => (406, "not-acceptable", "Not available in that format"),
            Self::Conflict { .. } | Self::Conflicts(_) => (409, "conflict", "The present state forbids this"),
            Self::Stale | Self::StaleRows(_) => (412, "stale", "This has changed since you read it"),
            Self::TooLarge { .. } => (413, "too-large", "The request is too large"),
            Self::UnsupportedMediaType { .. } => (415, "unsupported-media-type", "The body is of another type"),
            Self::PreconditionRequired(_) => (428, "precondition-required", "Say which version you mean"),
            Self::TooManyRequests { .. } => (429, "too-many-requests", "Too many requests"),
            Self::Internal(_) => (500, "internal", "Something went wrong on our side"),
            Self::Unavailable { .. } => (503, "unavailable", "The storage cannot be reached"),
            Self::NotReady(_) => (503, "not-ready", "It cannot work at present"),
            Self::OutcomeUnknown => (503, "outcome-unknown", "It is not known whether this happened"),
            Self::StorageFull => (507, "storage-full", "The storage is full"),
            Self::Elsewhere { .. } => (502, "elsewhere", "Another server said"),
            Self::Replayed(answer) => (answer.status, "replayed", "As answered before"),
        };
        Terms { status, name, title }
    }

    /// A sentence for the person who reads the answer.
    pub fn detail(&self) -> String {
        match self {
            Self::Unreadable(faults)
            | Self::Invalid(faults)
            | Self::NotReady(faults)
            | Self::Conflicts(faults)
            | Self::StaleRows(faults) => match faults.as_slice() {
                [one] => one.detail.clone(),
                many => format!("{} faults, each listed in `errors`", many.len()),
            },
            Self::Unauthorized(why) | Self::Forbidden(why) => (*why).to_owned(),
            Self::NotFound => "it does not exist, or you may not know of it".to_owned(),
            Self::MethodNotAllowed { allow } => format!("this path allows {allow}"),
            Self::NotAcceptable => "ask for one of the formats that the API's description lists".to_owned(),
            Self::Conflict { detail, .. } | Self::Elsewhere { detail, .. } => detail.clone(),
            Self::Stale => "read it again, and send its present ETag as If-Match".to_owned(),
            Self::TooLarge { limit } => format!("the limit is {limit} bytes"),
            Self::UnsupportedMediaType { expected } => format!("send {expected}"),
            Self::PreconditionRequired(what) => (*what).to_owned(),
            Self::TooManyRequests { retry_after } => format!("try again in {retry_after} seconds"),
            Self::Internal(_) => "the request id names this in the server's log".to_owned(),
            Self::Unavailable { .. } => "nothing was changed; try again shortly".to_owned(),
            Self::OutcomeUnknown => "the connection broke while saving: look before you try again, or retry with \
                the same Idempotency-Key"
                .to_owned(),
            Self::StorageFull => "nothing was changed; reading still works".to_owned(),
            Self::Replayed(_) => String::new(),
        }
    }

    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Unreadable(faults)
            | Self::Invalid(faults)
            | Self::NotReady(faults)
            | Self::Conflicts(faults)
            | Self::StaleRows(faults) => faults,
            _ => &[],
        }
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }

    /// One fault in the body.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::at(pointer, code, detail)])
    }

    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// Whether the storage itself failed, so that what else was under way in the same
    /// transaction is lost too.
    pub fn is_of_storage(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::OutcomeUnknown | Self::StorageFull)
    }

    /// `Ok` when nothing is wrong, else all of it at once.
    pub fn unless_empty(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::Invalid(faults)) }
    }
}

impl std::fmt::Display for Failure {
    /// For terminals: the title, the detail and each fault on a line of its own.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let title = match self {
            Self::Elsewhere { title, .. } => title,
            _ => self.terms().title,
        };
        write!(out, "{title}: {}", self.detail())?;
        if self.faults().len() > 1 {
            for fault in self.faults() {
                let place = match (fault.line, &fault.column, &fault.pointer, &fault.parameter) {
                    (Some(line), Some(column), ..) => format!("line {line}, {column}: "),
                    (Some(line), ..) => format!("line {line}: "),
                    (_, _, Some(pointer), _) => format!("{pointer}: "),
                    (_, _, _, Some(parameter)) => format!("{parameter}: "),
                    _ => String::new(),
                };
                write!(out, "\n  {place}{}", fault.detail)?;
                if let Some(part) = &fault.mapping {
                    write!(out, " (mapping {part})")?;
                }
            }
        } else if let [Fault { line: Some(line), mapping, .. }] = self.faults() {
            match mapping {
                Some(part) => write!(out, " (line {line}, mapping {part})")?,
                None => write!(out, " (line {line})")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match error {
            Error::NotFound => Self::NotFound,
            Error::DatabaseError(Kind::UniqueViolation, _) => {
                Self::conflict("exists", "there is one of that name already")
            }
            Error::DatabaseError(Kind::ForeignKeyViolation, _) => Self::conflict(
                "referenced",
                "something that still exists refers to this, or this refers to something that no longer does",
            ),
            Error::DatabaseError(Kind::ClosedConnection, _) | Error::BrokenTransactionManager => {
                Self::Unavailable { retry_after: 1 }
            }
            Error::DatabaseError(Kind::SerializationFailure, _) => Self::Unavailable { retry_after: 1 },
            Error::DatabaseError(_, ref info) if info.message().contains("invalid byte sequence for encoding") => {
                Self::Unreadable(vec![Fault::bare("text", "text may not hold U+0000")])
            }
            Error::DatabaseError(_, ref info) if is_full(info.message()) => Self::StorageFull,
            Error::DatabaseError(_, ref info) if is_passing(info.message()) => Self::Unavailable { retry_after: 1 },
            other => Self::Internal(other.to_string()),
        }
    }
}

/// SQLite and PostgreSQL tell a full disk in words only.
fn is_full(message: &str) -> bool {
    ["database or disk is full", "No space left on device", "disk full"].iter().any(|said| message.contains(said))
}

/// What an engine says when it is busy, stopping or gone: try again, nothing is wrong with the request.
fn is_passing(message: &str) -> bool {
    [
        "database is locked",
        "disk I/O error",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "no connection to the server",
        "connection to server",
        "could not receive data",
        "could not send data",
        "too many clients",
        "deadlock detected",
        "canceling statement",
    ]
    .iter()
    .any(|said| message.contains(said))
}
