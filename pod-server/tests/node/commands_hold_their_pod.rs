//! A command counts while whoever sent it speaks for the pod: what ends that comes wholly before it, or wholly after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pod_crypto::SigningKey;
use pod_protocol::command::Action;
use pod_protocol::ids::Thumbprint;
use pod_protocol::key_event::KeyChange;

use crate::people::{Wallet, code, device};
use crate::scene::{PURPOSE, Scene};

const TABLET: [u8; 32] = [0x7a; 32];

/// All that a device does without a new object of its own.
fn actions() -> [Action; 7] {
    [
        Action::Read { record_type: None, skip: 0 },
        Action::Export { skip: 0 },
        Action::Log { from: 0, limit: 1 },
        Action::Standing { skip: 0 },
        Action::Inbox { skip: 0 },
        Action::Restrict { record_types: Vec::new(), on: false },
        Action::Object { purpose: PURPOSE.parse().unwrap(), organisation: None, on: false },
    ]
}

/// Anna's tablet, with her principal.
fn tablet(scene: &Scene) -> Wallet {
    let mut tablet = Wallet::new(TABLET, scene.helsinki.principal, &*scene.random);
    tablet.principal = scene.anna.principal;
    tablet
}

/// The tablet works without a pause while Anna's telephone takes it off her log. Each round is another interleaving.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_a_revoked_device_stands_behind_its_revocation() {
    for _round in 0..6 {
        let mut scene = Scene::new().await;
        let key = SigningKey::from_seed(&TABLET);
        let add = scene.anna.event(scene.now() - 900, KeyChange::AddDevice(device(&key)));
        scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(add.bytes().to_vec())).await.unwrap();
        scene.anna.events.push(add);

        let (scene, under_way) = (Arc::new(scene), Arc::new(AtomicU64::new(0)));
        let work = |scene: Arc<Scene>, under_way: Arc<AtomicU64>| async move {
            let (tablet, mut last) = (tablet(&scene), 0);
            for action in actions().into_iter().cycle() {
                match scene.command(&tablet, scene.eetus_pod, action).await {
                    Ok(done) => last = done.acknowledgement.audit_index,
                    refused => {
                        assert!(["key-unknown", "not-authorised"].contains(&code(&refused)), "{refused:?}");
                        break;
                    }
                }
                under_way.fetch_add(1, Ordering::SeqCst);
            }
            last
        };
        let working: Vec<_> = (0..6).map(|_| tokio::spawn(work(Arc::clone(&scene), Arc::clone(&under_way)))).collect();
        while under_way.load(Ordering::SeqCst) < 12 {
            tokio::task::yield_now().await;
        }
        let kid = Thumbprint::of(&key.public_key()).kid();
        let revoke = scene.anna.event(scene.now(), KeyChange::RevokeDevice { kid, compromised_since: None });
        let done = scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(revoke.bytes().to_vec())).await;
        let revoked = done.unwrap().acknowledgement.audit_index;
        for task in working {
            let last = task.await.unwrap();
            assert!(last < revoked, "entry {last} stands behind the revocation, entry {revoked}");
        }
    }
}
