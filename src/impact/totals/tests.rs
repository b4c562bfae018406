//! Sums by hand, and what holds of every sum.

use super::*;
use crate::{
    impact::{NewImpactClaim, value::ValuePart},
    kernel::{auth::ProductId, db::Head},
};
use proptest::prelude::*;
use serde_json::json;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn euros(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::EUR)
}

pub fn claim(id: &str, benefit: &str, item: Option<&str>) -> ImpactClaim {
    let body = json!({ "title": id, "roadmap_item": item, "component": "shop", "method": "cost_reduced", "benefit": benefit,
        "inputs": { "component": "shop" }, "from": "2026-01", "attribution": { "share": 1, "why": "" }, "confidence": "low" });
    let new: NewImpactClaim = serde_json::from_value(body).unwrap();
    new.into_row(&ProductId::known("p".to_owned()), None, Head { id: id.to_owned(), ..Head::trial() })
}

/// A month of a claim: its parts at half weight, losses in full.
pub fn value(of: &str, standing: Standing, parts: &[(Benefit, &str)], expected: Option<&str>) -> MonthValue {
    let part = |(benefit, amount): &(Benefit, &str)| {
        let amount = euros(amount);
        let half = Money::new(amount.amount / Decimal::TWO, Currency::EUR);
        let weighted = if amount.amount.is_sign_negative() { amount } else { half };
        ValuePart { benefit: *benefit, amount, weighted, unrealised: *benefit == Benefit::CapacityFreed }
    };
    MonthValue {
        month: month(of),
        expected: expected.map(euros),
        parts: parts.iter().map(part).collect(),
        unknown: (standing == Standing::Unknown).then(|| "no rate".to_owned()),
        counted: matches!(standing, Standing::Accepted | Standing::Realised | Standing::Questioned),
        shared_with: Vec::new(),
        shares: Vec::new(),
        standing,
        accepted: standing == Standing::Accepted,
        inputs: Vec::new(),
        rows: Vec::new(),
    }
}

fn asked(by: &[WorthBy]) -> Asked {
    Asked { span: MonthSpan { from: month("2026-01"), to: month("2026-11") }, by: by.iter().copied().collect() }
}

/// What is said of one kind: accepted, weighted, realised, weighted, questioned, expected, losses, unrealised.
fn said(view: &ImpactView, benefit: Benefit) -> String {
    let row = view.items.iter().find(|row| row.benefit == benefit).unwrap();
    let WorthSums {
        accepted,
        accepted_weighted,
        realised,
        realised_weighted,
        questioned,
        expected,
        losses,
        unrealised,
    } = row.sums;
    let sums = [accepted, accepted_weighted, realised, realised_weighted, questioned, expected, losses, unrealised];
    sums.map(|sum| sum.amount.normalize().to_string()).join(" ")
}

#[test]
fn kinds_and_standings_are_summed_apart_and_losses_taken_off() {
    use Benefit::{CapacityFreed, CashReleased};
    let claims = [claim("a", "cash_released", None), claim("b", "cash_released", None)];
    let values = BTreeMap::from([
        (
            "a".to_owned(),
            vec![
                value("2026-08", Standing::Accepted, &[(CashReleased, "100"), (CapacityFreed, "40")], Some("90")),
                value("2026-09", Standing::Realised, &[(CashReleased, "-30")], Some("90")),
                value("2026-10", Standing::Unknown, &[], Some("90")),
            ],
        ),
        (
            "b".to_owned(),
            vec![
                value("2026-08", Standing::Questioned, &[(CashReleased, "7")], None),
                value("2026-09", Standing::NotCounted, &[(CashReleased, "900")], None),
            ],
        ),
    ]);
    let view = asked(&[]).answer(&claims, &values, Currency::EUR);
    assert_eq!(said(&view, CashReleased), "100 50 -30 -30 7 270 -30 0");
    // Labour that was saved is capacity: apart from the cash, and unrealised while nobody says where it went.
    assert_eq!(said(&view, CapacityFreed), "40 20 0 0 0 0 0 40");
    let counts = |row: &ImpactRow| (row.counted, row.not_counted, row.unknown);
    assert_eq!(view.items.iter().map(counts).collect::<Vec<_>>(), [(2, 1, 1), (1, 0, 0)]);
    let by = asked(&[WorthBy::Month, WorthBy::Claim]).answer(&claims, &values, Currency::EUR);
    let keys = by.items.iter().map(|row| (row.month.unwrap().to_string(), row.claim.clone().unwrap(), row.benefit));
    let expected = [
        ("2026-08", "a", CashReleased),
        ("2026-08", "a", CapacityFreed),
        ("2026-08", "b", CashReleased),
        ("2026-09", "a", CashReleased),
        ("2026-09", "b", CashReleased),
        ("2026-10", "a", CashReleased),
    ];
    let expected = expected.map(|(month, claim, kind)| (month.to_owned(), claim.to_owned(), kind));
    assert_eq!(keys.collect::<Vec<_>>(), expected);
}

#[test]
fn nothing_claimed_is_no_row() {
    assert!(asked(&[]).answer(&[], &BTreeMap::new(), Currency::EUR).items.is_empty());
    let told = ImpactClaim { method: None, benefit: Benefit::Qualitative, ..claim("a", "cash_released", None) };
    let values = BTreeMap::from([("a".to_owned(), vec![value("2026-08", Standing::Told, &[], None)])]);
    assert!(asked(&[]).answer(&[told], &values, Currency::EUR).items.is_empty(), "words have no sum");
}

proptest! {
    /// However it is split, the rows of a kind add up to the row of the whole.
    #[test]
    fn parts_add_up_to_the_whole(
        amounts in prop::collection::vec((-10_i64.pow(15)..10_i64.pow(15), 0..4_usize, 1..11_i32, 0..3_usize), 0..60),
        splits in prop::sample::subsequence(vec![WorthBy::Month, WorthBy::Claim, WorthBy::RoadmapItem, WorthBy::Component], 0..=4),
    ) {
        const STANDINGS: [Standing; 4] =
            [Standing::Accepted, Standing::Realised, Standing::Questioned, Standing::NotCounted];
        let claims: Vec<_> = (0..3)
            .map(|at| claim(&format!("c{at}"), "cash_released", (at > 0).then(|| format!("OPS-{at}")).as_deref()))
            .collect();
        let mut values: BTreeMap<String, Vec<MonthValue>> = BTreeMap::new();
        for (amount, standing, of, at) in &amounts {
            let amount = Decimal::new(*amount, 6).to_string();
            let month = format!("2026-{of:02}");
            let value = value(&month, STANDINGS[*standing], &[(Benefit::CashReleased, &amount)], Some("3"));
            values.entry(format!("c{at}")).or_default().push(value);
        }
        let whole = asked(&[]).answer(&claims, &values, Currency::EUR);
        let split = asked(&splits).answer(&claims, &values, Currency::EUR);
        let sum = |of: fn(&WorthSums) -> Money, view: &ImpactView| -> Decimal {
            view.items.iter().map(|row| of(&row.sums).amount).sum()
        };
        let all: [fn(&WorthSums) -> Money; 8] = [
            |sums| sums.accepted, |sums| sums.accepted_weighted, |sums| sums.realised, |sums| sums.realised_weighted,
            |sums| sums.questioned, |sums| sums.expected, |sums| sums.losses, |sums| sums.unrealised,
        ];
        for of in all {
            prop_assert_eq!(sum(of, &whole), sum(of, &split));
        }
        prop_assert!(whole.items.len() <= 1 && sum(|sums| sums.losses, &whole) <= Decimal::ZERO);
        let weighted = sum(|sums| sums.accepted_weighted, &whole);
        prop_assert!(weighted <= sum(|sums| sums.accepted, &whole), "weighing never adds");
    }
}
