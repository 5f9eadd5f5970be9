//! Folders and files on this side: made for their owner alone, never written over unseen, and written so that a crash leaves
//! the old file or the new one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
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
/// What a file is called until it is whole. It stands behind the name and not for its ending, so that no two share it.
const FRESH: &str = ".new";

/// A folder that does not exist yet, with everything that goes into it.
pub(crate) struct NewFolder {
    path: PathBuf,
    files: Vec<NewFile>,
}

struct NewFile {
    name: &'static str,
    what: &'static str,
    /// None when the file is made by whoever knows its format.
    content: Option<Zeroizing<Vec<u8>>>,
    secret: bool,
}

impl NewFolder {
    /// Checks that nothing is there.
    ///
    /// # Errors
    /// When there is: keys are never written over.
    pub(crate) fn at(path: &Path) -> Result<Self, Failure> {
        check_free(path)?;
        Ok(Self { path: path.to_owned(), files: Vec::new() })
    }

    /// Adds a file that everybody may read. `what` is what it is for.
    pub(crate) fn open(&mut self, name: &'static str, what: &'static str, text: String) {
        self.files.push(NewFile { name, what, content: Some(Zeroizing::new(text.into_bytes())), secret: false });
    }

    /// Adds a file of bytes that everybody may read.
    pub(crate) fn bytes(&mut self, name: &'static str, what: &'static str, content: &[u8]) {
        self.files.push(NewFile { name, what, content: Some(Zeroizing::new(content.to_vec())), secret: false });
    }

    /// Adds a file for the owner alone.
    pub(crate) fn secret(&mut self, name: &'static str, what: &'static str, content: impl AsRef<[u8]>) {
        let content = Some(Zeroizing::new(content.as_ref().to_vec()));
        self.files.push(NewFile { name, what, content, secret: true });
    }

    /// Names a file for the owner alone that is made afterwards; its path.
    pub(crate) fn made_elsewhere(&mut self, name: &'static str, what: &'static str) -> PathBuf {
        self.files.push(NewFile { name, what, content: None, secret: true });
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
        make_folder(&self.path)?;
        for file in &self.files {
            let path = self.path.join(file.name);
            if let Some(parent) = path.parent() {
                make_folder(parent)?;
            }
            let Some(content) = &file.content else { continue };
            create(&path, content, if file.secret { SECRET_MODE } else { OPEN_MODE })?;
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

/// Checks that nothing is there.
///
/// # Errors
/// When there is: keys are never written over.
fn check_free(path: &Path) -> Result<(), Failure> {
    match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
        Ok(false) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(true) => Err(Failure::configuration_says(format!("{} is not empty", path.display()))
            .advise("Choose a folder that does not exist yet: keys are never written over.")),
        Err(source) => Err(Failure::configuration_says(format!("{} cannot be used as a folder", path.display()))
            .because(source)
            .advise("Choose a folder that does not exist yet, where this account may write.")),
    }
}

/// Makes a folder for its owner alone.
///
/// # Errors
/// When something is in it already, or the system refuses.
pub(crate) fn make(path: &Path) -> Result<(), Failure> {
    check_free(path)?;
    make_folder(path).map_err(|source| {
        Failure::configuration_says(format!("cannot make the folder {}", path.display()))
            .because(source)
            .advise("Choose a place where this account may write.")
    })
}

/// Makes a folder for its owner alone, unless it is there.
///
/// # Errors
/// When the system refuses.
pub(crate) fn make_unless_there(path: &Path) -> Result<(), Failure> {
    if path.is_dir() { Ok(()) } else { make(path) }
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Writes a file for its owner alone, whole or not at all, in place of what was there.
///
/// # Errors
/// When the system refuses.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(FRESH);
    let fresh = Path::new(&fresh);
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(SECRET_MODE).open(fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(fresh, path)?;
        sync_folder_of(path)
    };
    write().map_err(|source| Failure::internal(format!("cannot write {}", path.display()), source))
}

/// Writes one new file that everybody may read.
///
/// # Errors
/// When it is there already, or the system refuses.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create(path, bytes, OPEN_MODE).map_err(|source| not_new(path, source))
}

/// Writes one new file for its owner alone.
///
/// # Errors
/// As [`write_new`].
pub(crate) fn write_new_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create(path, bytes, SECRET_MODE).map_err(|source| not_new(path, source))
}

fn not_new(path: &Path, source: io::Error) -> Failure {
    Failure::usage(format!("cannot write {}", path.display()))
        .because(source)
        .advise("Give the path of a file that does not exist yet, where this account may write.")
}

fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder_of(path)
}

/// A new name is durable only when its folder is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Reads a secret that nobody but its owner may read; `advice` for when it cannot be read.
///
/// # Errors
/// When it cannot be read, or others can read it too.
pub(crate) fn read_secret(path: &Path, advice: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let shown = path.display();
    let failed = |source| Failure::configuration_says(format!("cannot read {shown}")).because(source).advise(advice);
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Failure::configuration_says(format!("{shown} can be read by others"))
            .advise(format!("Run `chmod 600 {shown}`.")));
    }
    Ok(Zeroizing::new(fs::read(path).map_err(failed)?))
}
