//! The ways on which a story's services reach the node: by hand, over HTTPS, over QUIC, over TCP. On real connections the exact code
//! of a refusal comes from the node's own metrics, and what the service was told must be its outward form.
#![allow(dead_code, reason = "each story needs another part of it")]

use std::collections::HashMap;
use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_http::{
    Client, ClientLimits, ClientProtocol, Connection, Limits, Origin, Request, Response, RootCertificates, Server,
    ServerConfig, ServerHandle, refuse_key_log,
};
use pod_net::{CallFault, Kind, Net, NetConfig, NetLimits, Peer as NetPeer, Relaying, Transport, Turned};
use pod_protocol::codec::CborFault;
use pod_protocol::request::Binding;
use pod_protocol::{Outward, Refusal};
use pod_server::Failure;
use pod_server::p2p::{P2p, P2pConfig};
use pod_server::request::{self, Peer};
use pod_server::routes::{App, main_service, metrics_service};
use tokio::sync::Mutex;

use crate::people::Service;
use crate::scene::{EXPORTER, Scene};
use crate::web::{CBOR, certificate, client};

/// How a story's services reach the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The node's function is called, as for a connection with [`EXPORTER`].
    ByHand,
    Https,
    Quic,
    Tcp,
}

/// The node's real ends, and the services' ends of them.
pub struct Ends {
    web: ServerHandle,
    metrics: ServerHandle,
    metrics_origin: Origin,
    p2p: P2p,
    client: Client,
    exporter: [u8; 32],
    /// One call at a time, so that the metrics say how it ended.
    using: Mutex<Using>,
}

struct Using {
    connection: Connection,
    nets: HashMap<[u8; 32], Net>,
}

impl Ends {
    pub async fn of(scene: &Scene) -> Self {
        let (files, authority) = certificate(scene.folder.path());
        let app = App::new(scene.node(), None);
        let bind = async |listen: String| {
            let listen = vec![listen.parse().unwrap()];
            let config = ServerConfig { listen, certificate: Some(files.clone()), limits: Limits::default() };
            Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap()
        };
        let web = bind("https://127.0.0.1:0".to_owned()).await.serve(main_service(&app));
        let socket = scene.folder.path().join("metrics.sock");
        let metrics = bind(format!("unix:{}", socket.display())).await.serve(metrics_service(&app));
        let listen = ["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"];
        let listen = listen.iter().map(|text| text.parse().unwrap()).collect();
        let config = P2pConfig { listen, connections: 100, relay: Vec::new(), relays: false };
        let p2p = P2p::start(&scene.node(), &config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap();
        let client = client(&authority);
        let connection = client.new_connection(&web.addresses()[0].to_string().parse().unwrap()).await.unwrap();
        let exporter = connection.exporter().unwrap();
        let using = Mutex::new(Using { connection, nets: HashMap::new() });
        Self { web, metrics, metrics_origin: Origin::unix(&socket), p2p, client, exporter, using }
    }

    pub async fn stop(self) {
        let Self { web, metrics, p2p, using, .. } = self;
        drop((p2p, using));
        web.drain().await;
        metrics.drain().await;
    }

    /// How often calls ended in which way so far.
    async fn endings(&self) -> HashMap<String, u64> {
        let plain = Client::new(RootCertificates::none(), ClientProtocol::default(), ClientLimits::default()).unwrap();
        let answer = plain.send(&self.metrics_origin, Request::get("/metrics")).await.unwrap();
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        let calls = text.lines().filter_map(|line| line.strip_prefix("aitta_node_calls_total{outcome=\""));
        calls
            .map(|line| line.split_once("\"} ").unwrap())
            .map(|(code, count)| (code.to_owned(), count.parse().unwrap()))
            .collect()
    }
}

impl Scene {
    /// As this service's requests say it on the way of the story.
    pub fn binding(&self, by: &Service) -> Binding {
        match (self.way, &self.ends) {
            (Way::Quic | Way::Tcp, _) => Binding::Peer(by.key.public_key().to_bytes()),
            (Way::Https, Some(ends)) => Binding::Exporter(ends.exporter),
            _ => Binding::Exporter(EXPORTER),
        }
    }

    /// The same connection as the node's function sees it.
    pub fn peer(&self, by: &Service) -> Peer {
        match self.binding(by) {
            Binding::Peer(key) => Peer::Libp2p { key },
            Binding::Exporter(exporter) => Peer::Http { exporter: Some(exporter) },
            Binding::Origin(_) => unreachable!(),
        }
    }

    /// Sends the bytes of a call on the way of the story, from whoever has `key`.
    pub async fn send_bytes(&self, key: &[u8; 32], message: &[u8]) -> Result<Vec<u8>, Failure> {
        let Some(ends) = &self.ends else {
            let exporter = Some(EXPORTER);
            return request::handle(&self.node(), &Peer::Http { exporter }, message).await;
        };
        let mut using = ends.using.lock().await;
        let before = ends.endings().await;
        let told = match self.way {
            Way::Https => over_https(&mut using, message).await,
            _ => self.over_libp2p(ends, &mut using, key, message).await,
        };
        let after = ends.endings().await;
        let ended: Vec<&str> = after
            .iter()
            .filter(|(code, count)| before.get(*code) != Some(count))
            .map(|(code, _)| code.as_str())
            .collect();
        match told {
            Ok(answer) => {
                assert_eq!(ended, ["answered"]);
                Ok(answer)
            }
            Err(Told::Refused(outward)) => {
                let refusal = match ended[..] {
                    [code] => refusal_with(code),
                    // The edge turned it down before the path saw it.
                    _ => Refusal::TooLarge,
                };
                assert_eq!(refusal.outward(), outward, "{ended:?}");
                Err(refusal.into())
            }
            Err(Told::Cut) => {
                assert!(ended.is_empty());
                Err(Refusal::UnknownKey.into())
            }
        }
    }

    async fn over_libp2p(
        &self,
        ends: &Ends,
        using: &mut Using,
        key: &[u8; 32],
        message: &[u8],
    ) -> Result<Vec<u8>, Told> {
        if !using.nets.contains_key(key) {
            let signing = (0..=u8::MAX).map(|number| SigningKey::from_seed(&[number; 32]));
            let signing = signing.into_iter().find(|signing| signing.public_key().to_bytes() == *key).unwrap();
            let (relaying, limits) = (Relaying::default(), NetLimits::default());
            let allow: pod_net::Allow = Arc::new(|_| true);
            let config = NetConfig { key: &signing, listen: &[], allow, handler: None, relaying, limits };
            let net = Net::start(config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap();
            using.nets.insert(*key, net);
        }
        let transport = if self.way == Way::Quic { Transport::Quic } else { Transport::Tcp };
        let addresses = ends.p2p.addresses().iter().filter(|address| address.transport() == transport);
        let peer =
            NetPeer { key: self.helsinki.key().public_key().to_bytes(), addresses: addresses.cloned().collect() };
        match using.nets[key].call(&peer, Kind::Call, message.to_vec()).await {
            Ok(reply) => {
                assert_eq!(reply.transport, transport);
                reply.outcome.map(|body| body.to_vec()).map_err(|turned| match turned {
                    Turned::Refused { outward, .. } => Told::Refused(outward),
                    Turned::Fault { trace_id } => panic!("a fault: {trace_id}"),
                })
            }
            Err(CallFault::TooLarge { .. }) => Err(Told::Refused(Outward::TooLarge)),
            Err(CallFault::NotReached { .. }) => Err(Told::Cut),
            Err(fault) => panic!("{fault}"),
        }
    }
}

/// What a service was told instead of an answer.
enum Told {
    Refused(Outward),
    /// It was not let in.
    Cut,
}

async fn over_https(using: &mut Using, message: &[u8]) -> Result<Vec<u8>, Told> {
    let response: Response = using.connection.send(Request::post("/v1/call", CBOR, message.to_vec())).await.unwrap();
    if response.status.is_success() {
        return Ok(response.body.to_vec());
    }
    let code = response.problem().unwrap().code.unwrap();
    if code == "body-too-large" {
        return Err(Told::Refused(Outward::TooLarge));
    }
    let outward = (1..=9).filter_map(Outward::from_number).find(|outward| outward.code() == code);
    Err(Told::Refused(outward.unwrap_or_else(|| panic!("{code}"))))
}

/// The refusal with this exact code, of those with which a call as a whole is turned down.
fn refusal_with(code: &str) -> Refusal {
    let all = [
        Refusal::Cbor(CborFault::TooLarge),
        Refusal::Cbor(CborFault::Truncated),
        Refusal::Cbor(CborFault::Trailing),
        Refusal::Signature,
        Refusal::UnknownKey,
        Refusal::UnknownGrant,
        Refusal::Audience,
        Refusal::NotYetIssued,
        Refusal::Lifetime,
        Refusal::Expired,
        Refusal::Binding,
        Refusal::Nonce,
        Refusal::Replay,
        Refusal::TooLarge,
        Refusal::Unavailable,
        Refusal::NotAuthorised,
    ];
    all.into_iter().find(|refusal| refusal.code() == code).unwrap_or_else(|| panic!("no refusal {code} is known here"))
}
