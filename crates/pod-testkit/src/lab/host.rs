//! One host: a network namespace with an address.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::panic::resume_unwind;
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::capture::Capture;
use super::tools;

/// A host of a laboratory. Its namespace ends with the laboratory.
#[derive(Clone, Debug)]
pub struct Host {
    namespace: String,
    name: String,
    address: Ipv4Addr,
    public_address: Ipv4Addr,
}

impl Host {
    /// The namespace, with nothing but a loopback in it, and an empty list of what is cut off.
    pub(super) fn make(namespace: String, name: &str, address: Ipv4Addr, public_address: Ipv4Addr) -> Self {
        tools::ip(&format!("netns add {namespace}"));
        tools::ip(&format!("-n {namespace} link set lo up"));
        let cuts = "add table ip lab\nadd chain ip lab cut { type filter hook prerouting priority raw; }\n";
        tools::nft(&namespace, cuts);
        Self { namespace, name: name.to_owned(), address, public_address }
    }

    /// A cable from `eth0` to a bridge in another namespace, where its end is called `port`.
    pub(super) fn plug_in(&self, bridge_in: &str, bridge: &str, port: &str) {
        let (own, address) = (&self.namespace, self.address);
        tools::ip(&format!("link add eth0 netns {own} type veth peer name {port} netns {bridge_in}"));
        tools::ip(&format!("-n {bridge_in} link set {port} master {bridge} up"));
        tools::ip(&format!("-n {own} address add {address}/24 dev eth0"));
        tools::ip(&format!("-n {own} link set eth0 up"));
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What the story calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its own address.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The address that those on the wire see: its own, or that of the router that it is behind.
    #[must_use]
    pub fn public_address(&self) -> Ipv4Addr {
        self.public_address
    }

    /// From now on, everything that passes.
    #[must_use]
    pub fn capture(&self) -> Capture {
        self.inside(Capture::begin)
    }

    /// Does something on this host: sockets that are opened, processes and threads that are started in there, see its
    /// network alone.
    ///
    /// # Panics
    /// When `work` does.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let there = || {
            let namespace = File::open(format!("/run/netns/{}", self.namespace)).unwrap();
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            work()
        };
        // A thread of its own, since a thread is in one namespace.
        thread::scope(|scope| scope.spawn(there).join()).unwrap_or_else(|panic| resume_unwind(panic))
    }
}
