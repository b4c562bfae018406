//! The routes of the chapter.

use super::{assumptions, claims, comments, drivers, returns, time_saved, totals, value};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(app: &mut ServiceConfig) {
    drivers::api::routes(app);
    claims::api::routes(app);
    comments::api::routes(app);
    value::api::routes(app);
    time_saved::api::routes(app);
    totals::api::routes(app);
    returns::api::routes(app);
    assumptions::api::routes(app);
}
