//! The evidence of claims, loaded once for all of them and looked up by month.

use super::{Currency, Decimal, Frozen, Money, Month, ValueRow, amount_in_force, eve, known};
use crate::{
    costs::{
        Category,
        ledger::{Ledger, Line},
    },
    effort::Nature,
    impact::{ClaimInputs, ImpactClaim, ValueDriver, methods::Cost, methods::Downtime},
    incidents::{Incident, downtime_seconds},
    kernel::dated::in_force,
    objectives::{CheckIn, KeyResult},
    personas::{Journey, JourneyTask, Persona, Population, journey_in_force, population_in},
    risks::{Risk, RiskAssessment},
    slos::{Slo, Tally},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, HashMap};

/// Everything that claims rest on.
pub struct Grounds {
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub currency: Currency,
    pub personas: Vec<Persona>,
    pub journeys: Vec<Journey>,
    pub populations: Vec<Population>,
    pub incidents: Vec<Incident>,
    pub slos: Vec<Slo>,
    /// What was measured on each day, by SLO id.
    pub days: HashMap<String, BTreeMap<NaiveDate, Tally>>,
    pub ledger: Ledger,
    pub risks: Vec<Risk>,
    pub assessments: Vec<RiskAssessment>,
    pub drivers: Vec<ValueDriver>,
    pub key_results: Vec<KeyResult>,
    /// By day.
    pub check_ins: Vec<CheckIn>,
    /// The incidents that claims name as evidence, by id.
    pub cited_incidents: HashMap<String, Incident>,
    /// The cost entries that they name, by id.
    pub cited_entries: HashMap<String, CitedEntry>,
    /// What was accepted, by claim's id and month: the digest of what it was then.
    pub accepted: BTreeMap<(String, Month), String>,
}

/// A cost entry that a claim names as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedEntry {
    /// A component's key.
    pub component: Option<String>,
    pub month: Month,
    pub nature: Nature,
    /// Whether it is part of what its component cost: labour is not when it is counted from effort.
    pub counts: bool,
}

/// The severities that count as downtime.
const DOWN: std::ops::RangeInclusive<i64> = 1..=2;

impl Grounds {
    /// The time that a component was down from one month up to another: the union of its incidents
    /// of severity 1 and 2; with an SLO its bad share × hours instead, never both.
    pub(super) fn downtime(
        &self,
        inputs: &ClaimInputs,
        from: Month,
        to: Month,
    ) -> Result<(Downtime, Vec<ValueRow>), String> {
        let window = (from.bounds(self.zone).0, to.bounds(self.zone).0);
        let hour = Decimal::from(3600);
        let of = Decimal::from((window.1 - window.0).num_seconds()) / hour;
        if let Some(key) = &inputs.slo {
            let slo = self.slos.iter().find(|slo| slo.key.as_text() == key).ok_or_else(|| format!("no SLO {key}"))?;
            let days = self.days.get(&slo.id).into_iter();
            let tally = days.flat_map(|days| days.range(from.first_day()..to.first_day())).map(|(_, sum)| *sum).sum();
            let sli =
                slo.terms().sli(tally).ok_or_else(|| format!("nothing was measured of {key} in {}", span(from, to)))?;
            return Ok((Downtime { hours: (Decimal::ONE - sli) * of, of }, vec![ValueRow::of("slos", key)]));
        }
        let component = inputs.component.as_deref().unwrap_or_default();
        let down: Vec<&Incident> = self
            .incidents
            .iter()
            .filter(|incident| DOWN.contains(&incident.severity))
            .filter(|incident| incident.components.iter().any(|key| key == component))
            .filter(|incident| incident.within(window, self.now).is_some())
            .collect();
        let hours = downtime_seconds(down.iter().copied(), window, self.now) / hour;
        Ok((Downtime { hours, of }, down.iter().map(|incident| ValueRow::of("incidents", &incident.id)).collect()))
    }

    /// The latest observation of the task before a day, and not before another.
    pub(super) fn journey(
        &self,
        inputs: &ClaimInputs,
        since: Option<NaiveDate>,
        before: NaiveDate,
    ) -> Result<&Journey, String> {
        let name = |name: &'static str, of: &Option<String>| of.clone().ok_or_else(|| format!("no {name}"));
        let (persona, component, task) =
            (name("persona", &inputs.persona)?, name("component", &inputs.component)?, name("task", &inputs.task)?);
        let of = JourneyTask { persona: &persona, component: &component, task: &task };
        journey_in_force(&self.journeys, of, eve(before))
            .filter(|journey| since.is_none_or(|since| journey.on >= since))
            .ok_or_else(|| {
                let who = self.persona(&persona);
                match since {
                    Some(since) => format!("\"{task}\" of {who} has not been observed since {since}"),
                    None => format!("\"{task}\" of {who} had not been observed before {before}"),
                }
            })
    }

    /// How many people there are of a persona in a month, and the row that says so.
    pub(super) fn people(&self, inputs: &ClaimInputs, month: Month) -> Result<(i64, &str), String> {
        let persona = inputs.persona.as_deref().unwrap_or_default();
        population_in(&self.populations, persona, month)
            .map(|population| (population.people, population.id.as_str()))
            .ok_or_else(|| format!("nobody says how many people {} are in {month}", self.persona(persona)))
    }

    fn persona<'g>(&'g self, id: &'g str) -> &'g str {
        self.personas.iter().find(|persona| persona.id == id).map_or(id, |persona| &persona.name)
    }

    /// What a component cost to keep in a month: of nature `run`, labour and the rest apart.
    pub(super) fn cost(&self, inputs: &ClaimInputs, month: Month) -> Result<Cost, String> {
        let component = inputs.component.as_deref();
        if !self.ledger.lines.iter().any(|line| line.month == month) {
            return Err(format!("no cost is recorded for {month}"));
        }
        let kept =
            |line: &&Line| line.month == month && line.component.as_deref() == component && line.nature == Nature::Run;
        let (labour, other): (Vec<&Line>, Vec<&Line>) =
            self.ledger.lines.iter().filter(kept).partition(|line| line.category == Category::Labour);
        Ok(Cost { labour: known(self.ledger.total(labour))?.amount, other: known(self.ledger.total(other))?.amount })
    }

    /// What a risk costs a year by its latest assessment before a day, and not before another; and
    /// the assessment's id.
    pub(super) fn annual_loss(
        &self,
        inputs: &ClaimInputs,
        since: Option<NaiveDate>,
        before: NaiveDate,
    ) -> Result<(Decimal, &str), String> {
        let id = inputs.risk.as_deref().unwrap_or_default();
        let of_risk = self.assessments.iter().filter(|assessment| assessment.risk == id);
        let day = eve(before);
        let assessment = in_force(of_risk, day).filter(|found| since.is_none_or(|since| found.on >= since));
        let assessment = assessment.ok_or_else(|| {
            let title = self.risks.iter().find(|risk| risk.id == id).map_or(id, |risk| &risk.title);
            match since {
                Some(since) => format!("the risk \"{title}\" has not been assessed since {since}"),
                None => format!("the risk \"{title}\" had not been assessed before {before}"),
            }
        })?;
        let loss = self.convert(assessment.annual_loss(), Month::of(day))?;
        Ok((loss, &assessment.id))
    }

    /// What a key result is compared with: its last check-in of a period, without one its own baseline.
    pub(super) fn metric(&self, inputs: &ClaimInputs, period: Option<(Month, Month)>) -> Result<Frozen, String> {
        let it = self.key_result(inputs)?;
        let (value, row) = match period {
            None => (it.baseline, ValueRow::of("key-results", &it.id)),
            Some(period) => {
                let (last, _) = self.check_in(inputs, period)?;
                (last.value, ValueRow::of("check-ins", &last.id))
            }
        };
        Ok(Frozen::Metric { value: value.get(), direction: it.direction, rows: vec![row] })
    }

    /// The last check-in of a key result from one month up to another, and the unit that it is in.
    pub(super) fn check_in(
        &self,
        inputs: &ClaimInputs,
        (from, to): (Month, Month),
    ) -> Result<(&CheckIn, &str), String> {
        let it = self.key_result(inputs)?;
        let period = from.first_day()..to.first_day();
        let of_it = self.check_ins.iter().filter(|one| one.key_result == it.id && period.contains(&one.on));
        let last = of_it.max_by_key(|one| one.on);
        last.map(|last| (last, it.unit.as_str()))
            .ok_or_else(|| format!("nothing was checked in of \"{}\" in {}", it.title, span(from, to)))
    }

    fn key_result(&self, inputs: &ClaimInputs) -> Result<&KeyResult, String> {
        let id = inputs.key_result.as_deref().ok_or_else(|| "the claim names no key result".to_owned())?;
        self.key_results.iter().find(|one| one.id == id).ok_or_else(|| "the key result is gone".to_owned())
    }

    /// The amount of the claim's value driver in force at the start of a month.
    pub(super) fn driver(&self, claim: &ImpactClaim, month: Month) -> Result<Decimal, String> {
        let id = claim.value_driver.as_deref().ok_or_else(|| "the claim has no value driver".to_owned())?;
        let driver =
            self.drivers.iter().find(|driver| driver.id == id).ok_or_else(|| "the value driver is gone".to_owned())?;
        self.convert(amount_in_force(&driver.amounts, &driver.name, month)?, month)
    }

    fn convert(&self, money: Money, month: Month) -> Result<Decimal, String> {
        known(self.ledger.rates.convert(money, self.currency, month)).map(|money| money.amount)
    }
}

/// Months as a person says them.
fn span(from: Month, to: Month) -> String {
    let last = to.previous();
    if last == from { from.to_string() } else { format!("{from} to {last}") }
}
