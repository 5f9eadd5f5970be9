//! A wallet's proof that a log was changed, and its evidence against a directory, prove what was signed: no more, whoever edited them.

use pod_crypto::PublicKey;
use pod_protocol::command::Acknowledgement;
use pod_protocol::ids::{ObjectId, base64url};
use pod_protocol::inspect::{Inspection, ProofFile, inspect_with};
use pod_protocol::merkle::{Frontier, Hash, Nodes};
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tree_head::TreeHead;
use serde_json::{Value as Json, json};

use crate::log_scene::{DIRECTORY, Log};
use crate::support::*;

const NOON: &str = "2026-08-01T12:00:00.000Z";

fn helsinkis() -> [PublicKey; 1] {
    [key(HELSINKI).public_key()]
}

/// What Helsinki says of its log at noon, some seconds later.
fn head_of(log: &Log, later_secs: u64) -> TreeHead {
    let Ok(root) = log.range_root(0, log.size());
    TreeHead { origin: principal(HELSINKI), size: log.size(), root, time_secs: NOW + later_secs }
}

/// A head as the wallet writes it.
fn head(signer: u8, head: TreeHead) -> Json {
    let time = NOON.replace(":00.", &format!(":{:02}.", head.time_secs - NOW));
    json!({
        "size": head.size.to_string(), "root": base64url(&head.root), "signed": time,
        "tree_head": base64url(&signed(signer, head)),
    })
}

fn fork(earlier: Json, later: Json, proof: &[Hash]) -> Json {
    let proof: Vec<String> = proof.iter().map(|hash| base64url(hash)).collect();
    json!({ "organisation": principal(HELSINKI), "seen": NOON, "earlier": earlier, "later": later, "proof": proof })
}

/// What Helsinki acknowledged at noon as the last of so many entries.
fn lack(size: u64, head: Json) -> Json {
    let act = Acknowledgement {
        issuer: principal(HELSINKI),
        audience: principal(CITIZEN),
        issued: NOW,
        of: ObjectId::new([8; 32]),
        audit_index: size - 1,
        tree_size: size,
        tree_root: [1; 32],
    };
    json!({
        "organisation": principal(HELSINKI), "seen": NOON, "acknowledgement": base64url(&signed(HELSINKI, act)),
        "index": (size - 1).to_string(), "head": head,
    })
}

fn file(contradictions: &[Json]) -> String {
    let names = json!({ "fi": "Helsinki", "sv": "Helsingfors", "en": "Helsinki" });
    serde_json::to_string_pretty(&json!({ "about": names, "names": names, "contradictions": contradictions })).unwrap()
}

fn inspected(contradiction: Json, keys: &[PublicKey]) -> Inspection {
    ProofFile::from_json(file(&[contradiction]).as_bytes()).unwrap().inspect(keys)
}

/// What it is found to be, what that proves with Helsinki's key, and whether it holds.
#[track_caller]
fn weighed(contradiction: Json, verdict: &str, proves: &str) {
    let inspection = inspected(contradiction, &helsinkis());
    let found = &inspection.json["contradictions"][0];
    assert_eq!((found["verdict"].as_str(), found["proves"].as_str()), (Some(verdict), Some(proves)), "{inspection}");
    assert_eq!(inspection.holds, Some(proves != "nothing"), "{inspection}");
}

/// The proof that one log goes on from its beginning.
fn growth(log: &Log, from: u64) -> Vec<Hash> {
    let Ok(proof) = log.consistency_proof(from, log.size());
    proof
}

#[test]
fn two_heads_that_cannot_both_be_true() {
    let (one, other, grown) = (Log::of(3, 0), Log::of(3, 1), Log::of(5, 0));
    let at = |log: &Log, secs| head(HELSINKI, head_of(log, secs));
    weighed(fork(at(&one, 0), at(&other, 1), &[]), "two-roots", "lie");
    weighed(fork(at(&grown, 0), at(&one, 1), &[]), "shorter", "lie");
    // However the one who found it puts them, and whatever comes along.
    weighed(fork(at(&one, 1), at(&grown, 0), &growth(&grown, one.size())), "shorter", "lie");
    // The proof is signed by nobody: whoever accuses could have made it up.
    weighed(fork(at(&one, 0), at(&Log::of(5, 1), 1), &growth(&grown, one.size())), "not-continued", "question");
    weighed(fork(at(&one, 0), at(&grown, 1), &[]), "not-continued", "question");
}

#[test]
fn two_heads_that_accuse_nobody() {
    let (one, grown) = (Log::of(3, 0), Log::of(5, 0));
    let at = |log: &Log, secs| head(HELSINKI, head_of(log, secs));
    weighed(fork(at(&one, 0), at(&one, 0), &[]), "same", "nothing");
    weighed(fork(at(&one, 0), at(&one, 9), &[]), "same", "nothing");
    weighed(fork(at(&one, 0), at(&grown, 1), &growth(&grown, one.size())), "continued", "nothing");
    // Within one second a log may grow: nobody can tell which was signed first.
    weighed(fork(at(&grown, 0), at(&one, 0), &growth(&grown, one.size())), "continued", "nothing");
    let empty = TreeHead { origin: principal(HELSINKI), size: 0, root: Frontier::default().root(), time_secs: NOW };
    weighed(fork(head(HELSINKI, empty), at(&one, 1), &[[7; 32]]), "continued", "nothing");
}

#[test]
fn an_act_that_the_log_must_have() {
    let at = |log: &Log, secs| head(HELSINKI, head_of(log, secs));
    let log = Log::of(3, 0);
    // Of the same size with another root; and signed later, without the act.
    weighed(lack(log.size(), at(&log, 0)), "two-roots", "lie");
    weighed(lack(log.size() + 1, at(&log, 1)), "shorter", "lie");
    weighed(lack(log.size() + 1, at(&log, 0)), "older", "nothing");
    // It may stand there: only the organisation can show it, or cannot.
    weighed(lack(log.size() - 1, at(&log, 1)), "not-shown", "question");
}

#[test]
fn whoever_did_not_sign_both_proves_nothing() {
    let (one, other) = (head_of(&Log::of(3, 0), 0), head_of(&Log::of(3, 1), 1));
    // Somebody else signed one of them in Helsinki's name, or both.
    for (first, second) in [(STRANGER, HELSINKI), (HELSINKI, STRANGER), (STRANGER, STRANGER)] {
        weighed(fork(head(first, one), head(second, other), &[]), "two-roots", "nothing");
    }
    // Under two keys that both are Helsinki's it holds.
    let rotated = fork(head(HELSINKI, one), head(STRANGER, other), &[]);
    let both = [key(STRANGER).public_key(), key(HELSINKI).public_key()];
    assert_eq!(inspected(rotated, &both).holds, Some(true));
    // Nobody gave a key: it says what it would prove, and that it is not checked.
    let unchecked = inspected(fork(head(STRANGER, one), head(STRANGER, other), &[]), &[]);
    assert_eq!((unchecked.holds, &unchecked.json["contradictions"][0]["proves"]), (None, &json!("unchecked")));
    assert!(unchecked.to_string().contains("--key"), "{unchecked}");
    // One that holds beside one that does not: it does not hold as a whole.
    let holds = fork(head(HELSINKI, one), head(HELSINKI, other), &[]);
    let forged = fork(head(HELSINKI, one), head(STRANGER, other), &[]);
    let text = file(&[holds, forged]);
    let inspection = ProofFile::from_json(text.as_bytes()).unwrap().inspect(&helsinkis());
    let proves: Vec<&str> =
        (0..2).map(|at| inspection.json["contradictions"][at]["proves"].as_str().unwrap()).collect();
    assert_eq!((proves, inspection.holds), (vec!["lie", "nothing"], Some(false)));
}

#[test]
fn a_byte_that_was_changed_is_found() {
    let (one, other) = (head_of(&Log::of(3, 0), 0), head_of(&Log::of(3, 1), 1));
    let text = file(&[fork(head(HELSINKI, one), head(HELSINKI, other), &[]), lack(7, head(HELSINKI, other))]);
    let whole = ProofFile::from_json(text.as_bytes()).unwrap().inspect(&helsinkis());
    assert_eq!(whole.holds, Some(true));
    // What nobody signed may say what it likes: when it was seen, and what people call the organisation.
    let unsigned = |text: &str| text.contains("\"seen\"") || text.contains("\"Helsin");
    let mut found = std::collections::BTreeSet::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        for inside in 0..line.len() {
            let mut changed = text.clone().into_bytes();
            changed[at + inside] ^= 1;
            match ProofFile::from_json(&changed) {
                Err(fault) => drop(found.insert(fault.code())),
                Ok(proof) => {
                    let inspection = proof.inspect(&helsinkis());
                    let is_unsigned = unsigned(line) && inspection.json == whole.json;
                    assert!(is_unsigned || inspection.holds == Some(false), "{line} {inside}: {inspection}");
                }
            }
        }
        at += line.len();
    }
    assert!(found.contains("proof-shape") && found.contains("proof-differs"), "{found:?}");
}

#[test]
fn its_own_words_are_those_that_were_signed() {
    let (one, other) = (head_of(&Log::of(3, 0), 0), head_of(&Log::of(3, 1), 1));
    let honest = fork(head(HELSINKI, one), head(HELSINKI, other), &[]);
    let code = |change: &dyn Fn(&mut Json)| {
        let mut changed = honest.clone();
        change(&mut changed);
        ProofFile::from_json(file(&[changed]).as_bytes()).map(|_| ()).map_err(|fault| fault.code())
    };
    assert_eq!(code(&|_| ()), Ok(()));
    assert_eq!(code(&|it| it["organisation"] = json!(principal(ESPOO))), Err("proof-differs"));
    assert_eq!(code(&|it| it["earlier"]["size"] = json!("7")), Err("proof-differs"));
    assert_eq!(code(&|it| it["earlier"]["signed"] = json!("2026-08-01T12:00:01.000Z")), Err("proof-differs"));
    assert_eq!(code(&|it| it["later"]["root"] = it["earlier"]["root"].clone()), Err("proof-differs"));
    assert_eq!(code(&|it| it["later"]["more"] = json!(1)), Err("proof-shape"));
    assert_eq!(code(&|it| it["proof"] = json!(["AAAA"])), Err("proof-shape"));
    assert_eq!(code(&|it| it["later"]["tree_head"] = json!("0oRY")), Err("cbor-truncated"));
    let grant = base64url(&signed(CITIZEN, grant(HELSINKI)));
    assert_eq!(code(&|it| it["later"]["tree_head"] = json!(grant)), Err("cose-typ"));
    for text in ["{", "{}", "[]", &file(&[]), &file(&vec![honest.clone(); 300])] {
        assert_eq!(ProofFile::from_json(text.as_bytes()).unwrap_err().code(), "proof-shape", "{text:.40}");
    }
}

#[test]
fn evidence_against_a_directory_holds_under_its_keys_alone() {
    let (kept, shown) = (Log::of(3, 0).head().checkpoint.to_bytes(), Log::of(3, 1).head().checkpoint.to_bytes());
    let evidence = Evidence { code: "log-fork".to_owned(), noticed_secs: NOW, kept, shown };
    let of = |evidence: &Evidence, keys: &[PublicKey]| {
        let inspection = inspect_with(&evidence.to_bytes(), keys);
        (inspection.json["proves"].as_str().unwrap().to_owned(), inspection.holds)
    };
    let directorys = [key(DIRECTORY).public_key()];
    assert_eq!(of(&evidence, &[]), ("unchecked".to_owned(), None));
    assert_eq!(of(&evidence, &directorys), ("lie".to_owned(), Some(true)));
    assert_eq!(of(&evidence, &helsinkis()), ("nothing".to_owned(), Some(false)));
    // Another root, written over the true one.
    let text = String::from_utf8(evidence.shown.clone()).unwrap();
    let root = text.lines().nth(2).unwrap();
    let other = root.replacen(&root[..1], if root.starts_with('A') { "B" } else { "A" }, 1);
    let edited = Evidence { shown: text.replacen(root, &other, 1).into_bytes(), ..evidence.clone() };
    assert_eq!(of(&edited, &directorys), ("nothing".to_owned(), Some(false)));
    // Twice the same, an old one again, and one that goes on or does not: that alone is no lie.
    let with = |shown: &Log| Evidence { shown: shown.head().checkpoint.to_bytes(), ..evidence.clone() };
    assert_eq!(of(&with(&Log::of(3, 0)), &directorys), ("nothing".to_owned(), Some(false)));
    assert_eq!(of(&with(&Log::of(2, 0)), &directorys), ("question".to_owned(), Some(true)));
    assert_eq!(of(&with(&Log::of(4, 1)), &directorys), ("question".to_owned(), Some(true)));
}

#[test]
fn signatures_of_other_objects_are_checked_too() {
    let of = |bytes: &[u8], keys: &[PublicKey]| {
        let inspection = inspect_with(bytes, keys);
        (inspection.json["signature"].as_str().unwrap().to_owned(), inspection.holds)
    };
    let mut bytes = signed(HELSINKI, head_of(&Log::of(3, 0), 0));
    assert_eq!(of(&bytes, &[]), ("unchecked".to_owned(), None));
    assert_eq!(of(&bytes, &helsinkis()), ("holds".to_owned(), Some(true)));
    assert_eq!(of(&bytes, &[key(ESPOO).public_key()]), ("other-key".to_owned(), Some(false)));
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(of(&bytes, &helsinkis()), ("broken".to_owned(), Some(false)));
    let checkpoint = Log::of(3, 0).head().checkpoint.to_bytes();
    assert_eq!(of(&checkpoint, &[key(DIRECTORY).public_key()]), ("holds".to_owned(), Some(true)));
    assert_eq!(of(&checkpoint, &helsinkis()), ("broken".to_owned(), Some(false)));
}
