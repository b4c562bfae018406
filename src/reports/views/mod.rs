//! One report, told to different readers: the same frozen facts, of which each sees what concerns
//! them, in the order of the contract and in the way they write numbers.

mod numerals;
pub mod store;

pub use numerals::Numerals;

use super::{
    document::{Block, BurndownChart, Chart, Document, Inline, Section, SectionKey},
    facts::{Fact, TEXT},
};
use crate::{
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::{Failure, Fault},
        text::Words,
    },
    stakeholders::{self, Stakeholder, StakeholderGroup},
};
use serde::Deserialize;
use std::collections::HashSet;
use utoipa::IntoParams;

/// For whom a report is read.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ForWhom {
    /// `executive`, `finance`, `engineering`, `product`, `sales`, `support`, `compliance`, or a stakeholder's id;
    /// for everyone when empty or left out.
    #[serde(rename = "for")]
    #[param(rename = "for", required = false, max_length = 63, pattern = "^[A-Za-z0-9-]*$", example = "finance")]
    who: Option<String>,
}

/// A reader, as far as the report is told differently to them.
#[derive(Debug, Clone)]
pub enum Audience {
    Everyone,
    Group(StakeholderGroup),
    Stakeholder(Box<Stakeholder>),
}

impl ForWhom {
    /// Whether somebody is asked for by name.
    pub fn is_named(&self) -> bool {
        self.who.is_some()
    }

    /// # Errors
    /// 422 for what is neither a group nor a stakeholder of the product.
    pub fn find(&self, conn: &mut Conn, product: &ProductId) -> Result<Audience, Failure> {
        self.who.as_deref().map_or(Ok(Audience::Everyone), |who| Audience::find(conn, product, who))
    }
}

impl Audience {
    /// By the name that [`Self::name`] gives.
    ///
    /// # Errors
    /// 422 for what is neither a group nor a stakeholder of the product.
    pub fn find(conn: &mut Conn, product: &ProductId, who: &str) -> Result<Self, Failure> {
        if who.is_empty() {
            return Ok(Self::Everyone);
        }
        if let Ok(group) = who.parse() {
            return Ok(Self::Group(group));
        }
        match stakeholders::store::find(conn, product, who) {
            Ok(stakeholder) => Ok(Self::Stakeholder(Box::new(stakeholder))),
            Err(Failure::NotFound) => {
                let what = "neither a group nor a stakeholder of this product";
                Err(Failure::Invalid(vec![Fault::parameter("for", "unknown", what)]))
            }
            Err(failure) => Err(failure),
        }
    }

    /// What it is kept by: empty for everyone.
    pub fn name(&self) -> &str {
        match self {
            Self::Everyone => "",
            Self::Group(group) => group.as_text(),
            Self::Stakeholder(stakeholder) => &stakeholder.id,
        }
    }

    /// What a reader is told it is.
    pub fn title(&self) -> Option<String> {
        match self {
            Self::Everyone => None,
            Self::Group(group) => Some(format!("for {}", group.readers())),
            Self::Stakeholder(stakeholder) => Some(format!("for {}", stakeholder.name)),
        }
    }

    fn group(&self) -> Option<StakeholderGroup> {
        match self {
            Self::Everyone => None,
            Self::Group(group) => Some(*group),
            Self::Stakeholder(stakeholder) => Some(stakeholder.group),
        }
    }

    /// How they write numbers.
    pub fn numerals(&self) -> Numerals {
        match self {
            Self::Stakeholder(stakeholder) => {
                stakeholder.locale.as_deref().map_or_else(Numerals::default, Numerals::of)
            }
            _ => Numerals::default(),
        }
    }

    /// The report as they read it.
    pub fn view(&self, mut document: Document, facts: &[Fact]) -> Document {
        if let Some(group) = self.group() {
            let for_you = self.for_you(&document, group);
            document.sections.retain(|section| concerns(section.key, group));
            let at = document.sections.partition_point(|section| section.key < SectionKey::ForYou);
            document.sections.insert(at, for_you);
        }
        let numerals = self.numerals();
        if numerals != Numerals::default() {
            let words: HashSet<_> = facts.iter().filter(|fact| fact.unit == TEXT).map(|fact| &fact.name).collect();
            document.each_figure(&mut |shown| {
                if !words.contains(&shown.name) {
                    shown.shown = numerals.write(&shown.shown);
                }
            });
            for block in document.sections.iter_mut().flat_map(|section| &mut section.blocks) {
                if let Block::Chart(Chart { description, .. }) | Block::Burndown(BurndownChart { description, .. }) =
                    block
                {
                    *description = numerals.write(description);
                }
            }
        }
        document
    }

    /// What their side of the business asks first, what they care about, and what waits for them.
    fn for_you(&self, document: &Document, group: StakeholderGroup) -> Section {
        let about = &document.about;
        let mut blocks = about.groups.get(&group).cloned().unwrap_or_default();
        if let Self::Stakeholder(stakeholder) = self {
            blocks.extend(about.stakeholders.get(&stakeholder.id).cloned().unwrap_or_default());
            blocks.extend(cared_about(document, &stakeholder.cares_about.components));
        }
        Section::new(SectionKey::ForYou, blocks)
    }
}

/// How those components did that a stakeholder cares about.
fn cared_about(document: &Document, components: &Words) -> Vec<Block> {
    let known = components.iter().filter_map(|key| document.about.components.get(&key.parse().ok()?));
    let known: Vec<_> = known.cloned().collect();
    match known.is_empty() {
        true => Vec::new(),
        false => {
            let what = Inline::Text("What you care about:".to_owned());
            [Block::Paragraph { parts: vec![what] }].into_iter().chain(known).collect()
        }
    }
}

/// Whether a side of the business reads a section. What is left out for it stands in everyone's report.
fn concerns(section: SectionKey, group: StakeholderGroup) -> bool {
    use SectionKey::{
        Assumptions, Cost, Decisions, Headline, InvisibleWork, Next, People, Reliability, Risks, Shipped, Strategy,
    };
    let read: &[SectionKey] = match group {
        StakeholderGroup::Executive => &[Headline, Shipped, Reliability, Cost, People, Strategy, Risks, Decisions],
        StakeholderGroup::Finance => &[Headline, Shipped, Cost, InvisibleWork, Risks, Decisions, Assumptions],
        StakeholderGroup::Engineering => {
            &[Headline, Shipped, Reliability, Cost, InvisibleWork, Strategy, Next, Risks, Decisions, Assumptions]
        }
        StakeholderGroup::Product => &[Headline, Shipped, Reliability, People, Strategy, Next, Decisions],
        StakeholderGroup::Sales => &[Headline, Shipped, Reliability, People, Next],
        StakeholderGroup::Support => &[Headline, Shipped, Reliability, InvisibleWork, People, Next],
        StakeholderGroup::Compliance => &[Headline, Reliability, InvisibleWork, Risks, Decisions, Assumptions],
    };
    read.contains(&section)
}
