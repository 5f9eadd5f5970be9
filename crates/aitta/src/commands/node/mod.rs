//! `aitta node`: one organisation's node.

mod desk;
mod doctor;
mod init;
mod keys;
mod managing_key;
pub(crate) mod publish;
mod reached;
mod serve;

use clap::Subcommand;

use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) use init::fill;
pub(crate) use serve::NodeConfigArgs;

/// One organisation's node.
#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// Make an organisation's keys, and a node with its configuration.
    Init(Box<init::Init>),
    /// Serve: answer services and wallets.
    Serve(NodeConfigArgs),
    /// Check the configuration and everything that it names, without serving.
    CheckConfig(NodeConfigArgs),
    /// Bind another wallet for somebody who came to the desk with an identity document.
    Desk(desk::Desk),
    /// Sign what the organisation says about itself, its endpoints and services, and publish it.
    PublishProfile(publish::PublishProfile),
    /// Make another online key and say in the organisation's key-event log that it signs: two keys live until one is retired.
    RotateKey(keys::RotateKey),
    /// Say in the organisation's key-event log that an online key signs no more.
    RetireKey(keys::RetireKey),
    /// Replace a managing key that is lost or in other hands, by the key that was kept for that day.
    RotateManagingKey(managing_key::RotateManagingKey),
    /// Try the whole way to another organisation's node, and say which step fails and what to do.
    Doctor(doctor::Doctor),
}

impl Node {
    /// Runs it.
    pub(crate) fn run(self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        match self {
            Self::Init(init) => init.run(edge, output),
            Self::Serve(args) => serve::serve(&args, edge, output),
            Self::CheckConfig(args) => serve::check(&args, output),
            Self::Desk(desk) => desk.run(output),
            Self::PublishProfile(publish) => publish.run(edge, output),
            Self::RotateKey(rotate) => rotate.run(edge, output),
            Self::RetireKey(retire) => retire.run(edge, output),
            Self::RotateManagingKey(rotate) => rotate.run(edge, output),
            Self::Doctor(doctor) => doctor.run(edge, output),
        }
    }
}
