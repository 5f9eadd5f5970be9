//! kill -9 of a node under load, 20 times: no grant, revocation or audit entry that was acknowledged is lost, and every
//! receipt that a client holds stands in the log.

use std::sync::Arc;

use pod_audit::{EntryKind, Log, LogConfig};
use pod_client::service::{HeldGrant, ItemOutcome};
use pod_protocol::answer::Receipt;
use pod_protocol::cose::Verified;
use pod_protocol::merkle::verify_consistency;
use rustix::process::Signal;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::family::{Family, Granted};
use crate::world::{Daemon, aitta};

const KILLS: usize = 20;
/// Callers that fetch all the time.
const CALLERS: usize = 4;
/// What they have got before the citizen does something.
const RECEIPTS_BEFORE: u32 = 8;

/// Everybody fetches until the node is gone.
struct Load {
    callers: JoinSet<Vec<Verified<Receipt>>>,
}

impl Load {
    fn begin(family: &Family, grant: &HeldGrant) -> Self {
        // A permit for each answer.
        let got = Arc::new(Semaphore::new(0));
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (service, grant, got) = (family.service().clone(), grant.clone(), Arc::clone(&got));
            let calls = async move {
                let mut receipts = Vec::new();
                loop {
                    let outcome = service.fetch(&grant).await;
                    if !outcome.is_complete() {
                        return receipts;
                    }
                    assert!(matches!(outcome.items[0], ItemOutcome::Released(_)), "{outcome:?}");
                    receipts.extend(outcome.receipts);
                    got.add_permits(1);
                }
            };
            callers.spawn_on(calls, family.runtime.handle());
        }
        family.runtime.block_on(got.acquire_many(RECEIPTS_BEFORE)).unwrap().forget();
        Self { callers }
    }

    /// What the callers hold once the node is gone.
    fn end(self, family: &Family) -> Vec<Verified<Receipt>> {
        family.runtime.block_on(self.callers.join_all()).into_iter().flatten().collect()
    }
}

/// What was acknowledged so far.
#[derive(Default)]
struct Acknowledged {
    receipts: Vec<Verified<Receipt>>,
    revocations: Vec<u64>,
    revoked: Vec<HeldGrant>,
}

fn outcome(family: &Family, grant: &HeldGrant) -> ItemOutcome {
    let outcome = family.runtime.block_on(family.service().fetch(grant));
    assert!(outcome.is_complete(), "{outcome:?}");
    outcome.items.into_iter().next().unwrap()
}

#[test]
fn nothing_that_was_acknowledged_is_lost() {
    let (family, mut node) = Family::begin();
    let steady = family.collect(&family.grant());
    let mut acknowledged = Acknowledged::default();
    let mut waiting: Option<Granted> = None;
    for _ in 0..KILLS {
        let load = Load::begin(&family, &steady);
        // In turns: a grant is given, and taken back; killed as soon as the citizen was told that it is so.
        let taken_back = waiting.take();
        match &taken_back {
            Some(grant) => acknowledged.revocations.push(family.revoke(grant)),
            None => waiting = Some(family.grant()),
        }
        node.kill();
        acknowledged.receipts.extend(load.end(&family));
        node = family.serve_node();
        match (&taken_back, &waiting) {
            (None, Some(given)) => {
                let held = family.collect(given);
                assert!(matches!(outcome(&family, &held), ItemOutcome::Released(_)), "a grant was lost");
                acknowledged.revoked.push(held);
            }
            _ => {
                let revoked = acknowledged.revoked.last().unwrap();
                assert!(matches!(outcome(&family, revoked), ItemOutcome::Refused(_)), "a revocation was lost");
            }
        }
    }
    for revoked in &acknowledged.revoked {
        assert!(matches!(outcome(&family, revoked), ItemOutcome::Refused(_)), "a revocation was lost");
    }
    all_is_in_the_log(&family, node, &acknowledged);
}

fn all_is_in_the_log(family: &Family, node: Daemon, acknowledged: &Acknowledged) {
    assert_eq!(node.stop(Signal::TERM).0, 0);
    let directory = family.world.path("node/data/audit");
    let request: serde_json::Value = serde_json::from_str(&family.world.read("node/membership-request.json")).unwrap();
    let verified = aitta(&["audit", "verify", &directory, "--json", "--key", request["keys"][0].as_str().unwrap()]);
    assert_eq!(verified.done().json()["intact"], true);

    let key = pod_server::key_file::read(family.world.path("node/keys/organisation.key").as_ref()).unwrap();
    let origin = request["principal"].as_str().unwrap().parse().unwrap();
    let log = Log::open(LogConfig::new(directory.into(), origin, Arc::new(key))).unwrap();
    let head = log.head().unwrap();
    assert!(acknowledged.receipts.len() >= KILLS * RECEIPTS_BEFORE as usize);
    for receipt in &acknowledged.receipts {
        for item in &receipt.items {
            let entry = log.entry(item.audit_index).unwrap().expect("the entry of a receipt");
            assert_eq!(entry.public().kind, EntryKind::Disclosure);
            assert_eq!(entry.public().request.unwrap().id, receipt.request);
        }
        let proof = log.consistency_proof(receipt.tree_size, head.size).unwrap();
        verify_consistency(receipt.tree_size, head.size, &receipt.tree_root, &head.root, &proof)
            .expect("the tree of a receipt is part of this one");
    }
    for index in &acknowledged.revocations {
        assert_eq!(log.entry(*index).unwrap().unwrap().public().kind, EntryKind::Command);
    }
}
