//! The wallet's memory comes back as it was, under its own key, and not otherwise.

use pod_crypto::AeadKey;
use pod_wallet::commands::Order;
use pod_wallet::decide::{Choice, HolderChoice, agree};
use pod_wallet::keys::KeysFault;
use pod_wallet::state::{EnrolledPod, Relation, StateFault, WalletState};

use crate::world::{ESPOO, HELSINKI, NOW, POD, World, request};

#[test]
fn sealed_and_opened_again() {
    let world = World::new();
    let key = AeadKey::generate(&world.random);
    let log = world.log_at(HELSINKI);
    let signer = log.signer(&world.root).unwrap();
    let mut state = WalletState::new();
    let pod: EnrolledPod =
        serde_json::from_str(&format!(r#"{{"pod":"{POD}","relation":"guardian","until":{NOW},"label":"Aino"}}"#))
            .unwrap();
    assert_eq!(pod.relation, Relation::Guardian);
    state.enrol("helsinki", &log, vec![pod]);
    let review = world.review(&request());
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let decided = agree(&review, &Choice { holders, ..Choice::default() }, NOW, &world.random).unwrap();
    state.decided(&review, &decided, NOW);
    let grant = decided.grants[0].id();

    let sealed = state.seal(&key, &world.random).unwrap();
    let mut again = WalletState::open(&sealed, &key).unwrap();
    assert_eq!(again.pod_label(&POD), Some("Aino"));
    assert_eq!(again.grants(), state.grants());
    assert_eq!(again.decisions()[0].grants, [grant]);
    let found = again.signer(&world.root, &HELSINKI, NOW).unwrap();
    assert_eq!((found.principal, found.key.public_key()), (signer.principal, signer.key.public_key()));
    assert_eq!(again.signer(&world.root, &ESPOO, NOW).unwrap_err(), KeysFault::Empty);

    let acknowledgement = pod_protocol::command::Acknowledgement {
        issuer: HELSINKI,
        audience: signer.principal,
        issued: NOW,
        of: grant,
        audit_index: 0,
        tree_size: 1,
        tree_root: [0; 32],
    };
    let acknowledgement = pod_protocol::Verified::sign(&crate::world::key(1), acknowledgement);
    again.order_acknowledged(&Order::deposit(&decided.grants[0]), &acknowledgement);
    again.revoked(&grant, NOW + 5);
    assert!(again.grants()[0].deposited);
    assert_eq!(again.grants()[0].revoked_secs, Some(NOW + 5));
}

#[test]
fn another_key_file_or_version_does_not_open() {
    let world = World::new();
    let (key, other) = (AeadKey::generate(&world.random), AeadKey::generate(&world.random));
    let sealed = WalletState::new().seal(&key, &world.random).unwrap();
    assert!(matches!(WalletState::open(&sealed, &other), Err(StateFault::Open)));
    assert!(matches!(WalletState::open(b"{}", &key), Err(StateFault::NotOne)));
    let mut later = sealed.clone();
    later[12] = 9;
    assert!(matches!(WalletState::open(&later, &key), Err(StateFault::Version(9))));
    let mut changed = sealed;
    *changed.last_mut().unwrap() ^= 1;
    assert!(matches!(WalletState::open(&changed, &key), Err(StateFault::Open)));
}
