//! CSV by RFC 4180, read strictly: a quote in the wrong place or one that is never closed would
//! otherwise swallow rows without a word. The line of a record is the one it starts on.

use crate::kernel::failure::{Failure, Fault};
use std::io::{BufRead, Read};

/// The longest record, in bytes: what a quote that is never closed can take at most.
const LONGEST: u64 = 1 << 20;

/// One record: its cells, `None` where there is nothing between the commas.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    pub line: u64,
    pub cells: Vec<Option<String>>,
}

/// The records of a file, one after the other.
pub struct Records<R> {
    input: R,
    /// What stands between two cells.
    delimiter: u8,
    /// The next line of the file.
    line: u64,
    broken: bool,
}

/// Where in a record the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote that closes the cell, unless another one follows.
    Closed,
}

impl<R: BufRead> Records<R> {
    /// Skips a byte order mark.
    pub fn new(mut input: R) -> Result<Self, Failure> {
        if input.fill_buf().map_err(Failure::internal)?.starts_with("\u{feff}".as_bytes()) {
            input.consume(3);
        }
        Ok(Self { input, delimiter: b',', line: 1, broken: false })
    }

    /// The same, with something else between the cells.
    pub fn separated_by(self, delimiter: u8) -> Self {
        Self { delimiter, ..self }
    }

    /// The next record that is not blank, or what is wrong with it.
    ///
    /// # Errors
    /// When the file itself cannot be read.
    pub fn following(&mut self) -> Result<Option<Result<Record, Fault>>, Failure> {
        while !self.broken {
            let start = self.line;
            match self.read()? {
                Ok(None) => return Ok(None),
                Ok(Some(cells)) if cells == [None] => {}
                Ok(Some(cells)) => return Ok(Some(Ok(Record { line: start, cells }))),
                Err((code, detail)) => return Ok(Some(Err(Fault::line(start, None, code, detail)))),
            }
        }
        Ok(None)
    }

    #[allow(clippy::type_complexity)] // Cells or a fault's code and detail: used here only.
    fn read(&mut self) -> Result<Result<Option<Vec<Option<String>>>, (&'static str, &'static str)>, Failure> {
        let (mut at, mut cell, mut cells, mut fault) = (At::Start, Vec::new(), Vec::new(), None);
        let (mut text, mut size) = (Vec::new(), 0);
        loop {
            text.clear();
            let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut text).map_err(Failure::internal)?;
            size += read as u64;
            if size >= LONGEST {
                self.broken = true;
                return Ok(Err(("too_long", "a record of more than 1 MiB: is a quote left open?")));
            }
            if read == 0 {
                self.broken = true;
                match at {
                    At::Quoted => return Ok(Err(("quote", "the quote that opens here is never closed"))),
                    _ if size == 0 => return Ok(Ok(None)),
                    _ => break,
                }
            }
            self.line += 1;
            let line = text.strip_suffix(b"\r\n").or(text.strip_suffix(b"\n")).unwrap_or(&text);
            for &byte in line {
                at = match (at, byte) {
                    (At::Start, b'"') => At::Quoted,
                    (At::Quoted, b'"') => At::Closed,
                    (At::Start | At::Plain | At::Closed, byte) if byte == self.delimiter => {
                        cells.push(std::mem::take(&mut cell));
                        At::Start
                    }
                    (At::Plain, b'"') => {
                        fault = Some(("quote", "a cell with a quote in it stands in quotes, and the quote twice"));
                        At::Plain
                    }
                    (At::Closed, byte) if byte != b'"' => {
                        fault = Some(("quote", "there is text behind a closing quote"));
                        At::Plain
                    }
                    (At::Start | At::Plain, byte) => {
                        cell.push(byte);
                        At::Plain
                    }
                    // Behind a closing quote only a second quote is left: the two mean one.
                    (At::Quoted | At::Closed, byte) => {
                        cell.push(byte);
                        At::Quoted
                    }
                };
            }
            if at != At::Quoted || fault.is_some() {
                break;
            }
            cell.extend_from_slice(&text[line.len()..]);
        }
        cells.push(cell);
        Ok(match fault {
            Some(fault) => Err(fault),
            None => cells.into_iter().map(text_of).collect::<Result<_, _>>().map(Some),
        })
    }
}

fn text_of(cell: Vec<u8>) -> Result<Option<String>, (&'static str, &'static str)> {
    match String::from_utf8(cell) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) if text.contains('\0') => Err(("nul", "text may not hold U+0000")),
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(("encoding", "this is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Read = Vec<Result<(u64, Vec<String>), (u64, String)>>;

    fn read(file: &[u8]) -> Read {
        let mut records = Records::new(file).unwrap();
        let mut all = Vec::new();
        while let Some(record) = records.following().unwrap() {
            all.push(match record {
                Ok(record) => Ok((record.line, record.cells.into_iter().map(Option::unwrap_or_default).collect())),
                Err(fault) => Err((fault.line.unwrap(), fault.code.into_owned())),
            });
        }
        all
    }

    fn cells(line: u64, cells: &[&str]) -> Result<(u64, Vec<String>), (u64, String)> {
        Ok((line, cells.iter().map(|&cell| cell.to_owned()).collect()))
    }

    #[test]
    fn a_record_is_named_by_the_line_it_starts_on() {
        let file = b"\xef\xbb\xbfa,b\r\n\r\n\"two\r\nlines\",\"say \"\"hi\"\"\"\r\n1,\r\n,\"\"";
        let expected = [
            cells(1, &["a", "b"]),
            cells(3, &["two\r\nlines", "say \"hi\""]),
            cells(5, &["1", ""]),
            cells(6, &["", ""]),
        ];
        assert_eq!(read(file), expected);
        let unix = String::from_utf8(file.to_vec()).unwrap().replace("\r\n", "\n");
        assert_eq!(read(unix.as_bytes()).last(), expected.last());
    }

    #[test]
    fn what_would_swallow_rows_is_a_fault_of_its_line() {
        let fault = |line, code: &str| Err((line, code.to_owned()));
        assert_eq!(
            read(b"a\n5\" disk\n\"x\"y\nb\n\"open\nc\n"),
            [cells(1, &["a"]), fault(2, "quote"), fault(3, "quote"), cells(4, &["b"]), fault(5, "quote")]
        );
        assert_eq!(read(b"a\n\xff\nx\0\n"), [cells(1, &["a"]), fault(2, "encoding"), fault(3, "nul")]);
        let long = [b"a\n\"".as_slice(), &vec![b'x'; 1 << 21]].concat();
        assert_eq!(read(&long), [cells(1, &["a"]), fault(2, "too_long")]);
        assert_eq!(read(b""), []);
    }

    proptest! {
        #[test]
        fn what_is_written_by_the_rules_is_read_back(rows in prop::collection::vec(
            prop::collection::vec("[a\",\r\nü ]{1,6}", 2..4), 1..6)) {
            let mut file = csv::Writer::from_writer(Vec::new());
            let mut written = Vec::new();
            for row in &rows {
                let row = [row.as_slice(), &vec!["x".to_owned(); 4 - row.len()]].concat();
                file.write_record(&row).unwrap();
                written.push(row);
            }
            let read: Vec<_> = read(&file.into_inner().unwrap()).into_iter().map(|one| one.unwrap().1).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn no_bytes_are_too_strange(
            file in prop::collection::vec(prop::sample::select(b"a,\"\r\n\x00\xff".to_vec()), 0..40)
        ) {
            read(&file);
        }
    }
}
