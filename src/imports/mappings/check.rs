//! What can never make a row, found when a mapping is saved and not when a file comes.

use super::{
    super::{
        format::columns_of,
        place::{Form, Kind, Place, missing},
    },
    ColumnRule, NewMapping, Unlisted, date, part,
    template::pieces,
};
use crate::kernel::failure::Fault;

/// Everything that is wrong, each with its place.
pub fn faults(mapping: &NewMapping) -> Vec<Fault> {
    let mut faults = Vec::new();
    if mapping.timezone.as_ref().is_some_and(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
        let detail = "not a name of the IANA time zone database";
        faults.push(Fault::at("/timezone", "unknown_timezone", detail));
    }
    let Some((known, required)) = columns_of(mapping.format) else {
        faults.push(Fault::at("/format", "not_one_of", "this format is no table of rows"));
        return faults;
    };
    for (name, rule) in &mapping.columns.0 {
        let at = format!("/columns/{}", part(name));
        match known.iter().find(|(heading, _)| heading == name) {
            Some((_, place)) => of_rule(&at, rule, place, &mut faults),
            None => {
                let names: Vec<_> = known.iter().map(|(name, _)| name.as_str()).collect();
                let detail = format!("{} has no such column; there are {}", mapping.format, names.join(", "));
                faults.push(Fault::at(at, "unknown_column", detail));
            }
        }
    }
    for name in missing(&known, &required, |place| mapping.columns.0.contains_key(&place.heading())) {
        let detail = format!("{} must have the column {name}", mapping.format);
        faults.push(Fault::at("/columns", "missing_column", detail));
    }
    faults
}

fn of_rule(at: &str, rule: &ColumnRule, place: &Place, faults: &mut Vec<Fault>) {
    let ways = [rule.from.is_some(), rule.constant.is_some(), rule.template.is_some()];
    if ways.into_iter().filter(|way| *way).count() != 1 {
        faults.push(Fault::at(at, "one_of", "a column has exactly one of from, constant and template"));
    }
    let of_cells = [
        ("separator", rule.separator.is_some()),
        ("values", rule.values.is_some()),
        ("dates", !rule.dates.is_empty()),
        ("blanks", rule.blanks.is_some()),
    ];
    for (name, _) in of_cells.iter().filter(|(_, given)| *given && rule.from.is_none()) {
        faults.push(Fault::at(format!("{at}/{name}"), "without_from", "this is about the cells of `from`"));
    }
    if rule.unlisted != Unlisted::Refuse && rule.values.is_none() {
        faults.push(Fault::at(format!("{at}/unlisted"), "without_values", "there is no table that may lack a value"));
    }
    if rule.constant.is_some() && rule.default.is_some() {
        faults.push(Fault::at(format!("{at}/default"), "with_constant", "a constant is never empty; use one of them"));
    }
    if let Some(Err(detail)) = rule.template.as_deref().map(pieces) {
        faults.push(Fault::at(format!("{at}/template"), "template", detail));
    }
    if rule.blanks.is_some() && place.kind != Kind::Words {
        faults.push(Fault::at(format!("{at}/blanks"), "no_words", "only words may have no blanks"));
    }
    let is_dated = matches!(place.form, Form::Day | Form::Time | Form::Month | Form::Week);
    for (nth, form) in rule.dates.iter().enumerate() {
        let detail = match is_dated {
            true => date::check(form, &place.form).err(),
            false => Some("this column holds neither a day, a time, a month nor a week"),
        };
        if let Some(detail) = detail {
            faults.push(Fault::at(format!("{at}/dates/{nth}"), "date_form", detail));
        }
    }
    let Form::Choice(words) = &place.form else { return };
    let values = rule.values.iter().flat_map(|table| &table.0);
    let values = values.map(|(from, to)| (format!("{at}/values/{}", part(from)), to));
    let texts = [("constant", &rule.constant), ("default", &rule.default)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((format!("{at}/{name}"), text.as_ref()?)));
    for (at, _) in values.chain(texts).filter(|(_, text)| !text.is_empty() && !words.contains(text)) {
        faults.push(Fault::at(at, "not_one_of", format!("this is not one of {}", words.join(", "))));
    }
}
