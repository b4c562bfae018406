//! How content people are, with how sure that is; and what they asked for and got.

use super::{Story, day};
use crate::{
    insight::answered::{AnsweredFeedback, AnsweredItem},
    reports::{
        document::{Block, Inline, heading, note, paragraph},
        facts::Form,
        figures::{Asked, asked, survey_fact},
    },
    surveys::{Movement, Survey, SurveyKind},
};

/// How many items are told one by one.
const TOLD: usize = 10;

/// Nothing where nobody was ever asked, or said anything.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    if story.material.voice.is_silent() {
        return Vec::new();
    }
    let mut blocks = vec![heading("How content they are")];
    blocks.extend(content(story));
    blocks.push(heading("You asked, we did"));
    blocks.extend(done(story));
    blocks
}

fn content(story: &Story<'_>) -> Vec<Block> {
    let asked = asked(story.material);
    if asked.is_empty() {
        return vec![paragraph(["Nobody was asked how content they are.".into()])];
    }
    let sure = "The two figures after a score are the ends of its 95 % interval: Wilson's for the share who are content, \
                the adjusted Wald interval for the net promoter score, which goes from −100 to 100. Where the \
                intervals of two periods overlap, the difference may be chance, and no trend is told.";
    vec![Block::List { items: asked.iter().map(|one| told(story, one)).collect() }, note([sure.into()])]
}

fn told(story: &Story<'_>, one: &Asked<'_>) -> Vec<Inline> {
    let survey = one.now;
    let name = |id: &str| story.material.personas.iter().find(|persona| persona.id == id).map(|one| one.name.as_str());
    let whom = survey.persona.as_deref().and_then(name).unwrap_or("Everybody");
    let mut parts = vec![Inline::Name(whom.to_owned()), format!(", {}: ", survey.period.shown()).into()];
    parts.extend(figures(story, survey));
    if let Some(before) = one.before {
        parts.push(format!("; in {} ", before.period.shown()).into());
        parts.extend(figures(story, before));
    }
    parts.push(match one.movement(&story.material.voice) {
        Some(Movement::Better) => ". That is better.".into(),
        Some(Movement::Worse) => ". That is worse.".into(),
        Some(Movement::Unclear) => ". So few answers tell no difference between the two.".into(),
        None => ".".into(),
    });
    parts.extend([" Asked: ".into(), Inline::Words(survey.question.clone())]);
    parts
}

/// A score with its interval and how many it rests on.
fn figures(story: &Story<'_>, survey: &Survey) -> Vec<Inline> {
    let [score, low, high, n] = ["score", "low", "high", "n"].map(|what| survey_fact(survey, what));
    let (answers, what) = (
        if story.is_one(&n) { " answer" } else { " answers" },
        match survey.kind {
            SurveyKind::Nps => "a net promoter score",
            SurveyKind::Csat => "the share who are content",
        },
    );
    if story.facts.number(&score).known().is_none() {
        let why = story.why(&score);
        return vec![
            format!("{what} that is ").into(),
            story.fact(&score),
            " (".into(),
            story.fact(&n),
            format!("{answers}: {why})").into(),
        ];
    }
    let form = if survey.kind == SurveyKind::Nps { Form::Signed } else { Form::Plain };
    let fact = |name: &str| story.write.fact_as(name, form);
    let open = if survey.kind == SurveyKind::Nps { "a net promoter score of " } else { "content are " };
    vec![
        open.into(),
        fact(&score),
        " (".into(),
        fact(&low),
        " to ".into(),
        fact(&high),
        ", ".into(),
        story.fact(&n),
        format!("{answers})").into(),
    ]
}

fn done(story: &Story<'_>) -> Vec<Block> {
    let (all, count) = (&story.material.voice.answered, story.fact("feedback.answered_items"));
    let open = [" ".into(), story.fact("feedback.open"), " of what people said is open.".into()];
    if all.is_empty() {
        let none = [count, " of the things that shipped were asked for.".into()];
        return vec![paragraph(none.into_iter().chain(open))];
    }
    let noun = match story.is_one("feedback.answered_items") {
        true => " thing shipped because somebody asked.",
        false => " things shipped because somebody asked.",
    };
    let mut blocks = vec![
        paragraph([count, noun.into()].into_iter().chain(open)),
        Block::List { items: all.iter().take(TOLD).map(item).collect() },
    ];
    if all.len() > TOLD {
        blocks.push(note(["The others are behind ".into(), story.fact("feedback.answered_items"), ".".into()]));
    }
    blocks
}

fn item(item: &AnsweredItem) -> Vec<Inline> {
    let mut parts = Vec::new();
    for (at, said) in item.feedback.iter().enumerate() {
        parts.push(if at == 0 { "You asked: ".into() } else { " And: ".into() });
        parts.push(Inline::Words(said.text.clone()));
        parts.extend(who(said));
    }
    parts.push(" We did: ".into());
    parts.push(Inline::Name(item.title.clone()));
    parts.push(format!(" ({}, {}).", item.roadmap_item, day(item.shipped_on)).into());
    parts
}

fn who(said: &AnsweredFeedback) -> Option<Inline> {
    const NAMED: usize = 5;
    let names = &said.asked_by;
    let more = names.len().saturating_sub(NAMED);
    match (names.as_slice(), more) {
        ([], _) => None,
        (_, 0) => Some(format!(" ({})", names.join(", ")).into()),
        (_, more) => Some(format!(" ({} and {more} more)", names[..NAMED].join(", ")).into()),
    }
}
