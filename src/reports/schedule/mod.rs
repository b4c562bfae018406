//! What the clock does for a month: its draft on the 1st of the next month, and its publication on the product's
//! `publish_day`.
//!
//! Here is the rule, which knows no clock and no database. [`act`] does what is due, [`store`] keeps what was done.

pub mod act;
pub mod store;

use super::Report;
use crate::{
    kernel::{
        clock::Instant,
        failure::Failure,
        month::{Month, start_of},
    },
    products::Product,
    text_enum,
};
use chrono::Days;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// How many months are caught up at most, when nobody was there for longer than that.
pub const LOOKS_BACK: i32 = 24;

text_enum! {
    /// Something that the clock does once for each month.
    pub enum Act {
        /// Builds the draft.
        Draft = "draft",
        /// Publishes it as it is, unreviewed.
        Publish = "publish",
    }
}

/// What has been done already.
pub type Done = BTreeSet<(Month, Act)>;

/// When the months of a product are drafted and published.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    zone: Tz,
    created_at: Instant,
    /// The day, and since when there is one.
    publishes: Option<(u64, Instant)>,
}

impl Calendar {
    /// # Errors
    /// Never for a stored product: the zone was checked when it was given.
    pub fn of(product: &Product) -> Result<Self, Failure> {
        let day = product.publish_day.and_then(|day| u64::try_from(day).ok());
        Ok(Self {
            zone: product.zone()?,
            created_at: product.created_at,
            publishes: day.map(|day| (day, product.publishes_since.unwrap_or(product.created_at))),
        })
    }

    /// What is to be done now: the oldest month first, and its draft before its publication.
    pub fn due(&self, done: &Done, now: Instant) -> Vec<(Month, Act)> {
        let over = self.first(now).up_to(self.month_of(now));
        let acts = over.flat_map(|month| Act::ALL.iter().map(move |act| (month, *act)));
        acts.filter(|act| !done.contains(act) && self.at(act.0, act.1, now).is_some_and(|at| at <= now)).collect()
    }

    /// When the clock does something for a month; never for one in which there was no product yet, that is too long
    /// ago, or whose day came before the product had a `publish_day`.
    pub fn at(&self, month: Month, act: Act, now: Instant) -> Option<Instant> {
        if month < self.first(now) {
            return None;
        }
        let first_day = month.next().first_day();
        match act {
            Act::Draft => Some(start_of(first_day, self.zone).into()),
            Act::Publish => {
                let (day, since) = self.publishes?;
                let at = start_of(first_day + Days::new(day.saturating_sub(1)), self.zone).into();
                (at >= since).then_some(at)
            }
        }
    }

    /// The next moment, after now, at which anything can become due.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let running = self.month_of(now);
        let moments = [(running, Act::Draft), (running.previous(), Act::Publish), (running, Act::Publish)];
        moments.into_iter().filter_map(|(month, act)| self.at(month, act, now)).filter(|at| *at > now).min()
    }

    /// When the clock will still do something for a month of which that report is the latest.
    pub fn coming(
        &self,
        act: Act,
        month: Month,
        report: Option<&Report>,
        done: &Done,
        now: Instant,
    ) -> Option<Instant> {
        let wanted = match (act, report) {
            (Act::Draft, report) => report.is_none(),
            (Act::Publish, Some(report)) => awaits_publication(report),
            // Unless somebody deleted its draft.
            (Act::Publish, None) => !done.contains(&(month, Act::Draft)),
        };
        self.at(month, act, now).filter(|_| wanted && !done.contains(&(month, act)))
    }

    /// The first month that is looked at.
    fn first(&self, now: Instant) -> Month {
        self.month_of(self.created_at).max(self.month_of(now).plus(-LOOKS_BACK))
    }

    fn month_of(&self, at: Instant) -> Month {
        Month::at(at.utc(), self.zone)
    }
}

/// Whether the clock may publish it: a later revision needs a reason, and a clock has none.
fn awaits_publication(report: &Report) -> bool {
    !report.state.is_published() && report.revision == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn calendar(zone: &str, created: &str, publish_day: Option<u64>) -> Calendar {
        let created_at = at(created);
        Calendar { zone: zone.parse().unwrap(), created_at, publishes: publish_day.map(|day| (day, created_at)) }
    }

    /// As `2026-10 draft`, in order.
    fn due(calendar: &Calendar, done: &Done, now: &str) -> Vec<String> {
        calendar.due(done, at(now)).into_iter().map(|(month, act)| format!("{month} {act}")).collect()
    }

    #[test]
    fn a_draft_is_due_from_the_first_instant_of_the_next_month_in_the_products_zone() {
        for (zone, just_before, first) in [
            ("UTC", "2026-10-31T23:59:59.999999Z", "2026-11-01T00:00:00Z"),
            // Summer time ended on 25 October.
            ("Europe/Berlin", "2026-10-31T22:59:59.999999Z", "2026-10-31T23:00:00Z"),
            // It ends in the night to the 1st itself: midnight is still summer's.
            ("America/New_York", "2026-11-01T03:59:59.999999Z", "2026-11-01T04:00:00Z"),
            ("Asia/Kathmandu", "2026-10-31T18:14:59.999999Z", "2026-10-31T18:15:00Z"),
            // Fourteen hours before everyone, and eleven behind: 25 hours lie between the two.
            ("Pacific/Kiritimati", "2026-10-31T09:59:59.999999Z", "2026-10-31T10:00:00Z"),
            ("Pacific/Niue", "2026-11-01T10:59:59.999999Z", "2026-11-01T11:00:00Z"),
        ] {
            let calendar = calendar(zone, "2026-10-07T12:00:00Z", None);
            assert_eq!(due(&calendar, &Done::new(), just_before), [""; 0], "{zone}");
            assert_eq!(due(&calendar, &Done::new(), first), ["2026-10 draft"], "{zone}");
            assert_eq!(calendar.next(at(just_before)), Some(at(first)), "{zone}");
        }
    }

    #[test]
    fn it_is_published_at_midnight_of_its_day_there() {
        let berlin = calendar("Europe/Berlin", "2026-03-02T00:00:00Z", Some(28));
        assert_eq!(
            berlin.at(month("2026-03"), Act::Publish, at("2026-04-01T00:00:00Z")),
            Some(at("2026-04-27T22:00:00Z"))
        );
        // A day whose midnight a clock change skips begins an hour later: Cairo, Friday 26 April 2024.
        let cairo = calendar("Africa/Cairo", "2024-03-02T00:00:00Z", Some(26));
        assert_eq!(
            cairo.at(month("2024-03"), Act::Publish, at("2024-04-01T00:00:00Z")),
            Some(at("2024-04-25T22:00:00Z"))
        );
        let done = Done::from([(month("2024-03"), Act::Draft)]);
        assert_eq!(due(&cairo, &done, "2024-04-25T21:59:59Z"), [""; 0]);
        assert_eq!(due(&cairo, &done, "2024-04-25T22:00:00Z"), ["2024-03 publish"]);
    }

    #[test]
    fn december_ends_in_january_and_february_on_its_last_day() {
        let utc = calendar("UTC", "2027-12-31T23:59:59Z", Some(1));
        assert_eq!(due(&utc, &Done::new(), "2027-12-31T23:59:59.999999Z"), [""; 0]);
        assert_eq!(due(&utc, &Done::new(), "2028-01-01T00:00:00Z"), ["2027-12 draft", "2027-12 publish"]);
        let done = Done::from([(month("2027-12"), Act::Draft), (month("2027-12"), Act::Publish)]);
        assert_eq!(due(&utc, &done, "2028-02-29T23:59:59Z"), ["2028-01 draft", "2028-01 publish"]);
        assert_eq!(utc.next(at("2028-02-29T23:59:59Z")), Some(at("2028-03-01T00:00:00Z")));
    }

    #[test]
    fn what_was_missed_is_caught_up_from_the_oldest_on_and_not_for_ever() {
        let utc = calendar("UTC", "2026-08-20T00:00:00Z", Some(5));
        let done = Done::from([(month("2026-08"), Act::Draft)]);
        let expected = ["2026-08 publish", "2026-09 draft", "2026-09 publish", "2026-10 draft"];
        assert_eq!(due(&utc, &done, "2026-11-04T23:59:59Z"), expected);
        let months = due(&utc, &Done::new(), "2031-05-02T00:00:00Z");
        assert_eq!((months.len(), months[0].as_str(), months[46].as_str()), (47, "2029-05 draft", "2031-04 draft"));
        assert_eq!(utc.at(month("2029-04"), Act::Draft, at("2031-05-02T00:00:00Z")), None);
    }

    #[test]
    fn months_before_the_product_or_before_it_had_a_day_are_nobodys() {
        // It was August already where the product is.
        let kiritimati = calendar("Pacific/Kiritimati", "2026-07-31T10:00:00Z", None);
        assert_eq!(due(&kiritimati, &Done::new(), "2026-08-31T10:00:00Z"), ["2026-08 draft"]);
        let mut late = calendar("UTC", "2026-06-01T00:00:00Z", Some(5));
        late.publishes = Some((5, at("2026-10-05T00:00:00.000001Z")));
        let publications =
            |now| due(&late, &Done::new(), now).into_iter().filter(|one| one.ends_with("publish")).collect();
        let (soon, later): (Vec<_>, Vec<_>) =
            (publications("2026-11-04T00:00:00Z"), publications("2026-11-05T00:00:00Z"));
        assert_eq!((soon, later), (vec![], vec!["2026-10 publish".to_owned()]));
    }

    #[test]
    fn a_product_without_a_day_is_only_drafted() {
        let utc = calendar("UTC", "2026-09-01T00:00:00Z", None);
        assert_eq!(due(&utc, &Done::new(), "2026-11-30T00:00:00Z"), ["2026-09 draft", "2026-10 draft"]);
    }

    proptest! {
        /// However often and whenever one looks, each act comes once, none before its time and none out of order.
        #[test]
        fn every_act_is_due_once(
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Niue"]),
            day in prop::option::of(1..=28_u64),
            looks in prop::collection::vec(1..60 * 24 * 40_i64, 1..40),
        ) {
            let calendar = calendar(zone, "2026-01-15T00:00:00Z", day);
            let (mut now, mut done, mut order) = (at("2026-01-15T00:00:00Z"), Done::new(), Vec::new());
            for minutes in looks {
                let (before, next) = (now, calendar.next(now));
                now = (now.utc() + chrono::TimeDelta::minutes(minutes)).into();
                let due = calendar.due(&done, now);
                // Nothing becomes due earlier than was foretold.
                prop_assert!(due.is_empty() || next.is_some_and(|next| before < next && next <= now));
                for (month, act) in due {
                    prop_assert!(calendar.at(month, act, now).is_some_and(|at| at <= now));
                    prop_assert!(done.insert((month, act)));
                    order.push((act, month));
                }
            }
            for act in Act::ALL {
                let months: Vec<_> = order.iter().filter(|one| one.0 == *act).map(|one| one.1).collect();
                prop_assert!(months.windows(2).all(|two| two[0].next() == two[1]), "{months:?}");
            }
        }
    }
}
