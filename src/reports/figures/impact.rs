//! What the work was worth. Accepted and realised stand apart, and kinds of benefit are never added to
//! each other.

use super::{
    cost::{add_rate, upkeep},
    row,
};
use crate::{
    impact::{
        Benefit, ImpactClaim, ImpactMethod, ValueDriver,
        value::{Frozen, MonthValue, Standing, ValueInput, ValuePart, ValueRow, frozen_of},
    },
    kernel::{dated::in_force, figure::Figure, money::Money},
    reports::{
        earlier::Earlier,
        facts::{Fact, FactRow, FactValue, Facts, Input},
        gather::Material,
        worth::Worth,
    },
};
use rust_decimal::Decimal;
use serde_json::json;

/// The fact of what a claim was worth, of one kind.
pub fn claim_fact(claim: &ImpactClaim, benefit: Benefit) -> String {
    format!("impact.claim.{}.{benefit}", claim.id)
}

/// The fact of what was expected of a claim.
pub fn expected_fact(claim: &ImpactClaim) -> String {
    format!("impact.claim.{}.expected", claim.id)
}

/// The fact of what a value driver is worth.
pub fn driver_fact(driver: &ValueDriver) -> String {
    format!("impact.driver.{}", driver.id)
}

/// The value drivers that the month's claims are computed with, by name.
pub fn used_drivers(material: &Material) -> impl Iterator<Item = &ValueDriver> {
    let uses = |claim: &ImpactClaim, driver: &ValueDriver| claim.value_driver.as_deref() == Some(&driver.id);
    let worth = &material.worth;
    worth.drivers.iter().filter(move |driver| worth.told().any(|(claim, _)| uses(claim, driver)))
}

pub fn add(facts: &mut Facts, material: &Material) {
    for driver in used_drivers(material) {
        facts.add(of_driver(driver, material));
    }
    for (claim, value) in material.worth.told() {
        add_claim(facts, claim, value, material);
    }
    add_sums(facts, material);
    let worth = &material.worth;
    let mut count = |what: &str, formula: &str, standing: Standing| {
        let rows = worth.standing(standing).map(|(claim, value)| listed(claim, value, worth)).collect();
        facts.add(Fact::count(format!("impact.{what}_count"), formula, rows));
    };
    count("accepted", "claims of the month that their stakeholder accepted as they are now", Standing::Accepted);
    count("realised", "claims that are computed, and neither accepted nor questioned", Standing::Realised);
    count("questioned", "claims that are computed, and that their stakeholder questioned", Standing::Questioned);
    let formula = "claims that are computed on evidence of which several claims together claim more than all";
    count("not_counted", formula, Standing::NotCounted);
    count("unknown", "claims of the month of which something is missing that their method needs", Standing::Unknown);
    count("told", "claims without a method", Standing::Told);
    let all = worth.told().map(|(claim, value)| listed(claim, value, worth)).collect();
    facts.add(Fact::count("impact.claim_count", "claims that speak of the month", all));
}

fn of_driver(driver: &ValueDriver, material: &Material) -> Fact {
    let month = material.month;
    let there = in_force(&driver.amounts, month.first_day());
    let amount = match there {
        Some(amount) => Figure::Known(amount.money()),
        None => Figure::Unknown(format!("no amount of \"{}\" is in force in {month}", driver.name)),
    };
    let rows = there.map(|amount| {
        row([
            ("value_driver", json!(driver.name)),
            ("kind", json!(driver.kind)),
            ("valid_from", json!(amount.valid_from)),
            ("agreed_on", json!(amount.agreed_at.map(|at| material.day(at)))),
            ("agreed_by", json!(amount.agreed_by.as_deref().and_then(|id| material.worth.name(id)))),
            ("source", json!(driver.source)),
            ("amount", json!(amount.money())),
        ])
    });
    let currency = there.map_or(material.product.currency, |amount| amount.money().currency);
    let formula = format!("the amount of '{}' in force at the month's start", driver.name);
    Fact::money(driver_fact(driver), currency, amount, formula).rows(rows.into_iter().collect())
}

fn add_claim(facts: &mut Facts, claim: &ImpactClaim, value: &MonthValue, material: &Material) {
    let currency = material.product.currency;
    if let Some(expected) = value.expected {
        let rows = vec![row([("claim", json!(claim.title)), ("amount", json!(expected))])];
        let formula = "what was expected of it a month, when it was first saved";
        let fact = Fact::money(expected_fact(claim), expected.currency, Figure::Known(expected), formula);
        facts.add(fact.rows(rows));
    }
    let Some(method) = claim.method else { return };
    if let Some(why) = &value.unknown {
        let name = claim_fact(claim, claim.benefit);
        let unknown = Figure::Unknown(why.clone());
        facts.add(Fact::money(name, currency, unknown, formula(method, claim.benefit)));
        return;
    }
    let (rows, opened) = rests_on(facts, claim, value, material);
    let share = Input::of("attribution", claim.attribution.value().share.get());
    let inputs: Vec<Input> =
        value.inputs.iter().map(|input| as_input(input, currency)).chain([share]).chain(opened).collect();
    for part in value.parts_of(claim, currency) {
        let formula = formula(method, part.benefit);
        let fact = Fact::money(claim_fact(claim, part.benefit), currency, Figure::Known(part.amount), formula);
        facts.add(fact.inputs(inputs.clone()).rows(rows.clone()));
    }
}

fn formula(method: ImpactMethod, benefit: Benefit) -> &'static str {
    match method {
        ImpactMethod::DowntimeAvoided => {
            "(baseline_downtime × month_hours ÷ baseline_hours − downtime) × revenue_per_hour × attribution"
        }
        ImpactMethod::TimeSaved => {
            "hours_saved × hour_of_work × attribution; hours_saved is people × the smaller of the uses a month before \
             and now × (minutes before − minutes now) ÷ 60"
        }
        ImpactMethod::CostReduced if benefit == Benefit::CapacityFreed => "(baseline_labour − labour) × attribution",
        ImpactMethod::CostReduced => "(baseline_other − other) × attribution",
        ImpactMethod::RiskReduced => "(annual_loss_before − annual_loss_after) ÷ 12 × attribution",
        ImpactMethod::MetricChanged => {
            "(value − baseline_value) × direction × amount_per_unit × attribution; value is the last check-in of the \
             month, and direction −1 where less is better"
        }
    }
}

fn as_input(input: &ValueInput, currency: crate::kernel::money::Currency) -> Input {
    match input.value.parse::<Decimal>() {
        Ok(value) if input.unit == currency.as_text() => Input::of(&input.name, Money::new(value, currency)),
        Ok(value) => Input::of(&input.name, value),
        Err(_) => Input::of(&input.name, input.value.as_str()),
    }
}

/// The rows that a claim rests on, those of its baseline first, and the facts that go into it.
fn rests_on(
    facts: &mut Facts,
    claim: &ImpactClaim,
    value: &MonthValue,
    material: &Material,
) -> (Vec<FactRow>, Vec<Input>) {
    let frozen = frozen_of(claim);
    let of_baseline = frozen.as_ref().map_or(0, |frozen| frozen.rows().len()).min(value.rows.len());
    let month = material.month;
    let mut rows: Vec<FactRow> = value
        .rows
        .iter()
        .enumerate()
        .map(|(at, one)| match at < of_baseline {
            true => evidence(one, "baseline", &baseline(claim), material),
            false => evidence(one, "month", &month.to_string(), material),
        })
        .collect();
    rows.splice(of_baseline..of_baseline, frozen.and_then(|frozen| kept(claim, &frozen, material)));
    let mut names = Vec::new();
    if let Some(slo) = claim.inputs.slo.as_ref().filter(|_| claim.method == Some(ImpactMethod::DowntimeAvoided)) {
        names.push(format!("slo.{slo}.sli"));
    }
    if let Some(driver) = material.worth.drivers.iter().find(|one| claim.value_driver.as_deref() == Some(&one.id)) {
        names.push(driver_fact(driver));
        let amount = in_force(&driver.amounts, month.first_day()).map(|amount| amount.money());
        if let Some(foreign) = amount.filter(|amount| amount.currency != material.product.currency) {
            names.push(add_rate(facts, material, foreign.currency, month));
        }
    }
    let mut opened = facts.inputs(&names.iter().map(String::as_str).collect::<Vec<_>>());
    if let (Some(ImpactMethod::CostReduced), Some(component)) = (claim.method, claim.inputs.component.as_deref()) {
        let (lines, rates) = upkeep(facts, material, component);
        rows.extend(lines);
        opened.extend(rates);
    }
    (rows, opened)
}

/// What the claim keeps of its baseline, with every digit of it: later changes to the rows do not move it.
fn kept(claim: &ImpactClaim, frozen: &Frozen, material: &Material) -> Option<FactRow> {
    let money = |amount: Decimal| json!(Money::new(amount, material.product.currency));
    let figures = match frozen {
        Frozen::Downtime { hours, .. } => vec![("hours_down", json!(hours.normalize().to_string()))],
        Frozen::Habit { uses_per_month, minutes_per_use, .. } => vec![
            ("uses_per_month", json!(FactValue::from(*uses_per_month))),
            ("minutes_per_use", json!(FactValue::from(*minutes_per_use))),
        ],
        Frozen::Cost { labour, other, .. } => vec![("labour", money(*labour)), ("other", money(*other))],
        Frozen::AnnualLoss { amount, .. } => vec![("amount", money(*amount))],
        Frozen::Metric { value, direction, .. } => {
            vec![("value", json!(FactValue::from(*value))), ("direction", json!(direction.sign()))]
        }
        Frozen::Unknown { .. } => return None,
    };
    let mut made = row([
        ("kind", json!("impact-claims")),
        ("id", json!(claim.id)),
        ("for", json!("baseline")),
        ("period", json!(baseline(claim))),
        ("title", json!("as it was when the claim was saved")),
    ]);
    made.extend(figures.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Some(made)
}

/// The months of a claim's baseline, as a person says them.
fn baseline(claim: &ImpactClaim) -> String {
    match claim.baseline.as_ref().map(|baseline| baseline.value()) {
        Some(baseline) => format!("{} to {}", baseline.from, baseline.to.previous()),
        None => format!("before {}", claim.from),
    }
}

fn evidence(one: &ValueRow, part: &str, period: &str, material: &Material) -> FactRow {
    let mut made =
        row([("kind", json!(one.kind)), ("id", json!(one.id)), ("for", json!(part)), ("period", json!(period))]);
    match material.worth.evidence.get(one) {
        Some(said) => made.extend(said.clone()),
        None if one.kind == "costs" => {
            let name = material.names().get(one.id.as_str()).map_or(one.id.clone(), |name| (*name).to_owned());
            made.insert("title".to_owned(), json!(format!("what it cost to keep {name}")));
        }
        None => {}
    }
    made
}

/// A claim as a row of a count.
fn listed(claim: &ImpactClaim, value: &MonthValue, worth: &Worth) -> FactRow {
    row([
        ("claim", json!(claim.title)),
        ("roadmap_item", json!(claim.roadmap_item)),
        ("component", json!(claim.component)),
        ("benefit", json!(claim.benefit)),
        ("standing", json!(value.standing)),
        ("stakeholder", json!(worth.judge(claim))),
        ("unknown", json!(value.unknown)),
    ])
}

fn add_sums(facts: &mut Facts, material: &Material) {
    let worth = &material.worth;
    for benefit in Benefit::ALL.iter().copied() {
        let parts = |standing| -> Vec<(&ImpactClaim, ValuePart)> {
            worth
                .standing(standing)
                .flat_map(|(claim, value)| {
                    let parts = value.parts_of(claim, material.product.currency);
                    parts.into_iter().map(move |part| (claim, part))
                })
                .filter(|(_, part)| part.benefit == benefit)
                .collect()
        };
        let (accepted, realised) = (parts(Standing::Accepted), parts(Standing::Realised));
        let accepted_formula =
            format!("what the accepted claims of the kind {benefit} were worth; losses take from it");
        add_sum(facts, material, &format!("accepted.{benefit}"), &accepted_formula, &accepted, false);
        let formula =
            format!("{accepted_formula}; each × its confidence (low 0.5, medium 0.8, high 1), losses in full");
        add_sum(facts, material, &format!("accepted_weighted.{benefit}"), &formula, &accepted, true);
        let formula = format!(
            "what claims of the kind {benefit} were worth that are neither accepted nor questioned; losses take from it"
        );
        add_sum(facts, material, &format!("realised.{benefit}"), &formula, &realised, false);
        add_expected(facts, material, benefit);
        add_before(facts, material, benefit);
    }
}

/// What the claims of a kind came to in the month before that are accepted for it.
fn add_before(facts: &mut Facts, material: &Material, benefit: Benefit) {
    let (currency, worth) = (material.product.currency, &material.worth);
    let parts = worth.accepted_before().flat_map(|(claim, value)| {
        let parts = value.parts_of(claim, currency).into_iter().filter(|part| part.benefit == benefit);
        parts.map(move |part| (claim, part.amount))
    });
    let parts: Vec<(&ImpactClaim, Money)> = parts.collect();
    if parts.is_empty() {
        return;
    }
    let sum = Money::new(parts.iter().map(|(_, money)| money.amount).sum(), currency);
    let told = |(claim, amount): &(&ImpactClaim, Money)| {
        row([("claim", json!(claim.title)), ("stakeholder", json!(worth.judge(claim))), ("amount", json!(amount))])
    };
    let earlier = Earlier::MonthBefore;
    let formula = format!("what claims of the kind {benefit} came to that are accepted, {}", earlier.words());
    let name = earlier.fact(&format!("impact.accepted.{benefit}"));
    let fact = Fact::money(name, currency, Figure::Known(sum), formula);
    facts.add(fact.rows(parts.iter().map(told).collect()));
}

fn add_sum(
    facts: &mut Facts,
    material: &Material,
    what: &str,
    formula: &str,
    parts: &[(&ImpactClaim, ValuePart)],
    weighted: bool,
) {
    if parts.is_empty() {
        return;
    }
    let currency = material.product.currency;
    let amount = |part: &ValuePart| if weighted { part.weighted } else { part.amount };
    let sum: Decimal = parts.iter().map(|(_, part)| amount(part).amount).sum();
    let told = |(claim, part): &(&ImpactClaim, ValuePart)| {
        let mut made = row([
            ("claim", json!(claim.title)),
            ("stakeholder", json!(material.worth.judge(claim))),
            ("confidence", json!(claim.confidence)),
            ("unrealised", json!(part.unrealised)),
        ]);
        if weighted {
            made.insert("unweighted".to_owned(), json!(part.amount));
        }
        made.insert("amount".to_owned(), json!(amount(part)));
        made
    };
    let names: Vec<String> = parts.iter().map(|(claim, part)| claim_fact(claim, part.benefit)).collect();
    let inputs = facts.inputs(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let value = Figure::Known(Money::new(sum, currency));
    let fact = Fact::money(format!("impact.{what}"), currency, value, formula);
    facts.add(fact.inputs(inputs).rows(parts.iter().map(told).collect()));
}

fn add_expected(facts: &mut Facts, material: &Material, benefit: Benefit) {
    let currency = material.product.currency;
    let of_kind = |(claim, value): (&ImpactClaim, &MonthValue)| {
        let expected = value.expected.filter(|money| claim.benefit == benefit && money.currency == currency)?;
        let told = row([("claim", json!(claim.title)), ("amount", json!(expected))]);
        Some(((told, expected.amount), expected_fact(claim)))
    };
    let (told, names): (Vec<(FactRow, Decimal)>, Vec<String>) = material.worth.told().filter_map(of_kind).unzip();
    let (rows, amounts): (Vec<FactRow>, Vec<Decimal>) = told.into_iter().unzip();
    if rows.is_empty() {
        return;
    }
    let sum = Money::new(amounts.into_iter().sum(), currency);
    let formula = format!("what was expected a month of the claims of the kind {benefit}, when each was first saved");
    let fact = Fact::money(format!("impact.expected.{benefit}"), currency, Figure::Known(sum), formula);
    let inputs = facts.inputs(&names.iter().map(String::as_str).collect::<Vec<_>>());
    facts.add(fact.inputs(inputs).rows(rows));
}
