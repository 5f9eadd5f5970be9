//! What the directory's log shows: leaves, notes, heads, proven buckets, posts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_protocol::bucket::Bucket;
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};
use pod_protocol::ids::ObjectId;
use pod_protocol::merkle::{leaf_hash, node_hash};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::leaf::{Body, Leaf, SEALED_BYTES, Sealed, State};
use pod_protocol::tlog::map::{MapTree, ProvenBucket, bucket_hash, entry_hash};
use pod_protocol::tlog::post::items_to_bytes;
use pod_protocol::tlog::witness::AddCheckpoint;
use pod_protocol::{Signed, Verified};
use serde_json::{Value as Json, json};

use super::world::{DAY, NOW, World};
use super::write::{case, file as written, hex};

struct Cases(Vec<Json>);

impl Cases {
    fn add(&mut self, kind: &str, name: &str, why: &str, expect: &str, bytes: &[u8]) {
        let mut case = case(&format!("{kind}: {name}"), why, expect);
        case.insert("kind".into(), kind.into());
        case.insert("bytes".into(), hex(bytes).into());
        self.0.push(case.into());
    }
}

/// The file.
pub fn file(world: &World) -> Json {
    let mut cases = Cases(Vec::new());
    let entry = entry(world);
    let tree = MapTree::new(vec![bucket_hash(&[entry_hash(&entry)]), bucket_hash(&[])]);
    let state = State { bits: 1, entries: 1, map_root: tree.root(), registry: [0x47; 32] };
    leaves(&mut cases, &entry, state);
    let head = head(world, &entry, state);
    notes(&mut cases, world, &head);
    asked_to_cosign(&mut cases, &head);
    heads(&mut cases, &head);
    buckets(&mut cases, &entry, &tree, &head);
    posts(&mut cases);
    let about = "What the directory's log shows, by kind: docs/protocol/log.md. A checkpoint is signed by `directory`, whose \
                 principal stands in it, and cosigned by Helsinki.";
    written(world, about, "", json!({}), cases.0)
}

/// The directory signs as the archive here: a key that signs nothing else in these files.
fn directory(world: &World) -> (pod_protocol::ids::Principal, &pod_crypto::SigningKey) {
    (world.archive_organisation(), &world.archive)
}

fn entry(world: &World) -> Vec<u8> {
    let sealed = Some(vec![0x5a; SEALED_HANDLE_BYTES]);
    let claims = HolderEntry { holder: world.holder(), expires: NOW + DAY, issued: NOW, tag: [0x21; 16], sealed };
    Verified::sign(&world.helsinki, claims).bytes().to_vec()
}

fn head(world: &World, entry: &[u8], state: State) -> Head {
    let first = Leaf { time_secs: NOW, body: Body::HolderEntry(entry.to_vec()) }.to_bytes();
    let leaf = Leaf { time_secs: NOW, body: Body::State(state) }.to_bytes();
    let root = node_hash(&leaf_hash(&first), &leaf_hash(&leaf));
    let (origin, key) = directory(world);
    let checkpoint = Checkpoint { origin, size: 2, root };
    let mut signed = SignedCheckpoint::sign(checkpoint, key);
    signed.add(checkpoint.cosign(world.holder(), &world.helsinki, NOW + 1));
    Head { checkpoint: signed, leaf, proof: vec![leaf_hash(&first)] }
}

fn leaves(cases: &mut Cases, entry: &[u8], state: State) {
    let leaf = |body: Body| Leaf { time_secs: NOW, body }.to_bytes();
    let sealed = Sealed { id: ObjectId::new([0x51; 32]), sealed: vec![7; SEALED_BYTES] };
    let part = |part, parts| leaf(Body::Statement { part, parts, bytes: vec![0xd2] });
    for (name, bytes) in [
        ("statement", part(0, 1)),
        ("part of a statement", part(2, 3)),
        ("holder entry", leaf(Body::HolderEntry(entry.to_vec()))),
        ("sealed", leaf(Body::Sealed(sealed))),
        ("state", leaf(Body::State(state))),
    ] {
        cases.add("leaf", name, "as the log takes it", "accepted", &bytes);
        cases.add(
            "leaf",
            &format!("{name}, trailing byte"),
            "a byte follows",
            "cbor-trailing",
            &[&bytes[..], &[0]].concat(),
        );
    }
    let list = |items: Vec<Cbor>| encode(&Cbor::Array(items));
    let mut bad = |name: &str, why: &str, expect: &str, bytes: &[u8]| cases.add("leaf", name, why, expect, bytes);
    bad("part beyond", "part 1 of 1", "claim-range", &part(1, 1));
    bad("map", "no list", "claim-type", &[0xa0]);
    bad("time alone", "no kind", "claim-missing", &list(vec![NOW.into()]));
    bad("no time", "time 0", "claim-range", &list(vec![0.into(), 1.into(), Cbor::Bytes(vec![1])]));
    bad("unknown kind", "kind 4", "claim-range", &list(vec![NOW.into(), 4.into(), Cbor::Bytes(vec![1])]));
    bad(
        "one too many",
        "an entry and more",
        "claim-type",
        &list(vec![NOW.into(), 1.into(), Cbor::Bytes(vec![1]), Cbor::Null]),
    );
    let short = vec![NOW.into(), 2.into(), Cbor::Bytes(vec![1; 32]), Cbor::Bytes(vec![1; SEALED_BYTES - 1])];
    bad("short sealed", "all have one length", "claim-type", &list(short));
    let hash = || Cbor::Bytes(vec![1; 32]);
    bad(
        "bits",
        "more than a byte",
        "claim-range",
        &list(vec![NOW.into(), 3.into(), 256.into(), 0.into(), hash(), hash()]),
    );
}

fn notes(cases: &mut Cases, world: &World, head: &Head) {
    let good = head.checkpoint.to_bytes();
    let text = String::from_utf8(good.clone()).unwrap();
    cases.add("note", "signed and cosigned", "by the directory and Helsinki", "accepted", &good);
    let mut bad = |name: &str, why: &str, text: String| cases.add("note", name, why, "log-note", text.as_bytes());
    bad("leading zero", "one text for each number", text.replacen("\n2\n", "\n02\n", 1));
    bad("extension", "this log has no extension lines", text.replacen("\n\n", "\nmore\n\n", 1));
    bad("no signature", "text alone", text.split("\n\n").next().unwrap().to_owned() + "\n");
    bad("end missing", "the last line has no end", text.trim_end().to_owned());
    bad("hyphen", "the dash is U+2014", text.replace('\u{2014}', "-"));
    bad("control", "a tab", text.replacen("\n2\n", "\n2\t\n", 1));
    bad("other origin", "no principal", text.replacen("ai:", "xx:", 1));
    let root = STANDARD.encode(head.checkpoint.unverified().root);
    bad("short root", "31 bytes", text.replacen(&root, &STANDARD.encode([1; 31]), 1));
    let evidence = Evidence {
        code: LogFault::Fork.code().to_owned(),
        noticed_secs: NOW,
        kept: good.clone(),
        shown: SignedCheckpoint::sign(
            Checkpoint { root: [1; 32], ..*head.checkpoint.unverified() },
            directory(world).1,
        )
        .to_bytes(),
    };
    cases.add("evidence", "two roots", "one size, two roots", "accepted", &evidence.to_bytes());
    let broken = Evidence { shown: b"nothing".to_vec(), ..evidence };
    cases.add("evidence", "no checkpoint", "shown is no note", "claim-range", &broken.to_bytes());
}

fn asked_to_cosign(cases: &mut Cases, head: &Head) {
    let body = AddCheckpoint { old: 1, proof: vec![[0x33; 32]], checkpoint: head.checkpoint.clone() };
    let good = body.to_bytes();
    cases.add("add checkpoint", "from one leaf", "with a proof of one hash", "accepted", &good);
    let text = String::from_utf8(good).unwrap();
    let mut bad = |name: &str, why: &str, from: &str, to: &str| {
        cases.add("add checkpoint", name, why, "log-note", text.replacen(from, to, 1).as_bytes());
    };
    bad("no size", "the first line says the old size", "old 1\n", "");
    bad("sign", "a number has no sign", "old 1", "old +1");
    bad("leading zero", "one text for each number", "old 1", "old 01");
    bad("short hash", "31 bytes", &STANDARD.encode([0x33; 32]), &STANDARD.encode([0x33; 31]));
    bad("no empty line", "an empty line ends the proof", "\n\n", "\n");
    let long = AddCheckpoint { proof: vec![[0x33; 32]; 64], ..body };
    cases.add("add checkpoint", "long proof", "64 hashes", "log-note", &long.to_bytes());
}

fn heads(cases: &mut Cases, head: &Head) {
    cases.add("head", "of two leaves", "the state is the last", "accepted", &head.to_bytes());
    let empty = |entries: Vec<(i64, Cbor)>| {
        encode(&Cbor::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    };
    let mut bad = |name: &str, why: &str, expect: &str, bytes: &[u8]| cases.add("head", name, why, expect, bytes);
    bad("empty", "nothing in it", "claim-missing", &empty(vec![]));
    bad(
        "no note",
        "the note is none",
        "claim-range",
        &empty(vec![(0, Cbor::Bytes(vec![1])), (1, Cbor::Bytes(vec![]))]),
    );
    let note = || Cbor::Bytes(head.checkpoint.to_bytes());
    let short = vec![(0, note()), (1, Cbor::Bytes(vec![1])), (2, Cbor::Array(vec![Cbor::Bytes(vec![1; 31])]))];
    bad("short hash", "31 bytes", "claim-type", &empty(short));
    let more = vec![(0, note()), (1, Cbor::Bytes(vec![1])), (2, Cbor::Array(vec![])), (3, Cbor::Null)];
    bad("unknown part", "a fourth part", "claim-unknown", &empty(more));
}

fn buckets(cases: &mut Cases, entry: &[u8], tree: &MapTree, head: &Head) {
    let proven = |number: u32, entries: &[&[u8]]| {
        let entries = entries.iter().map(|entry| Signed::decode(entry).expect("signed above")).collect();
        let bucket = Bucket { bits: 1, number, entries };
        ProvenBucket { bucket, siblings: tree.siblings(number), head: head.clone() }
    };
    let good = proven(0, &[entry]);
    cases.add("proven bucket", "one entry", "the state vouches for it", "accepted", &good.to_bytes());
    cases.add("proven bucket", "no entry", "absence is proven too", "accepted", &proven(1, &[]).to_bytes());
    let mut bad = |name: &str, why: &str, expect: &str, proven: ProvenBucket| {
        cases.add("proven bucket", name, why, expect, &proven.to_bytes());
    };
    bad("left out", "the entry is left out", "map-root", proven(0, &[]));
    bad(
        "other siblings",
        "a way to another root",
        "map-root",
        ProvenBucket { siblings: vec![[1; 32]], ..good.clone() },
    );
    bad("no siblings", "a way that is too short", "map-root", ProvenBucket { siblings: vec![], ..good.clone() });
    let coarse = Bucket { bits: 0, ..good.bucket.clone() };
    bad("other bits", "the state has one bit", "map-root", ProvenBucket { bucket: coarse, siblings: vec![], ..good });
    bad("wrong place", "the entry belongs into bucket 0", "map-place", proven(1, &[entry]));
}

fn posts(cases: &mut Cases) {
    let sealed = |id: u8| Sealed { id: ObjectId::new([id; 32]), sealed: vec![id; SEALED_BYTES] };
    cases.add("log items", "two", "as a stranger posts them", "accepted", &items_to_bytes(&[sealed(1), sealed(2)]));
    cases.add("log items", "none", "an empty list", "claim-empty", &[0x80]);
    let many: Vec<Sealed> = (0..65).map(sealed).collect();
    cases.add("log items", "too many", "65", "claim-range", &items_to_bytes(&many));
    let short = Cbor::Array(vec![Cbor::Array(vec![Cbor::Bytes(vec![1; 32]), Cbor::Bytes(vec![1; 100])])]);
    cases.add("log items", "short", "all have one length", "claim-type", &encode(&short));
}
