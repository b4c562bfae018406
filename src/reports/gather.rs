//! Everything a report is made of, read at one moment.

use super::{
    earlier::Earlier,
    figures::{Told, Voice},
    store,
    worth::Worth,
};
use crate::{
    components::{self, Component, RecoveryTest},
    costs::{self, Budget, Category, Charge, bills, ledger::Ledger},
    decisions::{self, Decision},
    direction::{self, Strategy, Vision},
    effort::{self, Activity, EffortShare},
    incidents::{self, Incident},
    kernel::{
        clock::Instant,
        dated,
        db::Conn,
        failure::Failure,
        fiscal::FiscalYear,
        money::Money,
        month::{Month, Week},
    },
    objectives::{self, CheckIn, KeyResult, Objective},
    personas::{self, Journey, Persona, Population},
    principles::{self, Adherence, Principle},
    products::{self, LabourFrom, LabourRate, Product, TeamMember},
    risks::{self, Risk, RiskAssessment},
    roadmap::{self, RoadmapItem},
    slos::{self, Slo, SloTarget, Tally},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many months the charts look back, the report's own included.
pub const MONTHS: i32 = 12;

/// What was known of a month, and of the months before it, when the report was built.
pub struct Material {
    pub product: Product,
    pub month: Month,
    pub at: Instant,
    pub components: Vec<Component>,
    /// The last [`MONTHS`] months, and the one a year before.
    pub ledger: Ledger,
    /// Those of the fiscal year that the month is in: the whole product's first, then components' by key.
    pub budgets: Vec<Budget>,
    /// The month's entries that count, those that say the same thing together, largest first.
    pub charges: Vec<Charge>,
    pub charges_before: Vec<Charge>,
    /// Whose bills there are of the month, by source and billing account; and of the one before.
    pub billed: [BTreeSet<(String, String)>; 2],
    pub team: Vec<TeamMember>,
    /// Kept inside: no rate stands in a report.
    pub rates: Vec<LabourRate>,
    /// The weeks of this month and of those it is compared with.
    pub shares: Vec<EffortShare>,
    pub activities: Vec<Activity>,
    /// Every test up to the month's end, oldest first.
    pub tests: Vec<RecoveryTest>,
    /// By key.
    pub slos: Vec<Slo>,
    /// The targets that were dated later, by the SLO's key.
    pub targets: HashMap<String, Vec<SloTarget>>,
    /// What was measured on each day of this month and of those it is compared with, by the SLO's id.
    pub measured: HashMap<String, BTreeMap<NaiveDate, Tally>>,
    /// Those that lasted in the month, in order of their start.
    pub incidents: Vec<Incident>,
    /// Those of the months that this one is compared with.
    pub incidents_of: HashMap<Earlier, Vec<Incident>>,
    /// What was published when the report was built.
    pub vision: Option<Vision>,
    pub strategy: Option<Strategy>,
    /// By quarter.
    pub objectives: Vec<Objective>,
    pub key_results: Vec<KeyResult>,
    /// By the key result, in order of their days.
    pub check_ins: HashMap<String, Vec<CheckIn>>,
    pub personas: Vec<Persona>,
    pub populations: Vec<Population>,
    pub journeys: Vec<Journey>,
    /// In the team's own order.
    pub principles: Vec<Principle>,
    /// What was found by the month's end.
    pub findings: Vec<Adherence>,
    /// As it stands, from the first of what comes now.
    pub roadmap: Vec<RoadmapItem>,
    /// As it was in the last report before this month's.
    pub told_before: Option<Told>,
    pub worth: Worth,
    /// As they stand.
    pub risks: Vec<Risk>,
    pub assessments: Vec<RiskAssessment>,
    /// Every one, also those that were answered long ago.
    pub decisions: Vec<Decision>,
    pub voice: Voice,
}

/// Reads it all; the caller sees to it that it is one snapshot.
///
/// # Errors
/// When the database cannot be read. Data that is missing is no error: the report says so.
pub fn gather(conn: &mut Conn, product: &Product, month: Month, at: Instant) -> Result<Material, Failure> {
    let id = product.product_id();
    let (first, end) = (month.first_day(), month.next().first_day());
    let (zone, year_before) = (product.zone()?, Earlier::YearBefore.of(month));
    let counts =
        |charge: &Charge| product.labour_from == LabourFrom::CostEntries || charge.category != Category::Labour;
    let mut charges_of = |month| -> Result<Vec<Charge>, Failure> {
        let all = costs::store::charges(conn, &id, month)?;
        Ok(all.into_iter().filter(counts).collect())
    };
    let (charges, charges_before) = (charges_of(month)?, charges_of(month.previous())?);
    let mut shares = Vec::new();
    let mut measured: HashMap<String, BTreeMap<NaiveDate, Tally>> = HashMap::new();
    for (from, to) in [(year_before.first_day(), year_before.next().first_day()), (month.previous().first_day(), end)] {
        shares.extend(effort::store::shares(conn, &id, Week::of(from), Week::of(to).plus(1))?);
        for (slo, days) in slos::measurements::store::days_of_product(conn, &id, from, to)? {
            measured.entry(slo).or_default().extend(days);
        }
    }
    let mut incidents_of = HashMap::new();
    for earlier in Earlier::ALL {
        let bounds = earlier.of(month).bounds(zone);
        incidents_of.insert(earlier, incidents::store::overlapping(conn, &id, bounds)?);
    }
    Ok(Material {
        month,
        at,
        components: components::store::all(conn, &id)?,
        ledger: costs::store::ledger(conn, product, year_before, month.next())?,
        budgets: costs::budget::store::of_year(conn, &id, FiscalYear::of(month, product.fiscal_year_start))?,
        charges,
        charges_before,
        billed: [bills::store::accounts(conn, &id, month)?, bills::store::accounts(conn, &id, month.previous())?],
        team: products::store::team(conn, &id)?,
        rates: products::store::rates(conn, &id)?,
        shares,
        activities: effort::store::activities(conn, &id, first, end)?,
        tests: components::store::tests_until(conn, &id, end - Days::new(1))?,
        slos: slos::store::all(conn, &id)?,
        targets: slos::store::targets_of_product(conn, &id)?,
        measured,
        incidents: incidents::store::overlapping(conn, &id, month.bounds(zone))?,
        incidents_of,
        vision: direction::store::current(conn, &id)?,
        strategy: direction::store::current(conn, &id)?,
        objectives: objectives::store::all(conn, &id)?,
        key_results: objectives::store::key_results::of_product(conn, &id)?,
        check_ins: objectives::store::check_ins::by_key_result(conn, &id)?,
        personas: personas::store::all(conn, &id)?,
        populations: personas::store::populations::of_product(conn, &id)?,
        journeys: personas::store::journeys::of_product(conn, &id)?,
        principles: principles::store::all(conn, &id)?,
        findings: principles::store::adherence::until(conn, &id, end - Days::new(1))?,
        roadmap: roadmap::store::all(conn, &id)?,
        told_before: store::told_before(conn, &id, month)?,
        worth: Worth::read(conn, product, month, at)?,
        risks: risks::store::all(conn, &id)?,
        assessments: risks::store::assessments(conn, &id)?,
        decisions: decisions::store::all(conn, &id)?,
        voice: Voice::read(conn, &id, month)?,
        product: product.clone(),
    })
}

impl Material {
    /// The months of the charts, the report's own last.
    pub fn months(&self) -> impl Iterator<Item = Month> + use<> {
        self.month.plus(1 - MONTHS).up_to(self.month.next())
    }

    /// The months that this one is compared with: the one before, of which it is said what is missing, and the one a
    /// year before where anything is recorded of it.
    pub fn compared(&self) -> impl Iterator<Item = Earlier> + '_ {
        Earlier::ALL.into_iter().filter(|earlier| *earlier == Earlier::MonthBefore || self.is_recorded(*earlier))
    }

    /// Those of them of which anything at all is recorded: elsewhere nobody counted, which is not none.
    pub fn recorded(&self) -> impl Iterator<Item = Earlier> + '_ {
        Earlier::ALL.into_iter().filter(|earlier| self.is_recorded(*earlier))
    }

    fn is_recorded(&self, earlier: Earlier) -> bool {
        let month = earlier.of(self.month);
        self.ledger.lines.iter().any(|line| line.month == month)
            || self.incidents_of.get(&earlier).is_some_and(|incidents| !incidents.is_empty())
            || self.measured.values().any(|days| days.keys().any(|day| Month::of(*day) == month))
            || self.tests.iter().any(|test| Month::of(test.on) == month)
    }

    /// What people call each component.
    pub fn names(&self) -> HashMap<&str, &str> {
        self.components.iter().map(|component| (component.key.as_text(), component.name.as_str())).collect()
    }

    /// What an hour cost, for figures that it takes part in.
    pub fn hourly(&self) -> Option<Decimal> {
        dated::in_force(&self.rates, self.month.first_day()).map(|rate| Money::from(rate.amount).amount)
    }

    /// The zone whose days are meant.
    pub fn zone(&self) -> Tz {
        self.product.zone().unwrap_or(Tz::UTC)
    }

    /// When the month began and ended.
    pub fn bounds(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        self.month.bounds(self.zone())
    }

    /// Whether the month was still going on, for people in the product's zone.
    pub fn is_under_way(&self) -> bool {
        self.at.utc() < self.bounds().1
    }

    /// The day of an instant, for people in the product's zone.
    pub fn day(&self, at: Instant) -> NaiveDate {
        at.utc().with_timezone(&self.zone()).date_naive()
    }
}
