//! Claims: what a piece of work is said to have been worth, and what that rests on.

pub mod api;
mod rules;
pub mod store;

use crate::{
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        http::{Column, Listed, Page, Patch, Patchable},
        money::{Money, Quantity},
        month::Month,
        schema::impact_claims,
        text::JsonText,
    },
    row, text_enum,
};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// How a claim's value is computed.
    pub enum ImpactMethod {
        DowntimeAvoided = "downtime_avoided",
        TimeSaved = "time_saved",
        CostReduced = "cost_reduced",
        RiskReduced = "risk_reduced",
        MetricChanged = "metric_changed",
    }
}

text_enum! {
    /// What kind of good it does; totals never cross kinds.
    pub enum Benefit {
        CashReleased = "cash_released",
        CostAvoided = "cost_avoided",
        RevenueProtected = "revenue_protected",
        CapacityFreed = "capacity_freed",
        RiskReduced = "risk_reduced",
        Qualitative = "qualitative",
    }
}

text_enum! {
    /// How sure those are who claim it.
    pub enum Confidence {
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

impl Confidence {
    /// What an amount is multiplied by; RICE's scale.
    pub fn factor(self) -> Decimal {
        match self {
            Self::Low => Decimal::new(5, 1),
            Self::Medium => Decimal::new(8, 1),
            Self::High => Decimal::ONE,
        }
    }
}

text_enum! {
    /// How far a claim has come.
    pub enum ClaimState {
        /// Written down, and not looked at by anyone else.
        Expected = "expected",
        /// Changed since somebody accepted or questioned it.
        Realised = "realised",
        Accepted = "accepted",
        Questioned = "questioned",
    }
}

text_enum! {
    /// What a piece of evidence is: the path's word of a row, or a document that is kept elsewhere.
    pub enum EvidenceKind {
        Activities = "activities",
        /// What the authors of a catalogue's entity say that one use of it saves; asserted, and no better.
        CatalogEntities = "catalog-entities",
        CheckIns = "check-ins",
        CostEntries = "cost-entries",
        Incidents = "incidents",
        Journeys = "journeys",
        KeyResults = "key-results",
        RecoveryTests = "recovery-tests",
        Risks = "risks",
        Slos = "slos",
        Document = "document",
    }
}

text_enum! {
    /// How good a piece of evidence is.
    pub enum EvidenceGrade {
        Measured = "measured",
        Derived = "derived",
        Surveyed = "surveyed",
        Asserted = "asserted",
    }
}

/// What a method works on; which of them, the method says.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    Insertable,
    AsChangeset,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[diesel(table_name = impact_claims, treat_none_as_null = true)]
#[serde(deny_unknown_fields)]
pub struct ClaimInputs {
    /// A component's key; requests may name it by id. For `downtime_avoided`, `time_saved`, `cost_reduced`.
    #[diesel(column_name = input_component)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    /// The key of an SLO of that component, for `downtime_avoided`; its bad share is then the downtime.
    #[diesel(column_name = input_slo)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 63)]
    pub slo: Option<String>,
    /// A persona's id; requests may give the name. For `time_saved`.
    #[diesel(column_name = input_persona)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 120)]
    pub persona: Option<String>,
    /// What they do with the component, as their journeys name it. For `time_saved`.
    #[diesel(column_name = input_task)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub task: Option<String>,
    /// A risk's id; requests may give the title. For `risk_reduced`.
    #[diesel(column_name = input_risk)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub risk: Option<String>,
    /// A key result's id; requests may give the title. For `metric_changed`.
    #[diesel(column_name = input_key_result)]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub key_result: Option<String>,
}

/// The earlier months that a claim is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub from: Month,
    /// The first month that is not part of it; not after the claim's `from`.
    pub to: Month,
}

/// How much of the change the work is credited with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    #[schema(value_type = f64, minimum = 0, maximum = 1)]
    pub share: Quantity,
    /// Why that much.
    #[schema(min_length = 1, max_length = 1000)]
    pub why: String,
}

/// Something that a claim points to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub kind: EvidenceKind,
    /// The row's key or id (of an incident also its `external_id`, of a risk or a key result its title, of a catalogue's
    /// entity its reference, `template:default/new-service`); of a document where it is.
    #[serde(rename = "ref")]
    #[schema(min_length = 1, max_length = 500)]
    pub reference: String,
    pub grade: EvidenceGrade,
}

/// Where freed time went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reinvestment {
    /// A roadmap item's ref; requests may give the id. Each once.
    #[schema(min_length = 1, max_length = 63)]
    pub roadmap_item: String,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 9_000_000)]
    pub hours: Quantity,
}

/// What a piece of work is said to have been worth.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, ToSchema)]
#[diesel(table_name = impact_claims, treat_none_as_null = true)]
pub struct ImpactClaim {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    pub title: String,
    /// A roadmap item's ref.
    pub roadmap_item: Option<String>,
    /// A component's key.
    pub component: Option<String>,
    /// Null when it is only told.
    pub method: Option<ImpactMethod>,
    #[diesel(embed)]
    pub inputs: ClaimInputs,
    /// A value driver's id.
    pub value_driver: Option<String>,
    pub benefit: Benefit,
    #[diesel(column_name = from_month)]
    pub from: Month,
    /// The first month that it does not speak of.
    #[diesel(column_name = to_month)]
    pub to: Month,
    #[schema(value_type = Option<Baseline>)]
    pub baseline: Option<JsonText<Baseline>>,
    /// What was computed of the baseline when it was saved.
    #[serde(skip)]
    pub frozen: Option<JsonText<serde_json::Value>>,
    /// What was expected of it a month.
    #[schema(value_type = Option<Money>)]
    pub expected_monthly: Option<JsonText<Money>>,
    #[schema(value_type = Attribution)]
    pub attribution: JsonText<Attribution>,
    /// What would have happened without it.
    pub counterfactual: String,
    pub confidence: Confidence,
    #[schema(value_type = Vec<Evidence>)]
    pub evidence: JsonText<Vec<Evidence>>,
    #[schema(value_type = Vec<Reinvestment>)]
    pub reinvested_in: JsonText<Vec<Reinvestment>>,
    pub narrative: String,
    /// The id of who accepts or questions it.
    pub stakeholder: Option<String>,
    pub state: ClaimState,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

row!(ImpactClaim, "impact-claims", product: product_id);

/// A page of a list of them.
pub type ImpactClaimPage = Page<ImpactClaim>;
/// Some of its properties, to be changed.
pub type ImpactClaimPatch = Patch<NewImpactClaim>;

impl Listed for ImpactClaim {
    const COLUMNS: &'static [Column] = &[
        Column::text("title", "title"),
        Column::text("roadmap_item", "roadmap_item").or_null(),
        Column::text("component", "component").or_null(),
        Column::choice("method", "method", ImpactMethod::WORDS).or_null(),
        Column::text("value_driver", "value_driver").or_null(),
        Column::choice("benefit", "benefit", Benefit::WORDS),
        Column::text("from", "from_month"),
        Column::text("to", "to_month"),
        Column::choice("confidence", "confidence", Confidence::WORDS),
        Column::text("stakeholder", "stakeholder").or_null(),
        Column::choice("state", "state", ClaimState::WORDS),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["title", "narrative", "counterfactual"];
}

/// A claim to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewImpactClaim {
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// A roadmap item's ref or id. This or the component is required.
    #[schema(min_length = 1, max_length = 63)]
    pub roadmap_item: Option<String>,
    /// A component's key or id.
    #[schema(min_length = 1, max_length = 63)]
    pub component: Option<String>,
    /// Left out when it is only told.
    pub method: Option<ImpactMethod>,
    #[serde(default)]
    pub inputs: ClaimInputs,
    /// A value driver's name or id: of `revenue_per_hour` for `downtime_avoided`, of `hour_of_work` for `time_saved`, of
    /// `per_unit` for `metric_changed`: what one unit of the key result is worth for a month.
    #[schema(min_length = 1, max_length = 120)]
    pub value_driver: Option<String>,
    /// One that suits the method.
    pub benefit: Benefit,
    pub from: Month,
    /// The first month that it does not speak of; left out, twelve months later.
    pub to: Option<Month>,
    /// Required for `downtime_avoided`, `time_saved`, `cost_reduced`; may be given for `risk_reduced` and for
    /// `metric_changed`, which is compared with the key result's own baseline without it.
    pub baseline: Option<Baseline>,
    /// In the product's currency; fixed once it is given.
    pub expected_monthly: Option<Money>,
    pub attribution: Attribution,
    /// What would have happened without it.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub counterfactual: String,
    pub confidence: Confidence,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub evidence: Vec<Evidence>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub reinvested_in: Vec<Reinvestment>,
    /// Markdown.
    #[serde(default)]
    #[schema(max_length = 20_000)]
    pub narrative: String,
    /// By name or id: who accepts or questions it.
    #[schema(min_length = 1, max_length = 120)]
    pub stakeholder: Option<String>,
}

impl Patchable for NewImpactClaim {}

impl NewImpactClaim {
    /// `self` names what it refers to as it is kept. What the caller makes of `frozen` is theirs.
    pub fn into_row(self, product: &ProductId, before: Option<&ImpactClaim>, head: Head) -> ImpactClaim {
        let to = self.to_month();
        let mut claim = ImpactClaim {
            id: head.id,
            product_id: product.as_str().to_owned(),
            title: self.title,
            roadmap_item: self.roadmap_item,
            component: self.component,
            method: self.method,
            inputs: self.inputs,
            value_driver: self.value_driver,
            benefit: self.benefit,
            from: self.from,
            to,
            baseline: self.baseline.map(JsonText::new),
            frozen: None,
            expected_monthly: self.expected_monthly.map(JsonText::new),
            attribution: JsonText::new(self.attribution),
            counterfactual: self.counterfactual,
            confidence: self.confidence,
            evidence: JsonText::new(self.evidence),
            reinvested_in: JsonText::new(self.reinvested_in),
            narrative: self.narrative,
            stakeholder: self.stakeholder,
            state: ClaimState::Expected,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        };
        if let Some(before) = before {
            claim.frozen = before.frozen.clone().filter(|_| claim.has_baseline_of(before));
            claim.state = claim.state_after(before);
        }
        claim
    }

    /// The first month that it does not speak of.
    pub fn to_month(&self) -> Month {
        self.to.unwrap_or_else(|| self.from.plus(12))
    }
}

impl ImpactClaim {
    /// Whether what is computed of the baseline is the same.
    pub fn has_baseline_of(&self, other: &Self) -> bool {
        // Without one, it is what was known when the claim begins.
        let begins = |claim: &Self| claim.baseline.is_none().then_some(claim.from);
        (self.method, &self.inputs, &self.baseline, begins(self))
            == (other.method, &other.inputs, &other.baseline, begins(other))
    }

    /// Its state when it follows what was there. What was accepted or questioned is `realised`
    /// when anything else than its title and links changes: somebody has to look again.
    fn state_after(&self, before: &Self) -> ClaimState {
        match before.state {
            ClaimState::Accepted | ClaimState::Questioned if !self.says_as(before) => ClaimState::Realised,
            state => state,
        }
    }

    /// Whether it claims what another did, from the same stakeholder.
    pub fn says_as(&self, other: &Self) -> bool {
        self.has_baseline_of(other)
            && (&self.value_driver, self.benefit, self.from, self.to)
                == (&other.value_driver, other.benefit, other.from, other.to)
            && (&self.expected_monthly, &self.attribution, &self.counterfactual, self.confidence)
                == (&other.expected_monthly, &other.attribution, &other.counterfactual, other.confidence)
            && (&self.evidence, &self.reinvested_in, &self.narrative, &self.stakeholder)
                == (&other.evidence, &other.reinvested_in, &other.narrative, &other.stakeholder)
    }
}
