//! A server with its authority, and ways to talk to it, good and bad.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use pod_http::{
    Bytes, CertificateFiles, Client, ClientLimits, ClientProtocol, Counts, Incoming, Limits, Method, Origin, Outgoing,
    PeerInfo, Request, RootCertificates, Server, ServerConfig, ServerHandle, Service, StatusCode, TraceId,
    refuse_key_log,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::ServerName;
use rustls_pki_types::pem::PemObject as _;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// No test waits longer than this for what it expects.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The deadline under test, where one is.
pub const SHORT: Duration = Duration::from_millis(400);

pub struct World {
    pub directory: TempDir,
    authority: Issuer<'static, KeyPair>,
    authority_pem: String,
}

impl World {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_pem = params.self_signed(&key).unwrap().pem();
        let world = Self { directory: TempDir::new().unwrap(), authority: Issuer::new(params, key), authority_pem };
        world.issue();
        world
    }

    /// Writes a new certificate and key over the old ones; returns the certificate's DER.
    pub fn issue(&self) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.authority).unwrap();
        fs::write(self.path("cert.pem"), certificate.pem()).unwrap();
        fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
        fs::set_permissions(self.path("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
        certificate.der().to_vec()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn files(&self) -> CertificateFiles {
        CertificateFiles { certificate: self.path("cert.pem"), key: self.path("key.pem") }
    }

    pub fn roots(&self) -> RootCertificates {
        RootCertificates::none().with_pem(self.authority_pem.as_bytes()).unwrap()
    }

    pub fn client(&self, protocol: ClientProtocol) -> Client {
        self.client_with(protocol, ClientLimits::default())
    }

    pub fn client_with(&self, protocol: ClientProtocol, limits: ClientLimits) -> Client {
        Client::new(self.roots(), protocol, limits).unwrap()
    }

    pub async fn serve(&self, limits: Limits) -> ServerHandle {
        self.serve_on(&["https://127.0.0.1:0"], limits, service()).await
    }

    pub async fn serve_on(&self, listen: &[&str], limits: Limits, service: Service) -> ServerHandle {
        let listen = listen.iter().map(|text| text.parse().unwrap()).collect();
        let config = ServerConfig { listen, certificate: Some(self.files()), limits };
        Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap().serve(service)
    }

    /// rustls by hand, for what our own client does not do.
    pub async fn tls(
        &self,
        address: SocketAddr,
        versions: &[&'static rustls::SupportedProtocolVersion],
        alpn: &[u8],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(rustls_pki_types::CertificateDer::from_pem_slice(self.authority_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        let socket = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }

    pub async fn tls13(&self, address: SocketAddr) -> TlsStream<TcpStream> {
        self.tls(address, &[&rustls::version::TLS13], b"http/1.1").await.unwrap()
    }
}

pub fn address(handle: &ServerHandle) -> SocketAddr {
    handle.addresses()[0].socket_address().unwrap()
}

pub fn origin(handle: &ServerHandle) -> Origin {
    handle.addresses()[0].to_string().parse().unwrap()
}

/// Fast: `POST /v1/call` echoes, `POST /v1/exporter` tells the binding. Router: the rest.
pub fn service() -> Service {
    let router = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route(
            "/peer",
            get(|Extension(peer): Extension<PeerInfo>, Extension(trace): Extension<TraceId>| async move {
                Json((format!("{:?}", peer.alpn), trace.to_string()))
            }),
        )
        .route("/big", get(|| async { vec![b'x'; 32 * 1024 * 1024] }));
    Service::new(router, || [7; 16])
        .fast(Method::POST, "/v1/call", |incoming: Incoming| async move {
            Outgoing::new(StatusCode::OK, "application/cose", incoming.body)
        })
        .fast(Method::POST, "/v1/exporter", |incoming: Incoming| async move {
            let exporter = incoming.peer.tls_exporter.map(|bytes| bytes.to_vec());
            Outgoing::new(StatusCode::OK, "application/octet-stream", exporter.unwrap_or_default())
        })
        .body_limit("/v1/", 64 * 1024)
        .body_limit("/length", 256 * 1024)
}

pub fn call(body: impl Into<Bytes>) -> Request {
    Request::post("/v1/call", "application/cose", body)
}

/// Waits until the server's counts say so.
pub async fn until(handle: &ServerHandle, what: &str, holds: impl Fn(&Counts) -> bool) {
    let waiting = async {
        while !holds(&handle.counts()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never {what}: {:?}", handle.counts());
}

/// Everything until the other end closes; a reset is a close.
pub async fn read_to_close(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    let reading = stream.read_to_end(&mut all);
    let _ = tokio::time::timeout(PATIENCE, reading).await.expect("the server never closed");
    String::from_utf8_lossy(&all).into_owned()
}

/// Writes without minding that the other end may already have closed.
pub async fn write(stream: &mut (impl tokio::io::AsyncWrite + Unpin), text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
}

pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The status code of the first answer in a raw reply.
pub fn status(reply: &str) -> &str {
    reply.split(' ').nth(1).unwrap_or_default()
}
