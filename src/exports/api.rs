//! Exports over HTTP.

use super::{DATASETS, Dataset, DatasetPage, ExportQuery, Selection, stream};
use crate::kernel::{
    auth::{Actor, Export, ProductId},
    db::Db,
    failure::Failure,
    http::{Path, PathParam, Query, RequestContext},
};
use actix_web::{HttpRequest, HttpResponse, get, http::header};
use bytes::Bytes;
use std::io;
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
    app.service(list_exports).service(export_dataset);
    super::signed::api::routes(app);
}

/// A dataset's name.
#[derive(Debug)]
struct DatasetName(&'static Dataset);

impl PathParam for DatasetName {
    const NAME: &'static str = "dataset";

    fn parse(text: &str) -> Option<Self> {
        Dataset::find(text).map(Self)
    }
}

impl IntoParams for DatasetName {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let names = DATASETS.iter().map(|dataset| dataset.name);
        vec![
            ParameterBuilder::new()
                .name(Self::NAME)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names))))
                .build(),
        ]
    }
}

/// List the datasets that can be exported, with every column in words
#[utoipa::path(tag = "Exports", responses((status = 200, body = DatasetPage)))]
#[get("/products/{product}/exports")]
async fn list_exports(_: Actor<Export>) -> Result<DatasetPage, Failure> {
    Ok(DatasetPage { items: DATASETS.to_vec(), next_cursor: None })
}

/// Export a dataset as CSV
///
/// It is streamed from one snapshot. An answer that breaks off is not complete: its last chunk is missing.
#[utoipa::path(
    tag = "Exports",
    params(DatasetName, ExportQuery),
    responses((status = 200, description = "The header, then a line a row.", body = String, content_type = "text/csv")),
)]
#[get("/products/{product}/exports/{dataset}.csv")]
async fn export_dataset(
    actor: Actor<Export>,
    dataset: Path<DatasetName>,
    query: Query<ExportQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let selection = Selection::read(dataset.0.0, &query.0, actor.scope.role.may_edit(), actor.now())?;
    answer(&req, actor.db(), actor.scope.id.clone(), &actor.scope.key, selection).await
}

/// What was selected, as CSV.
pub(super) async fn answer(
    req: &HttpRequest,
    db: &Db,
    product: ProductId,
    key: &str,
    selection: Selection,
) -> Result<HttpResponse, Failure> {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"));
    let file = format!("attachment; filename=\"{key}-{}.csv\"", selection.dataset.name);
    response.insert_header((header::CONTENT_DISPOSITION, file));
    if RequestContext::of(req).method == "HEAD" {
        // The headers say all that a HEAD asks; the query would be run for nothing.
        return Ok(response.streaming(futures_util::stream::empty::<io::Result<Bytes>>()));
    }
    Ok(response.streaming(stream::start(db.clone(), product, selection).await?))
}
