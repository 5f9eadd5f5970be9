//! The slots that this node holds at relays, and whether it needs them.

use std::collections::HashMap;

use libp2p::core::transport::ListenerId;
use tokio::time::Interval;

use super::Through;
use crate::address::Address;
use crate::net::Peer;
use crate::transport::Transport;

/// Of the slots of a node behind NAT.
pub(crate) struct Reserving {
    through: Through,
    most: usize,
    slots: HashMap<[u8; 32], Slot>,
    /// Whether slots are asked for.
    begun: bool,
    /// How often each relay was tried: its addresses are taken in turn.
    tries: HashMap<[u8; 32], usize>,
    /// When slots that are missing are asked for.
    looks: Interval,
    /// A relay reached us at an address that callers know.
    direct: bool,
}

/// How far a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// The relay is being dialled.
    Connecting,
    /// It was asked.
    Asked(ListenerId),
    /// It agreed.
    Held(ListenerId),
}

/// What became of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was held, and is lost.
    Lost,
    /// It was never given.
    Refused,
}

impl Reserving {
    pub(crate) fn new(through: Through, most: usize, looks: Interval) -> Self {
        Self { through, most, slots: HashMap::new(), begun: false, tries: HashMap::new(), looks, direct: false }
    }

    /// Slots are asked for from now on.
    pub(crate) fn begin(&mut self) {
        self.begun = true;
    }

    /// Comes back when slots are to be looked after.
    pub(crate) async fn due(&mut self) {
        if !self.begun {
            std::future::pending::<()>().await;
        }
        self.looks.tick().await;
    }

    /// Relays to ask now, each with the address to use.
    pub(crate) fn missing(&mut self) -> Vec<([u8; 32], Address)> {
        if self.direct {
            return Vec::new();
        }
        let mut missing = Vec::new();
        for relay in (self.through.relays)().into_iter().take(self.most) {
            if self.slots.contains_key(&relay.key) {
                continue;
            }
            let tries = self.tries.entry(relay.key).or_default();
            if let Some(address) = in_turn(&relay, *tries) {
                *tries += 1;
                self.slots.insert(relay.key, Slot::Connecting);
                missing.push((relay.key, address));
            }
        }
        missing
    }

    /// The relay is connected and was asked.
    pub(crate) fn asked(&mut self, relay: [u8; 32], slot: ListenerId) {
        self.slots.insert(relay, Slot::Asked(slot));
    }

    /// The relay could not be asked.
    pub(crate) fn not_asked(&mut self, relay: &[u8; 32]) {
        self.slots.remove(relay);
    }

    /// The relay agreed. Whether that is news.
    pub(crate) fn held(&mut self, relay: &[u8; 32]) -> bool {
        match self.slots.get_mut(relay) {
            Some(slot) => match *slot {
                Slot::Asked(id) => {
                    *slot = Slot::Held(id);
                    self.tries.remove(relay);
                    true
                }
                Slot::Connecting | Slot::Held(_) => false,
            },
            None => false,
        }
    }

    /// A listener closed: of which relay, and how far its slot was. None when it was no slot.
    pub(crate) fn closed(&mut self, listener: ListenerId) -> Option<([u8; 32], Ended)> {
        let of_it = |slot: &Slot| matches!(slot, Slot::Asked(id) | Slot::Held(id) if *id == listener);
        let relay = self.slots.iter().find_map(|(relay, slot)| of_it(slot).then_some(*relay))?;
        let ended = match self.slots.remove(&relay)? {
            Slot::Held(_) => Ended::Lost,
            Slot::Asked(_) | Slot::Connecting => Ended::Refused,
        };
        Some((relay, ended))
    }

    /// A relay reached us at this address. Gives the relays whose slots are not needed any more.
    pub(crate) fn reached_at(&mut self, address: &Address) -> Vec<[u8; 32]> {
        if !(self.through.published)(address) {
            return Vec::new();
        }
        self.direct = true;
        self.slots.keys().copied().collect()
    }
}

/// One of a relay's own addresses: QUIC's first, and the next one each time.
fn in_turn(relay: &Peer, tries: usize) -> Option<Address> {
    let mut own: Vec<&Address> =
        relay.addresses.iter().filter(|address| address.transport() != Transport::Relayed).collect();
    own.sort_by_key(|address| address.transport());
    own.get(tries.checked_rem(own.len())?).map(|address| (*address).clone().of_peer(&relay.key))
}
