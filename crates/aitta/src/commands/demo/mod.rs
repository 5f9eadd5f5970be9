//! `aitta demo`: a whole federation on this machine, and a family that moves from Helsinki to Espoo.
//!
//! | File | What |
//! |---|---|
//! | [`stage`] | the folder, the ports, the certificates; running `aitta` as people do |
//! | [`cast`] | directory, blinder, nodes, services and the login provider: made, admitted, started |
//! | [`story`] | the scenario, step by step, each with what must come out |
//! | [`told`] | how the steps are told |
//!
//! Every party is a process of its own, every step a command that anybody can type, every connection TLS.

mod cast;
mod certificates;
mod provider;
mod stage;
mod story;
mod told;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

use cast::Cast;
use stage::Stage;
use told::Told;

/// Run a whole federation on this machine, and play a family's story through it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Play the story, say whether it went as it must, and stop.
    #[arg(long)]
    check: bool,
    /// Where everything is made; a new folder among the temporary ones unless said. It is left behind.
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
        let told = Told::new(output.is_json());
        Edge::block_on(async {
            let stage = Stage::set(self.dir.as_deref(), edge)?;
            let mut cast = Cast::start(&stage, edge, &self.registers, &self.catalogues, &told).await?;
            let steps = story::play(&stage, &mut cast, &told).await?;
            output.result(
                format!("The story went as it must: {steps} steps."),
                &json!({ "steps": steps, "folder": stage.dir() }),
            );
            if self.check {
                return Ok(Exit::Done);
            }
            cast.restart_espoo(&stage).await?;
            output.result(cast.addresses(&stage), &cast.addresses_json(&stage));
            wait_for_the_end().await;
            Ok(Exit::Done)
        })
    }
}

async fn wait_for_the_end() {
    // Without a signal handler the processes would be left behind; they end when `cast` is dropped.
    let _ = tokio::signal::ctrl_c().await;
}
