//! `stakeholders`: for whom the work is done.

use super::{
    CREATED_AT, DELETED_AT, Dataset, DatasetColumn as Column, ID, PRODUCT, Selection, Sheet, UPDATED_AT, VERSION,
    word::Moment,
};
use crate::{
    kernel::{db::Conn, failure::Failure},
    products::Product,
    stakeholders,
};

pub const DATASET: Dataset = Dataset {
    name: "stakeholders",
    title: "Stakeholders",
    description: "For whom the work is done: a row a stakeholder, as it is now.",
    columns: &[
        PRODUCT,
        DELETED_AT,
        ID,
        Column::text("name", "Who it is."),
        Column::text("group", "`executive`, `finance`, `engineering`, `product`, `sales`, `support` or `compliance`."),
        Column::text("email", "Where the report is sent. Empty when whoever exports may not edit.").or_null(),
        Column::text("user", "The user they sign in as. Empty when whoever exports may not edit.").or_null(),
        Column::text("cares_about_components", "The keys of the components they care about, separated by blanks."),
        Column::text("locale", "The language they read (BCP 47).").or_null(),
        Column::date("retired_on", "The day from which on they are none any more.").or_null(),
        CREATED_AT,
        UPDATED_AT,
        VERSION,
        Column::text("cares_about_objectives", "The ids of the objectives they care about, separated by blanks."),
    ],
    key: &["id"],
    period: None,
    rows,
};

fn rows(conn: &mut Conn, product: &Product, selection: &Selection, sheet: &mut Sheet<'_>) -> Result<(), Failure> {
    for row in stakeholders::store::all(conn, &product.product_id())? {
        let (email, user) = (row.email.as_deref(), row.user.as_deref());
        sheet.row().put(row.id.as_str()).put(row.name.as_str()).put(row.group.as_text());
        sheet.put(email.filter(|_| selection.persons)).put(user.filter(|_| selection.persons));
        sheet.put(row.cares_about.components.as_text()).put(row.locale.as_deref()).put(row.retired_on);
        sheet.put(Moment::from(row.created_at)).put(Moment::from(row.updated_at)).put(row.version);
        sheet.put(row.cares_about.objectives.as_text()).end()?;
    }
    Ok(())
}
