//! Days and times as other tools write them, by the conversions of `strftime`.

use super::super::place::Form;
use crate::kernel::{
    clock::{Instant, YEARS},
    month::{Month, Week},
};
use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, TimeZone,
    format::{Fixed, Item, Parsed, StrftimeItems, parse},
};
use chrono_tz::Tz;
use std::fmt::Write;

/// What a text says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Day(NaiveDate),
    Local(NaiveDateTime),
    Moment(DateTime<FixedOffset>),
}

/// A day or time in our form, and whether it had to be chosen between two.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub text: String,
    pub doubtful: bool,
}

/// Whether a form can be used for what a column holds.
///
/// # Errors
/// A sentence that says why it cannot.
pub fn check(form: &str, wanted: &Form) -> Result<(), &'static str> {
    if StrftimeItems::new(form).any(|item| matches!(item, Item::Error)) {
        return Err("this is no form of strftime");
    }
    if StrftimeItems::new(form).any(|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
        return Err("the name of a zone (%Z) says nothing sure; name the zone in the mapping");
    }
    // What is written by the form and read again must be the same day, and the same minute where that matters.
    let then = Tz::UTC.with_ymd_and_hms(2026, 11, 22, 21, 14, 0).single().map(|at| at.fixed_offset());
    let Some(then) = then else { return Err("this form cannot be tried") };
    let mut written = String::new();
    // Some forms can only be read.
    if write!(&mut written, "{}", then.format(form)).is_err() {
        return Err("this is no form of strftime that can be written");
    }
    let said = read(&written, form);
    match (said, wanted) {
        (Some(Said::Moment(at)), _) if at == then => Ok(()),
        (Some(Said::Local(at)), _) if at == then.naive_utc() => Ok(()),
        (Some(Said::Day(day)), Form::Day | Form::Month | Form::Week) if day == then.date_naive() => Ok(()),
        (Some(Said::Day(_)), _) => Err("this column is a time, and the form tells no hour and minute"),
        _ => Err("what is written by this form does not say which day, or which half of it"),
    }
}

fn read(text: &str, form: &str) -> Option<Said> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(form)).ok()?;
    let timed = parsed.hour_div_12().is_some() || parsed.hour_mod_12().is_some() || parsed.timestamp().is_some();
    match parsed.offset().is_some() || parsed.timestamp().is_some() {
        true => parsed.to_datetime().ok().map(Said::Moment),
        false if timed => parsed.to_naive_datetime_with_offset(0).ok().map(Said::Local),
        false => parsed.to_naive_date().ok().map(Said::Day),
    }
}

/// A text of one of the forms, as a column wants it.
///
/// # Errors
/// A code and a sentence for a text of none of them, and for an hour that was skipped. One that came twice is the first of
/// the two.
pub fn turned(text: &str, forms: &[String], wanted: &Form, zone: Tz) -> Result<Read, (&'static str, String)> {
    let Some(said) = forms.iter().find_map(|form| read(text, form)) else {
        return Err(("format", format!("this is not written as {}", forms.join(" or as "))));
    };
    let year = match said {
        Said::Day(day) => day.year(),
        Said::Local(at) => at.year(),
        Said::Moment(at) => at.to_utc().year(),
    };
    if !YEARS.contains(&year) {
        return Err(("format", format!("the year {year} is not between {} and {}", YEARS.start, YEARS.end - 1)));
    }
    let day = match said {
        Said::Day(day) => day,
        Said::Local(at) => at.date(),
        Said::Moment(at) => at.with_timezone(&zone).date_naive(),
    };
    let (text, doubtful) = match (wanted, said) {
        (Form::Day, _) => (day.to_string(), false),
        (Form::Month, _) => (Month::of(day).to_string(), false),
        (Form::Week, _) => (Week::of(day).to_string(), false),
        (_, Said::Day(_)) => return Err(("format", "this tells a day and no time".to_owned())),
        (_, Said::Moment(at)) => (Instant::from(at.to_utc()).to_string(), false),
        (_, Said::Local(at)) => match zone.from_local_datetime(&at) {
            LocalResult::Single(at) => (Instant::from(at.to_utc()).to_string(), false),
            LocalResult::Ambiguous(first, _) => (Instant::from(first.to_utc()).to_string(), true),
            LocalResult::None => {
                return Err(("no_such_time", format!("there was no such hour in {zone}: clocks went forward")));
            }
        },
    };
    Ok(Read { text, doubtful })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str, form: &str) -> Result<Read, &'static str> {
        turned(text, &[form.to_owned()], &Form::Time, Tz::Europe__Vienna).map_err(|(code, _)| code)
    }

    fn plain(text: &str) -> Result<Read, &'static str> {
        Ok(Read { text: text.to_owned(), doubtful: false })
    }

    #[test]
    fn forms_of_other_tools_are_read_in_the_zone() {
        let jira = "%d/%b/%y %I:%M %p";
        assert_eq!(time("02/Nov/26 9:14 AM", jira), plain("2026-11-02T08:14:00Z"));
        assert_eq!(time("2/Nov/26 12:00 AM", jira), plain("2026-11-01T23:00:00Z"));
        assert_eq!(time("2026-11-02T09:14:00.000+0100", "%Y-%m-%dT%H:%M:%S%.3f%z"), plain("2026-11-02T08:14:00Z"));
        assert_eq!(time("2026-11-02T09:14:00Z", "%+"), plain("2026-11-02T09:14:00Z"));
        assert_eq!(time("1793610840", "%s"), plain("2026-11-02T09:14:00Z"));
        assert_eq!(time("02/Nov/26", jira), Err("format"));
        assert_eq!(time("31/Feb/26 9:14 AM", jira), Err("format"));
        assert_eq!(time("2026-03-29 02:30", "%Y-%m-%d %H:%M"), Err("no_such_time"));
        let twice = Read { text: "2026-10-25T00:30:00Z".to_owned(), doubtful: true };
        assert_eq!(time("2026-10-25 02:30", "%Y-%m-%d %H:%M"), Ok(twice));
    }

    #[test]
    fn a_day_is_that_of_the_zone_and_a_month_and_a_week_are_those_of_the_day() {
        let of = |form: &Form, text: &str| turned(text, &["%+".to_owned()], form, Tz::Asia__Kathmandu).unwrap().text;
        assert_eq!(of(&Form::Day, "2026-12-31T18:15:00Z"), "2027-01-01");
        assert_eq!(of(&Form::Month, "2026-12-31T18:14:59Z"), "2026-12");
        assert_eq!(of(&Form::Week, "2026-12-31T18:15:00Z"), "2026-W53");
    }

    #[test]
    fn a_form_that_cannot_tell_is_refused_before_it_is_used() {
        for form in ["%d/%b/%y %I:%M %p", "%+", "%s", "%Y-%m-%dT%H:%M:%S%.3f%z", "%m/%d/%Y %H:%M"] {
            assert_eq!(check(form, &Form::Time), Ok(()), "{form}");
        }
        assert_eq!(check("%d.%m.%Y", &Form::Day), Ok(()));
        for form in [
            "%d/%m/%Y %H:%M %#z",
            "%#z",
            "%d.%m.%Y",
            "%d/%b/%y %I:%M",
            "%d/%b %H:%M",
            "%Y-%m-%d %H:%M %Z",
            "%!",
            "words",
            "%H:%M",
        ] {
            assert!(check(form, &Form::Time).is_err(), "{form}");
        }
    }
}
