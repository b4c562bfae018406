//! `impact_claims` and `impact_evidence`: what the work is said to have been worth, and what that rests on.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    each_row, word::Moment,
};
use crate::{
    impact::ImpactClaim,
    kernel::{db::Conn, failure::Failure, schema::impact_claims},
    products::Product,
};
use diesel::prelude::*;

pub const CLAIMS: Dataset = Dataset {
    name: "impact_claims",
    title: "Impact claims",
    description: "What a piece of work is said to have been worth: a row a claim, as it is now.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("title", "What is claimed."),
        Column::text("roadmap_item", "The ref of the roadmap item that did it.").or_null(),
        Column::text("component", "What it was done to.").naming("components", "key").or_null(),
        Column::text(
            "method",
            "`downtime_avoided`, `time_saved`, `cost_reduced`, `risk_reduced` or `metric_changed`; empty when it is only \
             told.",
        )
        .or_null(),
        Column::text("input_component", "What the method looks at.").naming("components", "key").or_null(),
        Column::text("input_slo", "The SLO that tells the downtime.").naming("slos", "key").or_null(),
        Column::text("input_persona", "Whose time is saved.").naming("personas", "id").or_null(),
        Column::text("input_task", "In which task of theirs.").or_null(),
        Column::text("input_risk", "Which risk is reduced.").naming("risks", "id").or_null(),
        Column::text("value_driver", "What it is valued with.").naming("value_drivers", "id").or_null(),
        Column::text(
            "benefit",
            "`cash_released`, `cost_avoided`, `revenue_protected`, `capacity_freed`, `risk_reduced` or `qualitative`; \
             never added across kinds.",
        ),
        Column::month("from", "The first month of which it speaks."),
        Column::month("to", "The first month of which it does not speak any more."),
        Column::month("baseline_from", "The first month that it is compared with.").or_null(),
        Column::month("baseline_to", "The first month that it is not compared with any more.").or_null(),
        Column::number(
            "expected_monthly_amount",
            "expected_monthly_currency",
            "What was expected of it a month, exact; fixed once it is given.",
        )
        .or_null(),
        Column::text("expected_monthly_currency", "The currency of what was expected (ISO 4217).").or_null(),
        Column::number("attribution_share", "share", "0 to 1: how much of the change the work is credited with."),
        Column::text("attribution_why", "Why that much."),
        Column::text("counterfactual", "What would have happened without it."),
        Column::text("confidence", "`low` (0.5), `medium` (0.8) or `high` (1)."),
        Column::text("narrative", "The claim in words."),
        Column::text("stakeholder", "The id of who accepts or questions it.").naming("stakeholders", "id").or_null(),
        Column::text("state", "`expected`, `realised`, `accepted` or `questioned`."),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
        Column::text("input_key_result", "Which key result has moved.").naming("key_results", "id").or_null(),
    ],
    key: &["id"],
    period: None,
    rows: claims,
};

fn claims(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = impact_claims::table.filter(impact_claims::product_id.eq(&product.id)).order(impact_claims::id);
    each_row!(conn, mine.select(ImpactClaim::as_select()), |claim: ImpactClaim| {
        let inputs = &claim.inputs;
        sheet.row().put(claim.id.as_str()).put(claim.title.as_str());
        sheet.put(claim.roadmap_item.as_deref()).put(claim.component.as_deref());
        sheet.put(claim.method.map(|method| method.as_text()));
        for input in [&inputs.component, &inputs.slo, &inputs.persona, &inputs.task, &inputs.risk] {
            sheet.put(input.as_deref());
        }
        let baseline = claim.baseline.as_ref().map(|baseline| *baseline.value());
        let expected = claim.expected_monthly.as_ref().map(|expected| *expected.value());
        let attribution = claim.attribution.value();
        sheet.put(claim.value_driver.as_deref()).put(claim.benefit.as_text());
        sheet.put(claim.from.as_text()).put(claim.to.as_text());
        sheet.put(baseline.as_ref().map(|baseline| baseline.from.as_text()));
        sheet.put(baseline.as_ref().map(|baseline| baseline.to.as_text()));
        sheet.put(expected.map(|expected| expected.amount));
        sheet.put(expected.map(|expected| expected.currency.as_text()));
        sheet.put(attribution.share).put(attribution.why.as_str()).put(claim.counterfactual.as_str());
        sheet.put(claim.confidence.as_text()).put(claim.narrative.as_str()).put(claim.stakeholder.as_deref());
        sheet.put(claim.state.as_text()).put(Moment::from(claim.created_at)).put(Moment::from(claim.updated_at));
        sheet.put(claim.version).put(inputs.key_result.as_deref()).end()?;
    });
    Ok(())
}

pub const EVIDENCE: Dataset = Dataset {
    name: "impact_evidence",
    title: "Evidence of impact claims",
    description: "What a claim points to: a row for each piece of evidence.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        Column::text("impact_claim", "The claim's id.").naming("impact_claims", "id"),
        Column::integer("position", "Its place among the claim's evidence, from 1."),
        Column::text(
            "kind",
            "`activities`, `catalog-entities`, `check-ins`, `cost-entries`, `incidents`, `journeys`, `key-results`, \
             `recovery-tests`, `risks` or `slos`: what row it is; or `document`.",
        ),
        Column::text("ref", "The row's key or id; of a document where it is."),
        Column::text("grade", "`measured`, `derived`, `surveyed` or `asserted`."),
    ],
    key: &["impact_claim", "position"],
    period: None,
    rows: evidence,
};

fn evidence(conn: &mut Conn, product: &Product, _: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    let mine = impact_claims::table.filter(impact_claims::product_id.eq(&product.id)).order(impact_claims::id);
    each_row!(conn, mine.select(ImpactClaim::as_select()), |claim: ImpactClaim| {
        for (position, evidence) in (1_i64..).zip(claim.evidence.value()) {
            sheet.row().put(claim.id.as_str()).put(position).put(evidence.kind.as_text());
            sheet.put(evidence.reference.as_str()).put(evidence.grade.as_text()).end()?;
        }
    });
    Ok(())
}
