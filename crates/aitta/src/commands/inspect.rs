//! `aitta inspect`: any protocol object in words.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use pod_protocol::ids::from_base64url;
use pod_protocol::inspect::{advice, inspect};
use pod_protocol::registry::SNAPSHOT_LIMITS;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Nothing in the protocol is larger than a snapshot of the registry; as text it takes twice as many bytes.
const MAX_INPUT_BYTES: usize = 2 * SNAPSHOT_LIMITS.bytes;
/// Every object of the protocol begins with a CBOR array, map or tag: a byte from here on. Text begins below.
const FIRST_BYTE_OF_OBJECTS: u8 = 0x80;

/// Say in words what a protocol object is: a grant, a receipt, a revocation, a key event and so on.
///
/// Signatures are not checked: nothing here knows whose keys are whose.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The object, raw or as text (base64url, base64 or hex); `-` reads standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Inspect {
    /// Reads the object and says what it is.
    pub(crate) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let shown = self.file.display();
        let bytes = object_bytes(self.read()?).ok_or_else(|| {
            Failure::usage(format!("{shown} is neither an object nor base64url or hex of one")).advise(
                "Give the bytes of a signed object as they were received, or their base64url as it stands in JSON.",
            )
        })?;
        let inspection = inspect(&bytes);
        if let Some(refusal) = inspection.refusal {
            let failure = Failure::of(Exit::Refused, refusal.code(), refusal);
            return Err(Failure {
                message: format!("{shown} is {}: {}", inspection.title, failure.message),
                ..failure.advise(advice(refusal))
            });
        }
        output.result(&inspection, &json!({ "title": inspection.title, "object": inspection.json }));
        Ok(Exit::Done)
    }

    fn read(&self) -> Result<Vec<u8>, Failure> {
        let limit = MAX_INPUT_BYTES as u64 + 1;
        let mut bytes = Vec::new();
        let read = if self.file.as_os_str() == "-" {
            io::stdin().lock().take(limit).read_to_end(&mut bytes)
        } else {
            File::open(&self.file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
        };
        let shown = self.file.display();
        read.map_err(|source| {
            Failure::usage(format!("cannot read {shown}"))
                .because(source)
                .advise("Give the path of a file that this account may read, or `-` for standard input.")
        })?;
        if bytes.len() > MAX_INPUT_BYTES {
            return Err(Failure::usage(format!("{shown} is longer than any object: {MAX_INPUT_BYTES} bytes at most"))
                .advise("Give one object; a log is checked with `aitta audit verify`."));
        }
        Ok(bytes)
    }
}

/// The object's bytes, out of whichever form it came in.
pub(crate) fn object_bytes(input: Vec<u8>) -> Option<Vec<u8>> {
    if input.first().is_none_or(|first| *first >= FIRST_BYTE_OF_OBJECTS) {
        return (!input.is_empty()).then_some(input);
    }
    let text: String = String::from_utf8(input).ok()?.split_whitespace().collect();
    let text = text.trim_matches('"');
    // An object's first byte is 0x80 or more: hex begins with 8 to f, base64 with a letter from g on or a digit.
    hex(text).or_else(|| from_base64url(&text.trim_end_matches('=').replace('+', "-").replace('/', "_")).ok())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect();
    bytes.filter(|bytes| rest.is_empty() && bytes.first().is_some_and(|first| *first >= FIRST_BYTE_OF_OBJECTS))
}
