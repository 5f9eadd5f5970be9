//! Routers that translate addresses, as homes and offices have them.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};

use super::host::Host;
use super::tools;

/// Which port of the router a socket behind it gets (RFC 4787 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// One port whomever it calls: what another host was told of it, everybody can use. Holes can be punched.
    EndpointIndependent,
    /// Another port for each peer ("symmetric"): what one peer sees says nothing to others. Only a relay helps.
    EndpointDependent,
}

/// A router, and the network behind it.
pub struct Nat {
    router: Host,
    network: [u8; 3],
    next_host: AtomicU8,
}

impl fmt::Debug for Nat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nat").field("router", &self.router).finish_non_exhaustive()
    }
}

impl Nat {
    pub(super) fn make(router: Host, mapping: Mapping, number: u8) -> Self {
        let network = [192, 168, number];
        let inside = router.namespace();
        tools::ip(&format!("-n {inside} link add lan type bridge"));
        tools::ip(&format!("-n {inside} address add {}/24 dev lan", address(network, 1)));
        tools::ip(&format!("-n {inside} link set lan up"));
        let forward = || std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
        router.inside(forward);
        // Linux keeps a socket's port where it can, whatever the peer, and picks one at random when told to.
        let random = match mapping {
            Mapping::EndpointIndependent => "",
            Mapping::EndpointDependent => "fully-random",
        };
        // Whom nobody called is dropped before the router remembers them: else their own calls would change its mind about
        // which port is free, as routers that answer strangers do.
        let rules = format!(
            "add chain ip lab out {{ type nat hook postrouting priority srcnat; }}\n\
             add rule ip lab out oifname eth0 masquerade {random}\n\
             add chain ip lab strangers {{ type filter hook input priority filter; }}\n\
             add rule ip lab strangers iifname eth0 ct state new drop\n\
             add chain ip lab opened {{ type nat hook prerouting priority dstnat; }}\n\
             add chain ip lab through {{ type filter hook forward priority filter; }}\n\
             add rule ip lab through ct status dnat accept\n\
             add rule ip lab through iifname eth0 ct state new drop\n"
        );
        tools::nft(inside, &rules);
        Self { router, network, next_host: AtomicU8::new(2) }
    }

    pub(super) fn host(&self, namespace: String, name: &str) -> Host {
        let number = self.next_host.fetch_add(1, Ordering::Relaxed);
        let host = Host::make(namespace, name, address(self.network, number), self.router.address());
        host.plug_in(self.router.namespace(), "lan", &format!("h{number}"));
        tools::ip(&format!("-n {} route add default via {}", host.namespace(), address(self.network, 1)));
        host
    }

    /// Opens a TCP port of the router for one caller, and for those behind it: it leads to the same port of `host`.
    pub fn open_port(&self, port: u16, host: &Host, caller: &Host) {
        let (router, lan) = (self.router.address(), address(self.network, 0));
        let leads = format!("ip daddr {router} tcp dport {port} dnat to {}", host.address());
        // Those behind it must hear the router's answer, and not the host's own.
        let rules = format!(
            "add rule ip lab opened ip saddr {} {leads}\n\
             add rule ip lab opened ip saddr {lan}/24 {leads}\n\
             add rule ip lab out oifname lan ct status dnat ip saddr {lan}/24 masquerade\n",
            caller.address(),
        );
        tools::nft(self.router.namespace(), &rules);
    }

    /// The router: what is cut off from it is cut off from those behind it.
    #[must_use]
    pub fn router(&self) -> &Host {
        &self.router
    }
}

fn address(network: [u8; 3], host: u8) -> Ipv4Addr {
    let [a, b, c] = network;
    Ipv4Addr::new(a, b, c, host)
}
