//! Any protocol object in words: what it is, who says it, what it says, until when. For bytes that are refused: the code
//! and what to do.
//!
//! It shows what the bytes claim, since nothing here knows whose keys are whose. Whoever knows gives the keys: then it says of signed
//! objects, checkpoints and evidence whether the signatures hold under them.
//!
//! A new kind of object needs a row in the table `SIGNED` and a [`Describe`] beside its like in this folder.

mod acts;
mod advice;
mod directory;
mod fetches;
mod grants;
mod judged;
mod log;
mod members;
mod notices;
mod proof_file;
mod signature;
mod text;

pub use advice::advice;
pub use proof_file::{ProofFile, ProofFileFault};

use std::fmt;

use pod_crypto::PublicKey;
use serde_json::{Value as Json, json};

use signature::Signature;

use crate::access_request::AccessRequest;
use crate::answer::Receipt;
use crate::blind_request::BlindRequest;
use crate::bucket::Bucket;
use crate::codec::{ANSWER_LIMITS, Limits, scan};
use crate::command::{Acknowledgement, Command};
use crate::cose::{Payload, Signed, kind_of};
use crate::decision::Decision;
use crate::grant::Grant;
use crate::holder_entry::HolderEntry;
use crate::key_event::KeyEvent;
use crate::notice::{Notice, NoticeReceipt};
use crate::refusal::{EnvelopeFault, Refusal};
use crate::request::Request;
use crate::revocation::Revocation;
use crate::statement::{Membership, Profile};
use crate::tlog::checkpoint::SignedCheckpoint;
use crate::tlog::evidence::Evidence;
use crate::tlog::head::Head;
use crate::tlog::map::{PROVEN_BUCKET_LIMITS, ProvenBucket};
use crate::tlog::post::LogPost;
use crate::tree_head::TreeHead;

/// What an object is and says.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// What kind of object it is, in a few words.
    pub title: &'static str,
    /// What it says, one statement a line, in English.
    pub lines: Vec<String>,
    /// All its fields.
    pub json: Json,
    /// Why it is refused, when it is.
    pub refusal: Option<Refusal>,
    /// Whether it holds under the keys that were given: its signatures and, for evidence, what it is said to prove. None when no
    /// keys were given, or when they are not asked for.
    pub holds: Option<bool>,
}

/// The words for one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// What it says, one statement a line.
    pub lines: Vec<String>,
    /// All its fields.
    pub json: Json,
}

/// An object that can be put into words.
pub trait Describe {
    /// What kind of object it is, such as "a grant".
    const TITLE: &'static str;

    /// What this one says.
    fn describe(&self) -> Description;
}

type Reader = fn(&[u8], &[PublicKey]) -> Result<Inspection, Refusal>;

/// The signed objects, by their `typ`.
const SIGNED: &[(&str, Reader)] = &[
    (Grant::TYP, signed::<Grant>),
    (Request::TYP, signed::<Request>),
    (Receipt::TYP, signed::<Receipt>),
    (Revocation::TYP, signed::<Revocation>),
    (Command::TYP, signed::<Command>),
    (Acknowledgement::TYP, signed::<Acknowledgement>),
    (KeyEvent::TYP, signed::<KeyEvent>),
    (Notice::TYP, signed::<Notice>),
    (NoticeReceipt::TYP, signed::<NoticeReceipt>),
    (AccessRequest::TYP, signed::<AccessRequest>),
    (Membership::TYP, signed::<Membership>),
    (Profile::TYP, signed::<Profile>),
    (HolderEntry::TYP, signed::<HolderEntry>),
    (BlindRequest::TYP, signed::<BlindRequest>),
    (TreeHead::TYP, signed::<TreeHead>),
    (LogPost::TYP, signed::<LogPost>),
];

/// What carries no signature of its own, tried in this order.
const PLAIN: &[Reader] = &[
    |bytes, _| Bucket::from_bytes(bytes).map(|it| plain(&it)),
    |bytes, _| Decision::from_bytes(bytes).map(|it| plain(&it)),
    |bytes, _| ProvenBucket::from_bytes(bytes).map(|it| plain(&it)),
    |bytes, _| Head::from_bytes(bytes).map(|it| plain(&it)),
    |bytes, keys| Evidence::from_bytes(bytes).map(|it| log::evidence(&it, keys)),
];

/// First byte of every signed object: tag 18.
const SIGNED_FIRST_BYTE: u8 = 0xd2;

/// Says in words what `bytes` are.
#[must_use]
pub fn inspect(bytes: &[u8]) -> Inspection {
    inspect_with(bytes, &[])
}

/// As [`inspect`], and says whether signatures hold under these keys, which must be those of whoever is said to have signed.
#[must_use]
pub fn inspect_with(bytes: &[u8], keys: &[PublicKey]) -> Inspection {
    if let Ok(checkpoint) = SignedCheckpoint::from_bytes(bytes) {
        return log::checkpoint(&checkpoint, keys);
    }
    let read = if bytes.first() == Some(&SIGNED_FIRST_BYTE) { read_signed } else { read_plain };
    read(bytes, keys).unwrap_or_else(|refusal| Inspection {
        title: "nothing that this protocol accepts",
        lines: vec![format!("Refused: {refusal} ({}).", refusal.code()), advice(refusal).to_owned()],
        json: json!({ "refusal": { "code": refusal.code(), "message": refusal.to_string(), "advice": advice(refusal) } }),
        refusal: Some(refusal),
        holds: None,
    })
}

fn read_signed(bytes: &[u8], keys: &[PublicKey]) -> Result<Inspection, Refusal> {
    let kind = kind_of(bytes)?;
    match SIGNED.iter().find(|(typ, _)| *typ == kind) {
        Some((_, read)) => read(bytes, keys),
        None => Err(EnvelopeFault::Type.into()),
    }
}

fn read_plain(bytes: &[u8], keys: &[PublicKey]) -> Result<Inspection, Refusal> {
    scan(bytes, Limits { bytes: PROVEN_BUCKET_LIMITS.bytes, ..ANSWER_LIMITS })?;
    PLAIN.iter().find_map(|read| read(bytes, keys).ok()).ok_or_else(|| EnvelopeFault::Shape.into())
}

fn signed<T: Payload + Describe + Clone>(bytes: &[u8], keys: &[PublicKey]) -> Result<Inspection, Refusal> {
    let object = Signed::<T>::decode(bytes)?;
    let signature = Signature::of(&object, keys);
    let mut inspection = plain(object.unverified());
    inspection.lines.insert(0, format!("Its id is {}.", object.id()));
    inspection.lines.push(format!("Signed with the key {}; {}.", object.kid(), signature.words()));
    inspection.json = json!({
        "typ": T::TYP, "id": object.id(), "kid": object.kid(), "bytes": bytes.len(), "signature": signature.code(),
        "claims": inspection.json,
    });
    inspection.holds = signature.holds();
    Ok(inspection)
}

fn plain<T: Describe>(object: &T) -> Inspection {
    let Description { lines, json } = object.describe();
    Inspection { title: T::TITLE, lines, json, refusal: None, holds: None }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "This is {}.", self.title)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
