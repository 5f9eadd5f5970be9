//! A network for tests: hosts in network namespaces on one wire, which are cut off, healed, paused and hidden behind NAT.
//!
//! | File | What |
//! |---|---|
//! | `capture` | everything that passes a host, as somebody on its wires sees it |
//! | `host` | one host: its address, and running something inside |
//! | `nat` | a router that translates addresses, and the hosts behind it |
//! | `leftovers` | who may take which namespaces away |
//! | `tools` | `ip` and `nft` |
//!
//! Nothing of it is seen from outside: wire and hosts lie in namespaces of their own, so that every laboratory uses the same
//! addresses and any number of them work at a time.

mod capture;
mod host;
mod leftovers;
mod nat;
mod tools;

use std::fmt;
use std::net::Ipv4Addr;
use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::process::{Pid, Signal, kill_process};

pub use capture::{Capture, shows};
pub use host::Host;
pub use nat::{Mapping, Nat};

use leftovers::Claim;

/// The wire's network. Programs that tell public addresses from private ones take it for public.
const WIRE: [u8; 3] = [11, 77, 0];
/// The wire itself has the first address.
const FIRST_HOST: u8 = 2;

/// A network that exists as long as this.
pub struct Lab {
    claim: Claim,
    wire: String,
    next_host: AtomicU8,
    next_nat: AtomicU8,
    cut: Mutex<Vec<String>>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab").field("wire", &self.wire).finish_non_exhaustive()
    }
}

impl Lab {
    /// An empty wire. None where there can be no laboratory: then it has printed `skipped: …` with what to do, which
    /// `cargo xtask test` counts.
    #[must_use]
    pub fn begin() -> Option<Self> {
        match tools::lacking() {
            None => Some(Self::make()),
            Some(lacking) => {
                println!("skipped: {lacking}");
                None
            }
        }
    }

    fn make() -> Self {
        let claim = Claim::new();
        let wire = claim.namespace("wire");
        tools::ip(&format!("netns add {wire}"));
        tools::ip(&format!("-n {wire} link add wire type bridge"));
        tools::ip(&format!("-n {wire} link set wire up"));
        Self { claim, wire, next_host: AtomicU8::new(FIRST_HOST), next_nat: AtomicU8::new(0), cut: Mutex::default() }
    }

    /// A host more on the wire, with an address of its own that all others reach.
    #[must_use]
    pub fn host(&self, name: &str) -> Host {
        let number = self.next_host.fetch_add(1, Ordering::Relaxed);
        let address = Ipv4Addr::new(WIRE[0], WIRE[1], WIRE[2], number);
        let host = Host::make(self.claim.namespace(name), name, address, address);
        host.plug_in(&self.wire, "wire", &format!("h{number}"));
        host
    }

    /// A router on the wire; hosts behind it share its address.
    #[must_use]
    pub fn nat(&self, name: &str, mapping: Mapping) -> Nat {
        let number = self.next_nat.fetch_add(1, Ordering::Relaxed);
        Nat::make(self.host(name), mapping, number)
    }

    /// A host behind a router. It reaches everybody; nobody reaches it who was not called from it.
    #[must_use]
    pub fn host_behind(&self, nat: &Nat, name: &str) -> Host {
        nat.host(self.claim.namespace(name), name)
    }

    /// Nothing arrives any more between the two, whatever connections they have. Nobody is told.
    pub fn cut(&self, one: &Host, other: &Host) {
        self.cut_one_way(one, other);
        self.cut_one_way(other, one);
    }

    /// What `from` sends does not arrive at `to`; the other way it does.
    pub fn cut_one_way(&self, from: &Host, to: &Host) {
        tools::nft(to.namespace(), &format!("add rule ip lab cut ip saddr {} drop\n", from.public_address()));
        self.cut.lock().unwrap().push(to.namespace().to_owned());
    }

    /// Everything arrives again.
    pub fn heal(&self) {
        for namespace in self.cut.lock().unwrap().drain(..) {
            tools::nft(&namespace, "flush chain ip lab cut\n");
        }
    }
}

/// A process that stands still, with all its connections open, until this is dropped.
#[derive(Debug)]
pub struct Paused(Pid);

/// SIGSTOP; the process has stopped when this comes back.
#[must_use]
pub fn pause(id: u32) -> Paused {
    let pid = Pid::from_raw(id.cast_signed()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    // The state stands behind the program's name, which may hold anything but ends with the last parenthesis.
    let stat = || std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    while stat().rsplit_once(") ").is_none_or(|(_, state)| !state.starts_with('T')) {
        std::thread::yield_now();
    }
    Paused(pid)
}

impl Drop for Paused {
    fn drop(&mut self) {
        if let Err(gone) = kill_process(self.0, Signal::CONT) {
            // Somebody ended it meanwhile.
            assert_eq!(gone, rustix::io::Errno::SRCH);
        }
    }
}

/// Nanoseconds since the machine started, those included in which it slept: the same to every process on it.
#[must_use]
pub fn now_nanos() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap()
}

/// This process.
fn own_id() -> u32 {
    process::id()
}
