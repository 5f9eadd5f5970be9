//! Evidence: two checkpoints of one log that cannot both be true, as somebody found them.

use pod_crypto::sha256;

use super::LogFault;
use super::checkpoint::SignedCheckpoint;
use crate::codec::{Cbor, Claims, OBJECT_LIMITS, decode, encode, map};
use crate::ids::base64url;
use crate::refusal::{ClaimFault, Refusal};

/// Most pieces of one code in a folder: the first ones prove it, more of the same add nothing.
pub const MAX_EVIDENCE: usize = 64;
/// Most pieces that only show an older checkpoint (`log-truncated`): a question to the directory, and one that a directory can have
/// asked every 30 s.
pub const MAX_SHORTER: usize = 4;

/// What is kept when a directory was caught. Both notes are signed: whoever gets the file can check them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Why, by [`LogFault::code`].
    pub code: String,
    /// When it was noticed, in seconds since 1970.
    pub noticed_secs: u64,
    /// The note that was believed before.
    pub kept: Vec<u8>,
    /// The note that was shown.
    pub shown: Vec<u8>,
}

/// What two notes prove by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One size, two roots: whoever signed both has lied to somebody.
    TwoRoots,
    /// The log has become shorter: an old checkpoint shown again, by the directory or a mirror that lags.
    Shorter,
    /// Longer: whether it continues the other, only a consistency proof says, and none that holds was shown.
    NotContinued,
    /// The same checkpoint, or two logs: nothing.
    Nothing,
}

const CODE: i64 = 0;
const NOTICED: i64 = 1;
const KEPT: i64 = 2;
const SHOWN: i64 = 3;

impl Evidence {
    /// Under which name it lies in a folder: the same two checkpoints are one piece, however often they are shown.
    #[must_use]
    pub fn file_name(&self) -> String {
        let digest = base64url(&sha256(&[&self.kept, &self.shown]));
        format!("{}-{}.cbor", self.code, digest.get(..16).unwrap_or(&digest))
    }

    /// Whether a folder with files of these names has room for it. Each code has its own, so that questions keep no proof out.
    pub fn has_room(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> bool {
        let shorter = LogFault::Truncated { size: 0, kept: 0 }.code();
        let most = if self.code == shorter { MAX_SHORTER } else { MAX_EVIDENCE };
        let of_code = |name: &str| name.strip_prefix(&self.code).is_some_and(|rest| rest.starts_with('-'));
        names.into_iter().filter(|name| of_code(name.as_ref())).count() < most
    }

    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&map([
            (CODE, Some(Cbor::Text(self.code.clone()))),
            (NOTICED, Some(self.noticed_secs.into())),
            (KEPT, Some(Cbor::Bytes(self.kept.clone()))),
            (SHOWN, Some(Cbor::Bytes(self.shown.clone()))),
        ]))
    }

    /// Reads the encoding; both notes must be checkpoints.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(bytes, OBJECT_LIMITS)?)?;
        let evidence = Self {
            code: claims.text(CODE)?,
            noticed_secs: claims.time(NOTICED)?,
            kept: claims.bytes(KEPT)?,
            shown: claims.bytes(SHOWN)?,
        };
        claims.finish()?;
        for (claim, note) in [(KEPT, &evidence.kept), (SHOWN, &evidence.shown)] {
            SignedCheckpoint::from_bytes(note).map_err(|_| ClaimFault::OutOfRange { claim })?;
        }
        Ok(evidence)
    }

    /// The two checkpoints, the one that was believed first.
    ///
    /// # Errors
    /// [`LogFault::Note`], for evidence that was not read with [`Evidence::from_bytes`].
    pub fn checkpoints(&self) -> Result<[SignedCheckpoint; 2], LogFault> {
        Ok([SignedCheckpoint::from_bytes(&self.kept)?, SignedCheckpoint::from_bytes(&self.shown)?])
    }

    /// What the two prove, if both signatures of the log hold.
    ///
    /// # Errors
    /// As [`Evidence::checkpoints`].
    pub fn verdict(&self) -> Result<Verdict, LogFault> {
        let [kept, shown] = self.checkpoints()?;
        let (kept, shown) = (kept.unverified(), shown.unverified());
        if kept.origin != shown.origin || kept == shown {
            return Ok(Verdict::Nothing);
        }
        Ok(match shown.size.cmp(&kept.size) {
            std::cmp::Ordering::Equal => Verdict::TwoRoots,
            std::cmp::Ordering::Less => Verdict::Shorter,
            std::cmp::Ordering::Greater => Verdict::NotContinued,
        })
    }
}
