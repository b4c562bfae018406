//! Under which vision and strategy it was made, and how far the objectives are.

use super::opened::{Found, Opened, cell};

pub fn found(fact: Opened) -> Option<Found> {
    let words: Vec<&str> = fact.name.split('.').collect();
    let [row] = fact.rows() else { return Some(Found::Unknown(fact.text("unknown").to_owned())) };
    Some(match words.as_slice() {
        ["vision" | "strategy", "version"] => {
            assert!(row["published_at"].is_string(), "{row}");
            cell(row, "version_number").into()
        }
        ["key_result", _, "current"] => {
            assert!(row["on"].as_str().is_some_and(|on| on <= "2026-10-31"), "{row}");
            cell(row, "value").into()
        }
        ["key_result", id, "progress"] => {
            let (baseline, target) = (fact.input("baseline"), fact.input("target"));
            ((fact.from(&format!("key_result.{id}.current")) - &baseline) / (target - &baseline)).into()
        }
        _ => return None,
    })
}
