//! Many calls on one stream: answers come as they are ready, and no more calls are under way than both ends allow.

use std::sync::Arc;

use pod_net::{CallFault, Kind, Net, NetLimits, Peer};
use tokio::task::JoinSet;

use crate::world::{QUIC, Server, TCP, client, text};

async fn call(net: &Net, peer: &Peer, body: &str) -> Result<String, CallFault> {
    net.call(peer, Kind::Call, body.as_bytes().to_vec()).await.map(|reply| text(&reply).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_call_holds_up_no_other() {
    for listen in [QUIC, TCP] {
        let server = Server::new(1, &[listen], &[2], NetLimits::default()).await;
        let member = client(2, &[1], NetLimits::default()).await;
        let peer = server.peer();
        let slow = call(&member, &peer, "wait");
        let fast = async {
            server.echo.works_on(1).await;
            for number in 0..100 {
                assert_eq!(call(&member, &peer, &number.to_string()).await.unwrap(), number.to_string());
            }
            server.echo.go_on.give(1);
        };
        let (slow, ()) = tokio::join!(slow, fast);
        assert_eq!(slow.unwrap(), "wait");
        assert_eq!(server.net.counts().streams, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_its_own_answer() {
    let server = Server::new(1, &[QUIC], &[2], NetLimits::default()).await;
    let (member, peer) = (Arc::new(client(2, &[1], NetLimits::default()).await), server.peer());
    let mut calls = JoinSet::new();
    for number in 0..2_000_usize {
        let (member, peer) = (Arc::clone(&member), peer.clone());
        // Of all sizes, so that frames begin anywhere in what is read.
        let body = format!("{number}:").repeat(1 + number % 500);
        calls.spawn(async move { assert_eq!(call(&member, &peer, &body).await.unwrap(), body) });
    }
    while let Some(ended) = calls.join_next().await {
        ended.unwrap();
    }
    assert_eq!(server.net.counts().answered, [2_000, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_are_under_way() {
    let few = NetLimits { in_flight: 3, ..NetLimits::default() };
    let server = Server::new(1, &[QUIC], &[2, 3], few).await;
    let (member, other) = (client(2, &[1], NetLimits::default()).await, client(3, &[1], NetLimits::default()).await);
    let peer = server.peer();
    let calls = futures_util::future::join_all([(); 4].map(|()| call(&member, &peer, "wait")));
    let meanwhile = async {
        server.echo.works_on(3).await;
        // Somebody else goes there and back: as long as the fourth would take.
        assert_eq!(call(&other, &peer, "hello").await.unwrap(), "hello");
        assert_eq!(server.echo.seen(), 4, "one of the four waits, unsent");
        server.echo.go_on.give(4);
    };
    let (answers, ()) = tokio::join!(calls, meanwhile);
    assert!(answers.into_iter().all(|answer| answer.unwrap() == "wait"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_has_a_share_of_all_places() {
    let limits = NetLimits { in_flight_per_peer: 2, ..NetLimits::default() };
    let server = Server::new(1, &[QUIC], &[2, 3], limits).await;
    let (greedy, other) = (client(2, &[1], NetLimits::default()).await, client(3, &[1], NetLimits::default()).await);
    let peer = server.peer();
    let calls = futures_util::future::join_all([(); 4].map(|()| call(&greedy, &peer, "wait")));
    let meanwhile = async {
        server.echo.works_on(2).await;
        assert_eq!(call(&other, &peer, "hello").await.unwrap(), "hello");
        assert_eq!(server.echo.seen(), 3, "two of the four wait, unread");
        server.echo.go_on.give(4);
    };
    let (answers, ()) = tokio::join!(calls, meanwhile);
    assert!(answers.into_iter().all(|answer| answer.unwrap() == "wait"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_not_sent() {
    let server = Server::new(1, &[QUIC], &[2], NetLimits { call_bytes: 100, ..NetLimits::default() }).await;
    let member = client(2, &[1], NetLimits::default()).await;
    let most = "x".repeat(100);
    assert_eq!(call(&member, &server.peer(), &most).await.unwrap(), most);
    let fault = call(&member, &server.peer(), &"x".repeat(101)).await.unwrap_err();
    assert_eq!(fault, CallFault::TooLarge { limit_bytes: 100 });
    let ours = NetLimits::default().call_bytes;
    let fault = call(&member, &server.peer(), &"x".repeat(ours + 1)).await.unwrap_err();
    assert_eq!(fault, CallFault::TooLarge { limit_bytes: ours });
    assert_eq!(server.echo.seen(), 1);
}
