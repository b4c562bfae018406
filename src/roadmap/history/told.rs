//! What of a change is news: what an ops lead tells those who read the roadmap.

use super::{KeptChange, RoadmapAction, moment};
use crate::{
    kernel::{
        clock::Instant,
        db::AuthorKind,
        failure::{Failure, Fault},
        http::Page,
    },
    roadmap::ItemRef,
    text_enum,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// What became of an item.
    pub enum RoadmapChangeKind {
        Added = "added",
        /// It stands in another horizon, or was put elsewhere in its own by hand.
        Moved = "moved",
        /// The day by which it is wanted is later than it was, or is not said any more.
        Slipped = "slipped",
        Dropped = "dropped",
        Shipped = "shipped",
        Reopened = "reopened",
        Deleted = "deleted",
    }
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoadmapChangeView {
    pub kind: RoadmapChangeKind,
    #[serde(rename = "ref")]
    pub reference: ItemRef,
    /// What it was called then.
    pub title: String,
    /// By how many days it slipped; null for what did not, and where no day is said any more.
    pub days: Option<i64>,
    /// How many days after the day that was promised first it is wanted since, or did ship; negative before it, null
    /// where nothing was promised.
    pub total_days: Option<i64>,
    /// Of what moved the horizon, of what slipped the day, of others the status; null for what was not there.
    pub from: Option<String>,
    /// The same afterwards.
    pub to: Option<String>,
    /// Why it was dropped; null where nobody said.
    pub reason: Option<String>,
    /// The id of the user who did it, or whose token did; null for the machine's own operator.
    pub by: Option<String>,
    pub actor: AuthorKind,
    pub at: Instant,
    /// The version that the item has since.
    pub version: i64,
}

/// A page of a list of them.
pub type RoadmapChangeViewPage = Page<RoadmapChangeView>;

const DONE: [&str; 2] = ["shipped", "dropped"];

impl KeptChange {
    /// What of it is news; of most changes nothing is.
    pub fn news(&self) -> Vec<RoadmapChangeView> {
        use RoadmapChangeKind::{Added, Deleted, Dropped, Moved, Reopened, Shipped, Slipped};
        let now = |field: &str| self.word(field).map(ToOwned::to_owned);
        let day = |text: Option<&str>| text.and_then(|text| text.parse::<NaiveDate>().ok());
        let since_promise = |to: Option<NaiveDate>| Some((to? - day(self.word("promised_on"))?).num_days());
        let view = |kind| RoadmapChangeView {
            kind,
            reference: self.reference.clone(),
            title: self.title().to_owned(),
            days: None,
            total_days: None,
            from: None,
            to: None,
            reason: None,
            by: self.by.clone(),
            actor: self.actor,
            at: self.at,
            version: self.version,
        };
        match (&self.before, &self.after) {
            (_, None) => return vec![RoadmapChangeView { from: now("status"), ..view(Deleted) }],
            (None, _) => return vec![RoadmapChangeView { to: now("status"), ..view(Added) }],
            _ => {}
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
        let mut news = Vec::new();
        if let Some(was) = text(self.was("status")) {
            let is = now("status").unwrap_or_default();
            let step = |kind| RoadmapChangeView { from: Some(was.clone()), to: Some(is.clone()), ..view(kind) };
            match is.as_str() {
                "shipped" => news.push(RoadmapChangeView {
                    total_days: since_promise(day(self.word("shipped_on"))),
                    ..step(Shipped)
                }),
                "dropped" => news.push(RoadmapChangeView { reason: now("dropped_because"), ..step(Dropped) }),
                _ if DONE.contains(&was.as_str()) => news.push(step(Reopened)),
                _ => {}
            }
        }
        let put_elsewhere = self.action == RoadmapAction::Move && self.was("after").is_some();
        if let Some(was) = text(self.was("horizon")).or_else(|| now("horizon").filter(|_| put_elsewhere)) {
            news.push(RoadmapChangeView { from: Some(was), to: now("horizon"), ..view(Moved) });
        }
        let is_open = !self.word("status").is_some_and(|status| DONE.contains(&status));
        if let Some(was) = text(self.was("target_on")).filter(|_| is_open) {
            let (from, to) = (day(Some(&was)), day(self.word("target_on")));
            let days = from.zip(to).map(|(from, to)| (to - from).num_days());
            if days.is_none_or(|days| days > 0) {
                let total_days = since_promise(to);
                news.push(RoadmapChangeView {
                    days,
                    total_days,
                    from: Some(was),
                    to: now("target_on"),
                    ..view(Slipped)
                });
            }
        }
        news
    }
}

/// Which news are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RoadmapChangesQuery {
    /// A time, or a day for its first instant in the product's zone; from the beginning when left out.
    #[param(
        pattern = "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$",
        example = "2026-10-01"
    )]
    since: Option<String>,
    /// The same, not included; until now when left out.
    #[param(
        pattern = "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$",
        example = "2026-11-01"
    )]
    until: Option<String>,
    /// Any of these, separated by commas.
    #[param(
        pattern = "^(added|moved|slipped|dropped|shipped|reopened|deleted)(,(added|moved|slipped|dropped|shipped|reopened|deleted)){0,6}$"
    )]
    kind: Option<String>,
    /// How many items a page holds.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 4096)]
    cursor: Option<String>,
}

/// The same, understood.
#[derive(Debug, Clone)]
pub struct WantedNews {
    pub since: Option<Instant>,
    pub until: Option<Instant>,
    pub kinds: Vec<RoadmapChangeKind>,
    pub limit: usize,
    pub from: Option<NewsPlace>,
}

/// Where a page of news begins: at the nth of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewsPlace {
    pub at: Instant,
    #[serde(rename = "ref")]
    pub reference: ItemRef,
    pub sequence: i64,
    pub nth: usize,
}

impl NewsPlace {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// As the cursor of an answer.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a defect.
    pub fn cursor(&self) -> Result<String, Failure> {
        serde_json::to_vec(self).map(|text| BASE64_URL_SAFE_NO_PAD.encode(text)).map_err(Failure::internal)
    }
}

impl RoadmapChangesQuery {
    /// # Errors
    /// 400 for a cursor that is not ours, 422 for what is no moment, kind or limit, and for an end before its beginning.
    pub fn checked(self, zone: Tz) -> Result<WantedNews, Failure> {
        let mut faults = Vec::new();
        let mut read = |name: &str, text: Option<&String>| {
            let read = text.map(|text| moment(text, zone)).transpose();
            read.unwrap_or_else(|why| {
                faults.push(Fault::parameter(name, "value", why));
                None
            })
        };
        let (since, until) = (read("since", self.since.as_ref()), read("until", self.until.as_ref()));
        if since.zip(until).is_some_and(|(since, until)| until < since) {
            faults.push(Fault::parameter("until", "range", "it ends before it begins"));
        }
        let kinds = self.kind.as_deref().map_or(Ok(Vec::new()), |words| words.split(',').map(str::parse).collect());
        let kinds = kinds.unwrap_or_else(|why: String| {
            faults.push(Fault::parameter("kind", "value", why));
            Vec::new()
        });
        let limit = usize::try_from(self.limit.unwrap_or(50)).unwrap_or(0);
        if !(1..=200).contains(&limit) {
            faults.push(Fault::parameter("limit", "range", "a whole number from 1 to 200"));
        }
        Failure::unless_empty(faults)?;
        let from = self.cursor.as_deref().map(|text| NewsPlace::read(text).ok_or(()));
        let unreadable =
            |()| Failure::Unreadable(vec![Fault::parameter("cursor", "cursor", "not a cursor of this list")]);
        Ok(WantedNews { since, until, kinds, limit, from: from.transpose().map_err(unreadable)? })
    }
}
