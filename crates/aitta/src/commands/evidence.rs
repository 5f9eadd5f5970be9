//! What somebody showed that contradicts what was seen before: said in words, and kept as a file that others can check.

use std::path::{Path, PathBuf};
use std::{fs, io};

use pod_client::CallError;
use pod_protocol::tlog::evidence::Evidence;

use crate::folder;

/// The folder for it, in a wallet's or service's own.
const FOLDER: &str = "evidence";

/// Says what went wrong with the directory or a mirror, and keeps what proves a lie in `own`.
pub(crate) fn tell(trouble: &CallError, own: Option<&Path>) {
    let advice = trouble.advice();
    tracing::warn!(code = trouble.code(), "{trouble}. {advice}");
    let (Some(evidence), Some(own)) = (trouble.evidence(), own) else { return };
    match keep(evidence, own) {
        Ok(Some(file)) => {
            let shown = file.display();
            tracing::warn!("kept as evidence in {shown}: `aitta inspect {shown}` says what it proves and whom to tell");
        }
        Ok(None) => {}
        Err(why) => tracing::error!("the evidence cannot be kept: {why}"),
    }
}

/// Where it was written; none when it lies there already, or there is enough.
fn keep(evidence: &Evidence, own: &Path) -> Result<Option<PathBuf>, String> {
    let dir = own.join(FOLDER);
    let file = dir.join(evidence.file_name());
    if file.exists() {
        return Ok(None);
    }
    folder::make_unless_there(&dir).map_err(|failure| failure.message)?;
    let names: io::Result<Vec<_>> = fs::read_dir(&dir)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect());
    if !evidence.has_room(names.map_err(|error| error.to_string())?) {
        return Ok(None);
    }
    folder::write(&file, &evidence.to_bytes()).map_err(|failure| failure.message)?;
    Ok(Some(file))
}
