//! The envelope of everything that is signed: COSE_Sign1 (RFC 9052 §4.2) with one fixed protected header.
//!
//! `{1: -19, 4: kid, 16: typ}`, an empty unprotected header, the payload inside, no external data. `typ` (RFC 9596) keeps
//! an object of one kind from being taken for another.

use std::ops::Deref;

use pod_crypto::{PublicKey, SigningKey, sha256};

use crate::codec::{ANSWER_LIMITS, Cbor, Limits, OBJECT_LIMITS, decode, encode, scan_tagged};
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
#[derive(Clone, Debug)]
pub struct Signed<T> {
    bytes: Vec<u8>,
    to_be_signed: Vec<u8>,
    signature: [u8; 64],
    kid: Kid,
    claims: T,
}

/// A signed object whose signature holds under the key that its header names.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    bytes: Vec<u8>,
    id: ObjectId,
    key: PublicKey,
    claims: T,
}

impl<T: Payload> Signed<T> {
    /// Reads an object: bytes, envelope, claims; not the signature.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Envelope`], [`Refusal::Claim`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let envelope = Envelope::decode(bytes, T::LIMITS)?;
        let kid = check_header(&envelope.protected, T::TYP)?;
        let claims = T::from_cbor(decode(&envelope.payload, T::LIMITS)?)?;
        let to_be_signed = signature_structure(&envelope.protected, &[], &envelope.payload);
        Ok(Self { bytes: bytes.to_vec(), to_be_signed, signature: envelope.signature, kid, claims })
    }

    /// The key that claims to have signed.
    #[must_use]
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// The object's id: SHA-256 of its `Sig_structure`.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        ObjectId::new(sha256(&[&self.to_be_signed]))
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

    /// Checks the signature strictly: `key` must be the one that the header names.
    ///
    /// # Errors
    /// [`Refusal::Key`] when the header names another key, [`Refusal::Signature`].
    pub fn verify(self, key: &PublicKey) -> Result<Verified<T>, Refusal> {
        if Thumbprint::of(key).kid() != self.kid {
            return Err(Refusal::Key);
        }
        key.verify(&self.to_be_signed, &self.signature).map_err(|_| Refusal::Signature)?;
        Ok(Verified { id: self.id(), bytes: self.bytes, key: *key, claims: self.claims })
    }
}

impl<T: Payload> Verified<T> {
    /// Signs `claims`, which the caller built from its own typed values.
    #[must_use]
    pub fn sign(key: &SigningKey, claims: T) -> Self {
        let public = key.public_key();
        let protected = header(Thumbprint::of(&public).kid(), T::TYP);
        let payload = encode(&claims.to_cbor());
        let to_be_signed = signature_structure(&protected, &[], &payload);
        let signature = key.sign(&to_be_signed);
        let mut bytes = vec![0xd2]; // tag 18
        bytes.extend(encode(&Cbor::Array(vec![
            Cbor::Bytes(protected),
            Cbor::Map(Vec::new()),
            Cbor::Bytes(payload),
            Cbor::Bytes(signature.to_vec()),
        ])));
        Self { bytes, id: ObjectId::new(sha256(&[&to_be_signed])), key: public, claims }
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

    /// The bytes as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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

/// The bytes that a COSE_Sign1 signature is over (RFC 9052 §4.4).
#[must_use]
pub fn signature_structure(protected: &[u8], external: &[u8], payload: &[u8]) -> Vec<u8> {
    encode(&Cbor::Array(vec![
        Cbor::Text("Signature1".into()),
        Cbor::Bytes(protected.to_vec()),
        Cbor::Bytes(external.to_vec()),
        Cbor::Bytes(payload.to_vec()),
    ]))
}

/// The kind of the object in `bytes` as its header names it, for `inspect`.
///
/// # Errors
/// [`Refusal::Cbor`], [`Refusal::Envelope`].
pub fn kind_of(bytes: &[u8]) -> Result<String, Refusal> {
    // The largest of any kind: which kind it is, and so how large it may be, is what is asked.
    let envelope = Envelope::decode(bytes, ANSWER_LIMITS)?;
    let Cbor::Map(entries) = decode(&envelope.protected, OBJECT_LIMITS)? else {
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

struct Envelope {
    protected: Vec<u8>,
    payload: Vec<u8>,
    signature: [u8; 64],
}

impl Envelope {
    fn decode(bytes: &[u8], limits: Limits) -> Result<Self, Refusal> {
        scan_tagged(bytes, limits)?;
        let Ok(Cbor::Tag(18, inner)) = ciborium::from_reader(bytes) else { return Err(EnvelopeFault::Shape.into()) };
        let Cbor::Array(parts) = *inner else { return Err(EnvelopeFault::Shape.into()) };
        let Ok([protected, unprotected, payload, signature]) = <[Cbor; 4]>::try_from(parts) else {
            return Err(EnvelopeFault::Shape.into());
        };
        match unprotected {
            Cbor::Map(entries) if entries.is_empty() => {}
            Cbor::Map(_) => return Err(EnvelopeFault::Unprotected.into()),
            _ => return Err(EnvelopeFault::Shape.into()),
        }
        let Cbor::Bytes(protected) = protected else { return Err(EnvelopeFault::Shape.into()) };
        let payload = match payload {
            Cbor::Bytes(payload) => payload,
            Cbor::Null => return Err(EnvelopeFault::Detached.into()),
            _ => return Err(EnvelopeFault::Shape.into()),
        };
        let Cbor::Bytes(signature) = signature else { return Err(EnvelopeFault::Shape.into()) };
        let signature = signature.try_into().map_err(|_| EnvelopeFault::SignatureLength)?;
        Ok(Self { protected, payload, signature })
    }
}

fn header(kid: Kid, typ: &str) -> Vec<u8> {
    encode(&Cbor::Map(vec![
        (HEADER_ALGORITHM.into(), ALGORITHM_ED25519.into()),
        (HEADER_KEY_ID.into(), Cbor::Bytes(kid.as_bytes().to_vec())),
        (HEADER_TYPE.into(), Cbor::Text(typ.into())),
    ]))
}

/// Accepts exactly the header that [`header`] writes, and says what differs.
fn check_header(protected: &[u8], typ: &str) -> Result<Kid, Refusal> {
    if protected.is_empty() {
        return Err(EnvelopeFault::AlgorithmMissing.into());
    }
    let Cbor::Map(entries) = decode(protected, OBJECT_LIMITS)? else { return Err(EnvelopeFault::Header.into()) };
    let find = |wanted: i64| entries.iter().find(|(key, _)| *key == Cbor::from(wanted)).map(|(_, value)| value);
    match find(HEADER_ALGORITHM) {
        Some(algorithm) if *algorithm == Cbor::from(ALGORITHM_ED25519) => {}
        Some(_) => return Err(EnvelopeFault::Algorithm.into()),
        None => return Err(EnvelopeFault::AlgorithmMissing.into()),
    }
    match find(HEADER_TYPE) {
        Some(Cbor::Text(found)) if found == typ => {}
        _ => return Err(EnvelopeFault::Type.into()),
    }
    let Some(Cbor::Bytes(kid)) = find(HEADER_KEY_ID) else { return Err(EnvelopeFault::KeyId.into()) };
    let kid = Kid::new(<[u8; 16]>::try_from(kid.as_slice()).map_err(|_| EnvelopeFault::KeyId)?);
    if protected == header(kid, typ) { Ok(kid) } else { Err(EnvelopeFault::Header.into()) }
}
