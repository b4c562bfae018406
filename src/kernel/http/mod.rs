//! HTTP as the contract writes it: what comes in is read here, what goes out is rendered here,
//! and every refusal is an RFC 9457 problem.

mod answer;
mod body;
mod envelope;
mod form;
pub mod formats;
mod idempotency;
mod list;
mod origin;
pub mod page;
mod params;
mod patch;
mod problem;
mod rate;
mod redacted;
mod strict;

pub use answer::{Answer, Created, Deleted, IfMatch, IfNoneMatch, Issued, Plain, Saved, Versioned};
pub use body::{BODY_LIMIT, Json, OptionalJson, Spool, Upload, hex, text_schema, validate};
pub use envelope::{ANSWERED, API_KEY_PARAMETER, HEADER_LIMIT, INVITED, RequestContext, SHARED, SIGNED, envelope};
pub use form::Form;
pub use idempotency::{forget_old_answers, once};
pub use list::{Clause, Column, List, Listed, Listing, Page, Past};
pub use origin::Proxies;
pub use params::{Path, PathParam, Query, pairs, path_parameter, path_parameter_of};
pub use patch::{Patch, Patchable, nullable};
pub use problem::Problem;
pub use rate::{Caller, RATE_LIMIT, RATE_LIMIT_POLICY, RateLimit, charge, network};
pub use redacted::Redacted;
pub use strict::parse as parse_json_strictly;
