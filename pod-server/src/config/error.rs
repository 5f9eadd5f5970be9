//! Why a configuration cannot be used: which setting, where it came from, and what to write instead.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    CommandLine,
    /// This variable of the environment.
    Environment(String),
    /// This line of this file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Nobody set it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("the command line"),
            Self::Environment(variable) => write!(f, "the environment's {variable}"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// Why a configuration cannot be used. Values are not repeated: somebody may have put a secret where a path belongs.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: give its path, or make one with `aitta node init`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{} line {line} is not TOML: {why}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// A name that is no setting.
    #[error("{at}: `{name}` is no setting{hint}")]
    Unknown {
        /// Where it stands.
        at: Source,
        /// The name.
        name: String,
        /// `; did you mean …?` or nothing.
        hint: String,
    },
    /// A value of another kind.
    #[error("{at}: `{name}` must be {must}, as in `{name} = {example}`")]
    Kind {
        /// Where it stands.
        at: Source,
        /// The setting.
        name: &'static str,
        /// What it must be.
        must: &'static str,
        /// What one could write.
        example: &'static str,
    },
    /// A value that cannot be meant.
    #[error("{at}: `{name}`: {why}; write for example `{name} = {example}`")]
    Value {
        /// Where it stands.
        at: Source,
        /// The setting.
        name: &'static str,
        /// What is wrong with it.
        why: String,
        /// What one could write.
        example: &'static str,
    },
    /// A setting is missing.
    #[error("`{name}` is missing: write `{name} = {example}` in the file, or set {variable}")]
    Missing {
        /// The setting.
        name: &'static str,
        /// What one could write.
        example: &'static str,
        /// The variable that would set it.
        variable: String,
    },
    /// A setting needs another one.
    #[error("`{needs}` is missing: `{name}` does not work without it; set both, or neither")]
    Incomplete {
        /// The setting, or the table, that is there.
        name: &'static str,
        /// The one that is not.
        needs: &'static str,
    },
    /// A table whose values do not go together.
    #[error("[{table}]: {why}")]
    Table {
        /// The table.
        table: &'static str,
        /// What is wrong.
        why: String,
    },
}
