//! What a server refuses, told as what is refused here.

use super::taken;
use crate::{
    cli::plain,
    kernel::failure::{Failure, Fault},
};
use serde::Deserialize;
use std::time::Duration;
use ureq::{
    Body,
    http::{HeaderMap, Response, header},
};

/// A refusal.
pub struct Refusal {
    pub failure: Failure,
    /// After how long it is worth being asked again, if it is.
    pub wait: Option<Duration>,
    /// Whether it may have been done all the same.
    pub done: bool,
}

/// RFC 9457, as prodops writes it.
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

/// Before a request that runs is asked for again.
const RUNNING: Duration = Duration::from_secs(2);

pub fn refusal(answer: Response<Body>) -> Refusal {
    let status = answer.status();
    let wait = retry_after(answer.headers());
    let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).map(plain);
    let problem = taken(answer).ok().and_then(|bytes| serde_json::from_slice::<Problem>(&bytes).ok());
    let Some(problem) = problem else {
        let detail = match location.filter(|_| status.is_redirection()) {
            Some(location) => format!("it answered {status} and leads to {location}, where no token is sent"),
            None => format!("it answered {status}, and not as prodops does"),
        };
        // A proxy's word: whether the server behind it did it, nobody says.
        let done = matches!(status.as_u16(), 502..=504);
        let failure = if done { lost(&detail) } else { foreign(&detail) };
        return Refusal { failure, wait: wait.filter(|_| done || status.as_u16() == 429), done };
    };
    let (done, running) = (problem.kind.ends_with(":outcome-unknown"), problem.code == "in_flight");
    let wait = match status.as_u16() {
        429 | 503 => wait,
        409 if running => Some(RUNNING),
        _ => None,
    };
    Refusal { failure: problem.failure(status.as_u16()), wait, done }
}

impl Problem {
    fn failure(self, status: u16) -> Failure {
        let faults = || {
            let told = |fault: &Fault| Fault { detail: plain(&fault.detail), ..fault.clone() };
            self.errors.iter().map(told).collect::<Vec<_>>()
        };
        let detail = match status {
            400 if !self.errors.is_empty() => return Failure::Unreadable(faults()),
            422 if !self.errors.is_empty() => return Failure::Invalid(faults()),
            404 => return Failure::NotFound,
            412 => "somebody changed it meanwhile; nothing of yours was changed: look at it again".to_owned(),
            500.. if !self.request_id.is_empty() => format!("{} ({})", plain(&self.detail), plain(&self.request_id)),
            _ => plain(&self.detail),
        };
        Failure::Elsewhere { title: plain(&self.title), detail }
    }
}

/// What is told where an answer is lost, or is none of ours.
const LOST: &str = "The server's answer is lost";
const FOREIGN: &str = "The server is not understood";

/// Whether what was asked for may have been done although it failed.
pub fn may_be_done(failure: &Failure) -> bool {
    match failure {
        Failure::OutcomeUnknown => true,
        Failure::Elsewhere { title, .. } => [LOST, FOREIGN, Failure::OutcomeUnknown.terms().title].contains(&&**title),
        _ => false,
    }
}

/// An answer that was lost on its way.
pub fn lost(why: &str) -> Failure {
    Failure::Elsewhere { title: LOST.to_owned(), detail: why.to_owned() }
}

/// What no prodops of this version answers.
pub fn foreign(what: &str) -> Failure {
    Failure::Elsewhere { title: FOREIGN.to_owned(), detail: what.to_owned() }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
