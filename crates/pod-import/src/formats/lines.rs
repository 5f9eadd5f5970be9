//! Lines of a file, counted as an editor counts them, each of bounded length, which can be put back.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _};

use super::{Encoding, FileFault, MAX_ROW_BYTES};

/// UTF-8's byte-order mark.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line.
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u64,
    /// With its terminator, which may be part of a text in quotation marks.
    bytes: Vec<u8>,
    /// Longer than [`MAX_ROW_BYTES`]: `bytes` holds its beginning only.
    pub(super) is_too_long: bool,
    /// Bytes of the file up to its end.
    end: u64,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What stands before the terminator.
    pub(super) fn content(&self) -> &[u8] {
        let bytes = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        if bytes.len() < self.bytes.len() { bytes.strip_suffix(b"\r").unwrap_or(bytes) } else { bytes }
    }

    /// `\n`, `\r\n`, or nothing at the end of the file.
    pub(super) fn terminator(&self) -> &[u8] {
        self.bytes.get(self.content().len()..).unwrap_or_default()
    }

    pub(super) fn into_content(mut self) -> Vec<u8> {
        let length = self.content().len();
        self.bytes.truncate(length);
        self.bytes
    }
}

pub(super) struct Lines<R> {
    reader: R,
    /// Lines that were read ahead and put back, first to come first.
    put_back: VecDeque<Line>,
    lines_read: u64,
    bytes_read: u64,
    bytes_done: u64,
}

impl<R> std::fmt::Debug for Lines<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lines({} read)", self.lines_read)
    }
}

impl<R: BufRead> Lines<R> {
    pub(super) fn open(reader: R, encoding: Encoding) -> Result<Self, FileFault> {
        let mut lines = Self { reader, put_back: VecDeque::new(), lines_read: 0, bytes_read: 0, bytes_done: 0 };
        if let Some(mut first) = lines.next_line()? {
            if first.bytes.starts_with(BYTE_ORDER_MARK) {
                if encoding != Encoding::Utf8WithMark {
                    return Err(FileFault::Heading(
                        "begins with UTF-8's byte-order mark; write encoding = \"utf-8-bom\" in the catalogue"
                            .to_owned(),
                    ));
                }
                first.bytes.drain(..BYTE_ORDER_MARK.len());
            }
            lines.put_back.push_front(first);
        }
        Ok(lines)
    }

    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.put_back.pop_front() {
            self.bytes_done = line.end;
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        // One byte beyond the limit tells a line of just this length from a longer one.
        let limit = MAX_ROW_BYTES as u64 + 1;
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.bytes_read += read as u64;
        let is_too_long = bytes.len() > MAX_ROW_BYTES;
        if is_too_long && !bytes.ends_with(b"\n") {
            self.bytes_read += self.reader.skip_until(b'\n')? as u64;
        }
        self.lines_read += 1;
        self.bytes_done = self.bytes_read;
        Ok(Some(Line { number: self.lines_read, bytes, is_too_long, end: self.bytes_read }))
    }

    /// Puts lines back, in the order in which they were read.
    pub(super) fn put_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.put_back.push_front(line);
        }
    }

    /// Bytes of the file up to the end of the last line that was taken.
    pub(super) fn bytes_done(&self) -> u64 {
        self.bytes_done
    }
}
