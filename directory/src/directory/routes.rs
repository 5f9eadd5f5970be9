//! The directory's routes.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use pod_http::{Bytes, HeaderValue, Method, Outgoing, header};
use serde_json::json as object;

use super::State;
use crate::fault::{Failure, Refused};
use crate::http::{Asked, Media, Row, cbor, health, json, no_content, readiness, row};
use crate::problems;

type This = Shared<Arc<State>>;

pub(super) fn table() -> Vec<Row<Arc<State>>> {
    vec![
        row(Method::GET, "/v1/registry", get(registry)),
        row(Method::POST, "/v1/statements", post(statement)),
        row(Method::POST, "/v1/entries", post(entries)),
        row(Method::GET, "/v1/buckets", get(buckets)),
        row(Method::GET, "/v1/buckets/{bits}/{number}", get(bucket)),
        row(Method::GET, "/healthz", get(health)),
        row(Method::GET, "/readiness", get(ready)),
    ]
}

async fn registry(Shared(state): This, asked: Asked) -> Outgoing {
    let now_secs = state.now_secs();
    let published = state.blocking(move |state| Ok(state.members.published(now_secs))).await;
    asked.answer(published.map(|published| published.snapshot.reply(&asked.headers)), &state.stop)
}

async fn statement(Shared(state): This, asked: Asked, body: Bytes) -> Outgoing {
    let result = take_statement(&state, &asked, body).await;
    state.metrics.took_statement(&result);
    asked.answer(result.map(|()| no_content()), &state.stop)
}

async fn take_statement(state: &Arc<State>, asked: &Asked, body: Bytes) -> Result<(), Failure> {
    asked.must_be(Media::Cose)?;
    let now_secs = state.now_secs();
    state.blocking(move |state| state.members.take(&body, now_secs)).await
}

async fn entries(Shared(state): This, asked: Asked, body: Bytes) -> Outgoing {
    let result = take_entries(&state, &asked, body).await;
    state.metrics.took_entries(&result);
    asked.answer(result.map(|_| no_content()), &state.stop)
}

async fn take_entries(state: &Arc<State>, asked: &Asked, body: Bytes) -> Result<usize, Failure> {
    asked.must_be(Media::Cbor)?;
    let now_secs = state.now_secs();
    let taking = move |state: &State| {
        let published = state.members.published(now_secs);
        state.entries.take(&body, &published.registry, now_secs)
    };
    state.blocking(taking).await
}

async fn buckets(Shared(state): This, asked: Asked) -> Outgoing {
    let now_secs = state.now_secs();
    let size = state.blocking(move |state| state.entries.size(now_secs)).await;
    asked.answer(size.map(|(bits, entries)| json(&object!({ "bits": bits, "entries": entries }))), &state.stop)
}

async fn bucket(Shared(state): This, asked: Asked, path: Result<Path<(u8, u32)>, PathRejection>) -> Outgoing {
    asked.answer(whole_bucket(&state, path).await, &state.stop)
}

async fn whole_bucket(state: &Arc<State>, path: Result<Path<(u8, u32)>, PathRejection>) -> Result<Outgoing, Failure> {
    let Ok(Path((bits, number))) = path else {
        let detail = "write the count of bits and the bucket's number, both decimal: /v1/buckets/3/5";
        return Err(Refused::saying(&problems::BUCKET, detail).into());
    };
    let now_secs = state.now_secs();
    let bytes = state.blocking(move |state| state.entries.bucket(bits, number, now_secs)).await?;
    let mut outgoing = cbor(bytes);
    // Anybody may keep it, so that the directory is asked less; a new entry is there on the next question.
    outgoing.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(outgoing)
}

async fn ready(Shared(state): This) -> Outgoing {
    let read = state.blocking(|state| Ok(state.entries.probe()?)).await;
    let reasons = match read {
        Ok(()) => Vec::new(),
        Err(_) => vec![object!({ "code": "store", "detail": "the store cannot be read: see the log" })],
    };
    let members = state.members.last().registry.organisations().count();
    let notices = match members {
        0 => vec![
            object!({ "code": "no-members", "detail": "no organisation is a member yet: post the anchor's memberships" }),
        ],
        _ => Vec::new(),
    };
    readiness(&reasons, &notices)
}
