//! What a claim must say and may not: its method decides.

use super::{Benefit, ImpactMethod, NewImpactClaim};
use crate::{
    impact::DriverKind,
    kernel::{failure::Fault, money::Currency},
};
use std::collections::HashSet;

/// How many months a baseline or a claim spans at most.
const LONGEST: i32 = 120;

/// What a method makes of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Required,
    Allowed,
    Forbidden,
}
use Rule::{Allowed, Forbidden, Required};

impl ImpactMethod {
    /// What each of the inputs is to it.
    fn inputs(self) -> [(&'static str, Rule); 6] {
        let rules = match self {
            Self::DowntimeAvoided => [Required, Allowed, Forbidden, Forbidden, Forbidden, Forbidden],
            Self::TimeSaved => [Required, Forbidden, Required, Required, Forbidden, Forbidden],
            Self::CostReduced => [Required, Forbidden, Forbidden, Forbidden, Forbidden, Forbidden],
            Self::RiskReduced => [Forbidden, Forbidden, Forbidden, Forbidden, Required, Forbidden],
            Self::MetricChanged => [Forbidden, Forbidden, Forbidden, Forbidden, Forbidden, Required],
        };
        named(rules)
    }

    fn baseline(self) -> Rule {
        match self {
            Self::DowntimeAvoided | Self::TimeSaved | Self::CostReduced => Required,
            Self::RiskReduced | Self::MetricChanged => Allowed,
        }
    }

    /// The kind of value driver that it is computed with, if it is with one.
    pub fn driver(self) -> Option<DriverKind> {
        match self {
            Self::DowntimeAvoided => Some(DriverKind::RevenuePerHour),
            Self::TimeSaved => Some(DriverKind::HourOfWork),
            Self::MetricChanged => Some(DriverKind::PerUnit),
            Self::CostReduced | Self::RiskReduced => None,
        }
    }

    /// What kinds of good it can do. The labour in a cost that was reduced is counted as capacity by the arithmetic.
    pub fn benefits(self) -> &'static [Benefit] {
        match self {
            Self::DowntimeAvoided => &[Benefit::RevenueProtected, Benefit::CostAvoided],
            Self::TimeSaved => &[Benefit::CapacityFreed],
            Self::CostReduced => &[Benefit::CashReleased],
            Self::RiskReduced => &[Benefit::RiskReduced],
            Self::MetricChanged => {
                &[Benefit::CashReleased, Benefit::CostAvoided, Benefit::RevenueProtected, Benefit::CapacityFreed]
            }
        }
    }
}

fn named(rules: [Rule; 6]) -> [(&'static str, Rule); 6] {
    let [component, slo, persona, task, risk, key_result] = rules;
    let [component, slo, persona] = [("component", component), ("slo", slo), ("persona", persona)];
    [component, slo, persona, ("task", task), ("risk", risk), ("key_result", key_result)]
}

impl NewImpactClaim {
    /// Everything that is wrong with it, whatever there is in the product.
    pub(super) fn faults(&self, currency: Currency) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.roadmap_item.is_none() && self.component.is_none() {
            let detail = "a claim is about a roadmap item or a component";
            faults.push(Fault::at("/roadmap_item", "required", detail));
        }
        self.of_method(&mut faults);
        self.of_time(&mut faults);
        if self.expected_monthly.is_some_and(|expected| expected.currency != currency) {
            let detail = format!("what is expected is said in the product's currency, {currency}");
            faults.push(Fault::at("/expected_monthly/currency", "other_currency", detail));
        }
        let mut items = HashSet::new();
        for (at, reinvested) in self.reinvested_in.iter().enumerate() {
            if !items.insert(&reinvested.roadmap_item) {
                let detail = "each roadmap item stands once";
                faults.push(Fault::at(format!("/reinvested_in/{at}/roadmap_item"), "repeated", detail));
            }
        }
        faults
    }

    fn of_method(&self, faults: &mut Vec<Fault>) {
        let name = self.method.map_or("a claim that is only told", ImpactMethod::as_text);
        let mut judge = |pointer: String, rule: Rule, given: bool| match (rule, given) {
            (Required, false) => faults.push(Fault::at(pointer, "required", format!("{name} needs this"))),
            (Forbidden, true) => faults.push(Fault::at(pointer, "not_allowed", format!("{name} has no such thing"))),
            _ => {}
        };
        let inputs = &self.inputs;
        let [component, slo, persona] = [&inputs.component, &inputs.slo, &inputs.persona];
        let given = [component, slo, persona, &inputs.task, &inputs.risk, &inputs.key_result];
        let rules = self.method.map_or_else(|| named([Forbidden; 6]), ImpactMethod::inputs);
        for ((input, rule), given) in rules.into_iter().zip(given) {
            judge(format!("/inputs/{input}"), rule, given.is_some());
        }
        let driver = if self.method.and_then(ImpactMethod::driver).is_some() { Required } else { Forbidden };
        judge("/value_driver".to_owned(), driver, self.value_driver.is_some());
        let baseline = self.method.map_or(Forbidden, ImpactMethod::baseline);
        judge("/baseline".to_owned(), baseline, self.baseline.is_some());
        let expected = if self.method.is_some() { Allowed } else { Forbidden };
        judge("/expected_monthly".to_owned(), expected, self.expected_monthly.is_some());
        let benefits = self.method.map_or(&[Benefit::Qualitative][..], ImpactMethod::benefits);
        if !benefits.contains(&self.benefit) {
            let words: Vec<_> = benefits.iter().map(|benefit| benefit.as_text()).collect();
            let detail = format!("{name} does good of the kind {}", words.join(" or "));
            faults.push(Fault::at("/benefit", "not_suited", detail));
        }
    }

    fn of_time(&self, faults: &mut Vec<Fault>) {
        let mut span = |pointer: &str, months: i32| match months {
            ..=0 => faults.push(Fault::at(pointer, "before_start", "it ends after it began")),
            1..=LONGEST => {}
            _ => faults.push(Fault::at(pointer, "too_long", format!("at most {LONGEST} months"))),
        };
        span("/to", self.from.until(self.to_month()));
        if let Some(baseline) = self.baseline {
            span("/baseline/to", baseline.from.until(baseline.to));
            if baseline.to > self.from {
                let detail = "a baseline ends before what is claimed begins";
                faults.push(Fault::at("/baseline/to", "after_start", detail));
            }
        }
    }
}
