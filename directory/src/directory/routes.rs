//! The directory's routes.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use pod_http::{Bytes, HeaderValue, Method, Outgoing, PeerInfo, StatusCode, header};
use pod_protocol::tlog::tile::Tile;
use serde_json::json as object;

use super::State;
use super::batch::placed;
use super::posts::{Posted, post_key, read_entries, read_items, read_log_post};
use super::sequencer::Placed;
use crate::fault::{Failure, Refused};
use crate::http::{Asked, Media, Row, cbor, health, json, no_content, readiness, row};
use crate::problems;

type This = Shared<Arc<State>>;

/// Anybody may keep it, and asks again each time.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// What never changes: a tile with its number of leaves in its name.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) fn table() -> Vec<Row<Arc<State>>> {
    vec![
        row(Method::GET, "/v1/registry", get(registry)),
        row(Method::POST, "/v1/statements", post(statement)),
        row(Method::POST, "/v1/entries", post(entries)),
        row(Method::GET, "/v1/buckets", get(buckets)),
        row(Method::GET, "/v1/buckets/{bits}/{number}", get(bucket)),
        row(Method::GET, "/v1/log/checkpoint", get(checkpoint)),
        row(Method::GET, "/v1/log/head", get(head)),
        row(Method::GET, "/v1/log/tile/{*tile}", get(tile)),
        row(Method::POST, "/v1/log/posts", post(log_post)),
        row(Method::GET, "/healthz", get(health)),
        row(Method::GET, "/readiness", get(ready)),
    ]
}

async fn registry(Shared(state): This, asked: Asked) -> Outgoing {
    let members = state.members();
    asked.answer(members.map(|members| members.snapshot().reply(&asked.headers)), &state.stop)
}

async fn statement(Shared(state): This, asked: Asked, body: Bytes) -> Outgoing {
    let result = take_statement(&state, &asked, body).await;
    state.metrics.took_statement(&result);
    asked.answer(result.map(|_| no_content()), &state.stop)
}

async fn take_statement(state: &Arc<State>, asked: &Asked, body: Bytes) -> Result<Placed, Failure> {
    let (_, posts) = state.door()?;
    asked.must_be(Media::Cose)?;
    let checked = state.blocking(move |state| {
        state.members()?.check(&body)?;
        Ok(body.to_vec())
    });
    posts.add(Posted::Statement(checked.await?)).await
}

async fn entries(Shared(state): This, asked: Asked, body: Bytes) -> Outgoing {
    let result = take_entries(&state, &asked, body).await;
    state.metrics.took_entries(&result);
    asked.answer(result.map(|placed| told(&placed)), &state.stop)
}

async fn take_entries(state: &Arc<State>, asked: &Asked, body: Bytes) -> Result<Placed, Failure> {
    let (_, posts) = state.door()?;
    asked.must_be(Media::Cbor)?;
    let now_secs = state.now_secs();
    let checked = state.blocking(move |state| read_entries(&body, Arc::clone(state.members()?.registry()), now_secs));
    posts.add(checked.await?).await
}

async fn log_post(Shared(state): This, Extension(peer): Extension<PeerInfo>, asked: Asked, body: Bytes) -> Outgoing {
    let result = take_log_post(&state, peer, &asked, body).await;
    state.metrics.took_post(&result);
    asked.answer(result.map(|placed| told(&placed)), &state.stop)
}

/// Says where it stands, so that whoever posted looks whether it does.
fn told(placed: &Placed) -> Outgoing {
    json(&object!({ "places": placed.places, "size": placed.size }))
}

async fn take_log_post(state: &Arc<State>, peer: PeerInfo, asked: &Asked, body: Bytes) -> Result<Placed, Failure> {
    let (own, posts) = state.door()?;
    let own = *own;
    let signed = asked.must_be_one_of(&[Media::Cbor, Media::Cose])? == Media::Cose;
    let now_secs = state.now_secs();
    let checked = state.blocking(move |state| {
        let (from, items) = if signed {
            read_log_post(&body, &own, state.members()?.registry(), now_secs)?
        } else {
            read_items(&body, peer.address)?
        };
        // Whoever sends again what was taken uses nothing up.
        let mut new = 0;
        for item in &items {
            new += usize::from(placed(&*state.store, &post_key(item))?.is_none());
        }
        state.shares.take(from, new, now_secs)?;
        Ok(items)
    });
    posts.add(Posted::Sealed(checked.await?)).await
}

async fn checkpoint(Shared(state): This, asked: Asked) -> Outgoing {
    let note = |note| Outgoing::new(StatusCode::OK, "text/plain; charset=utf-8", note);
    let head = state.published.head().map_err(Failure::from);
    asked.answer(head.map(|head| kept(note(head.note()), NO_CACHE)), &state.stop)
}

async fn head(Shared(state): This, asked: Asked) -> Outgoing {
    let head = state.published.head().map_err(Failure::from);
    asked.answer(head.map(|head| kept(cbor(head.bytes()), NO_CACHE)), &state.stop)
}

async fn tile(Shared(state): This, asked: Asked, path: Result<Path<String>, PathRejection>) -> Outgoing {
    let size = state.published.size();
    let tile = path.ok().and_then(|Path(path)| Tile::from_path(&path)).filter(|tile| tile.is_in(size));
    let read = match tile {
        Some(tile) => state.blocking(move |state| Ok(state.log.tile(&tile)?)).await,
        None => Err(Refused::saying(&problems::TILE, format!("the log has {size} leaves")).into()),
    };
    let outgoing = read.map(|bytes| kept(Outgoing::new(StatusCode::OK, "application/octet-stream", bytes), IMMUTABLE));
    asked.answer(outgoing, &state.stop)
}

async fn buckets(Shared(state): This, asked: Asked) -> Outgoing {
    let counted = state.published.vouched().map(|shown| {
        let map = shown.machine.map();
        json(&object!({ "bits": map.tree().bits(), "entries": map.live() }))
    });
    asked.answer(counted.map_err(Failure::from), &state.stop)
}

async fn bucket(Shared(state): This, asked: Asked, path: Result<Path<(u8, u32)>, PathRejection>) -> Outgoing {
    asked.answer(whole_bucket(&state, path).await, &state.stop)
}

async fn whole_bucket(state: &Arc<State>, path: Result<Path<(u8, u32)>, PathRejection>) -> Result<Outgoing, Failure> {
    let Ok(Path((bits, number))) = path else {
        let detail = "write the count of bits and the bucket's number, both decimal: /v1/buckets/3/5";
        return Err(Refused::saying(&problems::BUCKET, detail).into());
    };
    let bytes = match state.published.at_hand().and_then(|shown| shown.bucket(bits, number)) {
        Some(bytes) => bytes,
        None => state.blocking(move |state| state.bucket(bits, number)).await?,
    };
    Ok(kept(cbor(bytes), NO_CACHE))
}

fn kept(mut outgoing: Outgoing, how: HeaderValue) -> Outgoing {
    outgoing.headers.insert(header::CACHE_CONTROL, how);
    outgoing
}

async fn ready(Shared(state): This) -> Outgoing {
    let read = state.blocking(|state| state.probe()).await;
    let reasons = match read {
        Ok(()) => Vec::new(),
        Err(_) => vec![object!({ "code": "store", "detail": "the store cannot be read: see the log" })],
    };
    readiness(&reasons, &state.notices())
}
