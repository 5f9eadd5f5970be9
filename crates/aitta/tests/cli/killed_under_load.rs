//! kill -9 of a node under load, 20 times, in the middle of whatever it does: no grant, revocation or audit entry that was
//! acknowledged is lost, and every receipt that a client holds stands in the log.

use std::sync::Arc;

use pod_audit::{EntryKind, Log, LogConfig};
use pod_client::service::HeldGrant;
use pod_crypto::{SystemRandom, random_array};
use pod_protocol::Outward;
use pod_protocol::answer::{ItemAnswer, Receipt};
use pod_protocol::cose::Verified;
use pod_protocol::merkle::verify_consistency;
use rustix::process::Signal;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::citizen::{Citizen, Given, TakenBack, Told, gone};
use crate::family::Family;
use crate::world::{Daemon, aitta};

const KILLS: usize = 20;
/// Callers that fetch all the time.
const CALLERS: usize = 4;
/// What they have got before the node is killed.
const RECEIPTS_BEFORE: u32 = 8;
/// The citizen was told of one to so many acts before the node is killed, during the next.
const MOST_ACTS_BEFORE: u8 = 12;
/// Grants that are looked for in one call.
const ITEMS: usize = 64;

/// Everybody fetches, and the citizen decides, until the node is gone.
struct Load {
    callers: JoinSet<Vec<Verified<Receipt>>>,
    citizen: JoinHandle<Vec<Given>>,
}

impl Load {
    /// Goes on until receipts, and a random number of acknowledgements, have arrived.
    fn begin(family: &Family, citizen: &Arc<Citizen>, grant: &HeldGrant) -> Self {
        // A permit for each answer.
        let (got, told) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (service, grant, got) = (family.service().clone(), [grant.clone()], Arc::clone(&got));
            let calls = async move {
                let mut receipts = Vec::new();
                loop {
                    let Ok((answers, receipt)) = service.fetch(&grant).await.map_err(gone) else { return receipts };
                    assert!(matches!(answers[..], [ItemAnswer::Released { .. }]), "{answers:?}");
                    receipts.push(receipt);
                    got.add_permits(1);
                }
            };
            callers.spawn_on(calls, family.runtime.handle());
        }
        let (citizen, acknowledged) = (Arc::clone(citizen), Arc::clone(&told));
        let citizen = family.runtime.spawn(async move { citizen.decide_until_gone(&acknowledged).await });
        let [byte] = random_array(&SystemRandom);
        let acts = u32::from(1 + byte % MOST_ACTS_BEFORE);
        family.runtime.block_on(async {
            got.acquire_many(RECEIPTS_BEFORE).await.unwrap().forget();
            told.acquire_many(acts).await.unwrap().forget();
        });
        Self { callers, citizen }
    }

    /// What the callers hold, and what the citizen was told, once the node is gone.
    fn end(self, family: &Family) -> (Vec<Verified<Receipt>>, Vec<Given>) {
        family.runtime.block_on(async {
            let receipts = self.callers.join_all().await.into_iter().flatten().collect();
            (receipts, self.citizen.await.unwrap())
        })
    }
}

/// The node answers from what it kept: no grant is sent along.
fn nothing_was_forgotten(family: &Family, given: &[Given]) {
    for some in given.chunks(ITEMS) {
        let held: Vec<HeldGrant> = some.iter().map(|one| one.held.clone()).collect();
        let (answers, _) = family.runtime.block_on(family.service().fetch(&held)).unwrap();
        for (one, answer) in some.iter().zip(&answers) {
            let denied = matches!(answer, ItemAnswer::Refused(Outward::Denied));
            let released = matches!(answer, ItemAnswer::Released { .. });
            match one.taken_back {
                TakenBack::No => assert!(released, "a grant was lost: {answer:?}"),
                TakenBack::Done(_) => assert!(denied, "a revocation was lost: {answer:?}"),
                TakenBack::Asked => assert!(released || denied, "a grant was lost: {answer:?}"),
            }
        }
    }
}

#[test]
fn nothing_that_was_acknowledged_is_lost() {
    let (family, mut node) = Family::begin();
    let citizen = Arc::new(Citizen::of(&family));
    let mut given = vec![family.runtime.block_on(citizen.give()).unwrap()];
    let steady = given[0].held.clone();
    let mut receipts = Vec::new();
    for _ in 0..KILLS {
        let load = Load::begin(&family, &citizen, &steady);
        node.kill();
        let (held, told) = load.end(&family);
        node = family.serve_node();
        nothing_was_forgotten(&family, &told);
        receipts.extend(held);
        given.extend(told);
    }
    nothing_was_forgotten(&family, &given);
    all_is_in_the_log(&family, node, &receipts, &given);
}

fn all_is_in_the_log(family: &Family, node: Daemon, receipts: &[Verified<Receipt>], given: &[Given]) {
    assert_eq!(node.stop(Signal::TERM).0, 0);
    let directory = family.world.path("node/data/audit");
    let request: serde_json::Value = serde_json::from_str(&family.world.read("node/membership-request.json")).unwrap();
    let verified = aitta(&["audit", "verify", &directory, "--json", "--key", request["keys"][0].as_str().unwrap()]);
    assert_eq!(verified.done().json()["intact"], true);

    let key = pod_server::key_file::read(family.world.path("node/keys/organisation.key").as_ref()).unwrap();
    let origin = request["principal"].as_str().unwrap().parse().unwrap();
    let log = Log::open(LogConfig::new(directory.into(), origin, Arc::new(key))).unwrap();
    let head = log.head().unwrap();
    assert!(receipts.len() >= KILLS * RECEIPTS_BEFORE as usize);
    for receipt in receipts {
        for item in &receipt.items {
            let entry = log.entry(item.audit_index).unwrap().expect("the entry of a receipt");
            assert_eq!(entry.public().kind, EntryKind::Disclosure);
            assert_eq!(entry.public().request.unwrap().id, receipt.request);
        }
        let proof = log.consistency_proof(receipt.tree_size, head.size).unwrap();
        verify_consistency(receipt.tree_size, head.size, &receipt.tree_root, &head.root, &proof)
            .expect("the tree of a receipt is part of this one");
    }
    let stands = |told: &Told| {
        let entry = log.entry(told.index).unwrap().expect("the entry of an acknowledgement");
        assert_eq!((entry.public().kind, entry.public().request.unwrap().id), (EntryKind::Command, told.of));
    };
    for one in given {
        stands(&one.deposited);
        if let TakenBack::Done(told) = &one.taken_back {
            stands(told);
        }
    }
}
