//! Pending recoveries: what somebody began with a recovery code, in plain words, and cancelling it.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::node::DeskTold;
use pod_protocol::ids::{ObjectId, Principal, Thumbprint};
use pod_protocol::key_event::Pending;
use pod_wallet::Language;
use pod_wallet::keys::KeysFault;
use pod_wallet::recovery::{cancel_with_paper, desk_cancelled, desk_words, words};
use pod_wallet::root::KeyPurpose;
use serde_json::{Value, json};

use super::opened::{FoundLog, Opened, recovery_root};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Show recoveries of this wallet that wait at any organisation, and cancel those that are somebody else's.
#[derive(Debug, Args)]
pub(super) struct Recovery {
    /// Cancel everything that was begun to another device than this one.
    #[arg(long)]
    cancel: bool,
    /// Cancel what was begun to this device too.
    #[arg(long, requires = "cancel")]
    own: bool,
    /// Cancel with the recovery code: a file that holds it, or `-` to type it. For when no device may.
    #[arg(long, value_name = "FILE", requires = "cancel")]
    code: Option<PathBuf>,
    /// The language of what is shown.
    #[arg(long, default_value = "en")]
    lang: Language,
}

impl Recovery {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::open(dir, edge).await?;
        let (mut lines, mut all, mut missing) = (Vec::new(), Vec::new(), false);
        for (organisation, name) in opened.enrolled() {
            match self.at(&mut opened, &organisation, &name).await {
                Ok(told) => told.into_iter().for_each(|(line, json)| {
                    lines.push(line);
                    all.push(json);
                }),
                Err(failure) => {
                    missing = true;
                    lines.push(format!("{name}: NOT KNOWN: {}", failure.message));
                    all.push(json!({ "organisation": name, "state": "failed", "code": failure.code }));
                }
            }
        }
        opened.save()?;
        if lines.is_empty() {
            lines.push("No recovery of this wallet is pending anywhere.".to_owned());
        }
        output.result(lines.join("\n"), &json!({ "recoveries": all }));
        Ok(if missing { Exit::Partly } else { Exit::Done })
    }

    async fn at(
        &self,
        opened: &mut Opened,
        organisation: &Principal,
        name: &str,
    ) -> Result<Vec<(String, Value)>, Failure> {
        let Some(log) = opened.refresh(organisation).await? else { return Ok(Vec::new()) };
        let mut told = Vec::new();
        if let Some(pending) = log.state.pending().cloned() {
            told.push(self.recovery(opened, organisation, name, &log, &pending).await?);
        }
        // A cancel changes the log: the next one goes on from it.
        let log = opened.refresh(organisation).await?.unwrap_or(log);
        if let Some(desk) = log.desk.clone() {
            told.push(self.desk(opened, organisation, name, &log, &desk).await?);
        }
        Ok(told)
    }

    async fn desk(
        &self,
        opened: &mut Opened,
        organisation: &Principal,
        name: &str,
        log: &FoundLog,
        desk: &DeskTold,
    ) -> Result<(String, Value), Failure> {
        let told = |state: &str| {
            json!({
                "organisation": name, "state": state, "event": desk.target, "due": desk.due_secs, "desk": desk.ground,
            })
        };
        if !self.cancel {
            let words = desk_words(desk.due_secs, name);
            return Ok((words.in_language(self.lang).to_owned(), told("pending")));
        }
        self.cancel(opened, organisation, log, desk.target).await?;
        let cancelled = |log: FoundLog| {
            let waits = log.desk.is_some_and(|left| left.target == desk.target);
            !waits && desk_cancelled(&log.held, &desk.target, desk.due_secs)
        };
        if !opened.refresh(organisation).await?.is_some_and(cancelled) {
            return Err(too_late());
        }
        Ok((format!("{name}: cancelled"), told("cancelled")))
    }

    async fn recovery(
        &self,
        opened: &Opened,
        organisation: &Principal,
        name: &str,
        log: &FoundLog,
        pending: &Pending,
    ) -> Result<(String, Value), Failure> {
        let own = Thumbprint::of(&opened.root.signing_key(organisation, KeyPurpose::Device, 0).public_key()).kid();
        let ours = pending.devices().iter().any(|device| Thumbprint::of(&device.key).kid() == own);
        let told = |state: &str| {
            json!({
                "organisation": name, "state": state, "event": pending.id, "begun": pending.taken.taken_secs,
                "due": pending.due_secs(), "to_this_device": ours, "identified": pending.taken.identified,
            })
        };
        if !self.cancel || (ours && !self.own) {
            let words = words(pending, name, ours);
            return Ok((words.in_language(self.lang).to_owned(), told("pending")));
        }
        self.cancel(opened, organisation, log, pending.id).await?;
        Ok((format!("{name}: cancelled"), told("cancelled")))
    }

    async fn cancel(
        &self,
        opened: &Opened,
        organisation: &Principal,
        log: &FoundLog,
        target: ObjectId,
    ) -> Result<(), Failure> {
        let now_secs = opened.edge.now_secs();
        let event = match &self.code {
            Some(code) => cancel_with_paper(&log.state, &recovery_root(code)?, organisation, target, now_secs),
            None => {
                let keys = opened.state.key_log(&opened.root, organisation, now_secs);
                let cancelled = keys.and_then(|keys| keys.cancel(&opened.root, target, now_secs));
                cancelled.map_err(cannot)?.1
            }
        };
        opened.joined.node(organisation)?.send_key_event(&log.state.principal(), &event).await?;
        Ok(())
    }
}

fn too_late() -> Failure {
    Failure::rule(
        "keys-too-late",
        "it was not cancelled in time. See with `aitta wallet devices` what counts there, and go to the organisation's desk at \
         once if it was not you.",
    )
}

fn cannot(fault: KeysFault) -> Failure {
    Failure::of(Exit::Refused, "not-cancelled", fault).advise(
        "This device cannot cancel it. Give the recovery code with --code, and call the organisation if it was not you.",
    )
}
