//! `aitta directory serve` and `check-config`.

use pod_crypto::SigningKey;
use pod_directory::config::{LogConfig, Serves};
use pod_directory::{ServeError, StartupError, directory};
use pod_server::key_file;
use serde_json::json;

use crate::commands::layers::DIRECTORY;
use crate::commands::serving::{ConfigArgs, announce, check_certificate, stopped};
use crate::daemon::{Signals, keep_memory_private, log_reload};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

const WHAT: &str = "directory";

pub(super) fn config(args: &ConfigArgs) -> Result<Serves, Failure> {
    let text = args.text(DIRECTORY, "AITTA_DIRECTORY_")?;
    Serves::from_toml(&args.config, &text).map_err(Failure::configuration)
}

fn log_key(config: &LogConfig) -> Result<SigningKey, Failure> {
    key_file::read(&config.key_file).map_err(Failure::configuration)
}

/// Serves until it is told to stop.
pub(super) fn serve(args: &ConfigArgs, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
    let key_log = keep_memory_private()?;
    let config = config(args)?;
    Edge::block_on(async {
        let signals = Signals::listen()?;
        let around = edge.surroundings(key_log);
        let running = match config {
            Serves::Directory(config) => {
                let key = log_key(&config.log)?;
                directory::start(config, key, around).await?
            }
            Serves::Mirror(config) => directory::start_mirror(config, around).await?,
        };
        announce(WHAT, running.addresses(), running.metrics_address(), output);
        running.wait(signals.until_told_to_stop(|| log_reload(running.reload_certificate()))).await?;
        Ok(stopped(WHAT, running.drain().await.cut, output))
    })
}

/// Says whether it would start, as far as the files tell.
pub(super) fn check(args: &ConfigArgs, output: &Output) -> Result<Exit, Failure> {
    let key_log = keep_memory_private()?;
    let config = config(args)?;
    let (listening, anchor, storage) = match &config {
        Serves::Directory(config) => (&config.listening, &config.anchor, &config.storage),
        Serves::Mirror(config) => (&config.listening, &config.anchor, &config.storage),
    };
    let (about, particular) = match &config {
        Serves::Directory(config) => {
            directory::check(config, &log_key(&config.log)?)?;
            let words = match config.log.witnesses {
                0 => "Nobody is asked to cosign its log: that is for trials on one machine alone.".to_owned(),
                wanted => format!("{wanted} other organisations cosign its log."),
            };
            (words, json!({ "directory": config.log.principal, "witnesses": config.log.witnesses }))
        }
        Serves::Mirror(config) => {
            let of = format!("{}{}", config.origin, config.base);
            (format!("It is a mirror of {of}."), json!({ "mirror_of": of }))
        }
    };
    let listen = listening.listen.clone();
    Edge::block_on(check_certificate(&listen, listening.certificate.clone(), key_log))?;
    let listen: Vec<String> = listen.iter().map(ToString::to_string).collect();
    let words = format!(
        "{} is good: listens on {}, trusts {}, keeps its store in {}. {about}",
        args.config.display(),
        listen.join(", "),
        anchor.principal,
        storage.path.display(),
    );
    let json = json!({
        "good": true, "listen": listen, "anchor": anchor.principal, "storage": storage.path, "log": particular,
    });
    output.result(words, &json);
    Ok(Exit::Done)
}

impl From<StartupError> for Failure {
    fn from(error: StartupError) -> Self {
        match error {
            StartupError::Mirror(fault) => (*fault).into(),
            error => Self::configuration(error),
        }
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
