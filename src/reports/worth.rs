//! What is said of the month's worth: claims, what they come to, what they are computed with, and
//! who judges them.

use crate::{
    impact::{
        ImpactClaim, ImpactComment, ValueDriver, claims, comments, drivers,
        value::{self, Grounds, MonthValue, Standing, ValueRow, store::grounds},
    },
    incidents,
    kernel::{clock::Instant, db::Conn, failure::Failure, month::Month},
    products::Product,
    stakeholders::{self, Stakeholder},
};
use std::collections::{BTreeMap, HashMap};

/// What the work was worth in a month, computed once.
#[derive(Default)]
pub struct Worth {
    /// Every claim, also those that do not speak of the month.
    pub claims: Vec<ImpactClaim>,
    /// What those that do come to, by claim's id.
    pub values: BTreeMap<String, MonthValue>,
    /// What was ever asked, oldest first.
    pub questions: Vec<ImpactComment>,
    pub drivers: Vec<ValueDriver>,
    pub stakeholders: Vec<Stakeholder>,
    /// What a reader may call the rows that the values rest on.
    pub titles: HashMap<ValueRow, String>,
}

impl Worth {
    pub fn read(conn: &mut Conn, product: &Product, month: Month, at: Instant) -> Result<Self, Failure> {
        let id = product.product_id();
        let claims = claims::store::all(conn, &id)?;
        let grounds = grounds(conn, &id, at, &claims, month, month.next())?;
        let incidents = incidents::store::titles(conn, &id)?;
        let values: BTreeMap<String, MonthValue> = value::values(&claims, &grounds, &[month])
            .into_iter()
            .filter_map(|(claim, months)| Some((claim, months.into_iter().next()?)))
            .collect();
        let titles = values
            .values()
            .flat_map(|value| &value.rows)
            .filter_map(|row| Some((row.clone(), title(row, &grounds, &incidents)?)))
            .collect();
        Ok(Self {
            claims,
            values,
            questions: comments::store::questions(conn, &id)?,
            drivers: drivers::store::all(conn, &id)?,
            stakeholders: stakeholders::store::all(conn, &id)?,
            titles,
        })
    }

    /// The claims that speak of the month, with what they come to.
    pub fn told(&self) -> impl Iterator<Item = (&ImpactClaim, &MonthValue)> {
        self.claims.iter().filter_map(|claim| Some((claim, self.values.get(&claim.id)?)))
    }

    /// Those of them that stand so.
    pub fn standing(&self, wanted: Standing) -> impl Iterator<Item = (&ImpactClaim, &MonthValue)> {
        self.told().filter(move |(claim, value)| value.standing(claim) == wanted)
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

/// What people call a row of evidence.
fn title(row: &ValueRow, grounds: &Grounds, incidents: &HashMap<String, String>) -> Option<String> {
    let persona = |id: &str| grounds.personas.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    Some(match row.kind.as_str() {
        "incidents" => incidents.get(&row.id)?.clone(),
        "slos" => grounds.slos.iter().find(|slo| slo.key.as_text() == row.id)?.name.clone(),
        "journeys" => {
            let journey = grounds.journeys.iter().find(|one| one.id == row.id)?;
            format!("{} ({}), observed on {}", journey.task, persona(&journey.persona), journey.on)
        }
        "populations" => {
            let population = grounds.populations.iter().find(|one| one.id == row.id)?;
            format!("{}: {} from {} on", persona(&population.persona), population.people, population.valid_from)
        }
        "risk-assessments" => {
            let assessment = grounds.assessments.iter().find(|one| one.id == row.id)?;
            let risk = grounds.risks.iter().find(|risk| risk.id == assessment.risk)?;
            format!("{}, assessed on {}", risk.title, assessment.on)
        }
        "costs" => format!("what it cost to keep {}", row.id),
        _ => return None,
    })
}
