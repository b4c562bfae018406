//! Reading what waits, and what has changed of it since somebody looked.

use super::{Act, ActKind, AskedAmount, AskedClaim, AskedDecision, Asks, Reader, Remark, Told, Waiting};
use crate::{
    access,
    decisions::{self, AnsweredBy, Decision},
    impact::{
        CommentKind, ImpactClaim, ImpactComment, claims, comments,
        value::{self, MonthValue, fingerprint},
    },
    kernel::{
        auth::{ProductId, Role},
        clock::Instant,
        db::Conn,
        failure::Failure,
        month::Month,
        schema::{audit_events, report_facts, reports},
    },
    products::Product,
    reports::{Report, ReportState, figures::claim_fact, render, views::Numerals, worth::Worth},
    stakeholders,
};
use diesel::prelude::*;
use serde_json::Value;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

/// How many of their own acts somebody is shown.
const ACTS: usize = 20;

/// What waits in a product for a user, or, for those who may edit, for whomever it waits.
pub fn read(conn: &mut Conn, product: &Product, role: Role, user: &str, at: Instant) -> Result<Waiting, Failure> {
    let (id, zone) = (product.product_id(), product.zone()?);
    let reader = reader(conn, &id, role, user, at.day_in(zone))?;
    let mut waiting = Waiting {
        product: product.clone(),
        zone,
        numerals: Numerals::default(),
        at,
        claims: Vec::new(),
        amounts: Vec::new(),
        decisions: Vec::new(),
        acts: Vec::new(),
        reader,
    };
    let mine: Option<HashSet<String>> = match &waiting.reader {
        Reader::Retired | Reader::Nobody => return Ok(waiting),
        Reader::Team => None,
        Reader::Stakeholders(mine) => {
            let locale = mine.iter().find_map(|one| one.locale.as_deref());
            waiting.numerals = locale.map_or_else(Numerals::default, Numerals::of);
            Some(mine.iter().map(|one| one.id.clone()).collect())
        }
    };
    let concerns = |stakeholder: &Option<String>| match (&mine, stakeholder) {
        (None, _) => true,
        (Some(mine), Some(one)) => mine.contains(one),
        (Some(_), None) => false,
    };
    let last = Month::at(at.utc(), zone).previous();
    let worth = Worth::read(conn, product, last, at)?;
    let said = comments::store::all(conn, &id)?;
    let all = decisions::store::all(conn, &id)?;
    let judge = |stakeholder: &Option<String>| stakeholder.as_deref().and_then(|id| worth.name(id)).map(str::to_owned);
    waiting.claims = asked_claims(conn, product, &worth, last, at, &concerns)?;
    talk(conn, &mut waiting.claims, &said, user)?;
    waiting.amounts = asked_amounts(&worth, &concerns, &judge);
    let open = |one: &&Decision| one.answer.is_none() && concerns(&one.stakeholder);
    let asked = |one: &Decision| AskedDecision { decision: one.clone(), judge: judge(&one.stakeholder) };
    waiting.decisions = all.iter().filter(open).map(asked).collect();
    waiting.decisions.sort_by_key(|one| (one.decision.due_on.is_none(), one.decision.due_on));
    if let Some(mine) = &mine {
        waiting.acts = acts(&worth, &said, &all, user, mine);
    }
    Ok(waiting)
}

fn reader(
    conn: &mut Conn,
    product: &ProductId,
    role: Role,
    user: &str,
    today: chrono::NaiveDate,
) -> Result<Reader, Failure> {
    if role.may_edit() {
        return Ok(Reader::Team);
    }
    let mine = stakeholders::store::of_user(conn, product, user)?;
    let was = !mine.is_empty();
    let active: Vec<_> = mine.into_iter().filter(|one| one.retired_on.is_none_or(|day| day > today)).collect();
    Ok(match (active.is_empty(), was) {
        (false, _) => Reader::Stakeholders(active),
        (true, true) => Reader::Retired,
        (true, false) => Reader::Nobody,
    })
}

fn asked_claims(
    conn: &mut Conn,
    product: &Product,
    worth: &Worth,
    last: Month,
    at: Instant,
    concerns: &impl Fn(&Option<String>) -> bool,
) -> Result<Vec<AskedClaim>, Failure> {
    let id = product.product_id();
    let asked: Vec<&ImpactClaim> =
        worth.claims.iter().filter(|one| concerns(&one.stakeholder) && one.from <= last).collect();
    let Some(first) = asked.iter().map(|one| one.from).min() else { return Ok(Vec::new()) };
    let months: Vec<Month> = first.up_to(last.next()).collect();
    let mut values = value::store::of_product(conn, &id, at, &worth.claims, &months)?;
    let told = told(conn, product)?;
    Ok(asked
        .into_iter()
        .map(|claim| {
            let months = values.remove(&claim.id).unwrap_or_default();
            let computed: Vec<_> = months.iter().filter_map(MonthValue::to_accept).collect();
            AskedClaim {
                asks: Asks::of(claim, &months),
                judge: claim.stakeholder.as_deref().and_then(|id| worth.name(id)).map(str::to_owned),
                evidence: evidence(worth, months.last()),
                driver: claim
                    .value_driver
                    .as_ref()
                    .and_then(|id| worth.drivers.iter().find(|one| one.id == *id))
                    .map(|driver| driver.name.clone()),
                told: told.as_ref().and_then(|(report, names)| {
                    let parts = months.last().map(|value| value.parts_of(claim, product.currency)).unwrap_or_default();
                    let mut benefits = parts.iter().map(|part| part.benefit).chain([claim.benefit]);
                    let fact = benefits.find_map(|benefit| names.get(&claim_fact(claim, benefit)))?;
                    let place = render::place(&product.key, &report.id);
                    Some(Told { href: format!("{place}/facts/{fact}"), month: report.month })
                }),
                talk: Vec::new(),
                fingerprint: fingerprint(&computed),
                claim: claim.clone(),
                months,
            }
        })
        .collect())
}

/// What a month rests on: the rows by what people call them, each once.
fn evidence(worth: &Worth, value: Option<&MonthValue>) -> Vec<String> {
    let titles = value.into_iter().flat_map(|value| &value.rows).filter_map(|row| {
        let title = worth.evidence.get(row)?.get("title")?.as_str()?;
        Some(format!("{}: {title}", row.kind.replace('-', " ")))
    });
    titles.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The last published report, and the names of its facts that tell of claims.
fn told(conn: &mut Conn, product: &Product) -> Result<Option<(Report, HashSet<String>)>, Failure> {
    let report: Option<Report> = reports::table
        .filter(reports::product_id.eq(&product.id))
        .filter(reports::state.ne(ReportState::Draft))
        .order((reports::month.desc(), reports::revision.desc()))
        .select(Report::as_select())
        .first(conn)
        .optional()?;
    let Some(report) = report else { return Ok(None) };
    let of_claims = report_facts::table
        .filter(report_facts::report_id.eq(&report.id))
        .filter(report_facts::name.like("impact.claim.%"));
    let names = of_claims.select(report_facts::name).load::<String>(conn)?;
    Ok(Some((report, names.into_iter().collect())))
}

/// Puts what was said about each claim beside it, oldest first.
fn talk(conn: &mut Conn, asked: &mut [AskedClaim], said: &[ImpactComment], user: &str) -> Result<(), Failure> {
    let mut names: HashMap<String, String> = HashMap::new();
    for one in asked {
        for comment in said.iter().filter(|comment| comment.impact_claim == one.claim.id) {
            let who = match &comment.author {
                Some(author) if author == user => None,
                None => Some("The team".to_owned()),
                Some(author) => Some(match names.get(author) {
                    Some(name) => name.clone(),
                    None => {
                        let name = access::store::find_user(conn, author)?.name;
                        names.insert(author.clone(), name.clone());
                        name
                    }
                }),
            };
            one.talk.push(Remark { kind: comment.kind, who, text: comment.text.clone(), at: comment.created_at });
        }
    }
    Ok(())
}

fn asked_amounts(
    worth: &Worth,
    concerns: &impl Fn(&Option<String>) -> bool,
    judge: &impl Fn(&Option<String>) -> Option<String>,
) -> Vec<AskedAmount> {
    let drivers = worth.drivers.iter().filter(|driver| concerns(&driver.stakeholder));
    let asked = drivers.flat_map(|driver| {
        let open = driver.amounts.iter().filter(|amount| amount.agreed_at.is_none());
        open.map(|amount| AskedAmount {
            driver: driver.clone(),
            amount: amount.clone(),
            judge: judge(&driver.stakeholder),
            claims: worth
                .claims
                .iter()
                .filter(|claim| claim.value_driver.as_deref() == Some(driver.id.as_str()))
                .map(|claim| claim.title.clone())
                .collect(),
        })
    });
    asked.collect()
}

/// What a user did, from the rows themselves; the latest first.
fn acts(worth: &Worth, said: &[ImpactComment], all: &[Decision], user: &str, mine: &HashSet<String>) -> Vec<Act> {
    let title = |claim: &str| worth.claims.iter().find(|one| one.id == claim).map(|one| one.title.clone());
    let judged = said.iter().filter(|comment| comment.author.as_deref() == Some(user)).filter_map(|comment| {
        let kind = match comment.kind {
            CommentKind::Accept => ActKind::Accepted,
            CommentKind::Question => ActKind::Questioned,
            CommentKind::Comment => return None,
        };
        let what = title(&comment.impact_claim)?;
        Some(Act { kind, what, words: comment.text.clone(), at: comment.created_at })
    });
    let is_mine = |one: &Option<String>| one.as_ref().is_some_and(|id| mine.contains(id));
    let agreed = worth.drivers.iter().flat_map(|driver| {
        let mine = driver.amounts.iter().filter(|amount| is_mine(&amount.agreed_by));
        mine.filter_map(|amount| {
            let from = amount.valid_from.format("%-d %B %Y");
            let what = format!("{}: {} from {from} on", driver.name, amount.money().shown());
            Some(Act { kind: ActKind::Agreed, what, words: String::new(), at: amount.agreed_at? })
        })
    });
    let own = |one: &&Decision| one.answered_by == Some(AnsweredBy::Stakeholder) && is_mine(&one.stakeholder);
    let answered = all.iter().filter(own).filter_map(|one| {
        let words = one.answer.clone().unwrap_or_default();
        Some(Act { kind: ActKind::Answered, what: one.question.clone(), words, at: one.answered_at? })
    });
    let mut acts: Vec<Act> = judged.chain(agreed).chain(answered).collect();
    acts.sort_by_key(|act| Reverse(act.at));
    acts.truncate(ACTS);
    acts
}

/// The properties of a row that differ from what they were in a version, by the audit trail.
pub fn changes(conn: &mut Conn, product: &ProductId, row: &str, version: i64) -> Result<Vec<String>, Failure> {
    let events: Vec<(Option<String>, Option<String>)> = audit_events::table
        .filter(audit_events::product_id.eq(product.as_str()))
        .filter(audit_events::row_id.eq(row))
        .order((audit_events::change_number, audit_events::id))
        .select((audit_events::before, audit_events::after))
        .load(conn)?;
    let json = |text: Option<String>| -> Option<Value> { serde_json::from_str(&text?).ok() };
    let later = events.into_iter().map(|(before, after)| (json(before), json(after))).filter(|(_, after)| {
        let reached = after.as_ref().and_then(|row| row.get("version")?.as_i64());
        reached.is_some_and(|reached| reached > version)
    });
    let (mut was, mut is) = (None, None);
    for (before, after) in later {
        was = was.or(before);
        is = after;
    }
    let (Some(Value::Object(was)), Some(Value::Object(is))) = (was, is) else { return Ok(Vec::new()) };
    let kept = ["version", "updated_at"];
    let differs = |name: &&String| !kept.contains(&name.as_str()) && was.get(*name) != is.get(*name);
    Ok(is.keys().filter(differs).map(|name| name.replace('_', " ")).collect())
}

/// The claim's title, the driver's name or the decision's question, whatever has that id.
pub fn title(conn: &mut Conn, product: &ProductId, row: &str) -> Result<String, Failure> {
    use crate::impact::drivers;
    match claims::store::find(conn, product, row) {
        Err(Failure::NotFound) => {}
        found => return found.map(|claim| claim.title),
    }
    match drivers::store::find(conn, product, row) {
        Err(Failure::NotFound) => {}
        found => return found.map(|driver| driver.name),
    }
    decisions::store::find(conn, product, row).map(|decision| decision.question)
}
