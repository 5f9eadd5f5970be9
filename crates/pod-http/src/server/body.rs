//! Request bodies, received whole within limit and deadline; and the bodies of replies.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use crate::message::PeerAddress;

use super::watch::Pulse;

/// Of a body that is refused, so much is read and thrown away: a peer that is still writing
/// then gets to read why.
const DISCARD_BYTES: usize = 1024 * 1024;
/// How long that may take.
const DISCARD_DEADLINE: Duration = Duration::from_secs(1);

/// Why a body is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBody {
    Large,
    Slow,
    Broken,
    /// All connections together, or those of the peer, are receiving as much as is allowed.
    Busy,
}

/// The memory that bodies under way may take, of all connections together and of those of one peer.
#[derive(Debug)]
pub(crate) struct Budget {
    together: usize,
    per_peer: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    together: usize,
    peers: HashMap<IpAddr, usize>,
}

impl Budget {
    pub(crate) fn new(together: usize, per_peer: usize) -> Self {
        Self { together, per_peer, used: Mutex::default() }
    }

    /// A share of a peer, in which nothing is yet.
    pub(crate) fn share(&self, peer: PeerAddress) -> Share<'_> {
        Share { budget: self, peer: peer.network(), bytes: 0 }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        // Nothing under this lock can panic half-way.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of the budget, given back on drop.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    peer: Option<IpAddr>,
    bytes: usize,
}

impl Share<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), NoBody> {
        let mut used = self.budget.used();
        let of_peer = self.peer.and_then(|peer| used.peers.get(&peer)).copied().unwrap_or_default();
        if used.together.saturating_add(bytes) > self.budget.together
            || of_peer.saturating_add(bytes) > self.budget.per_peer
        {
            return Err(NoBody::Busy);
        }
        used.together += bytes;
        if let Some(peer) = self.peer {
            used.peers.insert(peer, of_peer + bytes);
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut used = self.budget.used();
        used.together -= self.bytes;
        if let Some(peer) = self.peer
            && let Some(of_peer) = used.peers.get_mut(&peer)
        {
            *of_peer -= self.bytes;
            if *of_peer == 0 {
                used.peers.remove(&peer);
            }
        }
    }
}

/// Receives a whole body. The share is to be kept until the request has been answered.
pub(crate) async fn receive<'a>(
    body: &mut hyper::body::Incoming,
    limit: usize,
    deadline: Duration,
    share: Share<'a>,
) -> Result<(Bytes, Share<'a>), NoBody> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), share));
    }
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(NoBody::Large);
    }
    timeout(deadline, collect(body, limit, share)).await.unwrap_or(Err(NoBody::Slow))
}

async fn collect<'a>(
    body: &mut hyper::body::Incoming,
    limit: usize,
    mut share: Share<'a>,
) -> Result<(Bytes, Share<'a>), NoBody> {
    let Some(first) = next_part(body).await? else { return Ok((Bytes::new(), share)) };
    if first.len() > limit {
        return Err(NoBody::Large);
    }
    // The common call fits one part, which is already in memory: no copy, no accounting.
    if body.is_end_stream() {
        return Ok((first, share));
    }
    share.grow(first.len())?;
    let mut whole = BytesMut::from(first);
    while let Some(part) = next_part(body).await? {
        if part.len() > limit.saturating_sub(whole.len()) {
            return Err(NoBody::Large);
        }
        share.grow(part.len())?;
        whole.extend_from_slice(&part);
    }
    Ok((whole.freeze(), share))
}

/// The next data of a body; trailers are passed over.
async fn next_part(body: &mut hyper::body::Incoming) -> Result<Option<Bytes>, NoBody> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| NoBody::Broken)?;
        if let Ok(part) = frame.into_data() {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

/// Throws away the beginning of a refused body.
pub(crate) async fn discard(body: &mut hyper::body::Incoming) {
    let _ = timeout(DISCARD_DEADLINE, async {
        let mut discarded = 0_usize;
        while let Ok(Some(part)) = next_part(body).await {
            discarded = discarded.saturating_add(part.len());
            if discarded > DISCARD_BYTES {
                return;
            }
        }
    })
    .await;
}

/// The body of a reply: whole, or streamed by a route of the router.
pub(crate) enum ReplyBody {
    Whole(Option<Bytes>),
    Streamed(axum::body::Body, Arc<Pulse>),
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streamed(body, pulse) => {
                let polled = Pin::new(body).poll_frame(cx);
                if polled.is_ready() {
                    pulse.went_on();
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Streamed(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Streamed(body, _) => body.size_hint(),
        }
    }
}
