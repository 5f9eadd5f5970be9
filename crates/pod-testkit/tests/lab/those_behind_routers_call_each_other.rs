//! Two nodes behind a router each: through a hole that is punched where ports stay, and else through a relay, which learns nothing
//! but sizes. Who is reached from outside needs no relay.

use std::sync::Arc;
use std::time::Duration;

use pod_crypto::SigningKey;
use pod_net::{
    Address, Bytes, Caller, Handler, Kind, Net, NetConfig, NetCounts, NetLimits, Peer, Relaying, Reply, Through,
    Transport, Working, refuse_key_log,
};
use pod_testkit::lab::{Host, Lab, Mapping, Nat, shows};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{interval, timeout};

/// How long a hole may take to be punched, on a machine at work: three tries of a handshake each.
const PUNCHED: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(50);
const LISTEN: [&str; 2] = ["/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001"];
const RELAY: u8 = 1;
const CALLED: u8 = 2;
const CALLING: u8 = 3;

/// Answers with what it was asked.
struct Echo;

impl Handler for Echo {
    fn handle(&self, _from: Caller, _kind: Kind, body: Bytes) -> Working {
        Box::pin(async move { Ok(body.to_vec()) })
    }
}

/// A node on a host. Its threads see the host's network alone.
struct Node {
    net: Net,
    runtime: Runtime,
}

impl Node {
    fn start(host: &Host, number: u8, relaying: Relaying) -> Self {
        let listen: Vec<Address> = LISTEN.iter().map(|text| text.parse().unwrap()).collect();
        host.inside(|| {
            let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let config = NetConfig {
                key: &key(number),
                listen: &listen,
                allow: Arc::new(|one| (RELAY..=CALLING).any(|number| *one == public(number))),
                handler: Some(Arc::new(Echo)),
                relaying,
                limits: NetLimits::default(),
            };
            let net = runtime.block_on(Net::start(config, refuse_key_log(|_| None).unwrap())).unwrap();
            Self { net, runtime }
        })
    }

    fn calls(&self, peer: &Peer, body: &[u8]) -> Reply {
        let reply = self.runtime.block_on(self.net.call(peer, Kind::Call, body.to_vec())).unwrap();
        assert_eq!(reply.outcome.as_deref().unwrap(), body);
        reply
    }

    /// Calls until the calls are carried so.
    fn calls_until(&self, peer: &Peer, transport: Transport) {
        let until = async {
            let mut ticks = interval(TICK);
            while self.net.call(peer, Kind::Call, b"again".to_vec()).await.unwrap().transport != transport {
                ticks.tick().await;
            }
        };
        assert!(self.runtime.block_on(async { timeout(PUNCHED, until).await }).is_ok(), "{:?}", self.net.counts());
    }

    fn until(&self, what: &str, is_so: impl Fn(&NetCounts) -> bool) {
        let until = async {
            let mut ticks = interval(TICK);
            while !is_so(&self.net.counts()) {
                ticks.tick().await;
            }
        };
        assert!(
            self.runtime.block_on(async { timeout(PUNCHED, until).await }).is_ok(),
            "{what}: {:?}",
            self.net.counts()
        );
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn public(number: u8) -> [u8; 32] {
    key(number).public_key().to_bytes()
}

/// Where everybody finds a node on a host.
fn at(host: &Host, number: u8) -> Peer {
    let addresses = LISTEN.map(|text| text.replace("0.0.0.0", &host.address().to_string()).parse().unwrap());
    Peer { key: public(number), addresses: addresses.to_vec() }
}

/// For a node that is reached through the relay, and at no address that callers know.
fn through(relay: &Peer) -> Relaying {
    let relay = relay.clone();
    let through = Through { relays: Arc::new(move || vec![relay.clone()]), published: Arc::new(|_| false) };
    Relaying { through: Some(through), for_members: false }
}

/// A relay, a node behind one router that is reached through it, and one behind another that calls.
struct Town {
    calling: Node,
    called: Node,
    _relay: Node,
    circuit: Peer,
    at_relay: Host,
    routers: [Nat; 2],
    lab: Lab,
}

impl Town {
    fn begin(mapping: Mapping) -> Option<Self> {
        let lab = Lab::begin()?;
        let at_relay = lab.host("relay");
        let relay = Node::start(&at_relay, RELAY, Relaying { through: None, for_members: true });
        let home = |name: &str| {
            let nat = lab.nat(&format!("{name}-router"), mapping);
            let host = lab.host_behind(&nat, name);
            (nat, host)
        };
        let ((left, calling), (right, called)) = (home("calling"), home("called"));
        let called = Node::start(&called, CALLED, through(&at(&at_relay, RELAY)));
        let calling = Node::start(&calling, CALLING, Relaying::default());
        called.until("it has a slot", |counts| counts.slots_held == 1);
        let first = &at(&at_relay, RELAY).addresses[0];
        let circuit: Address = format!("{first}/p2p/{}/p2p-circuit", pod_net::peer_id(&public(RELAY))).parse().unwrap();
        let circuit = Peer { key: public(CALLED), addresses: vec![circuit] };
        Some(Self { calling, called, _relay: relay, circuit, at_relay, routers: [left, right], lab })
    }
}

#[test]
fn a_hole_is_punched_where_ports_stay_and_the_relay_is_left() {
    let Some(town) = Town::begin(Mapping::EndpointIndependent) else { return };
    town.calling.calls(&town.circuit, b"through the relay, or directly by now");
    town.calling.calls_until(&town.circuit, Transport::Quic);
    assert!(town.calling.net.counts().punched + town.called.net.counts().punched > 0);
    // The relay is not needed any more.
    for router in &town.routers {
        town.lab.cut(&town.at_relay, router.router());
    }
    for _ in 0..3 {
        assert_eq!(town.calling.calls(&town.circuit, b"directly").transport, Transport::Quic);
    }
}

#[test]
fn through_a_relay_where_ports_change_and_it_learns_nothing_but_sizes() {
    const SECRET: &[u8] = b"a call that is nobody's business";
    let Some(town) = Town::begin(Mapping::EndpointDependent) else { return };
    let passes = town.at_relay.capture();
    for _ in 0..3 {
        assert_eq!(town.calling.calls(&town.circuit, SECRET).transport, Transport::Relayed);
    }
    let frames = passes.end();
    let route = |from: &Nat, to: &Host| [from.router().address().octets(), to.address().octets()].concat();
    for router in &town.routers {
        assert!(shows(&frames, &route(router, &town.at_relay)), "both talk with the relay");
    }
    assert!(!shows(&frames, SECRET) && !shows(&frames, b"/aitta/1"));
    // Nobody reaches it from outside, and the relay found that out.
    town.called.until("it was tested", |counts| counts.not_reached > 0);
    assert_eq!((town.called.net.counts().reached, town.called.net.counts().slots_held), (0, 1));
}

#[test]
fn who_is_reached_from_outside_gives_its_slot_up() {
    let Some(lab) = Lab::begin() else { return };
    let (at_relay, public_host) = (lab.host("relay"), lab.host("public"));
    let relay = at(&at_relay, RELAY);
    let _relay = Node::start(&at_relay, RELAY, Relaying { through: None, for_members: true });
    let known = at(&public_host, CALLED);
    let published = move |address: &Address| known.addresses.iter().any(|one| one.is_place_of(address));
    let through = Through { relays: Arc::new(move || vec![relay.clone()]), published: Arc::new(published) };
    let node = Node::start(&public_host, CALLED, Relaying { through: Some(through), for_members: false });
    node.until("it was reached", |counts| counts.reached > 0);
    node.until("it needs no slot", |counts| counts.slots_held == 0);
    let caller = Node::start(&lab.host("caller"), CALLING, Relaying::default());
    assert_eq!(caller.calls(&at(&public_host, CALLED), b"directly").transport, Transport::Quic);
}
