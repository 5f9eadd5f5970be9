//! A member of the federation as files: its keys, its key-event log, what it asks the trust anchor for, what it says about
//! itself.
//!
//! | File | What | Who may read it |
//! |---|---|---|
//! | `offline/managing.key` | adds and revokes online keys | nobody online: move it away |
//! | `offline/next.key` | committed to by its digest: takes over when the managing key is lost | nobody online: move it away |
//! | `keys/organisation.key` | signs receipts, tree heads, entries, profiles | the node alone |
//! | `key-events.json` | the log itself | everybody |
//! | `membership-request.json` | what the trust anchor is handed | everybody |
//! | `profile.toml` | what `publish-profile` signs | everybody |

pub(crate) mod key_log;
pub(crate) mod keys;
pub(crate) mod member;
pub(crate) mod profile;
pub(crate) mod request;

use std::path::Path;

use pod_http::{Origin, RootCertificates};
use pod_protocol::field::Purpose;
use pod_protocol::words::Words;

use crate::failure::Failure;

/// Reads three names as they are given on the command line: Finnish, Swedish, English, with commas between.
pub(crate) fn names(text: &str) -> Result<Words, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let [fi, sv, en] = parts.as_slice() else {
        return Err("write three names with commas between: Finnish, Swedish, English".to_owned());
    };
    Words::new(fi, sv, en).map_err(|fault| fault.to_string())
}

/// Reads a purpose as it is given on the command line.
pub(crate) fn purpose(text: &str) -> Result<Purpose, String> {
    text.parse().map_err(|_| "a purpose is a term of a vocabulary, such as dpv:ServiceProvision".to_owned())
}

/// Names as they stand in a TOML file.
pub(crate) fn names_toml(names: &Words) -> String {
    let quoted = crate::commands::serving::quoted;
    format!("{{ fi = {}, sv = {}, en = {} }}", quoted(names.fi()), quoted(names.sv()), quoted(names.en()))
}

/// Reads an origin as others call it: no path, no slash at its end.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    match text.parse::<Origin>() {
        Ok(_) if text.ends_with('/') => Err("an origin has no slash at its end".to_owned()),
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads a PEM file of authorities, and checks that it holds some.
///
/// # Errors
/// When it cannot be read or holds none.
pub(crate) fn read_roots(path: &Path) -> Result<String, Failure> {
    RootCertificates::none().with_file(path)?;
    std::fs::read_to_string(path).map_err(|source| {
        Failure::usage(format!("cannot read {}", path.display()))
            .because(source)
            .advise("Give a PEM file of authorities.")
    })
}
