//! What is asked of a dataset: which rows, which columns, for whom.

use super::{ColumnType, Dataset};
use crate::{
    kernel::{
        clock::{Instant, parse_day},
        failure::{Failure, Fault},
        month::Month,
    },
    text_enum,
};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// A program that needs the file another way.
    pub enum ExportFor {
        /// Spreadsheets: a byte order mark, and no text that would run as a formula.
        Excel = "excel",
    }
}

/// The parameters of an export.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])(-[0-9]{2})?$", example = "2026-01")]
    /// The first month or day, of the column that the dataset names as its `period`.
    #[param(pattern = r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])(-[0-9]{2})?$", example = "2026-01")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])(-[0-9]{2})?$", example = "2027-01")]
    /// The first month or day that is not wanted any more.
    #[param(pattern = r"^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])(-[0-9]{2})?$", example = "2027-01")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, pattern = "^[a-z_0-9]+(,[a-z_0-9]+)*$", example = "month,component,amount")]
    /// The names of the columns that are wanted, in the order that is wanted, separated by commas.
    #[param(max_length = 2000, pattern = "^[a-z_0-9]+(,[a-z_0-9]+)*$", example = "month,component,amount")]
    pub columns: Option<String>,
    /// `excel` adds a byte order mark and puts `'` before text that a spreadsheet would take for a formula.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ExportFor>)]
    #[param(rename = "for", value_type = Option<ExportFor>, inline)]
    pub for_program: Option<String>,
}

/// What is wanted of a dataset, and what may be seen of it.
#[derive(Debug, Clone)]
pub struct Selection {
    pub dataset: &'static Dataset,
    /// The places of the wanted columns among the dataset's.
    pub(super) columns: Vec<usize>,
    pub(super) excel: bool,
    /// Whether rows may say who did the work; else they are sums over persons.
    pub(super) persons: bool,
    /// When it is asked: a month that is not over then is judged as a running one.
    pub(super) now: Instant,
    from: Option<Bound>,
    to: Option<Bound>,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    Month(Month),
    Day(NaiveDate),
}

impl Selection {
    /// All of it, for an operator.
    pub fn everything(dataset: &'static Dataset, now: Instant) -> Self {
        let columns = (0..dataset.columns.len()).collect();
        Self { dataset, columns, excel: false, persons: true, now, from: None, to: None }
    }

    /// What a request asks for; `persons` says whether the caller may know who did the work.
    ///
    /// # Errors
    /// 422 for a column that is not there or named twice, and for a bound that the dataset cannot have.
    pub fn read(dataset: &'static Dataset, query: &ExportQuery, persons: bool, now: Instant) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let mut selection = Self {
            from: bound(dataset, "from", query.from.as_deref(), &mut faults),
            to: bound(dataset, "to", query.to.as_deref(), &mut faults),
            excel: program(query.for_program.as_deref(), &mut faults) == Some(ExportFor::Excel),
            persons,
            ..Self::everything(dataset, now)
        };
        if let Some(names) = &query.columns {
            selection.columns = columns(dataset, names, &mut faults);
        }
        Failure::unless_empty(faults).map(|()| selection)
    }

    /// The months asked for, where the period is one of months.
    pub(super) fn months(&self) -> (Option<Month>, Option<Month>) {
        let month = |bound| match bound {
            Some(Bound::Month(month)) => Some(month),
            _ => None,
        };
        (month(self.from), month(self.to))
    }

    /// The same as text that is compared with a column: `from ≤ x < to`.
    pub(super) fn months_as_text(&self) -> (String, String) {
        let (from, to) = self.months();
        let text = |month: Option<Month>, or: &str| month.map_or_else(|| or.to_owned(), |month| month.to_string());
        (text(from, "0000-00"), text(to, "9999-99"))
    }

    /// The days asked for, where the period is one of days: `from ≤ x < to`.
    pub(super) fn days(&self) -> (NaiveDate, NaiveDate) {
        let day = |bound, year| match bound {
            Some(Bound::Day(day)) => day,
            _ => NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default(),
        };
        (day(self.from, 1), day(self.to, 9999))
    }

    /// The same where the period is one of times: the days are those of UTC, as the times are.
    pub(super) fn instants(&self) -> (Instant, Instant) {
        let (from, to) = self.days();
        let start = |day: NaiveDate| Instant::from(day.and_time(NaiveTime::MIN).and_utc());
        (start(from), start(to))
    }
}

fn program(name: Option<&str>, faults: &mut Vec<Fault>) -> Option<ExportFor> {
    name?.parse().map_err(|why: String| faults.push(Fault::parameter("for", "parameter", why))).ok()
}

fn bound(dataset: &Dataset, name: &'static str, text: Option<&str>, faults: &mut Vec<Fault>) -> Option<Bound> {
    let text = text?;
    let read = match dataset.period_column().map(|column| column.kind) {
        None => Err(format!("{} has no column that {name} applies to", dataset.name)),
        Some(ColumnType::Month) => text.parse().map(Bound::Month),
        Some(_) => parse_day(text).map(Bound::Day),
    };
    read.map_err(|why| faults.push(Fault::parameter(name, "parameter", why))).ok()
}

fn columns(dataset: &Dataset, names: &str, faults: &mut Vec<Fault>) -> Vec<usize> {
    let mut wanted = Vec::new();
    for name in names.split(',') {
        match dataset.columns.iter().position(|column| column.name == name) {
            Some(at) if wanted.contains(&at) => {
                faults.push(Fault::parameter("columns", "twice", format!("'{name}' is named twice")));
            }
            Some(at) => wanted.push(at),
            None => {
                let why = format!("{} has no column '{name}'", dataset.name);
                faults.push(Fault::parameter("columns", "unknown_column", why));
            }
        }
    }
    wanted
}
