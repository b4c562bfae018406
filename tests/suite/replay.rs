//! The order of a roadmap, told again from the audit trail alone; and moves by chance, the same in every run.

use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const HORIZONS: [&str; 3] = ["now", "next", "later"];

/// The refs of each horizon, as they stand: plain lists.
#[derive(Debug, Default)]
pub struct Stand(BTreeMap<String, Vec<String>>);

impl Stand {
    /// Does again what an event tells. What it says of how things stood before must be how they stand here.
    #[track_caller]
    pub fn replay(&mut self, action: &str, before: &Value, after: &Value) {
        let text = |row: &Value, name: &str| row[name].as_str().map(ToOwned::to_owned);
        let place = |row: &Value| (text(row, "ref").expect("a ref"), text(row, "horizon").expect("a horizon"));
        match action {
            "create" => {
                let (name, horizon) = place(after);
                self.0.entry(horizon).or_default().push(name);
            }
            "delete" => {
                self.take(&place(before));
            }
            "update" if before["horizon"] != after["horizon"] => {
                let (name, _) = self.take(&place(before));
                self.0.entry(place(after).1).or_default().push(name);
            }
            "update" => {}
            "move" => {
                let (name, above) = self.take(&place(before));
                assert_eq!(above, text(before, "after"), "{name} did not stand where it was taken from");
                let list = self.0.entry(place(after).1).or_default();
                let at = match text(after, "after") {
                    None => 0,
                    Some(above) => list.iter().position(|one| *one == above).expect("a neighbour that is there") + 1,
                };
                list.insert(at, name);
            }
            other => panic!("{other} is not known to change an order"),
        }
    }

    /// Takes an item out, and tells what stood right above it.
    fn take(&mut self, (name, horizon): &(String, String)) -> (String, Option<String>) {
        let list = self.0.entry(horizon.clone()).or_default();
        let at = list.iter().position(|one| one == name).expect("an item that stands there");
        let above = at.checked_sub(1).map(|above| list[above].clone());
        (list.remove(at), above)
    }

    /// All refs, as `sort=rank` lists them.
    pub fn whole(&self) -> Vec<String> {
        HORIZONS.iter().flat_map(|horizon| self.0.get(*horizon).cloned().unwrap_or_default()).collect()
    }
}

/// A small generator of our own: the same choices in every run.
fn chosen(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

/// One of `OPS-1` to `OPS-{items}`, and where it is to stand.
pub fn next_move(seed: &mut u64, items: u64) -> (String, Value) {
    let name = format!("OPS-{}", chosen(seed, items) + 1);
    let other = loop {
        let other = format!("OPS-{}", chosen(seed, items) + 1);
        if other != name {
            break other;
        }
    };
    let horizon = HORIZONS[chosen(seed, 3) as usize];
    let place = match chosen(seed, 4) {
        0 => json!({ "before": other }),
        1 => json!({ "after": other }),
        2 => json!({ "first_in": horizon }),
        _ => json!({ "last_in": horizon }),
    };
    (name, place)
}
