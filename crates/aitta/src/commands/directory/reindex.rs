//! `aitta directory reindex`: the index, made anew from the log.

use clap::Args;
use pod_directory::config::Serves;
use pod_directory::directory;
use serde_json::json;

use crate::commands::serving::ConfigArgs;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Leaves between two lines about how far it is: some seconds.
const LEAVES_BETWEEN_LINES: u64 = 200_000;

/// `aitta directory reindex`.
#[derive(Debug, Args)]
pub(crate) struct Reindex {
    #[command(flatten)]
    config: ConfigArgs,

    /// Say how the index stands, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Reindex {
    /// Makes it anew. The directory must not run meanwhile: its store says so.
    pub(crate) fn run(&self, _edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let (storage, anchor) = match super::serve::config(&self.config)? {
            Serves::Directory(config) => (config.storage, config.anchor),
            Serves::Mirror(config) => (config.storage, config.anchor),
        };
        let mut said = 0;
        let mut progress = |done: u64, leaves: u64| {
            if done >= said + LEAVES_BETWEEN_LINES {
                said = done;
                tracing::info!(done, leaves, "making the index");
            }
        };
        let made = directory::reindex(&storage, anchor, self.dry_run, &mut progress)?;
        let before = if made.was_whole { "was whole" } else { "was not whole" };
        let done = if self.dry_run { "would be made" } else { "was made" };
        let words = format!(
            "The index {before}; it {done} anew from {} leaves: {} members, {} entries.",
            made.leaves, made.members, made.entries,
        );
        let json = json!({
            "leaves": made.leaves, "members": made.members, "entries": made.entries, "was_whole": made.was_whole,
            "dry_run": self.dry_run,
        });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}
