//! Places for connections: a number for all, and a smaller one for each peer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::message::PeerAddress;

/// Whose places and bodies are counted together. An IPv6 customer owns at least a /64, so that is one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    V4(Ipv4Addr),
    V6Network([u16; 4]),
}

impl Peer {
    /// `None` for unix sockets: whoever may open the file is trusted with all places.
    pub(crate) fn of(address: PeerAddress) -> Option<Self> {
        let PeerAddress::Tcp(address) = address else { return None };
        Some(match address.ip().to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6Network([a, b, c, d])
            }
        })
    }
}

/// Why a connection got no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    Full,
    PeerFull,
}

#[derive(Debug)]
pub(crate) struct Places {
    together: usize,
    per_peer: usize,
    open: AtomicUsize,
    peers: Mutex<HashMap<Peer, usize>>,
    emptied: Notify,
}

impl Places {
    pub(crate) fn new(together: usize, per_peer: usize) -> Self {
        Self { together, per_peer, open: AtomicUsize::new(0), peers: Mutex::default(), emptied: Notify::new() }
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Takes a place until the returned value is dropped.
    pub(crate) fn take(self: &Arc<Self>, address: PeerAddress) -> Result<Place, NoPlace> {
        let peer = Peer::of(address);
        let mut peers = self.peers();
        if self.open() >= self.together {
            return Err(NoPlace::Full);
        }
        if let Some(peer) = peer {
            let taken = peers.entry(peer).or_insert(0);
            if *taken >= self.per_peer {
                return Err(NoPlace::PeerFull);
            }
            *taken += 1;
        }
        // Under the lock, so that two listeners cannot both take the last place.
        self.open.fetch_add(1, Ordering::AcqRel);
        drop(peers);
        Ok(Place { places: Arc::clone(self), peer })
    }

    /// Waits until no place is taken.
    pub(crate) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<Peer, usize>> {
        // Nothing under this lock can panic half-way.
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    peer: Option<Peer>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut peers = self.places.peers();
        if let Some(peer) = self.peer
            && let Some(taken) = peers.get_mut(&peer)
        {
            *taken -= 1;
            if *taken == 0 {
                peers.remove(&peer);
            }
        }
        let before = self.places.open.fetch_sub(1, Ordering::AcqRel);
        drop(peers);
        if before == 1 {
            self.places.emptied.notify_waiters();
        }
    }
}
