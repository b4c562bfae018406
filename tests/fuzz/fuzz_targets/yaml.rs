//! YAML: it is read or refused at a line of the file, within its budget, and never an internal failure.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodops::{imports::yaml_documents, kernel::failure::Failure};
use serde_json::Value;

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fuzz_target!(|bytes: &[u8]| {
    match yaml_documents(bytes) {
        Ok(documents) => {
            for document in documents {
                assert!(document.line >= 1);
                let json = document.json();
                assert!(!holds_nul(&json), "U+0000 comes through: {json}");
            }
        }
        Err(Failure::Invalid(faults)) => assert!(faults.iter().all(|fault| fault.line.is_some_and(|line| line >= 1))),
        Err(other) => panic!("{other}"),
    }
});
