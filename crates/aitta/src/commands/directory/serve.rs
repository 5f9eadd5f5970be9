//! `aitta directory serve` and `check-config`.

use pod_directory::config::DirectoryConfig;
use pod_directory::{ServeError, StartupError};
use serde_json::json;

use crate::commands::layers::DIRECTORY;
use crate::commands::serving::{ConfigArgs, announce, check_certificate, stopped};
use crate::daemon::{Signals, keep_memory_private, log_reload};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

const WHAT: &str = "directory";

fn config(args: &ConfigArgs) -> Result<DirectoryConfig, Failure> {
    let text = args.text(DIRECTORY, "AITTA_DIRECTORY_")?;
    DirectoryConfig::from_toml(&args.config, &text).map_err(Failure::configuration)
}

/// Serves until it is told to stop.
pub(super) fn serve(args: &ConfigArgs, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
    let key_log = keep_memory_private()?;
    let config = config(args)?;
    Edge::block_on(async {
        let signals = Signals::listen()?;
        let running = pod_directory::directory::start(config, edge.surroundings(key_log)).await?;
        announce(WHAT, running.addresses(), running.metrics_address(), output);
        running.wait(signals.until_told_to_stop(|| log_reload(running.reload_certificate()))).await?;
        Ok(stopped(WHAT, running.drain().await.cut, output))
    })
}

/// Says whether it would start, as far as the files tell.
pub(super) fn check(args: &ConfigArgs, output: &Output) -> Result<Exit, Failure> {
    let key_log = keep_memory_private()?;
    let config = config(args)?;
    let listen = config.listening.listen.clone();
    Edge::block_on(check_certificate(&listen, config.listening.certificate, key_log))?;
    let listen: Vec<String> = listen.iter().map(ToString::to_string).collect();
    let words = format!(
        "{} is good: listens on {}, trusts {}, keeps its store in {}.",
        args.config.display(),
        listen.join(", "),
        config.anchor.principal,
        config.storage.path.display(),
    );
    let json = json!({
        "good": true, "listen": listen, "anchor": config.anchor.principal, "storage": config.storage.path,
    });
    output.result(words, &json);
    Ok(Exit::Done)
}

impl From<StartupError> for Failure {
    fn from(error: StartupError) -> Self {
        Self::configuration(error)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Startup(error) => error.into(),
            ServeError::Store => Self::of(Exit::Internal, "store", error),
        }
    }
}
