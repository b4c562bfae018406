//! What waits for a stakeholder's own word, and what they have said: claims, amounts, decisions.

mod markup;
pub mod pages;
pub mod store;

use super::views::Numerals;
use crate::{
    decisions::Decision,
    impact::{ClaimState, CommentKind, DriverAmount, ImpactClaim, ValueDriver, value::MonthValue},
    kernel::{clock::Instant, month::Month},
    products::Product,
    stakeholders::Stakeholder,
};
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

/// Who looks.
pub enum Reader {
    /// Whom the user is as a stakeholder: somebody, or several who share a login.
    Stakeholders(Vec<Stakeholder>),
    /// They were a stakeholder.
    Retired,
    /// Owners and editors: they see what waits for others, and judge nothing.
    Team,
    /// No stakeholder is said to be this user.
    Nobody,
}

/// What waits in a product, as somebody sees it.
pub struct Waiting {
    pub product: Product,
    pub zone: Tz,
    pub reader: Reader,
    pub at: Instant,
    /// How they write numbers.
    pub numerals: Numerals,
    pub claims: Vec<AskedClaim>,
    pub amounts: Vec<AskedAmount>,
    pub decisions: Vec<AskedDecision>,
    /// What they did themselves, the latest first.
    pub acts: Vec<Act>,
}

/// What a claim asks of its stakeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Something of it is computed, or told, that they have not judged.
    Judgement,
    /// They asked, and may accept it once they are content.
    Contentment,
    /// Nothing of it is computed yet.
    Patience,
    /// All of it that is computed is accepted; they may still question it.
    Nothing,
}

/// A claim that somebody judges.
pub struct AskedClaim {
    pub claim: ImpactClaim,
    pub asks: Asks,
    /// Who judges it.
    pub judge: Option<String>,
    /// The months that are over, from its first; the last is the one to look at.
    pub months: Vec<MonthValue>,
    /// What the last of them rests on, in words.
    pub evidence: Vec<String>,
    /// What it is computed with.
    pub driver: Option<String>,
    /// Where the last published report tells of it.
    pub told: Option<Told>,
    pub talk: Vec<Remark>,
    /// Names what is computed of it by now: only that is accepted.
    pub fingerprint: String,
}

/// A figure of a published report.
pub struct Told {
    pub href: String,
    pub month: Month,
}

/// Something that was said about a claim.
pub struct Remark {
    pub kind: CommentKind,
    /// Who said it; none for the reader themselves.
    pub who: Option<String>,
    pub text: String,
    pub at: Instant,
}

/// An amount to which nobody has agreed.
pub struct AskedAmount {
    pub driver: ValueDriver,
    pub amount: DriverAmount,
    pub judge: Option<String>,
    /// The titles of the claims that are computed with it.
    pub claims: Vec<String>,
}

/// A decision without an answer.
pub struct AskedDecision {
    pub decision: Decision,
    pub judge: Option<String>,
}

/// Something that the reader did.
pub struct Act {
    pub kind: ActKind,
    pub what: String,
    pub words: String,
    pub at: Instant,
}

/// What it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActKind {
    Accepted,
    Questioned,
    Agreed,
    Answered,
}

/// How long an act is news to who did it: until they have seen that it was noted.
const NEWS: TimeDelta = TimeDelta::minutes(2);

impl Waiting {
    /// How many things wait for a word.
    pub fn count(&self) -> usize {
        self.asking(Asks::Judgement).count() + self.amounts.len() + self.decisions.len()
    }

    /// The claims that ask this of their stakeholder.
    pub fn asking(&self, asks: Asks) -> impl Iterator<Item = &AskedClaim> {
        self.claims.iter().filter(move |one| one.asks == asks)
    }

    /// Whether the reader may do anything here.
    pub fn may_act(&self) -> bool {
        matches!(self.reader, Reader::Stakeholders(_))
    }

    /// What the reader did just now.
    pub fn news(&self) -> Option<&Act> {
        self.acts.first().filter(|act| self.at.utc() - act.at.utc() < NEWS)
    }

    /// The day, where the product is.
    pub fn today(&self) -> NaiveDate {
        self.day(self.at)
    }

    /// The day of a time, where the product is.
    pub fn day(&self, at: Instant) -> NaiveDate {
        at.day_in(self.zone)
    }
}

impl Asks {
    /// What a claim asks by how its past months stand.
    fn of(claim: &ImpactClaim, months: &[MonthValue]) -> Self {
        let computed: Vec<_> = months.iter().filter(|value| value.to_accept().is_some()).collect();
        // What is not counted says nothing of whether it was accepted; it is asked about once.
        let settled = computed.iter().all(|value| value.accepted || !value.counted);
        match claim.state {
            ClaimState::Questioned => Self::Contentment,
            ClaimState::Accepted if settled => Self::Nothing,
            _ if claim.method.is_some() && computed.is_empty() => Self::Patience,
            _ => Self::Judgement,
        }
    }
}

impl AskedClaim {
    /// The month to look at.
    pub fn last(&self) -> Option<&MonthValue> {
        self.months.last()
    }

    /// The months that are computed and not accepted as they are now.
    pub fn fresh(&self) -> Vec<&MonthValue> {
        self.months.iter().filter(|value| value.to_accept().is_some() && !value.accepted).collect()
    }
}
