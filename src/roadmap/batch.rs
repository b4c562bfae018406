//! Many changes of the roadmap in one request, all of them or none.

use super::{NewRoadmapItem, RoadmapItem, RoadmapItemPatch};
use crate::kernel::{failure::Fault, http::validate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Changes that happen together, or not at all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoadmapBatch {
    /// In the order in which they are done.
    #[schema(min_items = 1, max_items = 200)] // `SentBatch`
    pub operations: Vec<RoadmapOperation>,
}

/// An item to be created, or one to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RoadmapOperation {
    Create(RoadmapCreation),
    Change(RoadmapItemChange),
}

/// An item to be created. Others of the batch depend on it by the `ref` that it gives itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoadmapCreation {
    #[schema(value_type = NewRoadmapItem)]
    pub create: Map<String, Value>,
}

/// An item to be changed, in the version that was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoadmapItemChange {
    /// Its ref or id; each item once.
    #[schema(min_length = 1, max_length = 63)]
    pub id: String,
    /// The version that was seen: the number of its `ETag`.
    #[schema(minimum = 1, maximum = 999_999_999)]
    pub version: i64,
    #[schema(value_type = RoadmapItemPatch)]
    pub patch: Map<String, Value>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoadmapBatchView {
    /// The items as they are now, in the order of the operations.
    pub items: Vec<RoadmapItem>,
}

/// A [`RoadmapBatch`] as it is read: an operation that is wrong hides no fault of the others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentBatch {
    #[schema(min_items = 1, max_items = 200, value_type = Vec<Object>)]
    operations: Vec<Map<String, Value>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentOperation {
    #[schema(value_type = Object, required = false)]
    create: Option<Map<String, Value>>,
    #[schema(value_type = String, required = false, min_length = 1, max_length = 63)]
    id: Option<String>,
    #[schema(value_type = i64, required = false, minimum = 1)]
    version: Option<i64>,
    #[schema(value_type = Object, required = false)]
    patch: Option<Map<String, Value>>,
}

/// What is to be done, as far as it can be judged without the items that are there.
#[derive(Debug)]
pub enum Operation {
    Create(Box<NewRoadmapItem>),
    Change { id: String, version: i64, patch: RoadmapItemPatch },
}

impl SentBatch {
    /// Each operation, or all that is wrong with it, with pointers into the batch.
    pub fn read(self) -> Vec<Result<Operation, Vec<Fault>>> {
        let read = |(at, sent)| read(sent).map_err(|faults| within(&format!("/operations/{at}"), faults));
        self.operations.into_iter().enumerate().map(read).collect()
    }
}

/// Faults of a part, as faults of the whole in which it stands at a pointer.
pub fn within(pointer: &str, faults: impl IntoIterator<Item = Fault>) -> Vec<Fault> {
    faults.into_iter().map(|fault| fault.within(pointer)).collect()
}

fn read(sent: Map<String, Value>) -> Result<Operation, Vec<Fault>> {
    match validate::<SentOperation>(Value::Object(sent))? {
        SentOperation { create: Some(new), id: None, version: None, patch: None } => {
            let new = validate::<NewRoadmapItem>(Value::Object(new)).map_err(|faults| within("/create", faults))?;
            Ok(Operation::Create(Box::new(new)))
        }
        SentOperation { create: None, id: Some(id), version: Some(version), patch: Some(patch) } => {
            let patch = RoadmapItemPatch::sent(patch).map_err(|faults| within("/patch", faults))?;
            Ok(Operation::Change { id, version, patch })
        }
        SentOperation { create: None, id, version, patch } if id.is_some() || version.is_some() || patch.is_some() => {
            let missing = [("id", id.is_none()), ("version", version.is_none()), ("patch", patch.is_none())];
            let missing = missing.into_iter().filter(|(_, missing)| *missing);
            Err(missing.map(|(name, _)| Fault::at(format!("/{name}"), "required", "this is required")).collect())
        }
        _ => Err(vec![Fault::at("", "one_of", "either create, or id, version and patch")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_that_is_wrong_hides_no_fault_of_the_others() {
        let sent = json!({ "operations": [
            { "create": { "title": "", "kind": "wish" } },
            {},
            { "id": "OPS-1", "patch": {} },
            { "create": { "title": "x", "kind": "debt" }, "id": "OPS-1" },
            { "id": "OPS-1", "version": 0, "patch": {}, "to": 1 },
            { "id": "OPS-1", "version": 1, "patch": { "ref": "OPS-2", "rank": 1 } },
            { "create": { "title": "x", "kind": "debt" } },
        ] });
        let read = validate::<SentBatch>(sent).unwrap().read();
        let told: Vec<_> = read
            .iter()
            .map(|one| match one {
                Ok(_) => Vec::new(),
                Err(faults) => {
                    faults.iter().map(|one| format!("{} {}", one.pointer.as_ref().unwrap(), one.code)).collect()
                }
            })
            .collect();
        let expected: [&[&str]; 7] = [
            &["/operations/0/create/kind not_one_of", "/operations/0/create/title too_short"],
            &["/operations/1 one_of"],
            &["/operations/2/version required"],
            &["/operations/3 one_of"],
            &["/operations/4/to unknown_property", "/operations/4/version too_small"],
            &["/operations/5/patch/rank unknown_property", "/operations/5/patch/ref fixed"],
            &[],
        ];
        for (mut told, expected) in told.into_iter().zip(expected) {
            told.sort();
            assert_eq!(told, expected);
        }
        assert!(validate::<SentBatch>(json!({ "operations": [] })).is_err());
        assert!(validate::<SentBatch>(json!({ "operations": vec![json!({}); 201] })).is_err());
    }
}
