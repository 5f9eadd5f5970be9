//! Folders with secrets: made for the owner alone, written so that a crash leaves the old file or the new one.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::failure::Failure;

/// Makes a folder for its owner alone; one that has something in it is not touched.
pub(crate) fn make(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::usage(format!("{shown} is not empty")).advise("Give a folder that does not exist yet."));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| {
        Failure::usage(format!("cannot make the folder {shown}"))
            .because(source)
            .advise("Give a place where this account may write.")
    })
}

/// Writes a file for its owner alone, whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |source| Failure::internal(format!("cannot write {}", path.display()), source);
    let fresh = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)?;
    // The new name is durable only when the folder is.
    match path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder }) {
        Some(folder) => fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        None => Ok(()),
    }
}

/// Reads a secret that nobody but its owner may read.
pub(crate) fn read_secret(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let wrong = |source| {
        Failure::usage(format!("cannot read {what} in {shown}"))
            .because(source)
            .advise("Give the folder that `init` made, as the account that made it.")
    };
    let mode = fs::metadata(path).map_err(wrong)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(
            Failure::usage(format!("{shown} can be read by others")).advise(format!("Run `chmod 600 {shown}`."))
        );
    }
    fs::read(path).map_err(wrong)
}
