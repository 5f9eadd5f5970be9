//! The commands. Each takes what `edge` made, writes through `output`, and says how it ended.

pub(crate) mod audit;
mod blinder;
mod demo;
mod directory;
pub(crate) mod evidence;
pub(crate) mod federation;
mod import;
pub(crate) mod inspect;
mod layers;
pub(crate) mod names;
mod node;
mod posting;
mod service;
pub(crate) mod serving;
mod statements;
pub(crate) mod wallet;

use clap::Subcommand;

use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an organisation's node, and speak for the organisation.
    #[command(subcommand)]
    Node(node::Node),
    /// Run the directory, and speak for its trust anchor.
    #[command(subcommand)]
    Directory(directory::Directory),
    /// Run a whole federation on this machine, and play a family's story through it.
    Demo(demo::Demo),
    /// Be a citizen: find who holds what, decide who may use it, see who did.
    Wallet(wallet::Wallet),
    /// Be a service: ask citizens, and fetch exactly what they agreed to.
    Service(service::Service),
    /// Run the blinder, which makes the tags under which wallets find holders.
    #[command(subcommand)]
    Blinder(blinder::Blinder),
    /// Bring an organisation's registers into its node.
    Import(import::Import),
    /// Check an audit log, or show its newest head.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Say in words what a protocol object is.
    Inspect(inspect::Inspect),
}

impl Command {
    /// Whether its configuration says how log lines are written.
    pub(crate) fn starts_its_own_logs(&self) -> bool {
        matches!(self, Self::Node(node::Node::Serve(_)))
    }
}

/// Runs a command.
pub(crate) fn run(command: Command, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Node(node) => node.run(edge, output),
        Command::Directory(directory) => directory.run(edge, output),
        Command::Blinder(blinder) => blinder.run(edge, output),
        Command::Import(import) => import.run(edge, output),
        Command::Demo(demo) => demo.run(edge, output),
        Command::Wallet(wallet) => wallet.run(edge, output),
        Command::Service(service) => service.run(edge, output),
        Command::Audit(audit) => audit.run(output),
        Command::Inspect(inspect) => inspect.run(output),
    }
}
