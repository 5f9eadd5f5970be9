//! What everybody may read: who the node is, its catalogue, and the state of its log.

use std::sync::Arc;

use pod_crypto::PublicKey;
use pod_http::{HeaderValue, Outgoing, StatusCode, header};
use pod_protocol::codec::MAX_OBJECT_BYTES;
use pod_protocol::grant::MAX_GRANT_LIFETIME_SECS;
use pod_protocol::ids::{Thumbprint, base64url};
use pod_protocol::request::{MAX_LINKS, MAX_REQUEST_LIFETIME_SECS};
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::edge::{Asked, Response};
use super::forms::{self, COSE, JSON};
use super::problems::{MALFORMED, NOT_FOUND, Turned};
use crate::blocking::blocking;
use crate::p2p::P2p;

/// The versions of the protocol that the node speaks.
const VERSIONS: [u64; 1] = [1];
/// How long a copy of what changes with a release or a configuration alone may be used without asking again.
const PUBLIC_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// `GET /.well-known/aitta`
pub(super) async fn well_known(app: Arc<App>, _asked: Asked) -> Response {
    let node = &app.node;
    let name = node.catalogue.name();
    let mut outgoing = forms::json(&json!({
        "principal": node.principal,
        "name": node.catalogue.organisation(),
        "names": { "fi": name.fi, "sv": name.sv, "en": name.en },
        "versions": VERSIONS,
        "keys": [key(&node.key().public_key())],
        "limits": {
            "call_bytes": MAX_OBJECT_BYTES,
            "items_per_call": pod_protocol::codec::MAX_ARRAY_ITEMS,
            "links_per_chain": MAX_LINKS,
            "request_lifetime_secs": MAX_REQUEST_LIFETIME_SECS,
            "grant_lifetime_secs": MAX_GRANT_LIFETIME_SECS,
        },
        "revocation_bound_secs": node.view.bound().secs(),
        "catalogue_digest": base64url(&node.catalogue.digest()),
        "origins": *node.origins,
        "p2p": app.p2p(P2p::described),
        "oidc_issuer": app.oidc_issuer,
    }));
    outgoing.headers.insert(header::CACHE_CONTROL, PUBLIC_CACHE);
    Ok(outgoing)
}

fn key(key: &PublicKey) -> Value {
    json!({ "kid": Thumbprint::of(key).kid(), "alg": "Ed25519", "x": base64url(&key.to_bytes()) })
}

/// `GET /v1/catalogue`: the same bytes that the profile in the registry has the digest of.
pub(super) async fn catalogue(app: Arc<App>, asked: Asked) -> Response {
    let catalogue = &app.node.catalogue;
    let tag = format!("\"{}\"", base64url(&catalogue.digest()));
    let held = asked.incoming.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // RFC 9110 section 13.1.2: a list, weakly compared.
    let same = held.is_some_and(|held| {
        held.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    });
    let mut outgoing = if same {
        Outgoing::new(StatusCode::NOT_MODIFIED, JSON, "")
    } else {
        Outgoing::new(StatusCode::OK, JSON, catalogue.public_json().to_owned())
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        outgoing.headers.insert(header::ETAG, tag);
    }
    outgoing.headers.insert(header::CACHE_CONTROL, PUBLIC_CACHE);
    Ok(outgoing)
}

/// `GET /v1/tree-head`
pub(super) async fn tree_head(app: Arc<App>, _asked: Asked) -> Response {
    match app.node.log.head() {
        Some(head) => Ok(Outgoing::new(StatusCode::OK, COSE, head.bytes().to_vec())),
        None => Err(Turned::because(&NOT_FOUND, "Nothing has been recorded yet.")),
    }
}

/// Two sizes of the log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sizes {
    from: u64,
    to: u64,
}

/// `GET /v1/consistency?from=…&to=…`: that the log of the later size goes on from the earlier one (RFC 9162 section 2.1.4).
pub(super) async fn consistency(app: Arc<App>, asked: Asked) -> Response {
    let wrong =
        |why: String| Turned::because(&MALFORMED, format!("{why}. Ask ?from=<size>&to=<size>, from not above to."));
    let sizes = axum::extract::Query::<Sizes>::try_from_uri(&asked.incoming.uri);
    let axum::extract::Query(Sizes { from, to }) = sizes.map_err(|error| wrong(error.body_text()))?;
    // A signed head is the largest tree that anybody can hold against us.
    let size = app.node.log.head().map_or(0, |head| head.size);
    if from > to || to > size {
        return Err(wrong(format!("The log has {size} entries")));
    }
    let proof = blocking(&app.node, move |node| Ok(node.log.consistency_proof(from, to)?)).await?;
    let proof: Vec<String> = proof.iter().map(|hash| base64url(hash)).collect();
    Ok(forms::json(&json!({ "proof": proof })))
}
