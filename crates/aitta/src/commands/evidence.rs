//! What somebody showed that contradicts what was seen before: said in words, and kept as a file that others can check.

use std::fs;
use std::path::{Path, PathBuf};

use pod_client::CallError;
use pod_crypto::sha256;
use pod_protocol::ids::base64url;
use pod_protocol::tlog::evidence::Evidence;

use crate::folder;

/// The folder for it, in a wallet's or service's own.
const FOLDER: &str = "evidence";
/// Most files: the first ones prove it, more of the same add nothing.
const MAX_FILES: usize = 64;

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
    // The same two checkpoints are one piece of evidence, however often they are shown.
    let digest = base64url(&sha256(&[&evidence.kept, &evidence.shown]));
    let file = dir.join(format!("{}-{}.cbor", evidence.code, digest.get(..16).unwrap_or(&digest)));
    if file.exists() {
        return Ok(None);
    }
    folder::make_unless_there(&dir).map_err(|failure| failure.message)?;
    if fs::read_dir(&dir).map_err(|error| error.to_string())?.count() >= MAX_FILES {
        return Ok(None);
    }
    folder::write(&file, &evidence.to_bytes()).map_err(|failure| failure.message)?;
    Ok(Some(file))
}
