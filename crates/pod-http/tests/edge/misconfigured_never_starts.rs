use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use pod_http::{CertificateFiles, Limits, ListenAddress, Server, ServerConfig, StartupError, refuse_key_log};

use crate::world::World;

async fn start(world: &World, change: impl FnOnce(&mut ServerConfig)) -> StartupError {
    let mut config = ServerConfig {
        listen: vec!["https://127.0.0.1:0".parse().unwrap()],
        certificate: Some(world.files()),
        limits: Limits::default(),
    };
    change(&mut config);
    Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap_err()
}

#[test]
fn a_key_log_is_refused() {
    for value in ["/tmp/keys", ""] {
        let error = refuse_key_log(|name| (name == "SSLKEYLOGFILE").then(|| value.into())).unwrap_err();
        assert!(matches!(error, StartupError::KeyLog));
        assert!(error.to_string().contains("unset it"));
    }
}

#[test]
fn plain_http_beyond_loopback_is_refused() {
    for text in ["http://0.0.0.0:80", "http://192.0.2.1:8080", "http://[::]:80", "http://[2001:db8::1]:80"] {
        let error = text.parse::<ListenAddress>().unwrap_err();
        assert!(matches!(error, StartupError::PlainHttpBeyondLoopback { .. }), "{text}");
        assert!(error.to_string().contains(&text.replace("http://", "write `https://")), "{error}");
    }
}

#[test]
fn addresses_are_read_strictly() {
    for text in [
        "",
        "127.0.0.1:80",
        "https://example.org:443",
        "https://127.0.0.1",
        "ftp://127.0.0.1:21",
        "unix:relative",
        "unix:",
        "https://127.0.0.1:443/path",
        "http://localhost:80",
    ] {
        let error = text.parse::<ListenAddress>().unwrap_err();
        assert!(matches!(error, StartupError::ListenSyntax { .. }), "{text}");
    }
    for text in ["https://0.0.0.0:443", "https://[::]:443", "http://127.0.0.1:80", "http://[::1]:80", "unix:/run/a"] {
        assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
    }
}

#[tokio::test]
async fn https_needs_a_certificate_it_can_use() {
    let world = World::new();
    assert!(matches!(start(&world, |c| c.certificate = None).await, StartupError::CertificateMissing));
    assert!(matches!(start(&world, |c| c.listen.clear()).await, StartupError::NothingToListenOn));
    let missing = CertificateFiles { certificate: world.path("none.pem"), key: world.path("key.pem") };
    let error = start(&world, |c| c.certificate = Some(missing)).await;
    assert!(matches!(error, StartupError::File { what: "certificate", .. }), "{error}");
    fs::write(world.path("text.pem"), "not PEM").unwrap();
    for (certificate, key) in [("text.pem", "key.pem"), ("cert.pem", "text.pem")] {
        fs::set_permissions(world.path(key), fs::Permissions::from_mode(0o600)).unwrap();
        let files = CertificateFiles { certificate: world.path(certificate), key: world.path(key) };
        let error = start(&world, |c| c.certificate = Some(files)).await;
        assert!(matches!(error, StartupError::Pem { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_all_may_read_or_that_is_anothers_is_refused() {
    let world = World::new();
    let other = World::new();
    let files = CertificateFiles { certificate: world.path("cert.pem"), key: other.path("key.pem") };
    let error = start(&world, |c| c.certificate = Some(files)).await;
    assert!(matches!(error, StartupError::KeyMismatch { .. }), "{error}");
    fs::set_permissions(world.path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let error = start(&world, |_| ()).await;
    assert!(matches!(error, StartupError::KeyReadableByAll { .. }), "{error}");
    assert!(error.to_string().contains("chmod 600"));
}

#[tokio::test]
async fn limits_that_cannot_be_kept_are_refused() {
    let world = World::new();
    for (name, limits) in [
        ("header_count", Limits { header_count: 101, ..Limits::default() }),
        ("header_bytes", Limits { header_bytes: 1024, ..Limits::default() }),
        ("connections", Limits { connections: 0, ..Limits::default() }),
    ] {
        let error = start(&world, |c| c.limits = limits).await;
        assert!(matches!(error, StartupError::Limit { name: found, .. } if found == name), "{error}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let taken = handle.addresses()[0].clone();
    let error = start(&world, |c| c.listen = vec![taken.clone()]).await;
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
    assert!(matches!(error, StartupError::Bind { .. }));
}
