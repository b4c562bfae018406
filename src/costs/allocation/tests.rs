use super::*;
use crate::kernel::auth::ProductId;
use serde_json::{Value, json};

fn rule(body: Value) -> Result<AllocationRule, Vec<String>> {
    let mut whole = json!({
        "order": 1, "valid_from": "2026-10-01", "match": { "service_name": "S3" },
        "targets": [{ "component": "a", "share": 0.25 }, { "component": "b", "share": 0.75 }],
    });
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let new: NewAllocationRule = serde_json::from_value(whole).unwrap();
    let said = |fault: &Fault| format!("{} {}", fault.pointer.as_deref().unwrap_or_default(), fault.code);
    new.into_row(&ProductId::known("p".to_owned()), Head::trial())
        .map_err(|failure| failure.faults().iter().map(said).collect())
}

fn between(from: &str, to: Option<&str>) -> AllocationRule {
    rule(json!({ "valid_from": from, "valid_to": to })).unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[test]
fn a_rule_has_whole_months_one_match_and_all_of_it_to_give() {
    assert!(rule(json!({})).is_ok());
    let refused = |body| rule(body).unwrap_err();
    assert_eq!(refused(json!({ "valid_from": "2026-10-02" })), ["/valid_from not_first_of_month"]);
    assert_eq!(refused(json!({ "valid_to": "2026-11-30" })), ["/valid_to not_first_of_month"]);
    assert_eq!(refused(json!({ "valid_to": "2026-10-01" })), ["/valid_to before_start"]);
    assert_eq!(refused(json!({ "match": {} })), ["/match required"]);
    let share = |component: &str, share: f64| json!({ "component": component, "share": share });
    assert_eq!(refused(json!({ "targets": [share("a", 0.5), share("a", 0.5)] })), ["/targets/1/component repeated"]);
    assert_eq!(refused(json!({ "targets": [share("a", 0.5), share("b", 0.499999999999)] })), ["/targets sum"]);
}

#[test]
fn a_rule_is_in_force_from_its_first_month_up_to_its_end() {
    let ended = between("2026-09-01", Some("2026-11-01"));
    let months = ["2026-08", "2026-09", "2026-10", "2026-11"].map(|text| ended.is_in_force(month(text)));
    assert_eq!(months, [false, true, true, false]);
    assert!(between("2026-09-01", None).is_in_force(month("2999-12")));
    let overlap = |a: (&str, Option<&str>), b: (&str, Option<&str>)| {
        let (a, b) = (between(a.0, a.1), between(b.0, b.1));
        assert_eq!(a.overlaps(&b), b.overlaps(&a));
        a.overlaps(&b)
    };
    assert!(!overlap(("2026-09-01", Some("2026-11-01")), ("2026-11-01", None)));
    assert!(overlap(("2026-09-01", Some("2026-11-01")), ("2026-10-01", None)));
    assert!(overlap(("2026-09-01", None), ("2027-10-01", None)));
}

#[test]
fn what_was_in_force_in_a_published_month_can_only_be_ended() {
    let kept = |before: Option<&AllocationRule>, after: Option<&AllocationRule>| {
        require_past_kept(before, after, Some(month("2026-09"))).is_ok()
    };
    let (old, new) = (between("2026-08-01", None), between("2026-10-01", None));
    assert!(kept(None, Some(&new)) && kept(Some(&new), None), "it begins after what is published");
    assert!(!kept(None, Some(&old)) && !kept(Some(&old), None));
    assert!(!kept(Some(&new), Some(&old)) && !kept(Some(&old), Some(&new)));
    let ended = |on| between("2026-08-01", Some(on));
    assert!(kept(Some(&old), Some(&ended("2026-10-01"))) && kept(Some(&ended("2026-10-01")), Some(&old)));
    assert!(!kept(Some(&old), Some(&ended("2026-09-01"))));
    assert!(!kept(Some(&ended("2026-09-01")), Some(&ended("2026-10-01"))), "it would come back to life");
    let other = AllocationRule { order: 2, ..old.clone() };
    assert!(!kept(Some(&old), Some(&other)));
    assert!(require_past_kept(Some(&old), Some(&other), None).is_ok(), "nothing is published");
}
