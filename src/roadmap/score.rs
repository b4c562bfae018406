//! What speaks for an item, as figures: RICE and WSJF.

use super::{Horizon, ItemRef, ItemStatus, RoadmapItem};
use crate::{
    kernel::{
        failure::{Failure, Fault},
        money::{Quantity, settle},
    },
    text_enum,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize, Serializer};
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};

/// Reach × impact × confidence ÷ effort (Intercom's RICE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rice {
    /// How many people, or how many times, in a period that all items share.
    #[schema(value_type = f64, minimum = 0, maximum = 8_000_000)]
    pub reach: Quantity,
    /// For each of them: 3 massive, 2 high, 1 medium, 0.5 low, 0.25 minimal.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    pub impact: Quantity,
    /// 1 high, 0.8 medium, 0.5 low.
    #[schema(value_type = f64, minimum = 0, maximum = 1)]
    pub confidence: Quantity,
    /// Person-months, or whatever all items share.
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 100_000)]
    pub effort: Quantity,
}

impl Rice {
    /// The score, unrounded; none for figures that no request can give.
    pub fn score(&self) -> Option<Decimal> {
        let benefit = self.reach.get().checked_mul(self.impact.get())?.checked_mul(self.confidence.get())?;
        benefit.checked_div(self.effort.get())
    }
}

/// (User value + time criticality + risk reduction) ÷ job size (weighted shortest job first).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wsjf {
    #[schema(value_type = f64, minimum = 0, maximum = 100_000)]
    pub user_value: Quantity,
    #[schema(value_type = f64, minimum = 0, maximum = 100_000)]
    pub time_criticality: Quantity,
    #[schema(value_type = f64, minimum = 0, maximum = 100_000)]
    pub risk_reduction: Quantity,
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 100_000)]
    pub job_size: Quantity,
}

impl Wsjf {
    /// The score, unrounded; none for figures that no request can give.
    pub fn score(&self) -> Option<Decimal> {
        let delay = self.user_value.get() + self.time_criticality.get() + self.risk_reduction.get();
        delay.checked_div(self.job_size.get())
    }
}

/// A score as a JSON number of at most 12 digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(Decimal);

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let settled = settle(self.0);
        match settled.to_i64().filter(|_| settled.is_integer()) {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(settled.to_string().parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

/// What an item scores.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoresView {
    /// Reach × impact × confidence ÷ effort; null without these.
    #[schema(value_type = Option<f64>)]
    pub rice: Option<Score>,
    /// (User value + time criticality + risk reduction) ÷ job size; null without these.
    #[schema(value_type = Option<f64>)]
    pub wsjf: Option<Score>,
}

impl RoadmapItem {
    pub fn scores(&self) -> ScoresView {
        let rice = self.rice.as_ref().and_then(|rice| rice.value().score());
        let wsjf = self.wsjf.as_ref().and_then(|wsjf| wsjf.value().score());
        ScoresView { rice: rice.map(Score), wsjf: wsjf.map(Score) }
    }
}

text_enum! {
    /// What items are ranked by.
    pub enum RankedBy {
        Rice = "rice",
        Wsjf = "wsjf",
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RankingQuery {
    /// `rice` when left out.
    #[param(inline)]
    by: Option<RankedBy>,
    /// Any of these, separated by commas; what is open (`idea,planned,in_progress`) when left out.
    #[param(
        pattern = "^(idea|planned|in_progress|shipped|dropped)(,(idea|planned|in_progress|shipped|dropped)){0,4}$"
    )]
    status: Option<String>,
}

impl RankingQuery {
    /// # Errors
    /// 422 for a status that there is not.
    pub fn checked(self) -> Result<(RankedBy, Vec<ItemStatus>), Failure> {
        let by = self.by.unwrap_or(RankedBy::Rice);
        let Some(words) = self.status else { return Ok((by, ItemStatus::OPEN.to_vec())) };
        let wanted: Result<Vec<_>, String> = words.split(',').map(str::parse).collect();
        wanted
            .map(|wanted| (by, wanted))
            .map_err(|why| Failure::Invalid(vec![Fault::parameter("status", "value", why)]))
    }
}

/// Items by what speaks for them.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankingView {
    pub by: RankedBy,
    /// The highest first; those without a score last, as they stand.
    pub items: Vec<RankingRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// An item in a ranking.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankingRow {
    #[serde(rename = "ref")]
    pub reference: ItemRef,
    pub title: String,
    pub horizon: Horizon,
    pub status: ItemStatus,
    /// Null without the figures that it is made of.
    #[schema(value_type = Option<f64>)]
    pub score: Option<Score>,
    /// Its place by score among the rows that have one, from 1; equal scores share a place. Null without a score.
    #[schema(value_type = Option<u64>)]
    pub place: Option<u64>,
    /// Its place in the order made by hand, among the same rows. Null without a score.
    #[schema(value_type = Option<u64>)]
    pub hand_place: Option<u64>,
    /// How many places higher its score would put it than it stands; below 0, lower. Items of equal score may stand in any
    /// order. Null without a score.
    pub difference: Option<i64>,
}

/// Ranks items that come as they stand; those of equal score stay so.
pub fn ranking(by: RankedBy, items: Vec<RoadmapItem>) -> RankingView {
    let row = |item: RoadmapItem| {
        let scores = item.scores();
        RankingRow {
            score: match by {
                RankedBy::Rice => scores.rice,
                RankedBy::Wsjf => scores.wsjf,
            },
            reference: item.reference,
            title: item.title,
            horizon: item.horizon,
            status: item.status,
            place: None,
            hand_place: None,
            difference: None,
        }
    };
    let mut items: Vec<_> = items.into_iter().map(row).collect();
    compare(&mut items);
    RankingView { by, items, next_cursor: None }
}

/// Sorts rows that come as they stand by their scores, and says of each that has one where it is either way.
fn compare(rows: &mut [RankingRow]) {
    for (place, row) in (1..).zip(rows.iter_mut().filter(|row| row.score.is_some())) {
        row.hand_place = Some(place);
    }
    // `None` is less than any score, so it comes last.
    rows.sort_by_key(|row| Reverse(row.score));
    let mut first = 1;
    for equal in rows.chunk_by_mut(|one, other| one.score == other.score) {
        let end = first + equal.len();
        for row in equal.iter_mut().filter(|row| row.score.is_some()) {
            row.place = u64::try_from(first).ok();
            row.difference = row.hand_place.and_then(|place| {
                let (place, first, last) =
                    (i64::try_from(place).ok()?, i64::try_from(first).ok()?, i64::try_from(end - 1).ok()?);
                Some(place - place.clamp(first, last))
            });
        }
        first = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rice(text: &str) -> Rice {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn rice_is_rounded_only_when_it_is_shown() {
        let score = rice(r#"{"reach": 2000, "impact": 2, "confidence": 0.8, "effort": 3}"#).score().unwrap();
        assert_eq!(score.round_dp(2).to_string(), "1066.67");
        assert_eq!(score, Decimal::from(3_200) / Decimal::from(3));
        assert_eq!(serde_json::to_string(&Score(score)).unwrap(), "1066.666666666667");
        let whole = rice(r#"{"reach": 100, "impact": 0.25, "confidence": 1, "effort": 0.5}"#).score().unwrap();
        assert_eq!(serde_json::to_string(&Score(whole)).unwrap(), "50");
    }

    #[test]
    fn a_ranking_says_where_scores_and_hands_differ() {
        let row = |(at, score): (usize, &Option<i64>)| RankingRow {
            reference: format!("OPS-{}", at + 1).parse().unwrap(),
            title: String::new(),
            horizon: Horizon::Now,
            status: ItemStatus::Idea,
            score: score.map(|score| Score(Decimal::from(score))),
            place: None,
            hand_place: None,
            difference: None,
        };
        let told = |scores: &[Option<i64>]| -> Vec<_> {
            let mut rows: Vec<_> = scores.iter().enumerate().map(row).collect();
            compare(&mut rows);
            rows.into_iter().map(|row| (row.reference.to_string(), row.place, row.hand_place, row.difference)).collect()
        };
        let of = |name: &str, place, hand, difference| (name.to_owned(), Some(place), Some(hand), Some(difference));
        assert_eq!(
            told(&[Some(1), None, Some(5), Some(9), Some(5), Some(5)]),
            [
                of("OPS-4", 1, 3, 2),
                of("OPS-3", 2, 2, 0),
                of("OPS-5", 2, 4, 0), // As high as the one before, and it stands among them.
                of("OPS-6", 2, 5, 1),
                of("OPS-1", 5, 1, -4),
                ("OPS-2".to_owned(), None, None, None),
            ]
        );
        assert!(told(&[Some(3), Some(3), Some(1)]).iter().all(|row| row.3 == Some(0)));
        assert!(told(&[]).is_empty());
    }

    #[test]
    fn wsjf_is_the_cost_of_delay_by_size() {
        let wsjf: Wsjf =
            serde_json::from_str(r#"{"user_value": 8, "time_criticality": 5.5, "risk_reduction": 0, "job_size": 3}"#)
                .unwrap();
        assert_eq!(wsjf.score().unwrap(), Decimal::new(45, 1));
    }

    #[test]
    fn the_largest_figures_score() {
        let most = rice(r#"{"reach": 8000000, "impact": 100, "confidence": 1, "effort": 0.000000000001}"#);
        assert_eq!(most.score().unwrap().to_string(), "800000000000000000000");
        let odd = rice(
            r#"{"reach": 7999999.99999999, "impact": 99.999999999999, "confidence": 0.999999999999, "effort": 0.7}"#,
        );
        assert!(odd.score().is_some());
    }
}
