//! The command line: its tree, and what holds for every command.

use clap::{Parser, ValueEnum};

use crate::commands::Command;
use crate::edge::Logs;
use crate::exit;

/// Aitta: everyone keeps their own storehouse, and its key. Data stays where it is held; a service gets the fields that
/// a citizen agreed to, from the organisation that holds them.
#[derive(Debug, Parser)]
#[command(name = "aitta", version, after_help = exit::HELP, propagate_version = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Write results and errors as JSON to standard output, one document a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Say more about what is being done, on standard error; AITTA_LOG chooses finer, as in `warn,pod_server=debug`.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,

    /// How log lines are written to standard error; JSON when `--json` is given.
    #[arg(long, global = true, env = "AITTA_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Cli {
    /// What it says about log lines.
    pub(crate) fn logs(&self) -> Logs {
        Logs { format: self.log_format, verbose: self.verbose }
    }
}
