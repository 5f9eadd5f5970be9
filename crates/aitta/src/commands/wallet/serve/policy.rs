//! What the wallet's pages may do: the headers that go with everything, and whom a page may call.

use std::collections::BTreeSet;

use pod_http::{HeaderMap, HeaderName, HeaderValue, Origin, header};
use pod_protocol::statement::Endpoint;

use super::super::login::discover;
use crate::commands::federation::{Federation, Joined, KnownBlinder};
use crate::failure::Failure;

/// Beside the content security policy, the same for everything.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // A camera reads the code of a request; nothing else of the device is wanted.
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), accelerometer=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
             magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
        ),
    ),
    // A browser keeps the files, and asks each time whether they are still these.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
];

/// Whom a page may call, as origins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The login provider, which says itself where it redeems codes.
    provider: BTreeSet<String>,
    /// Directory, mirrors, blinder, and every organisation's node.
    federation: BTreeSet<String>,
}

impl Reach {
    /// As the registry and the login provider say now. A provider that is away keeps the places that it named `before`.
    pub(super) async fn of(federation: &Federation, joined: &Joined, before: &Self) -> Self {
        let organisations = joined.registry().organisations().flat_map(|one| one.endpoints());
        let urls = organisations.filter(|endpoint| !endpoint.is_multiaddr()).map(Endpoint::as_str);
        let own = [&federation.directory].into_iter().chain(&federation.mirrors);
        let own = own.chain(federation.blinder.as_ref().map(|blinder| &blinder.url)).map(String::as_str);
        let provider = match &federation.blinder {
            Some(blinder) => provider(blinder, joined, &before.provider).await,
            None => BTreeSet::new(),
        };
        Self { provider, federation: own.chain(urls).filter_map(origin).collect() }
    }

    /// The headers of every answer.
    pub(super) fn headers(&self) -> Result<HeaderMap, Failure> {
        let calls: Vec<&str> = self.federation.union(&self.provider).map(String::as_str).collect();
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
             manifest-src 'self'; worker-src 'self'; connect-src 'self' {}; form-action 'none'; base-uri 'none'; \
             frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html aitta-worker",
            calls.join(" "),
        );
        let policy = HeaderValue::from_str(&policy)
            .map_err(|source| Failure::internal("an address has characters that no header has", source))?;
        let mut headers: HeaderMap = HEADERS.into_iter().collect();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(headers)
    }
}

async fn provider(blinder: &KnownBlinder, joined: &Joined, before: &BTreeSet<String>) -> BTreeSet<String> {
    let issuer = origin(&blinder.issuer);
    match discover(&joined.caller, &blinder.issuer).await {
        Ok(discovery) => issuer.into_iter().chain(origin(&discovery.token_endpoint)).collect(),
        Err(failure) => {
            tracing::warn!("{}: logins go where they went before", failure.message);
            issuer.into_iter().chain(before.iter().cloned()).collect()
        }
    }
}

/// The origin of an address, as a policy can name it.
fn origin(url: &str) -> Option<String> {
    let named = Origin::of_url(url).map(|(origin, _)| origin.to_string());
    match named {
        // The grammar of policies has no such hosts (CSP Level 3, 2.3.1).
        Ok(origin) if !origin.contains('[') => Some(origin),
        _ => {
            tracing::warn!(url, "pages cannot be allowed to call this address");
            None
        }
    }
}
