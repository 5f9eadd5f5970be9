//! Judges what another implementation judges too: `cargo run -p pod-protocol --example judge`.
//!
//! Reads inputs from standard input until its end, and answers each on standard output, in their order:
//!
//! | direction | form |
//! |---|---|
//! | in | length of the kind (1 byte), kind (ASCII), length (4 bytes, big endian), bytes |
//! | out | 1 for accepted or 0 for refused (1 byte), length (4 bytes, big endian), what was read, encoded anew, or the code |
//!
//! The kind `keys` gives the public keys (an array of byte strings) that signatures are checked with from then on; no other input
//! changes anything. What a rule needs beside the object stands in the input, as an array; one that is malformed itself is refused
//! as `input`.
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod inputs;
mod objects;
mod registered;
mod rules;
mod told;

use std::io::{BufReader, BufWriter, ErrorKind, Read, Result, Write};

use inputs::Keys;
use told::Told;

fn main() -> Result<()> {
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut keys = Keys::default();
    while let Some((kind, bytes)) = next(&mut input)? {
        answer(&mut output, judge(&mut keys, &kind, &bytes))?;
        // Whoever waits for an answer before the next question gets it.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

fn judge(keys: &mut Keys, kind: &str, bytes: &[u8]) -> Told {
    if kind == "keys" {
        return keys.learn(bytes);
    }
    let told = objects::judge(keys, kind, bytes).or_else(|| rules::judge(keys, kind, bytes));
    told.unwrap_or_else(|| panic!("no such kind: {kind}"))
}

fn next(input: &mut impl Read) -> Result<Option<(String, Vec<u8>)>> {
    let mut length = [0];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut kind = vec![0; length[0].into()];
    input.read_exact(&mut kind)?;
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    input.read_exact(&mut bytes)?;
    Ok(Some((String::from_utf8(kind).map_err(std::io::Error::other)?, bytes)))
}

fn answer(output: &mut impl Write, told: Told) -> Result<()> {
    let (accepted, bytes) = match told {
        Ok(bytes) => (1, bytes),
        Err(refused) => (0, refused.0.as_bytes().to_vec()),
    };
    output.write_all(&[accepted])?;
    output.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes())?;
    output.write_all(&bytes)
}
