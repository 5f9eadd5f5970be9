//! `aitta demo`: a whole federation on this machine, for a family that moves from Helsinki to Espoo. In a browser the story is
//! whoever's at the keys; `--check` plays it by commands.
//!
//! | File | What |
//! |---|---|
//! | [`stage`] | the folder, the ports, the certificates; running `aitta` as people do |
//! | [`cast`] | directory, blinder, nodes, services and the login provider: made, admitted, started |
//! | [`story`] | the scenario, step by step, each with what must come out |
//! | [`files`] | what is written for the wallet and the admission desk |
//! | [`told`] | how the steps are told |
//!
//! Every party is a process of its own, but for the login provider, which is this one; every step is a command that anybody can
//! type. The check goes over TLS; a browser does not believe the demonstration's certificates, so without it all is plain HTTP.

mod cast;
mod certificates;
mod files;
mod provider;
mod stage;
mod story;
mod told;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::daemon::Signals;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

use cast::Cast;
use stage::{Stage, failed};
use told::Told;

/// Run a whole federation on this machine: a family's story is yours to play.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Play the story, over TLS and QUIC; say whether it went as it must, and stop.
    #[arg(long)]
    check: bool,
    /// Where everything is made, and left behind. Unless said, a new folder among the temporary ones, which is taken away at the
    /// end, unless something failed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The sample registers: a folder with one folder for each city.
    #[arg(long, value_name = "DIR", env = "AITTA_DEMO_REGISTERS", default_value = "demo/registers")]
    registers: PathBuf,
    /// The cities' catalogues.
    #[arg(long, value_name = "DIR", env = "AITTA_DEMO_CATALOGUES", default_value = "crates/pod-import/catalogues")]
    catalogues: PathBuf,
}

impl Demo {
    /// Runs it.
    pub(crate) fn run(&self, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        Edge::block_on(async {
            let signals = Signals::listen()?;
            let mut stage = Stage::set(self.dir.as_deref(), self.check, edge)?;
            // The processes end with their cast, and that when this does.
            let ended = tokio::select! {
                ended = self.perform(&stage, edge, output) => ended,
                () = signals.any() => self.told_to_stop(),
            };
            ended.map_err(|failure| {
                stage.keep();
                // What a step says to do says more than where the logs are.
                let logs = format!("The processes' logs are in {}.", stage.dir().display());
                let advice = failure.advice.clone().map_or(logs.clone(), |advice| format!("{advice} {logs}"));
                failure.advise(advice)
            })
        })
    }

    fn told_to_stop(&self) -> Result<Exit, Failure> {
        if self.check { Err(failed("told to stop before the end of the story")) } else { Ok(Exit::Done) }
    }

    async fn perform(&self, stage: &Stage, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let told = Told::new(output.is_json());
        let mut cast = Cast::start(stage, edge, &self.registers, &self.catalogues, &told).await?;
        if !self.check {
            output.result(cast.addresses(stage), &cast.addresses_json(stage));
            std::future::pending::<()>().await;
        }
        story::play(stage, &mut cast, &told).await?;
        let steps = told.steps();
        output.result(
            format!("The story went as it must: {steps} steps."),
            &json!({ "steps": steps, "folder": stage.dir() }),
        );
        Ok(Exit::Done)
    }
}
