//! The SLOs as they are now: what came in, with our present values written over what we model. A
//! field that says the present value already is left alone, however it says it.

use super::{
    indicator,
    object::{Kind, Object, VERSION, id},
    said::{BUCKET, Indicators, RETIRED, Said, indicators, method_word, path_of, said, slice_seconds},
    window::{self, Reading},
};
use crate::{
    components::Component,
    imports::Mode,
    kernel::{auth::ProductId, db::Conn, failure::Failure, money::Quantity, text::Key},
    products::Product,
    slos::{self, BudgetingMethod, Slo, openslo::OpensloObject},
};
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What there is of a product.
pub struct There {
    pub rows: HashMap<Key, Slo>,
    /// The target in force today where a later one is dated, by SLO.
    pub in_force: HashMap<Key, Quantity>,
    pub components: HashMap<Key, Component>,
    pub kept: Vec<OpensloObject>,
    pub reading: Reading,
}

impl There {
    pub fn of(conn: &mut Conn, product: &Product, now: DateTime<Utc>, mode: Mode) -> Result<Self, Failure> {
        let (id, zone): (ProductId, _) = (product.product_id(), product.zone()?);
        let today = now.with_timezone(&zone).date_naive();
        let rows = slos::store::all(conn, &id)?;
        let targets = slos::store::targets_of_product(conn, &id)?;
        let in_force = |row: &Slo| {
            let dated = targets.get(row.key.as_text())?;
            let target = row.target_on(dated, today).to_string().parse().ok()?;
            Some((row.key.clone(), target))
        };
        Ok(Self {
            in_force: rows.iter().filter_map(in_force).collect(),
            rows: rows.into_iter().map(|row| (row.key.clone(), row)).collect(),
            components: crate::components::store::all(conn, &id)?.into_iter().map(|it| (it.key.clone(), it)).collect(),
            kept: slos::openslo::store::all(conn, &id)?,
            reading: Reading { zone, mode },
        })
    }

    fn target(&self, row: &Slo) -> Quantity {
        self.in_force.get(&row.key).copied().unwrap_or(row.target)
    }

    /// What an object would say of a row today.
    fn now(&self, row: &Slo) -> Map<String, Value> {
        let Ok(Value::Object(mut now)) = serde_json::to_value(row) else { return Map::new() };
        now.insert("target".to_owned(), json!(self.target(row)));
        now
    }

    /// Every object of the product's file, by kind and name.
    pub fn present(&self) -> BTreeMap<String, Value> {
        let kept: Vec<Object> = self.kept.iter().filter_map(|kept| Object::kept(kept.document.clone())).collect();
        let writer = Writer { there: self, indicators: indicators(kept.iter()) };
        let (mut all, mut spoken) = (BTreeMap::new(), HashSet::new());
        for object in &kept {
            match object.kind {
                Kind::Slo if object.objectives().len() == 1 => {
                    let row = object.name.parse::<Key>().ok().and_then(|key| self.rows.get(&key));
                    if let Some(row) = row {
                        spoken.insert(&row.key);
                        all.insert(object.id(), writer.over(object, row));
                    }
                }
                Kind::Slo => {}
                Kind::Service => all.extend(self.service(object).map(|document| (object.id(), document))),
                _ => _ = all.insert(object.id(), object.document.clone()),
            }
        }
        for object in kept.iter().filter(|object| object.kind == Kind::Slo && object.objectives().len() > 1) {
            let keys = object.keys();
            let rows: Vec<(usize, &Slo)> = keys
                .iter()
                .enumerate()
                .filter_map(|(nth, key)| Some((nth, self.rows.get(key.as_ref()?)?)))
                .filter(|(_, row)| spoken.insert(&row.key))
                .collect();
            let named = object.name.parse::<Key>().is_ok_and(|key| self.rows.contains_key(&key));
            let whole = rows.len() == keys.len() && !named;
            match whole.then(|| writer.over_all(object, &rows)).flatten() {
                Some(document) => _ = all.insert(object.id(), document),
                None => all.extend(rows.into_iter().map(|(nth, row)| {
                    let part = alone(object, nth, &row.key);
                    (part.id(), writer.over(&part, row))
                })),
            }
        }
        for row in self.rows.values().filter(|row| !spoken.contains(&row.key)) {
            all.insert(id(Kind::Slo, row.key.as_text()), writer.made(row));
        }
        all
    }

    /// A service with the name and description of its component; none when that is gone.
    fn service(&self, object: &Object) -> Option<Value> {
        let mut document = object.document.clone();
        if let Ok(key) = object.name.parse::<Key>() {
            let component = self.components.get(&key)?;
            if object.text(&["metadata", "displayName"]).unwrap_or(&object.name) != component.name {
                document["metadata"]["displayName"] = json!(component.name);
            }
            let described = object.text(&["spec", "description"]).unwrap_or_default();
            if !component.description.is_empty() && described != component.description {
                document["spec"]["description"] = json!(component.description);
            }
        }
        Some(document)
    }
}

/// One objective as an object of its own.
fn alone(object: &Object, nth: usize, key: &Key) -> Object {
    let mut document = object.document.clone();
    document["metadata"]["name"] = json!(key);
    document["spec"]["objectives"] = json!([object.objectives()[nth]]);
    Object { kind: Kind::Slo, name: key.to_string(), document }
}

struct Writer<'w> {
    there: &'w There,
    indicators: Indicators<'w>,
}

impl Writer<'_> {
    fn said(&self, object: &Object) -> Vec<Said> {
        said(object, &self.indicators, Reading { mode: Mode::Strict, ..self.there.reading }).0
    }

    /// An object of several objectives with present values, unless they differ in what is said once.
    fn over_all(&self, object: &Object, rows: &[(usize, &Slo)]) -> Option<Value> {
        let mut object = object.clone();
        for (nth, row) in rows {
            self.write_objective(&mut object, *nth, row);
        }
        let window = self.there.reading;
        if let Some((_, first)) = rows.first()
            && window::read(&object.document["spec"], Reading { mode: Mode::Strict, ..window }, &mut Vec::new())
                != Some(*first.window.value())
        {
            object.document["spec"]["timeWindow"] = window::write(*first.window.value(), window.zone);
        }
        let said = self.said(&object);
        let agrees = |(nth, row): &(usize, &Slo)| {
            let now = self.there.now(row);
            let of_row = said.iter().find(|said| said.objective == *nth);
            of_row.is_some_and(|said| PROPERTIES.iter().all(|property| !differs(said, &now, property)))
        };
        rows.iter().all(agrees).then_some(object.document)
    }

    /// An object of one objective with present values.
    fn over(&self, object: &Object, row: &Slo) -> Value {
        let mut object = object.clone();
        let method = method_word(row.budgeting_method);
        if object.text(&["spec", "budgetingMethod"]) != Some(method) {
            object.document["spec"]["budgetingMethod"] = json!(method);
            if let Value::Object(objective) = &mut object.document["spec"]["objectives"][0] {
                objective.retain(|name, _| !matches!(name.as_str(), "timeSliceTarget" | "timeSliceWindow"));
            }
        }
        self.write_objective(&mut object, 0, row);
        let now = self.there.now(row);
        let said = self.said(&object).into_iter().next();
        let differs = |property: &str| said.as_ref().is_none_or(|said| differs(said, &now, property));
        for property in ["name", "component", "description"] {
            if differs(property) {
                let path = path_of(&object, property, 0);
                put(&mut object.document, &path, now[property].clone());
            }
        }
        let document = &mut object.document;
        if differs("window") {
            document["spec"]["timeWindow"] = window::write(*row.window.value(), self.there.reading.zone);
        }
        if differs("indicator") {
            let before = said.as_ref().and_then(|said| said.properties.get("indicator"));
            self.write_indicator(document, before, &now["indicator"]);
        }
        if differs("bucket_seconds") && row.budgeting_method == BudgetingMethod::Occurrences {
            document["metadata"]["annotations"][BUCKET] = json!(row.bucket_seconds.to_string());
        }
        if differs("retired_on") {
            match row.retired_on {
                Some(day) => document["metadata"]["annotations"][RETIRED] = json!(day),
                None => take(document, RETIRED),
            }
        }
        object.document
    }

    /// What stands in an objective: its target, and its slice.
    fn write_objective(&self, object: &mut Object, nth: usize, row: &Slo) {
        let now = self.there.now(row);
        let said = self.said(object).into_iter().find(|said| said.objective == nth);
        let differs = |property: &str| said.as_ref().is_none_or(|said| differs(said, &now, property));
        if differs("target") {
            let (path, target) = (path_of(object, "target", nth), self.there.target(row));
            let percent = path.last().is_some_and(|name| name == "targetPercent");
            let value = if percent { hundredfold(target) } else { Some(target) };
            put(&mut object.document, &path, json!(value));
        }
        let slices = row.budgeting_method != BudgetingMethod::Occurrences;
        if row.slice_target.is_some() && differs("slice_target") {
            let path = path_of(object, "slice_target", nth);
            put(&mut object.document, &path, json!(row.slice_target));
        }
        if slices && differs("bucket_seconds") {
            let objective = &mut object.document["spec"]["objectives"][nth];
            let seconds = slice_seconds(&objective["timeSliceWindow"]).and_then(|seconds| seconds.to_i64());
            if seconds != Some(row.bucket_seconds) {
                objective["timeSliceWindow"] = json!(format!("{}m", row.bucket_seconds / 60));
            }
            match row.bucket_seconds % 60 {
                0 => take(&mut object.document, BUCKET),
                _ => object.document["metadata"]["annotations"][BUCKET] = json!(row.bucket_seconds.to_string()),
            }
        }
    }

    /// An SLI that others refer to stays as it is: other words stand in the SLO itself.
    fn write_indicator(&self, document: &mut Value, before: Option<&Value>, now: &Value) {
        let name = document["metadata"]["name"].clone();
        let Value::Object(spec) = &mut document["spec"] else { return };
        if spec.shift_remove("indicatorRef").is_some() {
            spec.shift_remove("indicator");
        }
        let inline = spec.entry("indicator").or_insert_with(|| json!({ "metadata": { "name": name } }));
        if !inline["spec"].is_object() {
            inline["spec"] = json!({});
        }
        indicator::write(&mut inline["spec"], before, now);
    }

    /// The least that says a row.
    fn made(&self, row: &Slo) -> Value {
        let document = json!({
            "apiVersion": VERSION,
            "kind": Kind::Slo,
            "metadata": { "name": row.key, "displayName": row.name },
            "spec": {
                "service": row.component,
                "indicator": { "metadata": { "name": row.key }, "spec": {} },
                "timeWindow": window::write(*row.window.value(), self.there.reading.zone),
                "budgetingMethod": method_word(row.budgeting_method),
                "objectives": [{ "target": self.there.target(row) }],
            },
        });
        self.over(&Object { kind: Kind::Slo, name: row.key.to_string(), document }, row)
    }
}

/// What an object says of an SLO; the key names it.
const PROPERTIES: [&str; 10] = [
    "name",
    "component",
    "description",
    "indicator",
    "target",
    "window",
    "budgeting_method",
    "slice_target",
    "bucket_seconds",
    "retired_on",
];

fn differs(said: &Said, now: &Map<String, Value>, property: &str) -> bool {
    let now = now.get(property).unwrap_or(&Value::Null);
    match said.properties.get(property) {
        Some(said) => said != now,
        // What an annotation may say is the default without one.
        None if property == "bucket_seconds" => now != 300,
        None => !now.is_null(),
    }
}

fn hundredfold(target: Quantity) -> Option<Quantity> {
    (target.get() * Decimal::ONE_HUNDRED).normalize().to_string().parse().ok()
}

/// Writes a value at a path, making the way to it.
fn put(document: &mut Value, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *document = value;
        return;
    };
    match (name.parse::<usize>(), &mut *document) {
        (Ok(nth), Value::Array(items)) => {
            if let Some(item) = items.get_mut(nth) {
                put(item, rest, value);
            }
        }
        _ => {
            if !document.is_object() {
                *document = Value::Object(Map::new());
            }
            put(&mut document[name], rest, value);
        }
    }
}

/// Takes an annotation away, and the last one's place with it.
fn take(document: &mut Value, annotation: &str) {
    let Value::Object(metadata) = &mut document["metadata"] else { return };
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations")
        && annotations.shift_remove(annotation).is_some()
        && annotations.is_empty()
    {
        metadata.shift_remove("annotations");
    }
}
