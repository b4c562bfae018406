//! The files of the demo company, and their way in.

use super::{acts, shift::Shift};
use crate::{
    access::{self, NewMember, NewUser},
    direction::{self, Document, Strategy, Vision},
    imports::{self, Format, Mode},
    kernel::{
        auth::{Role, hash_password, new_secret},
        db::{Author, Db},
        failure::Failure,
        http::{IfMatch, IfNoneMatch, validate},
        month::Month,
    },
    products::{self, NewProduct, Product},
    reports::{self, Publication},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub const TEAM: &str = include_str!("../../../seed-data/team.csv");
pub const EFFORT: &str = include_str!("../../../seed-data/effort.csv");
const PRODUCT: &str = include_str!("../../../seed-data/product.json");
const CATALOG: &str = include_str!("../../../seed-data/catalog-info.yaml");

const SLOS: &str = include_str!("../../../seed-data/slos.yaml");
const MEASUREMENTS: &str = include_str!("../../../seed-data/measurements.csv");

/// What was published of each, in this order: the first before the roadmap, the others after the report of the month before
/// last.
const VISION: &str = include_str!("../../../seed-data/vision.json");
const STRATEGY: &str = include_str!("../../../seed-data/strategy.json");
/// With what the quarter that is over came to.
const OBJECTIVES: &str = include_str!("../../../seed-data/objectives.csv");

const ROADMAP: &str = include_str!("../../../seed-data/roadmap.csv");

/// In the order in which each finds what it refers to. The catalogue and the SLOs come first.
const FILES: &[(Format, &str)] = &[
    (Format::Team, TEAM),
    (Format::LabourRates, include_str!("../../../seed-data/labour-rates.csv")),
    (Format::ExchangeRates, include_str!("../../../seed-data/exchange-rates.csv")),
    (Format::Personas, include_str!("../../../seed-data/personas.csv")),
    (Format::Populations, include_str!("../../../seed-data/populations.csv")),
    (Format::Journeys, include_str!("../../../seed-data/journeys.csv")),
    (Format::Objectives, include_str!("../../../seed-data/objectives-before.csv")),
    (Format::KeyResults, include_str!("../../../seed-data/key-results.csv")),
    (Format::CheckIns, include_str!("../../../seed-data/check-ins.csv")),
    (Format::Principles, include_str!("../../../seed-data/principles.csv")),
    (Format::Adherence, include_str!("../../../seed-data/adherence.csv")),
    (Format::Stakeholders, include_str!("../../../seed-data/stakeholders.csv")),
    (Format::Feedback, include_str!("../../../seed-data/feedback.csv")),
    (Format::Surveys, include_str!("../../../seed-data/surveys.csv")),
    (Format::Responses, include_str!("../../../seed-data/responses.csv")),
    (Format::Incidents, include_str!("../../../seed-data/incidents.csv")),
    (Format::Risks, include_str!("../../../seed-data/risks.csv")),
    (Format::RiskAssessments, include_str!("../../../seed-data/risk-assessments.csv")),
    (Format::Roadmap, include_str!("../../../seed-data/roadmap-before.csv")),
    (Format::RecoveryTests, include_str!("../../../seed-data/recovery-tests.csv")),
    (Format::Activities, include_str!("../../../seed-data/activities.csv")),
    (Format::Costs, include_str!("../../../seed-data/costs.csv")),
    (Format::Focus, include_str!("../../../seed-data/focus.csv")),
    (Format::AllocationRules, include_str!("../../../seed-data/allocation-rules.csv")),
    (Format::Budgets, include_str!("../../../seed-data/budgets.csv")),
    (Format::Effort, EFFORT),
    (Format::EffortTemplates, include_str!("../../../seed-data/effort-templates.csv")),
    (Format::ValueDrivers, include_str!("../../../seed-data/value-drivers.csv")),
    (Format::ImpactClaims, include_str!("../../../seed-data/impact-claims.csv")),
    (Format::Decisions, include_str!("../../../seed-data/decisions.csv")),
];

/// Someone who can sign in to the demo.
pub struct Login {
    pub role: &'static str,
    pub email: &'static str,
    pub password: String,
}

/// Who there is: what they are in the product (none for the admin), address and name.
const PEOPLE: &[(&str, Option<Role>, &str, &str)] = &[
    ("owner", Some(Role::Owner), "priya@tarnfell.example", "Priya Raghavan"),
    ("editor", Some(Role::Editor), "henrik@tarnfell.example", "Henrik Solbakken"),
    ("viewer", Some(Role::Viewer), "ingrid@tarnfell.example", "Ingrid Vestergaard"),
    ("exporter", Some(Role::Exporter), "bi@tarnfell.example", "BI"),
    ("admin", None, "admin@tarnfell.example", "Admin"),
];

/// Fills an empty database and publishes the report of the month before last, and then last month's, which says what
/// became of what that one promised.
pub async fn seed(db: &Db) -> Result<Vec<Login>, Failure> {
    let steps = u64::try_from(PEOPLE.len() + FILES.len() + 9).unwrap_or_default();
    let bar = ProgressBar::new(steps); // Silent where there is no terminal.
    bar.set_style(ProgressStyle::with_template("{bar:24} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut logins = Vec::new();
    let mut users = Vec::new();
    for (role, member, email, name) in PEOPLE {
        bar.set_message(format!("user {email}"));
        let password: String = new_secret()?.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        users.push((*member, create_user(db, email, name, &password, member.is_none()).await?));
        logins.push(Login { role, email, password });
        bar.inc(1);
    }
    bar.set_message("product");
    let product = create_product(db, &users).await?;
    bar.inc(1);
    let zone = product.zone()?;
    let last = Month::at(db.clock().now().utc(), zone).previous();
    let shift = Shift::to(last);
    bar.set_message("vision and strategy");
    let (visions, strategies) = (said(VISION, shift)?, said(STRATEGY, shift)?);
    let (first, later) = strategies.split_at(strategies.len().min(1));
    direct::<Vision>(db, &product, &visions).await?;
    direct::<Strategy>(db, &product, first).await?;
    bar.inc(1);
    bar.set_message("catalogue");
    import(db, &product, Format::Backstage, CATALOG).await?;
    bar.inc(1);
    bar.set_message("SLOs");
    import(db, &product, Format::Openslo, SLOS).await?;
    let measured = shift.measurements(MEASUREMENTS, zone).map_err(Failure::internal)?;
    import(db, &product, Format::Measurements, &measured).await?;
    bar.inc(1);
    for (format, text) in FILES {
        bar.set_message(format.as_text());
        let moved = shift.csv(text).map_err(Failure::internal)?;
        import(db, &product, *format, &moved).await?;
        bar.inc(1);
    }
    bar.set_message(format!("report of {}", last.previous()));
    publish(db, product.clone(), last.previous()).await?;
    bar.inc(1);
    bar.set_message("objectives");
    direct::<Strategy>(db, &product, later).await?;
    import(db, &product, Format::Objectives, &shift.csv(OBJECTIVES).map_err(Failure::internal)?).await?;
    bar.inc(1);
    bar.set_message("roadmap");
    import(db, &product, Format::Roadmap, &shift.csv(ROADMAP).map_err(Failure::internal)?).await?;
    bar.inc(1);
    bar.set_message("what stakeholders said");
    let known = PEOPLE.iter().zip(&users).map(|((_, _, _, name), (_, id))| (*name, id.as_str())).collect();
    acts::play(db, &product.product_id(), &judges(db, &product, known).await?).await?;
    bar.inc(1);
    bar.set_message(format!("report of {last}"));
    publish(db, product, last).await?;
    bar.finish_and_clear();
    Ok(logins)
}

/// The users of the stakeholders who act, by name. Those who are no user yet become one without a
/// password, who cannot sign in.
async fn judges(db: &Db, product: &Product, known: BTreeMap<&str, &str>) -> Result<BTreeMap<String, String>, Failure> {
    let mut users = BTreeMap::new();
    for name in acts::names()? {
        let id = match known.get(name.as_str()) {
            Some(id) => (*id).to_owned(),
            None => {
                let email = format!("{}@tarnfell.example", name.to_lowercase().replace(' ', "."));
                let new: NewUser = validate(json!({ "email": email, "name": name })).map_err(Failure::Invalid)?;
                let id = product.product_id();
                db.change(Author::operator(), move |tx| {
                    let user = access::store::insert_user(tx, new, None)?;
                    let member = NewMember { user: user.id.clone(), role: Role::Viewer };
                    access::store::insert_member(tx, &id, member)?;
                    Ok(user.id)
                })
                .await?
            }
        };
        users.insert(name, id);
    }
    Ok(users)
}

/// The versions that a file holds, with their days moved.
fn said(text: &str, shift: Shift) -> Result<Vec<Map<String, Value>>, Failure> {
    let mut versions: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(Failure::internal)?;
    for (name, value) in versions.iter_mut().flatten() {
        if let Value::String(text) = value {
            *text = shift.cell(name, text);
        }
    }
    Ok(versions)
}

/// Drafts and publishes each version, as a user would.
async fn direct<D: Document>(db: &Db, product: &Product, versions: &[Map<String, Value>]) -> Result<(), Failure>
where
    D::New: ToSchema,
{
    for said in versions {
        let new: D::New = validate(Value::Object(said.clone())).map_err(Failure::Invalid)?;
        let id = product.product_id();
        db.change(Author::operator(), move |tx| {
            let drafted: D = direction::store::put(tx, &id, IfNoneMatch::Nothing, &new)?;
            direction::store::publish::<D>(tx, &id, IfMatch::version(drafted.version())).map(|_| ())
        })
        .await?;
    }
    Ok(())
}

/// As a user's own file would: through a file, and with all its checks.
async fn import(db: &Db, product: &Product, format: Format, text: &str) -> Result<(), Failure> {
    let file = tempfile::NamedTempFile::new().map_err(Failure::internal)?;
    std::fs::write(file.path(), text).map_err(Failure::internal)?;
    let (id, path) = (product.product_id(), file.path().to_owned());
    imports::run(db, Author::operator(), &id, (format, Mode::Strict), path, false).await.map(|_| ())
}

/// Builds the report of a month and freezes it.
async fn publish(db: &Db, product: Product, month: Month) -> Result<(), Failure> {
    let id = product.product_id();
    let built = reports::store::build(db, Author::operator(), product, month).await?.report;
    let seen = IfMatch::version(built.version);
    db.change(Author::operator(), move |tx| {
        reports::store::publish(tx, &id, &built.id, seen, Publication::default()).map(|_| ())
    })
    .await
}

async fn create_user(db: &Db, email: &str, name: &str, password: &str, admin: bool) -> Result<String, Failure> {
    let hash = hash_password(password.to_owned()).await?;
    let new: NewUser = validate(json!({ "email": email, "name": name, "admin": admin })).map_err(Failure::Invalid)?;
    let user = db.change(Author::operator(), move |tx| access::store::insert_user(tx, new, Some(hash))).await?;
    Ok(user.id)
}

async fn create_product(db: &Db, users: &[(Option<Role>, String)]) -> Result<Product, Failure> {
    let mut sent: Value = serde_json::from_str(PRODUCT).map_err(Failure::internal)?;
    let owner = users.iter().find(|(role, _)| *role == Some(Role::Owner)).map(|(_, id)| id.clone());
    sent["owner"] = json!(owner);
    let new: NewProduct = validate(sent).map_err(Failure::Invalid)?;
    let others: Vec<NewMember> = users
        .iter()
        .filter_map(|(role, id)| role.filter(|role| !role.is_owner()).map(|role| NewMember { user: id.clone(), role }))
        .collect();
    db.change(Author::operator(), move |tx| {
        let product = products::store::insert(tx, new)?;
        for member in others {
            access::store::insert_member(tx, &product.product_id(), member)?;
        }
        Ok(product)
    })
    .await
}
