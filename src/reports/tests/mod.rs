//! A tiny month, made up, and what the report says of it.

mod budget;
mod decisions;
mod earlier;
mod next;
mod principles;
mod reliability;
mod revisions;
mod worth;

use super::{
    Draft, Report, ReportState,
    document::{Block, Inline},
    facts::{Fact, FactValue, Facts, Input},
    gather::Material,
    render,
    views::Audience,
};
use crate::{
    components::{Component, ComponentKind, Lifecycle, RecoveryResult, RecoveryTest},
    costs::{
        Category, Charge, CostEntry, ExchangeRate,
        ledger::{Ledger, Line, LineSource, Rates},
    },
    effort::{Activity, EffortShare, Nature, WorkKind},
    kernel::{
        clock::Instant,
        db::Head,
        money::{Amounts, Currency, Money, Quantity},
        month::{Month, Week},
        text::{JsonText, Words},
    },
    products::{LabourFrom, LabourRate, Product, TeamMember},
};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};

fn at() -> Instant {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn head(id: &str) -> Head {
    Head { id: id.to_owned(), created_at: at(), updated_at: at(), version: 1, change_number: 1 }
}

fn product() -> Product {
    Product {
        id: "p".to_owned(),
        key: "platform".parse().unwrap(),
        name: "Platform".to_owned(),
        definition: String::new(),
        ref_prefix: "OPS".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        currency: Currency::EUR,
        fiscal_year_start: 1,
        labour_from: LabourFrom::Effort,
        full_time_week_hours: "40".parse().unwrap(),
        publish_day: None,
        publishes_since: None,
        published_through: None,
        created_at: at(),
        updated_at: at(),
        version: 1,
        change_number: 1,
    }
}

fn component(key: &str, name: &str, tier: Option<i64>) -> Component {
    Component {
        id: key.to_owned(),
        product_id: "p".to_owned(),
        key: key.parse().unwrap(),
        name: name.to_owned(),
        kind: ComponentKind::Service,
        lifecycle: Lifecycle::Production,
        tier,
        owner: Some("team".to_owned()),
        description: String::new(),
        system: None,
        domain: None,
        tags: Words::default(),
        links: JsonText::new(Vec::new()),
        depends_on: Words::default(),
        rto_minutes: Some(60),
        rpo_minutes: None,
        availability: None,
        created_at: at(),
        updated_at: at(),
        version: 1,
        change_number: 1,
    }
}

fn entry(on: &str, component: &str, amount: &str, currency: Currency, note: &str) -> CostEntry {
    let id = format!("{on}-{component}");
    let sent = serde_json::json!({
        "month": on, "category": "infrastructure", "amount": { "amount": amount, "currency": currency }, "note": note,
    });
    let new: crate::costs::NewCostEntry = serde_json::from_value(sent).unwrap();
    new.into_row(&product().product_id(), Some(component.to_owned()), head(&id)).unwrap()
}

fn line_of(entry: &CostEntry) -> Line {
    let mut amounts = Amounts::default();
    amounts.add(entry.amount.into());
    Line {
        month: entry.month,
        component: entry.component.clone(),
        roadmap_item: entry.roadmap_item.clone(),
        category: entry.category,
        nature: entry.nature,
        from: LineSource::Entry,
        allocation: None,
        hours: Decimal::ZERO,
        amounts,
        missing: None,
    }
}

fn charge_of(entry: &CostEntry) -> Charge {
    Charge {
        component: entry.component.clone(),
        category: entry.category,
        nature: entry.nature,
        source: entry.source.clone(),
        note: entry.note.clone(),
        service_name: None,
        amount: entry.amount.into(),
        entries: 1,
        id: entry.id.clone(),
        is_shared: false,
    }
}

/// Hours at 83.17 an hour.
fn labour(on: &str, component: Option<&str>, nature: Nature, hours: i64) -> Line {
    let mut amounts = Amounts::default();
    amounts.add(Money::new(Decimal::new(8317, 2) * Decimal::from(hours), Currency::EUR));
    Line {
        month: month(on),
        component: component.map(ToOwned::to_owned),
        roadmap_item: None,
        category: Category::Labour,
        nature,
        from: LineSource::Effort,
        allocation: None,
        hours: hours.into(),
        amounts,
        missing: None,
    }
}

fn rate(on: &str, rate: &str) -> ExchangeRate {
    let sent = serde_json::json!({ "from": "USD", "to": "EUR", "month": on, "rate": rate });
    let new: crate::costs::NewExchangeRate = serde_json::from_value(sent).unwrap();
    new.into_row(&product().product_id(), head(on)).unwrap()
}

fn share(week: &str, kind: WorkKind, share: &str) -> EffortShare {
    let week: Week = week.parse().unwrap();
    EffortShare {
        product_id: "p".to_owned(),
        week,
        position: 0,
        monday: week.monday(),
        person: Some("someone".to_owned()),
        component: Some("db".to_owned()),
        roadmap_item: None,
        kind,
        share: share.parse::<Quantity>().unwrap(),
    }
}

/// October 2026: the database's bill doubled and is explained, the builds cost the same.
fn material(rates: &[ExchangeRate]) -> Material {
    let before = [
        entry("2026-09", "db", "100", Currency::USD, "Machines"),
        entry("2026-09", "ci", "50", Currency::EUR, "Builds"),
    ];
    let entries = [
        entry("2026-10", "db", "200", Currency::USD, "Twice the machines for the sale"),
        entry("2026-10", "ci", "50", Currency::EUR, "Builds"),
    ];
    let bills = before.iter().chain(&entries).map(line_of).collect();
    let effort = vec![
        labour("2026-09", Some("db"), Nature::Run, 10),
        labour("2026-10", Some("db"), Nature::Run, 8),
        labour("2026-10", None, Nature::Grow, 2),
    ];
    let weeks = ["2026-W40", "2026-W41", "2026-W42", "2026-W43"];
    let shares =
        weeks.iter().flat_map(|week| [share(week, WorkKind::Toil, "0.3"), share(week, WorkKind::Improvement, "0.7")]);
    Material {
        product: product(),
        month: month("2026-10"),
        at: at(),
        components: vec![component("db", "Database", Some(1)), component("ci", "Builds", None)],
        ledger: Ledger::new(Currency::EUR, Rates::new(rates), LabourFrom::Effort, bills, effort),
        budgets: Vec::new(),
        charges: entries.iter().map(charge_of).collect(),
        charges_before: before.iter().map(charge_of).collect(),
        billed: [BTreeSet::new(), BTreeSet::new()],
        team: vec![TeamMember {
            id: "someone".to_owned(),
            product_id: "p".to_owned(),
            name: "Ottilie Unverwechselbar".to_owned(),
            hours_per_week: "40".parse().unwrap(),
            valid_from: "2026-01-01".parse().unwrap(),
            valid_to: None,
            created_at: at(),
            updated_at: at(),
            version: 1,
            change_number: 1,
        }],
        rates: vec![LabourRate {
            id: "r".to_owned(),
            product_id: "p".to_owned(),
            valid_from: "2026-01-01".parse().unwrap(),
            amount: Money::new(Decimal::new(8317, 2), Currency::EUR).into(),
            created_at: at(),
            updated_at: at(),
            version: 1,
            change_number: 1,
        }],
        shares: shares.collect(),
        activities: vec![Activity {
            id: "a".to_owned(),
            product_id: "p".to_owned(),
            on: "2026-10-08".parse().unwrap(),
            started_at: None,
            ended_at: None,
            component: Some("db".to_owned()),
            incident: None,
            roadmap_item: None,
            kind: WorkKind::Capacity,
            planned: true,
            summary: "Made room for the sale.".to_owned(),
            created_at: at(),
            updated_at: at(),
            version: 1,
            change_number: 1,
        }],
        tests: vec![RecoveryTest {
            id: "t".to_owned(),
            product_id: "p".to_owned(),
            component: "db".to_owned(),
            on: "2026-10-14".parse().unwrap(),
            scenario: "Restored it all".to_owned(),
            result: RecoveryResult::Failed,
            achieved_rto_minutes: Some(205),
            achieved_rpo_minutes: None,
            evidence: String::new(),
            created_at: at(),
            updated_at: at(),
            version: 1,
            change_number: 1,
        }],
        slos: Vec::new(),
        targets: HashMap::new(),
        measured: HashMap::new(),
        incidents: Vec::new(),
        incidents_of: Default::default(),
        told_before: None,
        personas: Vec::new(),
        populations: Vec::new(),
        journeys: Vec::new(),
        principles: Vec::new(),
        findings: Vec::new(),
        roadmap: Vec::new(),
        worth: Default::default(),
        risks: Vec::new(),
        assessments: Vec::new(),
        vision: None,
        strategy: None,
        objectives: Vec::new(),
        key_results: Vec::new(),
        check_ins: HashMap::new(),
        decisions: Vec::new(),
        voice: super::figures::Voice::default(),
    }
}

fn both_rates() -> [ExchangeRate; 2] {
    [rate("2026-09", "0.8"), rate("2026-10", "0.9")]
}

fn report() -> Report {
    Report {
        id: "r1".to_owned(),
        product_id: "p".to_owned(),
        month: month("2026-10"),
        revision: 1,
        state: ReportState::Published,
        built_at: at(),
        published_at: Some(at()),
        reason: String::new(),
        hash: None,
        created_at: at(),
        updated_at: at(),
        version: 2,
        change_number: 2,
    }
}

fn amount(facts: &Facts, name: &str) -> String {
    facts.money(name).map(|money| money.amount.to_string()).known().unwrap_or_else(|| "unknown".to_owned())
}

fn said(parts: &[Inline]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Inline::Text(text) | Inline::Name(text) => text.clone(),
            Inline::Words(text) => format!("“{text}”"),
            Inline::Fact(fact) => fact.shown.clone(),
        })
        .collect()
}

fn paragraphs(draft: &Draft, section: &str) -> Vec<String> {
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == section).unwrap();
    let said = section.blocks.iter().filter_map(|block| match block {
        Block::Paragraph { parts } => Some(said(parts)),
        _ => None,
    });
    said.collect()
}

#[test]
fn the_figures_of_a_tiny_month() {
    let draft = Draft::of(&material(&both_rates()));
    let facts = &draft.facts;
    for (name, expected) in [
        // 200 × 0.9 + 50 + 10 h × 83.17
        ("cost.total", "1061.7"),
        // 100 × 0.8 + 50 + 10 h × 83.17
        ("cost.total.previous", "961.7"),
        ("cost.change", "100"),
        ("cost.change.infrastructure", "100"),
        ("cost.change.labour", "0"),
        ("cost.nature.grow", "166.34"),
        ("cost.nature.run", "895.36"),
        ("cost.component.db", "845.36"),
        ("cost.component.db.maintenance", "845.36"),
        ("cost.component.db.change", "-66.34"),
        ("cost.component.ci.change", "0"),
        ("cost.unallocated", "166.34"),
        ("cost.month.2026-10.db", "845.36"),
        ("cost.month.2026-10.all_others", "166.34"),
        ("cost.month.2026-08", "unknown"),
    ] {
        assert_eq!(amount(facts, name), expected, "{name}");
    }
    // 10 h ÷ (40 × 52 ÷ 12)
    assert_eq!(facts.number("cost.full_time_equivalents").known().unwrap().to_string(), "0.057692307692");
    assert_eq!(facts.number("effort.toil_share").known().unwrap(), Decimal::new(3, 1));
    // The last week of the month is missing.
    assert_eq!(facts.number("coverage.effort").known().unwrap(), Decimal::new(8, 1));
    assert_eq!(
        facts.get("cost.total.previous").unwrap().inputs,
        [Input::of("exchange_rate.usd.eur.2026-09", Decimal::new(8, 1))]
    );
}

/// Whatever adds up can be added up again by the reader.
#[test]
fn every_amount_follows_from_its_rows_and_inputs() {
    let draft = Draft::of(&material(&both_rates()));
    let mut checked = 0;
    for fact in draft.facts.iter().filter(|fact| !fact.name.contains(".change")) {
        let (Some(FactValue::Money(value)), Some(rows)) = (&fact.value, &fact.rows) else { continue };
        let mut sum = Decimal::ZERO;
        for row in rows {
            let money: Money = serde_json::from_value(row["amount"].clone()).unwrap();
            sum += money.amount * rate_among(&fact.inputs, money.currency);
        }
        assert_eq!(sum.normalize(), value.amount, "{}", fact.name);
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

fn rate_among(inputs: &[Input], currency: Currency) -> Decimal {
    let name = format!("exchange_rate.{}.", currency.as_text().to_lowercase());
    let rate = inputs.iter().find(|input| input.name.starts_with(&name)).and_then(|input| input.value.clone());
    match rate {
        Some(FactValue::Number(rate)) => rate,
        _ => Decimal::ONE,
    }
}

#[test]
fn three_sentences() {
    let draft = Draft::of(&material(&both_rates()));
    assert_eq!(
        paragraphs(&draft, "headline"),
        [
            "Platform cost at least EUR 1,062 in October 2026, EUR 100 (10\u{a0}%) more than in September; nobody wrote \
                 down what work was worth (0 claims).",
            "What moved furthest is what belongs to no component (+EUR 166); of the cost, EUR 895 (84\u{a0}%) kept what exists running, EUR 166 made it better and EUR 0 built something new; the \
                 people's part of it is the work of about 0.1 engineers.",
            "Bringing something back after a loss was practised 1 time, and 1 failed (Database); and 30\u{a0}% of the team's hours \
                 was toil (firefighting and repeated work by hand), of which half is the line not to cross.",
        ]
    );
}

#[test]
fn a_missing_rate_makes_figures_unknown_by_name_and_stops_nothing() {
    let draft = Draft::of(&material(&both_rates()[..1]));
    let why = "no exchange rate from USD to EUR for 2026-10";
    for name in ["cost.total", "cost.change", "cost.component.db", "cost.nature.run", "exchange_rate.usd.eur.2026-10"] {
        assert_eq!(draft.facts.get(name).unwrap().unknown.as_deref(), Some(why), "{name}");
    }
    assert_eq!(amount(&draft.facts, "cost.component.ci"), "50");
    assert_eq!(amount(&draft.facts, "cost.total.previous"), "961.7");
    let headline = paragraphs(&draft, "headline");
    assert_eq!(headline.len(), 3);
    assert_eq!(
        headline[0],
        format!(
            "What Platform cost in October 2026 is not known: {why}; nobody wrote down what work was worth (0 claims)."
        )
    );
    let html = page(&draft);
    assert!(html.contains("class=\"missing\""), "the chart marks the month");
}

#[test]
fn no_person_and_no_rate_stands_in_it() {
    for labour_from in [LabourFrom::Effort, LabourFrom::CostEntries] {
        let mut material = material(&both_rates());
        material.product.labour_from = labour_from;
        let draft = Draft::of(&material);
        let facts: Vec<&Fact> = draft.facts.iter().collect();
        for text in
            [serde_json::to_string(&facts).unwrap(), serde_json::to_string(&draft.document).unwrap(), page(&draft)]
        {
            assert!(!text.contains("Ottilie") && !text.contains("someone"), "a person");
            assert!(!text.contains("83.17"), "a rate");
        }
    }
}

fn page(draft: &Draft) -> String {
    render::html(&report(), &draft.document, &Audience::Everyone)
}
