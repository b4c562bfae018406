//! Evidence that two claims rest on, found across methods: shown, and counted once or not at all.

use super::{
    metric::{metric_changed, with_metric},
    *,
};
use crate::impact::value::CitedEntry;

/// Everything of the other tests at once.
fn grounds() -> Grounds {
    let entry = |component: &str, month_: &str, nature: Nature, counts: bool| CitedEntry {
        component: Some(component.to_owned()),
        month: month(month_),
        nature,
        counts,
    };
    let named = [
        ("october", entry("shop", "2026-10", Nature::Run, true)),
        ("july", entry("shop", "2026-07", Nature::Run, true)),
        ("september", entry("shop", "2026-09", Nature::Run, true)),
        ("elsewhere", entry("search", "2026-10", Nature::Run, true)),
        ("new", entry("shop", "2026-10", Nature::Transform, true)),
        ("hours", entry("shop", "2026-10", Nature::Run, false)),
    ];
    let downtime = with_downtime();
    Grounds {
        cited_incidents: downtime.incidents.iter().map(|one| (one.id.clone(), one.clone())).collect(),
        cited_entries: named.into_iter().map(|(id, entry)| (id.to_owned(), entry)).collect(),
        incidents: downtime.incidents,
        ledger: with_costs().ledger,
        key_results: with_metric().key_results,
        check_ins: with_metric().check_ins,
        assessments: vec![
            assessment("before", "2026-05-01", "100000", 0.75),
            assessment("after", "2026-10-01", "1", 1.0),
        ],
        ..with_journeys()
    }
}

fn cost_reduced(id: &str, more: Value) -> ImpactClaim {
    let mut body = json!({ "method": "cost_reduced", "benefit": "cash_released", "value_driver": null });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    claim(id, body)
}

fn risk_reduced(id: &str, more: Value) -> ImpactClaim {
    let mut body = json!({ "method": "risk_reduced", "benefit": "risk_reduced", "value_driver": null, "baseline": null,
        "inputs": { "risk": "r" } });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    claim(id, body)
}

fn naming(kind: &str, id: &str) -> Value {
    json!({ "evidence": [{ "kind": kind, "ref": id, "grade": "measured" }] })
}

fn share(mut body: Value, share: f64) -> Value {
    body["attribution"] = json!({ "share": share, "why": "its part" });
    body
}

/// What the first of two claims shares with the second in a month: kind and id of each piece.
fn shares(one: ImpactClaim, other: ImpactClaim, of: &str) -> Vec<(String, String)> {
    let grounds = grounds();
    let claims = [saved(one, &grounds), saved(other, &grounds)];
    let first = values(&claims, &grounds, &[month(of)]).remove(&claims[0].id).unwrap().remove(0);
    assert!(first.shares.iter().all(|one| one.claims == [claims[1].id.clone()]), "{:?}", first.shares);
    assert_eq!(first.shared_with.is_empty(), first.shares.iter().all(|one| !one.is_over()));
    first.shares.into_iter().map(|one| (one.kind, one.id)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect()
}

#[test]
fn an_incident_is_shared_by_whoever_counts_and_whoever_names_it() {
    let of = |id: &str, at: &str| shares(claim("a", json!({})), time_saved("b", naming("incidents", id)), at);
    assert_eq!(of("i4", "2026-10"), pairs(&[("incidents", "i4")]));
    assert_eq!(of("i4", "2026-09"), [], "it was not in September");
    assert_eq!(of("i1", "2026-09"), pairs(&[("incidents", "i1")]), "it is in both baselines");
    assert_eq!(of("i3", "2026-10"), [], "what was no downtime is nobody's downtime");
    let both =
        shares(time_saved("a", naming("incidents", "i3")), cost_reduced("b", naming("incidents", "i3")), "2026-10");
    assert_eq!(both, pairs(&[("incidents", "i3")]), "both name it");
}

#[test]
fn downtime_of_a_component_is_shared_however_it_is_measured() {
    let by_slo = || claim("b", json!({ "inputs": { "component": "shop", "slo": "open" } }));
    assert_eq!(shares(claim("a", json!({})), by_slo(), "2026-10"), pairs(&[("downtime", "shop")]));
    assert_eq!(shares(by_slo(), risk_reduced("c", naming("slos", "open")), "2026-10"), pairs(&[("slos", "open")]));
    let both = shares(claim("a", json!({})), claim("b", json!({})), "2026-10");
    assert_eq!(both, pairs(&[("incidents", "i1"), ("incidents", "i2"), ("incidents", "i4")]), "rows say it already");
}

#[test]
fn a_line_of_cost_is_shared_in_its_month() {
    let named =
        |id: &str, at: &str| shares(cost_reduced("a", json!({})), time_saved("b", naming("cost-entries", id)), at);
    assert_eq!(named("october", "2026-10"), pairs(&[("cost-entries", "october")]));
    assert_eq!(named("october", "2026-09"), []);
    assert_eq!(named("july", "2026-10"), pairs(&[("cost-entries", "july")]), "both are compared with it");
    assert_eq!(named("elsewhere", "2026-10"), [], "another component's");
    assert_eq!(named("new", "2026-10"), [], "what builds something new is not what it costs to keep");
    assert_eq!(named("hours", "2026-10"), [], "hours are counted from effort");
    let by_name = |one: &str, other: &str, at: &str| {
        let other = metric_changed("b", naming("cost-entries", other));
        shares(time_saved("a", naming("cost-entries", one)), other, at)
    };
    assert_eq!(by_name("october", "october", "2026-10"), pairs(&[("cost-entries", "october")]));
    assert_eq!(by_name("october", "hours", "2026-10"), [], "two lines of one component are two lines");
    assert_eq!(by_name("september", "september", "2026-10"), []);
    assert_eq!(
        shares(cost_reduced("a", json!({})), cost_reduced("b", json!({})), "2026-10"),
        pairs(&[("cost-entries", "july"), ("cost-entries", "october"), ("costs", "shop")])
    );
}

#[test]
fn a_task_an_observation_a_risk_and_a_key_result_are_shared() {
    let journeys = shares(time_saved("a", json!({})), cost_reduced("b", naming("journeys", "new")), "2026-10");
    assert_eq!(journeys, pairs(&[("journeys", "new")]));
    let old = shares(time_saved("a", json!({})), cost_reduced("b", naming("journeys", "later")), "2026-10");
    assert_eq!(old, [], "an observation that does not count yet");
    let risk = shares(risk_reduced("a", json!({})), time_saved("b", naming("risks", "r")), "2026-10");
    assert_eq!(risk, pairs(&[("risks", "r")]));
    let same = shares(metric_changed("a", json!({})), metric_changed("b", json!({})), "2026-10");
    assert_eq!(same, pairs(&[("check-ins", "last"), ("key-results", "alarms")]));
    let named =
        |kind: &str, id: &str, at: &str| shares(metric_changed("a", json!({})), time_saved("b", naming(kind, id)), at);
    assert_eq!(named("key-results", "alarms", "2026-10"), pairs(&[("key-results", "alarms")]));
    assert_eq!(named("check-ins", "last", "2026-10"), pairs(&[("check-ins", "last")]));
    assert_eq!(named("check-ins", "last", "2026-09"), []);
}

#[test]
fn documents_work_and_what_is_only_told_take_nothing() {
    let said = |kind: &str| shares(time_saved("a", naming(kind, "x")), cost_reduced("b", naming(kind, "x")), "2026-10");
    for kind in ["document", "activities", "recovery-tests"] {
        assert_eq!(said(kind), [], "{kind}");
    }
    let told_only = claim(
        "b",
        json!({ "method": null, "benefit": "qualitative", "value_driver": null, "baseline": null,
        "inputs": {}, "evidence": naming("incidents", "i4")["evidence"] }),
    );
    assert_eq!(shares(claim("a", json!({})), told_only, "2026-10"), []);
}

/// 0.7 and 0.3 of one key result are all of it: 702 × 0.7 = 491.4 and 702 × 0.3 = 210.6. 0.7 and 0.4 are more.
#[test]
fn what_is_shared_is_shown_and_counted_once_or_not_at_all() {
    let grounds = grounds();
    let grounds = Grounds { drivers: vec![driver(DriverKind::PerUnit, "78")], ..grounds };
    let pair = |one: f64, other: f64| {
        let claims =
            [("a", one), ("b", other)].map(|(id, part)| saved(metric_changed(id, share(json!({}), part)), &grounds));
        of_october(&claims, &grounds)
    };
    let within = pair(0.7, 0.3);
    assert_eq!(told(&within["a"])[0].1 + told(&within["b"])[0].1, dec("702"));
    let shown = serde_json::to_value(&within["a"]).unwrap();
    assert_eq!((&shown["counted"], &shown["shared_with"]), (&json!(true), &json!([])));
    let expected = json!({ "kind": "key-results", "id": "alarms", "value_driver": null, "claims": ["b"], "share": 1 });
    assert!(shown["shares"].as_array().unwrap().contains(&expected), "{shown}");
    let over = serde_json::to_value(&pair(0.7, 0.4)["b"]).unwrap();
    assert_eq!((&over["counted"], &over["shared_with"]), (&json!(false), &json!(["a"])));
    assert_eq!(over["shares"][0]["share"], json!(1.1));
}

/// Any claim: its method, what it names, and how much of it it claims.
fn any_claim() -> impl Strategy<Value = (usize, usize, u32)> {
    (0..5_usize, 0..NAMED.len(), 0..=100_u32)
}

const NAMED: &[(&str, &str)] = &[
    ("document", "x"),
    ("incidents", "i1"),
    ("incidents", "i4"),
    ("slos", "open"),
    ("journeys", "new"),
    ("cost-entries", "october"),
    ("cost-entries", "july"),
    ("risks", "r"),
    ("key-results", "alarms"),
    ("check-ins", "last"),
];

proptest! {
    /// Whatever claims there are, nothing is counted by more than all of it, and one claim more never lets another
    /// count that did not, or count for more.
    #[test]
    fn no_evidence_is_counted_twice(made in prop::collection::vec(any_claim(), 1..9)) {
        let grounds = grounds();
        let claims: Vec<ImpactClaim> = made.iter().enumerate().map(|(n, (method, named, part))| {
            let (kind, id) = NAMED[*named];
            let more = share(naming(kind, id), f64::from(*part) / 100.0);
            let name = format!("c{n}");
            saved(match method {
                0 => claim(&name, more),
                1 => time_saved(&name, more),
                2 => cost_reduced(&name, more),
                3 => risk_reduced(&name, more),
                _ => metric_changed(&name, more),
            }, &grounds)
        }).collect();
        for of in ["2026-09", "2026-10"].map(month) {
            let value_of = |claims: &[ImpactClaim]| -> BTreeMap<String, MonthValue> {
                let values = values(claims, &grounds, &[of]);
                values.into_iter().map(|(id, mut months)| (id, months.remove(0))).collect()
            };
            let all = value_of(&claims);
            let mut counted: BTreeMap<methods::Basis, Decimal> = BTreeMap::new();
            for claim in claims.iter().filter(|claim| all[&claim.id].counted) {
                let frozen = frozen_of(claim).unwrap();
                let measured = measure(claim, &frozen, &grounds, of).ok();
                for basis in rests_on(claim, &frozen, measured.as_ref(), &grounds, of) {
                    *counted.entry(basis).or_default() += claim.attribution.value().share.get();
                }
            }
            prop_assert!(counted.values().all(|sum| *sum <= Decimal::ONE), "{:?}", counted);
            let fewer = value_of(&claims[..claims.len() - 1]);
            for (id, before) in &fewer {
                let after = &all[id];
                prop_assert!(before.counted || !after.counted, "{} counts since there is another", id);
                prop_assert_eq!(&before.parts, &after.parts);
            }
        }
    }
}
