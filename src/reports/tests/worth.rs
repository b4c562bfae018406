//! What the work of the tiny month was worth, worked out by hand.

use super::{amount, head, material as bare, month, page, paragraphs, product, said};
use crate::{
    impact::{
        Benefit, ClaimState, CommentKind, ImpactClaim, ImpactComment, NewImpactClaim, NewValueDriver,
        value::{MonthValue, SharedEvidence, Standing, ValueInput, ValuePart, ValueRow},
    },
    kernel::{
        money::{Currency, Money},
        quantity::Ratio,
    },
    reports::{Draft, document::Block, gather::Material},
    risks::{NewRisk, NewRiskAssessment},
    stakeholders::NewStakeholder,
};
use rust_decimal::Decimal;
use serde_json::json;

fn euros(text: &str) -> Money {
    Money::new(text.parse().unwrap(), Currency::EUR)
}

fn claim(id: &str, method: Option<&str>, benefit: &str, state: ClaimState) -> ImpactClaim {
    let sent = json!({
        "title": format!("Claim {id}"), "component": "db", "method": method, "benefit": benefit, "from": "2026-10",
        "attribution": { "share": 0.5, "why": "Half." }, "confidence": "medium", "stakeholder": "marit",
        "narrative": format!("In words: {id}."),
        "expected_monthly": { "amount": "400", "currency": "EUR" },
    });
    let new: NewImpactClaim = serde_json::from_value(sent).unwrap();
    let mut claim = new.into_row(&product().product_id(), None, head(id));
    claim.state = state;
    claim
}

/// What half of `whole` is worth.
fn value(parts: &[(Benefit, &str)], accepted: bool) -> MonthValue {
    let part = |(benefit, amount): &(Benefit, &str)| {
        let amount = euros(amount);
        let weighted = match amount.amount < Decimal::ZERO {
            true => amount,
            false => Money::new(amount.amount * Decimal::new(8, 1), Currency::EUR),
        };
        ValuePart { benefit: *benefit, amount, weighted, unrealised: *benefit == Benefit::CapacityFreed }
    };
    let input =
        |name: &str, value: &str| ValueInput { name: name.to_owned(), value: value.to_owned(), unit: "EUR".to_owned() };
    MonthValue {
        month: month("2026-10"),
        expected: Some(euros("400")),
        parts: parts.iter().map(part).collect(),
        unknown: None,
        counted: true,
        shared_with: Vec::new(),
        shares: Vec::new(),
        standing: Standing::Realised,
        accepted,
        inputs: vec![input("baseline_other", "1000"), input("other", "400")],
        rows: vec![ValueRow { kind: "costs".to_owned(), id: "db".to_owned() }],
    }
}

/// Seven claims, each of which stands otherwise.
fn material() -> Material {
    use ClaimState::{Accepted, Expected, Questioned};
    let mut material = bare(&super::both_rates());
    let cost = Some("cost_reduced");
    let worth = &mut material.worth;
    let new: NewStakeholder = serde_json::from_value(json!({ "name": "Marit Aune", "group": "finance" })).unwrap();
    worth.stakeholders = vec![new.into_row(&product().product_id(), Default::default(), head("marit"))];
    let mut add = |claim: ImpactClaim, value: MonthValue| {
        let standing = Standing::of(&claim, value.unknown.is_none(), value.counted, value.accepted);
        let value = MonthValue { standing, ..value };
        worth.values.insert(claim.id.clone(), value);
        worth.claims.push(claim);
    };
    // (1,000 − 400) × 0.5 = 300 in money; and 20 in working time.
    let both = [(Benefit::CashReleased, "300"), (Benefit::CapacityFreed, "20")];
    add(claim("a", cost, "cash_released", Accepted), value(&both, true));
    add(claim("loss", cost, "cash_released", Accepted), value(&[(Benefit::CashReleased, "-50")], true));
    add(claim("open", cost, "cash_released", Expected), value(&[(Benefit::CashReleased, "7")], false));
    add(claim("asked", cost, "cash_released", Questioned), value(&[(Benefit::CashReleased, "9000")], true));
    for (id, other) in [("x", "y"), ("y", "x")] {
        let shared = MonthValue {
            counted: false,
            shared_with: vec![other.to_owned()],
            ..value(&[(Benefit::CashReleased, "5000")], true)
        };
        add(claim(id, cost, "cash_released", Accepted), shared);
    }
    let unknown = MonthValue { counted: false, unknown: Some("no bill came".to_owned()), ..value(&[], false) };
    add(claim("dark", cost, "cash_released", Expected), unknown);
    let told = MonthValue { counted: false, ..value(&[], false) };
    add(claim("words", None, "qualitative", Expected), told);
    let asked = worth.claims.iter().find(|claim| claim.id == "asked").unwrap().clone();
    let text = "And the sixty parcels?".to_owned();
    worth.questions = vec![ImpactComment::new(&asked, CommentKind::Question, text, None, head("q"))];
    material
}

#[test]
fn only_what_is_counted_is_added_and_kinds_stand_apart() {
    let draft = Draft::of(&material());
    for (name, expected) in [
        // 300 − 50; what is asked, shared or open is not in it.
        ("impact.accepted.cash_released", "250"),
        ("impact.accepted.capacity_freed", "20"),
        // 300 × 0.8 − 50
        ("impact.accepted_weighted.cash_released", "190"),
        ("impact.realised.cash_released", "7"),
        ("impact.claim.a.cash_released", "300"),
        ("impact.claim.loss.cash_released", "-50"),
        ("impact.claim.dark.cash_released", "unknown"),
        // Seven that speak of money, 400 each.
        ("impact.expected.cash_released", "2800"),
    ] {
        assert_eq!(amount(&draft.facts, name), expected, "{name}");
    }
    assert!(draft.facts.iter().all(|fact| !fact.name.starts_with("impact.claim.words.cash")));
    for (what, expected) in [
        ("claim", 8),
        ("accepted", 2),
        ("realised", 1),
        ("questioned", 1),
        ("not_counted", 2),
        ("unknown", 1),
        ("told", 1),
    ] {
        let name = format!("impact.{what}_count");
        assert_eq!(draft.facts.number(&name).known(), Some(Decimal::from(expected)), "{name}");
    }
    let sums = draft.facts.iter().filter(|fact| {
        ["accepted.", "accepted_weighted.", "realised.", "expected."]
            .iter()
            .any(|family| fact.name.starts_with(&format!("impact.{family}")))
    });
    for fact in sums {
        let rows = fact.rows.as_deref().unwrap();
        let money =
            |row: &crate::reports::facts::FactRow| serde_json::from_value::<Money>(row["amount"].clone()).unwrap();
        let sum: Decimal = rows.iter().map(|row| money(row).amount).sum();
        assert_eq!(amount(&draft.facts, &fact.name), sum.normalize().to_string(), "{}", fact.name);
    }
    let opened = draft.facts.get("impact.claim.a.cash_released").unwrap();
    assert_eq!(opened.rows.as_ref().unwrap()[0]["title"], "what it cost to keep Database");
    assert_eq!(opened.inputs.len(), 3);
}

#[test]
fn cost_and_accepted_worth_stand_in_one_sentence() {
    let first = paragraphs(&Draft::of(&material()), "headline").remove(0);
    let end = "; the worth of work that its stakeholders accepted for the month is, losses taken off, EUR 250 (money no longer spent) by \
               Marit Aune, EUR 20 (working time freed) by Marit Aune.";
    assert!(first.ends_with(end), "{first}");
    let mut open = material();
    let accepted = open.worth.values.values_mut().filter(|value| value.standing == Standing::Accepted);
    accepted.for_each(|value| value.standing = Standing::Realised);
    let first = paragraphs(&Draft::of(&open), "headline").remove(0);
    assert!(first.ends_with("; of 8 claims of what work was worth then, 0 are accepted."), "{first}");
}

#[test]
fn what_is_doubted_unknown_and_not_counted_is_told() {
    let draft = Draft::of(&material());
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == "shipped").unwrap();
    let items: Vec<String> = section
        .blocks
        .iter()
        .flat_map(|block| match block {
            Block::List { items } => items.iter().map(|item| said(item)).collect(),
            _ => Vec::new(),
        })
        .collect();
    for expected in [
        "Computed, and not counted as accepted: EUR 9,000 (money no longer spent).",
        "Marit Aune questions it: “And the sixty parcels?”",
        "together with “Claim y” it claims more than all of the same",
        "What it was worth is not known: no bill came.",
        "“In words: words.” Marit Aune has not judged it.",
    ] {
        assert!(items.iter().any(|item| item.contains(expected)), "{expected} in {items:#?}");
    }
    let html = page(&draft);
    for said in ["a loss of", "more money spent", "nobody says what the freed time went into"] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn who_rests_on_the_same_is_told_where_all_of_them_count() {
    let said = "“Claim loss” and “Claim open” rest on some of the same, and each counts its own part";
    assert!(!page(&Draft::of(&material())).contains(said));
    let mut sharing = material();
    let claims = vec!["loss".to_owned(), "open".to_owned()];
    let share = Ratio(Decimal::ONE);
    let (kind, id) = ("costs".to_owned(), "db".to_owned());
    let shares = vec![SharedEvidence { kind, id, value_driver: None, claims, share }];
    sharing.worth.values.get_mut("a").unwrap().shares = shares;
    assert!(page(&Draft::of(&sharing)).contains(said));
}

#[test]
fn open_risks_by_what_they_may_cost() {
    let mut material = bare(&super::both_rates());
    let risk = |id: &str, status: &str| {
        let sent = json!({ "component": "db", "title": format!("Risk {id}"), "status": status, "owner": "Ottilie" });
        let new: NewRisk = serde_json::from_value(sent).unwrap();
        new.into_row(&product().product_id(), "db".to_owned(), head(id))
    };
    let assessed = |risk: &str, on: &str, loss: &str, rate: f64| {
        let loss = json!({ "amount": loss, "currency": "EUR" });
        let new: NewRiskAssessment =
            serde_json::from_value(json!({ "on": on, "single_loss": loss, "annual_rate": rate })).unwrap();
        new.into_row(&product().product_id(), risk.to_owned(), head(&format!("{risk}{on}"))).unwrap()
    };
    material.risks = vec![risk("small", "open"), risk("fire", "open"), risk("dark", "open"), risk("gone", "closed")];
    material.assessments = vec![
        assessed("small", "2026-10-31", "1000", 1.0),
        assessed("fire", "2026-09-30", "100000", 1.0),
        assessed("fire", "2026-10-10", "100000", 0.75),
        assessed("fire", "2026-11-01", "100000", 9.0),
        assessed("gone", "2026-10-10", "100000", 1.0),
    ];
    let draft = Draft::of(&material);
    for (name, expected) in [
        ("risk.annual_loss.fire", "75000"),
        ("risk.annual_loss.fire.previous", "100000"),
        ("risk.annual_loss.small.previous", "unknown"),
        ("risk.annual_loss.dark", "unknown"),
        ("risk.annual_loss.total.eur", "76000"),
    ] {
        assert_eq!(amount(&draft.facts, name), expected, "{name}");
    }
    assert_eq!(
        paragraphs(&draft, "risks"),
        ["3 risks are open; together they may cost EUR 76,000 a year; 1 was never assessed, and may cost anything."]
    );
    assert!(!page(&draft).contains("Ottilie"));
}

/// What is kept as JSON reads back as it was.
#[test]
fn the_document_survives_json() {
    let draft = Draft::of(&material());
    let text = serde_json::to_string(&draft.document).unwrap();
    assert_eq!(serde_json::from_str::<crate::reports::document::Document>(&text).unwrap(), draft.document);
}

#[test]
fn two_prices_for_one_thing_are_told_once_where_one_of_them_is_used() {
    let mut material = material();
    let driver = |name: &str, component: &str| {
        let amounts = json!([{ "valid_from": "2026-01-01", "amount": { "amount": "10", "currency": "EUR" } }]);
        let sent = json!({ "name": name, "kind": "revenue_per_hour", "components": [component], "amounts": amounts });
        let new: NewValueDriver = serde_json::from_value(sent).unwrap();
        new.into_row(&product().product_id(), None, head(name)).unwrap()
    };
    material.worth.drivers =
        vec![driver("Open", "db"), driver("Sold", "db"), driver("Sent", "queue"), driver("Late", "queue")];
    let doubled = |material: &Material| -> Vec<String> {
        let told = paragraphs(&Draft::of(material), "assumptions");
        told.into_iter().filter(|said| said.contains("two prices")).collect()
    };
    assert!(doubled(&material).is_empty(), "nothing is computed with any of them");
    for (claim, name) in material.worth.claims.iter_mut().zip(["Open", "Sold"]) {
        claim.value_driver = Some(name.to_owned());
    }
    let said =
        "“Open” and “Sold” put two prices on one thing: db. Which of them holds is for those to say who agree to them.";
    assert_eq!(doubled(&material), [said]);
}
