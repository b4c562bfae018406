//! From facts to words: what a stakeholder reads. Every figure is a fact; everything else is ours
//! or a person's own words, marked as theirs.

mod assumptions;
mod budget;
mod cost;
mod decisions;
mod drivers;
mod for_you;
mod headline;
mod invisible_work;
mod next;
mod personas;
mod principles;
mod reliability;
mod risks;
mod shipped;
mod strategy;
mod voice;

pub use shipped::{benefit_words, driver_name};

use super::{
    document::{Document, Inline, ReportProduct, Section, SectionKey, Writer},
    earlier::Earlier,
    facts::{Facts, Form},
    figures::people_fact,
    gather::Material,
};
use crate::{
    costs::{Category, Charges},
    effort::{Nature, WorkKind},
    kernel::month::Month,
    personas::Persona,
    products::LabourFrom,
};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Writes the whole report.
pub fn written(material: &Material, facts: &Facts) -> Document {
    let story = Story {
        material,
        facts,
        write: Writer(facts),
        names: material.names(),
        charges: Charges::sorted(&material.charges),
        charges_before: Charges::sorted(&material.charges_before),
    };
    let product = &material.product;
    Document {
        product: ReportProduct {
            key: product.key.clone(),
            name: product.name.clone(),
            definition: product.definition.clone(),
        },
        month: material.month,
        zone: product.timezone.clone(),
        currency: product.currency,
        built_at: material.at,
        sections: [
            headline::section(&story),
            shipped::section(&story),
            reliability::section(&story),
            cost::section(&story),
            invisible_work::section(&story),
            Section::new(SectionKey::People, [voice::blocks(&story), personas::blocks(&story)].concat()),
            Section::new(SectionKey::Strategy, [strategy::blocks(&story), principles::blocks(&story)].concat()),
            next::section(&story),
            risks::section(&story),
            decisions::section(&story),
            assumptions::section(&story),
        ]
        .into_iter()
        .filter(|section| !section.blocks.is_empty())
        .collect(),
        corrections: Vec::new(),
        about: for_you::about(&story),
    }
}

/// Has the report say first that it went out on its day without anybody having looked at it.
pub fn mark_unreviewed(document: &mut Document, on: NaiveDate) {
    if document.sections.first().is_none_or(|first| first.key != SectionKey::Headline) {
        document.sections.insert(0, Section::new(SectionKey::Headline, Vec::new()));
    }
    document.sections[0].blocks.insert(0, headline::unreviewed(on));
}

/// What every section is written from.
struct Story<'a> {
    material: &'a Material,
    facts: &'a Facts,
    write: Writer<'a>,
    names: HashMap<&'a str, &'a str>,
    charges: Charges<'a>,
    charges_before: Charges<'a>,
}

impl<'a> Story<'a> {
    /// What people call a component.
    fn name<'k: 'a>(&self, key: &'k str) -> &'a str {
        self.names.get(key).copied().unwrap_or(key)
    }

    fn name_of(&self, key: &str) -> String {
        self.names.get(key).map_or_else(|| key.to_owned(), |name| (*name).to_owned())
    }

    fn fact(&self, name: &str) -> Inline {
        self.write.fact(name)
    }

    /// A count, and whether its noun stands in the singular.
    fn is_one(&self, name: &str) -> bool {
        self.facts.number(name).known() == Some(rust_decimal::Decimal::ONE)
    }

    fn is_none(&self, name: &str) -> bool {
        self.facts.number(name).known().is_some_and(|number| number.is_zero())
    }

    /// A kind of user, and how many there are of them.
    fn people(&self, persona: &Persona) -> Vec<Inline> {
        let fact = people_fact(persona);
        if self.facts.number(&fact).known().is_none() {
            return vec![format!("{} (how many is ", persona.name).into(), self.fact(&fact), ")".into()];
        }
        let noun = if self.is_one(&fact) { " person)" } else { " people)" };
        vec![format!("{} (", persona.name).into(), self.fact(&fact), noun.into()]
    }

    /// Why a figure is not known, for the end of a sentence.
    fn why(&self, name: &str) -> String {
        self.facts.get(name).and_then(|fact| fact.unknown.clone()).unwrap_or_default()
    }

    /// Whether more cost is still to come in: the month goes on, or priced hours are missing.
    fn is_incomplete(&self) -> bool {
        let priced = self.material.product.labour_from == LabourFrom::Effort;
        self.material.is_under_way() || (priced && !self.is_none("coverage.effort.missing"))
    }

    /// The month before, by its name; with its year where that is another.
    fn month_before(&self) -> String {
        self.earlier_month(Earlier::MonthBefore)
    }

    fn earlier_month(&self, earlier: Earlier) -> String {
        let (month, before) = (self.material.month, earlier.of(self.material.month));
        if month.year() == before.year() { month_name(before) } else { before.shown() }
    }

    /// The earlier months of which a figure is known, with the fact that says it.
    fn earlier(&self, fact: &str) -> Vec<(Earlier, String)> {
        let named = Earlier::ALL.map(|earlier| (earlier, earlier.fact(fact)));
        let known = |fact: &str| self.facts.get(fact).is_some_and(|fact| fact.value.is_some());
        named.into_iter().filter(|(_, fact)| known(fact)).collect()
    }

    /// What a figure is compared with, in brackets: ` (in September 3, in October 2025 7)`; nothing when that is not
    /// known.
    fn beside(&self, fact: &str) -> Vec<Inline> {
        let mut parts: Vec<Inline> = Vec::new();
        for (earlier, fact) in self.earlier(fact) {
            let open = if parts.is_empty() { " (" } else { ", " };
            parts.push(format!("{open}in {} ", self.earlier_month(earlier)).into());
            parts.push(self.write.fact_as(&fact, Form::Plain));
        }
        parts.extend((!parts.is_empty()).then(|| ")".into()));
        parts
    }
}

/// For the beginning of a sentence.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// As a person writes it, without its year.
fn day(on: NaiveDate) -> String {
    on.format("%-d\u{a0}%B").to_string()
}

fn month_name(month: Month) -> String {
    month.first_day().format("%B").to_string()
}

/// The field's word for a nature, and what it means to someone who pays for it.
fn nature_words(nature: Nature) -> &'static str {
    match nature {
        Nature::Run => "Run: keeping it going",
        Nature::Grow => "Grow: making it better",
        Nature::Transform => "Transform: building anew",
    }
}

fn category_words(category: Category) -> &'static str {
    match category {
        Category::Labour => "people's time",
        Category::Infrastructure => "infrastructure",
        Category::Licence => "licences",
        Category::Support => "support contracts",
        Category::Incident => "incidents",
        Category::Training => "training",
        Category::Other => "other cost",
    }
}

/// A kind of work, and what it is in plain words.
fn kind_words(kind: WorkKind) -> (&'static str, &'static str) {
    match kind {
        WorkKind::Patching => ("Patching", "closing known security holes"),
        WorkKind::Upgrade => ("Upgrades", "moving to current versions before the old ones end"),
        WorkKind::RecoveryTest => ("Recovery tests", "practising for the day something is lost"),
        WorkKind::OnCall => ("On call", "being there day and night"),
        WorkKind::IncidentResponse => ("Incident response", "mending what broke"),
        WorkKind::Support => ("Support", "helping the people who use the platform"),
        WorkKind::Toil => ("Toil", "repeated work by hand that a machine could do"),
        WorkKind::Security => ("Security", "keeping intruders out"),
        WorkKind::Capacity => ("Capacity", "making room before it is needed"),
        WorkKind::Improvement => ("Improvement", "making what exists better"),
        WorkKind::NewCapability => ("New capability", "building what was not there"),
        WorkKind::Overhead => ("Overhead", "planning, meetings, learning"),
    }
}
