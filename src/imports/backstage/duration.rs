//! Durations as Backstage writes them.

use rust_decimal::{Decimal, prelude::ToPrimitive};

/// The whole minutes of an ISO 8601 duration, by Backstage's own count: a day has 24 hours. Months and years have
/// no length.
pub fn minutes(text: &str) -> Option<i64> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let parts = |mut text: &str, units: &[(char, i64)]| {
        let (mut units, mut seconds, mut some) = (units.iter(), Decimal::ZERO, false);
        while !text.is_empty() {
            let at = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
            let sign = text[at..].chars().next()?;
            let (_, worth) = units.find(|(unit, _)| *unit == sign)?;
            let number = text[..at].parse::<Decimal>().ok()?;
            seconds = seconds.checked_add(number.checked_mul((*worth).into())?)?;
            (text, some) = (&text[at + sign.len_utf8()..], true);
        }
        Some((seconds, some))
    };
    let (days, some_days) = parts(days, &[('W', 604_800), ('D', 86_400)])?;
    let (time, some_time) = parts(time.unwrap_or_default(), &[('H', 3600), ('M', 60), ('S', 1)])
        .filter(|(_, some)| *some || time.is_none())?;
    let minutes = days.checked_add(time)? / Decimal::from(60);
    let whole = (some_days || some_time) && minutes.fract().is_zero() && minutes <= Decimal::from(MOST_MINUTES);
    if whole { minutes.to_i64() } else { None }
}

/// Ten years.
const MOST_MINUTES: i64 = 5_256_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_whole_minutes() {
        for (text, expected) in [
            ("PT4H", Some(240)),
            ("P1D", Some(1440)),
            ("P3DT1H30M", Some(4410)),
            ("PT1.5H", Some(90)),
            ("PT120S", Some(2)),
            ("P2W", Some(20_160)),
            ("PT0M", Some(0)),
            (" PT5M ", Some(5)),
            ("PT90S", None),
            ("P1M", None),
            ("P1Y", None),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("PT1M1H", None),
            ("PTH", None),
            ("-PT1H", None),
            ("PT-1H", None),
            ("4h", None),
            ("2 hours", None),
            ("PT1ä", None),
            ("PT99999999999999999999999999999H", None),
            ("P3651D", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }
}
