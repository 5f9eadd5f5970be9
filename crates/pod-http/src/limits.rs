//! The limits of a server: every wait and every size, each with its reason.

use std::time::Duration;

use crate::startup::StartupError;

/// A full TLS handshake is two round trips; a phone on a bad line needs about 2 s.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// A head is one or two packets. With [`HANDSHAKE`] a slow socket is gone after 15 s.
const HEAD: Duration = Duration::from_secs(10);
/// 1 MiB at 128 kbit/s takes 65 s; our largest common call (256 items, about 100 KiB) takes 7 s.
const BODY: Duration = Duration::from_secs(20);
/// Longer than the client's own idle limit, so that the client closes first and no call races a close.
const IDLE: Duration = Duration::from_secs(60);
/// A peer that takes not one byte of its answer for so long has gone.
const WRITE_STALL: Duration = Duration::from_secs(20);
/// What a rolling restart waits for calls that have already begun.
const DRAIN: Duration = Duration::from_secs(10);
/// About 50 KiB each with TLS: 200 MiB in the worst case.
const CONNECTIONS: usize = 4096;
/// One organisation's whole service behind one address translator, and far below [`CONNECTIONS`].
const CONNECTIONS_PER_PEER: usize = 256;
/// A `traceparent`, a token and a cookie fit many times over.
const HEADER_BYTES: usize = 16 * 1024;
/// Browsers send about 20.
const HEADER_COUNT: usize = 64;
/// hyper parses this many on the stack; a larger number would cost an allocation in every request.
const HEADER_COUNT_CEILING: usize = 100;
/// hyper's smallest read buffer.
const HEADER_BYTES_FLOOR: usize = 8 * 1024;
/// Any JSON body of ours; routes that take more say so ([`crate::Service::body_limit`]).
const BODY_BYTES: usize = 1024 * 1024;
/// Bodies being received by all connections together, beyond what lies in read buffers.
const BODY_BYTES_TOGETHER: usize = 64 * 1024 * 1024;
/// A quarter: whoever sends many bodies slowly makes no others wait, and an organisation behind one address sends 256 of the
/// largest calls at a time.
const BODY_BYTES_PER_PEER: usize = BODY_BYTES_TOGETHER / 4;
/// As many calls as one service usually has under way.
const HTTP2_STREAMS: u32 = 64;
/// Streams reset before they were handled (CVE-2023-44487, rapid reset): more closes the connection.
const HTTP2_PENDING_RESETS: usize = 20;
/// Streams we reset for a peer's errors (RUSTSEC-2024-0003): more closes the connection.
const HTTP2_ERROR_RESETS: usize = 64;

/// Deadlines and sizes of a server. [`Limits::default`] holds the values meant for use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From accept to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request (or the end of the handshake) to the end of its head.
    pub head: Duration,
    /// From the end of the head to the last byte of the body.
    pub body: Duration,
    /// Between the end of one request and the first byte of the next.
    pub idle: Duration,
    /// Without a single byte of the answer being taken by the peer.
    pub write_stall: Duration,
    /// From the order to drain until connections are cut.
    pub drain: Duration,
    /// Open connections of all peers together.
    pub connections: usize,
    /// Open connections of one IPv4 address or IPv6 /64.
    pub connections_per_peer: usize,
    /// Bytes of one request head; also the HTTP/2 header list size.
    pub header_bytes: usize,
    /// Fields in one request head; at most 100.
    pub header_count: usize,
    /// Bytes of one body, where a route says nothing else.
    pub body_bytes: usize,
    /// Bytes of all bodies being received at one time.
    pub body_bytes_together: usize,
    /// The same, of the connections of one peer: an IPv4 address or an IPv6 /64.
    pub body_bytes_per_peer: usize,
    /// Concurrent HTTP/2 streams of one connection.
    pub http2_streams: u32,
    /// HTTP/2 streams that a peer may have reset before we handled them.
    pub http2_pending_resets: usize,
    /// HTTP/2 streams that we reset for a peer's errors before the connection is closed.
    pub http2_error_resets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: HANDSHAKE,
            head: HEAD,
            body: BODY,
            idle: IDLE,
            write_stall: WRITE_STALL,
            drain: DRAIN,
            connections: CONNECTIONS,
            connections_per_peer: CONNECTIONS_PER_PEER,
            header_bytes: HEADER_BYTES,
            header_count: HEADER_COUNT,
            body_bytes: BODY_BYTES,
            body_bytes_together: BODY_BYTES_TOGETHER,
            body_bytes_per_peer: BODY_BYTES_PER_PEER,
            http2_streams: HTTP2_STREAMS,
            http2_pending_resets: HTTP2_PENDING_RESETS,
            http2_error_resets: HTTP2_ERROR_RESETS,
        }
    }
}

impl Limits {
    /// Refuses values that hyper cannot keep, before a socket is opened.
    pub(crate) fn check(&self) -> Result<(), StartupError> {
        if self.header_count > HEADER_COUNT_CEILING {
            return Err(StartupError::Limit {
                name: "header_count",
                must: format!("be at most {HEADER_COUNT_CEILING}"),
            });
        }
        if self.header_bytes < HEADER_BYTES_FLOOR || u32::try_from(self.header_bytes).is_err() {
            return Err(StartupError::Limit {
                name: "header_bytes",
                must: format!("be at least {HEADER_BYTES_FLOOR} and below 4 GiB"),
            });
        }
        for (name, value) in [("connections", self.connections), ("connections_per_peer", self.connections_per_peer)] {
            if value == 0 {
                return Err(StartupError::Limit { name, must: "be at least 1".to_owned() });
            }
        }
        Ok(())
    }
}
