//! What a log sends to a witness (C2SP tlog-witness): the checkpoint to be cosigned, and the proof that it continues the one
//! that the witness saw last.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::LogFault;
use super::checkpoint::SignedCheckpoint;
use super::note::MAX_NOTE_BYTES;
use crate::merkle::Hash;

/// Where a witness takes it, below its address.
pub const ADD_CHECKPOINT_PATH: &str = "/v1/witness/add-checkpoint";
/// Media type of the size that a witness saw last, in its answer 409.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";
/// Most hashes of a consistency proof (C2SP tlog-witness).
pub const MAX_PROOF_HASHES: usize = 63;
/// Most bytes of the whole: the old size, the proof's lines of 45 bytes, a note.
pub const MAX_ADD_CHECKPOINT_BYTES: usize = 64 + MAX_PROOF_HASHES * 45 + MAX_NOTE_BYTES;

/// The body of `POST /v1/witness/add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness saw last; 0 when it saw none.
    pub old: u64,
    /// That the checkpoint continues the tree of that size (RFC 6962 §2.1.2); empty from 0, and when nothing is new.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// The body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        [text.into_bytes(), self.checkpoint.to_bytes()].concat()
    }

    /// Reads the body. No signature is checked, and the proof is not.
    ///
    /// # Errors
    /// [`LogFault::Note`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LogFault> {
        if bytes.len() > MAX_ADD_CHECKPOINT_BYTES {
            return Err(LogFault::Note);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| LogFault::Note)?;
        let (head, note) = text.split_once("\n\n").ok_or(LogFault::Note)?;
        let mut lines = head.split('\n');
        let digits = lines.next().and_then(|line| line.strip_prefix("old ")).ok_or(LogFault::Note)?;
        let old: u64 = digits.parse().map_err(|_| LogFault::Note)?;
        // No sign, no leading zeros.
        if old.to_string() != digits {
            return Err(LogFault::Note);
        }
        let hash = |line: &str| STANDARD.decode(line).ok()?.try_into().ok();
        let proof: Vec<Hash> = lines.map(hash).collect::<Option<_>>().ok_or(LogFault::Note)?;
        if proof.len() > MAX_PROOF_HASHES {
            return Err(LogFault::Note);
        }
        Ok(Self { old, proof, checkpoint: SignedCheckpoint::from_bytes(note.as_bytes())? })
    }
}

#[cfg(test)]
mod tests {
    use pod_crypto::SigningKey;

    use super::*;
    use crate::ids::Principal;
    use crate::tlog::checkpoint::Checkpoint;

    fn body(proof: Vec<Hash>) -> AddCheckpoint {
        let checkpoint = Checkpoint { origin: Principal::new([8; 32]), size: 9, root: [7; 32] };
        AddCheckpoint {
            old: 5,
            proof,
            checkpoint: SignedCheckpoint::sign(checkpoint, &SigningKey::from_seed(&[1; 32])),
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        for proof in [Vec::new(), vec![[1; 32], [2; 32]], vec![[3; 32]; MAX_PROOF_HASHES]] {
            let body = body(proof);
            assert_eq!(AddCheckpoint::from_bytes(&body.to_bytes()), Ok(body));
        }
        let text = String::from_utf8(body(vec![[1; 32]]).to_bytes()).unwrap();
        for (from, to) in [("old 5", "old 05"), ("old 5", "old +5"), ("old 5", "size 5"), ("AQE", "AQ"), ("\n\n", "\n")]
        {
            assert_eq!(AddCheckpoint::from_bytes(text.replacen(from, to, 1).as_bytes()), Err(LogFault::Note), "{to}");
        }
        assert_eq!(AddCheckpoint::from_bytes(&body(vec![[3; 32]; 64]).to_bytes()), Err(LogFault::Note));
    }
}
