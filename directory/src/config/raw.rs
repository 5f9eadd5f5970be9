//! The tables that both files have, as they are written; and what they mean.

use std::path::PathBuf;

use pod_crypto::PublicKey;
use pod_http::{CertificateFiles, ListenAddress};
use pod_protocol::ids::from_base64url;
use pod_protocol::registry::Anchor;
use pod_store::{DEFAULT_CACHE_BYTES, StoreConfig};
use serde::Deserialize;

use super::{ConfigError, Listening, Place};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAnchor {
    principal: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStorage {
    engine: Option<String>,
    path: PathBuf,
    cache_bytes: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetrics {
    listen: String,
}

impl RawAnchor {
    pub(super) fn mean(self, place: Place<'_>) -> Result<Anchor, ConfigError> {
        let principal = self.principal.parse().map_err(|fault| place.wrong("anchor.principal", fault))?;
        let wrong = || place.wrong("anchor.key", "not an Ed25519 public key: write 43 characters of base64url");
        let bytes: [u8; 32] =
            from_base64url(&self.key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
        Ok(Anchor { principal, key: PublicKey::register(&bytes).map_err(|_| wrong())? })
    }
}

impl RawStorage {
    pub(super) fn mean(self, place: Place<'_>) -> Result<StoreConfig, ConfigError> {
        let engine = match self.engine {
            Some(name) => name.parse().map_err(|fault| place.wrong("storage", fault))?,
            None => pod_store::Engine::default(),
        };
        let cache_bytes = self.cache_bytes.unwrap_or(DEFAULT_CACHE_BYTES);
        Ok(StoreConfig { engine, path: place.path(&self.path), cache_bytes })
    }
}

pub(super) fn listening(
    place: Place<'_>,
    listen: Vec<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    metrics: Option<RawMetrics>,
) -> Result<Listening, ConfigError> {
    let address = |name: &str, text: String| text.parse::<ListenAddress>().map_err(|fault| place.wrong(name, fault));
    if listen.is_empty() {
        return Err(place.wrong("listen", "write at least one address, for example \"https://0.0.0.0:8443\""));
    }
    let certificate = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Some(CertificateFiles { certificate: place.path(&certificate), key: place.path(&key) })
        }
        (None, None) => None,
        (Some(_), None) => return Err(place.wrong("key", "write the private key's path beside `certificate`")),
        (None, Some(_)) => return Err(place.wrong("certificate", "write the certificate's path beside `key`")),
    };
    Ok(Listening {
        listen: listen.into_iter().map(|text| address("listen", text)).collect::<Result<_, _>>()?,
        certificate,
        metrics: metrics.map(|metrics| address("metrics.listen", metrics.listen)).transpose()?,
    })
}
