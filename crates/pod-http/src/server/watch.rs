//! What a connection is doing right now, seen from below TLS, and the deadline of that.
//!
//! hyper has no deadline for a peer that sends nothing between requests, dribbles a head or takes no
//! answer, that holds for HTTP/1.1 and HTTP/2 alike. Here each poll of a connection is followed by one
//! look at five numbers; a deadline moves when they say that the connection went on. Nothing is allocated,
//! and the timer is re-armed only when it fires.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::limits::Limits;

/// What a connection did so far. Written by its own tasks, read after each poll.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Times bytes came in.
    read: AtomicU64,
    /// Times bytes went out.
    written: AtomicU64,
    /// The peer does not take what we want to write.
    write_waits: AtomicBool,
    /// Requests handed to the service and not yet answered.
    under_way: AtomicU32,
    /// Requests answered, and parts of streamed answers.
    answered: AtomicU64,
}

impl Pulse {
    /// Counts one request as under way until the guard is dropped.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// A part of a streamed answer was handed over.
    pub(crate) fn went_on(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// One request between its head and its answer.
pub(crate) struct UnderWay<'a>(&'a Pulse);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.went_on();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the peer is being waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The rest of a request head.
    Head,
    /// The next request.
    Idle,
    /// Taking the answer.
    Writing,
    /// Nothing: it is our turn, or a body with its own deadline is being read.
    Ours,
}

/// The phase of a connection and when it must be over.
#[derive(Debug)]
pub(crate) struct Deadline {
    phase: Phase,
    until: Option<Instant>,
    /// HTTP/2 peers send frames that belong to no request: there only the first head is told from a pause.
    heads_after_first: bool,
    seen_read: u64,
    seen_written: u64,
    seen_answered: u64,
}

impl Deadline {
    /// A connection whose handshake is done: its first head is due.
    pub(crate) fn new(pulse: &Pulse, limits: &Limits, heads_after_first: bool) -> Self {
        Self {
            phase: Phase::Head,
            until: Some(Instant::now() + limits.head),
            heads_after_first,
            seen_read: pulse.read.load(Ordering::Relaxed),
            seen_written: pulse.written.load(Ordering::Relaxed),
            seen_answered: pulse.answered.load(Ordering::Relaxed),
        }
    }

    pub(crate) const fn phase(&self) -> Phase {
        self.phase
    }

    /// Looks at the connection once; returns when the present phase must be over.
    pub(crate) fn look(&mut self, pulse: &Pulse, limits: &Limits) -> Option<Instant> {
        let read = pulse.read.load(Ordering::Relaxed);
        let written = pulse.written.load(Ordering::Relaxed);
        let answered = pulse.answered.load(Ordering::Relaxed);
        let phase = if pulse.write_waits.load(Ordering::Relaxed) {
            Phase::Writing
        } else if pulse.under_way.load(Ordering::Relaxed) > 0 {
            Phase::Ours
        } else if answered != self.seen_answered {
            Phase::Idle
        } else {
            match self.phase {
                Phase::Head => Phase::Head,
                Phase::Idle if self.heads_after_first && read != self.seen_read => Phase::Head,
                Phase::Idle | Phase::Writing | Phase::Ours => Phase::Idle,
            }
        };
        let went_on = match phase {
            Phase::Writing => written != self.seen_written,
            Phase::Idle => answered != self.seen_answered,
            // A head is not given more time because another byte of it came.
            Phase::Head | Phase::Ours => false,
        };
        if phase != self.phase || went_on {
            self.until = match phase {
                Phase::Head => Some(Instant::now() + limits.head),
                Phase::Idle => Some(Instant::now() + limits.idle),
                Phase::Writing => Some(Instant::now() + limits.write_stall),
                Phase::Ours => None,
            };
        }
        self.phase = phase;
        self.seen_read = read;
        self.seen_written = written;
        self.seen_answered = answered;
        self.until
    }
}

/// A socket whose traffic is counted in a [`Pulse`].
#[derive(Debug)]
pub(crate) struct Watched<Socket> {
    socket: Socket,
    pulse: Arc<Pulse>,
}

impl<Socket> Watched<Socket> {
    pub(crate) const fn new(socket: Socket, pulse: Arc<Pulse>) -> Self {
        Self { socket, pulse }
    }

    fn note_write(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(_) => {
                self.pulse.written.fetch_add(1, Ordering::Relaxed);
                self.pulse.write_waits.store(false, Ordering::Relaxed);
            }
            Poll::Pending => self.pulse.write_waits.store(true, Ordering::Relaxed),
        }
    }
}

impl<Socket: AsyncRead + Unpin> AsyncRead for Watched<Socket> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        let result = Pin::new(&mut self.socket).poll_read(cx, out);
        if out.filled().len() != before {
            self.pulse.read.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl<Socket: AsyncWrite + Unpin> AsyncWrite for Watched<Socket> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.note_write(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        self.note_write(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
