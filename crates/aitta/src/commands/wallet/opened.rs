//! A wallet's folder, opened: its root secret, its memory, and the federation that it belongs to.
//!
//! | file | what |
//! |---|---|
//! | `device.key` | the key of this device: opens the two below |
//! | `root.device` | the root secret, wrapped for this device |
//! | `state` | the wallet's memory, sealed |
//! | `federation.toml` | where the directory is |
//! | `registry` | the last good copy of the registry, and how far the directory's log was seen |
//! | `evidence/` | what proves that somebody showed another log, one file each |

use std::fs;
use std::path::{Path, PathBuf};

use pod_client::Bound;
use pod_client::node::{CommandOutcome, DeskTold, KeyEventTold, KeyLogTold};
use pod_crypto::AeadKey;
use pod_protocol::ids::Principal;
use pod_protocol::key_event::{KeyState, key_digest};
use pod_wallet::commands::Order;
use pod_wallet::keys::{HeldEvent, replay};
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::{KeyPurpose, RecoveryRoot, RootSecret};
use pod_wallet::state::WalletState;

use super::super::federation::{Federation, Joined};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;

pub(super) const DEVICE_KEY: &str = "device.key";
pub(super) const ROOT_FOR_DEVICE: &str = "root.device";
pub(super) const STATE: &str = "state";
pub(super) const FEDERATION: &str = "federation.toml";
const REGISTRY: &str = "registry";
/// When there is no wallet to open.
const ADVICE: &str = "Name the wallet's folder with --wallet; `aitta wallet init` makes a new one, `aitta wallet recover` \
                      brings a lost one back.";

/// An open wallet.
pub(super) struct Opened {
    dir: PathBuf,
    device_key: AeadKey,
    pub(super) root: RootSecret,
    pub(super) state: WalletState,
    pub(super) edge: Edge,
    pub(super) joined: Joined,
    pub(super) federation: Federation,
}

impl Opened {
    /// Opens the wallet in `dir` and fetches the registry.
    pub(super) async fn open(dir: &Path, edge: &Edge) -> Result<Self, Failure> {
        let secret = |file: &str| folder::read_secret(&dir.join(file), ADVICE);
        let wrong =
            || Failure::configuration_says(format!("{} holds no wallet that opens", dir.display())).advise(ADVICE);
        let key = <[u8; 32]>::try_from(secret(DEVICE_KEY)?.as_slice()).map_err(|_| wrong())?;
        let device_key = AeadKey::from_bytes(key);
        let root = RootSecret::unwrap_with_device_key(&secret(ROOT_FOR_DEVICE)?, &device_key)
            .map_err(|fault| wrong().because(fault))?;
        let state = WalletState::open(&secret(STATE)?, &device_key).map_err(|fault| wrong().because(fault))?;
        let federation = Federation::read_own(&dir.join(FEDERATION))?;
        let joined = federation.join(edge, &dir.join(REGISTRY)).await?;
        Ok(Self { dir: dir.to_owned(), device_key, root, state, edge: edge.clone(), joined, federation })
    }

    /// Keeps how far the directory's log was seen.
    pub(super) fn save_view(&self) -> Result<(), Failure> {
        folder::write(&self.dir.join(REGISTRY), &self.joined.copy.to_bytes())
    }

    /// The wallet's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.dir
    }

    /// Writes the memory down.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let sealed = self.state.seal(&self.device_key, &*self.edge.random);
        let sealed = sealed.map_err(|fault| Failure::internal("the wallet's memory cannot be written", fault))?;
        folder::write(&self.dir.join(STATE), &sealed)
    }

    /// Has a holder do something, and remembers its signed word. The memory is not written yet.
    pub(super) async fn order(&mut self, order: &Order) -> Result<CommandOutcome, Failure> {
        let signer = self.state.signer(&self.root, &order.holder, self.edge.now_secs()).map_err(not_enrolled)?;
        let (edge, registry) = (&self.edge, self.joined.registry());
        let make =
            |bound: &Bound| order.sign(&signer, bound.binding.clone(), bound.nonce, edge.now_secs(), &*edge.random);
        let outcome = self.joined.node(&order.holder)?.command(registry, make).await?;
        self.state.order_acknowledged(order, &outcome.acknowledgement);
        Ok(outcome)
    }

    /// Notes the paper's keys for all organisations of today.
    pub(super) fn note_paper(&mut self, paper: &RecoveryRoot) {
        let organisations: Vec<Principal> =
            self.joined.registry().organisations().map(|one| *one.principal()).collect();
        self.state.note_paper(paper, organisations);
    }

    /// The key logs at an organisation in which the key with this digest is, each replayed.
    pub(super) async fn find_logs(
        &self,
        organisation: &Principal,
        digest: &[u8; 32],
    ) -> Result<Vec<FoundLog>, Failure> {
        let told = self.joined.node(organisation)?.key_logs(digest).await?;
        Ok(replayed(organisation, told, self.edge.now_secs()))
    }

    /// The key log at an organisation in which this device is, as the organisation has it now; it is remembered. None when there is
    /// none.
    pub(super) async fn refresh(&mut self, organisation: &Principal) -> Result<Option<FoundLog>, Failure> {
        let own = self.root.signing_key(organisation, KeyPurpose::Device, 0).public_key();
        let mut found = self.find_logs(organisation, &key_digest(&own)).await?;
        let first = |held: &[HeldEvent]| held.first().map(|event| event.bytes.clone());
        let known = self.state.organisation(organisation).and_then(|at| first(&at.held()));
        // Somebody could have put this device's key into a log of their own.
        found.retain(|log| known.is_none() || first(&log.held) == known);
        let Some(log) = found.into_iter().next() else { return Ok(None) };
        let name = self.joined.name_of(organisation);
        self.state.hold(*organisation, &name, &log.held);
        Ok(Some(log))
    }

    /// Every organisation at which the wallet is enrolled, by its name.
    pub(super) fn enrolled(&self) -> Vec<(Principal, String)> {
        self.state.organisations().map(|(principal, at)| (*principal, at.name.clone())).collect()
    }
}

/// A key log that an organisation has.
pub(super) struct FoundLog {
    pub(super) held: Vec<HeldEvent>,
    pub(super) state: KeyState,
    /// Another wallet that the organisation's desk binds.
    pub(super) desk: Option<DeskTold>,
}

/// The logs that hold, of those that an organisation told.
pub(super) fn replayed(organisation: &Principal, told: Vec<KeyLogTold>, now_secs: u64) -> Vec<FoundLog> {
    let log = |told: KeyLogTold| {
        let event = |event: &KeyEventTold| HeldEvent { bytes: event.bytes(), taken: event.taken() };
        let held: Vec<HeldEvent> = told.events.iter().map(event).collect();
        let state = replay(*organisation, &held, now_secs).ok()?;
        Some(FoundLog { held, state, desk: told.desk })
    };
    told.into_iter().filter_map(log).collect()
}

/// When the wallet has no keys at an organisation.
pub(super) fn not_enrolled(fault: pod_wallet::keys::KeysFault) -> Failure {
    Failure::of(Exit::Usage, "not-enrolled", fault).advise("Run `aitta wallet enrol ORGANISATION` first.")
}

/// A file's text without the line end, for what must not stand on a command line; `-` is standard input.
pub(crate) fn secret_text(path: &Path) -> Result<pod_crypto::Zeroizing<String>, Failure> {
    let read =
        if path.as_os_str() == "-" { std::io::read_to_string(std::io::stdin()) } else { fs::read_to_string(path) };
    let text = pod_crypto::Zeroizing::new(read.map_err(|source| {
        Failure::usage(format!("cannot read {}", path.display()))
            .because(source)
            .advise("Give a file that holds it, or `-` to type it.")
    })?);
    Ok(pod_crypto::Zeroizing::new(text.trim().to_owned()))
}

/// The recovery code that somebody typed, or that a file holds.
pub(super) fn recovery_root(path: &Path) -> Result<RecoveryRoot, Failure> {
    let code = RecoveryCode::parse(&secret_text(path)?).map_err(|fault| {
        Failure::of(Exit::Usage, "recovery-code", fault).advise("Compare it with the paper, group by group.")
    })?;
    Ok(RecoveryRoot::of(&code))
}
