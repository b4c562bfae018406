//! CSV: records end, faults name a line of the file, and what is read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodops::kernel::csv::Records;

fn cells(bytes: &[u8]) -> Option<Vec<Vec<Option<String>>>> {
    let mut records = Records::new(bytes).expect("memory can be read");
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    let (mut all, mut whole, mut line) = (Vec::new(), true, 0);
    while let Some(record) = records.following().expect("memory can be read") {
        match record {
            Ok(record) => {
                assert!(record.line > line && record.line <= lines, "line {} of {lines}", record.line);
                line = record.line;
                all.push(record.cells);
            }
            Err(fault) => {
                assert!(fault.line.is_some_and(|line| (1..=lines).contains(&line)), "{fault:?}");
                whole = false;
            }
        }
    }
    whole.then_some(all)
}

fn written(cells: &[Vec<Option<String>>]) -> String {
    let cell = |cell: &Option<String>| match cell {
        None => String::new(),
        Some(text) => format!("\"{}\"", text.replace('"', "\"\"")),
    };
    cells.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\n").collect()
}

fuzz_target!(|bytes: &[u8]| {
    if let Some(once) = cells(bytes) {
        let again = cells(written(&once).as_bytes()).expect("what we write, we read");
        assert_eq!(once, again);
    }
});
