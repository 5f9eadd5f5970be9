//! Ports for processes that are told theirs before they start.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that Linux gives to outgoing connections (from 32768 on), which would take a port before its process starts.
const PORTS: Range<u16> = 20_000..32_000;
/// How far apart two processes begin to look.
const APART: u32 = 64;

/// A port of this machine that is free now, and that this process has not given before.
///
/// # Errors
/// When none is free.
pub fn free_port() -> io::Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = process::id().wrapping_mul(APART);
    let next = || {
        let number = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % u32::from(PORTS.end - PORTS.start);
        PORTS.start + u16::try_from(number).unwrap_or_default()
    };
    PORTS
        .map(|_| next())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrInUse))
}
