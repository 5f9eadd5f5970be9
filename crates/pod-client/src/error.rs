//! Why a call gave nothing: by who is at fault, with what to do.

use std::fmt;

use pod_crypto::blind::BlindError;
use pod_http::{ClientError, Response, TargetError};
use pod_net::{CallFault, Turned};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::{Outward, Refusal};

/// A call that gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Our own input cannot be sent.
    #[error("{what}")]
    Ours {
        /// What is wrong with it.
        what: String,
    },
    /// Our own input names an address that cannot be called.
    #[error("the address of {whom} cannot be called")]
    Address {
        /// Who should have been called.
        whom: String,
        /// What is wrong with it.
        #[source]
        source: TargetError,
    },
    /// The other side was not reached, or the connection broke.
    #[error("{whom} was not reached")]
    Way {
        /// Who was called.
        whom: String,
        /// Which step failed.
        #[source]
        source: Box<ClientError>,
    },
    /// The call was sent over libp2p, and no answer came: it may have taken effect.
    #[error("{whom} did not answer")]
    Broken {
        /// Who was called.
        whom: String,
        /// What happened.
        #[source]
        source: Box<CallFault>,
    },
    /// The other side turned us down.
    #[error("{whom} refused: {refusal}")]
    Refused {
        /// Who was called.
        whom: String,
        /// The problem document.
        refusal: Box<RemoteRefusal>,
    },
    /// The other side failed.
    #[error("{whom} failed: {refusal}")]
    Failed {
        /// Who was called.
        whom: String,
        /// The problem document.
        refusal: Box<RemoteRefusal>,
    },
    /// The other side's answer does not hold: a signature, a digest or its shape. Nothing of it is used.
    #[error("the answer of {whom} is not believed: {what}")]
    Unbelievable {
        /// Who was called.
        whom: String,
        /// What does not hold.
        what: Disbelief,
    },
}

/// What does not hold in an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disbelief {
    /// It does not decode, or its signature is not by the registered key.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// It is about something else than was asked.
    #[error("it is about another {0}")]
    Other(&'static str),
    /// The data are not what the receipt says.
    #[error("the data are not what the receipt says")]
    Data,
    /// It gives something that was not asked for.
    #[error("it says that something was released that was not asked for")]
    Unasked,
    /// It says that it took a statement, and its registry lacks it.
    #[error("it says that it took the statement, and its registry lacks it")]
    Dropped,
    /// Not the document that belongs here.
    #[error("it is not {0}")]
    Shape(&'static str),
    /// The blinder's proof does not hold.
    #[error("the blinder's proof does not hold: {0}")]
    Blind(#[from] BlindError),
    /// The directory's log does not vouch for it.
    #[error("{fault}")]
    Log {
        /// What is wrong.
        fault: LogFault,
        /// What proves it to others, when something does.
        evidence: Option<Box<Evidence>>,
    },
}

/// What another side said when it turned us down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteRefusal {
    /// The HTTP status; 0 over libp2p, which has none.
    pub status: u16,
    /// The stable code; none when it was no Aitta server that answered.
    pub code: Option<String>,
    /// The code as the protocol's own, when it is one.
    pub outward: Option<Outward>,
    /// What kind of problem.
    pub title: String,
    /// What about this call.
    pub detail: Option<String>,
    /// Which parts of what was sent it is about (JSON pointers).
    pub pointers: Vec<String>,
    /// Under which the other operator finds the call.
    pub trace_id: Option<String>,
}

impl RemoteRefusal {
    /// Reads the problem document of an answer (RFC 9457); without one the status alone speaks.
    #[must_use]
    pub fn of(response: &Response) -> Self {
        let status = response.status.as_u16();
        match response.problem() {
            Some(problem) => Self {
                status,
                outward: problem.code.as_deref().and_then(outward_of),
                code: problem.code,
                title: problem.title,
                detail: problem.detail,
                pointers: problem.pointers,
                trace_id: problem.trace_id,
            },
            None => Self {
                status,
                code: None,
                outward: None,
                title: response.status.canonical_reason().unwrap_or("no reason given").to_owned(),
                detail: None,
                pointers: Vec::new(),
                trace_id: None,
            },
        }
    }
}

impl RemoteRefusal {
    /// What a peer said over libp2p.
    pub(crate) fn of_peer(turned: Turned) -> Self {
        match turned {
            Turned::Refused { outward, detail } => Self {
                status: 0,
                code: Some(outward.code().to_owned()),
                outward: Some(outward),
                title: outward.advice().to_owned(),
                detail: Some(detail).filter(|detail| !detail.is_empty()),
                pointers: Vec::new(),
                trace_id: None,
            },
            Turned::Fault { trace_id } => Self {
                status: 0,
                code: Some("fault".to_owned()),
                outward: None,
                title: "Something of theirs failed".to_owned(),
                detail: None,
                pointers: Vec::new(),
                trace_id: Some(trace_id),
            },
        }
    }
}

/// The protocol's outward reason with this code.
fn outward_of(code: &str) -> Option<Outward> {
    (1..=u64::from(u8::MAX)).map_while(Outward::from_number).find(|outward| outward.code() == code)
}

impl fmt::Display for RemoteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) if self.status == 0 => write!(f, "{code}: {}", self.title)?,
            Some(code) => write!(f, "{code} (status {}): {}", self.status, self.title)?,
            None => write!(f, "status {}: {}", self.status, self.title)?,
        }
        if let Some(detail) = &self.detail {
            write!(f, "; {detail}")?;
        }
        match &self.trace_id {
            Some(trace_id) => write!(f, " [trace {trace_id}]"),
            None => Ok(()),
        }
    }
}

impl CallError {
    /// What the other side said when it turned us down.
    #[must_use]
    pub fn refusal(&self) -> Option<&RemoteRefusal> {
        match self {
            Self::Refused { refusal, .. } | Self::Failed { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The stable code: that of the other side when it gave one.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Ours { .. } => "own-input",
            Self::Address { .. } => "own-address",
            Self::Way { .. } | Self::Broken { .. } => "not-reached",
            Self::Refused { refusal, .. } => refusal.code.as_deref().unwrap_or("refused"),
            Self::Failed { refusal, .. } => refusal.code.as_deref().unwrap_or("failed"),
            Self::Unbelievable { what: Disbelief::Log { fault, .. }, .. } => fault.code(),
            Self::Unbelievable { .. } => "not-believed",
        }
    }

    /// What proves to others that somebody was lied to: to be kept as a file and shown to them.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Unbelievable { what: Disbelief::Log { evidence, .. }, .. } => evidence.as_deref(),
            _ => None,
        }
    }

    /// What is wrong with a log, when that is it.
    #[must_use]
    pub fn log_fault(&self) -> Option<&LogFault> {
        match self {
            Self::Unbelievable { what: Disbelief::Log { fault, .. }, .. } => Some(fault),
            _ => None,
        }
    }

    /// Whether a log's head is only not vouched for, and contradicts nothing: nobody need have lied.
    #[must_use]
    pub fn is_late(&self) -> bool {
        matches!(self.log_fault(), Some(LogFault::Witnesses { .. } | LogFault::Stale { .. }))
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Ours { .. } => "Correct what you asked for.",
            Self::Address { .. } => {
                "Correct the address: https://HOST[:PORT], or http://127.0.0.1:PORT on this machine."
            }
            Self::Way { source, .. } => source.advice(),
            Self::Broken { source, .. } => source.advice(),
            Self::Refused { refusal, .. } => refusal
                .outward
                .map_or("Read the code and the detail: they say what about the request.", Outward::advice),
            Self::Failed { .. } => "Try again later; if it goes on, tell the other side's operator the trace id.",
            Self::Unbelievable { what: Disbelief::Blind(_), .. } => {
                "Get federation.toml anew: the blinder's key or epoch is another than it says. If it is the same, report it."
            }
            Self::Unbelievable { what: Disbelief::Log { fault, .. }, .. } => advice_about_log(fault),
            Self::Unbelievable { .. } => {
                "Refresh the registry and ask again; if it goes on, report it: the other side's answer is wrong or forged."
            }
        }
    }

    /// Whether it is worth trying again later without changing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Way { .. } | Self::Broken { .. } | Self::Failed { .. })
    }
}

/// What to do when the log does not vouch for what was shown.
fn advice_about_log(fault: &LogFault) -> &'static str {
    match fault {
        LogFault::Witnesses { .. } => {
            "Too few organisations watch the directory now; wait for them, or set `witnesses` as low as the federation agreed."
        }
        LogFault::Stale { .. } => {
            "Check this machine's clock; else the directory stands still or hides news: name a mirror, and tell its operator."
        }
        LogFault::Future => "Check this machine's clock; if it is right, tell the directory's operator.",
        LogFault::Origin => {
            "Check the address in federation.toml: it leads to another federation's directory, or to an impostor."
        }
        LogFault::Fork | LogFault::Truncated { .. } => {
            "Keep the evidence file and give it to the trust anchor and other organisations; nothing new is used until it is settled."
        }
        LogFault::Registry | LogFault::MapPlace | LogFault::MapRoot | LogFault::EntryReplayed => {
            "Ask again, or name a mirror; if it goes on, tell the trust anchor: the directory leaves something out or changes it."
        }
        _ => "Ask again, or name a mirror; if it goes on, tell the directory's operator: its log does not hold.",
    }
}
