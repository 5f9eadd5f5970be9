//! One stream to a peer: calls go out as they come, answers come in any order.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use pod_protocol::Outward;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::{CallFault, Reply};
use crate::frame::{
    self, ANSWERED, FAREWELL, FAULT, Frame, FrameReader, GATHERED_BYTES, GREETING_BYTES, Kind, StreamFault,
};
use crate::gathering::gather;
use crate::limits::NetLimits;
use crate::serving::Turned;
use crate::transport::Transport;

/// Longest text that an answer may have instead of data.
const TEXT_BYTES: usize = 512;

/// A stream to a peer. Cheap to clone.
#[derive(Clone)]
pub(super) struct Line {
    transport: Transport,
    calls: mpsc::Sender<Outgoing>,
    /// As many as the peer takes at a time.
    places: Arc<Semaphore>,
    call_bytes: usize,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    closed: AtomicBool,
    /// Frames that came, so that a peer which is slow about one call is told from one that is gone.
    received: AtomicU64,
    /// Tells the task to end.
    hang_up: Notify,
}

type Answering = oneshot::Sender<Result<Frame, CallFault>>;

/// A call that is to be sent. Dropped before it is written, it was not sent.
struct Outgoing {
    kind: Kind,
    body: Bytes,
    answer: Answering,
    place: OwnedSemaphorePermit,
}

/// A call that was written, or is being.
struct Waiting {
    answer: Answering,
    _place: OwnedSemaphorePermit,
}

/// Calls by their ids.
type Written = Mutex<HashMap<u32, Waiting>>;

impl Line {
    /// Waits for the peer's greeting, and has a task run the stream.
    pub(super) async fn begin(
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        transport: Transport,
        limits: &NetLimits,
    ) -> Result<Self, StreamFault> {
        let (reader, writer) = stream.split();
        let (mut reader, writer) = (Box::pin(reader), Box::pin(writer));
        let mut greeting = [0; GREETING_BYTES];
        reader.read_exact(&mut greeting).await?;
        let mut greeting = greeting.as_slice();
        let (in_flight, call_bytes) = (greeting.get_u32(), greeting.get_u32());
        if in_flight == 0 || call_bytes == 0 {
            return Err(StreamFault::Rule("a greeting that allows nothing"));
        }
        let in_flight = in_flight.min(limits.in_flight) as usize;
        let (calls, queue) = mpsc::channel(in_flight);
        let shared = Arc::new(Shared::default());
        let reader = FrameReader::new(reader, limits.answer_bytes);
        tokio::spawn(run(reader, writer, queue, Arc::clone(&shared), limits.clone()));
        let call_bytes = limits.call_bytes.min(call_bytes as usize);
        Ok(Self { transport, calls, places: Arc::new(Semaphore::new(in_flight)), call_bytes, shared })
    }

    pub(super) const fn transport(&self) -> Transport {
        self.transport
    }

    pub(super) fn is_open(&self) -> bool {
        !self.shared.closed.load(Ordering::Acquire) && !self.calls.is_closed()
    }

    /// Sends a call and waits for its answer.
    pub(super) async fn call(&self, kind: Kind, body: Bytes, limits: &NetLimits) -> Result<Reply, CallFault> {
        if body.len() > self.call_bytes {
            return Err(CallFault::TooLarge { limit_bytes: self.call_bytes });
        }
        let place = timeout(limits.response, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| CallFault::Busy)?.map_err(|_| CallFault::Closed)?;
        let received = self.shared.received.load(Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.calls.send(Outgoing { kind, body, answer, place }).await.map_err(|_| CallFault::Closed)?;
        let frame = match timeout(limits.response, answered).await {
            Ok(Ok(outcome)) => outcome?,
            Ok(Err(_)) => return Err(CallFault::Closed),
            Err(_) => {
                // Not even to another call: the peer is gone, or what lies between.
                if self.shared.received.load(Ordering::Relaxed) == received {
                    self.shared.closed.store(true, Ordering::Release);
                    self.shared.hang_up.notify_one();
                }
                return Err(CallFault::Deadline);
            }
        };
        let outcome = outcome_of(frame)?;
        Ok(Reply { outcome, transport: self.transport })
    }
}

fn outcome_of(frame: Frame) -> Result<Result<Bytes, Turned>, CallFault> {
    if frame.tag == ANSWERED {
        return Ok(Ok(frame.body));
    }
    let text = frame.body.get(..frame.body.len().min(TEXT_BYTES)).unwrap_or_default();
    let text = String::from_utf8_lossy(text).into_owned();
    if frame.tag == FAULT {
        return Ok(Err(Turned::Fault { trace_id: text }));
    }
    // A status that we do not know: nothing can be said of what became of the call.
    let outward = Outward::from_number(frame.tag.into()).ok_or(CallFault::Broken)?;
    Ok(Err(Turned::Refused { outward, detail: text }))
}

/// Runs a stream until it ends; then what was not written was not sent, and what was written has no answer.
async fn run(
    mut reader: FrameReader<impl AsyncRead + Unpin>,
    mut writer: impl AsyncWrite + Unpin,
    queue: mpsc::Receiver<Outgoing>,
    shared: Arc<Shared>,
    limits: NetLimits,
) {
    let written = Written::default();
    let stop_writing = Notify::new();
    let ended = {
        let mut reading = pin!(read_answers(&mut reader, &written, &shared, &stop_writing, &limits));
        let mut writing = pin!(write_calls(&mut writer, queue, &written, &stop_writing, &limits));
        tokio::select! {
            read = &mut reading => read,
            wrote = &mut writing => match wrote {
                // No call waits for longer: what comes later nobody takes.
                Ok(()) if !lock(&written).is_empty() => {
                    timeout(limits.response, reading).await.unwrap_or(Err(StreamFault::Slow))
                }
                wrote => wrote,
            },
            () = shared.hang_up.notified() => Err(StreamFault::Slow),
        }
    };
    shared.closed.store(true, Ordering::Release);
    for (_, waiting) in lock(&written).drain() {
        let _gone = waiting.answer.send(Err(CallFault::Broken));
    }
    // Not before the last answer is here: to a peer that stops, it says that the connection may be cut.
    let closed = async {
        ended?;
        timeout(limits.write_stall, writer.close()).await.map_err(|_| StreamFault::Slow)??;
        Ok::<_, StreamFault>(())
    };
    if let Err(fault) = closed.await {
        tracing::debug!(%fault, "a stream to a peer ended");
    }
}

fn lock(written: &Written) -> std::sync::MutexGuard<'_, HashMap<u32, Waiting>> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes calls as they come, until the line has been idle for long enough or the peer takes no more.
async fn write_calls(
    stream: &mut (impl AsyncWrite + Unpin),
    mut queue: mpsc::Receiver<Outgoing>,
    written: &Written,
    stop: &Notify,
    limits: &NetLimits,
) -> Result<(), StreamFault> {
    let mut out = BytesMut::new();
    let mut calls = Vec::new();
    let mut next = 0_u32;
    loop {
        let came = tokio::select! {
            // First: a call that was written after a farewell would have no answer.
            biased;
            () = stop.notified() => break,
            came = timeout(limits.kept, gather(&mut queue, &mut calls)) => came,
        };
        match came {
            Ok(0) => break,
            Err(_) if lock(written).is_empty() => break,
            Ok(_) | Err(_) => {}
        }
        for call in calls.drain(..) {
            // The last id ends the line: what is left in the queue goes on another.
            let Some(after) = next.checked_add(1) else { return Ok(()) };
            frame::put(&mut out, next, call.kind.number(), &call.body);
            lock(written).insert(next, Waiting { answer: call.answer, _place: call.place });
            next = after;
            if out.len() >= GATHERED_BYTES {
                frame::write(stream, &mut out, limits.write_stall).await?;
            }
        }
        frame::write(stream, &mut out, limits.write_stall).await?;
        frame::flush(stream, limits.write_stall).await?;
    }
    Ok(())
}

/// Hands answers to those who wait for them. After a farewell no call is written, and those still under way are waited for.
async fn read_answers(
    reader: &mut FrameReader<impl AsyncRead + Unpin>,
    written: &Written,
    shared: &Shared,
    stop_writing: &Notify,
    limits: &NetLimits,
) -> Result<(), StreamFault> {
    let mut farewell = false;
    loop {
        // Callers have deadlines of their own; an idle line is ended by the writing side.
        let frame = match reader.next(limits.idle, limits.frame).await {
            Err(StreamFault::Idle) => continue,
            frame => frame?,
        };
        let Some(frame) = frame else { return Ok(()) };
        shared.received.fetch_add(1, Ordering::Relaxed);
        if frame.tag == FAREWELL {
            farewell = true;
            shared.closed.store(true, Ordering::Release);
            stop_writing.notify_one();
            let unread: Vec<u32> = lock(written).keys().copied().filter(|id| *id >= frame.id).collect();
            for id in unread {
                if let Some(waiting) = lock(written).remove(&id) {
                    let _gone = waiting.answer.send(Err(CallFault::Closed));
                }
            }
        } else {
            let waiting = lock(written).remove(&frame.id).ok_or(StreamFault::Rule("an answer to no call"))?;
            let _gone = waiting.answer.send(Ok(frame));
        }
        if farewell && lock(written).is_empty() {
            return Ok(());
        }
    }
}
