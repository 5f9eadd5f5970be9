//! What lies in the directory's log for this node counts as if it had come directly; what is not believed counts for nothing,
//! and a view that grows old refuses what was passed on.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pod_crypto::SigningKey;
use pod_http::{Origin, ServerHandle};
use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::grant::{Grant, GrantLimits};
use pod_protocol::ids::{ObjectId, Principal, Thumbprint};
use pod_protocol::key_event::KeyChange;
use pod_protocol::revocation::Target;
use pod_protocol::tlog::evidence::{Evidence, Verdict};
use pod_protocol::tlog::leaf::Sealed;
use pod_protocol::tlog::post::{Posted, seal_key};
use pod_server::commands;
use pod_server::upkeep::{DirectoryConfig, Upkeep, UpkeepConfig};
use pod_server::view::RevocationBound;
use pod_store::{Batch, Table};

use crate::log::{Log, SharedLog, Signer, routes_with_registry};
use crate::neighbours::{client, eventually, serve};
use crate::people::{code, item, outcomes, raw, wanted};
use crate::scene::{Member, Scene, previous_key};

fn signer(member: &Member) -> Signer {
    Signer { principal: member.principal, seed: member.seed }
}

/// Helsinki's node, which follows a log that Espoo and the processors watch.
pub struct Story {
    pub scene: Scene,
    log: SharedLog,
    snapshot: Vec<u8>,
    socket: PathBuf,
    upkeep: Option<Upkeep>,
    server: Option<ServerHandle>,
}

impl Story {
    pub async fn begin() -> Self {
        let mut story = Self::that_has_not_looked().await;
        story.connect().await;
        story.follow();
        story.followed().await;
        story
    }

    /// Its node has a registry, and no place in the log yet.
    async fn that_has_not_looked() -> Self {
        let scene = Scene::new().await;
        let witnesses = vec![signer(&scene.espoo), signer(&scene.processors)];
        let mut log = Log::new(signer(&scene.directory), witnesses);
        let snapshot = scene.snapshot();
        log.publish(snapshot.clone(), scene.now());
        let socket = scene.folder.path().join("directory.sock");
        let log = Arc::new(Mutex::new(log));
        Self { scene, log, snapshot, socket, upkeep: None, server: None }
    }

    /// Anna's revocation stands in the log before the node looks at it for the first time.
    async fn hears_first_that_anna_took_back(&mut self, grant: &Verified<Grant>) {
        let anna = &self.scene.anna;
        let sealed = self.revocation(anna.principal, &anna.key, Target::Grant(grant.id()));
        let (snapshot, now_secs) = (self.snapshot.clone(), self.scene.now());
        self.log(|log| {
            log.add(now_secs, sealed);
            log.publish(snapshot, now_secs);
        });
        self.connect().await;
        self.follow();
        self.followed().await;
        assert_eq!(self.fetched(grant).await, "denied");
    }

    pub async fn connect(&mut self) {
        self.server = Some(serve(&self.socket, routes_with_registry(&self.log)).await);
    }

    pub async fn disconnect(&mut self) {
        self.server.take().unwrap().drain().await;
    }

    fn config(&self) -> DirectoryConfig {
        DirectoryConfig {
            url: Origin::unix(&self.socket),
            mirrors: Vec::new(),
            witnesses: 2,
            witness: true,
            evidence: Some(self.evidence()),
            refresh: Duration::from_millis(10),
            revocation_bound: RevocationBound::default(),
            publish: Duration::from_millis(10),
            entry_lifetime_days: 90,
        }
    }

    fn evidence(&self) -> PathBuf {
        self.scene.folder.path().join("evidence")
    }

    fn follow(&mut self) {
        let config = UpkeepConfig { directory: Some(self.config()), blinder: None };
        self.upkeep = Some(Upkeep::start(&self.scene.node(), &config, &client()));
    }

    pub fn upkeep(&self) -> &Upkeep {
        self.upkeep.as_ref().unwrap()
    }

    fn posts_waiting(&self) -> u64 {
        self.scene.store.count(Table("node-log-posts")).unwrap()
    }

    fn codes(&self) -> Vec<&'static str> {
        self.upkeep().reasons().iter().map(|reason| reason.code).collect()
    }

    pub fn log<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        change(&mut self.log.lock().unwrap())
    }

    /// Waits until the node has asked twice more: what was there before is followed then.
    pub async fn followed(&self) {
        let heads = self.log(|log| log.heads);
        eventually("the head is asked for", || self.log(|log| log.heads > heads + 1)).await;
    }

    /// Puts something into the log, and waits until the node has looked.
    async fn post(&self, sealed: Sealed) {
        let now_secs = self.scene.now();
        let snapshot = self.snapshot.clone();
        self.log(|log| {
            log.add(now_secs, sealed);
            log.publish(snapshot, now_secs);
        });
        self.followed().await;
    }

    fn seal(&self, posted: &Posted) -> Sealed {
        posted.seal(&seal_key(&self.scene.helsinki.key()).public_key(), &*self.scene.random).unwrap()
    }

    fn revocation(&self, issuer: Principal, key: &SigningKey, target: Target) -> Sealed {
        self.seal(&Posted::Revocation(self.scene.revocation(issuer, key, target).bytes().to_vec()))
    }

    async fn fetched(&self, grant: &Verified<Grant>) -> &'static str {
        self.scene.outcome(&[grant], vec![wanted("residence", &["given_names"])]).await
    }

    /// What a processor gets to which the grant was passed on.
    async fn passed_on(&self, chain: &[&Verified<Grant>], sent: &[&Verified<Grant>]) -> &'static str {
        let items = vec![item(chain, vec![wanted("residence", &["given_names"])])];
        let request = self.scene.request(&self.scene.processor, items, |_| {});
        match self.scene.send(&request, sent).await {
            Ok(answer) => outcomes(&answer)[0],
            failed => code(&failed),
        }
    }

    /// Revocations and refusals of Eetu's pod in the node's log.
    async fn recorded(&self) -> Vec<String> {
        let log = self.scene.command(&self.scene.anna, self.scene.eetus_pod, Action::Log { from: 0, limit: 200 }).await;
        let entries = log.unwrap().result["entries"].as_array().unwrap().clone();
        entries
            .iter()
            .map(|entry| &entry["opened"])
            .filter(|entry| entry["purpose"] == "revoke")
            .map(|entry| entry["outcome"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn restart(&mut self) {
        self.upkeep.take().unwrap().finish().await;
        let node = self.scene.node();
        eventually("nothing is under way", || Arc::strong_count(&node) == 2).await;
        drop(node);
        self.scene.restart().await;
        self.follow();
        self.followed().await;
    }
}

#[tokio::test]
async fn a_sealed_revocation_counts_at_the_next_look_and_once() {
    let mut story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    assert_eq!(story.fetched(&grant).await, "released");
    story.disconnect().await;
    let anna = &story.scene.anna;
    let sealed = story.revocation(anna.principal, &anna.key, Target::Grant(grant.id()));
    story.log(|log| log.add(story.scene.now(), sealed.clone()));
    let (snapshot, now_secs) = (story.snapshot.clone(), story.scene.now());
    story.log(|log| log.publish(snapshot, now_secs));
    assert_eq!(story.fetched(&grant).await, "released", "what is not heard of does not count yet");
    story.connect().await;
    story.followed().await;
    assert_eq!(story.fetched(&grant).await, "denied");
    let recorded = story.recorded().await;
    // The same leaf once more, and after a restart: nothing new.
    story.post(sealed).await;
    story.restart().await;
    assert_eq!((story.fetched(&grant).await, story.recorded().await), ("denied", recorded));
}

/// A registry is enough to take grants by, and it may come before the first look is over: a crash in between must not lose what was
/// posted meanwhile. Seed 61 of the simulation.
#[tokio::test]
async fn what_was_posted_before_the_first_whole_look_counts() {
    let mut story = Story::that_has_not_looked().await;
    let grant = story.scene.usual_grant().await;
    assert_eq!(story.fetched(&grant).await, "released");
    story.hears_first_that_anna_took_back(&grant).await;
}

/// A wallet is bound without a registry: by the login, and the keys that it shows.
#[tokio::test]
async fn what_was_posted_before_a_node_had_a_registry_counts() {
    let mut story = Story::that_has_not_looked().await;
    let grant = story.scene.usual_grant().await;
    let mut without = Batch::new();
    without.delete(Table("node-singles"), *b"registry");
    without.delete(Table("node-singles"), *b"registry-confirmed");
    story.scene.store.commit(without).unwrap();
    story.scene.restart().await;
    story.hears_first_that_anna_took_back(&grant).await;
}

#[tokio::test]
async fn what_was_sealed_for_the_key_of_before_is_opened() {
    let story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    let anna = &story.scene.anna;
    let revocation = story.scene.revocation(anna.principal, &anna.key, Target::Grant(grant.id()));
    // By a wallet whose copy of the registry is of yesterday.
    let posted = Posted::Revocation(revocation.bytes().to_vec());
    let sealed = posted.seal(&seal_key(&previous_key()).public_key(), &*story.scene.random).unwrap();
    story.post(sealed).await;
    assert_eq!((story.fetched(&grant).await, story.recorded().await.len()), ("denied", 1));
}

#[tokio::test]
async fn junk_and_what_is_somebody_elses_change_nothing() {
    let story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    let junk = Sealed { id: ObjectId::new([7; 32]), sealed: vec![9; 2048] };
    story.post(junk).await;
    // Sealed for Espoo: it does not open here.
    let revocation =
        story.scene.revocation(story.scene.anna.principal, &story.scene.anna.key, Target::Grant(grant.id()));
    let posted = Posted::Revocation(revocation.bytes().to_vec());
    let elsewhere = posted.seal(&seal_key(&story.scene.espoo.key()).public_key(), &*story.scene.random).unwrap();
    story.post(elsewhere).await;
    // Under another id than it has.
    let mut renamed = story.seal(&posted);
    renamed.id = ObjectId::new([8; 32]);
    story.post(renamed).await;
    assert_eq!((story.fetched(&grant).await, story.recorded().await.len()), ("released", 0));
    assert!(story.codes().is_empty());
}

#[tokio::test]
async fn who_has_no_authority_is_refused_and_recorded() {
    let story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    let (bo, target) = (&story.scene.bo, Target::Grant(grant.id()));
    story.post(story.revocation(bo.principal, &bo.key, target)).await;
    assert_eq!((story.fetched(&grant).await, story.recorded().await), ("released", vec!["not-authorised".to_owned()]));
    // What comes after it in the log is still taken.
    let anna = &story.scene.anna;
    story.post(story.revocation(anna.principal, &anna.key, target)).await;
    assert_eq!(story.fetched(&grant).await, "denied");
}

#[tokio::test]
async fn a_delegator_takes_back_through_the_log_what_it_passed_on() {
    let story = Story::begin().await;
    let scene = &story.scene;
    let limits = |grant: &mut Grant| {
        grant.limits =
            GrantLimits { depth: 1, organisations: Some(vec![scene.processors.principal]), ..GrantLimits::default() };
    };
    let parent = scene.granted_with(vec![raw("residence", &["given_names"])], limits).await;
    let child = scene.passed_on(&parent);
    assert_eq!(story.passed_on(&[&parent, &child], &[&child]).await, "released");
    let (espoo, target) = (&scene.early, Target::Grant(child.id()));
    story.post(story.revocation(espoo.principal, &espoo.key, target)).await;
    assert_eq!(story.passed_on(&[&parent, &child], &[]).await, "denied");
    assert_eq!(story.fetched(&parent).await, "released", "what it was passed on from goes on");
}

#[tokio::test]
async fn a_key_event_counts_and_comes_twice_without_harm() {
    let story = Story::begin().await;
    let anna = &story.scene.anna;
    let kid = Thumbprint::of(&anna.key.public_key()).kid();
    let event = anna.event(story.scene.now(), KeyChange::RevokeDevice { kid, compromised_since: None });
    let posted = Posted::KeyEvent { principal: anna.principal, event: event.bytes().to_vec() };
    story.post(story.seal(&posted)).await;
    story.post(story.seal(&posted)).await;
    let read = story.scene.command(anna, story.scene.annas_pod, Action::Read { record_type: None, skip: 0 }).await;
    assert_eq!(code(&read), "key-unknown", "the device is out");
}

/// When the recovery that waits in Anna's log takes effect.
async fn due(story: &Story) -> Option<u64> {
    let standing = story.scene.command(&story.scene.anna, story.scene.annas_pod, Action::Standing { skip: 0 });
    let recovery = standing.await.unwrap().result["recovery"].clone();
    assert!(recovery.is_object(), "it waits");
    recovery["due"].as_u64()
}

#[tokio::test]
async fn the_wait_of_a_recovery_begins_when_the_log_has_it() {
    let mut story = Story::begin().await;
    let (anna, thief) = (&story.scene.anna, SigningKey::from_seed(&[0x77; 32]));
    let stolen = anna.recovery(&thief, story.scene.now()).bytes().to_vec();
    commands::key_event(&story.scene.node(), anna.principal, stolen, false).await.unwrap();
    assert_eq!(due(&story).await, None, "no time has begun to run");
    eventually("the node has it logged", || story.log(|log| log.posted.len()) == 1).await;
    // The directory says that it took it, and does not log it; the node starts again meanwhile.
    eventually("the operator reads of it", || story.codes().contains(&"directory-drops")).await;
    story.scene.pass_alone(5 * 24 * 3600);
    let snapshot = story.scene.snapshot();
    story.log(|log| log.publish(snapshot.clone(), story.scene.now()));
    story.restart().await;
    assert_eq!(due(&story).await, None);
    eventually("what the log lacks is posted again", || story.codes().contains(&"directory-drops")).await;
    let sealed = story.log(|log| log.posted[0].clone());
    story.snapshot = snapshot;
    let logged_secs = story.scene.now();
    story.post(sealed.clone()).await;
    assert_eq!(due(&story).await, Some(logged_secs + 72 * 3600));
    // Once told it never changes: not by a second leaf, nor by a start.
    story.scene.pass_alone(60);
    story.post(sealed).await;
    story.restart().await;
    assert_eq!(due(&story).await, Some(logged_secs + 72 * 3600));
    eventually("nothing waits to be posted", || story.posts_waiting() == 0 && story.codes().is_empty()).await;
    assert_eq!(story.log(|log| log.posted.len()), 1, "what the log brings is not posted as something else");
}

#[tokio::test]
async fn a_log_that_stood_still_does_not_shorten_the_wait() {
    let story = Story::begin().await;
    let (anna, thief) = (&story.scene.anna, SigningKey::from_seed(&[0x77; 32]));
    let event = anna.recovery(&thief, story.scene.now()).bytes().to_vec();
    let sealed = story.seal(&Posted::KeyEvent { principal: anna.principal, event });
    // A leaf of three days ago, of which nobody could see anything until now.
    let (now_secs, snapshot) = (story.scene.now(), story.snapshot.clone());
    story.log(|log| {
        log.add(now_secs - 72 * 3600, sealed);
        log.publish(snapshot, now_secs);
    });
    story.followed().await;
    assert_eq!(due(&story).await, Some(now_secs + 72 * 3600));
}

#[tokio::test]
async fn a_view_that_nobody_cosigns_grows_old_and_what_was_passed_on_is_refused() {
    let story = Story::begin().await;
    let scene = &story.scene;
    let parent = scene.granted_with(vec![raw("residence", &["given_names"])], |grant| {
        grant.limits =
            GrantLimits { depth: 1, organisations: Some(vec![scene.processors.principal]), ..GrantLimits::default() };
    });
    let parent = parent.await;
    let child = scene.passed_on(&parent);
    assert_eq!(story.passed_on(&[&parent, &child], &[&child]).await, "released");
    // The log stands still: heads are shown as before, and nobody saw them anew.
    scene.pass_alone(301);
    story.followed().await;
    assert_eq!(story.passed_on(&[&parent, &child], &[]).await, "unavailable");
    assert_eq!(story.fetched(&parent).await, "released", "a grant of one link goes on");
    assert_eq!(story.codes(), ["registry-stale"]);
    story.log(|log| log.sign(scene.now() - 200));
    story.followed().await;
    assert_eq!(story.passed_on(&[&parent, &child], &[]).await, "released");
    // The view is as old as the witnesses say, not as the question.
    scene.pass_alone(101);
    assert_eq!(story.passed_on(&[&parent, &child], &[]).await, "unavailable");
}

#[tokio::test]
async fn a_fork_is_not_followed_and_leaves_a_file() {
    let story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    let honest = story.log(|log| log.leaves.clone());
    let anna = &story.scene.anna;
    let sealed = story.revocation(anna.principal, &anna.key, Target::Grant(grant.id()));
    let (now_secs, snapshot) = (story.scene.now(), story.snapshot.clone());
    story.log(|log| {
        log.leaves.clear();
        log.add(now_secs, sealed);
        log.publish(snapshot.clone(), now_secs);
    });
    eventually("the lie is told", || story.codes().contains(&"directory-lies")).await;
    assert_eq!(story.fetched(&grant).await, "released", "nothing of it is used");
    let files: Vec<_> = fs::read_dir(story.evidence()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let evidence = Evidence::from_bytes(&fs::read(&files[0]).unwrap()).unwrap();
    assert_eq!((files.len(), evidence.verdict().unwrap()), (1, Verdict::NotContinued));
    // Back to the truth: it is followed on, and says so no more.
    story.log(|log| {
        log.leaves = honest;
        log.publish(snapshot, now_secs);
    });
    story.followed().await;
    assert!(story.codes().is_empty());
}

#[tokio::test]
async fn a_thousand_leaves_are_followed_and_a_crash_repeats_some() {
    let mut story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    story.disconnect().await;
    let junk = |number: u32| {
        let mut id = [1; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Sealed { id: ObjectId::new(id), sealed: vec![3; 2048] }
    };
    let anna = &story.scene.anna;
    let sealed = story.revocation(anna.principal, &anna.key, Target::Grant(grant.id()));
    let (snapshot, now_secs) = (story.snapshot.clone(), story.scene.now());
    story.log(|log| {
        (0..1500).for_each(|number| log.add(now_secs, junk(number)));
        log.add(now_secs, sealed);
        log.publish(snapshot, now_secs);
    });
    story.connect().await;
    eventually("it is followed to its end", || story.log(|log| log.bundles >= 6)).await;
    story.followed().await;
    assert_eq!(story.fetched(&grant).await, "denied");
    let bundles = story.log(|log| log.bundles);
    story.restart().await;
    assert_eq!(story.log(|log| log.bundles), bundles, "what was followed is not asked for again");
}

#[tokio::test]
async fn an_organisation_that_is_suspended_counts_no_more_at_the_next_look() {
    let story = Story::begin().await;
    let grant = story.scene.usual_grant().await;
    assert_eq!(story.fetched(&grant).await, "released");
    let now_secs = story.scene.now();
    let suspended = story.scene.snapshot_with_suspended(&story.scene.espoo);
    // Its own cosignature counts no more either: Helsinki's neighbour and another one watch now.
    let helsinki = signer(&story.scene.helsinki);
    story.log(|log| {
        log.witnesses.push(helsinki);
        log.publish(suspended, now_secs);
    });
    story.followed().await;
    assert_ne!(story.fetched(&grant).await, "released");
}

#[tokio::test]
async fn a_registry_that_nobody_vouches_for_does_not_come_back_after_a_day() {
    let story = Story::begin().await;
    let espoo = story.scene.espoo.principal;
    let knows = || story.scene.node().registry().is_member(&espoo);
    // The registry is served on, under a head that no witness sees any more.
    story.log(|log| {
        log.witnesses.clear();
        log.sign(story.scene.now());
    });
    story.scene.pass_alone(86_399);
    assert!(knows(), "for a day it counts");
    story.scene.pass_alone(1);
    eventually("then it does not", || !knows()).await;
    let heads = story.log(|log| log.heads);
    eventually("it is looked at again and again", || {
        assert!(!knows(), "it comes back into use");
        story.log(|log| log.heads) > heads + 100
    })
    .await;
}
