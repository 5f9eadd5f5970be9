//! One call as a handler sees it, and the replies that handlers give.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pod_http::{Bytes, HeaderMap, Language, Outgoing, Problem, StatusCode, TraceId, header};
use serde_json::{Value as Json, json as object};

use crate::fault::{Failure, Refused};
use crate::problems;
use crate::running::Stop;

const CBOR: &str = "application/cbor";
const COSE: &str = "application/cose";
const JSON: &str = "application/json";

/// What every handler knows of a call but its body.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    trace: TraceId,
}

impl<State: Sync> FromRequestParts<State> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Infallible> {
        // pod-http puts a trace into every request; only a router outside of it would have none.
        let trace = parts.extensions.get::<TraceId>().copied().unwrap_or(TraceId::from_bytes([0; 16]));
        Ok(Self { headers: parts.headers.clone(), trace })
    }
}

/// What a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// A signed object (RFC 9052 §2 registers `application/cose`), or the CBOR that it is.
    Cose,
    /// CBOR that nobody signed as a whole.
    Cbor,
    /// JSON.
    Json,
}

impl Media {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Cose => &[COSE, CBOR],
            Self::Cbor => &[CBOR],
            Self::Json => &[JSON],
        }
    }
}

impl Asked {
    /// Refuses a body of another kind: a browser can send forms and plain text anywhere, but none of these unasked.
    pub(crate) fn must_be(&self, media: Media) -> Result<(), Refused> {
        self.must_be_one_of(&[media]).map(drop)
    }

    /// As [`Asked::must_be`], where several are taken: the first that it is.
    pub(crate) fn must_be_one_of(&self, media: &[Media]) -> Result<Media, Refused> {
        let sent = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let sent = sent.split(';').next().unwrap_or_default().trim();
        let is = |media: &&Media| media.names().iter().any(|name| sent.eq_ignore_ascii_case(name));
        media.iter().find(is).copied().ok_or_else(|| {
            let mut names: Vec<&str> = media.iter().flat_map(|media| media.names()).copied().collect();
            names.dedup();
            Refused::saying(&problems::MEDIA_TYPE, format!("send content-type: {}", names.join(" or ")))
        })
    }

    /// The reply to a call that went well, or the problem that it ended in.
    pub(crate) fn answer(&self, result: Result<Outgoing, Failure>, stop: &Stop) -> Outgoing {
        match result {
            Ok(outgoing) => outgoing,
            Err(Failure::Refused(refused)) => self.refuse(&refused),
            Err(Failure::Fault(fault)) => {
                stop.on(&fault, &self.trace);
                self.refuse(&Refused::new(&problems::FAULT))
            }
        }
    }

    pub(crate) fn refuse(&self, refused: &Refused) -> Outgoing {
        tracing::debug!(code = refused.kind.code, trace = %self.trace, "refused");
        let mut problem = Problem::new(refused.kind, self.trace);
        problem.detail.clone_from(&refused.detail);
        problem.pointer.clone_from(&refused.pointer);
        problem.pointers.clone_from(&refused.pointers);
        problem.to_outgoing(Language::preferred(&self.headers))
    }
}

/// 200 with CBOR.
pub(crate) fn cbor(body: impl Into<Bytes>) -> Outgoing {
    Outgoing::new(StatusCode::OK, CBOR, body)
}

/// 200 with JSON.
pub(crate) fn json(body: &Json) -> Outgoing {
    Outgoing::new(StatusCode::OK, JSON, body.to_string())
}

/// 204.
pub(crate) fn no_content() -> Outgoing {
    Outgoing { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: Bytes::new() }
}

/// That the process runs: nothing is looked at.
pub(crate) async fn health() -> Outgoing {
    json(&object!({ "status": "ok" }))
}

/// Whether calls can be answered. `reasons` say why not; `notices` what is not as it should be, but does not stop it yet.
pub(crate) fn readiness(reasons: &[Json], notices: &[Json]) -> Outgoing {
    let ready = reasons.is_empty();
    let mut outgoing = json(&object!({ "ready": ready, "reasons": reasons, "notices": notices }));
    if !ready {
        outgoing.status = StatusCode::SERVICE_UNAVAILABLE;
    }
    outgoing
}
