//! The published contract: what the handlers say, and what holds for all of them.
//!
//! Handlers name their own answers; path parameters, preconditions, retries, refusals and sign-in
//! are the same everywhere and are written here, once.

use crate::kernel::http::{Problem, path_parameter};
use std::collections::HashMap;
use utoipa::{
    OpenApi, PartialSchema,
    openapi::{
        Content, HeaderBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{Schema, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "prodops",
        description = "Run an operations platform the way a product team runs a product, and prove every month what \
                       the work was worth. Conventions are explained in docs/API.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/")),
    tags(
        (name = "Access", description = "Users, members and sign-in."),
        (name = "Products", description = "What a team runs as a product, its team and its labour rates."),
        (name = "Components", description = "The catalogue, and the tests that it can be recovered."),
        (name = "Personas", description = "Who uses it, how many they are, and how their tasks go."),
        (name = "Stakeholders", description = "For whom it is done."),
        (name = "SLOs", description = "What is promised, what was measured, and what is left of the error budget."),
        (name = "Incidents", description = "What went wrong, for whom, and for how long."),
        (name = "Risks", description = "What might go wrong, what it would cost, and how often."),
        (name = "Roadmap", description = "What is to change, for whom, and in which order."),
        (name = "Effort", description = "Where the team's time went, and what it did."),
        (name = "Costs", description = "What everything costs to keep."),
        (name = "Impact", description = "What the work was worth, what that rests on, and who agrees."),
        (name = "Decisions", description = "What others are asked to decide, what they answered, and when."),
        (name = "Reports", description = "The month and its report."),
        (name = "Exports", description = "CSV for BI tools."),
        (name = "Imports", description = "Files from other tools."),
        (name = "Health", description = "Is it alive, can it work?"),
    ),
    components(schemas(Problem))
)]
pub struct Base;

/// Adds what every operation has in common.
pub fn complete(mut document: Document) -> Document {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let mut fault = Vec::new();
    <Problem as utoipa::ToSchema>::schemas(&mut fault);
    components.schemas.extend(fault);
    document.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            describe(path, method, operation);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// The methods of each path, for `405`, `Allow` and `OPTIONS`.
pub fn methods(document: &Document) -> Vec<(String, Vec<&'static str>)> {
    let of = |item: &PathItem| operations(&mut item.clone()).map(|(method, _)| method).collect();
    document.paths.paths.iter().map(|(path, item)| (path.clone(), of(item))).collect()
}

/// What a `POST` does to a row that its caller must have seen.
const ACTS: &[&str] = &["accept", "agree", "answer", "move", "publish", "question"];

/// The name of each operation, by method and path.
pub fn operation_names(document: &Document) -> HashMap<(&'static str, String), String> {
    let named = |(path, item): (&String, &PathItem)| {
        let mut item = item.clone();
        let names = operations(&mut item)
            .filter_map(|(method, operation)| Some(((method, path.clone()), operation.operation_id.clone()?)));
        names.collect::<Vec<_>>()
    };
    document.paths.paths.iter().flat_map(named).collect()
}

fn describe(path: &str, method: &str, operation: &mut Operation) {
    let open = operation.security.as_ref().is_some_and(|required| required == &vec![SecurityRequirement::default()]);
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split(['{', '}']).skip(1).step_by(2) {
        let known = |known: &RefOr<Parameter>| matches!(known, RefOr::T(known) if known.name == name);
        if !parameters.iter().any(known) {
            parameters.push(path_parameter(name).into());
        }
    }
    let takes_body = operation.request_body.is_some();
    if let ("PATCH", Some(RefOr::T(body))) = (method, &mut operation.request_body)
        && let Some(json) = body.content.get("application/json").cloned()
    {
        body.content.insert("application/merge-patch+json".to_owned(), json);
    }
    let act = path.rsplit('/').next().is_some_and(|last| ACTS.contains(&last));
    let conditional = matches!(method, "PATCH" | "DELETE" | "PUT") || (method == "POST" && act);
    match method {
        "PUT" => {
            parameters.push(header("If-None-Match", "`*` to create; else send `If-Match`.", Required::False));
            parameters.push(header("If-Match", "The `ETag` you last saw, to replace.", Required::False));
        }
        _ if conditional => parameters.push(header("If-Match", "The `ETag` you last saw.", Required::True)),
        "GET" => parameters.push(header("If-None-Match", "An `ETag` you have: 304 when it holds.", Required::False)),
        _ => {}
    }
    if method == "POST" {
        let description = "A retry with the same key and body within 24 hours gets the first answer again.";
        parameters.push(header("Idempotency-Key", description, Required::False));
    }
    let successes: Vec<_> = operation.responses.responses.iter_mut().collect();
    for (_, response) in successes {
        if let RefOr::T(response) = response {
            dress(response);
        }
    }
    let mut refusals = vec![(400, "It cannot be read."), (500, "A defect of ours."), (503, "Try again shortly.")];
    if !open {
        refusals.push((401, "Sign in first."));
        refusals.push((403, "You may not do this."));
    }
    if path.contains('{') {
        refusals.push((404, "It does not exist, or you may not know of it."));
    }
    if method != "GET" {
        refusals.push((409, "The present state forbids it."));
        refusals.push((507, "The storage is full."));
    }
    if takes_body {
        refusals.push((413, "The body is too large."));
        refusals.push((415, "The body is of another type."));
    }
    refusals.push((422, "It is not what the schema allows."));
    if conditional {
        refusals.push((412, "It has changed since you read it."));
        refusals.push((428, "Say which version you mean."));
    }
    if open && method == "POST" {
        refusals.push((401, "E-mail address or password is wrong."));
        refusals.push((429, "Too many failures."));
    }
    for (status, description) in refusals {
        operation.responses.responses.entry(status.to_string()).or_insert_with(|| RefOr::T(problem(description)));
    }
}

fn header(name: &str, description: &str, required: Required) -> RefOr<Parameter> {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .required(required)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).max_length(Some(255))))
        .build()
        .into()
}

/// The headers that answers of a row have.
fn dress(response: &mut Response) {
    let text = |description: &str| {
        RefOr::T(HeaderBuilder::new().schema(Some(String::schema())).description(Some(description)).build())
    };
    response.headers.insert("X-Request-Id".to_owned(), text("Names this request in the server's log."));
    let of_row = response.content.values().any(|content| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(to)), .. }) => {
            !to.ref_location.ends_with("Page") && !to.ref_location.ends_with("View")
        }
        _ => false,
    });
    if of_row {
        response.headers.insert("ETag".to_owned(), text("The version of the row, where it has one."));
    }
}

fn problem(description: &str) -> Response {
    let schema: RefOr<Schema> = Ref::from_schema_name("Problem").into();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}
