//! `aitta blinder`: makes the tags under which wallets find holders, and learns nothing about whom.

mod init;
mod serve;

use clap::Subcommand;

use crate::commands::node::publish::PublishProfile;
use crate::commands::serving::ConfigArgs;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The blinder.
#[derive(Debug, Subcommand)]
pub(crate) enum Blinder {
    /// Make a blinder's keys and seed, and its configuration.
    Init(Box<init::Init>),
    /// Serve: evaluate blinded identity codes.
    Serve(ConfigArgs),
    /// Check the configuration without serving.
    CheckConfig(ConfigArgs),
    /// Sign what the blinder's operator says about itself, and publish it.
    PublishProfile(PublishProfile),
}

impl Blinder {
    /// Runs it.
    pub(crate) fn run(self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        match self {
            Self::Init(init) => init.run(edge, output),
            Self::Serve(args) => serve::serve(&args, edge, output),
            Self::CheckConfig(args) => serve::check(&args, output),
            Self::PublishProfile(publish) => publish.run(edge, output),
        }
    }
}
