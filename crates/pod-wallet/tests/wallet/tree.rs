//! A holder's log in memory: RFC 6962 by its definition, slow and plain.

use pod_crypto::SigningKey;
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::cose::Verified;
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::merkle::{Hash, empty_root, leaf_hash, node_hash};
use pod_protocol::tree_head::TreeHead;
use pod_wallet::blob::{Blob, HashText};
use pod_wallet::log_page::{LogEntry, LogPage, Opened};

#[derive(Clone, Default)]
pub(crate) struct Log {
    entries: Vec<(Vec<u8>, Opened)>,
}

fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return vec![];
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut proof, sibling) =
        if index < middle { (path(index, left), root(right)) } else { (path(index - middle, right), root(left)) };
    proof.push(sibling);
    proof
}

fn subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { vec![] } else { vec![root(leaves)] };
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut proof, sibling) = if old <= middle {
        (subproof(old, left, whole), root(right))
    } else {
        (subproof(old - middle, right, false), root(left))
    };
    proof.push(sibling);
    proof
}

impl Log {
    /// An entry about the pod whose log is read.
    pub(crate) fn push(&mut self, opened: Opened) -> u64 {
        self.push_about(Some([5; 16]), opened)
    }

    pub(crate) fn push_about(&mut self, tag: Option<[u8; 16]>, opened: Opened) -> u64 {
        let kind = match opened.kind.as_str() {
            "disclosure" => 1,
            "refusal" => 2,
            "command" => 3,
            _ => 4,
        };
        let bytes = |id: &ObjectId| Cbor::Bytes(id.as_bytes().to_vec());
        let request = opened.request_id.as_ref().map_or(Cbor::Null, |id| {
            Cbor::Array(vec![bytes(id), Cbor::Bytes(vec![0; 16]), Cbor::Bytes(vec![0; 16]), opened.time_secs.into()])
        });
        let grants =
            opened.grant.as_ref().map_or(Cbor::Null, |id| Cbor::Array(vec![Cbor::Array(vec![bytes(id)]), 1.into()]));
        let salt = Cbor::Bytes(vec![self.entries.len() as u8; 16]);
        let open = encode(&Cbor::Array(vec![
            1.into(),
            salt,
            opened.time_secs.into(),
            kind.into(),
            tag.map_or(Cbor::Null, |tag| Cbor::Bytes(tag.to_vec())),
            request,
            grants,
        ]));
        self.entries.push((encode(&Cbor::Array(vec![Cbor::Bytes(open), Cbor::Null])), opened));
        self.entries.len() as u64 - 1
    }

    fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|(entry, _)| leaf_hash(entry)).collect()
    }

    pub(crate) fn consistency(&self, from: u64) -> Vec<Hash> {
        subproof(from as usize, &self.leaves(), true)
    }

    pub(crate) fn page(&self, origin: Principal, key: &SigningKey, time_secs: u64) -> LogPage {
        let leaves = self.leaves();
        let head = TreeHead { origin, size: leaves.len() as u64, root: root(&leaves), time_secs };
        let entries = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, (entry, opened))| LogEntry {
                index: index as u64,
                entry: Blob(entry.clone()),
                proof: path(index, &leaves).into_iter().map(HashText).collect(),
                opened: opened.clone(),
            })
            .collect();
        let tree_head = Blob(Verified::sign(key, head).bytes().to_vec());
        LogPage { tree_head, entries, next: None, consistency: vec![] }
    }
}

pub(crate) fn opened(kind: &str, time_secs: u64) -> Opened {
    Opened {
        time_secs,
        kind: kind.into(),
        service: None,
        organisation: None,
        purpose: None,
        released: vec![],
        withheld: vec![],
        outcome: None,
        actor: None,
        request_id: None,
        grant: None,
    }
}
