//! An organisation's online key is exchanged while a service fetches all the time: no fetch fails, what was signed before and
//! after verifies, and the old key then counts for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pod_audit::{Log, LogConfig};
use pod_client::Way;
use pod_client::directory::DirectoryClient;
use pod_client::service::HeldGrant;
use pod_crypto::SigningKey;
use pod_net::NetLimits;
use pod_protocol::answer::{ItemAnswer, Receipt};
use pod_protocol::cose::{Payload, Verified};
use pod_protocol::ids::Principal;
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::{Refusal, Signed};
use pod_server::key_file;
use pod_testkit::lab::now_nanos;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::citizen::{Citizen, gone};
use crate::family::{Family, InProcess, anchor_of, now_secs};
use crate::world::{Daemon, PATIENCE_NANOS, Ran, aitta};

const OLD: &str = "node/keys/organisation.key";
const MANAGING: &str = "node/offline/managing.key";
const NEW: &str = "node/keys/organisation-2.key";
/// Answers that the service gets in each part of the story.
const FETCHES: u32 = 8;

/// The organisation whose keys change.
struct Office<'a>(&'a Family);

impl Office<'_> {
    /// A command of the ceremony, at the desk where the offline key is brought.
    fn keys(&self, args: &[&str], key: &str) -> Ran {
        let world = &self.0.world;
        let (config, managing) = (world.path("node/node.toml"), world.path(key));
        aitta(&[&["node"], args, &["--config", &config, "--managing-key", &managing, "--json"]].concat())
    }

    fn rotate(&self, more: &[&str]) -> Ran {
        let new = self.0.world.path(NEW);
        self.keys(&[&["rotate-key", "--new-key", &new], more].concat(), MANAGING)
    }

    fn retire(&self, key: &SigningKey, more: &[&str]) -> Ran {
        self.keys(&[&["retire-key", &shown(key)], more].concat(), MANAGING)
    }

    fn publishes(&self) -> Ran {
        aitta(&["node", "publish-profile", "--profile", &self.0.world.path("node/profile.toml"), "--json"])
    }

    fn key(&self, file: &str) -> SigningKey {
        key_file::read(self.0.world.path(file).as_ref()).unwrap()
    }

    fn registry(&self) -> Registry {
        self.0.runtime.block_on(Looking::of(self.0).registry())
    }
}

/// Whoever looks at the registry.
#[derive(Clone)]
struct Looking {
    anchor: Anchor,
    directory: DirectoryClient,
}

impl Looking {
    fn of(family: &Family) -> Self {
        let (anchor, directory) = anchor_of(family.world.path("directory/federation.toml").as_ref());
        let directory = DirectoryClient::new(&family.service().caller, &directory).unwrap().with_witnesses(0);
        Self { anchor, directory }
    }

    async fn registry(&self) -> Registry {
        self.directory.registry(&self.anchor, None).await.unwrap().registry
    }
}

fn shown(key: &SigningKey) -> String {
    pod_protocol::ids::base64url(&key.public_key().to_bytes())
}

fn refused(ran: &Ran, exit: i32, code: &str) {
    assert_eq!((ran.code, &ran.json()["error"]["code"]), (exit, &json!(code)), "{ran:?}");
}

/// A service that looks at the registry and fetches, all the time. A node that starts anew is away for a moment: then it asks
/// again.
struct Fetching {
    over: Arc<AtomicBool>,
    got: Arc<Semaphore>,
    task: JoinHandle<Vec<Verified<Receipt>>>,
}

impl Fetching {
    fn begin(family: &Family, grant: &HeldGrant) -> Self {
        let (over, got) = (Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(0)));
        let (mut service, grant, looking) = (family.service().clone(), [grant.clone()], Looking::of(family));
        let (until, counted) = (Arc::clone(&over), Arc::clone(&got));
        let task = family.runtime.spawn(async move {
            let mut receipts = Vec::new();
            while !until.load(Ordering::Relaxed) {
                service.registry = Arc::new(looking.registry().await);
                // Any other error than that the node is gone, a signature that is not believed above all, ends the test.
                if let Ok((answers, receipt)) = service.fetch(&grant).await.map_err(gone) {
                    assert!(matches!(answers[..], [ItemAnswer::Released { .. }]), "{answers:?}");
                    receipts.push(receipt);
                    counted.add_permits(1);
                }
            }
            receipts
        });
        Self { over, got, task }
    }

    /// Waits until some more answers have come.
    fn goes_on(&self, family: &Family) {
        let before = self.got.available_permits();
        family.runtime.block_on(self.got.acquire_many(u32::try_from(before).unwrap() + FETCHES)).unwrap().forget();
    }

    fn end(self, family: &Family) -> Vec<Verified<Receipt>> {
        self.over.store(true, Ordering::Relaxed);
        family.runtime.block_on(self.task).unwrap()
    }
}

fn verifies<T: Payload>(registry: &Registry, object: &[u8], of: &Principal, secs: u64) -> Result<Verified<T>, Refusal> {
    registry.verify_signed_at(Signed::decode(object).unwrap(), of, secs)
}

#[test]
fn nobody_waits_and_nothing_is_refused() {
    let (family, mut node) = Family::begin();
    let citizen = Citizen::of(&family);
    let grant = family.runtime.block_on(citizen.give()).unwrap().held;
    let (holder, old) = (grant.holder(), Office(&family).key(OLD));

    // Offline: nothing happens without the managing key, and nothing in a dry run.
    let fetching = Fetching::begin(&family, &grant);
    fetching.goes_on(&family);
    let office = Office(&family);
    let new = family.world.path(NEW);
    refused(&office.keys(&["rotate-key", "--new-key", &new], OLD), 5, "configuration");
    let other = office.keys(&["rotate-key", "--new-key", &family.world.path("node/keys/node.keys")], MANAGING);
    refused(&other, 2, "usage");
    assert!(other.json()["error"]["advice"].as_str().unwrap().contains("a file that does not exist yet"), "{other:?}");
    assert_eq!(office.rotate(&["--dry-run"]).done().json()["dry_run"], true);
    assert!(!std::path::Path::new(&new).exists());
    refused(&office.retire(&old, &[]), 3, "key-in-use");

    // Two keys live from here on. What was not seen to be published is published again.
    let rotated = office.rotate(&[]).done().json();
    assert_eq!((&rotated["keys"], &rotated["principal"]), (&json!([shown(&old), rotated["added"]]), &json!(holder)));
    assert_eq!(office.rotate(&[]).done().json(), rotated);
    let second = office.key(NEW);
    assert_eq!(office.registry().organisation(&holder).unwrap().keys(), [old.public_key(), second.public_key()]);
    refused(&office.retire(&old, &[]), 3, "key-in-use");
    fetching.goes_on(&family);

    // Then the node signs with the new key.
    family.world.replace("node/node.toml", "keys/organisation.key", "keys/organisation-2.key");
    let previous = "\n[organisation]\nprevious_key_files = [\"keys/organisation.key\"]\n";
    let config = family.world.read("node/node.toml");
    family.world.write("node/node.toml", &config.replacen("\n[organisation]\n", previous, 1));
    aitta(&["node", "check-config", "--config", &family.world.path("node/node.toml")]).done();
    assert_eq!(node.stop(Signal::TERM).0, 0);
    node = family.serve_node();
    fetching.goes_on(&family);
    // The node signs with the new key, and the profile is still signed with the old one.
    refused(&Office(&family).retire(&old, &[]), 3, "key-in-use");
    family.world.replace("node/profile.toml", "keys/organisation.key", "keys/organisation-2.key");
    Office(&family).publishes().done();
    let retired = Office(&family).retire(&old, &[]).done().json();
    assert_eq!((&retired["retired"], &retired["keys"]), (&json!(shown(&old)), &json!([shown(&second)])));
    fetching.goes_on(&family);
    let receipts = fetching.end(&family);

    let registry = Office(&family).registry();
    of_each_key_some(&receipts, &[&old, &second]);
    for receipt in &receipts {
        assert!(verifies::<Receipt>(&registry, receipt.bytes(), &holder, receipt.issued).is_ok());
    }
    the_old_key_counts_for_nothing(&registry, &holder, &old);
    over_libp2p_too(&family, registry, &grant);
    assert_eq!(node.stop(Signal::TERM).0, 0);
    the_log_is_of_both(&family, &holder, [old, second]);
}

fn of_each_key_some(receipts: &[Verified<Receipt>], keys: &[&SigningKey]) {
    for key in keys {
        let signed = receipts.iter().filter(|receipt| *receipt.key() == key.public_key()).count();
        assert!(signed >= FETCHES as usize, "{signed} of {}", receipts.len());
    }
}

fn the_old_key_counts_for_nothing(registry: &Registry, holder: &Principal, old: &SigningKey) {
    assert_eq!(registry.organisation(holder).unwrap().keys().len(), 1);
    assert!(!registry.peer_keys().any(|peer| peer == old.public_key().to_bytes()));
    // The second in which it was retired is still its own.
    let head = TreeHead { origin: *holder, size: 1, root: [7; 32], time_secs: now_secs() + 1 };
    let head = Verified::sign(old, head);
    let now = verifies::<TreeHead>(registry, head.bytes(), holder, head.time_secs);
    assert_eq!(now.unwrap_err(), Refusal::UnknownKey);
    let signed = Signed::<TreeHead>::decode(head.bytes()).unwrap();
    assert_eq!(registry.verify_by_organisation(signed, holder).unwrap_err(), Refusal::UnknownKey);
}

/// Its peer id is that of the new key.
fn over_libp2p_too(family: &Family, registry: Registry, grant: &HeldGrant) {
    let service = InProcess::open(family.world.path("service").as_ref(), family.service().caller.clone(), registry);
    let calls = async {
        let service = service.over_libp2p(NetLimits::default()).await;
        service.fetch_some_way(std::slice::from_ref(grant)).await.unwrap().2
    };
    assert!(matches!(family.runtime.block_on(calls), Way::Peer(_)));
}

/// Services that fetch all the time, and never in vain: one over HTTPS, one over libp2p where it can.
struct NeverInVain {
    over: Arc<AtomicBool>,
    got: Arc<Semaphore>,
    task: JoinHandle<Vec<(Verified<Receipt>, Way)>>,
}

impl NeverInVain {
    fn begin(family: &Family, grant: &HeldGrant, service: InProcess) -> Self {
        let (over, got, grant) = (Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(0)), [grant.clone()]);
        let (until, counted) = (Arc::clone(&over), Arc::clone(&got));
        let task = family.runtime.spawn(async move {
            let mut receipts = Vec::new();
            while !until.load(Ordering::Relaxed) {
                let (answers, receipt, way) = service.fetch_some_way(&grant).await.unwrap();
                assert!(matches!(answers[..], [ItemAnswer::Released { .. }]), "{answers:?}");
                receipts.push((receipt, way));
                counted.add_permits(1);
            }
            receipts
        });
        Self { over, got, task }
    }

    fn goes_on(&self, family: &Family) {
        let before = self.got.available_permits();
        family.runtime.block_on(self.got.acquire_many(u32::try_from(before).unwrap() + FETCHES)).unwrap().forget();
    }

    fn end(self, family: &Family) -> Vec<(Verified<Receipt>, Way)> {
        self.over.store(true, Ordering::Relaxed);
        family.runtime.block_on(self.task).unwrap()
    }
}

/// Has `node.toml` name these keys.
fn configured(family: &Family, key: &str, previous: &[&str]) {
    let config: Vec<String> = family.world.read("node/node.toml").lines().map(str::to_owned).collect();
    let other = |line: &&String| !line.starts_with("key_file = ") && !line.starts_with("previous_key_files = ");
    let text: Vec<&str> = config.iter().filter(other).map(String::as_str).collect();
    let keys = format!("[organisation]\nkey_file = \"{key}\"\nprevious_key_files = {previous:?}");
    family.world.write("node/node.toml", &(text.join("\n").replace("[organisation]", &keys) + "\n"));
}

fn signs_with(node: &Daemon) -> Value {
    serde_json::from_str::<Value>(&node.get("/.well-known/aitta").1).unwrap()["keys"][0]["x"].clone()
}

/// The node's keys as its configuration names them, before and after.
const WAS: &str = "keys/organisation.key";
const IS: &str = "keys/organisation-2.key";

/// What is wrong with them is said, and the node goes on with those that it has.
fn bad_keys_change_nothing(family: &Family, node: &Daemon, old: &SigningKey) {
    const STAY: &str = "keys of before stay";
    family.world.write("node/keys/none.key", "a key that is none\n");
    family.world.set_mode("node/keys/none.key", 0o600);
    key_file::create(family.world.path("node/keys/unknown.key").as_ref(), &SigningKey::from_seed(&[9; 32])).unwrap();
    for (key, previous, why) in [
        ("keys/none.key", WAS, "a signing key is the line"),
        ("keys/unknown.key", WAS, "does not have for its organisation"),
        (IS, "keys/unknown.key", "does not name the file of the key of now"),
        (IS, "keys/missing.key", "check the path"),
    ] {
        configured(family, key, &[previous]);
        // The node looks at the directory each second: until then it knows of no other key.
        let said = || node.logged().lines().rfind(|line| line.contains(STAY)).unwrap().to_owned();
        let begun = now_nanos();
        node.hang_up_until_it_says(STAY);
        while !said().contains(why) {
            assert!(now_nanos() - begun < PATIENCE_NANOS, "{why}: {}", said());
            node.hang_up_until_it_says(STAY);
        }
        assert_eq!(signs_with(node), shown(old));
    }
}

#[test]
fn a_running_node_takes_it_and_no_call_fails() {
    let (family, node) = Family::begin();
    let citizen = Citizen::of(&family);
    let grant = family.runtime.block_on(citizen.give()).unwrap().held;
    let office = Office(&family);
    let (holder, old) = (grant.holder(), office.key(OLD));
    office.rotate(&[]).done();
    let second = office.key(NEW);
    let registry = office.registry();
    let service = |registry: &Registry| {
        let folder = family.world.path("service");
        InProcess::open(folder.as_ref(), family.service().caller.clone(), registry.clone())
    };
    let over_https = NeverInVain::begin(&family, &grant, service(&registry));
    let limits = NetLimits {
        handshake: Duration::from_secs(60),
        quic_head_start: Duration::from_secs(60),
        ..NetLimits::default()
    };
    let over_libp2p = family.runtime.block_on(service(&registry).over_libp2p(limits));
    let over_libp2p = NeverInVain::begin(&family, &grant, over_libp2p);
    let all_go_on = || [&over_https, &over_libp2p].iter().for_each(|one| one.goes_on(&family));
    all_go_on();

    bad_keys_change_nothing(&family, &node, &old);
    all_go_on();

    configured(&family, IS, &[WAS]);
    node.hang_up_until_it_says("the organisation's new key signs from now on");
    assert_eq!(signs_with(&node), shown(&second));
    all_go_on();
    family.world.replace("node/profile.toml", WAS, IS);
    office.publishes().done();
    office.retire(&old, &[]).done();
    all_go_on();

    let [https, libp2p] = [over_https, over_libp2p].map(|one| one.end(&family));
    for receipts in [&https, &libp2p] {
        let all: Vec<Verified<Receipt>> = receipts.iter().map(|(receipt, _)| receipt.clone()).collect();
        of_each_key_some(&all, &[&old, &second]);
    }
    let peers = |key: &SigningKey| {
        let of_it = |(receipt, way): &&(Verified<Receipt>, Way)| {
            *receipt.key() == key.public_key() && matches!(way, Way::Peer(_))
        };
        libp2p.iter().filter(of_it).count()
    };
    println!(
        "{} over HTTPS, {} for the other: {} by the old peer id, {} by the new",
        https.len(),
        libp2p.len(),
        peers(&old),
        peers(&second)
    );
    assert!(peers(&old) > 0 && peers(&second) > 0, "{} {}", peers(&old), peers(&second));
    assert_eq!(node.stop(Signal::TERM).0, 0);
    the_log_is_of_both(&family, &holder, [old, second]);
}

/// One log, whose heads both keys signed.
fn the_log_is_of_both(family: &Family, holder: &Principal, keys: [SigningKey; 2]) {
    let directory = family.world.path("node/data/audit");
    let [old, second] = keys;
    let verify = |keys: &[&SigningKey]| -> Value {
        let mut args = vec!["audit".to_owned(), "verify".to_owned(), directory.clone(), "--json".to_owned()];
        keys.iter().for_each(|key| args.extend(["--key".to_owned(), shown(key)]));
        aitta(&args).json()
    };
    assert_eq!(verify(&[&old, &second])["intact"], true);
    let log = Log::open(LogConfig::new(directory.clone().into(), *holder, Arc::new(second))).unwrap();
    assert!(log.head().unwrap().size > 0);
}

#[test]
fn the_key_that_was_kept_takes_over_from_a_lost_managing_key() {
    let (family, _node) = Family::begin();
    let (office, at) = (Office(&family), |file: &str| family.world.path(&format!("node/offline/{file}.key")));
    let config = family.world.path("node/node.toml");
    let rotate = |next: &str, new: &str, more: &[&str]| {
        let (managing, after) = (at(&format!("managing-{new}")), at(&format!("next-{new}")));
        let args = ["node", "rotate-managing-key", "--config", &config, "--next-key", &at(next), "--json"];
        aitta(&[&args, &["--new-managing-key", &managing, "--new-next-key", &after][..], more].concat())
    };
    // Whoever has the managing key does not have this one, and nothing is made for them.
    refused(&rotate("managing", "2", &[]), 5, "configuration");
    let same = at("managing-2");
    let args = ["node", "rotate-managing-key", "--config", &config, "--next-key", &at("next"), "--json"];
    refused(&aitta(&[&args, &["--new-managing-key", &same, "--new-next-key", &same][..]].concat()), 2, "usage");
    rotate("next", "2", &["--dry-run"]).done();
    assert!(!std::path::Path::new(&at("managing-2")).exists());
    let done = rotate("next", "2", &[]).done().json();
    assert_eq!(rotate("next", "2", &[]).done().json(), done, "it is published again, and not made again");
    assert_eq!(done["keys"], json!([shown(&office.key(OLD))]), "online keys stay");
    // The old one is nobody, and so is the key that was used up.
    let new = family.world.path(NEW);
    refused(&office.keys(&["rotate-key", "--new-key", &new], MANAGING), 5, "configuration");
    refused(&rotate("next", "3", &[]), 5, "configuration");
    let rotated = office.keys(&["rotate-key", "--new-key", &new], "node/offline/managing-2.key").done().json();
    assert_eq!(rotated["keys"][1], shown(&office.key(NEW)));
    rotate("next-2", "3", &[]).done();
    let holder = *office.registry().organisation_named("helsinki").unwrap().principal();
    let registry = office.registry();
    let keys = registry.organisation(&holder).unwrap().keys();
    assert_eq!(keys, [office.key(OLD).public_key(), office.key(NEW).public_key()]);
}

#[test]
fn a_thief_with_the_managing_key_locks_nobody_out() {
    let (family, _node) = Family::begin();
    let office = Office(&family);
    let ours = family.world.read("node/key-events.json");
    // With the managing key and a copy of the log, a thief adds a key of theirs.
    office.rotate(&[]).done();
    let theirs = office.key(NEW);
    family.world.write("node/key-events.json", &ours);

    let at = |file: &str| family.world.path(&format!("node/offline/{file}.key"));
    let config = family.world.path("node/node.toml");
    let args = ["node", "rotate-managing-key", "--config", &config, "--next-key", &at("next"), "--json"];
    let new = [at("managing-2"), at("next-2")];
    let rotated = aitta(&[&args, &["--new-managing-key", &new[0], "--new-next-key", &new[1]][..]].concat()).done();
    assert!(rotated.err.contains("The registry has events"), "{rotated:?}");
    assert_eq!(
        rotated.json()["keys"],
        json!([shown(&office.key(OLD)), shown(&theirs)]),
        "what the thief added is shown"
    );

    let args = ["retire-key", &shown(&theirs), "--at-once"];
    let retired = office.keys(&args, "node/offline/managing-2.key").done().json();
    assert_eq!(retired["keys"], json!([shown(&office.key(OLD))]));
    let holder = *office.registry().organisation_named("helsinki").unwrap().principal();
    assert_eq!(office.registry().organisation(&holder).unwrap().keys(), [office.key(OLD).public_key()]);
}

#[test]
fn a_key_in_other_hands_is_ended_at_once() {
    let (family, node) = Family::begin();
    let office = Office(&family);
    let holder = *office.registry().organisation_named("helsinki").unwrap().principal();
    let old = office.key(OLD);
    office.rotate(&[]).done();
    let since = now_secs() - 3600;
    let ended = office.retire(&old, &["--at-once", "--compromised-since", &since.to_string()]).done().json();
    assert_eq!(ended["keys"], json!([shown(&office.key(NEW))]));
    let registry = office.registry();
    let member = registry.organisation(&holder).unwrap();
    assert!(member.profile().is_none(), "it is signed with a key that counts no more");
    let head = |secs: u64| Verified::sign(&old, TreeHead { origin: holder, size: 1, root: [7; 32], time_secs: secs });
    let holds = |secs: u64| verifies::<TreeHead>(&registry, head(secs).bytes(), &holder, secs).is_ok();
    assert!(holds(since - 1) && !holds(since));
    // The node says that what it signs counts for nothing.
    while node.get("/readiness").0 != 503 {}
    assert!(node.get("/readiness").1.contains("own-key"));
    // Wallets do not seal to a key that the node does not have.
    family.world.replace("node/profile.toml", "keys/organisation.key", "keys/organisation-2.key");
    refused(&office.publishes(), 3, "node-lacks-key");
    assert!(office.registry().organisation(&holder).unwrap().profile().is_none());
    // With it, a profile of the new key counts again.
    configured(&family, IS, &[WAS]);
    node.hang_up_until_it_says("new key signs from now on");
    office.publishes().done();
    assert!(office.registry().organisation(&holder).unwrap().profile().is_some());
    refused(&office.retire(&office.key(NEW), &[]), 3, "key-in-use");
}
