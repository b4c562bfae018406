//! What a month's upkeep comes to in things that people can picture: engineers, promises kept, people served.
//!
//! Everything here divides maintenance cost, the cost of the nature `run`. Where there is nothing to divide by, or it is
//! not known how much, there is no figure, and a reason.

pub mod store;

use super::ledger::{Ledger, Line};
use crate::{
    components::{Component, Lifecycle},
    effort::Nature,
    kernel::{
        clock::Instant,
        dated,
        figure::Figure,
        money::{Currency, Money, Quantity, Sum, settle},
        month::Month,
        text::nfc,
    },
    personas::{Journey, Persona, Population, population_in},
    products::{LabourRate, Product},
    slos::{Slo, SloTarget, Tally},
};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitCostsQuery {
    /// The last one that is over, when left out.
    #[param(inline)]
    month: Option<Month>,
}

impl UnitCostsQuery {
    /// `last` is the last month that is over.
    pub fn month(&self, last: Month) -> Month {
        self.month.unwrap_or(last)
    }
}

/// Everything that unit costs are computed from.
pub struct UnitMaterial {
    pub product: Product,
    pub zone: Tz,
    pub month: Month,
    pub at: Instant,
    pub ledger: Ledger,
    /// Kept inside: no rate stands in an answer.
    pub rates: Vec<LabourRate>,
    pub components: Vec<Component>,
    pub slos: Vec<Slo>,
    /// By the SLO's key.
    pub targets: HashMap<String, Vec<SloTarget>>,
    /// What was measured in the month, by the SLO's id.
    pub measured: HashMap<String, Tally>,
    pub personas: Vec<Persona>,
    pub populations: Vec<Population>,
    pub journeys: Vec<Journey>,
}

/// What a month's upkeep comes to, by component and for the whole product.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitCostsView {
    #[schema(inline)]
    pub month: Month,
    /// What everything is told in.
    pub currency: Currency,
    /// Of the whole product.
    pub total: UnitCosts,
    /// Components by key, after what belongs to none.
    pub items: Vec<ComponentUnitCosts>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// What a component's upkeep comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComponentUnitCosts {
    /// A component's key; null is what is not allocated to any.
    pub component: Option<String>,
    #[serde(flatten)]
    pub costs: UnitCosts,
}

/// What some upkeep comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitCosts {
    /// Maintenance cost of the month: of the nature `run`. Null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub cost: Option<Money>,
    /// What is missing, when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    pub engineers: EngineerUnits,
    pub slos: SloUnits,
    pub personas: PersonaUnits,
}

/// "About so many engineers".
#[derive(Debug, Serialize, ToSchema)]
pub struct EngineerUnits {
    /// `cost` ÷ (labour rate × `full_time_week_hours` × 52 ÷ 12), to two significant digits: how many people could be
    /// paid for it, however much of it is machines.
    #[schema(value_type = Option<f64>)]
    pub about: Option<Quantity>,
    /// What is missing, when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// The promises that were kept for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SloUnits {
    /// SLOs of the month.
    #[schema(value_type = u64)]
    pub promised: usize,
    /// Those that stayed within the month's budget.
    #[schema(value_type = u64)]
    pub kept: usize,
    #[schema(value_type = u64)]
    pub missed: usize,
    /// Keys of those of which it is not known: too little was measured, or the month is not over.
    pub undecided: Vec<String>,
    /// `cost` ÷ `kept`.
    #[schema(value_type = Option<Sum>)]
    pub cost_per_kept: Option<Money>,
    /// Why there is no such figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// Those whom it serves.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonaUnits {
    /// Personas who used it, by the last that was observed of each of their tasks by the month's end.
    pub served: Vec<ServedPersona>,
    /// How many people they are together: who is of two personas counts twice. Null when it is not known of one.
    #[schema(minimum = 0)]
    pub people: Option<i64>,
    /// `cost` ÷ how many personas are served.
    #[schema(value_type = Option<Sum>)]
    pub cost_per_persona: Option<Money>,
    /// `cost` ÷ `people`.
    #[schema(value_type = Option<Sum>)]
    pub cost_per_person: Option<Money>,
    /// Why there is no such figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A persona who uses something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServedPersona {
    /// A persona's id.
    pub persona: String,
    pub name: String,
    /// The population in force at the month's start; null when none is.
    #[schema(minimum = 0)]
    pub people: Option<i64>,
}

/// Whether a promise was kept; not known when nobody can tell.
struct Promise<'m> {
    slo: &'m Slo,
    kept: Option<bool>,
}

impl UnitMaterial {
    pub fn answer(&self) -> UnitCostsView {
        let mut lines: BTreeMap<Option<&str>, Vec<&Line>> = BTreeMap::from([(None, Vec::new())]);
        for component in self.components.iter().filter(|one| one.lifecycle != Lifecycle::Retired) {
            lines.insert(Some(component.key.as_text()), Vec::new());
        }
        let upkeep: Vec<&Line> =
            self.ledger.lines.iter().filter(|line| line.month == self.month && line.nature == Nature::Run).collect();
        for line in &upkeep {
            lines.entry(line.component.as_deref()).or_default().push(line);
        }
        let (promises, uses) = (self.promises(), self.uses());
        let items = lines.into_iter().map(|(key, lines)| {
            let promises: Vec<_> = promises.iter().filter(|one| key == Some(one.slo.component.as_str())).collect();
            let personas = uses.iter().filter(|(_, used)| key.is_some_and(|key| used.contains(key)));
            let personas: Vec<&Persona> = personas.map(|(persona, _)| *persona).collect();
            ComponentUnitCosts {
                component: key.map(ToOwned::to_owned),
                costs: self.units(self.cost(lines), &promises, &personas),
            }
        });
        let personas: Vec<&Persona> = uses.iter().map(|(persona, _)| *persona).collect();
        UnitCostsView {
            month: self.month,
            currency: self.ledger.currency,
            items: items.collect(),
            total: self.units(self.cost(upkeep), &promises.iter().collect::<Vec<_>>(), &personas),
            next_cursor: None,
        }
    }

    /// A month of which nothing is recorded at all is not known, rather than free.
    fn cost(&self, lines: Vec<&Line>) -> Figure<Money> {
        match self.ledger.lines.iter().any(|line| line.month == self.month) {
            true => self.ledger.total(lines),
            false => Figure::Unknown(format!("no cost is recorded for {}", self.month)),
        }
    }

    /// The promises of the month: those that were not taken back before it, nor made after it.
    fn promises(&self) -> Vec<Promise<'_>> {
        let first = self.month.first_day();
        let stands = |slo: &&Slo| slo.retired_on.is_none_or(|on| on > first);
        self.slos.iter().filter(stands).filter_map(|slo| self.promise(slo)).collect()
    }

    fn promise<'m>(&'m self, slo: &'m Slo) -> Option<Promise<'m>> {
        let targets = self.targets.get(slo.key.as_text()).map(Vec::as_slice).unwrap_or_default();
        let tally = self.measured.get(&slo.id).copied().unwrap_or_default();
        let judged = slo.judge_month(targets, tally, self.month, self.at.utc(), self.zone);
        // What is measured was promised, whenever it was written down.
        let made = judged.is_some() || slo.created_at.utc() < self.month.bounds(self.zone).1;
        made.then(|| Promise { slo, kept: judged.and_then(|judged| judged.met) })
    }

    /// The personas who use anything, and which components: the last that was observed of each task by the month's end
    /// says whether it is done at all.
    fn uses(&self) -> Vec<(&Persona, BTreeSet<&str>)> {
        let (first, end) = (self.month.first_day(), self.month.next().first_day());
        let mut latest: BTreeMap<(&str, &str, String), &Journey> = BTreeMap::new();
        for journey in self.journeys.iter().filter(|journey| journey.on < end) {
            let task = (journey.persona.as_str(), journey.component.as_str(), nfc(&journey.task));
            latest
                .entry(task)
                .and_modify(|known| {
                    if known.on <= journey.on {
                        *known = journey;
                    }
                })
                .or_insert(journey);
        }
        let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for journey in latest.into_values().filter(|journey| journey.uses_per_month > Quantity::ZERO) {
            used.entry(&journey.persona).or_default().insert(&journey.component);
        }
        let stands = |persona: &&Persona| persona.retired_on.is_none_or(|on| on > first);
        let personas = self.personas.iter().filter(stands);
        personas.filter_map(|persona| Some((persona, used.remove(persona.id.as_str())?))).collect()
    }

    fn units(&self, cost: Figure<Money>, promises: &[&Promise<'_>], personas: &[&Persona]) -> UnitCosts {
        let engineers = self.engineers(&cost);
        UnitCosts {
            unknown: cost.why().map(ToOwned::to_owned),
            engineers: EngineerUnits {
                unknown: engineers.why().map(ToOwned::to_owned),
                about: engineers.known().map(Quantity::rounded),
            },
            slos: slo_units(&cost, promises),
            personas: self.persona_units(&cost, personas),
            cost: cost.known(),
        }
    }

    /// Two significant digits are what "about" means; and the labour rate, which stays inside the team, is not to be
    /// had from them to the cent.
    fn engineers(&self, cost: &Figure<Money>) -> Figure<Decimal> {
        let first = self.month.first_day();
        let rate = match dated::in_force(&self.rates, first) {
            Some(rate) => Money::from(rate.amount).amount,
            None => return Figure::Unknown(format!("no labour rate in force on {first}")),
        };
        let month = rate * self.product.full_time_week_hours.get() * Decimal::from(52) / Decimal::from(12);
        if month.is_zero() {
            return Figure::Unknown(format!("the labour rate in force on {first} is nothing"));
        }
        cost.clone().map(|cost| {
            let exact = cost.amount / month;
            exact.round_sf_with_strategy(2, RoundingStrategy::MidpointNearestEven).unwrap_or(exact)
        })
    }

    fn persona_units(&self, cost: &Figure<Money>, personas: &[&Persona]) -> PersonaUnits {
        let of = |persona: &&Persona| ServedPersona {
            persona: persona.id.clone(),
            name: persona.name.clone(),
            people: population_in(&self.populations, &persona.id, self.month).map(|population| population.people),
        };
        let served: Vec<ServedPersona> = personas.iter().map(of).collect();
        let uncounted: Vec<&str> =
            served.iter().filter(|one| one.people.is_none()).map(|one| one.name.as_str()).collect();
        let people: Option<i64> = served.iter().map(|one| one.people).sum();
        let nobody = "nobody is known to use it";
        let per_persona = share(cost, served.len(), nobody);
        let per_person = match people {
            _ if served.is_empty() => Figure::Unknown(nobody.to_owned()),
            None => Figure::Unknown(format!(
                "how many people were {} in {} is not written down",
                uncounted.join(" and "),
                self.month
            )),
            Some(people) => share(cost, usize::try_from(people).unwrap_or_default(), "no people use it"),
        };
        PersonaUnits {
            people: people.filter(|_| !served.is_empty()),
            unknown: per_persona.why().or(per_person.why()).map(ToOwned::to_owned),
            cost_per_persona: per_persona.known(),
            cost_per_person: per_person.known(),
            served,
        }
    }
}

fn slo_units(cost: &Figure<Money>, promises: &[&Promise<'_>]) -> SloUnits {
    let count = |outcome: bool| promises.iter().filter(|one| one.kept == Some(outcome)).count();
    let (kept, missed) = (count(true), count(false));
    let undecided: Vec<String> =
        promises.iter().filter(|one| one.kept.is_none()).map(|one| one.slo.key.to_string()).collect();
    let per_kept = match undecided.as_slice() {
        _ if promises.is_empty() => Figure::Unknown("nothing is promised of it".to_owned()),
        [] => share(cost, kept, "no SLO was kept"),
        some => Figure::Unknown(format!("whether {} was kept is not known", some.join(", "))),
    };
    SloUnits {
        promised: promises.len(),
        kept,
        missed,
        undecided,
        unknown: per_kept.why().map(ToOwned::to_owned),
        cost_per_kept: per_kept.known(),
    }
}

/// The cost of one of so many, rounded once; without any there is no such thing.
fn share(cost: &Figure<Money>, of: usize, none: &str) -> Figure<Money> {
    match of {
        0 => Figure::Unknown(none.to_owned()),
        _ => cost.clone().map(|cost| Money::new(settle(cost.amount / Decimal::from(of)), cost.currency)),
    }
}
