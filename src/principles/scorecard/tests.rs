//! What a scorecard counts.

use super::*;
use crate::{
    kernel::{auth::ProductId, db::Head},
    principles::{NewAdherence, NewPrinciple},
};
use chrono::Days;
use proptest::prelude::*;

fn product() -> ProductId {
    ProductId::known("shop".to_owned())
}

fn head(id: &str) -> Head {
    Head { id: id.to_owned(), ..Head::trial() }
}

fn component(key: &str) -> Component {
    let sent = serde_json::json!({ "name": key, "kind": "service" });
    let new: crate::components::NewComponent = serde_json::from_value(sent).unwrap();
    new.into_row(&product(), key.parse().unwrap(), head(key))
}

fn principle(id: &str, retired_on: Option<&str>) -> Principle {
    let new = NewPrinciple {
        statement: id.to_owned(),
        rationale: String::new(),
        implications: String::new(),
        rank: None,
        retired_on: retired_on.map(|day| day.parse().unwrap()),
    };
    new.into_row(&product(), 1, head(id))
}

fn found(component: &str, principle: &str, level: AdherenceLevel, on: &str, evidence: &str) -> Adherence {
    let new = NewAdherence {
        component: component.to_owned(),
        level,
        evidence: evidence.to_owned(),
        assessed_on: on.parse().unwrap(),
    };
    new.into_row(&product(), principle, component.to_owned(), head(&format!("{component}-{principle}-{on}")))
}

fn card(on: &str, start: i64, findings: &[Adherence]) -> ScorecardView {
    let components = [component("db"), component("search")];
    let principles = [principle("open", None), principle("old", Some("2026-11-01"))];
    let on = on.parse().unwrap();
    ScorecardView::new((quarter_before(on, start), on), &components, &principles, findings)
}

use AdherenceLevel::{Follows, NotAssessed, Partly, Violates};

#[test]
fn what_nobody_looked_at_counts_neither_for_nor_against() {
    let none = card("2026-11-23", 1, &[]);
    assert_eq!((none.whole.share, none.whole.not_assessed), (None, 2));
    assert_eq!(none.whole.unknown.as_deref(), Some(NOTHING_ASSESSED));
    assert_eq!(none.cells[0].movement, None);
    let one = card("2026-11-23", 1, &[found("db", "open", Follows, "2026-11-01", "seen")]);
    assert_eq!((one.whole.share, one.whole.assessed), (Some(Ratio(Decimal::ONE)), 1));
    assert_eq!(one.components[1].tally.share, None, "of the other nothing is known");
    assert_eq!(one.whole.movement, None, "nothing was known before");
    let back = [found("db", "open", Follows, "2026-09-01", "seen"), found("db", "open", NotAssessed, "2026-10-02", "")];
    let back = card("2026-11-23", 1, &back);
    assert_eq!((back.whole.share, back.whole.without_evidence), (None, 0));
    assert_eq!(back.cells[0].movement, Some(AdherenceMove::NoLongerAssessed));
}

#[test]
fn the_latest_by_a_day_counts_and_moves_since_the_quarter_before() {
    let findings = [
        found("db", "open", Violates, "2026-03-01", "x"),
        found("db", "open", Partly, "2026-09-30", "x"),
        found("db", "open", Follows, "2026-10-01", " "),
        found("db", "open", Violates, "2026-12-01", "later"),
        found("search", "open", Violates, "2026-02-01", "x"),
        found("search", "old", Follows, "2026-02-01", "gone with its principle"),
        found("gone", "open", Follows, "2026-02-01", "gone with its component"),
    ];
    let now = card("2026-11-23", 1, &findings);
    assert_eq!(now.compared_with.to_string(), "2026-09-30");
    assert_eq!((now.cells[0].level, now.cells[0].level_before), (Follows, Partly));
    assert_eq!(now.cells[0].movement, Some(AdherenceMove::Better));
    assert_eq!(now.cells[0].assessed_on, "2026-10-01".parse().ok());
    assert_eq!(now.cells[1].movement, Some(AdherenceMove::Same));
    assert_eq!(
        (now.whole.share, now.whole.share_before),
        (Some(Ratio(Decimal::new(5, 1))), Some(Ratio(Decimal::ZERO)))
    );
    assert_eq!((now.whole.movement, now.whole.without_evidence), (Some(Ratio(Decimal::new(5, 1))), 1));
    let retired = card("2026-10-31", 1, &findings);
    assert_eq!(retired.principles.len(), 2, "it held until the day before");
    assert_eq!(card("2026-11-23", 12, &findings).compared_with.to_string(), "2026-08-31", "by the fiscal year");
    assert_eq!(card("2026-08-31", 1, &findings).cells[0].level, Violates, "what was found later is not known yet");
}

#[test]
fn a_line_a_cell_and_what_would_break_it_is_quoted() {
    let findings = [found("db", "open", Partly, "2026-10-05", "a \"quoted\" word, and\r\n=1+1")];
    let written = csv(&card("2026-11-23", 1, &findings));
    assert_eq!(
        written,
        "on,component,component_name,principle,statement,rank,level,evidence,assessed_on,compared_with,level_before,\
         movement\r\n\
         2026-11-23,db,db,open,open,1,partly,\"a \"\"quoted\"\" word, and\r\n=1+1\",2026-10-05,2026-09-30,not_assessed,\
         newly_assessed\r\n\
         2026-11-23,search,search,open,open,1,not_assessed,,,2026-09-30,not_assessed,\r\n"
    );
}

fn level() -> impl Strategy<Value = AdherenceLevel> {
    proptest::sample::select(AdherenceLevel::ALL)
}

proptest! {
    /// Against an oracle of whole numbers, whatever was found and in whichever order it is told.
    #[test]
    fn the_share_is_what_follows_of_what_was_assessed(
        told in proptest::collection::vec((0..3_usize, 0..3_usize, level(), 0..200_u64), 0..60),
        turned in any::<bool>(),
    ) {
        let first: NaiveDate = "2026-06-01".parse().unwrap();
        let (on, before): (NaiveDate, NaiveDate) = ("2026-11-23".parse().unwrap(), "2026-09-30".parse().unwrap());
        let keys = ["a", "b", "c"];
        let mut findings: Vec<Adherence> = Vec::new();
        for (component, principle, level, day) in told {
            let day = (first + Days::new(day)).to_string();
            if findings.iter().all(|one| one.id != format!("{}-{}-{day}", keys[component], keys[principle])) {
                findings.push(found(keys[component], keys[principle], level, &day, "x"));
            }
        }
        if turned {
            findings.reverse();
        }
        let components = keys.map(component);
        let principles = keys.map(|key| principle(key, None));
        let card = ScorecardView::new((before, on), &components, &principles, &findings);
        prop_assert_eq!(card.cells.len(), 9);
        let level_on = |component: &str, principle: &str, day: NaiveDate| {
            let mine = findings.iter().filter(|one| one.component == component && one.principle == principle);
            mine.filter(|one| one.assessed_on <= day).max_by_key(|one| one.assessed_on).map_or(NotAssessed, |one| one.level)
        };
        let share = |day: NaiveDate, only: Option<&str>| {
            let (mut follows, mut assessed) = (0_i64, 0_i64);
            for principle in keys.iter().filter(|key| only.is_none_or(|only| only == **key)) {
                for component in keys {
                    match level_on(component, principle, day) {
                        Follows => (follows, assessed) = (follows + 1, assessed + 1),
                        Partly | Violates => assessed += 1,
                        NotAssessed => {}
                    }
                }
            }
            (follows, assessed)
        };
        let holds = |tally: &ScorecardTally, only: Option<&str>| {
            let ((follows, assessed), (then, of)) = (share(on, only), share(before, only));
            prop_assert_eq!(tally.share.is_some(), assessed > 0);
            prop_assert_eq!(tally.unknown.is_some(), assessed == 0);
            prop_assert_eq!(tally.share_before.is_some(), of > 0);
            prop_assert_eq!(tally.movement.is_some(), assessed > 0 && of > 0);
            prop_assert_eq!(tally.assessed + tally.not_assessed, if only.is_some() { 3 } else { 9 });
            if let Some(Ratio(share)) = tally.share {
                prop_assert!(share >= Decimal::ZERO && share <= Decimal::ONE);
                let back = (share * Decimal::from(assessed)).round_dp(20);
                prop_assert_eq!(back, Decimal::from(follows));
                if let Some(Ratio(before)) = tally.share_before {
                    prop_assert_eq!((before * Decimal::from(of)).round_dp(20), Decimal::from(then));
                    prop_assert_eq!(tally.movement, Some(Ratio(share - before)));
                }
            }
            Ok(())
        };
        holds(&card.whole, None)?;
        for one in &card.principles {
            holds(&one.tally, Some(&one.principle))?;
        }
        let sum: u64 = card.components.iter().map(|one| one.tally.follows).sum();
        prop_assert_eq!(sum, card.whole.follows);
    }
}
