//! Bytes to rows: streaming, in constant memory, with the line numbers that a person sees in an editor.
//!
//! A row that cannot be divided into cells is a [`BadRow`]: the next one is read as if nothing had happened. Only a
//! file that fails as a whole (no heading, a byte-order mark where none is announced) stops the import, as a
//! [`FileFault`].

mod delimited;
mod encoding;
mod json_lines;
mod lines;

use std::io::BufRead;

use serde_json::{Map, Value};

use delimited::Delimited;
pub use encoding::Encoding;
use json_lines::JsonLines;
use lines::Lines;

use crate::identity::IdentityCode;

/// One row, at most. A record travels inside protocol objects of 64 KiB; a longer row is most likely a file of
/// another kind, or a quotation mark that nobody closed.
pub const MAX_ROW_BYTES: usize = 64 * 1024;

/// Lines of one row, at most: text in quotation marks may span lines, yet where a mark was forgotten we do not want to
/// look for it through the whole file.
pub const MAX_LINES_PER_ROW: usize = 64;

/// How a file is divided into rows and cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a heading, any delimiter, `\n` or `\r\n`.
    Delimited {
        /// The byte between cells.
        delimiter: u8,
    },
    /// One JSON object a line.
    JsonLines,
}

/// A row, and the line on which it begins, counted from 1.
#[derive(Debug)]
pub struct Row {
    /// The line on which the row begins; in a CSV file the heading is on line 1.
    pub line: u64,
    /// Its cells, or why it has none.
    pub cells: Result<Cells, BadRow>,
}

/// What a row holds.
pub enum Cells {
    /// One text for each column of the heading.
    Delimited(Vec<String>),
    /// An object.
    Json(Map<String, Value>),
}

/// Says how many cells there are, never what they hold.
impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Delimited(cells) => write!(f, "Delimited({} cells)", cells.len()),
            Self::Json(object) => write!(f, "Json({} properties)", object.len()),
        }
    }
}

/// Why a row does not become a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The column, where the fault belongs to one.
    pub field: Option<String>,
    /// What is wrong, without any value of the row.
    pub why: String,
    /// The person whom the row says to be under non-disclosure: that counts, whatever else is wrong with the row.
    pub protects: Option<IdentityCode>,
}

impl BadRow {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { field: None, why: why.into(), protects: None }
    }

    pub(crate) fn at(field: &str, why: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(why) }
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The system could not read it.
    #[error("cannot be read")]
    Unreadable(#[from] std::io::Error),
    /// Its beginning is not what the catalogue announces.
    #[error("{0}")]
    Heading(String),
}

/// The rows of one file.
#[derive(Debug)]
pub struct Rows<R>(Kind<R>);

#[derive(Debug)]
enum Kind<R> {
    Delimited(Delimited<R>),
    JsonLines(JsonLines<R>),
}

impl<R: BufRead> Rows<R> {
    /// Begins to read; the heading of a delimited file is read at once.
    ///
    /// # Errors
    /// [`FileFault`] as its variants say.
    pub fn open(reader: R, format: Format, encoding: Encoding) -> Result<Self, FileFault> {
        let lines = Lines::open(reader, encoding)?;
        Ok(Self(match format {
            Format::Delimited { delimiter } => Kind::Delimited(Delimited::open(lines, delimiter, encoding)?),
            Format::JsonLines => Kind::JsonLines(JsonLines::new(lines, encoding)),
        }))
    }

    /// The heading's columns; none for JSON lines.
    #[must_use]
    pub fn heading(&self) -> Option<&[String]> {
        match &self.0 {
            Kind::Delimited(rows) => Some(rows.heading()),
            Kind::JsonLines(_) => None,
        }
    }

    /// The next row, or none at the end of the file. Empty lines are no rows.
    ///
    /// # Errors
    /// Only what the system says when it cannot read.
    pub fn next_row(&mut self) -> std::io::Result<Option<Row>> {
        match &mut self.0 {
            Kind::Delimited(rows) => rows.next_row(),
            Kind::JsonLines(rows) => rows.next_row(),
        }
    }

    /// Bytes of the file up to the end of the last row.
    #[must_use]
    pub fn bytes_done(&self) -> u64 {
        match &self.0 {
            Kind::Delimited(rows) => rows.bytes_done(),
            Kind::JsonLines(rows) => rows.bytes_done(),
        }
    }
}
