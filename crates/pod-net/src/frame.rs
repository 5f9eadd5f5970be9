//! Frames of `/aitta/1`, as they lie on a stream (`docs/protocol/transport.md`).
//!
//! ```text
//! greeting   u32 calls under way   u32 bytes of a call            the server's first 8 bytes
//! call       u32 length            u32 id    u8 kind     bytes    ids count up from 0
//! answer     u32 length            u32 id    u8 status   bytes    in any order
//! ```
//! All numbers are big endian; a length counts what follows it.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use futures_util::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

/// The protocol's name in libp2p's negotiation.
pub const PROTOCOL: &str = "/aitta/1";

/// Bytes of the length.
const LENGTH_BYTES: usize = 4;
/// Bytes of id and kind or status.
const HEAD_BYTES: usize = 5;
/// Bytes of the greeting.
pub(crate) const GREETING_BYTES: usize = 8;
/// Bytes read at once: many small frames, a quarter of the largest call.
const READ_BYTES: usize = 16 * 1024;
/// Written frames are gathered up to so many bytes.
pub(crate) const GATHERED_BYTES: usize = 64 * 1024;

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A call for data: `POST /v1/call`.
    Call,
    /// A command: `POST /v1/command`.
    Command,
    /// A revocation: `POST /v1/revocations`.
    Revocation,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Call, Self::Command, Self::Revocation];

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Call => 1,
            Self::Command => 2,
            Self::Revocation => 3,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// The status of an answer that is one.
pub(crate) const ANSWERED: u8 = 0;
/// Something of the server's failed; the bytes are a trace id.
pub(crate) const FAULT: u8 = 128;
/// The server reads no further: the frame with this id and all later ones were not read. More answers may follow.
pub(crate) const FAREWELL: u8 = 129;

/// One frame; `tag` is the kind of a call or the status of an answer.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) id: u32,
    pub(crate) tag: u8,
    pub(crate) body: Bytes,
}

/// Why a stream ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamFault {
    #[error("a frame breaks the rules: {0}")]
    Rule(&'static str),
    #[error("no frame for too long")]
    Idle,
    #[error("a frame or an answer came too slowly")]
    Slow,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads frames. A dropped [`FrameReader::next`] loses nothing.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    inner: R,
    scratch: Box<[u8]>,
    buffer: BytesMut,
    body_limit: usize,
    /// When a frame that has begun must be whole.
    due: Option<Instant>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(inner: R, body_limit: usize) -> Self {
        Self { inner, scratch: vec![0; READ_BYTES].into(), buffer: BytesMut::new(), body_limit, due: None }
    }

    /// The next frame; none when the stream ended between two. A frame may be waited for as long as `idle`, and must be whole
    /// within `whole` from its first byte.
    pub(crate) async fn next(&mut self, idle: Duration, whole: Duration) -> Result<Option<Frame>, StreamFault> {
        loop {
            if let Some(frame) = self.take()? {
                self.due = None;
                return Ok(Some(frame));
            }
            let reading = self.inner.read(&mut self.scratch);
            let read = if self.buffer.is_empty() {
                timeout(idle, reading).await.map_err(|_| StreamFault::Idle)??
            } else {
                let due = *self.due.get_or_insert_with(|| Instant::now() + whole);
                timeout_at(due, reading).await.map_err(|_| StreamFault::Slow)??
            };
            match self.scratch.get(..read) {
                None | Some([]) if self.buffer.is_empty() => return Ok(None),
                None | Some([]) => return Err(StreamFault::Rule("half a frame")),
                Some(read) => self.buffer.extend_from_slice(read),
            }
        }
    }

    /// Reads until the stream ends or breaks, and keeps nothing.
    pub(crate) async fn skip_rest(&mut self) {
        while matches!(self.inner.read(&mut self.scratch).await, Ok(read) if read > 0) {}
    }

    fn take(&mut self) -> Result<Option<Frame>, StreamFault> {
        let Some(length) = self.buffer.first_chunk().map(|length| u32::from_be_bytes(*length) as usize) else {
            return Ok(None);
        };
        let body = length.checked_sub(HEAD_BYTES).ok_or(StreamFault::Rule("too short"))?;
        if body > self.body_limit {
            return Err(StreamFault::Rule("too long"));
        }
        if self.buffer.len() < LENGTH_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_BYTES);
        let (id, tag) = (self.buffer.get_u32(), self.buffer.get_u8());
        Ok(Some(Frame { id, tag, body: self.buffer.split_to(body).freeze() }))
    }
}

/// Appends a frame. `body` fits a `u32` because every body has a limit far below.
pub(crate) fn put(out: &mut BytesMut, id: u32, tag: u8, body: &[u8]) {
    out.reserve(LENGTH_BYTES + HEAD_BYTES + body.len());
    out.put_u32(u32::try_from(HEAD_BYTES + body.len()).unwrap_or(u32::MAX));
    out.put_u32(id);
    out.put_u8(tag);
    out.put_slice(body);
}

/// Writes all of `out` and empties it; each part must be taken within `stall`.
pub(crate) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    out: &mut BytesMut,
    stall: Duration,
) -> Result<(), StreamFault> {
    while !out.is_empty() {
        let written = timeout(stall, stream.write(out)).await.map_err(|_| StreamFault::Slow)??;
        if written == 0 {
            return Err(StreamFault::Io(std::io::ErrorKind::WriteZero.into()));
        }
        out.advance(written);
    }
    // What one large answer needed is not kept for every stream.
    if out.capacity() > 2 * GATHERED_BYTES {
        *out = BytesMut::new();
    }
    Ok(())
}

/// Has what was written go out.
pub(crate) async fn flush(stream: &mut (impl AsyncWrite + Unpin), stall: Duration) -> Result<(), StreamFault> {
    timeout(stall, stream.flush()).await.map_err(|_| StreamFault::Slow)??;
    Ok(())
}
