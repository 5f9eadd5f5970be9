//! Who is not reached directly holds a slot at a member, and is called through it: by registered keys alone, end to end.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::StreamExt as _;
use libp2p::identify;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use pod_net::{
    Address, CallFault, DialFault, Kind, Net, NetConfig, NetLimits, Peer, Relaying, Through, Transport, refuse_key_log,
};

use crate::hostile::{BehaviourEvent, address, peer_id, swarm};
use crate::world::{QUIC, Server, TCP, client, eventually, key, public, text};

const RELAY: u8 = 1;
const HIDDEN: u8 = 2;
const CALLER: u8 = 3;
const STRANGER: u8 = 4;
const ALL: &[u8] = &[RELAY, HIDDEN, CALLER];

/// A relay with these limits.
async fn relay(listen: &[&str], knows: &[u8], limits: NetLimits) -> Server {
    Server::relaying(RELAY, listen, knows, Relaying { through: None, for_members: true }, limits).await
}

/// A node that listens nowhere, and is reached through a relay once this comes back.
async fn hidden(number: u8, relay: &Server, knows: &[u8]) -> Server {
    let at = relay.peer();
    let through = Through { relays: Arc::new(move || vec![at.clone()]), published: Arc::new(|_| false) };
    let relaying = Relaying { through: Some(through), for_members: false };
    let hidden = Server::relaying(number, &[], knows, relaying, NetLimits::default()).await;
    hidden.counts("it has a slot", |counts| counts.slots_held == 1).await;
    hidden
}

/// A peer's address at a relay.
fn through(relay: &Server, number: u8, transport: Transport) -> Peer {
    let at = relay.peer_by(transport).addresses.remove(0);
    let circuit: Address = format!("{at}/p2p/{}/p2p-circuit", peer_id(RELAY)).parse().unwrap();
    Peer { key: public(number), addresses: vec![circuit] }
}

fn only_fault(fault: CallFault) -> DialFault {
    assert!(fault.nothing_was_sent(), "{fault}");
    let CallFault::NotReached { mut tried } = fault else { panic!("{fault}") };
    assert_eq!(tried.len(), 1, "{tried:?}");
    tried.remove(0).fault
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_every_kind_and_the_key_is_the_callers_own() {
    for transport in [Transport::Quic, Transport::Tcp] {
        let relay = relay(&[QUIC, TCP], ALL, NetLimits::default()).await;
        let hidden = hidden(HIDDEN, &relay, ALL).await;
        let caller = client(CALLER, ALL, NetLimits::default()).await;
        for kind in Kind::ALL {
            let reply = caller.call(&through(&relay, HIDDEN, transport), kind, b"hello".to_vec()).await.unwrap();
            assert_eq!(text(&reply), "hello");
            let (from, seen, _) = hidden.echo.seen.lock().unwrap().pop().unwrap();
            assert_eq!((from.key, seen), (public(CALLER), kind), "not the relay's");
        }
        assert_eq!(relay.echo.seen(), 0, "the relay was asked nothing");
        assert!(relay.net.counts().circuits >= 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_neither_reserves_nor_dials() {
    let relay = relay(&[QUIC], &[HIDDEN], NetLimits::default()).await;
    let _hidden = hidden(HIDDEN, &relay, &[RELAY, HIDDEN, STRANGER]).await;
    // The callee would take it, but the relay cuts whoever is not in its registry.
    let caller = client(STRANGER, &[RELAY, HIDDEN], NetLimits::default()).await;
    let peer = through(&relay, HIDDEN, Transport::Quic);
    let fault = only_fault(caller.call(&peer, Kind::Call, b"let me in".to_vec()).await.unwrap_err());
    assert_eq!(fault, DialFault::Relay { fault: Box::new(DialFault::Cut) });

    let at = relay.peer();
    let slot = Through { relays: Arc::new(move || vec![at.clone()]), published: Arc::new(|_| false) };
    let relaying = Relaying { through: Some(slot), for_members: false };
    let _stranger = Server::relaying(STRANGER, &[], &[RELAY], relaying, NetLimits::default()).await;
    relay.counts("both are cut", |counts| counts.strangers >= 2).await;
    assert_eq!((relay.net.counts().slots_given, relay.net.counts().circuits), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_relay_knows_and_the_callee_does_not_is_cut_by_the_callee() {
    let relay = relay(&[QUIC], ALL, NetLimits::default()).await;
    let hidden = hidden(HIDDEN, &relay, &[RELAY]).await;
    let caller = client(CALLER, ALL, NetLimits::default()).await;
    let peer = through(&relay, HIDDEN, Transport::Quic);
    let fault = only_fault(caller.call(&peer, Kind::Call, b"let me in".to_vec()).await.unwrap_err());
    assert_eq!(fault, DialFault::Cut);
    hidden.counts("it is counted as a stranger", |counts| counts.strangers == 1).await;
    assert_eq!(hidden.echo.seen(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_answers_for_nobody_else() {
    let relay = relay(&[QUIC], ALL, NetLimits::default()).await;
    let _hidden = hidden(HIDDEN, &relay, ALL).await;
    let caller = client(CALLER, &[RELAY, HIDDEN, 5], NetLimits::default()).await;
    let fault = caller.call(&through(&relay, 5, Transport::Quic), Kind::Call, b"hello".to_vec()).await.unwrap_err();
    assert_eq!(only_fault(fault), DialFault::NoSlot);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_does_not_relay_says_so() {
    let server = Server::new(RELAY, &[QUIC], ALL, NetLimits::default()).await;
    let caller = client(CALLER, ALL, NetLimits::default()).await;
    let fault =
        caller.call(&through(&server, HIDDEN, Transport::Quic), Kind::Call, b"hello".to_vec()).await.unwrap_err();
    let fault = only_fault(fault);
    assert!(matches!(fault, DialFault::RelayRefused { .. }), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_for_the_relay_is_refused() {
    let limits = NetLimits { slots: 1, circuits_per_peer: 1, ..NetLimits::default() };
    let relay = relay(&[QUIC], &[RELAY, HIDDEN, CALLER, 5], limits).await;
    let first = hidden(HIDDEN, &relay, ALL).await;
    let at = relay.peer();
    let slot = Through { relays: Arc::new(move || vec![at.clone()]), published: Arc::new(|_| false) };
    let relaying = Relaying { through: Some(slot), for_members: false };
    let second = Server::relaying(5, &[], ALL, relaying, NetLimits::default()).await;
    relay.counts("the second slot is refused", |counts| counts.relay_refused >= 1).await;
    assert_eq!(second.net.counts().slots_held, 0);

    let caller = client(CALLER, ALL, NetLimits::default()).await;
    let peer = through(&relay, HIDDEN, Transport::Quic);
    caller.call(&peer, Kind::Call, b"one".to_vec()).await.unwrap();
    let refused = caller.probe(&peer, &peer.addresses[0]).await.unwrap_err();
    assert!(matches!(refused, DialFault::RelayRefused { .. }), "{refused}");
    assert_eq!(first.echo.seen(), 1);
}

/// A hole is punched to where the relay sees a node: so the relay must see it where it listens, which the relay itself finds out by
/// calling there.
#[tokio::test(flavor = "multi_thread")]
async fn who_listens_later_is_seen_by_the_relay_where_it_listens() {
    let relay = relay(&[QUIC], ALL, NetLimits::default()).await;
    let at = relay.peer();
    let slot = Through { relays: Arc::new(move || vec![at.clone()]), published: Arc::new(|_| false) };
    let config = NetConfig {
        key: &key(HIDDEN),
        listen: &[],
        allow: Arc::new(|_| true),
        handler: None,
        relaying: Relaying { through: Some(slot), for_members: false },
        limits: NetLimits::default(),
    };
    let node = Net::start(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
    // The swarm's task had every occasion to ask for a slot.
    node.probe(&relay.peer(), &relay.peer().addresses[0]).await.unwrap();
    node.listen(&[QUIC.parse().unwrap()]).await.unwrap();
    eventually("the relay has reached it", || node.counts().reached > 0).await;
    assert_eq!(node.counts().slots_held, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_ends_after_so_many_bytes_and_the_next_call_opens_another() {
    let limits = NetLimits { circuit_bytes: 100_000, ..NetLimits::default() };
    let relay = relay(&[QUIC], ALL, limits).await;
    let _hidden = hidden(HIDDEN, &relay, ALL).await;
    let caller = client(CALLER, ALL, NetLimits::default()).await;
    let peer = through(&relay, HIDDEN, Transport::Quic);
    let mut broken = 0;
    // A call may break with its circuit; the next one has a circuit of its own.
    while relay.net.counts().circuits < 3 {
        broken += usize::from(caller.call(&peer, Kind::Call, vec![7; 40_000]).await.is_err());
        assert!(broken < 10);
    }
    eventually("it is called again", || relay.net.counts().circuits >= 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_member_loses_slot_and_circuits() {
    let relay = relay(&[QUIC], ALL, NetLimits::default()).await;
    let hidden = hidden(HIDDEN, &relay, ALL).await;
    let caller = client(CALLER, ALL, NetLimits::default()).await;
    let peer = through(&relay, HIDDEN, Transport::Quic);
    caller.call(&peer, Kind::Call, b"before".to_vec()).await.unwrap();
    relay.registry.remove(HIDDEN);
    relay.net.recheck().await;
    hidden.counts("the slot is lost", |counts| counts.slots_held == 0).await;
    hidden.counts("and every circuit", |counts| counts.connections == [0; 3]).await;
    let fault = caller.call(&peer, Kind::Call, b"after".to_vec()).await.unwrap_err();
    let seen = hidden.echo.seen();
    assert_eq!(seen, 1, "{fault}");
}

/// What a node says that it speaks, to a member.
async fn spoken_by(server: &Server, member: u8) -> HashSet<String> {
    let mut asks = swarm(member);
    let to = peer_id(server.number);
    let at = address(&server.peer()).with(Protocol::P2p(to));
    asks.dial(DialOpts::peer_id(to).addresses(vec![at]).build()).unwrap();
    loop {
        if let SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received { info, .. })) =
            asks.select_next_some().await
        {
            return info.protocols.iter().map(ToString::to_string).collect();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_setting_nothing_of_it_is_spoken() {
    let plain: HashSet<String> = ["/aitta/1", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"].map(str::to_owned).into();
    let server = Server::new(RELAY, &[QUIC], ALL, NetLimits::default()).await;
    assert_eq!(spoken_by(&server, CALLER).await, plain);
    let relays = relay(&[QUIC], ALL, NetLimits::default()).await;
    let more: HashSet<String> = spoken_by(&relays, CALLER).await.difference(&plain).cloned().collect();
    let relaying = ["/libp2p/circuit/relay/0.2.0/hop", "/libp2p/autonat/2/dial-request"].map(str::to_owned).into();
    assert_eq!(more, relaying);
}
