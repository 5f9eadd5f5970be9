//! The one program: everything that organisations, citizens and services do with Aitta from a terminal.
//!
//! | Room | What is in it |
//! |---|---|
//! | `edge` | what this process takes from the system: clock, randomness, environment, terminal |
//! | `commands` | one file or folder a command |
//! | `organisation` | a member of the federation as files: keys, log, request, profile |
//! | `folder` | folders and files for their owner alone |
//! | `written` | why a TOML file that somebody wrote does not read |
//! | `daemon` | memory that stays in the process, and the end of those that serve |
//! | `output` | the one place that writes results and errors, for people or as JSON |
//! | `exit` | the exit codes, also in `docs/operating/exit-codes.md` |
//! | `failure` | what a command that failed hands to `output` |

mod cli;
mod commands;
mod daemon;
mod edge;
mod exit;
mod failure;
mod folder;
mod organisation;
mod output;
mod written;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::edge::Edge;
use crate::output::Output;

/// A node makes some hundred small allocations a call: `docs/decisions/0020-an-allocator-of-our-choice.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error).into(),
    };
    let edge = Edge::of_this_process(cli.logs());
    let output = Output::new(cli.json);
    let started = if cli.command.starts_its_own_logs() { Ok(()) } else { edge.start_logs(None, cli.json) };
    match started.and_then(|()| commands::run(cli.command, &edge, &output)) {
        Ok(exit) => exit.into(),
        Err(failure) => output.failure(&failure).into(),
    }
}
