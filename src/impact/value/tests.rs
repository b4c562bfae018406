//! Each method on evidence made by hand, with the figure worked out in a comment.

mod metric;
mod rules;
mod shared;

use super::*;
use crate::{
    costs::{
        Category,
        ledger::{Line, LineSource, Rates},
    },
    effort::Nature,
    impact::{DriverKind, NewImpactClaim, NewValueDriver},
    incidents::NewIncident,
    kernel::{auth::ProductId, db::Head, http::validate, money::Amounts, text::Words},
    personas::{JourneyRow, PopulationRow},
    products::LabourFrom,
    risks::RiskAssessmentRow,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn product() -> ProductId {
    ProductId::known("p".to_owned())
}

fn head(id: &str) -> Head {
    Head { id: id.to_owned(), ..Head::trial() }
}

/// October 2026 is over; nothing is known.
fn nothing() -> Grounds {
    Grounds {
        now: "2026-11-02T09:00:00Z".parse().unwrap(),
        zone: chrono_tz::UTC,
        currency: Currency::EUR,
        personas: Vec::new(),
        journeys: Vec::new(),
        populations: Vec::new(),
        incidents: Vec::new(),
        slos: Vec::new(),
        days: Default::default(),
        ledger: crate::costs::ledger::Ledger::new(
            Currency::EUR,
            Rates::default(),
            LabourFrom::Effort,
            Vec::new(),
            Vec::new(),
        ),
        risks: Vec::new(),
        assessments: Vec::new(),
        drivers: Vec::new(),
        key_results: Vec::new(),
        check_ins: Vec::new(),
        cited_incidents: Default::default(),
        cited_entries: Default::default(),
        accepted: BTreeMap::new(),
    }
}

fn claim(id: &str, more: Value) -> ImpactClaim {
    let mut body = json!({
        "title": id, "component": "shop", "method": "downtime_avoided", "benefit": "revenue_protected",
        "inputs": { "component": "shop" }, "value_driver": "sales", "from": "2026-09",
        "baseline": { "from": "2026-06", "to": "2026-09" },
        "attribution": { "share": 1, "why": "it was this work" }, "confidence": "medium",
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    validate::<NewImpactClaim>(body).unwrap().into_row(&product(), None, head(id))
}

/// As it is when it is saved on these grounds.
fn saved(mut claim: ImpactClaim, grounds: &Grounds) -> ImpactClaim {
    claim.frozen =
        freeze(&claim, grounds).map(|frozen| crate::kernel::text::JsonText::new(serde_json::to_value(frozen).unwrap()));
    claim
}

fn of_october(claims: &[ImpactClaim], grounds: &Grounds) -> BTreeMap<String, MonthValue> {
    let values = values(claims, grounds, &[month("2026-10")]);
    values.into_iter().map(|(id, mut months)| (id, months.remove(0))).collect()
}

/// Benefit, amount, weighted.
fn told(value: &MonthValue) -> Vec<(Benefit, Decimal, Decimal)> {
    value.parts.iter().map(|part| (part.benefit, part.amount.amount, part.weighted.amount)).collect()
}

fn incident(id: &str, severity: i64, from: &str, to: &str) -> crate::incidents::Incident {
    let new: NewIncident = validate(json!({
        "title": id, "severity": severity, "components": ["shop"], "started_at": from, "resolved_at": to,
    }))
    .unwrap();
    new.into_row(&product(), Words::from_iter(["shop"]), head(id)).unwrap()
}

fn driver(kind: DriverKind, amount: &str) -> crate::impact::ValueDriver {
    let new: NewValueDriver = validate(json!({
        "name": "sales", "kind": kind,
        "amounts": [{ "valid_from": "2026-01-01", "amount": { "amount": amount, "currency": "EUR" } }],
    }))
    .unwrap();
    new.into_row(&product(), None, head("sales")).unwrap()
}

fn with_downtime() -> Grounds {
    Grounds {
        incidents: vec![
            // Baseline: 5 h and 4 h that overlap for 2 h are 7 h; severity 3 is no downtime.
            incident("i1", 1, "2026-07-01T00:00:00Z", "2026-07-01T05:00:00Z"),
            incident("i2", 2, "2026-07-01T03:00:00Z", "2026-07-01T07:00:00Z"),
            incident("i3", 3, "2026-08-01T00:00:00Z", "2026-08-05T00:00:00Z"),
            incident("i4", 2, "2026-10-10T00:00:00Z", "2026-10-10T00:30:00Z"),
        ],
        drivers: vec![driver(DriverKind::RevenuePerHour, "4000")],
        ..nothing()
    }
}

/// June to August have 2,208 h, October 744: of 7 h, 7 × 744 ÷ 2208 = 2.358695652174 h would be
/// expected. Half an hour was: 1.858695652174 h × 4,000 = 7,434.782608695652; × 0.8 weighted.
#[test]
fn downtime_avoided() {
    let grounds = with_downtime();
    let claims = [saved(claim("c", json!({})), &grounds)];
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!(told(value), [(Benefit::RevenueProtected, dec("7434.782608695652"), dec("5947.826086956522"))]);
    let rows: Vec<&str> = value.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!((rows, value.counted), (vec!["i1", "i2", "i4"], true));
    let half = [saved(claim("c", json!({ "attribution": { "share": 0.5, "why": "half" } })), &grounds)];
    assert_eq!(told(&of_october(&half, &grounds)["c"])[0].1, dec("3717.391304347826"));
}

/// What the baseline was is kept: an incident that is added to it later changes nothing.
#[test]
fn a_baseline_is_frozen() {
    let mut grounds = with_downtime();
    let claims = [saved(claim("c", json!({})), &grounds)];
    let before = of_october(&claims, &grounds)["c"].parts.clone();
    grounds.incidents.push(incident("late", 1, "2026-06-01T00:00:00Z", "2026-06-09T00:00:00Z"));
    assert_eq!(of_october(&claims, &grounds)["c"].parts, before);
    grounds.incidents.push(incident("now", 1, "2026-10-20T00:00:00Z", "2026-10-20T10:00:00Z"));
    let loss = &of_october(&claims, &grounds)["c"];
    assert_eq!(told(loss)[0].1, told(loss)[0].2, "a loss counts in full");
    assert!(told(loss)[0].1 < Decimal::ZERO);
}

fn journey(id: &str, on: &str, uses: f64, minutes: f64) -> crate::personas::Journey {
    let row: JourneyRow = validate(json!({
        "persona": "dev", "component": "shop", "task": "Deploy", "on": on, "uses_per_month": uses,
        "minutes_per_use": minutes,
    }))
    .unwrap();
    row.into_row(&product(), "dev", "shop".to_owned(), head(id))
}

fn with_journeys() -> Grounds {
    let people: PopulationRow =
        validate(json!({ "persona": "dev", "valid_from": "2026-10-01", "people": 40 })).unwrap();
    Grounds {
        journeys: vec![
            journey("old", "2026-08-10", 6.0, 25.0),
            journey("new", "2026-09-15", 9.0, 10.0),
            journey("later", "2026-11-01", 1.0, 1.0),
        ],
        populations: vec![people.into_row(&product(), "dev", head("forty"))],
        drivers: vec![driver(DriverKind::HourOfWork, "55")],
        ..nothing()
    }
}

fn time_saved(id: &str, more: Value) -> ImpactClaim {
    let mut body = json!({
        "method": "time_saved", "benefit": "capacity_freed",
        "inputs": { "component": "shop", "persona": "dev", "task": "Deploy" },
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    claim(id, body)
}

/// 40 people × min(6, 9) uses × (25 − 10) minutes ÷ 60 = 60 h × 55 = 3,300. Nobody says where they went.
#[test]
fn time_is_saved_and_unrealised_until_somebody_says_where_it_went() {
    let grounds = with_journeys();
    let claims = [saved(time_saved("c", json!({})), &grounds)];
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!(told(value), [(Benefit::CapacityFreed, dec("3300"), dec("2640"))]);
    assert!(value.parts[0].unrealised);
    let spent = json!({ "reinvested_in": [{ "roadmap_item": "OPS-1", "hours": 60 }] });
    let claims = [saved(time_saved("c", spent), &grounds)];
    assert!(!of_october(&claims, &grounds)["c"].parts[0].unrealised);
}

#[test]
fn what_is_missing_makes_it_unknown_by_name() {
    let unknown = |grounds: &Grounds| {
        let claims = [saved(time_saved("c", json!({})), &with_journeys())];
        let value = of_october(&claims, grounds).remove("c").unwrap();
        assert!(value.parts.is_empty() && !value.counted && value.to_accept().is_none());
        value.unknown.unwrap()
    };
    let mut grounds = with_journeys();
    grounds.journeys.retain(|journey| journey.id == "old");
    assert_eq!(unknown(&grounds), "\"Deploy\" of dev has not been observed since 2026-09-01");
    let grounds = Grounds { populations: Vec::new(), ..with_journeys() };
    assert_eq!(unknown(&grounds), "nobody says how many people dev are in 2026-10");
    let mut grounds = with_journeys();
    grounds.drivers[0].amounts.clear();
    assert_eq!(unknown(&grounds), "no amount of \"sales\" is in force in 2026-10");
    let grounds = Grounds { now: "2026-10-31T23:59:59Z".parse().unwrap(), ..with_journeys() };
    assert_eq!(unknown(&grounds), "2026-10 is not over");
    let claims = [saved(time_saved("c", json!({})), &nothing())];
    let value = &of_october(&claims, &with_journeys())["c"];
    let why = "the baseline is unknown: \"Deploy\" of dev had not been observed before 2026-09-01";
    assert_eq!(value.unknown.as_deref(), Some(why));
}

fn line(month_: &str, category: Category, nature: Nature, money: Money) -> Line {
    let mut amounts = Amounts::default();
    amounts.add(money);
    Line {
        month: month(month_),
        component: Some("shop".to_owned()),
        roadmap_item: None,
        category,
        nature,
        from: LineSource::Entry,
        allocation: None,
        hours: Decimal::ZERO,
        amounts,
        missing: None,
    }
}

fn eur(amount: &str) -> Money {
    Money::new(dec(amount), Currency::EUR)
}

fn with_costs() -> Grounds {
    let bill = |month: &str, amount: &str| line(month, Category::Infrastructure, Nature::Run, eur(amount));
    let labour = |month: &str, amount: &str| line(month, Category::Labour, Nature::Run, eur(amount));
    let bills = vec![
        bill("2026-06", "2000"),
        bill("2026-07", "2200"),
        bill("2026-08", "2100"),
        bill("2026-10", "1000"),
        line("2026-10", Category::Licence, Nature::Grow, eur("999")),
    ];
    let effort =
        vec![labour("2026-06", "900"), labour("2026-07", "800"), labour("2026-08", "1000"), labour("2026-10", "600")];
    let rates = Rates::default();
    let ledger = crate::costs::ledger::Ledger::new(Currency::EUR, rates, LabourFrom::Effort, bills, effort);
    Grounds { ledger, ..nothing() }
}

/// On the mean 2,100 of bills and 900 of labour; in October 1,000 and 600, what grows the shop apart.
#[test]
fn a_cost_is_reduced_in_cash_and_in_capacity() {
    let grounds = with_costs();
    let less = json!({ "method": "cost_reduced", "benefit": "cash_released", "value_driver": null });
    let claims = [saved(claim("c", less.clone()), &grounds)];
    let value = &of_october(&claims, &grounds)["c"];
    let expected = [(Benefit::CashReleased, dec("1100"), dec("880")), (Benefit::CapacityFreed, dec("300"), dec("240"))];
    assert_eq!(told(value), expected);
    let mut dear = with_costs();
    dear.ledger.lines.push(line("2026-10", Category::Support, Nature::Run, Money::new(dec("1"), Currency::USD)));
    let value = &of_october(&claims, &dear)["c"];
    assert_eq!(value.unknown.as_deref(), Some("no exchange rate from USD to EUR for 2026-10"));
    let mut silent = with_costs();
    silent.ledger.lines.retain(|line| line.month != month("2026-10"));
    assert_eq!(of_october(&claims, &silent)["c"].unknown.as_deref(), Some("no cost is recorded for 2026-10"));
}

fn assessment(id: &str, on: &str, loss: &str, rate: f64) -> crate::risks::RiskAssessment {
    let row: RiskAssessmentRow = validate(json!({
        "risk": "r", "on": on, "single_loss": { "amount": loss, "currency": "EUR" }, "annual_rate": rate,
    }))
    .unwrap();
    row.into_row(&product(), "r".to_owned(), head(id)).unwrap()
}

/// ALE before: 100,000 × 0.75 = 75,000; after: 100,000 × 0.25 = 25,000. 50,000 ÷ 12 = 4,166.666666666667.
#[test]
fn a_risk_is_reduced() {
    let mut grounds = nothing();
    grounds.assessments.push(assessment("before", "2026-05-01", "100000", 0.75));
    let less = json!({ "method": "risk_reduced", "benefit": "risk_reduced", "value_driver": null, "baseline": null,
        "inputs": { "risk": "r" }, "confidence": "high" });
    let claims = [saved(claim("c", less), &grounds)];
    let why = "the risk \"r\" has not been assessed since 2026-09-01";
    assert_eq!(of_october(&claims, &grounds)["c"].unknown.as_deref(), Some(why));
    grounds.assessments.push(assessment("after", "2026-10-31", "100000", 0.25));
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!(told(value), [(Benefit::RiskReduced, dec("4166.666666666667"), dec("4166.666666666667"))]);
}

#[test]
fn two_claims_on_the_same_evidence_count_once_or_not_at_all() {
    let grounds = with_journeys();
    let share = |share: f64| json!({ "attribution": { "share": share, "why": "its part" } });
    let pair = |one: f64, other: f64| {
        let claims = [saved(time_saved("a", share(one)), &grounds), saved(time_saved("b", share(other)), &grounds)];
        of_october(&claims, &grounds)
    };
    let over = pair(0.7, 0.6);
    assert_eq!((over["a"].counted, &over["a"].shared_with), (false, &vec!["b".to_owned()]));
    assert_eq!((over["b"].counted, &over["b"].shared_with), (false, &vec!["a".to_owned()]));
    let within = pair(0.7, 0.3);
    assert!(within.values().all(|value| value.counted && value.shared_with.is_empty()));
    let sum: Decimal = within.values().map(|value| value.parts[0].amount.amount).sum();
    assert_eq!(sum, dec("3300"), "together exactly the whole");
}

/// Two promises of a component, or a promise and its incidents, tell of the same hours: at one amount
/// an hour they are claimed once. At another amount, something else was lost in them.
#[test]
fn an_hour_of_downtime_is_worth_its_amount_once_however_it_is_measured() {
    let grounds = with_downtime();
    let by = |slo: Option<&str>, driver: &str| {
        let inputs = json!({ "component": "shop", "slo": slo });
        json!({ "inputs": inputs, "value_driver": driver, "attribution": { "share": 0.6, "why": "its part" } })
    };
    let shared = |one: Value, other: Value| {
        let mut claims = [one, other].map(|more| (more["value_driver"].clone(), claim("a", more)));
        claims[1].1.id = "b".to_owned();
        let claims = claims.map(|(driver, claim)| {
            let driver = driver.as_str().map(ToOwned::to_owned);
            saved(ImpactClaim { value_driver: driver, ..claim }, &grounds)
        });
        let values = of_october(&claims, &grounds);
        (values["a"].shared_with == ["b"], values["b"].shared_with == ["a"])
    };
    assert_eq!(shared(by(Some("open"), "sales"), by(Some("fast"), "sales")), (true, true));
    assert_eq!(shared(by(Some("open"), "sales"), by(None, "sales")), (true, true));
    assert_eq!(shared(by(Some("open"), "sales"), by(Some("fast"), "parcels")), (false, false));
    assert_eq!(shared(by(Some("open"), "sales"), by(Some("open"), "parcels")), (true, true), "the same measurements");
}

#[test]
fn a_claim_that_is_doubted_or_not_counted_is_not_accepted() {
    let mut grounds = with_journeys();
    let accepted = |share: f64| {
        let more = json!({ "attribution": { "share": share, "why": "its part" } });
        ImpactClaim { state: crate::impact::ClaimState::Accepted, ..saved(time_saved("c", more), &with_journeys()) }
    };
    let (month, digest) = of_october(&[accepted(0.6)], &grounds)["c"].to_accept().unwrap();
    grounds.accepted.insert(("c".to_owned(), month), digest);
    let stands = |claims: &[ImpactClaim]| {
        let value = &of_october(claims, &grounds)["c"];
        (value.standing, value.accepted)
    };
    assert_eq!(stands(&[accepted(0.6)]), (Standing::Accepted, true));
    let doubted = ImpactClaim { state: crate::impact::ClaimState::Questioned, ..accepted(0.6) };
    assert_eq!(stands(&[doubted]), (Standing::Questioned, false));
    let other = ImpactClaim { id: "d".to_owned(), ..accepted(0.6) };
    assert_eq!(stands(&[accepted(0.6), other]), (Standing::NotCounted, false));
}

#[test]
fn a_changed_input_takes_back_what_was_accepted() {
    let mut grounds = with_journeys();
    let claim = saved(time_saved("c", json!({})), &grounds);
    let claims = [ImpactClaim { state: crate::impact::ClaimState::Accepted, ..claim }];
    let (accepted, digest) = of_october(&claims, &grounds)["c"].to_accept().unwrap();
    grounds.accepted.insert(("c".to_owned(), accepted), digest);
    assert!(of_october(&claims, &grounds)["c"].accepted);
    grounds.journeys[1].minutes_per_use = "11".parse().unwrap();
    assert!(!of_october(&claims, &grounds)["c"].accepted);
}

#[test]
fn what_is_only_told_has_no_amount() {
    let grounds = nothing();
    let told_only = json!({ "method": null, "benefit": "qualitative", "value_driver": null, "baseline": null,
        "inputs": {} });
    let claims = [saved(claim("c", told_only), &grounds)];
    let value = &of_october(&claims, &grounds)["c"];
    assert_eq!((value.parts.len(), &value.unknown, value.counted), (0, &None, false));
}

proptest! {
    /// Months of 28 to 31 days: a service that is down as large a part of the month as of its
    /// baseline is worth nothing more than it was.
    #[test]
    fn the_length_of_a_month_is_worth_nothing(at in 1..11_i32, hours in 1..20_i64) {
        let of = month("2026-01").plus(at - 1);
        let mut grounds = with_downtime();
        let (from, to) = of.bounds(chrono_tz::UTC);
        let down = |id: &str, from: chrono::DateTime<chrono::Utc>, seconds: i64| {
            let text = |at: chrono::DateTime<chrono::Utc>| crate::kernel::clock::Instant::from(at).to_string();
            incident(id, 1, &text(from), &text(from + chrono::TimeDelta::seconds(seconds)))
        };
        let baseline = month("2025-12").bounds(chrono_tz::UTC);
        // As many seconds as the months have hours, times the same: the same share of each.
        let seconds = |(from, to): (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)| (to - from).num_hours() * hours;
        grounds.incidents = vec![down("b", baseline.0, seconds(baseline)), down("m", from, seconds((from, to)))];
        let body = json!({ "from": "2026-01", "baseline": { "from": "2025-12", "to": "2026-01" } });
        let claims = [saved(claim("c", body), &grounds)];
        let value = values(&claims, &grounds, &[of]).remove("c").unwrap().remove(0);
        prop_assert_eq!(value.parts[0].amount.amount, Decimal::ZERO);
    }
}
