//! The page that a link to a survey opens. Looking at it does nothing: only sending its form answers.
// Whoever follows a link that cannot be one gets the page that says so, as for one that expired.
#![allow(clippy::disallowed_types)]

use super::{
    NewSurveyResponse, SurveyKind,
    links::store::{self, Asked},
};
use crate::kernel::{
    auth::NotForeignByLink,
    db::{Author, Db},
    failure::Failure,
    http::{
        ANSWERED, Form,
        page::{document, page},
        validate,
    },
};
use actix_web::{
    HttpResponse, get,
    http::header,
    post,
    web::{Data, Path, ServiceConfig},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

pub fn routes(app: &mut ServiceConfig) {
    app.service(show_survey).service(answer_survey);
}

/// The form of the page. The address is the link's, so it is none of its fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[serde(default)]
    score: String,
    #[serde(default)]
    comment: String,
}

#[get("/s/{token}")]
async fn show_survey(db: Data<Db>, token: Path<String>) -> Result<HttpResponse, Failure> {
    let token = token.into_inner();
    Ok(match asked(&db, &token).await? {
        Some(asked) => shown(200, &token, &asked, &Sent::default(), None),
        None => gone(),
    })
}

#[post("/s/{token}")]
async fn answer_survey(
    db: Data<Db>,
    _: NotForeignByLink,
    token: Path<String>,
    sent: Form<Sent>,
) -> Result<HttpResponse, Failure> {
    let (token, sent) = (token.into_inner(), sent.0);
    let Some(asked) = asked(&db, &token).await? else { return Ok(gone()) };
    match answer(&db, &token, &sent).await {
        Ok(()) => Ok(thanks()),
        Err(Failure::NotFound | Failure::Stale) => Ok(gone()),
        Err(failure @ Failure::Invalid(_)) => Ok(shown(failure.terms().status, &token, &asked, &sent, Some(&failure))),
        Err(failure) => Err(failure),
    }
}

async fn asked(db: &Db, token: &str) -> Result<Option<Asked>, Failure> {
    let (now, token) = (db.clock().now(), token.to_owned());
    match db.snapshot(move |conn| store::asked(conn, &token, now)).await {
        Err(Failure::NotFound) => Ok(None),
        found => found.map(Some),
    }
}

/// The trail says that somebody answered: neither which link, nor which request from where.
async fn answer(db: &Db, token: &str, sent: &Sent) -> Result<(), Failure> {
    let score: i64 =
        sent.score.parse().map_err(|_| Failure::invalid("/score", "required", "one of the numbers is chosen"))?;
    let new: NewSurveyResponse =
        validate(json!({ "score": score, "comment": sent.comment.trim() })).map_err(Failure::Invalid)?;
    let token = token.to_owned();
    db.change(Author::some_link(), move |tx| store::answer(tx, &token, new)).await
}

fn shown(status: u16, token: &str, asked: &Asked, sent: &Sent, refusal: Option<&Failure>) -> HttpResponse {
    let survey = &asked.survey;
    let (least, most) = survey.kind.scale();
    let body = html! {
        main {
            h1 { "A question about " (asked.product) }
            @if let Some(refusal) = refusal { p.bad role="alert" { (why(refusal, survey.kind)) } }
            form method="post" action={ (ANSWERED) (token) } {
                fieldset {
                    legend { (survey.question) }
                    @for score in least..=most {
                        label.choice {
                            input type="radio" name="score" value=(score) required checked[sent.score == score.to_string()];
                            span { (score) (meaning(survey.kind, score)) }
                        }
                    }
                }
                label {
                    "What is the reason? (You may leave this empty.)"
                    textarea name="comment" rows="4" maxlength="2000" { (sent.comment) }
                }
                button { "Answer" }
            }
            p.soft {
                "The link is good for one answer, until " (asked.expires_at.utc().format("%-d %B %Y, %H:%M")) " UTC. "
                "Your answer is kept with its day and without your name: nothing says which link it came by. "
                "Everybody who may look at the product reads your answer and the words that you write, without your name."
            }
        }
    };
    unkept(page(status, document("A question · prodops", &body)))
}

/// What the ends of a scale mean.
fn meaning(kind: SurveyKind, score: i64) -> Markup {
    let words = match (kind, score) {
        (SurveyKind::Nps, 0) => ": not at all likely",
        (SurveyKind::Nps, 10) => ": extremely likely",
        (SurveyKind::Csat, 1) => ": not content at all",
        (SurveyKind::Csat, 5) => ": very content",
        _ => "",
    };
    html! { (words) }
}

/// A refusal in a sentence.
fn why(failure: &Failure, kind: SurveyKind) -> String {
    let (least, most) = kind.scale();
    let about = |pointer: Option<&str>| match pointer {
        Some("/score") => format!("Choose one of the numbers from {least} to {most}."),
        Some("/comment") => "A reason has at most 2,000 characters.".to_owned(),
        _ => "This cannot be taken as it is.".to_owned(),
    };
    failure.faults().iter().map(|fault| about(fault.pointer.as_deref())).collect::<Vec<_>>().join(" ")
}

fn thanks() -> HttpResponse {
    let body = html! {
        main {
            h1 { "Thank you" }
            p { "Your answer counts. You can close this page." }
        }
    };
    unkept(page(200, document("Thank you · prodops", &body)))
}

/// The same for a link that never was and for one that is not any more.
fn gone() -> HttpResponse {
    let body = html! {
        main {
            h1 { "This link asks nothing" }
            p { "It was used, has expired, was revoked, or was not copied whole. If it was you who just answered: thank you." }
        }
    };
    unkept(page(404, document("No question · prodops", &body)))
}

/// Kept by no cache and no search.
fn unkept(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    let none = header::HeaderValue::from_static("noindex, nofollow");
    headers.insert(header::HeaderName::from_static("x-robots-tag"), none);
    response
}
