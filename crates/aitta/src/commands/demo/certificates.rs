//! Certificates for one machine: an authority of the demonstration's own, and one certificate that all its servers share.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::failure::Failure;
use crate::folder;

/// Where they lie.
#[derive(Debug)]
pub(super) struct Certificates {
    /// The authority's certificate.
    pub(super) roots: PathBuf,
    /// The servers' certificate.
    pub(super) certificate: PathBuf,
    /// The servers' key.
    pub(super) key: PathBuf,
}

/// Writes them into `dir`.
pub(super) fn make(dir: &Path) -> Result<Certificates, Failure> {
    let failed = |source: rcgen::Error| Failure::internal("the demonstration's certificates cannot be made", source);
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "Aitta demonstration authority");
    let authority = params.self_signed(&key).map_err(failed)?.pem();
    let authority_key = Issuer::new(params, key);
    let server_key = KeyPair::generate().map_err(failed)?;
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).map_err(failed)?;
    // Named otherwise than the authority: what is called as its issuer is taken for self-signed by OpenSSL, and so by curl.
    params.distinguished_name.push(DnType::CommonName, "Aitta demonstration");
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let server = params.signed_by(&server_key, &authority_key).map_err(failed)?;
    let [roots, certificate, key] = ["roots.pem", "server.pem", "server.key"].map(|name| dir.join(name));
    folder::write(&roots, authority.as_bytes())?;
    folder::write(&certificate, server.pem().as_bytes())?;
    folder::write(&key, server_key.serialize_pem().as_bytes())?;
    Ok(Certificates { roots, certificate, key })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::process::Command;

    use super::*;

    #[test]
    fn openssl_believes_the_servers() {
        let dir = tempfile::tempdir().unwrap();
        let Certificates { roots, certificate, .. } = make(dir.path()).expect("certificates are made");
        let Ok(found) =
            Command::new("openssl").args(["verify", "-x509_strict", "-CAfile"]).arg(roots).arg(certificate).output()
        else {
            println!("skipped: openssl is not installed");
            return;
        };
        assert!(found.status.success(), "{found:?}");
    }
}
