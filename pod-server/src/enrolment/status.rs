//! The wallet asks how it stands, with the secret that it was given.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use pod_audit::{EntryKind, Released};
use pod_http::{Language, Problem, ProblemType, TraceId};
use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;
use pod_protocol::value::Value;
use pod_vault::OpenedRecords;
use serde_json::json;

use super::Enrolment;
use super::pending::{Bound, Progress};
use super::problems;
use super::record::{self, Act};
use crate::blocking::blocking;
use crate::fault::{Failure, Fault};

/// Longest secret that is looked up: 43 characters are handed out.
pub(super) const MAX_SECRET_CHARS: usize = 64;
/// The record type of the population register, in which the name stands that a child is called by. No catalogue can say that
/// it calls it otherwise: children come without names then.
const NAME_RECORD_TYPE: &str = "residence";
/// The name that a child is called by.
const NAME_FIELD: &str = "called_name";

/// `GET /v1/enrolments/{secret}`.
pub(super) async fn status(
    State(enrolment): State<Arc<Enrolment>>,
    Extension(trace_id): Extension<TraceId>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Response {
    let refuse = |kind: &'static ProblemType| {
        Problem::new(kind, trace_id).to_outgoing(Language::preferred(&headers)).into_response()
    };
    if secret.len() > MAX_SECRET_CHARS {
        return refuse(&problems::UNKNOWN);
    }
    let Some(progress) = enrolment.pending.progress(&secret, enrolment.now_secs()) else {
        return refuse(&problems::UNKNOWN);
    };
    match answer(&enrolment, progress).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(fault) => {
            let _stops = enrolment.node.note(fault, "enrolment");
            refuse(&problems::FAULT)
        }
    }
}

/// What the wallet is told.
pub(super) async fn answer(enrolment: &Enrolment, progress: Progress) -> Result<serde_json::Value, Fault> {
    match progress {
        Progress::Pending => Ok(json!({ "status": "pending" })),
        Progress::Confirm => Ok(json!({ "status": "confirm" })),
        Progress::Ended(Err(code)) => Ok(json!({ "status": "refused", "code": code })),
        Progress::Ended(Ok(bound)) => tell(enrolment, &bound).await,
    }
}

/// The pods for which the wallet speaks now, each child's with the name that tells them apart.
async fn tell(enrolment: &Enrolment, bound: &Bound) -> Result<serde_json::Value, Fault> {
    let now_secs = enrolment.now_secs();
    let mut pods = Vec::with_capacity(bound.pods.len());
    for one in &bound.pods {
        let Some(until_secs) = one.until_secs else {
            pods.push(json!({ "pod": one.pod, "relation": "self", "until": null, "label": null }));
            continue;
        };
        if until_secs <= now_secs {
            continue;
        }
        let label = label(enrolment, one.pod, bound, now_secs).await?;
        pods.push(json!({ "pod": one.pod, "relation": "guardian", "until": until_secs, "label": label }));
    }
    Ok(json!({ "status": "bound", "pods": pods }))
}

/// A child's called name, told to their guardian and recorded like every field that is read.
async fn label(enrolment: &Enrolment, pod: PodId, bound: &Bound, now_secs: u64) -> Result<Option<String>, Fault> {
    let Ok(record_type) = NAME_RECORD_TYPE.parse::<RecordType>() else { return Ok(None) };
    let opened: OpenedRecords =
        blocking(&enrolment.node, move |node| Ok(node.vault.read_own(&pod, Some(&record_type), 0, 1)?)).await.map_err(
            |failure| match failure {
                Failure::Fault(fault) => fault,
                Failure::Refused(_) => Fault::Damaged { what: "a residence record" },
            },
        )?;
    if opened.is_empty() {
        return Ok(None);
    }
    let told = Released { record_type: NAME_RECORD_TYPE.to_owned(), fields: vec![NAME_FIELD.to_owned()] };
    let act = Act {
        kind: EntryKind::Command,
        pod: Some(pod),
        principal: bound.principal,
        released: vec![told],
        outcome: "done",
    };
    let recorded = record::write(&enrolment.node, vec![act], now_secs).await?;
    let records = opened.release(&recorded);
    let name = records.first().and_then(|record| match &*record.fields {
        Value::Map(fields) => fields.get(NAME_FIELD),
        _ => None,
    });
    Ok(match name {
        Some(Value::Text(name)) => Some(name.clone()),
        _ => None,
    })
}
