//! Who looks somebody up is answered alike whoever it is, and leaves nothing of it in logs and numbers.

use std::io::Write;
use std::sync::{Arc, Mutex};

use pod_http::{Request, Response};
use pod_protocol::bucket::bucket_of;
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::base64url;
use tracing_subscriber::fmt::MakeWriter;

use crate::federation::*;
use crate::world::*;

fn tag(number: usize) -> Tag {
    pod_crypto::sha256(&[b"traceless", &number.to_be_bytes()])[..16].try_into().unwrap()
}

async fn filled(world: &World, entries: usize) -> Serving {
    let directory = world.directory().await;
    let entries: Vec<HolderEntry> = (0..entries).map(|number| entry(HELSINKI, tag(number))).collect();
    for some in entries.chunks(250) {
        world.publish(&directory, HELSINKI, some).await.is(200);
    }
    directory
}

/// The whole lookup of a wallet: what it asks for, and what it gets.
async fn look_up(world: &World, directory: &Serving, tag: &Tag) -> (String, Response) {
    let bits = u8::try_from(world.get(directory, "/v1/buckets").await.json()["bits"].as_u64().unwrap()).unwrap();
    let path = format!("/v1/buckets/{bits}/{}", bucket_of(tag, bits));
    let answer = world.get(directory, &path).await.is(200);
    (path, answer)
}

#[tokio::test]
async fn who_is_there_who_is_not_and_who_is_somebody_else_are_one_question_and_one_answer() {
    let world = World::new();
    let directory = filled(&world, 1000).await;
    let present = tag(7);
    let mut absent = present;
    absent[15] ^= 1;
    let somebody_else =
        (0..1000).map(tag).find(|tag| *tag != present && bucket_of(tag, 3) == bucket_of(&present, 3)).unwrap();
    let (path, answer) = look_up(&world, &directory, &present).await;
    assert_eq!(proven(&answer.body).find(&present).count(), 1);
    for tag in [absent, somebody_else] {
        let (other_path, other) = look_up(&world, &directory, &tag).await;
        assert_eq!((&other_path, &other.body), (&path, &answer.body));
        // The time of day is no field of the person.
        let fields = |response: &Response| {
            let mut fields = response.headers.clone();
            fields.remove("date");
            fields
        };
        assert_eq!(fields(&other), fields(&answer));
    }
}

#[tokio::test]
async fn all_buckets_are_of_one_class_of_size() {
    let world = World::new();
    let directory = filled(&world, 1000).await;
    let mut sizes = Vec::new();
    for number in 0..8 {
        sizes.push(world.get(&directory, &format!("/v1/buckets/3/{number}")).await.is(200).body.len());
    }
    let (least, most) = (*sizes.iter().min().unwrap(), *sizes.iter().max().unwrap());
    // 1000 entries in 8 buckets: 125 on average, and 4 standard deviations of 10.5 to each side.
    assert!(most * 83 < least * 167, "{sizes:?}");
    // Withdrawing somebody makes its bucket as large as that of a smaller one, not of another kind.
    world.publish(&directory, HELSINKI, &[tombstone(HELSINKI, tag(7), NOW + 1)]).await.is(200);
    let (_, without) = look_up(&world, &directory, &tag(7)).await;
    assert!((least / 2..most).contains(&without.body.len()));
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn logs_and_metrics_hold_nothing_of_what_was_asked_for() {
    let written = Written::default();
    // For all threads of this process: reading happens on others than this one.
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(written.clone());
    everything.try_init().unwrap();
    let world = World::new();
    let directory = filled(&world, 300).await;
    let mut absent = tag(7);
    absent[15] ^= 1;
    for tag in [tag(7), absent] {
        look_up(&world, &directory, &tag).await;
    }
    // Something that goes wrong is told in more words.
    world.get(&directory, "/v1/buckets/7/77").await.refused(404, "bucket");
    world.publish(&directory, ESPOO, &[entry(HELSINKI, tag(7))]).await.refused(403, "key-refused");

    let metrics = world.send(directory.metrics.as_ref().unwrap(), Request::get("/metrics")).await.text();
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("refused"), "the log was not written down");
    for tag in [tag(7), absent] {
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        let numbers = format!("{tag:?}");
        let half = numbers.trim_start_matches('[').split(", ").take(6).collect::<Vec<_>>().join(", ");
        for trace in [hex[..12].to_owned(), base64url(&tag)[..10].to_owned(), half] {
            assert!(!log.contains(&trace), "the log holds {trace}");
            assert!(!metrics.contains(&trace), "the metrics hold {trace}");
        }
    }
    // Nor which bucket it was.
    for trace in ["/v1/buckets/2/", "/v1/buckets/7/77"] {
        let of_us: Vec<&str> = log.lines().filter(|line| line.contains(trace)).collect();
        assert!(of_us.is_empty() && !metrics.contains(trace), "{of_us:?}");
    }
}
