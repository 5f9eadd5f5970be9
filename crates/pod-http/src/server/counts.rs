//! What happened to connections: numbers only, nothing that tells one peer from another.

use std::sync::atomic::{AtomicU64, Ordering};

use super::connection::Ending;

/// Totals since the server started, and the connections open now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Connections open now.
    pub open: usize,
    /// Connections that got a place.
    pub accepted: u64,
    /// Closed at once: all places were taken.
    pub refused_full: u64,
    /// Closed at once: this peer had all of its places.
    pub refused_peer: u64,
    /// The TLS handshake failed: old version, no common algorithm, not TLS.
    pub handshake_failed: u64,
    /// The TLS handshake was not done in time.
    pub handshake_slow: u64,
    /// A request head was not whole in time.
    pub head_slow: u64,
    /// A body was not whole in time.
    pub body_slow: u64,
    /// A body was over its limit.
    pub body_large: u64,
    /// Closed after a long pause between requests.
    pub idle: u64,
    /// The peer did not take its answer.
    pub write_stalled: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    accepted: AtomicU64,
    refused_full: AtomicU64,
    refused_peer: AtomicU64,
    handshake_failed: AtomicU64,
    handshake_slow: AtomicU64,
    head_slow: AtomicU64,
    pub(crate) body_slow: AtomicU64,
    pub(crate) body_large: AtomicU64,
    idle: AtomicU64,
    write_stalled: AtomicU64,
}

/// Adds one.
pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn accepted(&self) {
        bump(&self.accepted);
    }

    pub(crate) fn refused(&self, full: super::places::NoPlace) {
        match full {
            super::places::NoPlace::Full => bump(&self.refused_full),
            super::places::NoPlace::PeerFull => bump(&self.refused_peer),
        }
    }

    pub(crate) fn ended(&self, ending: Ending) {
        match ending {
            Ending::Closed => {}
            Ending::HandshakeFailed => bump(&self.handshake_failed),
            Ending::HandshakeSlow => bump(&self.handshake_slow),
            Ending::HeadSlow => bump(&self.head_slow),
            Ending::Idle => bump(&self.idle),
            Ending::WriteStalled => bump(&self.write_stalled),
        }
    }

    pub(crate) fn snapshot(&self, open: usize) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            open,
            accepted: read(&self.accepted),
            refused_full: read(&self.refused_full),
            refused_peer: read(&self.refused_peer),
            handshake_failed: read(&self.handshake_failed),
            handshake_slow: read(&self.handshake_slow),
            head_slow: read(&self.head_slow),
            body_slow: read(&self.body_slow),
            body_large: read(&self.body_large),
            idle: read(&self.idle),
            write_stalled: read(&self.write_stalled),
        }
    }
}
