//! How content people are, and what was done of what they asked for.

use super::row;
use crate::{
    feedback::{self, Feedback},
    insight::answered::{self, AnsweredItem},
    kernel::{
        auth::ProductId,
        db::Conn,
        failure::Failure,
        figure::Figure,
        month::{Month, MonthSpan},
    },
    reports::{
        facts::{COUNT, Fact, Facts, SHARE},
        gather::Material,
    },
    surveys::{self, Answers, Movement, Survey, SurveyKind, SurveyResults, movement, score},
};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;

/// What people said, as it stood when the report was built.
#[derive(Debug, Default)]
pub struct Voice {
    pub surveys: Vec<Survey>,
    /// How many gave each answer, by the survey's id.
    pub answers: BTreeMap<String, Answers>,
    pub feedback: Vec<Feedback>,
    /// What shipped in the month because somebody asked.
    pub answered: Vec<AnsweredItem>,
}

impl Voice {
    /// # Errors
    /// When the database cannot be read.
    pub fn read(conn: &mut Conn, product: &ProductId, month: Month) -> Result<Self, Failure> {
        let span = MonthSpan { from: month, to: month.next() };
        Ok(Self {
            surveys: surveys::store::all(conn, product)?,
            answers: surveys::store::all_answers(conn, product)?,
            feedback: feedback::store::all(conn, product)?,
            answered: answered::store::items(conn, product, span)?,
        })
    }

    /// Whether anybody was ever asked, or said anything.
    pub fn is_silent(&self) -> bool {
        self.surveys.is_empty() && self.feedback.is_empty()
    }
}

/// The latest survey of a kind and a persona, and the one of the period before.
pub struct Asked<'m> {
    pub now: &'m Survey,
    pub before: Option<&'m Survey>,
}

impl Asked<'_> {
    /// What may be said of the two; nothing where one has too few answers.
    pub fn movement(&self, voice: &Voice) -> Option<Movement> {
        let found = |survey: &Survey| score(survey.kind, voice.answers.get(&survey.id)?);
        Some(movement(found(self.before?)?, found(self.now)?))
    }
}

/// What was asked last by the month's end, of each kind and persona, with the same question of the period before.
pub fn asked(material: &Material) -> Vec<Asked<'_>> {
    let begun = |survey: &&Survey| survey.period.span().from <= material.month;
    let mut all: Vec<&Survey> = material.voice.surveys.iter().filter(begun).collect();
    all.sort_by_key(|survey| (survey.period, survey.id.as_str()));
    let mut latest: BTreeMap<(SurveyKind, Option<&str>), &Survey> = BTreeMap::new();
    for survey in &all {
        latest.insert((survey.kind, survey.persona.as_deref()), survey);
    }
    let before = |now: &Survey| {
        let same = |other: &&&Survey| {
            other.kind == now.kind
                && other.persona == now.persona
                && other.question == now.question
                && other.period.span().to <= now.period.span().from
        };
        all.iter().rev().find(same).copied()
    };
    latest.into_values().map(|now| Asked { now, before: before(now) }).collect()
}

/// The name of a fact of a survey.
pub fn survey_fact(survey: &Survey, what: &str) -> String {
    format!("survey.{}.{what}", survey.id)
}

pub fn add(facts: &mut Facts, material: &Material) {
    for one in asked(material) {
        for survey in [Some(one.now), one.before].into_iter().flatten() {
            add_survey(facts, material, survey);
        }
    }
    if material.voice.is_silent() {
        return;
    }
    let rows = material.voice.answered.iter().map(|item| {
        row([
            ("roadmap_item", json!(item.roadmap_item)),
            ("title", json!(item.title)),
            ("shipped_on", json!(item.shipped_on)),
            ("feedback", json!(item.feedback.iter().map(|one| one.feedback.as_str()).collect::<Vec<_>>())),
            ("asked_by", json!(item.asked_by)),
        ])
    });
    let formula = "items shipped in the month that answer feedback";
    facts.add(Fact::count("feedback.answered_items", formula, rows.collect()));
    let open = material
        .voice
        .feedback
        .iter()
        .filter(|one| one.status == feedback::FeedbackStatus::Open && one.duplicate_of.is_none());
    let rows = open.map(|one| row([("id", json!(one.id)), ("text", json!(one.text)), ("votes", json!(one.votes))]));
    let formula = "feedback that is open when the report is built, duplicates with their original";
    facts.add(Fact::count("feedback.open", formula, rows.collect()));
}

fn add_survey(facts: &mut Facts, material: &Material, survey: &Survey) {
    let none = Answers::new();
    let answers = material.voice.answers.get(&survey.id).unwrap_or(&none);
    let found = SurveyResults::of(survey.kind, answers);
    let (unit, score, interval) = match survey.kind {
        SurveyKind::Nps => ("points", "percentage of answers of 9 and 10 − that of answers of 0 to 6", "adjusted Wald"),
        SurveyKind::Csat => (SHARE, "share of answers of 4 and 5", "Wilson's"),
    };
    let why = found.unknown.clone().unwrap_or_default();
    // Whoever has the report's link opens the rows: what is too little to be told together is not told one by one.
    let told = answers.iter().filter(|_| found.unknown.is_none());
    let rows = told.map(|(score, n)| row([("score", json!(score)), ("answers", json!(n))])).collect();
    let n = Figure::Known(Decimal::from(found.n));
    let fact = survey_fact(survey, "n");
    let formula = format!("answers to \"{}\" of {}", survey.question, survey.period.shown());
    facts.add(Fact::new(&fact, COUNT, n, formula).rows(rows));
    let inputs = facts.inputs(&[&fact]);
    for (what, value, formula) in [
        ("score", found.score, score.to_owned()),
        ("low", found.low, format!("lower end of the 95 % interval ({interval})")),
        ("high", found.high, format!("upper end of the 95 % interval ({interval})")),
    ] {
        let figure = value.map_or_else(|| Figure::Unknown(why.clone()), |value| Figure::Known(value.0));
        facts.add(Fact::new(survey_fact(survey, what), unit, figure, formula).inputs(inputs.clone()));
    }
}
