//! Recovering a lost wallet from the paper, at every organisation at once. It takes effect after 72 hours; the command can be run
//! again whenever, and goes on with what is left.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::node::{KeyLogTold, NodeClient};
use pod_protocol::ids::{Principal, Thumbprint};
use pod_wallet::Language;
use pod_wallet::keys::HeldEvent;
use pod_wallet::recovery::recover;
use pod_wallet::root::{KeyPurpose, RecoveryRoot};
use pod_wallet::state::EnrolledPod;
use pod_wallet::when::date_and_time;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::enrol::{Whose, bind, enrolled, log_in_for_code};
use super::make::write_wallet;
use super::opened::{FoundLog, Opened, STATE, recovery_root, replayed};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, tell};

/// Recover a lost wallet on this device with the recovery code.
#[derive(Debug, Args)]
pub(super) struct Recover {
    /// The federation.toml that the federation hands out to citizens; not needed when the command is run again.
    #[arg(long, value_name = "FILE")]
    federation: Option<PathBuf>,
    /// A file with the recovery code as printed; `-` to type it.
    #[arg(long, value_name = "FILE", default_value = "-")]
    code: PathBuf,
    /// When the device was lost, in seconds since 1970: what it signed since then does not count.
    #[arg(long, value_name = "SECONDS")]
    lost_since: Option<u64>,
    /// Log in at this organisation for the recovery: then no device can cancel it there. For when somebody else has the device.
    #[arg(long, value_name = "ORGANISATION")]
    log_in_at: Option<String>,
    /// Log in without a browser, as for `enrol`.
    #[arg(long, value_name = "FILE", requires = "log_in_at")]
    login_as: Option<PathBuf>,
    /// Say what would be recovered, and begin nothing.
    #[arg(long)]
    dry_run: bool,
}

/// How it stands at one organisation.
enum Stands {
    Nothing,
    Would,
    Waits { due_secs: Option<u64> },
    Recovered,
    Failed(Failure),
}

impl Recover {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let paper = recovery_root(&self.code)?;
        if !dir.join(STATE).exists() {
            let federation = self.federation.as_ref().ok_or_else(|| {
                Failure::usage("no federation is named").advise("Give the federation.toml with --federation.")
            })?;
            write_wallet(dir, federation, edge)?;
        }
        let mut opened = Opened::open(dir, edge).await?;
        opened.note_paper(&paper);
        opened.save()?;
        let mut all = Vec::new();
        for (organisation, asked) in ask_all(&opened, &paper).await {
            let name = opened.joined.name_of(&organisation);
            let stands = match asked {
                Ok(logs) => self.at(&mut opened, &paper, &organisation, logs).await.unwrap_or_else(Stands::Failed),
                Err(failure) => Stands::Failed(failure),
            };
            // What was begun is remembered at once: another organisation's failure does not lose it.
            opened.save()?;
            if !matches!(stands, Stands::Nothing) {
                tell(stands.words(&name));
            }
            all.push((name, stands));
        }
        Ok(report(dir, &all, output))
    }

    async fn at(
        &self,
        opened: &mut Opened,
        paper: &RecoveryRoot,
        organisation: &Principal,
        logs: Vec<FoundLog>,
    ) -> Result<Stands, Failure> {
        let digest = paper.digest(organisation);
        let Some(log) = logs.into_iter().find(|log| log.state.recovery_point(&digest).is_some()) else {
            return Ok(Stands::Nothing);
        };
        let ours = Thumbprint::of(&opened.root.signing_key(organisation, KeyPurpose::Device, 0).public_key()).kid();
        let name = opened.joined.name_of(organisation);
        let identify = self.log_in_at.as_deref() == Some(name.as_str());
        if log.state.signer_now(ours).is_ok() {
            opened.state.hold(*organisation, &name, &log.held);
            return Ok(Stands::Recovered);
        }
        let waits = log.state.pending().filter(|pending| {
            let to_us = pending.devices().iter().any(|device| Thumbprint::of(&device.key).kid() == ours);
            to_us && (pending.taken.identified || !identify)
        });
        if let Some(pending) = waits {
            let due_secs = pending.due_secs();
            opened.state.hold(*organisation, &name, &log.held);
            return Ok(Stands::Waits { due_secs });
        }
        if self.dry_run {
            return Ok(Stands::Would);
        }
        self.begin(opened, paper, organisation, &log, identify).await
    }

    async fn begin(
        &self,
        opened: &mut Opened,
        paper: &RecoveryRoot,
        organisation: &Principal,
        log: &FoundLog,
        identify: bool,
    ) -> Result<Stands, Failure> {
        let now_secs = opened.edge.now_secs();
        let refused = |fault| Failure::of(Exit::Refused, "recovery-code", fault);
        let event =
            recover(&log.state, &opened.root, paper, organisation, self.lost_since, now_secs).map_err(refused)?;
        let node = opened.joined.node(organisation)?;
        let mut pods: Vec<EnrolledPod> = Vec::new();
        if identify {
            let first: Vec<Vec<u8>> = log.held.iter().take(1).map(|event: &HeldEvent| event.bytes.clone()).collect();
            let started = node.begin_recovery(&first, event.bytes()).await?;
            let code = log_in_for_code(opened, &started, self.login_as.as_deref(), None).await?;
            let whose = Whose { organisation: *organisation, log: log.state.principal() };
            pods = bind(&node, &started, &code, &whose).await?.iter().map(enrolled).collect();
        } else {
            node.send_key_event(&log.state.principal(), &event).await?;
        }
        let fresh = opened.refresh(organisation).await?;
        if !pods.is_empty() {
            opened.state.set_pods(organisation, pods);
        }
        let pending = fresh.as_ref().and_then(|log| log.state.pending()).filter(|pending| pending.id == event.id());
        match pending {
            Some(pending) => Ok(Stands::Waits { due_secs: pending.due_secs() }),
            None => Err(Failure {
                exit: Exit::EvidenceBroken,
                code: "not-believed".to_owned(),
                ..Failure::usage("the organisation says that it took the recovery in, and does not show it")
            }),
        }
    }
}

impl Stands {
    const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Would => "would-begin",
            Self::Waits { .. } => "waits",
            Self::Recovered => "recovered",
            Self::Failed(_) => "failed",
        }
    }

    fn words(&self, name: &str) -> String {
        match self {
            Self::Nothing => format!("{name}: no wallet with this code"),
            Self::Would => format!("{name}: would begin to recover"),
            Self::Waits { due_secs: Some(due) } => {
                format!("{name}: recovered on {}, unless it is cancelled", date_and_time(*due, Language::En))
            }
            Self::Waits { due_secs: None } => format!("{name}: recovered 72 hours after it is logged"),
            Self::Recovered => format!("{name}: recovered; `aitta wallet enrol {name}` shows the pods"),
            Self::Failed(failure) => format!("{name}: FAILED: {}", failure.message),
        }
    }
}

/// Asks every organisation at once, each for a key of its own.
async fn ask_all(opened: &Opened, paper: &RecoveryRoot) -> Vec<(Principal, Result<Vec<FoundLog>, Failure>)> {
    let mut asked = JoinSet::new();
    for organisation in opened.joined.registry().organisations().filter(|one| !one.is_suspended()) {
        let Ok(node) = NodeClient::of(&opened.joined.caller, organisation) else { continue };
        let (principal, digest) = (*organisation.principal(), paper.digest(organisation.principal()));
        asked.spawn(async move { (principal, node.key_logs(&digest).await) });
    }
    let now_secs = opened.edge.now_secs();
    let read = |(principal, told): (Principal, Result<Vec<KeyLogTold>, pod_client::CallError>)| {
        let logs = told.map(|told| replayed(&principal, told, now_secs)).map_err(Failure::from);
        (principal, logs)
    };
    let mut all: Vec<_> = asked.join_all().await.into_iter().map(read).collect();
    all.sort_by_key(|(principal, _)| opened.joined.name_of(principal));
    all
}

fn report(dir: &Path, all: &[(String, Stands)], output: &Output) -> Exit {
    let one = |(name, stands): &(String, Stands)| {
        let due = match stands {
            Stands::Waits { due_secs } => *due_secs,
            _ => None,
        };
        let code = match stands {
            Stands::Failed(failure) => Some(failure.code.clone()),
            _ => None,
        };
        json!({ "organisation": name, "state": stands.code(), "due": due, "code": code })
    };
    let found = all.iter().filter(|(_, stands)| !matches!(stands, Stands::Nothing | Stands::Failed(_))).count();
    let failed = all.iter().any(|(_, stands)| matches!(stands, Stands::Failed(_)));
    let words = match (found, failed) {
        (0, false) => "No organisation knows a wallet with this code.".to_owned(),
        (_, false) => "Run the same command again to see how it stands. The code stays valid.".to_owned(),
        (_, true) => "Run the same command again: not every organisation answered.".to_owned(),
    };
    let organisations: Vec<Value> = all.iter().map(one).collect();
    output.result(words, &json!({ "wallet": dir, "organisations": organisations }));
    if failed { Exit::Partly } else { Exit::Done }
}
