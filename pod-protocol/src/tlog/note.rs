//! Signed notes (C2SP signed-note): a text that people can read, and who signed it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::{PublicKey, sha256};

use super::LogFault;
use crate::ids::Principal;

/// Most signatures of a note: the log's, its next key's, and those of 62 witnesses; a country has some hundred members, of
/// which a log asks some.
pub const MAX_NOTE_SIGNATURES: usize = 64;
/// Most bytes of a note: three lines, and 64 signatures of 170 bytes.
pub const MAX_NOTE_BYTES: usize = 16 * 1024;

/// How each signature line begins.
const DASH: &str = "\u{2014} ";

/// What a signature in a note is, which is part of its key's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 over the text: the log's own.
    Ed25519,
    /// A witness's (C2SP tlog-cosignature): Ed25519 over a time and the text.
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// The id under which a key of `name` signs notes.
#[must_use]
pub fn key_id(name: &Principal, algorithm: Algorithm, key: &PublicKey) -> [u8; 4] {
    let digest = sha256(&[name.to_string().as_bytes(), b"\n", &[algorithm.byte()], &key.to_bytes()]);
    let [first, second, third, fourth, ..] = digest;
    [first, second, third, fourth]
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who signed. Names that are no principals are none of ours, and left out when a note is read.
    pub name: Principal,
    /// With which key.
    pub key_id: [u8; 4],
    /// The signature, in the form of its algorithm.
    pub blob: Vec<u8>,
}

impl NoteSignature {
    /// The line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let blob = STANDARD.encode([&self.key_id[..], &self.blob].concat());
        format!("{DASH}{} {blob}\n", self.name)
    }

    /// Reads a line without its end; `None` inside when its name is no principal.
    ///
    /// # Errors
    /// [`LogFault::Note`].
    pub fn from_line(line: &str) -> Result<Option<Self>, LogFault> {
        let (name, encoded) = line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(LogFault::Note)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| LogFault::Note)?;
        let (key_id, blob) = bytes.split_first_chunk().ok_or(LogFault::Note)?;
        if name.is_empty() || blob.is_empty() {
            return Err(LogFault::Note);
        }
        Ok(name.parse().ok().map(|name| Self { name, key_id: *key_id, blob: blob.to_vec() }))
    }
}

/// A text and its signatures, of which none has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, with the end of its last line.
    pub text: String,
    /// Who signed.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// As it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let lines: String = self.signatures.iter().map(NoteSignature::to_line).collect();
        format!("{}\n{lines}", self.text).into_bytes()
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`LogFault::Note`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LogFault> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(LogFault::Note);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| LogFault::Note)?;
        if whole.contains(|char: char| char < ' ' && char != '\n') {
            return Err(LogFault::Note);
        }
        let (text, signed) = whole.rsplit_once("\n\n").ok_or(LogFault::Note)?;
        let lines = signed.strip_suffix('\n').ok_or(LogFault::Note)?;
        if lines.split('\n').count() > MAX_NOTE_SIGNATURES {
            return Err(LogFault::Note);
        }
        let signatures = lines.split('\n').map(NoteSignature::from_line).filter_map(Result::transpose);
        let signatures: Vec<NoteSignature> = signatures.collect::<Result<_, _>>()?;
        // With lines of strangers alone nobody here could say whose note it is, and written again it would be none.
        if signatures.is_empty() {
            return Err(LogFault::Note);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }
}
