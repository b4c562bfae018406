//! What the tiny month waited for, worked out by hand.

use super::{amount, at, both_rates, head, material as bare, month, paragraphs, product, rate, said};
use crate::{
    decisions::{AnsweredBy, Decision, NewDecision, Scribe},
    reports::{Draft, document::Block, facts::FactValue, gather::Material},
    stakeholders::NewStakeholder,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn decision(id: &str, more: &Value) -> Decision {
    let mut sent = json!({ "question": format!("Question {id}?"), "stakeholder": "marit" });
    for (name, value) in more.as_object().unwrap() {
        sent[name] = value.clone();
    }
    let new: NewDecision = serde_json::from_value(sent).unwrap();
    new.into_row(&product().product_id(), None, &Scribe { at: at(), user: None }, head(id)).unwrap()
}

fn weekly(amount: &str, currency: &str) -> Value {
    json!({ "amount": amount, "currency": currency })
}

fn with(decisions: Vec<Decision>) -> Material {
    let mut material = bare(&both_rates());
    let new: NewStakeholder = serde_json::from_value(json!({ "name": "Marit Aune", "group": "finance" })).unwrap();
    material.worth.stakeholders = vec![new.into_row(&product().product_id(), Default::default(), head("marit"))];
    material.decisions = decisions;
    material
}

/// October ends on the 31st; in Berlin an answer at 23:30 of that day in UTC falls into November.
fn some() -> Vec<Decision> {
    let mut own = decision(
        "own",
        &json!({ "due_on": "2026-10-10", "cost_of_delay": weekly("70", "EUR"), "answer": "Yes.", "answered_at": "2026-10-14T09:00:00Z" }),
    );
    own.answered_by = Some(AnsweredBy::Stakeholder);
    vec![
        decision(
            "late",
            &json!({ "due_on": "2026-10-20", "cost_of_delay": weekly("700", "EUR"), "options": ["a", "b"] }),
        ),
        decision("dollars", &json!({ "due_on": "2026-10-24", "cost_of_delay": weekly("100", "USD") })),
        decision("soon", &json!({ "due_on": "2026-11-20", "stakeholder": null })),
        decision("today", &json!({ "due_on": "2026-10-31", "cost_of_delay": weekly("7", "EUR") })),
        decision(
            "since",
            &json!({ "due_on": "2026-10-30", "cost_of_delay": weekly("14", "EUR"), "answer": "No.",
            "answered_at": "2026-10-31T23:30:00Z" }),
        ),
        own,
        decision("early", &json!({ "due_on": "2026-10-20", "answer": "Go.", "answered_at": "2026-10-02T09:00:00Z" })),
        decision("before", &json!({ "due_on": "2026-09-01", "answer": "Old.", "answered_at": "2026-09-30T09:00:00Z" })),
    ]
}

fn number(draft: &Draft, name: &str) -> Decimal {
    draft.facts.number(name).known().unwrap_or_else(|| panic!("{name} is not known"))
}

fn items(draft: &Draft) -> Vec<Vec<String>> {
    let section = draft.document.sections.iter().find(|one| one.key.as_text() == "decisions").unwrap();
    let lists = section.blocks.iter().filter_map(|block| match block {
        Block::List { items } => Some(items.iter().map(|item| said(item)).collect()),
        _ => None,
    });
    lists.collect()
}

#[test]
fn waiting_costs_from_the_day_on_which_it_was_due() {
    let draft = Draft::of(&with(some()));
    for (name, expected) in [
        ("decisions.open", 5),
        ("decisions.overdue", 3),
        ("decisions.answered", 2),
        ("decision.late.days_late", 11),
        ("decision.dollars.days_late", 7),
        ("decision.today.days_late", 0),
        ("decision.soon.days_late", 0),
        ("decision.since.days_late", 1),
        ("decision.own.days_late", 4),
        ("decision.early.days_late", 0),
    ] {
        assert_eq!(number(&draft, name), Decimal::from(expected), "{name}");
    }
    for (name, expected) in [
        // 700 × 11 ÷ 7
        ("decision.late.waiting_cost", "1100"),
        // A week, at 0.9.
        ("decision.dollars.waiting_cost", "90"),
        ("decision.today.waiting_cost", "0"),
        // Nothing before it is due, whatever it would cost.
        ("decision.soon.waiting_cost", "0"),
        // Until the month's end, though it was answered since.
        ("decision.since.waiting_cost", "2"),
        ("decision.own.waiting_cost", "40"),
        ("decisions.waiting_cost", "1192"),
        ("decisions.waiting_cost.counted", "1192"),
        ("decisions.answered_waiting_cost", "40"),
    ] {
        assert_eq!(amount(&draft.facts, name), expected, "{name}");
    }
    assert!(draft.facts.get("decision.before.days_late").is_none(), "what was answered before is told no more");
    let dollars = draft.facts.get("decision.dollars.waiting_cost").unwrap();
    let names: Vec<&str> = dollars.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(
        names,
        ["decision.dollars.days_late", "decision.dollars.cost_of_delay", "exchange_rate.usd.eur.2026-10"]
    );
    for input in &dollars.inputs {
        assert_eq!(draft.facts.get(&input.name).unwrap().value, input.value, "{}", input.name);
    }
    let rows = draft.facts.get("decisions.waiting_cost").unwrap().rows.clone().unwrap();
    assert_eq!((rows.len(), &rows[0]["stakeholder"]), (5, &json!("Marit Aune")));
    assert_eq!(rows[0]["amount"], json!({ "amount": "1100", "currency": "EUR" }));
}

#[test]
fn what_is_asked_and_answered_is_told() {
    let draft = Draft::of(&with(some()));
    assert_eq!(
        paragraphs(&draft, "decisions"),
        [
            "5 decisions wait for an answer; 3 are overdue; waiting has cost EUR 1,192 so far.",
            "2 decisions were taken; waiting for that cost EUR 40."
        ]
    );
    let items = items(&draft);
    assert_eq!(
        items[0],
        [
            "Question late? Asked of Marit Aune; overdue since 20\u{a0}October, by 11 days. To choose from: “a”, “b”. A \
             week of waiting costs EUR 700; so far it has cost EUR 1,100.",
            "Question dollars? Asked of Marit Aune; overdue since 24\u{a0}October, by 7 days. A week of waiting costs USD \
             100; so far it has cost EUR 90.",
            "Question since? Asked of Marit Aune; overdue since 30\u{a0}October, by 1 day. A week of waiting costs EUR \
             14; so far it has cost EUR 2. It was answered since, on 1\u{a0}November.",
            "Question today? Asked of Marit Aune; due 31\u{a0}October. A week of waiting costs EUR 7.",
            "Question soon? Nobody is named to answer; due 20\u{a0}November. What a week of waiting costs nobody said.",
        ]
    );
    assert_eq!(
        items[1],
        [
            "Question own? “Yes.” Marit Aune answered on 14\u{a0}October; 4 days late, which cost EUR 40.",
            "Question early? “Go.” Asked of Marit Aune; decided on 2\u{a0}October, as the team wrote it down; in time.",
        ]
    );
}

#[test]
fn what_is_not_known_is_said_and_never_nothing() {
    let mut decisions = some();
    decisions.push(decision("free", &json!({ "due_on": "2026-10-01" })));
    decisions.push(decision("timeless", &json!({ "cost_of_delay": weekly("5", "EUR") })));
    let mut material = with(decisions);
    let draft = Draft::of(&material);
    assert_eq!(amount(&draft.facts, "decisions.waiting_cost"), "unknown");
    assert_eq!(amount(&draft.facts, "decisions.waiting_cost.counted"), "1192");
    assert_eq!(draft.facts.get("decision.timeless.days_late").unwrap().value, None::<FactValue>);
    let why = "nobody said what a week of waiting for \"Question free?\" costs, and of 1 more it is not known either";
    assert_eq!(
        paragraphs(&draft, "decisions")[0],
        format!(
            "7 decisions wait for an answer; 4 are overdue; waiting has cost at least EUR 1,192 (in whole it is not known: \
             {why}) so far."
        )
    );
    let told = items(&draft)[0].last().cloned().unwrap();
    assert!(told.contains("Asked of Marit Aune; nobody said by when. A week"), "{told}");
    // Without a rate the dollars are not known, and neither is a sum that they are part of.
    material.ledger.rates = crate::costs::ledger::Rates::new(&[rate("2026-09", "0.8")]);
    let draft = Draft::of(&material);
    for name in ["decision.dollars.waiting_cost", "decisions.waiting_cost.counted"] {
        let why = draft.facts.get(name).unwrap().unknown.clone();
        assert_eq!(why.as_deref(), Some("no exchange rate from USD to EUR for 2026-10"), "{name}");
    }
    assert_eq!(amount(&draft.facts, "decision.late.waiting_cost"), "1100");
}

#[test]
fn a_month_that_goes_on_is_judged_on_the_day_of_the_report() {
    let mut material =
        with(vec![decision("late", &json!({ "due_on": "2026-11-01", "cost_of_delay": weekly("7", "EUR") }))]);
    material.month = month("2026-11");
    let draft = Draft::of(&material);
    assert_eq!(amount(&draft.facts, "decision.late.waiting_cost"), "1", "it is 2 November");
}

#[test]
fn where_nobody_asks_that_is_said() {
    let draft = Draft::of(&with(Vec::new()));
    assert_eq!(paragraphs(&draft, "decisions"), ["0 decisions wait for an answer: nobody wrote any down."]);
    let draft = Draft::of(&with(vec![some().remove(7)]));
    assert_eq!(paragraphs(&draft, "decisions"), ["0 decisions wait for an answer.", "0 decisions were taken."]);
}

#[test]
fn who_is_asked_reads_what_waits_for_them() {
    let mut decisions = some();
    decisions.push(decision("timeless", &json!({})));
    let draft = Draft::of(&with(decisions));
    let [Block::Paragraph { parts }, Block::List { items }] = &*draft.document.about.stakeholders["marit"] else {
        panic!("not a sentence and a list")
    };
    assert_eq!(said(parts), "What waits for your answer:");
    let told: Vec<_> = items.iter().map(|item| said(item).replace('\u{a0}', " ")).collect();
    assert_eq!(told.len(), 4, "neither what is asked of nobody nor what is answered by now: {told:#?}");
    assert!(told[0].starts_with("Question late? Your answer is overdue since 20 October, by 11 days. "), "{}", told[0]);
    assert!(told[3].starts_with("Question timeless? Your answer is asked for; nobody said by when."), "{}", told[3]);
}
