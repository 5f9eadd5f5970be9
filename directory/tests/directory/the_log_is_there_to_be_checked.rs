//! Whatever the directory shows stands in its log, and whatever stands in the log can be checked from static files.

use pod_protocol::ids::{Cti, ObjectId};
use pod_protocol::merkle::{Nodes as _, leaf_hash, verify_consistency, verify_inclusion};
use pod_protocol::tlog::head::Policy;
use pod_protocol::tlog::leaf::{Body, Leaf, SEALED_BYTES, Sealed};
use pod_protocol::tlog::post::{LogPost, items_to_bytes};
use pod_protocol::tlog::view::View;

use crate::federation::*;
use crate::log::*;
use crate::world::*;

const COSE: &str = "application/cose";
const CBOR: &str = "application/cbor";
const ALONE: Policy = Policy { witnesses: 0, max_age_secs: 300 };

async fn directory_of(world: &World) -> Serving {
    let directory = world.empty_directory().await;
    for statement in [signed(ANCHOR, crate::federation::directory())].into_iter().chain(statements()) {
        world.post(&directory, "/v1/statements", COSE, statement).await.is(204);
    }
    directory
}

fn sealed(id: u8, with: u8) -> Sealed {
    Sealed { id: ObjectId::new([id; 32]), sealed: vec![with; SEALED_BYTES] }
}

#[tokio::test]
async fn the_first_head_is_there_before_anybody_is_a_member() {
    let world = World::new();
    let directory = world.empty_directory().await;
    let leaves = decoded(&world, &directory).await;
    let [Leaf { body: Body::State(state), time_secs: NOW }] = leaves.as_slice() else { panic!("{leaves:?}") };
    assert_eq!((state.bits, state.entries), (0, 0));
    let note = world.get(&directory, "/v1/log/checkpoint").await.is(200);
    assert_eq!(note.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(note.headers["cache-control"], "no-cache");
    let text = String::from_utf8(note.body.to_vec()).unwrap();
    assert!(text.starts_with(&format!("{}\n1\n", principal(DIRECTORY))), "{text}");
    world.get(&directory, "/v1/log/tile/entries/000.p/2").await.refused(404, "tile");
    world.get(&directory, "/v1/log/tile/0/000").await.refused(404, "tile");
    world.get(&directory, "/v1/log/tile/0/0.p/1").await.refused(404, "tile");
}

#[tokio::test]
async fn who_runs_it_stands_in_the_first_batch() {
    let world = World::new();
    let own = signed(ANCHOR, directory());
    std::fs::write(world.path("membership.cose"), &own).unwrap();
    let named = |text: String| text.replace("witnesses = 0", "witnesses = 0\nmembership_file = \"membership.cose\"");
    let directory = world.directory_with(named).await;
    let checked = head_with(&world, &directory, &ALONE).await.unwrap();
    assert_eq!((checked.checkpoint.size, checked.checkpoint.origin), (2, principal(DIRECTORY)));
    assert_eq!(world.get(&directory, "/readiness").await.json()["notices"], serde_json::json!([]));
    directory.stop().await;
    // It is said once.
    let directory = world.directory_with(named).await;
    assert_eq!(head_with(&world, &directory, &ALONE).await.unwrap().checkpoint.size, 2);
}

#[tokio::test]
async fn statements_entries_and_states_stand_in_the_order_in_which_they_came() {
    let world = World::new();
    let directory = directory_of(&world).await;
    let made = entry(HELSINKI, [1; 16]);
    world.publish(&directory, HELSINKI, std::slice::from_ref(&made)).await.is(200);
    // What stands already needs no leaf.
    let size = checkpoint(&world, &directory).await.unverified().size;
    world.publish(&directory, HELSINKI, std::slice::from_ref(&made)).await.is(200);
    world.post(&directory, "/v1/statements", COSE, signed(REGION, espoo())).await.is(204);
    assert_eq!(checkpoint(&world, &directory).await.unverified().size, size);

    let leaves = decoded(&world, &directory).await;
    let whole = |body: &Body| match body {
        Body::Statement { part: 0, parts: 1, bytes } => Some(bytes.clone()),
        _ => None,
    };
    let logged: Vec<Vec<u8>> = leaves.iter().filter_map(|leaf| whole(&leaf.body)).collect();
    let said: Vec<Vec<u8>> = [signed(ANCHOR, crate::federation::directory())].into_iter().chain(statements()).collect();
    assert_eq!(logged, said);
    let [.., Leaf { body: Body::HolderEntry(bytes), .. }, Leaf { body: Body::State(last), .. }] = leaves.as_slice()
    else {
        panic!("{leaves:?}")
    };
    assert_eq!(*bytes, signed(HELSINKI, made));
    let checked = head_with(&world, &directory, &ALONE).await.unwrap();
    assert_eq!((checked.state, checked.logged_secs), (*last, NOW));
    let registry = world.get(&directory, "/v1/registry").await.is(200);
    assert_eq!(pod_crypto::sha256(&[&registry.body]), last.registry);
}

#[tokio::test]
async fn tiles_prove_what_is_in_and_that_the_log_only_grew() {
    let world = World::new();
    let directory = directory_of(&world).await;
    let old = head_with(&world, &directory, &ALONE).await.unwrap();
    let view = View::advance(None, &old, &[]).unwrap();
    for batch in 0..3_u8 {
        let entries: Vec<_> =
            (0..200).map(|number| entry(HELSINKI, [[number, batch]; 8].as_flattened().try_into().unwrap())).collect();
        world.publish(&directory, HELSINKI, &entries).await.is(200);
    }
    let new = head_with(&world, &directory, &ALONE).await.unwrap();
    let (from, size) = (old.checkpoint.size, new.checkpoint.size);
    assert!(size > 600, "{size}");
    let proof = by_tiles(&world, &directory, size, |nodes| nodes.consistency_proof(from, size)).await.unwrap();
    verify_consistency(from, size, &old.checkpoint.root, &new.checkpoint.root, &proof).unwrap();
    View::advance(Some(&view), &new, &proof).unwrap();
    let leaves = leaves(&world, &directory).await;
    for index in [0, 1, 255, 256, 300, size - 1] {
        let proof = by_tiles(&world, &directory, size, |nodes| nodes.inclusion_proof(index, size)).await.unwrap();
        let leaf = leaf_hash(&leaves[usize::try_from(index).unwrap()]);
        verify_inclusion(index, size, &leaf, &proof, &new.checkpoint.root).unwrap();
    }
    let full = world.get(&directory, "/v1/log/tile/0/000").await.is(200);
    assert_eq!(full.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(full.headers["content-type"], "application/octet-stream");
    assert_eq!(full.body.len(), 256 * 32);
    // A tile as it was when the log was shorter is the beginning of what it became.
    assert_eq!(world.get(&directory, "/v1/log/tile/0/000.p/7").await.is(200).body, full.body[..7 * 32]);
}

#[tokio::test]
async fn a_long_statement_stands_in_several_leaves() {
    let world = World::new();
    let directory = directory_of(&world).await;
    let endpoints = (0..250)
        .map(|number| format!("https://{number}.{}.example/{}", ["a"; 100].join("."), "p".repeat(60)).parse().unwrap());
    let long = pod_protocol::statement::Profile { endpoints: endpoints.collect(), issued: NOW, ..profile(HELSINKI) };
    let long = signed(HELSINKI, long);
    assert!(long.len() > 64 * 1024, "{}", long.len());
    world.post(&directory, "/v1/statements", COSE, long.clone()).await.is(204);
    let leaves = decoded(&world, &directory).await;
    let mut whole = Vec::new();
    for leaf in &leaves[leaves.len() - 3..leaves.len() - 1] {
        let Body::Statement { part, parts: 2, bytes } = &leaf.body else { panic!("{leaf:?}") };
        assert_eq!(*part, u64::from(!whole.is_empty()));
        whole.extend_from_slice(bytes);
    }
    assert_eq!(whole, long);
    directory.stop().await;
    let directory = world.empty_directory().await;
    assert_eq!(head_with(&world, &directory, &ALONE).await.unwrap().checkpoint.size, leaves.len() as u64);
}

#[tokio::test]
async fn what_is_for_holders_eyes_is_logged_once() {
    let world = World::new();
    let directory = directory_of(&world).await;
    let size = checkpoint(&world, &directory).await.unverified().size;
    let post = async |items: &[Sealed]| world.post(&directory, "/v1/log/posts", CBOR, items_to_bytes(items)).await;
    let placed = post(&[sealed(1, 1), sealed(2, 2)]).await.json();
    assert_eq!(placed, serde_json::json!({ "places": [size, size + 1], "size": size + 3 }));
    let again = post(&[sealed(2, 2), sealed(3, 3), sealed(3, 3)]).await.json();
    assert_eq!(again, serde_json::json!({ "places": [size + 1, size + 3, size + 3], "size": size + 5 }));
    // Something else under the same id does not keep the true one out.
    assert_eq!(post(&[sealed(1, 9)]).await.json()["places"][0], size + 5);
    directory.stop().await;
    let directory = world.empty_directory().await;
    let post = async |items: &[Sealed]| world.post(&directory, "/v1/log/posts", CBOR, items_to_bytes(items)).await;
    assert_eq!(post(&[sealed(1, 1)]).await.json()["places"][0], size);
    let leaves = decoded(&world, &directory).await;
    let ids: Vec<u8> = leaves
        .iter()
        .filter_map(|leaf| match &leaf.body {
            Body::Sealed(sealed) => Some(sealed.id.as_bytes()[0]),
            _ => None,
        })
        .collect();
    assert_eq!(ids, [1, 2, 3, 1]);
}

#[tokio::test]
async fn members_forward_in_their_own_name_and_have_a_larger_share() {
    let world = World::new();
    let directory = directory_of(&world).await;
    let forward = |by: u8, items: Vec<Sealed>| LogPost {
        issuer: principal(by),
        audience: principal(DIRECTORY),
        issued: NOW,
        cti: Cti::new([1; 16]),
        items,
    };
    let post =
        async |signer: u8, post: LogPost| world.post(&directory, "/v1/log/posts", COSE, signed(signer, post)).await;
    post(HELSINKI, forward(HELSINKI, vec![sealed(1, 1)])).await.is(200);
    post(HELSINKI, forward(ESPOO, vec![sealed(1, 1)])).await.refused(403, "key-refused");
    post(STRANGER, forward(STRANGER, vec![sealed(1, 1)])).await.refused(401, "key-unknown");
    let elsewhere = LogPost { audience: principal(BLINDER), ..forward(HELSINKI, vec![sealed(1, 1)]) };
    post(HELSINKI, elsewhere).await.refused(403, "audience");
    let old = LogPost { issued: NOW - 300, ..forward(HELSINKI, vec![sealed(1, 1)]) };
    post(HELSINKI, old).await.refused(401, "expired");
    let early = LogPost { issued: NOW + 61, ..forward(HELSINKI, vec![sealed(1, 1)]) };
    post(HELSINKI, early).await.refused(401, "issued-in-future");

    // A stranger's share is used up, a member's is not; what stands already uses nothing.
    let items = |from: usize| -> Vec<Sealed> {
        (from..from + 64)
            .map(|number| Sealed { id: ObjectId::new(pod_crypto::sha256(&[&number.to_be_bytes()])), ..sealed(0, 7) })
            .collect()
    };
    let stranger = async |items: &[Sealed]| world.post(&directory, "/v1/log/posts", CBOR, items_to_bytes(items)).await;
    for from in [0, 64, 128, 192] {
        stranger(&items(from)).await.is(200);
    }
    stranger(&[sealed(9, 9)]).await.refused(429, "limit");
    stranger(&items(0)).await.is(200);
    post(HELSINKI, forward(HELSINKI, vec![sealed(9, 9)])).await.is(200);
    world.set_time(NOW + DAY);
    stranger(&[sealed(8, 8)]).await.is(200);
}

#[tokio::test]
async fn an_index_that_is_gone_is_made_anew_and_leads_to_the_same() {
    let world = World::new();
    let directory = directory_of(&world).await;
    let entries: Vec<_> = (0..130).map(|number| entry(HELSINKI, [number; 16])).collect();
    world.publish(&directory, HELSINKI, &entries).await.is(200);
    world.publish(&directory, HELSINKI, &[tombstone(HELSINKI, [1; 16], NOW + 1)]).await.is(200);
    world.post(&directory, "/v1/log/posts", CBOR, items_to_bytes(&[sealed(1, 1)])).await.is(200);
    let shown = async |directory: &Serving| {
        let get = async |path: &str| world.get(directory, path).await.is(200).body;
        (
            get("/v1/log/head").await,
            get("/v1/registry").await,
            get("/v1/buckets/2/0").await,
            get("/v1/log/tile/1/000.p/1").await.len(),
        )
    };
    let more: Vec<_> = (0..200).map(|number| entry(ESPOO, [number; 16])).collect();
    world.publish(&directory, ESPOO, &more).await.is(200);
    let before = shown(&directory).await;
    let size = checkpoint(&world, &directory).await.unverified().size;
    directory.stop().await;
    for table in ["index", "entries", "tiles", "statements"] {
        empty_table(&world, table);
        let directory = world.empty_directory().await;
        assert_eq!(shown(&directory).await, before, "{table}");
        let items = items_to_bytes(&[sealed(1, 1)]);
        assert_eq!(world.post(&directory, "/v1/log/posts", CBOR, items).await.json()["size"], size, "{table}");
        directory.stop().await;
    }
}
