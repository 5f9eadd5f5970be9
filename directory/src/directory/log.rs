//! The log as it lies in the store: leaves, and the tiles over them.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use pod_http::Bytes;
use pod_protocol::merkle::{Frontier, Hash, Nodes, leaf_hash};
use pod_protocol::tlog::tile::{Kind, TILE_WIDTH, Tile, bundle, root_of_power_of_two};
use pod_store::{Batch, Store};

use super::tables::{LEAVES, PAGE_ROWS, TILES};
use crate::fault::{Fault, LOG};

/// How many levels of the tree a tile has.
const TILE_HEIGHT: u32 = 8;

const DAMAGED: Fault = Fault::Damaged { what: LOG };

/// Reads the log. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Log {
    store: Arc<dyn Store>,
}

/// The growing end of the log: all that adding leaves needs.
#[derive(Clone, Debug, Default)]
pub(super) struct LogEnd {
    frontier: Frontier,
    /// Of each level of tiles the last one, while it is not full.
    growing: Vec<Vec<Hash>>,
    /// Levels whose growing tile is to be written.
    changed: BTreeSet<usize>,
}

impl LogEnd {
    /// How many leaves there are.
    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over them.
    pub(super) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Adds a leaf, and the tiles that it fills; those that grow are for [`LogEnd::write`].
    pub(super) fn push(&mut self, leaf: &[u8], batch: &mut Batch) {
        batch.put(LEAVES, self.size().to_be_bytes(), leaf);
        self.push_hash(leaf, batch);
    }

    /// As [`LogEnd::push`], for a leaf that is stored.
    pub(super) fn push_hash(&mut self, leaf: &[u8], batch: &mut Batch) {
        let Self { frontier, growing, changed } = self;
        let index = frontier.size();
        let mut level = 0;
        frontier.push(&leaf_hash(leaf), |hash| {
            let (row, inside) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
            if inside == 0 {
                let number = (index >> level) / TILE_WIDTH;
                add(growing, changed, batch, row, number, hash);
            }
            level += 1;
        });
    }

    /// Writes the tiles that grow.
    pub(super) fn write(&mut self, batch: &mut Batch) {
        for row in std::mem::take(&mut self.changed) {
            if let Some(hashes) = self.growing.get(row).filter(|hashes| !hashes.is_empty()) {
                let number = (self.size() >> (TILE_HEIGHT as usize * row)) / TILE_WIDTH;
                batch.put(TILES, key(row, number), hashes.as_flattened());
            }
        }
    }
}

fn add(
    growing: &mut Vec<Vec<Hash>>,
    changed: &mut BTreeSet<usize>,
    batch: &mut Batch,
    row: u32,
    number: u64,
    hash: &Hash,
) {
    let row = row as usize;
    while growing.len() <= row {
        growing.push(Vec::new());
    }
    let Some(hashes) = growing.get_mut(row) else { return };
    hashes.push(*hash);
    if hashes.len() as u64 == TILE_WIDTH {
        batch.put(TILES, key(row, number), hashes.as_flattened());
        hashes.clear();
    } else {
        changed.insert(row);
    }
}

fn key(row: usize, number: u64) -> Vec<u8> {
    let row = u8::try_from(row).unwrap_or(u8::MAX);
    [&[row][..], &number.to_be_bytes()].concat()
}

impl Log {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The growing end of a log of `size` leaves.
    pub(super) fn end(&self, size: u64) -> Result<LogEnd, Fault> {
        let frontier = Frontier::load(self, size)?;
        let mut growing = Vec::new();
        for row in 0.. {
            let count = size.checked_shr(TILE_HEIGHT * row).unwrap_or(0);
            if count == 0 {
                break;
            }
            let width = usize::try_from(count % TILE_WIDTH).unwrap_or(usize::MAX);
            let row = row as usize;
            let hashes = if width == 0 { Vec::new() } else { self.hashes(row, count / TILE_WIDTH)? };
            growing.push(hashes.get(..width).ok_or(DAMAGED)?.to_vec());
        }
        Ok(LogEnd { frontier, growing, changed: BTreeSet::new() })
    }

    /// Removes the leaves from `size` on.
    pub(super) fn truncate(&self, size: u64) -> Result<(), Fault> {
        loop {
            let rows = self.store.range(LEAVES, Bound::Included(&size.to_be_bytes()), Bound::Unbounded, PAGE_ROWS)?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::new();
            for (key, _) in rows {
                batch.delete(LEAVES, key);
            }
            self.store.commit(batch)?;
        }
    }

    /// At most `count` leaves from `from` on.
    pub(super) fn leaves(&self, from: u64, count: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let rows = self.store.range(LEAVES, Bound::Included(&from.to_be_bytes()), Bound::Unbounded, count)?;
        let mut leaves = Vec::with_capacity(rows.len());
        for (index, (key, leaf)) in (from..).zip(rows) {
            if key != index.to_be_bytes() {
                return Err(DAMAGED);
            }
            leaves.push(leaf);
        }
        Ok(leaves)
    }

    /// The bytes of a tile, of which the log must have all.
    pub(super) fn tile(&self, tile: &Tile) -> Result<Bytes, Fault> {
        let width = usize::try_from(tile.width).unwrap_or(usize::MAX);
        match tile.kind {
            Kind::Leaves => {
                let leaves = self.leaves(tile.number * TILE_WIDTH, width)?;
                if leaves.len() != width {
                    return Err(DAMAGED);
                }
                Ok(bundle(leaves.iter().map(Vec::as_slice)).into())
            }
            Kind::Hashes(row) => {
                let hashes = self.hashes(row.into(), tile.number)?;
                Ok(hashes.get(..width).ok_or(DAMAGED)?.as_flattened().to_vec().into())
            }
        }
    }

    fn hashes(&self, row: usize, number: u64) -> Result<Vec<Hash>, Fault> {
        let bytes = self.store.get(TILES, &key(row, number))?.ok_or(DAMAGED)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(DAMAGED) }
    }
}

impl Nodes for Log {
    type Error = Fault;

    fn node(&self, level: u32, number: u64) -> Result<Hash, Fault> {
        let (row, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = number << height;
        let hashes = self.hashes(row as usize, first / TILE_WIDTH)?;
        let place = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let under = hashes.get(place..place.saturating_add(1 << height)).ok_or(DAMAGED)?;
        Ok(root_of_power_of_two(under))
    }
}
