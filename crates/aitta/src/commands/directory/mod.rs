//! `aitta directory`: the directory and its trust anchor.

mod admit;
pub(crate) mod init;
mod mirror;
mod reindex;
mod serve;

use clap::Subcommand;

use crate::commands::serving::ConfigArgs;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The directory and its trust anchor.
#[derive(Debug, Subcommand)]
pub(crate) enum Directory {
    /// Make a trust anchor's keys, and a directory with its configuration.
    Init(init::Init),
    /// Serve registry, holder entries, buckets and the log; or a mirror of another directory.
    Serve(ConfigArgs),
    /// Check the configuration without serving.
    CheckConfig(ConfigArgs),
    /// Admit a member: sign its membership with the trust anchor's key, and publish it.
    Admit(admit::Admit),
    /// Suspend a member, or lift its suspension. Everybody knows within the time that `/.well-known/aitta` tells.
    Suspend(admit::Suspend),
    /// Read the whole log of a directory, believe nothing of it, and keep the copy: it can be served.
    Mirror(mirror::Mirror),
    /// Make the directory's index anew from its log.
    Reindex(reindex::Reindex),
}

impl Directory {
    /// Runs it.
    pub(crate) fn run(self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        match self {
            Self::Init(init) => init.run(edge, output),
            Self::Serve(args) => serve::serve(&args, edge, output),
            Self::CheckConfig(args) => serve::check(&args, output),
            Self::Admit(admit) => admit.run(edge, output),
            Self::Suspend(suspend) => suspend.run(edge, output),
            Self::Mirror(mirror) => mirror.run(edge, output),
            Self::Reindex(reindex) => reindex.run(edge, output),
        }
    }
}
