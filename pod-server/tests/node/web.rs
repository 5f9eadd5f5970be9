//! The scene's node on a real TLS listener, and a client that believes its certificate.
#![allow(dead_code, reason = "each story needs another part of it")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use pod_http::{
    CertificateFiles, Client, ClientLimits, ClientProtocol, Connection, HeaderValue, Limits, Origin, Request, Response,
    RootCertificates, Server, ServerConfig, ServerHandle, header, refuse_key_log,
};
use pod_protocol::Verified;
use pod_protocol::grant::Grant;
use pod_protocol::request::{Binding, RequestItem};
use pod_server::enrolment::{Enrolment, OidcConfig};
use pod_server::routes::{App, main_service};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::people::call;
use crate::scene::Scene;

pub const CBOR: &str = "application/cbor";
pub const COSE: &str = "application/cose";
pub const JSON: &str = "application/json";

pub struct Web {
    pub handle: ServerHandle,
    pub client: Client,
    pub origin: Origin,
}

/// Writes a certificate for this machine and its key; gives the PEM of the authority that signed it.
pub fn certificate(folder: &Path) -> (CertificateFiles, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = params.self_signed(&authority_key).unwrap().pem();
    let authority = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let files = CertificateFiles { certificate: folder.join("cert.pem"), key: folder.join("cert-key.pem") };
    fs::write(&files.certificate, own.pem()).unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).unwrap();
    (files, authority_pem)
}

/// A client that believes this authority.
pub fn client(authority_pem: &str) -> Client {
    let roots = RootCertificates::none().with_pem(authority_pem.as_bytes()).unwrap();
    Client::new(roots, ClientProtocol::default(), ClientLimits::default()).unwrap()
}

/// A login provider that nobody calls in these stories.
fn enrolment(scene: &Scene) -> Arc<Enrolment> {
    let secret = scene.folder.path().join("oidc.secret");
    fs::write(&secret, "secret").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let config = OidcConfig {
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: "node".to_owned(),
        client_secret_file: secret,
        redirect_url: "http://127.0.0.1:1/v1/enrolments/callback".to_owned(),
        identity_code_claim: "urn:oid:1.2.246.21".to_owned(),
        accepted_loa: vec!["high".to_owned()],
        scopes: vec!["openid".to_owned()],
        root_certificates: Vec::new(),
    };
    Enrolment::open(scene.node(), &config).unwrap()
}

impl Web {
    pub async fn of(scene: &Scene) -> Self {
        let (files, authority_pem) = certificate(scene.folder.path());
        let config = ServerConfig {
            listen: vec!["https://127.0.0.1:0".parse().unwrap()],
            certificate: Some(files),
            limits: Limits::default(),
        };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let handle = server.serve(main_service(&App::new(scene.node(), Some(enrolment(scene)))));
        let origin = handle.addresses()[0].to_string().parse().unwrap();
        Self { handle, client: client(&authority_pem), origin }
    }

    pub async fn connection(&self) -> Connection {
        self.client.new_connection(&self.origin).await.unwrap()
    }

    pub async fn send(&self, request: Request) -> Response {
        self.client.send(&self.origin, request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(Request::get(path)).await
    }

    /// Has early education ask on a connection of its own, and sign for it.
    pub async fn ask(&self, scene: &Scene, items: Vec<RequestItem>, grants: &[&Verified<Grant>]) -> Response {
        let mut connection = self.connection().await;
        let binding = Binding::Exporter(connection.exporter().unwrap());
        let request = scene.request(&scene.early, items, |request| request.binding = binding);
        connection.send(Request::post("/v1/call", CBOR, call(&request, grants).to_bytes())).await.unwrap()
    }
}

pub fn accepting(request: Request, media_type: &'static str) -> Request {
    request.with_header(header::ACCEPT, HeaderValue::from_static(media_type))
}

/// Status and stable code of an answer; `-` when it is no problem.
pub fn ended(answer: &Response) -> (u16, String) {
    let code = answer.problem().and_then(|problem| problem.code).unwrap_or_else(|| "-".to_owned());
    (answer.status.as_u16(), code)
}
