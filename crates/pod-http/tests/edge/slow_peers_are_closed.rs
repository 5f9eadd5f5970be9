use pod_http::{ClientProtocol, Limits};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::world::{SHORT, World, address, call, origin, read_to_close, until, write};

/// The server goes on answering others.
async fn good_client_is_served(world: &World, handle: &pod_http::ServerHandle) {
    let client = world.client(ClientProtocol::Http1);
    let answer = client.send(&origin(handle), call("ping")).await.unwrap().success().unwrap();
    assert_eq!(answer.body, "ping");
}

#[tokio::test]
async fn a_handshake_that_never_comes() {
    let world = World::new();
    // Longer than the others: a good handshake must fit into it even on a busy machine.
    let handle = world.serve(Limits { handshake: SHORT * 5, ..Limits::default() }).await;
    let mut silent = TcpStream::connect(address(&handle)).await.unwrap();
    let mut dribbling = TcpStream::connect(address(&handle)).await.unwrap();
    write(&mut dribbling, "\x16\x03\x01\x02").await;
    good_client_is_served(&world, &handle).await;
    assert_eq!(read_to_close(&mut silent).await, "");
    assert_eq!(read_to_close(&mut dribbling).await, "");
    until(&handle, "both counted", |counts| counts.handshake_slow == 2).await;
}

#[tokio::test]
async fn a_head_that_never_ends() {
    let world = World::new();
    let handle = world.serve(Limits { head: SHORT, ..Limits::default() }).await;
    let mut silent = world.tls13(address(&handle)).await;
    let mut slow = world.tls13(address(&handle)).await;
    write(&mut slow, "POST /v1/call HTTP/1.1\r\nhost: a\r\n").await;
    good_client_is_served(&world, &handle).await;
    assert_eq!(read_to_close(&mut silent).await, "");
    assert_eq!(read_to_close(&mut slow).await, "");
    until(&handle, "both counted", |counts| counts.head_slow == 2).await;
}

#[tokio::test]
async fn a_second_head_that_never_ends() {
    let world = World::new();
    let handle = world.serve(Limits { head: SHORT, ..Limits::default() }).await;
    let mut slow = world.tls13(address(&handle)).await;
    write(&mut slow, "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // The pause has its own, long deadline; the first byte of the next head starts the short one.
    let mut first = [0; 15];
    tokio::io::AsyncReadExt::read_exact(&mut slow, &mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    write(&mut slow, "G").await;
    read_to_close(&mut slow).await;
    until(&handle, "counted", |counts| counts.head_slow == 1 && counts.idle == 0).await;
}

#[tokio::test]
async fn bytes_do_not_buy_time_for_a_head() {
    let world = World::new();
    let handle = world.serve(Limits { head: SHORT, ..Limits::default() }).await;
    let slow = world.tls13(address(&handle)).await;
    let (mut reading, mut writing) = tokio::io::split(slow);
    let dribble = tokio::spawn(async move {
        loop {
            write(&mut writing, "x").await;
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    read_to_close(&mut reading).await;
    dribble.abort();
    until(&handle, "counted", |counts| counts.head_slow == 1).await;
}

#[tokio::test]
async fn a_body_that_never_ends() {
    let world = World::new();
    let handle = world.serve(Limits { body: SHORT, ..Limits::default() }).await;
    let mut announced = world.tls13(address(&handle)).await;
    write(&mut announced, "POST /v1/call HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf").await;
    let mut chunked = world.tls13(address(&handle)).await;
    write(&mut chunked, "POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
    good_client_is_served(&world, &handle).await;
    for slow in [&mut announced, &mut chunked] {
        let reply = read_to_close(slow).await;
        assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
        assert!(reply.contains("\"code\":\"body-too-slow\""), "{reply}");
    }
    assert_eq!(handle.counts().body_slow, 2);
}

#[tokio::test]
async fn a_pause_that_never_ends() {
    let world = World::new();
    let handle = world.serve(Limits { idle: SHORT, ..Limits::default() }).await;
    let mut idle = world.tls13(address(&handle)).await;
    write(&mut idle, "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let reply = read_to_close(&mut idle).await;
    assert!(reply.ends_with("hello"), "{reply}");
    until(&handle, "counted", |counts| counts.idle == 1 && counts.open == 0).await;
}

#[tokio::test]
async fn an_http2_connection_without_a_request() {
    let world = World::new();
    let handle = world.serve(Limits { head: SHORT, ..Limits::default() }).await;
    let mut silent = world.tls(address(&handle), &[&rustls::version::TLS13], b"h2").await.unwrap();
    write(&mut silent, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    read_to_close(&mut silent).await;
    until(&handle, "counted", |counts| counts.head_slow == 1 && counts.open == 0).await;
}

#[tokio::test]
async fn an_http2_pause_that_never_ends() {
    let world = World::new();
    let handle = world.serve(Limits { idle: SHORT, ..Limits::default() }).await;
    let client = world.client(ClientProtocol::Http2);
    client.send(&origin(&handle), call("ping")).await.unwrap();
    until(&handle, "counted", |counts| counts.idle == 1 && counts.open == 0).await;
}

#[tokio::test]
async fn an_answer_that_is_not_taken() {
    let world = World::new();
    let handle = world.serve(Limits { write_stall: SHORT, ..Limits::default() }).await;
    let mut deaf = world.tls13(address(&handle)).await;
    write(&mut deaf, "GET /big HTTP/1.1\r\nhost: a\r\n\r\n").await;
    good_client_is_served(&world, &handle).await;
    until(&handle, "counted", |counts| counts.write_stalled == 1 && counts.open <= 1).await;
}

#[tokio::test]
async fn an_http2_answer_for_which_no_window_opens() {
    let world = World::new();
    let handle = world.serve(Limits { idle: SHORT, ..Limits::default() }).await;
    let deaf = world.tls(address(&handle), &[&rustls::version::TLS13], b"h2").await.unwrap();
    let (mut reading, mut writing) = tokio::io::split(deaf);
    // SETTINGS with an initial window of 0, and GET /hello (RFC 9113 §6.2, §6.5; RFC 7541 §6).
    write(&mut writing, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0").await;
    let get = b"\0\0\x15\x01\x05\0\0\0\x01\x82\x87\x04\x06/hello\x01\x09localhost";
    writing.write_all(get).await.unwrap();
    // Pings buy no time.
    let pinging = tokio::spawn(async move {
        loop {
            write(&mut writing, "\0\0\x08\x06\0\0\0\0\0pingping").await;
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    read_to_close(&mut reading).await;
    pinging.abort();
    until(&handle, "counted", |counts| counts.idle == 1 && counts.open == 0).await;
}
