//! The envelope of everything that is signed: COSE_Sign1 (RFC 9052 §4.2) with one fixed protected header.
//!
//! `{1: -19, 4: kid, 16: typ}`, an empty unprotected header, the payload inside, no external data. `typ` (RFC 9596) keeps
//! an object of one kind from being taken for another.

use std::ops::Deref;

use pod_crypto::{PublicKey, SigningKey, sha256};

use crate::codec::{
    ANSWER_LIMITS, Cbor, Cursor, Limits, MAJOR_ARRAY, MAJOR_BYTES, OBJECT_LIMITS, decode, decode_tagged, encode,
    scan_tagged, write_bytes, write_head, write_text,
};
use crate::ids::{Kid, ObjectId, Thumbprint};
use crate::refusal::{ClaimFault, EnvelopeFault, Refusal};

/// COSE algorithm Ed25519 (RFC 9864 §2.2). EdDSA (-8) is deprecated and refused.
pub const ALGORITHM_ED25519: i64 = -19;
/// Header parameter `alg`.
const HEADER_ALGORITHM: i64 = 1;
/// Header parameter `kid`.
const HEADER_KEY_ID: i64 = 4;
/// Header parameter `typ` (RFC 9596).
const HEADER_TYPE: i64 = 16;
/// How every message begins: tag 18, an array of four.
const MESSAGE_BEGINS: [u8; 2] = [0xd2, 0x84];
/// The unprotected header of every message: an empty map.
const EMPTY_MAP: [u8; 1] = [0xa0];
/// How every protected header begins: a map of three, `1: -19`, and 4 with the head of 16 bytes.
const HEADER_BEGINS: [u8; 5] = [0xa3, 0x01, 0x32, 0x04, 0x50];
/// What follows the key id: the key 16.
const HEADER_GOES_ON: [u8; 1] = [0x10];
/// Bytes around claims: heads, tag, header and signature take less.
const AROUND_CLAIMS: usize = 192;

/// What can be signed.
pub trait Payload: Sized {
    /// The media type in the protected header, one for each kind of object.
    const TYP: &'static str;
    /// How large the object may be.
    const LIMITS: Limits = OBJECT_LIMITS;

    /// As claims.
    fn to_cbor(&self) -> Cbor;

    /// From claims, refusing any that is unknown.
    ///
    /// # Errors
    /// The first [`ClaimFault`].
    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault>;
}

/// A signed object whose signature nobody has checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Vec<u8>,
    to_be_signed: Vec<u8>,
    signature: [u8; 64],
    kid: Kid,
    id: ObjectId,
    claims: T,
}

/// A signed object whose signature holds under the key that its header names.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    bytes: Vec<u8>,
    id: ObjectId,
    key: PublicKey,
    thumbprint: Thumbprint,
    signature: [u8; 64],
    claims: T,
}

/// Claims that nobody has read yet.
struct Unread<'a>(&'a [u8]);

impl<T: Payload> Signed<T> {
    /// Reads an object: bytes, envelope, claims; not the signature.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Envelope`], [`Refusal::Claim`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let Signed { bytes, to_be_signed, signature, kid, id, claims } = Signed::open::<T>(bytes)?;
        Ok(Self { bytes, to_be_signed, signature, kid, id, claims: claims.read()? })
    }

    /// Puts an object together that came without what all of its kind have in common. It is the one that [`Signed::decode`] would
    /// read, if `claims` are such as their own reader takes.
    pub(crate) fn assemble(kid: Kid, claims: T, signature: [u8; 64]) -> Self {
        let protected = header(kid, T::TYP);
        let payload = encode(&claims.to_cbor());
        let to_be_signed = signature_structure(&protected, &[], &payload);
        let id = ObjectId::new(sha256(&[&to_be_signed]));
        Self { bytes: message(&protected, &payload, &signature), to_be_signed, signature, kid, id, claims }
    }
}

impl<'a> Signed<Unread<'a>> {
    fn open<T: Payload>(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let Envelope { protected, payload, signature } = Envelope::decode(bytes, T::LIMITS)?;
        let kid = check_header(protected, T::TYP)?;
        let to_be_signed = signature_structure(protected, &[], payload);
        let id = ObjectId::new(sha256(&[&to_be_signed]));
        Ok(Self { bytes: bytes.to_vec(), to_be_signed, signature, kid, id, claims: Unread(payload) })
    }
}

impl Unread<'_> {
    fn read<T: Payload>(&self) -> Result<T, Refusal> {
        Ok(T::from_cbor(decode(self.0, T::LIMITS)?)?)
    }
}

impl<T> Signed<T> {
    /// The key that claims to have signed.
    #[must_use]
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// The object's id: SHA-256 of its `Sig_structure`.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// The claims, which nobody has vouched for: good for finding the key to check with, and for showing.
    #[must_use]
    pub fn unverified(&self) -> &T {
        &self.claims
    }

    /// The bytes as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature, which nobody has checked.
    #[must_use]
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// Checks the signature strictly: `key` must be the one that the header names.
    ///
    /// # Errors
    /// [`Refusal::Key`] when the header names another key, [`Refusal::Signature`].
    pub fn verify(self, key: &PublicKey) -> Result<Verified<T>, Refusal> {
        let thumbprint = Thumbprint::of(key);
        if thumbprint.kid() != self.kid {
            return Err(Refusal::Key);
        }
        key.verify(&self.to_be_signed, &self.signature).map_err(|_| Refusal::Signature)?;
        let Self { bytes, signature, id, claims, .. } = self;
        Ok(Verified { bytes, id, key: *key, thumbprint, signature, claims })
    }
}

impl<T: Payload> Verified<T> {
    /// Reads an object and checks its signature before any claim is read, with the key that `key_of` finds by its id: for
    /// claims that are dear to read, such as keys. That the key is the issuer's is left to check.
    ///
    /// # Errors
    /// As [`Signed::decode`]; [`Refusal::UnknownKey`] when there is no such key, [`Refusal::Signature`].
    pub fn decode(bytes: &[u8], key_of: impl FnOnce(Kid) -> Option<PublicKey>) -> Result<Self, Refusal> {
        let signed = Signed::open::<T>(bytes)?;
        let key = key_of(signed.kid).ok_or(Refusal::UnknownKey)?;
        let Verified { bytes, id, key, thumbprint, signature, claims } = signed.verify(&key)?;
        Ok(Self { bytes, id, key, thumbprint, signature, claims: claims.read()? })
    }

    /// Signs `claims`, which the caller built from its own typed values.
    ///
    /// The claims must be such that their own reader takes them, which types alone do not say: windows, limits, nothing empty,
    /// nothing twice. Builds with debug assertions, and so all tests, read what was signed and panic when it is refused. Where
    /// a person chose the values, ask [`Payload::from_cbor`] first and say what is wrong: a release build signs what it is given,
    /// and every reader refuses it.
    #[must_use]
    pub fn sign(key: &SigningKey, claims: T) -> Self {
        let signed = Self::sign_unchecked(key, claims);
        debug_assert_eq!(Signed::<T>::decode(&signed.bytes).err(), None, "signed, but no reader takes it: {}", T::TYP);
        signed
    }

    /// Signs `claims` whether or not any reader will take them: for tests that play somebody who writes nonsense.
    #[must_use]
    pub fn sign_unchecked(key: &SigningKey, claims: T) -> Self {
        let public = key.public_key();
        let thumbprint = Thumbprint::of(&public);
        let protected = header(thumbprint.kid(), T::TYP);
        let payload = encode(&claims.to_cbor());
        let to_be_signed = signature_structure(&protected, &[], &payload);
        let signature = key.sign(&to_be_signed);
        let bytes = message(&protected, &payload, &signature);
        Self { bytes, id: ObjectId::new(sha256(&[&to_be_signed])), key: public, thumbprint, signature, claims }
    }
}

impl<T> Verified<T> {
    /// The object's id.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// The key that signed.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The thumbprint of the key that signed.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The bytes as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The claims, owned.
    #[must_use]
    pub fn into_claims(self) -> T {
        self.claims
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.claims
    }
}

/// The signature that `key` would have in an object with these claims: for claims that several keys sign.
pub(crate) fn countersign<T: Payload>(key: &SigningKey, claims: &T) -> [u8; 64] {
    key.sign(&structure_of(&key.public_key(), claims))
}

/// Checks what [`countersign`] makes.
pub(crate) fn check_countersignature<T: Payload>(
    key: &PublicKey,
    claims: &T,
    signature: &[u8; 64],
) -> Result<(), Refusal> {
    key.verify(&structure_of(key, claims), signature).map_err(|_| Refusal::Signature)
}

fn structure_of<T: Payload>(key: &PublicKey, claims: &T) -> Vec<u8> {
    signature_structure(&header(Thumbprint::of(key).kid(), T::TYP), &[], &encode(&claims.to_cbor()))
}

/// The bytes that a COSE_Sign1 signature is over (RFC 9052 §4.4).
#[must_use]
pub fn signature_structure(protected: &[u8], external: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(protected.len() + external.len() + payload.len() + AROUND_CLAIMS);
    write_head(&mut out, MAJOR_ARRAY, 4);
    write_text(&mut out, "Signature1");
    write_bytes(&mut out, protected);
    write_bytes(&mut out, external);
    write_bytes(&mut out, payload);
    out
}

/// The kind of the object in `bytes` as its header names it, for `inspect`.
///
/// # Errors
/// [`Refusal::Cbor`], [`Refusal::Envelope`].
pub fn kind_of(bytes: &[u8]) -> Result<String, Refusal> {
    // The largest of any kind: which kind it is, and so how large it may be, is what is asked.
    let envelope = Envelope::decode(bytes, ANSWER_LIMITS)?;
    let Cbor::Map(entries) = decode(envelope.protected, OBJECT_LIMITS)? else {
        return Err(EnvelopeFault::Header.into());
    };
    entries
        .into_iter()
        .find_map(|(key, value)| match (key == Cbor::from(HEADER_TYPE), value) {
            (true, Cbor::Text(typ)) => Some(typ),
            _ => None,
        })
        .ok_or_else(|| EnvelopeFault::Type.into())
}

/// The parts of a message. There is one shape, byte by byte; everything else is only looked at to say what is wrong.
struct Envelope<'a> {
    protected: &'a [u8],
    payload: &'a [u8],
    signature: [u8; 64],
}

impl<'a> Envelope<'a> {
    fn decode(bytes: &'a [u8], limits: Limits) -> Result<Self, Refusal> {
        scan_tagged(bytes, limits)?;
        match Self::take(bytes) {
            Some(envelope) => Ok(envelope),
            None => Err(envelope_fault(bytes, limits)),
        }
    }

    fn take(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes.strip_prefix(&MESSAGE_BEGINS)?);
        let protected = byte_string(&mut cursor)?;
        if cursor.take(1).ok()? != EMPTY_MAP {
            return None;
        }
        let payload = byte_string(&mut cursor)?;
        let signature = byte_string(&mut cursor)?.try_into().ok()?;
        cursor.is_at_end().then_some(Self { protected, payload, signature })
    }
}

fn byte_string<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    match cursor.head() {
        Ok((MAJOR_BYTES, length)) => cursor.take(length).ok(),
        _ => None,
    }
}

/// What is wrong with a message that is not of the one shape.
fn envelope_fault(bytes: &[u8], limits: Limits) -> Refusal {
    let parts = match decode_tagged(bytes, limits) {
        Ok(Cbor::Array(parts)) => parts,
        Ok(_) => return EnvelopeFault::Shape.into(),
        Err(fault) => return fault.into(),
    };
    let fault = match parts.as_slice() {
        [_, Cbor::Map(entries), _, _] if !entries.is_empty() => EnvelopeFault::Unprotected,
        [Cbor::Bytes(_), Cbor::Map(_), Cbor::Null, _] => EnvelopeFault::Detached,
        [Cbor::Bytes(_), Cbor::Map(_), Cbor::Bytes(_), Cbor::Bytes(_)] => EnvelopeFault::SignatureLength,
        _ => EnvelopeFault::Shape,
    };
    fault.into()
}

/// A message of the one shape.
fn message(protected: &[u8], payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + AROUND_CLAIMS);
    out.extend_from_slice(&MESSAGE_BEGINS);
    write_bytes(&mut out, protected);
    out.extend_from_slice(&EMPTY_MAP);
    write_bytes(&mut out, payload);
    write_bytes(&mut out, signature);
    out
}

/// The one protected header: see [`HEADER_BEGINS`].
fn header(kid: Kid, typ: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(AROUND_CLAIMS);
    out.extend_from_slice(&HEADER_BEGINS);
    out.extend_from_slice(kid.as_bytes());
    out.extend_from_slice(&HEADER_GOES_ON);
    write_text(&mut out, typ);
    out
}

/// Accepts exactly the header that [`header`] writes.
fn check_header(protected: &[u8], typ: &str) -> Result<Kid, Refusal> {
    let kid = protected.strip_prefix(&HEADER_BEGINS).and_then(|rest| rest.first_chunk()).map(|kid| Kid::new(*kid));
    match kid {
        Some(kid) if protected == header(kid, typ) => Ok(kid),
        _ => Err(header_fault(protected, typ)),
    }
}

/// What differs in a header that is not the one.
fn header_fault(protected: &[u8], typ: &str) -> Refusal {
    if protected.is_empty() {
        return EnvelopeFault::AlgorithmMissing.into();
    }
    let entries = match decode(protected, OBJECT_LIMITS) {
        Ok(Cbor::Map(entries)) => entries,
        Ok(_) => return EnvelopeFault::Header.into(),
        Err(fault) => return fault.into(),
    };
    let find = |wanted: i64| entries.iter().find(|(key, _)| *key == Cbor::from(wanted)).map(|(_, value)| value);
    let fault = match (find(HEADER_ALGORITHM), find(HEADER_TYPE), find(HEADER_KEY_ID)) {
        (None, _, _) => EnvelopeFault::AlgorithmMissing,
        (Some(algorithm), _, _) if *algorithm != Cbor::from(ALGORITHM_ED25519) => EnvelopeFault::Algorithm,
        (_, Some(Cbor::Text(found)), Some(Cbor::Bytes(kid))) if found == typ && kid.len() == 16 => {
            EnvelopeFault::Header
        }
        (_, Some(Cbor::Text(found)), _) if found == typ => EnvelopeFault::KeyId,
        _ => EnvelopeFault::Type,
    };
    fault.into()
}
