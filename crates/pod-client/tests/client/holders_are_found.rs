//! A wallet that knows only its identity code and has a login finds its holders; the servers see blinded input and whole
//! buckets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use pod_client::CallError;
use pod_client::blinder::BlinderClient;
use pod_client::directory::{NewestSeen, RegistryCopy};
use pod_client::wallet::find_holders;
use pod_crypto::SeededRandom;
use pod_crypto::blind::{BlinderKey, Blinding};
use pod_protocol::cose::Verified;
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, Tag, blind_info, tag_and_key};
use pod_protocol::ids::{PodId, Principal, base64url, from_base64url};
use serde_json::{Value, json};

use crate::log::{Directory, Served, members};
use crate::world::{DAY, NOW, World, anchor, city, key, url};

const EPOCH: u16 = 3;
const CODE: &str = "010114A123X";

fn blinder_key(seed: u8) -> BlinderKey {
    BlinderKey::from_seed(&[seed; 32]).unwrap()
}

/// An entry as a holder publishes it.
fn entry(holder: u8, signer: u8, code: &str, expires: u64) -> (Tag, Vec<u8>) {
    entry_of(holder, signer, code, NOW - 60, expires)
}

fn entry_of(holder: u8, signer: u8, code: &str, issued: u64, expires: u64) -> (Tag, Vec<u8>) {
    let random = SeededRandom::new([holder; 32]);
    let info = blind_info(&city(holder), EPOCH);
    let (blinding, blinded) = Blinding::blind(code.as_bytes(), &random).unwrap();
    let evaluation = blinder_key(1).evaluate(&blinded, &info, &random).unwrap();
    let output = blinding.finalize(&info, &evaluation, &blinder_key(1).public()).unwrap();
    let (tag, sealing) = tag_and_key(&output);
    let handle = HolderHandle { pod: PodId::new([holder; 16]) };
    let sealed = handle.seal(&sealing, &city(holder), &tag, &random);
    let entry = HolderEntry { holder: city(holder), expires, issued, tag, sealed: Some(sealed) };
    (tag, Verified::sign(&key(signer), entry).bytes().to_vec())
}

#[derive(Clone)]
struct Servers {
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

/// A blinder and a directory, and what both were asked.
struct Running {
    blinder: BlinderClient,
    directory: Directory,
    _blinder: pod_http::ServerHandle,
}

impl Running {
    async fn start(world: &World, servers: Servers, entries: Vec<(Tag, Vec<u8>)>) -> Self {
        let handle = world.serve(Router::new().route("/v1/evaluate-citizen", post(evaluate)).with_state(servers)).await;
        let known = pod_client::blinder::BlinderKey { public: blinder_key(1).public(), epoch: EPOCH };
        let blinder = BlinderClient::new(&world.caller, &url(&handle), known).unwrap();
        let directory = Directory::start(world, Served::new(members(), entries)).await;
        Self { blinder, directory, _blinder: handle }
    }

    async fn find(
        &self,
        world: &World,
        code: &str,
        copy: &mut RegistryCopy,
        seen: &mut NewestSeen,
    ) -> Result<BTreeSet<String>, CallError> {
        let found =
            find_holders(&world.caller, code, "login", copy, &self.blinder, &self.directory.client, seen).await?;
        Ok(found.into_iter().map(|one| one.name).collect())
    }
}

fn servers() -> Servers {
    Servers { blinder: 1, inputs: Arc::default() }
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
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
    let servers = servers();
    let inputs = Arc::clone(&servers.inputs);
    let running = Running::start(&world, servers, entries).await;
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let (blinder, directory) = (&running.blinder, &running.directory.client);
    let (typed, mut seen) = (" 010114a123x ", NewestSeen::new());
    let found = find_holders(&world.caller, typed, "login", &mut copy, blinder, directory, &mut seen).await.unwrap();
    assert_eq!(found.iter().map(|one| one.name.clone()).collect::<BTreeSet<_>>(), names(["city-1", "city-2"]));
    assert_eq!(found.iter().find(|one| one.holder == city(1)).unwrap().handle.pod, PodId::new([1; 16]));
    assert_eq!(seen.into_values().collect::<Vec<_>>(), [NOW - 60; 3]);
    // One question, and the code is not in it.
    let inputs = inputs.lock().unwrap();
    assert_eq!(inputs.len(), 1);
    assert!(!inputs[0].to_string().contains(CODE));
    assert_eq!(inputs[0]["holders"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_bucket_with_an_entry_less_or_at_another_place_is_found_out() {
    let world = World::new();
    let both = vec![entry(1, 1, CODE, NOW + DAY), entry(2, 2, CODE, NOW + DAY)];
    let running = Running::start(&world, servers(), both.clone()).await;
    running.directory.change(|served| {
        served.crowd(300);
        served.bits = 2;
        served.publish(NOW);
    });
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let mut seen = NewestSeen::new();
    // The holder of the second is left out; then it is hidden under the first one's place.
    let (first, second) = (&both[0], &both[1]);
    let elsewhere = (first.0, second.1.clone());
    for (instead, sought, code) in [(None, second, "map-root"), (Some(elsewhere), first, "map-place")] {
        running.directory.change(|served| {
            let others = served.entries.iter().filter(|one| *one != second).cloned();
            served.shown = Some(others.chain(instead).collect());
        });
        let mut lookup = running.directory.client.lookup(&mut copy);
        let error = lookup.entries(&city(1), &sought.0, &mut seen, NOW).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    running.directory.change(|served| served.shown = None);
    let found = running.find(&world, CODE, &mut copy, &mut seen).await.unwrap();
    assert_eq!(found, names(["city-1", "city-2"]));
}

#[tokio::test]
async fn an_older_entry_does_not_come_back() {
    let world = World::new();
    let (old, new) = (entry_of(1, 1, CODE, NOW - 60, NOW + DAY), entry_of(1, 1, CODE, NOW, NOW + DAY));
    let running = Running::start(&world, servers(), vec![new]).await;
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let mut seen = NewestSeen::new();
    assert_eq!(running.find(&world, CODE, &mut copy, &mut seen).await.unwrap(), names(["city-1"]));
    // Even the log itself says so.
    running.directory.change(|served| {
        served.entries = vec![old];
        served.publish(NOW + 1);
    });
    let error = running.find(&world, CODE, &mut copy, &mut seen).await.unwrap_err();
    assert_eq!(error.code(), "entry-replayed");
    // Whoever never saw the newer one cannot know.
    let found = running.find(&world, CODE, &mut copy, &mut NewestSeen::new()).await.unwrap();
    assert_eq!(found, names(["city-1"]));
}

#[tokio::test]
async fn a_bucket_under_another_history_is_a_fork_and_a_mirror_answers_instead() {
    let world = World::new();
    let entries = vec![entry(1, 1, CODE, NOW + DAY)];
    let mut running = Running::start(&world, servers(), entries.clone()).await;
    let mirror = Directory::start(&world, Served::new(members(), entries)).await;
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    running.directory.change(|served| {
        served.entries.clear();
        served.leaves.clear();
        served.publish(NOW);
    });
    let mut seen = NewestSeen::new();
    let error = running.find(&world, CODE, &mut copy, &mut seen).await.unwrap_err();
    assert_eq!((error.code(), error.evidence().is_some()), ("log-fork", true));
    let mirrored = running.directory.client.clone().with_mirrors(&world.caller, &[url(&mirror.handle)]).unwrap();
    running.directory.client = mirrored;
    assert_eq!(running.find(&world, CODE, &mut copy, &mut seen).await.unwrap(), names(["city-1"]));
    assert_eq!(copy.evidence().count(), 1);
}

#[tokio::test]
async fn another_number_of_buckets_is_asked_for_again() {
    let world = World::new();
    let running = Running::start(&world, servers(), vec![entry(1, 1, CODE, NOW + DAY)]).await;
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let mut lookup = running.directory.client.lookup(&mut copy);
    let mut seen = NewestSeen::new();
    let (tag, _) = entry(1, 1, CODE, NOW + DAY);
    assert_eq!(lookup.entries(&city(1), &[7; 16], &mut seen, NOW).await.unwrap().len(), 0);
    running.directory.change(|served| {
        served.crowd(300);
        served.bits = 2;
        served.publish(NOW + 1);
    });
    assert_eq!(lookup.entries(&city(1), &tag, &mut seen, NOW).await.unwrap().len(), 1);
}

/// The number of a bucket has as many bits of a tag as there are said to be: with 24 it is the tag of one person alone.
#[tokio::test]
async fn a_directory_is_not_told_more_of_a_tag_than_its_entries_hide() {
    let world = World::new();
    let running = Running::start(&world, servers(), vec![entry(1, 1, CODE, NOW + DAY)]).await;
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let mut seen = NewestSeen::new();
    let asked = || running.directory.served.lock().unwrap().asked.clone();
    // It says 24 bits where nothing proves them, and the log says none.
    assert_eq!(running.find(&world, CODE, &mut copy, &mut seen).await.unwrap(), names(["city-1"]));
    assert_eq!(asked(), [(0, 0)]);
    // The log itself says more buckets than 120 entries fill, and witnesses saw that it does.
    running.directory.change(|served| {
        served.crowd(119);
        served.bits = 2;
        served.publish(NOW + 1);
    });
    let error = running.find(&world, CODE, &mut copy, &mut seen).await.unwrap_err();
    assert_eq!((error.code(), asked().len()), ("map-thin", 1));
    // As many as they fill.
    running.directory.change(|served| {
        served.bits = 1;
        served.publish(NOW + 1);
    });
    assert_eq!(running.find(&world, CODE, &mut copy, &mut seen).await.unwrap(), names(["city-1"]));
    assert!(asked()[1..].iter().all(|(bits, _)| *bits == 1));
}

/// Which entries are whose everybody can read. Who knew for whose sake a bucket is asked for would know among how few one looks.
#[tokio::test]
async fn holders_are_looked_up_in_another_order_each_time() {
    let world = World::new();
    let running = Running::start(&world, servers(), vec![entry(1, 1, CODE, NOW + DAY)]).await;
    running.directory.change(|served| {
        served.crowd(2000);
        served.bits = 4;
        served.publish(NOW);
    });
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let mut orders = BTreeSet::new();
    for _ in 0..6 {
        running.directory.change(|served| served.asked.clear());
        let found = running.find(&world, CODE, &mut copy, &mut NewestSeen::new()).await.unwrap();
        assert_eq!(found, names(["city-1"]));
        orders.insert(running.directory.served.lock().unwrap().asked.clone());
    }
    let buckets = |order: &Vec<(u8, u32)>| order.iter().copied().collect::<BTreeSet<_>>();
    let same = orders.iter().map(buckets).collect::<BTreeSet<_>>();
    assert!(same.len() == 1 && same.first().unwrap().len() > 3, "a person's buckets are the same each time: {same:?}");
    assert!(orders.len() > 3, "{orders:?}");
}

#[tokio::test]
async fn a_blinder_with_another_key_than_the_known_one_is_not_believed() {
    let world = World::new();
    let running = Running::start(&world, Servers { blinder: 2, inputs: Arc::default() }, vec![]).await;
    let mut copy = running.directory.client.registry(&anchor(), None).await.unwrap();
    let error = running.find(&world, CODE, &mut copy, &mut NewestSeen::new()).await.unwrap_err();
    assert_eq!(error.code(), "not-believed");
    assert!(error.to_string().contains("the blinder's proof does not hold"), "{error}");
    assert!(error.advice().contains("federation.toml"), "{}", error.advice());
}
