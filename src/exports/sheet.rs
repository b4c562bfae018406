//! CSV as RFC 4180 has it, and one thing it leaves open: null is an empty cell, empty text is `""`.

use super::{
    Selection,
    word::{Moment, Word},
};
use crate::kernel::{
    failure::Failure,
    money::{Quantity, SCALE},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::io::{self, Write};

/// How much is handed on at once, in bytes.
pub const CHUNK: usize = 64 << 10;
/// What makes a spreadsheet read UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file under way. Cells are put in the order of the dataset's columns; which of them are
/// written, and in which order, the selection decides.
pub struct Sheet<'a> {
    product: &'a str,
    selection: &'a Selection,
    out: &'a mut dyn Write,
    /// Lines that are finished and not handed on yet.
    lines: Vec<u8>,
    /// The cells of the line under way, and where each of them ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Sheet<'a> {
    /// Begins with the header.
    pub fn begin(product: &'a str, selection: &'a Selection, out: &'a mut dyn Write) -> Result<Self, Failure> {
        let mut sheet =
            Self { product, selection, out, lines: Vec::with_capacity(CHUNK * 2), cells: Vec::new(), ends: Vec::new() };
        if selection.excel {
            sheet.lines.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
        }
        for column in selection.dataset.columns {
            sheet.put(column.name);
        }
        sheet.end()?;
        Ok(sheet)
    }

    /// Begins a row that is there: its product, and that it was not deleted.
    pub fn row(&mut self) -> &mut Self {
        self.put(self.product).null()
    }

    pub fn put(&mut self, cell: impl Cell) -> &mut Self {
        let start = self.cells.len();
        cell.write(&mut self.cells);
        if cell.is_text() {
            self.quote(start);
        }
        self.ends.push(self.cells.len());
        self
    }

    pub fn null(&mut self) -> &mut Self {
        self.ends.push(self.cells.len());
        self
    }

    /// An amount as it is kept: whole units and 10⁻¹² parts.
    pub fn amount(&mut self, units: i64, parts: i64) -> &mut Self {
        fixed(i128::from(units) * 10_i128.pow(SCALE) + i128::from(parts), &mut self.cells);
        self.null()
    }

    /// Ends the row.
    ///
    /// # Errors
    /// When what it is written to cannot take it.
    pub fn end(&mut self) -> Result<(), Failure> {
        if self.ends.len() != self.selection.dataset.columns.len() {
            return Err(Failure::internal(format!("a row of {} has other columns", self.selection.dataset.name)));
        }
        for (at, &column) in self.selection.columns.iter().enumerate() {
            if at > 0 {
                self.lines.push(b',');
            }
            let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
            self.lines.extend_from_slice(&self.cells[start..self.ends[column]]);
        }
        self.lines.extend_from_slice(b"\r\n");
        self.cells.clear();
        self.ends.clear();
        if self.lines.len() >= CHUNK { self.hand_on() } else { Ok(()) }
    }

    /// Hands on what is left.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.hand_on()?;
        self.out.flush().map_err(|error| of_output(&error))
    }

    fn hand_on(&mut self) -> Result<(), Failure> {
        self.out.write_all(&self.lines).map_err(|error| of_output(&error))?;
        self.lines.clear();
        Ok(())
    }

    /// Makes the text from `start` on a cell: defused for a spreadsheet, and quoted where it must be.
    fn quote(&mut self, start: usize) {
        let text = &self.cells[start..];
        if self.selection.excel && text.first().is_some_and(|first| b"=+-@\t\r".contains(first)) {
            self.cells.insert(start, b'\'');
        }
        let text = &self.cells[start..];
        if !text.is_empty() && !text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
            return;
        }
        let text = self.cells.split_off(start);
        self.cells.push(b'"');
        for part in text.split_inclusive(|&byte| byte == b'"') {
            self.cells.extend_from_slice(part);
            if part.ends_with(b"\"") {
                self.cells.push(b'"');
            }
        }
        self.cells.push(b'"');
    }
}

/// Whoever reads has gone, or the disk is full: neither is a defect.
fn of_output(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::StorageFull,
        _ => Failure::Unavailable { retry_after: 1 },
    }
}

/// Writes a number of 10⁻¹² parts, without zeros at the end.
fn fixed(parts: i128, out: &mut Vec<u8>) {
    let scale = 10_u128.pow(SCALE);
    let (whole, mut fraction) = (parts.unsigned_abs() / scale, parts.unsigned_abs() % scale);
    if parts < 0 {
        out.push(b'-');
    }
    print(out, format_args!("{whole}"));
    if fraction > 0 {
        let mut digits = SCALE as usize;
        while fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        print(out, format_args!(".{fraction:0digits$}"));
    }
}

fn print(out: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    // Memory takes whatever is written to it.
    let _ = out.write_fmt(what);
}

/// What can be put in a cell.
pub trait Cell {
    fn write(&self, out: &mut Vec<u8>);

    /// Whether it is text, which is quoted and defused where it must be; other cells never are.
    fn is_text(&self) -> bool {
        false
    }
}

impl Cell for &str {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn is_text(&self) -> bool {
        true
    }
}

impl Cell for &Word {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().write(out);
    }

    fn is_text(&self) -> bool {
        true
    }
}

impl Cell for Moment {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

macro_rules! printed {
    ($($type:ty),+) => {$(
        impl Cell for $type {
            fn write(&self, out: &mut Vec<u8>) {
                print(out, format_args!("{self}"));
            }
        }
    )+};
}

printed!(i64, bool, Decimal, NaiveDate, Quantity);

impl<C: Cell> Cell for Option<C> {
    fn write(&self, out: &mut Vec<u8>) {
        if let Some(cell) = self {
            cell.write(out);
        }
    }

    fn is_text(&self) -> bool {
        self.as_ref().is_some_and(Cell::is_text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::{from_columns, to_columns};
    use proptest::prelude::*;

    fn shown(parts: i128) -> String {
        let mut out = Vec::new();
        fixed(parts, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fixed_numbers_have_no_needless_digits() {
        let one = 1_000_000_000_000;
        assert_eq!(shown(0), "0");
        assert_eq!(shown(1234 * one + one / 2), "1234.5");
        assert_eq!(shown(-one / 10), "-0.1");
        assert_eq!(shown(1), "0.000000000001");
        assert_eq!(shown(10 * one), "10");
    }

    proptest! {
        #[test]
        fn an_amount_is_written_as_the_decimal_is(units in -999_999_999_999_i64..999_999_999_999,
                                                  parts in 0..1_000_000_000_000_i64) {
            let decimal = from_columns(units, parts);
            prop_assert_eq!(to_columns(decimal), (units, parts));
            prop_assert_eq!(shown(i128::from(units) * 1_000_000_000_000 + i128::from(parts)), decimal.to_string());
        }
    }
}
