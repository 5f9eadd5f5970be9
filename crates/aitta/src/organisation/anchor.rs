//! The trust anchor's public half, as a file that everybody is handed: whose memberships count.

use std::path::Path;

use pod_crypto::PublicKey;
use pod_protocol::ids::{Principal, base64url};
use pod_protocol::registry::Anchor;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::audit::public_key;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    principal: Principal,
    key: String,
}

/// The file's document.
pub(crate) fn to_json(principal: Principal, key: &PublicKey) -> Value {
    json!({ "principal": principal, "key": base64url(&key.to_bytes()) })
}

/// The table `[anchor]` of every configuration.
pub(crate) fn to_toml(anchor: &Anchor) -> String {
    format!(
        "[anchor]                             # where trust begins: the same in every configuration\nprincipal = \"{}\"\nkey = \"{}\"\n",
        anchor.principal,
        base64url(&anchor.key.to_bytes())
    )
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read or is something else.
pub(crate) fn read(path: &Path) -> Result<Anchor, Failure> {
    let advice = "Give the file `anchor.json` that `aitta directory init` made.";
    let bytes = std::fs::read(path)
        .map_err(|source| Failure::usage(format!("cannot read {}", path.display())).because(source).advise(advice))?;
    let written: Written = serde_json::from_slice(&bytes).map_err(|source| {
        Failure::usage(format!("{} is no trust anchor", path.display())).because(source).advise(advice)
    })?;
    let key = public_key(&written.key)
        .map_err(|why| Failure::usage(format!("the key in {}: {why}", path.display())).advise(advice))?;
    Ok(Anchor { principal: written.principal, key })
}
