//! The commands. Each takes what `edge` made, writes through `output`, and says how it ended.

pub(crate) mod audit;
mod directory;
pub(crate) mod inspect;
mod serving;

use clap::Subcommand;

use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the directory, and speak for its trust anchor.
    #[command(subcommand)]
    Directory(directory::Directory),
    /// Check an audit log, or show its newest head.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Say in words what a protocol object is.
    Inspect(inspect::Inspect),
}

/// Runs a command.
pub(crate) fn run(command: Command, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Directory(directory) => directory.run(edge, output),
        Command::Audit(audit) => audit.run(output),
        Command::Inspect(inspect) => inspect.run(output),
    }
}
