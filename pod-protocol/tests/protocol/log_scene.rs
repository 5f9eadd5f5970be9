//! A directory's log in a test: what it takes, the tree over it, and heads that witnesses cosign.

use pod_protocol::ids::Principal;
use pod_protocol::merkle::{Hash, Nodes, leaf_hash};
use pod_protocol::registry::Registry;
use pod_protocol::statement::Role;
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::head::{CheckedHead, Head, Policy};
use pod_protocol::tlog::leaf::{Body, Leaf, State};
use pod_protocol::tlog::map::bucket_hash;
use pod_protocol::tlog::note::NoteSignature;
use pod_protocol::tlog::tile::root_of_power_of_two;

use crate::support::*;

pub const DIRECTORY: u8 = 9;
pub const POLICY: Policy = Policy { witnesses: 2, max_age_secs: 300 };

/// The federation of [`statements`], with a member that runs the directory.
pub fn registry() -> Registry {
    let directory = membership(ANCHOR, DIRECTORY, "directory", &[Role::Directory], 0);
    let statements = [statements(), vec![signed(ANCHOR, directory)]].concat();
    let (registry, refused) = Registry::build(&anchor(), &statements, NOW);
    assert!(refused.is_empty(), "{refused:?}");
    registry
}

/// The state of a map that is empty.
pub fn empty_state() -> State {
    State { bits: 0, entries: 0, map_root: bucket_hash(&[]), registry: [9; 32] }
}

/// All leaves of a log.
#[derive(Clone, Default)]
pub struct Log {
    pub leaves: Vec<Vec<u8>>,
}

impl Nodes for Log {
    type Error = std::convert::Infallible;

    fn node(&self, level: u32, number: u64) -> Result<Hash, Self::Error> {
        let start = (number << level) as usize;
        let hashes: Vec<Hash> = self.leaves[start..start + (1 << level)].iter().map(|leaf| leaf_hash(leaf)).collect();
        Ok(root_of_power_of_two(&hashes))
    }
}

impl Log {
    pub fn add(&mut self, time_secs: u64, body: Body) -> &mut Self {
        self.leaves.push(Leaf { time_secs, body }.to_bytes());
        self
    }

    /// A log whose batches have one entry each that nobody reads, and a state.
    pub fn of(batches: u64, marked: u8) -> Self {
        let mut log = Self::default();
        for number in 0..batches {
            log.add(NOW, Body::HolderEntry(vec![marked, u8::try_from(number).unwrap()]));
            log.add(NOW, Body::State(empty_state()));
        }
        log
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    pub fn checkpoint(&self) -> Checkpoint {
        let Ok(root) = self.range_root(0, self.size());
        Checkpoint { origin: principal(DIRECTORY), size: self.size(), root }
    }

    /// The head, signed by the directory and not witnessed yet.
    pub fn head(&self) -> Head {
        let Ok(proof) = self.inclusion_proof(self.size() - 1, self.size());
        let checkpoint = SignedCheckpoint::sign(self.checkpoint(), &key(DIRECTORY));
        Head { checkpoint, leaf: self.leaves.last().unwrap().clone(), proof }
    }

    /// The head, seen by these at these times.
    pub fn witnessed(&self, witnesses: &[(u8, u64)]) -> Head {
        let mut head = self.head();
        for (witness, time_secs) in witnesses {
            head.checkpoint.add(cosignature(&self.checkpoint(), *witness, *time_secs));
        }
        head
    }

    /// The head as a client believes it.
    pub fn checked(&self) -> CheckedHead {
        self.witnessed(&[(HELSINKI, NOW), (ESPOO, NOW)]).verify(&registry(), &POLICY, NOW).unwrap()
    }
}

pub fn cosignature(checkpoint: &Checkpoint, witness: u8, time_secs: u64) -> NoteSignature {
    let name: Principal = principal(witness);
    checkpoint.cosign(name, &key(witness), time_secs)
}
