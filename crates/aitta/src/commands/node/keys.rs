//! `aitta node rotate-key` and `retire-key`: the organisation's online keys come and go by its own key-event log, which an offline
//! key signs. Between the two commands both keys speak, so nobody waits for anybody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use pod_client::Caller;
use pod_client::directory::DirectoryClient;
use pod_client::node::NodeClient;
use pod_crypto::{PublicKey, SigningKey};
use pod_protocol::ids::{ObjectId, Thumbprint, base64url};
use pod_protocol::key_event::{DeviceKey, KeyChange, Roles};
use pod_protocol::registry::{Organisation, Registry};
use pod_server::config::NodeConfig;
use pod_server::key_file;
use serde_json::{Value, json};

use super::NodeConfigArgs;
use crate::commands::audit::public_key;
use crate::commands::statements::published;
use crate::daemon::keep_memory_private;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::organisation::key_log::KeyLogFile;
use crate::output::{Output, tell};

/// Where `aitta node init` puts the log, beside `node.toml`.
const KEY_EVENTS: &str = "key-events.json";

/// Whose keys, and where their log is.
#[derive(Debug, Args)]
pub(super) struct Ceremony {
    #[command(flatten)]
    node: NodeConfigArgs,

    /// The organisation's key-event log; `key-events.json` beside the configuration when it is not given.
    #[arg(long, value_name = "FILE")]
    key_events: Option<PathBuf>,

    /// Check everything, and change and publish nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Who says what changes.
#[derive(Debug, Args)]
struct ManagingKey {
    /// The organisation's managing key, which is kept offline: `offline/managing.key`.
    #[arg(long, value_name = "FILE")]
    managing_key: PathBuf,
}

impl ManagingKey {
    fn read(&self) -> Result<SigningKey, Failure> {
        key_file::read(&self.managing_key).map_err(Failure::configuration)
    }
}

/// Make another online key and say in the organisation's key-event log that it signs. When publishing failed, run it again: what
/// was made is published, and nothing is made twice.
#[derive(Debug, Args)]
pub(crate) struct RotateKey {
    #[command(flatten)]
    ceremony: Ceremony,

    #[command(flatten)]
    managing: ManagingKey,

    /// The file to make, with the new online key.
    #[arg(long, value_name = "FILE")]
    new_key: PathBuf,
}

/// Say in the organisation's key-event log that an online key signs no more. Refused while the node, the profile or a membership
/// is still signed with it.
#[derive(Debug, Args)]
pub(crate) struct RetireKey {
    /// The public key, as `aitta node rotate-key --json` and `/.well-known/aitta` show it.
    #[arg(value_name = "KEY", value_parser = public_key, allow_hyphen_values = true)]
    key: PublicKey,

    #[command(flatten)]
    ceremony: Ceremony,

    #[command(flatten)]
    managing: ManagingKey,

    /// It may be in other hands since this second (since 1970): what it signed from then on does not count either.
    #[arg(long, value_name = "SECONDS")]
    compromised_since: Option<u64>,

    /// Also while it is needed: for a key that is in other hands. What it signed for the registry counts no more, so publish the
    /// profile again with another key at once.
    #[arg(long)]
    at_once: bool,
}

/// Why a key cannot be retired yet.
#[derive(Debug)]
enum Needed {
    Alone,
    Profile,
    Memberships(usize),
    Node,
}

impl Needed {
    fn message(&self) -> String {
        match self {
            Self::Alone => "no other online key of the organisation is in the registry".to_owned(),
            Self::Profile => "the organisation's profile is signed with this key".to_owned(),
            Self::Memberships(count) => format!("{count} memberships are signed with this key"),
            Self::Node => "the node signs with this key".to_owned(),
        }
    }

    const fn advice(&self) -> &'static str {
        match self {
            Self::Alone => "Run `aitta node rotate-key` first, and wait until it is published.",
            Self::Profile => {
                "Name the new key as `key` in profile.toml and run `aitta node publish-profile`: without a profile nobody \
                 finds the node. For a key in other hands there is --at-once."
            }
            Self::Memberships(_) => "Admit these members again with the new key first.",
            Self::Node => {
                "Name the new key as `organisation.key_file` in node.toml, this one under `organisation.previous_key_files`, \
                 and send the node SIGHUP, or start it again."
            }
        }
    }
}

/// Everything that these commands work with.
pub(super) struct Opened {
    pub(super) config: NodeConfig,
    caller: Caller,
    directory: DirectoryClient,
    pub(super) log: KeyLogFile,
    pub(super) now_secs: u64,
    pub(super) dry_run: bool,
}

impl Ceremony {
    pub(super) fn open(&self, edge: &Edge) -> Result<Opened, Failure> {
        keep_memory_private()?;
        let config = self.node.load()?;
        let beside = || self.node.file().with_file_name(KEY_EVENTS);
        let mut log = KeyLogFile::read(&self.key_events.clone().unwrap_or_else(beside), &config.principal)?;
        let http = config.client().map_err(Failure::configuration)?;
        let caller = Caller { http, net: None, random: Arc::clone(&edge.random), clock: Arc::clone(&edge.clock) };
        let of = config.upkeep.directory.as_ref().ok_or_else(|| {
            Failure::configuration_says("the configuration names no directory")
                .advise("Write directory.url: where the organisation's keys are published.")
        })?;
        let directory = DirectoryClient::new(&caller, &of.url.to_string())?.with_witnesses(of.witnesses);
        // Somebody else with a managing key may have gone on with the log: an event beside theirs would never stand.
        let copy = Edge::block_on(async { Ok(directory.registry(&config.anchor, None).await?) })?;
        let published = copy.registry.organisation(&config.principal).and_then(Organisation::key_log);
        if published.is_some_and(|published| log.go_on_from(published)) {
            tell("The registry has events of the organisation's log that the file has not: this goes on from them.");
        }
        Ok(Opened { config, caller, directory, log, now_secs: edge.now_secs(), dry_run: self.dry_run })
    }
}

impl Opened {
    /// Publishes every event of the log; those that stand in the registry change nothing there.
    pub(super) async fn publish(&self) -> Result<(), Failure> {
        if !self.dry_run {
            for (_, event) in self.log.log().events() {
                published(&self.directory, &self.config.anchor, event).await?;
            }
        }
        Ok(())
    }

    /// The keys that sign by the log, oldest first.
    fn signing(&self) -> Vec<String> {
        self.log.log().signing().map(|(_, key)| shown(key)).collect()
    }

    /// What was done with which key, as JSON.
    pub(super) fn said(&self, what: &str, key: &PublicKey, event: ObjectId) -> Value {
        json!({
            "dry_run": self.dry_run, "principal": self.config.principal, what: shown(key), "event": event,
            "keys": self.signing(),
        })
    }
}

impl RotateKey {
    /// Makes the key, signs the event, keeps both, publishes.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = self.ceremony.open(edge)?;
        let (key, event) = match self.made_before(&opened)? {
            Some(key) => (key, opened.log.log().state().head()),
            None => self.make(&mut opened, edge)?,
        };
        Edge::block_on(opened.publish())?;
        let made = self.new_key.display();
        let words = format!(
            "{} {} signs for {} too, beside: {}.\nNext:\n  wait until every node has looked at the directory (directory.refresh_secs, 30 \
             s; a day, if one may be cut off)\n  in node.toml: organisation.key_file = {made}, the file of before under \
             organisation.previous_key_files; send the node SIGHUP\n  in profile.toml: key = {made}; aitta node \
             publish-profile\n  aitta node retire-key KEY, for the key of before",
            if opened.dry_run { "Not published (dry run):" } else { "Published:" },
            shown(&key),
            opened.config.principal,
            others(&opened, &key).join(", "),
        );
        output.result(words, &opened.said("added", &key, event));
        Ok(Exit::Done)
    }

    /// The key that an earlier run made and wrote down.
    fn made_before(&self, opened: &Opened) -> Result<Option<PublicKey>, Failure> {
        if !self.new_key.exists() {
            return Ok(None);
        }
        let key = key_file::read(&self.new_key).map_err(|error| exists(&self.new_key).because(error))?.public_key();
        match opened.log.log().signing().last() {
            Some((added, last)) if added > 0 && *last == key => Ok(Some(key)),
            _ => Err(exists(&self.new_key)),
        }
    }

    fn make(&self, opened: &mut Opened, edge: &Edge) -> Result<(PublicKey, ObjectId), Failure> {
        let managing = self.managing.read()?;
        let new = SigningKey::generate(&*edge.random);
        let key = new.public_key();
        let device = DeviceKey { key, roles: Roles { sign: true, manage: false } };
        let event = opened.log.sign(&managing, KeyChange::AddDevice(device), opened.now_secs)?;
        if !opened.dry_run {
            key_file::create(&self.new_key, &new).map_err(Failure::configuration)?;
            opened.log.write()?;
        }
        Ok((key, event))
    }
}

fn others(opened: &Opened, key: &PublicKey) -> Vec<String> {
    opened.signing().into_iter().filter(|other| *other != shown(key)).collect()
}

pub(super) fn exists(path: &Path) -> Failure {
    Failure::usage(format!("{} is there already, and is not the newest key of the log", path.display()))
        .advise("Give the path of a file that does not exist yet: others may know that key.")
}

pub(super) fn shown(key: &PublicKey) -> String {
    base64url(&key.to_bytes())
}

impl RetireKey {
    /// Looks whether the key is needed, signs the event, keeps it, publishes.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = self.ceremony.open(edge)?;
        let event = match self.retired_before(&opened)? {
            true => opened.log.log().state().head(),
            false => {
                let managing = self.managing.read()?;
                Edge::block_on(self.check(&opened))?;
                let kid = Thumbprint::of(&self.key).kid();
                let change = KeyChange::RevokeDevice { kid, compromised_since: self.compromised_since };
                // What it signed until now is the organisation's, this very second included: times have no smaller parts.
                let event = opened.log.sign(&managing, change, opened.now_secs + 1)?;
                if !opened.dry_run {
                    opened.log.write()?;
                }
                event
            }
        };
        Edge::block_on(opened.publish())?;
        let words = format!(
            "{} {} signs no more for {}. These do: {}.\nKeep its file under organisation.previous_key_files for a day: until then \
             something sealed for it may come. Destroy it then.",
            if opened.dry_run { "Not published (dry run):" } else { "Published:" },
            shown(&self.key),
            opened.config.principal,
            opened.signing().join(", "),
        );
        output.result(words, &opened.said("retired", &self.key, event));
        Ok(Exit::Done)
    }

    /// Whether an earlier run wrote it down, and may not have published it.
    fn retired_before(&self, opened: &Opened) -> Result<bool, Failure> {
        let mut devices = opened.log.log().state().devices().iter().filter(|one| one.device.roles.sign);
        let device = devices.find(|one| one.device.key == self.key).ok_or_else(|| {
            Failure::usage(format!("{} is no online key of the organisation's log", shown(&self.key)))
                .advise("Give one of the keys that `/.well-known/aitta` and `aitta node rotate-key --json` show.")
        })?;
        Ok(device.revoked_seq.is_some())
    }

    async fn check(&self, opened: &Opened) -> Result<(), Failure> {
        if self.at_once {
            return Ok(());
        }
        let copy = opened.directory.registry(&opened.config.anchor, None).await?;
        let needed = match needed(&copy.registry, opened, &self.key) {
            Some(needed) => Some(needed),
            None => signs_now(opened, &copy.registry, &self.key).await,
        };
        match needed {
            None => Ok(()),
            Some(needed) => Err(Failure::rule("key-in-use", needed.message()).advise(needed.advice())),
        }
    }
}

/// For what the registry still needs a key.
fn needed(registry: &Registry, opened: &Opened, key: &PublicKey) -> Option<Needed> {
    let own = registry.organisation(&opened.config.principal)?;
    if !own.keys().iter().any(|other| other != key) {
        return Some(Needed::Alone);
    }
    if own.profile().is_some_and(|profile| profile.key() == key) {
        return Some(Needed::Profile);
    }
    let admitted = registry.organisations().filter(|member| member.admitted_by() == own.principal());
    match admitted.filter(|member| member.membership().key() == key).count() {
        0 => None,
        count => Some(Needed::Memberships(count)),
    }
}

/// Whether the node needs the key.
async fn signs_now(opened: &Opened, registry: &Registry, key: &PublicKey) -> Option<Needed> {
    let node = NodeClient::find(&opened.caller, registry, &opened.config.principal).ok()?;
    signs_with(&node, key).await?.then_some(Needed::Node)
}

/// Whether a node says that it signs with this key; none when it says nothing of it, or cannot be reached from here.
pub(super) async fn signs_with(node: &NodeClient, key: &PublicKey) -> Option<bool> {
    let said = node.well_known().await.ok()?;
    let keys = said.more.get("keys")?.as_array()?;
    Some(keys.iter().any(|one| one["x"] == shown(key)))
}
