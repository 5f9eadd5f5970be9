//! The laboratory does what it says: what is cut does not arrive, and routers translate as routers do.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod a_capture_sees_what_passes;
mod nothing_is_left_behind;
mod routers_translate;
mod those_behind_routers_call_each_other;
mod wires_are_cut_and_heal;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use pod_testkit::lab::Host;

/// How long something may take that arrives: far more than it ever does.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long is waited for what never arrives.
pub const NEVER: Duration = Duration::from_millis(200);

/// A socket on a host.
pub fn udp(host: &Host, port: u16) -> UdpSocket {
    host.inside(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap())
}

/// What arrives next, and from whom.
pub fn received(socket: &UdpSocket, within: Duration) -> Option<(Vec<u8>, SocketAddr)> {
    socket.set_read_timeout(Some(within)).unwrap();
    let mut buffer = [0; 64];
    let (length, from) = socket.recv_from(&mut buffer).ok()?;
    Some((buffer[..length].to_vec(), from))
}
