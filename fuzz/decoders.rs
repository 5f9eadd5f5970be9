//! Every decoder that takes bytes from a peer, and what must hold for it: it does not panic, and what it accepts has no second
//! encoding. The fuzz targets run these, and so does a test with mutated vectors (`pod-protocol/tests/protocol/fuzzed_lightly.rs`).

use pod_crypto::hpke::{self, SealPrivateKey};
use pod_crypto::jws::{self, Jwks};
use pod_crypto::{AeadKey, SeededRandom};
use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::{Answer, Receipt};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::bucket::Bucket;
use pod_protocol::codec::{ANSWER_LIMITS, Limits, OBJECT_LIMITS, decode, encode};
use pod_protocol::command::{Acknowledgement, Command, CommandAnswer};
use pod_protocol::cose::signature_structure;
use pod_protocol::decision::Decision;
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::{HolderEntry, HolderHandle};
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::inspect::{ProofFile, inspect as in_words};
use pod_protocol::key_event::{KeyEvent, PublishedLog};
use pod_protocol::notice::{Notice, NoticeReceipt};
use pod_protocol::predicate::Predicate;
use pod_protocol::registry::Registry;
use pod_protocol::request::{Call, Request};
use pod_protocol::revocation::Revocation;
use pod_protocol::statement::{Membership, Profile};
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::leaf::{Leaf, Sealed};
use pod_protocol::tlog::map::ProvenBucket;
use pod_protocol::tlog::note::Note;
use pod_protocol::tlog::post::{LogPost, Posted, items_from_bytes, items_to_bytes};
use pod_protocol::tlog::tile::{Kind, Tile, TileNodes, bundle, unbundle};
use pod_protocol::tlog::view::View;
use pod_protocol::tlog::witness::AddCheckpoint;
use pod_protocol::tree_head::TreeHead;
use pod_protocol::value::Value;
use pod_protocol::{Payload, Signed};

/// A decoder: the name of its fuzz target, the public functions (or the [`Payload`]) that it runs, and how.
pub type Decoder = (&'static str, &'static [&'static str], fn(&[u8]));

/// All of them, in the order of their names.
pub const DECODERS: &[Decoder] = &[
    ("access_request", &["AccessRequest"], signed::<AccessRequest>),
    ("acknowledgement", &["Acknowledgement"], signed::<Acknowledgement>),
    ("add_checkpoint", &["AddCheckpoint::from_bytes"], add_checkpoint),
    ("answer", &["Answer::from_bytes"], answer),
    ("blind_answer", &["BlindAnswer::from_bytes"], blind_answer),
    ("blind_request", &["BlindRequest"], signed::<BlindRequest>),
    ("bucket", &["Bucket::from_bytes"], bucket),
    ("call", &["Call::from_bytes"], call),
    ("cbor", &["decode", "scan", "scan_tagged"], cbor),
    ("command", &["Command"], signed::<Command>),
    ("command_answer", &["CommandAnswer::from_bytes"], command_answer),
    ("decision", &["Decision::from_bytes"], decision),
    ("evidence", &["Evidence::from_bytes"], evidence),
    ("grant", &["Grant"], signed::<Grant>),
    ("head", &["Head::from_bytes"], head),
    ("holder_entry", &["HolderEntry"], signed::<HolderEntry>),
    ("holder_handle", &["HolderHandle::open"], holder_handle),
    ("inspect", &["inspect", "kind_of", "ProofFile::from_json"], inspect),
    ("jwks", &["Jwks::from_json"], jwks),
    ("jws", &["verify"], jws),
    ("key_event", &["KeyEvent", "PublishedLog::read"], key_event),
    ("leaf", &["Leaf::from_bytes"], leaf),
    ("log_items", &["items_from_bytes"], log_items),
    ("log_post", &["LogPost"], signed::<LogPost>),
    ("membership", &["Membership"], signed::<Membership>),
    (
        "note",
        &["Note::from_bytes", "NoteSignature::from_line", "SignedCheckpoint::from_bytes", "Checkpoint::from_text"],
        note,
    ),
    ("notice", &["Notice"], signed::<Notice>),
    ("notice_receipt", &["NoticeReceipt"], signed::<NoticeReceipt>),
    ("predicate", &[], predicate),
    ("profile", &["Profile"], signed::<Profile>),
    ("proven_bucket", &["ProvenBucket::from_bytes"], proven_bucket),
    ("receipt", &["Receipt"], signed::<Receipt>),
    ("request", &["Request"], signed::<Request>),
    ("revocation", &["Revocation"], signed::<Revocation>),
    ("sealed", &["AeadKey::open", "Decision::open", "Posted::open", "open"], sealed),
    ("snapshot", &["Registry::read_snapshot"], snapshot),
    ("tile", &["Tile::from_path", "TileNodes::bring", "unbundle"], tile),
    ("tree_head", &["TreeHead"], signed::<TreeHead>),
    ("value", &["Value::from_cbor"], value),
    ("view", &["View::from_bytes"], view),
];

/// A login provider's keys (RFC 7515 A.3).
pub const PROVIDER_KEYS: &str = r#"{"keys":[
    {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
/// A token that it signed.
pub const ES256_TOKEN: &str = concat!(
    "eyJhbGciOiJFUzI1NiJ9.",
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
);

/// Runs the decoder with this name.
pub fn run(name: &str, bytes: &[u8]) {
    let known = DECODERS.iter().find(|(known, _, _)| *known == name);
    let (_, _, decoder) = known.unwrap_or_else(|| panic!("no decoder {name}: add it to DECODERS"));
    decoder(bytes);
}

/// What is accepted says in its claims all that its payload says: writing them again gives the bytes that were signed.
fn signed<T: Payload>(bytes: &[u8]) {
    let Ok(object) = Signed::<T>::decode(bytes) else { return };
    let payload = encode(&object.unverified().to_cbor());
    let header = header(bytes);
    let again = pod_crypto::sha256(&[&signature_structure(&header, &[], &payload)]);
    assert_eq!(*object.id().as_bytes(), again, "another encoding of the same object");
    assert_eq!(object.bytes(), bytes);
}

/// The protected header of an accepted object: 0xd2, 0x84, and a byte string of 24 to 255 bytes.
fn header(bytes: &[u8]) -> Vec<u8> {
    let length = usize::from(bytes[3]);
    bytes[4..4 + length].to_vec()
}

/// An event may be published when its log is a member's; then it is the same one.
fn key_event(bytes: &[u8]) {
    signed::<KeyEvent>(bytes);
    if let Ok(event) = PublishedLog::read(bytes) {
        assert_eq!(event.bytes(), bytes);
        let _ = PublishedLog::with(None, event);
    }
}

fn cbor(bytes: &[u8]) {
    let limits = |limits: Limits| {
        if let Ok(item) = decode(bytes, limits) {
            assert_eq!(encode(&item), bytes, "another encoding of the same item");
        }
    };
    limits(OBJECT_LIMITS);
    limits(ANSWER_LIMITS);
}

fn call(bytes: &[u8]) {
    if let Ok(call) = Call::from_bytes(bytes) {
        assert_eq!(call.to_bytes(), bytes);
    }
}

fn answer(bytes: &[u8]) {
    let Ok(answer) = Answer::from_bytes(bytes) else { return };
    assert_eq!(answer.to_bytes(), bytes);
    for item in &answer.items {
        let _ = item.data();
    }
}

fn blind_answer(bytes: &[u8]) {
    if let Ok(answer) = BlindAnswer::from_bytes(bytes) {
        assert_eq!(answer.to_bytes(), bytes);
    }
}

fn command_answer(bytes: &[u8]) {
    if let Ok(answer) = CommandAnswer::from_bytes(bytes) {
        assert_eq!(answer.to_bytes(), bytes);
    }
}

fn bucket(bytes: &[u8]) {
    if let Ok(bucket) = Bucket::from_bytes(bytes) {
        assert_eq!(bucket.to_bytes(), bytes);
    }
}

fn note(bytes: &[u8]) {
    if let Ok(note) = Note::from_bytes(bytes) {
        assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
    }
    if let Ok(checkpoint) = SignedCheckpoint::from_bytes(bytes) {
        assert_eq!(SignedCheckpoint::from_bytes(&checkpoint.to_bytes()).as_ref(), Ok(&checkpoint));
        assert!(checkpoint.to_bytes().starts_with(checkpoint.unverified().text().as_bytes()));
    }
}

/// Lines of strangers in the checkpoint are not written again.
fn add_checkpoint(bytes: &[u8]) {
    if let Ok(body) = AddCheckpoint::from_bytes(bytes) {
        assert_eq!(AddCheckpoint::from_bytes(&body.to_bytes()), Ok(body));
    }
}

fn leaf(bytes: &[u8]) {
    if let Ok(leaf) = Leaf::from_bytes(bytes) {
        assert_eq!(leaf.to_bytes(), bytes);
    }
}

/// The note inside may have lines of strangers, which are not written again.
fn head(bytes: &[u8]) {
    if let Ok(head) = Head::from_bytes(bytes) {
        assert_eq!(Head::from_bytes(&head.to_bytes()), Ok(head));
    }
}

fn proven_bucket(bytes: &[u8]) {
    if let Ok(proven) = ProvenBucket::from_bytes(bytes) {
        assert_eq!(ProvenBucket::from_bytes(&proven.to_bytes()), Ok(proven));
    }
}

fn view(bytes: &[u8]) {
    if let Ok(view) = View::from_bytes(bytes) {
        assert_eq!(view.to_bytes(), bytes);
    }
}

fn evidence(bytes: &[u8]) {
    let Ok(evidence) = Evidence::from_bytes(bytes) else { return };
    assert_eq!(evidence.to_bytes(), bytes);
    assert!(evidence.verdict().is_ok());
}

fn log_items(bytes: &[u8]) {
    if let Ok(items) = items_from_bytes(bytes) {
        assert_eq!(items_to_bytes(&items), bytes);
    }
}

fn tile(bytes: &[u8]) {
    if let Some(tile) = std::str::from_utf8(bytes).ok().and_then(Tile::from_path) {
        assert_eq!(
            Some(tile.to_string().as_str()),
            std::str::from_utf8(bytes).ok().map(|path| format!("tile/{path}")).as_deref()
        );
    }
    for count in 0..4 {
        if let Ok(leaves) = unbundle(bytes, count) {
            assert_eq!(bundle(leaves.into_iter()), bytes);
        }
    }
    let tile = Tile { kind: Kind::Hashes(0), number: 0, width: 1 };
    assert_eq!(TileNodes::new(1).bring(&tile, bytes).is_ok(), bytes.len() == 32);
}

fn decision(bytes: &[u8]) {
    if let Ok(decision) = Decision::from_bytes(bytes) {
        assert_eq!(decision.to_bytes(), bytes);
    }
}

/// The handle inside, as a holder that writes nonsense would seal it.
fn holder_handle(bytes: &[u8]) {
    let (key, random) = (AeadKey::from_bytes([7; 32]), SeededRandom::new([7; 32]));
    let (holder, tag) = (Principal::new([7; 32]), [7; 16]);
    let place = [holder.as_bytes().as_slice(), &tag].concat();
    let opened = HolderHandle::open(&key, &holder, &tag, &key.seal(&random, &place, bytes));
    assert_eq!(opened.map(|handle| handle.pod.as_bytes().to_vec()).ok(), (bytes.len() == 16).then(|| bytes.to_vec()));
}

/// Nobody sealed these bytes.
fn sealed(bytes: &[u8]) {
    let key = SealPrivateKey::from_seed(&[7; 32]);
    assert!(Decision::open(&key, &ObjectId::new([7; 32]), bytes).is_err());
    assert!(hpke::open(&key, &[], &[], bytes).is_err());
    assert!(Posted::open(&Sealed { id: ObjectId::new([7; 32]), sealed: bytes.to_vec() }, &key).is_err());
    assert!(AeadKey::from_bytes([7; 32]).open(&[], bytes).is_err());
}

fn jwks(bytes: &[u8]) {
    let _ = Jwks::from_json(bytes);
}

/// Whatever is changed in a token, it is not believed: the claims of those that are come unchanged.
fn jws(bytes: &[u8]) {
    let Ok(token) = std::str::from_utf8(bytes) else { return };
    let keys = Jwks::from_json(PROVIDER_KEYS.as_bytes()).expect("the key of RFC 7515 A.3");
    assert!(jws::verify(token, &keys).is_err() || token == ES256_TOKEN, "a forged token");
}

fn snapshot(bytes: &[u8]) {
    let _ = Registry::read_snapshot(bytes);
}

fn inspect(bytes: &[u8]) {
    let _ = in_words(bytes);
    if let Ok(proof) = ProofFile::from_json(bytes) {
        let _ = proof.inspect(&[]);
    }
}

fn value(bytes: &[u8]) {
    let Ok(value) = Value::from_cbor(bytes) else { return };
    assert_eq!(value.to_cbor(), bytes);
    assert_eq!(Value::from_json(&value.to_json()).as_ref(), Ok(&value));
}

fn predicate(bytes: &[u8]) {
    let Ok(item) = decode(bytes, OBJECT_LIMITS) else { return };
    let Ok(predicate) = Predicate::from_cbor(0, item) else { return };
    assert_eq!(encode(&predicate.to_cbor()), bytes);
    // The constant as a record: whatever it is, the answer is one of those that there are.
    let record = Value::Map([(predicate.field.to_string(), Value::Text("2019-08-01".into()))].into());
    assert!(matches!(predicate.evaluate(&[record]), Value::Null | Value::Bool(_) | Value::Int(_)));
}
