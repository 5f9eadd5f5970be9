use pod_http::{ClientProtocol, HeaderName, HeaderValue, Limits, Request};

use crate::world::{World, call, origin};

#[tokio::test]
async fn many_requests_share_one_connection() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let client = world.client(ClientProtocol::Http2);
    let origin = origin(&handle);
    assert_eq!(client.send(&origin, call("first")).await.unwrap().body, "first");
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (client, origin) = (client.clone(), origin.clone());
        calls.spawn(async move {
            let answer = client.send(&origin, call(format!("call {number}"))).await.unwrap();
            assert_eq!(answer.success().unwrap().body, format!("call {number}"));
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    assert_eq!(handle.counts().accepted, 1);
    assert!(client.connection(&origin).await.unwrap().is_http2());
}

#[tokio::test]
async fn the_router_knows_peer_and_trace() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    for (protocol, alpn) in [(ClientProtocol::Http1, "Some(Http1)"), (ClientProtocol::Http2, "Some(Http2)")] {
        let client = world.client(protocol);
        let answer = client.send(&origin(&handle), Request::get("/peer")).await.unwrap();
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let told: (String, String) = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told, (alpn.to_owned(), "07".repeat(16)));
        let request = Request::get("/peer").with_header(
            HeaderName::from_static("traceparent"),
            HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        );
        let answer = client.send(&origin(&handle), request).await.unwrap();
        let told: (String, String) = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told.1, "0af7651916cd43dd8448eb211c80319c");
    }
}
