//! What to do about each refusal, for whoever wrote the bytes.

use crate::codec::CborFault;
use crate::refusal::{ClaimFault, EnvelopeFault, Refusal};

/// One sentence that says what to change.
#[must_use]
pub fn advice(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Cbor(fault) => cbor(fault),
        Refusal::Envelope(fault) => envelope(fault),
        Refusal::Claim(fault) => claim(fault),
        Refusal::Key => {
            "Sign with a key that is registered for this issuer alone, and put that key's id into the header."
        }
        Refusal::UnknownKey => "Register the key, or sign with one that is registered.",
        Refusal::Signature => "Sign the bytes again: they were changed after signing, or another key signed them.",
        Refusal::NotYetIssued => "Set the clock: the object says that it was signed in the future.",
        Refusal::Lifetime => "Set exp closer to iat.",
        Refusal::Suspended => "Ask the trust anchor: the organisation is suspended or no member.",
        Refusal::BeyondRegistration => "Register the fields and the purpose for the service, or ask for less.",
        Refusal::NotAuthorised => "Have it signed by whoever may: this issuer may not say this.",
        Refusal::KeyPending => "Cancel the recovery, or wait until it has taken effect.",
        Refusal::KeyTooLate => "Recover from the last event of the log: what is older than 72 hours stays.",
        Refusal::KeyOutranked => "Cancel it with the recovery key that began it, or with a higher one.",
        Refusal::KeySpent => "Log in at the organisation for the recovery, or go to its desk with the recovery code.",
        Refusal::Audience => "Send it to the one that it names, or make one for this audience.",
        other => other.outward().advice(),
    }
}

fn cbor(fault: CborFault) -> &'static str {
    match fault {
        CborFault::Truncated => "Send the whole object: its end is missing. If it was copied as text, decode it first.",
        CborFault::Trailing => "Send the object alone: bytes follow its end.",
        CborFault::TooLarge | CborFault::TooManyItems | CborFault::TooDeep => {
            "Split it: the limits stand in docs/protocol for each kind of object."
        }
        CborFault::Tag => "Tag signed objects with 18 (COSE_Sign1) and nothing else.",
        CborFault::Float | CborFault::Simple | CborFault::IntegerRange => {
            "Use integers of 64 bits, text, bytes, arrays, maps, false, true and null only; write decimals as text."
        }
        _ => "Use a deterministic encoder (RFC 8949 section 4.2.1): shortest integers, definite lengths, sorted keys.",
    }
}

fn envelope(fault: EnvelopeFault) -> &'static str {
    match fault {
        EnvelopeFault::Algorithm | EnvelopeFault::AlgorithmMissing => {
            "Put alg -19 (Ed25519, RFC 9864) into the protected header; -8 (EdDSA) is deprecated."
        }
        EnvelopeFault::Unprotected => "Leave the unprotected header empty.",
        EnvelopeFault::Type => "Put the object's media type into typ (header 16): the list is docs/protocol.",
        EnvelopeFault::KeyId => "Put the first 16 bytes of the key's RFC 9679 thumbprint into kid (header 4).",
        EnvelopeFault::Header => "Use the header parameters alg, kid and typ only.",
        EnvelopeFault::Detached => "Put the payload into the message.",
        EnvelopeFault::SignatureLength => "An Ed25519 signature has 64 bytes.",
        EnvelopeFault::Shape => "Send a COSE_Sign1 message with tag 18, or a bucket or decision as docs/protocol says.",
    }
}

fn claim(fault: ClaimFault) -> &'static str {
    match fault {
        ClaimFault::Missing { .. } => "Add the claim.",
        ClaimFault::WrongType { .. } => "Write the claim as the object's page in docs/protocol says.",
        ClaimFault::OutOfRange { .. } => "Keep the claim inside the limits of the object's page in docs/protocol.",
        ClaimFault::Empty { .. } => "Leave the claim out, or list something.",
        ClaimFault::Repeated { .. } => "List each thing once.",
        ClaimFault::Wildcard { .. } => "Name each field: there are no wildcards.",
        ClaimFault::Unknown { .. } => "Remove the claim: readers refuse what they do not understand.",
    }
}
