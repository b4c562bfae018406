//! Reports over HTTP, for programs as JSON and for people as pages.

use super::{
    Draft, FactList, NewReport, Publication, Report, ReportPage, ReportView, commentary,
    facts::Fact,
    mail, months, shares, store,
    views::{self, ForWhom, store::Rendering},
};
use crate::{
    kernel::{
        auth::{Actor, Edit, View},
        failure::Failure,
        http::{
            Deleted, IfMatch, Json, List, OptionalJson, Path, PathParam, Plain, Query, Saved, Versioned,
            formats::{Format, Offer, Suffix, Wanted},
            page::page as html_page,
        },
    },
    path_param, products,
};
use actix_web::{Either, HttpResponse, delete, get, post};
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
        .service(find_report_fact)
        .configure(commentary::api::routes)
        .configure(mail::api::routes)
        .configure(months::api::routes)
        .configure(shares::api::routes);
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

/// How a report can be had.
pub struct ReportForms;

impl Offer for ReportForms {
    const FORMATS: &'static [Format] = &[Format::Json, Format::Html, Format::Markdown];
}

/// JSON, or a text for people.
type JsonOrText<T> = Either<T, HttpResponse>;

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

/// Find a report, as JSON, as a page or as Markdown, by `Accept`
#[utoipa::path(
    tag = "Reports",
    params(ForWhom),
    responses((
        status = 200,
        content((ReportView = "application/json"), (String = "text/html"), (String = "text/markdown"))
    ))
)]
#[get("/products/{product}/reports/{report}")]
async fn find_report(
    actor: Actor<View>,
    report: Path<ReportName>,
    wanted: Wanted,
    whom: Query<ForWhom>,
) -> Result<JsonOrText<Versioned<ReportView>>, Failure> {
    answer_report(&actor, report.0, wanted.format(ReportForms::FORMATS), whom.0).await
}

/// Find a report in the format that its address ends in: `json`, `html` or `md`
#[utoipa::path(
    tag = "Reports",
    params(ForWhom),
    responses((
        status = 200,
        content((ReportView = "application/json"), (String = "text/html"), (String = "text/markdown"))
    ))
)]
#[get("/products/{product}/reports/{report}.{format}")]
async fn find_report_as(
    actor: Actor<View>,
    report: Path<ReportName>,
    suffix: Path<Suffix<ReportForms>>,
    whom: Query<ForWhom>,
) -> Result<JsonOrText<Versioned<ReportView>>, Failure> {
    answer_report(&actor, report.0, suffix.0.format(), whom.0).await
}

async fn answer_report(
    actor: &Actor<View>,
    name: ReportName,
    format: Result<Format, Failure>,
    whom: ForWhom,
) -> Result<JsonOrText<Versioned<ReportView>>, Failure> {
    let product = actor.scope.clone();
    let find = move |conn: &mut _| {
        let report = store::find(conn, &product, &name)?;
        Ok((report, whom.find(conn, &product.id)?))
    };
    // What does not exist is told before what there is no format for.
    let format = match format {
        Ok(format) => format,
        Err(failure) => return Err(actor.db().snapshot(find).await.err().unwrap_or(failure)),
    };
    let (_, rendering) = views::store::rendering(actor.db(), format, find).await?;
    Ok(match rendering {
        Rendering::View(view) => Either::Left(Versioned(*view)),
        Rendering::Text(text) => Either::Right(as_text(format, text)),
    })
}

/// A text for people; Markdown is nothing that a browser acts on.
pub fn as_text(format: Format, text: String) -> HttpResponse {
    match format {
        Format::Html => html_page(200, text),
        other => HttpResponse::Ok().content_type(format!("{}; charset=utf-8", other.media_type())).body(text),
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
) -> Result<JsonOrText<Plain<Fact>>, Failure> {
    actor
        .snapshot(move |conn, product| {
            let report = store::find(conn, product, &report.0)?;
            let fact = store::fact(conn, &report, &fact.0.0)?;
            match wanted.format(&[Format::Json, Format::Html])? {
                Format::Json => Ok(Either::Left(Plain(fact))),
                _ => store::fact_page(conn, &report, &fact).map(Either::Right),
            }
        })
        .await
        .map(|answer| match answer {
            Either::Left(json) => Either::Left(json),
            Either::Right(page) => Either::Right(html_page(200, page)),
        })
}
