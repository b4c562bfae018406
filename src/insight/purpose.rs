//! What work is for: from the vision down to the quarter's figures, and what the people say for whom it is done.

use super::{Chain, Node};
use crate::{
    components,
    direction::{self, Strategy, Vision},
    feedback,
    kernel::{auth::ProductId, clock::Instant, db::Conn, failure::Failure},
    objectives, principles, surveys,
};
use chrono::Days;

/// Adds the vision, the strategy, objectives and how they are measured, principles, feedback and surveys.
pub fn link(conn: &mut Conn, product: &ProductId, now: Instant, chain: &mut Chain) -> Result<(), Failure> {
    documents(conn, product, chain)?;
    goals(conn, product, chain)?;
    voices(conn, product, chain)?;
    // A day more than the present one, so that it is over nowhere.
    let day = now.utc().date_naive() + Days::new(1);
    for row in principles::store::all(conn, product)? {
        chain.name(Node::new("principles", &row.id), row.statement);
    }
    for row in principles::store::adherence::until(conn, product, day)? {
        chain.link(&Node::new("principles", &row.principle), &Node::new("components", &row.component));
    }
    for row in components::store::tests_until(conn, product, day)? {
        let node = Node::new("recovery-tests", &row.id);
        chain.link(&node, &Node::new("components", &row.component));
        chain.name(node, format!("{} on {}: {}", row.scenario, row.on, row.result));
    }
    Ok(())
}

/// Every published version of both. A strategy hangs on each vision that held while it did.
fn documents(conn: &mut Conn, product: &ProductId, chain: &mut Chain) -> Result<(), Failure> {
    let visions = direction::store::versions::<Vision>(conn, product)?;
    let strategies = direction::store::versions::<Strategy>(conn, product)?;
    let held = |at: &[Option<Instant>]| -> Vec<(Option<Instant>, Option<Instant>)> {
        (0..at.len()).map(|index| (at[index], at.get(index + 1).copied().flatten())).collect()
    };
    let visions_held = held(&visions.iter().map(|one| one.published_at).collect::<Vec<_>>());
    let strategies_held = held(&strategies.iter().map(|one| one.published_at).collect::<Vec<_>>());
    let node = |kind, number: Option<i64>| Node::new(kind, number.unwrap_or_default().to_string());
    for (strategy, (begins, ends)) in strategies.iter().zip(&strategies_held) {
        for (vision, (began, ended)) in visions.iter().zip(&visions_held) {
            let before = |one: &Option<Instant>, end: &Option<Instant>| end.is_none() || one < end;
            if before(began, ends) && before(begins, ended) {
                chain.link(&node("vision", vision.version_number), &node("strategy", strategy.version_number));
            }
        }
    }
    for vision in visions {
        chain.name(node("vision", vision.version_number), beginning(&vision.statement));
    }
    for strategy in strategies {
        chain.name(node("strategy", strategy.version_number), beginning(&strategy.guiding_policy));
    }
    Ok(())
}

fn goals(conn: &mut Conn, product: &ProductId, chain: &mut Chain) -> Result<(), Failure> {
    for row in objectives::store::all(conn, product)? {
        let node = Node::new("objectives", &row.id);
        if let Some(number) = row.strategy_version {
            chain.link(&Node::new("strategy", number.to_string()), &node);
        }
        chain.name(node, row.title);
    }
    for row in objectives::store::key_results::of_product(conn, product)? {
        let node = Node::new("key-results", &row.id);
        chain.link(&Node::new("objectives", &row.objective), &node);
        chain.name(node, row.title);
    }
    for row in objectives::store::check_ins::of_product(conn, product)? {
        let node = Node::new("check-ins", &row.id);
        chain.link(&Node::new("key-results", &row.key_result), &node);
        chain.name(node, format!("{} on {}", row.value, row.on));
    }
    Ok(())
}

/// Feedback hangs on the persona that speaks, and what says the same hangs above what counts in its place.
fn voices(conn: &mut Conn, product: &ProductId, chain: &mut Chain) -> Result<(), Failure> {
    let persona = |id: &str| Node::new("personas", id);
    for row in feedback::store::all(conn, product)? {
        let node = Node::new("feedback", &row.id);
        row.persona.iter().for_each(|id| chain.link(&persona(id), &node));
        row.duplicate_of.iter().for_each(|id| chain.link(&node, &Node::new("feedback", id)));
        row.component.iter().for_each(|key| chain.link(&node, &Node::new("components", key)));
        chain.name(node, beginning(&row.text));
    }
    for row in surveys::store::all(conn, product)? {
        let node = Node::new("surveys", &row.id);
        row.persona.iter().for_each(|id| chain.link(&persona(id), &node));
        chain.name(node, format!("{}, {}", row.question, row.period));
    }
    Ok(())
}

/// The first line of a long text, and not all of a long line.
fn beginning(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

/// How many characters of a text stand for it.
const LONGEST: usize = 240;
