//! What one path has, whole and compressed: what everybody may read may be shorter on its way.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use pod_crypto::sha256;
use pod_http::{Bytes, HeaderMap, HeaderValue, Outgoing, StatusCode, header};
use pod_protocol::ids::base64url;

const GZIP: &str = "gzip";

/// What one path has.
pub(super) struct Document {
    content: Bytes,
    /// The same with gzip (RFC 1952); none where that is not shorter.
    gzip: Option<Bytes>,
    content_type: &'static str,
    digest: [u8; 32],
}

impl Document {
    /// Compresses it once, for as long as it is served.
    pub(super) fn new(content: impl Into<Bytes>, content_type: &'static str) -> Self {
        let content = content.into();
        let gzip = gzip(&content).filter(|gzip| gzip.len() < content.len());
        Self { digest: sha256(&[&content]), content, gzip, content_type }
    }

    /// What is answered to somebody who accepts and knows what these headers say, with `policy` for what comes of it.
    pub(super) fn answer(&self, asked: &HeaderMap, policy: &HeaderMap) -> Outgoing {
        let gzip = self.gzip.as_ref().filter(|_| accepts_gzip(asked));
        let tag = self.entity_tag(gzip.is_some(), policy);
        let mut found = match asked.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, &tag)) {
            true => Outgoing::new(StatusCode::NOT_MODIFIED, self.content_type, Bytes::new()),
            false => Outgoing::new(StatusCode::OK, self.content_type, gzip.unwrap_or(&self.content).clone()),
        };
        found.headers.extend(HeaderValue::from_str(&tag).map(|tag| (header::ETAG, tag)));
        found.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if gzip.is_some() {
            found.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(GZIP));
        }
        found
    }

    /// Of the bytes as they are sent (RFC 9110, 8.8.3.3), and of the policy: browsers keep the policy that came with the content when
    /// they hear that it is the same.
    fn entity_tag(&self, is_gzip: bool, policy: &HeaderMap) -> String {
        let policy = policy.get(header::CONTENT_SECURITY_POLICY).map(HeaderValue::as_bytes).unwrap_or_default();
        format!("\"{}\"", base64url(&sha256(&[&self.digest, &[u8::from(is_gzip)], policy])))
    }
}

fn gzip(content: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into a vector does not fail.
    encoder.write_all(content).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether `Accept-Encoding` names it with a weight above 0 (RFC 9110, 12.5.3).
fn accepts_gzip(asked: &HeaderMap) -> bool {
    let listed = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        coding.trim().eq_ignore_ascii_case(GZIP) && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// Whether `If-None-Match` names this tag (RFC 9110, 13.1.2).
fn names(known: &HeaderValue, tag: &str) -> bool {
    let listed = known.to_str().unwrap_or_default().split(',').map(str::trim);
    listed.map(|one| one.strip_prefix("W/").unwrap_or(one)).any(|one| one == tag || one == "*")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    const TEXT: &str = "text/plain";

    fn asked(accept: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))])
    }

    #[test]
    fn who_accepts_it_gets_the_same_in_fewer_bytes() {
        let text = "the same again, ".repeat(100);
        let document = Document::new(text.clone(), TEXT);
        let policy = HeaderMap::new();
        let whole = document.answer(&HeaderMap::new(), &policy);
        assert_eq!((whole.body.as_ref(), whole.headers.get(header::CONTENT_ENCODING)), (text.as_bytes(), None));
        for accept in ["gzip", "br, GZIP;q=0.5", "deflate , gzip; q=1"] {
            let short = document.answer(&asked(accept), &policy);
            assert_eq!(short.headers.get(header::CONTENT_ENCODING).unwrap(), "gzip", "{accept}");
            assert!(short.body.len() < text.len() / 10);
            let mut read = String::new();
            GzDecoder::new(short.body.as_ref()).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
            assert_ne!(short.headers.get(header::ETAG), whole.headers.get(header::ETAG));
        }
        for accept in ["", "br", "gzip;q=0", "gzip; q=0.0", "gzip;q=x", "xgzip"] {
            assert_eq!(document.answer(&asked(accept), &policy).body, whole.body, "{accept}");
        }
    }

    #[test]
    fn what_does_not_become_shorter_stays_as_it_is() {
        let answer = Document::new("short", TEXT).answer(&asked("gzip"), &HeaderMap::new());
        assert_eq!((answer.body.as_ref(), answer.headers.get(header::CONTENT_ENCODING)), (&b"short"[..], None));
    }
}
