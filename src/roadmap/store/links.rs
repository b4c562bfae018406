//! What an item is linked to: objectives, personas, components, SLOs, incidents, feedback, risks and other items.

use super::super::{ItemRef, NewRoadmapItem, RoadmapItem};
use crate::{
    components::{self, cycle},
    feedback::{self, store::FeedbackNames},
    incidents,
    kernel::{
        auth::ProductId,
        db::{Conn, Tx},
        failure::{Failure, Fault},
        schema::{
            roadmap_components, roadmap_dependencies, roadmap_feedback, roadmap_incidents, roadmap_items,
            roadmap_objectives, roadmap_personas, roadmap_risks, roadmap_slos, slos,
        },
        text::Words,
    },
    objectives::{self, store::ObjectiveNames},
    personas::{self, store::PersonaNames},
    risks::{self, store::RiskNames},
};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The refs of all items by what they may be called: ref or id.
pub fn names(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, String>, Failure> {
    let rows = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .select((roadmap_items::id, roadmap_items::item_ref))
        .load::<(String, String)>(conn)?;
    Ok(rows.into_iter().flat_map(|(id, name)| [(id, name.clone()), (name.clone(), name)]).collect())
}

/// The ref of the item that a request names by ref or id; none where it names none.
///
/// # Errors
/// 422 at `/roadmap_item` when there is no such item.
pub fn resolve(conn: &mut Conn, product: &ProductId, name: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let found: Option<String> = roadmap_items::table
        .filter(roadmap_items::product_id.eq(product.as_str()))
        .filter(roadmap_items::item_ref.eq(name).or(roadmap_items::id.eq(name)))
        .select(roadmap_items::item_ref)
        .first(conn)
        .optional()?;
    found.map(Some).ok_or_else(|| Failure::Invalid(vec![Fault::unknown_reference("/roadmap_item")]))
}

/// # Errors
/// 422 for an item that is not among the refs of [`names`]; none at all is fine.
pub fn require_known(names: &HashMap<String, String>, item: Option<&str>) -> Result<(), Failure> {
    match item {
        Some(name) if names.get(name).is_none_or(|known| known != name) => {
            Err(Failure::Invalid(vec![Fault::unknown_reference("/roadmap_item")]))
        }
        _ => Ok(()),
    }
}

/// What can be linked to, each by what it may be called.
#[derive(Default)]
pub struct Known {
    objectives: ObjectiveNames,
    /// None where no persona is wanted.
    personas: Option<PersonaNames>,
    components: HashMap<String, String>,
    slos: HashMap<String, String>,
    incidents: HashMap<String, String>,
    /// None where no feedback is answered.
    feedback: Option<FeedbackNames>,
    risks: RiskNames,
    pub items: HashMap<String, String>,
}

impl Known {
    /// Everything, for a file.
    pub fn all(conn: &mut Conn, product: &ProductId) -> Result<Self, Failure> {
        Ok(Self {
            objectives: objectives::store::names(conn, product)?,
            personas: Some(personas::store::names(conn, product)?),
            components: components::store::names(conn, product)?,
            slos: slo_names(conn, product)?,
            incidents: incidents::store::names(conn, product)?,
            feedback: Some(feedback::store::names(conn, product)?),
            risks: risks::store::names(conn, product)?,
            items: names(conn, product)?,
        })
    }

    /// What some items need.
    pub fn for_items(conn: &mut Conn, product: &ProductId, wanted: &[&NewRoadmapItem]) -> Result<Self, Failure> {
        type Names = fn(&mut Conn, &ProductId) -> Result<HashMap<String, String>, Failure>;
        let mut names_if = |wanted: bool, names: Names| match wanted {
            true => names(conn, product),
            false => Ok(HashMap::new()),
        };
        let words = |of: fn(&NewRoadmapItem) -> &Words| wanted.iter().any(|new| of(new).iter().next().is_some());
        let none = |of: fn(&NewRoadmapItem) -> &Vec<String>| wanted.iter().all(|new| of(new).is_empty());
        Ok(Self {
            components: names_if(words(|new| &new.components), components::store::names)?,
            slos: names_if(words(|new| &new.slos), slo_names)?,
            incidents: names_if(words(|new| &new.incidents), incidents::store::names)?,
            items: names_if(words(|new| &new.depends_on), names)?,
            objectives: match none(|new| &new.objectives) {
                true => ObjectiveNames::default(),
                false => objectives::store::names(conn, product)?,
            },
            feedback: match none(|new| &new.feedback) {
                true => None,
                false => Some(feedback::store::names(conn, product)?),
            },
            risks: match none(|new| &new.risks) {
                true => RiskNames::default(),
                false => risks::store::names(conn, product)?,
            },
            personas: match none(|new| &new.personas) {
                true => None,
                false => Some(personas::store::names(conn, product)?),
            },
        })
    }

    /// Puts keys, refs and ids in place of the names that were given, each once and in order.
    ///
    /// # Errors
    /// 422 for each that there is not.
    pub fn settle(&self, new: &mut NewRoadmapItem) -> Result<(), Failure> {
        let mut faults = Vec::new();
        let objective = |name: &str| self.objectives.id_of(name).map(ToOwned::to_owned);
        let given = new.objectives.iter().map(String::as_str);
        new.objectives = told(given, objective, "objectives", &mut faults).into_iter().collect();
        let persona = |name: &str| self.personas.as_ref()?.id_of(name).map(ToOwned::to_owned);
        let given = new.personas.iter().map(String::as_str);
        new.personas = told(given, persona, "personas", &mut faults).into_iter().collect();
        let said = |name: &str| self.feedback.as_ref()?.id_of(name).map(ToOwned::to_owned);
        let given = new.feedback.iter().map(String::as_str);
        new.feedback = told(given, said, "feedback", &mut faults).into_iter().collect();
        let risk = |name: &str| self.risks.id_of(name).map(ToOwned::to_owned);
        let given = new.risks.iter().map(String::as_str);
        new.risks = told(given, risk, "risks", &mut faults).into_iter().collect();
        for (words, known, property) in [
            (&mut new.components, &self.components, "components"),
            (&mut new.slos, &self.slos, "slos"),
            (&mut new.incidents, &self.incidents, "incidents"),
            (&mut new.depends_on, &self.items, "depends_on"),
        ] {
            *words = told(words.iter(), |name| known.get(name).cloned(), property, &mut faults).into_iter().collect();
        }
        Failure::unless_empty(faults)
    }
}

fn told<'a>(
    names: impl Iterator<Item = &'a str>,
    known: impl Fn(&str) -> Option<String>,
    property: &str,
    faults: &mut Vec<Fault>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, name) in names.enumerate() {
        match known(name) {
            Some(name) => {
                found.insert(name);
            }
            None => faults.push(Fault::unknown_reference(format!("/{property}/{at}"))),
        }
    }
    found
}

fn slo_names(conn: &mut Conn, product: &ProductId) -> Result<HashMap<String, String>, Failure> {
    let rows = slos::table
        .filter(slos::product_id.eq(product.as_str()))
        .select((slos::id, slos::key))
        .load::<(String, String)>(conn)?;
    Ok(rows.into_iter().flat_map(|(id, key)| [(id, key.clone()), (key.clone(), key)]).collect())
}

/// Which item needs which.
pub fn needs(conn: &mut Conn, product: &ProductId) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let edges = roadmap_dependencies::table
        .filter(roadmap_dependencies::product_id.eq(product.as_str()))
        .select((roadmap_dependencies::roadmap_item, roadmap_dependencies::depends_on))
        .load::<(String, String)>(conn)?;
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (item, needed) in edges {
        needs.entry(item).or_default().insert(needed);
    }
    Ok(needs)
}

/// # Errors
/// 409 that names every ref on the cycle that an item would close.
pub fn require_no_cycle(
    tx: &mut Tx<'_>,
    product: &ProductId,
    reference: &ItemRef,
    new: &NewRoadmapItem,
) -> Result<(), Failure> {
    if new.depends_on.iter().next().is_none() {
        return Ok(());
    }
    let mut needs = needs(tx, product)?;
    needs.insert(reference.to_string(), new.depends_on.iter().map(ToOwned::to_owned).collect());
    match cycle(&needs) {
        Some(refs) => Err(Failure::conflict("cycle", format!("this would close a cycle: {}", refs.join(" → ")))),
        None => Ok(()),
    }
}

/// Whether two states of an item are linked to other things.
pub fn differ(before: &RoadmapItem, after: &RoadmapItem) -> bool {
    let links = |item: &RoadmapItem| {
        [
            &item.objectives,
            &item.personas,
            &item.components,
            &item.slos,
            &item.incidents,
            &item.feedback,
            &item.risks,
            &item.depends_on,
        ]
        .map(Words::clone)
    };
    links(before) != links(after)
}

/// Puts an item's links in place of those that are there.
pub fn write(tx: &mut Tx<'_>, item: &RoadmapItem) -> Result<(), Failure> {
    clear(tx, item)?;
    for objective in item.objectives.iter() {
        let link = (
            roadmap_objectives::product_id.eq(&item.product_id),
            roadmap_objectives::roadmap_item.eq(&item.reference),
            roadmap_objectives::objective.eq(objective),
        );
        diesel::insert_into(roadmap_objectives::table).values(link).execute(&mut **tx)?;
    }
    for persona in item.personas.iter() {
        let link = (
            roadmap_personas::product_id.eq(&item.product_id),
            roadmap_personas::roadmap_item.eq(&item.reference),
            roadmap_personas::persona.eq(persona),
        );
        diesel::insert_into(roadmap_personas::table).values(link).execute(&mut **tx)?;
    }
    for component in item.components.iter() {
        let link = (
            roadmap_components::product_id.eq(&item.product_id),
            roadmap_components::roadmap_item.eq(&item.reference),
            roadmap_components::component.eq(component),
        );
        diesel::insert_into(roadmap_components::table).values(link).execute(&mut **tx)?;
    }
    for slo in item.slos.iter() {
        let link = (
            roadmap_slos::product_id.eq(&item.product_id),
            roadmap_slos::roadmap_item.eq(&item.reference),
            roadmap_slos::slo.eq(slo),
        );
        diesel::insert_into(roadmap_slos::table).values(link).execute(&mut **tx)?;
    }
    for incident in item.incidents.iter() {
        let link = (
            roadmap_incidents::product_id.eq(&item.product_id),
            roadmap_incidents::roadmap_item.eq(&item.reference),
            roadmap_incidents::incident.eq(incident),
        );
        diesel::insert_into(roadmap_incidents::table).values(link).execute(&mut **tx)?;
    }
    for said in item.feedback.iter() {
        let link = (
            roadmap_feedback::product_id.eq(&item.product_id),
            roadmap_feedback::roadmap_item.eq(&item.reference),
            roadmap_feedback::feedback.eq(said),
        );
        diesel::insert_into(roadmap_feedback::table).values(link).execute(&mut **tx)?;
    }
    for risk in item.risks.iter() {
        let link = (
            roadmap_risks::product_id.eq(&item.product_id),
            roadmap_risks::roadmap_item.eq(&item.reference),
            roadmap_risks::risk.eq(risk),
        );
        diesel::insert_into(roadmap_risks::table).values(link).execute(&mut **tx)?;
    }
    for needed in item.depends_on.iter() {
        let link = (
            roadmap_dependencies::product_id.eq(&item.product_id),
            roadmap_dependencies::roadmap_item.eq(&item.reference),
            roadmap_dependencies::depends_on.eq(needed),
        );
        diesel::insert_into(roadmap_dependencies::table).values(link).execute(&mut **tx)?;
    }
    Ok(())
}

/// Takes away what an item is linked to.
pub fn clear(tx: &mut Tx<'_>, item: &RoadmapItem) -> Result<(), Failure> {
    let (product, name) = (&item.product_id, &item.reference);
    let linked_objectives = roadmap_objectives::table
        .filter(roadmap_objectives::product_id.eq(product))
        .filter(roadmap_objectives::roadmap_item.eq(name));
    diesel::delete(linked_objectives).execute(&mut **tx)?;
    let linked_personas = roadmap_personas::table
        .filter(roadmap_personas::product_id.eq(product))
        .filter(roadmap_personas::roadmap_item.eq(name));
    diesel::delete(linked_personas).execute(&mut **tx)?;
    let linked_components = roadmap_components::table
        .filter(roadmap_components::product_id.eq(product))
        .filter(roadmap_components::roadmap_item.eq(name));
    diesel::delete(linked_components).execute(&mut **tx)?;
    let linked_slos =
        roadmap_slos::table.filter(roadmap_slos::product_id.eq(product)).filter(roadmap_slos::roadmap_item.eq(name));
    diesel::delete(linked_slos).execute(&mut **tx)?;
    let linked_incidents = roadmap_incidents::table
        .filter(roadmap_incidents::product_id.eq(product))
        .filter(roadmap_incidents::roadmap_item.eq(name));
    diesel::delete(linked_incidents).execute(&mut **tx)?;
    let answered = roadmap_feedback::table
        .filter(roadmap_feedback::product_id.eq(product))
        .filter(roadmap_feedback::roadmap_item.eq(name));
    diesel::delete(answered).execute(&mut **tx)?;
    let lessened =
        roadmap_risks::table.filter(roadmap_risks::product_id.eq(product)).filter(roadmap_risks::roadmap_item.eq(name));
    diesel::delete(lessened).execute(&mut **tx)?;
    let needed = roadmap_dependencies::table
        .filter(roadmap_dependencies::product_id.eq(product))
        .filter(roadmap_dependencies::roadmap_item.eq(name));
    diesel::delete(needed).execute(&mut **tx)?;
    Ok(())
}
