//! A holder publishes its own entries with its own key: all of a list, or nothing of it.

use pod_directory::directory::Mirror;
use pod_protocol::Refusal;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::statement::Membership;

use crate::a_mirror_believes_nothing::{mirror_of, once};
use crate::federation::*;
use crate::world::*;

#[tokio::test]
async fn an_entry_is_found_in_its_bucket_and_opens() {
    let world = World::new();
    let directory = world.directory().await;
    let published = entry_about(CODE, HELSINKI);
    world.publish(&directory, HELSINKI, std::slice::from_ref(&published)).await.is(200);
    assert_eq!(world.get(&directory, "/v1/buckets").await.json(), serde_json::json!({ "bits": 0, "entries": 1 }));

    let (tag, key) = pod_protocol::holder_entry::tag_and_key(&output(CODE, HELSINKI));
    let found = world.bucket_of(&directory, &tag).await.find(&tag).next().unwrap().clone();
    let holder = found.unverified().holder;
    let found = world.registry(&directory).await.verify_by_organisation(found, &holder).unwrap();
    let sealed = found.sealed.as_deref().unwrap();
    let opened = pod_protocol::holder_entry::HolderHandle::open(&key, &holder, &tag, sealed).unwrap();
    assert_eq!(opened, handle(HELSINKI));
}

#[tokio::test]
async fn nobody_publishes_for_a_holder() {
    let world = World::new();
    let directory = world.directory().await;
    let about_helsinki = [entry(HELSINKI, [1; 16])];
    assert_eq!(world.publish(&directory, ESPOO, &about_helsinki).await.refused(403, "key-refused"), Some("/0".into()));
    world.publish(&directory, STRANGER, &about_helsinki).await.refused(401, "key-unknown");
    world.publish(&directory, OFFICE, &[entry(OFFICE, [1; 16])]).await.refused(403, "not-authorised");
    let mut forged = signed(HELSINKI, entry(HELSINKI, [1; 16]));
    *forged.last_mut().unwrap() ^= 1;
    let good = signed(HELSINKI, entry(HELSINKI, [2; 16]));
    let post = async |body: Vec<u8>| world.post(&directory, "/v1/entries", "application/cbor", body).await;
    // The list counts as a whole, and the answer says which one is wrong.
    assert_eq!(post(array(&[good.clone(), forged])).await.refused(401, "signature"), Some("/1".into()));
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["entries"], 0);

    let suspended = Membership { suspended: true, issued: NOW, ..helsinki() };
    world.post(&directory, "/v1/statements", "application/cose", signed(REGION, suspended)).await.is(204);
    post(array(&[good])).await.refused(403, "suspended");
}

#[tokio::test]
async fn a_suspended_holders_entries_stay_and_no_reader_takes_them() {
    let world = World::new();
    let directory = world.directory().await;
    let own = signed(ANCHOR, crate::federation::directory());
    world.post(&directory, "/v1/statements", "application/cose", own).await.is(204);
    let published = [entry(HELSINKI, [1; 16])];
    world.publish(&directory, HELSINKI, &published).await.is(200);
    let says = async |suspended, issued| {
        let membership = Membership { suspended, issued, ..helsinki() };
        world.post(&directory, "/v1/statements", "application/cose", signed(REGION, membership)).await.is(204);
    };
    let read = async || {
        let registry = world.registry(&directory).await;
        let found = world.bucket_of(&directory, &[1; 16]).await.find(&[1; 16]).next().unwrap().clone();
        registry.verify_signed_at(found, &principal(HELSINKI), NOW).map(|entry| entry.into_claims())
    };
    assert_eq!(read().await.unwrap(), published[0]);

    says(true, NOW).await;
    assert_eq!(read().await, Err(Refusal::Suspended));
    // Nor does it say anything new.
    let withdrawn = [tombstone(HELSINKI, [1; 16], NOW + 1)];
    world.publish(&directory, HELSINKI, &withdrawn).await.refused(403, "suspended");
    // Who replays the log finds the same.
    let mut mirror =
        Mirror::open(&mirror_of(&world, &directory.origin.to_string(), "mirror"), &world.around()).unwrap();
    assert_eq!(once(&mut mirror).await.unwrap().entries, 1);

    says(false, NOW + 1).await;
    assert_eq!(read().await.unwrap(), published[0]);
}

#[tokio::test]
async fn an_entry_is_of_this_time() {
    let world = World::new();
    let directory = world.directory().await;
    let publish = async |entry: HolderEntry| world.publish(&directory, HELSINKI, &[entry]).await;
    let made = entry(HELSINKI, [1; 16]);
    publish(HolderEntry { issued: NOW - DAY, expires: NOW, ..made.clone() }).await.refused(401, "expired");
    publish(HolderEntry { issued: NOW + 61, ..made.clone() }).await.refused(401, "issued-in-future");
    let too_long = HolderEntry { expires: NOW + 401 * DAY, ..made.clone() };
    publish(too_long).await.refused(400, "claim-range");
    publish(HolderEntry { issued: NOW + 60, ..made }).await.is(200);
}

#[tokio::test]
async fn a_list_has_1_to_256_entries() {
    let world = World::new();
    let directory = world.directory().await;
    let post = async |body: Vec<u8>| world.post(&directory, "/v1/entries", "application/cbor", body).await;
    post(array(&[])).await.refused(400, "claim-empty");
    post(array(&vec![Vec::new(); 257])).await.refused(413, "cbor-too-many-items");
    post(b"\x01".to_vec()).await.refused(400, "claim-type");
    post(vec![0; 256 * 1024]).await.refused(413, "body-too-large");
    let many: Vec<HolderEntry> = (0..=255).map(|number| entry(HELSINKI, [number; 16])).collect();
    world.publish(&directory, HELSINKI, &many).await.is(200);
    assert_eq!(world.get(&directory, "/v1/buckets").await.json(), serde_json::json!({ "bits": 2, "entries": 256 }));
}
