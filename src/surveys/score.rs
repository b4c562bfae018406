//! What answers say together, and how sure that is.
//!
//! **NPS**, the net promoter score (Reichheld, *The One Number You Need to Grow*, Harvard Business Review, December
//! 2003): of answers from 0 to 10 the percentage of promoters (9 and 10) − that of detractors (0 to 6); −100 to 100.
//! Its 95 % interval is the *adjusted Wald* interval: with three answers more, ¾ promoters, 1½ passives and ¾ detractors,
//! p and d are the shares of promoters and detractors, and the interval is p − d ± z √((p + d − (p − d)²) ÷ (n + 3))
//! (Rocks, *Interval Estimation for the Net Promoter Score*, The American Statistician 70 (2016); the adjustment is that
//! of Bonett and Price, 2012).
//!
//! **CSAT**, customer satisfaction: of answers from 1 to 5 the share of 4 and 5. Its 95 % interval is Wilson's (*Probable
//! Inference*, Journal of the American Statistical Association 22 (1927)): with z = 1.96, s of n content,
//! (s + z²⁄2 ± z √(s (n − s) ÷ n + z²⁄4)) ÷ (n + z²).
//!
//! Money never touches a float; these are estimates of people's mind from a sample, and six digits of them are told.

use super::SurveyKind;
use crate::kernel::quantity::Ratio;
use rust_decimal::Decimal;

/// How many answers there must be before a score is told.
pub const LEAST: u64 = 5;
/// The 97.5th percentile of the normal distribution: 95 % lie within so many standard errors.
const Z: f64 = 1.959_963_984_540_054;

/// What a survey's answers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    pub score: Ratio,
    /// The ends of the 95 % interval.
    pub low: Ratio,
    pub high: Ratio,
}

/// How many gave each answer.
pub type Answers = std::collections::BTreeMap<i64, u64>;

/// None where there are fewer than [`LEAST`] answers: they would be told as more than they are.
pub fn score(kind: SurveyKind, answers: &Answers) -> Option<Score> {
    let count = |of: &dyn Fn(i64) -> bool| answers.iter().filter(|(score, _)| of(**score)).map(|(_, n)| n).sum::<u64>();
    let n = count(&|_| true);
    if n < LEAST {
        return None;
    }
    Some(match kind {
        SurveyKind::Nps => nps(n, count(&|score| score >= 9), count(&|score| score <= 6)),
        SurveyKind::Csat => csat(n, count(&|score| score >= 4)),
    })
}

fn nps(n: u64, promoters: u64, detractors: u64) -> Score {
    let hundred = Decimal::ONE_HUNDRED;
    let exact = hundred * (Decimal::from(promoters) - Decimal::from(detractors)) / Decimal::from(n);
    let size = float(n) + 3.0;
    let (p, d) = ((float(promoters) + 0.75) / size, (float(detractors) + 0.75) / size);
    let margin = Z * ((p + d - (p - d) * (p - d)) / size).sqrt();
    told(exact, 100.0 * (p - d - margin), 100.0 * (p - d + margin), (-hundred, hundred))
}

fn csat(n: u64, content: u64) -> Score {
    let exact = Decimal::from(content) / Decimal::from(n);
    let (size, s) = (float(n), float(content));
    let margin = Z * (s * (size - s) / size + Z * Z / 4.0).sqrt();
    let (middle, whole) = (s + Z * Z / 2.0, size + Z * Z);
    told(exact, (middle - margin) / whole, (middle + margin) / whole, (Decimal::ZERO, Decimal::ONE))
}

/// Rounded to six digits after the point, within what there is; the score itself is always within its interval.
fn told(exact: Decimal, low: f64, high: f64, (least, most): (Decimal, Decimal)) -> Score {
    let settled = |value: f64| Decimal::from_f64_retain(value).unwrap_or(least).round_dp(6).clamp(least, most);
    let score = exact.round_dp(6);
    Score { score: Ratio(score), low: Ratio(settled(low).min(score)), high: Ratio(settled(high).max(score)) }
}

/// Counts of answers are far below 2⁵³.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// What may be said of two scores of the same question: they differ where their intervals have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    Better,
    Worse,
    /// The difference may be chance.
    Unclear,
}

pub fn movement(before: Score, now: Score) -> Movement {
    match () {
        () if now.low > before.high => Movement::Better,
        () if now.high < before.low => Movement::Worse,
        () => Movement::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(kind: SurveyKind, groups: &[(i64, u64)]) -> Option<Score> {
        score(kind, &groups.iter().copied().collect())
    }

    fn shown(score: Score, digits: u32) -> [String; 3] {
        [score.score, score.low, score.high].map(|one| one.0.round_dp(digits).to_string())
    }

    /// Newcombe, *Two-sided confidence intervals for the single proportion* (Statistics in Medicine 17, 1998), table I,
    /// method 3: Wilson's without continuity correction.
    #[test]
    fn csat_has_the_intervals_that_are_printed() {
        for (content, n, low, high) in [
            (81, 263, "0.2553", "0.3662"),
            (15, 148, "0.0624", "0.1605"),
            (0, 20, "0", "0.1611"),
            (1, 29, "0.0061", "0.1718"),
        ] {
            let found = said(SurveyKind::Csat, &[(5, content), (1, n - content)]).unwrap();
            let [_, from, to] = shown(found, 4);
            assert_eq!((from.trim_end_matches(".0000"), to.as_str()), (low, high), "{content} of {n}");
        }
    }

    /// By hand: 50 promoters, 30 passives, 20 detractors. p = 50.75 ÷ 103 = 0.492718, d = 20.75 ÷ 103 = 0.201456; their
    /// difference 0.291262, variance 0.694175 − 0.084834 = 0.609341; √(0.609341 ÷ 103) = 0.076915; × 1.959964 = 0.150751.
    #[test]
    fn nps_has_the_interval_that_is_reckoned_by_hand() {
        let found = said(SurveyKind::Nps, &[(10, 30), (9, 20), (8, 15), (7, 15), (6, 10), (0, 10)]).unwrap();
        assert_eq!(shown(found, 2), ["30", "14.05", "44.20"]);
    }

    #[test]
    fn fewer_than_five_answers_are_no_score() {
        assert_eq!(said(SurveyKind::Nps, &[(10, 4)]), None);
        assert_eq!(said(SurveyKind::Csat, &[]), None);
        assert_eq!(shown(said(SurveyKind::Nps, &[(10, 5)]).unwrap(), 1), ["100", "17.5", "100"]);
        assert_eq!(shown(said(SurveyKind::Csat, &[(5, 5)]).unwrap(), 4), ["1", "0.5655", "1"]);
    }

    #[test]
    fn what_may_be_chance_is_no_movement() {
        let of = |content, n| said(SurveyKind::Csat, &[(5, content), (2, n - content)]).unwrap();
        assert_eq!(movement(of(2, 6), of(5, 6)), Movement::Unclear);
        assert_eq!(movement(of(20, 60), of(50, 60)), Movement::Better);
        assert_eq!(movement(of(50, 60), of(20, 60)), Movement::Worse);
    }

    proptest! {
        #[test]
        fn a_score_is_within_its_interval_and_that_within_what_there_is(
            counts in proptest::collection::vec(0_u64..10_000, 11),
        ) {
            for (kind, from, to, least, most) in [(SurveyKind::Nps, 0, 10, -100, 100), (SurveyKind::Csat, 1, 5, 0, 1)] {
                let answers: Answers = (from..=to).zip(counts.iter().copied()).collect();
                if let Some(found) = score(kind, &answers) {
                    prop_assert!(Decimal::from(least) <= found.low.0 && found.low <= found.score);
                    prop_assert!(found.score <= found.high && found.high.0 <= Decimal::from(most));
                    prop_assert!(found.low < found.high);
                }
            }
        }

        #[test]
        fn more_who_are_content_never_lower_anything(n in 5_u64..2_000, content in 0_u64..2_000) {
            let content = content.min(n - 1);
            for kind in [SurveyKind::Nps, SurveyKind::Csat] {
                let of = |content| said(kind, &[(if kind == SurveyKind::Nps { 9 } else { 4 }, content), (1, n - content)]);
                let (less, more) = (of(content).unwrap(), of(content + 1).unwrap());
                prop_assert!(less.score < more.score && less.low <= more.low && less.high <= more.high);
            }
        }

        #[test]
        fn more_answers_of_the_same_kind_make_it_surer(n in 5_u64..1_000, content in 0_u64..1_000, times in 2_u64..10) {
            let content = content.min(n);
            for (kind, good) in [(SurveyKind::Nps, 9), (SurveyKind::Csat, 4)] {
                let width = |times: u64| {
                    let found = said(kind, &[(good, content * times), (1, (n - content) * times)]).unwrap();
                    found.high.0 - found.low.0
                };
                prop_assert!(width(times) <= width(1));
            }
        }
    }
}
