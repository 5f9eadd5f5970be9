//! CSV and TSV (RFC 4180): cells in quotation marks may hold delimiters, doubled marks and line breaks.
//!
//! Our own reader, because we want three things that the usual ones do not give: a bound on a row, the line numbers of
//! an editor under `\r\n` and line breaks in cells, and a way back. A mark that nobody closed would otherwise swallow
//! every row up to the next mark: when a row over several lines does not come out right, its first line alone is
//! refused and reading goes on with its second. The tests compare it with the `csv` crate.

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use super::lines::{Line, Lines};
use super::{BadRow, Cells, Encoding, FileFault, MAX_LINES_PER_ROW, MAX_ROW_BYTES, Row};
use crate::identity::contains_identity_code;

const NOT_CLOSED: &str = "a quotation mark is not closed";

#[derive(Debug)]
pub(super) struct Delimited<R> {
    lines: Lines<R>,
    delimiter: u8,
    encoding: Encoding,
    heading: Vec<String>,
}

impl<R: BufRead> Delimited<R> {
    pub(super) fn open(lines: Lines<R>, delimiter: u8, encoding: Encoding) -> Result<Self, FileFault> {
        let mut rows = Self { lines, delimiter, encoding, heading: Vec::new() };
        let first =
            rows.lines.next_line()?.ok_or_else(|| FileFault::Heading("is empty: it needs a heading".to_owned()))?;
        let (cells, rest) = rows.split(first)?;
        if !rest.is_empty() {
            return Err(FileFault::Heading("has a heading over several lines".to_owned()));
        }
        let cells = cells.map_err(|why| FileFault::Heading(format!("has a heading in which {why}")))?;
        for cell in cells {
            let name = encoding.decode(cell).map_err(|why| {
                FileFault::Heading(format!("has a heading that {why}: is `encoding` in the catalogue right?"))
            })?;
            if contains_identity_code(&name) {
                return Err(FileFault::Heading("has no heading: an identity code stands in its first line".to_owned()));
            }
            rows.heading.push(name.trim().to_owned());
        }
        let mut seen = BTreeSet::new();
        match rows.heading.iter().find(|name| !seen.insert(*name)) {
            Some(twice) => Err(FileFault::Heading(format!("has two columns `{twice}`"))),
            None => Ok(rows),
        }
    }

    pub(super) fn heading(&self) -> &[String] {
        &self.heading
    }

    pub(super) fn bytes_done(&self) -> u64 {
        self.lines.bytes_done()
    }

    pub(super) fn next_row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(first) = self.lines.next_line()? else { return Ok(None) };
            if first.content().is_empty() {
                continue;
            }
            let line = first.number;
            let cells = self.row_from(first)?;
            return Ok(Some(Row { line, cells }));
        }
    }

    fn row_from(&mut self, first: Line) -> io::Result<Result<Cells, BadRow>> {
        let (cells, rest) = self.split(first)?;
        let expected = self.heading.len();
        let cells = cells.and_then(|cells| match cells.len() {
            found if found == expected => Ok(cells),
            // Over several lines, most likely cells of the next rows: a mark that was left open.
            _ if !rest.is_empty() => Err(NOT_CLOSED.to_owned()),
            found => Err(format!("has {found} columns where the heading has {expected}")),
        });
        match cells {
            Ok(cells) => Ok(self.decode(cells).map(Cells::Delimited)),
            Err(why) => {
                self.lines.put_back(rest);
                Ok(Err(BadRow::new(why)))
            }
        }
    }

    fn decode(&self, cells: Vec<Vec<u8>>) -> Result<Vec<String>, BadRow> {
        let decode = |(cell, name): (Vec<u8>, &String)| self.encoding.decode(cell).map_err(|why| BadRow::at(name, why));
        cells.into_iter().zip(&self.heading).map(decode).collect()
    }

    /// The cells of the row that begins on `first`, and the further lines that it took.
    #[expect(clippy::type_complexity, reason = "a pair that lives for one call")]
    fn split(&mut self, first: Line) -> io::Result<(Result<Vec<Vec<u8>>, String>, Vec<Line>)> {
        let mut rest: Vec<Line> = Vec::new();
        let mut bytes = first.len();
        let mut splitter = Splitter::new(self.delimiter);
        if first.is_too_long {
            return Ok((Err(format!("is longer than {MAX_ROW_BYTES} bytes")), rest));
        }
        let mut step = splitter.line(first.content(), first.terminator());
        loop {
            match step {
                Err(why) => return Ok((Err(why.to_owned()), rest)),
                Ok(Step::Complete) => return Ok((Ok(splitter.cells), rest)),
                Ok(Step::Continues) => {}
            }
            let Some(next) = self.lines.next_line()? else { return Ok((Err(NOT_CLOSED.to_owned()), rest)) };
            bytes += next.len();
            let is_over = next.is_too_long || bytes > MAX_ROW_BYTES || rest.len() + 2 > MAX_LINES_PER_ROW;
            step = splitter.line(next.content(), next.terminator());
            rest.push(next);
            if is_over {
                return Ok((Err(NOT_CLOSED.to_owned()), rest));
            }
        }
    }
}

/// Whether a row ended with its line.
enum Step {
    Complete,
    /// The line ended within quotation marks.
    Continues,
}

enum State {
    CellStart,
    Bare,
    Quoted,
    /// After a mark within a quoted cell: its end, or the first of a doubled mark.
    Mark,
}

struct Splitter {
    delimiter: u8,
    state: State,
    cell: Vec<u8>,
    cells: Vec<Vec<u8>>,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::CellStart, cell: Vec::new(), cells: Vec::new() }
    }

    fn line(&mut self, content: &[u8], terminator: &[u8]) -> Result<Step, &'static str> {
        for &byte in content {
            self.byte(byte)?;
        }
        if let State::Quoted = self.state {
            self.cell.extend_from_slice(terminator);
            return Ok(Step::Continues);
        }
        self.end_cell();
        Ok(Step::Complete)
    }

    fn byte(&mut self, byte: u8) -> Result<(), &'static str> {
        match self.state {
            State::CellStart if byte == b'"' => self.state = State::Quoted,
            State::CellStart | State::Bare | State::Mark if byte == self.delimiter => self.end_cell(),
            State::CellStart | State::Bare => {
                self.state = State::Bare;
                self.cell.push(byte);
            }
            State::Quoted if byte == b'"' => self.state = State::Mark,
            State::Quoted => self.cell.push(byte),
            State::Mark if byte == b'"' => {
                self.state = State::Quoted;
                self.cell.push(byte);
            }
            State::Mark => return Err("text stands after a closing quotation mark"),
        }
        Ok(())
    }

    fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell));
        self.state = State::CellStart;
    }
}
