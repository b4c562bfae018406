//! A table of cells: a CSV file as it is, or as a mapping turns it, line by line.

use super::mappings::turn::Turn;
use crate::kernel::{
    csv::{Record, Records},
    failure::{Failure, Fault},
};
use std::io::{BufReader, Read};

/// A record whose cells stand under the columns of a resource.
#[derive(Debug)]
pub struct Line {
    pub line: u64,
    pub cells: Vec<Option<String>>,
    /// The columns of which the line says nothing: what is there stays.
    pub untold: Vec<usize>,
}

/// A file, from its header to its end.
pub struct Sheet<R> {
    file: Option<R>,
    records: Option<Records<BufReader<R>>>,
    turn: Option<Turn>,
}

impl<R: Read> Sheet<R> {
    /// The file as it is.
    #[cfg(test)]
    pub fn plain(file: R) -> Self {
        Self::new(file, None)
    }

    pub fn new(file: R, turn: Option<Turn>) -> Self {
        Self { file: Some(file), records: None, turn }
    }

    /// The file itself, for formats that are no table.
    pub fn file(&mut self) -> Result<R, Failure> {
        self.file.take().ok_or_else(|| Failure::internal("a file is read once"))
    }

    /// What the mapping that turned it has to tell of it.
    pub fn turned(self) -> Option<Turn> {
        self.turn
    }

    /// The headings.
    ///
    /// # Errors
    /// 422 for a file without any, and for one that has not what its mapping reads.
    pub fn header(&mut self) -> Result<Record, Failure> {
        let file = self.file()?;
        let mut records = Records::new(BufReader::with_capacity(1 << 16, file))?;
        if let Some(turn) = &self.turn {
            records = records.separated_by(turn.delimiter());
        }
        let header = match records.following()? {
            Some(header) => header.map_err(|fault| Failure::Invalid(vec![fault]))?,
            None => return Err(Failure::Invalid(vec![Fault::line(1, None, "no_header", "the file has no header")])),
        };
        self.records = Some(records);
        match &mut self.turn {
            None => Ok(header),
            Some(turn) => turn.header(&header),
        }
    }

    /// The next line, or what is wrong with it.
    ///
    /// # Errors
    /// When the file itself cannot be read.
    pub fn following(&mut self) -> Result<Option<Result<Line, Vec<Fault>>>, Failure> {
        let Some(records) = &mut self.records else { return Ok(None) };
        while let Some(record) = records.following()? {
            let line = match (record, &mut self.turn) {
                (Err(fault), _) => Some(Err(vec![fault])),
                (Ok(Record { line, cells }), None) => Some(Ok(Line { line, cells, untold: Vec::new() })),
                (Ok(record), Some(turn)) => turn.line(&record).transpose(),
            };
            if line.is_some() {
                return Ok(line);
            }
        }
        Ok(None)
    }
}
