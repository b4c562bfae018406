//! What is said of the month's worth: claims, what they come to, what they are computed with, and
//! who judges them.

use crate::{
    impact::{
        ImpactClaim, ImpactComment, ValueDriver, claims, comments, drivers,
        value::{self, Grounds, MonthValue, Standing, ValueRow, store::grounds},
    },
    incidents::{self, Incident},
    kernel::{clock::Instant, db::Conn, failure::Failure, month::Month},
    products::Product,
    reports::facts::FactRow,
    stakeholders::{self, Stakeholder},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// What the work was worth in a month, computed once.
#[derive(Default)]
pub struct Worth {
    /// Every claim, also those that do not speak of the month.
    pub claims: Vec<ImpactClaim>,
    /// What those that do come to, by claim's id.
    pub values: BTreeMap<String, MonthValue>,
    /// What they came to in the month before.
    pub values_before: BTreeMap<String, MonthValue>,
    /// What was ever asked, oldest first.
    pub questions: Vec<ImpactComment>,
    pub drivers: Vec<ValueDriver>,
    pub stakeholders: Vec<Stakeholder>,
    /// What the rows that the values rest on are called, and what they say.
    pub evidence: HashMap<ValueRow, FactRow>,
}

impl Worth {
    pub fn read(conn: &mut Conn, product: &Product, month: Month, at: Instant) -> Result<Self, Failure> {
        let id = product.product_id();
        let claims = claims::store::all(conn, &id)?;
        let before = month.previous();
        let grounds = grounds(conn, &id, at, &claims, before, month.next())?;
        // Those of the baselines too, which are of any time.
        let incidents = incidents::store::all(conn, &id)?;
        let of_month = |month| -> BTreeMap<String, MonthValue> {
            let values = value::values(&claims, &grounds, &[month]).into_iter();
            values.filter_map(|(claim, months)| Some((claim, months.into_iter().next()?))).collect()
        };
        let (values, values_before) = (of_month(month), of_month(before));
        let evidence = values
            .values()
            .flat_map(|value| &value.rows)
            .filter_map(|row| Some((row.clone(), said(row, &grounds, &incidents)?)))
            .collect();
        Ok(Self {
            claims,
            values,
            values_before,
            questions: comments::store::questions(conn, &id)?,
            drivers: drivers::store::all(conn, &id)?,
            stakeholders: stakeholders::store::all(conn, &id)?,
            evidence,
        })
    }

    /// The claims that speak of the month, with what they come to.
    pub fn told(&self) -> impl Iterator<Item = (&ImpactClaim, &MonthValue)> {
        self.claims.iter().filter_map(|claim| Some((claim, self.values.get(&claim.id)?)))
    }

    /// The claims that spoke of the month before and are accepted for it, with what they came to.
    pub fn accepted_before(&self) -> impl Iterator<Item = (&ImpactClaim, &MonthValue)> {
        let told = self.claims.iter().filter_map(|claim| Some((claim, self.values_before.get(&claim.id)?)));
        told.filter(|(_, value)| value.standing == Standing::Accepted)
    }

    /// Those of them that stand so.
    pub fn standing(&self, wanted: Standing) -> impl Iterator<Item = (&ImpactClaim, &MonthValue)> {
        self.told().filter(move |(_, value)| value.standing == wanted)
    }

    /// Who accepts or questions it.
    pub fn judge(&self, claim: &ImpactClaim) -> Option<&str> {
        self.name(claim.stakeholder.as_deref()?)
    }

    /// What a stakeholder is called.
    pub fn name(&self, stakeholder: &str) -> Option<&str> {
        self.stakeholders.iter().find(|one| one.id == stakeholder).map(|one| one.name.as_str())
    }

    /// What its stakeholder asked last.
    pub fn question(&self, claim: &ImpactClaim) -> Option<&ImpactComment> {
        self.questions.iter().rfind(|comment| comment.impact_claim == claim.id)
    }
}

/// What people call a row of evidence, and what of it goes into a value.
fn said(row: &ValueRow, grounds: &Grounds, incidents: &[Incident]) -> Option<FactRow> {
    let persona = |id: &str| grounds.personas.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    let titled = |title: String| FactRow::from_iter([("title".to_owned(), json!(title))]);
    let mut made;
    let more: Vec<(&str, Value)> = match row.kind.as_str() {
        "incidents" => {
            let incident = incidents.iter().find(|one| one.id == row.id)?;
            made = titled(incident.title.clone());
            vec![
                ("severity", json!(incident.severity)),
                ("started_at", json!(incident.started_at)),
                ("resolved_at", json!(incident.resolved_at)),
            ]
        }
        "slos" => {
            made = titled(grounds.slos.iter().find(|slo| slo.key.as_text() == row.id)?.name.clone());
            Vec::new()
        }
        "journeys" => {
            let journey = grounds.journeys.iter().find(|one| one.id == row.id)?;
            made = titled(format!("{} ({}), observed on {}", journey.task, persona(&journey.persona), journey.on));
            vec![("uses_per_month", json!(journey.uses_per_month)), ("minutes_per_use", json!(journey.minutes_per_use))]
        }
        "populations" => {
            let population = grounds.populations.iter().find(|one| one.id == row.id)?;
            let (who, from) = (persona(&population.persona), population.valid_from);
            made = titled(format!("{who}: {} from {from} on", population.people));
            vec![("people", json!(population.people))]
        }
        "risk-assessments" => {
            let assessment = grounds.assessments.iter().find(|one| one.id == row.id)?;
            let risk = grounds.risks.iter().find(|risk| risk.id == assessment.risk)?;
            made = titled(format!("{}, assessed on {}", risk.title, assessment.on));
            vec![
                ("single_loss", json!(assessment.single_loss)),
                ("annual_rate", json!(assessment.annual_rate)),
                ("amount", json!(assessment.annual_loss())),
            ]
        }
        "key-results" => {
            let key_result = grounds.key_results.iter().find(|one| one.id == row.id)?;
            made = titled(key_result.title.clone());
            vec![("value", json!(key_result.baseline)), ("unit", json!(key_result.unit))]
        }
        "check-ins" => {
            let check_in = grounds.check_ins.iter().find(|one| one.id == row.id)?;
            let key_result = grounds.key_results.iter().find(|one| one.id == check_in.key_result)?;
            made = titled(format!("{}, checked on {}", key_result.title, check_in.on));
            vec![("value", json!(check_in.value)), ("unit", json!(key_result.unit))]
        }
        _ => return None,
    };
    made.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Some(made)
}
