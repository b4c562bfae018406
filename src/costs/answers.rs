//! The answers about cost: the ledger, summed by whatever one asks for.

use super::ledger::{Ledger, Line};
use crate::kernel::{
    failure::{Failure, Fault},
    figure::Figure,
    money::{Currency, Money, Quantity, Sum},
    month::{Month, MonthSpan},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// What to sum by: any of `component`, `roadmap_item`, `month`, `category`, `nature`, separated by commas.
    #[param(
        pattern = "^(component|roadmap_item|month|category|nature)(,(component|roadmap_item|month|category|nature)){0,4}$"
    )]
    by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Component,
    RoadmapItem,
    Month,
    Category,
    Nature,
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
            let one = match word {
                "component" => By::Component,
                "roadmap_item" => By::RoadmapItem,
                "month" => By::Month,
                "category" => By::Category,
                "nature" => By::Nature,
                _ => {
                    faults.push(Fault::parameter(
                        "by",
                        "value",
                        "any of component, roadmap_item, month, category, nature",
                    ));
                    continue;
                }
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
    pub items: Vec<CostsRow>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// One sum. It carries the keys that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostsRow {
    /// A component's key; null is what is not allocated to any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Option<String>>,
    /// A roadmap item's ref; null is what was for none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roadmap_item: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub month: Option<Month>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<super::Category>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nature: Option<crate::effort::Nature>,
    /// Hours that were worked or written beside the entries, to six digits after the point.
    #[schema(value_type = f64)]
    pub hours: Quantity,
    /// What was spent on it itself; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub direct: Option<Money>,
    /// Its share of what is spent for several; null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub allocated: Option<Money>,
    #[schema(value_type = Option<Sum>)]
    pub total: Option<Money>,
    /// What is missing, when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

type Key = (
    Option<Option<String>>,
    Option<Option<String>>,
    Option<Month>,
    Option<super::Category>,
    Option<crate::effort::Nature>,
);

impl Asked {
    /// Sums the ledger. What is not allocated is always a line, even when it is nothing.
    pub fn answer(&self, ledger: &Ledger) -> CostsView {
        let mut groups: BTreeMap<Key, Vec<&Line>> = BTreeMap::new();
        if self.by == [By::Component] {
            groups.insert((Some(None), None, None, None, None), Vec::new());
        }
        for line in &ledger.lines {
            let has = |by| self.by.contains(&by);
            let key = (
                has(By::Component).then(|| line.component.clone()),
                has(By::RoadmapItem).then(|| line.roadmap_item.clone()),
                has(By::Month).then_some(line.month),
                has(By::Category).then_some(line.category),
                has(By::Nature).then_some(line.nature),
            );
            groups.entry(key).or_default().push(line);
        }
        let items = groups.into_iter().map(|(key, lines)| row(key, &lines, ledger)).collect();
        CostsView { from: self.from, to: self.to, currency: ledger.currency, items, next_cursor: None }
    }
}

fn row((component, roadmap_item, month, category, nature): Key, lines: &[&Line], ledger: &Ledger) -> CostsRow {
    let direct = ledger.total(lines.iter().copied());
    let nothing = Money::new(Decimal::ZERO, ledger.currency);
    let unknown = direct.why().map(ToOwned::to_owned);
    let total = match &direct {
        Figure::Known(direct) => Some(*direct),
        Figure::Unknown(_) => None,
    };
    CostsRow {
        component,
        roadmap_item,
        month,
        category,
        nature,
        hours: Quantity::rounded(lines.iter().map(|line| line.hours).sum()),
        direct: total,
        allocated: Some(nothing),
        total,
        unknown,
    }
}
