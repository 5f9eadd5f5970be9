//! `aitta inspect`: any protocol object in words.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use pod_crypto::PublicKey;
use pod_protocol::ids::from_base64url;
use pod_protocol::inspect::{Inspection, ProofFile, ProofFileFault, advice, inspect_with};
use pod_protocol::registry::SNAPSHOT_LIMITS;
use serde_json::json;

use crate::commands::audit::public_key;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Nothing in the protocol is larger than a snapshot of the registry; as text it takes twice as many bytes.
const MAX_INPUT_BYTES: usize = 2 * SNAPSHOT_LIMITS.bytes;
/// Every object of the protocol begins with a CBOR array, map or tag: a byte from here on. Text begins below.
const FIRST_BYTE_OF_OBJECTS: u8 = 0x80;

/// Say in words what a protocol object is (a grant, a receipt, a revocation, a key event and so on), or what a wallet's proof proves.
///
/// Nothing here knows whose keys are whose: signatures are checked with --key. Then it ends with 6 when one does not hold, or when
/// what is said to prove a lie proves nothing.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The object, raw or as text (base64url, base64 or hex), or the file that a wallet gave as a proof; `-` reads standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// A public key of whoever is said to have signed: base64url, as `/.well-known/aitta` and the registry show it. Give all of them.
    // A key may begin with a hyphen.
    #[arg(long = "key", value_name = "KEY", value_parser = public_key, allow_hyphen_values = true)]
    keys: Vec<PublicKey>,
}

impl Inspect {
    /// Reads the object and says what it is.
    pub(crate) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let input = self.read()?;
        let inspection = if is_json(&input) { self.proof(&input)? } else { self.object(input)? };
        output.result(&inspection, &json!({ "title": inspection.title, "object": inspection.json }));
        Ok(if inspection.holds == Some(false) { Exit::EvidenceBroken } else { Exit::Done })
    }

    fn object(&self, input: Vec<u8>) -> Result<Inspection, Failure> {
        let shown = self.file.display();
        let bytes = object_bytes(input).ok_or_else(|| {
            Failure::usage(format!("{shown} is neither an object nor base64url or hex of one")).advise(
                "Give the bytes of a signed object as they were received, or their base64url as it stands in JSON.",
            )
        })?;
        let inspection = inspect_with(&bytes, &self.keys);
        let Some(refusal) = inspection.refusal else { return Ok(inspection) };
        let failure = Failure::of(Exit::Refused, refusal.code(), refusal);
        Err(Failure {
            message: format!("{shown} is {}: {}", inspection.title, failure.message),
            ..failure.advise(advice(refusal))
        })
    }

    fn proof(&self, text: &[u8]) -> Result<Inspection, Failure> {
        let proof = ProofFile::from_json(text).map_err(|fault| {
            let advice = match &fault {
                ProofFileFault::Shape(_) => "Give the file as the wallet saved it, whole, or one object alone.",
                ProofFileFault::Object { .. } | ProofFileFault::Differs { .. } => {
                    "It was changed after the wallet saved it, and proves nothing as it is: ask for the file anew."
                }
            };
            let code = fault.code();
            Failure::of(Exit::Refused, code, fault).advise(advice)
        })?;
        Ok(proof.inspect(&self.keys))
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

/// What a wallet gives as a proof is JSON; no object of the protocol is, in any form.
fn is_json(input: &[u8]) -> bool {
    input.trim_ascii_start().starts_with(b"{")
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
