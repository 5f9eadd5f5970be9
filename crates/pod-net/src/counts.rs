//! What happened on the network so far, for metrics. Nothing of who or about whom.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::transport::Transport;

/// A copy of the counters. All but `connections`, `streams` and `slots_held` only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NetCounts {
    /// Connections that are open, by transport in the order of [`Transport::ALL`].
    pub connections: [u64; 3],
    /// Streams of calls that are being served.
    pub streams: u64,
    /// Peers that are not in the registry, cut after the handshake.
    pub strangers: u64,
    /// Connections refused because an address, a peer or all together have too many.
    pub crowded: u64,
    /// Streams refused because their peer has enough of them.
    pub streams_refused: u64,
    /// Streams closed because a frame broke the rules.
    pub frames_broken: u64,
    /// Calls that were answered, by transport in the order of [`Transport::ALL`].
    pub answered: [u64; 3],
    /// Slots that are held at relays.
    pub slots_held: u64,
    /// As a relay: slots that were given.
    pub slots_given: u64,
    /// As a relay: circuits that were carried.
    pub circuits: u64,
    /// As a relay: slots and circuits that were refused.
    pub relay_refused: u64,
    /// Connections that replaced one through a relay.
    pub punched: u64,
    /// Addresses of ours at which a relay reached us from outside.
    pub reached: u64,
    /// Addresses of ours at which no relay reached us.
    pub not_reached: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    connections: [AtomicU64; 3],
    streams: AtomicU64,
    strangers: AtomicU64,
    crowded: AtomicU64,
    streams_refused: AtomicU64,
    frames_broken: AtomicU64,
    answered: [AtomicU64; 3],
    slots_held: AtomicU64,
    slots_given: AtomicU64,
    circuits: AtomicU64,
    relay_refused: AtomicU64,
    punched: AtomicU64,
    reached: AtomicU64,
    not_reached: AtomicU64,
}

fn of(counters: &[AtomicU64; 3], transport: Transport) -> &AtomicU64 {
    let [quic, tcp, relayed] = counters;
    match transport {
        Transport::Quic => quic,
        Transport::Tcp => tcp,
        Transport::Relayed => relayed,
    }
}

impl Counts {
    pub(crate) fn opened(&self, transport: Transport) {
        of(&self.connections, transport).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self, transport: Transport) {
        of(&self.connections, transport).fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_begins(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_ends(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn stranger(&self) {
        self.strangers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn crowded(&self) {
        self.crowded.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_refused(&self) {
        self.streams_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn frame_broken(&self) {
        self.frames_broken.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, transport: Transport) {
        of(&self.answered, transport).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn slot_held(&self) {
        self.slots_held.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn slot_lost(&self) {
        self.slots_held.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn slot_given(&self) {
        self.slots_given.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn circuit(&self) {
        self.circuits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn relay_refused(&self) {
        self.relay_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn punched(&self) {
        self.punched.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn tested(&self, reached: bool) {
        let counter = if reached { &self.reached } else { &self.not_reached };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> NetCounts {
        let one = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        NetCounts {
            connections: self.connections.each_ref().map(one),
            streams: one(&self.streams),
            strangers: one(&self.strangers),
            crowded: one(&self.crowded),
            streams_refused: one(&self.streams_refused),
            frames_broken: one(&self.frames_broken),
            answered: self.answered.each_ref().map(one),
            slots_held: one(&self.slots_held),
            slots_given: one(&self.slots_given),
            circuits: one(&self.circuits),
            relay_refused: one(&self.relay_refused),
            punched: one(&self.punched),
            reached: one(&self.reached),
            not_reached: one(&self.not_reached),
        }
    }
}
