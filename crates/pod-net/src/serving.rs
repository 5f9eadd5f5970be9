//! Answering: one stream of a peer, many calls under way on it, each bounded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use pod_protocol::Outward;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::counts::Counts;
use crate::frame::{self, ANSWERED, FAREWELL, FAULT, FrameReader, GATHERED_BYTES, Kind, StreamFault};
use crate::gathering::gather;
use crate::limits::NetLimits;
use crate::net::Allow;
use crate::transport::Transport;

/// Who calls: proved by the handshake, and in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its Ed25519 key.
    pub key: [u8; 32],
    /// What carries the call.
    pub transport: Transport,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turned {
    /// The call was turned down.
    Refused {
        /// What the caller may know of why.
        outward: Outward,
        /// What is wrong with its bytes, in words; mostly empty.
        detail: String,
    },
    /// Something of the server's failed.
    Fault {
        /// Under which its operator finds it.
        trace_id: String,
    },
}

/// A call at work.
pub type Working = Pin<Box<dyn Future<Output = Result<Vec<u8>, Turned>> + Send>>;

/// Answers calls. What it returns is dropped when the caller goes away.
pub trait Handler: Send + Sync + 'static {
    /// Answers one call.
    fn handle(&self, from: Caller, kind: Kind, body: Bytes) -> Working;
}

/// What all streams have in common.
pub(crate) struct Serving {
    handler: Arc<dyn Handler>,
    allow: Allow,
    limits: NetLimits,
    counts: Arc<Counts>,
    together: Arc<Semaphore>,
    peers: Mutex<HashMap<[u8; 32], PeerPlaces>>,
    phase: watch::Sender<Phase>,
    /// Streams that are being served.
    running: watch::Sender<usize>,
}

/// How far the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Calls are taken.
    Open,
    /// No further call is read; those under way are answered.
    Draining,
    /// Every stream is cut.
    Cut,
}

/// What one peer uses.
struct PeerPlaces {
    streams: usize,
    calls: Arc<Semaphore>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl Serving {
    pub(crate) fn new(handler: Arc<dyn Handler>, allow: Allow, limits: NetLimits, counts: Arc<Counts>) -> Self {
        Self {
            together: Arc::new(Semaphore::new(limits.in_flight_together)),
            peers: Mutex::default(),
            phase: watch::Sender::new(Phase::Open),
            running: watch::Sender::new(0),
            handler,
            allow,
            limits,
            counts,
        }
    }

    /// Serves a stream, when its peer has room for one; otherwise it is dropped, which resets it.
    pub(crate) fn begin(self: &Arc<Self>, from: Caller, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        let Some(place) = StreamPlace::take(self, from.key) else {
            self.counts.stream_refused();
            return;
        };
        tokio::spawn(async move {
            let mut phase = place.serving.phase.subscribe();
            let ended = tokio::select! {
                ended = serve(&place, from, stream) => ended,
                _ = phase.wait_for(|phase| *phase == Phase::Cut) => Ok(()),
            };
            match ended {
                Err(StreamFault::Rule(rule)) => {
                    place.serving.counts.frame_broken();
                    tracing::warn!(rule, transport = %from.transport, "a peer broke the rules of frames");
                }
                Err(fault) => tracing::debug!(%fault, "a stream ended"),
                Ok(()) => {}
            }
        });
    }

    /// Whether a peer has a stream of calls here.
    pub(crate) fn serves(&self, key: &[u8; 32]) -> bool {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Reads no further call, and waits until those under way are answered, for as long as the limits say.
    pub(crate) async fn drain(&self) {
        self.phase.send_replace(Phase::Draining);
        let mut running = self.running.subscribe();
        let _in_time = timeout(self.limits.drain, running.wait_for(|streams| *streams == 0)).await;
    }

    /// Cuts every stream.
    pub(crate) fn cut(&self) {
        self.phase.send_replace(Phase::Cut);
    }
}

/// A stream's right to be served, and its peer's places for calls.
struct StreamPlace {
    serving: Arc<Serving>,
    key: [u8; 32],
    calls: Arc<Semaphore>,
}

impl StreamPlace {
    fn take(serving: &Arc<Serving>, key: [u8; 32]) -> Option<Self> {
        let mut peers = serving.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = peers.entry(key).or_insert_with(|| PeerPlaces {
            streams: 0,
            calls: Arc::new(Semaphore::new(serving.limits.in_flight_per_peer)),
        });
        if peer.streams >= serving.limits.streams_per_peer || *serving.phase.borrow() != Phase::Open {
            return None;
        }
        peer.streams += 1;
        serving.running.send_modify(|streams| *streams += 1);
        serving.counts.stream_begins();
        Some(Self { calls: Arc::clone(&peer.calls), serving: Arc::clone(serving), key })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut peers = self.serving.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut peer) = peers.entry(self.key) {
            peer.get_mut().streams -= 1;
            if peer.get().streams == 0 {
                peer.remove();
            }
        }
        self.serving.running.send_modify(|streams| *streams -= 1);
        self.serving.counts.stream_ends();
    }
}

/// An answer on its way out. Its places are free again once it is written.
struct Outgoing {
    id: u32,
    status: u8,
    body: Vec<u8>,
    _places: Option<[OwnedSemaphorePermit; 3]>,
}

async fn serve(
    place: &StreamPlace,
    from: Caller,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
) -> Result<(), StreamFault> {
    let limits = &place.serving.limits;
    let (reader, writer) = stream.split();
    let mut reader = FrameReader::new(Box::pin(reader), limits.call_bytes);
    let (answers, queue) = mpsc::channel(limits.in_flight as usize);
    let mut calls = JoinSet::new();
    let mut writing = pin!(write_answers(Box::pin(writer), queue, limits));
    let next = tokio::select! {
        next = read_calls(place, from, &mut reader, &mut calls, &answers) => next?,
        written = &mut writing => return written,
    };
    // Answers that are under way still go out; what came after them was not read.
    let farewell = async {
        let _gone = answers.send(Outgoing { id: next, status: FAREWELL, body: Vec::new(), _places: None }).await;
        drop(answers);
    };
    let (written, ()) = tokio::join!(writing, farewell);
    written?;
    // The peer closes its side once it has read the answers: until then the connection must not be cut.
    let _in_time = timeout(limits.stream, reader.skip_rest()).await;
    Ok(())
}

/// Reads calls and has them worked on, until the peer has no more or no more are taken. Gives the first id that was not read.
async fn read_calls(
    place: &StreamPlace,
    from: Caller,
    reader: &mut FrameReader<impl AsyncRead + Unpin>,
    calls: &mut JoinSet<()>,
    answers: &mpsc::Sender<Outgoing>,
) -> Result<u32, StreamFault> {
    let (serving, limits) = (&place.serving, &place.serving.limits);
    let here = Arc::new(Semaphore::new(limits.in_flight as usize));
    let mut phase = serving.phase.subscribe();
    let mut next = 0_u32;
    loop {
        let frame = tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase != Phase::Open) => return Ok(next),
            frame = reader.next(limits.idle, limits.frame) => frame,
        };
        let frame = match frame {
            Ok(Some(frame)) => frame,
            Ok(None) | Err(StreamFault::Idle) => return Ok(next),
            Err(fault) => return Err(fault),
        };
        // Asked for each frame: a suspension counts for the next one, also on a stream that is open.
        if !(serving.allow)(&from.key) {
            serving.counts.stranger();
            return Err(StreamFault::Rule("the peer is no longer in the registry"));
        }
        if frame.id != next {
            return Err(StreamFault::Rule("ids do not count up"));
        }
        next = next.checked_add(1).ok_or(StreamFault::Rule("too many calls on one stream"))?;
        // Nothing more is read until there is room: that is how the peer learns to wait.
        let places = [take(&here).await?, take(&place.calls).await?, take(&serving.together).await?];
        let (serving, answers) = (Arc::clone(serving), answers.clone());
        calls.spawn(async move {
            let (status, body) = answer(&serving, from, &frame).await;
            let _gone = answers.send(Outgoing { id: frame.id, status, body, _places: Some(places) }).await;
        });
        while let Some(ended) = calls.try_join_next() {
            ended.map_err(|_| StreamFault::Io(std::io::Error::other("a call's task broke off")))?;
        }
    }
}

async fn take(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StreamFault> {
    // The semaphores are never closed.
    Arc::clone(places).acquire_owned().await.map_err(|closed| StreamFault::Io(std::io::Error::other(closed)))
}

async fn answer(serving: &Serving, from: Caller, frame: &frame::Frame) -> (u8, Vec<u8>) {
    let outcome = match Kind::from_number(frame.tag) {
        Some(kind) => serving.handler.handle(from, kind, frame.body.clone()).await,
        None => {
            Err(Turned::Refused { outward: Outward::Malformed, detail: "this kind of call is not known here".into() })
        }
    };
    serving.counts.answered(from.transport);
    match outcome {
        Ok(body) if body.len() <= serving.limits.answer_bytes => (ANSWERED, body),
        Ok(_) => (Outward::TooLarge as u8, Vec::new()),
        Err(Turned::Refused { outward, detail }) => (outward as u8, detail.into_bytes()),
        Err(Turned::Fault { trace_id }) => (FAULT, trace_id.into_bytes()),
    }
}

/// Greets, then writes answers as they come, until there can be no more.
async fn write_answers(
    mut stream: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Outgoing>,
    limits: &NetLimits,
) -> Result<(), StreamFault> {
    let mut out = BytesMut::with_capacity(GATHERED_BYTES / 8);
    out.put_u32(limits.in_flight);
    out.put_u32(u32::try_from(limits.call_bytes).unwrap_or(u32::MAX));
    frame::write(&mut stream, &mut out, limits.write_stall).await?;
    frame::flush(&mut stream, limits.write_stall).await?;
    let mut ready = Vec::new();
    while gather(&mut queue, &mut ready).await > 0 {
        for answer in &ready {
            frame::put(&mut out, answer.id, answer.status, &answer.body);
            if out.len() >= GATHERED_BYTES {
                frame::write(&mut stream, &mut out, limits.write_stall).await?;
            }
        }
        frame::write(&mut stream, &mut out, limits.write_stall).await?;
        frame::flush(&mut stream, limits.write_stall).await?;
        ready.clear();
    }
    timeout(limits.write_stall, stream.close()).await.map_err(|_| StreamFault::Slow)??;
    Ok(())
}
