//! Pages of other origins, as a wallet in a browser is one: the CORS protocol of the Fetch standard.
//!
//! Any page may ask and read. A browser adds nothing to a request that counts here: no cookie, no password, no certificate. What
//! counts is signed in the message, or a secret that the page itself has. So a page can do what any other program can, and no more.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::Response;

use super::body::ReplyBody;

/// What pages may read, and of what. Sent with every answer, since one that was kept for another reader may be given to a page.
const ANSWER: [(HeaderName, HeaderValue); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*")),
];

/// What pages may send, and for how long, in seconds, a browser need not ask again: what Chromium takes at most.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, traceparent")),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200")),
];

/// Whether a browser asks before it sends what a page wants to send.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What it is told: the same for every path, so that it says nothing of what is there.
pub(super) fn preflight() -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::Whole(None));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().extend(PREFLIGHT);
    response
}

/// Lets pages read an answer.
pub(super) fn open(response: &mut Response<ReplyBody>) {
    response.headers_mut().extend(ANSWER);
}
