//! Which files an import reads, and as which register.

use std::path::{Path, PathBuf};

use crate::catalogue::{Catalogue, RecordType, Register};

/// A catalogue and the files to read by it, in order.
#[derive(Debug)]
pub struct Plan<'c> {
    catalogue: &'c Catalogue,
    files: Vec<PlannedFile<'c>>,
}

/// One file of a plan.
#[derive(Debug)]
pub struct PlannedFile<'c> {
    path: PathBuf,
    shown: String,
    key: String,
    register: &'c Register,
    record_type: &'c RecordType,
}

/// Why a plan cannot be made. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A folder lacks a register's file.
    #[error(
        "{folder} has no file `{file}`, which the catalogue's register `{register}` reads: export it, or name the files to import one by one"
    )]
    Missing {
        /// The folder.
        folder: String,
        /// The file's name.
        file: String,
        /// The register's id.
        register: String,
    },
    /// A file's name belongs to no register.
    #[error(
        "no register of the catalogue reads `{file}`; the registers read {known}; a later extract is called {example}"
    )]
    UnknownFile {
        /// The file.
        file: String,
        /// The names of the registers' files.
        known: String,
        /// What a later extract's name looks like.
        example: String,
    },
}

impl<'c> Plan<'c> {
    /// Every register of the catalogue, from the files of one folder.
    ///
    /// # Errors
    /// [`PlanError::Missing`]: an import of everything does not quietly become one of less.
    pub fn folder(catalogue: &'c Catalogue, folder: &Path) -> Result<Self, PlanError> {
        let files = catalogue
            .registers()
            .iter()
            .map(|register| {
                let path = folder.join(register.file());
                if path.is_file() {
                    planned(catalogue, register, path).ok_or_else(|| unknown(catalogue, folder))
                } else {
                    Err(PlanError::Missing {
                        folder: folder.display().to_string(),
                        file: register.file().to_owned(),
                        register: register.id().to_owned(),
                    })
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { catalogue, files })
    }

    /// These files, each as the register that its name belongs to ([`Catalogue::register_for`]).
    ///
    /// # Errors
    /// [`PlanError::UnknownFile`].
    pub fn files(catalogue: &'c Catalogue, paths: &[PathBuf]) -> Result<Self, PlanError> {
        let files = paths
            .iter()
            .map(|path| {
                let name = path.file_name().and_then(|name| name.to_str());
                name.and_then(|name| catalogue.register_for(name))
                    .and_then(|register| planned(catalogue, register, path.clone()))
                    .ok_or_else(|| unknown(catalogue, path))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { catalogue, files })
    }

    /// The catalogue.
    #[must_use]
    pub fn catalogue(&self) -> &'c Catalogue {
        self.catalogue
    }

    /// The files, in the order in which they are read.
    #[must_use]
    pub fn planned(&self) -> &[PlannedFile<'c>] {
        &self.files
    }
}

impl<'c> PlannedFile<'c> {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What reports call it: its name and its folder's, `helsinki/residents.csv`.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What checkpoints call it: organisation, register and file name. Moving the folder does not change it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The register that it is an extract of.
    #[must_use]
    pub fn register(&self) -> &'c Register {
        self.register
    }

    /// The type of the records in it.
    #[must_use]
    pub fn record_type(&self) -> &'c RecordType {
        self.record_type
    }
}

fn planned<'c>(catalogue: &'c Catalogue, register: &'c Register, path: PathBuf) -> Option<PlannedFile<'c>> {
    let record_type = catalogue.record_type(register.record_type())?;
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str());
    let shown = folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
    let key = format!("{}/{}/{name}", catalogue.organisation(), register.id());
    Some(PlannedFile { shown, key, register, record_type, path })
}

fn unknown(catalogue: &Catalogue, path: &Path) -> PlanError {
    let known: Vec<&str> = catalogue.registers().iter().map(Register::file).collect();
    let example = catalogue.registers().first().map_or_else(String::new, |register| {
        let ending = register.file().rsplit_once('.').map_or("", |(_, ending)| ending);
        format!("{}_….{ending}", register.id())
    });
    PlanError::UnknownFile { file: path.display().to_string(), known: known.join(", "), example }
}
