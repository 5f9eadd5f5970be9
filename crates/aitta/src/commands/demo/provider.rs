//! The demonstration's login provider, in this process: it stands in for Suomi.fi and is part of no product.

use std::sync::Arc;

use demo_provider::{ClientKind, DemoClient, DemoPerson, DemoProvider, ProviderConfig};
use pod_crypto::random_array;
use pod_http::{CertificateFiles, Limits, Server, ServerConfig, ServerHandle};

use super::certificates::Certificates;
use super::stage::Stage;
use crate::edge::Edge;
use crate::failure::Failure;

/// The blinder's client at the provider.
pub(super) const BLINDER_CLIENT: &str = "aitta-blinder";

/// A provider that serves.
pub(super) struct Provider {
    pub(super) issuer: String,
    provider: Arc<DemoProvider>,
    _server: ServerHandle,
}

impl Provider {
    /// Starts it. `wallet` is where the blinder's client goes on in a browser.
    pub(super) async fn start(
        stage: &Stage,
        edge: &Edge,
        people: &[(&str, &str)],
        wallet: &str,
    ) -> Result<Self, Failure> {
        let issuer = stage.free_url()?;
        let one =
            |(name, code): &(&str, &str)| DemoPerson { name: (*name).to_owned(), identity_code: (*code).to_owned() };
        let provider = DemoProvider::new(ProviderConfig {
            issuer: issuer.clone(),
            clients: vec![DemoClient {
                client_id: BLINDER_CLIENT.to_owned(),
                kind: ClientKind::Public,
                redirect_urls: vec![wallet.to_owned()],
            }],
            people: people.iter().map(one).collect(),
            sub_key: random_array(&*edge.random),
            clock: Arc::clone(&edge.clock),
            random: Arc::clone(&edge.random),
        })
        .map_err(Failure::configuration)?;
        let files =
            |tls: &Certificates| CertificateFiles { certificate: tls.certificate.clone(), key: tls.key.clone() };
        let certificate = stage.tls.as_ref().map(files);
        let config = ServerConfig { listen: vec![issuer.parse()?], certificate, limits: Limits::default() };
        let server = Server::bind(config, pod_http::refuse_key_log(Edge::environment)?).await?;
        let server = server.serve(provider.service());
        Ok(Self { issuer, provider, _server: server })
    }

    /// Registers a node.
    pub(super) fn add_node(&self, client_id: &str, secret: &str, node: &str) {
        self.provider.add_client(DemoClient {
            client_id: client_id.to_owned(),
            kind: ClientKind::Node { secret: secret.to_owned() },
            redirect_urls: vec![format!("{node}/v1/enrolments/callback")],
        });
    }
}
