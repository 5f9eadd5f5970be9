//! What somebody who sits on a host sees of what passes it: every frame of every interface (packet(7)).

use std::fmt;
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_recv_buffer_size, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SocketType, recv, socket};

/// `ETH_P_ALL`: frames of every protocol.
const EVERY_PROTOCOL: u16 = 3;
/// The largest frame that a host hands over at once, offloading included.
const MAX_FRAME_BYTES: usize = 128 * 1024;
/// What may wait while this thread does not run.
const BUFFER_BYTES: usize = 8 * 1024 * 1024;
/// How soon a capture ends that hears nothing.
const TICK: Duration = Duration::from_millis(20);

/// A capture under way.
pub struct Capture {
    over: Arc<AtomicBool>,
    frames: JoinHandle<Vec<Vec<u8>>>,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capture")
    }
}

impl Capture {
    /// Where this is called.
    pub(super) fn begin() -> Self {
        let protocol = Protocol::from_raw(NonZeroU32::new(EVERY_PROTOCOL.to_be().into()).unwrap());
        let socket = socket(AddressFamily::PACKET, SocketType::RAW, Some(protocol)).unwrap();
        set_socket_timeout(&socket, Timeout::Recv, Some(TICK)).unwrap();
        set_socket_recv_buffer_size(&socket, BUFFER_BYTES).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        Self { over, frames: thread::spawn(move || listen(&socket, &ends)) }
    }

    /// Ends it; the frames, in order. One that passes through is there twice, as it came and as it went.
    #[must_use]
    pub fn end(self) -> Vec<Vec<u8>> {
        self.over.store(true, Ordering::Release);
        self.frames.join().unwrap()
    }
}

/// Whether these bytes stand in one of the frames.
#[must_use]
pub fn shows(frames: &[Vec<u8>], bytes: &[u8]) -> bool {
    frames.iter().any(|frame| frame.windows(bytes.len()).any(|window| window == bytes))
}

fn listen(socket: &OwnedFd, over: &AtomicBool) -> Vec<Vec<u8>> {
    let mut buffer = vec![0; MAX_FRAME_BYTES];
    let mut frames = Vec::new();
    loop {
        // Asked before: what came until then is still read.
        let last = over.load(Ordering::Acquire);
        match recv(socket, &mut buffer[..], RecvFlags::empty()) {
            Ok((length, _)) => frames.push(buffer[..length].to_vec()),
            Err(Errno::AGAIN) if last => return frames,
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => panic!("the capture broke: {error}"),
        }
    }
}
