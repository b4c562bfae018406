//! The published contract: what the handlers say, and what holds for all of them.
//!
//! Handlers name their own answers; path parameters, preconditions, retries, refusals and sign-in
//! are the same everywhere and are written here, once.

use super::{limits, parts, rates};
use crate::kernel::http::{HEADER_LIMIT, Problem, path_parameter};
use std::collections::{BTreeSet, HashMap};
use utoipa::{
    OpenApi, PartialSchema,
    openapi::{
        Components, Content, HeaderBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Response,
        ResponseBuilder,
        extensions::ExtensionsBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        request_body::RequestBody,
        schema::{Schema, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
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
        (name = "Access", description = "Users, members, invitations, who is signed in, and API tokens."),
        (name = "Products", description = "What a team runs as a product, its team and its labour rates."),
        (name = "Components", description = "The catalogue, and the tests that it can be recovered."),
        (name = "Direction", description = "Where it is going and how: the vision and the strategy, every version kept."),
        (name = "Objectives",
         description = "What is to be reached in a quarter, how that is measured, and how far it is: objectives and key \
                        results (OKR)."),
        (name = "Principles", description = "What users may count on across every tool, and which component keeps to it."),
        (name = "Personas", description = "Who uses it, how many they are, and how their tasks go."),
        (name = "Stakeholders", description = "For whom it is done."),
        (name = "Feedback", description = "What people ask for, praise and complain about, and how many want the same."),
        (name = "Surveys", description = "How content people are: NPS and CSAT, with how sure that is."),
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
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "An access token of `/auth/login`: a JWT with support for RFC8725, its algorithm, key, issuer, audience, \
             type and times pinned. Where an outside issuer (OpenID Connect) is configured, its tokens for this API too.",
        ))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    add_ways_of_programs(components);
    let mut fault = Vec::new();
    <Problem as utoipa::ToSchema>::schemas(&mut fault);
    components.schemas.extend(fault);
    name_the_ways(components);
    rates::name(components);
    parts::name_the_parts(&mut components.schemas);
    components.schemas.values_mut().for_each(limits::write_down);
    let rows: BTreeSet<String> = components.schemas.keys().filter(|name| is_row(components, name)).cloned().collect();
    for server in document.servers.iter_mut().flatten() {
        // For those who work with the product, not for the public.
        server.extensions = Some(ExtensionsBuilder::new().add("x-internal", true).build());
    }
    document.security = Some(ways_in(&["bearer", "api_key"]));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if operation.operation_id.as_deref().is_some_and(|name| OF_TOOLS.contains(&name)) {
                operation.security = Some(ways_in(&["bearer", "api_key", "basic", "api_key_in_address"]));
            }
            describe(path, method, operation, &rows);
        }
    }
    document
}

/// What tools that can send no header of their own may read.
const OF_TOOLS: &[&str] = &["list_exports", "export_dataset"];

/// API tokens, and where they may be sent.
fn add_ways_of_programs(components: &mut Components) {
    let key = |name: &str, description: &str| ApiKeyValue::with_description(name, description);
    let api_key = key("X-API-Key", "An API token (`pdo_…`); it may also be sent as `Authorization: Bearer`.");
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(api_key)));
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("An API token as the password, whatever the user name; for reading exports only."))
        .build();
    components.add_security_scheme("basic", SecurityScheme::Http(basic));
    let address = key("api_key", "An API token; for reading exports only, by tools that can do nothing else.");
    components.add_security_scheme("api_key_in_address", SecurityScheme::ApiKey(ApiKey::Query(address)));
}

/// Any of these.
fn ways_in(names: &[&str]) -> Vec<SecurityRequirement> {
    names.iter().map(|name| SecurityRequirement::new(*name, Vec::<String>::new())).collect()
}

/// A way to be a `Block` that is a schema of its own and a word that tells which gets a name, `BlockTable`: generators of
/// clients make a type of it.
fn name_the_ways(components: &mut Components) {
    let mut named = Vec::new();
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::OneOf(ways)) = schema else { continue };
        for way in &mut ways.items {
            let RefOr::T(Schema::AllOf(parts)) = &*way else { continue };
            let Some(RefOr::Ref(of)) = parts.items.first() else { continue };
            let own = format!("{name}{}", name_of(of).unwrap_or_default());
            named.push((own.clone(), std::mem::replace(way, Ref::from_schema_name(own).into())));
        }
    }
    components.schemas.extend(named);
}

/// Whether a schema is of a row, which has a version.
fn is_row(components: &Components, name: &str) -> bool {
    fn versioned(components: &Components, schema: &RefOr<Schema>) -> bool {
        match schema {
            RefOr::T(Schema::Object(object)) => object.properties.contains_key("version"),
            RefOr::T(Schema::AllOf(all)) => all.items.iter().any(|part| versioned(components, part)),
            RefOr::Ref(to) => name_of(to).is_some_and(|name| is_row(components, name)),
            RefOr::T(_) => false,
        }
    }
    components.schemas.get(name).is_some_and(|schema| versioned(components, schema))
}

fn name_of(reference: &Ref) -> Option<&str> {
    reference.ref_location.rsplit('/').next()
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
const ACTS: &[&str] = &["accept", "agree", "answer", "erase", "move", "publish", "question", "retry"];

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

fn describe(path: &str, method: &str, operation: &mut Operation, rows: &BTreeSet<String>) {
    let open = operation.security.as_ref().is_some_and(|required| required == &vec![SecurityRequirement::default()]);
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split(['{', '}']).skip(1).step_by(2) {
        let known = |known: &RefOr<Parameter>| matches!(known, RefOr::T(known) if known.name == name);
        if !parameters.iter().any(known) {
            parameters.push(path_parameter(name).into());
        }
    }
    for parameter in parameters.iter_mut() {
        if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
            limits::write_down(schema);
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        describe_body(body);
    }
    let answers_row = operation.responses.responses.values().any(|answer| is_of_row(answer, rows));
    let takes_body = operation.request_body.is_some();
    let act = path.rsplit('/').next().is_some_and(|last| ACTS.contains(&last));
    let conditional = matches!(method, "PATCH" | "DELETE" | "PUT") || (method == "POST" && act);
    match method {
        // A vote is there or it is not: there is no version of it to see.
        _ if path.ends_with("/votes") => {}
        "PUT" => {
            let star = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["*"]));
            let description = "`*` to create; else send `If-Match`.";
            parameters.push(header_of("If-None-Match", description, Required::False, star));
            parameters.push(header("If-Match", "The `ETag` you last saw, to replace.", Required::False));
        }
        _ if conditional => parameters.push(header("If-Match", "The `ETag` you last saw.", Required::True)),
        "GET" if answers_row => {
            parameters.push(header("If-None-Match", "An `ETag` you have: 304 when it holds.", Required::False));
            let same = ResponseBuilder::new().description("You have it already.").build();
            operation.responses.responses.insert("304".to_owned(), RefOr::T(same));
        }
        _ => {}
    }
    // Whoever has yet to say who they are has no keys of their own.
    if method == "POST" && !open {
        parameters.push(idempotency_key());
    }
    for (status, response) in &mut operation.responses.responses {
        let of_row = status == "304" || is_of_row(response, rows);
        if let RefOr::T(response) = response {
            dress(status, response, of_row);
        }
    }
    let forms = operation.responses.responses.get("200").map_or(0, |response| match response {
        RefOr::T(response) => response.content.len(),
        RefOr::Ref(_) => 0,
    });
    let mut refusals = vec![
        (400, "It cannot be read."),
        (429, "Too many requests."),
        (500, "A defect of ours."),
        (503, "Try again shortly."),
    ];
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
    if forms > 1 {
        refusals.push((406, "It is not to be had in that form."));
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
    if open && method == "POST" && !path.ends_with("/logout") {
        refusals.push((401, "What was sent signs nobody in."));
    }
    for (status, description) in refusals {
        operation.responses.responses.entry(status.to_string()).or_insert_with(|| RefOr::T(problem(description)));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            rates::tell(status, response);
        }
    }
}

/// A body that may be left out is not `null` when it is there.
fn describe_body(body: &mut RequestBody) {
    let mut optional = false;
    for content in body.content.values_mut() {
        let RefOr::T(Content { schema: Some(schema), .. }) = content else { continue };
        if let RefOr::T(Schema::OneOf(either)) = &*schema
            && let Some(whole) = either.items.iter().find(|one| matches!(one, RefOr::Ref(_)))
        {
            (optional, *schema) = (true, whole.clone());
        }
        limits::write_down_for_body(schema);
    }
    body.required = Some(if optional { Required::False } else { Required::True });
}

fn header(name: &str, description: &str, required: Required) -> RefOr<Parameter> {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(HEADER_LIMIT));
    header_of(name, description, required, text)
}

fn idempotency_key() -> RefOr<Parameter> {
    let description = "A retry with the same key and body within 24 hours gets the first answer again.";
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(HEADER_LIMIT))
        .pattern(Some(format!("^[!-~]{{1,{HEADER_LIMIT}}}$")));
    header_of("Idempotency-Key", description, Required::False, text)
}

fn header_of(name: &str, description: &str, required: Required, schema: ObjectBuilder) -> RefOr<Parameter> {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .required(required)
        .schema(Some(schema))
        .build()
        .into()
}

fn is_of_row(answer: &RefOr<Response>, rows: &BTreeSet<String>) -> bool {
    let RefOr::T(answer) = answer else { return false };
    answer.content.values().any(|content| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(to)), .. }) => name_of(to).is_some_and(|name| rows.contains(name)),
        _ => false,
    })
}

/// What is said of every answer, and the headers that it has.
fn dress(status: &str, response: &mut Response, of_row: bool) {
    let text = |description: &str| {
        RefOr::T(HeaderBuilder::new().schema(Some(String::schema())).description(Some(description)).build())
    };
    if response.description.is_empty() {
        response.description = match status {
            "201" => "It is made.",
            "204" => "It is done; there is nothing to say.",
            _ => "As asked.",
        }
        .to_owned();
    }
    response.headers.insert("X-Request-Id".to_owned(), text("Names this request in the server's log."));
    if of_row {
        response.headers.insert("ETag".to_owned(), text("The version of the row."));
    }
    if status == "201" {
        response.headers.insert("Location".to_owned(), text("Where it is."));
    }
}

fn problem(description: &str) -> Response {
    let schema: RefOr<Schema> = Ref::from_schema_name("Problem").into();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}
