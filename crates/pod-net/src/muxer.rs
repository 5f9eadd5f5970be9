//! Yamux over TCP with a window that is bounded: libp2p's own wrapper lets a connection's grow to 1 GiB.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Ready, ready};
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::{AsyncRead, AsyncWrite};
use libp2p::core::UpgradeInfo;
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};

/// Yamux' name in libp2p's negotiation.
const NAME: &str = "/yamux/1.0.0";
/// What every stream may have unread from its beginning (the specification's initial window).
const INITIAL_WINDOW_BYTES: usize = 256 * 1024;

/// Makes a connection many streams.
#[derive(Debug, Clone)]
pub(crate) struct Upgrade {
    streams: usize,
}

impl Upgrade {
    /// So many streams at a time, none of which may have more unread than it begins with.
    pub(crate) const fn new(streams: usize) -> Self {
        Self { streams }
    }

    fn muxer<C: AsyncRead + AsyncWrite + Unpin>(&self, connection: C, mode: yamux::Mode) -> Muxer<C> {
        let mut config = yamux::Config::default();
        // Streams first: the other way round the one limit would for a moment break the other.
        config.set_max_num_streams(self.streams);
        config.set_max_connection_receive_window(Some(self.streams * INITIAL_WINDOW_BYTES));
        Muxer {
            connection: yamux::Connection::new(connection, config, mode),
            came: VecDeque::new(),
            streams: self.streams,
            waiting: None,
        }
    }
}

impl UpgradeInfo for Upgrade {
    type Info = &'static str;
    type InfoIter = std::iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once(NAME)
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Upgrade {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<Result<Muxer<C>, io::Error>>;

    fn upgrade_inbound(self, connection: C, _: &'static str) -> Self::Future {
        ready(Ok(self.muxer(connection, yamux::Mode::Server)))
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Upgrade {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<Result<Muxer<C>, io::Error>>;

    fn upgrade_outbound(self, connection: C, _: &'static str) -> Self::Future {
        ready(Ok(self.muxer(connection, yamux::Mode::Client)))
    }
}

/// A connection of many streams.
pub(crate) struct Muxer<C> {
    connection: yamux::Connection<C>,
    /// Streams that came while nobody asked for one: yamux goes on only by looking for the next.
    came: VecDeque<Stream>,
    streams: usize,
    waiting: Option<Waker>,
}

impl<C> fmt::Debug for Muxer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Muxer").field("came", &self.came.len()).finish_non_exhaustive()
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> Muxer<C> {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        self.connection.poll_next_inbound(cx).map(|next| match next {
            Some(Ok(stream)) => Ok(Stream(stream)),
            Some(Err(fault)) => Err(io_error(fault)),
            None => Err(io::ErrorKind::ConnectionReset.into()),
        })
    }
}

fn io_error(fault: yamux::ConnectionError) -> io::Error {
    match fault {
        yamux::ConnectionError::Io(error) => error,
        other => io::Error::other(other),
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin + 'static> StreamMuxer for Muxer<C> {
    type Substream = Stream;
    type Error = io::Error;

    fn poll_inbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let this = self.get_mut();
        if let Some(stream) = this.came.pop_front() {
            return Poll::Ready(Ok(stream));
        }
        let next = this.next(cx);
        if next.is_pending() {
            this.waiting = Some(cx.waker().clone());
        }
        next
    }

    fn poll_outbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        self.get_mut().connection.poll_new_outbound(cx).map(|new| new.map(Stream).map_err(io_error))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().connection.poll_close(cx).map_err(io_error)
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        let this = self.get_mut();
        match this.next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            // What has no room is dropped, which resets it.
            Poll::Ready(Ok(stream)) if this.came.len() < this.streams => this.came.push_back(stream),
            Poll::Ready(Ok(_)) => {}
        }
        if let Some(waiting) = this.waiting.take() {
            waiting.wake();
        }
        // There may be more to do.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream(yamux::Stream);

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read_vectored(cx, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
