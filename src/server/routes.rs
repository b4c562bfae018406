//! A line per chapter.

use utoipa_actix_web::service_config::ServiceConfig;

/// What is under `/api/v1`.
pub fn api(app: &mut ServiceConfig) {
    crate::access::api::routes(app);
    crate::access::sessions::api::routes(app);
    crate::products::api::routes(app);
    crate::components::api::routes(app);
    crate::direction::api::routes(app);
    crate::objectives::api::routes(app);
    crate::principles::api::routes(app);
    crate::personas::api::routes(app);
    crate::stakeholders::api::routes(app);
    crate::feedback::api::routes(app);
    crate::surveys::api::routes(app);
    crate::slos::api::routes(app);
    crate::incidents::api::routes(app);
    crate::risks::api::routes(app);
    crate::roadmap::api::routes(app);
    crate::effort::api::routes(app);
    crate::costs::api::routes(app);
    crate::impact::api::routes(app);
    crate::decisions::api::routes(app);
    crate::insight::api::routes(app);
    crate::reports::api::routes(app);
    crate::exports::api::routes(app);
    crate::imports::api::routes(app);
    crate::erasure::api::routes(app);
}

/// The pages for people, at the root.
pub fn pages(app: &mut actix_web::web::ServiceConfig) {
    crate::access::pages::routes(app);
    crate::surveys::pages::routes(app);
    crate::insight::pages::routes(app);
    crate::reports::pages::routes(app);
    crate::exports::signed::pages::routes(app);
}
