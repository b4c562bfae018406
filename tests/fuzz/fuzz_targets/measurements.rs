//! Files of measurements, NDJSON and CSV: buckets within their bounds, or faults at lines of the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodops::{
    kernel::failure::Failure,
    slos::measurements::{MeasurementFormat, read},
};

fuzz_target!(|input: (bool, bool, &[u8])| {
    let (csv, with_slo, bytes) = input;
    let format = if csv { MeasurementFormat::Csv } else { MeasurementFormat::NdJson };
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    match read(format, with_slo, bytes) {
        Ok(samples) => {
            for sample in samples {
                assert!((0..=sample.total).contains(&sample.good), "{sample:?}");
                assert!((1..=lines).contains(&sample.place), "{sample:?}");
                assert_eq!(sample.slo.is_some(), with_slo, "{sample:?}");
            }
        }
        Err(Failure::Invalid(faults)) => {
            let at_line = |line: Option<u64>| line.is_some_and(|line| (1..=lines).contains(&line));
            assert!(!faults.is_empty() && faults.iter().all(|fault| at_line(fault.line)), "{faults:?}");
        }
        Err(other) => panic!("{other}"),
    }
});
