//! Problem documents (RFC 9457): what a caller gets instead of an answer.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::Bytes;
use serde::Serialize;

use crate::message::Outgoing;
use crate::trace::TraceId;

/// RFC 9457 section 6.1.
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// A short sentence in the three languages of Aitta's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Title {
    /// Finnish.
    pub fi: &'static str,
    /// Swedish.
    pub sv: &'static str,
    /// English.
    pub en: &'static str,
}

impl Title {
    /// The sentence in one language.
    #[must_use]
    pub const fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::Finnish => self.fi,
            Language::Swedish => self.sv,
            Language::English => self.en,
        }
    }
}

/// The language of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `fi`
    Finnish,
    /// `sv`
    Swedish,
    /// `en`, also when a caller asks for none of the three.
    #[default]
    English,
}

impl Language {
    /// What `Accept-Language` prefers (RFC 9110 section 12.5.4); of equal weights the first.
    #[must_use]
    pub fn preferred(headers: &HeaderMap) -> Self {
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut best = (0.0_f32, Self::default());
        for range in asked.unwrap_or_default().split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary.to_ascii_lowercase().as_str() {
                "fi" => Self::Finnish,
                "sv" => Self::Swedish,
                "en" => Self::English,
                _ => continue,
            };
            let weight =
                parameters.trim().strip_prefix("q=").map_or(1.0, |text| text.trim().parse::<f32>().unwrap_or(0.0));
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Finnish => "fi",
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }
}

/// One member of a closed set of problems, made once as a `const`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemType {
    /// RFC 9457 `type`: a URI that stays the same.
    pub type_uri: &'static str,
    /// The stable code that programs compare.
    pub code: &'static str,
    /// The HTTP status, 400 to 599.
    pub status: u16,
    /// RFC 9457 `title`, in three languages.
    pub title: Title,
}

/// A problem that happened, ready to be sent.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which of the closed set.
    pub kind: &'static ProblemType,
    /// What about this occurrence, and what to do; never personal data.
    pub detail: Option<String>,
    /// Under which the operator finds this call.
    pub trace_id: TraceId,
    /// RFC 6901 pointer into the request body, when one member of it is at fault.
    pub pointer: Option<String>,
    /// The same of all members at fault, where each is known; the first is `pointer`.
    pub pointers: Vec<String>,
}

/// The members on the wire, RFC 9457 section 3.1 and our extensions `code`, `titles`, `trace_id`, `pointer`, `pointers`.
#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    code: &'static str,
    titles: Title,
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pointers: &'a [String],
}

impl Problem {
    /// A problem without detail.
    #[must_use]
    pub const fn new(kind: &'static ProblemType, trace_id: TraceId) -> Self {
        Self { kind, detail: None, trace_id, pointer: None, pointers: Vec::new() }
    }

    /// Adds what about this occurrence, and what to do.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds an RFC 6901 pointer to the member at fault.
    #[must_use]
    pub fn with_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// The JSON document; `title` in `language`, all three in `titles`.
    #[must_use]
    pub fn to_json(&self, language: Language) -> Bytes {
        let document = Document {
            r#type: self.kind.type_uri,
            title: self.kind.title.in_language(language),
            status: self.kind.status,
            detail: self.detail.as_deref(),
            code: self.kind.code,
            titles: self.kind.title,
            trace_id: self.trace_id.to_string(),
            pointer: self.pointer.as_deref(),
            pointers: &self.pointers,
        };
        // Strings and a number always serialise; an empty body would still carry the status.
        serde_json::to_vec(&document).unwrap_or_default().into()
    }

    /// The reply to send, `title` in `language`.
    #[must_use]
    pub fn to_outgoing(&self, language: Language) -> Outgoing {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Outgoing { status, headers, body: self.to_json(language) }
    }
}

impl axum::response::IntoResponse for Problem {
    /// For routes that do not look at the caller's language: the English title.
    fn into_response(self) -> axum::response::Response {
        self.to_outgoing(Language::English).into_response()
    }
}
