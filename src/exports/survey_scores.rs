//! `survey_scores`: what the answers to each survey say together.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    word::Moment,
};
use crate::{
    kernel::{db::Conn, failure::Failure, quantity::Ratio},
    products::Product,
    surveys::{self, SurveyResults},
};

pub const DATASET: Dataset = Dataset {
    name: "survey_scores",
    title: "Survey scores",
    description: "How content people are: a row a survey, with how many answered and the 95 % interval. NPS (Reichheld \
                  2003) is from -100 to 100 with the adjusted Wald interval, CSAT from 0 to 1 with Wilson's; the two \
                  are never to be averaged with each other. Two scores whose intervals overlap may differ by chance.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID.saying("The survey's id, which never changes."),
        Column::text("kind", "`nps` or `csat`."),
        Column::text("persona", "Who was asked; empty for everybody.").naming("personas", "id").or_null(),
        Column::text("period", "Of when the answers are: a month such as `2026-10`, or a quarter such as `2026-Q4`."),
        Column::text("question", "What was asked."),
        Column::number("score", "score", "The score; empty below five answers.").or_null(),
        Column::integer("n", "How many answered."),
        Column::number("low", "score", "The lower end of the 95 % interval; empty below five answers.").or_null(),
        Column::number("high", "score", "Its upper end; empty below five answers.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
    ],
    key: &["id"],
    period: None,
    rows,
};

fn rows(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let id = product.product_id();
    let answers = surveys::store::all_answers(conn, &id)?;
    for row in surveys::store::all(conn, &id)? {
        let found = SurveyResults::of(row.kind, answers.get(&row.id).unwrap_or(&surveys::Answers::new()));
        let n = i64::try_from(found.n).unwrap_or(i64::MAX);
        sheet.row().put(row.id.as_str()).put(row.kind.as_text()).put(row.persona.as_deref());
        sheet.put(row.period.as_text()).put(row.question.as_str());
        sheet.put(found.score.map(Ratio::shown)).put(n);
        sheet.put(found.low.map(Ratio::shown)).put(found.high.map(Ratio::shown));
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version).end()?;
    }
    Ok(())
}
