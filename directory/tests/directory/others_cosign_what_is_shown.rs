//! A head is published when two other organisations have cosigned it; without them it is published too, after a while, since a
//! federation must be able to begin.

use pod_protocol::statement::{Profile, Role};
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use tokio::io::AsyncReadExt as _;

use crate::federation::*;
use crate::log::*;
use crate::witness::Witness;
use crate::world::*;

const COSE: &str = "application/cose";

/// Two are wanted, for a second, and asked again every second.
fn witnessed(text: String) -> String {
    text.replace("witnesses = 0", "witnesses = 2\ngrace_secs = 1\nrefresh_secs = 1")
}

async fn say(world: &World, directory: &Serving, statement: Vec<u8>) {
    world.post(directory, "/v1/statements", COSE, statement).await.is(204);
}

fn at(of: u8, url: &str, issued: u64) -> Vec<u8> {
    signed(of, Profile { endpoints: vec![url.parse().unwrap()], issued, ..profile(of) })
}

/// A directory of which the registry knows these witnesses.
async fn with_witnesses(world: &World, witnesses: &[(u8, &Witness)]) -> Serving {
    let directory = world.directory_with(witnessed).await;
    for statement in [signed(ANCHOR, crate::federation::directory()), signed(ANCHOR, region())] {
        say(world, &directory, statement).await;
    }
    for (of, name) in [(HELSINKI, "helsinki"), (ESPOO, "espoo"), (OFFICE, "office")] {
        say(world, &directory, signed(REGION, membership(REGION, of, name, &[Role::Holder]))).await;
    }
    for (of, witness) in witnesses {
        say(world, &directory, at(*of, &witness.url, NOW - DAY)).await;
    }
    directory
}

async fn seen_by(world: &World, directory: &Serving) -> Vec<pod_protocol::ids::Principal> {
    let note = world.get(directory, "/v1/log/checkpoint").await.is(200).body;
    let seen = SignedCheckpoint::from_bytes(&note).unwrap().witnesses(&world.registry(directory).await);
    seen.into_iter().map(|seen| seen.witness).collect()
}

#[tokio::test]
async fn two_of_three_are_enough_and_each_gets_its_proof() {
    let world = World::new();
    let helsinki = Witness::start(HELSINKI, key(HELSINKI)).await;
    let espoo = Witness::start(ESPOO, key(ESPOO)).await;
    let office = Witness::start(OFFICE, key(OFFICE)).await;
    office.refuse(true);
    let directory = with_witnesses(&world, &[(HELSINKI, &helsinki), (ESPOO, &espoo), (OFFICE, &office)]).await;
    for number in 1..=5 {
        world.publish(&directory, HELSINKI, &[entry(HELSINKI, [number; 16])]).await.is(200);
        // Whoever was answered finds it in a head that two have cosigned.
        let head = head(&world, &directory).await.unwrap();
        assert_eq!((head.state.entries, head.witnesses.len()), (number.into(), 2));
    }
    // One that comes back is told from where it saw the log last.
    office.refuse(false);
    eventually(async || seen_by(&world, &directory).await.len() == 3).await;
    assert_eq!(office.size(), helsinki.size());
    assert_eq!(helsinki.asked().1, 0);
}

#[tokio::test]
async fn a_directory_that_was_started_again_learns_what_its_witnesses_saw() {
    let world = World::new();
    let helsinki = Witness::start(HELSINKI, key(HELSINKI)).await;
    let espoo = Witness::start(ESPOO, key(ESPOO)).await;
    let directory = with_witnesses(&world, &[(HELSINKI, &helsinki), (ESPOO, &espoo)]).await;
    world.publish(&directory, HELSINKI, &[entry(HELSINKI, [1; 16])]).await.is(200);
    directory.stop().await;
    let directory = world.directory_with(witnessed).await;
    // The head is the one that was cosigned, before anybody was asked anew.
    assert_eq!(head(&world, &directory).await.unwrap().witnesses.len(), 2);
    world.publish(&directory, HELSINKI, &[entry(HELSINKI, [2; 16])]).await.is(200);
    assert_eq!(head(&world, &directory).await.unwrap().witnesses.len(), 2);
    eventually(async || helsinki.asked().1 + espoo.asked().1 == 2).await;
}

#[tokio::test]
async fn without_witnesses_it_is_published_and_everybody_sees_that_they_are_missing() {
    let world = World::new();
    let helsinki = Witness::start(HELSINKI, key(HELSINKI)).await;
    // It signs with a key that is not Espoo's.
    let false_one = Witness::start(ESPOO, key(STRANGER)).await;
    let directory = with_witnesses(&world, &[(HELSINKI, &helsinki), (ESPOO, &false_one)]).await;
    world.publish(&directory, HELSINKI, &[entry(HELSINKI, [1; 16])]).await.is(200);
    assert!(false_one.asked().0 > 0);
    assert_eq!(seen_by(&world, &directory).await, [principal(HELSINKI)]);
    assert_eq!(head(&world, &directory).await.unwrap_err().code(), "log-witnesses");
    let metrics = world.send(directory.metrics.as_ref().unwrap(), pod_http::Request::get("/metrics")).await.text();
    assert!(metrics.contains("aitta_directory_cosignatures 1\n"), "{metrics}");
    // Espoo's own comes up at another place.
    let espoo = Witness::start(ESPOO, key(ESPOO)).await;
    say(&world, &directory, at(ESPOO, &espoo.url, NOW)).await;
    assert_eq!(head(&world, &directory).await.unwrap().witnesses.len(), 2);
}

#[tokio::test]
async fn what_was_seen_stays_fresh_though_nothing_comes() {
    let world = World::new();
    let helsinki = Witness::start(HELSINKI, key(HELSINKI)).await;
    let espoo = Witness::start(ESPOO, key(ESPOO)).await;
    let directory = with_witnesses(&world, &[(HELSINKI, &helsinki), (ESPOO, &espoo)]).await;
    let before = head(&world, &directory).await.unwrap();
    world.set_time(NOW + 200);
    helsinki.set_time(NOW + 200);
    espoo.set_time(NOW + 200);
    eventually(async || head(&world, &directory).await.is_ok_and(|head| head.seen_secs == NOW + 200)).await;
    assert_eq!(head(&world, &directory).await.unwrap().checkpoint, before.checkpoint);
    // A witness's word from a time long ago is not taken.
    world.set_time(NOW + 1000);
    let asked = helsinki.asked().0;
    eventually(async || helsinki.asked().0 > asked + 1).await;
    assert_eq!(head(&world, &directory).await.unwrap_err().code(), "log-stale");
}

#[tokio::test]
async fn a_post_under_way_is_answered_before_the_directory_stops() {
    let world = World::new();
    // A witness that takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let directory = with_witnesses(&world, &[]).await;
    say(&world, &directory, at(HELSINKI, &url, NOW - DAY)).await;
    let size = checkpoint(&world, &directory).await.unverified().size;
    let (origin, statement) = (directory.origin.clone(), signed(ESPOO, profile(ESPOO)));
    let posting = world.send(&origin, pod_http::Request::post("/v1/statements", COSE, statement));
    let stopping = async {
        // Asked for the head that the post is in: a statement and a state more. Those asked for earlier heads come first.
        let wanted = format!("{}\n{}\n", principal(DIRECTORY), size + 2);
        let mut asked = Vec::new();
        loop {
            let mut stream = silent.accept().await.unwrap().0;
            let mut text = vec![0; 4096];
            let length = stream.read(&mut text).await.unwrap_or(0);
            asked.push(stream);
            if String::from_utf8_lossy(&text[..length]).contains(&wanted) {
                break;
            }
        }
        directory.stop().await;
    };
    let (reply, ()) = tokio::join!(posting, stopping);
    reply.is(204);
}
