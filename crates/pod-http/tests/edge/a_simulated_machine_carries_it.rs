//! The same server and client over connections that a test makes: what a simulation stands on.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::post;
use pod_http::{
    Accept, Client, ClientError, ClientLimits, ClientProtocol, Limits, Machine, Pending, Request, RootCertificates,
    Server, ServerConfig, Service, SimulatedMachine, StartupError, Stream, refuse_key_log,
};
use tokio::sync::{Mutex, mpsc};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)), 5);

type Dialled = mpsc::Receiver<Box<dyn Stream>>;

/// A machine with one address, on which everybody calls.
#[derive(Debug)]
struct Wire {
    calls: mpsc::Sender<Box<dyn Stream>>,
    called: std::sync::Mutex<Option<Dialled>>,
    pauses: AtomicUsize,
}

#[derive(Debug)]
struct Called(Mutex<Dialled>);

impl Accept for Called {
    fn accept(&self) -> Pending<'_, io::Result<(Box<dyn Stream>, SocketAddr)>> {
        Box::pin(async {
            let stream = self.0.lock().await.recv().await;
            stream.map(|stream| (stream, PEER)).ok_or_else(|| io::ErrorKind::NotConnected.into())
        })
    }
}

impl SimulatedMachine for Wire {
    fn listen(&self, _address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Accept>>> {
        let called = self.called.lock().unwrap().take();
        Box::pin(async {
            let called = called.ok_or(io::ErrorKind::AddrInUse)?;
            Ok(Box::new(Called(Mutex::new(called))) as Box<dyn Accept>)
        })
    }

    fn connect(&self, _address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async {
            let (here, there) = tokio::io::duplex(4096);
            self.calls.send(Box::new(there)).await.map_err(|_| io::ErrorKind::ConnectionRefused)?;
            Ok(Box::new(here) as Box<dyn Stream>)
        })
    }

    fn pause(&self) -> Pending<'_, ()> {
        self.pauses.fetch_add(1, Ordering::Relaxed);
        Box::pin(tokio::task::yield_now())
    }
}

fn wire() -> Arc<Wire> {
    let (calls, called) = mpsc::channel(8);
    Arc::new(Wire { calls, called: std::sync::Mutex::new(Some(called)), pauses: AtomicUsize::new(0) })
}

fn config(listen: &str) -> ServerConfig {
    ServerConfig { listen: vec![listen.parse().unwrap()], certificate: None, limits: Limits::default() }
}

#[tokio::test]
async fn calls_are_answered_over_it_and_tls_is_not_left_out_in_silence() {
    let wire = wire();
    let machine = Machine::simulated(wire.clone());
    let key_log = refuse_key_log(|_| None).unwrap();
    let router = Router::new().route("/", post(async |body: String| format!("heard {body}")));
    let server = Server::bind_on(&machine, config("http://127.0.0.1:81"), key_log).await.unwrap();
    assert_eq!(server.addresses()[0].to_string(), "http://127.0.0.1:81");
    let handle = server.serve(Service::new(router, || [0; 16]));

    let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
    let client = client.on(machine.clone());
    let origin = "http://127.0.0.1:81".parse().unwrap();
    for said in ["one", "two"] {
        let answer = client.send(&origin, Request::post("/", "text/plain", said)).await.unwrap();
        assert_eq!(answer.body, format!("heard {said}"));
    }
    assert_eq!(handle.counts().accepted, 1, "the connection was kept");
    let tls = client.send(&"https://localhost".parse().unwrap(), Request::get("/")).await.unwrap_err();
    assert!(matches!(&tls, ClientError::Connect { source, .. } if source.kind() == io::ErrorKind::Unsupported));
    let tls = Server::bind_on(&machine, config("https://127.0.0.1:0"), key_log).await;
    assert!(
        matches!(tls.unwrap_err(), StartupError::Bind { source, .. } if source.kind() == io::ErrorKind::Unsupported)
    );
    assert_eq!(handle.drain().await.cut, 0);
}

#[tokio::test]
async fn work_runs_in_place_after_a_pause() {
    let wire = wire();
    let here = std::thread::current().id();
    let on = Machine::simulated(wire.clone()).blocking(|| std::thread::current().id()).await.unwrap();
    assert_eq!((on, wire.pauses.load(Ordering::Relaxed)), (here, 1));
    assert_ne!(Machine::this().blocking(|| std::thread::current().id()).await.unwrap(), here);
}
