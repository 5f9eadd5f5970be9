//! Enrolments under way: in memory, bounded, and gone a quarter of an hour after their last step.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pod_crypto::{Random, Zeroizing, random_array, sha256};
use pod_http::PeerAddress;
use pod_protocol::ids::{PodId, Principal, base64url};
use pod_protocol::login_code::LoginCode;

use crate::book::standings::Person;
use crate::node::Node;

/// How long a person may take to log in, then to type the code, and then the wallet to ask how it ended. The page says it.
pub(super) const LIFETIME_SECS: u64 = 15 * 60;
/// Most enrolments at one time, each of up to 32 KiB: 96,000 people a day can begin.
const MAX_PENDING: usize = 1_000;
/// Most of them from one address: those behind one address translator, and never all. Behind a proxy on this machine everybody
/// has the same address, and the proxy has to give out the shares.
const MAX_PENDING_OF_PEER: usize = 250;
/// How often a code can be typed: enough for a person with a small screen, nothing for somebody who guesses.
pub(super) const MAX_TRIES: u32 = 5;

/// What a wallet began.
pub(super) struct Begun {
    /// Its key-event log, checked.
    pub(super) events: Vec<Vec<u8>>,
    /// Whose log that is.
    pub(super) principal: Principal,
    /// A recovery of that log, for which the person logs in.
    pub(super) recovery: Option<Vec<u8>>,
    /// Ties the token to this enrolment.
    pub(super) nonce: Zeroizing<String>,
    /// Ties the code to this enrolment (RFC 7636).
    pub(super) verifier: Zeroizing<String>,
}

/// Somebody logged in. Whether they mean this wallet is not known before it has the code that they were shown.
pub(super) struct LoggedIn {
    /// The wallet's key-event log.
    pub(super) events: Vec<Vec<u8>>,
    /// Whose log that is.
    pub(super) principal: Principal,
    /// A recovery of that log, for which the person logged in.
    pub(super) recovery: Option<Vec<u8>>,
    /// Who logged in: without their identity code.
    pub(super) person: Person,
}

/// The wallet is bound.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) principal: Principal,
    pub(super) pods: Vec<BoundPod>,
}

/// A pod for which the wallet speaks.
#[derive(Clone, Debug)]
pub(super) struct BoundPod {
    pub(super) pod: PodId,
    /// Until when, for a child's; none for one's own.
    pub(super) until_secs: Option<u64>,
}

/// How an enrolment stands.
enum Stage {
    /// The browser is away.
    Begun(Begun),
    /// It is back, and the provider's code is being redeemed.
    LoggingIn,
    /// The page shows a code that the wallet does not have yet.
    Confirming {
        logged_in: LoggedIn,
        code: LoginCode,
        tries_left: u32,
    },
    /// The wallet had the code, and is being bound.
    Binding,
    Ended(Outcome),
}

/// How an enrolment stands, as far as the wallet is told.
pub(super) enum Progress {
    /// Nobody has logged in.
    Pending,
    /// Somebody has, and the code that they were shown is awaited.
    Confirm,
    Ended(Outcome),
}

/// What came of a code.
pub(super) enum Tried {
    /// No code was awaited.
    NotAwaited,
    /// It is the code: to be bound now.
    Right(Key, LoggedIn),
    /// It is another.
    Wrong {
        /// How often it may be typed again; at 0 the enrolment has ended.
        tries_left: u32,
        /// The wallet.
        principal: Principal,
        /// The own pod of whoever logged in, if they have one.
        pod: Option<PodId>,
    },
}

/// How an enrolment ended: bound, or the code of what was wrong.
pub(super) type Outcome = Result<Bound, &'static str>;

/// What the wallet gets, and what the browser carries.
pub(super) struct Secrets {
    /// With which the wallet asks how it stands.
    pub(super) enrolment: String,
    /// With which the browser comes back (RFC 6749 §10.12).
    pub(super) state: String,
}

/// Names an enrolment within the node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Secrets are looked up by their hash: how long that takes tells nothing about those that are kept.
    fn of(secret: &str) -> Self {
        Self(sha256(&[secret.as_bytes()]))
    }
}

/// The enrolments under way.
#[derive(Default)]
pub(super) struct Pendings(Mutex<Table>);

#[derive(Default)]
struct Table {
    enrolments: HashMap<Key, Pending>,
    by_state: HashMap<Key, Key>,
}

struct Pending {
    principal: Principal,
    peer: Option<IpAddr>,
    stage: Stage,
    state: Key,
    expires_secs: u64,
}

impl Pendings {
    /// Keeps an enrolment, in place of an earlier one of the same wallet; none when too many are under way.
    pub(super) fn begin(&self, begun: Begun, peer: PeerAddress, random: &dyn Random, now_secs: u64) -> Option<Secrets> {
        let principal = begun.principal;
        let peer = peer.network().filter(|address| !address.is_loopback());
        let mut table = self.hold();
        table.keep(|pending| pending.expires_secs > now_secs && pending.principal != principal);
        let of_peer = table.enrolments.values().filter(|pending| peer.is_some() && pending.peer == peer).count();
        if table.enrolments.len() >= MAX_PENDING || of_peer >= MAX_PENDING_OF_PEER {
            return None;
        }
        let secrets = Secrets { enrolment: secret(random), state: secret(random) };
        let (key, state) = (Key::of(&secrets.enrolment), Key::of(&secrets.state));
        let expires_secs = now_secs.saturating_add(LIFETIME_SECS);
        table.enrolments.insert(key, Pending { principal, peer, stage: Stage::Begun(begun), state, expires_secs });
        table.by_state.insert(state, key);
        Some(secrets)
    }

    /// The enrolment for which a browser comes back, once.
    pub(super) fn come_back(&self, state: &str, now_secs: u64) -> Option<(Key, Begun)> {
        let mut table = self.hold();
        let key = table.by_state.remove(&Key::of(state))?;
        let pending = table.enrolments.get_mut(&key).filter(|pending| pending.expires_secs > now_secs)?;
        match std::mem::replace(&mut pending.stage, Stage::LoggingIn) {
            Stage::Begun(begun) => Some((key, begun)),
            other => {
                pending.stage = other;
                None
            }
        }
    }

    /// Has an enrolment wait for a code, and gives the code to show; none when it is gone meanwhile.
    ///
    /// Whoever began knows the address to which the browser comes back. So the code is shown once, to the browser that
    /// brought the provider's own code, and nowhere a second time.
    pub(super) fn await_code(&self, key: Key, logged_in: LoggedIn, node: &Node, now_secs: u64) -> Option<String> {
        let mut table = self.hold();
        let pending = table.enrolments.get_mut(&key)?;
        let code = LoginCode::generate(&*node.random, &node.principal, &logged_in.principal);
        let shown = code.grouped();
        pending.stage = Stage::Confirming { logged_in, code, tries_left: MAX_TRIES };
        pending.expires_secs = now_secs.saturating_add(LIFETIME_SECS);
        Some(shown)
    }

    /// Holds what was typed against the code of the enrolment with this secret; none when there is no such.
    pub(super) fn try_code(
        &self,
        enrolment: &str,
        typed: &LoginCode,
        failed: &'static str,
        now_secs: u64,
    ) -> Option<Tried> {
        let key = Key::of(enrolment);
        let mut table = self.hold();
        let pending = table.enrolments.get_mut(&key).filter(|pending| pending.expires_secs > now_secs)?;
        // One lock from the first look to the last: of two tries at once each is counted.
        let (logged_in, code, tries_left) = match std::mem::replace(&mut pending.stage, Stage::Binding) {
            Stage::Confirming { logged_in, code, tries_left } => (logged_in, code, tries_left),
            other => {
                pending.stage = other;
                return Some(Tried::NotAwaited);
            }
        };
        if code.is(typed) {
            return Some(Tried::Right(key, logged_in));
        }
        let tries_left = tries_left.saturating_sub(1);
        let wrong = Tried::Wrong { tries_left, principal: logged_in.principal, pod: logged_in.person.own };
        pending.stage = match tries_left {
            0 => Stage::Ended(Err(failed)),
            _ => Stage::Confirming { logged_in, code, tries_left },
        };
        Some(wrong)
    }

    /// Says how an enrolment ended.
    pub(super) fn end(&self, key: Key, outcome: Outcome, now_secs: u64) {
        if let Some(pending) = self.hold().enrolments.get_mut(&key) {
            pending.stage = Stage::Ended(outcome);
            pending.expires_secs = now_secs.saturating_add(LIFETIME_SECS);
        }
    }

    /// How the enrolment with this secret stands; none when there is no such.
    pub(super) fn progress(&self, enrolment: &str, now_secs: u64) -> Option<Progress> {
        let table = self.hold();
        let pending = table.enrolments.get(&Key::of(enrolment)).filter(|pending| pending.expires_secs > now_secs)?;
        Some(match &pending.stage {
            Stage::Begun(_) | Stage::LoggingIn => Progress::Pending,
            Stage::Confirming { .. } | Stage::Binding => Progress::Confirm,
            Stage::Ended(outcome) => Progress::Ended(outcome.clone()),
        })
    }

    fn hold(&self) -> MutexGuard<'_, Table> {
        // Nothing under this lock can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn keep(&mut self, stays: impl Fn(&Pending) -> bool) {
        let by_state = &mut self.by_state;
        self.enrolments.retain(|_, pending| {
            let stays = stays(pending);
            if !stays {
                by_state.remove(&pending.state);
            }
            stays
        });
    }
}

/// 256 random bits: also a verifier of 43 characters, as RFC 7636 §4.1 recommends it.
pub(super) fn secret(random: &dyn Random) -> String {
    base64url(&random_array::<32>(random))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

    use pod_crypto::SeededRandom;

    use super::*;

    const NOW_SECS: u64 = 1_780_000_000;

    /// Begins for another wallet each time, and says whether there was a place.
    fn begins(pendings: &Pendings, random: &SeededRandom, address: impl Into<IpAddr>) -> bool {
        let secret = || Zeroizing::new(secret(random));
        let principal = Principal::new(random_array(random));
        let begun = Begun { events: Vec::new(), principal, recovery: None, nonce: secret(), verifier: secret() };
        let peer = PeerAddress::Tcp(SocketAddr::new(address.into(), 40_000));
        pendings.begin(begun, peer, random, NOW_SECS).is_some()
    }

    #[test]
    fn nobody_takes_all_places() {
        let (pendings, random) = (Pendings::default(), SeededRandom::new([1; 32]));
        let stranger = |host: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host);
        for host in 0..250 {
            assert!(begins(&pendings, &random, stranger(host)));
        }
        assert!(!begins(&pendings, &random, stranger(999)), "a network is one peer");
        assert!(begins(&pendings, &random, Ipv4Addr::new(192, 0, 2, 1)));
        for _ in 0..749 {
            assert!(begins(&pendings, &random, Ipv4Addr::LOCALHOST), "a proxy shares out all places");
        }
        assert!(!begins(&pendings, &random, Ipv4Addr::LOCALHOST));
    }
}
