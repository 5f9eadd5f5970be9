//! One import into a node, and what became of it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pod_import::{ImportError, Options, Plan, PlanError, Progress, Report, import};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::sink::{NodeSink, SinkFault, Tagging};
use crate::fault::Fault;
use crate::node::Node;
use crate::upkeep::{Blinder, tags_lacking};

/// Most rows between two commits: a row needs some ten operations of the 65,536 that a store takes in one batch.
pub const MAX_BATCH_ROWS: usize = 2_000;

/// What is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Files {
    /// Every register of the catalogue, from the files of one folder.
    Folder(PathBuf),
    /// These files, each as the register that its name belongs to.
    Files(Vec<PathBuf>),
}

/// What an import did, and whether wallets find the people whose data the node now holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The rows.
    #[serde(flatten)]
    pub rows: Report,
    /// The people.
    pub findable: Findable,
}

/// Whether wallets find those whose data the node holds, all imports taken together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Findable {
    /// Pods.
    pub pods: u64,
    /// Pods without a tag: their people's wallets find nothing here. To make one, a row of theirs must be read once more.
    pub without_tag: u64,
    /// Why the blinder made no tags this time; none when it did, or was not needed.
    pub why: Option<String>,
}

/// Why an import did not run to its end. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// Another import is running.
    #[error("another import is running: wait until it has ended")]
    Busy,
    /// Too many rows between two commits.
    #[error("at most {MAX_BATCH_ROWS} rows can be committed at a time")]
    BatchRows,
    /// The files cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// It stopped on the way; what was committed stays.
    #[error(transparent)]
    Import(#[from] ImportError<SinkFault>),
    /// The state of the node could not be read afterwards.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The import panicked, or the process is ending.
    #[error("the import ended without an answer: the same import goes on from its last commit")]
    Gone,
}

impl ImportFault {
    /// The fault of ours in it, if it is one: [`Fault::is_fatal`] says whether the process must stop (invariant 9).
    #[must_use]
    pub fn into_fault(self) -> Option<Fault> {
        match self {
            Self::Fault(fault) | Self::Import(ImportError::Sink { source: SinkFault::Fault(fault), .. }) => Some(fault),
            _ => None,
        }
    }
}

/// Brings registers into a node, one import at a time.
#[derive(Debug)]
pub struct Importer {
    node: Arc<Node>,
    blinder: Option<Blinder>,
    turn: tokio::sync::Mutex<()>,
    stopping: Arc<AtomicBool>,
}

impl Importer {
    /// An importer. Without a blinder nobody whose data it brings in is found by their wallet.
    #[must_use]
    pub fn new(node: Arc<Node>, blinder: Option<Blinder>) -> Self {
        Self { node, blinder, turn: tokio::sync::Mutex::default(), stopping: Arc::default() }
    }

    /// Has a running import end after the batch that it is at, and lets none begin: the process is about to end.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Imports files by the node's catalogue. `progress` is called after each batch, on a thread that may block. Refused rows
    /// and a blinder that is away do not stop it. Needs a tokio runtime, and goes on when the future is dropped.
    ///
    /// # Errors
    /// [`ImportFault`]; what was committed before it stays, and the same import goes on from there.
    pub async fn run(
        &self,
        files: Files,
        options: Options,
        mut progress: impl FnMut(&Progress<'_>) + Send + 'static,
    ) -> Result<ImportReport, ImportFault> {
        let _turn = self.turn.try_lock().map_err(|_| ImportFault::Busy)?;
        if options.batch_rows.get() > MAX_BATCH_ROWS {
            return Err(ImportFault::BatchRows);
        }
        let (node, blinder, stopping) = (Arc::clone(&self.node), self.blinder.clone(), Arc::clone(&self.stopping));
        let runtime = Handle::current();
        let work = move || {
            let tagging = match &blinder {
                Some(blinder) if !options.dry_run => Tagging::By(blinder, runtime),
                _ => Tagging::Off,
            };
            let mut sink = NodeSink { node: &node, tagging, stopping: &stopping };
            run(&mut sink, blinder.as_ref().map(Blinder::epoch), &files, &options, &mut progress)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(ImportFault::Gone))
    }
}

fn run(
    sink: &mut NodeSink<'_>,
    epoch: Option<u16>,
    files: &Files,
    options: &Options,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Result<ImportReport, ImportFault> {
    let catalogue = Arc::clone(&sink.node.catalogue);
    let plan = match files {
        Files::Folder(folder) => Plan::folder(&catalogue, folder),
        Files::Files(paths) => Plan::files(&catalogue, paths),
    }?;
    let rows = import(&plan, sink, progress, options)?;
    let why = match &sink.tagging {
        Tagging::GaveUp(failed) => Some(crate::stop::chain(failed)),
        Tagging::By(..) | Tagging::Off => None,
    };
    let pods = sink.node.vault.pod_count().map_err(Fault::from)?;
    Ok(ImportReport { rows, findable: Findable { pods, without_tag: tags_lacking(sink.node, epoch)?, why } })
}

/// A few lines for people.
impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.fmt(f)?;
        if self.rows.dry_run || self.findable.without_tag == 0 {
            return Ok(());
        }
        write!(f, "{} of {} people are not found by their wallets yet", self.findable.without_tag, self.findable.pods)?;
        match &self.findable.why {
            Some(why) => writeln!(f, ": {why}. Run the import again when the blinder answers."),
            None => writeln!(f, ". Configure the blinder, and run the import of every register again."),
        }
    }
}
