//! What is claimed of the work, claim by claim: what is accepted first, and what may not be counted apart.

use super::{
    super::Story,
    words::{amount, judgement, sums},
};
use crate::{
    impact::{
        ImpactClaim,
        value::{MonthValue, Standing},
    },
    reports::{
        document::{Block, Inline, Table, figures, heading, note, paragraph, words},
        figures::{claim_fact, expected_fact, personas},
    },
};
use std::collections::BTreeSet;

type Told<'a> = (&'a ImpactClaim, &'a MonthValue);

pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let month = story.material.month.shown();
    let mut blocks = vec![heading(format!("What work was worth in {month}"))];
    if story.is_none("impact.claim_count") {
        blocks.push(paragraph([
            "Nobody wrote down what any work was worth (".into(),
            story.fact("impact.claim_count"),
            " claims).".into(),
        ]));
        return blocks;
    }
    blocks.push(introduction(story));
    blocks.push(note([
        "Each is what the month was like beside what it would have been without the work, as far as the work is \
         credited with it. Kinds of worth are different things: they are never added to each other, nor subtracted \
         from the cost."
            .into(),
    ]));
    blocks.extend(table(story, Standing::Accepted, "Accepted by those for whom it is done."));
    blocks.extend(table(story, Standing::Realised, "Computed, and not accepted by anybody as it is now."));
    blocks.extend(doubted(story));
    blocks.extend(not_counted(story));
    blocks.extend(unknown(story));
    blocks.extend(only_told(story));
    blocks
}

fn introduction(story: &Story<'_>) -> Block {
    let claims = if story.is_one("impact.claim_count") { " claim speaks" } else { " claims speak" };
    let mut parts = vec![story.fact("impact.claim_count"), format!("{claims} of the month. ").into()];
    if story.material.is_under_way() {
        parts.push("What they come to is known when it is over.".into());
        return paragraph(parts);
    }
    let count = |what: &str| format!("impact.{what}_count");
    let accepted = if story.is_one(&count("accepted")) { " is accepted" } else { " are accepted" };
    parts.extend([story.fact(&count("accepted")), accepted.into()]);
    if !story.is_none(&count("accepted")) {
        parts.push(": ".into());
        parts.extend(sums(story, "accepted"));
        parts.push("; weighted by how sure those are who claim it: ".into());
        parts.extend(sums(story, "accepted_weighted"));
    }
    parts.push(". ".into());
    if !story.is_none(&count("realised")) {
        let are = if story.is_one(&count("realised")) { " is" } else { " are" };
        parts.extend([story.fact(&count("realised")), format!("{are} computed and not accepted: ").into()]);
        parts.extend(sums(story, "realised"));
        parts.push(". ".into());
    }
    let others = [
        ("questioned", "questioned"),
        ("not_counted", "not counted, because others claim the same"),
        ("unknown", "not known"),
        ("told", "told in words only"),
    ];
    let rest: Vec<_> = others.into_iter().filter(|(what, _)| !story.is_none(&count(what))).collect();
    for (at, (what, said)) in rest.iter().enumerate() {
        parts.extend((at > 0).then(|| ", ".into()));
        let are = match (at, story.is_one(&count(what))) {
            (0, true) => " is ",
            (0, false) => " are ",
            _ => " ",
        };
        parts.extend([story.fact(&count(what)), format!("{are}{said}").into()]);
    }
    parts.extend((!rest.is_empty()).then(|| ".".into()));
    paragraph(parts)
}

fn standing<'a>(story: &Story<'a>, wanted: Standing) -> Vec<Told<'a>> {
    story.material.worth.standing(wanted).collect()
}

/// What was done, and where.
fn what(story: &Story<'_>, claim: &ImpactClaim) -> String {
    let component = || claim.component.as_deref().map(|key| story.name_of(key));
    let done = claim.roadmap_item.clone().or_else(component);
    done.map_or_else(|| claim.title.clone(), |done| format!("{} ({done})", claim.title))
}

/// The kinds of users that the work was for, or of whom the method speaks.
fn whom(story: &Story<'_>, claim: &ImpactClaim) -> Vec<Inline> {
    let items = story.material.roadmap.iter();
    let item = items.into_iter().find(|item| claim.roadmap_item.as_deref() == Some(item.reference.as_text()));
    let is_meant = |id: &str| {
        claim.inputs.persona.as_deref() == Some(id)
            || item.is_some_and(|item| item.personas.iter().any(|one| one == id))
    };
    let mut parts: Vec<Inline> = Vec::new();
    for persona in personas(story.material).filter(|persona| is_meant(&persona.id)) {
        parts.extend((!parts.is_empty()).then(|| ", ".into()));
        parts.extend(story.people(persona));
    }
    if parts.is_empty() { vec!["nobody wrote down for whom".into()] } else { parts }
}

/// Its amounts, each with its kind.
fn worth(story: &Story<'_>, (claim, value): Told<'_>) -> Vec<Inline> {
    let mut parts: Vec<Inline> = Vec::new();
    for part in value.parts_of(claim, story.material.product.currency) {
        parts.extend((!parts.is_empty()).then(|| "; ".into()));
        parts.extend(amount(story, &claim_fact(claim, part.benefit), part.benefit));
        let is_gain = part.amount.amount > rust_decimal::Decimal::ZERO;
        if part.unrealised && is_gain {
            parts.push(", but nobody says what the freed time went into".into());
        }
    }
    parts
}

fn table(story: &Story<'_>, wanted: Standing, caption: &str) -> Option<Block> {
    let rows = standing(story, wanted);
    let row = |(claim, value): &Told<'_>| {
        let expected = match value.expected {
            Some(_) => story.fact(&expected_fact(claim)),
            None => "nothing was said".into(),
        };
        vec![
            vec![what(story, claim).into()],
            whom(story, claim),
            vec![judgement(story, claim, wanted).into()],
            worth(story, (claim, value)).into_iter().chain(alongside(story, value)).collect(),
            vec![expected],
        ]
    };
    (!rows.is_empty()).then(|| {
        Block::Table(Table {
            caption: caption.to_owned(),
            columns: vec![
                words("What"),
                words("For whom"),
                words("Who agrees"),
                words("Worth in the month"),
                figures("Expected"),
            ],
            rows: rows.iter().map(row).collect(),
            sums: None,
        })
    })
}

/// Who else rests on the same, where together they claim no more than all of it.
fn alongside(story: &Story<'_>, value: &MonthValue) -> Option<Inline> {
    let others: BTreeSet<&String> = value.shares.iter().flat_map(|share| &share.claims).collect();
    let rest = if others.len() == 1 { "rests" } else { "rest" };
    let said = || format!("; {} {rest} on some of the same, and each counts its own part", titles(story, &others));
    (!others.is_empty()).then(|| said().into())
}

/// The titles of claims, as a person quotes them.
fn titles(story: &Story<'_>, ids: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let claims = &story.material.worth.claims;
    let title = |id: &str| claims.iter().find(|one| one.id == id).map(|one| format!("“{}”", one.title));
    ids.into_iter().filter_map(|id| title(id.as_ref())).collect::<Vec<_>>().join(" and ")
}

/// A list under its title, when there is anything in it.
fn list<'a>(story: &Story<'a>, wanted: Standing, title: &str, item: impl Fn(Told<'a>) -> Vec<Inline>) -> Vec<Block> {
    let items: Vec<_> = standing(story, wanted).into_iter().map(item).collect();
    if items.is_empty() {
        return Vec::new();
    }
    vec![heading(title), Block::List { items }]
}

/// Its title and for whom, for the beginning of an item.
fn named(story: &Story<'_>, claim: &ImpactClaim) -> Vec<Inline> {
    let mut parts: Vec<Inline> = vec![format!("{}. For: ", what(story, claim)).into()];
    parts.extend(whom(story, claim));
    parts.push(". ".into());
    parts
}

fn expectation(story: &Story<'_>, (claim, value): Told<'_>) -> Vec<Inline> {
    match value.expected {
        Some(_) => vec![" Expected were ".into(), story.fact(&expected_fact(claim)), " a month.".into()],
        None => Vec::new(),
    }
}

fn doubted(story: &Story<'_>) -> Vec<Block> {
    list(story, Standing::Questioned, "What is doubted", |(claim, value)| {
        let mut parts = named(story, claim);
        parts.push("Computed, and not counted as accepted: ".into());
        parts.extend(worth(story, (claim, value)));
        parts.push(".".into());
        parts.extend(expectation(story, (claim, value)));
        parts.push(format!(" {}", judgement(story, claim, Standing::Questioned)).into());
        match story.material.worth.question(claim) {
            Some(question) => parts.extend([": ".into(), Inline::Words(question.text.clone())]),
            None => parts.push(".".into()),
        }
        parts
    })
}

fn not_counted(story: &Story<'_>) -> Vec<Block> {
    list(story, Standing::NotCounted, "What is not counted", |(claim, value)| {
        let mut parts = named(story, claim);
        parts.push("Claimed are ".into());
        parts.extend(worth(story, (claim, value)));
        let others = titles(story, &value.shared_with);
        parts.push(format!(". It is not counted: together with {others} it claims more than all of the same.").into());
        parts.extend(expectation(story, (claim, value)));
        parts.push(format!(" {}.", judgement(story, claim, Standing::NotCounted)).into());
        parts
    })
}

fn unknown(story: &Story<'_>) -> Vec<Block> {
    if story.material.is_under_way() {
        return Vec::new();
    }
    list(story, Standing::Unknown, "What is not known", |(claim, value)| {
        let mut parts = named(story, claim);
        let fact = claim_fact(claim, claim.benefit);
        parts.extend(["What it was worth is ".into(), story.fact(&fact)]);
        parts.push(format!(": {}.", value.unknown.as_deref().unwrap_or_default()).into());
        parts.extend(expectation(story, (claim, value)));
        parts.push(format!(" {}.", judgement(story, claim, Standing::Unknown)).into());
        parts
    })
}

fn only_told(story: &Story<'_>) -> Vec<Block> {
    list(story, Standing::Told, "What cannot be computed, in words", |(claim, _)| {
        let mut parts = named(story, claim);
        if !claim.narrative.is_empty() {
            parts.extend([Inline::Words(claim.narrative.clone()), " ".into()]);
        }
        parts.push(format!("{}.", judgement(story, claim, Standing::Told)).into());
        parts
    })
}
