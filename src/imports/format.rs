//! The formats there are: how each is read, and which chapter merges it.

use super::{
    File, Merged, Place, backstage::Backstage, effort::Effort, openslo::OpenSlo, place, place::Columns, sheet::Sheet,
    table, table::Table, week::WeekFile, yaml,
};
use crate::{
    components::{self, NewComponent},
    costs::{self, NewCostEntry},
    decisions::{self, NewDecision, Scribe},
    effort::templates,
    feedback,
    impact::{claims::store as claims, drivers::store as drivers},
    incidents,
    kernel::{
        auth::Role,
        db::{Conn, Row, Tx},
        failure::{Failure, Fault},
        http::Patchable,
        merge::{Counts, Given, Merge},
        text::Key,
    },
    objectives,
    personas::store as personas,
    principles,
    products::{self, Product},
    risks, roadmap,
    slos::{
        self, NewSlo,
        measurements::{MeasurementCounts, MeasurementFormat, Sample},
    },
    stakeholders, surveys, text_enum,
};

text_enum! {
    /// What a file holds.
    pub enum Format {
        Backstage = "backstage",
        Activities = "activities",
        Adherence = "adherence",
        AllocationRules = "allocation-rules",
        Budgets = "budgets",
        CheckIns = "check-ins",
        Components = "components",
        Costs = "costs",
        Decisions = "decisions",
        Effort = "effort",
        EffortTemplates = "effort-templates",
        ExchangeRates = "exchange-rates",
        Feedback = "feedback",
        Focus = "focus",
        ImpactClaims = "impact-claims",
        Incidents = "incidents",
        Journeys = "journeys",
        KeyResults = "key-results",
        LabourRates = "labour-rates",
        Measurements = "measurements",
        Objectives = "objectives",
        Openslo = "openslo",
        Personas = "personas",
        Populations = "populations",
        Principles = "principles",
        RecoveryTests = "recovery-tests",
        Responses = "responses",
        RiskAssessments = "risk-assessments",
        Risks = "risks",
        Roadmap = "roadmap",
        SloTargets = "slo-targets",
        Slos = "slos",
        Stakeholders = "stakeholders",
        Surveys = "surveys",
        Team = "team",
        ValueDrivers = "value-drivers",
        Week = "week",
    }
}

text_enum! {
    /// How a file is read that is not quite what its format wants.
    pub enum Mode {
        /// It is refused.
        Strict = "strict",
        /// As it is meant, with a warning.
        Lenient = "lenient",
    }
}

impl Format {
    /// The media types it comes as; the first is the one to send.
    pub fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Backstage | Self::Openslo | Self::Week => &["application/yaml", "application/x-yaml", "text/yaml"],
            _ => &["text/csv"],
        }
    }

    /// The largest file, in bytes.
    pub fn limit(self) -> u64 {
        match self {
            Self::Backstage => 32 << 20,
            Self::Openslo => 10 << 20,
            Self::Week => 1 << 20,
            _ => 2 << 30,
        }
    }
}

/// Makes a list of the formats that are a table, with what each of its rows is.
macro_rules! tables {
    ($($format:ident: $row:ty,)+) => {
        /// What a mapping can feed: the words of the formats that are tables of rows.
        pub const TABLES: &[Format] = &[$(Format::$format),+];

        /// The columns of a format, where it is a table.
        pub fn columns_of(format: Format) -> Option<Columns> {
            match format {
                $(Format::$format => Some(place::places::<$row>()),)+
                _ => None,
            }
        }
    };
}

tables! {
    Activities: crate::effort::NewActivity,
    Adherence: principles::AdherenceRow,
    AllocationRules: costs::allocation::NewAllocationRule,
    Budgets: costs::NewBudget,
    CheckIns: objectives::CheckInRow,
    Components: NewComponent,
    Costs: NewCostEntry,
    Decisions: NewDecision,
    Effort: super::effort::EffortRow,
    EffortTemplates: templates::EffortTemplateRow,
    ExchangeRates: costs::NewExchangeRate,
    Feedback: feedback::NewFeedback,
    ImpactClaims: crate::impact::claims::NewImpactClaim,
    Incidents: incidents::NewIncident,
    Journeys: crate::personas::JourneyRow,
    KeyResults: objectives::KeyResultRow,
    LabourRates: products::NewLabourRate,
    Objectives: objectives::NewObjective,
    Personas: crate::personas::NewPersona,
    Populations: crate::personas::PopulationRow,
    Principles: principles::NewPrinciple,
    RecoveryTests: components::NewRecoveryTest,
    Responses: surveys::SurveyResponseRow,
    RiskAssessments: risks::RiskAssessmentRow,
    Risks: risks::NewRisk,
    Roadmap: roadmap::NewRoadmapItem,
    SloTargets: slos::SloTargetRow,
    Slos: NewSlo,
    Stakeholders: stakeholders::NewStakeholder,
    Surveys: surveys::NewSurvey,
    Team: products::NewTeamMember,
    ValueDrivers: crate::impact::drivers::ValueDriverRow,
}

/// A chapter's own matching of rows.
type Plan<R, N> = Box<dyn Fn(&mut Conn, &Product, &[Given<N>]) -> Result<Merge<R, N>, Failure> + Send + Sync>;
/// A chapter's own writing of them.
type Write<R, N> = fn(&mut Tx<'_>, &Product, Merge<R, N>) -> Result<(), Failure>;

/// The rows of one resource, and how its chapter merges them.
struct Rows<R, N> {
    given: Vec<Given<N>>,
    unallocated: u64,
    plan: Plan<R, N>,
    write: Write<R, N>,
}

impl<R: Row, N: Patchable + Clone + Send + Sync> File for Rows<R, N> {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let mut plan = (self.plan)(place.conn(), product, &self.given)?;
        let (counts, changes) = (plan.counts(), std::mem::take(&mut plan.shown));
        if let Some(tx) = place.change_unless(counts) {
            (self.write)(tx, product, plan)?;
        }
        Ok(Merged { counts, unallocated: self.unallocated, changes, ..Merged::default() })
    }

    fn may_follow(&self, fault: &Fault) -> bool {
        fault.column.as_deref() == Some("depends_on")
    }
}

/// What a file gives, and what is wrong with it before it meets the product.
type Opened = (Box<dyn File>, Vec<Fault>);

fn rows<R: Row + 'static, N: Patchable + Clone + Send + Sync>(
    table: Table<N>,
    plan: impl Fn(&mut Conn, &Product, &[Given<N>]) -> Result<Merge<R, N>, Failure> + Send + Sync + 'static,
    write: Write<R, N>,
) -> Opened {
    (Box::new(Rows { given: table.rows, unallocated: 0, plan: Box::new(plan), write }), table.faults)
}

/// Reads a file of some format. `role` is what whoever brings it may do.
pub(super) fn read(
    (format, mode): (Format, Mode),
    role: Role,
    sheet: &mut Sheet<std::fs::File>,
) -> Result<Opened, Failure> {
    Ok(match format {
        Format::Backstage => {
            let (file, faults) = Backstage::read(yaml::documents(sheet.file()?)?);
            (Box::new(file), faults)
        }
        Format::Openslo => {
            let (file, faults) = OpenSlo::read(yaml::documents(sheet.file()?)?, mode);
            (Box::new(file), faults)
        }
        Format::Budgets => rows(table::read(sheet)?, costs::budget::store::plan, costs::budget::store::merge),
        Format::Activities => rows(
            table::read(sheet)?,
            |conn, product, given| crate::effort::store::plan_activities(conn, &product.product_id(), given, &[]),
            |tx, product, merge| crate::effort::store::merge_activities(tx, &product.product_id(), merge),
        ),
        Format::Adherence => rows(
            table::read(sheet)?,
            |conn, product, given| principles::store::adherence::plan(conn, &product.product_id(), given),
            |tx, product, merge| principles::store::adherence::merge(tx, &product.product_id(), merge),
        ),
        Format::AllocationRules => rows(table::read(sheet)?, costs::allocation::store::plan, |tx, product, merge| {
            costs::allocation::store::merge(tx, &product.product_id(), merge)
        }),
        Format::CheckIns => rows(
            table::read(sheet)?,
            |conn, product, given| objectives::store::check_ins::plan(conn, &product.product_id(), given),
            |tx, product, merge| objectives::store::check_ins::merge(tx, &product.product_id(), merge),
        ),
        Format::Components => rows(
            with_keys(table::read::<NewComponent>(sheet)?, |new| (&mut new.key, &new.name)),
            |conn, product, given| components::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| components::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Costs => {
            let Table { rows: given, faults } = table::read::<NewCostEntry>(sheet)?;
            let file = Rows {
                unallocated: given.iter().filter(|one| one.new.component.is_none()).count() as u64,
                given,
                plan: Box::new(|conn, product, given| costs::store::plan_entries(conn, &product.product_id(), given)),
                write: |tx, product, merge| costs::store::merge_entries(tx, &product.product_id(), merge),
            };
            (Box::new(file), faults)
        }
        Format::Decisions => {
            let table = table::read(sheet)?;
            (Box::new(Decisions(table.rows)), table.faults)
        }
        Format::Effort => {
            let table = table::read(sheet)?;
            (Box::new(Effort(table.rows)), table.faults)
        }
        Format::EffortTemplates => rows(
            table::read(sheet)?,
            |conn, product, given| templates::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| templates::store::merge(tx, &product.product_id(), merge),
        ),
        Format::ExchangeRates => rows(table::read(sheet)?, costs::store::plan_exchange_rates, |tx, product, merge| {
            costs::store::merge_exchange_rates(tx, &product.product_id(), merge)
        }),
        Format::Feedback => rows(
            table::read(sheet)?,
            |conn, product, given| feedback::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| feedback::store::merge(tx, &product.product_id(), merge),
        ),
        // Bills are more than fits into memory, and are read as they arrive.
        Format::Focus => return Err(Failure::internal("a bill is no table of rows")),
        Format::ImpactClaims => rows(table::read(sheet)?, claims::plan, claims::merge),
        Format::Journeys => rows(
            table::read(sheet)?,
            |conn, product, given| personas::journeys::plan(conn, &product.product_id(), given),
            |tx, product, merge| personas::journeys::merge(tx, &product.product_id(), merge),
        ),
        Format::Incidents => rows(
            table::read(sheet)?,
            |conn, product, given| incidents::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| incidents::store::merge(tx, &product.product_id(), merge),
        ),
        Format::KeyResults => rows(
            table::read(sheet)?,
            |conn, product, given| objectives::store::key_results::plan(conn, &product.product_id(), given),
            |tx, product, merge| objectives::store::key_results::merge(tx, &product.product_id(), merge),
        ),
        Format::LabourRates => rows(table::read(sheet)?, products::store::plan_rates, products::store::merge_rates),
        Format::Measurements => {
            let read = slos::measurements::read(MeasurementFormat::Csv, true, sheet.file()?);
            (Box::new(Measurements(read?)), Vec::new())
        }
        Format::Objectives => rows(table::read(sheet)?, objectives::store::plan, objectives::store::merge),
        Format::Personas => rows(
            table::read(sheet)?,
            |conn, product, given| personas::plan(conn, &product.product_id(), given),
            |tx, product, merge| personas::merge(tx, &product.product_id(), merge),
        ),
        Format::Populations => rows(table::read(sheet)?, personas::populations::plan, |tx, product, merge| {
            personas::populations::merge(tx, &product.product_id(), merge)
        }),
        Format::Principles => rows(
            table::read(sheet)?,
            |conn, product, given| principles::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| principles::store::merge(tx, &product.product_id(), merge),
        ),
        Format::RecoveryTests => rows(
            table::read(sheet)?,
            |conn, product, given| components::store::plan_tests(conn, &product.product_id(), given),
            |tx, product, merge| components::store::merge_tests(tx, &product.product_id(), merge),
        ),
        Format::SloTargets => rows(
            table::read(sheet)?,
            |conn, product, given| {
                slos::store::plan_targets(conn, &product.product_id(), product.published_through, given)
            },
            |tx, product, merge| slos::store::merge_targets(tx, &product.product_id(), merge),
        ),
        Format::Slos => rows(
            with_keys(table::read::<NewSlo>(sheet)?, |new| (&mut new.key, &new.name)),
            |conn, product, given| slos::store::plan(conn, &product.product_id(), product.zone()?, &[], given),
            |tx, product, merge| slos::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Stakeholders => rows(
            table::read(sheet)?,
            move |conn, product, given| stakeholders::store::plan(conn, &product.product_id(), role, given),
            |tx, product, merge| stakeholders::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Responses => rows(
            table::read(sheet)?,
            |conn, product, given| surveys::store::plan_responses(conn, &product.product_id(), given),
            |tx, product, merge| surveys::store::merge_responses(tx, &product.product_id(), merge),
        ),
        Format::Surveys => rows(
            table::read(sheet)?,
            |conn, product, given| surveys::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| surveys::store::merge(tx, &product.product_id(), merge),
        ),
        Format::RiskAssessments => rows(
            table::read(sheet)?,
            |conn, product, given| risks::store::plan_assessments(conn, &product.product_id(), given),
            |tx, product, merge| risks::store::merge_assessments(tx, &product.product_id(), merge),
        ),
        Format::Risks => rows(
            table::read(sheet)?,
            |conn, product, given| risks::store::plan(conn, &product.product_id(), given),
            |tx, product, merge| risks::store::merge(tx, &product.product_id(), merge),
        ),
        Format::Roadmap => {
            let (table, beside) = table::read_returned(sheet, roadmap::READ_ONLY)?;
            let returned: roadmap::Returned = beside.into_iter().collect();
            let plan = move |conn: &mut Conn, product: &Product, given: &[Given<roadmap::NewRoadmapItem>]| {
                roadmap::store::plan_returned(conn, product, given, &returned)
            };
            rows(table, plan, roadmap::store::merge)
        }
        Format::Team => rows(
            table::read(sheet)?,
            |conn, product, given| products::store::plan_team(conn, &product.product_id(), given),
            |tx, product, merge| products::store::merge_team(tx, &product.product_id(), merge),
        ),
        Format::ValueDrivers => rows(table::read(sheet)?, drivers::plan, drivers::merge),
        Format::Week => {
            let (file, faults) = WeekFile::read(yaml::documents(sheet.file()?)?)?;
            (Box::new(file), faults)
        }
    })
}

/// A row without a key is named by the key that its name makes.
fn with_keys<N>(mut table: Table<N>, of: fn(&mut N) -> (&mut Option<Key>, &str)) -> Table<N> {
    table.rows.retain_mut(|one| {
        let (key, name) = of(&mut one.new);
        *key = key.take().or_else(|| Key::slug(name));
        let named = key.is_some();
        if !named {
            let detail = "the name makes no key; give one";
            table.faults.push(Fault::line(one.line, Some("key"), "required", detail));
        }
        named
    });
    table
}

/// A file of decisions, none of which was answered later than now.
struct Decisions(Vec<Given<NewDecision>>);

impl File for Decisions {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let (id, scribe) = (product.product_id(), Scribe { at: place.now().into(), user: None });
        let mut plan = decisions::store::plan(place.conn(), &id, &scribe, &self.0)?;
        let (counts, changes) = (plan.counts(), std::mem::take(&mut plan.shown));
        if let Some(tx) = place.change_unless(counts) {
            decisions::store::merge(tx, &id, plan)?;
        }
        Ok(Merged { counts, changes, ..Merged::default() })
    }

    fn may_follow(&self, _: &Fault) -> bool {
        false
    }
}

/// A file of measurements.
struct Measurements(Vec<Sample>);

impl File for Measurements {
    fn merge(&self, place: &mut Place<'_, '_>, product: &Product) -> Result<Merged, Failure> {
        let (id, zone) = (product.product_id(), product.zone()?);
        let fault = |sample: &Sample, column, code, detail: &str| Fault::line(sample.place, Some(column), code, detail);
        let plan = slos::measurements::store::plan(place.conn(), &id, zone, None, &self.0, fault)?;
        let MeasurementCounts { created, changed, unchanged } = plan.counts;
        let counts = Counts { created, changed, unchanged };
        if let Some(tx) = place.change_unless(counts) {
            slos::measurements::store::write(tx, &plan)?;
        }
        Ok(Merged { counts, ..Merged::default() })
    }

    fn may_follow(&self, _: &Fault) -> bool {
        false
    }
}
