//! Why a call did not succeed: which step, and what to do.

use std::fmt;
use std::io;
use std::time::Duration;

use axum::http::StatusCode;

use super::message::ReceivedProblem;

/// An address that is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Not an address of the kinds we call.
    #[error("cannot call `{url}`: {reason}; write `https://HOST[:PORT]`, `http://127.0.0.1:PORT` or `unix:/PATH`")]
    Syntax {
        /// As it was written.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Plain HTTP would be readable by others on the way.
    #[error("`{url}` is not called: plain http leaves this machine unencrypted; write `https://`")]
    PlainHttp {
        /// As it was written.
        url: String,
    },
}

/// A step of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Finding the addresses of a name.
    Resolve,
    /// Opening a TCP connection or unix socket.
    Connect,
    /// TLS, and the other end's certificate.
    Handshake,
    /// Sending the request.
    Send,
    /// Receiving the answer.
    Response,
    /// The answer's status.
    Status,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
            Self::Send => "send",
            Self::Response => "response",
            Self::Status => "status",
        })
    }
}

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The name has no address.
    #[error("resolve: `{host}` has no address")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said, if anything.
        #[source]
        source: Option<io::Error>,
    },
    /// Nobody accepts connections there.
    #[error("connect: {origin} does not accept a connection")]
    Connect {
        /// Who was called.
        origin: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No TLS 1.3 with a certificate that the roots vouch for.
    #[error("handshake: no trusted TLS 1.3 connection to {origin}")]
    Handshake {
        /// Who was called.
        origin: String,
        /// What TLS said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A step took too long.
    #[error("deadline: {step} with {origin} took more than {} ms", after.as_millis())]
    Deadline {
        /// Who was called.
        origin: String,
        /// Which step.
        step: Step,
        /// The deadline.
        after: Duration,
    },
    /// The connection was closed before anything of the request was sent.
    #[error("send: {origin} had closed the connection; nothing was sent")]
    NotSent {
        /// Who was called.
        origin: String,
    },
    /// The request cannot be written as HTTP.
    #[error("send: `{path}` is not a path, or a header field is not one")]
    Request {
        /// Its path and query.
        path: String,
        /// Why not.
        #[source]
        source: axum::http::Error,
    },
    /// The connection broke during the exchange.
    #[error("{step}: the connection to {origin} broke")]
    Broken {
        /// Who was called.
        origin: String,
        /// During which step.
        step: Step,
        /// What HTTP said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is larger than we take.
    #[error("response: {origin} answers with more than {limit_bytes} bytes")]
    TooLarge {
        /// Who was called.
        origin: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// An answer that is not a success.
    #[error("status: {status}{}", problem.as_deref().map(|problem| format!(", {problem}")).unwrap_or_default())]
    Status {
        /// The status.
        status: StatusCode,
        /// The problem document, when one came.
        problem: Option<Box<ReceivedProblem>>,
    },
}

impl ClientError {
    /// The step that failed.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Resolve { .. } => Step::Resolve,
            Self::Connect { .. } => Step::Connect,
            Self::Handshake { .. } => Step::Handshake,
            Self::Deadline { step, .. } | Self::Broken { step, .. } => *step,
            Self::NotSent { .. } | Self::Request { .. } => Step::Send,
            Self::TooLarge { .. } => Step::Response,
            Self::Status { .. } => Step::Status,
        }
    }

    /// Whether it is certain that the other end saw nothing of the request.
    #[must_use]
    pub const fn nothing_was_sent(&self) -> bool {
        matches!(self.step(), Step::Resolve | Step::Connect | Step::Handshake)
            || matches!(self, Self::NotSent { .. } | Self::Request { .. })
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "Check the name, and that this machine can resolve names.",
            Self::Connect { .. } => "Check the port, that the other side runs, and the firewall between.",
            Self::Handshake { .. } => {
                "Check that the root certificates hold the other side's authority, that the name is in its certificate, and both clocks."
            }
            Self::Deadline { .. } => "Try again; when it happens often, look at the other side's load.",
            Self::NotSent { .. } => "Send it again on a new connection.",
            Self::Request { .. } => "Write the path from `/` on, percent-encoded.",
            Self::Broken { .. } => "Ask whether the request took effect before sending it again: it may have.",
            Self::TooLarge { .. } => "Ask for less in one call.",
            Self::Status { status, .. } if status.is_redirection() => {
                "Redirects are not followed: call the address that is meant."
            }
            Self::Status { status, .. } if status.is_server_error() => {
                "Try again later; tell the other side's operator the trace id."
            }
            Self::Status { .. } => "Correct the request: the problem's code says what about it.",
        }
    }
}
