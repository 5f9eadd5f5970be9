//! What the operator should know of the log: who lies, and where the proof lies; and what was told and does not stand there.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pod_client::CallError;
use pod_protocol::tlog::evidence::Evidence;

/// What a node tells the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Told {
    /// Entries of its pods.
    Entries,
    /// Revocations and key events that others, or itself, have posted.
    Posts,
}

/// How the log looked lately.
#[derive(Debug, Default)]
pub(crate) struct LogStanding(Mutex<Lately>);

#[derive(Clone, Debug, Default)]
struct Lately {
    /// Who showed something that only a liar shows, and what; until a source was followed again.
    lie: Option<String>,
    /// The newest piece of evidence.
    evidence: Option<PathBuf>,
    /// How often somebody lied since the start.
    lies: u64,
    /// How much of what the directory took when it was told last does not stand in its log.
    missing: BTreeMap<Told, usize>,
}

impl LogStanding {
    /// A head was followed to its end.
    pub(super) fn followed(&self) {
        self.hold().lie = None;
    }

    /// A source did not show what holds; keeps what proves a lie in `folder`.
    pub(in crate::upkeep) fn note(&self, trouble: &CallError, folder: Option<&Path>) {
        let Some(fault) = trouble.log_fault() else { return };
        let evidence = trouble.evidence().zip(folder).map(|(evidence, folder)| keep(evidence, folder));
        let mut lately = self.hold();
        if fault.is_evidence() || evidence.is_some() {
            lately.lie = Some(format!("{trouble} ({})", fault.code()));
            lately.lies += 1;
        }
        match evidence {
            Some(Ok(file)) => lately.evidence = Some(file),
            Some(Err(why)) => tracing::error!(%why, "the evidence against the directory cannot be kept"),
            None => {}
        }
    }

    /// All that waited was told; so much of it the directory took and its log lacks.
    pub(in crate::upkeep) fn told(&self, what: Told, missing: usize) {
        let mut lately = self.hold();
        lately.lies += u64::from(missing > 0);
        lately.missing.insert(what, missing);
    }

    /// What readiness says of what was told and is not in the log; none when nothing is missing.
    pub(crate) fn missing(&self) -> Option<String> {
        let lately = self.hold().clone();
        let told = lately.missing.iter().filter(|(_, count)| **count > 0).map(|(what, count)| match what {
            Told::Entries => format!("{count} holder entries, without which wallets do not find this holder"),
            Told::Posts => format!("{count} revocations or key events, of which their holders do not hear"),
        });
        let told: Vec<String> = told.collect();
        let then =
            "they are told again: tell whoever runs the directory, and look whether its clock and this one's are right";
        (!told.is_empty()).then(|| format!("the directory took {}, and its log lacks them: {then}", told.join(" and ")))
    }

    /// What readiness says of somebody who lies; none when nobody does.
    pub(crate) fn lie(&self) -> Option<String> {
        let Lately { lie, evidence, .. } = self.hold().clone();
        let evidence = evidence.map_or_else(String::new, |file| {
            let file = file.display();
            format!("; `aitta inspect {file}` says what it proves and whom to tell")
        });
        lie.map(|lie| format!("nothing that it shows is used, the last good copy goes on: {lie}{evidence}"))
    }

    /// How often somebody lied since the start.
    pub(crate) fn lies(&self) -> u64 {
        self.hold().lies
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, Lately> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a piece of evidence as a file; the same one once.
pub(crate) fn keep(evidence: &Evidence, folder: &Path) -> io::Result<PathBuf> {
    let file = folder.join(evidence.file_name());
    if file.exists() {
        return Ok(file);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    if !evidence.has_room(names.collect::<io::Result<Vec<_>>>()?) {
        return Err(io::Error::other(format!("{} holds enough of `{}` already", folder.display(), evidence.code)));
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
    out.write_all(&evidence.to_bytes())?;
    out.sync_all()?;
    Ok(file)
}
