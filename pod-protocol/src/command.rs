//! Commands: what a wallet or a service asks its node to do, and the acknowledgement (`docs/protocol/command.md`).

use crate::codec::{ANSWER_LIMITS, Cbor, Claims, array, bytes, decode, encode, fixed, map, parsed, text, uint};
use crate::cose::Payload;
use crate::field::{Purpose, RecordType};
use crate::ids::{Cti, ObjectId, PodId, Principal};
use crate::refusal::{ClaimFault, Refusal};
use crate::request::{BINDING, Binding};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Keep this signed grant, so that requests can name it.
    Deposit(Vec<u8>),
    /// Stop (or allow again) releasing these record types; none means all (GDPR Article 18).
    Restrict {
        /// The record types.
        record_types: Vec<RecordType>,
        /// Stop, or allow again.
        on: bool,
    },
    /// Object to a purpose (or withdraw that), at one organisation or at all (GDPR Article 21).
    Object {
        /// The purpose.
        purpose: Purpose,
        /// The organisation whose services it is about; none means all.
        organisation: Option<Principal>,
        /// Object, or withdraw the objection.
        on: bool,
    },
    /// Send me my records, page by page.
    Read {
        /// Only of this type.
        record_type: Option<RecordType>,
        /// Records to leave out: those of earlier pages.
        skip: u64,
    },
    /// Send me the entries about me, with proofs.
    Log {
        /// The first index wanted.
        from: u64,
        /// Most entries wanted.
        limit: u64,
    },
    /// Send me everything with its schemas, page by page.
    Export {
        /// Records to leave out.
        skip: u64,
    },
    /// Send me the access requests that wait for me, page by page.
    Inbox {
        /// Requests to leave out: those of earlier pages.
        skip: u64,
    },
    /// Send me what stands, page by page: grants, revocations, restrictions, objections, my key events.
    Standing {
        /// Entries of all lists together to leave out: those of earlier pages.
        skip: u64,
    },
    /// Append this signed key event to my log.
    KeyEvent(Vec<u8>),
    /// A service: publish this signed access request, and put it into the inbox of this person, if one is named.
    Ask {
        /// The signed access request.
        request: Vec<u8>,
        /// The person's identity code at the service's own organisation. Used to find the pod, and forgotten.
        identity_code: Option<String>,
    },
    /// A service: hand me the sealed decisions on this access request, page by page.
    Collect {
        /// The access request.
        request: ObjectId,
        /// Decisions to leave out: those of earlier pages.
        skip: u64,
    },
    /// A service: hand me the notices that I have not answered, page by page.
    Notices {
        /// Notices to leave out: those of earlier pages.
        skip: u64,
    },
    /// A service: keep this signed receipt for a notice, and hand it to the holder.
    AnswerNotice(Vec<u8>),
}

/// A command's claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who commands.
    pub issuer: Principal,
    /// Over which pod; none for a service's commands.
    pub subject: Option<PodId>,
    /// The node's organisation.
    pub audience: Principal,
    /// First second at which it is too late.
    pub expires: u64,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// A nonce that the node handed out.
    pub nonce: Option<Cti>,
    /// What is to be done.
    pub action: Action,
    /// The connection on which it counts.
    pub binding: Binding,
}

const ACTION: i64 = -70050;

impl Payload for Command {
    const TYP: &'static str = "application/aitta-command+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (2, self.subject.map(|pod| Cbor::Text(pod.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (10, self.nonce.map(|nonce| Cbor::Bytes(nonce.as_bytes().to_vec()))),
            (BINDING, Some(self.binding.to_cbor())),
            (ACTION, Some(self.action.to_cbor())),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let command = Self {
            issuer: claims.principal(1)?,
            subject: claims.take(2).map(|item| parsed(2, item)).transpose()?,
            audience: claims.principal(3)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            nonce: claims.take(10).map(|item| Ok(Cti::new(fixed(10, item)?))).transpose()?,
            binding: Binding::from_cbor(claims.need(BINDING)?)?,
            action: Action::from_cbor(claims.need(ACTION)?)?,
        };
        claims.finish()?;
        if command.action.is_a_services() == command.subject.is_some() {
            return Err(ClaimFault::OutOfRange { claim: 2 });
        }
        Ok(command)
    }
}

impl Action {
    /// Whether services command it; all others are a citizen's.
    #[must_use]
    pub fn is_a_services(&self) -> bool {
        matches!(self, Self::Ask { .. } | Self::Collect { .. } | Self::Notices { .. } | Self::AnswerNotice(_))
    }

    /// Its name, for logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deposit(_) => "deposit",
            Self::Restrict { on: true, .. } => "restrict",
            Self::Restrict { on: false, .. } => "lift-restriction",
            Self::Object { on: true, .. } => "object",
            Self::Object { on: false, .. } => "withdraw-objection",
            Self::Read { .. } => "read",
            Self::Log { .. } => "log",
            Self::Export { .. } => "export",
            Self::Inbox { .. } => "inbox",
            Self::Standing { .. } => "standing",
            Self::KeyEvent(_) => "key-event",
            Self::Ask { .. } => "ask",
            Self::Collect { .. } => "collect",
            Self::Notices { .. } => "notices",
            Self::AnswerNotice(_) => "answer-notice",
        }
    }

    fn to_cbor(&self) -> Cbor {
        let text = |text: &dyn ToString| Cbor::Text(text.to_string());
        let null_or = |item: Option<Cbor>| item.unwrap_or(Cbor::Null);
        Cbor::Array(match self {
            Self::Deposit(grant) => vec![0.into(), Cbor::Bytes(grant.clone())],
            Self::Restrict { record_types, on } => {
                vec![1.into(), Cbor::Array(record_types.iter().map(|of| text(of)).collect()), (*on).into()]
            }
            Self::Object { purpose, organisation, on } => {
                vec![2.into(), text(purpose), null_or(organisation.map(|id| text(&id))), (*on).into()]
            }
            Self::Read { record_type, skip } => {
                vec![3.into(), null_or(record_type.as_ref().map(|of| text(of))), (*skip).into()]
            }
            Self::Log { from, limit } => vec![4.into(), (*from).into(), (*limit).into()],
            Self::Export { skip } => vec![5.into(), (*skip).into()],
            Self::Inbox { skip } => vec![6.into(), (*skip).into()],
            Self::Standing { skip } => vec![7.into(), (*skip).into()],
            Self::KeyEvent(event) => vec![8.into(), Cbor::Bytes(event.clone())],
            Self::Ask { request, identity_code } => {
                vec![9.into(), Cbor::Bytes(request.clone()), null_or(identity_code.clone().map(Cbor::Text))]
            }
            Self::Collect { request, skip } => {
                vec![10.into(), Cbor::Bytes(request.as_bytes().to_vec()), (*skip).into()]
            }
            Self::Notices { skip } => vec![11.into(), (*skip).into()],
            Self::AnswerNotice(receipt) => vec![12.into(), Cbor::Bytes(receipt.clone())],
        })
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let wrong = ClaimFault::WrongType { claim: ACTION };
        let mut parts = array(ACTION, item)?.into_iter();
        let mut next = || parts.next().ok_or(wrong);
        let flag = |item| match item {
            Cbor::Bool(on) => Ok(on),
            _ => Err(wrong),
        };
        let maybe = |item| match item {
            Cbor::Null => None,
            item => Some(item),
        };
        let action = match uint(ACTION, next()?)? {
            0 => Self::Deposit(bytes(ACTION, next()?)?),
            1 => Self::Restrict {
                record_types: array(ACTION, next()?)?
                    .into_iter()
                    .map(|item| RecordType::from_claim(ACTION, item))
                    .collect::<Result<_, _>>()?,
                on: flag(next()?)?,
            },
            2 => Self::Object {
                purpose: Purpose::from_claim(ACTION, next()?)?,
                organisation: maybe(next()?).map(|item| parsed(ACTION, item)).transpose()?,
                on: flag(next()?)?,
            },
            3 => Self::Read {
                record_type: maybe(next()?).map(|item| RecordType::from_claim(ACTION, item)).transpose()?,
                skip: uint(ACTION, next()?)?,
            },
            4 => Self::Log { from: uint(ACTION, next()?)?, limit: uint(ACTION, next()?)? },
            5 => Self::Export { skip: uint(ACTION, next()?)? },
            6 => Self::Inbox { skip: uint(ACTION, next()?)? },
            7 => Self::Standing { skip: uint(ACTION, next()?)? },
            8 => Self::KeyEvent(bytes(ACTION, next()?)?),
            9 => Self::Ask {
                request: bytes(ACTION, next()?)?,
                identity_code: maybe(next()?).map(|item| text(ACTION, item)).transpose()?,
            },
            10 => Self::Collect { request: ObjectId::new(fixed(ACTION, next()?)?), skip: uint(ACTION, next()?)? },
            11 => Self::Notices { skip: uint(ACTION, next()?)? },
            12 => Self::AnswerNotice(bytes(ACTION, next()?)?),
            _ => return Err(ClaimFault::OutOfRange { claim: ACTION }),
        };
        if parts.next().is_some() { Err(wrong) } else { Ok(action) }
    }
}

/// The node's signed word that it did what it was told, and where it wrote that down. Also acknowledges revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The node's organisation.
    pub issuer: Principal,
    /// Who commanded.
    pub audience: Principal,
    /// When it was done.
    pub issued: u64,
    /// The command or revocation.
    pub of: ObjectId,
    /// Where the entry stands in the node's log.
    pub audit_index: u64,
    /// Size of the node's log after it.
    pub tree_size: u64,
    /// Its root at that size.
    pub tree_root: [u8; 32],
}

const OF: i64 = -70030;
const INDEX: i64 = -70033;
const TREE: i64 = -70032;

impl Payload for Acknowledgement {
    const TYP: &'static str = "application/aitta-acknowledgement+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (6, Some(self.issued.into())),
            (OF, Some(Cbor::Bytes(self.of.as_bytes().to_vec()))),
            (TREE, Some(Cbor::Array(vec![self.tree_size.into(), Cbor::Bytes(self.tree_root.to_vec())]))),
            (INDEX, Some(self.audit_index.into())),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let tree = array(TREE, claims.need(TREE)?)?;
        let Ok([size, root]) = <[Cbor; 2]>::try_from(tree) else { return Err(ClaimFault::WrongType { claim: TREE }) };
        let acknowledgement = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            issued: claims.time(6)?,
            of: ObjectId::new(claims.fixed(OF)?),
            audit_index: claims.uint(INDEX)?,
            tree_size: uint(TREE, size)?,
            tree_root: fixed(TREE, root)?,
        };
        claims.finish()?;
        // As in a receipt: the entry is in the tree.
        if acknowledgement.audit_index >= acknowledgement.tree_size {
            return Err(ClaimFault::OutOfRange { claim: TREE });
        }
        Ok(acknowledgement)
    }
}

/// What a node sends back to a command: the acknowledgement and, for commands that ask for something, a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandAnswer {
    /// The signed acknowledgement.
    pub acknowledgement: Vec<u8>,
    /// What was asked for, as JSON; its shape is that of the action (`docs/protocol/command.md`).
    pub result: Vec<u8>,
}

impl CommandAnswer {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&map([
            (0, Some(Cbor::Bytes(self.acknowledgement.clone()))),
            (1, Some(Cbor::Bytes(self.result.clone()))),
        ]))
    }

    /// Reads what [`CommandAnswer::to_bytes`] writes.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, ANSWER_LIMITS)?)?;
        let answer = Self { acknowledgement: claims.bytes(0)?, result: claims.bytes(1)? };
        claims.finish()?;
        Ok(answer)
    }
}
