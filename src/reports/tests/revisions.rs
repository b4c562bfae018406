//! What a later report of the tiny month corrects.

use super::{both_rates, charge_of, entry, line_of, material};
use crate::{
    kernel::money::Currency,
    reports::{Draft, document::Correction, facts::FactValue},
};

#[test]
fn a_revision_lists_what_differs_and_why() {
    let before = Draft::of(&material(&both_rates()));
    assert_eq!(Correction::between(&before.facts, &before.facts), []);
    let mut late = material(&both_rates());
    let bill = entry("2026-10", "ci", "7", Currency::EUR, "A late bill");
    late.ledger.lines.push(line_of(&bill));
    late.charges.push(charge_of(&bill));
    let corrections = Correction::between(&before.facts, &Draft::of(&late).facts);
    let of = |name: &str| corrections.iter().find(|one| one.name == name);
    let total = of("cost.total").unwrap();
    let shown = |value: &Option<FactValue>| value.as_ref().map(FactValue::shown).unwrap_or_default();
    assert_eq!((shown(&total.was), shown(&total.now)), ("EUR 1,061.70".to_owned(), "EUR 1,068.70".to_owned()));
    assert_eq!(total.why, "1 row is new or changed");
    assert_eq!(
        of("cost.change").unwrap().why,
        "1 row is new or changed; 1 row is gone or replaced; it follows from cost.total"
    );
    assert!(of("cost.component.db").is_none());
}
