//! `aitta service`: a service that asks citizens and fetches what they agreed to.

mod ask;
mod ask_file;
mod collect;
mod delegate;
mod desk;
mod fetch;
mod make;
mod notices;
mod opened;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::daemon::keep_memory_private;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Be a service: ask citizens, and fetch exactly what they agreed to.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// The service's folder.
    #[arg(long, env = "AITTA_SERVICE", value_name = "DIR", global = true, default_value = "service")]
    service: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a service's keys.
    Init(make::Init),
    /// Write what the organisation publishes about this service: its keys, purposes and fields.
    Register(make::Register),
    /// Publish an access request, and print the link for the citizen.
    Ask(ask::Ask),
    /// Collect what citizens decided.
    Collect(collect::Collect),
    /// Fetch what is granted, from every holder at once.
    Fetch(fetch::Fetch),
    /// Serve a page on which people of the service make requests, and see the answers and what was released.
    Desk(desk::Desk),
    /// Pass a grant on to another service.
    Delegate(delegate::Delegate),
    /// Take over a grant that another service passed on.
    Accept(delegate::Accept),
    /// Take a grant back that was passed on.
    Revoke(delegate::Revoke),
    /// Take back, at a holder, all that a key of this service passed on since a time: when it may be in other hands.
    RevokeKey(notices::RevokeKey),
    /// Show the notices about grants that were taken back, or answer one.
    Notices(notices::Notices),
}

impl Service {
    /// Does what is asked.
    pub(crate) fn run(self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let key_log = keep_memory_private()?;
        let dir = self.service;
        Edge::block_on(async {
            let ended = match self.command {
                Command::Init(init) => init.run(&dir, edge, output).await,
                Command::Register(register) => register.run(&dir, output),
                Command::Ask(ask) => ask.run(&dir, edge, output).await,
                Command::Collect(collect) => collect.run(&dir, edge, output).await,
                Command::Fetch(fetch) => fetch.run(&dir, edge, output).await,
                Command::Desk(desk) => desk.run(&dir, key_log, edge, output).await,
                Command::Delegate(delegate) => delegate.run(&dir, edge, output).await,
                Command::Accept(accept) => accept.run(&dir, output),
                Command::Revoke(revoke) => revoke.run(&dir, edge, output).await,
                Command::RevokeKey(revoke) => revoke.run(&dir, edge, output).await,
                Command::Notices(notices) => notices.run(&dir, edge, output).await,
            };
            edge.leave().await;
            ended
        })
    }
}
