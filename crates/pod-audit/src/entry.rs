//! What an entry says in the open, and how it lies in the log.
//!
//! `entry = [public: bstr .cbor [version, salt, time, kind, pod / null, request / null, grants / null], sealed: bstr / null]`,
//! deterministic CBOR. The salt keeps anybody who has only a leaf's hash from guessing what the entry says.

use pod_crypto::{AeadKey, Random, random_array};
use pod_protocol::codec::{Cbor, decode, encode};
use pod_protocol::ids::{Cti, GrantId, Kid, RequestId};
use pod_protocol::merkle::{Hash, leaf_hash};

use crate::fault::EntryFault;
use crate::limits::{ENTRY_LIMITS, MAX_ENTRY_BYTES};
use crate::personal::PersonalPart;

/// The format version of entries.
const ENTRY_VERSION: u64 = 1;
/// Bytes of the random salt in each entry.
const SALT_BYTES: usize = 16;
/// The latest time that every reader can hold (2^53 - 1).
const LATEST_TIME: u64 = (1 << 53) - 1;
/// Most links of a chain of grants (protocol.md, "Chain rules").
const MAX_CHAIN: usize = 4;

/// What an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum EntryKind {
    /// Fields were released.
    Disclosure = 1,
    /// An authenticated caller was turned down.
    Refusal = 2,
    /// A wallet's own act: deposit, revoke, restrict, object, read, export, erase.
    Command = 3,
    /// A register was imported into the pod.
    Import = 4,
    /// Another organisation cosigned a tree head.
    HeadCosigned = 5,
    /// A service was told that grants under which it had data no longer count.
    Notice = 6,
    /// A service said what it did about that.
    NoticeAnswer = 7,
}

impl EntryKind {
    const ALL: [Self; 7] = [
        Self::Disclosure,
        Self::Refusal,
        Self::Command,
        Self::Import,
        Self::HeadCosigned,
        Self::Notice,
        Self::NoticeAnswer,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Disclosure => "disclosure",
            Self::Refusal => "refusal",
            Self::Command => "command",
            Self::Import => "import",
            Self::HeadCosigned => "head-cosigned",
            Self::Notice => "notice",
            Self::NoticeAnswer => "notice-answer",
        }
    }
}

/// Stands for a pod in the open part of entries: tells nobody without the node's key which pod it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodTag([u8; 16]);

impl PodTag {
    /// Takes what the vault derives from the pod's id under the node's tag key (`docs/data-model.md`).
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// What the replay window needs to know of a request after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMark {
    /// The request's id.
    pub id: RequestId,
    /// Its `cti`, unique for its signer.
    pub cti: Cti,
    /// Which key signed it.
    pub kid: Kid,
    /// When it was signed, in seconds since 1970.
    pub issued_secs: u64,
}

/// Uses of a chain of grants, for the counters of all its links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantUse {
    chain: Vec<GrantId>,
    uses: u32,
}

impl GrantUse {
    /// `uses` of the grants in `chain`, root first and leaf last.
    ///
    /// # Errors
    /// [`EntryFault::Chain`] when there are 0 or more than 4.
    pub fn new(chain: Vec<GrantId>, uses: u32) -> Result<Self, EntryFault> {
        if chain.is_empty() || chain.len() > MAX_CHAIN { Err(EntryFault::Chain) } else { Ok(Self { chain, uses }) }
    }

    /// The whole chain, root first.
    #[must_use]
    pub fn chain(&self) -> &[GrantId] {
        &self.chain
    }

    /// The grant of the citizen or representative.
    #[must_use]
    pub fn root(&self) -> Option<&GrantId> {
        self.chain.first()
    }

    /// The grant that was used.
    #[must_use]
    pub fn leaf(&self) -> Option<&GrantId> {
        self.chain.last()
    }

    /// How many uses are counted.
    #[must_use]
    pub fn uses(&self) -> u32 {
        self.uses
    }
}

/// The part of an entry that is not sealed: what a node needs at start without any pod's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPart {
    /// When, in seconds since 1970 (1 to 2^53 - 1).
    pub time_secs: u64,
    /// What happened.
    pub kind: EntryKind,
    /// Whose pod; `None` when no pod was found.
    pub pod: Option<PodTag>,
    /// The request that caused it.
    pub request: Option<RequestMark>,
    /// The uses that it counts.
    pub grants: Option<GrantUse>,
}

impl PublicPart {
    fn to_cbor(&self, salt: [u8; SALT_BYTES]) -> Cbor {
        let request = self.request.map_or(Cbor::Null, |request| {
            Cbor::Array(vec![
                Cbor::Bytes(request.id.as_bytes().to_vec()),
                Cbor::Bytes(request.cti.as_bytes().to_vec()),
                Cbor::Bytes(request.kid.as_bytes().to_vec()),
                request.issued_secs.into(),
            ])
        });
        let grants = self.grants.as_ref().map_or(Cbor::Null, |grants| {
            let chain = grants.chain.iter().map(|grant| Cbor::Bytes(grant.as_bytes().to_vec())).collect();
            Cbor::Array(vec![Cbor::Array(chain), grants.uses.into()])
        });
        Cbor::Array(vec![
            ENTRY_VERSION.into(),
            Cbor::Bytes(salt.to_vec()),
            self.time_secs.into(),
            (self.kind as u8).into(),
            self.pod.map_or(Cbor::Null, |pod| Cbor::Bytes(pod.0.to_vec())),
            request,
            grants,
        ])
    }

    fn from_cbor(bytes: &[u8]) -> Result<Self, EntryFault> {
        let mut items = items(decode(bytes, ENTRY_LIMITS).map_err(|_| EntryFault::Shape)?)?.into_iter();
        let mut next = || items.next().ok_or(EntryFault::Shape);
        match uint(next()?)? {
            ENTRY_VERSION => {}
            other => return Err(EntryFault::Version(other)),
        }
        let _salt: [u8; SALT_BYTES] = fixed(next()?)?;
        let time_secs = uint(next()?)?;
        let kind = uint(next()?)?;
        let part = Self {
            time_secs,
            kind: EntryKind::ALL.into_iter().find(|known| *known as u64 == kind).ok_or(EntryFault::Shape)?,
            pod: present(next()?).map(fixed).transpose()?.map(PodTag),
            request: present(next()?).map(request_from).transpose()?,
            grants: present(next()?).map(grants_from).transpose()?,
        };
        if items.next().is_some() { Err(EntryFault::Shape) } else { Ok(part) }
    }
}

fn request_from(item: Cbor) -> Result<RequestMark, EntryFault> {
    let [id, cti, kid, issued] = <[Cbor; 4]>::try_from(items(item)?).map_err(|_| EntryFault::Shape)?;
    Ok(RequestMark {
        id: RequestId::new(fixed(id)?),
        cti: Cti::new(fixed(cti)?),
        kid: Kid::new(fixed(kid)?),
        issued_secs: uint(issued)?,
    })
}

fn grants_from(item: Cbor) -> Result<GrantUse, EntryFault> {
    let [chain, uses] = <[Cbor; 2]>::try_from(items(item)?).map_err(|_| EntryFault::Shape)?;
    let chain = items(chain)?.into_iter().map(|id| Ok(GrantId::new(fixed(id)?))).collect::<Result<_, EntryFault>>()?;
    GrantUse::new(chain, u32::try_from(uint(uses)?).map_err(|_| EntryFault::Shape)?)
}

pub(crate) fn items(item: Cbor) -> Result<Vec<Cbor>, EntryFault> {
    item.into_array().map_err(|_| EntryFault::Shape)
}

pub(crate) fn present(item: Cbor) -> Option<Cbor> {
    if item.is_null() { None } else { Some(item) }
}

pub(crate) fn uint(item: Cbor) -> Result<u64, EntryFault> {
    item.into_integer().ok().and_then(|number| u64::try_from(number).ok()).ok_or(EntryFault::Shape)
}

fn fixed<const N: usize>(item: Cbor) -> Result<[u8; N], EntryFault> {
    item.into_bytes().ok().and_then(|bytes| bytes.try_into().ok()).ok_or(EntryFault::Shape)
}

/// An entry that is ready to be appended: encoded, sealed and hashed on the caller's thread, so that the writer,
/// which everybody waits for, only copies bytes.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub(crate) bytes: Vec<u8>,
    pub(crate) leaf: Hash,
    pub(crate) pod: Option<PodTag>,
    pub(crate) time_secs: u64,
}

impl NewEntry {
    /// Encodes `public`, and seals `personal` under the pod's audit key. The sealed bytes belong to this entry alone:
    /// the open part, with its salt, is the associated data.
    ///
    /// # Errors
    /// [`EntryFault::Time`], [`EntryFault::TooLarge`].
    pub fn new(
        public: &PublicPart,
        personal: Option<(&PersonalPart, &AeadKey)>,
        random: &dyn Random,
    ) -> Result<Self, EntryFault> {
        if !(1..=LATEST_TIME).contains(&public.time_secs) {
            return Err(EntryFault::Time);
        }
        let open = encode(&public.to_cbor(random_array(random)));
        let sealed = personal.map_or(Cbor::Null, |(part, key)| Cbor::Bytes(key.seal(random, &open, &part.to_bytes())));
        let bytes = encode(&Cbor::Array(vec![Cbor::Bytes(open), sealed]));
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryFault::TooLarge);
        }
        Ok(Self { leaf: leaf_hash(&bytes), bytes, pod: public.pod, time_secs: public.time_secs })
    }

    /// The entry as it will lie in the log.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its leaf in the tree (RFC 6962 §2.1).
    #[must_use]
    pub fn leaf_hash(&self) -> &Hash {
        &self.leaf
    }
}

/// An entry that was read from the log.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    index: u64,
    leaf: Hash,
    bytes: Vec<u8>,
    public: PublicPart,
    open_bytes: Vec<u8>,
    sealed: Option<Vec<u8>>,
}

impl StoredEntry {
    /// Reads the bytes of the entry at `index`.
    ///
    /// # Errors
    /// [`EntryFault::Shape`], [`EntryFault::Version`].
    pub fn decode(index: u64, bytes: Vec<u8>) -> Result<Self, EntryFault> {
        let leaf = leaf_hash(&bytes);
        Self::with_leaf(index, leaf, bytes)
    }

    pub(crate) fn with_leaf(index: u64, leaf: Hash, bytes: Vec<u8>) -> Result<Self, EntryFault> {
        let item = decode(&bytes, ENTRY_LIMITS).map_err(|_| EntryFault::Shape)?;
        let [open, sealed] = <[Cbor; 2]>::try_from(items(item)?).map_err(|_| EntryFault::Shape)?;
        let open_bytes = open.into_bytes().map_err(|_| EntryFault::Shape)?;
        let sealed = present(sealed).map(|item| item.into_bytes().map_err(|_| EntryFault::Shape)).transpose()?;
        let public = PublicPart::from_cbor(&open_bytes)?;
        Ok(Self { index, leaf, bytes, public, open_bytes, sealed })
    }

    /// Where it stands in the log, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Its leaf in the tree.
    #[must_use]
    pub fn leaf_hash(&self) -> &Hash {
        &self.leaf
    }

    /// The bytes that the leaf is the hash of: what somebody who checks a proof needs.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The open part.
    #[must_use]
    pub fn public(&self) -> &PublicPart {
        &self.public
    }

    /// Opens the personal part with the pod's audit key.
    ///
    /// # Errors
    /// [`EntryFault::NoPersonalPart`], [`EntryFault::Sealed`] for another key, [`EntryFault::Shape`].
    pub fn open(&self, key: &AeadKey) -> Result<PersonalPart, EntryFault> {
        let sealed = self.sealed.as_ref().ok_or(EntryFault::NoPersonalPart)?;
        let plain = key.open(&self.open_bytes, sealed).map_err(|_| EntryFault::Sealed)?;
        PersonalPart::from_bytes(&plain)
    }
}
