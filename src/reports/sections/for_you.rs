//! What a reader asks first, in their own unit: money, customers, hours, minutes. Written for every
//! side of the business, every component and every stakeholder when the report is built, so that a
//! view of a published report has nothing left to compute.

use super::{Story, budget, decisions::asked_of, shipped::amount};
use crate::{
    components::Component,
    impact::{
        ClaimState, ImpactClaim,
        value::{MonthValue, Standing},
    },
    reports::{
        document::{About, Block, Inline, counted},
        facts::{FactValue, Form},
        figures::{KEPT, MISSED, claim_fact, component_fact, of_component, personas, promised, shipped, slo_fact},
    },
    stakeholders::{Stakeholder, StakeholderGroup},
};
use rust_decimal::Decimal;

pub fn about(story: &Story<'_>) -> About {
    let material = story.material;
    let day = material.month.first_day();
    let there = |one: &&Stakeholder| one.retired_on.is_none_or(|on| on > day);
    About {
        groups: StakeholderGroup::ALL.iter().map(|group| (*group, vec![asked_by(story, *group)])).collect(),
        components: material.components.iter().map(|one| (one.key.clone(), component(story, one))).collect(),
        stakeholders: material
            .worth
            .stakeholders
            .iter()
            .filter(there)
            .map(|one| (one.id.clone(), stakeholder(story, one)))
            .filter(|(_, blocks)| !blocks.is_empty())
            .collect(),
    }
}

type Sentence = fn(&Story<'_>) -> Vec<Inline>;

/// The sentences that answer what a side of the business asks first.
fn asked_by(story: &Story<'_>, group: StakeholderGroup) -> Block {
    let sentences: &[Sentence] = match group {
        StakeholderGroup::Executive => &[promises, customers, practice, ahead],
        StakeholderGroup::Finance => &[cost, planned, natures, unallocated],
        StakeholderGroup::Engineering => &[toil, care, practice, minutes],
        StakeholderGroup::Product => &[delivered, users, ahead, promises],
        StakeholderGroup::Sales => &[promises, customers, delivered],
        StakeholderGroup::Support => &[customers, minutes, toil],
        StakeholderGroup::Compliance => &[practice, promises, patching],
    };
    let said = sentences.iter().map(|sentence| sentence(story)).filter(|parts| !parts.is_empty());
    Block::List { items: said.collect() }
}

fn cost(story: &Story<'_>) -> Vec<Inline> {
    let mut parts = vec!["The month cost ".into(), story.fact("cost.total")];
    parts.extend(story.beside("cost.total"));
    parts.push(".".into());
    parts
}

/// Nothing where there is no budget, or it is not known where the year will end.
fn planned(story: &Story<'_>) -> Vec<Inline> {
    budget::ending(story).unwrap_or_default()
}

fn natures(story: &Story<'_>) -> Vec<Inline> {
    vec![
        story.fact("cost.nature.run"),
        " kept what exists running, ".into(),
        story.fact("cost.nature.grow"),
        " made it better, ".into(),
        story.fact("cost.nature.transform"),
        " built something new.".into(),
    ]
}

fn unallocated(story: &Story<'_>) -> Vec<Inline> {
    vec![story.fact("cost.unallocated"), " of it belongs to no component yet.".into()]
}

fn promises(story: &Story<'_>) -> Vec<Inline> {
    if story.is_none("slo.count") {
        return vec!["No promise to users was measured (".into(), story.fact("slo.count"), ").".into()];
    }
    let mut parts = vec!["Of ".into(), story.fact("slo.count"), " promises to users ".into()];
    parts.extend([story.fact("slo.met_count"), " were kept and ".into(), story.fact("slo.missed_count")]);
    parts.push(" missed".into());
    let missed = promised(story.material).filter(|slo| said(story, &slo_fact(slo, "met")) == Some(MISSED));
    for (at, slo) in missed.enumerate() {
        parts.push(if at == 0 { ": " } else { ", " }.into());
        parts.push(Inline::Name(slo.name.clone()));
    }
    parts.push(".".into());
    parts
}

fn customers(story: &Story<'_>) -> Vec<Inline> {
    if story.is_none("incident.count") {
        return vec!["Nothing broke (".into(), story.fact("incident.count"), " incidents).".into()];
    }
    let noun = if story.is_one("incident.count") { " incident took " } else { " incidents took " };
    let mut parts = vec![
        story.fact("incident.count"),
        noun.into(),
        story.fact("incident.customer_minutes"),
        " minutes from customers, each customer's counted".into(),
    ];
    parts.extend(story.beside("incident.customer_minutes"));
    parts.push(".".into());
    parts
}

fn minutes(story: &Story<'_>) -> Vec<Inline> {
    vec![
        "Something was broken for ".into(),
        story.fact("incident.minutes"),
        " in all, in ".into(),
        story.fact("incident.count"),
        if story.is_one("incident.count") { " incident." } else { " incidents." }.into(),
    ]
}

fn toil(story: &Story<'_>) -> Vec<Inline> {
    let mut parts = vec![story.fact("effort.toil_share"), " of the team's hours was toil".into()];
    parts.extend(story.beside("effort.toil_share"));
    parts.push("; half is the line not to cross.".into());
    parts
}

fn care(story: &Story<'_>) -> Vec<Inline> {
    vec![
        story.fact("effort.kind.patching"),
        " hours went into patching, ".into(),
        story.fact("effort.kind.upgrade"),
        " into upgrades, ".into(),
        story.fact("effort.kind.on_call"),
        " into being on call and ".into(),
        story.fact("effort.kind.incident_response"),
        " into mending what broke.".into(),
    ]
}

fn patching(story: &Story<'_>) -> Vec<Inline> {
    vec![
        story.fact("effort.kind.patching"),
        " hours went into patching and ".into(),
        story.fact("effort.kind.security"),
        " into keeping intruders out.".into(),
    ]
}

fn practice(story: &Story<'_>) -> Vec<Inline> {
    let times = if story.is_one("recovery.tests") { " time, of which " } else { " times, of which " };
    let mut parts = vec!["Bringing something back was practised ".into(), story.fact("recovery.tests"), times.into()];
    parts.extend([story.fact("recovery.failed"), " failed; ".into(), story.fact("recovery.overdue")]);
    parts.push(" of the most important systems wait for their test.".into());
    parts
}

fn delivered(story: &Story<'_>) -> Vec<Inline> {
    let mut parts = vec![story.fact("roadmap.shipped_count")];
    parts
        .push(if story.is_one("roadmap.shipped_count") { " thing was shipped" } else { " things were shipped" }.into());
    for (at, item) in shipped(story.material).into_iter().enumerate() {
        parts.push(if at == 0 { ": " } else { ", " }.into());
        parts.push(Inline::Name(item.title.clone()));
    }
    parts.push(".".into());
    parts
}

/// For whom it was shipped.
fn users(story: &Story<'_>) -> Vec<Inline> {
    let items = shipped(story.material);
    let meant = |id: &str| items.iter().any(|item| item.personas.iter().any(|one| one == id));
    let mut parts: Vec<Inline> = Vec::new();
    for persona in personas(story.material).filter(|persona| meant(&persona.id)) {
        parts.push(if parts.is_empty() { "It was for " } else { ", " }.into());
        parts.extend(story.people(persona));
    }
    match parts.is_empty() {
        true => vec!["Nothing that was shipped says for whom it was.".into()],
        false => parts.into_iter().chain([".".into()]).collect(),
    }
}

fn ahead(story: &Story<'_>) -> Vec<Inline> {
    vec![
        story.fact("roadmap.now_count"),
        " things are being done or come now, ".into(),
        story.fact("roadmap.overdue_count"),
        if story.is_one("roadmap.overdue_count") {
            " of what is planned is late."
        } else {
            " of them or later are late."
        }
        .into(),
    ]
}

fn said<'a>(story: &Story<'a>, fact: &str) -> Option<&'a str> {
    match story.facts.get(fact)?.value.as_ref()? {
        FactValue::Text(text) => Some(text),
        _ => None,
    }
}

/// How a component did: what it cost, whether it kept its promises, what broke and what was shipped.
fn component(story: &Story<'_>, component: &Component) -> Block {
    let key = component.key.as_text();
    let cost = component_fact(Some(key));
    let mut parts = vec![Inline::Name(component.name.clone())];
    match story.facts.get(&cost) {
        None => parts.push(" cost nothing that is known.".into()),
        Some(_) => {
            parts.extend([" cost ".into(), story.fact(&cost)]);
            let change = format!("{cost}.change");
            match story.facts.money(&change).known() {
                Some(money) if money.amount.round() != Decimal::ZERO => {
                    let more = if money.amount > Decimal::ZERO { " more than in " } else { " less than in " };
                    parts.extend([", ".into(), story.write.fact_as(&change, Form::Size), more.into()]);
                    parts.push(story.month_before().into());
                }
                _ => {}
            }
            parts.push(".".into());
        }
    }
    for slo in promised(story.material).filter(|slo| slo.component == key) {
        let met = slo_fact(slo, "met");
        parts.extend([format!(" Its promise \u{201c}{}\u{201d} was ", slo.name).into(), story.fact(&met)]);
        if matches!(said(story, &met), Some(KEPT | MISSED)) {
            parts.extend([" (".into(), story.write.fact_as(&slo_fact(slo, "sli"), Form::Fine), ")".into()]);
        }
        parts.push(".".into());
    }
    for incident in of_component(story.material, key) {
        parts.extend([" It was struck by ".into(), Inline::Words(incident.title.clone()), ".".into()]);
    }
    for item in shipped(story.material).into_iter().filter(|item| item.components.iter().any(|one| one == key)) {
        parts.extend([" Shipped for it: ".into(), Inline::Name(item.title.clone()), ".".into()]);
    }
    Block::Paragraph { parts }
}

/// What waits for a stakeholder, and what they said.
fn stakeholder(story: &Story<'_>, stakeholder: &Stakeholder) -> Vec<Block> {
    let mut blocks = waiting(asked_of(story, &stakeholder.id));
    blocks.extend(claims(story, stakeholder));
    blocks
}

fn waiting(asked: Vec<Vec<Inline>>) -> Vec<Block> {
    match asked.is_empty() {
        true => Vec::new(),
        false => {
            let what = Block::Paragraph { parts: vec!["What waits for your answer:".into()] };
            vec![what, Block::List { items: asked }]
        }
    }
}

fn claims(story: &Story<'_>, stakeholder: &Stakeholder) -> Vec<Block> {
    let worth = &story.material.worth;
    let theirs = |claim: &ImpactClaim| claim.stakeholder.as_deref() == Some(stakeholder.id.as_str());
    let items: Vec<_> =
        worth.told().filter(|(claim, _)| theirs(claim)).map(|(claim, value)| judged(story, claim, value)).collect();
    match items.len() {
        0 => Vec::new(),
        many => vec![
            Block::Paragraph {
                parts: vec![
                    format!("You have a say in {}:", counted(many, "claim", "claims of what work was worth")).into(),
                ],
            },
            Block::List { items },
        ],
    }
}

fn judged(story: &Story<'_>, claim: &ImpactClaim, value: &MonthValue) -> Vec<Inline> {
    let mut parts = vec![Inline::Name(claim.title.clone()), ": ".into()];
    match (&claim.method, &value.unknown) {
        (None, _) => parts.push("told in words".into()),
        (_, Some(why)) => parts.push(format!("not known ({why})").into()),
        (_, None) => {
            for (at, part) in value.parts_of(claim, story.material.product.currency).iter().enumerate() {
                parts.extend((at > 0).then(|| ", ".into()));
                parts.extend(amount(story, &claim_fact(claim, part.benefit), part.benefit));
            }
        }
    }
    parts.push(
        match (value.standing, claim.state) {
            (_, ClaimState::Questioned) => "; you question it.",
            (Standing::Accepted, _) => "; you accepted it.",
            (_, ClaimState::Accepted) => "; you accepted it before these figures were there.",
            _ => "; it waits for your word.",
        }
        .into(),
    );
    parts
}
