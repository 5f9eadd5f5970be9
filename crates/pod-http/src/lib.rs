//! hyper and rustls with deadlines and limits: servers, clients, problem documents.
//!
//! The only edge of Aitta that speaks HTTP. Other crates name neither hyper nor rustls: they hand a
//! [`Service`] to a [`Server`] and call others through a [`Client`].
//!
//! - TLS 1.3 alone, with aws-lc-rs and X25519MLKEM768 preferred; plain HTTP on loopback and unix sockets only.
//! - Every wait has a deadline and every size a limit, in [`Limits`] and [`ClientLimits`].
//! - Bodies are whole before a handler sees them: a handler never waits for a peer.
//! - The RFC 9266 exporter of a connection is in [`PeerInfo`] on one end and in
//!   [`Connection::exporter`] on the other, so that a signature can be bound to the connection.
//!
//! Architecture invariant: nothing here knows a rule, a grant or a store.

mod client;
mod html;
mod limits;
mod machine;
mod message;
mod problem;
mod server;
mod startup;
mod tls;
mod trace;

pub use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
pub use bytes::Bytes;

pub use client::{
    Client, ClientError, ClientLimits, ClientProtocol, Connection, Origin, ReceivedProblem, Request, Response,
    RootCertificates, Step, TargetError,
};
pub use html::escape_html;
pub use limits::Limits;
pub use machine::{Accept, Machine, Pending, SimulatedMachine, Stream};
pub use message::{Alpn, FastHandler, Incoming, Outgoing, PeerAddress, PeerInfo, Reply};
pub use problem::{Language, PROBLEM_MEDIA_TYPE, Problem, ProblemType, Title};
pub use server::{Counts, Drained, ListenAddress, Server, ServerConfig, ServerHandle, Service, refusals};
pub use startup::{KeyLogOff, StartupError, refuse_key_log};
pub use tls::CertificateFiles;
pub use trace::{TraceId, TraceParent, TraceParentError};
