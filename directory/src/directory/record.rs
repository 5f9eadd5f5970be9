//! An entry or a tombstone as it came: what a plan sets, what a store keeps, and what is remembered when it counts no more.

use pod_protocol::bucket::{Row, Signer};
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::{Kid, ObjectId, Principal};
use pod_protocol::merkle::Hash;
use pod_protocol::tlog::map::entry_hash;
use pod_protocol::{Refusal, Signed, Verified};

/// Where an entry stands: a holder has one under a tag.
pub(super) type Place = (Tag, Principal);

/// Of several entries in one place the one of the greatest age stands: newer wins, of two of the same second the greater id, so that
/// every copy chooses the same.
pub(super) type Age = (u64, ObjectId);

/// The age of an entry.
pub(super) fn age(entry: &Verified<HolderEntry>) -> Age {
    (entry.issued, entry.id())
}

/// What must be known of a place before something new can stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) age: Age,
    pub(super) remembered_until: u64,
}

/// An entry or a tombstone, and how long an older one under the same tag could come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    entry: HolderEntry,
    kid: Kid,
    signature: [u8; 64],
    id: ObjectId,
    /// Until when it must be known that something newer stood here: as long as what it replaced would still count.
    pub(super) remembered_until: u64,
    /// In its bucket's hash.
    pub(super) hash: Hash,
    pub(super) bytes: Box<[u8]>,
}

impl Record {
    /// What a store kept: it was verified when it came.
    pub(super) fn from_stored(bytes: &[u8], remembered_until: u64) -> Result<Self, Refusal> {
        Ok(Self::from(&Signed::decode(bytes)?).remembered(remembered_until))
    }

    pub(super) fn remembered(self, until: u64) -> Self {
        Self { remembered_until: self.remembered_until.max(until), ..self }
    }

    pub(super) fn place(&self) -> Place {
        (self.entry.tag, self.entry.holder)
    }

    pub(super) fn standing(&self) -> Standing {
        Standing { age: (self.entry.issued, self.id), remembered_until: self.remembered_until }
    }

    pub(super) fn counts(&self, now_secs: u64) -> bool {
        !self.entry.is_tombstone() && now_secs < self.entry.expires
    }

    pub(super) fn signer(&self) -> Signer {
        (self.entry.holder, self.kid)
    }

    /// As its bucket is handed out; none for a tombstone.
    pub(super) fn row(&self, signer: u32) -> Option<Row> {
        Row::of(&self.entry, signer, &self.signature)
    }
}

impl From<&Signed<HolderEntry>> for Record {
    fn from(signed: &Signed<HolderEntry>) -> Self {
        let entry = signed.unverified().clone();
        Self {
            kid: signed.kid(),
            signature: *signed.signature(),
            id: signed.id(),
            remembered_until: entry.expires,
            hash: entry_hash(signed.bytes()),
            bytes: signed.bytes().into(),
            entry,
        }
    }
}

impl From<&Verified<HolderEntry>> for Record {
    fn from(verified: &Verified<HolderEntry>) -> Self {
        Self {
            entry: HolderEntry::clone(verified),
            kid: verified.thumbprint().kid(),
            signature: *verified.signature(),
            id: verified.id(),
            remembered_until: verified.expires,
            hash: entry_hash(verified.bytes()),
            bytes: verified.bytes().into(),
        }
    }
}
