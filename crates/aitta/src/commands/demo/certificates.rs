//! Certificates for one machine: an authority of the demonstration's own, and one certificate that all its servers share.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::failure::Failure;
use crate::folder;

/// The authority's certificate.
pub(super) const ROOTS: &str = "roots.pem";
/// The servers' certificate and key.
pub(super) const CERTIFICATE: &str = "server.pem";
pub(super) const KEY: &str = "server.key";

/// Writes them into `dir`.
pub(super) fn make(dir: &Path) -> Result<(), Failure> {
    let failed = |source: rcgen::Error| Failure::internal("the demonstration's certificates cannot be made", source);
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).map_err(failed)?.pem();
    let authority_key = Issuer::new(params, key);
    let server_key = KeyPair::generate().map_err(failed)?;
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let server = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&server_key, &authority_key))
        .map_err(failed)?;
    folder::write(&dir.join(ROOTS), authority.as_bytes())?;
    folder::write(&dir.join(CERTIFICATE), server.pem().as_bytes())?;
    folder::write(&dir.join(KEY), server_key.serialize_pem().as_bytes())
}
