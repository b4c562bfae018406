//! JSON, read strictly: what is taken is what every other reader takes it for, but that 2.0 is 2, and loses nothing when
//! it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodops::kernel::http::parse_json_strictly;
use serde_json::Value;

/// Whole numbers as whole numbers.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(object) => object.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse_json_strictly(bytes) else { return };
    assert_eq!(plain(serde_json::from_slice(bytes).expect("what we take, others take")), value);
    let written = value.to_string();
    assert!(!holds_nul(&value), "{written}");
    assert_eq!(parse_json_strictly(written.as_bytes()).expect("what we write, we read"), value);
});
