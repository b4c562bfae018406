//! The roadmap: what is to change about what is run, for whom, and in which order.

pub mod api;
pub mod comments;
pub mod history;
mod plan;
pub mod batch;
pub mod dependency;
mod names;
mod rank;
mod reference;
mod returned;
mod score;
mod spot;
pub mod store;

pub use plan::RoadmapPlan;
pub use reference::ItemRef;
pub use returned::{READ_ONLY, Returned};
pub use score::{RankedBy, RankingRow, RankingView, Rice, ScoresView, Wsjf};
pub use spot::{RoadmapMove, Spot};

use crate::{
    components::Link,
    kernel::{
        auth::ProductId,
        clock::Instant,
        db::Head,
        failure::{Failure, Fault},
        http::{Column, Listed, Page, Patch, Patchable},
        schema::roadmap_items,
        text::{JsonText, Words},
    },
    row, text_enum,
};
use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// What kind of change an item is.
    pub enum ItemKind {
        Feature = "feature",
        Reliability = "reliability",
        Maintenance = "maintenance",
        Risk = "risk",
        Debt = "debt",
        Security = "security",
        Cost = "cost",
    }
}

text_enum! {
    /// When it is meant to happen, as far as one can say.
    pub enum Horizon {
        Now = "now",
        Next = "next",
        Later = "later",
    }
}

text_enum! {
    /// How far it has come.
    pub enum ItemStatus {
        Idea = "idea",
        Planned = "planned",
        InProgress = "in_progress",
        Shipped = "shipped",
        Dropped = "dropped",
    }
}

impl ItemStatus {
    /// What is neither done nor given up.
    pub const OPEN: [Self; 3] = [Self::Idea, Self::Planned, Self::InProgress];

    /// Where it can go from here. No step is skipped: an idea that is worked on was planned first.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Idea => &[Self::Planned, Self::Dropped],
            Self::Planned => &[Self::InProgress, Self::Dropped],
            Self::InProgress => &[Self::Shipped, Self::Dropped],
            Self::Shipped => &[Self::Planned, Self::Dropped],
            Self::Dropped => &[Self::Planned],
        }
    }

    /// # Errors
    /// 409 for a step that there is not. To stay is no step.
    pub fn require_step(self, to: Self) -> Result<(), Failure> {
        if self == to || self.next().contains(&to) {
            return Ok(());
        }
        let ways: Vec<_> = self.next().iter().map(|status| status.as_text()).collect();
        Err(Failure::conflict("status", format!("from {self} it goes to {}, not to {to}", ways.join(" or "))))
    }
}

/// Something that is to change.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = roadmap_items, treat_none_as_null = true)]
pub struct RoadmapItem {
    pub id: String,
    #[serde(skip)]
    pub product_id: String,
    #[serde(rename = "ref")]
    #[diesel(column_name = item_ref)]
    pub reference: ItemRef,
    pub title: String,
    /// What is wrong as it is.
    pub problem: String,
    /// What will be better, and for whom.
    pub outcome: String,
    /// Markdown.
    pub description: String,
    pub kind: ItemKind,
    pub horizon: Horizon,
    /// Where it stands by hand: the horizon, then a fraction that sorts as text.
    #[serde(skip)]
    pub rank: String,
    pub status: ItemStatus,
    pub owner: Option<String>,
    pub start_on: Option<NaiveDate>,
    pub target_on: Option<NaiveDate>,
    /// Null unless it has shipped.
    pub shipped_on: Option<NaiveDate>,
    #[schema(value_type = Option<Rice>)]
    pub rice: Option<JsonText<Rice>>,
    #[schema(value_type = Option<Wsjf>)]
    pub wsjf: Option<JsonText<Wsjf>>,
    #[diesel(embed)]
    #[serde(flatten)]
    pub plan: RoadmapPlan,
    /// Ids of the objectives that it serves.
    #[diesel(select_expression = objectives(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub objectives: Words,
    /// Ids of those it is for.
    #[diesel(select_expression = personas(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub personas: Words,
    /// Keys of what it changes.
    #[diesel(select_expression = components(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub components: Words,
    /// Keys of the SLOs it is to help.
    #[diesel(select_expression = slos(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub slos: Words,
    /// Ids of the incidents that it answers.
    #[diesel(select_expression = incidents(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub incidents: Words,
    /// Ids of the feedback that it answers.
    #[diesel(select_expression = feedback(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub feedback: Words,
    /// Ids of the risks that it makes smaller.
    #[diesel(select_expression = risks(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub risks: Words,
    pub tags: Words,
    /// Where its evidence is.
    #[schema(value_type = Vec<Link>)]
    pub links: JsonText<Vec<Link>>,
    /// Refs of the items that come first.
    #[diesel(select_expression = depends_on(), select_expression_type = SqlLiteral<Text>, skip_insertion, skip_update)]
    pub depends_on: Words,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub version: i64,
    #[serde(skip)]
    pub change_number: i64,
}

/// What an item is linked to, read with the row from the table that keeps the links honest.
macro_rules! linked {
    ($($name:ident: $column:literal of $table:literal),+ $(,)?) => {$(
        fn $name() -> SqlLiteral<Text> {
            sql(concat!(
                "(SELECT coalesce(string_agg(l.", $column, ", ' ' ORDER BY l.", $column, "), '') FROM ", $table,
                " l WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref)",
            ))
        }
    )+};
}

linked!(
    objectives: "objective" of "roadmap_objectives",
    personas: "persona" of "roadmap_personas",
    components: "component" of "roadmap_components",
    slos: "slo" of "roadmap_slos",
    incidents: "incident" of "roadmap_incidents",
    feedback: "feedback" of "roadmap_feedback",
    risks: "risk" of "roadmap_risks",
    depends_on: "depends_on" of "roadmap_dependencies",
);

row!(RoadmapItem, "roadmap-items", product: product_id, name: reference);

/// A page of a list of them.
pub type RoadmapItemPage = Page<RoadmapItem>;
/// Some of its properties, to be changed.
pub type RoadmapItemPatch = Patch<NewRoadmapItem>;

impl Listed for RoadmapItem {
    const COLUMNS: &'static [Column] = &[
        Column::text("ref", "item_ref"),
        Column::text("title", "title"),
        Column::choice("kind", "kind", ItemKind::WORDS),
        Column::choice("horizon", "horizon", Horizon::WORDS),
        Column::choice("status", "status", ItemStatus::WORDS),
        Column::text("owner", "owner").or_null(),
        Column::date("start_on", "start_on").or_null(),
        Column::date("target_on", "target_on").or_null(),
        Column::date("shipped_on", "shipped_on").or_null(),
        Column::order("rank", "rank"),
        Column::integer("strategy_version", "strategy_version").or_null(),
        Column::time("planned_at", "planned_at").or_null(),
        Column::date("promised_on", "promised_on").or_null(),
        Column::any_of(
            "objectives",
            "SELECT l.objective FROM roadmap_objectives l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "personas",
            "SELECT l.persona FROM roadmap_personas l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "components",
            "SELECT l.component FROM roadmap_components l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "slos",
            "SELECT l.slo FROM roadmap_slos l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "incidents",
            "SELECT l.incident FROM roadmap_incidents l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "feedback",
            "SELECT l.feedback FROM roadmap_feedback l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "risks",
            "SELECT l.risk FROM roadmap_risks l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::any_of(
            "depends_on",
            "SELECT l.depends_on FROM roadmap_dependencies l \
             WHERE l.product_id = roadmap_items.product_id AND l.roadmap_item = roadmap_items.item_ref",
        ),
        Column::words("tags", "roadmap_items.tags"),
        Column::time("created_at", "created_at"),
        Column::time("updated_at", "updated_at"),
    ];
    const SEARCH: &'static [&'static str] = &["item_ref", "title", "problem", "outcome", "description", "tags"];

    fn hidden(&self, column: &str) -> Option<&str> {
        (column == "rank").then_some(&self.rank)
    }
}

/// A roadmap item to be created. It comes last in its horizon.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoadmapItem {
    /// Left out, it is the product's next. One that is given begins with the product's prefix; what is counted goes on
    /// after it.
    #[serde(rename = "ref")]
    pub reference: Option<ItemRef>,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What is wrong as it is.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub problem: String,
    /// What will be better, and for whom.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub outcome: String,
    /// Markdown.
    #[serde(default)]
    #[schema(max_length = 20_000)]
    pub description: String,
    pub kind: ItemKind,
    #[serde(default = "horizon")]
    pub horizon: Horizon,
    #[serde(default = "status")]
    pub status: ItemStatus,
    #[schema(min_length = 1, max_length = 120)]
    pub owner: Option<String>,
    pub start_on: Option<NaiveDate>,
    pub target_on: Option<NaiveDate>,
    /// The present day when it ships and none is given; null unless it has shipped.
    pub shipped_on: Option<NaiveDate>,
    pub rice: Option<Rice>,
    pub wsjf: Option<Wsjf>,
    #[serde(default)]
    #[schema(schema_with = names::objectives)]
    pub objectives: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = names::personas)]
    pub personas: Vec<String>,
    /// Keys or ids of what it changes.
    #[serde(default)]
    pub components: Words,
    /// Keys or ids of the SLOs it is to help.
    #[serde(default)]
    pub slos: Words,
    /// Ids or external ids of the incidents that it answers.
    #[serde(default)]
    pub incidents: Words,
    #[serde(default)]
    #[schema(schema_with = names::feedback)]
    pub feedback: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = names::risks)]
    pub risks: Vec<String>,
    #[serde(default)]
    pub tags: Words,
    /// Where its evidence is.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub links: Vec<Link>,
    /// Refs or ids of the items that come first; no cycles.
    #[serde(default)]
    pub depends_on: Words,
    /// Why it is dropped; null unless it is.
    #[schema(min_length = 1, max_length = 1000)]
    pub dropped_because: Option<String>,
}

fn horizon() -> Horizon {
    Horizon::Later
}

fn status() -> ItemStatus {
    ItemStatus::Idea
}

impl Patchable for NewRoadmapItem {
    const FIXED: &'static [&'static str] = &["ref"];
}

impl NewRoadmapItem {
    /// The same with the day on which it shipped, as its status wants it. A day that is known stays while it is shipped,
    /// and goes when it is taken up again; so does why it was dropped.
    ///
    /// # Errors
    /// 422 for dates and a reason that contradict the status or each other.
    fn settled(mut self, before: Option<&RoadmapItem>, today: NaiveDate) -> Result<Self, Failure> {
        let known = before.and_then(|before| before.shipped_on);
        let mut faults = Vec::new();
        if self.status == ItemStatus::Shipped {
            self.shipped_on = self.shipped_on.or(known).or(Some(today));
        } else if self.shipped_on == known {
            self.shipped_on = None;
        } else if self.shipped_on.is_some() {
            faults.push(Fault::at("/shipped_on", "not_shipped", "only what has shipped has a day on which it did"));
        }
        if self.status != ItemStatus::Dropped {
            if self.dropped_because.is_some()
                && self.dropped_because != before.and_then(|before| before.plan.dropped_because.clone())
            {
                faults.push(Fault::at("/dropped_because", "not_dropped", "only what is dropped has a reason for it"));
            }
            self.dropped_because = None;
        }
        if let (Some(start), Some(target)) = (self.start_on, self.target_on)
            && target < start
        {
            faults.push(Fault::at("/target_on", "before_start", "the target comes after the start"));
        }
        Failure::unless_empty(faults)?;
        Ok(self)
    }

    /// The row of an item whose links are resolved; `plan` is what was kept of it.
    fn into_row(
        self,
        product: &ProductId,
        reference: ItemRef,
        rank: String,
        plan: RoadmapPlan,
        head: Head,
    ) -> RoadmapItem {
        RoadmapItem {
            plan: plan.after(&self, head.updated_at),
            id: head.id,
            product_id: product.as_str().to_owned(),
            reference,
            title: self.title,
            problem: self.problem,
            outcome: self.outcome,
            description: self.description,
            kind: self.kind,
            horizon: self.horizon,
            rank,
            status: self.status,
            owner: self.owner,
            start_on: self.start_on,
            target_on: self.target_on,
            shipped_on: self.shipped_on,
            rice: self.rice.map(JsonText::new),
            wsjf: self.wsjf.map(JsonText::new),
            objectives: self.objectives.into_iter().collect(),
            personas: self.personas.into_iter().collect(),
            components: self.components,
            slos: self.slos,
            incidents: self.incidents,
            feedback: self.feedback.into_iter().collect(),
            risks: self.risks.into_iter().collect(),
            tags: self.tags,
            links: JsonText::new(self.links),
            depends_on: self.depends_on,
            created_at: head.created_at,
            updated_at: head.updated_at,
            version: head.version,
            change_number: head.change_number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_takes_the_steps_of_the_contract_and_no_other() {
        use ItemStatus::{Dropped, Idea, InProgress, Planned, Shipped};
        let allowed = [
            (Idea, Planned),
            (Planned, InProgress),
            (InProgress, Shipped),
            (Idea, Dropped),
            (Planned, Dropped),
            (InProgress, Dropped),
            (Shipped, Dropped),
            (Shipped, Planned),
            (Dropped, Planned),
        ];
        for from in ItemStatus::ALL {
            for to in ItemStatus::ALL {
                let expected = from == to || allowed.contains(&(*from, *to));
                assert_eq!(from.require_step(*to).is_ok(), expected, "{from} to {to}");
            }
        }
    }
}
