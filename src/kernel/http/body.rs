//! Bodies: read with a limit and a deadline, checked against the schema that we publish.
//!
//! The schema in `openapi/prodops.json` *is* the check: [`Json`] validates what arrives against
//! the very schema of its type, so a rule is written once (`#[schema(max_length = 200)]`) and all
//! faults of a body are told at once, each with its pointer.

use super::{RequestContext, strict};
use crate::kernel::{
    clock::{Instant, parse_day},
    failure::{Failure, Fault},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::BytesMut};
use futures_util::{StreamExt, future::LocalBoxFuture};
use jsonschema::{
    Validator,
    error::{ValidationError, ValidationErrorKind as Kind},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    any::TypeId,
    collections::HashMap,
    io::Write,
    sync::{Arc, LazyLock, RwLock},
    time::Duration,
};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// The largest body of JSON, in bytes.
pub const BODY_LIMIT: u64 = 1 << 20;
/// How long a body may make no progress.
const STALLED: Duration = Duration::from_secs(30);
/// How many faults one answer lists at most.
const FAULTS: usize = 1000;

/// A body of JSON that is what its published schema allows.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Json<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let value = read_json(&req, payload, &["application/json"]).await?;
            validate(value).map(Json).map_err(Failure::Invalid)
        })
    }
}

/// A body of JSON that may be left out: then it is the default.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default + ToSchema + 'static> FromRequest for OptionalJson<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            RequestContext::of(&req).admitted().await;
            let bytes = read_bytes(&req, payload).await?;
            if bytes.is_empty() {
                return Ok(Self(T::default()));
            }
            require_type(&req, &["application/json"])?;
            validate(parse(&bytes)?).map(Self).map_err(Failure::Invalid)
        })
    }
}

/// Reads and parses a body of one of the media types, and notes its fingerprint for retries.
pub(super) async fn read_json(req: &HttpRequest, payload: Payload, types: &[&'static str]) -> Result<Value, Failure> {
    RequestContext::of(req).admitted().await;
    require_type(req, types)?;
    parse(&read_bytes(req, payload).await?)
}

pub(super) async fn read_bytes(req: &HttpRequest, mut payload: Payload) -> Result<BytesMut, Failure> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = next_chunk(&mut payload).await? {
        if (bytes.len() + chunk.len()) as u64 > BODY_LIMIT {
            return Err(Failure::TooLarge { limit: BODY_LIMIT });
        }
        bytes.extend_from_slice(&chunk);
    }
    RequestContext::of(req).fingerprint(hex(&Sha256::digest(&bytes)));
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Result<Value, Failure> {
    strict::parse(bytes).map_err(|detail| Failure::Unreadable(vec![Fault::at("", "json", detail)]))
}

pub(super) fn require_type(req: &HttpRequest, types: &[&'static str]) -> Result<(), Failure> {
    let sent = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match types.contains(&essence.as_str()) {
        true => Ok(()),
        false => Err(Failure::UnsupportedMediaType { expected: types[0] }),
    }
}

async fn next_chunk(payload: &mut Payload) -> Result<Option<actix_web::web::Bytes>, Failure> {
    match tokio::time::timeout(STALLED, payload.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(_))) => Err(Failure::Unreadable(vec![Fault::at("", "body", "the body broke off")])),
        Err(_) => Err(Failure::Unreadable(vec![Fault::at("", "body", "the body made no progress for 30 seconds")])),
    }
}

/// A raw body, kept in a temporary file so that its size does not matter to memory.
pub struct Spool {
    pub file: tempfile::NamedTempFile,
    pub media_type: String,
    /// SHA-256 of the content, in hex.
    pub digest: String,
}

impl Spool {
    /// Reads the whole body, up to `limit` bytes.
    pub async fn receive(req: &HttpRequest, mut payload: Payload, limit: u64) -> Result<Self, Failure> {
        RequestContext::of(req).admitted().await;
        let media_type = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
        let mut file = tempfile::NamedTempFile::new().map_err(of_disk)?;
        let (mut hash, mut size) = (Sha256::new(), 0);
        while let Some(chunk) = next_chunk(&mut payload).await? {
            size += chunk.len() as u64;
            if size > limit {
                return Err(Failure::TooLarge { limit });
            }
            hash.update(&chunk);
            file = tokio::task::spawn_blocking(move || file.write_all(&chunk).map(|()| file))
                .await
                .map_err(Failure::internal)?
                .map_err(of_disk)?;
        }
        let digest = hex(&hash.finalize());
        RequestContext::of(req).fingerprint(digest.clone());
        Ok(Self { file, media_type, digest })
    }
}

/// A body that is not read before it is known who sends it, and as what.
pub struct Upload(HttpRequest, Payload);

impl FromRequest for Upload {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(req.clone(), payload.take())))
    }
}

impl Upload {
    /// Keeps a body of one of the media types in a file.
    ///
    /// # Errors
    /// 415 for another type, 413 for more than `limit` bytes.
    pub async fn receive(self, types: &[&'static str], limit: u64) -> Result<Spool, Failure> {
        require_type(&self.0, types)?;
        Spool::receive(&self.0, self.1, limit).await
    }

    /// Whether it says that it is of a media type.
    pub fn is(&self, media_type: &'static str) -> bool {
        require_type(&self.0, &[media_type]).is_ok()
    }

    /// Reads it as [`Json`].
    ///
    /// # Errors
    /// As [`Json`].
    pub async fn json<T: DeserializeOwned + ToSchema + 'static>(mut self) -> Result<T, Failure> {
        Json::from_request(&self.0, &mut self.1).await.map(|json| json.0)
    }
}

fn of_disk(error: std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Failure::StorageFull,
        _ => Failure::internal(error),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A value of the published schema, or everything that is wrong with it.
pub fn validate<T: DeserializeOwned + ToSchema + 'static>(value: Value) -> Result<T, Vec<Fault>> {
    let mut faults: Vec<Fault> =
        validator_of::<T>().iter_errors(&value).flat_map(|error| faults_of(&error)).take(FAULTS).collect();
    // What has neither the pattern nor the format that it should is told so once.
    faults.dedup_by(|one, other| one.pointer == other.pointer && one.code == other.code);
    if !faults.is_empty() {
        return Err(faults);
    }
    // What a schema cannot say (a week 53 in a year that has 52) is said by the type itself.
    serde_path_to_error::deserialize(value)
        .map_err(|error| vec![Fault::at(pointer_to(error.path()), "value", error.inner().to_string())])
}

/// The place of a value as a JSON pointer (RFC 6901).
fn pointer_to(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => below(&pointer, key),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn validator_of<T: ToSchema + 'static>() -> Arc<Validator> {
    static KNOWN: LazyLock<RwLock<HashMap<TypeId, Arc<Validator>>>> = LazyLock::new(RwLock::default);
    let id = TypeId::of::<T>();
    if let Some(known) = KNOWN.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(&id) {
        return known.clone();
    }
    let validator = Arc::new(compile::<T>());
    KNOWN.write().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(id, validator.clone());
    validator
}

fn compile<T: ToSchema>() -> Validator {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let mut named: serde_json::Map<String, Value> =
        schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    named.insert(T::name().into_owned(), json!(T::schema()));
    let document = json!({
        "$ref": format!("#/components/schemas/{}", T::name()),
        "components": { "schemas": named },
    });
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_format("date", |text: &str| parse_day(text).is_ok())
        .with_format("date-time", |text: &str| text.parse::<Instant>().is_ok())
        .build(&document)
        .expect("the schema of a type of ours is a schema; tests/suite/contract.rs compiles every one")
}

/// One or more faults for a violation: each missing or unknown property has a pointer of its own.
fn faults_of(error: &ValidationError<'_>) -> Vec<Fault> {
    let at = error.instance_path().to_string();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| Fault::at(below(&at, name), "unknown_property", "there is no such property"))
            .collect(),
        Kind::Required { property } => {
            vec![Fault::at(below(&at, property.as_str().unwrap_or_default()), "required", "this is required")]
        }
        // `null` or a schema: what is wrong is what the schema says, unless it was not even tried.
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            let here = |inner: &ValidationError<'_>| inner.instance_path() == error.instance_path();
            // Ways that a `kind` tells apart: only the one that is meant has something to say.
            let kind = below(&at, "kind");
            let of_another = |inner: &ValidationError<'_>| {
                matches!(inner.kind(), Kind::Enum { .. }) && inner.instance_path().as_str() == kind
            };
            let is_meant = |way: &&Vec<ValidationError<'_>>| !way.iter().any(of_another);
            let meant: Vec<_> = context.iter().filter(is_meant).collect();
            let ways = if meant.is_empty() { context.iter().collect() } else { meant };
            let inner: Vec<Fault> = ways
                .into_iter()
                .flatten()
                .filter(|error| !(matches!(error.kind(), Kind::Type { .. }) && here(error)))
                .flat_map(faults_of)
                .collect();
            if inner.is_empty() { vec![Fault::at(at, "type", shortened(error))] } else { inner }
        }
        kind => vec![Fault::at(at, code_of(kind), shortened(error))],
    }
}

fn code_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Type { .. } => "type",
        Kind::Enum { .. } => "not_one_of",
        Kind::Pattern { .. } | Kind::Format { .. } => "format",
        Kind::MinLength { .. } | Kind::MinItems { .. } => "too_short",
        Kind::MaxLength { .. } | Kind::MaxItems { .. } => "too_long",
        Kind::Minimum { .. } | Kind::ExclusiveMinimum { .. } => "too_small",
        Kind::Maximum { .. } | Kind::ExclusiveMaximum { .. } => "too_large",
        Kind::UniqueItems => "not_unique",
        _ => "invalid",
    }
}

/// The library's sentence, without the value that was sent (which may be long, or a secret).
fn shortened(error: &ValidationError<'_>) -> String {
    error.masked_with("the value").to_string()
}

/// The schema of a text of one form.
pub fn text_schema(pattern: &str, example: &str, description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .examples([json!(example)])
        .description(Some(description))
        .into()
}
