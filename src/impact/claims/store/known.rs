//! What a claim may name, by what it may be called.

use crate::{
    components::{self, CatalogEntity},
    costs, effort,
    impact::{DriverKind, Evidence, EvidenceGrade, EvidenceKind, ImpactClaim, ImpactMethod, NewImpactClaim, drivers},
    incidents,
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::{Failure, Fault},
        money::Currency,
        text::nfc,
    },
    objectives::store::{check_ins, key_results},
    personas::store::{PersonaNames, journeys, names as persona_names},
    products, risks, roadmap, slos, stakeholders,
};
use std::collections::{HashMap, HashSet};

/// A piece of evidence as it is named.
type Named = (EvidenceKind, String);

fn named_as(evidence: &Evidence) -> Named {
    (evidence.kind, evidence.reference.clone())
}

/// Everything that claims name.
pub(super) struct Known {
    currency: Currency,
    items: HashMap<String, String>,
    components: HashMap<String, String>,
    /// Keys, each with its component.
    slos: HashMap<String, (String, String)>,
    personas: PersonaNames,
    /// Ids; several where a title is that of several.
    risks: HashMap<String, Vec<String>>,
    /// As of risks.
    key_results: HashMap<String, Vec<String>>,
    drivers: HashMap<String, (String, DriverKind)>,
    stakeholders: HashMap<String, String>,
    evidence: HashMap<Named, Option<String>>,
}

impl Known {
    /// What there is. Of evidence, what those claims name and `there` does not: what a claim
    /// rested on may have gone since, and that is no reason to refuse another change of it.
    pub fn read<'n>(
        conn: &mut Conn,
        product: &ProductId,
        claims: impl IntoIterator<Item = &'n NewImpactClaim>,
        there: &[ImpactClaim],
    ) -> Result<Self, Failure> {
        let risks = risks::store::all(conn, product)?.into_iter().map(|risk| (risk.title, risk.id));
        let key_results = key_results::of_product(conn, product)?.into_iter().map(|one| (one.title, one.id));
        let drivers = drivers::store::all(conn, product)?;
        let by_name = drivers.iter().map(|driver| (driver.name_nfc.clone(), (driver.id.clone(), driver.kind)));
        let by_id = drivers.iter().map(|driver| (driver.id.clone(), (driver.id.clone(), driver.kind)));
        let people = stakeholders::store::all(conn, product)?;
        let named = people.iter().map(|one| (one.name_nfc.clone(), one.id.clone()));
        let known = people.iter().map(|one| (one.id.clone(), one.id.clone()));
        let mut all = Self {
            currency: products::store::find(conn, product)?.currency,
            items: roadmap::store::names(conn, product)?,
            components: components::store::names(conn, product)?,
            slos: slos::store::all(conn, product)?
                .into_iter()
                .flat_map(|slo| {
                    let of = (slo.key.to_string(), slo.component);
                    [(slo.id, of.clone()), (of.0.clone(), of)]
                })
                .collect(),
            personas: persona_names(conn, product)?,
            risks: titled(risks),
            key_results: titled(key_results),
            drivers: by_name.chain(by_id).collect(),
            stakeholders: named.chain(known).collect(),
            evidence: HashMap::new(),
        };
        let kept: HashSet<Named> = there.iter().flat_map(|claim| claim.evidence.value()).map(named_as).collect();
        let evidence = claims.into_iter().flat_map(|claim| &claim.evidence);
        let wanted = evidence.map(named_as).filter(|one| !kept.contains(one)).collect();
        all.look_for(conn, product, wanted)?;
        Ok(all)
    }

    fn look_for(&mut self, conn: &mut Conn, product: &ProductId, wanted: HashSet<Named>) -> Result<(), Failure> {
        let any = |kind: EvidenceKind| wanted.iter().any(|(wanted, _)| *wanted == kind);
        let incidents = match any(EvidenceKind::Incidents) {
            true => incidents::store::names(conn, product)?,
            false => HashMap::new(),
        };
        let journeys: HashSet<String> = match any(EvidenceKind::Journeys) {
            true => journeys::of_product(conn, product)?.into_iter().map(|journey| journey.id).collect(),
            false => HashSet::new(),
        };
        let check_ins: HashSet<String> = match any(EvidenceKind::CheckIns) {
            true => check_ins::of_product(conn, product)?.into_iter().map(|one| one.id).collect(),
            false => HashSet::new(),
        };
        let estimates = match any(EvidenceKind::CatalogEntities) {
            true => components::catalog::store::that_save_time(conn, product)?,
            false => Vec::new(),
        };
        for (kind, name) in wanted {
            let found = match kind {
                EvidenceKind::CatalogEntities => {
                    let reference = components::catalog::reference(&name);
                    let named = |one: &&CatalogEntity| one.entity == reference || one.id == name;
                    estimates.iter().find(named).map(|one| one.entity.clone())
                }
                EvidenceKind::Activities => {
                    there(effort::store::find_activity(conn, product, &name).map(|row| row.id))?
                }
                EvidenceKind::CostEntries => there(costs::store::find(conn, product, &name).map(|row| row.id))?,
                EvidenceKind::Incidents => incidents.get(&name).cloned(),
                EvidenceKind::Journeys => journeys.get(&name).cloned(),
                EvidenceKind::RecoveryTests => {
                    there(components::store::find_test(conn, product, &name).map(|row| row.id))?
                }
                EvidenceKind::Risks => the_one(&self.risks, &name),
                EvidenceKind::KeyResults => the_one(&self.key_results, &name),
                EvidenceKind::CheckIns => check_ins.get(&name).cloned(),
                EvidenceKind::Slos => self.slos.get(&name).map(|(key, _)| key.clone()),
                EvidenceKind::Document => Some(name.clone()),
            };
            self.evidence.insert((kind, name), found);
        }
        Ok(())
    }

    /// Puts refs, keys and ids in place of names, and sees that the claim says what it must.
    ///
    /// # Errors
    /// 422 with everything that is wrong.
    pub fn settle(&self, new: &mut NewImpactClaim) -> Result<(), Failure> {
        let mut faults = Vec::new();
        name(&mut new.roadmap_item, "/roadmap_item", &mut faults, |name| self.items.get(name).cloned());
        name(&mut new.component, "/component", &mut faults, |name| self.components.get(name).cloned());
        name(&mut new.stakeholder, "/stakeholder", &mut faults, |name| {
            self.stakeholders.get(name).or_else(|| self.stakeholders.get(&nfc(name))).cloned()
        });
        name(&mut new.value_driver, "/value_driver", &mut faults, |name| self.driver(name).map(|(id, _)| id.clone()));
        self.settle_inputs(new, &mut faults);
        self.settle_lists(new, &mut faults);
        let wanted = new.method.and_then(ImpactMethod::driver);
        let there = new.value_driver.as_deref().and_then(|name| self.driver(name));
        if let (Some(wanted), Some((_, kind))) = (wanted, there)
            && *kind != wanted
        {
            let detail = format!("this method is computed with a driver of the kind {wanted}, not {kind}");
            faults.push(Fault::at("/value_driver", "other_kind", detail));
        }
        faults.extend(new.faults(self.currency));
        Failure::unless_empty(faults)
    }

    fn driver(&self, name: &str) -> Option<&(String, DriverKind)> {
        self.drivers.get(name).or_else(|| self.drivers.get(&nfc(name)))
    }

    fn settle_inputs(&self, new: &mut NewImpactClaim, faults: &mut Vec<Fault>) {
        let inputs = &mut new.inputs;
        name(&mut inputs.component, "/inputs/component", faults, |name| self.components.get(name).cloned());
        name(&mut inputs.slo, "/inputs/slo", faults, |name| self.slos.get(name).map(|(key, _)| key.clone()));
        name(&mut inputs.persona, "/inputs/persona", faults, |name| self.personas.id_of(name).map(ToOwned::to_owned));
        for (input, pointer, all, what) in [
            (&mut inputs.risk, "/inputs/risk", &self.risks, "risks"),
            (&mut inputs.key_result, "/inputs/key_result", &self.key_results, "key results"),
        ] {
            if input.as_ref().and_then(|title| all.get(title)).is_some_and(|ids| ids.len() > 1) {
                let detail = format!("several {what} have that title: name it by its id");
                faults.push(Fault::at(pointer, "ambiguous", detail));
            } else {
                name(input, pointer, faults, |title| the_one(all, title));
            }
        }
        let of = inputs.slo.as_ref().and_then(|slo| self.slos.get(slo));
        if let (Some(component), Some((_, of))) = (&inputs.component, of)
            && component != of
        {
            faults.push(Fault::at("/inputs/slo", "other_component", format!("this is a promise about {of}")));
        }
    }

    fn settle_lists(&self, new: &mut NewImpactClaim, faults: &mut Vec<Fault>) {
        for (at, evidence) in new.evidence.iter_mut().enumerate() {
            if evidence.kind == EvidenceKind::CatalogEntities && evidence.grade != EvidenceGrade::Asserted {
                let detail = "an estimate of its authors is asserted, whatever it says";
                faults.push(Fault::at(format!("/evidence/{at}/grade"), "not_suited", detail));
            }
            match self.evidence.get(&named_as(evidence)) {
                Some(Some(found)) => evidence.reference.clone_from(found),
                Some(None) => faults.push(Fault::unknown_reference(format!("/evidence/{at}/ref"))),
                // Not looked for: a claim that is there names it.
                None => {}
            }
        }
        for (at, reinvested) in new.reinvested_in.iter_mut().enumerate() {
            match self.items.get(&reinvested.roadmap_item) {
                Some(found) => reinvested.roadmap_item.clone_from(found),
                None => faults.push(Fault::unknown_reference(format!("/reinvested_in/{at}/roadmap_item"))),
            }
        }
    }
}

/// Ids by title and by themselves, which comes first. Titles need not be unique.
fn titled(rows: impl Iterator<Item = (String, String)>) -> HashMap<String, Vec<String>> {
    let mut titled: HashMap<String, Vec<String>> = HashMap::new();
    let mut ids = Vec::new();
    for (title, id) in rows {
        titled.entry(title).or_default().push(id.clone());
        ids.push((id.clone(), vec![id]));
    }
    titled.extend(ids);
    titled
}

fn the_one(all: &HashMap<String, Vec<String>>, name: &str) -> Option<String> {
    match all.get(name).map(Vec::as_slice) {
        Some([id]) => Some(id.clone()),
        _ => None,
    }
}

/// Puts what it is kept as in place of what it is called.
fn name(property: &mut Option<String>, pointer: &str, faults: &mut Vec<Fault>, find: impl Fn(&str) -> Option<String>) {
    let Some(called) = property else { return };
    match find(called) {
        Some(found) => *called = found,
        None => faults.push(Fault::unknown_reference(pointer)),
    }
}

fn there(found: Result<String, Failure>) -> Result<Option<String>, Failure> {
    match found {
        Ok(id) => Ok(Some(id)),
        Err(Failure::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}
