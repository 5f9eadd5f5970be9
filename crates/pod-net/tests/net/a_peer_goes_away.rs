//! What the caller knows of a call when the peer goes away: it was not sent, or it may have taken effect.

use std::time::Duration;

use pod_net::{CallFault, Kind, NetLimits};

use crate::world::{QUIC, Server, TCP, client, text};

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
