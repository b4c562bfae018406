//! The answers about cost: the ledger, summed by whatever one asks for.

use super::{
    Budget,
    ledger::{Ledger, Line},
};
use crate::{
    components::Component,
    effort::Nature,
    kernel::{
        failure::{Failure, Fault},
        figure::Figure,
        fiscal::FiscalYear,
        money::{Currency, Money, Quantity, Sum},
        month::{Month, MonthSpan},
    },
    text_enum,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CostsQuery {
    /// The first month; twelve before `to` when left out.
    #[param(inline)]
    from: Option<Month>,
    /// The month after the last; the present one when left out.
    #[param(inline)]
    to: Option<Month>,
    /// What to sum by: any of `component`, `system`, `owner`, `tag`, `roadmap_item`, `month`, `category`, `nature`,
    /// separated by commas. System, owner and tags are the present ones of the component; a component with two tags
    /// counts in the lines of both, so lines by tag may sum to more than the whole.
    #[param(
        pattern = "^(component|system|owner|tag|roadmap_item|month|category|nature)(,(component|system|owner|tag|roadmap_item|month|category|nature)){0,7}$"
    )]
    by: Option<String>,
}

text_enum! {
    /// What costs can be summed by.
    pub enum By {
        Component = "component",
        System = "system",
        Owner = "owner",
        Tag = "tag",
        RoadmapItem = "roadmap_item",
        Month = "month",
        Category = "category",
        Nature = "nature",
    }
}

impl By {
    /// What is said of a cost by the component that bears it.
    const WHOSE: [Self; 4] = [Self::Component, Self::System, Self::Owner, Self::Tag];
}

/// What was asked, understood.
#[derive(Debug, Clone)]
pub struct Asked {
    pub from: Month,
    pub to: Month,
    by: Vec<By>,
}

impl CostsQuery {
    /// # Errors
    /// 422 for an empty or endless span, or something that cannot be summed by.
    pub fn checked(self, today: NaiveDate) -> Result<Asked, Failure> {
        let (mut faults, mut by) = (Vec::new(), Vec::new());
        let span = MonthSpan::asked(self.from, self.to, today, &mut faults);
        for word in self.by.as_deref().unwrap_or("component").split(',') {
            let Ok(one) = word.parse::<By>() else {
                faults.push(Fault::parameter("by", "value", format!("any of {}", By::WORDS.join(", "))));
                continue;
            };
            if by.contains(&one) {
                faults.push(Fault::parameter("by", "twice", format!("{word} stands twice")));
            }
            by.push(one);
        }
        Failure::unless_empty(faults)?;
        let MonthSpan { from, to } = span;
        Ok(Asked { from, to, by })
    }
}

/// Costs, summed.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostsView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    /// What the sums are told in.
    pub currency: Currency,
    /// The budget of the whole product, when the months are one of its fiscal years; null when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Sum>)]
    pub budget: Option<Option<Money>>,
    pub items: Vec<CostsRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// One sum. It carries the keys that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostsRow {
    /// A component's key; null is what belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Option<String>>,
    /// Components' system; null is what belongs to no component, or to one without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Option<String>>,
    /// Components' owner; null is what belongs to no component, or to one without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Option<String>>,
    /// A tag of components; null is what belongs to no component, or to one without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Option<String>>,
    /// A roadmap item's ref; null is what was for none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roadmap_item: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub month: Option<Month>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<super::Category>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nature: Option<Nature>,
    /// Hours that were worked or written beside the entries, to six digits after the point.
    #[schema(value_type = f64)]
    pub hours: Quantity,
    /// What no allocation rule brought: spent on the component itself, or on none; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub direct: Option<Money>,
    /// What allocation rules brought; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub allocated: Option<Money>,
    #[schema(value_type = Option<Sum>)]
    pub total: Option<Money>,
    /// The part of `direct` that belongs to no component; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub unallocated: Option<Money>,
    /// What was planned for the component: by component alone, over one fiscal year; null when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Sum>)]
    pub budget: Option<Option<Money>>,
    /// What is missing, when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// What a sum is of: what was asked for, by what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    component: Option<Option<String>>,
    system: Option<Option<String>>,
    owner: Option<Option<String>>,
    tag: Option<Option<String>>,
    roadmap_item: Option<Option<String>>,
    month: Option<Month>,
    category: Option<super::Category>,
    nature: Option<Nature>,
}

impl Asked {
    fn has(&self, by: By) -> bool {
        self.by.contains(&by)
    }

    /// Whether it takes what the catalogue says of components.
    pub fn asks_of_components(&self) -> bool {
        [By::System, By::Owner, By::Tag].into_iter().any(|by| self.has(by))
    }

    /// The fiscal year that the months are, when they are one: what is planned for it stands beside what was spent.
    pub fn year(&self, start: i64) -> Option<FiscalYear> {
        FiscalYear::whole(MonthSpan { from: self.from, to: self.to }, start)
    }

    /// Sums the ledger; `budgets` are those of the year. What belongs to no component is always a line where it is asked whose the cost is, even when it is
    /// nothing: one beside the others of each month, category, nature and roadmap item.
    pub fn answer(&self, ledger: &Ledger, components: &[Component], budgets: Option<&[Budget]>) -> CostsView {
        let known: HashMap<&str, &Component> = components.iter().map(|one| (one.key.as_text(), one)).collect();
        let mut groups: BTreeMap<Key, Vec<&Line>> = BTreeMap::new();
        for line in &ledger.lines {
            for key in self.keys(line, &known) {
                groups.entry(key).or_default().push(line);
            }
        }
        if By::WHOSE.into_iter().any(|by| self.has(by)) {
            for key in self.nobodys(groups.keys()) {
                groups.entry(key).or_default();
            }
        }
        let planned = |component: Option<&str>| {
            let of = |budgets: &[Budget]| {
                let one = budgets.iter().find(|budget| budget.component.as_deref() == component);
                one.map(Budget::money)
            };
            budgets.map(of)
        };
        let by_component = self.by == [By::Component];
        if by_component {
            let planned_for = budgets.unwrap_or_default().iter().filter_map(|budget| budget.component.clone());
            for component in planned_for {
                groups.entry(Key { component: Some(Some(component)), ..Key::default() }).or_default();
            }
        }
        let items = groups.into_iter().map(|(key, lines)| {
            let budget = match &key.component {
                Some(Some(component)) if by_component => planned(Some(component)),
                Some(None) if by_component => budgets.map(|_| None),
                _ => None,
            };
            CostsRow { budget, ..row(key, &lines, ledger) }
        });
        CostsView {
            from: self.from,
            to: self.to,
            currency: ledger.currency,
            budget: planned(None),
            items: items.collect(),
            next_cursor: None,
        }
    }

    /// The sums that a line goes into: one, but for a component with several tags.
    fn keys(&self, line: &Line, known: &HashMap<&str, &Component>) -> Vec<Key> {
        let component = line.component.as_deref().and_then(|key| known.get(key));
        let key = Key {
            component: self.has(By::Component).then(|| line.component.clone()),
            system: self.has(By::System).then(|| component?.system.clone()),
            owner: self.has(By::Owner).then(|| component?.owner.clone()),
            tag: self.has(By::Tag).then_some(None),
            roadmap_item: self.has(By::RoadmapItem).then(|| line.roadmap_item.clone()),
            month: self.has(By::Month).then_some(line.month),
            category: self.has(By::Category).then_some(line.category),
            nature: self.has(By::Nature).then_some(line.nature),
        };
        let tags = component.filter(|_| self.has(By::Tag)).into_iter().flat_map(|component| component.tags.iter());
        // A word may stand twice among tags that came by file.
        let tagged: BTreeSet<&str> = tags.collect();
        match tagged.is_empty() {
            true => vec![key],
            false => tagged.iter().map(|tag| Key { tag: Some(Some((*tag).to_owned())), ..key.clone() }).collect(),
        }
    }

    /// What belongs to no component, beside all that is there.
    fn nobodys<'k>(&self, there: impl Iterator<Item = &'k Key>) -> BTreeSet<Key> {
        let nobody = |by| self.has(by).then_some(None);
        let beside = |key: &Key| Key {
            component: nobody(By::Component),
            system: nobody(By::System),
            owner: nobody(By::Owner),
            tag: nobody(By::Tag),
            ..key.clone()
        };
        let mut keys: BTreeSet<Key> = there.map(beside).collect();
        if !self.by.iter().any(|by| matches!(by, By::RoadmapItem | By::Category | By::Nature)) {
            let months = self.from.up_to(self.to).map(|month| self.has(By::Month).then_some(month));
            keys.extend(months.map(|month| beside(&Key { month, ..Key::default() })));
        }
        keys
    }
}

fn row(key: Key, lines: &[&Line], ledger: &Ledger) -> CostsRow {
    let sum = |wanted: &dyn Fn(&Line) -> bool| ledger.total(lines.iter().copied().filter(|line| wanted(line)));
    let (direct, total) = (sum(&|line| line.allocation.is_none()), sum(&|_| true));
    let allocated = match (&direct, &total) {
        // Converted apart, the two might not sum to the whole in the last digit.
        (Figure::Known(direct), Figure::Known(total)) => {
            Figure::Known(Money::new(total.amount - direct.amount, total.currency))
        }
        _ => sum(&|line| line.allocation.is_some()),
    };
    let unallocated = sum(&|line| line.component.is_none());
    let Key { component, system, owner, tag, roadmap_item, month, category, nature } = key;
    CostsRow {
        component,
        system,
        owner,
        tag,
        roadmap_item,
        month,
        category,
        nature,
        hours: Quantity::rounded(lines.iter().map(|line| line.hours).sum()),
        unknown: total.why().map(ToOwned::to_owned),
        direct: direct.known(),
        allocated: allocated.known(),
        total: total.known(),
        unallocated: unallocated.known(),
        budget: None,
    }
}
