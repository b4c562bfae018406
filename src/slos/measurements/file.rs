//! Files of measurements: NDJSON, an object a line, and CSV with a header.

use super::{MOST_BUCKETS, MOST_EVENTS, MeasurementFormat};
use crate::kernel::{
    clock::Instant,
    csv::Records,
    failure::{Failure, Fault},
    merge::FAULTS,
};
use serde::Deserialize;
use std::{
    io::{BufRead, Read},
    sync::Arc,
};

/// A bucket as a file gives it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The line of the file on which it stands, or its place in an array of JSON.
    pub place: u64,
    /// The SLO's key or id; none when the path names it.
    pub slo: Option<Arc<str>>,
    pub at: Instant,
    pub good: i64,
    pub total: i64,
}

impl Sample {
    /// What is wrong with it on its own: the property, a word and a sentence.
    pub fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let range = 0..=MOST_EVENTS;
        match () {
            () if !range.contains(&self.total) => Some(("total", "range", "from 0 to 1,000,000,000,000")),
            () if !range.contains(&self.good) => Some(("good", "range", "from 0 to 1,000,000,000,000")),
            () if self.good > self.total => Some(("good", "too_large", "no more good events than events")),
            () if self.at.utc().timestamp_subsec_nanos() != 0 => Some(("at", "not_aligned", NOT_ALIGNED)),
            () => None,
        }
    }
}

pub const NOT_ALIGNED: &str = "a bucket starts at a whole multiple of the SLO's bucket_seconds";

const REQUIRED: &str = "this is required";

/// What is wrong with a line: the column, a word and a sentence.
type Wrong = (Option<&'static str>, &'static str, String);

/// Reads a whole file. `with_slo` says whether each bucket names its SLO.
///
/// # Errors
/// 422 with everything that is wrong with it, by line.
pub fn read(format: MeasurementFormat, with_slo: bool, file: impl Read) -> Result<Vec<Sample>, Failure> {
    let input = std::io::BufReader::with_capacity(1 << 16, file);
    let mut read = Samples { samples: Vec::new(), faults: Vec::new(), last: None };
    match format {
        MeasurementFormat::Csv => read.csv(with_slo, input)?,
        _ => read.ndjson(with_slo, input)?,
    }
    Failure::unless_empty(read.faults)?;
    Ok(read.samples)
}

struct Samples {
    samples: Vec<Sample>,
    faults: Vec<Fault>,
    /// The SLO of the bucket before: most files are sorted, and need its name once.
    last: Option<Arc<str>>,
}

impl Samples {
    /// Whether to go on.
    fn push(&mut self, line: u64, sample: Result<Sample, Wrong>) -> bool {
        let sample = sample.and_then(|sample| match sample.fault() {
            Some((property, code, detail)) => Err((Some(property), code, detail.to_owned())),
            None => Ok(sample),
        });
        match sample {
            Ok(_) if self.samples.len() >= MOST_BUCKETS => {
                let detail = format!("at most {MOST_BUCKETS} buckets at once; send the rest on its own");
                self.faults.push(Fault::line(line, None, "too_many", detail));
                return false;
            }
            Ok(sample) => self.samples.push(sample),
            Err((column, code, detail)) => self.faults.push(Fault::line(line, column, code, detail)),
        }
        self.faults.len() < FAULTS
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        match &self.last {
            Some(last) if **last == *name => last.clone(),
            _ => self.last.insert(Arc::from(name)).clone(),
        }
    }

    fn csv(&mut self, with_slo: bool, input: impl BufRead) -> Result<(), Failure> {
        let mut records = Records::new(input)?;
        let columns: &[&str] = if with_slo { &["slo", "at", "good", "total"] } else { &["at", "good", "total"] };
        let header = match records.following()? {
            Some(header) => header.map_err(|fault| Failure::Invalid(vec![fault]))?,
            None => return Err(Failure::Invalid(vec![Fault::line(1, None, "no_header", "the file has no header")])),
        };
        let named: Vec<_> = header.cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
        let places: Vec<_> = columns.iter().filter_map(|column| named.iter().position(|name| name == column)).collect();
        if places.len() < columns.len() || named.len() > columns.len() {
            let detail = format!("the columns are {}", columns.join(", "));
            return Err(Failure::Invalid(vec![Fault::line(header.line, None, "header", detail)]));
        }
        while let Some(record) = records.following()? {
            let go_on = match record {
                Err(fault) => {
                    self.faults.push(fault);
                    self.faults.len() < FAULTS
                }
                Ok(record) => {
                    let sample = self.record(record.line, with_slo, &places, &record.cells);
                    self.push(record.line, sample)
                }
            };
            if !go_on {
                break;
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        line: u64,
        with_slo: bool,
        places: &[usize],
        cells: &[Option<String>],
    ) -> Result<Sample, Wrong> {
        if cells.len() != places.len() {
            return Err((None, "cells", format!("{} cells where the header has {}", cells.len(), places.len())));
        }
        let cell = |at: usize, name: &'static str| {
            let cell = places.get(at).and_then(|&place| cells.get(place)).and_then(Option::as_deref);
            cell.ok_or((Some(name), "required", REQUIRED.to_owned()))
        };
        let first = usize::from(with_slo);
        let slo = if with_slo { Some(self.name(cell(0, "slo")?)) } else { None };
        let wrong = |name: &'static str, detail: String| (Some(name), "format", detail);
        let number = |at: usize, name: &'static str| {
            let text = cell(at, name)?;
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or_else(|| wrong(name, "a whole number".to_owned()))
        };
        let at = cell(first, "at")?.parse().map_err(|detail| wrong("at", detail))?;
        Ok(Sample { place: line, slo, at, good: number(first + 1, "good")?, total: number(first + 2, "total")? })
    }

    fn ndjson(&mut self, with_slo: bool, mut input: impl BufRead) -> Result<(), Failure> {
        let (mut text, mut line) = (Vec::new(), 0);
        loop {
            text.clear();
            if input.by_ref().take(LONGEST).read_until(b'\n', &mut text).map_err(Failure::internal)? == 0 {
                return Ok(());
            }
            line += 1;
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let long = text.len() as u64 >= LONGEST;
            let sample = if long {
                Err((None, "too_long", "a line is at most 64 KiB".to_owned()))
            } else {
                self.object(line, with_slo, &text)
            };
            if !self.push(line, sample) || long {
                return Ok(());
            }
        }
    }

    fn object(&mut self, line: u64, with_slo: bool, text: &[u8]) -> Result<Sample, Wrong> {
        let read: Line = serde_json::from_slice(text).map_err(|error| {
            // The library counts lines of its own, and there is always one.
            let said = error.to_string();
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said).to_owned();
            (None, "json", said)
        })?;
        let slo = match (read.slo, with_slo) {
            (Some(slo), true) => Some(self.name(&slo)),
            (None, false) => None,
            (None, true) => return Err((Some("slo"), "required", REQUIRED.to_owned())),
            (Some(_), false) => return Err((Some("slo"), "unknown_property", "the path names the SLO".to_owned())),
        };
        Ok(Sample { place: line, slo, at: read.at, good: read.good, total: read.total })
    }
}

/// The longest line of NDJSON, in bytes.
const LONGEST: u64 = 1 << 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    slo: Option<String>,
    at: Instant,
    good: i64,
    total: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(format: MeasurementFormat, with_slo: bool, text: &str) -> Vec<(u64, String)> {
        match read(format, with_slo, text.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(failure) => {
                failure.faults().iter().map(|fault| (fault.line.unwrap_or(0), fault.code.to_string())).collect()
            }
        }
    }

    #[test]
    fn both_formats_give_the_same() {
        let csv = "total,slo,at,good\n4,a,2026-10-01T00:00:00Z,3\n0,a,2026-10-01T02:00:00+01:00,0\n";
        let ndjson = "{\"slo\":\"a\",\"at\":\"2026-10-01T00:00:00Z\",\"good\":3,\"total\":4}\n\n\
                      {\"slo\":\"a\",\"at\":\"2026-10-01T01:00:00Z\",\"good\":0,\"total\":0}";
        let told = |format, text: &str| -> Vec<_> {
            let read = read(format, true, text.as_bytes()).unwrap();
            read.into_iter()
                .map(|one| (one.slo.unwrap().to_string(), one.at.to_string(), one.good, one.total))
                .collect()
        };
        let expected =
            [("a".into(), "2026-10-01T00:00:00Z".into(), 3, 4), ("a".into(), "2026-10-01T01:00:00Z".into(), 0, 0)];
        assert_eq!(told(MeasurementFormat::Csv, csv), expected);
        assert_eq!(told(MeasurementFormat::NdJson, ndjson), expected);
    }

    #[test]
    fn everything_wrong_is_told_by_line() {
        let csv = "at,good,total\n2026-10-01T00:00:00Z,5,4\nx,1,1\n2026-10-01T00:00:00Z,+1,1\n,1,1\n1,2\n\
                   2026-10-01T00:00:00Z,1,1000000000001\n2026-10-01T00:00:00Z,1e3,1\n2026-10-01T00:00:00.5Z,1,1\n";
        let expected = [
            (2, "too_large"),
            (3, "format"),
            (4, "format"),
            (5, "required"),
            (6, "cells"),
            (7, "range"),
            (8, "format"),
            (9, "not_aligned"),
        ];
        assert_eq!(faults(MeasurementFormat::Csv, false, csv), expected.map(|(line, code)| (line, code.to_owned())));
        assert_eq!(faults(MeasurementFormat::Csv, true, csv), [(1, "header".to_owned())]);
        let ndjson = "{\"at\":\"2026-10-01T00:00:00Z\",\"good\":1,\"good\":1,\"total\":1}\n\
                      {\"at\":\"2026-10-01T00:00:00Z\",\"good\":1.5,\"total\":2}\n[]\n\
                      {\"at\":\"2026-10-01T00:00:00Z\",\"good\":1,\"total\":2,\"bad\":1}\n\
                      {\"slo\":\"a\",\"at\":\"2026-10-01T00:00:00Z\",\"good\":1,\"total\":2}\n\
                      {\"at\":\"2026-10-01T00:00:00Z\",\"good\":1,\"total\":1e400}\n";
        let expected = [(1, "json"), (2, "json"), (3, "json"), (4, "json"), (5, "unknown_property"), (6, "json")];
        assert_eq!(
            faults(MeasurementFormat::NdJson, false, ndjson),
            expected.map(|(line, code)| (line, code.to_owned()))
        );
    }
}
