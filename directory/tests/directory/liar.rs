//! A directory that shows any leaves whatever, under the true directory's key.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use pod_http::{Limits, Outgoing, Server, ServerConfig, ServerHandle, Service, StatusCode, refuse_key_log};
use pod_protocol::merkle::{Frontier, Hash, Nodes, leaf_hash, node_hash};
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::tile::{Kind, TILE_WIDTH, Tile, bundle};

use crate::federation::*;

pub struct Liar {
    pub url: String,
    shows: Arc<Mutex<Vec<Vec<u8>>>>,
    _handle: ServerHandle,
}

/// All nodes, straight from the leaves.
struct Whole<'a>(&'a [Vec<u8>]);

impl Nodes for Whole<'_> {
    type Error = std::convert::Infallible;

    fn node(&self, level: u32, number: u64) -> Result<Hash, Self::Error> {
        match level {
            0 => Ok(leaf_hash(&self.0[usize::try_from(number).unwrap()])),
            _ => Ok(node_hash(&self.node(level - 1, 2 * number)?, &self.node(level - 1, 2 * number + 1)?)),
        }
    }
}

pub fn head_of(leaves: &[Vec<u8>]) -> Head {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(&leaf_hash(leaf), |_| {}));
    let size = frontier.size();
    let checkpoint = Checkpoint { origin: principal(DIRECTORY), size, root: frontier.root() };
    Head {
        checkpoint: SignedCheckpoint::sign(checkpoint, &key(DIRECTORY)),
        leaf: leaves.last().unwrap().clone(),
        proof: Whole(leaves).inclusion_proof(size - 1, size).unwrap(),
    }
}

impl Liar {
    pub async fn start(leaves: Vec<Vec<u8>>) -> Self {
        let config = ServerConfig {
            listen: vec!["http://127.0.0.1:0".parse().unwrap()],
            certificate: None,
            limits: Limits::default(),
        };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let url = server.addresses()[0].to_string();
        let shows = Arc::new(Mutex::new(leaves));
        let router = Router::new()
            .route("/v1/log/head", get(head))
            .route("/v1/log/tile/{*tile}", get(tile))
            .with_state(Arc::clone(&shows));
        let handle = server.serve(Service::new(router, || [1; 16]));
        Self { url, shows, _handle: handle }
    }

    pub fn show(&self, leaves: Vec<Vec<u8>>) {
        *self.shows.lock().unwrap() = leaves;
    }
}

type Shows = State<Arc<Mutex<Vec<Vec<u8>>>>>;

async fn head(State(shows): Shows) -> Outgoing {
    let leaves = shows.lock().unwrap().clone();
    Outgoing::new(StatusCode::OK, "application/cbor", head_of(&leaves).to_bytes())
}

async fn tile(State(shows): Shows, Path(path): Path<String>) -> Outgoing {
    let tile = Tile::from_path(&path).unwrap();
    assert_eq!(tile.kind, Kind::Leaves);
    let first = usize::try_from(tile.number * TILE_WIDTH).unwrap();
    let leaves = shows.lock().unwrap()[first..first + usize::try_from(tile.width).unwrap()].to_vec();
    Outgoing::new(StatusCode::OK, "application/octet-stream", bundle(leaves.iter().map(Vec::as_slice)))
}
