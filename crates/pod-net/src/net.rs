//! [`Net`]: one organisation's, or one service's, end of the network.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use pod_crypto::SigningKey;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::address::Address;
use crate::calling::{CallFault, DialFault, Lines, Reply};
use crate::counts::{Counts, NetCounts};
use crate::driver::{self, Driver, Order, Said};
use crate::frame::Kind;
use crate::gate::Gate;
use crate::identity;
use crate::limits::NetLimits;
use crate::relaying::Relaying;
use crate::relaying::reserving::Reserving;
use crate::serving::{Handler, Serving};
use crate::startup::{KeyLogOff, NetStartError};

/// Orders that wait for the swarm's task: callers wait for theirs.
const ORDERS: usize = 64;

/// Says whether the peer with this Ed25519 key may be talked to: a look into the registry. It is asked for each connection and
/// each call, so it must be quick.
pub type Allow = Arc<dyn Fn(&[u8; 32]) -> bool + Send + Sync>;

/// What a [`Net`] is made of.
pub struct NetConfig<'a> {
    /// The key that its peer id is: an organisation's online key, or a service's.
    pub key: &'a SigningKey,
    /// Where it listens; a port of 0 takes a free one. Empty for who only calls, and for who listens later ([`Net::listen`]).
    pub listen: &'a [Address],
    /// Who may be talked to.
    pub allow: Allow,
    /// What answers calls; none for who only calls.
    pub handler: Option<Arc<dyn Handler>>,
    /// What it has to do with relays; by default nothing.
    pub relaying: Relaying,
    /// Deadlines and sizes.
    pub limits: NetLimits,
}

impl fmt::Debug for NetConfig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetConfig").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Who is called, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its key: the handshake must prove it.
    pub key: [u8; 32],
    /// Its addresses, in any order.
    pub addresses: Vec<Address>,
}

/// Listens, answers and calls. Dropping it cuts everything; [`Net::stop`] lets calls finish first.
pub struct Net {
    key: [u8; 32],
    addresses: OnceLock<Vec<Address>>,
    lines: Lines,
    orders: mpsc::Sender<Order>,
    serving: Option<Arc<Serving>>,
    counts: Arc<Counts>,
    driver: JoinHandle<()>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Net {
    /// Listens and begins to answer. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`NetStartError`]; nothing listens then.
    pub async fn start(config: NetConfig<'_>, _key_log: KeyLogOff) -> Result<Self, NetStartError> {
        let keypair = identity::keypair(config.key).ok_or(NetStartError::Key)?;
        let counts = Arc::new(Counts::default());
        let limits = config.limits;
        let serving = config.handler.map(|handler| {
            let (allow, counts) = (Arc::clone(&config.allow), Arc::clone(&counts));
            Arc::new(Serving::new(handler, allow, limits.clone(), counts))
        });
        let gate = Gate::new(Arc::clone(&config.allow), serving.clone(), Arc::clone(&counts), &limits);
        let swarm = driver::swarm(keypair, gate, &config.relaying, &limits)?;
        let (orders, queue) = mpsc::channel(ORDERS);
        let reserving = config.relaying.through.map(|through| {
            let mut looks = interval(limits.reserve_look);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Reserving::new(through, limits.relays, looks)
        });
        let driver = Driver::new(swarm, queue, Arc::clone(&counts), reserving);
        let net = Self {
            key: config.key.public_key().to_bytes(),
            addresses: OnceLock::new(),
            lines: Lines { orders: orders.clone(), allow: config.allow, limits, open: Mutex::default() },
            orders,
            serving,
            counts,
            driver: tokio::spawn(driver.run()),
        };
        if !config.listen.is_empty() {
            net.listen(config.listen).await?;
        }
        Ok(net)
    }

    /// Listens, for one that was started with no address: everywhere there, or nowhere. Then relays are asked for slots, from the
    /// ports at which it listens: peers punch holes to where a relay sees it.
    ///
    /// # Errors
    /// [`NetStartError`]; then it may be tried again.
    pub async fn listen(&self, addresses: &[Address]) -> Result<(), NetStartError> {
        let (answer, opened) = oneshot::channel();
        let order = Order::Listen { addresses: addresses.to_vec(), answer };
        self.orders.send(order).await.map_err(|_| NetStartError::Stopped)?;
        let opened = opened.await.map_err(|_| NetStartError::Stopped)??;
        let _ours_alone = self.addresses.set(opened);
        Ok(())
    }

    /// Asks relays for slots already, for one that takes the ports of another over: no call is to fail meanwhile. They see it at other
    /// ports than those, so no hole is punched to it until a slot is asked for again.
    pub async fn reserve(&self) {
        let _stopped = self.orders.send(Order::Reserve).await;
    }

    /// The key that its peer id is.
    #[must_use]
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Where it listens, with the real ports, without the peer id.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        self.addresses.get().map_or(&[], Vec::as_slice)
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> NetCounts {
        self.counts.now()
    }

    /// Calls a peer, on the stream that is open to it or on a new one: by QUIC, or else by TCP, or else through a relay.
    ///
    /// # Errors
    /// [`CallFault`]. Only when [`CallFault::nothing_was_sent`] may the call be sent again another way.
    pub async fn call(&self, peer: &Peer, kind: Kind, body: Vec<u8>) -> Result<Reply, CallFault> {
        self.lines.call(peer, kind, body).await
    }

    /// Tries one address of a peer, beside whatever is open to it: handshake, a stream of calls, what the peer says about itself.
    ///
    /// # Errors
    /// [`DialFault`]: the first step that fails.
    pub async fn probe(&self, peer: &Peer, address: &Address) -> Result<Said, DialFault> {
        self.lines.probe(peer, address).await
    }

    /// Cuts every connection whose peer is no longer allowed: to be called when the registry has changed. (A call on a stream
    /// that is open is refused without it.)
    pub async fn recheck(&self) {
        let _stopped = self.orders.send(Order::Recheck).await;
    }

    /// Takes no further calls, and waits until those under way are answered; then every connection is closed, as [`Net::leave`] does:
    /// a relay then turns callers away at once, who would wait else until it notices.
    pub async fn stop(&self) {
        if let Some(serving) = &self.serving {
            serving.drain().await;
        }
        self.leave().await;
        self.cut();
    }

    /// Closes every connection, for a process that ends: its places at the peers are free then, and not only when they notice. Takes
    /// [`NetLimits::leaving`] at most.
    pub async fn leave(&self) {
        let (left, gone) = oneshot::channel();
        let goodbye = self.lines.limits.goodbye;
        let leave = async {
            if self.orders.send(Order::Leave { left, goodbye }).await.is_ok() {
                let _ended = gone.await;
            }
        };
        let _in_time = tokio::time::timeout(self.lines.limits.leaving, leave).await;
    }

    /// Cuts everything at once.
    pub fn cut(&self) {
        if let Some(serving) = &self.serving {
            serving.cut();
        }
        self.driver.abort();
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.cut();
    }
}
