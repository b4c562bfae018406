//! Durations, and the windows that they make.

use super::object::Note;
use crate::{
    imports::Mode,
    slos::{CalendarUnit, Window},
};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// A day on which every week, month, quarter and year of ours may begin: Monday, 1 January.
const BEGINNING: &str = "2024-01-01 00:00:00";
const DAY_MINUTES: u64 = 24 * 60;

/// A number and a unit, as the specification writes durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    number: u32,
    unit: char,
}

impl Duration {
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().last().filter(|unit| "mhdwMQY".contains(*unit))?;
        let digits = &text[..text.len() - unit.len_utf8()];
        let number =
            digits.parse().ok().filter(|number| *number > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        Some(Self { number, unit })
    }

    /// In minutes, when it is always as long.
    pub fn minutes(self) -> Option<u64> {
        let of_unit = match self.unit {
            'm' => 1,
            'h' => 60,
            'd' => DAY_MINUTES,
            'w' => 7 * DAY_MINUTES,
            _ => return None,
        };
        Some(u64::from(self.number) * of_unit)
    }

    /// The days that are commonly meant by what is not always as long.
    fn about_days(self) -> u64 {
        let of_unit = match self.unit {
            'M' => 30,
            'Q' => 90,
            _ => 365,
        };
        u64::from(self.number) * of_unit
    }

    /// The stretch of the calendar that is as long.
    fn calendar_unit(self) -> Option<CalendarUnit> {
        match (self.number, self.unit) {
            (1, 'w') | (7, 'd') => Some(CalendarUnit::Week),
            (1, 'M') => Some(CalendarUnit::Month),
            (1, 'Q') | (3, 'M') => Some(CalendarUnit::Quarter),
            (1, 'Y') | (4, 'Q') | (12, 'M') => Some(CalendarUnit::Year),
            _ => None,
        }
    }
}

const NOT_A_DURATION: &str = "this is a whole number and a unit: m minutes, h hours, d days, w weeks, M months, \
                              Q quarters, Y years, such as 28d";

/// What is read as what: the product's zone and how strictly.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub zone: Tz,
    pub mode: Mode,
}

/// The window of an SLO, unless it has none that we can express.
pub fn read(spec: &Value, reading: Reading, notes: &mut Vec<Note>) -> Option<Window> {
    const LIST: [&str; 2] = ["spec", "timeWindow"];
    let windows = match &spec["timeWindow"] {
        Value::Null => {
            notes.push(Note::fault(&LIST, "required", "one time window is required"));
            return None;
        }
        Value::Array(windows) => windows,
        _ => return None, // A fault of its shape.
    };
    let [window] = windows.as_slice() else {
        notes.push(Note::fault(&LIST, "count", format!("exactly one time window is read, here are {}", windows.len())));
        return None;
    };
    if !window.is_object() {
        return None; // So is this.
    }
    let mut reader = Reader { window, reading, notes, wrong: false };
    let found = reader.window();
    found.filter(|_| !reader.wrong)
}

struct Reader<'r> {
    window: &'r Value,
    reading: Reading,
    notes: &'r mut Vec<Note>,
    wrong: bool,
}

impl Reader<'_> {
    fn path<'p>(names: &[&'p str]) -> Vec<&'p str> {
        ["spec", "timeWindow", "0"].iter().chain(names).copied().collect()
    }

    fn fault(&mut self, names: &[&str], code: &'static str, detail: impl Into<String>) {
        self.notes.push(Note::fault(&Self::path(names), code, detail));
        self.wrong = true;
    }

    /// What is refused, unless real files are to be read as they are meant.
    fn odd(&mut self, names: &[&str], code: &'static str, detail: String, read_as: &str) {
        match self.reading.mode {
            Mode::Strict => self.fault(names, code, detail),
            Mode::Lenient => {
                let detail = format!("{detail}; it is read as {read_as}");
                self.notes.push(Note::warning(&Self::path(names), detail));
            }
        }
    }

    fn window(&mut self) -> Option<Window> {
        let calendar = Some(&self.window["calendar"]).filter(|calendar| !calendar.is_null());
        let rolling = self.window["isRolling"].as_bool().unwrap_or(calendar.is_none());
        let duration = match &self.window["duration"] {
            Value::Null => {
                self.fault(&["duration"], "required", "this is required, such as 28d");
                None
            }
            text => {
                let duration = text.as_str().and_then(Duration::parse);
                if duration.is_none() {
                    self.fault(&["duration"], "format", NOT_A_DURATION);
                }
                duration
            }
        };
        match (rolling, calendar) {
            (true, Some(_)) => {
                self.fault(&["calendar"], "not_allowed", "a rolling window has no calendar");
                None
            }
            (false, None) => {
                self.fault(&["calendar"], "required", "a window that does not roll needs a calendar");
                None
            }
            (true, None) => self.rolling(duration?),
            (false, Some(calendar)) => {
                let unit = duration.and_then(|duration| self.unit(duration));
                self.zone(calendar);
                self.start(calendar, unit);
                Some(Window::Calendar { unit: unit? })
            }
        }
    }

    fn rolling(&mut self, duration: Duration) -> Option<Window> {
        let days = match duration.minutes() {
            Some(minutes) if minutes.is_multiple_of(DAY_MINUTES) => minutes / DAY_MINUTES,
            Some(_) => {
                self.fault(&["duration"], "not_whole_days", "a rolling window is whole days, such as 1d");
                return None;
            }
            None => {
                let days = duration.about_days();
                let detail = "a rolling window is whole days, and these are not always as many".to_owned();
                self.odd(&["duration"], "not_whole_days", detail, &format!("{days} days"));
                days
            }
        };
        if days > 366 {
            self.fault(&["duration"], "too_large", "a rolling window is at most 366 days");
            return None;
        }
        Some(Window::Rolling { days: i64::try_from(days).ok()? })
    }

    fn unit(&mut self, duration: Duration) -> Option<CalendarUnit> {
        if let (1, 'm') = (duration.number, duration.unit) {
            let detail = "1m is one minute, a month is 1M".to_owned();
            self.odd(&["duration"], "minute", detail, "a month");
            return Some(CalendarUnit::Month);
        }
        let unit = duration.calendar_unit();
        if unit.is_none() {
            let detail = "a window of the calendar is 1w, 1M, 1Q or 1Y; others cannot be expressed";
            self.fault(&["duration"], "not_expressible", detail);
        }
        unit
    }

    fn zone(&mut self, calendar: &Value) {
        let path = ["calendar", "timeZone"];
        let ours = self.reading.zone;
        let Some(name) = calendar["timeZone"].as_str() else {
            if calendar["timeZone"].is_null() {
                self.fault(&path, "required", format!("this is required, such as {ours}"));
            }
            return;
        };
        match name.parse::<Tz>() {
            Err(_) => self.fault(&path, "unknown_zone", format!("'{name}' is no time zone of the IANA database")),
            Ok(zone) if zone == ours || (is_utc(zone) && is_utc(ours)) => {}
            Ok(_) => {
                let detail = format!("windows are the product's own, in {ours}, and this is another zone");
                self.odd(&path, "other_zone", detail, &format!("{ours}"));
            }
        }
    }

    fn start(&mut self, calendar: &Value, unit: Option<CalendarUnit>) {
        let path = ["calendar", "startTime"];
        let Some(text) = calendar["startTime"].as_str() else {
            if calendar["startTime"].is_null() {
                self.fault(&path, "required", format!("this is required, such as {BEGINNING}"));
            }
            return;
        };
        let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
        let Some(start) = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()) else {
            self.fault(&path, "format", format!("this is a date and a time without a zone, such as {BEGINNING}"));
            return;
        };
        let Some(unit) = unit else { return };
        if start.time() != NaiveTime::MIN || !begins(unit, start.date()) {
            let (what, example) = match unit {
                CalendarUnit::Week => ("weeks begin on Monday", "2024-01-01 00:00:00"),
                CalendarUnit::Month => ("months begin on the first", "2024-02-01 00:00:00"),
                CalendarUnit::Quarter => ("quarters begin in January, April, July and October", "2024-04-01 00:00:00"),
                CalendarUnit::Year => ("years begin on 1 January", "2024-01-01 00:00:00"),
            };
            let detail = format!("the product's {what} at midnight, such as {example}, and this window does not");
            self.odd(&path, "other_start", detail, &format!("the product's own {unit}"));
        }
    }
}

/// Whether a stretch of the calendar begins on a day.
fn begins(unit: CalendarUnit, day: NaiveDate) -> bool {
    match unit {
        CalendarUnit::Week => day.weekday() == Weekday::Mon,
        CalendarUnit::Month => day.day() == 1,
        CalendarUnit::Quarter => day.day() == 1 && day.month0().is_multiple_of(3),
        CalendarUnit::Year => day.ordinal() == 1,
    }
}

fn is_utc(zone: Tz) -> bool {
    matches!(
        zone.name(),
        "UTC" | "Etc/UTC" | "UCT" | "Etc/UCT" | "Zulu" | "Etc/Zulu" | "Universal" | "Etc/Universal" | "GMT" | "Etc/GMT"
    )
}

/// A window as the specification writes it.
pub fn write(window: Window, zone: Tz) -> Value {
    let unit = match window {
        Window::Rolling { days } => return json!([{ "duration": format!("{days}d"), "isRolling": true }]),
        Window::Calendar { unit } => unit,
    };
    let duration = match unit {
        CalendarUnit::Week => "1w",
        CalendarUnit::Month => "1M",
        CalendarUnit::Quarter => "1Q",
        CalendarUnit::Year => "1Y",
    };
    let calendar = json!({ "startTime": BEGINNING, "timeZone": zone.name() });
    json!([{ "duration": duration, "isRolling": false, "calendar": calendar }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    fn found(window: Value, mode: Mode) -> (Option<Window>, Vec<String>) {
        let mut notes = Vec::new();
        let read = read(&json!({ "timeWindow": [window] }), Reading { zone: Berlin, mode }, &mut notes);
        let told = |note: &Note| format!("{} {}", note.path[3..].join("."), note.code.unwrap_or("warning"));
        (read, notes.iter().map(told).collect())
    }

    fn calendar(duration: &str, start: &str, zone: &str) -> Value {
        json!({ "duration": duration, "isRolling": false, "calendar": { "startTime": start, "timeZone": zone } })
    }

    #[test]
    fn a_rolling_window_is_whole_days() {
        let rolling = |duration: &str, mode| found(json!({ "duration": duration, "isRolling": true }), mode);
        for (duration, days) in [("28d", 28), ("4w", 28), ("24h", 1), ("2880m", 2), ("366d", 366)] {
            assert_eq!(rolling(duration, Mode::Strict), (Some(Window::Rolling { days }), vec![]), "{duration}");
        }
        for (duration, days) in [("1M", 30), ("1Q", 90), ("1Y", 365)] {
            assert_eq!(rolling(duration, Mode::Strict), (None, vec!["duration not_whole_days".to_owned()]));
            assert_eq!(
                rolling(duration, Mode::Lenient),
                (Some(Window::Rolling { days }), vec!["duration warning".to_owned()])
            );
        }
        for (duration, code) in [
            ("1m", "not_whole_days"),
            ("25h", "not_whole_days"),
            ("367d", "too_large"),
            ("99999999999d", "format"),
            ("4294967295w", "too_large"),
            ("0d", "format"),
            ("-1d", "format"),
            ("+1d", "format"),
            ("1", "format"),
            ("d", "format"),
            ("", "format"),
            ("1 d", "format"),
            ("1D", "format"),
            ("1ä", "format"),
            ("1.5d", "format"),
        ] {
            for mode in [Mode::Strict, Mode::Lenient] {
                assert_eq!(rolling(duration, mode), (None, vec![format!("duration {code}")]), "{duration}");
            }
        }
        let without = found(json!({ "duration": "7d" }), Mode::Strict);
        assert_eq!(without, (Some(Window::Rolling { days: 7 }), vec![]));
        let both = json!({ "duration": "7d", "isRolling": true, "calendar": {} });
        assert_eq!(found(both, Mode::Lenient), (None, vec!["calendar not_allowed".to_owned()]));
        let neither = json!({ "duration": "7d", "isRolling": false });
        assert_eq!(found(neither, Mode::Lenient), (None, vec!["calendar required".to_owned()]));
    }

    #[test]
    fn a_calendar_window_is_the_products_own() {
        let strict = |duration: &str, start: &str| found(calendar(duration, start, "Europe/Berlin"), Mode::Strict);
        for (duration, start, unit) in [
            ("1w", "2024-01-01 00:00:00", CalendarUnit::Week),
            ("7d", "2026-11-02T00:00:00", CalendarUnit::Week),
            ("1M", "2022-03-01 00:00", CalendarUnit::Month),
            ("1Q", "2022-10-01 00:00:00", CalendarUnit::Quarter),
            ("3M", "2022-10-01 00:00:00", CalendarUnit::Quarter),
            ("1Y", "2022-01-01 00:00:00", CalendarUnit::Year),
            ("12M", "2022-01-01 00:00:00", CalendarUnit::Year),
        ] {
            assert_eq!(strict(duration, start), (Some(Window::Calendar { unit }), vec![]), "{duration}");
        }
        for (duration, start) in [
            ("1w", "2022-01-01 00:00:00"),
            ("1M", "2022-01-01 12:00:00"),
            ("1M", "2022-01-02 00:00:00"),
            ("1Q", "2022-02-01 00:00:00"),
            ("1Y", "2022-04-01 00:00:00"),
        ] {
            assert_eq!(
                strict(duration, start),
                (None, vec!["calendar.startTime other_start".to_owned()]),
                "{duration}"
            );
        }
        for duration in ["1d", "2w", "2M", "366d", "5m", "1h"] {
            for mode in [Mode::Strict, Mode::Lenient] {
                let found = found(calendar(duration, "2022-01-03 00:00:00", "Europe/Berlin"), mode);
                assert_eq!(found, (None, vec!["duration not_expressible".to_owned()]), "{duration}");
            }
        }
    }

    #[test]
    fn what_is_meant_otherwise_is_refused_or_read_as_ours() {
        let theirs = calendar("1m", "2022-01-01 12:00:00", "America/New_York");
        let told = |what: &str| {
            ["duration", "calendar.timeZone", "calendar.startTime"]
                .iter()
                .zip(what.split(' '))
                .map(|(place, word)| format!("{place} {word}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(theirs.clone(), Mode::Strict), (None, told("minute other_zone other_start")));
        let month = Some(Window::Calendar { unit: CalendarUnit::Month });
        assert_eq!(found(theirs, Mode::Lenient), (month, told("warning warning warning")));
        let nowhere = calendar("1M", "yesterday", "Europe/Atlantis");
        let expected = ["calendar.timeZone unknown_zone", "calendar.startTime format"];
        assert_eq!(found(nowhere, Mode::Lenient), (None, expected.map(ToOwned::to_owned).to_vec()));
    }

    #[test]
    fn what_is_written_reads_back() {
        let units = [CalendarUnit::Week, CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year];
        let calendars = units.map(|unit| Window::Calendar { unit });
        for window in calendars.into_iter().chain([Window::Rolling { days: 1 }, Window::Rolling { days: 366 }]) {
            let mut notes = Vec::new();
            let reading = Reading { zone: Berlin, mode: Mode::Strict };
            let spec = json!({ "timeWindow": write(window, Berlin) });
            assert_eq!((read(&spec, reading, &mut notes), notes), (Some(window), vec![]));
        }
    }
}
