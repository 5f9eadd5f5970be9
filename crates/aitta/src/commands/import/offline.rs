//! An import into the data of a node that is not serving.

use std::sync::Arc;

use pod_import::{ImportError, Options};
use pod_server::config::NodeConfig;
use pod_server::import::{Files, ImportFault, Importer};
use serde_json::json;

use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;

use super::Report;
use super::progress::Shown;

/// Opens the node and imports.
pub(super) async fn import(
    config: &NodeConfig,
    edge: &Edge,
    files: Files,
    dry_run: bool,
    shown: &Arc<Shown>,
) -> Result<Report, Failure> {
    let (opened, given) = (config.clone(), edge.of_a_node());
    let node = tokio::task::spawn_blocking(move || pod_server::serve::open(&opened, &given))
        .await
        .map_err(|source| Failure::internal("the node did not open", source))??;
    let blinder = config.blinder().map_err(pod_server::serve::StartError::from)?;
    let importer = Importer::new(Arc::new(node), blinder);
    let options = Options { dry_run, ..Options::default() };
    let seen = Arc::clone(shown);
    let progress =
        move |now: &pod_import::Progress<'_>| seen.at(now.file, now.rows_done, now.bytes_done, now.bytes_total);
    let report = importer.run(files, options, progress).await?;
    Ok(Report { words: report.to_string(), json: json!(report), refused: report.rows.total.refused })
}

impl From<ImportFault> for Failure {
    fn from(fault: ImportFault) -> Self {
        match fault {
            ImportFault::Plan(_) | ImportFault::BatchRows | ImportFault::Import(ImportError::File { .. }) => {
                Self::of(Exit::Usage, "usage", fault)
                    .advise("Correct the files or their names; what was committed stays.")
            }
            fault => Self::of(Exit::Internal, "internal", fault)
                .advise("See what the disk says; the same command goes on where the import stopped."),
        }
    }
}
