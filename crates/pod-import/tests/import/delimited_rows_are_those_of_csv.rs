//! Our reader of delimited files, which bounds rows and counts lines, against the `csv` crate.

use std::io::BufReader;

use pod_import::formats::{Cells, Encoding, Format, Rows};
use proptest::prelude::*;

/// Cells and lines of all rows.
fn ours(bytes: &[u8], delimiter: u8) -> Vec<(u64, Result<Vec<String>, String>)> {
    // A small buffer: a line must not depend on where reads end.
    let reader = BufReader::with_capacity(7, bytes);
    let mut rows = Rows::open(reader, Format::Delimited { delimiter }, Encoding::Utf8).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        let cells = row.cells.map_err(|bad| bad.why).map(|cells| match cells {
            Cells::Delimited(cells) => cells,
            Cells::Json(_) => panic!("not JSON"),
        });
        all.push((row.line, cells));
    }
    assert_eq!(rows.bytes_done(), bytes.len() as u64);
    all
}

fn cell() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof!["[a-zåäö]", Just("\"".to_owned()), "[,;\t]", "\r?\n", Just(" ".to_owned())],
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_csv_writes_we_read(
        table in proptest::collection::vec(proptest::collection::vec(cell(), 3), 0..6),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        ends_crlf in any::<bool>(),
    ) {
        let terminator = if ends_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();

        let mut line = 2;
        let mut expected = Vec::new();
        for row in &table {
            expected.push((line, Ok(row.clone())));
            line += 1 + row.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        }
        prop_assert_eq!(ours(&bytes, delimiter), expected);
    }

    #[test]
    fn no_bytes_lose_a_line(body in "[ab,\"\n\r]{0,60}") {
        let text = format!("a,b\n{body}");
        // Each row takes its first line, and only a good one takes more: whatever stands there, every line that is
        // not empty is part of a row or refused.
        let rows = ours(text.as_bytes(), b',');
        let mut next = 2;
        let lines: Vec<&str> = text.split('\n').collect();
        for (line, cells) in rows {
            for skipped in next..line {
                let skipped = lines[usize::try_from(skipped).unwrap() - 1];
                prop_assert!(skipped.is_empty() || skipped == "\r", "line {} was lost", skipped);
            }
            let breaks = cells.map_or(0, |cells| cells.iter().map(|cell| cell.matches('\n').count() as u64).sum());
            next = line + 1 + breaks;
        }
    }
}
