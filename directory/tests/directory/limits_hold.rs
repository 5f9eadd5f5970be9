//! What one organisation and one citizen can have evaluated in a day is limited, each for itself; and so is what one organisation
//! can put into a bucket, and all of them together.

use pod_crypto::blind::Blinding;
use pod_directory::config::DirectoryConfig;
use pod_directory::directory::{self, MAX_ENTRIES_PER_BUCKET, MAX_ENTRIES_PER_BUCKET_OF_HOLDER};
use pod_protocol::blind_request::BlindRequest;
use pod_protocol::bucket::BUCKET_LIMITS;
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::Cti;
use pod_protocol::statement::Role;

use crate::federation::*;
use crate::world::*;

#[tokio::test]
async fn a_citizen_asks_three_times_a_day() {
    let (world, _directory, blinder, provider) = whole().await;
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    for login in ["a", "b", "c"] {
        world.ask(&blinder, &provider.token("pairwise-1", login), &blinded, &[HELSINKI]).await.is(200);
    }
    let fourth = provider.token("pairwise-1", "d");
    world.ask(&blinder, &fourth, &blinded, &[HELSINKI]).await.refused(429, "limit");
    world.ask(&blinder, &provider.token("pairwise-2", "e"), &blinded, &[HELSINKI]).await.is(200);
    world.set_time(NOW + DAY);
    let tomorrow = provider.token_with("pairwise-1", "f", |claims| {
        claims["iat"] = (NOW + DAY).into();
        claims["exp"] = (NOW + DAY + 300).into();
    });
    // A day later the copy of the registry has to be fetched anew, which the blinder does by itself when asked.
    world.ask(&blinder, &tomorrow, &blinded, &[HELSINKI]).await.is(200);
}

#[tokio::test]
async fn an_organisation_has_its_inputs_and_no_more() {
    let (world, _directory, blinder, _provider) = whole().await;
    let (_, input) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    let post = async |by: u8, cti: u8, inputs: usize| {
        let request = BlindRequest {
            issuer: principal(by),
            audience: principal(BLINDER),
            expires: NOW + 60,
            issued: NOW,
            cti: Cti::new([cti; 16]),
            epoch: EPOCH,
            inputs: vec![input; inputs],
        };
        world.post(&blinder, "/v1/evaluate", "application/cose", signed(by, request)).await
    };
    post(HELSINKI, 1, 256).await.is(200);
    post(HELSINKI, 2, 45).await.refused(429, "limit");
    post(HELSINKI, 3, 44).await.is(200);
    post(HELSINKI, 4, 1).await.refused(429, "limit");
    post(ESPOO, 5, 1).await.is(200);
    let metrics = world.send(blinder.metrics.as_ref().unwrap(), pod_http::Request::get("/metrics")).await.text();
    for line in [
        "aitta_blinder_holder_inputs_total{organisation=\"helsinki\"} 300\n",
        "aitta_blinder_holder_inputs_total{organisation=\"espoo\"} 1\n",
        "aitta_blinder_holder_requests_total{outcome=\"limit\"} 2\n",
    ] {
        assert!(metrics.contains(line), "{line} not in\n{metrics}");
    }
}

/// Members beside the cities, who are in league.
const LEAGUE: [u8; 8] = [20, 21, 22, 23, 24, 25, 26, 27];

/// A tag that spreads as digests do.
fn spread(number: usize) -> Tag {
    pod_crypto::sha256(&[&number.to_be_bytes()])[..16].try_into().unwrap()
}

/// A tag in the bucket of all tags that begin with these four bits, whatever the count of buckets is (up to 2^16).
fn crowded(number: usize) -> Tag {
    let mut tag = spread(number);
    tag[..2].copy_from_slice(&[0x50, 0]);
    tag
}

/// Tags that spread over all buckets but those that are crowded.
fn elsewhere(numbers: std::ops::Range<usize>) -> impl Iterator<Item = Tag> {
    numbers.map(spread).filter(|tag| tag[0] >> 4 != 5)
}

fn entries(by: u8, tags: impl Iterator<Item = Tag>) -> Vec<HolderEntry> {
    tags.map(|tag| entry(by, tag)).collect()
}

/// A directory with as many spread entries of Espoo as make 16 buckets.
async fn of_sixteen_buckets(world: &World) -> Serving {
    let directory = world.directory().await;
    for some in entries(ESPOO, (0..1024).map(spread)).chunks(256) {
        world.publish(&directory, ESPOO, some).await.is(200);
    }
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["bits"], 4);
    directory
}

/// How many entries this member has in the crowded bucket.
async fn of_crowd(world: &World, directory: &Serving, by: u8) -> usize {
    let bucket = world.bucket_of(directory, &crowded(0)).await;
    bucket.entries.iter().filter(|entry| entry.unverified().holder == principal(by)).count()
}

#[tokio::test]
async fn a_member_that_fills_a_bucket_is_stopped_and_nobody_else() {
    let world = World::new();
    let directory = of_sixteen_buckets(&world).await;
    let crowd = entries(HELSINKI, (0..MAX_ENTRIES_PER_BUCKET_OF_HOLDER - 1).map(crowded));
    for some in crowd.chunks(100) {
        world.publish(&directory, HELSINKI, some).await.is(200);
    }
    let [aside, besides] = [[0x10; 16], [0x20; 16]];
    // One more has room. The two after it have not; the post is refused as a whole, and says which they are.
    let last = [entry(HELSINKI, aside), entry(HELSINKI, crowded(1000)), entry(HELSINKI, crowded(1001))];
    let more = [last.as_slice(), &[entry(HELSINKI, besides), entry(HELSINKI, crowded(1002))]].concat();
    let refused = world.publish(&directory, HELSINKI, &more).await;
    assert_eq!(refused.0.problem().unwrap().pointers, ["/2", "/4"]);
    assert_eq!(refused.refused(507, "bucket-full").as_deref(), Some("/2"));
    assert_eq!(of_crowd(&world, &directory, HELSINKI).await, MAX_ENTRIES_PER_BUCKET_OF_HOLDER - 1);
    assert!(world.bucket_of(&directory, &aside).await.find(&aside).next().is_none());
    // Without those it is taken.
    let fits = [more[0].clone(), more[1].clone(), more[3].clone()];
    world.publish(&directory, HELSINKI, &fits).await.is(200);
    assert_eq!(of_crowd(&world, &directory, HELSINKI).await, MAX_ENTRIES_PER_BUCKET_OF_HOLDER);
    world.publish(&directory, HELSINKI, &[more[2].clone()]).await.refused(507, "bucket-full");

    // Renewing and withdrawing need no room, and what is withdrawn makes room: in the same post too.
    let renewed = HolderEntry { issued: NOW + 1, ..crowd[0].clone() };
    world.publish(&directory, HELSINKI, &[renewed]).await.is(200);
    let again = [tombstone(HELSINKI, crowded(1), NOW + 1), more[2].clone(), more[4].clone()];
    assert_eq!(world.publish(&directory, HELSINKI, &again).await.refused(507, "bucket-full").as_deref(), Some("/2"));
    world.publish(&directory, HELSINKI, &again[..2]).await.is(200);
    // Sent again it is what stands already.
    world.publish(&directory, HELSINKI, &again[..2]).await.is(200);

    // The others publish into the same bucket and into all others, and so does the member into others.
    let others = entries(ESPOO, (2000..2100).map(crowded).chain(elsewhere(6000..6100)));
    world.publish(&directory, ESPOO, &others).await.is(200);
    world.publish(&directory, HELSINKI, &entries(HELSINKI, elsewhere(7000..7100))).await.is(200);
    assert_eq!(of_crowd(&world, &directory, HELSINKI).await, MAX_ENTRIES_PER_BUCKET_OF_HOLDER);
}

#[tokio::test]
async fn members_in_league_leave_a_bucket_that_can_be_read_also_when_two_become_one() {
    let world = World::new();
    let directory = of_sixteen_buckets(&world).await;
    for member in LEAGUE {
        let name = format!("city-{member}");
        let admitted = signed(REGION, membership(REGION, member, &name, &[Role::Holder]));
        world.post(&directory, "/v1/statements", "application/cose", admitted).await.is(204);
    }
    // They spread so much that there are 128 buckets, and fill the two that will be one.
    for some in entries(LEAGUE[0], (10_000..17_300).map(spread)).chunks(256) {
        world.publish(&directory, LEAGUE[0], some).await.is(200);
    }
    let fill = async |upper: u8| {
        let (mut taken, mut refused) = (0, 0);
        for member in LEAGUE {
            for number in 0..MAX_ENTRIES_PER_BUCKET_OF_HOLDER / 64 {
                let crowd = (number * 64..(number + 1) * 64).map(|number| {
                    let mut tag = crowded(number);
                    tag[0] = upper;
                    tag
                });
                match world.publish(&directory, member, &entries(member, crowd)).await {
                    reply if reply.0.status == 200 => taken += 64,
                    reply => {
                        reply.refused(507, "bucket-full");
                        refused += 64;
                    }
                }
            }
        }
        (taken, refused)
    };
    let bits = |json: serde_json::Value| u8::try_from(json["bits"].as_u64().unwrap()).unwrap();
    let (first, second) = (fill(0x50).await, fill(0x52).await);
    let before = bits(world.get(&directory, "/v1/buckets").await.json());
    assert_eq!((before, first.1 > 0, second.1 > 0), (7, true, true));
    let full = world.bucket_of(&directory, &crowded(0)).await;
    assert!(full.entries.len() <= MAX_ENTRIES_PER_BUCKET, "{}", full.entries.len());
    assert!(full.entries.len() > MAX_ENTRIES_PER_BUCKET - 64, "{}", full.entries.len());
    // Nobody publishes into it, everybody into the others.
    world.publish(&directory, ESPOO, &entries(ESPOO, (3000..3064).map(crowded))).await.refused(507, "bucket-full");
    world.publish(&directory, HELSINKI, &entries(HELSINKI, elsewhere(8000..8200))).await.is(200);

    // They withdraw what made the map grow: two buckets are one, and clients read it.
    let withdrawn: Vec<HolderEntry> =
        (10_000..17_300).map(|number| tombstone(LEAGUE[0], spread(number), NOW + 1)).collect();
    for some in withdrawn.chunks(256) {
        world.publish(&directory, LEAGUE[0], some).await.is(200);
    }
    let after = bits(world.get(&directory, "/v1/buckets").await.json());
    let merged = world.bucket_of(&directory, &crowded(0)).await;
    assert_eq!(after, before - 1);
    assert!(merged.entries.len() > MAX_ENTRIES_PER_BUCKET && merged.entries.len() <= BUCKET_LIMITS.items);
    // The index that is read again at a start, and the one that is made anew, say the same.
    let config = DirectoryConfig::from_toml(&world.path("directory.toml"), &world.directory_toml()).unwrap();
    directory.stop().await;
    assert!(directory::reindex(&config.storage, anchor(), true, &mut |_, _| {}).unwrap().was_whole);
}

#[tokio::test]
async fn a_post_that_makes_buckets_split_is_judged_by_the_buckets_that_come_of_it() {
    let world = World::new();
    let directory = world.directory().await;
    // 2^b buckets come with 64 · 2^b entries: those of a first import of one holder are never too many in one.
    for some in entries(HELSINKI, (0..3000).map(spread)).chunks(256) {
        world.publish(&directory, HELSINKI, some).await.is(200);
    }
    let shown = world.get(&directory, "/v1/buckets").await.json();
    assert_eq!((&shown["bits"], &shown["entries"]), (&5.into(), &3000.into()));
}
