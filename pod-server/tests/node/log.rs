//! A directory's log in memory, as a story wants it.
#![allow(dead_code, reason = "the measurement shares this file and needs less of it")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use pod_crypto::{SigningKey, sha256};
use pod_protocol::Signed;
use pod_protocol::ids::Principal;
use pod_protocol::merkle::{Frontier, Hash, Nodes, leaf_hash};
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::leaf::{Body, Leaf, Sealed, State as LogState};
use pod_protocol::tlog::post::LogPost;
use pod_protocol::tlog::tile::{Kind, TILE_WIDTH, Tile, bundle, root_of_power_of_two};

/// Somebody who signs: who, and with which key.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) principal: Principal,
    pub(crate) seed: [u8; 32],
}

impl Signer {
    fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }
}

/// The log, and what else a directory shows of it.
pub(crate) struct Log {
    pub(crate) origin: Signer,
    pub(crate) witnesses: Vec<Signer>,
    pub(crate) leaves: Vec<Vec<u8>>,
    pub(crate) head: Option<Head>,
    /// The registry that the newest state says.
    pub(crate) snapshot: Vec<u8>,
    /// How often somebody asked for the head.
    pub(crate) heads: usize,
    /// How often somebody asked for leaves.
    pub(crate) bundles: usize,
    /// What members posted, each once. It comes into the log when the story wants it to.
    pub(crate) posted: Vec<Sealed>,
}

impl Log {
    pub(crate) fn new(origin: Signer, witnesses: Vec<Signer>) -> Self {
        Self {
            origin,
            witnesses,
            leaves: Vec::new(),
            head: None,
            snapshot: Vec::new(),
            heads: 0,
            bundles: 0,
            posted: Vec::new(),
        }
    }

    /// Adds a leaf, and gives its place.
    pub(crate) fn put(&mut self, time_secs: u64, body: Body) -> usize {
        self.leaves.push(Leaf { time_secs, body }.to_bytes());
        self.leaves.len() - 1
    }

    pub(crate) fn add(&mut self, now_secs: u64, sealed: Sealed) {
        self.put(now_secs, Body::Sealed(sealed));
    }

    /// Where something sealed stands. Of what stands nowhere the directory says that it comes first.
    fn said_place(&self, sealed: &Sealed) -> usize {
        let stands =
            |leaf: &[u8]| matches!(Leaf::from_bytes(leaf).unwrap().body, Body::Sealed(found) if found == *sealed);
        self.leaves.iter().position(|leaf| stands(leaf)).unwrap_or(0)
    }

    /// A state with this registry, and a head that the witnesses saw at `now_secs`.
    pub(crate) fn publish(&mut self, snapshot: Vec<u8>, now_secs: u64) {
        let registry = sha256(&[&snapshot]);
        self.snapshot = snapshot;
        let state = LogState { bits: 0, entries: 0, map_root: [0; 32], registry };
        self.put(now_secs, Body::State(state));
        self.sign(now_secs);
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let mut frontier = Frontier::default();
        self.leaves.iter().for_each(|leaf| frontier.push(&leaf_hash(leaf), |_| {}));
        Checkpoint { origin: self.origin.principal, size: frontier.size(), root: frontier.root() }
    }

    /// Signs what is in the log, and has it cosigned.
    pub(crate) fn sign(&mut self, now_secs: u64) {
        let checkpoint = self.checkpoint();
        let mut signed = SignedCheckpoint::sign(checkpoint, &self.origin.key());
        for witness in &self.witnesses {
            signed.add(checkpoint.cosign(witness.principal, &witness.key(), now_secs));
        }
        let proof = self.inclusion_proof(checkpoint.size - 1, checkpoint.size).unwrap();
        self.head = Some(Head { checkpoint: signed, leaf: self.leaves.last().unwrap().clone(), proof });
    }

    fn tile(&self, tile: &Tile) -> Option<Vec<u8>> {
        if !tile.is_in(self.leaves.len() as u64) {
            return None;
        }
        let range = tile.number * TILE_WIDTH..tile.number * TILE_WIDTH + tile.width;
        Some(match tile.kind {
            Kind::Leaves => bundle(range.map(|at| self.leaves[usize::try_from(at).unwrap()].as_slice())),
            Kind::Hashes(level) => range.flat_map(|at| self.node(8 * u32::from(level), at).unwrap()).collect(),
        })
    }
}

impl Nodes for Log {
    type Error = ();

    fn node(&self, level: u32, number: u64) -> Result<Hash, ()> {
        let from = usize::try_from(number << level).unwrap();
        let hashes: Vec<Hash> = self.leaves[from..from + (1 << level)].iter().map(|leaf| leaf_hash(leaf)).collect();
        Ok(root_of_power_of_two(&hashes))
    }
}

pub(crate) type SharedLog = Arc<Mutex<Log>>;

async fn head(State(log): State<SharedLog>) -> Response {
    let mut log = log.lock().unwrap();
    log.heads += 1;
    match &log.head {
        Some(head) => head.to_bytes().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn tile(State(log): State<SharedLog>, Path(path): Path<String>) -> Response {
    let mut log = log.lock().unwrap();
    let tile = Tile::from_path(&path);
    log.bundles += usize::from(tile.is_some_and(|tile| tile.kind == Kind::Leaves));
    let bytes = tile.and_then(|tile| log.tile(&tile));
    bytes.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |bytes| bytes.into_response())
}

async fn registry(State(log): State<SharedLog>) -> Response {
    log.lock().unwrap().snapshot.clone().into_response()
}

async fn posts(State(log): State<SharedLog>, body: Bytes) -> Response {
    let post = Signed::<LogPost>::decode(&body).unwrap();
    let (mut log, items) = (log.lock().unwrap(), &post.unverified().items);
    for item in items {
        if !log.posted.contains(item) {
            log.posted.push(item.clone());
        }
    }
    let places: Vec<usize> = items.iter().map(|item| log.said_place(item)).collect();
    placed(&places, log.leaves.len())
}

/// The answer to those who posted.
pub(crate) fn placed<T: serde::Serialize>(places: &[T], size: usize) -> Response {
    axum::Json(serde_json::json!({ "places": places, "size": size })).into_response()
}

/// What a directory serves of its log.
pub(crate) fn routes(log: &SharedLog) -> Router {
    Router::new().route("/v1/log/head", get(head)).route("/v1/log/tile/{*path}", get(tile)).with_state(Arc::clone(log))
}

/// As [`routes`], with the registry, and members post.
pub(crate) fn routes_with_registry(log: &SharedLog) -> Router {
    let more = Router::new().route("/v1/registry", get(registry)).route("/v1/log/posts", post(posts));
    routes(log).merge(more.with_state(Arc::clone(log)))
}
