//! What the caller knows of a call when the peer goes away: it was not sent, or it may have taken effect.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{AsyncReadExt as _, AsyncWriteExt as _, FutureExt as _};
use pod_net::{CallFault, Kind, NetLimits};

use crate::hostile::{called, frame, listening};
use crate::world::{PATIENCE, QUIC, Server, TCP, client, text};

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
