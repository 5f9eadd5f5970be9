use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use pod_http::{ClientError, ClientLimits, ClientProtocol, Limits, Origin, Request, Service, Step, TargetError};
use tokio::net::TcpListener;

use crate::world::{SHORT, World, call, origin};

#[test]
fn plain_http_to_others_is_not_called() {
    for url in ["http://example.org/", "http://192.0.2.1:80/", "http://127.0.0.1.example.org/", "http://[2001:db8::1]/"]
    {
        let error = Origin::of_url(url).unwrap_err();
        assert_eq!(error, TargetError::PlainHttp { url: url.to_owned() });
    }
    for url in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"] {
        assert_eq!(url.parse::<Origin>().unwrap().to_string(), url);
    }
}

#[test]
fn urls_are_read_strictly() {
    for url in [
        "",
        "example.org",
        "ftp://example.org",
        "https://user:secret@example.org/",
        "unix:relative",
        "https://",
        "https://exa mple.org",
        "https://example.org:99999/",
        "file:///etc/passwd",
    ] {
        assert!(matches!(url.parse::<Origin>(), Err(TargetError::Syntax { .. })), "{url}");
    }
    assert!("https://example.org/path".parse::<Origin>().is_err());
    let (origin, path) = Origin::of_url("https://Example.org:8443/a/b?c=d").unwrap();
    assert_eq!((origin.to_string().as_str(), path.as_str()), ("https://example.org:8443", "/a/b?c=d"));
}

#[tokio::test]
async fn nobody_listens() {
    let world = World::new();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let origin: Origin = format!("https://{closed}").parse().unwrap();
    let error = world.client(ClientProtocol::Http1).send(&origin, call("x")).await.unwrap_err();
    assert_eq!(error.step(), Step::Connect);
    assert!(error.nothing_was_sent() && error.advice().contains("port"));
}

#[tokio::test]
async fn a_listener_that_never_shakes_hands() {
    let world = World::new();
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin: Origin = format!("https://{}", mute.local_addr().unwrap()).parse().unwrap();
    let limits = ClientLimits { handshake: SHORT, ..ClientLimits::default() };
    let client = world.client_with(ClientProtocol::Http1, limits);
    let error = client.send(&origin, call("x")).await.unwrap_err();
    assert!(matches!(error, ClientError::Deadline { step: Step::Handshake, .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_never_comes() {
    let world = World::new();
    let router = Router::new().route("/never", get(std::future::pending::<()>));
    let service = Service::new(router, || [1; 16]);
    let handle = world.serve_on(&["https://127.0.0.1:0"], Limits::default(), service).await;
    let limits = ClientLimits { response: SHORT, ..ClientLimits::default() };
    for protocol in [ClientProtocol::Http1, ClientProtocol::Http2] {
        let client = world.client_with(protocol, limits.clone());
        let error = client.send(&origin(&handle), Request::get("/never")).await.unwrap_err();
        assert!(matches!(error, ClientError::Deadline { step: Step::Send, .. }), "{error:?}");
        assert!(!error.nothing_was_sent());
    }
}

#[tokio::test]
async fn an_answer_larger_than_is_taken() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let limits = ClientLimits { response_bytes: 1000, ..ClientLimits::default() };
    let client = world.client_with(ClientProtocol::Http1, limits);
    let error = client.send(&origin(&handle), Request::get("/big")).await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { limit_bytes: 1000, .. }), "{error:?}");
    assert_eq!(client.send(&origin(&handle), call(vec![1; 1000])).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new();
    let router = Router::new().route("/old", get(|| async { Redirect::temporary("/new") }));
    let service = Service::new(router, || [1; 16]);
    let handle = world.serve_on(&["https://127.0.0.1:0"], Limits::default(), service).await;
    let client = world.client(ClientProtocol::Http1);
    let answer = client.send(&origin(&handle), Request::get("/old")).await.unwrap();
    let error = answer.success().unwrap_err();
    assert_eq!(error.step(), Step::Status);
    assert!(error.advice().contains("Redirects"));
}

#[tokio::test]
async fn a_path_that_is_none() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let client = world.client(ClientProtocol::Http1);
    let error = client.send(&origin(&handle), Request::get("/a b\r\nx: y")).await.unwrap_err();
    assert!(matches!(error, ClientError::Request { .. }), "{error:?}");
}
