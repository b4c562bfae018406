//! What the month cost, and how that moved.

use super::row;
use crate::{
    costs::{
        Category, Charge, Charges,
        ledger::{Ledger, Line, LineSource},
    },
    effort::Nature,
    kernel::{
        figure::Figure,
        money::{Currency, Money},
        month::Month,
    },
    products::LabourFrom,
    reports::{
        earlier::Earlier,
        facts::{Fact, FactRow, FactValue, Facts, Input, SHARE, ratio},
        gather::Material,
    },
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The fact of what belongs to no component.
pub const UNALLOCATED: &str = "cost.unallocated";
/// What a chart calls the components it has no room for; an underscore is in no component's key.
pub const ALL_OTHERS: &str = "all_others";
/// How many components a chart shows by name.
const SHOWN: usize = 6;

/// The fact of a component's cost; without a component, of what is unallocated.
pub fn component_fact(component: Option<&str>) -> String {
    component.map_or_else(|| UNALLOCATED.to_owned(), |key| format!("cost.component.{key}"))
}

pub fn add(facts: &mut Facts, material: &Material) {
    let month = material.month;
    add_rates(facts, material);
    let lines = Lines::of(material);
    let all = lines.slice(Whose::Everyones, month, |_| true);
    all.add_to(facts, "cost.total", "all cost that counts: entries and labour");
    for earlier in material.compared() {
        let slice = lines.slice(Whose::Everyones, earlier.of(month), |_| true);
        slice.add_to(facts, &earlier.fact("cost.total"), &format!("all cost that counts, {}", earlier.words()));
    }
    add_change(facts, &lines, "cost.total", "cost.change", Whose::Everyones);
    add_share(facts, "cost.change.share", ["cost.change", "cost.total.previous"], "the month before cost nothing");
    add_change_of_year(facts, material);
    for nature in Nature::ALL {
        let name = format!("cost.nature.{nature}");
        let formula = format!("cost of the nature '{nature}'");
        let slice = lines.slice(Whose::Everyones, month, |line| line.nature == *nature);
        slice.add_to(facts, &name, &formula);
        add_share(facts, &format!("{name}.share"), [&name, "cost.total"], "the month cost nothing");
    }
    for category in Category::ALL {
        let slice = lines.slice(Whose::Everyones, month, |line| line.category == *category);
        let formula = format!("cost of the category '{category}'");
        slice.add_to(facts, &format!("cost.category.{category}"), &formula);
    }
    let allocated = lines.slice(Whose::Everyones, month, |line| line.allocation.is_some());
    if !allocated.lines.is_empty() {
        allocated.add_to(facts, "cost.allocated", "cost that allocation rules brought to components");
    }
    add_engineers(facts, &lines);
    add_components(facts, &lines);
    add_months(facts, &lines);
}

/// Whose cost is meant.
#[derive(Clone, Copy)]
enum Whose<'k> {
    Everyones,
    /// A component's; without one, what is unallocated.
    Of(Option<&'k str>),
}

/// The ledger's lines by month and by component, so that none is looked for among all of them.
struct Lines<'a> {
    material: &'a Material,
    months: HashMap<Month, Vec<&'a Line>>,
    components: HashMap<(Month, Option<&'a str>), Vec<&'a Line>>,
}

impl<'a> Lines<'a> {
    fn of(material: &'a Material) -> Self {
        let mut sorted = Self { material, months: HashMap::new(), components: HashMap::new() };
        for line in &material.ledger.lines {
            sorted.months.entry(line.month).or_default().push(line);
            sorted.components.entry((line.month, line.component.as_deref())).or_default().push(line);
        }
        sorted
    }

    fn slice(&self, whose: Whose<'a>, month: Month, wanted: impl Fn(&Line) -> bool) -> Slice<'a> {
        let of_month = self.months.get(&month);
        let all = match whose {
            Whose::Everyones => of_month,
            Whose::Of(component) => self.components.get(&(month, component)),
        };
        let lines = all.into_iter().flatten().copied().filter(|line| wanted(line)).collect();
        Slice { ledger: &self.material.ledger, month, is_recorded: of_month.is_some(), lines }
    }
}

/// Some lines of one month.
struct Slice<'a> {
    ledger: &'a Ledger,
    month: Month,
    /// Whether anything at all is recorded of the month.
    is_recorded: bool,
    lines: Vec<&'a Line>,
}

impl Slice<'_> {
    /// The sum. A month of which nothing is recorded at all is not known, rather than free.
    fn total(&self) -> Figure<Money> {
        match self.is_recorded {
            true => self.ledger.total(self.lines.iter().copied()),
            false => Figure::Unknown(format!("no cost is recorded for {}", self.month)),
        }
    }

    fn rows(&self) -> Vec<FactRow> {
        self.lines.iter().flat_map(|line| line_rows(line)).collect()
    }

    /// The exchange rates that the sum takes.
    fn rates(&self, facts: &Facts) -> Vec<Input> {
        rates_of(facts, self.ledger.currency, self.month, &self.lines)
    }

    fn add_to(&self, facts: &mut Facts, name: &str, what: &str) {
        self.add_with(facts, name, what, self.rows());
    }

    fn add_with(&self, facts: &mut Facts, name: &str, what: &str, rows: Vec<FactRow>) {
        let formula = format!(
            "{what}; amounts of one currency are summed, then converted at the rate of the billing month (UTC)"
        );
        let fact = Fact::money(name, self.ledger.currency, self.total(), formula);
        facts.add(fact.inputs(self.rates(facts)).rows(rows));
    }
}

/// The exchange rates that some lines of a month take to be told in a currency.
pub(super) fn rates_of(facts: &Facts, to: Currency, month: Month, lines: &[&Line]) -> Vec<Input> {
    let foreign = lines.iter().flat_map(|line| line.amounts.iter());
    let currencies: BTreeSet<_> = foreign.map(|money| money.currency).filter(|from| *from != to).collect();
    let names = currencies.iter().map(|from| rate_name(from.as_text(), to.as_text(), month));
    names.filter_map(|name| facts.get(&name).map(Fact::as_input)).collect()
}

/// A line as rows, one a currency: labour as hours and cost, never who or at what rate.
pub(super) fn line_rows(line: &Line) -> Vec<FactRow> {
    let made = |amount: Value| {
        let mut made = row([
            ("month", json!(line.month)),
            ("component", json!(line.component)),
            ("category", json!(line.category)),
            ("nature", json!(line.nature)),
            ("source", json!(if line.from == LineSource::Effort { "effort" } else { "cost_entries" })),
        ]);
        if let Some(item) = &line.roadmap_item {
            made.insert("roadmap_item".to_owned(), json!(item));
        }
        if let Some(allocation) = &line.allocation {
            made.insert("allocation_rule".to_owned(), json!(allocation.rule));
            made.insert("rule_order".to_owned(), json!(allocation.order));
        }
        if !line.hours.is_zero() {
            made.insert("hours".to_owned(), json!(FactValue::from(line.hours)));
        }
        made.insert("amount".to_owned(), amount);
        made
    };
    match &line.missing {
        Some(why) => {
            let mut missing = made(Value::Null);
            missing.insert("unknown".to_owned(), json!(why));
            vec![missing]
        }
        None => line.amounts.iter().map(|money| made(json!(money))).collect(),
    }
}

fn rate_name(from: &str, to: &str, month: Month) -> String {
    format!("exchange_rate.{}.{}.{month}", from.to_lowercase(), to.to_lowercase())
}

/// The exchange rates that any figure takes, each a fact of its own.
fn add_rates(facts: &mut Facts, material: &Material) {
    let ledger = &material.ledger;
    let used: BTreeSet<_> = ledger
        .lines
        .iter()
        .flat_map(|line| line.amounts.iter().map(|money| (line.month, money.currency)))
        .filter(|(_, currency)| *currency != ledger.currency)
        .collect();
    for (month, from) in used {
        add_rate(facts, material, from, month);
    }
}

/// The exchange rate of a month into the product's currency, as a fact; its name.
pub fn add_rate(facts: &mut Facts, material: &Material, from: Currency, month: Month) -> String {
    let ledger = &material.ledger;
    let to = ledger.currency;
    let rate = ledger.rates.convert(Money::new(Decimal::ONE, from), to, month).map(|money| money.amount);
    let name = rate_name(from.as_text(), to.as_text(), month);
    let recorded = rate.as_ref().known().map(|rate| {
        // With every digit that it is recorded with, which may be more than a number in JSON carries.
        row([("from", json!(from)), ("to", json!(to)), ("month", json!(month)), ("rate", json!(rate.to_string()))])
    });
    let fact = Fact::new(&name, format!("{to} for 1 {from}"), rate, "as recorded for the month");
    facts.add(fact.rows(recorded.into_iter().collect()));
    name
}

/// What it cost in the month to keep a component: the rows, and the exchange rates.
pub fn upkeep(facts: &Facts, material: &Material, component: &str) -> (Vec<FactRow>, Vec<Input>) {
    let mine = |line: &Line| line.component.as_deref() == Some(component) && line.nature == Nature::Run;
    let (ledger, month) = (&material.ledger, material.month);
    let lines = ledger.lines.iter().filter(|line| line.month == month && mine(line)).collect();
    let slice = Slice { ledger, month, is_recorded: true, lines };
    (slice.rows(), slice.rates(facts))
}

fn add_share(facts: &mut Facts, name: &str, of: [&str; 2], none: &str) {
    let amount = |name| facts.money(name).map(|money| money.amount);
    let share = ratio(amount(of[0]), amount(of[1]), none);
    let formula = format!("{} ÷ {}", of[0], of[1]);
    facts.add(Fact::new(name, SHARE, share, formula).inputs(facts.inputs(&of)));
}

/// What some lines cost now, less what they cost in the month before; and the same by category.
fn add_change<'a>(facts: &mut Facts, lines: &Lines<'a>, now: &str, name: &str, whose: Whose<'a>) {
    let material = lines.material;
    let previous = format!("{now}.previous");
    let less = |now: Money, was: Money| Money::new(now.amount - was.amount, now.currency);
    let currency = material.ledger.currency;
    let (mut parts, mut behind) = (Vec::new(), Vec::new());
    for category in Category::ALL {
        let slice = |month| lines.slice(whose, month, |line| line.category == *category);
        let (was, is) = (slice(material.month.previous()), slice(material.month));
        if was.lines.is_empty() && is.lines.is_empty() {
            continue;
        }
        let moved = is.total().and(was.total(), less);
        behind.push(row([
            ("category", json!(category)),
            ("previous", json!(was.total().known())),
            ("now", json!(is.total().known())),
            ("change", json!(moved.as_ref().known())),
        ]));
        let formula = format!("the part of {name} that is of the category '{category}'");
        let rates: Vec<_> = was.rates(facts).into_iter().chain(is.rates(facts)).collect();
        let rows = was.rows().into_iter().chain(is.rows()).collect();
        parts.push(Fact::money(format!("{name}.{category}"), currency, moved, formula).inputs(rates).rows(rows));
    }
    let change = facts.money(now).and(facts.money(&previous), less);
    let fact = Fact::money(name, currency, change, format!("{now} − {previous}"));
    facts.add(fact.inputs(facts.inputs(&[now, &previous])).rows(behind));
    parts.into_iter().for_each(|part| facts.add(part));
}

/// What the month cost, less what the same month cost a year before.
fn add_change_of_year(facts: &mut Facts, material: &Material) {
    let was = Earlier::YearBefore.fact("cost.total");
    if facts.get(&was).is_none() {
        return;
    }
    let less = |now: Money, was: Money| Money::new(now.amount - was.amount, now.currency);
    let change = facts.money("cost.total").and(facts.money(&was), less);
    let fact = Fact::money("cost.change_of_year", material.ledger.currency, change, format!("cost.total − {was}"));
    facts.add(fact.inputs(facts.inputs(&["cost.total", &was])));
    add_share(
        facts,
        "cost.change_of_year.share",
        ["cost.change_of_year", &was],
        "the month a year before cost nothing",
    );
}

/// "About N engineers". A month has one labour rate, so where labour is priced hours the rate
/// cancels out; elsewhere it takes part, but is kept inside the team.
fn add_engineers(facts: &mut Facts, lines: &Lines<'_>) {
    let material = lines.material;
    const NAME: &str = "cost.full_time_equivalents";
    const WITHHELD: &str = "kept inside the team";
    let week = material.product.full_time_week_hours.get();
    let month = week * Decimal::from(52) / Decimal::from(12);
    let unit = "full-time engineers";
    let parameter = Input::of("full_time_week_hours", week);
    let labour = lines.slice(Whose::Everyones, material.month, |line| line.category == Category::Labour);
    let fact = match material.product.labour_from {
        LabourFrom::Effort => {
            let hours: Decimal = labour.lines.iter().map(|line| line.hours).sum();
            let known = labour.total().map(|_| hours / month);
            let formula = "labour cost ÷ (labour rate × full_time_week_hours × 52 ÷ 12), which is hours ÷ \
                           (full_time_week_hours × 52 ÷ 12), because a month has one labour rate";
            Fact::new(NAME, unit, known, formula).inputs([parameter]).rows(labour.rows())
        }
        LabourFrom::CostEntries => {
            let rate = material.hourly().ok_or_else(|| format!("no labour rate in force in {}", material.month));
            let equivalents = match rate {
                Ok(rate) => labour.total().map(|cost| cost.amount / (rate * month)),
                Err(why) => Figure::Unknown(why),
            };
            let formula = "cost.category.labour ÷ (labour rate × full_time_week_hours × 52 ÷ 12)";
            Fact::new(NAME, unit, equivalents, formula)
                .inputs(facts.inputs(&["cost.category.labour"]))
                .inputs([Input::of("labour_rate", WITHHELD), parameter])
        }
    };
    facts.add(fact);
}

/// Every component that cost something in this month or in one that it is compared with, and what belongs to none.
fn add_components(facts: &mut Facts, lines: &Lines<'_>) {
    let material = lines.material;
    let (month, compared) = (material.month, material.compared().collect::<Vec<_>>());
    let is_told = |of: Month| of == month || compared.iter().any(|earlier| earlier.of(month) == of);
    let told = lines.components.keys().filter(|(of, _)| is_told(*of));
    let mut keys: BTreeSet<Option<&str>> = told.map(|(_, component)| *component).collect();
    keys.insert(None);
    let charges = Charges::sorted(&material.charges);
    for key in keys {
        let name = component_fact(key);
        let whose = Whose::Of(key);
        let slice = lines.slice(whose, month, |_| true);
        let share = match slice.lines.iter().any(|line| line.allocation.is_some()) {
            true => " with what allocation rules brought to it",
            false => "",
        };
        let what = key.map_or_else(|| "what belongs to no component".to_owned(), |key| format!("cost of {key}{share}"));
        let told = |line: &&&Line| line.category == Category::Labour || line.allocation.is_some();
        let rows = evidence(charges.of(key)).chain(slice.lines.iter().filter(told).flat_map(|line| own_rows(line)));
        slice.add_with(facts, &name, &what, rows.collect());
        let upkeep = lines.slice(whose, month, |line| line.nature == Nature::Run);
        upkeep.add_to(facts, &format!("{name}.maintenance"), &format!("{what}, nature 'run'"));
        for earlier in &compared {
            let slice = lines.slice(whose, earlier.of(month), |_| true);
            slice.add_to(facts, &earlier.fact(&name), &format!("{what}, {}", earlier.words()));
        }
        add_change(facts, lines, &name, &format!("{name}.change"), whose);
    }
}

/// A line as rows of its own component and month, which need not be said again.
fn own_rows(line: &Line) -> Vec<FactRow> {
    let mut rows = line_rows(line);
    for row in &mut rows {
        row.retain(|name, _| name != "month" && name != "component");
    }
    rows
}

/// A component's cost entries as rows, those that say the same thing together. Labour is left out:
/// what is written on such an entry may name a person.
fn evidence<'a>(charges: &[&'a Charge]) -> impl Iterator<Item = FactRow> + use<'a> {
    let told: Vec<&Charge> = charges.iter().copied().filter(|charge| charge.category != Category::Labour).collect();
    told.into_iter().map(|charge| {
        let mut made = row([
            ("category", json!(charge.category)),
            ("nature", json!(charge.nature)),
            ("source", json!(charge.source)),
        ]);
        match &charge.service_name {
            Some(service) => made.insert("service".to_owned(), json!(service)),
            None => made.insert("note".to_owned(), json!(charge.note)),
        };
        made.insert("entries".to_owned(), json!(charge.entries));
        if charge.entries == 1 {
            made.insert("cost_entry".to_owned(), json!(charge.id));
        }
        made.insert("amount".to_owned(), json!(charge.amount));
        made
    })
}

/// The components that cost most over the months of the chart.
pub fn top_components(material: &Material) -> Vec<String> {
    let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
    for month in material.months() {
        let mut lines: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in material.ledger.lines.iter().filter(|line| line.month == month) {
            if let Some(component) = &line.component {
                lines.entry(component).or_default().push(line);
            }
        }
        for (component, lines) in lines {
            if let Figure::Known(total) = material.ledger.total(lines) {
                *sums.entry(component).or_default() += total.amount;
            }
        }
    }
    let mut ranked: Vec<_> = sums.into_iter().filter(|(_, sum)| *sum > Decimal::ZERO).collect();
    ranked.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    ranked.into_iter().take(SHOWN).map(|(key, _)| key.to_owned()).collect()
}

/// The twelve months: all, the largest components, and the rest together.
fn add_months(facts: &mut Facts, lines: &Lines<'_>) {
    let top = top_components(lines.material);
    for month in lines.material.months() {
        let name = format!("cost.month.{month}");
        let all = lines.slice(Whose::Everyones, month, |_| true);
        all.add_to(facts, &name, &format!("all cost of {month}"));
        for key in &top {
            let slice = lines.slice(Whose::Everyones, month, |line| line.component.as_ref() == Some(key));
            slice.add_to(facts, &format!("{name}.{key}"), &format!("cost of {key} in {month}"));
        }
        let shown = |line: &Line| line.component.as_ref().is_some_and(|key| top.contains(key));
        let rest = lines.slice(Whose::Everyones, month, |line| !shown(line));
        let what = format!("cost of everything else in {month}, what belongs to no component included");
        rest.add_to(facts, &format!("{name}.{ALL_OTHERS}"), &what);
    }
}
