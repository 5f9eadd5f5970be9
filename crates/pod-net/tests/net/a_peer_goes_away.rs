//! What the caller knows of a call when the peer goes away: it was not sent, or it may have taken effect.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{AsyncReadExt as _, AsyncWriteExt as _, FutureExt as _};
use pod_net::{CallFault, Kind, NetLimits, Peer, Transport};
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;

use crate::hostile::{Hostile, called, frame, listening};
use crate::world::{PATIENCE, QUIC, Server, TCP, client, eventually, public, text};

#[tokio::test(flavor = "multi_thread")]
async fn during_a_call_it_may_have_taken_effect() {
    for listen in [QUIC, TCP] {
        let server = Server::new(1, &[listen], &[2], NetLimits::default()).await;
        let member = client(2, &[1], NetLimits::default()).await;
        let (peer, echo) = (server.peer(), server.echo.clone());
        let calling = member.call(&peer, Kind::Call, b"wait".to_vec());
        let leaving = async {
            echo.works_on(1).await;
            drop(server);
        };
        let (outcome, ()) = tokio::join!(calling, leaving);
        let fault = outcome.unwrap_err();
        assert!(!fault.nothing_was_sent(), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_call_it_was_not_sent() {
    for listen in [QUIC, TCP] {
        let limits = NetLimits { handshake: Duration::from_millis(500), ..NetLimits::default() };
        let server = Server::new(1, &[listen], &[2], NetLimits::default()).await;
        let member = client(2, &[1], limits).await;
        let peer = server.peer();
        member.call(&peer, Kind::Call, b"hello".to_vec()).await.unwrap();
        drop(server);
        let mut faults = Vec::new();
        // The first call may still meet the stream that is breaking; after it there is none.
        for _ in 0..2 {
            faults.push(member.call(&peer, Kind::Call, b"hello".to_vec()).await.unwrap_err());
        }
        assert!(matches!(faults[1], CallFault::NotReached { .. }), "{faults:?}");
        assert!(faults[1].nothing_was_sent());
    }
}

/// As a process that is killed: nothing says goodbye, and its ports are free at once.
fn dies(runtime: Runtime) {
    runtime.shutdown_timeout(PATIENCE);
}

#[test]
fn a_peer_that_died_and_came_back_is_reached_with_the_next_call() {
    for listen in [QUIC, TCP] {
        let (ours, theirs) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let server = theirs.block_on(Server::new(1, &[listen], &[2], NetLimits::default()));
        let member = ours.block_on(client(2, &[1], NetLimits::default()));
        let peer = server.peer();
        ours.block_on(async {
            member.call(&peer, Kind::Call, b"hello".to_vec()).await.unwrap();
            // Whoever calls on once more in the same breath may lose that call, and knows that it may have taken effect.
            let streams = || server.net.counts().streams;
            eventually("a stream without calls is not believed in for long", || streams() == 0).await;
        });
        dies(theirs);
        let theirs = Runtime::new().unwrap();
        let listen = peer.addresses[0].to_string();
        let back = theirs.block_on(Server::new(1, &[&listen], &[2], NetLimits::default()));
        let reply = ours.block_on(member.call(&peer, Kind::Call, b"again".to_vec())).unwrap();
        assert_eq!((text(&reply), back.echo.seen()), ("again", 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_brings_nothing_any_more_is_given_up() {
    let server = Server::new(1, &[QUIC, TCP], &[2], NetLimits::default()).await;
    let [quic, tcp] = [Transport::Quic, Transport::Tcp].map(|transport| server.peer_by(transport));
    let between = Arc::new(Between::before(&quic.addresses[0].to_string()).await);
    let short = Duration::from_millis(200);
    let limits = NetLimits { stream: short, quic_head_start: short, kept: short, ..NetLimits::default() };
    let member = client(2, &[1], limits).await;
    let mut peer = tcp;
    peer.addresses.push(between.address.parse().unwrap());
    let passing = tokio::spawn({
        let between = Arc::clone(&between);
        async move { between.passes().await }
    });
    assert_eq!(member.call(&peer, Kind::Call, b"one".to_vec()).await.unwrap().transport, Transport::Quic);
    let streams = || server.net.counts().streams;
    eventually("the stream ends", || streams() == 0).await;
    passing.abort();
    assert_eq!(member.call(&peer, Kind::Call, b"two".to_vec()).await.unwrap().transport, Transport::Tcp);
    let connections = || member.counts().connections;
    eventually("it is closed", || connections() == [0, 1, 0]).await;
}

/// A member that is slow to greet is called another way; what it has under way with us on that connection goes on.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_to_greet_keeps_its_own_calls() {
    let limits = NetLimits { stream: Duration::from_millis(200), ..NetLimits::default() };
    for listen in [QUIC, TCP] {
        let server = Server::new(1, &[listen], &[2], limits.clone()).await;
        let mut slow = Hostile::connected(2, 1, &server.peer()).await;
        let _kept = slow.says_nothing();
        let mut calls = slow.stream().await;
        calls.write_all(&frame(0, 1, b"wait")).await.unwrap();
        calls.flush().await.unwrap();
        server.echo.works_on(1).await;

        let nowhere = Peer { key: public(2), addresses: Vec::new() };
        for _ in 0..2 {
            let fault = server.net.call(&nowhere, Kind::Call, b"hello".to_vec()).await.unwrap_err();
            assert!(matches!(fault, CallFault::NotReached { .. }), "{fault}");
        }
        server.echo.go_on.give(1);
        let mut answer = vec![0; frame(0, 0, b"wait").len()];
        calls.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, frame(0, 0, b"wait"));
    }
}

/// What lies between the member and a peer's QUIC address.
struct Between {
    ours: UdpSocket,
    theirs: UdpSocket,
    address: String,
}

impl Between {
    async fn before(address: &str) -> Self {
        let (ours, theirs) =
            (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let port: u16 = address.split('/').nth(4).unwrap().parse().unwrap();
        theirs.connect(("127.0.0.1", port)).await.unwrap();
        let address = format!("/ip4/127.0.0.1/udp/{}/quic-v1", ours.local_addr().unwrap().port());
        Self { ours, theirs, address }
    }

    async fn passes(&self) {
        let (mut there, mut back) = ([0; 2048], [0; 2048]);
        let mut member = None;
        loop {
            tokio::select! {
                came = self.ours.recv_from(&mut there) => {
                    let (length, from) = came.unwrap();
                    member = Some(from);
                    self.theirs.send(&there[..length]).await.unwrap();
                }
                came = self.theirs.recv(&mut back) => {
                    let length = came.unwrap();
                    self.ours.send_to(&back[..length], member.unwrap()).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_answers_what_it_has_read() {
    for listen in [QUIC, TCP] {
        let server = Server::new(1, &[listen], &[2], NetLimits::default()).await;
        let member = client(2, &[1], NetLimits::default()).await;
        let (peer, echo) = (server.peer(), server.echo.clone());
        let calling = member.call(&peer, Kind::Call, b"wait".to_vec());
        let leaving = async {
            echo.works_on(1).await;
            let stopping = tokio::spawn(async move { server.net.stop().await });
            echo.go_on.give(1);
            stopping.await.unwrap();
        };
        let (outcome, ()) = tokio::join!(calling, leaving);
        assert_eq!(text(&outcome.unwrap()), "wait");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_says_nothing_is_given_up() {
    let server = Server::new(1, &[QUIC], &[2], NetLimits::default()).await;
    let member = client(2, &[1], NetLimits { response: Duration::from_millis(200), ..NetLimits::default() }).await;
    let fault = member.call(&server.peer(), Kind::Call, b"wait".to_vec()).await.unwrap_err();
    assert_eq!(fault, CallFault::Deadline);
    // Nothing came on that stream since, so the next call goes on a new one.
    member.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.unwrap();
    assert_eq!(server.echo.seen(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_side_stays_open_until_the_last_answer_is_here() {
    let (mut streams, peer) = listening(1).await;
    let member = Arc::new(client(2, &[1], NetLimits::default()).await);
    let call = |text: &'static [u8]| {
        let (member, peer) = (Arc::clone(&member), peer.clone());
        tokio::spawn(async move { member.call(&peer, Kind::Call, text.to_vec()).await.unwrap() })
    };
    let first = call(b"first");
    let mut stream = called(&mut streams, b"first").await;
    stream.write_all(&frame(1, 129, b"")).await.unwrap();
    stream.flush().await.unwrap();
    // What is called after the farewell goes on another stream: then the farewell was heeded.
    let second = call(b"second");
    let mut other = called(&mut streams, b"second").await;
    other.write_all(&frame(0, 0, b"2")).await.unwrap();
    other.flush().await.unwrap();
    assert_eq!(text(&second.await.unwrap()), "2");
    // A peer that stops cuts the connection once our side is closed: the first answer would be lost.
    let mut rest = [0; 64];
    while let Some(read) = stream.read(&mut rest).now_or_never() {
        assert_ne!(read.unwrap(), 0, "our side was closed before the answer came");
    }
    stream.write_all(&frame(0, 0, b"1")).await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(text(&first.await.unwrap()), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_and_never_answers_is_not_waited_for() {
    let (mut streams, peer) = listening(1).await;
    let member = client(2, &[1], NetLimits { response: Duration::from_millis(200), ..NetLimits::default() }).await;
    let calling = member.call(&peer, Kind::Call, b"first".to_vec());
    let stopping = async {
        let mut stream = called(&mut streams, b"first").await;
        stream.write_all(&frame(1, 129, b"")).await.unwrap();
        stream.flush().await.unwrap();
        stream
    };
    let (outcome, mut stream) = tokio::join!(calling, stopping);
    assert!(!outcome.unwrap_err().nothing_was_sent());
    // Nobody waits for the answer any more: the stream is given up, and its place with it.
    let mut rest = [0; 64];
    let ended = tokio::time::timeout(PATIENCE, stream.read(&mut rest)).await.expect("the line is kept");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}
