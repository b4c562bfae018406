//! The ten questions of `docs/REPORT.md`: that their answers are what the demo's page says.

use crate::{app::TestApp, client::Answer, story, walk};
use serde_json::{Value, json};
use std::{collections::HashMap, path::Path};

on_both_engines!(ten_questions_are_answered_by_the_page);

/// What an answer rests on.
enum Rests {
    /// A figure of the report, by its name.
    On(&'static str),
    /// Words of the page, and how the answer has them.
    Said(&'static str, &'static str),
}

use Rests::{On, Said};

/// In the order of the document.
const ANSWERS: [&[Rests]; 10] = [
    &[
        On("cost.total"),
        On("cost.change"),
        Said("more than in September", "more than in September"),
        On("cost.category.labour"),
        On("cost.category.infrastructure"),
        On("cost.nature.run"),
        On("cost.nature.run.share"),
    ],
    &[
        On("cost.component.build-runners.change"),
        Said("What moved furthest is Build machines", "the build machines cost"),
        Said("because the mobile app moved its builds here", "the mobile app moved its builds there"),
    ],
    &[
        On("slo.count"),
        On("slo.met_count"),
        Said(
            "1 was missed: “Orders reach the warehouse within five minutes”",
            "Orders reach the warehouse within five minutes",
        ),
        On("slo.to-warehouse.budget_consumed"),
        On("slo.to-warehouse.budget_consumed.worst_day"),
        Said("on 20 October alone", "20 October"),
        On("slo.to-warehouse.customer_minutes"),
        Said("For 47 minutes orders reached the warehouse up to 25 minutes late", "for 47 minutes"),
        Said("about sixty parcels missed their van", "about sixty parcels missed their van"),
        Said("Support agent (19 people)", "support agents"),
    ],
    &[
        On("impact.claim_count"),
        On("impact.accepted_count"),
        On("impact.accepted.cash_released"),
        Said("(money no longer spent) by Ingrid Vestergaard", "money no longer spent (Ingrid Vestergaard)"),
        On("impact.accepted.revenue_protected"),
        Said("(revenue protected) by Jarle Tveit", "revenue protected (Jarle Tveit)"),
        On("impact.accepted.capacity_freed"),
        Said("(working time freed) by Emeka Nwosu and Ingrid Vestergaard", "Emeka Nwosu and Ingrid Vestergaard"),
        Said("a loss of EUR 2,896 (working time lost)", "a loss of EUR 2,896"),
        Said("they are never added to each other", "never added to each other"),
    ],
    &[
        Said("EUR 1,576 (revenue protected)", "EUR 1,576"),
        Said("Marit Aune questions it", "Marit Aune questions"),
        Said("leave out the one that was broken", "leaves out the one that was broken"),
    ],
    &[
        On("decisions.open"),
        On("decisions.waiting_cost"),
        Said("Asked of Ingrid Vestergaard; overdue since 20 October", "overdue since 20 October"),
        Said("A week of waiting costs EUR 660", "A week of waiting costs EUR 660"),
    ],
    &[
        Said("1 is overdue: “Alarms that speak of customers”", "Alarms that speak of customers"),
        Said("OPS-25, begun, overdue since 25 September", "since 25 September"),
    ],
    &[
        On("effort.toil_share"),
        On("effort.toil_share.previous"),
        On("effort.hours"),
        Said("Google's engineers draw the line at 50 %", "Google's line of 50 %"),
    ],
    &[
        Said("of which 1 failed (Order database)", "the order database failed"),
        Said("| failed | 205 min (of 60) |", "205 minutes where 60"),
        Said("| passed | 3 min (of 15) |", "the two front doors passed"),
        Said("Secrets vault (last tested 16 September 2025)", "last tested on 16 September 2025"),
    ],
    &[
        Said("1 week of one person in October 2026 without record (recorded: 97 %)", "97 % is recorded"),
        On("cost.unallocated"),
        Said("EUR 16,821 (11 % of the cost) belongs to no component", "11 % of the cost"),
        Said("2 components have no owner", "the owner of two components"),
        Said("Previews appear sooner on renewed machines", "whether previews appear sooner"),
    ],
];

/// Every way in which each figure is written.
fn figures(value: &Value, all: &mut HashMap<String, Vec<String>>) {
    match value {
        Value::Object(object) => {
            if let (Some(Value::String(name)), Some(Value::String(shown))) = (object.get("name"), object.get("shown")) {
                all.entry(name.clone()).or_default().push(plain(shown));
            }
            object.values().for_each(|value| figures(value, all));
        }
        Value::Array(items) => items.iter().for_each(|item| figures(item, all)),
        _ => {}
    }
}

/// With the blanks that people type, each once.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The questions of the document, with their answers.
fn questions() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/REPORT.md");
    let text = std::fs::read_to_string(path).expect("the document");
    let list = text.split("\n1. **").nth(1).expect("the first question").split("\n\n").next().expect("the list's end");
    let items = list.lines().fold(Vec::<String>::new(), |mut items, line| {
        match line.split_once(". **").filter(|(number, _)| number.parse::<u8>().is_ok()) {
            Some((_, rest)) => items.push(rest.to_owned()),
            None if items.is_empty() => items.push(line.to_owned()),
            None => items.last_mut().expect("an item").push_str(&format!(" {line}")),
        }
        items
    });
    let split = |item: &String| {
        let (question, answer) = item.split_once("**").expect("a question and its answer");
        (question.to_owned(), plain(answer))
    };
    items.iter().map(split).collect()
}

fn ten_questions_are_answered_by_the_page(app: &TestApp) {
    story::company(app);
    walk::play(app);
    let report = app.editor().post(&format!("{}/reports", story::SHOP), &json!({ "month": "2026-10" })).expect(201);
    let place = format!("{}/reports/{}", story::SHOP, report.json["id"].as_str().expect("an id"));
    app.editor().with("If-Match", report.etag()).post(&format!("{place}/publish"), &json!({})).expect(200);
    let get = |suffix: &str| -> Answer { app.viewer().get(&format!("{place}{suffix}")).expect(200) };
    let mut shown = HashMap::new();
    figures(&get(".json").json["sections"], &mut shown);
    // The page's words are those of the Markdown; `tests/suite/views.rs` sees to the figures of both.
    let said = plain(&get(".md").text().replace("**", ""));
    let page = plain(get(".html").text());
    let questions = questions();
    assert_eq!(questions.len(), ANSWERS.len(), "{questions:?}");
    for ((question, answer), rests) in questions.iter().zip(ANSWERS) {
        for rest in rests {
            match rest {
                On(name) => {
                    let ways = shown.get(*name).unwrap_or_else(|| panic!("{question} {name} is not on the page"));
                    let told = ways.iter().any(|way| answer.contains(way.as_str()));
                    assert!(told, "{question} {name} is {ways:?}; the answer is: {answer}");
                    assert!(page.contains(&format!("/facts/{name}\"")), "{question} {name} cannot be opened");
                }
                Said(words, answered) => {
                    assert!(said.contains(words), "{question} the page does not say: {words}");
                    assert!(answer.contains(answered), "{question} the answer does not say: {answered}");
                }
            }
        }
        // Nothing else is claimed: each figure of an answer is one that was looked for.
        let amounts = answer.split("EUR ").skip(1).map(|rest| rest.split([' ', '.', ';', ')', ':']).next());
        for amount in amounts.flatten().map(|amount| amount.trim_end_matches(',')) {
            assert!(said.contains(&format!("EUR {amount}")), "{question} EUR {amount} is not on the page");
        }
    }
}
