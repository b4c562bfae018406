//! Keeps the demo young: its files end in one fixed month and are moved to end last month, months
//! by whole months, weeks by whole weeks.

use crate::kernel::{
    clock::Instant,
    fiscal::{FiscalYear, Quarter},
    month::{Month, Week},
};
use chrono::{DateTime, Datelike, Days, LocalResult, Months, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use std::fmt::Write;

/// The month in which the files of `seed-data/` end.
pub const SEED_ENDS: (i32, u32) = (2026, 10);

/// How far to move.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    months: i32,
    weeks: i64,
    years: i32,
    quarters: i32,
}

impl Shift {
    /// So that the files end in `last`.
    pub fn to(last: Month) -> Self {
        let end = Month::new(SEED_ENDS.0, SEED_ENDS.1).unwrap_or(last);
        let final_week = |month: Month| Week::of(month.next().first_day() - Days::new(1));
        let weeks = (final_week(last).monday() - final_week(end).monday()).num_weeks();
        let quarters = Quarter::of(end, 1).until(Quarter::of(last, 1));
        Self { months: end.until(last), weeks, years: last.year() - end.year(), quarters }
    }

    /// A CSV file with every column of months, days, times and weeks moved. What a column holds
    /// is told by what it says, so that a column of text that merely looks like a day stays.
    pub fn csv(self, text: &str) -> Result<String, csv::Error> {
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let mut writer = csv::Writer::from_writer(Vec::new());
        let headings = reader.headers()?.clone();
        writer.write_record(&headings)?;
        for record in reader.records() {
            let record = record?;
            let cells = headings.iter().zip(&record).map(|(heading, cell)| self.cell(heading, cell));
            writer.write_record(cells)?;
        }
        let bytes = writer.into_inner().map_err(|error| error.into_error())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What a cell under some heading is moved to.
    pub fn cell(self, heading: &str, cell: &str) -> String {
        let moved = match heading {
            "month" | "from" | "to" | "baseline_from" | "baseline_to" => {
                cell.parse::<Month>().ok().map(|month| month.plus(self.months).to_string())
            }
            // The year that the last month is in stays the one that it is in: the demo's begin in January.
            "fiscal_year" => cell.parse::<FiscalYear>().ok().map(|year| year.plus(self.years).to_string()),
            // The quarter that the last month is in stays the one that it is in.
            "period" => match cell.parse::<Month>() {
                Ok(month) => Some(month.plus(self.months).to_string()),
                Err(_) => cell.parse::<Quarter>().ok().map(|quarter| quarter.plus(self.quarters).to_string()),
            },
            "week" | "first_week" | "last_week" => {
                cell.parse::<Week>().ok().map(|week| week.plus(self.weeks).to_string())
            }
            "on" | "valid_from" | "valid_to" | "start_on" | "target_on" | "shipped_on" | "due_on" | "horizon_on"
            | "assessed_on" => cell.parse().ok().map(|day| self.day(day).to_string()),
            "started_at" | "ended_at" | "detected_at" | "resolved_at" | "answered_at" | "BillingPeriodStart"
            | "BillingPeriodEnd" | "ChargePeriodStart" | "ChargePeriodEnd" => {
                cell.split_once('T').and_then(|(day, time)| {
                    let day = day.parse().ok()?;
                    Some(format!("{}T{time}", self.day(day)))
                })
            }
            _ => None,
        };
        moved.unwrap_or_else(|| cell.to_owned())
    }

    /// A file of measurements. They cover whole months, so a day that the month has not is left
    /// out, and one that it has more is like the day a week before.
    pub fn measurements(self, text: &str, zone: Tz) -> Result<String, csv::Error> {
        if self.months == 0 {
            return Ok(text.to_owned());
        }
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let mut out = String::with_capacity(text.len() + text.len() / 16);
        out.push_str("slo,at,good,total\n");
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            let (slo, good, total) = (&record[0], &record[2], &record[3]);
            let Ok(at) = record[1].parse::<Instant>() else { continue };
            for at in self.times(at.utc(), zone) {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "{slo},{},{good},{total}", at.format("%Y-%m-%dT%H:%M:%SZ"));
            }
        }
        Ok(out)
    }

    /// Where an hour of a day goes: nowhere, to one day or to several. The hour that clocks go back
    /// stands for both, and the one after an hour that they skip for that one as well.
    fn times(self, at: DateTime<Utc>, zone: Tz) -> Vec<DateTime<Utc>> {
        let local = at.with_timezone(&zone).naive_local();
        let (month, day) = (Month::of(local.date()), local.day());
        let moved = month.plus(self.months);
        let days = |month: Month| (month.next().first_day() - month.first_day()).num_days();
        let repeated = |late: &u32| i64::from(*late) > days(month) && *late == day + 7;
        let more = (29..=31).filter(repeated);
        let before = local - TimeDelta::hours(1);
        let skipped = matches!(zone.from_local_datetime(&before), LocalResult::None).then(|| before.time());
        std::iter::once(day)
            .chain(more)
            .filter(|day| i64::from(*day) <= days(moved))
            .filter_map(|day| moved.first_day().with_day(day))
            .flat_map(|day| std::iter::once(local.time()).chain(skipped).map(move |time| day.and_time(time)))
            .flat_map(|local| match zone.from_local_datetime(&local) {
                LocalResult::Single(at) => vec![at],
                LocalResult::Ambiguous(one, other) => vec![one, other],
                LocalResult::None => Vec::new(),
            })
            .map(|at| at.to_utc())
            .collect()
    }

    fn day(self, day: NaiveDate) -> NaiveDate {
        let months = Months::new(self.months.unsigned_abs());
        if self.months < 0 { day - months } else { day + months }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(last: &str, text: &str) -> String {
        Shift::to(last.parse().unwrap()).csv(text).unwrap()
    }

    #[test]
    fn months_move_by_months_and_weeks_by_weeks() {
        let text =
            "month,week,on,started_at,valid_to,note\n2026-10,2026-W44,2026-10-14,2026-10-14T06:00:00Z,,2026-10\n";
        let moved =
            "month,week,on,started_at,valid_to,note\n2026-12,2026-W53,2026-12-14,2026-12-14T06:00:00Z,,2026-10\n";
        assert_eq!(shifted("2026-12", text), moved);
        assert_eq!(shifted("2026-10", text), text);
        assert!(shifted("2025-12", text).contains("2025-12,2026-W01,2025-12-14"), "back as well");
        let budgets = "component,fiscal_year\n,FY2026\n,FY2027\n";
        assert_eq!(shifted("2026-12", budgets), budgets, "the year that it ends in stays that year");
        assert_eq!(shifted("2027-01", budgets), "component,fiscal_year\n,FY2027\n,FY2028\n");
    }

    /// February becomes March and March February; each has every hour of its days once.
    #[test]
    fn measurements_cover_the_months_that_they_are_moved_to() {
        let zone = chrono_tz::Europe::Berlin;
        let start = crate::kernel::month::start_of("2025-09-01".parse().unwrap(), zone);
        let end = crate::kernel::month::start_of("2026-11-01".parse().unwrap(), zone);
        let mut text = "slo,at,good,total\n".to_owned();
        for hour in 0..(end - start).num_hours() {
            let at = start + chrono::TimeDelta::hours(hour);
            text += &format!("a,{},1,1\n", at.format("%Y-%m-%dT%H:%M:%SZ"));
        }
        for step in 1..=13 {
            let last = Month::new(2026, 10).unwrap().plus(step);
            let moved = Shift::to(last).measurements(&text, zone).unwrap();
            let times: std::collections::BTreeSet<&str> =
                moved.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
            let from = crate::kernel::month::start_of(last.plus(-13).first_day(), zone);
            let hours = (last.bounds(zone).1 - from).num_hours();
            assert_eq!(times.len() as i64, hours, "{last}");
        }
    }

    /// For every month of six years: the last week holds the month's last day, and nobody works
    /// before they came.
    #[test]
    fn whenever_the_demo_runs_its_people_are_there_when_they_work() {
        let column = |csv: &str, heading: &str| -> Vec<(String, String)> {
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let headings = reader.headers().unwrap().clone();
            let at = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
            let (who, what) =
                (headings.iter().position(|name| name == "name" || name == "person").unwrap(), at(heading));
            reader.records().map(|row| row.unwrap()).map(|row| (row[who].to_owned(), row[what].to_owned())).collect()
        };
        let first = Month::new(2026, 10).unwrap();
        for step in 0..72 {
            let last = first.plus(step);
            let shift = Shift::to(last);
            let effort = column(&shift.csv(super::super::seed::EFFORT).unwrap(), "week");
            let team = column(&shift.csv(super::super::seed::TEAM).unwrap(), "valid_from");
            let final_week: Week = effort.last().unwrap().1.parse().unwrap();
            assert_eq!(final_week, Week::of(last.next().first_day() - Days::new(1)));
            for (person, week) in effort {
                let from: NaiveDate = team.iter().find(|(name, _)| *name == person).unwrap().1.parse().unwrap();
                let week: Week = week.parse().unwrap();
                assert!(from < week.plus(1).monday(), "{last}: {person} works in {week}, comes on {from}");
            }
        }
    }
}
