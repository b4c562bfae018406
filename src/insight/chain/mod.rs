//! The chain on a page: from the vision over what is worked on to what it was worth, and to whom.

pub mod api;
mod drawing;
pub mod pages;
mod select;
pub mod store;
mod traced;

pub use drawing::drawing;
pub use traced::drawing as traced;

use crate::{
    kernel::{
        failure::{Failure, Fault},
        http::formats::{Format, Offer},
        money::Money,
    },
    text_enum,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How the chain can be had.
pub struct ChainForms;

impl Offer for ChainForms {
    const FORMATS: &'static [Format] = &[Format::Json, Format::Svg];
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChainQuery {
    /// At most so many rows a column; the others are counted.
    #[param(minimum = 1, maximum = 40, default = 8)]
    limit: Option<u32>,
}

impl ChainQuery {
    /// # Errors
    /// 422 for none, or more than anybody can look at.
    pub fn limit(&self) -> Result<usize, Failure> {
        match self.limit.unwrap_or(8) {
            limit @ 1..=40 => Ok(limit as usize),
            _ => Err(Failure::Invalid(vec![Fault::parameter("limit", "range", "a whole number from 1 to 40")])),
        }
    }
}

text_enum! {
    /// A group of rows of the chain, in its order.
    pub enum ChainGroupKey {
        Vision = "vision",
        Strategy = "strategy",
        Objectives = "objectives",
        /// Personas, and feedback.
        ForWhom = "for_whom",
        RoadmapItems = "roadmap_items",
        ImpactClaims = "impact_claims",
        /// Kinds of benefit, which are never added up.
        Benefits = "benefits",
        ValueDrivers = "value_drivers",
        Stakeholders = "stakeholders",
    }
}

/// The chain on a page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainView {
    /// The day in the product's zone that it is told of.
    pub on: NaiveDate,
    /// In the chain's order.
    pub groups: Vec<ChainGroup>,
    /// What hangs on what, from the vision's side to the stakeholders'.
    pub edges: Vec<ChainEdge>,
}

/// Rows of a kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainGroup {
    pub key: ChainGroupKey,
    /// Those that are shown: what was accepted first, then what leads to it.
    pub items: Vec<ChainNode>,
    /// How many there are besides.
    #[schema(value_type = u64)]
    pub more: usize,
}

/// A row of the chain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainNode {
    /// The path's word of its kind, as in `trace/{kind}/{id}`; `benefits` for a kind of benefit, which is no row.
    pub kind: String,
    /// Its key, ref, id, or the number of its version.
    pub id: String,
    pub title: String,
    /// How it stands, in words.
    pub standing: String,
    /// What was accepted of it so far: of a claim an amount a kind of benefit and currency, of a kind of benefit one a
    /// currency. Sums never cross kinds.
    pub accepted: Vec<Money>,
}

/// That one thing hangs on another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct ChainEdge {
    pub from: ChainEnd,
    pub to: ChainEnd,
}

/// An end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct ChainEnd {
    pub group: ChainGroupKey,
    /// Null, as the id, for one that is not shown.
    pub kind: Option<String>,
    pub id: Option<String>,
}
