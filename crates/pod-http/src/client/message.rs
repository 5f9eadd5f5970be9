//! Requests and answers of a client.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use serde::Deserialize;

use crate::problem::PROBLEM_MEDIA_TYPE;

use super::error::ClientError;

/// A request, whole.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, from `/` on, percent-encoded.
    pub path: String,
    /// The fields; `host` and `content-length` are added.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// GET without body.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// POST of a body with its content type.
    #[must_use]
    pub fn post(path: impl Into<String>, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, path: path.into(), headers: HeaderMap::new(), body: body.into() }
            .with_header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// Sets a field.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// The problem document, when the answer is one.
    #[must_use]
    pub fn problem(&self) -> Option<ReceivedProblem> {
        let content_type = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(PROBLEM_MEDIA_TYPE) {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
    }

    /// The answer itself when its status is 200 to 299.
    ///
    /// # Errors
    /// [`ClientError::Status`] otherwise, redirects included.
    pub fn success(self) -> Result<Self, ClientError> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(ClientError::Status { status: self.status, problem: self.problem().map(Box::new) })
    }
}

/// A problem document of another server (RFC 9457); members of a wrong type make it none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReceivedProblem {
    /// Our stable code; other servers may send none.
    pub code: Option<String>,
    /// What kind of problem, for people.
    #[serde(default)]
    pub title: String,
    /// What about this occurrence.
    pub detail: Option<String>,
    /// Under which the other operator finds the call.
    pub trace_id: Option<String>,
    /// RFC 6901 pointer into the request body.
    pub pointer: Option<String>,
    /// The same of all members at fault, where the other side knows each.
    #[serde(default)]
    pub pointers: Vec<String>,
}

impl fmt::Display for ReceivedProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.title)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}
