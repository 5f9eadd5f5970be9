//! Vectors from elsewhere, read in place: RFC 8949 appendix A, and the COSE working group's examples.
//!
//! `AITTA_VECTORS` names their folder. Set and lacking files is a failure; unset, the tests say that they were skipped.

use std::path::PathBuf;

use base64::Engine as _;
use pod_crypto::{PublicKey, hmac_sha256};
use pod_protocol::codec::{Cbor, OBJECT_LIMITS, decode, encode};
use pod_protocol::cose::{kind_of, signature_structure};
use pod_protocol::grant::Grant;
use pod_protocol::{Refusal, Signed};
use serde_json::Value as Json;

use crate::vectors::unhex;

/// The folder of the vectors, or none, which was said.
pub(crate) fn folder(of: &str) -> Option<PathBuf> {
    match std::env::var_os("AITTA_VECTORS") {
        Some(folder) => {
            // Relative to the workspace, where commands are given, not to the package, where tests run.
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join(of);
            assert!(folder.is_dir(), "AITTA_VECTORS is set, so {of} must be a folder under it");
            Some(folder)
        }
        None => {
            println!("skipped: AITTA_VECTORS is unset");
            None
        }
    }
}

/// All JSON files below a folder, with their paths.
pub(crate) fn files(folder: &std::path::Path) -> Vec<(PathBuf, Json)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.push((path, json));
        }
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

/// What this profile says of an example that it does not take: the first thing in byte order that it has no use for.
fn reason(hex: &str) -> Option<&'static str> {
    Some(match hex {
        "1bffffffffffffffff" | "3bffffffffffffffff" => "cbor-integer-range",
        "f7" | "f0" | "f818" | "f8ff" => "cbor-simple",
        _ if hex.starts_with('c') || hex.starts_with('d') => "cbor-tag",
        _ if hex.starts_with("f9") || hex.starts_with("fa") || hex.starts_with("fb") => "cbor-float",
        // Of indefinite length, outside or inside; no other example has these pairs of digits in this place.
        _ if ["5f", "7f", "9f", "bf"].iter().any(|open| hex.starts_with(open)) => "cbor-indefinite",
        "83018202039f0405ff" | "83019f0203ff820405" | "826161bf61626163ff" => "cbor-indefinite",
        _ => return None,
    })
}

#[test]
fn rfc_8949_appendix_a() {
    let Some(folder) = folder("cbor") else { return };
    let text = std::fs::read(folder.join("rfc8949_appendix_a.json")).unwrap();
    let examples: Vec<Json> = serde_json::from_slice(&text).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for example in &examples {
        let hex = example["hex"].as_str().unwrap();
        let bytes = unhex(hex);
        match (decode(&bytes, OBJECT_LIMITS), reason(hex)) {
            (Ok(item), None) => {
                assert_eq!(encode(&item), bytes, "{hex}");
                accepted += 1;
            }
            (Err(fault), Some(code)) => {
                assert_eq!(fault.code(), code, "{hex}");
                refused += 1;
            }
            (found, expected) => panic!("{hex}: {found:?}, expected {expected:?}"),
        }
    }
    println!("{accepted} accepted and written again, {refused} refused by this profile");
    assert_eq!((examples.len(), accepted), (82, 35));
}

/// How the lenient verifier, which exists in this test alone, ends.
#[derive(Debug, PartialEq)]
enum Legacy {
    Holds,
    Fails,
    /// Made with something that no library here has: Ed448, AES-CCM.
    NotHere(&'static str),
}

fn field(json: &Json, name: &str) -> Vec<u8> {
    match (json[name].as_str(), json[format!("{name}_hex")].as_str()) {
        (_, Some(hex)) => unhex(hex),
        (Some(text), _) => base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap(),
        _ => panic!("{name} in {json}"),
    }
}

fn signature_holds(algorithm: &Cbor, key: &Json, message: &[u8], signature: &[u8]) -> bool {
    if *algorithm == Cbor::from(-7) && key["crv"] == "P-256" {
        let point = [vec![4], field(key, "x"), field(key, "y")].concat();
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point);
        return key.verify(message, signature).is_ok();
    }
    if *algorithm == Cbor::from(-8) && key["crv"] == "Ed25519" {
        let key = PublicKey::from_bytes(&field(key, "x").try_into().unwrap()).unwrap();
        return signature.try_into().is_ok_and(|signature| key.verify(message, &signature).is_ok());
    }
    false
}

fn byte_string(item: &Cbor) -> Vec<u8> {
    item.as_bytes().cloned().unwrap_or_default()
}

fn header(bytes: &[u8]) -> Cbor {
    if bytes.is_empty() { Cbor::Map(Vec::new()) } else { ciborium::from_reader(bytes).unwrap() }
}

fn entry(map: &Cbor, wanted: i64) -> Option<Cbor> {
    map.as_map()?.iter().find(|(key, _)| *key == Cbor::from(wanted)).map(|(_, value)| value.clone())
}

/// Verifies an example as generously as RFC 9052 allows, and with the algorithms -7, -8 and 4 that Aitta refuses.
fn legacy(input: &Json, bytes: &[u8]) -> Legacy {
    let external = input["sign0"]["external"].as_str().map(unhex).unwrap_or_default();
    let (tag, body) = match ciborium::from_reader(bytes).unwrap() {
        Cbor::Tag(tag, body) => (Some(tag), *body),
        body => (None, body),
    };
    let Cbor::Array(parts) = body else { return Legacy::Fails };
    let protected = match byte_string(&parts[0]) {
        // RFC 9052 §3: an empty header is written as an empty string in what is signed.
        protected if protected == [0xa0] => Vec::new(),
        protected => protected,
    };
    let holds = |holds: bool| if holds { Legacy::Holds } else { Legacy::Fails };
    match tag {
        Some(18) | None => {
            let key = &input["sign0"]["key"];
            if key["crv"] == "Ed448" {
                return Legacy::NotHere("Ed448");
            }
            let algorithm = entry(&header(&protected), 1).or_else(|| entry(&parts[1], 1)).unwrap_or(Cbor::Null);
            let message = signature_structure(&protected, &external, &byte_string(&parts[2]));
            holds(signature_holds(&algorithm, key, &message, &byte_string(&parts[3])))
        }
        Some(98) => {
            let signer = &input["sign"]["signers"][0];
            if signer["key"]["crv"] == "Ed448" {
                return Legacy::NotHere("Ed448");
            }
            let Some(Cbor::Array(signature)) = parts[3].as_array().and_then(|all| all.first()) else {
                return Legacy::Fails;
            };
            let own = byte_string(&signature[0]);
            let strings =
                [&protected, &own, &Vec::new(), &byte_string(&parts[2])].map(|bytes| Cbor::Bytes(bytes.clone()));
            let message = Cbor::Array([vec![Cbor::Text("Signature".into())], strings.to_vec()].concat());
            let algorithm = entry(&header(&own), 1).unwrap_or(Cbor::Null);
            holds(signature_holds(&algorithm, &signer["key"], &encode(&message), &byte_string(&signature[2])))
        }
        Some(17) => {
            let key = field(&input["mac0"]["recipients"][0]["key"], "k");
            let strings = [&protected, &external, &byte_string(&parts[2])].map(|bytes| Cbor::Bytes(bytes.clone()));
            let message = Cbor::Array([vec![Cbor::Text("MAC0".into())], strings.to_vec()].concat());
            // HMAC 256/64 (RFC 9053 §3.1): the first 8 bytes.
            let mac = hmac_sha256(&key, &[&encode(&message)]);
            holds(entry(&header(&protected), 1) == Some(4.into()) && mac[..8] == byte_string(&parts[3]))
        }
        Some(16) => Legacy::NotHere("AES-CCM"),
        Some(_) => Legacy::Fails,
    }
}

#[test]
fn cose_working_group_examples() {
    let Some(folder) = folder("cose") else { return };
    let mut counts = std::collections::BTreeMap::new();
    for (path, json) in files(&folder) {
        let (name, bytes) = (path.display(), unhex(json["output"]["cbor"].as_str().unwrap()));
        let found = legacy(&json["input"], &bytes);
        if found != Legacy::Fails {
            assert_ne!(json["fail"], true, "{name} must fail");
        } else {
            assert_eq!(json["fail"], true, "{name} must hold");
        }
        *counts.entry(format!("{found:?}")).or_insert(0) += 1;
        // Whatever it is: it is none of this protocol's objects.
        let refusal: Refusal = Signed::<Grant>::decode(&bytes).unwrap_err();
        let expected =
            ["cbor-tag", "cbor-not-shortest", "cose-alg", "cose-alg-missing", "cose-unprotected", "cose-shape"];
        assert!(expected.contains(&refusal.code()), "{name}: {}", refusal.code());
        assert!(kind_of(&bytes).is_err(), "{name}");
    }
    println!("{counts:?}");
    assert_eq!(counts.values().sum::<i32>(), 18);
    assert_eq!((counts["Holds"], counts["Fails"]), (8, 6));
}

/// RFC 8392 A.6 encrypts the signed token of A.3: what is inside is shown too.
#[test]
fn the_token_inside_the_encrypted_one() {
    let Some(folder) = folder("cose/CWT") else { return };
    let find = |name: &str| files(&folder).into_iter().find(|(path, _)| path.ends_with(name)).unwrap().1;
    let inside = unhex(find("A_6.json")["input"]["plaintext_hex"].as_str().unwrap());
    assert_eq!(legacy(&find("A_3.json")["input"], &inside), Legacy::Holds);
    assert_eq!(Signed::<Grant>::decode(&inside).unwrap_err().code(), "cose-alg");
}
