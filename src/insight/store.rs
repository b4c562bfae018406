//! Putting the chain together from the chapters' own stores.

use super::{Chain, Node, Trace, TraceKind, purpose, upkeep};
use crate::{
    components, decisions, effort,
    impact::{ImpactClaim, claims, drivers, totals::store::Worths, value},
    incidents,
    kernel::{auth::ProductId, clock::Instant, db::Conn, failure::Failure, month::Month},
    personas, risks,
    roadmap::{self, RoadmapItem},
    slos, stakeholders,
};
use std::collections::BTreeSet;

/// The chain both ways from a row: by the path's word of its kind, and its key, ref or id.
///
/// # Errors
/// 404 when there is no such row.
pub fn trace(conn: &mut Conn, product: &ProductId, now: Instant, kind: TraceKind, id: &str) -> Result<Trace, Failure> {
    let chain = chain(conn, product, now, (kind, id))?;
    let id = match kind {
        // These are called by what does not change; a request may give the id as well.
        TraceKind::Component => components::store::find(conn, product, id)?.key.to_string(),
        TraceKind::Slo => slos::store::find(conn, product, id)?.key.to_string(),
        TraceKind::Item => roadmap::store::find(conn, product, id)?.reference.to_string(),
        TraceKind::CatalogEntity => components::catalog::store::find(conn, product, id)?.entity.entity,
        TraceKind::Costs => components::store::find(conn, product, id)?.key.to_string(),
        TraceKind::Vision | TraceKind::Strategy if id == "current" => {
            chain.latest(kind).ok_or(Failure::NotFound)?.to_string()
        }
        _ => id.to_owned(),
    };
    chain.find(kind, &id).map(|node| chain.trace(node)).ok_or(Failure::NotFound)
}

/// The same number of statements for however many rows there are.
fn chain(conn: &mut Conn, product: &ProductId, now: Instant, asked: (TraceKind, &str)) -> Result<Chain, Failure> {
    let mut chain = Chain::default();
    rows(conn, product, &mut chain)?;
    purpose::link(conn, product, now, &mut chain)?;
    for item in roadmap::store::all(conn, product)? {
        link_item(&mut chain, &item);
    }
    for driver in drivers::store::all(conn, product)? {
        let node = Node::new("value-drivers", &driver.id);
        if let Some(stakeholder) = &driver.stakeholder {
            chain.link(&Node::new("stakeholders", stakeholder), &node);
        }
        driver.components.iter().for_each(|key| chain.link(&node, &Node::new("components", key)));
        driver.slos.iter().for_each(|key| chain.link(&node, &Node::new("slos", key)));
        chain.name(node, driver.name);
    }
    for decision in decisions::store::all(conn, product)? {
        let node = Node::new("decisions", &decision.id);
        if let Some(stakeholder) = &decision.stakeholder {
            chain.link(&Node::new("stakeholders", stakeholder), &node);
        }
        chain.name(node, decision.question);
    }
    let (claims, values) = worth(conn, product, now)?;
    for claim in &claims {
        link_claim(&mut chain, claim);
        for row in values.get(&claim.id).into_iter().flatten().flat_map(|month| &month.rows) {
            link_evidence(&mut chain, claim, &row.kind, &row.id);
        }
    }
    let mut entries: BTreeSet<String> = chain.named_of(TraceKind::CostEntry);
    entries.extend((asked.0 == TraceKind::CostEntry).then(|| asked.1.to_owned()));
    upkeep::link(conn, product, now, &entries, &mut chain)?;
    Ok(chain)
}

/// Every claim, and what each comes to in the months of it that have begun, by its id.
pub fn worth(conn: &mut Conn, product: &ProductId, now: Instant) -> Result<Worths, Failure> {
    let claims = claims::store::all(conn, product)?;
    let months: Vec<Month> =
        match (claims.iter().map(|claim| claim.from).min(), claims.iter().map(|claim| claim.to).max()) {
            (Some(first), Some(end)) => first.up_to(end.min(Month::of(now.utc().date_naive()).plus(2))).collect(),
            _ => Vec::new(),
        };
    let values = value::store::of_product(conn, product, now, &claims, &months)?;
    Ok((claims, values))
}

/// What a claim rests on, by the path's word; a document that is kept elsewhere is none of our rows.
fn link_evidence(chain: &mut Chain, claim: &ImpactClaim, kind: &str, id: &str) {
    if let Ok(kind) = kind.parse::<TraceKind>() {
        chain.link(&Node::new("impact-claims", &claim.id), &Node::new(kind.as_text(), id));
    }
}

/// What stands below claims and items: the rows of the chapters, each above its component.
fn rows(conn: &mut Conn, product: &ProductId, chain: &mut Chain) -> Result<(), Failure> {
    let component = |key: &str| Node::new("components", key);
    for row in components::store::all(conn, product)? {
        chain.name(component(row.key.as_text()), row.name);
    }
    for row in components::catalog::store::that_save_time(conn, product)? {
        let node = Node::new("catalog-entities", &row.entity);
        row.component.iter().for_each(|key| chain.link(&node, &component(key.as_text())));
        let minutes = row.time_saved_minutes.unwrap_or_default();
        let title = row.title.unwrap_or(row.name);
        chain.name(node, format!("{title}: {minutes} minutes saved a use, by its authors' estimate"));
    }
    for row in slos::store::all(conn, product)? {
        let node = Node::new("slos", row.key.as_text());
        chain.link(&node, &component(&row.component));
        chain.name(node, row.name);
    }
    for row in incidents::store::all(conn, product)? {
        let node = Node::new("incidents", &row.id);
        row.components.iter().for_each(|key| chain.link(&node, &component(key)));
        chain.name(node, row.title);
    }
    for row in risks::store::all(conn, product)? {
        let node = Node::new("risks", &row.id);
        chain.link(&node, &component(&row.component));
        chain.name(node, row.title);
    }
    for row in risks::store::assessments(conn, product)? {
        let node = Node::new("risk-assessments", &row.id);
        chain.link(&node, &Node::new("risks", &row.risk));
        chain.name(node, format!("as of {}", row.on));
    }
    for row in personas::store::all(conn, product)? {
        chain.name(Node::new("personas", &row.id), row.name);
    }
    for row in personas::store::journeys::of_product(conn, product)? {
        let node = Node::new("journeys", &row.id);
        chain.link(&Node::new("personas", &row.persona), &node);
        chain.link(&node, &component(&row.component));
        chain.name(node, format!("{}, {}", row.task, row.on));
    }
    for row in personas::store::populations::of_product(conn, product)? {
        let node = Node::new("populations", &row.id);
        chain.link(&Node::new("personas", &row.persona), &node);
        chain.name(node, format!("{} from {}", row.people, row.valid_from));
    }
    for row in stakeholders::store::all(conn, product)? {
        chain.name(Node::new("stakeholders", &row.id), row.name);
    }
    for row in effort::store::all_activities(conn, product)? {
        let node = Node::new("activities", &row.id);
        row.component.iter().for_each(|key| chain.link(&node, &component(key)));
        if let Some(item) = &row.roadmap_item {
            chain.link(&Node::new("roadmap-items", item), &node);
        }
        if let Some(incident) = &row.incident {
            chain.link(&node, &Node::new("incidents", incident));
        }
        chain.name(node, row.summary);
    }
    Ok(())
}

fn link_item(chain: &mut Chain, item: &RoadmapItem) {
    let node = Node::new("roadmap-items", item.reference.as_text());
    item.objectives.iter().for_each(|id| chain.link(&Node::new("objectives", id), &node));
    item.personas.iter().for_each(|id| chain.link(&Node::new("personas", id), &node));
    item.feedback.iter().for_each(|id| chain.link(&Node::new("feedback", id), &node));
    item.components.iter().for_each(|key| chain.link(&node, &Node::new("components", key)));
    item.slos.iter().for_each(|key| chain.link(&node, &Node::new("slos", key)));
    item.incidents.iter().for_each(|id| chain.link(&node, &Node::new("incidents", id)));
    item.risks.iter().for_each(|id| chain.link(&node, &Node::new("risks", id)));
    chain.name(node, item.title.clone());
}

fn link_claim(chain: &mut Chain, claim: &ImpactClaim) {
    let node = Node::new("impact-claims", &claim.id);
    let upper = [
        ("roadmap-items", &claim.roadmap_item),
        ("value-drivers", &claim.value_driver),
        ("stakeholders", &claim.stakeholder),
        ("personas", &claim.inputs.persona),
    ];
    let lower = [
        ("components", &claim.component),
        ("components", &claim.inputs.component),
        ("slos", &claim.inputs.slo),
        ("risks", &claim.inputs.risk),
        ("key-results", &claim.inputs.key_result),
    ];
    for (kind, id) in upper {
        id.iter().for_each(|id| chain.link(&Node::new(kind, id.as_str()), &node));
    }
    for (kind, id) in lower {
        id.iter().for_each(|id| chain.link(&node, &Node::new(kind, id.as_str())));
    }
    claim.evidence.value().iter().for_each(|one| link_evidence(chain, claim, one.kind.as_text(), &one.reference));
    chain.name(node, claim.title.clone());
}
