//! "You asked, we did": what was shipped, the feedback that it answers, and who asked.

pub mod store;

use crate::{
    feedback::{Feedback, FeedbackKind},
    kernel::{
        failure::Failure,
        month::{Month, MonthSpan},
    },
    roadmap::{ItemRef, RoadmapItem},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnsweredQuery {
    /// The first month in which things shipped; eleven months before the last when left out.
    #[param(inline)]
    from: Option<Month>,
    /// The month after the last; the next month when left out.
    #[param(inline)]
    to: Option<Month>,
}

impl AnsweredQuery {
    /// # Errors
    /// 422 for what is no month, or a span that is none.
    pub fn checked(self, today: NaiveDate) -> Result<MonthSpan, Failure> {
        let mut faults = Vec::new();
        // What shipped this month is an answer, too.
        let to = self.to.or_else(|| Some(Month::of(today).next()));
        let span = MonthSpan::asked(self.from, to, today, &mut faults);
        Failure::unless_empty(faults)?;
        Ok(span)
    }
}

/// What was shipped because somebody asked, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredList {
    #[schema(value_type = String)]
    pub from: Month,
    #[schema(value_type = String)]
    pub to: Month,
    pub items: Vec<AnsweredItem>,
    /// Always null: the answer is whole.
    pub next_cursor: Option<String>,
}

/// A shipped roadmap item, and the feedback that it answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnsweredItem {
    pub roadmap_item: ItemRef,
    pub title: String,
    /// What is better now, and for whom.
    pub outcome: String,
    pub shipped_on: NaiveDate,
    pub feedback: Vec<AnsweredFeedback>,
    /// Everybody who asked, by name, each once.
    pub asked_by: Vec<String>,
}

/// What was asked; its duplicates are told with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnsweredFeedback {
    /// The id of the feedback.
    pub feedback: String,
    pub kind: FeedbackKind,
    pub text: String,
    /// The id of the persona that spoke.
    pub persona: Option<String>,
    /// How many users want the same.
    #[schema(value_type = u64)]
    pub votes: i64,
    /// How many times it was said: itself and its duplicates.
    #[schema(value_type = u64)]
    pub times: usize,
    /// Who asked, by name: for it or for a duplicate of it.
    pub asked_by: Vec<String>,
}

/// What shipped in a span and answers feedback, the latest first. `users` are the names of users, by id: whoever wrote
/// something down asked themselves, unless they say for whom.
pub fn answered(
    items: &[RoadmapItem],
    feedback: &[Feedback],
    users: &HashMap<String, String>,
    span: MonthSpan,
) -> Vec<AnsweredItem> {
    let by_id: HashMap<&str, &Feedback> = feedback.iter().map(|one| (one.id.as_str(), one)).collect();
    let mut said: HashMap<&str, Vec<&Feedback>> = HashMap::new();
    for one in feedback {
        said.entry(one.root()).or_default().push(one);
    }
    let name = |one: &&Feedback| -> Option<String> {
        one.asked_by.clone().or_else(|| users.get(one.created_by.as_ref()?).cloned())
    };
    let mut found: Vec<AnsweredItem> = Vec::new();
    for item in items {
        let Some(on) = item.shipped_on.filter(|on| span.holds(Month::of(*on))) else { continue };
        let mut roots: BTreeMap<&str, &Feedback> = BTreeMap::new();
        for one in item.feedback.iter().filter_map(|id| by_id.get(id)) {
            if let Some(root) = by_id.get(one.root()) {
                roots.insert(&root.id, root);
            }
        }
        if roots.is_empty() {
            continue;
        }
        let mut told: Vec<AnsweredFeedback> = Vec::new();
        for root in roots.values() {
            let all = said.get(root.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            let names: BTreeSet<String> = all.iter().filter_map(name).collect();
            told.push(AnsweredFeedback {
                feedback: root.id.clone(),
                kind: root.kind,
                text: root.text.clone(),
                persona: root.persona.clone(),
                votes: root.votes,
                times: all.len(),
                asked_by: names.into_iter().collect(),
            });
        }
        told.sort_by_key(|one| Reverse(one.votes));
        let asked_by: BTreeSet<String> = told.iter().flat_map(|one| one.asked_by.iter().cloned()).collect();
        found.push(AnsweredItem {
            roadmap_item: item.reference.clone(),
            title: item.title.clone(),
            outcome: item.outcome.clone(),
            shipped_on: on,
            feedback: told,
            asked_by: asked_by.into_iter().collect(),
        });
    }
    found.sort_by_key(|item| (Reverse(item.shipped_on), item.roadmap_item.to_string()));
    found
}
