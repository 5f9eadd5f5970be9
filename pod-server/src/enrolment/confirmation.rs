//! The wallet sends the code that the person read on the page, and is bound.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use pod_http::{Language, Problem, ProblemType, TraceId};
use pod_protocol::login_code::LoginCode;
use serde::Deserialize;

use super::Enrolment;
use super::pending::{Key, LoggedIn, Tried};
use super::refusal::LoginRefusal;
use super::status::{self, MAX_SECRET_CHARS};
use super::{bind, problems};
use crate::fault::Fault;

/// Largest body: a code has fourteen characters.
pub const MAX_CONFIRMATION_BYTES: usize = 1024;

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    code: String,
}

/// Why the answer is not how the enrolment stands.
enum Refused {
    Problem { kind: &'static ProblemType, tries_left: Option<u32> },
    Fault(Fault),
}

impl From<&'static ProblemType> for Refused {
    fn from(kind: &'static ProblemType) -> Self {
        Self::Problem { kind, tries_left: None }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// `POST /v1/enrolments/{secret}/confirmation`. Answers how the enrolment stands then, also when no code was awaited: a wallet
/// that lost the first answer asks again.
pub(super) async fn confirm(
    State(enrolment): State<Arc<Enrolment>>,
    Extension(trace_id): Extension<TraceId>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (kind, tries_left) = match take(&enrolment, &secret, &body).await {
        Ok(answer) => return axum::Json(answer).into_response(),
        Err(Refused::Problem { kind, tries_left }) => (kind, tries_left),
        Err(Refused::Fault(fault)) => {
            let _stops = enrolment.node.note(fault, "enrolment");
            (&problems::FAULT, None)
        }
    };
    let detail = tries_left.map(|left| if left == 1 { "1 try left".to_owned() } else { format!("{left} tries left") });
    let problem = Problem { detail, ..Problem::new(kind, trace_id) };
    problem.to_outgoing(Language::preferred(&headers)).into_response()
}

async fn take(enrolment: &Arc<Enrolment>, secret: &str, body: &[u8]) -> Result<serde_json::Value, Refused> {
    let unknown = &problems::UNKNOWN;
    if secret.len() > MAX_SECRET_CHARS || enrolment.pending.progress(secret, enrolment.now_secs()).is_none() {
        return Err(unknown.into());
    }
    if body.len() > MAX_CONFIRMATION_BYTES {
        return Err((&problems::BODY_TOO_LARGE).into());
    }
    // What cannot be a code costs no try: nobody learns anything from it.
    let typed = serde_json::from_slice::<Confirmation>(body).ok().and_then(|body| LoginCode::typed(&body.code));
    let typed = typed.ok_or(&problems::CONFIRMATION_MALFORMED)?;
    let failed = LoginRefusal::Confirmation;
    match enrolment.pending.try_code(secret, &typed, failed.code(), enrolment.now_secs()).ok_or(unknown)? {
        Tried::NotAwaited => {}
        Tried::Right(key, logged_in) => {
            to_the_end(bind_and_note(Arc::clone(enrolment), key, logged_in)).await?;
        }
        Tried::Wrong { tries_left, principal, pod } => {
            let node = Arc::clone(&enrolment.node);
            let kind = if tries_left == 0 { &problems::CONFIRMATION_FAILED } else { &problems::CONFIRMATION_WRONG };
            to_the_end(async move { bind::turn_down(&node, kind.code, pod, principal).await }).await??;
            enrolment.node.metrics.command(kind.code);
            tracing::info!(code = kind.code, "enrolment refused");
            return Err(Refused::Problem { kind, tries_left: Some(tries_left).filter(|left| *left > 0) });
        }
    }
    let progress = enrolment.pending.progress(secret, enrolment.now_secs()).ok_or(unknown)?;
    Ok(status::answer(enrolment, progress).await?)
}

/// Does it whether or not the wallet waits for the answer: it is bound or not, never half, and a failure is recorded.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, Fault> {
    tokio::spawn(work).await.map_err(|_| Fault::Damaged { what: "a task's work" })
}

/// Binds, and notes for the wallet how it ended.
async fn bind_and_note(enrolment: Arc<Enrolment>, key: Key, logged_in: LoggedIn) {
    let outcome = match bind::bind(&enrolment.node, logged_in).await {
        Ok(bound) => {
            enrolment.node.metrics.command("enrol");
            Ok(bound)
        }
        Err(failure) => Err(enrolment.note(failure)),
    };
    enrolment.pending.end(key, outcome, enrolment.now_secs());
}
