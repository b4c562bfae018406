//! The page on which a stakeholder acts, and its one form.

use super::{Waiting, markup, store};
use crate::{
    decisions::{self, NewAnswer},
    impact::{
        NewImpactComment, act,
        comments::Acceptance,
        value::{fingerprint, store::to_accept},
    },
    kernel::{
        auth::{Actor, ByForm, Judge, Permission, ProductScope, View},
        db::{Conn, Tx},
        failure::{Failure, Fault},
        http::{Form, IfMatch, Plain, page::document, page::page_with_forms, validate},
    },
    products,
    reports::render,
};
use actix_web::{HttpResponse, get, http::header, post, web::ServiceConfig};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_waiting).service(act_on_waiting);
}

/// What somebody does about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    Accept,
    Question,
    Agree,
    Answer,
}

/// One of the page's forms, as it was sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    #[serde(rename = "do")]
    pub doing: Doing,
    /// A claim's, driver's or decision's id.
    pub row: String,
    /// The version that the page showed.
    pub version: String,
    /// What was computed of the claim that the page showed.
    seen: Option<String>,
    valid_from: Option<NaiveDate>,
    /// One of a decision's options; empty for none of them.
    #[serde(default)]
    pub option: String,
    #[serde(default)]
    pub text: String,
}

/// Why nothing came of a form, for the page that is shown in its place.
pub struct Refusal {
    pub sent: Sent,
    /// What it was about; none when that is there no more.
    pub title: Option<String>,
    pub why: String,
}

#[get("/products/{product}/waiting")]
async fn show_waiting(actor: Actor<View>) -> Result<HttpResponse, Failure> {
    let waiting = waiting(&actor, None).await?;
    Ok(shown(200, &actor.user.name, &waiting.0, None))
}

#[post("/products/{product}/waiting")]
async fn act_on_waiting(actor: ByForm<Judge>, sent: Form<Sent>) -> Result<HttpResponse, Failure> {
    let (actor, sent) = (actor.0, sent.0);
    let (user, doing) = (actor.user.id.clone(), sent.clone());
    let done = actor.change(move |tx, product| perform(tx, product, &user, doing).map(|()| Plain(()))).await;
    let failure = match done {
        Ok(_) => {
            let back = render::waiting(&actor.scope.key);
            return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, back)).finish());
        }
        // Refusals that a person can do something about are told where they can do it.
        Err(failure @ (Failure::Stale | Failure::Conflict { .. } | Failure::Invalid(_))) => failure,
        Err(failure) => return Err(failure),
    };
    let (waiting, changes) = waiting(&actor, Some(sent.clone())).await?;
    let (title, changes) = changes.unwrap_or_default();
    let refusal = Refusal { why: markup::why(&failure, sent.doing, &changes), title, sent };
    Ok(shown(failure.terms().status, &actor.user.name, &waiting, Some(&refusal)))
}

type Changed = (Option<String>, Vec<String>);

/// What waits now and, where a form was refused, what it was about and what of that has changed since.
async fn waiting<P>(actor: &Actor<P>, sent: Option<Sent>) -> Result<(Waiting, Option<Changed>), Failure>
where
    P: Permission<Scope = ProductScope>,
{
    let (user, at) = (actor.user.id.clone(), actor.now());
    actor
        .snapshot(move |conn: &mut Conn, scope| {
            let product = products::store::find(conn, &scope.id)?;
            let waiting = store::read(conn, &product, scope.role, &user, at)?;
            let changed = match sent {
                None => None,
                Some(sent) => {
                    let title = match store::title(conn, &scope.id, &sent.row) {
                        Err(Failure::NotFound) => None,
                        found => Some(found?),
                    };
                    let version = sent.version.parse().unwrap_or(i64::MAX);
                    Some((title, store::changes(conn, &scope.id, &sent.row, version)?))
                }
            };
            Ok((waiting, changed))
        })
        .await
}

fn shown(status: u16, name: &str, waiting: &Waiting, refusal: Option<&Refusal>) -> HttpResponse {
    let title = format!("What waits for you, {}", waiting.product.name);
    page_with_forms(status, document(&title, &markup::page(name, waiting, refusal)))
}

/// Does what the API does for the same act: the same rules, the same rows, the same trail.
fn perform(tx: &mut Tx<'_>, product: &ProductScope, user: &str, sent: Sent) -> Result<(), Failure> {
    let seen = IfMatch::version(sent.version.parse().unwrap_or(-1));
    let text = sent.text.trim().to_owned();
    match sent.doing {
        Doing::Accept => {
            let said: Acceptance = validate(json!({ "text": text })).map_err(Failure::Invalid)?;
            let after = act::accept(tx, product, user, &sent.row, seen, said.text)?;
            // Evidence may have changed without the claim itself: accepted is what was seen, or nothing.
            let computed = fingerprint(&to_accept(tx, &product.id, &after)?);
            if sent.seen.as_ref() == Some(&computed) { Ok(()) } else { Err(Failure::Stale) }
        }
        Doing::Question => {
            let said: NewImpactComment = validate(json!({ "text": text })).map_err(Failure::Invalid)?;
            act::question(tx, product, user, &sent.row, seen, said.text).map(|_| ())
        }
        Doing::Agree => {
            let day = sent
                .valid_from
                .ok_or_else(|| Failure::Invalid(vec![Fault::at("/valid_from", "required", "which amount is meant")]))?;
            act::agree(tx, product, user, &sent.row, seen, Some(day)).map(|_| ())
        }
        Doing::Answer => {
            let answer = match (sent.option.trim(), text.as_str()) {
                ("", text) => text.to_owned(),
                (option, "") => option.to_owned(),
                (option, text) => format!("{option}: {text}"),
            };
            let said: NewAnswer = validate(json!({ "answer": answer })).map_err(Failure::Invalid)?;
            decisions::store::answer(tx, product, user, &sent.row, seen, said.answer).map(|_| ())
        }
    }
}
