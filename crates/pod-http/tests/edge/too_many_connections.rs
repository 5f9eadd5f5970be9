use pod_http::{ClientProtocol, Limits};
use tokio::net::TcpStream;

use crate::world::{World, address, call, origin, read_to_close, until};

#[tokio::test]
async fn beyond_the_places_of_all() {
    let world = World::new();
    let handle = world.serve(Limits { connections: 2, ..Limits::default() }).await;
    let first = world.tls13(address(&handle)).await;
    let second = world.tls13(address(&handle)).await;
    let mut third = TcpStream::connect(address(&handle)).await.unwrap();
    assert_eq!(read_to_close(&mut third).await, "");
    assert_eq!(handle.counts().refused_full, 1);
    drop((first, second));
    until(&handle, "free again", |counts| counts.open == 0).await;
    let client = world.client(ClientProtocol::Http1);
    assert_eq!(client.send(&origin(&handle), call("x")).await.unwrap().status, 200);
}

#[tokio::test]
async fn beyond_the_places_of_one_peer() {
    let world = World::new();
    let handle = world.serve(Limits { connections_per_peer: 1, ..Limits::default() }).await;
    let first = world.tls13(address(&handle)).await;
    let mut second = TcpStream::connect(address(&handle)).await.unwrap();
    assert_eq!(read_to_close(&mut second).await, "");
    // Another address of this machine is another peer.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let other = socket.connect(address(&handle)).await.unwrap();
    until(&handle, "both in", |counts| counts.open == 2 && counts.refused_peer == 1).await;
    drop((first, other));
    until(&handle, "free again", |counts| counts.open == 0).await;
}
