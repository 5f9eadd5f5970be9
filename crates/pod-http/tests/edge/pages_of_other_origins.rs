use axum::Router;
use pod_http::{
    Bytes, ClientProtocol, HeaderMap, HeaderName, HeaderValue, Limits, Method, Request, Service, StatusCode, header,
};

use crate::world::{World, call, origin, service};

const PAGE: HeaderValue = HeaderValue::from_static("https://wallet.example");

fn from_page(request: Request) -> Request {
    request.with_header(header::ORIGIN, PAGE)
}

/// What a browser asks before a page may post CBOR.
fn preflight(path: &str) -> Request {
    Request { method: Method::OPTIONS, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
        .with_header(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"))
        .with_header(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("content-type"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn may_ask_and_read_without_a_credential_of_the_browsers() {
    let world = World::new();
    let handle = world.serve_on(&["https://127.0.0.1:0"], Limits::default(), service().open_to_pages()).await;
    let (client, at) = (world.client(ClientProtocol::Http1), origin(&handle));
    for path in ["/v1/call", "/length", "/nowhere"] {
        let answer = client.send(&at, from_page(preflight(path))).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0), "{path}");
        let said = |name: &HeaderName| text(&answer.headers, name);
        assert_eq!(said(&header::ACCESS_CONTROL_ALLOW_ORIGIN), Some("*"));
        assert_eq!(said(&header::ACCESS_CONTROL_ALLOW_METHODS), Some("GET, POST"));
        assert_eq!(said(&header::ACCESS_CONTROL_ALLOW_HEADERS), Some("content-type, traceparent"));
        assert_eq!(said(&header::ACCESS_CONTROL_MAX_AGE), Some("7200"));
        // With it a browser would add cookies, and no page could read what is open to all.
        assert_eq!(said(&header::ACCESS_CONTROL_ALLOW_CREDENTIALS), None);
    }
    // Fast, by the router, not there, too large: each can be read, and by whoever is given a kept copy.
    for (request, status) in [
        (from_page(call("x")), StatusCode::OK),
        (Request::get("/hello"), StatusCode::OK),
        (from_page(Request::get("/nowhere")), StatusCode::NOT_FOUND),
        (from_page(call(vec![0; 100_000])), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = client.send(&at, request).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(text(&answer.headers, &header::ACCESS_CONTROL_ALLOW_ORIGIN), Some("*"));
        assert_eq!(text(&answer.headers, &header::ACCESS_CONTROL_EXPOSE_HEADERS), Some("*"));
    }
}

#[tokio::test]
async fn options_that_no_browser_asks_are_a_request_like_others() {
    let world = World::new();
    let handle = world.serve_on(&["https://127.0.0.1:0"], Limits::default(), service().open_to_pages()).await;
    let answer = world.client(ClientProtocol::Http1).send(&origin(&handle), preflight("/hello")).await.unwrap();
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn read_nothing_of_a_service_that_is_not_open_to_them() {
    let world = World::new();
    let closed = Service::new(Router::new(), || [7; 16]);
    let handle = world.serve_on(&["https://127.0.0.1:0"], Limits::default(), closed).await;
    let answer = world.client(ClientProtocol::Http1).send(&origin(&handle), from_page(preflight("/"))).await.unwrap();
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(text(&answer.headers, &header::ACCESS_CONTROL_ALLOW_ORIGIN), None);
}
