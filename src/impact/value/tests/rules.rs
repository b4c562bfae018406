//! Rules that hold of every method, whatever the figures.

use super::{
    metric::{check_in, metric_changed, with_metric},
    *,
};
use crate::costs::NewExchangeRate;

/// Hundredths.
fn cents(units: i64) -> Decimal {
    Decimal::new(units, 2)
}

fn amounts(claim: ImpactClaim, grounds: &Grounds) -> Vec<(Benefit, Decimal, Decimal)> {
    told(&of_october(&[saved(claim, grounds)], grounds)["c"])
}

fn amount(claim: ImpactClaim, grounds: &Grounds) -> Decimal {
    amounts(claim, grounds).iter().map(|(_, amount, _)| *amount).sum()
}

fn attributed(percent: i64) -> Value {
    let share: f64 = cents(percent).to_string().parse().unwrap();
    json!({ "attribution": { "share": share, "why": "its part" } })
}

fn less(more: Value) -> ImpactClaim {
    let mut body = json!({ "method": "cost_reduced", "benefit": "cash_released", "value_driver": null,
        "baseline": { "from": "2026-08", "to": "2026-09" } });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    claim("c", body)
}

/// Bills and labour of August and of October, in cents.
fn costing(august: (i64, i64), october: (i64, i64)) -> Grounds {
    let of = |month: &str, category: Category, units: i64| {
        line(month, category, Nature::Run, Money::new(cents(units), Currency::EUR))
    };
    let bills =
        [("2026-08", august.0), ("2026-10", october.0)].map(|(at, units)| of(at, Category::Infrastructure, units));
    let labour = [("2026-08", august.1), ("2026-10", october.1)].map(|(at, units)| of(at, Category::Labour, units));
    let rates = Rates::default();
    let ledger =
        crate::costs::ledger::Ledger::new(Currency::EUR, rates, LabourFrom::Effort, bills.into(), labour.into());
    Grounds { ledger, ..nothing() }
}

/// Down for so many minutes of October, after a baseline of 7 h in 92 days.
fn down(minutes: i64) -> Grounds {
    let mut grounds = with_downtime();
    grounds.incidents.retain(|one| one.id != "i4");
    let from: chrono::DateTime<chrono::Utc> = "2026-10-10T00:00:00Z".parse().unwrap();
    if minutes > 0 {
        let to = crate::kernel::clock::Instant::from(from + chrono::TimeDelta::minutes(minutes));
        grounds.incidents.push(incident("now", 1, "2026-10-10T00:00:00Z", &to.to_string()));
    }
    grounds
}

/// So many people, and so many minutes where there were 25.
fn working(people: i64, minutes: f64) -> Grounds {
    let mut grounds = with_journeys();
    grounds.populations[0].people = people;
    grounds.journeys[1] = journey("new", "2026-09-15", 9.0, minutes);
    grounds
}

fn assessed(loss: i64) -> Grounds {
    Grounds {
        assessments: vec![
            assessment("before", "2026-05-01", "100000", 0.75),
            assessment("after", "2026-10-01", &loss.to_string(), 1.0),
        ],
        ..nothing()
    }
}

fn risk() -> ImpactClaim {
    claim(
        "c",
        json!({ "method": "risk_reduced", "benefit": "risk_reduced", "value_driver": null, "baseline": null,
        "inputs": { "risk": "r" } }),
    )
}

fn measured(value: i64) -> Grounds {
    let mut grounds = with_metric();
    grounds.check_ins.push(check_in("new", "2026-10-31", 0.0));
    let last = grounds.check_ins.last_mut().unwrap();
    last.value = value.to_string().parse().unwrap();
    grounds.check_ins.retain(|one| one.id != "last");
    grounds
}

proptest! {
    /// Labour and the rest of a cost that went down are together what it went down by.
    #[test]
    fn the_parts_add_up_to_the_whole(
        august in (0..9_999_999_i64, 0..9_999_999_i64), october in (0..9_999_999_i64, 0..9_999_999_i64), percent in 0..=100_i64,
    ) {
        let grounds = costing(august, october);
        let parts = amounts(less(attributed(percent)), &grounds);
        let whole = cents(august.0 + august.1 - october.0 - october.1) * cents(percent);
        prop_assert_eq!(parts.iter().map(|(_, amount, _)| *amount).sum::<Decimal>(), whole);
        for (benefit, amount, _) in parts {
            let of = if benefit == Benefit::CapacityFreed { august.1 - october.1 } else { august.0 - october.0 };
            prop_assert_eq!(amount, cents(of) * cents(percent), "{}", benefit);
        }
    }

    /// An amount is what the method finds × attribution, to the last digit: so two parts of it are their sum's.
    #[test]
    fn an_amount_is_the_methods_times_attribution(one in 0..=50_i64, other in 0..=50_i64, minutes in 0..44_640_i64) {
        let (time, metric) = (with_journeys(), with_metric());
        for (whole, of) in [
            // 60 h × 55, (40 − 31) × 78.
            (dec("3300"), Box::new(|percent| amount(time_saved("c", attributed(percent)), &time)) as Box<dyn Fn(i64) -> Decimal>),
            (dec("702"), Box::new(|percent| amount(metric_changed("c", attributed(percent)), &metric))),
        ] {
            prop_assert_eq!(of(100), whole);
            prop_assert_eq!(of(one), whole * cents(one));
            prop_assert_eq!(of(one) + of(other), of(one + other));
        }
        // What has more digits than are kept is rounded once, after attribution.
        let grounds = down(minutes);
        let of = |percent: i64| amount(claim("c", attributed(percent)), &grounds);
        let (a_twelfth_digit, rounded) = (Decimal::new(1, 12), of(one) + of(other) - of(one + other));
        prop_assert!(rounded.abs() <= a_twelfth_digit, "{}", rounded);
        prop_assert!((of(100) * cents(one) - of(one)).abs() <= a_twelfth_digit);
    }

    /// More of what is bad is never worth more, and more of what is good never less.
    #[test]
    fn worth_goes_the_way_of_what_it_measures(one in 0..5_000_i64, other in 0..5_000_i64) {
        let (few, many) = (one.min(other), one.max(other));
        let downtime = |minutes| amount(claim("c", json!({})), &down(minutes));
        prop_assert!(downtime(few) >= downtime(many));
        let people = |people| amount(time_saved("c", json!({})), &working(people, 10.0));
        prop_assert!(people(few) <= people(many), "ten minutes are fewer than 25");
        let losers = |people| amount(time_saved("c", json!({})), &working(people, 30.0));
        prop_assert!(losers(few) >= losers(many), "thirty are more");
        let minutes = |minutes: i64| amount(time_saved("c", json!({})), &working(40, minutes as f64));
        prop_assert!(minutes(few) >= minutes(many));
        let bill = |bill| amount(less(json!({})), &costing((1000, 1000), (bill, 0)));
        prop_assert!(bill(few) >= bill(many));
        let loss = |loss| amount(risk(), &assessed(loss));
        prop_assert!(loss(few) >= loss(many));
        let metric = |value| amount(metric_changed("c", json!({})), &measured(value));
        prop_assert!(metric(few) >= metric(many), "fewer are better");
    }

    /// A gain counts for at most what it is, and the surer for more; a loss counts in full, however unsure.
    #[test]
    fn confidence_takes_from_gains_only(value in 0..200_i64) {
        let grounds = measured(value);
        let weighted = ["low", "medium", "high"].map(|sure| {
            let (_, amount, weighted) = amounts(metric_changed("c", json!({ "confidence": sure })), &grounds)[0];
            (amount, weighted)
        });
        prop_assert!(weighted.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        prop_assert!(weighted.iter().all(|(amount, weighted)| weighted <= amount));
        prop_assert!(weighted.iter().all(|(amount, weighted)| *amount >= Decimal::ZERO || weighted == amount));
        prop_assert_eq!(weighted[2].0, weighted[2].1);
    }
}

/// A driver of 78 dollars, with a rate of 0.8 and without one. 1.858695652174 h are 144.98 USD and 115.98 EUR, 60 h
/// 4,680 and 3,744, nine units 702 and 561.6; or nobody knows, and why.
#[test]
fn an_amount_of_another_currency_is_converted_or_unknown() {
    let dollars = |grounds: Grounds, kind: DriverKind| {
        let new: NewValueDriver = validate(json!({
            "name": "sales", "kind": kind,
            "amounts": [{ "valid_from": "2026-01-01", "amount": { "amount": "78", "currency": "USD" } }],
        }))
        .unwrap();
        Grounds { drivers: vec![new.into_row(&product(), None, head("sales")).unwrap()], ..grounds }
    };
    let rate = |from: &str, to: &str, at: &str| {
        let new: NewExchangeRate = validate(json!({ "from": from, "to": to, "month": at, "rate": "0.8" })).unwrap();
        new.into_row(&product(), head("rate")).unwrap()
    };
    for (made, grounds, in_euros) in [
        (claim("c", json!({})), dollars(with_downtime(), DriverKind::RevenuePerHour), "115.982608695652"),
        (time_saved("c", json!({})), dollars(with_journeys(), DriverKind::HourOfWork), "3744"),
        (metric_changed("c", json!({})), dollars(with_metric(), DriverKind::PerUnit), "561.6"),
    ] {
        let with = |rates: &[crate::costs::ExchangeRate]| {
            let mut grounds =
                Grounds { ledger: grounds.ledger.clone(), drivers: grounds.drivers.clone(), ..evidence_of(&grounds) };
            grounds.ledger.rates = Rates::new(rates);
            of_october(&[saved(made.clone(), &grounds)], &grounds).remove("c").unwrap()
        };
        let why = Some("no exchange rate from USD to EUR for 2026-10");
        assert_eq!(with(&[]).unknown.as_deref(), why);
        assert_eq!(with(&[rate("USD", "EUR", "2026-09"), rate("EUR", "USD", "2026-10")]).unknown.as_deref(), why);
        let known = with(&[rate("USD", "EUR", "2026-10")]);
        assert_eq!((known.unknown.as_deref(), known.parts[0].amount.currency), (None, Currency::EUR));
        assert_eq!(known.parts[0].amount.amount, dec(in_euros));
    }
}

fn evidence_of(grounds: &Grounds) -> Grounds {
    Grounds {
        incidents: grounds.incidents.clone(),
        journeys: grounds.journeys.clone(),
        populations: grounds.populations.clone(),
        key_results: grounds.key_results.clone(),
        check_ins: grounds.check_ins.clone(),
        ..nothing()
    }
}

/// As large as the API takes anything: what comes to more than can be told is unknown, and nothing breaks.
#[test]
fn what_is_too_large_to_tell_is_unknown() {
    let dear = |kind: DriverKind| vec![driver(kind, "999999999999.999999999999")];
    let mut many = working(1_000_000_000, 0.0);
    many.journeys = vec![journey("old", "2026-08-10", 1e6, 1e6), journey("new", "2026-09-15", 1e6, 0.0)];
    many.drivers = dear(DriverKind::HourOfWork);
    let long = Grounds { drivers: dear(DriverKind::RevenuePerHour), ..down(44_640) };
    let mut far = Grounds { drivers: dear(DriverKind::PerUnit), ..measured(8_999_999) };
    far.key_results[0].baseline = "-8999999".parse().unwrap();
    let risky = Grounds {
        assessments: vec![
            assessment("before", "2026-05-01", "999999999999.999999999999", 10_000.0),
            assessment("after", "2026-10-01", "0", 0.0),
        ],
        ..nothing()
    };
    for (made, grounds) in [
        (time_saved("c", json!({})), many),
        (claim("c", json!({})), long),
        (metric_changed("c", json!({})), far),
        (risk(), risky),
    ] {
        let value = &of_october(&[saved(made, &grounds)], &grounds)["c"];
        assert_eq!(value.unknown.as_deref(), Some("it comes to more than can be told"));
        assert!(value.parts.is_empty() && !value.counted);
    }
}

/// Nothing is known of anything: every method says what is missing, or finds that nothing changed.
#[test]
fn on_empty_grounds_nothing_is_worth_anything() {
    let empty = nothing();
    for (made, why) in [
        (claim("c", json!({})), "the value driver is gone"),
        (claim("c", json!({ "inputs": { "component": "shop", "slo": "open" } })), "no SLO open"),
        (time_saved("c", json!({})), "\"Deploy\" of dev had not been observed before 2026-09-01"),
        (less(json!({})), "no cost is recorded for 2026-08"),
        (risk(), "the risk \"r\" had not been assessed before 2026-09-01"),
        (metric_changed("c", json!({})), "the key result is gone"),
    ] {
        let value = &of_october(&[saved(made, &empty)], &empty)["c"];
        let unknown = value.unknown.as_deref().unwrap_or_else(|| panic!("{:?}", value.parts));
        assert!(unknown.ends_with(why), "{unknown}");
        assert!(value.parts.is_empty() && !value.counted && value.to_accept().is_none());
    }
    let priced = Grounds { drivers: vec![driver(DriverKind::RevenuePerHour, "4000")], ..nothing() };
    assert_eq!(amounts(claim("c", json!({})), &priced), [(Benefit::RevenueProtected, Decimal::ZERO, Decimal::ZERO)]);
    assert_eq!(amounts(less(json!({})), &costing((5, 5), (5, 5))), [], "nothing changed");
}

/// What was down over a local midnight is each month's own, to the microsecond, wherever the company is.
mod months {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};

    fn hours(zone: chrono_tz::Tz, of: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Downtime {
        let text = |at: DateTime<Utc>| crate::kernel::clock::Instant::from(at).to_string();
        let incidents = vec![incident("i", 1, &text(from), &text(to))];
        let now = "2099-01-01T00:00:00Z".parse().unwrap();
        let grounds = Grounds { zone, now, incidents, ..nothing() };
        let (down, _) = grounds.downtime(&claim("c", json!({})).inputs, month(of), month(of).next()).unwrap();
        down
    }

    use crate::impact::methods::Downtime;

    /// New York has 743 hours in March and 721 in November; Kathmandu's October ends at 18:15 UTC.
    #[test]
    fn a_month_has_the_hours_that_its_clocks_go_through() {
        let noon = "2020-01-01T12:00:00Z".parse().unwrap();
        let of = |zone, of: &str| hours(zone, of, noon, noon + TimeDelta::hours(1)).of;
        let new_york = chrono_tz::America::New_York;
        assert_eq!((of(new_york, "2026-03"), of(new_york, "2026-11")), (dec("743"), dec("721")));
        let kathmandu = chrono_tz::Asia::Kathmandu;
        assert_eq!((of(kathmandu, "2026-10"), of(kathmandu, "2026-11")), (dec("744"), dec("720")));
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (from, to) = (at("2026-10-31T18:00:00Z"), at("2026-10-31T19:00:00Z"));
        assert_eq!(hours(kathmandu, "2026-10", from, to).hours, dec("0.25"));
        assert_eq!(hours(kathmandu, "2026-11", from, to).hours, dec("0.75"));
        // 31 October ends at 04:00 UTC of the next day, while the clocks are still ahead.
        let (from, to) = (at("2026-11-01T03:30:00Z"), at("2026-11-01T05:30:00Z"));
        assert_eq!(hours(new_york, "2026-10", from, to).hours, dec("0.5"));
        assert_eq!(hours(new_york, "2026-11", from, to).hours, dec("1.5"));
    }

    proptest! {
        #[test]
        fn an_incident_over_midnight_is_split_exactly(
            zone in prop::sample::select(vec![chrono_tz::Asia::Kathmandu, chrono_tz::America::New_York]),
            at in prop::sample::select(vec!["2026-03", "2026-10", "2026-11", "2028-02"]),
            before in 1..86_400_i64, after in 1..86_400_i64,
        ) {
            let end = month(at).bounds(zone).1;
            let (from, to) = (end - TimeDelta::seconds(before), end + TimeDelta::seconds(after));
            let next = month(at).next().to_string();
            let (mine, theirs) = (hours(zone, at, from, to).hours, hours(zone, &next, from, to).hours);
            let seconds = |hours: Decimal| (hours * dec("3600")).round_dp(12);
            prop_assert_eq!(seconds(mine), Decimal::from(before));
            prop_assert_eq!(seconds(theirs), Decimal::from(after));
        }
    }
}
