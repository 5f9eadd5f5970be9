//! A new folder with everything that a process needs, written all or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pod_crypto::Zeroizing;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Folders are their owner's alone: they hold keys, or stand beside them.
const FOLDER_MODE: u32 = 0o700;
/// Files that hold a secret.
const SECRET_MODE: u32 = 0o600;
/// Files that others may see, once they are taken out of the folder.
const OPEN_MODE: u32 = 0o644;

/// A folder that does not exist yet.
pub(crate) struct NewFolder {
    path: PathBuf,
    files: Vec<NewFile>,
}

struct NewFile {
    name: &'static str,
    what: &'static str,
    /// None when the file is made by whoever knows its format.
    text: Option<Zeroizing<String>>,
    secret: bool,
}

impl NewFolder {
    /// Checks that nothing is there.
    ///
    /// # Errors
    /// When there is: keys are never written over.
    pub(crate) fn at(path: &Path) -> Result<Self, Failure> {
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(false) => {}
            Ok(true) => {
                return Err(Failure::configuration_says(format!("{} is not empty", path.display()))
                    .advise("Choose a folder that does not exist yet: keys are never written over."));
            }
            Err(source) => {
                return Err(Failure::configuration_says(format!("{} cannot be used as a folder", path.display()))
                    .because(source)
                    .advise("Choose a folder that does not exist yet, where this account may write."));
            }
        }
        Ok(Self { path: path.to_owned(), files: Vec::new() })
    }

    /// Adds a file that everybody may read. `what` is what it is for.
    pub(crate) fn open(&mut self, name: &'static str, what: &'static str, text: String) {
        self.files.push(NewFile { name, what, text: Some(Zeroizing::new(text)), secret: false });
    }

    /// Adds a file for the owner alone.
    pub(crate) fn secret(&mut self, name: &'static str, what: &'static str, text: Zeroizing<String>) {
        self.files.push(NewFile { name, what, text: Some(text), secret: true });
    }

    /// Names a file for the owner alone that is made afterwards; its path.
    pub(crate) fn made_elsewhere(&mut self, name: &'static str, what: &'static str) -> PathBuf {
        self.files.push(NewFile { name, what, text: None, secret: true });
        self.path.join(name)
    }

    /// Adds a JSON document that everybody may read.
    pub(crate) fn json(&mut self, name: &'static str, what: &'static str, document: &Value) {
        self.open(name, what, format!("{document:#}\n"));
    }

    /// Makes the folder and all files, durably.
    ///
    /// # Errors
    /// When the system refuses; what was written until then stays and is named.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        self.write_all().map_err(|source| {
            Failure::configuration_says(format!("cannot write the files in {}", self.path.display()))
                .because(source)
                .advise("Remove what was written, and choose a folder where this account may write.")
        })
    }

    fn write_all(&self) -> io::Result<()> {
        let folder = |path: &Path| DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path);
        folder(&self.path)?;
        for file in &self.files {
            let path = self.path.join(file.name);
            if let Some(parent) = path.parent() {
                folder(parent)?;
            }
            let Some(text) = &file.text else { continue };
            let mode = if file.secret { SECRET_MODE } else { OPEN_MODE };
            let mut open = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
            open.write_all(text.as_bytes())?;
            open.sync_all()?;
            File::open(path.parent().unwrap_or(&self.path))?.sync_all()?;
        }
        File::open(&self.path)?.sync_all()
    }

    /// One line a file.
    pub(crate) fn words(&self) -> String {
        let width = self.files.iter().map(|file| file.name.len()).max().unwrap_or(0);
        let line = |file: &NewFile| format!("  {:width$}  {}", file.name, file.what);
        self.files.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The files by name.
    pub(crate) fn to_json(&self) -> Value {
        let file =
            |file: &NewFile| json!({ "file": self.path.join(file.name), "what": file.what, "secret": file.secret });
        Value::Array(self.files.iter().map(file).collect())
    }
}

/// Writes one new file that everybody may read.
///
/// # Errors
/// When it is there already, or the system refuses.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(OPEN_MODE).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source: io::Error| {
        Failure::usage(format!("cannot write {}", path.display()))
            .because(source)
            .advise("Give the path of a file that does not exist yet, where this account may write.")
    })
}
