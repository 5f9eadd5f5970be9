//! A holder that shows this wallet another history than before is caught, and the evidence stays.

use pod_crypto::{AeadKey, SigningKey};
use pod_protocol::Refusal;
use pod_protocol::command::Acknowledgement;
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::ObjectId;
use pod_protocol::merkle::ProofFault;
use pod_protocol::tree_head::TreeHead;
use pod_wallet::log_check::{AskedPage, LogFault};
use pod_wallet::log_page::{LogPage, Opened};
use pod_wallet::state::{EnrolledPod, Relation, WalletState};

use crate::tree::{Log, opened};
use crate::world::{HELSINKI, NOW, POD, World, key};

const ASKED: AskedPage = AskedPage { holder: HELSINKI, pod: POD, from: 0, acknowledged: None };

fn enrolled(world: &World) -> WalletState {
    let mut state = WalletState::new();
    let pods = vec![EnrolledPod { pod: POD, relation: Relation::Own, until_secs: None, label: None }];
    state.enrol("helsinki", &world.log_at(HELSINKI), pods);
    state
}

fn log(entries: u64) -> Log {
    let mut log = Log::default();
    for number in 0..entries {
        log.push(opened("disclosure", NOW + number));
    }
    log
}

fn holder() -> SigningKey {
    key(1)
}

fn check(world: &World, state: &mut WalletState, page: &LogPage) -> Result<u64, LogFault> {
    state.check_log_page(&ASKED, page, None, &world.registry, NOW + 1000).map(|page| page.tree_size)
}

#[test]
fn a_log_that_grows_is_believed() {
    let world = World::new();
    let mut state = enrolled(&world);
    for size in 1..20 {
        let log = log(size);
        let page = log.page(HELSINKI, &holder(), NOW + size);
        let proof = (size > 1).then(|| log.consistency(size - 1));
        let checked = state.check_log_page(&ASKED, &page, proof.as_deref(), &world.registry, NOW + 100).unwrap();
        assert_eq!((checked.entries.len() as u64, checked.tree_size), (size, size));
    }
    assert_eq!(state.last_head(&HELSINKI).unwrap().size, 19);
    assert!(state.evidence().is_empty());
}

#[test]
fn growth_without_a_proof_is_not_believed() {
    let world = World::new();
    let mut state = enrolled(&world);
    check(&world, &mut state, &log(3).page(HELSINKI, &holder(), NOW)).unwrap();
    let fault = check(&world, &mut state, &log(5).page(HELSINKI, &holder(), NOW + 1)).unwrap_err();
    assert_eq!(fault, LogFault::ConsistencyNeeded { from: 3, to: 5 });
    assert!(state.evidence().is_empty());
}

#[test]
fn another_history_is_a_fork() {
    let world = World::new();
    for (size, later) in [(4, 1), (6, 1), (3, 1)] {
        let mut state = enrolled(&world);
        check(&world, &mut state, &log(4).page(HELSINKI, &holder(), NOW)).unwrap();
        // The first disclosure is gone; everything else is well signed and proven.
        let mut other = Log::default();
        other.push(opened("import", NOW));
        for number in 1..size {
            other.push(opened("disclosure", NOW + number));
        }
        let page = other.page(HELSINKI, &holder(), NOW + later);
        let proof = if size > 4 { other.consistency(4) } else { vec![] };
        let fault = state.check_log_page(&ASKED, &page, Some(&proof), &world.registry, NOW + 9).unwrap_err();
        assert_eq!(fault.code(), "log-fork");
        let [evidence] = state.evidence() else { panic!("evidence is kept") };
        // Anybody can check it: the holder signed both heads.
        for head in [&evidence.earlier, &evidence.later] {
            let head = Signed::<TreeHead>::decode(&head.bytes).unwrap().verify(&holder().public_key()).unwrap();
            assert_eq!(head.origin, HELSINKI);
        }
        assert_eq!((evidence.earlier.size, evidence.later.size), (4, size));
        assert_eq!(state.last_head(&HELSINKI).unwrap(), &evidence.earlier);
    }
}

#[test]
fn an_older_head_is_only_old() {
    let world = World::new();
    let mut state = enrolled(&world);
    check(&world, &mut state, &log(4).page(HELSINKI, &holder(), NOW)).unwrap();
    // Of the same second too: a log may have grown within it.
    for signed in [NOW - 1, NOW] {
        let fault = check(&world, &mut state, &log(3).page(HELSINKI, &holder(), signed)).unwrap_err();
        assert_eq!(fault, LogFault::Stale);
        assert!(state.evidence().is_empty());
    }
}

#[test]
fn an_entry_that_was_changed_is_named() {
    let world = World::new();
    let mut state = enrolled(&world);
    let mut page = log(5).page(HELSINKI, &holder(), NOW);
    page.entries[2].entry.0[4] ^= 1;
    let fault = check(&world, &mut state, &page).unwrap_err();
    assert_eq!(fault, LogFault::Entry { index: 2, fault: ProofFault::Root });
    assert!(state.last_head(&HELSINKI).is_none());
}

#[test]
fn words_that_differ_from_the_entry_are_refused() {
    let world = World::new();
    let mut state = enrolled(&world);
    let page = log(5).page(HELSINKI, &holder(), NOW);
    let mut later = page.clone();
    later.entries[3].opened.time_secs += 1;
    assert_eq!(check(&world, &mut state, &later).unwrap_err(), LogFault::Differs { index: 3 });
    let mut milder = page;
    milder.entries[0].opened.kind = "import".into();
    assert_eq!(check(&world, &mut state, &milder).unwrap_err(), LogFault::Differs { index: 0 });
}

#[test]
fn a_head_of_another_city_is_refused() {
    let world = World::new();
    let mut state = enrolled(&world);
    let fault = check(&world, &mut state, &log(5).page(HELSINKI, &key(2), NOW)).unwrap_err();
    assert_eq!(fault, LogFault::Head(Refusal::Key));
    let fault = check(&world, &mut state, &log(5).page(crate::world::ESPOO, &holder(), NOW)).unwrap_err();
    assert_eq!(fault, LogFault::Head(Refusal::Audience));
}

#[test]
fn entries_out_of_order_are_refused() {
    let world = World::new();
    let mut state = enrolled(&world);
    let mut page = log(5).page(HELSINKI, &holder(), NOW);
    page.entries.swap(1, 2);
    assert_eq!(check(&world, &mut state, &page).unwrap_err(), LogFault::Order);
}

/// A wallet that the holder told of an act, and what the log says at that place.
fn acknowledged(world: &World, of: ObjectId, audit_index: u64) -> WalletState {
    let mut state = enrolled(world);
    let acknowledgement = Acknowledgement {
        issuer: HELSINKI,
        audience: world.log_at(HELSINKI).principal(),
        issued: NOW + 3,
        of,
        audit_index,
        tree_size: audit_index + 1,
        tree_root: [0; 32],
    };
    state.acknowledged(POD, &Verified::sign(&holder(), acknowledgement));
    state
}

#[test]
fn what_was_acknowledged_must_be_there() {
    let world = World::new();
    let of = ObjectId::new([1; 32]);
    let mut log = log(3);
    let audit_index = log.push(Opened { request_id: Some(of), ..opened("command", NOW + 3) });
    let mut state = acknowledged(&world, of, audit_index);
    let mut page = log.page(HELSINKI, &holder(), NOW + 10);
    let hidden = page.entries.pop().unwrap();
    assert_eq!(check(&world, &mut state, &page).unwrap_err(), LogFault::Missing { index: audit_index });
    page.entries.push(hidden);
    check(&world, &mut state, &page).unwrap();
}

/// What it signs contradicts nothing; but it hides whatever came since, for as long as it likes.
#[test]
fn a_head_from_before_what_was_acknowledged_shows_nothing() {
    let world = World::new();
    let of = ObjectId::new([1; 32]);
    let mut log = log(3);
    let old = log.page(HELSINKI, &holder(), NOW + 2);
    let audit_index = log.push(Opened { request_id: Some(of), ..opened("command", NOW + 3) });
    let mut state = acknowledged(&world, of, audit_index);
    // Asked before the act, and answered after it, it may be that old.
    check(&world, &mut state, &old).unwrap();
    let asked = AskedPage { acknowledged: state.last_acknowledged(&HELSINKI), ..ASKED };
    let fault = state.check_log_page(&asked, &old, None, &world.registry, NOW + 1000).unwrap_err();
    assert_eq!((fault, asked.acknowledged), (LogFault::Stale, Some(3)));
    let (page, proof) = (log.page(HELSINKI, &holder(), NOW + 10), log.consistency(3));
    state.check_log_page(&asked, &page, Some(&proof), &world.registry, NOW + 1000).unwrap();
}

#[test]
fn another_act_in_its_place_is_not_it() {
    let world = World::new();
    for instead in [Some(ObjectId::new([2; 32])), None] {
        let mut log = log(3);
        let audit_index = log.push(Opened { request_id: instead, ..opened("command", NOW + 3) });
        let mut state = acknowledged(&world, ObjectId::new([1; 32]), audit_index);
        // Saying that it were the act does not help: the entry itself names another, or none.
        let mut page = log.page(HELSINKI, &holder(), NOW + 10);
        assert_eq!(check(&world, &mut state, &page).unwrap_err(), LogFault::Missing { index: audit_index });
        page.entries[3].opened.request_id = Some(ObjectId::new([1; 32]));
        check(&world, &mut state, &page).unwrap_err();
        assert!(state.last_head(&HELSINKI).is_none());
    }
}

#[test]
fn entries_of_another_pod_are_refused() {
    let world = World::new();
    for tag in [Some([6; 16]), None] {
        let mut state = enrolled(&world);
        let mut mixed = log(2);
        mixed.push_about(tag, opened("disclosure", NOW + 3));
        let page = mixed.page(HELSINKI, &holder(), NOW + 10);
        assert_eq!(check(&world, &mut state, &page).unwrap_err(), LogFault::OtherPod { index: 2 });
    }
    // Nor are they believed later, when all of them are another's.
    let mut state = enrolled(&world);
    let mut log = log(2);
    check(&world, &mut state, &log.page(HELSINKI, &holder(), NOW + 10)).unwrap();
    log.push_about(Some([6; 16]), opened("disclosure", NOW + 11));
    let mut page = log.page(HELSINKI, &holder(), NOW + 12);
    page.entries.drain(..2);
    let kept = state.seal(&AeadKey::from_bytes([1; 32]), &world.random).unwrap();
    let mut state = WalletState::open(&kept, &AeadKey::from_bytes([1; 32])).unwrap();
    let asked = AskedPage { from: 2, ..ASKED };
    let proof = log.consistency(2);
    let fault = state.check_log_page(&asked, &page, Some(&proof), &world.registry, NOW + 13).unwrap_err();
    assert_eq!(fault, LogFault::OtherPod { index: 2 });
}

#[test]
fn a_page_is_read_from_its_json() {
    let page = log(3).page(HELSINKI, &holder(), NOW);
    let json = serde_json::to_vec(&page).unwrap();
    let read = LogPage::from_json(&json).unwrap();
    assert_eq!(read.entries.len(), 3);
    assert_eq!(read.tree_head, page.tree_head);
    assert!(LogPage::from_json(b"{\"entries\":[]}").is_err());
}
