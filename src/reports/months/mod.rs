//! What a month still lacks before it can be closed, and which figures each gap changes.

pub mod api;

use super::{
    Report,
    facts::Facts,
    figures::{claim_fact, figures, slo_fact},
    gather::{Material, gather},
    schedule::{self, Act, Calendar},
    store,
};
use crate::{
    effort,
    impact::value::Standing,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Conn,
        failure::Failure,
        month::{Month, Week},
    },
    products, text_enum,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

text_enum! {
    /// What is missing.
    pub enum GapKind {
        /// The month goes on.
        NotOver = "not_over",
        /// Somebody's week is not written down.
        Effort = "effort",
        /// What billed last month has not billed this month.
        Bill = "bill",
        /// An exchange rate or a labour rate.
        Rate = "rate",
        /// An SLO of which too little was measured to judge it.
        Measurements = "measurements",
        /// An incident that has no end yet.
        Incident = "incident",
        /// A claim that nobody has accepted as it is now, or that cannot be computed.
        Claim = "claim",
        /// Cost that belongs to no component.
        Unallocated = "unallocated",
        /// Anything else that is not known.
        Other = "other",
    }
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    pub kind: GapKind,
    /// What it is about: a week, a source of bills, an SLO, an incident, a claim.
    #[schema(example = "2026-W42")]
    pub subject: String,
    /// What to do, in words.
    pub detail: String,
    /// The names of the facts that will change once it is there.
    pub figures: Vec<String>,
}

/// How far a month is on its way to being closed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MonthView {
    pub month: Month,
    /// Its latest report, draft or not; null when none was built.
    pub report: Option<Report>,
    /// When its first draft will be built by itself; null when there is a report, or will be none.
    pub drafts_at: Option<Instant>,
    /// When its first draft will be published by itself, on the product's `publish_day`; null when it will not be.
    pub publishes_at: Option<Instant>,
    /// In the order in which they are worth looking at.
    pub gaps: Vec<Gap>,
}

/// How a month stands in today's data; the caller gives a connection that sees one moment.
pub fn state(conn: &mut Conn, product: &ProductId, month: Month, at: Instant) -> Result<MonthView, Failure> {
    let whole = products::store::find(conn, product)?;
    let (calendar, done) = (Calendar::of(&whole)?, schedule::store::done(conn, product)?);
    let report = store::latest(conn, product, month)?;
    let coming = |act| calendar.coming(act, month, report.as_ref(), &done, at);
    let (drafts_at, publishes_at) = (coming(Act::Draft), coming(Act::Publish));
    let gaps = gaps(&gather(conn, &whole, month, at)?);
    Ok(MonthView { month, report, drafts_at, publishes_at, gaps })
}

/// Everything that is missing from a month as it stands.
pub fn gaps(material: &Material) -> Vec<Gap> {
    let facts = figures(material);
    let mut found = Found { facts: &facts, gaps: Vec::new() };
    found.not_over(material);
    found.effort(material);
    found.bills(material);
    found.rates(material);
    found.measurements(material);
    found.incidents(material);
    found.claims(material);
    found.unallocated();
    found.rest();
    found.gaps
}

struct Found<'a> {
    facts: &'a Facts,
    gaps: Vec<Gap>,
}

impl Found<'_> {
    fn add(&mut self, kind: GapKind, subject: impl Into<String>, detail: String, figures: Vec<String>) {
        self.gaps.push(Gap { kind, subject: subject.into(), detail, figures });
    }

    /// The facts whose names begin so.
    fn named(&self, beginnings: &[&str]) -> Vec<String> {
        let wanted = |name: &&String| beginnings.iter().any(|beginning| name.starts_with(beginning));
        self.facts.iter().map(|fact| &fact.name).filter(wanted).cloned().collect()
    }

    /// The facts that are not known for a reason.
    fn unknown(&self, why: impl Fn(&str) -> bool) -> Vec<String> {
        let unknown = self.facts.iter().filter(|fact| fact.unknown.as_deref().is_some_and(&why));
        unknown.map(|fact| fact.name.clone()).collect()
    }

    fn not_over(&mut self, material: &Material) {
        if material.is_under_way() {
            let last = material.month.next().first_day().pred_opt().map_or_else(String::new, |day| day.to_string());
            let detail = format!("the month goes on until {last}, in {}", material.product.timezone);
            self.add(GapKind::NotOver, material.month.to_string(), detail, Vec::new());
        }
    }

    fn effort(&mut self, material: &Material) {
        let mut weeks: BTreeMap<Week, Vec<String>> = BTreeMap::new();
        for gap in effort::gaps(&material.shares, &material.team, material.month) {
            weeks.entry(gap.week).or_default().push(gap.person);
        }
        let moved = self.named(&["effort.", "coverage.effort", "cost.total", "cost.nature.", "cost.category.labour"]);
        for (week, people) in weeks {
            let detail = format!("no effort is written down for {} of week {week}", people.join(", "));
            self.add(GapKind::Effort, week.to_string(), detail, moved.clone());
        }
    }

    /// Whatever billed a component in the month before and has not in this one.
    fn bills(&mut self, material: &Material) {
        let bills = |charges: &[crate::costs::Charge]| -> BTreeSet<(String, Option<String>)> {
            charges.iter().map(|one| (one.source.clone(), one.component.clone())).collect()
        };
        let (now, before) = (bills(&material.charges), bills(&material.charges_before));
        let sources: BTreeSet<_> = now.iter().map(|(source, _)| source).collect();
        let mut absent: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
        for (source, component) in before.difference(&now) {
            // A source that imports whole files has either billed or not; what is typed in is looked at by component.
            if source.is_empty() || !sources.contains(source) {
                absent.entry(source).or_default().insert(component.as_deref());
            }
        }
        let [now, before] = &material.billed;
        for (source, account) in before.difference(now).filter(|(source, _)| sources.contains(source)) {
            let (earlier, month) = (material.month.previous(), material.month);
            let detail = format!("{source} billed the account {account} for {earlier} and has not for {month}");
            self.add(GapKind::Bill, format!("{source} {account}"), detail, self.named(&["cost.total", "cost.nature."]));
        }
        for (source, components) in absent {
            let names: Vec<_> = components.into_iter().map(|key| key.unwrap_or("no component")).collect();
            let mut figures = self.named(&["cost.total", "cost.nature."]);
            figures.extend(
                names.iter().map(|key| format!("cost.component.{key}")).filter(|one| self.facts.get(one).is_some()),
            );
            let (subject, from) = match source.is_empty() {
                true => (names.join(" "), "was entered".to_owned()),
                false => (source.to_owned(), format!("came from {source}")),
            };
            let before = material.month.previous();
            let detail = format!("what {from} for {before} ({}) is not there for {}", names.join(", "), material.month);
            self.add(GapKind::Bill, subject, detail, figures);
        }
    }

    fn rates(&mut self, material: &Material) {
        let exchange = self.facts.iter().filter(|fact| fact.name.starts_with("exchange_rate."));
        let labour = material.ledger.lines.iter().filter_map(|line| line.missing.clone());
        let reasons: BTreeSet<String> = exchange.filter_map(|fact| fact.unknown.clone()).chain(labour).collect();
        for why in reasons {
            let figures = self.unknown(|one| one == why);
            self.add(GapKind::Rate, material.month.to_string(), why, figures);
        }
    }

    fn measurements(&mut self, material: &Material) {
        for slo in &material.slos {
            let met = slo_fact(slo, "met");
            let Some(why) = self.facts.get(&met).and_then(|fact| fact.unknown.clone()) else { continue };
            let of_slo = slo_fact(slo, "");
            let mut figures: Vec<_> = self
                .facts
                .iter()
                .filter(|fact| fact.name.starts_with(&of_slo) && fact.unknown.is_some())
                .map(|fact| fact.name.clone())
                .collect();
            figures.extend(["slo.met_count", "slo.unknown_count"].map(ToOwned::to_owned));
            self.add(GapKind::Measurements, slo.key.as_text(), format!("{}: {why}", slo.name), figures);
        }
    }

    fn incidents(&mut self, material: &Material) {
        for incident in material.incidents.iter().filter(|one| one.resolved_at.is_none()) {
            let detail = format!("{} has no end yet", incident.title);
            let mut figures = self.named(&[&format!("incident.{}.", incident.id)]);
            figures.extend(["incident.minutes", "incident.customer_minutes"].map(ToOwned::to_owned));
            self.add(GapKind::Incident, incident.id.clone(), detail, figures);
        }
    }

    fn claims(&mut self, material: &Material) {
        let worth = &material.worth;
        for (claim, value) in worth.told() {
            let judge = worth.judge(claim).map_or_else(|| "nobody is named to judge it".to_owned(), ToOwned::to_owned);
            let detail = match value.standing {
                Standing::Accepted | Standing::Told => continue,
                Standing::Realised => format!("{}: waits for {judge}", claim.title),
                Standing::Questioned => format!("{}: questioned by {judge}, and waits for an answer", claim.title),
                Standing::NotCounted => format!("{}: others claim the same; say which part is whose", claim.title),
                Standing::Unknown => {
                    format!("{}: {}", claim.title, value.unknown.as_deref().unwrap_or("its worth is not known"))
                }
            };
            let mut figures: Vec<_> = value.parts.iter().map(|part| claim_fact(claim, part.benefit)).collect();
            figures.extend(value.parts.iter().map(|part| format!("impact.accepted.{}", part.benefit)));
            figures.push("impact.accepted_count".to_owned());
            self.add(GapKind::Claim, claim.id.clone(), detail, figures);
        }
    }

    fn unallocated(&mut self) {
        let Some(money) = self.facts.money("cost.unallocated").known().filter(|money| !money.amount.is_zero()) else {
            return;
        };
        let detail = format!("{} of the cost belongs to no component", money.shown_whole());
        let figures = self.named(&["cost.unallocated", "coverage.unallocated_share"]);
        self.add(GapKind::Unallocated, "cost.unallocated", detail, figures);
    }

    /// What is not known for a reason that no other gap has named.
    fn rest(&mut self) {
        let told: BTreeSet<_> = self.gaps.iter().flat_map(|gap| gap.figures.iter().cloned()).collect();
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for fact in self.facts.iter().filter(|fact| !told.contains(&fact.name)) {
            if let Some(why) = &fact.unknown {
                reasons.entry(why.clone()).or_default().push(fact.name.clone());
            }
        }
        for (why, figures) in reasons {
            let subject = figures.first().cloned().unwrap_or_default();
            self.add(GapKind::Other, subject, why, figures);
        }
    }
}
