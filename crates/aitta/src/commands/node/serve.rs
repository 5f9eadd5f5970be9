//! `aitta node serve` and `check-config`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use pod_server::config::{ConfigError, NodeConfig};
use pod_server::reload::Reload;
use pod_server::serve::{NodeServer, StartError, Stopped};
use serde_json::json;
use tokio::sync::mpsc;

use crate::commands::serving::{announce, name_and_value, stopped};
use crate::daemon::{Signals, keep_memory_private};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

const WHAT: &str = "node";

/// Where a node's configuration is, and what the command line says otherwise. Each setting can also be set in the
/// environment: `AITTA_NODE_STORAGE_ENGINE` is `storage.engine`.
#[derive(Debug, Args)]
pub(crate) struct NodeConfigArgs {
    /// The configuration file; `aitta node init` made it.
    #[arg(long, env = "AITTA_CONFIG", value_name = "FILE")]
    config: PathBuf,

    /// Listen here instead of where the file says.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,

    /// Another value for any setting of the file, such as `storage.cache_bytes=33554432`.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
    set: Vec<(String, String)>,
}

impl NodeConfigArgs {
    /// The configuration file.
    pub(crate) fn file(&self) -> &Path {
        &self.config
    }

    /// The configuration from all layers.
    pub(crate) fn load(&self) -> Result<NodeConfig, Failure> {
        Ok(NodeConfig::load(Some(&self.config), &self.command_line(), &Edge::environment)?)
    }

    /// What the command line says otherwise than the file.
    fn command_line(&self) -> Vec<(String, String)> {
        let listen = self.listen.iter().map(|address| ("listen".to_owned(), address.clone()));
        listen.chain(self.set.iter().cloned()).collect()
    }
}

/// Serves until it is told to stop.
pub(super) fn serve(args: &NodeConfigArgs, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
    keep_memory_private()?;
    let config = args.load()?;
    edge.start_logs(Some(&config.log.level), config.log.json || output.is_json())?;
    Edge::block_on(async {
        let signals = Signals::listen()?;
        let server = NodeServer::start(&config, &edge.of_a_node()).await?;
        announce(WHAT, server.addresses(), server.metrics_address(), output);
        // One word waits at most: what is read after it was sent is newer than what it was sent for.
        let (told, words) = mpsc::channel(1);
        let (file, command_line) = (args.config.clone(), args.command_line());
        let read = move || NodeConfig::load(Some(&file), &command_line, &Edge::environment);
        let reload = Reload { told: words, read: Arc::new(read) };
        let shutdown = signals.until_told_to_stop(|| {
            let _already_told = told.try_send(());
        });
        let drained = server.run(reload, shutdown).await?;
        Ok(stopped(WHAT, drained.cut, output))
    })
}

/// Says everything that is wrong, as far as the files tell.
pub(super) fn check(args: &NodeConfigArgs, output: &Output) -> Result<Exit, Failure> {
    keep_memory_private()?;
    let config = args.load()?;
    let findings = Edge::block_on(async { Ok(config.check(&Edge::environment).await) })?;
    let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
    if !found.is_empty() {
        let message = format!("{}: {}", args.config.display(), found.join("; "));
        return Err(
            Failure::configuration_says(message).advise("Correct it, and check again before you restart the node.")
        );
    }
    let listen: Vec<String> = config.listen.iter().map(ToString::to_string).collect();
    let words = format!(
        "{} is good: {} listens on {}, called {}, keeps its data in {}.",
        args.config.display(),
        config.principal,
        listen.join(", "),
        config.origins.join(", "),
        config.data.display(),
    );
    let json = json!({
        "good": true, "principal": config.principal, "listen": listen, "origins": config.origins, "data": config.data,
    });
    output.result(words, &json);
    Ok(Exit::Done)
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::configuration(error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Interrupted => Self::of(Exit::Internal, "interrupted", error),
            error => Self::configuration(error),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(error: Stopped) -> Self {
        Self::of(Exit::Internal, "store", error).advise("See what the disk says; nothing was answered after the fault.")
    }
}
