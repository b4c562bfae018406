//! Gathering the chain's page from the chapters' own stores.

use super::{
    ChainGroupKey, ChainNode, ChainView,
    select::{Candidate, End, select},
};
use crate::{
    direction::{self, Strategy, Vision},
    feedback,
    impact::{
        Benefit, ImpactClaim, drivers,
        value::{MonthValue, Standing},
    },
    insight::{markup, store::worth},
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Conn,
        failure::Failure,
        http::page::capitalised,
        money::{Currency, Money},
    },
    objectives::{self, ObjectiveStatus},
    personas,
    products::Product,
    roadmap::{self, ItemStatus},
    stakeholders,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The chain as it is on a day, with at most `limit` rows a column. Read it in a snapshot.
pub fn read(
    conn: &mut Conn,
    product: &Product,
    (now, today): (Instant, NaiveDate),
    limit: usize,
) -> Result<ChainView, Failure> {
    let id = product.product_id();
    let mut gathered = Gathered::default();
    goals(conn, &id, &mut gathered)?;
    people(conn, &id, today, &mut gathered)?;
    items(conn, &id, &mut gathered)?;
    value(conn, &id, now, product.currency, &mut gathered)?;
    gathered.links.retain(|(from, to)| gathered.there.contains(from) && gathered.there.contains(to));
    let (groups, edges) = select(&gathered.all, &gathered.links, limit);
    Ok(ChainView { on: today, groups, edges })
}

#[derive(Default)]
struct Gathered {
    all: Vec<Candidate>,
    there: BTreeSet<End>,
    links: BTreeSet<(End, End)>,
}

impl Gathered {
    /// `order` decides among rows that lead to as much: the least first.
    fn add(&mut self, end: &End, (title, standing): (String, String), order: String, accepted: Vec<Money>) {
        let node = ChainNode { kind: end.1.clone(), id: end.2.clone(), title, standing, accepted };
        self.there.insert(end.clone());
        self.all.push(Candidate { group: end.0, node, order });
    }

    fn link(&mut self, from: &End, to: &End) {
        self.links.insert((from.clone(), to.clone()));
    }
}

fn end(group: ChainGroupKey, kind: &str, id: &str) -> End {
    (group, kind.to_owned(), id.to_owned())
}

fn goals(conn: &mut Conn, product: &ProductId, gathered: &mut Gathered) -> Result<(), Failure> {
    use ChainGroupKey::{Objectives, Strategy as StrategyGroup, Vision as VisionGroup};
    let number = |number: Option<i64>| number.unwrap_or_default().to_string();
    let vision = direction::store::current::<Vision>(conn, product)?.map(|vision| {
        let end = end(VisionGroup, "vision", &number(vision.version_number));
        let standing = format!("version {}", end.2);
        gathered.add(&end, (vision.statement, standing), String::new(), Vec::new());
        end
    });
    let strategy = direction::store::current::<Strategy>(conn, product)?.map(|strategy| {
        let end = end(StrategyGroup, "strategy", &number(strategy.version_number));
        let standing = format!("version {}", end.2);
        gathered.add(&end, (strategy.guiding_policy, standing), String::new(), Vec::new());
        end
    });
    if let (Some(vision), Some(strategy)) = (&vision, &strategy) {
        gathered.link(vision, strategy);
    }
    for one in objectives::store::all(conn, product)? {
        if matches!(one.status, ObjectiveStatus::Dropped | ObjectiveStatus::Draft) {
            continue;
        }
        let end = end(Objectives, "objectives", &one.id);
        // What was set under an earlier strategy hangs on that one, which is not on the page.
        if let Some(strategy) =
            strategy.as_ref().filter(|it| one.strategy_version.map(|it| it.to_string()).as_ref() == Some(&it.2))
        {
            gathered.link(strategy, &end);
        }
        let order = format!("{} {}", u8::from(one.status != ObjectiveStatus::Active), reversed(one.period.as_text()));
        gathered.add(&end, (one.title, format!("{}, {}", one.period, one.status)), order, Vec::new());
    }
    Ok(())
}

/// Text that sorts the other way round, for what is of one length: the latest first.
fn reversed(text: &str) -> String {
    text.bytes().map(|byte| char::from(0x7e - byte.saturating_sub(0x20).min(0x5e))).collect()
}

fn people(conn: &mut Conn, product: &ProductId, today: NaiveDate, gathered: &mut Gathered) -> Result<(), Failure> {
    use ChainGroupKey::{ForWhom, Stakeholders};
    for one in personas::store::all(conn, product)? {
        if one.retired_on.is_none_or(|on| on > today) {
            let end = end(ForWhom, "personas", &one.id);
            gathered.add(&end, (one.name.clone(), "persona".to_owned()), format!("0 {}", one.name), Vec::new());
        }
    }
    // Of what says the same the original stands for all.
    for one in feedback::store::all(conn, product)?.into_iter().filter(|one| one.duplicate_of.is_none()) {
        let end = end(ForWhom, "feedback", &one.id);
        let votes = usize::try_from(one.votes).unwrap_or(0);
        let standing = format!("{}, {}", one.kind, markup::counted(votes, "vote", "votes"));
        let order = format!("1 {:09}", 999_999_999 - votes.min(999_999_999));
        gathered.add(&end, (one.text, standing), order, Vec::new());
    }
    for one in stakeholders::store::all(conn, product)? {
        if one.retired_on.is_none_or(|on| on > today) {
            let end = end(Stakeholders, "stakeholders", &one.id);
            gathered.add(&end, (one.name.clone(), one.group.to_string()), one.name, Vec::new());
        }
    }
    Ok(())
}

fn items(conn: &mut Conn, product: &ProductId, gathered: &mut Gathered) -> Result<(), Failure> {
    use ChainGroupKey::{ForWhom, Objectives, RoadmapItems};
    for item in roadmap::store::all(conn, product)? {
        let order = match item.status {
            ItemStatus::InProgress => 0,
            ItemStatus::Planned => 1,
            ItemStatus::Shipped => 2,
            ItemStatus::Idea => 3,
            ItemStatus::Dropped => continue,
        };
        let end_of = end(RoadmapItems, "roadmap-items", item.reference.as_text());
        item.objectives.iter().for_each(|id| gathered.link(&end(Objectives, "objectives", id), &end_of));
        item.personas.iter().for_each(|id| gathered.link(&end(ForWhom, "personas", id), &end_of));
        item.feedback.iter().for_each(|id| gathered.link(&end(ForWhom, "feedback", id), &end_of));
        let standing = format!("{}, {}", item.reference, markup::words(item.status.as_text()));
        gathered.add(&end_of, (item.title, standing), format!("{order} {}", item.rank), Vec::new());
    }
    Ok(())
}

fn value(
    conn: &mut Conn,
    product: &ProductId,
    now: Instant,
    currency: Currency,
    gathered: &mut Gathered,
) -> Result<(), Failure> {
    use ChainGroupKey::{Benefits, ImpactClaims, RoadmapItems, Stakeholders, ValueDrivers};
    let (claims, values) = worth(conn, product, now)?;
    let mut benefits: BTreeMap<Benefit, Sums> = BTreeMap::new();
    for claim in claims {
        let end_of = end(ImpactClaims, "impact-claims", &claim.id);
        let months = values.get(&claim.id).map(Vec::as_slice).unwrap_or_default();
        let parts = accepted(&claim, months, currency);
        benefits.entry(claim.benefit).or_default();
        gathered.link(&end_of, &end(Benefits, "benefits", claim.benefit.as_text()));
        for (benefit, sums) in &parts {
            gathered.link(&end_of, &end(Benefits, "benefits", benefit.as_text()));
            let all = benefits.entry(*benefit).or_default();
            sums.iter().for_each(|(currency, sum)| *all.entry(*currency).or_default() += sum);
        }
        let links = [
            (RoadmapItems, "roadmap-items", claim.roadmap_item.as_deref(), true),
            (ValueDrivers, "value-drivers", claim.value_driver.as_deref(), false),
            (Stakeholders, "stakeholders", claim.stakeholder.as_deref(), false),
        ];
        for (group, kind, id, before) in links {
            if let Some(other) = id.map(|id| end(group, kind, id)) {
                if before { gathered.link(&other, &end_of) } else { gathered.link(&end_of, &other) }
            }
        }
        // A claim of two kinds has no sum: each kind tells its own.
        let sums = parts.values().flat_map(told).collect();
        let order = format!("{} {}", u8::from(parts.is_empty()), reversed(claim.from.as_text()));
        gathered.add(&end_of, (claim.title, claim.state.to_string()), order, sums);
    }
    for (benefit, sums) in benefits {
        let end = end(Benefits, "benefits", benefit.as_text());
        let title = capitalised(&markup::words(benefit.as_text()));
        let standing = if sums.is_empty() { "nothing accepted yet" } else { "accepted so far" };
        gathered.add(&end, (title, standing.to_owned()), String::new(), told(&sums));
    }
    for driver in drivers::store::all(conn, product)? {
        let end_of = end(ValueDrivers, "value-drivers", &driver.id);
        driver.stakeholder.iter().for_each(|id| gathered.link(&end_of, &end(Stakeholders, "stakeholders", id)));
        let agreed = driver.amounts.iter().filter(|amount| amount.agreed_at.is_some()).count();
        let standing = match (driver.amounts.len(), agreed) {
            (0, _) => "without an amount".to_owned(),
            (all, some) if all == some => "agreed".to_owned(),
            (_, 0) => "not agreed yet".to_owned(),
            (all, some) => format!("{some} of {all} amounts agreed"),
        };
        gathered.add(&end_of, (driver.name.clone(), standing), driver.name, Vec::new());
    }
    Ok(())
}

/// By currency: nothing is converted here.
type Sums = BTreeMap<Currency, Decimal>;

/// What stands accepted of a claim, by kind of benefit, over all of its months.
fn accepted(claim: &ImpactClaim, months: &[MonthValue], currency: Currency) -> BTreeMap<Benefit, Sums> {
    let mut found: BTreeMap<Benefit, Sums> = BTreeMap::new();
    for month in months.iter().filter(|month| month.standing == Standing::Accepted) {
        for part in month.parts_of(claim, currency) {
            *found.entry(part.benefit).or_default().entry(part.amount.currency).or_default() += part.amount.amount;
        }
    }
    found
}

fn told(sums: &Sums) -> Vec<Money> {
    sums.iter().map(|(currency, sum)| Money::new(*sum, *currency)).collect()
}
