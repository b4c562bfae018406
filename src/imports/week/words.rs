//! A share of a week in words: `20% on_call checkout`, `rest improvement OPS-12`.

use crate::{
    effort::{Named, NewShare, WorkKind},
    kernel::money::Quantity,
};
use rust_decimal::Decimal;

/// How much of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Share(Quantity),
    /// What the others leave.
    Rest,
}

/// A share as a file says it; without what it was for where that is still to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub amount: Amount,
    pub what: Option<What>,
}

/// What it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct What {
    pub kind: WorkKind,
    pub component: Option<String>,
    pub roadmap_item: Option<String>,
}

/// What is wrong: column, code, sentence.
pub type Wrong = (&'static str, &'static str, String);

/// What is still to be said.
pub const UNSAID: &str = "?";
/// What stands for their last week.
pub const SAME: &str = "same";
/// What stands for what is left.
pub const REST: &str = "rest";

impl Part {
    /// # Errors
    /// For no amount, no kind, or a word that is nothing known.
    pub fn read(text: &str, known: &Named) -> Result<Self, Wrong> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let Some(first) = words.first().copied() else {
            return Err(("share", "required", "there is nothing between two commas".to_owned()));
        };
        words.remove(0);
        if first == UNSAID {
            return Ok(Self { amount: Amount::Rest, what: None });
        }
        let percent = format!("{first}%");
        let first = match words.first() {
            Some(&"%") => {
                words.remove(0);
                percent.as_str()
            }
            _ => first,
        };
        let amount = amount(first)?;
        if words.contains(&UNSAID) {
            return Ok(Self { amount, what: None });
        }
        let (mut kind, mut component, mut roadmap_item) = (None, None, None);
        for word in words {
            if let (Ok(read), None) = (word.parse::<WorkKind>(), kind) {
                kind = Some(read);
            } else if let Some(item) = known.roadmap_items.get(word).filter(|_| roadmap_item.is_none()) {
                roadmap_item = Some(item.clone());
            } else if let Some(key) = known.components.get(word).filter(|_| component.is_none()) {
                component = Some(key.clone());
            } else {
                return Err(unknown(word, known));
            }
        }
        match kind {
            Some(kind) => Ok(Self { amount, what: Some(What { kind, component, roadmap_item }) }),
            None => {
                let detail = format!("say which kind of work this was: {}", WorkKind::WORDS.join(", "));
                Err(("kind", "required", detail))
            }
        }
    }
}

fn unknown(word: &str, known: &Named) -> Wrong {
    let twice = word.parse::<WorkKind>().is_ok();
    if twice || known.components.contains_key(word) || known.roadmap_items.contains_key(word) {
        let detail =
            format!("`{word}` is one too many: a share has a kind, at most a component, at most a roadmap item");
        return ("share", "repeated", detail);
    }
    let shaped = word.split_once('-').is_some_and(|(prefix, number)| {
        prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let detail = match shaped {
        true => format!("there is no roadmap item {word}"),
        false => format!("`{word}` is neither a kind of work nor the key of a component"),
    };
    (if shaped { "roadmap_item" } else { "component" }, "unknown_reference", detail)
}

/// `rest`, `20%` or `0.2`, exactly.
fn amount(word: &str) -> Result<Amount, Wrong> {
    if word == REST {
        return Ok(Amount::Rest);
    }
    let wrong = |detail: String| ("share", "format", detail);
    let (digits, places) = word.strip_suffix('%').map_or((word, 0), |digits| (digits, 2));
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = Decimal::from_str_exact(digits).ok().filter(|_| plain);
    let Some(number) = number else {
        return Err(wrong(format!("`{word}` is no share: it begins with one, such as 20%, 0.2 or rest")));
    };
    let exact = Decimal::try_from_i128_with_scale(number.mantissa(), number.scale() + places).ok();
    let share = exact.and_then(|exact| exact.normalize().to_string().parse::<Quantity>().ok());
    match share {
        None => Err(wrong(format!("`{word}` has more digits than are kept: 12 after the point of a share"))),
        Some(share) if share <= Quantity::ZERO || share > Quantity::ONE => {
            Err(wrong(format!("`{word}` is no part of a week: write 20% or 0.2")))
        }
        Some(share) => Ok(Amount::Share(share)),
    }
}

/// The shares that parts say, when the rest is known.
///
/// # Errors
/// For two rests, and for a rest of nothing.
pub fn settled(parts: Vec<(Amount, What)>) -> Result<Vec<NewShare>, Wrong> {
    let taken: Decimal = parts.iter().filter_map(|(amount, _)| of_share(*amount)).sum();
    let rests = parts.iter().filter(|(amount, _)| *amount == Amount::Rest).count();
    let left = Decimal::ONE - taken;
    if rests > 1 {
        return Err(("share", "repeated", "there is one rest of a week".to_owned()));
    }
    if rests == 1 && left <= Decimal::ZERO {
        let detail = format!("nothing is left for the rest: the other shares are {}", shown(taken));
        return Err(("share", "sum", detail));
    }
    // A difference of quantities is one.
    let left = left.normalize().to_string().parse().unwrap_or(Quantity::ZERO);
    let share = |(amount, what): (Amount, What)| NewShare {
        component: what.component,
        roadmap_item: what.roadmap_item,
        kind: what.kind,
        share: match amount {
            Amount::Share(share) => share,
            Amount::Rest => left,
        },
    };
    Ok(parts.into_iter().map(share).collect())
}

fn of_share(amount: Amount) -> Option<Decimal> {
    match amount {
        Amount::Share(share) => Some(share.get()),
        Amount::Rest => None,
    }
}

/// A share as people write it, exactly: `20%`.
pub fn shown(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).normalize())
}

/// What a share says, as [`Part::read`] reads it.
pub fn told(share: &NewShare) -> String {
    let mut told = format!("{} {}", shown(share.share.get()), share.kind);
    for word in share.component.iter().chain(&share.roadmap_item) {
        told.push(' ');
        told.push_str(word);
    }
    told
}

/// What several say, with commas between.
pub fn all_told(shares: &[NewShare]) -> String {
    shares.iter().map(told).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn known() -> Named {
        let named =
            |names: &[&str]| names.iter().map(|it| ((*it).to_owned(), (*it).to_owned())).collect::<HashMap<_, _>>();
        Named { components: named(&["checkout", "security"]), roadmap_items: named(&["OPS-12"]) }
    }

    fn read(text: &str) -> String {
        match Part::read(text, &known()) {
            Ok(Part { amount, what: None }) => format!("{amount:?} ?"),
            Ok(Part { amount: Amount::Rest, what: Some(what) }) => format!("rest {what:?}"),
            Ok(Part { amount: Amount::Share(share), what: Some(What { kind, component, roadmap_item }) }) => {
                told(&NewShare { component, roadmap_item, kind, share })
            }
            Err((column, code, _)) => format!("{column} {code}"),
        }
    }

    #[test]
    fn a_share_is_an_amount_a_kind_and_what_it_was_for_in_any_order() {
        for (text, expected) in [
            ("20% on_call checkout", "20% on_call checkout"),
            ("0.2 checkout  on_call", "20% on_call checkout"),
            ("12.5 % OPS-12 improvement checkout", "12.5% improvement checkout OPS-12"),
            ("1 toil", "100% toil"),
            ("33.3333333333% toil", "33.3333333333% toil"),
            ("20% security security", "20% security security"),
            ("rest ?", "Rest ?"),
            ("?", "Rest ?"),
            ("rest", "kind required"),
            ("20% checkout", "kind required"),
            ("20% on_call chekout", "component unknown_reference"),
            ("20% on_call OPS-13", "roadmap_item unknown_reference"),
            ("20% on_call toil", "share repeated"),
            ("support", "share format"),
            ("20 support", "share format"),
            ("0% support", "share format"),
            ("-5% support", "share format"),
            ("1e1% support", "share format"),
            ("1_0% support", "share format"),
            ("33.33333333333% toil", "share format"),
            ("", "share required"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    fn parts(texts: &[&str]) -> Result<String, &'static str> {
        let parts = texts.iter().map(|text| Part::read(text, &known()).unwrap());
        let said = parts.map(|part| (part.amount, part.what.unwrap())).collect();
        settled(said).map(|shares| all_told(&shares)).map_err(|(_, code, _)| code)
    }

    #[test]
    fn the_rest_is_what_is_left_exactly() {
        let thirds = parts(&["33.3333333333% toil", "33.3333333333% support", "rest improvement OPS-12"]);
        assert_eq!(thirds.unwrap(), "33.3333333333% toil, 33.3333333333% support, 33.3333333334% improvement OPS-12");
        assert_eq!(parts(&["rest toil"]).unwrap(), "100% toil");
        assert_eq!(parts(&["rest toil", "rest support"]), Err("repeated"));
        assert_eq!(parts(&["60% toil", "40% support", "rest security"]), Err("sum"));
    }

    proptest! {
        #[test]
        fn what_is_told_reads_back(share in 1..=1_000_000_000_000_i64, kind in 0..WorkKind::ALL.len()) {
            let share = NewShare {
                component: Some("security".to_owned()),
                roadmap_item: Some("OPS-12".to_owned()),
                kind: WorkKind::ALL[kind],
                share: Quantity::from_parts(share),
            };
            prop_assert_eq!(read(&told(&share)), told(&share));
        }
    }
}
