use pod_http::{ClientError, ClientProtocol, HeaderName, HeaderValue, Limits, Request, Step, header};

use tokio::net::{TcpSocket, TcpStream};

use crate::world::{PATIENCE, World, address, call, origin, read_to_close, service, status, until, write};

const OVER_CALL_LIMIT: usize = 64 * 1024 + 1;
const OVER_LENGTH_LIMIT: usize = 256 * 1024 + 1;

#[tokio::test]
async fn a_body_over_the_limit_of_its_route() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    for protocol in [ClientProtocol::Http1, ClientProtocol::Http2] {
        let client = world.client(protocol);
        for request in
            [call(vec![0; OVER_CALL_LIMIT]), Request::post("/length", "text/plain", vec![0; OVER_LENGTH_LIMIT])]
        {
            let answer = client.send(&origin(&handle), request).await.unwrap();
            assert_eq!(answer.status, 413);
            let problem = answer.problem().unwrap();
            assert_eq!(problem.code.as_deref(), Some("body-too-large"));
            assert_eq!(problem.trace_id.as_deref(), Some("07070707070707070707070707070707"));
        }
    }
    assert_eq!(handle.counts().body_large, 4);
}

#[tokio::test]
async fn a_body_exactly_at_the_limit_passes() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    for protocol in [ClientProtocol::Http1, ClientProtocol::Http2] {
        let client = world.client(protocol);
        let body = vec![9; OVER_CALL_LIMIT - 1];
        let answer = client.send(&origin(&handle), call(body.clone())).await.unwrap();
        assert_eq!(answer.success().unwrap().body, body);
        let request = Request::post("/length", "text/plain", vec![0; OVER_LENGTH_LIMIT - 1]);
        let answer = client.send(&origin(&handle), request).await.unwrap();
        assert_eq!(answer.success().unwrap().body, (OVER_LENGTH_LIMIT - 1).to_string());
    }
}

#[tokio::test]
async fn a_chunked_body_that_announces_nothing() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let mut stream = world.tls13(address(&handle)).await;
    write(&mut stream, "POST /v1/call HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    for _ in 0..6 {
        write(&mut stream, &chunk).await;
    }
    write(&mut stream, "0\r\n\r\n").await;
    let reply = read_to_close(&mut stream).await;
    assert_eq!(status(&reply), "413", "{reply}");
    assert!(reply.contains("connection: close"), "{reply}");
}

#[tokio::test]
async fn a_gigabyte_is_refused_by_its_announcement() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let mut stream = world.tls13(address(&handle)).await;
    write(&mut stream, "POST /v1/call HTTP/1.1\r\nhost: a\r\ncontent-length: 1073741824\r\n\r\n").await;
    assert_eq!(status(&read_to_close(&mut stream).await), "413");
}

#[tokio::test]
async fn more_header_fields_than_the_limit() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    for protocol in [ClientProtocol::Http1, ClientProtocol::Http2] {
        let mut request = call("x");
        for number in 0..80 {
            let name = HeaderName::from_bytes(format!("x-{number}").as_bytes()).unwrap();
            request = request.with_header(name, HeaderValue::from_static("v"));
        }
        let answer = world.client(protocol).send(&origin(&handle), request).await.unwrap();
        assert_eq!(answer.status, 431);
        assert_eq!(answer.problem().unwrap().code.as_deref(), Some("too-many-headers"));
    }
}

#[tokio::test]
async fn a_head_over_the_limit_in_bytes() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let mut stream = world.tls13(address(&handle)).await;
    write(&mut stream, "GET /hello HTTP/1.1\r\nhost: a\r\nx: ").await;
    for _ in 0..40 {
        write(&mut stream, &"y".repeat(1024)).await;
    }
    let reply = read_to_close(&mut stream).await;
    assert!(reply.is_empty() || status(&reply) == "431", "{reply}");
    until(&handle, "closed", |counts| counts.open == 0).await;
}

#[tokio::test]
async fn an_http2_header_list_over_the_limit() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let value = HeaderValue::from_bytes(&[b'y'; 20 * 1024]).unwrap();
    let request = call("x").with_header(header::COOKIE, value);
    let outcome = world.client(ClientProtocol::Http2).send(&origin(&handle), request).await;
    match outcome {
        Ok(answer) => assert_eq!(answer.status, 431),
        Err(error) => assert_eq!(error.step(), Step::Response, "{error:?}"),
    }
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let request = call("x").with_header(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let answer = world.client(ClientProtocol::Http1).send(&origin(&handle), request).await.unwrap();
    let Err(ClientError::Status { status, problem }) = answer.success() else { panic!("was taken") };
    assert_eq!(status, 415);
    assert_eq!(problem.unwrap().code.as_deref(), Some("encoding-not-taken"));
}

#[tokio::test]
async fn all_bodies_together_have_a_limit() {
    let world = World::new();
    let handle = world.serve(Limits { body_bytes_together: 10_000, ..Limits::default() }).await;
    let client = world.client(ClientProtocol::Http1);
    let answer = client.send(&origin(&handle), call(vec![0; 60_000])).await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.problem().unwrap().code.as_deref(), Some("busy"));
    // What the refused one held was given back.
    assert_eq!(client.send(&origin(&handle), call("small")).await.unwrap().status, 200);
    let answer = client.send(&origin(&handle), call(vec![0; 9_000])).await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn one_peers_slow_bodies_leave_room_for_others() {
    let world = World::new();
    let limits = Limits { body_bytes_per_peer: 60_000, body_bytes_together: 200_000, ..Limits::default() };
    let handle = world.serve_on(&["http://127.0.0.1:0"], limits, service()).await;
    let head = |bytes: usize| format!("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: {bytes}\r\n\r\n");
    let mut slow = TcpStream::connect(address(&handle)).await.unwrap();
    write(&mut slow, &(head(100_000) + &"x".repeat(50_000))).await;
    let client = world.client(ClientProtocol::Http1);
    let busy = async { while client.send(&origin(&handle), call(vec![0; 50_000])).await.unwrap().status != 503 {} };
    tokio::time::timeout(PATIENCE, busy).await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(address(&handle)).await.unwrap();
    write(&mut other, &(head(50_000).replace("host: a", "host: a\r\nconnection: close") + &"x".repeat(50_000))).await;
    assert_eq!(status(&read_to_close(&mut other).await), "200");
    // Given back with the connection.
    drop(slow);
    let free = async { while client.send(&origin(&handle), call(vec![0; 50_000])).await.unwrap().status != 200 {} };
    tokio::time::timeout(PATIENCE, free).await.unwrap();
}
