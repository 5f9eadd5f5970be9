//! Tiles (C2SP tlog-tiles): the tree and the leaves in files of 256, which never change once they are full.

use std::collections::HashMap;
use std::fmt;

use super::LogFault;
use super::leaf::MAX_LEAF_BYTES;
use crate::merkle::{Hash, Nodes, node_hash};

/// How many hashes a full tile has, and leaves a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// How many levels of the tree a tile has.
const TILE_HEIGHT: u32 = 8;
/// Most bytes of a tile of hashes.
pub const MAX_TILE_BYTES: usize = 8 * 1024;
/// Most bytes of a bundle of leaves: 256 of the longest.
pub const MAX_BUNDLE_BYTES: usize = 256 * (MAX_LEAF_BYTES + 2);
/// The highest level of tiles that a log of 2^64 leaves could have (C2SP tlog-tiles).
const MAX_LEVEL: u8 = 7;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Hashes of this level: of leaves (0), or of full tiles of the level below.
    Hashes(u8),
    /// Leaves.
    Leaves,
}

/// One tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// What it holds.
    pub kind: Kind,
    /// Which, from 0.
    pub number: u64,
    /// How many hashes or leaves, 1 to [`TILE_WIDTH`].
    pub width: u64,
}

/// The path after the log's address: `tile/0/x001/067.p/8`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Leaves => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.number % 1000];
        let mut rest = self.number / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        while let Some(group) = groups.pop() {
            let x = if groups.is_empty() { "" } else { "x" };
            let end = if groups.is_empty() { "" } else { "/" };
            write!(f, "{x}{group:03}{end}")?;
        }
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl Tile {
    /// Reads a path after `tile/`; none when it is not written as [`Tile`] writes it.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let (kind, rest) = path.split_once('/')?;
        let kind = match kind {
            "entries" => Kind::Leaves,
            level => Kind::Hashes(level.parse().ok().filter(|level| *level <= MAX_LEVEL)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
            None => (rest, TILE_WIDTH),
        };
        let number = number.split('/').try_fold(0_u64, |number, group| {
            let digits = group.strip_prefix('x').unwrap_or(group);
            number.checked_mul(1000)?.checked_add(digits.parse().ok().filter(|_| digits.len() == 3)?)
        })?;
        let tile = Self { kind, number, width };
        (tile.to_string() == format!("tile/{path}")).then_some(tile)
    }

    /// The tile in a log of `size` leaves; none when that has nothing of it.
    #[must_use]
    pub fn of_log(kind: Kind, number: u64, size: u64) -> Option<Self> {
        let level = match kind {
            Kind::Hashes(level) => u32::from(level),
            Kind::Leaves => 0,
        };
        let count = size >> (TILE_HEIGHT * level);
        let width = count.checked_sub(number.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { kind, number, width })
    }

    /// Whether a log of `size` leaves has all of it.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        Self::of_log(self.kind, self.number, size).is_some_and(|whole| self.width <= whole.width)
    }
}

/// The nodes of a log of some size, out of tiles that were brought.
#[derive(Clone, Debug)]
pub struct TileNodes {
    size: u64,
    tiles: HashMap<(u8, u64), Vec<Hash>>,
}

/// A tile that is to be brought first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub Tile);

impl TileNodes {
    /// None yet.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Self { size, tiles: HashMap::new() }
    }

    /// Takes the bytes of a tile that [`Missing`] asked for.
    ///
    /// # Errors
    /// [`LogFault::Proof`] when they are not as many hashes as it has.
    pub fn bring(&mut self, tile: &Tile, bytes: &[u8]) -> Result<(), LogFault> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let (Kind::Hashes(level), true) = (tile.kind, rest.is_empty() && hashes.len() as u64 == tile.width) else {
            return Err(LogFault::Proof);
        };
        self.tiles.insert((level, tile.number), hashes.to_vec());
        Ok(())
    }
}

impl Nodes for TileNodes {
    type Error = Missing;

    fn node(&self, level: u32, number: u64) -> Result<Hash, Missing> {
        let (row, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let row = u8::try_from(row).unwrap_or(u8::MAX);
        let first = number << height;
        let (tile, place) = (first / TILE_WIDTH, first % TILE_WIDTH);
        let wanted = Tile::of_log(Kind::Hashes(row), tile, self.size).unwrap_or(Tile {
            kind: Kind::Hashes(row),
            number: tile,
            width: TILE_WIDTH,
        });
        let hashes = self.tiles.get(&(row, tile)).ok_or(Missing(wanted))?;
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let under = hashes.get(place..place.saturating_add(1 << height)).ok_or(Missing(wanted))?;
        Ok(root_of_power_of_two(under))
    }
}

/// The root over hashes whose number is a power of two.
#[must_use]
pub fn root_of_power_of_two(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_else(crate::merkle::empty_root)
}

/// Leaves as a bundle: each with its length before it, two bytes, big endian.
#[must_use]
pub fn bundle<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        // What the log takes is no longer than this; a longer one would not verify at any reader.
        let length = u16::try_from(leaf.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(leaf);
    }
    bytes
}

/// Takes a bundle of `count` leaves apart.
///
/// # Errors
/// [`LogFault::Leaves`] when it is none.
pub fn unbundle(mut bytes: &[u8], count: u64) -> Result<Vec<&[u8]>, LogFault> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (leaf, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(LogFault::Leaves)?;
        leaves.push(leaf);
        bytes = rest;
    }
    if bytes.is_empty() && leaves.len() as u64 == count { Ok(leaves) } else { Err(LogFault::Leaves) }
}
