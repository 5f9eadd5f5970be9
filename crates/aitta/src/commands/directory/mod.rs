//! `aitta directory`: the directory and its trust anchor.

mod admit;
pub(crate) mod init;
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
    /// Serve registry, holder entries and buckets.
    Serve(ConfigArgs),
    /// Check the configuration without serving.
    CheckConfig(ConfigArgs),
    /// Admit a member: sign its membership with the trust anchor's key, and publish it.
    Admit(admit::Admit),
    /// Suspend a member, or lift its suspension. Everybody knows within the time that `/.well-known/aitta` tells.
    Suspend(admit::Suspend),
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
        }
    }
}
