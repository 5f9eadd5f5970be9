//! What one path has, whole and compressed: what everybody may read may be shorter on its way.

use pod_crypto::sha256;
use pod_http::{Bytes, HeaderMap, HeaderValue, Outgoing, StatusCode, header};
use pod_protocol::ids::base64url;

use super::files::BuiltFile;

/// Brotli (RFC 7932), as `Accept-Encoding` and `Content-Encoding` name it.
const BROTLI: &str = "br";

/// What one path has.
pub(super) struct Document {
    content: Bytes,
    /// The same compressed, where that is shorter.
    brotli: Option<Bytes>,
    content_type: &'static str,
    digest: [u8; 32],
}

impl Document {
    /// What was written for this server.
    pub(super) fn new(content: impl Into<Bytes>, content_type: &'static str) -> Self {
        let content = content.into();
        Self { digest: sha256(&[&content]), content, brotli: None, content_type }
    }

    /// A file of the wallet.
    pub(super) fn built(file: &BuiltFile) -> Self {
        let brotli = (file.brotli.len() < file.content.len()).then(|| Bytes::from_static(file.brotli));
        Self { brotli, ..Self::new(file.content, file.content_type()) }
    }

    /// What is answered to somebody who accepts and knows what these headers say, with `policy` for what comes of it.
    pub(super) fn answer(&self, asked: &HeaderMap, policy: &HeaderMap) -> Outgoing {
        let brotli = self.brotli.as_ref().filter(|_| accepts_brotli(asked));
        let tag = self.entity_tag(brotli.is_some(), policy);
        let mut found = match asked.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, &tag)) {
            true => Outgoing::new(StatusCode::NOT_MODIFIED, self.content_type, Bytes::new()),
            false => Outgoing::new(StatusCode::OK, self.content_type, brotli.unwrap_or(&self.content).clone()),
        };
        found.headers.extend(HeaderValue::from_str(&tag).map(|tag| (header::ETAG, tag)));
        found.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if brotli.is_some() {
            found.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(BROTLI));
        }
        found
    }

    /// Of the bytes as they are sent (RFC 9110, 8.8.3.3), and of the policy: browsers keep the policy that came with the content when
    /// they hear that it is the same.
    fn entity_tag(&self, is_brotli: bool, policy: &HeaderMap) -> String {
        let policy = policy.get(header::CONTENT_SECURITY_POLICY).map(HeaderValue::as_bytes).unwrap_or_default();
        format!("\"{}\"", base64url(&sha256(&[&self.digest, &[u8::from(is_brotli)], policy])))
    }
}

/// Whether `Accept-Encoding` names it with a weight above 0 (RFC 9110, 12.5.3).
fn accepts_brotli(asked: &HeaderMap) -> bool {
    let listed = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        coding.trim().eq_ignore_ascii_case(BROTLI) && weight.is_ok_and(|weight| weight > 0.0)
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

    use super::*;

    const FILE: BuiltFile = BuiltFile { name: "app.js", content: b"the same again and again", brotli: b"short" };

    fn asked(accept: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))])
    }

    #[test]
    fn who_accepts_it_gets_the_same_in_fewer_bytes() {
        let (document, policy) = (Document::built(&FILE), HeaderMap::new());
        let whole = document.answer(&HeaderMap::new(), &policy);
        assert_eq!((whole.body.as_ref(), whole.headers.get(header::CONTENT_ENCODING)), (FILE.content, None));
        for accept in ["br", "gzip, BR;q=0.5", "deflate , br; q=1"] {
            let short = document.answer(&asked(accept), &policy);
            assert_eq!(short.headers.get(header::CONTENT_ENCODING).unwrap(), "br", "{accept}");
            assert_eq!(short.body.as_ref(), FILE.brotli);
            assert_ne!(short.headers.get(header::ETAG), whole.headers.get(header::ETAG));
        }
        for accept in ["", "gzip", "br;q=0", "br; q=0.0", "br;q=x", "xbr"] {
            assert_eq!(document.answer(&asked(accept), &policy).body, whole.body, "{accept}");
        }
    }

    #[test]
    fn what_does_not_become_shorter_stays_as_it_is() {
        let longer = BuiltFile { brotli: b"longer than what it was made of", ..FILE };
        let written = Document::new("{}", "application/json");
        for (document, content) in [(Document::built(&longer), FILE.content), (written, &b"{}"[..])] {
            let answer = document.answer(&asked("br"), &HeaderMap::new());
            assert_eq!((answer.body.as_ref(), answer.headers.get(header::CONTENT_ENCODING)), (content, None));
        }
    }
}
