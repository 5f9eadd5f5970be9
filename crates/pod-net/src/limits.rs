//! Every wait and every size, each with its reason.

use std::time::Duration;

use pod_protocol::codec::{MAX_ANSWER_BYTES, MAX_OBJECT_BYTES};

/// A handshake is two round trips and two signatures.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long UDP is waited for before TCP is tried: one lost packet is sent again after 1 s.
const QUIC_HEAD_START: Duration = Duration::from_secs(2);
/// After UDP did not come through, TCP is tried first for so long: a firewall does not change within a minute.
const QUIC_REST: Duration = Duration::from_secs(300);
/// Opening a stream is one round trip.
const STREAM: Duration = Duration::from_secs(5);
/// A holder answers in milliseconds; a call of 256 items with one sync stays below a second.
const RESPONSE: Duration = Duration::from_secs(15);
/// From the first byte of a frame to its last: 64 KiB at 128 kbit/s take 4 s.
const FRAME: Duration = Duration::from_secs(20);
/// How long a caller keeps a stream without calls. A call on a stream whose peer has died since is lost, and nobody knows whether it took
/// effect; a new stream is greeted before it carries a call, for one round trip. Below [`IDLE`], so that the caller closes first.
const KEPT: Duration = Duration::from_secs(1);
/// How long a server keeps a stream without calls.
const IDLE: Duration = Duration::from_secs(60);
/// A connection without streams: who calls twice in a minute needs no second handshake.
const CONNECTION_IDLE: Duration = Duration::from_secs(60);
/// A peer that takes not one byte for so long has gone.
const WRITE_STALL: Duration = Duration::from_secs(20);
/// What a rolling restart waits for calls that have already begun.
const DRAIN: Duration = Duration::from_secs(10);
/// What a process that ends waits until its connections are closed: it is done, and somebody looks at the prompt.
const LEAVING: Duration = Duration::from_millis(500);
/// How long the datagrams that say goodbye have to leave: a few turns of the scheduler on a busy machine.
const GOODBYE: Duration = Duration::from_millis(20);
/// A country's organisations (300) with a few services each, twice.
const CONNECTIONS: u32 = 2048;
/// One by each transport, and those that are just being replaced, from both ends.
const CONNECTIONS_PER_PEER: u32 = 8;
/// Handshakes under way: they cost a signature each.
const HANDSHAKES: u32 = 256;
/// Handshakes under way from one IPv4 address or IPv6 /64, so that a stranger cannot take all.
const HANDSHAKES_PER_ADDRESS: u32 = 16;
/// Streams that are being negotiated on one connection; more are dropped.
const NEGOTIATING: usize = 8;
/// Streams of one connection, ours and identify's together. Over TCP each may have 256 KiB unread.
const STREAMS_PER_CONNECTION: u32 = 16;
/// Streams of calls of one peer: one that is used, and one that ends, on each of two connections.
const STREAMS_PER_PEER: usize = 4;
/// Calls under way on one stream. The journal's syncs take about 64 calls at once when it is busy.
const IN_FLIGHT: u32 = 64;
/// Calls under way of all peers together: what they answer is at most 1 GiB.
const IN_FLIGHT_TOGETHER: usize = 1024;
/// A quarter: whoever sends many calls makes no others wait.
const IN_FLIGHT_PER_PEER: usize = IN_FLIGHT_TOGETHER / 4;
/// Unread bytes of one stream and one connection (QUIC): four of the largest calls, or one answer in four windows.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// Share of the machine's memory that this process may have when it takes a new connection.
const MEMORY_SHARE: f64 = 0.8;
/// A circuit is asked for over a connection to its relay, and has a handshake of its own: two of [`HANDSHAKE`].
const CIRCUIT: Duration = Duration::from_secs(10);
/// Relays at which a node behind NAT holds a slot: one, and one for when it restarts, of each of two organisations.
const RELAYS: usize = 4;
/// Between two looks whether a slot is missing: callers are turned away meanwhile, and a relay that restarts takes seconds.
const RESERVE_LOOK: Duration = Duration::from_secs(5);
/// Circuits that callers may have through one relay to a node behind NAT: each is a stream of its one connection to the relay.
const CIRCUITS_TAKEN: u32 = 64;
/// Addresses at which relays say to see us: both transports in both versions of IP, at each of [`RELAYS`].
const SEEN_AT: usize = 4 * RELAYS;
/// Slots that a relay gives: a third of a country's organisations (300), and some.
const SLOTS: usize = 128;
/// Slots of one member: one, and one on the connection that replaces another.
const SLOTS_PER_PEER: usize = 2;
/// How long a slot is given for; whoever needs it longer renews it. What the specification suggests.
const SLOT: Duration = Duration::from_secs(3600);
/// Circuits that a relay carries together: each has two buffers of 8 KiB, so that all take 8 MiB.
const CIRCUITS: usize = 512;
/// Circuits of one member, its own and to it, with which it opens no more: its own are streams of its connection to the relay,
/// beside identify's.
const CIRCUITS_PER_PEER: usize = 12;
/// How long a circuit lives: it is opened again at once, and a hole is punched sooner. So none stays for ever.
const CIRCUIT_LIVES: Duration = Duration::from_secs(3600);
/// Bytes of a circuit, both ways together: of the largest answers 256, after which it is opened again.
const CIRCUIT_BYTES: u64 = 256 * 1024 * 1024;
/// Slots, and circuits, that one member may ask for at once.
const RELAY_BURST: u32 = 60;
/// After which it may ask for one more: a circuit without calls ends after [`CONNECTION_IDLE`], so that nobody needs more.
const RELAY_AGAIN: Duration = Duration::from_secs(2);

/// Deadlines and sizes. [`NetLimits::default`] holds the values meant for use.
#[derive(Debug, Clone)]
pub struct NetLimits {
    /// For a connection with its handshake.
    pub handshake: Duration,
    /// For QUIC, when there is a TCP address beside it.
    pub quic_head_start: Duration,
    /// After QUIC failed, until it is tried first again.
    pub quic_rest: Duration,
    /// For a stream to be opened and greeted.
    pub stream: Duration,
    /// From a call to its answer, and for a place when all are taken.
    pub response: Duration,
    /// From the first byte of a frame to its last.
    pub frame: Duration,
    /// How long a caller keeps a stream without calls.
    pub kept: Duration,
    /// How long a server keeps a stream without calls.
    pub idle: Duration,
    /// How long a connection without streams is kept.
    pub connection_idle: Duration,
    /// Without a single byte being taken by the peer.
    pub write_stall: Duration,
    /// From the order to stop until calls under way are cut.
    pub drain: Duration,
    /// For closing every connection when the process ends.
    pub leaving: Duration,
    /// Of that, from the last connection's end on.
    pub goodbye: Duration,
    /// Connections of all peers together.
    pub connections: u32,
    /// Connections of one peer.
    pub connections_per_peer: u32,
    /// Handshakes under way, of all addresses together.
    pub handshakes: u32,
    /// Handshakes under way from one IPv4 address or IPv6 /64.
    pub handshakes_per_address: u32,
    /// Streams being negotiated on one connection.
    pub negotiating: usize,
    /// Streams on one connection.
    pub streams_per_connection: u32,
    /// Streams of calls of one peer.
    pub streams_per_peer: usize,
    /// Calls under way on one stream.
    pub in_flight: u32,
    /// Calls under way of one peer.
    pub in_flight_per_peer: usize,
    /// Calls under way of all peers together.
    pub in_flight_together: usize,
    /// Bytes of a call.
    pub call_bytes: usize,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// Unread bytes of one QUIC stream.
    pub stream_window_bytes: u32,
    /// Unread bytes of one QUIC connection.
    pub connection_window_bytes: u32,
    /// Share of the machine's memory that this process may have when it takes a new connection.
    pub memory_share: f64,
    /// For a connection through a relay, with that to the relay.
    pub circuit: Duration,
    /// Relays at which a slot is held.
    pub relays: usize,
    /// Between two looks whether a slot is missing.
    pub reserve_look: Duration,
    /// Circuits that callers may have through one relay to us.
    pub circuits_taken: u32,
    /// Addresses at which relays say to see us.
    pub seen_at: usize,
    /// As a relay: slots that are given.
    pub slots: usize,
    /// As a relay: slots of one member.
    pub slots_per_peer: usize,
    /// As a relay: for how long a slot is given.
    pub slot: Duration,
    /// As a relay: circuits carried together.
    pub circuits: usize,
    /// As a relay: circuits of one member, its own and to it, with which it opens no more.
    pub circuits_per_peer: usize,
    /// As a relay: how long a circuit lives.
    pub circuit_lives: Duration,
    /// As a relay: bytes of a circuit, both ways together.
    pub circuit_bytes: u64,
    /// As a relay: slots, and circuits, that one member may ask for at once.
    pub relay_burst: u32,
    /// As a relay: after which it may ask for one more.
    pub relay_again: Duration,
}

impl Default for NetLimits {
    fn default() -> Self {
        Self {
            handshake: HANDSHAKE,
            quic_head_start: QUIC_HEAD_START,
            quic_rest: QUIC_REST,
            stream: STREAM,
            response: RESPONSE,
            frame: FRAME,
            kept: KEPT,
            idle: IDLE,
            connection_idle: CONNECTION_IDLE,
            write_stall: WRITE_STALL,
            drain: DRAIN,
            leaving: LEAVING,
            goodbye: GOODBYE,
            connections: CONNECTIONS,
            connections_per_peer: CONNECTIONS_PER_PEER,
            handshakes: HANDSHAKES,
            handshakes_per_address: HANDSHAKES_PER_ADDRESS,
            negotiating: NEGOTIATING,
            streams_per_connection: STREAMS_PER_CONNECTION,
            streams_per_peer: STREAMS_PER_PEER,
            in_flight: IN_FLIGHT,
            in_flight_per_peer: IN_FLIGHT_PER_PEER,
            in_flight_together: IN_FLIGHT_TOGETHER,
            call_bytes: MAX_OBJECT_BYTES,
            answer_bytes: MAX_ANSWER_BYTES,
            stream_window_bytes: STREAM_WINDOW_BYTES,
            connection_window_bytes: CONNECTION_WINDOW_BYTES,
            memory_share: MEMORY_SHARE,
            circuit: CIRCUIT,
            relays: RELAYS,
            reserve_look: RESERVE_LOOK,
            circuits_taken: CIRCUITS_TAKEN,
            seen_at: SEEN_AT,
            slots: SLOTS,
            slots_per_peer: SLOTS_PER_PEER,
            slot: SLOT,
            circuits: CIRCUITS,
            circuits_per_peer: CIRCUITS_PER_PEER,
            circuit_lives: CIRCUIT_LIVES,
            circuit_bytes: CIRCUIT_BYTES,
            relay_burst: RELAY_BURST,
            relay_again: RELAY_AGAIN,
        }
    }
}
