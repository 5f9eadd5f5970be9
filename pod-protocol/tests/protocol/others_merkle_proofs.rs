//! The 518 Merkle proofs of transparency-dev, read in place (`AITTA_VECTORS`).
//!
//! `inclusion` and `consistency` are RFC 6962's and run against `merkle.rs`. `subtreeinclusion` and `subtreeconsistency` are
//! proofs about a part `[start, end)` of the log, which come with Merkle tree certificates
//! (draft-ietf-plants-merkle-tree-certs §4); Aitta has none, so their rules stand here: inclusion in a subtree is RFC 6962's
//! inclusion in the tree of its entries, consistency is written out below over the same node hash.

use base64::Engine as _;
use pod_protocol::merkle::{Hash, ProofFault, empty_root, node_hash, verify_consistency, verify_inclusion};
use serde_json::Value as Json;

use crate::others_vectors::{files, folder};

/// A hash of a file; text that is not 32 bytes (`don't care 1`) stands for a hash that is none of the tree's. No text at all is
/// no hash: it cannot even be handed to a verifier here.
fn hash(text: &Json) -> Result<Hash, ProofFault> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
    match bytes.as_slice() {
        [] => Err(ProofFault::Length),
        some => Ok(some.try_into().unwrap_or_else(|_| pod_crypto::sha256(&[b"stands for", some]))),
    }
}

fn proof(json: &Json) -> Result<Vec<Hash>, ProofFault> {
    json["proof"].as_array().into_iter().flatten().map(hash).collect()
}

fn number(json: &Json, name: &str) -> u64 {
    json[name].as_u64().unwrap()
}

/// Runs all files of a folder; says how many there were and how many held.
fn each(of: &str, run: impl Fn(&Json) -> Result<(), ProofFault>) -> Option<(usize, usize)> {
    let all = files(&folder("merkle")?.join(of));
    let mut held = 0;
    for (path, json) in &all {
        let result = run(json);
        held += usize::from(result.is_ok());
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut wrong = json["wantErr"] == true;
        // The one difference: there, a proof from the empty tree is refused as useless. Here the empty tree begins every tree
        // (RFC 6962 §2.1.2 defines no such proof), and says nothing about it.
        if of == "consistency" && name == "size1-is-zero-and-size2-is-not-zero.json" {
            assert!(wrong && json["proof"] == Json::Array(Vec::new()));
            wrong = false;
        }
        assert_eq!(result.is_err(), wrong, "{of}/{name}: {result:?}");
    }
    println!("{of}: {} files, {held} hold", all.len());
    Some((all.len(), held))
}

#[test]
fn inclusion() {
    let run = |json: &Json| {
        let (index, size) = (number(json, "leafIdx"), number(json, "treeSize"));
        verify_inclusion(index, size, &hash(&json["leafHash"])?, &proof(json)?, &hash(&json["root"])?)
    };
    assert!(matches!(each("inclusion", run), None | Some((98, 6))));
}

#[test]
fn consistency() {
    let run = |json: &Json| {
        let (old, new) = (number(json, "size1"), number(json, "size2"));
        verify_consistency(old, new, &hash(&json["root1"])?, &hash(&json["root2"])?, &proof(json)?)
    };
    assert!(matches!(each("consistency", run), None | Some((98, 7))));
}

/// Whether `[start, end)` is a whole node of every tree that has it, or the right edge of one: `start` is a multiple of the
/// least power of two that is not below its size (§4.1).
fn is_subtree(start: u64, end: u64) -> bool {
    let size = end.checked_sub(start).filter(|size| *size > 0);
    size.and_then(u64::checked_next_power_of_two).is_some_and(|power| start.is_multiple_of(power))
}

#[test]
fn inclusion_in_a_subtree() {
    let run = |json: &Json| {
        let (index, start, end) = (number(json, "leafIdx"), number(json, "start"), number(json, "end"));
        if !is_subtree(start, end) || index < start {
            return Err(ProofFault::Range);
        }
        verify_inclusion(index - start, end - start, &hash(&json["leafHash"])?, &proof(json)?, &hash(&json["root"])?)
    };
    assert!(matches!(each("subtreeinclusion", run), None | Some((204, 12))));
}

/// Checks that the subtree `[start, end)` with `node` is part of the tree of `size` entries with `root` (§4.4.3).
fn verify_subtree(start: u64, end: u64, size: u64, node: &Hash, root: &Hash, proof: &[Hash]) -> Result<(), ProofFault> {
    if start == end && end <= size {
        // No entries: nothing is claimed, so nothing is to prove.
        return match (proof.is_empty(), *node == empty_root()) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofFault::Root),
            (false, _) => Err(ProofFault::Length),
        };
    }
    if !is_subtree(start, end) || end > size {
        return Err(ProofFault::Range);
    }
    // The first entry, the last one, and the last one of the tree, as nodes of the level that the proof has reached.
    let mut nodes = (start, end - 1, size - 1);
    let up = |(first, last, right): (u64, u64, u64)| (first >> 1, last >> 1, right >> 1);
    while nodes.0 != nodes.1 && (nodes.1 == nodes.2 || nodes.1 & 1 == 1) {
        nodes = up(nodes);
    }
    let mut hashes = proof.iter();
    let begin = if nodes.0 == nodes.1 { *node } else { *hashes.next().ok_or(ProofFault::Length)? };
    let (mut inner, mut outer) = (begin, begin);
    for sibling in hashes {
        let (first, last, right) = nodes;
        if right == 0 {
            return Err(ProofFault::Length);
        }
        if last & 1 == 1 || last == right {
            if first < last {
                inner = node_hash(sibling, &inner);
            }
            outer = node_hash(sibling, &outer);
            while nodes.1 & 1 == 0 && nodes.1 != 0 {
                nodes = up(nodes);
            }
        } else {
            outer = node_hash(&outer, sibling);
        }
        nodes = up(nodes);
    }
    match (nodes.2, inner == *node && outer == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofFault::Root),
        _ => Err(ProofFault::Length),
    }
}

#[test]
fn consistency_of_a_subtree() {
    let run = |json: &Json| {
        let (start, end, size) = (number(json, "start"), number(json, "end"), number(json, "size"));
        verify_subtree(start, end, size, &hash(&json["root1"])?, &hash(&json["root2"])?, &proof(json)?)
    };
    assert!(matches!(each("subtreeconsistency", run), None | Some((118, 12))));
}
