//! Bodies with an entity tag (RFC 9110 §8.8.3), so that what has not changed is not sent again.

use pod_crypto::sha256;
use pod_http::{Bytes, HeaderMap, HeaderValue, Outgoing, StatusCode, header};
use pod_protocol::ids::base64url;

use super::asked::cbor;

/// A CBOR body and its tag, made once for all callers.
#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    body: Bytes,
    digest: [u8; 32],
    tag: String,
}

impl Tagged {
    pub(crate) fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let digest = sha256(&[&body]);
        Self { tag: format!("\"{}\"", base64url(&digest)), digest, body }
    }

    /// SHA-256 of the body.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The body, or 304 when the caller has it already.
    pub(crate) fn reply(&self, headers: &HeaderMap) -> Outgoing {
        let mut outgoing = if self.is_known(headers) {
            Outgoing { status: StatusCode::NOT_MODIFIED, headers: HeaderMap::new(), body: Bytes::new() }
        } else {
            cbor(self.body.clone())
        };
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            outgoing.headers.insert(header::ETAG, tag);
        }
        // May be kept, and is asked for again each time: a suspension must not wait for a cache.
        outgoing.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        outgoing
    }

    /// `If-None-Match` compares weakly (RFC 9110 §13.1.2).
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        given.flat_map(|list| list.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.tag
        })
    }
}
