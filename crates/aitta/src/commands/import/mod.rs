//! `aitta import`: an organisation's registers into its node, beside a serving node or through it.

mod offline;
mod progress;
mod through_node;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use pod_server::import::Files;
use serde_json::Value;

use crate::commands::node::NodeConfigArgs;
use crate::daemon::keep_memory_private;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

use progress::Shown;

/// `aitta import`.
///
/// When the node is serving, the import goes through its admin socket; else it opens the node's data by itself. Rows that are
/// wrong are refused alone and listed, and everything else goes in. Interrupt it whenever you like: the same command goes on
/// where it stopped.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    node: NodeConfigArgs,

    /// Read, validate and compare everything, write nothing.
    #[arg(long)]
    dry_run: bool,

    /// One folder with a file for each register of the catalogue, or single files of such names.
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
}

/// What an import did: the report as people read it, and as JSON.
struct Report {
    words: String,
    json: Value,
    refused: u64,
}

impl Import {
    /// Imports.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        keep_memory_private()?;
        let config = self.node.load()?;
        let files = self.files()?;
        let shown = Arc::new(Shown::new(Edge::somebody_watches() && !output.is_json()));
        let socket = through_node::socket(&config.data)?;
        let report = Edge::block_on(async {
            match through_node::connect(&socket).await {
                Some(connection) => through_node::import(connection, &files, self.dry_run, &shown).await,
                None => offline::import(&config, edge, files, self.dry_run, &shown).await,
            }
        });
        shown.finish();
        let report = report?;
        output.result(&report.words, &report.json);
        Ok(if report.refused == 0 { Exit::Done } else { Exit::Partly })
    }

    fn files(&self) -> Result<Files, Failure> {
        let advice = "Name one folder with the extracts of all registers, or single files.";
        let absolute = |path: &PathBuf| {
            std::fs::canonicalize(path).map_err(|source| {
                Failure::usage(format!("cannot read {}", path.display())).because(source).advise(advice)
            })
        };
        let paths = self.paths.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
        let is_folder = |path: &PathBuf| Path::is_dir(path);
        match paths.as_slice() {
            [folder] if is_folder(folder) => Ok(Files::Folder(folder.clone())),
            many if many.iter().any(is_folder) => {
                Err(Failure::usage("a folder stands among other paths").advise(advice))
            }
            _ => Ok(Files::Files(paths)),
        }
    }
}
