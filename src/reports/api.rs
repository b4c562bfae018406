//! Reports over HTTP, for programs as JSON and for people as pages.

use super::{Draft, FactList, NewReport, Publication, Report, ReportPage, ReportView, facts::Fact, store};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{
            Deleted, IfMatch, Json, List, OptionalJson, Path, PathParam, Plain, Saved, Versioned,
            page::page as html_page,
        },
    },
    path_param, products,
};
use actix_web::{Either, FromRequest, HttpRequest, HttpResponse, delete, dev::Payload, get, http::header, post};
use std::future::{Ready, ready};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    app.service(list_reports)
        .service(create_report)
        .service(find_report_as)
        .service(find_report)
        .service(delete_report)
        .service(publish_report)
        .service(list_report_facts)
        .service(find_report_fact);
}

path_param!(
    /// A report's id.
    ReportName, "report"
);

/// A fact's name: words joined by dots, underscores and hyphens.
#[derive(Debug, Clone)]
pub struct FactName(String);

impl PathParam for FactName {
    const NAME: &'static str = "fact";

    fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        ((1..=160).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }
}

impl IntoParams for FactName {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9._-]{1,160}$"))
            .examples([serde_json::json!("cost.total")]);
        let fact = ParameterBuilder::new().name(Self::NAME).parameter_in(ParameterIn::Path).required(Required::True);
        vec![fact.schema(Some(schema)).build()]
    }
}

/// What a report's address ends in.
#[derive(Debug, Clone)]
pub struct Suffix(String);

impl PathParam for Suffix {
    const NAME: &'static str = "format";

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

impl IntoParams for Suffix {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["json", "html"]));
        let suffix = ParameterBuilder::new().name(Self::NAME).parameter_in(ParameterIn::Path).required(Required::True);
        vec![suffix.schema(Some(schema)).build()]
    }
}

/// How a report can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Html,
}

impl Suffix {
    fn format(&self) -> Result<Format, Failure> {
        match self.0.as_str() {
            "json" => Ok(Format::Json),
            "html" => Ok(Format::Html),
            _ => Err(Failure::NotAcceptable),
        }
    }
}

/// What the caller would rather have, from `Accept`; JSON when they have no wish.
#[derive(Debug, Clone, Copy)]
struct Wanted(Option<Format>);

impl FromRequest for Wanted {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let accept = req.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        ready(Ok(Self(negotiated(accept.unwrap_or("*/*")))))
    }
}

impl Wanted {
    fn format(self) -> Result<Format, Failure> {
        self.0.ok_or(Failure::NotAcceptable)
    }
}

/// RFC 9110, section 12.5.1: the most specific range decides what a type is worth.
fn negotiated(accept: &str) -> Option<Format> {
    let worth = |kind: &str, sub: &str| {
        let ranges = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let (of_kind, of_sub) = parts.next()?.split_once('/')?;
            let closeness = match (of_kind.eq_ignore_ascii_case(kind), of_sub.eq_ignore_ascii_case(sub)) {
                (true, true) => 2,
                (true, false) if of_sub == "*" => 1,
                _ if of_kind == "*" && of_sub == "*" => 0,
                _ => return None,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some((closeness, thousandths(quality.unwrap_or("1"))))
        });
        ranges.max().map_or(0, |(_, quality)| quality)
    };
    let (json, html) = (worth("application", "json"), worth("text", "html"));
    match (json, html) {
        (0, 0) => None,
        _ if html > json => Some(Format::Html),
        _ => Some(Format::Json),
    }
}

/// A quality of `0` to `1.000`; one that cannot be read wants nothing.
fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    format!("{whole}{fraction:0<3}").parse().ok().filter(|worth| *worth <= 1000).unwrap_or(0)
}

/// JSON, or a page.
type JsonOrPage<T> = Either<T, HttpResponse>;

/// List reports; drafts only for owners and editors
#[utoipa::path(tag = "Reports", params(List<Report>), responses((status = 200, body = ReportPage)))]
#[get("/products/{product}/reports")]
async fn list_reports(actor: Actor<View>, list: List<Report>) -> Result<ReportPage, Failure> {
    actor.read(move |conn, product| store::page(conn, product, &list)).await
}

/// Build the draft of a month from today's data; after publishing, its next revision
#[utoipa::path(
    tag = "Reports",
    responses(
        (status = 201, body = ReportView),
        (status = 200, body = ReportView, description = "The draft that was there is rebuilt.")
    )
)]
#[post("/products/{product}/reports")]
async fn create_report(actor: Actor<Edit>, new: Json<NewReport>) -> Result<Saved<ReportView>, Failure> {
    let draft = draft(&actor, new.0).await?;
    actor.change(move |tx, product| store::save(tx, &product.id, draft)).await
}

/// Read and written apart, so that a long read never holds the writer.
async fn draft(actor: &Actor<Edit>, new: NewReport) -> Result<Draft, Failure> {
    let at = actor.now();
    let of = move |conn: &mut _, product: &_| {
        let product = products::store::find(conn, product)?;
        store::draft(conn, &product, new.month, at)
    };
    actor.snapshot(move |conn, product| of(conn, &product.id)).await
}

/// Find a report, as JSON or as a page, by `Accept`
#[utoipa::path(
    tag = "Reports",
    responses((status = 200, content((ReportView = "application/json"), (String = "text/html"))))
)]
#[get("/products/{product}/reports/{report}")]
async fn find_report(
    actor: Actor<View>,
    report: Path<ReportName>,
    wanted: Wanted,
) -> Result<JsonOrPage<Versioned<ReportView>>, Failure> {
    answer_report(&actor, report.0, move || wanted.format()).await
}

/// Find a report in the format that its address ends in: `json` or `html`
#[utoipa::path(
    tag = "Reports",
    responses((status = 200, content((ReportView = "application/json"), (String = "text/html"))))
)]
#[get("/products/{product}/reports/{report}.{format}")]
async fn find_report_as(
    actor: Actor<View>,
    report: Path<ReportName>,
    suffix: Path<Suffix>,
) -> Result<JsonOrPage<Versioned<ReportView>>, Failure> {
    answer_report(&actor, report.0, move || suffix.0.format()).await
}

async fn answer_report(
    actor: &Actor<View>,
    name: ReportName,
    format: impl FnOnce() -> Result<Format, Failure> + Send + 'static,
) -> Result<JsonOrPage<Versioned<ReportView>>, Failure> {
    actor
        .snapshot(move |conn, product| {
            let report = store::find(conn, product, &name)?;
            match format()? {
                Format::Json => store::view(conn, report).map(|view| Either::Left(Versioned(view))),
                Format::Html => store::html(conn, &report).map(Either::Right),
            }
        })
        .await
        .map(as_page)
}

fn as_page<T>(answer: Either<T, String>) -> JsonOrPage<T> {
    match answer {
        Either::Left(json) => Either::Left(json),
        Either::Right(html) => Either::Right(html_page(200, html)),
    }
}

/// Delete a draft
#[utoipa::path(tag = "Reports", responses((status = 204)))]
#[delete("/products/{product}/reports/{report}")]
async fn delete_report(actor: Actor<Edit>, report: Path<ReportName>, seen: IfMatch) -> Result<Deleted, Failure> {
    actor.change(move |tx, product| store::delete(tx, &product.id, &report.0, seen).map(|()| Deleted)).await
}

/// Publish a draft: from then on it stays as it is
#[utoipa::path(
    tag = "Reports",
    request_body = Option<Publication>,
    responses((status = 200, body = ReportView))
)]
#[post("/products/{product}/reports/{report}/publish")]
async fn publish_report(
    actor: Actor<Edit>,
    report: Path<ReportName>,
    seen: IfMatch,
    said: OptionalJson<Publication>,
) -> Result<Versioned<ReportView>, Failure> {
    actor.change(move |tx, product| store::publish(tx, &product.id, &report.0, seen, said.0).map(Versioned)).await
}

/// List the facts of a report, all at once and without their rows
#[utoipa::path(tag = "Reports", responses((status = 200, body = FactList)))]
#[get("/products/{product}/reports/{report}/facts")]
async fn list_report_facts(actor: Actor<View>, report: Path<ReportName>) -> Result<Plain<FactList>, Failure> {
    actor
        .snapshot(move |conn, product| {
            let report = store::find(conn, product, &report.0)?;
            let facts = store::facts(conn, &report)?.into_iter().map(|fact| Fact { rows: None, ..fact });
            Ok(Plain(FactList { items: facts.collect(), next_cursor: None }))
        })
        .await
}

/// Find a fact with the rows behind it, as JSON or as a page, by `Accept`
#[utoipa::path(
    tag = "Reports",
    params(FactName),
    responses((status = 200, content((Fact = "application/json"), (String = "text/html"))))
)]
#[get("/products/{product}/reports/{report}/facts/{fact}")]
async fn find_report_fact(
    actor: Actor<View>,
    report: Path<ReportName>,
    fact: Path<FactName>,
    wanted: Wanted,
) -> Result<JsonOrPage<Plain<Fact>>, Failure> {
    actor
        .snapshot(move |conn, product| {
            let report = store::find(conn, product, &report.0)?;
            let fact = store::fact(conn, &report, &fact.0.0)?;
            match wanted.format()? {
                Format::Json => Ok(Either::Left(Plain(fact))),
                Format::Html => store::fact_page(conn, &report, &fact).map(Either::Right),
            }
        })
        .await
        .map(as_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_json_and_browsers_a_page() {
        for (accept, format) in [
            ("*/*", Some(Format::Json)),
            ("application/json", Some(Format::Json)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Format::Html)),
            ("text/html;q=0.5, application/json;q=0.6", Some(Format::Json)),
            ("text/*", Some(Format::Html)),
            ("text/html;q=0, */*;q=0.1", Some(Format::Json)),
            ("application/pdf", None),
            ("", None),
        ] {
            assert_eq!(negotiated(accept), format, "{accept}");
        }
    }
}
