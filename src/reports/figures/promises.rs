//! What was promised, and how far it was kept: each SLO in the month's own error budget, whatever
//! its window is.

use super::row;
use crate::{
    kernel::{clock::Instant, figure::Figure, month::Month},
    reports::{
        earlier::Earlier,
        facts::{Fact, FactRow, FactValue, Facts, Input, MINUTES, SHARE, TEXT},
        gather::Material,
    },
    slos::{BudgetingMethod, Judgement, Slo, SloTarget, Span, Tally},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

/// What the fact of a promise's outcome says.
pub const KEPT: &str = "kept";
pub const MISSED: &str = "missed";

/// The name of a fact of a promise.
pub fn slo_fact(slo: &Slo, what: &str) -> String {
    format!("slo.{}.{what}", slo.key)
}

/// The promises of the month, by key: those that were not taken back before it.
pub fn promised(material: &Material) -> impl Iterator<Item = &Slo> {
    let first = material.month.first_day();
    material.slos.iter().filter(move |slo| slo.retired_on.is_none_or(|on| on > first))
}

/// The promise that used most of its budget.
pub fn tightest<'a>(material: &'a Material, facts: &Facts) -> Option<&'a Slo> {
    let used = |slo: &Slo| facts.number(&slo_fact(slo, "budget_consumed")).known();
    let known = promised(material).filter_map(|slo| Some((used(slo)?, slo)));
    // The first of those that used the same.
    known.reduce(|worst, one| if one.0 > worst.0 { one } else { worst }).map(|(_, slo)| slo)
}

pub fn add(facts: &mut Facts, material: &Material) {
    for slo in promised(material) {
        let of = |month| Measured::of(material, slo, month);
        let now = of(material.month);
        now.add_target(facts);
        now.add_indicator(facts, "sli");
        now.add_budget(facts, "budget_consumed");
        now.add_days(facts);
        now.add_rest(facts);
        now.add_outcome(facts);
        now.add_coverage(facts);
        for earlier in material.compared() {
            let before = of(earlier.of(material.month));
            // A promise that is younger than a year lacks nothing.
            if earlier == Earlier::YearBefore && before.judged.is_none() {
                continue;
            }
            before.add_indicator(facts, &earlier.fact("sli"));
            before.add_budget(facts, &earlier.fact("budget_consumed"));
        }
    }
    add_counts(facts, material);
    for earlier in material.recorded() {
        add_earlier_counts(facts, material, earlier);
    }
    if let Some(slo) = tightest(material, facts) {
        Measured::of(material, slo, material.month).add_burndown(facts, material);
    }
}

/// A promise over a month.
struct Measured<'a> {
    slo: &'a Slo,
    targets: &'a [SloTarget],
    month: Month,
    /// The part of the month that had passed.
    passed: Span,
    days: Vec<(NaiveDate, Tally)>,
    whole: Tally,
    /// None when nothing was measured.
    judged: Option<Judgement>,
    material: &'a Material,
}

impl<'a> Measured<'a> {
    fn of(material: &'a Material, slo: &'a Slo, month: Month) -> Self {
        let (zone, at) = (material.zone(), material.at.utc());
        let (from, to) = month.bounds(zone);
        let targets = material.targets.get(slo.key.as_text()).map(Vec::as_slice).unwrap_or_default();
        let days: Vec<_> = material.measured.get(&slo.id).map_or_else(Vec::new, |days| {
            days.range(month.first_day()..month.next().first_day()).map(|(day, tally)| (*day, *tally)).collect()
        });
        let whole = days.iter().map(|(_, tally)| *tally).sum();
        let judged = slo.judge_month(targets, whole, month, at, zone);
        Self { slo, targets, month, passed: Span { from, to }.until(at), days, whole, judged, material }
    }

    fn name(&self, what: &str) -> String {
        slo_fact(self.slo, what)
    }

    fn target(&self) -> Decimal {
        self.slo.target_on(self.targets, self.month.first_day())
    }

    fn judged<T>(&self, of: impl FnOnce(&Judgement) -> T) -> Figure<T> {
        match &self.judged {
            Some(judged) => Figure::Known(of(judged)),
            None => Figure::Unknown(format!("nothing was measured in {}", self.month)),
        }
    }

    /// What went wrong in a part of the month, in events or slices.
    fn bad(&self, tally: Tally) -> Decimal {
        let judged =
            self.slo.judge_month(self.targets, tally, self.month, self.material.at.utc(), self.material.zone());
        judged.map_or(Decimal::ZERO, |judged| judged.bad)
    }

    /// A day as a row, with its part of the month's budget.
    fn row(&self, day: NaiveDate, tally: Tally) -> FactRow {
        let mut made = row([("day", json!(day))]);
        let mut put = |name: &str, value: Decimal| made.insert(name.to_owned(), json!(FactValue::from(value)));
        match self.slo.budgeting_method {
            BudgetingMethod::Occurrences => {
                put("total", tally.total.into());
                put("good", tally.good.into());
            }
            BudgetingMethod::Timeslices => {
                put("slices", tally.slices.into());
                put("good", tally.good_slices.into());
            }
            BudgetingMethod::RatioTimeslices => {
                put("slices", tally.slices.into());
                put("good", Decimal::new(tally.ratios, 12));
            }
        }
        let bad = self.bad(tally);
        put("bad", bad);
        if let Some(judged) = &self.judged {
            put("budget_consumed", bad / judged.allowed);
        }
        made
    }

    fn rows(&self) -> Vec<FactRow> {
        self.days.iter().map(|(day, tally)| self.row(*day, *tally)).collect()
    }

    fn add_target(&self, facts: &mut Facts) {
        let first = row([("valid_from", json!("from the beginning")), ("target", json!(self.slo.target))]);
        let later = self.targets.iter().filter(|dated| dated.valid_from <= self.month.first_day());
        let dated = later.map(|dated| row([("valid_from", json!(dated.valid_from)), ("target", json!(dated.target))]));
        let formula = "the target in force at the month's start: the share that is to go well";
        let fact = Fact::new(self.name("target"), SHARE, Figure::Known(self.target()), formula);
        facts.add(fact.rows([first].into_iter().chain(dated).collect()));
    }

    fn add_indicator(&self, facts: &mut Facts, what: &str) {
        let minutes = self.slo.bucket_seconds / 60;
        let formula = match self.slo.budgeting_method {
            BudgetingMethod::Occurrences => format!("good events ÷ all events of {}", self.month),
            BudgetingMethod::Timeslices => format!(
                "good slices ÷ slices with data of {}; a slice lasts {minutes} minutes and is good when {} of its \
                 events are",
                self.month,
                self.slo.slice_target.unwrap_or_default()
            ),
            BudgetingMethod::RatioTimeslices => format!(
                "mean of the shares of good events of the slices with data of {}; a slice lasts {minutes} minutes",
                self.month
            ),
        };
        let fact = Fact::new(self.name(what), SHARE, self.judged(|judged| judged.sli), formula);
        facts.add(fact.rows(self.rows()));
    }

    fn add_budget(&self, facts: &mut Facts, what: &str) {
        let of = match self.slo.budgeting_method {
            BudgetingMethod::Occurrences => "all its events",
            _ => "all its slices",
        };
        let expected = match self.judged.is_some_and(|judged| judged.projected) {
            true => ", with those that are expected until it ends",
            false => "",
        };
        let formula = format!(
            "bad ÷ allowed in {}, of the month's own budget: allowed = (1 − target) × {of}{expected}",
            self.month
        );
        let mut inputs = vec![Input::of("target", self.target())];
        if let Some(judged) = &self.judged {
            inputs.push(self.all(judged));
            inputs.extend([Input::of("bad", judged.bad), Input::of("allowed", judged.allowed)]);
        }
        let fact = Fact::new(self.name(what), SHARE, self.judged(|judged| judged.consumed), formula);
        facts.add(fact.inputs(inputs).rows(self.rows()));
    }

    /// Of how many events or slices the whole month's budget is a part.
    fn all(&self, judged: &Judgement) -> Input {
        match self.slo.budgeting_method {
            BudgetingMethod::Occurrences if judged.projected => {
                Input::of("events_expected", judged.allowed / judged.share)
            }
            BudgetingMethod::Occurrences => Input::of("events", Decimal::from(self.whole.total)),
            _ => Input::of("slices_of_month", Decimal::from(self.slices_of_month())),
        }
    }

    fn slices_of_month(&self) -> i64 {
        let (from, to) = self.month.bounds(self.material.zone());
        Span { from, to }.buckets(self.slo.bucket_seconds)
    }

    /// How much went on the worst day, and how much on all others; nothing where nothing went wrong.
    fn add_days(&self, facts: &mut Facts) {
        let bad = self.days.iter().map(|(day, tally)| (self.bad(*tally), *day, *tally));
        let worst = bad.reduce(|worst, one| if one.0 > worst.0 { one } else { worst });
        let (Some(judged), Some((bad, day, tally))) = (&self.judged, worst) else { return };
        if bad.is_zero() {
            return;
        }
        let (all, name) = (self.name("budget_consumed"), self.name("budget_consumed.worst_day"));
        let fact =
            Fact::new(&name, SHARE, Figure::Known(bad / judged.allowed), "the largest part that went on one day");
        let inputs = [Input::of("bad", bad), Input::of("allowed", judged.allowed)];
        facts.add(fact.inputs(inputs).inputs(facts.inputs(&[&all])).rows(vec![self.row(day, tally)]));
        let rest = Figure::Known((judged.bad - bad) / judged.allowed);
        let rows = self.days.iter().filter(|(other, _)| *other != day).map(|(day, tally)| self.row(*day, *tally));
        let fact = Fact::new(self.name("budget_consumed.other_days"), SHARE, rest, format!("{all} − {name}"));
        facts.add(fact.inputs(facts.inputs(&[&all, &name])).rows(rows.collect()));
    }

    fn add_rest(&self, facts: &mut Facts) {
        let (target, consumed) = (self.name("target"), self.name("budget_consumed"));
        let (from, to) = self.month.bounds(self.material.zone());
        let minutes = Decimal::from(Span { from, to }.seconds()) / Decimal::from(60);
        let formula = format!("(1 − {target}) × minutes_of_month × (1 − {consumed}), as minutes of complete failure");
        let rest = self.judged(Judgement::minutes);
        let inputs = facts.inputs(&[&target, &consumed]).into_iter().chain([Input::of("minutes_of_month", minutes)]);
        facts.add(Fact::new(self.name("budget_remaining_minutes"), MINUTES, rest, formula).inputs(inputs));
    }

    fn add_outcome(&self, facts: &mut Facts) {
        let outcome = match self.judged(|judged| judged.met) {
            Figure::Known(Some(true)) => Figure::Known(KEPT),
            Figure::Known(Some(false)) => Figure::Known(MISSED),
            Figure::Known(None) if self.material.is_under_way() => {
                Figure::Unknown(format!("{} was not over", self.month))
            }
            Figure::Known(None) => {
                Figure::Unknown("it was not measured all the time, and that time could change it".to_owned())
            }
            Figure::Unknown(why) => Figure::Unknown(why),
        };
        let formula = format!(
            "kept when no more than all of the month's budget was used; not known while the month runs, and when time \
             that was not measured would change it, had all of it been bad: {}",
            match self.slo.budgeting_method {
                BudgetingMethod::Occurrences => {
                    "(bad + unmeasured) ÷ ((1 − target) × (total + unmeasured)) of more than 1, where unmeasured = \
                     (slices_of_month − slices sent) × total ÷ slices with data"
                }
                _ => "(bad + slices_of_month − slices with data) ÷ ((1 − target) × slices_of_month) of more than 1",
            }
        );
        let inputs = facts.inputs(&[&self.name("sli"), &self.name("target"), &self.name("budget_consumed")]);
        let slices = Input::of("slices_of_month", Decimal::from(self.slices_of_month()));
        let rows = self.days.iter().map(|(day, tally)| {
            let mut made = self.slices_row(*day, *tally);
            if self.slo.budgeting_method == BudgetingMethod::Occurrences {
                made.insert("total".to_owned(), json!(tally.total));
            }
            made.insert("bad".to_owned(), json!(FactValue::from(self.bad(*tally))));
            made
        });
        let fact = Fact::new(self.name("met"), TEXT, outcome, formula);
        facts.add(fact.inputs(inputs).inputs([slices]).rows(rows.collect()));
    }

    fn slices_row(&self, day: NaiveDate, tally: Tally) -> FactRow {
        let [sent, slices] = [json!(tally.buckets), json!(tally.slices)];
        row([("day", json!(day)), ("slices_sent", sent), ("slices_with_data", slices)])
    }

    fn add_coverage(&self, facts: &mut Facts) {
        let passed = self.passed.buckets(self.slo.bucket_seconds);
        let share = match passed {
            0 => Figure::Unknown(format!("{} had not begun", self.month)),
            _ => Figure::Known(Decimal::from(self.whole.slices) / Decimal::from(passed)),
        };
        let rows: Vec<_> = self.days.iter().map(|(day, tally)| self.slices_row(*day, *tally)).collect();
        let inputs = [Input::of("slices_passed", Decimal::from(passed))];
        let formula =
            "slices with data ÷ slices of the month that have passed; a slice in which nothing happened has none";
        facts.add(Fact::new(self.name("coverage"), SHARE, share, formula).inputs(inputs.clone()).rows(rows.clone()));
        let missing = Decimal::from((passed - self.whole.buckets).max(0) * self.slo.bucket_seconds) / Decimal::from(60);
        let formula = "slices of the month that have passed and were not sent, as time";
        let fact = Fact::new(self.name("minutes_missing"), MINUTES, Figure::Known(missing), formula);
        let slice = Input::of("minutes_of_slice", Decimal::from(self.slo.bucket_seconds) / Decimal::from(60));
        facts.add(fact.inputs(inputs).inputs([slice]).rows(rows));
    }

    /// What was left at the end of each day that has come, in the budget of the whole month.
    fn add_burndown(&self, facts: &mut Facts, material: &Material) {
        let Some(judged) = &self.judged else { return };
        let (mut so_far, mut rows) = (Decimal::ZERO, Vec::new());
        for day in burndown_days(material) {
            let tally = self.days.iter().find(|(other, _)| *other == day).map(|(_, tally)| *tally);
            so_far += tally.map_or(Decimal::ZERO, |tally| self.bad(tally));
            rows.extend(tally.map(|tally| self.row(day, tally)));
            let left = Figure::Known(Decimal::ONE - so_far / judged.allowed);
            let formula = "1 − bad up to the end of the day ÷ allowed in the whole month";
            let fact = Fact::new(remaining_fact(self.slo, day), SHARE, left, formula);
            let inputs = [Input::of("bad_so_far", so_far), Input::of("allowed", judged.allowed)];
            facts.add(fact.inputs(inputs).rows(rows.clone()));
        }
    }
}

/// The fact of what was left of a budget at the end of a day.
pub fn remaining_fact(slo: &Slo, day: NaiveDate) -> String {
    slo_fact(slo, &format!("budget_remaining.{day}"))
}

/// The days of the month that have come.
pub fn burndown_days(material: &Material) -> impl Iterator<Item = NaiveDate> + use<> {
    let last = material.day(Instant::from(material.at.utc().min(material.bounds().1)));
    let end = material.month.next().first_day();
    material.month.first_day().iter_days().take_while(move |day| *day <= last && *day < end)
}

fn add_counts(facts: &mut Facts, material: &Material) {
    let rows = |facts: &Facts, wanted: &dyn Fn(Option<&str>) -> bool| -> Vec<FactRow> {
        let outcome = |slo: &Slo| match facts.get(&slo_fact(slo, "met")).and_then(|fact| fact.value.clone()) {
            Some(FactValue::Text(text)) => Some(text),
            _ => None,
        };
        let value = |slo: &Slo, what: &str| json!(facts.get(&slo_fact(slo, what)).and_then(|fact| fact.value.clone()));
        promised(material)
            .filter(|slo| wanted(outcome(slo).as_deref()))
            .map(|slo| {
                row([
                    ("slo", json!(slo.key)),
                    ("name", json!(slo.name)),
                    ("component", json!(slo.component)),
                    ("target", value(slo, "target")),
                    ("sli", value(slo, "sli")),
                    ("budget_consumed", value(slo, "budget_consumed")),
                    ("outcome", json!(outcome(slo))),
                ])
            })
            .collect()
    };
    let all = rows(facts, &|_| true);
    let (kept, missed) = (rows(facts, &|is| is == Some(KEPT)), rows(facts, &|is| is == Some(MISSED)));
    let unknown = rows(facts, &|is| is.is_none());
    facts.add(Fact::count("slo.count", "promises (service level objectives) that held in the month", all));
    facts.add(Fact::count(
        "slo.met_count",
        "promises that were kept: no more than all of the month's budget was used",
        kept,
    ));
    facts.add(Fact::count(
        "slo.missed_count",
        "promises that were missed: more than all of the month's budget was used",
        missed,
    ));
    facts.add(Fact::count("slo.unknown_count", "promises of which it is not known whether they were kept", unknown));
    let unmeasured = promised(material)
        .filter(|slo| facts.number(&slo_fact(slo, "sli.previous")).known().is_none())
        .map(|slo| row([("slo", json!(slo.key)), ("name", json!(slo.name))]));
    let formula = "promises of which nothing was measured in the month before";
    facts.add(Fact::count("slo.unmeasured_before_count", formula, unmeasured.collect()));
}

/// How many of what was measured in an earlier month was kept, and how many missed.
fn add_earlier_counts(facts: &mut Facts, material: &Material, earlier: Earlier) {
    let month = earlier.of(material.month);
    let judged = material.slos.iter().filter_map(|slo| {
        let measured = Measured::of(material, slo, month);
        let judgement = measured.judged.as_ref()?;
        let row = row([
            ("slo", json!(slo.key)),
            ("name", json!(slo.name)),
            ("target", json!(FactValue::from(measured.target()))),
            ("sli", json!(FactValue::from(judgement.sli))),
            ("budget_consumed", json!(FactValue::from(judgement.consumed))),
            ("outcome", json!(judgement.met.map(|met| if met { KEPT } else { MISSED }))),
        ]);
        Some((judgement.met, row))
    });
    let judged: Vec<(Option<bool>, FactRow)> = judged.collect();
    if judged.is_empty() {
        return;
    }
    let mut add = |name: &str, formula: &str, wanted: Option<bool>| {
        let rows: Vec<_> = judged.iter().filter(|(met, _)| *met == wanted).map(|(_, row)| row.clone()).collect();
        facts.add(Fact::count(earlier.fact(name), format!("{formula} {}", earlier.words()), rows));
    };
    add("slo.met_count", "promises that were measured and kept", Some(true));
    add("slo.missed_count", "promises that were measured and missed", Some(false));
}
