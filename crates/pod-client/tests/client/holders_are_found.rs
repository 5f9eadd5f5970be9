//! A wallet that knows only its identity code and has a login finds its holders; the servers see blinded input and whole
//! buckets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use pod_client::blinder::BlinderClient;
use pod_client::directory::DirectoryClient;
use pod_client::wallet::find_holders;
use pod_crypto::SeededRandom;
use pod_crypto::blind::{BlinderKey, Blinding};
use pod_protocol::bucket::{Bucket, bucket_of};
use pod_protocol::cose::Verified;
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, Tag, blind_info, tag_and_key};
use pod_protocol::ids::{PodId, Principal, base64url, from_base64url};
use serde_json::{Value, json};

use crate::world::{DAY, NOW, World, city, key, registry, url};

const EPOCH: u16 = 3;
const BITS: u8 = 4;
const CODE: &str = "010114A123X";

fn blinder_key(seed: u8) -> BlinderKey {
    BlinderKey::from_seed(&[seed; 32]).unwrap()
}

/// An entry as a holder publishes it.
fn entry(holder: u8, signer: u8, code: &str, expires: u64) -> (Tag, Vec<u8>) {
    let random = SeededRandom::new([holder; 32]);
    let info = blind_info(&city(holder), EPOCH);
    let (blinding, blinded) = Blinding::blind(code.as_bytes(), &random).unwrap();
    let evaluation = blinder_key(1).evaluate(&blinded, &info, &random).unwrap();
    let output = blinding.finalize(&info, &evaluation, &blinder_key(1).public()).unwrap();
    let (tag, sealing) = tag_and_key(&output);
    let handle = HolderHandle {
        pod: PodId::new([holder; 16]),
        record_types: vec!["residence".parse().unwrap()],
        enrolment: None,
    };
    let sealed = handle.seal(&sealing, &city(holder), &tag, &random).unwrap();
    let entry = HolderEntry { holder: city(holder), expires, issued: NOW - 60, tag, sealed: Some(sealed) };
    (tag, Verified::sign(&key(signer), entry).bytes().to_vec())
}

#[derive(Clone)]
struct Servers {
    entries: Arc<Vec<(Tag, Vec<u8>)>>,
    blinder: u8,
    inputs: Arc<Mutex<Vec<Value>>>,
}

async fn evaluate(State(servers): State<Servers>, Json(body): Json<Value>) -> impl IntoResponse {
    let random = SeededRandom::new([99; 32]);
    let blinded: [u8; 32] = from_base64url(body["input"].as_str().unwrap()).unwrap().try_into().unwrap();
    let evaluations: Vec<Value> = body["holders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|holder| {
            let principal: Principal = holder.as_str().unwrap().parse().unwrap();
            let key = blinder_key(servers.blinder);
            let evaluation = key.evaluate(&blinded, &blind_info(&principal, EPOCH), &random).unwrap();
            json!({ "holder": holder, "element": base64url(&evaluation.element), "proof": base64url(&evaluation.proof) })
        })
        .collect();
    servers.inputs.lock().unwrap().push(body);
    Json(json!({ "evaluations": evaluations }))
}

async fn buckets(State(servers): State<Servers>) -> impl IntoResponse {
    Json(json!({ "bits": BITS, "entries": servers.entries.len() }))
}

async fn bucket(State(servers): State<Servers>, Path((bits, number)): Path<(u8, u32)>) -> impl IntoResponse {
    let mut inside: Vec<_> = servers.entries.iter().filter(|(tag, _)| bucket_of(tag, bits) == number).collect();
    inside.sort();
    Bucket { bits, number, entries: inside.into_iter().map(|(_, entry)| entry.clone()).collect() }.to_bytes()
}

async fn serve(world: &World, servers: Servers) -> (BlinderClient, DirectoryClient, pod_http::ServerHandle) {
    let router = Router::new()
        .route("/v1/evaluate-citizen", post(evaluate))
        .route("/v1/buckets", get(buckets))
        .route("/v1/buckets/{bits}/{number}", get(bucket))
        .with_state(servers);
    let handle = world.serve(router).await;
    let address = url(&handle);
    let known = pod_client::blinder::BlinderKey { public: blinder_key(1).public(), epoch: EPOCH };
    let blinder = BlinderClient::new(&world.caller, &address, known).unwrap();
    (blinder, DirectoryClient::new(&world.caller, &address).unwrap(), handle)
}

#[tokio::test]
async fn own_holders_and_nobody_elses() {
    let world = World::new();
    let later = NOW + DAY;
    let entries = vec![
        entry(1, 1, CODE, later),
        entry(2, 2, CODE, later),
        // Past its time; signed by another city; another citizen's.
        entry(3, 3, CODE, NOW),
        entry(4, 2, CODE, later),
        entry(5, 5, "020202A456Y", later),
    ];
    let inputs = Arc::default();
    let servers = Servers { entries: Arc::new(entries), blinder: 1, inputs: Arc::clone(&inputs) };
    let (blinder, directory, _running) = serve(&world, servers).await;
    let cities: Vec<(u8, &str)> = (1..=6).map(|seed| (seed, "https://node.example")).collect();
    let registry = registry(&cities);
    let typed = " 010114a123x ";
    let found = find_holders(&world.caller, typed, "login", &registry, &blinder, &directory).await.unwrap();
    let names: BTreeSet<&str> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["city-1", "city-2"]));
    assert!(found.iter().all(|one| one.handle.record_types == ["residence".parse().unwrap()]));
    assert_eq!(found.iter().find(|one| one.holder == city(1)).unwrap().handle.pod, PodId::new([1; 16]));
    // One question, and the code is not in it.
    let inputs = inputs.lock().unwrap();
    assert_eq!(inputs.len(), 1);
    assert!(!inputs[0].to_string().contains(CODE));
    assert_eq!(inputs[0]["holders"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_blinder_with_another_key_than_the_known_one_is_not_believed() {
    let world = World::new();
    let servers = Servers { entries: Arc::new(vec![]), blinder: 2, inputs: Arc::default() };
    let (blinder, directory, _running) = serve(&world, servers).await;
    let registry = registry(&[(1, "https://node.example")]);
    let error = find_holders(&world.caller, CODE, "login", &registry, &blinder, &directory).await.unwrap_err();
    assert_eq!(error.code(), "not-believed");
    assert!(error.to_string().contains("the blinder's proof does not hold"), "{error}");
    assert!(error.advice().contains("federation.toml"), "{}", error.advice());
}
