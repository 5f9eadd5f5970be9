//! Every reason for which something is turned down: a closed set with stable codes.
//!
//! A [`Refusal`] is exact, for the holder's own log and for the citizen. What the peer sees is
//! [`Refusal::outward`]: unknown, absent and forbidden look the same from outside (invariant 5).

use thiserror::Error;

use crate::codec::CborFault;

/// What is wrong with one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClaimFault {
    /// The claim must be there and is not.
    #[error("claim {claim} is missing")]
    Missing {
        /// The claim's key; 0 for the claims as a whole.
        claim: i64,
    },
    /// The claim is of another type or length.
    #[error("claim {claim} has the wrong type or length")]
    WrongType {
        /// The claim's key.
        claim: i64,
    },
    /// The claim's value is outside its range.
    #[error("claim {claim} is out of range")]
    OutOfRange {
        /// The claim's key.
        claim: i64,
    },
    /// The list must not be empty.
    #[error("claim {claim} is an empty list")]
    Empty {
        /// The claim's key.
        claim: i64,
    },
    /// Something stands twice, or not in order.
    #[error("claim {claim} lists something twice")]
    Repeated {
        /// The claim's key.
        claim: i64,
    },
    /// A wildcard: grants name what they give.
    #[error("claim {claim} has a wildcard: grants name each field")]
    Wildcard {
        /// The claim's key.
        claim: i64,
    },
    /// The claim is none of this object's.
    #[error("claim {claim} is unknown for this object")]
    Unknown {
        /// The claim's key.
        claim: i64,
    },
}

/// What is wrong with a COSE_Sign1 envelope (RFC 9052 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EnvelopeFault {
    /// Not an array of four with tag 18.
    #[error("not a tagged COSE_Sign1")]
    Shape,
    /// No algorithm in the protected header.
    #[error("the protected header names no algorithm")]
    AlgorithmMissing,
    /// An algorithm other than Ed25519 (-19, RFC 9864).
    #[error("the algorithm is not Ed25519 (-19)")]
    Algorithm,
    /// The unprotected header is not empty.
    #[error("the unprotected header is not empty")]
    Unprotected,
    /// The object is of another type.
    #[error("the typ header names another kind of object")]
    Type,
    /// No key id, or not one of 16 bytes.
    #[error("the protected header has no key id of 16 bytes")]
    KeyId,
    /// A header parameter that this protocol does not use.
    #[error("the protected header has an unknown parameter")]
    Header,
    /// No payload in the message.
    #[error("the payload is detached")]
    Detached,
    /// The signature is not 64 bytes.
    #[error("the signature is not 64 bytes")]
    SignatureLength,
}

/// What is wrong between the links of a chain, or between a chain and a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChainFault {
    /// More than 4 links.
    #[error("more than 4 links")]
    TooLong,
    /// The same grant twice.
    #[error("a grant stands twice in the chain")]
    Loop,
    /// The first grant has a parent.
    #[error("the first grant is not a root")]
    NotRoot,
    /// The root's issuer is neither the pod's subject nor a representative on record, or a child's is not the member
    /// organisation whose key signed.
    #[error("the issuer is not who may sign this link: at the root, the pod's subject or a representative on record")]
    Issuer,
    /// The signing key was not valid for signing grants at the key event that the grant names.
    #[error("the key was not valid for signing grants at the key event named")]
    KeyEvent,
    /// A key on the way was compromised before it signed.
    #[error("the signing key was compromised before it signed")]
    KeyCompromised,
    /// `parent` is not the id of the link above.
    #[error("parent is not the link above")]
    Parent,
    /// Not signed by the key that the link above names.
    #[error("not signed by the key that the link above confirms")]
    Confirmation,
    /// Another pod than the link above.
    #[error("the pod differs from the link above")]
    Subject,
    /// Another holder than the link above.
    #[error("the audience differs from the link above")]
    Audience,
    /// The window is not inside that of the link above.
    #[error("valid outside the window of the link above")]
    Window,
    /// Something that the link above does not give.
    #[error("gives a field or predicate that the link above does not")]
    Wider,
    /// A purpose or a legal basis that the link above does not give.
    #[error("gives a purpose or a legal basis that the link above does not")]
    Purpose,
    /// The delegation depth does not fall.
    #[error("may be passed on further than the link above allows")]
    Depth,
    /// A limit (uses, rate, retention) is looser than that of the link above.
    #[error("a limit is looser than that of the link above")]
    Limits,
    /// Passed on to an organisation that the link above does not allow, or that is no member.
    #[error("passed on to an organisation that is not allowed or no member")]
    Organisation,
    /// The request's key is not the one that the leaf names.
    #[error("the request's key is not the one that the leaf confirms")]
    Holder,
    /// The view of revocations is too old for a delegated chain.
    #[error("the view of revocations is too old for a delegated chain")]
    StaleRevocations,
}

/// Why something is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The bytes are not deterministic CBOR.
    #[error("the bytes are not deterministic CBOR: {0}")]
    Cbor(CborFault),
    /// The envelope is not this protocol's.
    #[error("the envelope is not acceptable: {0}")]
    Envelope(EnvelopeFault),
    /// A claim is wrong.
    #[error("a claim is not acceptable: {0}")]
    Claim(ClaimFault),
    /// The key is weak, or not the one that the header names.
    #[error("the key is not acceptable")]
    Key,
    /// The key id names no known key.
    #[error("the key id names no known key")]
    UnknownKey,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// Issued more than the allowed skew in the future.
    #[error("issued in the future")]
    NotYetIssued,
    /// Before its `nbf`.
    #[error("not yet valid")]
    NotYetValid,
    /// After its `exp`.
    #[error("expired")]
    Expired,
    /// Valid for longer than this kind of object may be, or not at all.
    #[error("the lifetime is longer than allowed, or negative")]
    Lifetime,
    /// The request was seen before.
    #[error("seen before")]
    Replay,
    /// The nonce is unknown or used, or missing where it is mandatory.
    #[error("the nonce is missing, unknown or used")]
    Nonce,
    /// Meant for somebody else.
    #[error("meant for another audience")]
    Audience,
    /// Bound to another connection.
    #[error("bound to another connection")]
    Binding,
    /// The chain does not hold.
    #[error("link {link} of the chain does not hold: {fault}")]
    Chain {
        /// 0 is the root.
        link: u8,
        /// What is wrong with it.
        fault: ChainFault,
    },
    /// The holder has no grant with this id.
    #[error("the holder has no grant with this id")]
    UnknownGrant,
    /// The holder has no such pod.
    #[error("the holder has no such pod")]
    UnknownPod,
    /// Something that the grant does not give, that the holder does not have, or that does not exist: told apart nowhere.
    #[error("not granted")]
    NotGranted,
    /// The purpose is none of the grant's.
    #[error("the purpose is none of the grant's")]
    Purpose,
    /// The service asks beyond what its organisation registered for it.
    #[error("beyond what the service is registered for")]
    BeyondRegistration,
    /// The grant, or one above it, is revoked.
    #[error("revoked")]
    Revoked,
    /// The citizen restricted processing.
    #[error("restricted by the citizen")]
    Restricted,
    /// The citizen objected to this purpose or service.
    #[error("objected to by the citizen")]
    Objected,
    /// The organisation or the service is suspended or no member.
    #[error("the organisation is suspended or no member")]
    Suspended,
    /// The actor may not do this for this pod.
    #[error("the actor has no authority over this pod")]
    NotAuthorised,
    /// A recovery of the key log waits: until it has ended, only its cancelling counts.
    #[error("a recovery of the key log is pending")]
    KeyPending,
    /// What the recovery would take back is older than 72 hours of log time, or is a recovery itself.
    #[error("too late to take back: 72 hours of log time have passed")]
    KeyTooLate,
    /// The key is too low to cancel this recovery.
    #[error("the key is too low to cancel this recovery")]
    KeyOutranked,
    /// Recoveries by this key were cancelled three times: it counts only when the person identifies themselves.
    #[error("recoveries by this key were cancelled three times")]
    KeySpent,
    /// The grant has no uses left, or its rate is reached.
    #[error("a limit of the grant is reached")]
    Limit,
    /// More bytes or items than a holder handles at once.
    #[error("too large")]
    TooLarge,
    /// The holder cannot answer now.
    #[error("the holder cannot answer now")]
    Unavailable,
}

/// What a peer is told. Everything that depends on a person is [`Outward::Denied`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outward {
    /// Unknown, absent or forbidden.
    Denied = 1,
    /// The bytes are not acceptable, whatever they ask.
    Malformed = 2,
    /// Ask for a nonce, or sign for this connection, and send again.
    UseNonce = 3,
    /// The request, or the grant that it names, is past its time.
    Expired = 4,
    /// The same request was seen before.
    Replay = 5,
    /// Too many bytes or items.
    TooLarge = 6,
    /// A limit of the grant or of the holder is reached.
    Limit = 7,
    /// The grant is not here: send it along.
    UnknownGrant = 8,
    /// Try again later.
    Unavailable = 9,
}

impl Outward {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Malformed => "malformed",
            Self::UseNonce => "use-nonce",
            Self::Expired => "expired",
            Self::Replay => "replay",
            Self::TooLarge => "too-large",
            Self::Limit => "limit",
            Self::UnknownGrant => "unknown-grant",
            Self::Unavailable => "unavailable",
        }
    }

    /// One sentence that says what to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Denied => "Ask the citizen for a grant that covers these fields and this purpose.",
            Self::Malformed => "Correct the request; `aitta inspect` says what is wrong with it.",
            Self::UseNonce => "Fetch a nonce or bind the request to this connection, sign again and resend.",
            Self::Expired => "Sign a new request; if the grant itself has ended, ask the citizen again.",
            Self::Replay => "Sign a new request with a new cti: each request is answered once.",
            Self::TooLarge => "Send fewer items in one call.",
            Self::Limit => "Wait until the grant's rate allows another use, or ask the citizen for more.",
            Self::UnknownGrant => "Send the whole chain of grants along with the call.",
            Self::Unavailable => "Try again later.",
        }
    }

    /// The outcome with this number in an answer.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        [
            Self::Denied,
            Self::Malformed,
            Self::UseNonce,
            Self::Expired,
            Self::Replay,
            Self::TooLarge,
            Self::Limit,
            Self::UnknownGrant,
            Self::Unavailable,
        ]
        .into_iter()
        .find(|outward| *outward as u64 == number)
    }
}

impl Refusal {
    /// The stable, exact code, for the holder's log, for the citizen and for tests.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Cbor(fault) => fault.code(),
            Self::Envelope(fault) => fault.code(),
            Self::Claim(fault) => fault.code(),
            Self::Chain { fault, .. } => fault.code(),
            Self::Key => "key-refused",
            Self::UnknownKey => "key-unknown",
            Self::Signature => "signature",
            Self::NotYetIssued => "issued-in-future",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::Lifetime => "lifetime",
            Self::Replay => "replay",
            Self::Nonce => "nonce",
            Self::Audience => "audience",
            Self::Binding => "binding",
            Self::UnknownGrant => "unknown-grant",
            Self::UnknownPod => "unknown-pod",
            Self::NotGranted => "not-granted",
            Self::Purpose => "purpose",
            Self::BeyondRegistration => "beyond-registration",
            Self::Revoked => "revoked",
            Self::Restricted => "restricted",
            Self::Objected => "objected",
            Self::Suspended => "suspended",
            Self::NotAuthorised => "not-authorised",
            Self::KeyPending => "key-pending",
            Self::KeyTooLate => "key-too-late",
            Self::KeyOutranked => "key-outranked",
            Self::KeySpent => "key-spent",
            Self::Limit => "limit",
            Self::TooLarge => "too-large",
            Self::Unavailable => "unavailable",
        }
    }

    /// What the peer is told.
    #[must_use]
    pub fn outward(self) -> Outward {
        match self {
            Self::Cbor(CborFault::TooLarge | CborFault::TooManyItems) | Self::TooLarge => Outward::TooLarge,
            Self::Cbor(_) | Self::Envelope(_) | Self::Claim(_) | Self::Lifetime | Self::NotYetIssued => {
                Outward::Malformed
            }
            Self::Nonce | Self::Binding => Outward::UseNonce,
            Self::Expired => Outward::Expired,
            Self::Replay => Outward::Replay,
            Self::Limit => Outward::Limit,
            Self::UnknownGrant => Outward::UnknownGrant,
            // Says how old the holder's own view is, and nothing of a person.
            Self::Chain { fault: ChainFault::StaleRevocations, .. } | Self::Unavailable => Outward::Unavailable,
            _ => Outward::Denied,
        }
    }
}

impl ClaimFault {
    fn code(self) -> &'static str {
        match self {
            Self::Missing { .. } => "claim-missing",
            Self::WrongType { .. } => "claim-type",
            Self::OutOfRange { .. } => "claim-range",
            Self::Empty { .. } => "claim-empty",
            Self::Repeated { .. } => "claim-repeated",
            Self::Wildcard { .. } => "claim-wildcard",
            Self::Unknown { .. } => "claim-unknown",
        }
    }
}

impl EnvelopeFault {
    fn code(self) -> &'static str {
        match self {
            Self::Shape => "cose-shape",
            Self::AlgorithmMissing => "cose-alg-missing",
            Self::Algorithm => "cose-alg",
            Self::Unprotected => "cose-unprotected",
            Self::Type => "cose-typ",
            Self::KeyId => "cose-kid",
            Self::Header => "cose-header",
            Self::Detached => "cose-detached",
            Self::SignatureLength => "cose-signature-length",
        }
    }
}

impl ChainFault {
    fn code(self) -> &'static str {
        match self {
            Self::TooLong => "chain-too-long",
            Self::Loop => "chain-loop",
            Self::NotRoot => "chain-not-root",
            Self::Issuer => "chain-issuer",
            Self::KeyEvent => "chain-key-event",
            Self::KeyCompromised => "chain-key-compromised",
            Self::Parent => "chain-parent",
            Self::Confirmation => "chain-confirmation",
            Self::Subject => "chain-subject",
            Self::Audience => "chain-audience",
            Self::Window => "chain-window",
            Self::Wider => "chain-wider",
            Self::Purpose => "chain-purpose",
            Self::Depth => "chain-depth",
            Self::Limits => "chain-limits",
            Self::Organisation => "chain-organisation",
            Self::Holder => "chain-holder",
            Self::StaleRevocations => "chain-stale-revocations",
        }
    }
}

impl From<CborFault> for Refusal {
    fn from(fault: CborFault) -> Self {
        Self::Cbor(fault)
    }
}

impl From<EnvelopeFault> for Refusal {
    fn from(fault: EnvelopeFault) -> Self {
        Self::Envelope(fault)
    }
}

impl From<ClaimFault> for Refusal {
    fn from(fault: ClaimFault) -> Self {
        Self::Claim(fault)
    }
}
