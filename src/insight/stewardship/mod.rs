//! What nobody owns, and what only costs: every component against who answers for it, who works on it and who uses it.

pub mod store;

use crate::{
    components::{Component, Lifecycle},
    kernel::{
        failure::{Failure, Fault},
        figure::Figure,
        money::{Currency, Money, Quantity, Sum},
        month::{Month, MonthSpan},
    },
    text_enum,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// What is wrong with how a component is kept.
    pub enum StewardshipFlag {
        /// Nobody is named as its owner.
        NoOwner = "no_owner",
        /// It takes money or hours, and no activity, no change and no persona says what for.
        OnlyCosts = "only_costs",
        /// Nothing at all hangs on it: not even cost.
        Unused = "unused",
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StewardshipQuery {
    /// The first month; twelve before `to` when left out.
    #[param(inline)]
    from: Option<Month>,
    /// The month after the last; the present one when left out.
    #[param(inline)]
    to: Option<Month>,
    /// Shows components of which any of these holds, separated by commas; all of them when left out.
    #[param(pattern = "^(no_owner|only_costs|unused)(,(no_owner|only_costs|unused)){0,2}$")]
    only: Option<String>,
}

impl StewardshipQuery {
    /// # Errors
    /// 422 for an empty or endless span, or a flag that there is not.
    pub fn checked(self, today: NaiveDate) -> Result<(MonthSpan, Vec<StewardshipFlag>), Failure> {
        let (mut faults, mut only) = (Vec::new(), Vec::new());
        let span = MonthSpan::asked(self.from, self.to, today, &mut faults);
        for word in self.only.as_deref().into_iter().flat_map(|words| words.split(',')) {
            match word.parse::<StewardshipFlag>() {
                Ok(flag) if only.contains(&flag) => {
                    faults.push(Fault::parameter("only", "twice", format!("{word} stands twice")));
                }
                Ok(flag) => only.push(flag),
                Err(_) => faults.push(Fault::parameter("only", "value", "any of no_owner, only_costs, unused")),
            }
        }
        Failure::unless_empty(faults)?;
        Ok((span, only))
    }
}

/// Every component that is not retired, and how it is kept; the costliest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct StewardshipView {
    #[schema(inline)]
    pub from: Month,
    #[schema(inline)]
    pub to: Month,
    /// What the sums are told in.
    pub currency: Currency,
    /// Hours and cost that stand for no component.
    pub unallocated: Spent,
    /// How many weeks of persons, of those that are over, nobody wrote down. Their hours and their cost stand nowhere.
    #[schema(value_type = u64)]
    pub weeks_missing: usize,
    pub items: Vec<Stewardship>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// What went into something, as `…/hours` and `…/costs` say it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Spent {
    /// To six digits after the point; null when no effort is written down in the span.
    #[schema(value_type = Option<f64>)]
    pub hours: Option<Quantity>,
    /// Null when it is not known.
    #[schema(value_type = Option<Sum>)]
    pub cost: Option<Money>,
    /// What is missing, when the cost is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl Spent {
    pub fn new(hours: Option<Decimal>, cost: Figure<Money>) -> Self {
        let unknown = cost.why().map(ToOwned::to_owned);
        Self { hours: hours.map(Quantity::rounded), cost: cost.known(), unknown }
    }

    /// Whether anything was spent. A cost that is not known is of something that was.
    pub fn is_something(&self) -> bool {
        self.hours.is_some_and(|hours| hours > Quantity::ZERO)
            || self.cost.map_or(self.unknown.is_some(), |cost| cost.amount > Decimal::ZERO)
    }
}

/// How a component is kept: who answers for it, what goes into it, what comes of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Stewardship {
    /// A component's key.
    pub component: String,
    pub name: String,
    pub lifecycle: Lifecycle,
    pub system: Option<String>,
    pub owner: Option<String>,
    #[serde(flatten)]
    pub spent: Spent,
    /// How many activities of the span name it.
    #[schema(value_type = u64)]
    pub activities: usize,
    /// How many incidents that began in the span struck it.
    #[schema(value_type = u64)]
    pub incidents: usize,
    /// How many roadmap items that touch it are in progress, or shipped in the span.
    #[schema(value_type = u64)]
    pub roadmap_items: usize,
    /// How many personas, not retired, do a task with it or are those for whom an item that touches it is.
    #[schema(value_type = u64)]
    pub personas: usize,
    /// How many components need it.
    #[schema(value_type = u64)]
    pub needed_by: usize,
    /// The day of its last activity before the end of the span, however long ago.
    pub last_activity_on: Option<NaiveDate>,
    /// Nobody is named as its owner.
    pub no_owner: bool,
    /// Money or hours went into it, and no activity, no change and no persona says what for.
    pub only_costs: bool,
    /// Neither anything that it costs, nor activity, incident, change or persona, nor a component that needs it.
    pub unused: bool,
}

/// What is counted of a component.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    pub activities: usize,
    pub incidents: usize,
    pub roadmap_items: usize,
    pub personas: usize,
    pub needed_by: usize,
    pub last_activity_on: Option<NaiveDate>,
}

impl Stewardship {
    pub fn new(component: Component, spent: Spent, counted: Counted) -> Self {
        let Counted { activities, incidents, roadmap_items, personas, needed_by, last_activity_on } = counted;
        let for_somebody = activities > 0 || roadmap_items > 0 || personas > 0;
        let costs = spent.is_something();
        Self {
            component: component.key.to_string(),
            name: component.name,
            lifecycle: component.lifecycle,
            system: component.system,
            no_owner: component.owner.is_none(),
            owner: component.owner,
            spent,
            activities,
            incidents,
            roadmap_items,
            personas,
            needed_by,
            last_activity_on,
            only_costs: costs && !for_somebody,
            unused: !costs && !for_somebody && incidents == 0 && needed_by == 0,
        }
    }

    pub fn has(&self, flag: StewardshipFlag) -> bool {
        match flag {
            StewardshipFlag::NoOwner => self.no_owner,
            StewardshipFlag::OnlyCosts => self.only_costs,
            StewardshipFlag::Unused => self.unused,
        }
    }

    /// By what it costs, the highest first. What is not known comes before all: it may be any amount.
    pub fn by_cost(&self, other: &Self) -> std::cmp::Ordering {
        let amount = |one: &Self| one.spent.cost.map(|cost| cost.amount);
        match (amount(self), amount(other)) {
            (Some(mine), Some(theirs)) => theirs.cmp(&mine),
            (mine, theirs) => mine.is_some().cmp(&theirs.is_some()),
        }
        .then_with(|| self.component.cmp(&other.component))
    }
}
