//! A directory with a log, small and in memory; tests have it lie.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pod_client::directory::DirectoryClient;
use pod_crypto::{SigningKey, sha256};
use pod_protocol::Signed;
use pod_protocol::bucket::{Bucket, bucket_of};
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::cose::Verified;
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES, Tag};
use pod_protocol::ids::Cti;
use pod_protocol::merkle::{Frontier, Hash, Nodes, leaf_hash};
use pod_protocol::statement::{Membership, Role};
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_protocol::tlog::map::{MapTree, ProvenBucket, bucket_hash, entry_hash};
use pod_protocol::tlog::tile::{Kind, TILE_WIDTH, Tile, bundle, root_of_power_of_two};
use serde_json::json;

use crate::world::{DAY, NOW, World, anchor, city, key, statements, url};

/// The member that runs the directory.
pub(crate) const DIRECTORY: u8 = 50;
/// The cities that watch it.
pub(crate) const WITNESSES: [u8; 2] = [1, 2];

pub(crate) fn directory_membership(seed: u8) -> Vec<u8> {
    let membership = Membership {
        issuer: anchor().principal,
        subject: city(seed),
        expires: NOW + 100 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([seed; 16]),
        name: format!("directory-{seed}").parse().unwrap(),
        keys: vec![key(seed).public_key()],
        roles: vec![Role::Directory],
        depth: 0,
        suspended: false,
    };
    Verified::sign(&key(100), membership).bytes().to_vec()
}

/// The statements of six cities and of the directory.
pub(crate) fn members() -> Vec<Vec<u8>> {
    let cities: Vec<(u8, &str)> = (1..=6).map(|seed| (seed, "https://node.example")).collect();
    [statements(&cities), vec![directory_membership(DIRECTORY)]].concat()
}

pub(crate) fn snapshot_of(statements: &[Vec<u8>]) -> Vec<u8> {
    encode(&Cbor::Array(statements.iter().cloned().map(Cbor::Bytes).collect()))
}

/// What a directory serves. All of it can be changed, and made to agree again with [`Served::publish`].
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) origin: u8,
    pub(crate) witnesses: Vec<u8>,
    pub(crate) statements: Vec<Vec<u8>>,
    pub(crate) entries: Vec<(Tag, Vec<u8>)>,
    pub(crate) bits: u8,
    pub(crate) leaves: Vec<Vec<u8>>,
    pub(crate) head: Option<Head>,
    pub(crate) snapshot: Vec<u8>,
    /// What buckets show, when it is not what the log says.
    pub(crate) shown: Option<Vec<(Tag, Vec<u8>)>>,
    /// Whether tiles are other bytes than they must be.
    pub(crate) torn_tiles: bool,
    /// The buckets that were asked for.
    pub(crate) asked: Vec<(u8, u32)>,
}

impl Served {
    pub(crate) fn new(statements: Vec<Vec<u8>>, entries: Vec<(Tag, Vec<u8>)>) -> Self {
        let mut served = Self {
            origin: DIRECTORY,
            witnesses: WITNESSES.to_vec(),
            statements,
            entries,
            bits: 0,
            leaves: Vec::new(),
            head: None,
            snapshot: Vec::new(),
            shown: None,
            torn_tiles: false,
            asked: Vec::new(),
        };
        served.publish(NOW);
        served
    }

    /// Entries of people whom nobody looks for, each with its leaf.
    pub(crate) fn crowd(&mut self, people: u16) {
        for number in 0..people {
            let mut tag = [0; 16];
            tag.copy_from_slice(&sha256(&[&number.to_be_bytes()])[..16]);
            let sealed = Some(vec![0; SEALED_HANDLE_BYTES]);
            let entry = HolderEntry { holder: city(1), expires: NOW + DAY, issued: NOW, tag, sealed };
            let entry = Verified::sign(&key(1), entry).bytes().to_vec();
            self.add(Leaf { time_secs: NOW, body: Body::HolderEntry(entry.clone()) });
            self.entries.push((tag, entry));
        }
    }

    fn bucket(&self, entries: &[(Tag, Vec<u8>)], number: u32) -> Vec<Vec<u8>> {
        let mut inside: Vec<_> = entries.iter().filter(|(tag, _)| bucket_of(tag, self.bits) == number).collect();
        inside.sort();
        inside.into_iter().map(|(_, entry)| entry.clone()).collect()
    }

    fn map(&self) -> MapTree {
        let hash = |number| {
            let inside = self.bucket(&self.entries, number);
            bucket_hash(&inside.iter().map(|entry| entry_hash(entry)).collect::<Vec<Hash>>())
        };
        MapTree::new((0..1 << self.bits).map(hash).collect())
    }

    /// Something more in the log.
    pub(crate) fn add(&mut self, leaf: Leaf) {
        self.leaves.push(leaf.to_bytes());
    }

    /// A state, and a head that the witnesses saw at `now_secs`.
    pub(crate) fn publish(&mut self, now_secs: u64) {
        self.snapshot = snapshot_of(&self.statements);
        let state = pod_protocol::tlog::leaf::State {
            bits: self.bits,
            entries: self.entries.len() as u64,
            map_root: self.map().root(),
            registry: sha256(&[&self.snapshot]),
        };
        self.add(Leaf { time_secs: now_secs, body: Body::State(state) });
        self.sign(now_secs);
    }

    /// Signs what is in the log, and has it cosigned.
    pub(crate) fn sign(&mut self, now_secs: u64) {
        let mut frontier = Frontier::default();
        self.leaves.iter().for_each(|leaf| frontier.push(&leaf_hash(leaf), |_| {}));
        let checkpoint = Checkpoint { origin: city(self.origin), size: frontier.size(), root: frontier.root() };
        let own: SigningKey = key(self.origin);
        let mut signed = SignedCheckpoint::sign(checkpoint, &own);
        for witness in &self.witnesses {
            signed.add(checkpoint.cosign(city(*witness), &key(*witness), now_secs));
        }
        let last = frontier.size() - 1;
        let proof = self.inclusion_proof(last, frontier.size()).unwrap();
        self.head = Some(Head { checkpoint: signed, leaf: self.leaves.last().unwrap().clone(), proof });
    }

    fn tile(&self, tile: &Tile) -> Option<Vec<u8>> {
        if !tile.is_in(self.leaves.len() as u64) {
            return None;
        }
        let range = |width: u64| tile.number * TILE_WIDTH..tile.number * TILE_WIDTH + width;
        let mut bytes = match tile.kind {
            Kind::Leaves => bundle(range(tile.width).map(|at| self.leaves[usize::try_from(at).unwrap()].as_slice())),
            Kind::Hashes(level) => {
                range(tile.width).flat_map(|at| self.node(8 * u32::from(level), at).unwrap()).collect()
            }
        };
        if self.torn_tiles {
            bytes[0] ^= 1;
        }
        Some(bytes)
    }
}

impl Nodes for Served {
    type Error = ();

    fn node(&self, level: u32, number: u64) -> Result<Hash, ()> {
        let from = usize::try_from(number << level).unwrap();
        let hashes: Vec<Hash> = self.leaves[from..from + (1 << level)].iter().map(|leaf| leaf_hash(leaf)).collect();
        Ok(root_of_power_of_two(&hashes))
    }
}

pub(crate) type Shared = Arc<Mutex<Served>>;

async fn head(State(served): State<Shared>) -> Response {
    match &served.lock().unwrap().head {
        Some(head) => head.to_bytes().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn tile(State(served): State<Shared>, Path(path): Path<String>) -> Response {
    let tile = Tile::from_path(&path).and_then(|tile| served.lock().unwrap().tile(&tile));
    tile.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

async fn registry(State(served): State<Shared>) -> Response {
    served.lock().unwrap().snapshot.clone().into_response()
}

/// What is said here is not proven, and this directory would know for whom it is asked.
async fn buckets() -> Response {
    axum::Json(json!({ "bits": 24, "entries": 1 << 31 })).into_response()
}

async fn bucket(State(served): State<Shared>, Path((bits, number)): Path<(u8, u32)>) -> Response {
    let mut served = served.lock().unwrap();
    served.asked.push((bits, number));
    if bits != served.bits {
        let problem = json!({ "type": "about:blank", "title": "other buckets", "status": 404, "code": "bucket" });
        let headers = [("content-type", "application/problem+json")];
        return (StatusCode::NOT_FOUND, headers, problem.to_string()).into_response();
    }
    let shown = served.shown.as_ref().unwrap_or(&served.entries);
    let entries = served.bucket(shown, number).iter().map(|entry| Signed::decode(entry).unwrap()).collect();
    let bucket = Bucket { bits, number, entries };
    let head = served.head.clone().unwrap();
    ProvenBucket { bucket, siblings: served.map().siblings(number), head }.to_bytes().into_response()
}

/// Takes what is posted, and publishes.
async fn posts(State(served): State<Shared>, body: axum::body::Bytes) -> Response {
    let mut served = served.lock().unwrap();
    let mut places = Vec::new();
    for item in pod_protocol::tlog::post::items_from_bytes(&body).unwrap() {
        places.push(served.leaves.len());
        served.add(Leaf { time_secs: NOW, body: Body::Sealed(item) });
    }
    served.publish(NOW);
    axum::Json(json!({ "places": places, "size": served.leaves.len() })).into_response()
}

pub(crate) fn routes(served: &Shared) -> Router {
    Router::new()
        .route("/v1/log/posts", post(posts))
        .route("/v1/log/head", get(head))
        .route("/v1/log/tile/{*path}", get(tile))
        .route("/v1/registry", get(registry))
        .route("/v1/buckets", get(buckets))
        .route("/v1/buckets/{bits}/{number}", get(bucket))
        .with_state(Arc::clone(served))
}

/// A directory that serves this, and what changes it.
pub(crate) struct Directory {
    pub(crate) client: DirectoryClient,
    pub(crate) served: Shared,
    pub(crate) handle: pod_http::ServerHandle,
}

impl Directory {
    pub(crate) async fn start(world: &World, served: Served) -> Self {
        let served = Arc::new(Mutex::new(served));
        let handle = world.serve(routes(&served)).await;
        let client = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
        Self { client, served, handle }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Served)) {
        change(&mut self.served.lock().unwrap());
    }
}

/// Something in the log that is for somebody else.
pub(crate) fn filler(number: u8) -> Leaf {
    let sealed = pod_protocol::tlog::leaf::Sealed {
        id: pod_protocol::ids::ObjectId::new([number; 32]),
        sealed: vec![number; pod_protocol::tlog::leaf::SEALED_BYTES],
    };
    Leaf { time_secs: NOW, body: Body::Sealed(sealed) }
}
