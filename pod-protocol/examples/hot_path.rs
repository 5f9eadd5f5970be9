//! What the pure steps of one call cost, in microseconds: `cargo run --release -p pod-protocol --example hot_path`.
//!
//! Nothing here reads a disk or a connection. Each figure is the time within which a tenth of the calls
//! got through the step, on one thread: what it costs when nothing else wants the core.
#![allow(missing_docs, missing_debug_implementations, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "vectors/build/mod.rs"]
mod vectors;

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use pod_protocol::answer::{Answer, ItemAnswer, Outcome, Receipt, ReceiptItem, data_digest};
use pod_protocol::chain::SharedGrant;
use pod_protocol::ids::{Principal, Thumbprint};
use pod_protocol::path::{
    DisclosureRules, ItemFacts, LinkUse, ReplayWindow, Rules, Selection, authorise, select, verify,
};
use pod_protocol::request::{Call, Request, RequestItem};
use pod_protocol::standing::Standing;
use pod_protocol::value::Value;
use pod_protocol::{Signed, Verified};
use vectors::world::{NOW, World, record, wanted};

/// Calls of each kind: a tenth of so many is steady to a tenth of a microsecond.
const CALLS: usize = 2_000;
/// Items in calls of many.
const ITEMS: usize = 64;

const STEPS: [&str; 9] = [
    "call: bytes to envelopes",
    "request: bytes to claims",
    "request: id",
    "verify (signature, time, channel, replay)",
    "authorise",
    "select",
    "project, and name what is there",
    "receipt: claims to signed bytes",
    "answer: to bytes",
];

/// The time of each step of each call, in nanoseconds.
#[derive(Default)]
struct Times([Vec<u128>; STEPS.len()]);

impl Times {
    fn step<T>(&mut self, step: usize, run: impl FnOnce() -> T) -> T {
        #[expect(clippy::disallowed_methods, reason = "measuring is what this program is for")]
        let started = Instant::now();
        let result = black_box(run());
        self.0[step].push(started.elapsed().as_nanos());
        result
    }

    fn print(mut self, what: &str, bytes: usize) {
        println!("\n{what} ({bytes} bytes)");
        let mut sum = 0.0;
        for (name, times) in STEPS.iter().zip(&mut self.0) {
            times.sort_unstable();
            let micros = times[times.len() / 10] as f64 / 1000.0;
            sum += micros;
            println!("{micros:>10.2}  {name}");
        }
        println!("{sum:>10.2}  together");
    }
}

fn measure(world: &World, what: &str, chains: &[Vec<SharedGrant>]) {
    let (standing, holder, channel) = (Arc::new(world.standing()), world.holder(), world.channel());
    let members: HashMap<Thumbprint, Principal> = [&world.espoo, &world.processor, &world.archive]
        .map(|key| Thumbprint::of(&key.public_key()))
        .into_iter()
        .filter_map(|key| Some((key, world.organisation_of(&key)?)))
        .collect();
    let organisation_of = |key: &Thumbprint| members.get(key).copied();
    let rules = Rules {
        holder: &holder,
        organisation_of: &organisation_of,
        registered: &|_, _, _| Ok(()),
        revocations_fresh: true,
        now_secs: NOW,
    };
    let mut window = ReplayWindow::new();
    let (mut times, mut bytes) = (Times::default(), 0);
    for _ in 0..CALLS {
        let message = call(world, chains);
        bytes = message.len();
        let call = times.step(0, || Call::from_bytes(&message).unwrap());
        let signed = times.step(1, || Signed::<Request>::decode(&call.request).unwrap());
        times.step(2, || signed.id());
        let admit = |kid, cti, expires| window.admit(kid, cti, expires, NOW);
        let caller = Some(world.caller());
        let request = times.step(3, || verify(signed, caller, &holder, &channel, NOW, admit).unwrap());
        let facts = facts(chains, &standing);
        let authorised = times.step(4, || authorise(request, facts, &rules));
        let selection = times.step(5, || select(authorised, &DisclosureRules::default()));
        let records = selection.items().iter().map(|_| resident()).collect();
        let (receipt, items) = times.step(6, || released(&selection, records));
        let signed = times.step(7, || Verified::sign(&world.helsinki, receipt));
        let answer = Answer { receipt: signed.bytes().to_vec(), items };
        times.step(8, || answer.to_bytes());
    }
    times.print(what, bytes);
}

fn call(world: &World, chains: &[Vec<SharedGrant>]) -> Vec<u8> {
    let item = |chain: &Vec<SharedGrant>| RequestItem {
        chain: chain.iter().map(|grant| grant.id()).collect(),
        wanted: vec![wanted("resident", &["first_names", "address"])],
    };
    let request = Request { items: chains.iter().map(item).collect(), ..world.request(Vec::new(), Vec::new()) };
    let request = Verified::sign(&world.espoo, request).bytes().to_vec();
    Call { request, grants: Default::default() }.to_bytes()
}

fn facts(chains: &[Vec<SharedGrant>], standing: &Arc<Standing>) -> Vec<ItemFacts> {
    let one = |chain: &Vec<SharedGrant>| ItemFacts {
        taken_secs: Vec::new(),
        uses: vec![LinkUse::default(); chain.len()],
        chain: Ok(chain.clone()),
        standing: Some(Arc::clone(standing)),
    };
    chains.iter().map(one).collect()
}

fn resident() -> Vec<Value> {
    vec![record(serde_json::json!({
        "first_names": "Anna Maria", "last_name": "Virtanen", "birth_date": "2019-08-01", "language": "fi",
        "address": {"street": "Mannerheimintie 1 A 2", "postal_code": "00100", "municipality": "Helsinki"},
    }))]
}

/// As a vault does it, but for the keys.
fn released(selection: &Selection, records: Vec<Vec<Value>>) -> (Receipt, Vec<ItemAnswer>) {
    let (mut items, mut said) = (Vec::new(), Vec::new());
    for (item, mut records) in selection.items().iter().zip(records) {
        let item = item.as_ref().unwrap();
        let data = item.types().iter().flat_map(|one| one.apply(std::mem::take(&mut records))).collect();
        let names = item.released(&data);
        let data = Value::Map(data).to_cbor();
        let salt = [0x5a; 16];
        let leaf = item.chain().last().unwrap().id();
        let (digest, audit_index) = (Some(data_digest(&salt, &data)), said.len() as u64);
        said.push(ReceiptItem { leaf, outcome: Outcome::Released, released: names, digest, audit_index });
        items.push(ItemAnswer::Released { salt, data });
    }
    let request = selection.request();
    let receipt = Receipt {
        issuer: request.audience,
        audience: request.issuer,
        issued: NOW,
        request: request.id(),
        items: said,
        tree_size: 4712,
        tree_root: [0x77; 32],
    };
    (receipt, items)
}

fn main() {
    let world = World::new();
    let root = || vec![Arc::new(Verified::sign(&world.anna, world.root()))];
    measure(&world, "one item, one grant", &[root()]);
    measure(&world, "one item, a chain of four", &[world.chain(4)]);
    let many: Vec<_> = (0..ITEMS).map(|_| root()).collect();
    measure(&world, "64 items, a grant each", &many);
}
