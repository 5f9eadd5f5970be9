//! Calling: one stream to each peer, kept for the next call; QUIC first, then TCP, then a relay.
//!
//! - `line`: one stream with many calls under way
//! - `fault`: why a call brought nothing

mod fault;
mod line;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use libp2p::swarm::{ConnectionId, Stream};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::address::Address;
use crate::driver::{Dialled, Order, Said};
use crate::frame::Kind;
use crate::gate::OpenFault;
use crate::limits::NetLimits;
use crate::net::{Allow, Peer};
use crate::serving::Turned;
use crate::transport::Transport;

pub use fault::{CallFault, DialFault, Tried};
use line::Line;

/// A kept stream can have been closed meanwhile: then a new one is opened, once.
const LINES_TRIED: usize = 2;
/// Addresses of one peer that are tried: both transports in both versions of IP, twice, and relays.
const ADDRESSES_TRIED: usize = 12;

/// What came back of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer, or why there is none.
    pub outcome: Result<Bytes, Turned>,
    /// What carried it.
    pub transport: Transport,
}

/// The streams to all peers.
pub(crate) struct Lines {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) allow: Allow,
    pub(crate) limits: NetLimits,
    /// At most one for each key that the registry has.
    pub(crate) open: Mutex<HashMap<[u8; 32], Arc<AsyncMutex<Slot>>>>,
}

/// One peer's stream. Whoever opens it holds the lock, so that all others wait for the same.
#[derive(Default)]
pub(crate) struct Slot {
    line: Option<Line>,
    /// Until when TCP is tried first, since UDP did not come through.
    quic_rests: Option<Instant>,
}

impl Lines {
    pub(crate) async fn call(&self, peer: &Peer, kind: Kind, body: Vec<u8>) -> Result<Reply, CallFault> {
        if body.len() > self.limits.call_bytes {
            return Err(CallFault::TooLarge { limit_bytes: self.limits.call_bytes });
        }
        if !(self.allow)(&peer.key) {
            return Err(CallFault::Stranger);
        }
        let body = Bytes::from(body);
        for _ in 1..LINES_TRIED {
            match self.line(peer).await?.call(kind, body.clone(), &self.limits).await {
                Err(CallFault::Closed) => {}
                outcome => return outcome,
            }
        }
        self.line(peer).await?.call(kind, body, &self.limits).await
    }

    pub(crate) async fn probe(&self, peer: &Peer, address: &Address) -> Result<Said, DialFault> {
        let (connection, transport) = self.dial(peer, address).await?;
        // Opened and greeted: the peer's registry has our key.
        let _line = self.open(connection, transport).await?;
        let (answer, said) = oneshot::channel();
        self.orders.send(Order::Said { connection, answer }).await.map_err(|_| DialFault::Stopped)?;
        timeout(self.limits.stream, said).await.map_err(|_| DialFault::TimedOut)?.map_err(|_| DialFault::Cut)
    }

    /// The stream to a peer: the one that is open, or a new one.
    async fn line(&self, peer: &Peer) -> Result<Line, CallFault> {
        let slot = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(open.entry(peer.key).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(line) = slot.line.as_ref().filter(|line| line.is_open()) {
            let line = line.clone();
            let better = self.better(peer, &line).await;
            if let Some(better) = &better {
                // What is under way on the other is still answered there.
                slot.line = Some(better.clone());
            }
            return Ok(better.unwrap_or(line));
        }
        let line = self.new_line(peer, &mut slot.quic_rests).await?;
        slot.line = Some(line.clone());
        Ok(line)
    }

    /// In place of a line through a relay: one on a direct connection, once a hole has been punched for it.
    async fn better(&self, peer: &Peer, line: &Line) -> Option<Line> {
        if line.transport() != Transport::Relayed {
            return None;
        }
        let (connection, transport) = self.best(peer).await.filter(|(_, best)| *best != Transport::Relayed)?;
        self.open(connection, transport).await.ok()
    }

    async fn new_line(&self, peer: &Peer, quic_rests: &mut Option<Instant>) -> Result<Line, CallFault> {
        let mut tried = Vec::new();
        if let Some((connection, transport)) = self.best(peer).await {
            match self.open(connection, transport).await {
                Ok(line) => return Ok(line),
                // The peer has gone without a word, or what lies between: nobody is to wait for it again. If it is merely slow, what
                // it has under way with us on that connection goes on.
                Err(DialFault::TimedOut) => {
                    self.orders.send(Order::Doubt { connection }).await.ok();
                }
                Err(_) => {}
            }
        }
        for address in in_order(&peer.addresses, quic_rests.is_some_and(|until| Instant::now() < until)) {
            let outcome = match self.dial(peer, address).await {
                Ok((connection, transport)) => self.open(connection, transport).await,
                Err(fault) => Err(fault),
            };
            match outcome {
                Ok(line) => return Ok(line),
                Err(fault) => {
                    if address.transport() == Transport::Quic && fault == DialFault::TimedOut {
                        *quic_rests = Some(Instant::now() + self.limits.quic_rest);
                    }
                    tried.push(Tried { address: address.clone(), fault });
                }
            }
        }
        Err(CallFault::NotReached { tried })
    }

    async fn best(&self, peer: &Peer) -> Option<(ConnectionId, Transport)> {
        let (answer, best) = oneshot::channel();
        self.orders.send(Order::Best { peer: peer.key, answer }).await.ok()?;
        best.await.ok()?
    }

    async fn dial(&self, peer: &Peer, address: &Address) -> Dialled {
        if address.key().is_some_and(|key| *key != peer.key) {
            return Err(DialFault::WrongPeer { key: address.key().copied() });
        }
        let (answer, dialled) = oneshot::channel();
        let order = Order::Dial { peer: peer.key, address: address.clone(), answer };
        self.orders.send(order).await.map_err(|_| DialFault::Stopped)?;
        match timeout(self.patience(peer, address), dialled).await {
            Ok(answer) => answer.map_err(|_| DialFault::Stopped)?,
            Err(_) => Err(DialFault::TimedOut),
        }
    }

    /// UDP that is dropped on the way says nothing: with another way beside it, it is not waited for as long.
    fn patience(&self, peer: &Peer, address: &Address) -> Duration {
        let beside = peer.addresses.iter().any(|other| other.transport() == Transport::Tcp);
        match address.transport() {
            Transport::Quic if beside => self.limits.quic_head_start,
            Transport::Relayed => self.limits.circuit,
            _ => self.limits.handshake,
        }
    }

    async fn open(&self, connection: ConnectionId, transport: Transport) -> Result<Line, DialFault> {
        let (opening, opened) = oneshot::channel();
        self.orders.send(Order::Open { connection, opening }).await.map_err(|_| DialFault::Stopped)?;
        let stream: Stream = match timeout(self.limits.stream, opened).await {
            Ok(Ok(Ok(stream))) => stream,
            Ok(Ok(Err(OpenFault::Unsupported))) => return Err(DialFault::NoCalls),
            Ok(Ok(Err(OpenFault::Closed)) | Err(_)) => return Err(DialFault::Cut),
            Err(_) => return Err(DialFault::TimedOut),
        };
        match timeout(self.limits.stream, Line::begin(stream, transport, &self.limits)).await {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(_)) => Err(DialFault::Cut),
            Err(_) => Err(DialFault::TimedOut),
        }
    }
}

/// The addresses that are tried, best transport first.
fn in_order(addresses: &[Address], quic_rests: bool) -> Vec<&Address> {
    let mut ordered: Vec<&Address> = addresses.iter().take(ADDRESSES_TRIED).collect();
    ordered.sort_by_key(|address| match address.transport() {
        Transport::Quic => u8::from(quic_rests) * 2,
        Transport::Tcp => 1,
        Transport::Relayed => 3,
    });
    ordered
}
