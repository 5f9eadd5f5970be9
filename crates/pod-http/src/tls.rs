//! TLS 1.3: which algorithms, which certificate, and the binding of a signature to a connection.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CommonState, NamedGroup};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::startup::StartupError;

/// RFC 9266 section 2: the label of `tls-exporter`, with an empty context and 32 bytes.
const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";
/// Read and write bits of "others" in a file's mode.
const MODE_OTHERS: u32 = 0o006;

pub(crate) const ALPN_HTTP2: &[u8] = b"h2";
pub(crate) const ALPN_HTTP1: &[u8] = b"http/1.1";

/// Paths of a server's certificate chain and private key, both PEM.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// PKCS#8, SEC1 or PKCS#1; readable by its owner and group at most.
    pub key: PathBuf,
}

/// The algorithms of every connection. Explicit, so that no process-wide default decides:
/// the hybrid group first (recorded traffic stays closed to a later quantum computer), TLS 1.3 suites only.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1],
        ..default_provider()
    })
}

/// The server's certificate, which can be exchanged while it serves.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    pub(crate) fn load(files: CertificateFiles) -> Result<Arc<Self>, StartupError> {
        let provider = provider();
        let current = RwLock::new(Arc::new(read(&files, &provider)?));
        Ok(Arc::new(Self { files, provider, current }))
    }

    /// Reads the files again; on an error the old certificate stays in use.
    pub(crate) fn reload(&self) -> Result<(), StartupError> {
        let fresh = Arc::new(read(&self.files, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(crate) fn server_config(self: &Arc<Self>) -> Result<Arc<rustls::ServerConfig>, StartupError> {
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| StartupError::Tls(error.into()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), ALPN_HTTP1.to_vec()];
        // No tickets: callers keep their connections, and a resumed one would outlive a changed certificate.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

/// Bytes of a PEM file, with an error that names it.
pub(crate) fn read_pem(what: &'static str, path: &Path) -> Result<Vec<u8>, StartupError> {
    fs::read(path).map_err(|source| StartupError::File { what, path: path.to_owned(), source })
}

fn read(files: &CertificateFiles, provider: &CryptoProvider) -> Result<CertifiedKey, StartupError> {
    const CHAIN: &str = "certificate";
    const KEY: &str = "private key";
    let unusable = |what, path: &Path, source: Box<dyn std::error::Error + Send + Sync>| StartupError::Pem {
        what,
        path: path.to_owned(),
        source,
    };
    let chain = CertificateDer::pem_slice_iter(&read_pem(CHAIN, &files.certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(CHAIN, &files.certificate, error.into()))?;
    if chain.is_empty() {
        let none = io::Error::from(io::ErrorKind::UnexpectedEof);
        return Err(unusable(CHAIN, &files.certificate, none.into()));
    }
    let key_pem = read_pem(KEY, &files.key)?;
    refuse_open_key(&files.key)?;
    let key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|error| unusable(KEY, &files.key, error.into()))?;
    let signing_key =
        provider.key_provider.load_private_key(key).map_err(|error| unusable(KEY, &files.key, error.into()))?;
    let certified = CertifiedKey::new(chain, signing_key);
    match certified.keys_match() {
        // `Unknown`: this kind of key cannot tell its public half; the handshake will.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(StartupError::KeyMismatch { certificate: files.certificate.clone(), key: files.key.clone() })
        }
        Err(error) => Err(unusable(CHAIN, &files.certificate, error.into())),
    }
}

fn refuse_open_key(path: &Path) -> Result<(), StartupError> {
    let metadata = fs::metadata(path).map_err(|source| StartupError::File {
        what: "private key",
        path: path.to_owned(),
        source,
    })?;
    if metadata.permissions().mode() & MODE_OTHERS != 0 {
        return Err(StartupError::KeyReadableByAll { path: path.to_owned() });
    }
    Ok(())
}

/// The channel binding of a connection (RFC 9266), once its handshake is done.
pub(crate) fn exporter<Side>(connection: &rustls::ConnectionCommon<Side>) -> Option<[u8; 32]> {
    connection.export_keying_material([0_u8; 32], EXPORTER_LABEL, Some(&[])).ok()
}

/// The name of the negotiated group, as IANA lists it.
pub(crate) fn key_exchange(state: &CommonState) -> Option<&'static str> {
    let group: &dyn SupportedKxGroup = state.negotiated_key_exchange_group()?;
    Some(match group.name() {
        NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
        NamedGroup::X25519 => "x25519",
        NamedGroup::secp256r1 => "secp256r1",
        _ => "other",
    })
}
