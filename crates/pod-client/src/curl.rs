//! A call as the line that a person types: for trying things out, and for bug reports.

use std::fmt::Write as _;

use pod_protocol::ids::base64url;
use pod_protocol::request::Call;

use crate::error::CallError;
use crate::node::NodeClient;
use crate::target::{Bound, JSON};

/// The curl line that sends `call` to `url` as JSON and shows the JSON answer. `authority` is the file with the root
/// certificate, when it is not the system's.
///
/// The call must be bound to the node's origin by a nonce: curl's connection is another than ours.
#[must_use]
pub fn call_line(url: &str, call: &Call, authority: Option<&str>) -> String {
    let body = serde_json::json!({ "call": base64url(&call.to_bytes()) }).to_string();
    let mut line = String::from("curl --silent --show-error --fail-with-body");
    if let Some(file) = authority {
        let _ = write!(line, " --cacert {}", quoted(file));
    }
    for name in ["accept", "content-type"] {
        let _ = write!(line, " --header {}", quoted(&format!("{name}: {JSON}")));
    }
    let _ = write!(line, " --data {} {}", quoted(&body), quoted(url));
    line
}

/// Fetches a nonce, has `make` sign a call for it, and gives the curl line. The nonce counts once and for a short time.
///
/// # Errors
/// [`CallError`].
pub async fn line_for(
    node: &NodeClient,
    authority: Option<&str>,
    make: impl Fn(&Bound) -> Call,
) -> Result<String, CallError> {
    let bound = node.nonce().await?;
    Ok(call_line(&node.url("/v1/call"), &make(&bound), authority))
}

/// As a POSIX shell reads it: nothing inside has a meaning.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
