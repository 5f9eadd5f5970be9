//! The files in `vectors/` are those that the generator writes, and each case in them ends as it says. Everything is read from
//! the files alone, as another implementation would.

use std::path::PathBuf;
use std::sync::Arc;

use pod_crypto::PublicKey;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::{Answer, Receipt, check_against_receipt};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::chain::{ChainFacts, SharedGrant, check};
use pod_protocol::command::{Acknowledgement, Command, CommandAnswer};
use pod_protocol::field::{FieldPath, project, withhold};
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::ids::{Kid, Thumbprint};
use pod_protocol::key_event::{KeyEvent, KeyState, Taken};
use pod_protocol::notice::{Notice, NoticeReceipt};
use pod_protocol::path::{Caller, Channel, ReplayWindow, verify};
use pod_protocol::predicate::Predicate;
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::request::{Call, Request};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::standing::{Representative, Standing};
use pod_protocol::statement::{Membership, Profile};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::evidence::{Evidence, Verdict};
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_protocol::tlog::map::ProvenBucket;
use pod_protocol::tlog::post::{LogPost, items_from_bytes, items_to_bytes};
use pod_protocol::tlog::witness::AddCheckpoint;
use pod_protocol::tree_head::TreeHead;
use pod_protocol::value::Value;
use pod_protocol::{Payload, Refusal, Signed};
use serde_json::Value as Json;

use crate::vectors::unhex;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn read(file: &str) -> Json {
    serde_json::from_str(&std::fs::read_to_string(folder().join(file)).unwrap()).unwrap()
}

#[test]
fn they_are_the_generators() {
    let mut written: Vec<String> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let files = crate::vectors::files();
    written.sort();
    let mut known: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(written, known);
    for (name, text) in files {
        let found = std::fs::read_to_string(folder().join(name)).unwrap();
        assert!(
            found == text,
            "{name} differs: run `cargo run -p pod-protocol --example vectors` and say why in the commit"
        );
    }
}

#[test]
fn there_are_many_that_must_be_refused() {
    let invalid: usize = crate::vectors::files()
        .iter()
        .map(|(name, _)| {
            let cases = read(name)["cases"].as_array().unwrap().clone();
            cases.iter().filter(|case| case["expect"].as_str().is_some_and(|expect| expect != "accepted")).count()
        })
        .sum();
    println!("{invalid} cases must be refused");
    assert!(invalid >= 500, "{invalid}");
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}"))
}

fn secs(json: &Json, name: &str) -> u64 {
    json[name].as_u64().unwrap()
}

fn key(json: &Json) -> PublicKey {
    PublicKey::from_bytes(&unhex(json.as_str().unwrap()).try_into().unwrap()).unwrap()
}

fn code<T>(result: Result<T, Refusal>) -> &'static str {
    result.map_or_else(Refusal::code, |_| "accepted")
}

/// Runs each case of a file.
fn each(file: &str, run: impl Fn(&Json, &Json) -> String) {
    let json = read(file);
    for case in json["cases"].as_array().unwrap() {
        assert_eq!(run(&json, case), text(case, "expect"), "{file}: {} ({})", case["name"], case["why"]);
    }
}

fn objects<T: Payload>(file: &str) {
    each(file, |json, case| {
        assert_eq!(text(json, "typ"), T::TYP);
        let bytes = unhex(text(case, "bytes"));
        let result = Signed::<T>::decode(&bytes).and_then(|signed| {
            let id = signed.id().to_string();
            let verified = signed.verify(&key(&json["keys"][text(case, "key")]["public"]))?;
            assert_eq!((id.as_str(), bytes.len() as u64), (text(case, "id"), secs(case, "length")));
            Ok(verified)
        });
        code(result).to_owned()
    });
}

#[test]
fn each_object_ends_as_it_says() {
    objects::<TreeHead>("envelope.json");
    objects::<TreeHead>("tree-head.json");
    objects::<Grant>("grant.json");
    objects::<Request>("request.json");
    objects::<Receipt>("receipt.json");
    objects::<Command>("command.json");
    objects::<Acknowledgement>("acknowledgement.json");
    objects::<Revocation>("revocation.json");
    objects::<KeyEvent>("key-event.json");
    objects::<Notice>("notice.json");
    objects::<NoticeReceipt>("notice-receipt.json");
    objects::<Membership>("membership.json");
    objects::<Profile>("profile.json");
    objects::<AccessRequest>("access-request.json");
    objects::<HolderEntry>("holder-entry.json");
    objects::<BlindRequest>("blind-request.json");
    objects::<LogPost>("log-post.json");
}

/// The log of a case: what is taken in when, and by whom identified, is told beside the events when it matters.
fn log(case: &Json) -> Result<KeyState, Refusal> {
    let events = case["events"].as_array().unwrap().iter();
    let mut events = events.map(|event| Signed::<KeyEvent>::decode(&unhex(event.as_str().unwrap()))).enumerate();
    let first = KeyState::begin(events.next().unwrap().1?)?;
    let state = events.try_fold(first, |state, (number, event)| {
        let event = event?;
        let signed_secs = event.unverified().time_secs;
        let taken = match case.get("taken").map(|all| &all[number]) {
            None => Taken::logged(signed_secs),
            Some(taken) => Taken {
                taken_secs: secs(taken, "taken"),
                logged_secs: taken["logged"].as_u64(),
                identified: taken["identified"] == true,
            },
        };
        state.apply(event, taken)
    })?;
    Ok(match case["now"].as_u64() {
        Some(now_secs) => state.settled(now_secs),
        None => state,
    })
}

/// A grant as a holder takes it in: its signature holds under some key that the file names.
fn grant(json: &Json, link: &Json) -> SharedGrant {
    let signed = Signed::<Grant>::decode(&unhex(link.as_str().unwrap())).unwrap();
    let keys = json["keys"].as_object().unwrap().values();
    let found = keys.map(|known| key(&known["public"])).find(|known| Thumbprint::of(known).kid() == signed.kid());
    Arc::new(signed.verify(&found.unwrap()).unwrap())
}

fn standing(json: &Json, case: &Json) -> Standing {
    let mut standing = Standing::new(text(json, "pod").parse().unwrap());
    standing.subject = Some(log(&serde_json::json!({"events": json["subject_log"]})).unwrap());
    for one in json["representatives"].as_array().unwrap() {
        standing.representatives.push(Representative {
            keys: log(&serde_json::json!({"events": one["log"]})).unwrap(),
            from_secs: secs(one, "from_secs"),
            until_secs: secs(one, "until_secs"),
        });
    }
    for target in case["revoked"].as_array().into_iter().flatten() {
        standing.revoke(&match target {
            one if one["grant"].is_string() => Target::Grant(text(one, "grant").parse().unwrap()),
            one if one["key"].is_string() => {
                Target::KeySince(text(one, "key").parse().unwrap(), secs(one, "since_secs"))
            }
            one => Target::PodBefore(standing.pod, secs(one, "pod_before_secs")),
        });
    }
    standing
}

#[test]
fn each_chain_ends_as_it_says() {
    each("chains.json", |json, case| {
        let chain: Vec<SharedGrant> = case["links"].as_array().unwrap().iter().map(|link| grant(json, link)).collect();
        let organisation_of = |key: &Thumbprint| Some(json["members"][key.to_string()].as_str()?.parse().unwrap());
        let facts = ChainFacts {
            standing: &standing(json, case),
            holder: &text(json, "holder").parse().unwrap(),
            taken_secs: &[],
            organisation_of: &organisation_of,
            revocations_fresh: case["revocations_fresh"].as_bool().unwrap_or(true),
            now_secs: case["now_secs"].as_u64().unwrap_or_else(|| secs(json, "now_secs")),
        };
        code(check(&chain, &facts)).to_owned()
    });
}

#[test]
fn each_request_ends_as_it_says() {
    each("requests.json", |json, case| {
        let own = |name: &str| case.get(name).unwrap_or(&json[name]).clone();
        let now = secs(json, "now_secs");
        let caller = own("caller");
        let caller = caller.is_object().then(|| Caller {
            service: text(&caller, "service").parse().unwrap(),
            organisation: text(&caller, "organisation").parse().unwrap(),
            key: key(&caller["key"]),
            suspended: false,
        });
        let channel = own("channel");
        let fixed = |name: &str| Some(unhex(channel[name].as_str()?).try_into().unwrap());
        let origins = channel["origins"].as_array().into_iter().flatten();
        let channel = Channel {
            peer: fixed("peer"),
            exporter: fixed("exporter"),
            origins: origins.map(|origin| origin.as_str().unwrap().to_owned()).collect(),
            nonce: channel["nonce"].as_str().map(|nonce| nonce.parse().unwrap()),
        };
        let holder = text(json, "holder").parse().unwrap();
        let signed = || Signed::<Request>::decode(&unhex(text(case, "bytes")));
        let mut window = ReplayWindow::new();
        let mut run = || {
            let admit = |kid, cti, expires| window.admit(kid, cti, expires, now);
            signed().and_then(|signed| verify(signed, caller, &holder, &channel, now, admit))
        };
        if case["seen"] == true {
            run().unwrap();
        }
        code(run()).to_owned()
    });
}

#[test]
fn each_key_log_ends_as_it_says() {
    each("key-event-logs.json", |_, case| {
        let state = match log(case) {
            Ok(state) => state,
            Err(refusal) => return refusal.code().to_owned(),
        };
        for question in case["new_grants"].as_array().into_iter().flatten() {
            let kid: Kid = text(question, "kid").parse().unwrap();
            assert_eq!(state.grantor_now(kid).is_ok(), question["may"] == true, "{}: {question}", case["name"]);
        }
        for question in case["may_sign_grants"].as_array().into_iter().flatten() {
            assert_eq!(state.principal().to_string(), text(case, "principal"));
            let kid: Kid = text(question, "kid").parse().unwrap();
            let found =
                state.check_signer_at(kid, secs(question, "key_event"), secs(question, "iat"), secs(question, "iat"));
            let found = found.map_err(|fault| Refusal::Chain { link: 0, fault });
            assert_eq!(code(found), text(question, "expect"), "{}: {question}", case["name"]);
        }
        "accepted".to_owned()
    });
}

#[test]
fn each_members_keys_are_what_it_says() {
    each("member-keys.json", |json, case| {
        let anchor_key = key(&json["keys"][text(&json["anchor"], "key")]["public"]);
        let anchor = Anchor { principal: text(&json["anchor"], "principal").parse().unwrap(), key: anchor_key };
        let statements = case["statements"].as_array().unwrap().iter();
        let statements: Vec<Vec<u8>> = statements.map(|one| unhex(one.as_str().unwrap())).collect();
        let (registry, refused) = Registry::build(&anchor, &statements, secs(json, "now_secs"));
        let member = registry.organisation_named("helsinki").unwrap();
        let keys: Vec<PublicKey> = case["signs_with"].as_array().unwrap().iter().map(key).collect();
        assert_eq!(member.keys(), keys, "{}", case["name"]);
        for question in case["signed"].as_array().into_iter().flatten() {
            let found =
                member.key_log().unwrap().signer_at(text(question, "kid").parse().unwrap(), secs(question, "at"));
            assert_eq!(found.is_ok(), question["holds"] == true, "{}: {question}", case["name"]);
        }
        match refused.as_slice() {
            [] => "accepted".to_owned(),
            [(last, refusal)] if *last + 1 == statements.len() => refusal.code().to_owned(),
            others => panic!("{}: {others:?}", case["name"]),
        }
    });
}

#[test]
fn each_message_ends_as_it_says() {
    each("messages.json", |json, case| {
        let bytes = unhex(text(case, "bytes"));
        let helsinki = key(&json["keys"]["helsinki"]["public"]);
        let result = match text(case, "kind") {
            "call" => Call::from_bytes(&bytes).map(|call| assert_eq!(call.to_bytes(), bytes)),
            "answer" => Answer::from_bytes(&bytes).and_then(|answer| {
                assert_eq!(answer.to_bytes(), bytes);
                let receipt = Signed::<Receipt>::decode(&answer.receipt)?.verify(&helsinki)?;
                if let Some(data) = case.get("data") {
                    assert_eq!(answer.items[0].data().unwrap().to_json(), *data);
                }
                check_against_receipt(&answer.items, &receipt)
            }),
            "command answer" => CommandAnswer::from_bytes(&bytes).map(|answer| assert_eq!(answer.to_bytes(), bytes)),
            "blind answer" => BlindAnswer::from_bytes(&bytes).map(|answer| assert_eq!(answer.to_bytes(), bytes)),
            other => panic!("{other}"),
        };
        code(result).to_owned()
    });
}

#[test]
fn what_the_log_shows_ends_as_it_says() {
    each("log.json", |json, case| {
        let bytes = unhex(text(case, "bytes"));
        let directory = key(&json["keys"]["archive"]["public"]);
        let written = |again: Vec<u8>| assert_eq!(again, bytes);
        let said = |fault: LogFault| fault.code().to_owned();
        let result = match text(case, "kind") {
            "leaf" => Leaf::from_bytes(&bytes).map(|leaf| written(leaf.to_bytes())),
            "add checkpoint" => match AddCheckpoint::from_bytes(&bytes) {
                Ok(body) => {
                    written(body.to_bytes());
                    Ok(())
                }
                Err(fault) => return said(fault),
            },
            "head" => Head::from_bytes(&bytes).map(|head| written(head.to_bytes())),
            "log items" => items_from_bytes(&bytes).map(|items| written(items_to_bytes(&items))),
            "evidence" => Evidence::from_bytes(&bytes).map(|evidence| {
                assert_eq!(evidence.verdict(), Ok(Verdict::TwoRoots));
                written(evidence.to_bytes());
            }),
            "note" => match SignedCheckpoint::from_bytes(&bytes) {
                Ok(note) => {
                    assert!(note.is_signed_by(&directory));
                    let cosigned = note.signatures().last().unwrap();
                    let helsinki = key(&json["keys"]["helsinki"]["public"]);
                    assert_eq!(note.unverified().cosigned_secs(cosigned, &helsinki), Some(secs(json, "now_secs") + 1));
                    written(note.to_bytes());
                    Ok(())
                }
                Err(fault) => return said(fault),
            },
            "proven bucket" => match ProvenBucket::from_bytes(&bytes) {
                Ok(proven) => {
                    let Body::State(state) = Leaf::from_bytes(&proven.head.leaf).unwrap().body else {
                        panic!("a state")
                    };
                    if let Err(fault) = proven.check(&state) {
                        return said(fault);
                    }
                    written(proven.to_bytes());
                    Ok(())
                }
                Err(refusal) => Err(refusal),
            },
            other => panic!("{other}"),
        };
        code(result).to_owned()
    });
}

#[test]
fn each_predicate_answers_as_it_says() {
    for case in read("predicates.json")["cases"].as_array().unwrap() {
        let item =
            pod_protocol::codec::decode(&unhex(text(case, "bytes")), pod_protocol::codec::OBJECT_LIMITS).unwrap();
        let predicate = Predicate::from_cbor(0, item).unwrap();
        let records: Vec<Value> =
            case["records"].as_array().unwrap().iter().map(|record| Value::from_json(record).unwrap()).collect();
        assert_eq!(predicate.evaluate(&records).to_json(), case["answer"], "{}", case["why"]);
    }
}

#[test]
fn each_projection_leaves_what_it_says() {
    let paths = |texts: &Json| -> Vec<FieldPath> {
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
    };
    for case in read("fields.json")["cases"].as_array().unwrap() {
        let mut record = Value::from_json(&case["record"]).unwrap();
        withhold(&mut record, &paths(&case["withheld"]));
        let left = project(&record, &paths(&case["paths"])).map_or(Json::Null, |left| left.to_json());
        assert_eq!(left, case["released"], "{}", case["why"]);
    }
}
