//! What the report says of principles, and of personas' tasks.

use super::*;
use crate::{
    kernel::auth::ProductId,
    personas::{NewJourney, NewPersona},
    principles::{AdherenceLevel, NewAdherence, NewPrinciple},
};

fn id() -> ProductId {
    ProductId::known("p".to_owned())
}

fn with_principles(mut material: Material) -> Material {
    let principle = |name: &str, rank: i64| {
        let sent = serde_json::json!({ "statement": name });
        let new: NewPrinciple = serde_json::from_value(sent).unwrap();
        new.into_row(&id(), rank, head(name))
    };
    let found = |principle: &str, component: &str, level, on: &str, evidence: &str| {
        let (component, evidence) = (component.to_owned(), evidence.to_owned());
        let new = NewAdherence { component: component.clone(), level, evidence, assessed_on: on.parse().unwrap() };
        new.into_row(&id(), principle, component, head(&format!("{principle}-{on}")))
    };
    material.principles = vec![principle("open", 1), principle("reversible", 2)];
    material.findings = vec![
        found("open", "db", AdherenceLevel::Follows, "2026-09-01", "tried"),
        found("open", "ci", AdherenceLevel::Violates, "2026-10-05", "own <b>passwords</b>"),
    ];
    material
}

#[test]
fn the_scorecard_stands_in_the_report() {
    let draft = Draft::of(&with_principles(material(&both_rates())));
    let share = |name: &str| draft.facts.number(name).known();
    assert_eq!(share("principles.followed"), Some(Decimal::new(5, 1)));
    assert_eq!(share("principles.followed.previous"), Some(Decimal::ONE));
    assert_eq!(share("principle.open.violates"), Some(Decimal::ONE));
    assert_eq!(share("principle.reversible.followed"), None, "nobody looked");
    let cells = draft.facts.get("principles.followed").unwrap().rows.as_ref().unwrap();
    assert_eq!((cells.len(), &cells[0]["component"]), (2, &serde_json::json!("db")));
    let told = paragraphs(&draft, "strategy");
    assert!(
        told[0]
            .starts_with("Of what was assessed, 50\u{a0}% keeps to our principles (on 30\u{a0}September 100\u{a0}%)"),
        "{told:?}"
    );
    assert!(told[0].contains("; 1 time one is broken; "), "{told:?}");
    let html = page(&draft);
    assert!(html.contains("own &lt;b&gt;passwords&lt;/b&gt;") && html.contains("1. open"));
    let without = Draft::of(&material(&both_rates()));
    assert!(without.document.sections.iter().all(|section| section.key.as_text() != "strategy"));
}

#[test]
fn a_card_a_persona_stands_in_the_report() {
    let mut material = material(&both_rates());
    let sent = serde_json::json!({ "name": "Developer", "role": "Builds", "quote": "I <i>wait</i>" });
    let new: NewPersona = serde_json::from_value(sent).unwrap();
    material.personas = vec![new.into_row(&id(), head("dev"))];
    let seen = |task: &str, on: &str, minutes: &str, satisfaction: Option<&str>| {
        let new = NewJourney {
            component: "ci".to_owned(),
            task: task.to_owned(),
            on: on.parse().unwrap(),
            uses_per_month: "70".parse().unwrap(),
            minutes_per_use: minutes.parse().unwrap(),
            satisfaction: satisfaction.map(|score| score.parse().unwrap()),
            source: "survey".to_owned(),
            sample_size: None,
        };
        new.into_row(&id(), "dev", "ci".to_owned(), head(&format!("{task}-{on}")))
    };
    material.journeys = vec![
        seen("build", "2026-03-01", "20", Some("2")),
        seen("build", "2026-10-20", "5", None),
        seen("build", "2026-11-01", "1", None),
        seen("look", "2026-10-01", "3", Some("4")),
    ];
    let draft = Draft::of(&material);
    let number = |name: &str| draft.facts.number(name).known().map(|value| value.to_string());
    assert_eq!(number("journey.build-2026-03-01.minutes").as_deref(), Some("5"), "not what was seen after the month");
    assert_eq!(number("journey.build-2026-03-01.minutes.before").as_deref(), Some("20"));
    assert_eq!(number("journey.look-2026-10-01.minutes.before"), None, "seen once is no before");
    let html = page(&draft);
    for said in ["I &lt;i&gt;wait&lt;/i&gt;", "seen once", "not asked"] {
        assert!(html.contains(said), "{said}");
    }
}
