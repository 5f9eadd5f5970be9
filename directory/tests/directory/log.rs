//! The log as a client reads it.

use std::convert::Infallible;

use pod_protocol::merkle::{Frontier, Nodes};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::head::{CheckedHead, Head, Policy};
use pod_protocol::tlog::leaf::Leaf;
use pod_protocol::tlog::tile::{Kind, TILE_WIDTH, Tile, TileNodes, unbundle};

use crate::world::*;

/// What a client wants who wants two witnesses of the last five minutes.
pub const POLICY: Policy = Policy { witnesses: 2, max_age_secs: 300 };

/// The head, checked as a client does.
pub async fn head(world: &World, directory: &Serving) -> Result<CheckedHead, LogFault> {
    head_with(world, directory, &POLICY).await
}

pub async fn head_with(world: &World, directory: &Serving, policy: &Policy) -> Result<CheckedHead, LogFault> {
    let body = world.get(directory, "/v1/log/head").await.is(200).body;
    Head::from_bytes(&body).unwrap().verify(&world.registry(directory).await, policy, world.now())
}

pub async fn checkpoint(world: &World, directory: &Serving) -> SignedCheckpoint {
    SignedCheckpoint::from_bytes(&world.get(directory, "/v1/log/checkpoint").await.is(200).body).unwrap()
}

/// All leaves up to the published size, from their bundles; they lead to the root.
pub async fn leaves(world: &World, directory: &Serving) -> Vec<Vec<u8>> {
    let checkpoint = *checkpoint(world, directory).await.unverified();
    let mut leaves: Vec<Vec<u8>> = Vec::new();
    let mut frontier = Frontier::default();
    while (leaves.len() as u64) < checkpoint.size {
        let number = leaves.len() as u64 / TILE_WIDTH;
        let tile = Tile::of_log(Kind::Leaves, number, checkpoint.size).unwrap();
        let bytes = world.get(directory, &format!("/v1/log/{tile}")).await.is(200).body;
        leaves.extend(unbundle(&bytes, tile.width).unwrap().into_iter().map(<[u8]>::to_vec));
    }
    leaves.iter().for_each(|leaf| frontier.push(&pod_protocol::merkle::leaf_hash(leaf), |_| {}));
    assert_eq!((frontier.size(), frontier.root()), (checkpoint.size, checkpoint.root));
    leaves
}

pub async fn decoded(world: &World, directory: &Serving) -> Vec<Leaf> {
    leaves(world, directory).await.iter().map(|leaf| Leaf::from_bytes(leaf).unwrap()).collect()
}

/// Something about the tree, from tiles that are fetched as they are needed.
pub async fn by_tiles<T>(
    world: &World,
    directory: &Serving,
    size: u64,
    ask: impl Fn(&TileNodes) -> Result<T, <TileNodes as Nodes>::Error>,
) -> Result<T, Infallible> {
    let mut nodes = TileNodes::new(size);
    loop {
        match ask(&nodes) {
            Ok(answer) => return Ok(answer),
            Err(missing) => {
                let bytes = world.get(directory, &format!("/v1/log/{}", missing.0)).await.is(200).body;
                nodes.bring(&missing.0, &bytes).unwrap();
            }
        }
    }
}

/// Deletes what a table of the directory's store holds, while no directory has it.
pub fn empty_table(world: &World, name: &'static str) {
    let store = world.store();
    let table = pod_store::Table(name);
    let rows = store.range(table, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, 100_000).unwrap();
    let mut batch = pod_store::Batch::new();
    for (key, _) in rows {
        batch.delete(table, key);
    }
    store.commit(batch).unwrap();
}
