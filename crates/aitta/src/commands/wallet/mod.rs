//! `aitta wallet`: a citizen's wallet without a screen. Everything that the wallet in the browser does, for scripts and tests.

mod decide;
mod devices;
mod enrol;
mod everywhere;
mod grants;
mod holders;
mod log;
mod login;
mod make;
mod opened;
mod recover;
mod recovery;
mod requests;
mod rights;
mod rotate;
mod serve;
mod service;
mod standing;
mod target;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(crate) use opened::secret_text;

use crate::daemon::keep_memory_private;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Be a citizen: find who holds what, decide who may use it, see who did.
#[derive(Debug, Args)]
pub(crate) struct Wallet {
    /// The wallet's folder.
    #[arg(long, env = "AITTA_WALLET", value_name = "DIR", global = true, default_value = "wallet")]
    wallet: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new wallet, and print its recovery code.
    Init(make::Init),
    /// Recover a lost wallet on this device with the recovery code, at every organisation at once.
    Recover(recover::Recover),
    /// Show recoveries of this wallet that wait anywhere, and cancel those that are somebody else's.
    Recovery(recovery::Recovery),
    /// Show the devices of this wallet; add and revoke them.
    Devices(devices::Devices),
    /// Put fresh keys in the place of this device's, at every organisation.
    Rotate(rotate::Rotate),
    /// Log in at an organisation and bind this wallet to what it holds.
    Enrol(enrol::Enrol),
    /// Find every organisation that holds something, without anybody learning who asked.
    Holders(holders::Holders),
    /// Show an access request, or those that wait at an organisation.
    Requests(requests::Requests),
    /// Agree to an access request.
    Grant(decide::Grant),
    /// Deny an access request.
    Deny(decide::Deny),
    /// Show the grants given; of those that were taken back, who had data, was told, and answered.
    Grants(grants::Grants),
    /// Show who looked, with every proof checked.
    Log(log::Log),
    /// Take a grant back, or all that a service may use.
    Revoke(rights::Revoke),
    /// Do what an earlier command could not do, because an organisation was away.
    Finish(everywhere::Finish),
    /// Stop an organisation from releasing anything, or some record types.
    Restrict(rights::Restrict),
    /// Object to a purpose.
    Object(rights::Object),
    /// Download everything that is held, from every organisation.
    Export(rights::Export),
    /// Serve the wallet to browsers, from an address of its own. Uses no wallet's folder.
    Serve(serve::Serve),
}

impl Wallet {
    /// Does what is asked.
    pub(crate) fn run(self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let key_log = keep_memory_private()?;
        let dir = self.wallet;
        Edge::block_on(async {
            match self.command {
                Command::Init(init) => init.run(&dir, edge, output).await,
                Command::Recover(recover) => recover.run(&dir, edge, output).await,
                Command::Recovery(recovery) => recovery.run(&dir, edge, output).await,
                Command::Devices(devices) => devices.run(&dir, edge, output).await,
                Command::Rotate(rotate) => rotate.run(&dir, edge, output).await,
                Command::Enrol(enrol) => enrol.run(&dir, edge, output).await,
                Command::Holders(holders) => holders.run(&dir, edge, output).await,
                Command::Requests(requests) => requests.run(&dir, edge, output).await,
                Command::Grant(grant) => grant.run(&dir, edge, output).await,
                Command::Deny(deny) => deny.run(&dir, edge, output).await,
                Command::Grants(grants) => grants.run(&dir, edge, output).await,
                Command::Log(log) => log.run(&dir, edge, output).await,
                Command::Revoke(revoke) => revoke.run(&dir, edge, output).await,
                Command::Finish(finish) => finish.run(&dir, edge, output).await,
                Command::Restrict(restrict) => restrict.run(&dir, edge, output).await,
                Command::Object(object) => object.run(&dir, edge, output).await,
                Command::Export(export) => export.run(&dir, edge, output).await,
                Command::Serve(serve) => serve.run(key_log, edge, output).await,
            }
        })
    }
}
