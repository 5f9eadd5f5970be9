//! `aitta inspect` says what the files prove that a wallet gives out: without keys in words alone, with them by its exit code too.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::ids::{Principal, base64url};
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tree_head::TreeHead;
use serde_json::{Value, json};

use crate::world::{Ran, World, aitta};

const REFUSED: i32 = 3;
const BROKEN: i32 = 6;
const ORIGIN: Principal = Principal::new([7; 32]);
const OTHER: [u8; 32] = [8; 32];

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn public(key: &SigningKey) -> String {
    base64url(&key.public_key().to_bytes())
}

/// With the key of whoever is said to have signed, and with another.
fn with(file: &str, key: &SigningKey) -> Ran {
    aitta(&["inspect", file, "--key", &public(key), "--json"])
}

fn head(root: u8, key: &SigningKey) -> Value {
    let head = TreeHead { origin: ORIGIN, size: 3, root: [root; 32], time_secs: 1_785_585_600 };
    json!({
        "size": "3", "root": base64url(&head.root), "signed": "2026-08-01T12:00:00.000Z",
        "tree_head": base64url(Verified::sign(key, head).bytes()),
    })
}

fn proof(later: Value) -> String {
    let words = json!({ "fi": "Kaupunki", "sv": "Stad", "en": "City" });
    let fork = json!({
        "organisation": ORIGIN, "seen": "2026-08-01T12:00:00.000Z", "earlier": head(1, &key()), "later": later,
        "proof": [],
    });
    json!({ "about": words, "names": words, "contradictions": [fork] }).to_string()
}

#[test]
fn evidence_against_a_directory() {
    let world = World::empty();
    let note = |root| {
        let checkpoint = Checkpoint { origin: ORIGIN, size: 3, root: [root; 32] };
        SignedCheckpoint::sign(checkpoint, &key()).to_bytes()
    };
    let of = |kept, shown| Evidence { code: "log-fork".to_owned(), noticed_secs: 1_785_585_600, kept, shown };
    let file = world.path("evidence.cbor");
    std::fs::write(&file, of(note(1), note(2)).to_bytes()).unwrap();
    let unchecked = aitta(&["inspect", &file, "--json"]).done();
    assert_eq!(unchecked.json()["object"]["proves"], "unchecked");
    assert_eq!(with(&file, &key()).done().json()["object"]["proves"], "lie");
    let other = with(&file, &SigningKey::from_seed(&OTHER));
    assert_eq!((other.code, &other.json()["object"]["proves"]), (BROKEN, &json!("nothing")));
    let words = aitta(&["inspect", &file, "--key", &public(&key())]).done();
    assert!(words.out.contains("showed different people different logs"), "{words:?}");
    // Twice the same accuses nobody.
    std::fs::write(&file, of(note(1), note(1)).to_bytes()).unwrap();
    assert_eq!(with(&file, &key()).code, BROKEN);
}

#[test]
fn the_proof_that_a_holders_log_did_not_hold() {
    let world = World::empty();
    let file = world.write("aitta-city-2026-08-01.json", &proof(head(2, &key())));
    let found = with(&file, &key()).done().json();
    assert_eq!(found["object"]["contradictions"][0]["verdict"], "two-roots");
    assert_eq!(found["object"]["contradictions"][0]["proves"], "lie");
    // By two keys: under the one that is the organisation's it proves nothing.
    let forged = world.write("forged.json", &proof(head(2, &SigningKey::from_seed(&OTHER))));
    let found = with(&forged, &key());
    assert_eq!((found.code, &found.json()["object"]["contradictions"][0]["proves"]), (BROKEN, &json!("nothing")));
    assert!(aitta(&["inspect", &forged]).done().out.contains("only with the signature of the organisation"));
    let same = world.write("same.json", &proof(head(1, &key())));
    assert_eq!(with(&same, &key()).code, BROKEN);
}

#[test]
fn what_is_no_such_proof() {
    let world = World::empty();
    let code = |text: &str| {
        let ran = with(&world.write("proof.json", text), &key());
        assert_eq!(ran.code, REFUSED, "{ran:?}");
        assert!(ran.json()["error"]["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{ran:?}");
        ran.json()["error"]["code"].as_str().unwrap().to_owned()
    };
    let whole = proof(head(2, &key()));
    assert_eq!(code("{}"), "proof-shape");
    assert_eq!(code(&whole[..whole.len() - 1]), "proof-shape");
    assert_eq!(code(&whole.replacen("\"size\":\"3\"", "\"size\":\"4\"", 1)), "proof-differs");
    assert_eq!(code(&whole.replacen("\"tree_head\":\"0oRY", "\"tree_head\":\"0oRX", 1)), "cbor-trailing");
}
