//! The node's own end of libp2p, with nothing between: calls, commands and revocations; who may come, and who no longer.

use std::sync::Arc;

use pod_net::{CallFault, DialFault, Kind, Net, NetConfig, NetLimits, Peer, Relaying, Transport, Turned};
use pod_protocol::Outward;
use pod_protocol::Verified;
use pod_protocol::answer::Answer;
use pod_protocol::command::{Action, Command};
use pod_protocol::ids::ObjectId;
use pod_protocol::request::{Binding, Request};
use pod_protocol::revocation::Target;
use pod_server::p2p::{P2p, P2pConfig};

use crate::people::{Service, call, item, outcomes, wanted};
use crate::scene::{NOW, Scene};

async fn listening(scene: &Scene) -> P2p {
    let listen = vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()];
    let config = P2pConfig { listen, connections: 10, relay: Vec::new(), relays: false };
    P2p::start(&scene.node(), &config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap()
}

async fn net_of(service: &Service) -> Net {
    let (allow, relaying) = (Arc::new(|_: &[u8; 32]| true), Relaying::default());
    let config =
        NetConfig { key: &service.key, listen: &[], allow, handler: None, relaying, limits: NetLimits::default() };
    Net::start(config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap()
}

fn helsinki(scene: &Scene, p2p: &P2p) -> Peer {
    Peer { key: scene.helsinki.key().public_key().to_bytes(), addresses: p2p.addresses().to_vec() }
}

fn bound_to(service: &Service) -> impl FnOnce(&mut Request) {
    let key = service.key.public_key().to_bytes();
    move |request| request.binding = Binding::Peer(key)
}

fn refused(turned: Result<pod_net::Bytes, Turned>) -> Outward {
    match turned.unwrap_err() {
        Turned::Refused { outward, .. } => outward,
        Turned::Fault { trace_id } => panic!("{trace_id}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_commands_and_revocations() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let p2p = listening(&scene).await;
    let (net, peer) = (net_of(&scene.early).await, helsinki(&scene, &p2p));
    let items = || vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    let ask = async || {
        let request = scene.request(&scene.early, items(), bound_to(&scene.early));
        let reply = net.call(&peer, Kind::Call, call(&request, &[]).to_bytes()).await.unwrap();
        outcomes(&Answer::from_bytes(&reply.outcome.unwrap()).unwrap())[0]
    };
    assert_eq!(ask().await, "released");

    // The organisation's own service collects decisions on a request that was never made: it is heard, and there is nothing.
    let own = net_of(&scene.own).await;
    let any = scene.command_of(&scene.anna, scene.annas_pod, Action::Inbox { skip: 0 });
    let binding = Binding::Peer(scene.own.key.public_key().to_bytes());
    let action = Action::Collect { request: ObjectId::new([9; 32]), skip: 0 };
    let command = Command { issuer: scene.own.principal, subject: None, binding, action, ..(*any).clone() };
    let command = Verified::sign(&scene.own.key, command);
    let reply = own.call(&peer, Kind::Command, command.bytes().to_vec()).await.unwrap();
    assert_eq!(refused(reply.outcome), Outward::UnknownGrant);
    let reply = own.call(&peer, Kind::Command, command.bytes().to_vec()).await.unwrap();
    assert_eq!(refused(reply.outcome), Outward::Replay, "it was taken the first time");

    // A revocation counts whoever brings it.
    let revocation = scene.revocation(scene.anna.principal, &scene.anna.key, Target::Grant(grant.id()));
    let reply = net.call(&peer, Kind::Revocation, revocation.bytes().to_vec()).await.unwrap();
    scene.done(&reply.outcome.unwrap());
    assert_eq!(ask().await, "denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_passes_on_what_another_signed() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let p2p = listening(&scene).await;
    let (thief, peer) = (net_of(&scene.school).await, helsinki(&scene, &p2p));
    let items = || vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    // Signed by early education for its own connection; and for the thief's, which no honest signer does.
    for bound in [&scene.early, &scene.school] {
        let request = scene.request(&scene.early, items(), bound_to(bound));
        let reply = thief.call(&peer, Kind::Call, call(&request, &[]).to_bytes()).await.unwrap();
        assert_eq!(refused(reply.outcome), Outward::UseNonce);
    }
    // What is bound to a TLS connection does not count here either.
    let request = scene.request(&scene.early, items(), |_| {});
    let reply = thief.call(&peer, Kind::Call, call(&request, &[]).to_bytes()).await.unwrap();
    assert_eq!(refused(reply.outcome), Outward::UseNonce);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_bytes_is_told() {
    let scene = Scene::new().await;
    let p2p = listening(&scene).await;
    let (net, peer) = (net_of(&scene.early).await, helsinki(&scene, &p2p));
    for kind in Kind::ALL {
        let reply = net.call(&peer, kind, vec![0x01]).await.unwrap();
        let Err(Turned::Refused { outward, detail }) = reply.outcome else { panic!("answered") };
        assert_eq!(outward, Outward::Malformed);
        assert!(!detail.is_empty());
    }
}

/// The relay is named as the registry names it, which has its address and key. What is bound is the caller's own key.
#[tokio::test(flavor = "multi_thread")]
async fn behind_nat_it_is_reached_through_the_member_that_it_names() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let (key, quic) = (scene.espoo.key(), "/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap());
    let relay = NetConfig {
        key: &key,
        listen: &[quic],
        allow: Arc::new(|_| true),
        handler: None,
        relaying: Relaying { through: None, for_members: true },
        limits: NetLimits::default(),
    };
    let relay = Net::start(relay, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap();
    let at = relay.addresses()[0].to_string();
    assert_eq!(scene.node().take_registry(&scene.snapshot_with_endpoint(&scene.espoo, &at)).unwrap(), []);

    let listen = vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()];
    let config = P2pConfig { listen, connections: 10, relay: vec!["espoo".to_owned()], relays: false };
    let p2p = P2p::start(&scene.node(), &config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap();
    crate::neighbours::eventually("it has a slot", || p2p.counts().slots_held == 1).await;

    let circuit = format!("{at}/p2p/{}/p2p-circuit", pod_net::peer_id(relay.key()));
    let peer = Peer { addresses: vec![circuit.parse().unwrap()], ..helsinki(&scene, &p2p) };
    let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    let request = scene.request(&scene.early, items, bound_to(&scene.early));
    let net = net_of(&scene.early).await;
    let reply = net.call(&peer, Kind::Call, call(&request, &[]).to_bytes()).await.unwrap();
    assert_eq!(reply.transport, Transport::Relayed);
    assert_eq!(outcomes(&Answer::from_bytes(&reply.outcome.unwrap()).unwrap()), ["released"]);
}

/// A citizen's wallet has no key in the registry, nor has whoever left it.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_registry_lets_in() {
    let scene = Scene::new().await;
    let p2p = listening(&scene).await;
    let (net, peer) = (net_of(&scene.early).await, helsinki(&scene, &p2p));
    net.call(&peer, Kind::Call, vec![0x01]).await.unwrap();

    let stranger = net_of(&Service::new(0x99, scene.espoo.principal)).await;
    let CallFault::NotReached { tried } = stranger.call(&peer, Kind::Call, vec![0x01]).await.unwrap_err() else {
        panic!("reached")
    };
    assert_eq!(tried[0].fault, DialFault::Cut);

    // Espoo is suspended: with the next copy of the registry its service's connection is cut.
    let suspended = scene.suspension(&scene.espoo, "espoo", NOW);
    assert_eq!(scene.node().take_registry(&suspended).unwrap(), []);
    crate::neighbours::eventually("the connection is cut", || p2p.counts().connections == [0; 3]).await;
    // The first call may meet the stream that is breaking; after it there is none, and no other is let in.
    let _breaking = net.call(&peer, Kind::Call, vec![0x01]).await.unwrap_err();
    let again = net.call(&peer, Kind::Call, vec![0x01]).await.unwrap_err();
    assert!(matches!(again, CallFault::NotReached { .. }), "{again}");
}
