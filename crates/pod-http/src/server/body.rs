//! Request bodies, received whole within limit and deadline; and the bodies of replies.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::timeout;

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
    /// All connections together are receiving as much as is allowed.
    Busy,
}

/// The memory that bodies under way may take, of all connections together.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }
}

/// A part of the budget, given back on drop.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Share<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), NoBody> {
        let before = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) > self.budget.limit {
            return Err(NoBody::Busy);
        }
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Receives a whole body. The share is to be kept until the request has been answered.
pub(crate) async fn receive<'a>(
    body: &mut hyper::body::Incoming,
    limit: usize,
    deadline: Duration,
    budget: &'a Budget,
) -> Result<(Bytes, Option<Share<'a>>), NoBody> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(NoBody::Large);
    }
    timeout(deadline, collect(body, limit, budget)).await.unwrap_or(Err(NoBody::Slow))
}

async fn collect<'a>(
    body: &mut hyper::body::Incoming,
    limit: usize,
    budget: &'a Budget,
) -> Result<(Bytes, Option<Share<'a>>), NoBody> {
    let Some(first) = next_part(body).await? else { return Ok((Bytes::new(), None)) };
    if first.len() > limit {
        return Err(NoBody::Large);
    }
    // The common call fits one part, which is already in memory: no copy, no accounting.
    if body.is_end_stream() {
        return Ok((first, None));
    }
    let mut share = Share { budget, bytes: 0 };
    share.grow(first.len())?;
    let mut whole = BytesMut::from(first);
    while let Some(part) = next_part(body).await? {
        if part.len() > limit.saturating_sub(whole.len()) {
            return Err(NoBody::Large);
        }
        share.grow(part.len())?;
        whole.extend_from_slice(&part);
    }
    Ok((whole.freeze(), Some(share)))
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
