//! A member of the federation as files: its keys, its key-event log, what it asks the trust anchor for, what it says about
//! itself.
//!
//! | File | What | Who may read it |
//! |---|---|---|
//! | `offline/managing.key` | adds and revokes online keys | nobody online: move it away |
//! | `offline/next.key` | committed to by its digest: takes over when the managing key is lost | nobody online: move it away |
//! | `keys/online.key` | signs receipts, tree heads, entries, profiles | the node alone |
//! | `key-events.json` | the log itself | everybody |
//! | `membership-request.json` | what the trust anchor is handed | everybody |
//! | `profile.toml` | what `publish-profile` signs | everybody |

pub(crate) mod anchor;
pub(crate) mod folder;
pub(crate) mod key_file;
pub(crate) mod keys;
pub(crate) mod profile;
pub(crate) mod request;

use pod_protocol::words::Words;

/// Reads three names as they are given on the command line: Finnish, Swedish, English, with commas between.
pub(crate) fn names(text: &str) -> Result<Words, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let [fi, sv, en] = parts.as_slice() else {
        return Err("write three names with commas between: Finnish, Swedish, English".to_owned());
    };
    Words::new(fi, sv, en).map_err(|fault| fault.to_string())
}

/// Names as they stand in a TOML file.
pub(crate) fn names_toml(names: &Words) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!("{{ fi = {}, sv = {}, en = {} }}", quoted(names.fi()), quoted(names.sv()), quoted(names.en()))
}
