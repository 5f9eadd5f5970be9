//! A directory that lies is found out, each lie with its own code; nothing that it shows then is used, and what proves it is
//! kept. A mirror that does not lie takes its place.

use std::sync::atomic::Ordering;

use pod_client::directory::{RegistryCopy, Standing};
use pod_client::{CallError, Disbelief};
use pod_protocol::tlog::evidence::Verdict;

use crate::log::{DIRECTORY, Directory, Served, directory_membership, filler, members, snapshot_of};
use crate::world::{DAY, NOW, World, anchor, city, membership, url};

/// What a client says that saw the honest log, when the directory then shows something else.
async fn then_shown(change: impl FnOnce(&mut Served)) -> (World, RegistryCopy) {
    let world = World::new();
    let mut honest = Served::new(members(), vec![]);
    (0..9).for_each(|number| honest.add(filler(number)));
    honest.publish(NOW);
    let directory = Directory::start(&world, honest).await;
    let first = directory.client.registry(&anchor(), None).await.unwrap();
    assert_eq!(first.standing, Standing::Proven { seen_secs: NOW });
    directory.change(change);
    let copy = directory.client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!(copy.registry.organisations().count(), 7, "the last good copy goes on");
    (world, copy)
}

fn only_trouble(copy: &RegistryCopy) -> &CallError {
    assert_eq!(copy.troubles.len(), 1);
    &copy.troubles[0]
}

#[tokio::test]
async fn a_log_that_goes_on_is_followed_through_its_tiles() {
    let (_world, copy) = then_shown(|served| {
        // Over the end of a tile, so that the proof takes tiles of two levels.
        (0..=255).chain(0..=99).for_each(|number| served.add(filler(number)));
        served.publish(NOW + 10);
    })
    .await;
    assert_eq!((copy.standing, copy.troubles.len()), (Standing::Proven { seen_secs: NOW + 10 }, 0));
    assert_eq!(copy.view().unwrap().checkpoint().size, 11 + 356 + 1);
}

#[tokio::test]
async fn two_views_are_a_fork_and_leave_evidence() {
    for longer in [false, true] {
        let (_world, copy) = then_shown(|served| {
            served.leaves.pop();
            served.leaves.pop();
            served.add(filler(77));
            if longer {
                served.add(filler(78));
            }
            served.publish(NOW);
        })
        .await;
        assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-fork", Standing::LastGood));
        let evidence = copy.evidence().next().unwrap();
        assert_eq!(evidence.code, "log-fork");
        assert_eq!(evidence.verdict().unwrap(), if longer { Verdict::NotContinued } else { Verdict::TwoRoots });
        // What was believed stays what is believed.
        assert_eq!(copy.view().unwrap().checkpoint().size, 11);
    }
}

#[tokio::test]
async fn a_fork_is_one_also_when_nobody_cosigned_it() {
    let (_world, copy) = then_shown(|served| {
        served.leaves.pop();
        served.witnesses.clear();
        served.publish(NOW + 1);
    })
    .await;
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-fork", Standing::LastGood));
    assert_eq!(copy.evidence().count(), 1);
}

#[tokio::test]
async fn a_log_that_became_shorter_is_truncated() {
    let (_world, copy) = then_shown(|served| {
        served.leaves.truncate(4);
        served.publish(NOW);
    })
    .await;
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-truncated", Standing::LastGood));
    assert_eq!(copy.evidence().next().unwrap().verdict().unwrap(), Verdict::Shorter);
}

#[tokio::test]
async fn a_head_from_the_future_is_not_used() {
    let (_world, copy) = then_shown(|served| served.publish(NOW + 3600)).await;
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-future", Standing::LastGood));
    let (_world, copy) = then_shown(|served| served.sign(NOW + 3600)).await;
    assert_eq!(only_trouble(&copy).code(), "log-future", "nor are witnesses from it");
}

#[tokio::test]
async fn another_log_is_not_this_one() {
    let world = World::new();
    let statements = [members(), vec![directory_membership(51)]].concat();
    let directory = Directory::start(&world, Served::new(statements, vec![])).await;
    let first = directory.client.registry(&anchor(), None).await.unwrap();
    directory.change(|served| {
        served.origin = 51;
        served.publish(NOW);
    });
    let copy = directory.client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-origin", Standing::LastGood));
    // And who may not run a directory has no log.
    directory.change(|served| {
        served.origin = 1;
        served.publish(NOW);
    });
    let copy = directory.client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!(only_trouble(&copy).code(), "log-signature");
}

#[tokio::test]
async fn a_registry_that_is_not_the_logs_is_not_used() {
    let stranger = membership(9, NOW - DAY, false);
    let added = |served: &mut Served| {
        served.publish(NOW);
        served.snapshot = snapshot_of(&[members(), vec![stranger]].concat());
    };
    // The head says the registry that is held; nothing is fetched.
    let (_world, copy) = then_shown(added).await;
    assert_eq!((copy.standing, copy.troubles.len()), (Standing::Proven { seen_secs: NOW }, 0));
    let left_out = |served: &mut Served| {
        served.statements.push(membership(9, NOW - DAY, true));
        served.publish(NOW);
        served.snapshot = snapshot_of(&members());
    };
    let (_world, copy) = then_shown(left_out).await;
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-registry", Standing::LastGood));
}

#[tokio::test]
async fn a_log_that_stands_still_is_stale_and_counts_for_a_day() {
    let world = World::new();
    let directory = Directory::start(&world, Served::new(members(), vec![])).await;
    let mut kept = directory.client.registry(&anchor(), None).await.unwrap();
    for (later, standing) in [(300, Standing::Proven { seen_secs: NOW }), (301, Standing::Unproven)] {
        world.clock.store(NOW + later, Ordering::SeqCst);
        kept = directory.client.registry(&anchor(), Some(&kept.to_bytes())).await.unwrap();
        assert_eq!(kept.standing, standing);
    }
    assert_eq!(only_trouble(&kept).code(), "log-stale");
    // Who saw the log proven does not go on for ever with one that nobody vouches for.
    assert_eq!(kept.valid_until_secs, NOW + 300 + DAY);
    world.clock.store(NOW + 300 + DAY, Ordering::SeqCst);
    let error = directory.client.registry(&anchor(), Some(&kept.to_bytes())).await.unwrap_err();
    assert_eq!(error.code(), "log-stale");
}

#[tokio::test]
async fn a_federation_begins_before_it_has_witnesses() {
    let world = World::new();
    let mut served = Served::new(members(), vec![]);
    // The directory's own word does not count, nor does a stranger's, and one is not two.
    served.witnesses = vec![1, DIRECTORY, 88];
    served.publish(NOW);
    let directory = Directory::start(&world, served).await;
    let first = directory.client.registry(&anchor(), None).await.unwrap();
    assert_eq!((only_trouble(&first).code(), first.standing), ("log-witnesses", Standing::Unproven));
    assert_eq!((first.registry.organisations().count(), first.view()), (7, None));
    world.clock.store(NOW + 60, Ordering::SeqCst);
    let again = directory.client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!(again.valid_until_secs, NOW + 60 + DAY);
    // Whoever wants fewer has enough.
    let fewer = directory.client.clone().with_witnesses(1);
    assert_eq!(fewer.registry(&anchor(), None).await.unwrap().standing, Standing::Proven { seen_secs: NOW });
}

#[tokio::test]
async fn torn_tiles_are_no_fork() {
    let (_world, copy) = then_shown(|served| {
        served.add(filler(20));
        served.publish(NOW);
        served.torn_tiles = true;
    })
    .await;
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("log-proof", Standing::LastGood));
    assert_eq!(copy.evidence().count(), 0, "anybody on the way can tear a tile");
}

#[tokio::test]
async fn a_mirror_takes_the_place_of_one_that_lies_or_is_away() {
    let world = World::new();
    let honest = Served::new(members(), vec![]);
    let (directory, mirror) = (Directory::start(&world, honest.clone()).await, Directory::start(&world, honest).await);
    let mirrors = [url(&mirror.handle)];
    let client = directory.client.clone().with_mirrors(&world.caller, &mirrors).unwrap();
    let first = client.registry(&anchor(), None).await.unwrap();
    assert!(first.troubles.is_empty());
    directory.change(|served| {
        served.leaves.clear();
        served.add(filler(1));
        served.publish(NOW);
    });
    mirror.change(|served| {
        served.statements.push(membership(9, NOW - DAY, false));
        served.publish(NOW + 5);
    });
    let copy = client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!(copy.standing, Standing::Proven { seen_secs: NOW + 5 });
    assert!(copy.registry.is_member(&city(9)));
    assert_eq!((only_trouble(&copy).code(), copy.evidence().count()), ("log-fork", 1));
    directory.handle.drain().await;
    let copy = client.registry(&anchor(), Some(&copy.to_bytes())).await.unwrap();
    assert_eq!((only_trouble(&copy).code(), copy.standing), ("not-reached", Standing::Proven { seen_secs: NOW + 5 }));
}

#[tokio::test]
async fn a_statement_that_it_took_and_left_out_is_missed() {
    let world = World::new();
    let directory = Directory::start(&world, Served::new(members(), vec![])).await;
    let looks = async |statement: &[u8]| directory.client.find_statement(&anchor(), statement).await;
    assert_eq!(looks(&members()[0]).await.unwrap(), Standing::Proven { seen_secs: NOW });
    let suspended = membership(1, NOW + 1, true);
    let missed = looks(&suspended).await.unwrap_err();
    assert!(matches!(missed, CallError::Unbelievable { what: Disbelief::Dropped, .. }), "{missed}");
    // In the registry, and under a head that nobody else has seen: so the operator is told.
    directory.change(|served| {
        served.statements.push(suspended.clone());
        served.witnesses.clear();
        served.publish(NOW + 1);
    });
    assert_eq!(looks(&suspended).await.unwrap(), Standing::Unproven);
}
